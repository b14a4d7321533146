/* The C limits of P1 and P2. */
#include "limits.h"

#include <stdlib.h>

#include "CSeqlock.h"

/* What a reader in C would hold. */
struct reader {
    const struct pks_slot *slots;
    uint64_t slot_capacity;
};

static void read_each(const struct reader *reader, uint64_t slot, uint64_t count) {
    struct pks_position position;
    for (uint64_t i = 0; i < count; i++) {
        if (slot >= reader->slot_capacity) abort();
        if (!pks_slot_read(&reader->slots[slot], &position, 1024, NULL)) abort();
        limit_use(&position); /* the copy is used, and the reader may have changed */
    }
}

void limit_slot_reads(const void *slots, uint64_t slot_capacity, uint64_t slot, uint64_t count) {
    struct reader reader = {slots, slot_capacity};
    limit_use(&reader);
    read_each(&reader, slot, count);
}

void limit_slot_reads_of(const void *first, uint64_t slot_capacity, const uint32_t *slots, uint64_t count) {
    struct reader reader = {first, slot_capacity};
    struct pks_position position;
    limit_use(&reader);
    for (uint64_t i = 0; i < count; i++) {
        if (slots[i] >= reader.slot_capacity) abort();
        if (!pks_slot_read(&reader.slots[slots[i]], &position, 1024, NULL)) abort();
        limit_use(&position);
    }
}

/* What a writer in C would hold: pointers into the segment and its own counts. */
struct writer {
    struct pks_slot *slots;
    struct pks_live *live;
    uint64_t *changes;
    uint64_t change_mask;
    uint64_t change_count;
    uint64_t slot_capacity;
};

/* The writer is a copy of this function's own, so that its fields stay in registers. */
static void publish_each(struct writer writer, uint64_t slot, uint64_t count) {
    struct pks_position position = {0};
    uint64_t published = 0;
    for (uint64_t i = 0; i < count; i++) {
        limit_use(&position); /* the value may have changed */
        if (slot >= writer.slot_capacity) abort();
        published = pks_slot_publish(&writer.slots[slot], published, &position);
        pks_change_append(writer.live, writer.changes, writer.change_mask, writer.change_count, (uint32_t)slot);
        writer.change_count++;
        pks_store_release(&writer.live->applied_seq, i);
    }
}

void limit_slot_publishes(uint64_t count) {
    struct writer writer = {0};
    writer.slot_capacity = 64;
    writer.change_mask = 4095;
    writer.slots = aligned_alloc(4096, 64 * sizeof(struct pks_slot));
    writer.live = aligned_alloc(4096, 4096);
    writer.changes = aligned_alloc(4096, 4096 * sizeof(uint64_t));
    if (!writer.slots || !writer.live || !writer.changes) abort();
    limit_use(&writer);
    publish_each(writer, 1, count);
    free(writer.slots);
    free(writer.live);
    free(writer.changes);
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
