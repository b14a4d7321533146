/* Whether two CPUs are two cores: arithmetic on one, alone and beside the same on the other. */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <sched.h>

#include "CSeqlock.h"
#include "limits.h"

enum { steps = 2000000, tries = 9 };

/* Four chains that do not wait for each other fill the units of a core. */
static int64_t time_of_arithmetic(void) {
    uint64_t a = 3, b = 5, c = 7, d = 11;
    const int64_t start = pks_monotonic_ns();
    for (int n = 0; n < steps; n++) {
        a = a * 0x9e3779b97f4a7c15u + 1;
        b = b * 0xbf58476d1ce4e5b9u + 1;
        c = (c ^ (c >> 7)) + d;
        d = (d ^ (d << 9)) + c;
    }
    uint64_t used[4] = {a, b, c, d};
    limit_use(used);
    return pks_monotonic_ns() - start;
}

/* The fastest of several, so that one interruption does not decide. */
static int64_t fastest(void) {
    int64_t best = INT64_MAX;
    for (int n = 0; n < tries; n++) {
        const int64_t taken = time_of_arithmetic();
        if (taken < best) best = taken;
    }
    return best;
}

struct sibling {
    int cpu;
    int is_running; /* partner: the wait in limit_sibling_slowdown */
    int is_ending;  /* partner: that function's last store */
};

static void *keep_busy(void *argument) {
    struct sibling *sibling = argument;
    limit_pin(sibling->cpu);
    __atomic_store_n(&sibling->is_running, 1, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&sibling->is_ending, __ATOMIC_ACQUIRE)) time_of_arithmetic();
    return NULL;
}

double limit_sibling_slowdown(void) {
    cpu_set_t before;
    int near, far;
    if (sched_getaffinity(0, sizeof(before), &before) != 0 || limit_two_cpus(&near, &far) != 0) return -1;
    limit_pin(near);
    const int64_t alone = fastest();
    struct sibling sibling = {.cpu = far};
    pthread_t thread;
    double slowdown = -1;
    if (pthread_create(&thread, NULL, keep_busy, &sibling) == 0) {
        while (!__atomic_load_n(&sibling.is_running, __ATOMIC_ACQUIRE)) sched_yield();
        slowdown = (double)fastest() / (double)alone;
        __atomic_store_n(&sibling.is_ending, 1, __ATOMIC_RELEASE);
        pthread_join(thread, NULL);
    }
    sched_setaffinity(0, sizeof(before), &before);
    return slowdown;
}
