#define _GNU_SOURCE 1
#include "pks_write_ring.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

struct pks_write_ring {
    struct io_uring uring;
    uint32_t under_way;
};

struct pks_write_ring *pks_write_ring_make(uint32_t pieces_max, int kept) {
    struct pks_write_ring *ring = calloc(1, sizeof *ring);
    if (!ring) return NULL;
    if (io_uring_queue_init(pieces_max, &ring->uring, 0) != 0) {
        free(ring);
        return NULL;
    }
    if (io_uring_register_files(&ring->uring, &kept, 1) != 0) {
        io_uring_queue_exit(&ring->uring);
        free(ring);
        return NULL;
    }
    return ring;
}

void pks_write_ring_free(struct pks_write_ring *ring) {
    io_uring_unregister_files(&ring->uring);
    io_uring_queue_exit(&ring->uring);
    free(ring);
}

/* Submits what is queued and returns how much of it the kernel took. */
static uint32_t submit(struct pks_write_ring *ring, uint32_t count) {
    for (;;) {
        const uint32_t left = io_uring_sq_ready(&ring->uring);
        if (left == 0) return count;
        const int code = io_uring_submit(&ring->uring);
        if (code < 0 && code != -EINTR) return count - left;
    }
}

void pks_write_ring_start(struct pks_write_ring *ring, int file, struct pks_write_piece *pieces, uint32_t count) {
    uint32_t queued = 0;
    for (uint32_t n = 0; n < count; n++) {
        pieces[n].done = 0;
        /* The queue is empty between commits and has room for all pieces. */
        struct io_uring_sqe *entry = io_uring_get_sqe(&ring->uring);
        if (!entry) continue;
        io_uring_prep_write(entry, file, pieces[n].bytes, (unsigned)pieces[n].byte_count, pieces[n].offset);
        io_uring_sqe_set_data(entry, &pieces[n]);
        queued++;
    }
    ring->under_way = submit(ring, queued);
}

static void take(struct pks_write_ring *ring, struct io_uring_cqe *completion) {
    struct pks_write_piece *piece = io_uring_cqe_get_data(completion);
    piece->done = completion->res;
    io_uring_cqe_seen(&ring->uring, completion);
    ring->under_way--;
}

uint32_t pks_write_ring_poll(struct pks_write_ring *ring) {
    struct io_uring_cqe *completion = NULL;
    while (ring->under_way > 0 && io_uring_cq_ready(&ring->uring) > 0 &&
           io_uring_peek_cqe(&ring->uring, &completion) == 0 && completion) {
        take(ring, completion);
    }
    return ring->under_way;
}

int pks_write_ring_finish(struct pks_write_ring *ring) {
    while (ring->under_way > 0) {
        struct io_uring_cqe *completion = NULL;
        /* The kernel still has the buffers: there is nothing to do but to ask again. */
        if (io_uring_wait_cqe(&ring->uring, &completion) != 0 || !completion) continue;
        take(ring, completion);
    }
    return io_uring_sq_ready(&ring->uring) > 0 ? -1 : 0;
}
