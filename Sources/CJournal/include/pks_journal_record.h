/* Records that only a journal has. They are 128 bytes like those of a ring and take a sequence number each, and
 * together with a ring's own records they are all that a book is: a journal can be replayed without the files that the
 * daemon was configured with.
 *
 * In a journal a record's `handle` says two things: the low 24 bits are the book's own handle (all ones: none), the
 * high 8 bits the ring that the record was taken from (all ones: none). */
#ifndef PKS_JOURNAL_RECORD_H
#define PKS_JOURNAL_RECORD_H

#include "pks_disk_layout.h"

#include <stdint.h>

/* Kinds, beyond those of pks_record.h. A ring's record of such a kind is refused like any unknown one. */
#define PKS_KIND_CONFIG 0x40     /* capacities and windows, in force from here on */
#define PKS_KIND_INSTRUMENT 0x41 /* static data of the KEY that comes next */
#define PKS_KIND_RING 0x42       /* a ring comes or goes */
#define PKS_KIND_REFUSED 0x43    /* a record that the writer refused by its form */

#define PKS_JOURNAL_NO_HANDLE 0xffffffu
#define PKS_JOURNAL_NO_RING 0xffu
#define PKS_JOURNAL_TAGGED(handle, ring) (((uint32_t)(handle) & 0xffffffu) | (uint32_t)(ring) << 24)

/* ring_record.state */
#define PKS_RING_RECORD_ATTACHED 1
#define PKS_RING_RECORD_GONE 2
/* ring_record.flags: the ring had given records away that the book never had. */
#define PKS_RING_RECORD_LACKS_HISTORY 1

struct pks_config_record {
    uint8_t kind;
    uint8_t version; /* 1 */
    uint16_t reserved0;
    uint32_t handle; /* none, of no ring */
    uint64_t positions_max;
    uint64_t lots_max;
    uint64_t identities_max;
    uint64_t other_fees_max;
    int64_t identity_window_ns;
    int64_t late_after_ns;
    uint64_t reserved1[9];
};

struct pks_instrument_record {
    uint8_t kind;
    uint8_t price_decimals;
    uint8_t qty_decimals;
    uint8_t fee_decimals;
    uint32_t handle; /* none, of the KEY's ring */
    int64_t multiplier; /* units of 10^-multiplier_decimals */
    uint8_t multiplier_decimals;
    uint8_t method; /* LotMethod */
    uint8_t reserved0[6];
    uint8_t currency[8];
    uint64_t reserved1[6];
    uint8_t symbol[48];
};

struct pks_ring_record {
    uint8_t kind;
    uint8_t state;
    uint16_t flags;
    uint32_t handle; /* none, of this ring: its number until it goes */
    uint64_t epoch;  /* of the ring's file */
    uint64_t next;   /* the first of its records that is not in the journal yet */
    uint8_t producer[64];
    uint64_t reserved1[5];
};

/* A REFUSED record is the refused record itself with another kind; its flags are the kind that it had in the high byte
 * and the reason (PKS_REJECT_*) in the low one. */
#define PKS_REFUSED_FLAGS(kind, reason) ((uint16_t)((uint16_t)(kind) << 8 | (uint16_t)(reason)))

PKS_DISK_SIZE(pks_config_record, 128);
PKS_DISK_OFFSET(pks_config_record, kind, 0);
PKS_DISK_OFFSET(pks_config_record, version, 1);
PKS_DISK_OFFSET(pks_config_record, reserved0, 2);
PKS_DISK_OFFSET(pks_config_record, handle, 4);
PKS_DISK_OFFSET(pks_config_record, positions_max, 8);
PKS_DISK_OFFSET(pks_config_record, lots_max, 16);
PKS_DISK_OFFSET(pks_config_record, identities_max, 24);
PKS_DISK_OFFSET(pks_config_record, other_fees_max, 32);
PKS_DISK_OFFSET(pks_config_record, identity_window_ns, 40);
PKS_DISK_OFFSET(pks_config_record, late_after_ns, 48);
PKS_DISK_OFFSET(pks_config_record, reserved1, 56);

PKS_DISK_SIZE(pks_instrument_record, 128);
PKS_DISK_OFFSET(pks_instrument_record, kind, 0);
PKS_DISK_OFFSET(pks_instrument_record, price_decimals, 1);
PKS_DISK_OFFSET(pks_instrument_record, qty_decimals, 2);
PKS_DISK_OFFSET(pks_instrument_record, fee_decimals, 3);
PKS_DISK_OFFSET(pks_instrument_record, handle, 4);
PKS_DISK_OFFSET(pks_instrument_record, multiplier, 8);
PKS_DISK_OFFSET(pks_instrument_record, multiplier_decimals, 16);
PKS_DISK_OFFSET(pks_instrument_record, method, 17);
PKS_DISK_OFFSET(pks_instrument_record, reserved0, 18);
PKS_DISK_OFFSET(pks_instrument_record, currency, 24);
PKS_DISK_OFFSET(pks_instrument_record, reserved1, 32);
PKS_DISK_OFFSET(pks_instrument_record, symbol, 80);

PKS_DISK_SIZE(pks_ring_record, 128);
PKS_DISK_OFFSET(pks_ring_record, kind, 0);
PKS_DISK_OFFSET(pks_ring_record, state, 1);
PKS_DISK_OFFSET(pks_ring_record, flags, 2);
PKS_DISK_OFFSET(pks_ring_record, handle, 4);
PKS_DISK_OFFSET(pks_ring_record, epoch, 8);
PKS_DISK_OFFSET(pks_ring_record, next, 16);
PKS_DISK_OFFSET(pks_ring_record, producer, 24);
PKS_DISK_OFFSET(pks_ring_record, reserved1, 88);

#endif
