#include "pks_sha256.h"

#include <string.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotated(uint32_t x, unsigned bits) { return x >> bits | x << (32 - bits); }

static void expand(uint32_t *schedule, const uint8_t *block) {
    for (unsigned i = 0; i < 16; i++, block += 4) {
        schedule[i] =
            (uint32_t)block[0] << 24 | (uint32_t)block[1] << 16 | (uint32_t)block[2] << 8 | (uint32_t)block[3];
    }
    for (unsigned i = 16; i < 64; i++) {
        const uint32_t a = schedule[i - 15], b = schedule[i - 2];
        const uint32_t s0 = rotated(a, 7) ^ rotated(a, 18) ^ a >> 3;
        const uint32_t s1 = rotated(b, 17) ^ rotated(b, 19) ^ b >> 10;
        schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
    }
}

void pks_sha256_blocks_portable(uint32_t *state, const void *blocks, size_t count) {
    const uint8_t *block = blocks;
    for (; count > 0; count--, block += 64) {
        uint32_t schedule[64], v[8];
        expand(schedule, block);
        memcpy(v, state, sizeof v);
        for (unsigned i = 0; i < 64; i++) {
            const uint32_t s1 = rotated(v[4], 6) ^ rotated(v[4], 11) ^ rotated(v[4], 25);
            const uint32_t t1 = v[7] + s1 + ((v[4] & v[5]) ^ (~v[4] & v[6])) + constants[i] + schedule[i];
            const uint32_t s0 = rotated(v[0], 2) ^ rotated(v[0], 13) ^ rotated(v[0], 22);
            const uint32_t t2 = s0 + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v[7] = v[6], v[6] = v[5], v[5] = v[4], v[4] = v[3] + t1;
            v[3] = v[2], v[2] = v[1], v[1] = v[0], v[0] = t1 + t2;
        }
        for (unsigned i = 0; i < 8; i++) state[i] += v[i];
    }
}

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

static int has_instructions;

/* Asked once, when the program is loaded: under a hypervisor the question is slow. */
__attribute__((constructor)) static void look_for_instructions(void) {
    unsigned a, b = 0, c = 0, d;
    const int has_shuffle = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) && (c & bit_SSE4_1);
    has_instructions = has_shuffle && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
}

/* Two registers hold the state as the instructions want it: a, b, e, f and c, d, g, h, from the highest word down. Two
 * rounds turn the second into the new first, and the old first is the new second. */
__attribute__((target("sha,sse4.1,ssse3"))) static void by_instructions(
    uint32_t *state, const void *blocks, size_t count) {
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
    const uint8_t *block = blocks;
    for (; count > 0; count--, block += 64) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i words[4]; /* the last sixteen words of the schedule */
        for (unsigned i = 0; i < 4; i++) {
            words[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(block + i * 16)), big_endian);
        }
#pragma clang loop unroll(full)
        for (unsigned i = 0; i < 16; i++) {
            const unsigned now = i & 3;
            if (i >= 4) {
                const __m128i last = words[(i + 3) & 3];
                const __m128i sum = _mm_add_epi32(
                    _mm_sha256msg1_epu32(words[now], words[(i + 1) & 3]),
                    _mm_alignr_epi8(last, words[(i + 2) & 3], 4));
                words[now] = _mm_sha256msg2_epu32(sum, last);
            }
            const __m128i input =
                _mm_add_epi32(words[now], _mm_loadu_si128((const __m128i *)(constants + i * 4)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, input);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(input, 0x0e));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    uint32_t first[4], second[4];
    _mm_storeu_si128((__m128i *)first, abef);
    _mm_storeu_si128((__m128i *)second, cdgh);
    state[0] = first[3], state[1] = first[2], state[4] = first[1], state[5] = first[0];
    state[2] = second[3], state[3] = second[2], state[6] = second[1], state[7] = second[0];
}

void pks_sha256_blocks(uint32_t *state, const void *blocks, size_t count) {
    if (has_instructions) {
        by_instructions(state, blocks, count);
    } else {
        pks_sha256_blocks_portable(state, blocks, count);
    }
}

#else

void pks_sha256_blocks(uint32_t *state, const void *blocks, size_t count) {
    pks_sha256_blocks_portable(state, blocks, count);
}

#endif
