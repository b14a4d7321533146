/* Memory for one message at a time, for protobuf-c: a fixed budget that is handed out from its start on and taken
 * back all at once. What does not fit is refused, and protobuf-c then gives up on the message; so a hostile message
 * costs at most the budget, and a message costs no call of malloc. One thread at a time. */
#ifndef PKS_BUS_ARENA_H
#define PKS_BUS_ARENA_H

#include <protobuf-c/protobuf-c.h>
#include <stddef.h>
#include <stdint.h>

/* What an allocation begins at a multiple of: all that protobuf-c puts here are pointers, integers and bytes. */
#define PKS_BUS_ARENA_ALIGNMENT 8

struct pks_bus_arena {
    ProtobufCAllocator allocator; /* for protobuf-c; its data is this arena, which must not move */
    uint8_t *memory;              /* the caller's, aligned to PKS_BUS_ARENA_ALIGNMENT */
    size_t capacity_bytes;
    size_t used_bytes;
    int is_exhausted; /* something was refused since the last reset */
};

/* Makes an arena of `capacity_bytes` at `memory`. The caller keeps both alive and in place while it is used. */
void pks_bus_arena_init(struct pks_bus_arena *arena, void *memory, size_t capacity_bytes);

/* Takes everything back: what was unpacked before is gone. */
void pks_bus_arena_reset(struct pks_bus_arena *arena);

#endif
