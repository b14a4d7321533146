/* A checkpoint: the whole state of a book after one record, so that a recovery need not replay what came before.
 *
 *   checkpoint-<seq, 20 digits>.pksc
 *   0        4096
 *   | header | page 1 | page 2 | ... | page n |
 *
 * The pages' contents, one after the other, are what the owner adds (the table of rings) and then the image of the
 * book (BookImage.swift). Each page states its own number, the journal's epoch, the record that the checkpoint is of
 * and the checksum of its header, and the last one that it is the last; so a page that is damaged, missing, in another
 * place or of another checkpoint is known, and so is a file that was cut or made longer. */
#ifndef PKS_CHECKPOINT_H
#define PKS_CHECKPOINT_H

#include "pks_disk_layout.h"

#include <stdint.h>

#define PKS_CHECKPOINT_MAGIC 0x3130504b43534b50ull /* "PKSCKP01" */
#define PKS_CHECKPOINT_PAGE_MAGIC 0x43504b50u      /* "PKPC" */
#define PKS_CHECKPOINT_VERSION 1
#define PKS_CHECKPOINT_PAGE_BYTES 4096
#define PKS_CHECKPOINT_CONTENT_BYTES 4032

struct pks_checkpoint_header {
    uint64_t magic;
    uint32_t version;
    uint32_t crc;   /* of the whole page of 4096 bytes, with this word zero */
    uint64_t epoch; /* of the journal */
    uint64_t seq;   /* the last record that the state covers */
    uint64_t pages; /* behind this one */
    uint64_t passenger_bytes;
    uint64_t image_bytes;
    int64_t created_realtime_ns; /* for people; decides nothing */
    /* The bounds in force, as in a CONFIG record. */
    uint64_t positions_max;
    uint64_t lots_max;
    uint64_t identities_max;
    uint64_t other_fees_max;
    int64_t identity_window_ns;
    int64_t late_after_ns;
    /* What is in it, for people. */
    uint64_t fills;
    uint64_t positions;
    uint64_t open_lots;
    uint64_t identities;
    uint8_t digest[64]; /* Book.digest of the state, hexadecimal */
    uint8_t book[64];
    uint64_t reserved[30];
};

struct pks_checkpoint_page {
    uint32_t magic;
    uint32_t crc; /* of the whole page of 4096 bytes, with this word zero */
    uint64_t epoch;
    uint64_t seq;
    uint64_t number; /* from 1 */
    uint32_t header_crc;
    uint32_t bytes; /* of content; all of it but in the last page */
    uint32_t is_last;
    uint32_t reserved[5];
    uint8_t content[PKS_CHECKPOINT_CONTENT_BYTES];
};

PKS_DISK_SIZE(pks_checkpoint_header, 512);
PKS_DISK_OFFSET(pks_checkpoint_header, magic, 0);
PKS_DISK_OFFSET(pks_checkpoint_header, version, 8);
PKS_DISK_OFFSET(pks_checkpoint_header, crc, 12);
PKS_DISK_OFFSET(pks_checkpoint_header, epoch, 16);
PKS_DISK_OFFSET(pks_checkpoint_header, seq, 24);
PKS_DISK_OFFSET(pks_checkpoint_header, pages, 32);
PKS_DISK_OFFSET(pks_checkpoint_header, passenger_bytes, 40);
PKS_DISK_OFFSET(pks_checkpoint_header, image_bytes, 48);
PKS_DISK_OFFSET(pks_checkpoint_header, created_realtime_ns, 56);
PKS_DISK_OFFSET(pks_checkpoint_header, positions_max, 64);
PKS_DISK_OFFSET(pks_checkpoint_header, lots_max, 72);
PKS_DISK_OFFSET(pks_checkpoint_header, identities_max, 80);
PKS_DISK_OFFSET(pks_checkpoint_header, other_fees_max, 88);
PKS_DISK_OFFSET(pks_checkpoint_header, identity_window_ns, 96);
PKS_DISK_OFFSET(pks_checkpoint_header, late_after_ns, 104);
PKS_DISK_OFFSET(pks_checkpoint_header, fills, 112);
PKS_DISK_OFFSET(pks_checkpoint_header, positions, 120);
PKS_DISK_OFFSET(pks_checkpoint_header, open_lots, 128);
PKS_DISK_OFFSET(pks_checkpoint_header, identities, 136);
PKS_DISK_OFFSET(pks_checkpoint_header, digest, 144);
PKS_DISK_OFFSET(pks_checkpoint_header, book, 208);
PKS_DISK_OFFSET(pks_checkpoint_header, reserved, 272);

PKS_DISK_SIZE(pks_checkpoint_page, PKS_CHECKPOINT_PAGE_BYTES);
PKS_DISK_OFFSET(pks_checkpoint_page, magic, 0);
PKS_DISK_OFFSET(pks_checkpoint_page, crc, 4);
PKS_DISK_OFFSET(pks_checkpoint_page, epoch, 8);
PKS_DISK_OFFSET(pks_checkpoint_page, seq, 16);
PKS_DISK_OFFSET(pks_checkpoint_page, number, 24);
PKS_DISK_OFFSET(pks_checkpoint_page, header_crc, 32);
PKS_DISK_OFFSET(pks_checkpoint_page, bytes, 36);
PKS_DISK_OFFSET(pks_checkpoint_page, is_last, 40);
PKS_DISK_OFFSET(pks_checkpoint_page, reserved, 44);
PKS_DISK_OFFSET(pks_checkpoint_page, content, 64);

#endif
