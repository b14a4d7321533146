#include "pks_bus_arena.h"

static void *arena_alloc(void *data, size_t size) {
    struct pks_bus_arena *arena = data;
    const size_t free_bytes = arena->capacity_bytes - arena->used_bytes;
    const size_t mask = PKS_BUS_ARENA_ALIGNMENT - 1;
    /* Both are multiples of the alignment, so what fits still fits when it is rounded up. */
    if (size > free_bytes) {
        arena->is_exhausted = 1;
        return NULL;
    }
    void *place = arena->memory + arena->used_bytes;
    arena->used_bytes += (size + mask) & ~mask;
    return place;
}

/* Single allocations are not taken back. */
static void arena_free(void *data, void *pointer) {
    (void)data;
    (void)pointer;
}

void pks_bus_arena_init(struct pks_bus_arena *arena, void *memory, size_t capacity_bytes) {
    arena->allocator = (ProtobufCAllocator){.alloc = arena_alloc, .free = arena_free, .allocator_data = arena};
    arena->memory = memory;
    arena->capacity_bytes = capacity_bytes & ~(size_t)(PKS_BUS_ARENA_ALIGNMENT - 1);
    pks_bus_arena_reset(arena);
}

void pks_bus_arena_reset(struct pks_bus_arena *arena) {
    arena->used_bytes = 0;
    arena->is_exhausted = 0;
}
