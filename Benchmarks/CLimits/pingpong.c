/* How this machine moves one cache line between two cores, and how evenly: the yardstick of a run that
 * stays in one process. */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "limits.h"

struct far_player {
    struct limit_court *court;
    uint64_t rounds;
    int cpu;
};

static void *far_side(void *argument) {
    const struct far_player *player = argument;
    limit_pin(player->cpu);
    limit_court_return(player->court, player->rounds);
    return NULL;
}

static int by_value(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

int limit_ping_pong(uint64_t rounds, struct limit_ping_pong_result *result) {
    cpu_set_t before;
    int near, far;
    if (sched_getaffinity(0, sizeof(before), &before) != 0 || limit_two_cpus(&near, &far) != 0) return -1;
    struct limit_court *court = limit_court_map(NULL, 1);
    uint64_t *samples = calloc(rounds, sizeof(uint64_t));
    if (!court || !samples) abort();
    struct far_player player = {.court = court, .rounds = rounds, .cpu = far};
    pthread_t thread;
    if (pthread_create(&thread, NULL, far_side, &player) != 0) abort();
    limit_pin(near);
    limit_court_play(court, rounds, samples);
    pthread_join(thread, NULL);
    sched_setaffinity(0, sizeof(before), &before);
    qsort(samples, rounds, sizeof(uint64_t), by_value);
    result->p50_ns = samples[rounds / 2] / 2.0;
    result->p99_ns = samples[rounds / 100 * 99] / 2.0;
    free(samples);
    limit_court_unmap(court);
    return 0;
}
