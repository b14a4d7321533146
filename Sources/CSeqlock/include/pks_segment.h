/* The positions segment of one book: /pks-positions-v1-<book>. Offsets only, no pointers.
 *
 *   0        4096       8192        ...
 *   | header | live     | directory | index | change ring | slots |
 *     once     lines      once a      once a   u64 each      256 bytes each
 *                         slot        slot
 *
 * The header is written before the segment gets its name and never again. Directory entry and index
 * entry of a slot are written once, before the slot becomes visible. A slot keeps its number for the
 * life of the segment's epoch. */
#ifndef PKS_SEGMENT_H
#define PKS_SEGMENT_H

#include "pks_record.h"
#include "pks_slot.h"

#define PKS_ABI_MAJOR 1
#define PKS_ABI_MINOR 2
#define PKS_SEGMENT_MAGIC 0x3130534f50534b50ull /* "PKSPOS01" */
#define PKS_SEGMENT_PREFIX "/pks-positions-v1-"
#define PKS_PAGE_BYTES 4096
#define PKS_LINE_BYTES 128
#define PKS_BOOK_BYTES 64
#define PKS_BOOT_ID_BYTES 40
#define PKS_CAPACITY_MAX (1u << 24)

/* live.state */
#define PKS_STATE_STARTING 1
#define PKS_STATE_LIVE 2
#define PKS_STATE_DEGRADED 3
#define PKS_STATE_STOPPED 4
#define PKS_STATE_RETIRED 5

/* live.degraded_reasons: why the state is DEGRADED, as bits. */
#define PKS_DEGRADED_SLOTS_FULL 1
#define PKS_DEGRADED_LOTS_FULL 2
#define PKS_DEGRADED_IDENTITIES_FULL 4
#define PKS_DEGRADED_JOURNAL 8
#define PKS_DEGRADED_PRODUCER 16 /* a producer's ring is quarantined */
#define PKS_DEGRADED_HISTORY 32  /* began without fills that a ring has freed: positions lack them */

/* live.bus_state, since minor 2: how what connects the book with a message bus is. */
#define PKS_BUS_NONE 0       /* the book is on no bus, or its writer is older */
#define PKS_BUS_STARTING 1   /* reading the journal before it publishes */
#define PKS_BUS_LIVE 2       /* connected, both ways */
#define PKS_BUS_CONNECTING 3 /* no connection; tried again and again */
#define PKS_BUS_WAITING 4    /* connected, and something is missing or refused there */
#define PKS_BUS_FAILED 5     /* publishing has ended for good; the book goes on */
#define PKS_BUS_STOPPED 6    /* ended in good order */

#define PKS_REJECT_REASONS 32 /* reject reasons are 1...31; the table is in docs/shm-abi.md */

/* Lot matching methods, as stored in the header and the directory. */
#define PKS_METHOD_FIFO 1
#define PKS_METHOD_LIFO 2
#define PKS_METHOD_HIFO 3
#define PKS_METHOD_LOFO 4
#define PKS_METHOD_AVERAGE 5

/* Who created a mapping. pid and start time mean nothing in another pid namespace or after a
 * reboot, hence the boot id; the epoch of the mapping is random besides. */
struct pks_owner {
    uint32_t pid;
    uint32_t reserved;
    uint64_t start_ticks; /* field 22 of /proc/<pid>/stat */
    uint8_t boot_id[PKS_BOOT_ID_BYTES];
};

struct pks_segment_header {
    uint64_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t header_bytes;
    uint64_t layout_hash; /* pks_layout_hash() of the writer */
    uint64_t segment_bytes;
    uint32_t slot_capacity;
    uint32_t index_capacity;  /* a power of two */
    uint32_t change_capacity; /* a power of two */
    uint32_t slot_bytes;
    uint32_t directory_entry_bytes;
    uint8_t price_decimals; /* defaults of the book, of keys without instrument data */
    uint8_t qty_decimals;
    uint8_t fee_decimals;
    uint8_t method;
    uint64_t live_offset;
    uint64_t directory_offset;
    uint64_t index_offset;
    uint64_t change_offset;
    uint64_t slot_offset;
    uint64_t epoch;               /* random, never zero, new with each segment */
    int64_t created_monotonic_ns; /* CLOCK_MONOTONIC, the clock of publish_ns and heartbeat_ns */
    int64_t created_realtime_ns;  /* CLOCK_REALTIME at the same moment */
    struct pks_owner writer;
    uint8_t book[PKS_BOOK_BYTES];
    uint64_t reserved[2];
};

