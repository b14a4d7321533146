/* Preloaded into a daemon by the fault harness: the wall clock jumps between right, an hour ahead and an hour back,
 * every PKS_CLOCK_JUMPS_MS milliseconds. All other clocks are as they are. */
#define _GNU_SOURCE 1
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long period_ms(void) {
    const char *text = getenv("PKS_CLOCK_JUMPS_MS");
    long value = text ? atol(text) : 0;
    return value > 0 ? value : 20;
}

static long shift_seconds(void) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    long ms = now.tv_sec * 1000 + now.tv_nsec / 1000000;
    return (ms / period_ms() % 3 - 1) * 3600;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    long result = syscall(SYS_clock_gettime, clock, time);
    if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) time->tv_sec += shift_seconds();
    return (int)result;
}

time_t time(time_t *place) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (place) *place = now.tv_sec;
    return now.tv_sec;
}
