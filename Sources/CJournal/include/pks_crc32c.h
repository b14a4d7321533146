/* CRC-32C (Castagnoli, reflected polynomial 0x82f63b78): the checksum of journal blocks and checkpoints. By the
 * processor's own instruction where there is one, by tables elsewhere; both give the same number. */
#ifndef PKS_CRC32C_H
#define PKS_CRC32C_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The checksum of `bytes` bytes, going on from `crc` (0 to begin): the checksum of two pieces one after the other is
 * that of the whole. Any thread; allocates nothing. */
uint32_t pks_crc32c(uint32_t crc, const void *data, size_t bytes);

/* The same by tables, for comparing. */
uint32_t pks_crc32c_portable(uint32_t crc, const void *data, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
