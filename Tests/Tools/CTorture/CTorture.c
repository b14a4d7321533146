#define _GNU_SOURCE 1
#include "CTorture.h"

#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static uint64_t word_of(uint64_t counter, int place) {
    return counter * (2 * (uint64_t)place + 1) + (uint64_t)place;
}

void torture_fill(struct pks_position *value, uint64_t counter) {
    uint64_t words[PKS_POSITION_WORDS];
    for (int i = 0; i < PKS_POSITION_WORDS; i++) {
        words[i] = word_of(counter, i);
    }
    memcpy(value, words, sizeof(words));
}

uint64_t torture_counter(const struct pks_position *value, int *is_whole) {
    uint64_t words[PKS_POSITION_WORDS];
    uint64_t difference = 0;
    memcpy(words, value, sizeof(words));
    for (int i = 1; i < PKS_POSITION_WORDS; i++) {
        difference |= words[i] ^ word_of(words[0], i);
    }
    *is_whole = difference == 0;
    return words[0];
}

void torture_store_half(struct pks_slot *slot, uint64_t published, const struct pks_position *value) {
    uint64_t *cell = slot->cells[(published + 1) & 1];
    uint64_t words[PKS_POSITION_WORDS];
    memcpy(words, value, sizeof(words));
    pks_fence_release();
    for (int i = 0; i < PKS_POSITION_WORDS / 2; i++) {
        pks_store_relaxed(&cell[i], words[i]);
    }
}

static void copy_cell(const uint64_t *cell, struct pks_position *out) {
    uint64_t words[PKS_POSITION_WORDS];
    for (int i = 0; i < PKS_POSITION_WORDS; i++) {
        words[i] = pks_load_relaxed(&cell[i]);
    }
    memcpy(out, words, sizeof(words));
}

uint64_t broken_read_unchecked(const struct pks_slot *slot, struct pks_position *out) {
    const uint64_t sequence = pks_load_acquire(&slot->sequence);
    copy_cell(slot->cells[sequence & 1], out);
    return sequence;
}

uint64_t broken_read_other_cell(const struct pks_slot *slot, struct pks_position *out) {
    const uint64_t sequence = pks_load_acquire(&slot->sequence);
    copy_cell(slot->cells[(sequence + 1) & 1], out);
    pks_fence_acquire();
    return pks_load_relaxed(&slot->sequence) == sequence ? sequence : 0;
}

uint64_t broken_publish_plain(struct pks_slot *slot, uint64_t published, const struct pks_position *value) {
    const uint64_t next = published + 1;
    uint64_t words[PKS_POSITION_WORDS];
    memcpy(words, value, sizeof(words));
    for (int i = 0; i < PKS_POSITION_WORDS; i++) {
        slot->cells[next & 1][i] = words[i];
    }
    pks_store_release(&slot->sequence, next);
    return next;
}

uint64_t broken_read_plain(const struct pks_slot *slot, struct pks_position *out) {
    const uint64_t sequence = pks_load_acquire(&slot->sequence);
    uint64_t words[PKS_POSITION_WORDS];
    for (int i = 0; i < PKS_POSITION_WORDS; i++) {
        words[i] = slot->cells[sequence & 1][i];
    }
    memcpy(out, words, sizeof(words));
    return pks_load_acquire(&slot->sequence) == sequence ? sequence : 0;
}

int torture_pin(int cpu) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set);
}

void torture_die_with_parent(void) { prctl(PR_SET_PDEATHSIG, SIGKILL); }

int torture_trace_me(void) { return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0; }

int torture_step(int pid) {
    int status = 0;
    if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) != 0 || waitpid(pid, &status, 0) != pid) {
        return -1;
    }
    return WIFSTOPPED(status) ? WSTOPSIG(status) : -1;
}
