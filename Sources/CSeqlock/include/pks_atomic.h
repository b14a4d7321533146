/* Every ordering primitive of the shared-memory ABI, each with its guarantee. Nothing else in the
 * project touches an atomic in shared memory except through these.
 *
 * They use the __atomic builtins rather than <stdatomic.h>, because Swift's importer drops _Atomic
 * fields: all shared layouts are plain fixed-width fields, accessed only from this module.
 *
 * One source, two shapes. By default every function of this module is `static inline`. With
 * PKS_OUT_OF_LINE defined they are ordinary functions, compiled once in cseqlock.c: the thread
 * sanitizer does not instrument C that Swift inlines from a header, so sanitizer runs must use the
 * second shape (./run tsan does). Each header declares first, with the contracts, and defines
 * below, under PKS_DEFINE. */
#ifndef PKS_ATOMIC_H
#define PKS_ATOMIC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define PKS_STATIC_ASSERT(condition, message) static_assert(condition, message)
#define PKS_EXTERN_C_BEGIN extern "C" {
#define PKS_EXTERN_C_END }
#else
#define PKS_STATIC_ASSERT(condition, message) _Static_assert(condition, message)
#define PKS_EXTERN_C_BEGIN
#define PKS_EXTERN_C_END
#endif

#ifdef PKS_OUT_OF_LINE
#define PKS_INLINE extern
#ifdef PKS_IMPLEMENTATION
#define PKS_DEFINE 1
#endif
#else
#define PKS_INLINE static inline
#define PKS_DEFINE 1
#endif

/* Offsets and sizes are the ABI: every layout states each of them. */
#define PKS_OFFSET(type, field, offset) \
    PKS_STATIC_ASSERT(offsetof(struct type, field) == (offset), #type "." #field " moved")
#define PKS_SIZE(type, bytes) PKS_STATIC_ASSERT(sizeof(struct type) == (bytes), #type " resized")

PKS_STATIC_ASSERT(sizeof(void *) == 8, "the ABI is 64-bit");
PKS_STATIC_ASSERT(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the ABI is little-endian");

PKS_EXTERN_C_BEGIN

/* A load that no later load or store of this thread can move above. */
PKS_INLINE uint64_t pks_load_acquire(const uint64_t *word);

/* A load that is never torn, with no ordering. */
PKS_INLINE uint64_t pks_load_relaxed(const uint64_t *word);

/* A store that no earlier load or store of this thread can move below. */
PKS_INLINE void pks_store_release(uint64_t *word, uint64_t value);

/* A store that is never torn, with no ordering. */
PKS_INLINE void pks_store_relaxed(uint64_t *word, uint64_t value);

/* One byte, acquire and release: the key answers of a fill ring. */
PKS_INLINE uint8_t pks_load_byte_acquire(const uint8_t *byte);
PKS_INLINE void pks_store_byte_release(uint8_t *byte, uint8_t value);

/* Earlier loads stay before later loads and stores. */
PKS_INLINE void pks_fence_acquire(void);

/* Earlier loads and stores stay before later stores. */
PKS_INLINE void pks_fence_release(void);

/* Tells the core that this is a spin-wait; no ordering. */
PKS_INLINE void pks_cpu_relax(void);

/* Cache hints: they never fault and change no value. */
PKS_INLINE void pks_prefetch_read(const void *address);
PKS_INLINE void pks_prefetch_write(const void *address);

/* Copies 128 bytes past the caches to a place that this core does not read again, with `second_half_word` in bytes
 * 4 ... 7. `place` is aligned to 16. What was copied is seen by another thread only after pks_stream_fence and a
 * release store that it has read. */
PKS_INLINE void pks_stream_copy(void *place, const void *record, uint32_t second_half_word);

/* What was copied with pks_stream_copy stays before later stores. */
PKS_INLINE void pks_stream_fence(void);

#ifdef PKS_DEFINE

PKS_INLINE uint64_t pks_load_acquire(const uint64_t *word) {
    return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

PKS_INLINE uint64_t pks_load_relaxed(const uint64_t *word) {
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

PKS_INLINE void pks_store_release(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

PKS_INLINE void pks_store_relaxed(uint64_t *word, uint64_t value) {
    __atomic_store_n(word, value, __ATOMIC_RELAXED);
}

PKS_INLINE uint8_t pks_load_byte_acquire(const uint8_t *byte) {
    return __atomic_load_n(byte, __ATOMIC_ACQUIRE);
}

PKS_INLINE void pks_store_byte_release(uint8_t *byte, uint8_t value) {
    __atomic_store_n(byte, value, __ATOMIC_RELEASE);
}

PKS_INLINE void pks_fence_acquire(void) { __atomic_thread_fence(__ATOMIC_ACQUIRE); }

PKS_INLINE void pks_fence_release(void) { __atomic_thread_fence(__ATOMIC_RELEASE); }

PKS_INLINE void pks_cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

PKS_INLINE void pks_prefetch_read(const void *address) { __builtin_prefetch(address, 0, 3); }

PKS_INLINE void pks_prefetch_write(const void *address) {
#if defined(__x86_64__)
    /* The builtin becomes a prefetch for reading unless the compiler is told of a newer processor, and
     * the store then has to ask for the line a second time. Old processors take this for a no-op. */
    __asm__ __volatile__("prefetchw %0" : : "m"(*(const char *)address));
#else
    __builtin_prefetch(address, 1, 3);
#endif
}

PKS_INLINE void pks_stream_copy(void *place, const void *record, uint32_t second_half_word) {
#if defined(__x86_64__) && !defined(PKS_OUT_OF_LINE)
    typedef long long pair __attribute__((vector_size(16)));
    pair words[8];
    __builtin_memcpy(words, record, sizeof words);
    words[0][0] = (long long)(((uint64_t)words[0][0] & 0xffffffffull) | (uint64_t)second_half_word << 32);
    /* Not an intrinsic, because the two compilers that read this header name it differently. */
    for (int i = 0; i < 8; i++) {
        __asm__ __volatile__("movntdq %1, %0" : "=m"(((pair *)place)[i]) : "x"(words[i]));
    }
#else
    __builtin_memcpy(place, record, 128);
    __builtin_memcpy((char *)place + 4, &second_half_word, sizeof second_half_word);
#endif
}

PKS_INLINE void pks_stream_fence(void) {
#if defined(__x86_64__) && !defined(PKS_OUT_OF_LINE)
    __asm__ __volatile__("sfence" : : : "memory");
#endif
}

#endif

PKS_EXTERN_C_END

#endif
