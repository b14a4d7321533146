/* What a thread asks of Linux for itself, which the C library declares for _GNU_SOURCE only and Swift's Glibc
 * therefore lacks. Each is about the calling thread. */
#ifndef PKS_THREAD_H
#define PKS_THREAD_H

/* Names the thread for ps and top; what is beyond 15 bytes is left out. */
void pks_thread_name(const char *name);

/* Binds the thread to one CPU. 0, or an errno: EINVAL when that CPU is not there for this process. */
int pks_thread_bind(int cpu);

/* Keeps the thread, and those that it starts afterwards, off one CPU. 0, or an errno: EINVAL when it has no other. */
int pks_thread_leave(int cpu);

/* Whether the thread may run on a CPU. */
int pks_thread_may_use(int cpu);

#endif
