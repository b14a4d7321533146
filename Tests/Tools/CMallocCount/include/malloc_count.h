/* Counts the calls that a thread makes to malloc and its kin.
 *
 * The functions of this name in the executable stand before the C library's, for the executable and for every
 * library that it loads. They count and pass on. Under a sanitizer, which brings an allocator of its own,
 * nothing is counted. */
#ifndef MALLOC_COUNT_H
#define MALLOC_COUNT_H

#include <stdint.h>

/* Whether calls are counted in this build. */
int malloc_count_works(void);

/* How often this thread has asked for memory, and given some back, since it began. */
uint64_t malloc_count_taken(void);
uint64_t malloc_count_given(void);

#endif
