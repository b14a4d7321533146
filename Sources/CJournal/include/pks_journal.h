/* The journal of one book, version 1: every record that the book has taken, in order, in files of 4 KiB blocks.
 *
 *   journal-<index>.pksj
 *   0        4096     8192     12288
 *   | header | tail 0 | tail 1 | block | block | ...
 *     once     the newest records   31 records each, written once, when full
 *
 * Record `seq` (from 1) lies in block (seq - 1) / 31 at place (seq - 1) % 31; block n lies in the segment
 * n / blocks_per_segment. So a record's place follows from its number alone.
 *
 * A block is written to its place once, when its 31 records are there. Records that do not fill a block yet go to a
 * tail: the two take turns, so that the newest durable tail is never the one being written, and nothing that was
 * reported durable is ever overwritten before it is durable elsewhere.
 *
 * Each block states its own number, the journal's epoch, the checksum of the block before it and its own, so a block
 * that is damaged, stale, in another place or of another journal is known. It also states which record was durable
 * when it was written: a hole below that is damage, a hole above it is the torn end of a write that nobody was told
 * of. */
#ifndef PKS_JOURNAL_H
#define PKS_JOURNAL_H

#include "pks_disk_layout.h"

#include <stdint.h>

#define PKS_JOURNAL_MAGIC 0x31304e524a534b50ull /* "PKSJRN01" */
#define PKS_JOURNAL_BLOCK_MAGIC 0x424a4b50u     /* "PKJB" */
#define PKS_JOURNAL_VERSION 1
#define PKS_JOURNAL_BLOCK_BYTES 4096
#define PKS_JOURNAL_RECORDS 31 /* a block */
#define PKS_JOURNAL_LEAD_BLOCKS 3 /* header and two tails, before a segment's first block */

/* block.kind */
#define PKS_JOURNAL_FULL 1
#define PKS_JOURNAL_TAIL 2

struct pks_journal_header {
    uint64_t magic;
    uint32_t version;
    uint32_t crc; /* of the whole block of 4096 bytes, with this word zero */
    uint64_t epoch; /* random, never zero, the same in every segment of a journal */
    uint64_t segment; /* from 0 */
    uint32_t blocks_per_segment;
    uint32_t block_bytes;
    uint32_t records_per_block;
    uint32_t record_bytes;
    int64_t created_realtime_ns;
    uint64_t previous_crc; /* of the last block of the segment before; 0 in the first */
    uint8_t book[64];
    int64_t created_elapsed_ns; /* running time of the journal when the segment was begun */
    uint32_t life;              /* the opening that began the segment */
    uint32_t reserved0;
    uint64_t reserved[14];
};

struct pks_journal_block {
    uint32_t magic;
    uint32_t crc; /* of the whole block of 4096 bytes, with this word zero */
    uint64_t epoch;
    uint64_t number;      /* of the block, from 0; of a tail: of the block that it will become */
    uint64_t durable_seq; /* records up to this one were durable when this was written */
    int64_t written_realtime_ns;
    uint32_t kind;
    uint32_t count;        /* records, 31 when full, 0...31 in a tail */
    uint32_t previous_crc; /* the checksum of block number - 1; 0 before the first */
    uint32_t life;         /* how often the journal had been opened for writing */
    int64_t elapsed_ns;    /* running time of the journal, over all its openings, when this was written */
    uint64_t reserved[8];
    uint8_t records[PKS_JOURNAL_RECORDS][128];
};

PKS_DISK_SIZE(pks_journal_header, 256);
PKS_DISK_OFFSET(pks_journal_header, magic, 0);
PKS_DISK_OFFSET(pks_journal_header, version, 8);
PKS_DISK_OFFSET(pks_journal_header, crc, 12);
PKS_DISK_OFFSET(pks_journal_header, epoch, 16);
PKS_DISK_OFFSET(pks_journal_header, segment, 24);
PKS_DISK_OFFSET(pks_journal_header, blocks_per_segment, 32);
PKS_DISK_OFFSET(pks_journal_header, block_bytes, 36);
PKS_DISK_OFFSET(pks_journal_header, records_per_block, 40);
PKS_DISK_OFFSET(pks_journal_header, record_bytes, 44);
PKS_DISK_OFFSET(pks_journal_header, created_realtime_ns, 48);
PKS_DISK_OFFSET(pks_journal_header, previous_crc, 56);
PKS_DISK_OFFSET(pks_journal_header, book, 64);
PKS_DISK_OFFSET(pks_journal_header, created_elapsed_ns, 128);
PKS_DISK_OFFSET(pks_journal_header, life, 136);
PKS_DISK_OFFSET(pks_journal_header, reserved0, 140);
PKS_DISK_OFFSET(pks_journal_header, reserved, 144);

PKS_DISK_SIZE(pks_journal_block, PKS_JOURNAL_BLOCK_BYTES);
PKS_DISK_OFFSET(pks_journal_block, magic, 0);
PKS_DISK_OFFSET(pks_journal_block, crc, 4);
PKS_DISK_OFFSET(pks_journal_block, epoch, 8);
PKS_DISK_OFFSET(pks_journal_block, number, 16);
PKS_DISK_OFFSET(pks_journal_block, durable_seq, 24);
PKS_DISK_OFFSET(pks_journal_block, written_realtime_ns, 32);
PKS_DISK_OFFSET(pks_journal_block, kind, 40);
PKS_DISK_OFFSET(pks_journal_block, count, 44);
PKS_DISK_OFFSET(pks_journal_block, previous_crc, 48);
PKS_DISK_OFFSET(pks_journal_block, life, 52);
PKS_DISK_OFFSET(pks_journal_block, elapsed_ns, 56);
PKS_DISK_OFFSET(pks_journal_block, reserved, 64);
PKS_DISK_OFFSET(pks_journal_block, records, 128);

#endif
