#include "malloc_count.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTED 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTED 0
#endif
#endif
#if !defined(COUNTED) && defined(__GLIBC__)
#define COUNTED 1
#endif
#ifndef COUNTED
#define COUNTED 0
#endif

static _Thread_local uint64_t taken;
static _Thread_local uint64_t given;

int malloc_count_works(void) { return COUNTED; }
uint64_t malloc_count_taken(void) { return taken; }
uint64_t malloc_count_given(void) { return given; }

#if COUNTED
/* The C library's own, under the names that it keeps for this. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void *__libc_valloc(size_t);
extern void *__libc_pvalloc(size_t);
extern void __libc_free(void *);

void *malloc(size_t size) {
    taken++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    taken++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    taken++;
    return __libc_realloc(old, size);
}

void *memalign(size_t alignment, size_t size) {
    taken++;
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    taken++;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    taken++;
    const int saved = errno;
    void *memory = __libc_memalign(alignment, size);
    errno = saved;
    if (memory == NULL) {
        return ENOMEM;
    }
    *out = memory;
    return 0;
}

void *valloc(size_t size) {
    taken++;
    return __libc_valloc(size);
}

void *pvalloc(size_t size) {
    taken++;
    return __libc_pvalloc(size);
}

void free(void *memory) {
    if (memory != NULL) {
        given++;
    }
    __libc_free(memory);
}
#endif
