/* The current position under contention: one process sets a value a million times a second, another reads it all the
 * time. A slot against a robust mutex in shared memory, which is what else two processes could share a value with.
 * Compiled into the same library as native.c. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CSeqlock.h"

struct contended_figures {
    double read_p50_ns;
    double read_p99_ns;
    double read_p999_ns;
    double read_max_ns;
    double set_p50_ns;
    double set_p999_ns;
    double sets_a_second;
    int64_t torn;    /* values with words of two sets */
    int64_t unequal; /* the last value read is not the last that was set */
};

/* What both processes share. Each word of a value is the number of its set. */
struct shared {
    struct pks_slot slot;
    pthread_mutex_t lock __attribute__((aligned(128)));
    uint64_t value[PKS_POSITION_WORDS];
    uint64_t is_ready __attribute__((aligned(128)));
    uint64_t is_over __attribute__((aligned(128)));
    uint64_t last_set __attribute__((aligned(128)));
    uint64_t began_ns, ended_ns, set_count;
    uint32_t set_ns[];
};

enum { sets_kept = 1 << 20 };

static void pin(int number) {
    cpu_set_t allowed, one;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0 || CPU_COUNT(&allowed) < 2) return;
    CPU_ZERO(&one);
    for (int cpu = 0, seen = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, &allowed) && seen++ == number) CPU_SET(cpu, &one);
    }
    sched_setaffinity(0, sizeof one, &one);
}

static void take(pthread_mutex_t *lock) {
    if (pthread_mutex_lock(lock) == EOWNERDEAD) pthread_mutex_consistent(lock);
}

static void set(struct shared *shared, int is_slot, uint64_t number) {
    uint64_t words[PKS_POSITION_WORDS];
    for (int i = 0; i < PKS_POSITION_WORDS; i++) words[i] = number;
    if (is_slot) {
        pks_slot_publish(&shared->slot, number - 1, (const struct pks_position *)words);
    } else {
        take(&shared->lock);
        memcpy(shared->value, words, sizeof words);
        pthread_mutex_unlock(&shared->lock);
    }
}

static int get(struct shared *shared, int is_slot, uint64_t *words) {
    if (is_slot) return pks_slot_read(&shared->slot, (struct pks_position *)words, 1 << 20, NULL) != 0;
    take(&shared->lock);
    memcpy(words, shared->value, sizeof shared->value);
    pthread_mutex_unlock(&shared->lock);
    return 1;
}

/* The process that sets: set n is due n intervals after the first, whether those before it were late or not. */
static void keep_setting(struct shared *shared, int is_slot, int64_t interval_ns) {
    pin(0);
    uint64_t number = 1;
    set(shared, is_slot, number);
    const int64_t first_ns = pks_monotonic_ns();
    shared->began_ns = (uint64_t)first_ns;
    pks_store_release(&shared->is_ready, 1);
    int64_t now_ns = first_ns;
    while (!pks_load_acquire(&shared->is_over)) {
        while (now_ns < first_ns + (int64_t)number * interval_ns) {
            pks_cpu_relax();
            now_ns = pks_monotonic_ns();
        }
        const int64_t before_ns = now_ns;
        set(shared, is_slot, ++number);
        now_ns = pks_monotonic_ns();
        shared->set_ns[shared->set_count++ % sets_kept] = (uint32_t)(now_ns - before_ns);
    }
    shared->ended_ns = (uint64_t)now_ns;
    pks_store_release(&shared->last_set, number);
}

static int compare(const void *left, const void *right) {
    const uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static double part(uint32_t *sorted, uint64_t count, double share, double clock_ns) {
    const uint64_t place = (uint64_t)((double)count * share);
    const double ns = (double)sorted[place < count ? place : count - 1] - clock_ns;
    return ns > 0 ? ns : 0;
}

static double clock_cost_ns(void) {
    const int64_t start = pks_monotonic_ns();
    for (int i = 0; i < 10000; i++) pks_monotonic_ns();
    return (double)(pks_monotonic_ns() - start) / 10001;
}

static void fill_in(struct contended_figures *figures, struct shared *shared, uint32_t *read_ns, uint64_t reads) {
    const double clock_ns = clock_cost_ns();
    qsort(read_ns, reads, sizeof *read_ns, compare);
    figures->read_p50_ns = part(read_ns, reads, 0.5, clock_ns);
    figures->read_p99_ns = part(read_ns, reads, 0.99, clock_ns);
    figures->read_p999_ns = part(read_ns, reads, 0.999, clock_ns);
    figures->read_max_ns = part(read_ns, reads, 1, clock_ns);
    const uint64_t sets = shared->set_count < sets_kept ? shared->set_count : sets_kept;
    if (sets == 0) return;
    qsort(shared->set_ns, sets, sizeof *shared->set_ns, compare);
    figures->set_p50_ns = part(shared->set_ns, sets, 0.5, clock_ns);
    figures->set_p999_ns = part(shared->set_ns, sets, 0.999, clock_ns);
    figures->sets_a_second = (double)shared->set_count * 1e9 / (double)(shared->ended_ns - shared->began_ns);
}

/* Reads so many times while a process of its own sets every interval_ns. 0: done; -1: this could not be run. */
int peer_contended(int is_slot, uint64_t reads, int64_t interval_ns, struct contended_figures *figures) {
    const size_t bytes = sizeof(struct shared) + sets_kept * sizeof(uint32_t);
    struct shared *shared =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    uint32_t *read_ns = calloc(reads, sizeof *read_ns);
    pthread_mutexattr_t attributes;
    cpu_set_t allowed;
    if (shared == MAP_FAILED || !read_ns || sched_getaffinity(0, sizeof allowed, &allowed) != 0) return -1;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (pthread_mutex_init(&shared->lock, &attributes) != 0) return -1;
    const pid_t parent = getpid();
    const pid_t setter = fork();
    if (setter < 0) return -1;
    if (setter == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() == parent) keep_setting(shared, is_slot, interval_ns);
        _exit(0);
    }
    pin(1);
    while (!pks_load_acquire(&shared->is_ready)) sched_yield();
    uint64_t words[PKS_POSITION_WORDS];
    int status = 0;
    memset(figures, 0, sizeof *figures);
    for (uint64_t n = 0; n < reads && status == 0; n++) {
        const int64_t before_ns = pks_monotonic_ns();
        if (!get(shared, is_slot, words)) status = -1;
        read_ns[n] = (uint32_t)(pks_monotonic_ns() - before_ns);
        for (int i = 1; i < PKS_POSITION_WORDS; i++) {
            if (words[i] != words[0]) {
                figures->torn++;
                break;
            }
        }
    }
    pks_store_release(&shared->is_over, 1);
    waitpid(setter, NULL, 0);
    if (!get(shared, is_slot, words)) status = -1;
    figures->unequal = words[0] != pks_load_acquire(&shared->last_set);
    fill_in(figures, shared, read_ns, reads);
    sched_setaffinity(0, sizeof allowed, &allowed);
    free(read_ns);
    munmap(shared, bytes);
    return status;
}
