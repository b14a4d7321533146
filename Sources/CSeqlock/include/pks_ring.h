/* A fill ring: /pks-fills-v1-<book>-<producer>. One producer process, one consumer (the book's
 * writer), records of 128 bytes.
 *
 *   0        4096           8192          ...
 *   | header | cursor lines | key answers | key table | records |
 *     once     128 bytes      1 byte a      128 bytes   128 bytes each
 *              each           handle        a handle
 *
 * Cursors count records since the ring was made and never wrap in practice; record n lies at
 * n mod record_capacity.
 *
 *   freed <= applied <= tail <= freed + record_capacity
 *
 * The producer writes `tail`; the consumer writes `applied` (taken into the book) and `freed`
 * (durable: the producer may overwrite). A restarted consumer reads again from `freed`; what the
 * book already holds is absorbed as duplicates. Because KEY records before `freed` may be gone, the
 * producer also keeps every KEY in the key table, at its handle, and sends it after that.
 *
 * The consumer trusts nothing here: it copies sizes at attach, bounds every index, and copies a
 * record into private memory before it looks at it. */
#ifndef PKS_RING_H
#define PKS_RING_H

#include "pks_segment.h"

#define PKS_RING_MAGIC 0x31304c4946534b50ull /* "PKSFIL01" */
#define PKS_RING_PREFIX "/pks-fills-v1-"
#define PKS_PRODUCER_BYTES 64
#define PKS_RING_CAPACITY_MAX (1u << 26)
#define PKS_HANDLE_CAPACITY_MAX (1u << 24)

/* Answers to a KEY, one byte a handle, written by the consumer. */
#define PKS_ANSWER_PENDING 0
#define PKS_ANSWER_ACCEPTED 1
#define PKS_ANSWER_DECIMALS 2   /* not the instrument's decimals */
#define PKS_ANSWER_CAPACITY 3   /* the book has no free slot */
#define PKS_ANSWER_MALFORMED 4  /* a text that is empty, not padded with NUL, or a wild handle */
#define PKS_ANSWER_REDEFINED 5  /* the handle already names another key */

/* cursors.producer_state and cursors.consumer_state */
#define PKS_RING_OPEN 1
#define PKS_RING_CLOSED 2      /* the producer is done: nothing comes after tail */
#define PKS_RING_QUARANTINED 3 /* the consumer has stopped reading: the ring's content is broken */

/* cursors.quarantine_reason */
#define PKS_QUARANTINE_NONE 0
#define PKS_QUARANTINE_CURSORS 1 /* the producer's cursor went back, or past the ring's room */
#define PKS_QUARANTINE_RECORDS 2 /* too many records that no producer of this ABI writes */
#define PKS_QUARANTINE_FILE 3    /* the ring's file was cut short while it was mapped */

struct pks_ring_header {
    uint64_t magic;
    uint16_t abi_major;
    uint16_t abi_minor;
    uint32_t header_bytes;
    uint64_t layout_hash;
    uint64_t ring_bytes;
    uint32_t record_capacity; /* a power of two */
    uint32_t handle_capacity;
    uint32_t record_bytes;
    uint32_t reserved0;
    uint64_t cursor_offset;
    uint64_t answer_offset;
    uint64_t key_offset;
    uint64_t record_offset;
    uint64_t epoch;
    int64_t created_monotonic_ns;
    int64_t created_realtime_ns;
    struct pks_owner producer;
    uint8_t book[PKS_BOOK_BYTES];
    uint8_t producer_name[PKS_PRODUCER_BYTES];
    uint64_t reserved[4];
};

struct pks_ring_cursors {
    /* line 0: the producer's */
    uint64_t tail;
    uint64_t producer_state;
    uint64_t producer_heartbeat_ns;
    uint64_t pad0[13];
    /* line 1: the consumer's, for the producer to wait on */
    uint64_t freed;
    uint64_t pad1[15];
    /* line 2: the consumer's, for whoever wants to know */
    uint64_t applied;
    uint64_t consumer_state;
    uint64_t consumer_epoch; /* epoch of the positions segment that the ring feeds */
    uint64_t consumer_heartbeat_ns; /* CLOCK_MONOTONIC: the writer's last look at this ring */
    uint64_t quarantine_reason;
    /* what became of this ring's records in this life of the book (consumer_epoch) */
    uint64_t fills;
    uint64_t duplicates;
    uint64_t rejects;
    uint64_t pad2[8];
};