/* Lines that the writer changes while it runs, each alone on 128 bytes so that polling one does not
 * slow the others. Every field is one word, written with a relaxed or release store. */
struct pks_live {
    /* line 0 */
    uint64_t heartbeat_ns; /* CLOCK_MONOTONIC, at least every 100 ms while the writer is well */
    uint64_t state;
    uint64_t state_since_ns;
    uint64_t degraded_reasons;
    uint64_t bus_state;          /* this and the next four since minor 2; as old as a heartbeat */
    uint64_t bus_ingest_seq;     /* the newest message of the stream of fills that was taken */
    uint64_t bus_ingest_pending; /* messages that are still to come, when last asked */
    uint64_t bus_published_seq;  /* everything of the records up to here is on the bus */
    uint64_t bus_alarms;         /* what should not happen to a stream and has, since the start */
    uint64_t pad0[7];
    /* line 1 */
    uint64_t applied_seq; /* all slots show at least this record */
    uint64_t pad1[15];
    /* line 2 */
    uint64_t durable_seq;
    uint64_t pad2[15];
    /* line 3 */
    uint64_t slot_count;
    uint64_t pad3[15];
    /* line 4 */
    uint64_t change_cursor; /* number of changes so far: change n (from 0) is at n mod capacity */
    uint64_t pad4[15];
    /* line 5: counters, since the book began */
    uint64_t fills;
    uint64_t duplicates;
    uint64_t conflicts;
    uint64_t rejects;
    uint64_t late;
    uint64_t matches;
    uint64_t open_lots;
    uint64_t watermark_ns; /* as two's complement: the highest event time seen */
    uint64_t rings;             /* producers' rings attached now */
    uint64_t rings_quarantined; /* of them, those that are read no more */
    uint64_t pad5[6];
    /* lines 6 and 7: refused records by reason; place 0 stays zero */
    uint64_t rejects_by_reason[PKS_REJECT_REASONS];
};

/* One a slot. */
struct pks_directory_entry {
    uint8_t account[PKS_ACCOUNT_BYTES];
    uint8_t strategy[PKS_STRATEGY_BYTES];
    uint8_t symbol[PKS_SYMBOL_BYTES];
    uint8_t currency[PKS_CURRENCY_BYTES]; /* empty when not stated */
    int64_t multiplier;                   /* units of 10^-multiplier_decimals */
    uint64_t key_hash;                    /* pks_key_hash of the three texts */
    uint32_t slot;
    uint8_t price_decimals;
    uint8_t qty_decimals;
    uint8_t multiplier_decimals;
    uint8_t fee_decimals;
    uint8_t method;
    uint8_t reserved[15];
};

/* An index entry: 0 = free; else the hash's high half over slot + 1. Linear probing from
 * hash mod index_capacity; an entry is never removed. */
#define PKS_INDEX_ENTRY(hash, slot) \
    (((uint64_t)(hash) & 0xffffffff00000000ull) | ((uint64_t)(slot) + 1))

/* A change entry: the low half of the change number + 1, over the slot number. */
#define PKS_CHANGE_ENTRY(number, slot) (((((uint64_t)(number)) + 1) << 32) | (uint32_t)(slot))

PKS_SIZE(pks_owner, 56);
PKS_OFFSET(pks_owner, pid, 0);
PKS_OFFSET(pks_owner, reserved, 4);
PKS_OFFSET(pks_owner, start_ticks, 8);
PKS_OFFSET(pks_owner, boot_id, 16);

