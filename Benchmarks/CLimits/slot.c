/* The C limits of P1 and P2. */
#include "limits.h"

#include "CSeqlock.h"

uint64_t limit_slot_reads(const void *slot, uint64_t count) {
    struct pks_position position;
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        sum += pks_slot_try_read((const struct pks_slot *)slot, &position);
        limit_use(&position); /* the copy is used */
    }
    return sum;
}

void limit_slot_publishes(uint64_t count) {
    static struct pks_slot slot;
    static struct pks_live live;
    static uint64_t changes[4096];
    struct pks_position position = {0};
    uint64_t published = 0;
    for (uint64_t i = 0; i < count; i++) {
        limit_use(&position); /* the value may have changed */
        published = pks_slot_publish(&slot, published, &position);
        pks_change_append(&live, changes, 4095, i, 0);
        pks_store_release(&live.applied_seq, i);
    }
    limit_use(&slot);
}

uint64_t limit_copies(const void *from, uint64_t count) {
    unsigned char position[PKS_POSITION_BYTES];
    for (uint64_t i = 0; i < count; i++) {
        __asm__ __volatile__("" : : "r"(from) : "memory");
        __builtin_memcpy(position, from, sizeof(position));
        __asm__ __volatile__("" : : "r"(position) : "memory");
    }
    return position[0];
}
