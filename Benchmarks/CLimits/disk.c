/* P10: a file on a disk, written in the ways that a journal could be. */
#define _GNU_SOURCE 1
#include "limits.h"

#include <errno.h>
#include <fcntl.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PIECE_BYTES (1u << 20)

struct limit_disk {
    int fd;
    int has_ring;
    char *buffer;
    struct io_uring ring;
};

struct limit_disk *limit_disk_open(const char *path, uint64_t bytes) {
    struct limit_disk *disk = calloc(1, sizeof *disk);
    if (!disk) return NULL;
    disk->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_DIRECT | O_CLOEXEC, 0600);
    if (disk->fd < 0 || posix_memalign((void **)&disk->buffer, 4096, PIECE_BYTES) != 0) {
        limit_disk_close(disk);
        return NULL;
    }
    memset(disk->buffer, 0, PIECE_BYTES);
    for (uint64_t at = 0; at < bytes; at += PIECE_BYTES) {
        if (pwrite(disk->fd, disk->buffer, PIECE_BYTES, (off_t)at) != PIECE_BYTES) {
            limit_disk_close(disk);
            return NULL;
        }
    }
    memset(disk->buffer, 0x5a, PIECE_BYTES);
    disk->has_ring = io_uring_queue_init(8, &disk->ring, 0) == 0;
    if (fsync(disk->fd) != 0) {
        limit_disk_close(disk);
        return NULL;
    }
    return disk;
}

void limit_disk_close(struct limit_disk *disk) {
    if (disk->has_ring) io_uring_queue_exit(&disk->ring);
    if (disk->fd >= 0) close(disk->fd);
    free(disk->buffer);
    free(disk);
}

int limit_disk_has_ring(const struct limit_disk *disk) { return disk->has_ring; }

/* Submits what is queued and takes `count` completions; 0 when each did `bytes` or, for a sync, 0. */
static int finish(struct limit_disk *disk, unsigned count, unsigned bytes) {
    int bad = io_uring_submit_and_wait(&disk->ring, count) < 0;
    for (unsigned n = 0; n < count; n++) {
        struct io_uring_cqe *done;
        if (io_uring_wait_cqe(&disk->ring, &done) != 0) return -1;
        if (done->res != 0 && done->res != (int)bytes) bad = 1;
        io_uring_cqe_seen(&disk->ring, done);
    }
    return bad ? -1 : 0;
}

static struct io_uring_sqe *ring_write(struct limit_disk *disk, uint64_t at, uint32_t bytes) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&disk->ring);
    io_uring_prep_write(entry, disk->fd, disk->buffer, bytes, at);
    return entry;
}

int limit_disk_commit(struct limit_disk *disk, int pattern, uint64_t at, uint32_t bytes) {
    struct iovec piece = {disk->buffer, bytes};
    if (bytes > PIECE_BYTES) return -1;
    switch (pattern) {
    case LIMIT_DISK_PWRITE:
        if (pwrite(disk->fd, disk->buffer, bytes, (off_t)at) != (ssize_t)bytes) return -1;
        return fdatasync(disk->fd);
    case LIMIT_DISK_LINKED:
        ring_write(disk, at, bytes)->flags |= IOSQE_IO_LINK;
        io_uring_prep_fsync(io_uring_get_sqe(&disk->ring), disk->fd, IORING_FSYNC_DATASYNC);
        return finish(disk, 2, bytes);
    case LIMIT_DISK_RING:
        ring_write(disk, at, bytes);
        if (finish(disk, 1, bytes) != 0) return -1;
        return fdatasync(disk->fd);
    case LIMIT_DISK_DSYNC:
        return pwritev2(disk->fd, &piece, 1, (off_t)at, RWF_DSYNC) == (ssize_t)bytes ? 0 : -1;
    default: return -1;
    }
}