PKS_SIZE(pks_segment_header, 256); /* at the start of a page of its own */
PKS_OFFSET(pks_segment_header, magic, 0);
PKS_OFFSET(pks_segment_header, abi_major, 8);
PKS_OFFSET(pks_segment_header, abi_minor, 10);
PKS_OFFSET(pks_segment_header, header_bytes, 12);
PKS_OFFSET(pks_segment_header, layout_hash, 16);
PKS_OFFSET(pks_segment_header, segment_bytes, 24);
PKS_OFFSET(pks_segment_header, slot_capacity, 32);
PKS_OFFSET(pks_segment_header, index_capacity, 36);
PKS_OFFSET(pks_segment_header, change_capacity, 40);
PKS_OFFSET(pks_segment_header, slot_bytes, 44);
PKS_OFFSET(pks_segment_header, directory_entry_bytes, 48);
PKS_OFFSET(pks_segment_header, price_decimals, 52);
PKS_OFFSET(pks_segment_header, qty_decimals, 53);
PKS_OFFSET(pks_segment_header, fee_decimals, 54);
PKS_OFFSET(pks_segment_header, method, 55);
PKS_OFFSET(pks_segment_header, live_offset, 56);
PKS_OFFSET(pks_segment_header, directory_offset, 64);
PKS_OFFSET(pks_segment_header, index_offset, 72);
PKS_OFFSET(pks_segment_header, change_offset, 80);
PKS_OFFSET(pks_segment_header, slot_offset, 88);
PKS_OFFSET(pks_segment_header, epoch, 96);
PKS_OFFSET(pks_segment_header, created_monotonic_ns, 104);
PKS_OFFSET(pks_segment_header, created_realtime_ns, 112);
PKS_OFFSET(pks_segment_header, writer, 120);
PKS_OFFSET(pks_segment_header, book, 176);
PKS_OFFSET(pks_segment_header, reserved, 240);

PKS_SIZE(pks_live, 1024);
PKS_OFFSET(pks_live, heartbeat_ns, 0);
PKS_OFFSET(pks_live, state, 8);
PKS_OFFSET(pks_live, state_since_ns, 16);
PKS_OFFSET(pks_live, degraded_reasons, 24);
PKS_OFFSET(pks_live, bus_state, 32);
PKS_OFFSET(pks_live, bus_ingest_seq, 40);
PKS_OFFSET(pks_live, bus_ingest_pending, 48);
PKS_OFFSET(pks_live, bus_published_seq, 56);
PKS_OFFSET(pks_live, bus_alarms, 64);
PKS_OFFSET(pks_live, pad0, 72);
PKS_OFFSET(pks_live, applied_seq, 128);
PKS_OFFSET(pks_live, pad1, 136);
PKS_OFFSET(pks_live, durable_seq, 256);
PKS_OFFSET(pks_live, pad2, 264);
PKS_OFFSET(pks_live, slot_count, 384);
PKS_OFFSET(pks_live, pad3, 392);
PKS_OFFSET(pks_live, change_cursor, 512);
PKS_OFFSET(pks_live, pad4, 520);
PKS_OFFSET(pks_live, fills, 640);
PKS_OFFSET(pks_live, duplicates, 648);
PKS_OFFSET(pks_live, conflicts, 656);
PKS_OFFSET(pks_live, rejects, 664);
PKS_OFFSET(pks_live, late, 672);
PKS_OFFSET(pks_live, matches, 680);
PKS_OFFSET(pks_live, open_lots, 688);
PKS_OFFSET(pks_live, watermark_ns, 696);
PKS_OFFSET(pks_live, rings, 704);
PKS_OFFSET(pks_live, rings_quarantined, 712);
PKS_OFFSET(pks_live, pad5, 720);
PKS_OFFSET(pks_live, rejects_by_reason, 768);

