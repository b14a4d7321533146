/* The position slot: 256 bytes, 128-aligned, a sequence and two cells (a latch seqlock).
 *
 *   0          8                         128                       248      256
 *   | sequence | cell 0 (pks_position)   | cell 1 (pks_position)   | unused |
 *
 * The sequence counts publishes; its lowest bit names the cell that holds the newest value. The
 * writer fills the other cell, which no reader is told to use, and then bumps the sequence. A writer
 * that dies or is stopped half-way therefore never blocks or confuses a reader. A reader retries
 * only when a publish of this same slot completed during the copy.
 *
 * Orders (H.-J. Boehm, "Can seqlocks get along with programming language memory models?", 2012; the
 * two cells as in the Linux kernel's seqcount_latch):
 *   writer: release fence, relaxed stores to the idle cell, store-release of the sequence
 *   reader: load-acquire of the sequence, relaxed loads, acquire fence, relaxed load of the sequence
 * The writer's fence makes a reader that sees one new word in its cell also see the sequence of the
 * publish before that one, which is newer than the one the reader started from. */
#ifndef PKS_SLOT_H
#define PKS_SLOT_H

#include "pks_atomic.h"

#define PKS_SLOT_BYTES 256
#define PKS_POSITION_BYTES 120
#define PKS_POSITION_WORDS 15

/* pks_position.flags */
#define PKS_POSITION_FLAT 1
#define PKS_POSITION_LATE 2 /* the last fill came later than the watermark */

/* What a slot says of a position. 128-bit numbers are two's complement, low word first.
 * Money scale = price_decimals + qty_decimals + multiplier_decimals. */
struct pks_position {
    int64_t net_qty;          /* signed: a short is negative; 10^-qty_decimals */
    uint64_t open_cost_lo;    /* signed cost of the open lots; 10^-money scale */
    int64_t open_cost_hi;
    uint64_t realized_pnl_lo; /* gross, cumulative; 10^-money scale */
    int64_t realized_pnl_hi;
    int64_t fees;             /* in the instrument's currency; 10^-fee_decimals (directory) */
    int64_t last_price;       /* 10^-price_decimals */
    int64_t last_qty;         /* of the last fill, > 0; 10^-qty_decimals */
    int64_t bought_qty;
    int64_t sold_qty;
    uint64_t applied_seq;     /* the record that this value is the result of */
    int64_t event_ns;         /* of the last fill */
    int64_t publish_ns;       /* CLOCK_MONOTONIC when the writer began the batch with this fill */
    uint64_t fill_count;
    uint32_t open_lots;
    uint8_t flags;
    uint8_t price_decimals;
    uint8_t qty_decimals;
    uint8_t multiplier_decimals;
};

PKS_SIZE(pks_position, PKS_POSITION_BYTES);
PKS_OFFSET(pks_position, net_qty, 0);
PKS_OFFSET(pks_position, open_cost_lo, 8);
PKS_OFFSET(pks_position, open_cost_hi, 16);
PKS_OFFSET(pks_position, realized_pnl_lo, 24);
PKS_OFFSET(pks_position, realized_pnl_hi, 32);
PKS_OFFSET(pks_position, fees, 40);
PKS_OFFSET(pks_position, last_price, 48);
PKS_OFFSET(pks_position, last_qty, 56);
PKS_OFFSET(pks_position, bought_qty, 64);
PKS_OFFSET(pks_position, sold_qty, 72);
PKS_OFFSET(pks_position, applied_seq, 80);
PKS_OFFSET(pks_position, event_ns, 88);
PKS_OFFSET(pks_position, publish_ns, 96);
PKS_OFFSET(pks_position, fill_count, 104);
PKS_OFFSET(pks_position, open_lots, 112);
PKS_OFFSET(pks_position, flags, 116);
PKS_OFFSET(pks_position, price_decimals, 117);
PKS_OFFSET(pks_position, qty_decimals, 118);
PKS_OFFSET(pks_position, multiplier_decimals, 119);

struct pks_slot {
    uint64_t sequence; /* number of publishes so far; 0 = claimed, never published */
    uint64_t cells[2][PKS_POSITION_WORDS];
    uint64_t unused;
};

