/* P8: what an access to memory costs when nothing hides it. */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "limits.h"

enum { line_bytes = 128 };

static uint64_t next_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Sattolo's shuffle makes one circle through all lines, so that no part of them is left out. */
static int make_circle(unsigned char *memory, uint64_t lines) {
    uint32_t *order = malloc(lines * sizeof *order);
    if (!order) return -1;
    uint64_t state = 88172645463325252u;
    for (uint64_t n = 0; n < lines; n++) order[n] = (uint32_t)n;
    for (uint64_t n = lines - 1; n > 0; n--) {
        const uint64_t other = next_random(&state) % n;
        const uint32_t kept = order[n];
        order[n] = order[other];
        order[other] = kept;
    }
    for (uint64_t n = 0; n < lines; n++) {
        *(void **)(memory + (uint64_t)order[n] * line_bytes) =
            memory + (uint64_t)order[(n + 1) % lines] * line_bytes;
    }
    free(order);
    return 0;
}

/* The thread's own time, so that turns of others on its core do not count. */
static double thread_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

double limit_chase_ns(uint64_t bytes, uint64_t steps) {
    const uint64_t lines = bytes / line_bytes < 2 ? 2 : bytes / line_bytes;
    unsigned char *memory = mmap(NULL, lines * line_bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (memory == MAP_FAILED) return -1;
    double result = -1;
    if (make_circle(memory, lines) == 0) {
        void *at = memory;
        for (uint64_t n = 0; n < lines && n < steps; n++) at = *(void **)at;
        limit_use(at);
        const double start = thread_ns();
        for (uint64_t n = 0; n < steps; n++) at = *(void **)at;
        limit_use(at);
        result = (thread_ns() - start) / (double)steps;
    }
    munmap(memory, lines * line_bytes);
    return result;
}
