/* What a run leaves in the file system, removed when it ends and when a signal ends it. */
#define _GNU_SOURCE 1
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limits.h"

enum { traces_max = 64, trace_bytes = 512 };

static char traces[traces_max][trace_bytes];
static volatile sig_atomic_t trace_count;
static volatile sig_atomic_t far_side; /* a process that could still make what is removed here */

/* Newest first, so that a directory goes after what is in it. Only calls that a handler may make. */
static void remove_traces(void) {
    for (int n = trace_count; n > 0; n--) {
        if (unlink(traces[n - 1]) != 0) rmdir(traces[n - 1]);
    }
}

static void end_on(int number) {
    if (far_side > 0) {
        kill((pid_t)far_side, SIGKILL);
        waitpid((pid_t)far_side, NULL, 0);
    }
    remove_traces();
    _exit(128 + number);
}

void limit_far_side(int pid) { far_side = pid; }

int limit_remove_at_end(const char *path) {
    for (int n = 0; n < trace_count; n++) {
        if (strcmp(traces[n], path) == 0) return 0;
    }
    if (trace_count == traces_max || strlen(path) >= trace_bytes) return -1;
    if (trace_count == 0) {
        struct sigaction action = {.sa_handler = end_on};
        sigset_t ending; /* whoever started this process may have left them blocked */
        sigemptyset(&ending);
        const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
        for (int n = 0; n < 3; n++) {
            sigaction(numbers[n], &action, NULL);
            sigaddset(&ending, numbers[n]);
        }
        sigprocmask(SIG_UNBLOCK, &ending, NULL);
        atexit(remove_traces);
    }
    strcpy(traces[trace_count], path);
    trace_count++;
    return 0;
}
