/* Guards a process against files that are cut short under its mappings.
 *
 * Whoever may write a shared file may also truncate it, and tmpfs has no seal against that for files with a
 * name. The next touch of a lost page is a SIGBUS. With the guard installed, a fault inside a registered
 * mapping replaces that whole mapping by private zero pages, says so, and lets the touch happen again: the
 * program then reads zeros, which it must be able to stand (a ring's consumer trusts nothing), and ends its
 * dealings with the file. A fault anywhere else does what it did before.
 *
 * What is in this room: one signal handler and the table it looks at, in C because a handler may run nothing
 * of a language's runtime. */
#ifndef PKS_FAULT_GUARD_H
#define PKS_FAULT_GUARD_H

#include <stddef.h>

#define PKS_FAULT_GUARD_PLACES 4096

/* Installs the handler of SIGBUS, once a process. 0, or the errno of sigaction. */
int pks_fault_guard_install(void);

/* Registers a mapping and returns its place in the table, or -1 when the table is full. Any thread. */
int pks_fault_guard_add(void *base, size_t bytes);

/* Takes a mapping off the table; to be called before it is unmapped. A negative place is ignored. */
void pks_fault_guard_remove(int place);

/* Whether the mapping of a place was replaced by zero pages. 0 for a negative place. Any thread. */
int pks_fault_guard_tripped(int place);

#endif
