/* Marks in a program that callgrind counts the instructions of: what lies between gate_begin and gate_end is
 * counted, everything else is not. Outside callgrind each mark is a few instructions without effect. */
#ifndef GATE_MARKS_H
#define GATE_MARKS_H

/* Whether this build can talk to callgrind: valgrind's header was there when it was compiled. */
int gate_marks_work(void);

/* Whether this process runs under valgrind now. */
int gate_is_counted(void);

/* Callgrind begins to look at instructions at all. Once. */
void gate_prepare(void);

/* Counting begins; counting ends. In turn. */
void gate_begin(void);
void gate_end(void);

/* Writes what was counted since the last call to a file of callgrind's, under this name, and begins at zero. */
void gate_write(const char *name);

/* What decides which code runs on this processor, "x86-64 sse4.2 avx2"; valgrind shows a processor of its own. */
const char *gate_processor(void);

/* The C library and its version: its memcpy is part of what is counted. */
const char *gate_c_library(void);

/* The compiler must take what `pointer` points at for read and changed: keeps a counted loop honest. */
static inline void gate_use(void *pointer) {
    __asm__ __volatile__("" : : "r"(pointer) : "memory");
}

#endif
