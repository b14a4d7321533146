#define _GNU_SOURCE 1
#include "pks_fault_guard.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>

#include "CSeqlock.h"

/* A place is free when its base is 0. Changed under `changing`; read by the handler at any time, which meets
 * a base only after its length. */
struct guarded {
    uint64_t base;
    uint64_t bytes;
    uint64_t tripped;
};

static struct guarded table[PKS_FAULT_GUARD_PLACES];
static uint64_t places_used; /* places from here on were never taken */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;
static struct sigaction before;

/* Replaces the guarded mapping that an address lies in. 0 when there is none. */
static int replace(uint64_t address) {
    const uint64_t count = pks_load_acquire(&places_used);
    for (uint64_t i = 0; i < count; i++) {
        const uint64_t base = pks_load_acquire(&table[i].base);
        const uint64_t bytes = pks_load_relaxed(&table[i].bytes);
        if (base == 0 || address < base || address - base >= bytes) {
            continue;
        }
        void *mapped = mmap((void *)base, bytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
        if (mapped == MAP_FAILED) {
            return 0;
        }
        pks_store_release(&table[i].tripped, 1);
        return 1;
    }
    return 0;
}

static void on_bus_error(int number, siginfo_t *info, void *context) {
    (void)number;
    (void)context;
    const int saved = errno;
    const int is_mine = replace((uint64_t)(uintptr_t)info->si_addr);
    errno = saved;
    if (!is_mine) {
        /* Touched again, the page now meets whatever was there before this handler. */
        sigaction(SIGBUS, &before, NULL);
    }
}

int pks_fault_guard_install(void) {
    static int is_installed;
    int code = 0;
    pthread_mutex_lock(&changing);
    if (!is_installed) {
        struct sigaction action = {0};
        action.sa_sigaction = on_bus_error;
        action.sa_flags = SA_SIGINFO | SA_ONSTACK;
        sigemptyset(&action.sa_mask);
        code = sigaction(SIGBUS, &action, &before) == 0 ? 0 : errno;
        is_installed = code == 0;
    }
    pthread_mutex_unlock(&changing);
    return code;
}

int pks_fault_guard_add(void *base, size_t bytes) {
    int place = -1;
    pthread_mutex_lock(&changing);
    for (int i = 0; i < PKS_FAULT_GUARD_PLACES && place < 0; i++) {
        if (table[i].base == 0) {
            place = i;
        }
    }
    if (place >= 0) {
        pks_store_relaxed(&table[place].bytes, bytes);
        pks_store_relaxed(&table[place].tripped, 0);
        pks_store_release(&table[place].base, (uint64_t)(uintptr_t)base); /* partner: replace */
        if ((uint64_t)place >= places_used) {
            pks_store_release(&places_used, (uint64_t)place + 1); /* partner: replace */
        }
    }
    pthread_mutex_unlock(&changing);
    return place;
}

void pks_fault_guard_remove(int place) {
    if (place < 0) {
        return;
    }
    pthread_mutex_lock(&changing);
    pks_store_release(&table[place].base, 0); /* partner: replace */
    pthread_mutex_unlock(&changing);
}

int pks_fault_guard_tripped(int place) {
    return place >= 0 && pks_load_acquire(&table[place].tripped) != 0;
}
