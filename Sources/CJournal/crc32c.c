#include "pks_crc32c.h"

#include <string.h>

/* Table k holds the checksum of one byte followed by k zero bytes, so that eight bytes are looked up at once
 * ("slicing by eight": Kounavis and Berry, 2005). Made when the program is loaded, before there are threads. */
static uint32_t tables[8][256];

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

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const void *data, size_t bytes) {
    const uint8_t *next = data;
    uint64_t wide = ~crc;
    for (; bytes >= 8; bytes -= 8, next += 8) {
        uint64_t word;
        memcpy(&word, next, sizeof(word));
        wide = __builtin_ia32_crc32di(wide, word);
    }
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
