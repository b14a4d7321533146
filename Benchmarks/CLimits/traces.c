/* What a run leaves in the file system, removed when it ends and when a signal ends it. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "limits.h"

enum { traces_max = 256, trace_bytes = 512 };

static char traces[traces_max][trace_bytes];
static volatile sig_atomic_t trace_count;
static volatile sig_atomic_t far_side; /* a process that could still make what is removed here */

/* Newest first, so that a directory goes after what is in it. Only calls that a handler may make. */
static void remove_traces(void) {
    for (int n = trace_count; n > 0; n--) {
        if (unlink(traces[n - 1]) != 0) rmdir(traces[n - 1]);
    }
}

static volatile sig_atomic_t told_file = -1; /* who writes down what was measured, and then ends */

void limit_end_now(int status) {
    if (far_side > 0) {
        kill((pid_t)far_side, SIGKILL);
        waitpid((pid_t)far_side, NULL, 0);
    }
    remove_traces();
    _exit(status);
}

/* The first signal is told to whoever wants to know; the next one ends at once. */
static void end_on(int number) {
    const int file = told_file, before = errno;
    const unsigned char text = (unsigned char)number;
    told_file = -1;
    if (file < 0 || write(file, &text, 1) != 1) limit_end_now(128 + number);
    errno = before;
}

static void handle_signals(void) {
    static int is_done;
    if (is_done) return;
    is_done = 1;
    struct sigaction action = {.sa_handler = end_on};
    sigset_t ending; /* whoever started this process may have left them blocked */
    sigemptyset(&ending);
    const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
    for (int n = 0; n < 3; n++) {
        sigaction(numbers[n], &action, NULL);
        sigaddset(&ending, numbers[n]);
    }
    sigprocmask(SIG_UNBLOCK, &ending, NULL);
}

void limit_tell_signals(int file) {
    told_file = file;
    handle_signals();
}

void limit_far_side(int pid) { far_side = pid; }

int limit_remove_at_end(const char *path) {
    for (int n = 0; n < trace_count; n++) {
        if (strcmp(traces[n], path) == 0) return 0;
    }
    if (trace_count == traces_max || strlen(path) >= trace_bytes) return -1;
    if (trace_count == 0) {
        handle_signals();
        atexit(remove_traces);
    }
    strcpy(traces[trace_count], path);
    trace_count++;
    return 0;
}
