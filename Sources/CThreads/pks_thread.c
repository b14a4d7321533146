#define _GNU_SOURCE 1
#include "pks_thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

void pks_thread_name(const char *name) {
    char text[16] = {0};
    strncpy(text, name, sizeof(text) - 1);
    (void)pthread_setname_np(pthread_self(), text);
}

int pks_thread_bind(int cpu) {
    cpu_set_t set;
    if (cpu < 0 || cpu >= CPU_SETSIZE) {
        return EINVAL;
    }
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : errno;
}

int pks_thread_may_use(int cpu) {
    cpu_set_t set;
    return cpu >= 0 && cpu < CPU_SETSIZE && sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_ISSET(cpu, &set);
}

int pks_thread_leave(int cpu) {
    cpu_set_t set;
    if (cpu < 0 || cpu >= CPU_SETSIZE) return EINVAL;
    if (sched_getaffinity(0, sizeof(set), &set) != 0) return errno;
    CPU_CLR(cpu, &set);
    if (CPU_COUNT(&set) == 0) return EINVAL;
    return sched_setaffinity(0, sizeof(set), &set) == 0 ? 0 : errno;
}
