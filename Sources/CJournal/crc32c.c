#include "pks_crc32c.h"

#include <string.h>

/* Table k holds the checksum of one byte followed by k zero bytes, so that eight bytes are looked up at once
 * ("slicing by eight": Kounavis and Berry, 2005). Made when the program is loaded, before there are threads. */
static uint32_t tables[8][256];

#define LANE_BYTES 1344 /* three of them and 64 bytes are a block of 4096 */

/* Table k holds what a byte at place k of a checksum becomes when LANE_BYTES zero bytes follow. */
static uint32_t lane_tables[4][256];

/* The checksum register after `bytes` zero bytes. */
static uint32_t over_zeros(uint32_t crc, unsigned bytes) {
    for (; bytes > 0; bytes--) crc = (crc >> 8) ^ tables[0][crc & 0xff];
    return crc;
}

__attribute__((constructor)) static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0x82f63b78u & (0u - (crc & 1)));
        tables[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++) {
        for (uint32_t byte = 0; byte < 256; byte++) {
            tables[k][byte] = (tables[k - 1][byte] >> 8) ^ tables[0][tables[k - 1][byte] & 0xff];
        }
    }
    for (int k = 0; k < 4; k++) {
        for (uint32_t byte = 1; byte < 256; byte++) {
            const uint32_t rest = byte & (byte - 1);
            lane_tables[k][byte] = rest != 0 ? lane_tables[k][rest] ^ lane_tables[k][byte ^ rest]
                                             : over_zeros(byte << (8 * k), LANE_BYTES);
        }
    }
}

uint32_t pks_crc32c_portable(uint32_t crc, const void *data, size_t bytes) {
    const uint8_t *next = data;
    crc = ~crc;
    for (; bytes >= 8; bytes -= 8, next += 8) {
        const uint32_t low = crc ^ ((uint32_t)next[0] | (uint32_t)next[1] << 8 | (uint32_t)next[2] << 16 |
                                    (uint32_t)next[3] << 24);
        crc = tables[7][low & 0xff] ^ tables[6][low >> 8 & 0xff] ^ tables[5][low >> 16 & 0xff] ^
              tables[4][low >> 24] ^ tables[3][next[4]] ^ tables[2][next[5]] ^ tables[1][next[6]] ^
              tables[0][next[7]];
    }
    for (; bytes > 0; bytes--, next++) crc = (crc >> 8) ^ tables[0][(crc ^ *next) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)

static uint64_t word(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

static uint32_t over_lane(uint32_t crc) {
    return lane_tables[0][crc & 0xff] ^ lane_tables[1][crc >> 8 & 0xff] ^ lane_tables[2][crc >> 16 & 0xff] ^
           lane_tables[3][crc >> 24];
}

/* The instruction takes three cycles and can begin one every cycle, so three lanes are worked on at once. The checksum
 * is linear: the register of the first lane, moved over the zeros that stand for the second, and that of the second
 * give what one run over both would have. */
__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const void *data, size_t bytes) {
    const uint8_t *next = data;
    uint64_t wide = ~crc;
    for (; bytes >= 3 * LANE_BYTES; bytes -= 3 * LANE_BYTES, next += 3 * LANE_BYTES) {
        uint64_t second = 0, third = 0;
        for (const uint8_t *at = next; at < next + LANE_BYTES; at += 8) {
            wide = __builtin_ia32_crc32di(wide, word(at));
            second = __builtin_ia32_crc32di(second, word(at + LANE_BYTES));
            third = __builtin_ia32_crc32di(third, word(at + 2 * LANE_BYTES));
        }
        wide = over_lane(over_lane((uint32_t)wide) ^ (uint32_t)second) ^ (uint32_t)third;
    }
    for (; bytes >= 8; bytes -= 8, next += 8) wide = __builtin_ia32_crc32di(wide, word(next));
    uint32_t narrow = (uint32_t)wide;
    for (; bytes > 0; bytes--, next++) narrow = __builtin_ia32_crc32qi(narrow, *next);
    return ~narrow;
}

uint32_t pks_crc32c(uint32_t crc, const void *data, size_t bytes) {
    if (__builtin_cpu_supports("sse4.2")) return by_instruction(crc, data, bytes);
    return pks_crc32c_portable(crc, data, bytes);
}

#else

uint32_t pks_crc32c(uint32_t crc, const void *data, size_t bytes) {
    return pks_crc32c_portable(crc, data, bytes);
}

#endif