PKS_SIZE(pks_slot, PKS_SLOT_BYTES);
PKS_OFFSET(pks_slot, sequence, 0);
PKS_OFFSET(pks_slot, cells, 8);
PKS_OFFSET(pks_slot, unused, 248);

PKS_EXTERN_C_BEGIN

/* Writer only. Publishes *value as the newest content of the slot. `published` is the writer's own
 * count of publishes of this slot before this one: the writer never reads shared memory back, so
 * nothing that another process scribbles there can lead it astray. Returns the new count. Wait-free. */
PKS_INLINE uint64_t pks_slot_publish(struct pks_slot *slot, uint64_t published,
                                     const struct pks_position *value);

/* Any reader. One attempt: copies the newest value to *out and returns its sequence, or returns 0
 * when a publish overtook the copy or the slot was never published. Wait-free. */
PKS_INLINE uint64_t pks_slot_try_read(const struct pks_slot *slot, struct pks_position *out);

/* Any reader. Up to `attempts` tries; 0 when none succeeded. *retries (may be NULL) is increased by
 * the number of tries that failed. */
PKS_INLINE uint64_t pks_slot_read(const struct pks_slot *slot, struct pks_position *out,
                                  uint32_t attempts, uint64_t *retries);

/* Any reader that waits for a slot to change, over and over. Copies a value newer than that of publish
 * `seen` to *out and returns its sequence; returns 0 when there is none yet or a publish overtook the copy,
 * and then has asked the cache for the cell that the next publish fills, so that the value arrives with its
 * sequence and not after it. Wait-free. */
PKS_INLINE uint64_t pks_slot_poll(const struct pks_slot *slot, uint64_t seen, struct pks_position *out);

#ifdef PKS_DEFINE

PKS_INLINE uint64_t pks_slot_publish(struct pks_slot *slot, uint64_t published,
                                     const struct pks_position *value) {
    const uint64_t next = published + 1;
    uint64_t *cell = slot->cells[next & 1];
    pks_fence_release();
    /* Word by word from place to place: an array in between would not fit the registers. Backwards,
     * so that the stores to the line of the sequence, which a waiting reader takes away as soon as it is
     * touched, come together at the end. */
    for (int i = PKS_POSITION_WORDS - 1; i >= 0; i--) {
        uint64_t word;
        __builtin_memcpy(&word, (const char *)value + 8 * i, sizeof(word));
        pks_store_relaxed(&cell[i], word);
    }
    pks_store_release(&slot->sequence, next);
    return next;
}

PKS_INLINE uint64_t pks_slot_try_read(const struct pks_slot *slot, struct pks_position *out) {
    const uint64_t sequence = pks_load_acquire(&slot->sequence);
    const uint64_t *cell = slot->cells[sequence & 1];
    for (int i = 0; i < PKS_POSITION_WORDS; i++) {
        const uint64_t word = pks_load_relaxed(&cell[i]);
        __builtin_memcpy((char *)out + 8 * i, &word, sizeof(word));
    }
    pks_fence_acquire();
    const uint64_t after = pks_load_relaxed(&slot->sequence);
    /* The cell that `sequence` names is first overwritten by publish sequence + 2, which starts
     * after publish sequence + 1 has completed: an unchanged sequence proves the copy whole. */
    return after == sequence ? sequence : 0;
}

PKS_INLINE uint64_t pks_slot_read(const struct pks_slot *slot, struct pks_position *out,
                                  uint32_t attempts, uint64_t *retries) {
    for (uint32_t attempt = 0; attempt < attempts; attempt++) {
        const uint64_t sequence = pks_slot_try_read(slot, out);
        if (__builtin_expect(sequence != 0, 1)) {
            return sequence;
        }
        if (retries) {
            *retries += 1;
        }
        pks_cpu_relax();
    }
    return 0;
}

PKS_INLINE uint64_t pks_slot_poll(const struct pks_slot *slot, uint64_t seen, struct pks_position *out) {
    if (pks_load_relaxed(&slot->sequence) != seen) {
        return pks_slot_try_read(slot, out);
    }
    const char *cell = (const char *)slot->cells[(seen + 1) & 1];
    pks_prefetch_read(cell);
    pks_prefetch_read(cell + 64);
    pks_prefetch_read(cell + PKS_POSITION_BYTES - 1);
    return 0;
}

#endif

PKS_EXTERN_C_END

#endif