PKS_SIZE(pks_directory_entry, 160);
PKS_OFFSET(pks_directory_entry, account, 0);
PKS_OFFSET(pks_directory_entry, strategy, 32);
PKS_OFFSET(pks_directory_entry, symbol, 64);
PKS_OFFSET(pks_directory_entry, currency, 112);
PKS_OFFSET(pks_directory_entry, multiplier, 120);
PKS_OFFSET(pks_directory_entry, key_hash, 128);
PKS_OFFSET(pks_directory_entry, slot, 136);
PKS_OFFSET(pks_directory_entry, price_decimals, 140);
PKS_OFFSET(pks_directory_entry, qty_decimals, 141);
PKS_OFFSET(pks_directory_entry, multiplier_decimals, 142);
PKS_OFFSET(pks_directory_entry, fee_decimals, 143);
PKS_OFFSET(pks_directory_entry, method, 144);
PKS_OFFSET(pks_directory_entry, reserved, 145);

PKS_EXTERN_C_BEGIN

/* FNV-1a, 64 bits, over the three padded fields in the order account, strategy, symbol: each
 * field's text up to its first NUL (or its end), then one zero byte. */
PKS_INLINE uint64_t pks_key_hash(const uint8_t account[PKS_ACCOUNT_BYTES],
                                 const uint8_t strategy[PKS_STRATEGY_BYTES],
                                 const uint8_t symbol[PKS_SYMBOL_BYTES]);

/* Writer only. Appends "slot changed" as change `number` (the writer's own count, from 0), and moves
 * the cursor past it. Readers that see the cursor see the slot's new value. */
PKS_INLINE void pks_change_append(struct pks_live *live, uint64_t *changes, uint64_t change_mask,
                                  uint64_t number, uint32_t slot);

/* Any reader. The slot of change `number`, or -1 when the writer has lapped it, or -2 when it has
 * not happened yet. */
PKS_INLINE int64_t pks_change_read(const struct pks_live *live, const uint64_t *changes,
                                   uint64_t change_mask, uint64_t number);

/* The stable name of a reject reason (1...), "unknown" for numbers that have none. */
const char *pks_reject_name(uint32_t reason);

/* A hash over every size and offset above: two builds that disagree on the layout differ in it. */
uint64_t pks_layout_hash(void);

#ifdef PKS_DEFINE

PKS_INLINE uint64_t pks_key_hash_field(uint64_t hash, const uint8_t *text, size_t bytes_max) {
    for (size_t i = 0; i < bytes_max && text[i] != 0; i++) {
        hash = (hash ^ text[i]) * 0x100000001b3ull;
    }
    return hash * 0x100000001b3ull; /* the zero byte: hash ^ 0 */
}

PKS_INLINE uint64_t pks_key_hash(const uint8_t account[PKS_ACCOUNT_BYTES],
                                 const uint8_t strategy[PKS_STRATEGY_BYTES],
                                 const uint8_t symbol[PKS_SYMBOL_BYTES]) {
    uint64_t hash = 0xcbf29ce484222325ull;
    hash = pks_key_hash_field(hash, account, PKS_ACCOUNT_BYTES);
    hash = pks_key_hash_field(hash, strategy, PKS_STRATEGY_BYTES);
    return pks_key_hash_field(hash, symbol, PKS_SYMBOL_BYTES);
}

PKS_INLINE void pks_change_append(struct pks_live *live, uint64_t *changes, uint64_t change_mask,
                                  uint64_t number, uint32_t slot) {
    /* Partner: pks_change_read. The fence orders the cursor of the change before this one ahead of
     * the entry, so that a reader that meets a new entry also sees that it was lapped. */
    pks_fence_release();
    pks_store_relaxed(&changes[number & change_mask], PKS_CHANGE_ENTRY(number, slot));
    pks_store_release(&live->change_cursor, number + 1);
}

PKS_INLINE int64_t pks_change_read(const struct pks_live *live, const uint64_t *changes,
                                   uint64_t change_mask, uint64_t number) {
    const uint64_t cursor = pks_load_acquire(&live->change_cursor);
    if (number >= cursor) {
        return -2;
    }
    if (cursor - number > change_mask + 1) {
        return -1;
    }
    const uint64_t entry = pks_load_relaxed(&changes[number & change_mask]);
    return (entry >> 32) == ((number + 1) & 0xffffffffull) ? (int64_t)(entry & 0xffffffffull) : -1;
}

#endif

PKS_EXTERN_C_END

#endif
