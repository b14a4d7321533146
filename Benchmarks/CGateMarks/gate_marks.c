#include "gate_marks.h"

#include <stdio.h>
#ifdef __GLIBC__
#include <gnu/libc-version.h>
#endif

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#define MARKS 1
#endif
#endif

#ifdef MARKS
int gate_marks_work(void) { return 1; }
int gate_is_counted(void) { return RUNNING_ON_VALGRIND != 0; }
void gate_prepare(void) { CALLGRIND_START_INSTRUMENTATION; }
void gate_begin(void) { CALLGRIND_TOGGLE_COLLECT; }
void gate_end(void) { CALLGRIND_TOGGLE_COLLECT; }
void gate_write(const char *name) { CALLGRIND_DUMP_STATS_AT(name); }
#else
int gate_marks_work(void) { return 0; }
int gate_is_counted(void) { return 0; }
void gate_prepare(void) {}
void gate_begin(void) {}
void gate_end(void) {}
void gate_write(const char *name) { (void)name; }
#endif

const char *gate_processor(void) {
    static char text[64];
#if defined(__x86_64__)
    __builtin_cpu_init();
    snprintf(text, sizeof text, "x86-64%s%s%s", __builtin_cpu_supports("sse4.2") ? " sse4.2" : "",
             __builtin_cpu_supports("avx2") ? " avx2" : "", __builtin_cpu_supports("avx512f") ? " avx512" : "");
#elif defined(__aarch64__)
    snprintf(text, sizeof text, "aarch64");
#else
    snprintf(text, sizeof text, "another");
#endif
    return text;
}

const char *gate_c_library(void) {
    static char text[64];
#ifdef __GLIBC__
    snprintf(text, sizeof text, "glibc %s", gnu_get_libc_version());
#else
    snprintf(text, sizeof text, "not glibc");
#endif
    return text;
}
