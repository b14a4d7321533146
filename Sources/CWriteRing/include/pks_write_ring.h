/* An io_uring for writes, without liburing's headers: those need _GNU_SOURCE, which makes types of theirs clash with
 * those of Swift's Glibc and of other libraries wherever both are loaded in one debug build. */
#ifndef PKS_WRITE_RING_H
#define PKS_WRITE_RING_H

#include <stddef.h>
#include <stdint.h>

struct pks_write_ring;

struct pks_write_piece {
    const void *bytes;
    uint64_t byte_count; /* below 2 GiB */
    uint64_t offset;     /* in the file */
    int64_t done;        /* bytes written, or a negative errno; 0 for a piece that was never started */
};

/* A ring for up to `pieces_max` writes at a time, which holds on to the file `kept`; NULL when the system refuses. */
struct pks_write_ring *pks_write_ring_make(uint32_t pieces_max, int kept);

void pks_write_ring_free(struct pks_write_ring *ring);

/* Starts all pieces, which must stay where they are until they are finished. One thread at a time; `count` is at most
 * `pieces_max`, and nothing is under way from before. */
void pks_write_ring_start(struct pks_write_ring *ring, int file, struct pks_write_piece *pieces, uint32_t count);

/* How many pieces are still under way. Calls nothing of the system. */
uint32_t pks_write_ring_poll(struct pks_write_ring *ring);

/* Returns when the kernel has let go of each piece. 0; or -1 when it has refused a submission, and the ring must not be
 * used again. */
int pks_write_ring_finish(struct pks_write_ring *ring);

#endif
