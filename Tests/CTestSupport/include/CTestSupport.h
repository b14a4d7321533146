/* What tests need of the system and Swift's Glibc does not show. */
#ifndef CTESTSUPPORT_H
#define CTESTSUPPORT_H

/* A pipe that no other process inherits by accident; 0 when it was made. (pipe2 is a GNU extension; to set the
 * flag afterwards would leave a moment in which another thread may start a process.) */
int test_pipe(int *ends);

#endif
