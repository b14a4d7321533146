/* How this machine moves one cache line between two cores, and how evenly: the yardstick of a run. */
#define _GNU_SOURCE 1
#include "limits.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "CSeqlock.h"

struct court {
    _Alignas(128) uint64_t ball; /* odd: the far side's turn */
    _Alignas(128) uint64_t rounds;
    int cpu;
};

static int pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set);
}

static void *far_side(void *argument) {
    struct court *court = argument;
    pin(court->cpu);
    for (uint64_t round = 0; round < court->rounds; round++) {
        while (pks_load_acquire(&court->ball) != 2 * round + 1) pks_cpu_relax();
        pks_store_release(&court->ball, 2 * round + 2);
    }
    return NULL;
}

static int by_value(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int limit_ping_pong(uint64_t rounds, struct limit_ping_pong_result *result) {
    cpu_set_t before;
    if (sched_getaffinity(0, sizeof(before), &before) != 0 || CPU_COUNT(&before) < 2) return -1;
    int cpus[2], found = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++) {
        if (CPU_ISSET(cpu, &before)) cpus[found++] = cpu;
    }
    struct court *court = aligned_alloc(128, sizeof(struct court));
    uint32_t *samples = calloc(rounds, sizeof(uint32_t));
    if (!court || !samples) abort();
    court->ball = 0;
    court->rounds = rounds;
    court->cpu = cpus[1];
    pthread_t thread;
    if (pthread_create(&thread, NULL, far_side, court) != 0) abort();
    pin(cpus[0]);
    for (uint64_t round = 0; round < rounds; round++) {
        const int64_t start = pks_monotonic_ns();
        pks_store_release(&court->ball, 2 * round + 1);
        while (pks_load_acquire(&court->ball) != 2 * round + 2) pks_cpu_relax();
        const int64_t taken = pks_monotonic_ns() - start;
        samples[round] = taken > UINT32_MAX ? UINT32_MAX : (uint32_t)taken;
    }
    pthread_join(thread, NULL);
    sched_setaffinity(0, sizeof(before), &before);
    qsort(samples, rounds, sizeof(uint32_t), by_value);
    result->p50_ns = samples[rounds / 2] / 2.0;
    result->p99_ns = samples[rounds / 100 * 99] / 2.0;
    free(samples);
    free(court);
    return 0;
}

int limit_pin(int cpu) { return pin(cpu); }
