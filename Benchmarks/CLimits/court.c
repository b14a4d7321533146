/* Two processes, two cores, one page of shared memory: how a benchmark's near side tells its far side what
 * to do, and the cache line that both send back and forth as their yardstick. */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "CSeqlock.h"
#include "limits.h"

/* Each word alone on its 128 bytes, so that polling one does not slow the others. */
struct limit_court {
    _Alignas(128) uint64_t ball; /* odd: the far side's turn */
    _Alignas(128) uint64_t command; /* number of commands given; written last */
    uint64_t operation;
    uint64_t argument;
    _Alignas(128) uint64_t done; /* number of commands carried out */
};

struct limit_court *limit_court_map(const char *path, int is_new) {
    if (!path) {
        void *court = mmap(NULL, sizeof(struct limit_court), PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
        return court == MAP_FAILED ? NULL : court;
    }
    const int file = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (is_new ? O_CREAT | O_EXCL : 0), 0600);
    if (file < 0) return NULL;
    void *court = MAP_FAILED;
    if (!is_new || posix_fallocate(file, 0, sizeof(struct limit_court)) == 0) {
        court = mmap(NULL, sizeof(struct limit_court), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
                     file, 0);
    }
    close(file);
    return court == MAP_FAILED ? NULL : court;
}

void limit_court_unmap(struct limit_court *court) { munmap(court, sizeof(*court)); }

uint64_t limit_court_order(struct limit_court *court, uint64_t operation, uint64_t argument) {
    const uint64_t number = court->command + 1; /* only this side writes it */
    pks_store_relaxed(&court->operation, operation);
    pks_store_relaxed(&court->argument, argument);
    pks_store_release(&court->command, number); /* partner: limit_court_next */
    return number;
}

int limit_court_is_done(const struct limit_court *court, uint64_t number) {
    return pks_load_acquire(&court->done) >= number; /* partner: limit_court_report */
}

int limit_court_has_order(const struct limit_court *court, uint64_t done) {
    return pks_load_acquire(&court->command) != done; /* partner: limit_court_order */
}

uint64_t limit_court_next(struct limit_court *court, uint64_t done, uint64_t *argument) {
    while (!limit_court_has_order(court, done)) pks_cpu_relax();
    *argument = pks_load_relaxed(&court->argument);
    return pks_load_relaxed(&court->operation);
}

void limit_court_report(struct limit_court *court, uint64_t done) {
    pks_store_release(&court->done, done); /* partner: limit_court_is_done */
}

void limit_court_serve(struct limit_court *court) { pks_store_release(&court->ball, 0); }

/* With a pause between looks: without one the line moves more slowly (docs/performance.md). */
void limit_court_return(struct limit_court *court, uint64_t rounds) {
    for (uint64_t round = 0; round < rounds; round++) {
        while (pks_load_acquire(&court->ball) != 2 * round + 1) pks_cpu_relax();
        pks_store_release(&court->ball, 2 * round + 2);
    }
}

void limit_court_play(struct limit_court *court, uint64_t rounds, uint64_t *samples) {
    for (uint64_t round = 0; round < rounds; round++) {
        const int64_t start = pks_monotonic_ns();
        pks_store_release(&court->ball, 2 * round + 1);
        while (pks_load_acquire(&court->ball) != 2 * round + 2) pks_cpu_relax();
        samples[round] = (uint64_t)(pks_monotonic_ns() - start);
    }
}

int limit_pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set);
}

static cpu_set_t allowed_before;
static int has_before;

int limit_pin_for_now(int cpu) {
    if (!has_before) has_before = sched_getaffinity(0, sizeof(allowed_before), &allowed_before) == 0;
    return limit_pin(cpu);
}

void limit_unpin(void) {
    if (has_before) sched_setaffinity(0, sizeof(allowed_before), &allowed_before);
}

int limit_two_cpus(int *near, int *far) {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0 || CPU_COUNT(&allowed) < 2) return -1;
    int found = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++) {
        if (CPU_ISSET(cpu, &allowed)) *(found++ == 0 ? near : far) = cpu;
    }
    return 0;
}

int limit_real_time(void) {
    const struct sched_param parameters = {.sched_priority = 1};
    return sched_setscheduler(0, SCHED_FIFO, &parameters);
}

void limit_end_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }
