/* The compression of SHA-256 (FIPS 180-4), for digests of state: by the processor's own instructions where there are
 * such, in plain C elsewhere; both give the same numbers. Not for secrets. */
#ifndef PKS_SHA256_H
#define PKS_SHA256_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Takes `count` blocks of 64 bytes, of any alignment, into the state of eight words. Any thread; allocates nothing. */
void pks_sha256_blocks(uint32_t *state, const void *blocks, size_t count);

/* The same in plain C, for comparing. */
void pks_sha256_blocks_portable(uint32_t *state, const void *blocks, size_t count);

#ifdef __cplusplus
}
#endif

#endif