PKS_SIZE(pks_ring_header, 320); /* at the start of a page of its own */
PKS_OFFSET(pks_ring_header, magic, 0);
PKS_OFFSET(pks_ring_header, abi_major, 8);
PKS_OFFSET(pks_ring_header, abi_minor, 10);
PKS_OFFSET(pks_ring_header, header_bytes, 12);
PKS_OFFSET(pks_ring_header, layout_hash, 16);
PKS_OFFSET(pks_ring_header, ring_bytes, 24);
PKS_OFFSET(pks_ring_header, record_capacity, 32);
PKS_OFFSET(pks_ring_header, handle_capacity, 36);
PKS_OFFSET(pks_ring_header, record_bytes, 40);
PKS_OFFSET(pks_ring_header, reserved0, 44);
PKS_OFFSET(pks_ring_header, cursor_offset, 48);
PKS_OFFSET(pks_ring_header, answer_offset, 56);
PKS_OFFSET(pks_ring_header, key_offset, 64);
PKS_OFFSET(pks_ring_header, record_offset, 72);
PKS_OFFSET(pks_ring_header, epoch, 80);
PKS_OFFSET(pks_ring_header, created_monotonic_ns, 88);
PKS_OFFSET(pks_ring_header, created_realtime_ns, 96);
PKS_OFFSET(pks_ring_header, producer, 104);
PKS_OFFSET(pks_ring_header, book, 160);
PKS_OFFSET(pks_ring_header, producer_name, 224);
PKS_OFFSET(pks_ring_header, reserved, 288);

PKS_SIZE(pks_ring_cursors, 384);
PKS_OFFSET(pks_ring_cursors, tail, 0);
PKS_OFFSET(pks_ring_cursors, producer_state, 8);
PKS_OFFSET(pks_ring_cursors, producer_heartbeat_ns, 16);
PKS_OFFSET(pks_ring_cursors, pad0, 24);
PKS_OFFSET(pks_ring_cursors, freed, 128);
PKS_OFFSET(pks_ring_cursors, pad1, 136);
PKS_OFFSET(pks_ring_cursors, applied, 256);
PKS_OFFSET(pks_ring_cursors, consumer_state, 264);
PKS_OFFSET(pks_ring_cursors, consumer_epoch, 272);
PKS_OFFSET(pks_ring_cursors, consumer_heartbeat_ns, 280);
PKS_OFFSET(pks_ring_cursors, quarantine_reason, 288);
PKS_OFFSET(pks_ring_cursors, fills, 296);
PKS_OFFSET(pks_ring_cursors, duplicates, 304);
PKS_OFFSET(pks_ring_cursors, rejects, 312);
PKS_OFFSET(pks_ring_cursors, pad2, 320);

PKS_EXTERN_C_BEGIN

/* Producer only. Copies one record to place `tail` (the producer's own count); the consumer does not
 * see it before pks_ring_publish. The caller has checked that the place is free. */
PKS_INLINE void pks_ring_put(void *records, uint64_t record_mask, uint64_t tail, const void *record);

/* Producer only. Lets the consumer see every record before `tail`. */
PKS_INLINE void pks_ring_publish(struct pks_ring_cursors *cursors, uint64_t tail);

/* Consumer only. Copies record `number` into private memory. The caller has seen tail > number. */
PKS_INLINE void pks_ring_get(const void *records, uint64_t record_mask, uint64_t number, void *out);

#ifdef PKS_DEFINE

PKS_INLINE void pks_ring_put(void *records, uint64_t record_mask, uint64_t tail,
                             const void *record) {
    uint64_t *place = (uint64_t *)((char *)records + (tail & record_mask) * PKS_RECORD_BYTES);
    for (int i = 0; i < PKS_RECORD_BYTES / 8; i++) {
        uint64_t word;
        __builtin_memcpy(&word, (const char *)record + 8 * i, sizeof(word));
        pks_store_relaxed(&place[i], word);
    }
}

PKS_INLINE void pks_ring_publish(struct pks_ring_cursors *cursors, uint64_t tail) {
    pks_store_release(&cursors->tail, tail); /* partner: the consumer's load of tail */
}

PKS_INLINE void pks_ring_get(const void *records, uint64_t record_mask, uint64_t number,
                             void *out) {
    /* Relaxed word loads, not memcpy: a producer that breaks the rules and writes here at the same
     * time may spoil its own record, but not the meaning of this program. */
    const uint64_t *place =
        (const uint64_t *)((const char *)records + (number & record_mask) * PKS_RECORD_BYTES);
    for (int i = 0; i < PKS_RECORD_BYTES / 8; i++) {
        const uint64_t word = pks_load_relaxed(&place[i]);
        __builtin_memcpy((char *)out + 8 * i, &word, sizeof(word));
    }
}

#endif

PKS_EXTERN_C_END

#endif
