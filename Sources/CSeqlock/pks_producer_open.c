/* Opening, making, leaving and removing a producer's ring. */
#define _GNU_SOURCE 1
#include "pks_producer_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define RECORDS_DEFAULT 65536u
#define RECORDS_MIN 4u
#define HANDLES_DEFAULT 4096u
#define SHM_DIRECTORY "/dev/shm"

static uint64_t pages(uint64_t bytes) { return (bytes + PKS_PAGE_BYTES - 1) / PKS_PAGE_BYTES * PKS_PAGE_BYTES; }

/* Takes the defaults and refuses what the ABI does not allow. */
static int check_options(struct pks_producer_options *options, struct pks_producer_error *error) {
    if (pks_producer_check_name(options->book, PKS_BOOK_BYTES, error) != 0 ||
        pks_producer_check_name(options->producer, PKS_PRODUCER_BYTES, error) != 0) {
        return -1;
    }
    options->record_capacity = options->record_capacity ? options->record_capacity : RECORDS_DEFAULT;
    options->handle_capacity = options->handle_capacity ? options->handle_capacity : HANDLES_DEFAULT;
    options->mode = options->mode ? options->mode : 0600;
    options->shm_directory = options->shm_directory ? options->shm_directory : SHM_DIRECTORY;
    const uint32_t records = options->record_capacity;
    if (records < RECORDS_MIN || records > PKS_RING_CAPACITY_MAX || (records & (records - 1)) != 0) {
        pks_producer_failed(error, PKS_PRODUCER_BAD_OPTION, "is not a power of two in 4...67108864",
                            "ring capacity");
        error->actual = records;
        return -1;
    }
    if (options->handle_capacity > PKS_HANDLE_CAPACITY_MAX) {
        pks_producer_failed(error, PKS_PRODUCER_BAD_OPTION, "is not in 1...16777216", "handle capacity");
        error->actual = options->handle_capacity;
        return -1;
    }
    if (options->mode > 0777) {
        pks_producer_failed(error, PKS_PRODUCER_BAD_OPTION, "is no set of permission bits", "mode");
        error->actual = options->mode;
        return -1;
    }
    return 0;
}

/* Whether a part of `bytes` at `offset` lies inside the ring. */
static int has_part(const struct pks_ring_header *header, uint64_t offset, uint64_t bytes) {
    return offset % PKS_LINE_BYTES == 0 && bytes <= header->ring_bytes && offset <= header->ring_bytes - bytes;
}

static int is_text(const uint8_t *field, size_t field_bytes, const char *text) {
    uint8_t wanted[PKS_BOOK_BYTES > PKS_PRODUCER_BYTES ? PKS_BOOK_BYTES : PKS_PRODUCER_BYTES];
    return pks_text(wanted, field_bytes, text) && memcmp(wanted, field, field_bytes) == 0;
}

/* The field that is impossible, or NULL. Dashes may stand in both names, so two pairs of names can share one
 * file name: the header tells. */
static const char *impossible_field(const struct pks_ring_header *header,
                                    const struct pks_producer_options *options) {
    const uint64_t records = header->record_capacity, handles = header->handle_capacity;
    if (header->header_bytes != sizeof *header) return "header_bytes";
    if (header->ring_bytes < PKS_PAGE_BYTES || header->ring_bytes > INT64_MAX) return "size";
    if (!is_text(header->book, sizeof header->book, options->book)) return "book";
    if (!is_text(header->producer_name, sizeof header->producer_name, options->producer)) return "producer_name";
    if (header->record_bytes != PKS_RECORD_BYTES) return "record_bytes";
    if (records < 2 || records > PKS_RING_CAPACITY_MAX || (records & (records - 1)) != 0) return "record_capacity";
    if (handles < 1 || handles > PKS_HANDLE_CAPACITY_MAX) return "handle_capacity";
    if (!has_part(header, header->cursor_offset, sizeof(struct pks_ring_cursors))) return "cursor_offset";
    if (!has_part(header, header->answer_offset, handles)) return "answer_offset";
    if (!has_part(header, header->key_offset, handles * PKS_RECORD_BYTES)) return "key_offset";
    if (!has_part(header, header->record_offset, records * PKS_RECORD_BYTES)) return "record_offset";
    return NULL;
}

static int truncated(const struct pks_producer *producer, uint64_t needed, const struct stat *status,
                     struct pks_producer_error *error) {
    pks_producer_failed(error, PKS_PRODUCER_TRUNCATED, "fstat", producer->path);
    error->needed = needed;
    error->actual = (uint64_t)status->st_size;
    return -1;
}

/* Reads and checks the header of an open file, by read(2), so that a file cut short cannot raise a signal.
 * 1: a ring to go on with, 0: no ring at all, -1: *error. */
static int check_header(const struct pks_producer *producer, const struct pks_producer_options *options, int file,
                        struct pks_ring_header *header, struct pks_producer_error *error) {
    struct stat status;
    if (fstat(file, &status) != 0) {
        return pks_producer_system_failed(error, "fstat", producer->path);
    }
    if (!S_ISREG(status.st_mode)) {
        return 0;
    }
    if (status.st_uid != geteuid() && status.st_uid != 0) {
        pks_producer_failed(error, PKS_PRODUCER_WRONG_OWNER, "fstat", producer->path);
        error->actual = status.st_uid;
        return -1;
    }
    const ssize_t count = pread(file, header, sizeof *header, 0);
    if (count < 0) {
        return pks_producer_system_failed(error, "pread", producer->path);
    }
    if ((size_t)count < offsetof(struct pks_ring_header, record_capacity)) {
        return truncated(producer, PKS_PAGE_BYTES, &status, error);
    }
    if (header->magic != PKS_RING_MAGIC) {
        return 0;
    }
    if (header->abi_major != PKS_ABI_MAJOR) {
        pks_producer_failed(error, PKS_PRODUCER_WRONG_VERSION, "abi_major", producer->path);
        error->needed = header->abi_major;
        error->actual = header->abi_minor;
        return -1;
    }
    if (header->layout_hash != pks_layout_hash()) {
        return pks_producer_failed(error, PKS_PRODUCER_WRONG_LAYOUT, "layout_hash", producer->path);
    }
    if ((size_t)count < sizeof *header || (uint64_t)status.st_size < header->ring_bytes) {
        return truncated(producer, header->ring_bytes, &status, error);
    }
    const char *field = impossible_field(header, options);
    return field ? pks_producer_failed(error, PKS_PRODUCER_INVALID, field, producer->path) : 1;
}

/* Maps the whole ring and brings every page in: a page that cannot be had is an error here and not a signal
 * later. */
static int map(struct pks_producer *producer, int file, const struct pks_ring_header *header,
               struct pks_producer_error *error) {
    void *base = mmap(NULL, header->ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (base == MAP_FAILED) {
        return pks_producer_system_failed(error, "mmap", producer->path);
    }
#ifdef MADV_POPULATE_WRITE
    while (madvise(base, header->ring_bytes, MADV_POPULATE_WRITE) != 0) {
        if (errno == EINTR || errno == EAGAIN) {
            continue;
        }
        if (errno == EINVAL) {
            break; /* a kernel before 5.14 does not know the advice */
        }
        pks_producer_system_failed(error, "madvise", producer->path);
        munmap(base, header->ring_bytes);
        return -1;
    }
#endif
    char *bytes = (char *)base;
    producer->base = base;
    producer->ring_bytes = header->ring_bytes;
    producer->capacity = header->record_capacity;
    producer->record_mask = (uint64_t)header->record_capacity - 1;
    producer->handle_capacity = header->handle_capacity;
    producer->cursors = (struct pks_ring_cursors *)(void *)(bytes + header->cursor_offset);
    producer->answers = (uint8_t *)(bytes + header->answer_offset);
    producer->keys = bytes + header->key_offset;
    producer->records = bytes + header->record_offset;
    return 0;
}

static int fill_header(const struct pks_producer_options *options, struct pks_ring_header *header) {
    const uint64_t records = options->record_capacity, handles = options->handle_capacity;
    memset(header, 0, sizeof *header);
    header->magic = PKS_RING_MAGIC;
    header->abi_major = PKS_ABI_MAJOR;
    header->abi_minor = PKS_ABI_MINOR;
    header->header_bytes = sizeof *header;
    header->layout_hash = pks_layout_hash();
    header->record_capacity = options->record_capacity;
    header->handle_capacity = options->handle_capacity;
    header->record_bytes = PKS_RECORD_BYTES;
    header->cursor_offset = PKS_PAGE_BYTES;
    header->answer_offset = header->cursor_offset + PKS_PAGE_BYTES;
    header->key_offset = header->answer_offset + pages(handles);
    header->record_offset = header->key_offset + pages(handles * PKS_RECORD_BYTES);
    header->ring_bytes = header->record_offset + pages(records * PKS_RECORD_BYTES);
    header->created_monotonic_ns = pks_monotonic_ns();
    header->created_realtime_ns = pks_realtime_ns();
    pks_producer_identity(&header->producer);
    pks_text(header->book, sizeof header->book, options->book);
    pks_text(header->producer_name, sizeof header->producer_name, options->producer);
    while (header->epoch == 0) {
        if (getrandom(&header->epoch, sizeof header->epoch, 0) < 0 && errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

/* Reserves a new file in full, so that memory that is not there is an error now and not a signal later. */
static int reserve(const struct pks_producer *producer, int file, const char *building, uint32_t mode,
                   uint64_t bytes, struct pks_producer_error *error) {
    if (fchmod(file, (mode_t)mode) != 0) {
        return pks_producer_system_failed(error, "fchmod", producer->path);
    }
    int code;
    do {
        code = posix_fallocate(file, 0, (off_t)bytes);
    } while (code == EINTR);
    if (code == 0) {
        return 0;
    }
    errno = code;
    pks_producer_system_failed(error, "posix_fallocate", producer->path);
    if (code == ENOSPC || code == EFBIG) {
        struct statvfs space;
        (void)!ftruncate(file, 0); /* so that what is free is seen as it was before */
        error->kind = PKS_PRODUCER_NO_SPACE;
        error->needed = bytes;
        error->actual = statvfs(building, &space) == 0 ? (uint64_t)space.f_bavail * space.f_frsize : 0;
    }
    return -1;
}

/* Builds a ring under a temporary name and gives it its own in one step. Only the holder of the lock builds, so what
 * stands under the temporary name was left by a process that died. */
static int create(struct pks_producer *producer, const struct pks_producer_options *options,
                  struct pks_producer_error *error) {
    char building[PKS_PRODUCER_OBJECT_BYTES + 16];
    snprintf(building, sizeof building, "%s/.%s.building", options->shm_directory,
             producer->path + strlen(options->shm_directory) + 1);
    struct pks_ring_header header;
    if (fill_header(options, &header) != 0) {
        return pks_producer_system_failed(error, "getrandom", producer->path);
    }
    if (unlink(building) != 0 && errno != ENOENT) {
        return pks_producer_system_failed(error, "unlink", building);
    }
    const int file = pks_producer_open_file(AT_FDCWD, building, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file < 0) {
        return pks_producer_system_failed(error, "open", building);
    }
    int result = reserve(producer, file, building, options->mode, header.ring_bytes, error);
    if (result == 0) {
        result = map(producer, file, &header, error);
    }
    if (result == 0) {
        memcpy(producer->base, &header, sizeof header);
        if (rename(building, producer->path) != 0) {
            result = pks_producer_system_failed(error, "rename", producer->path);
        }
    }
    if (result != 0) {
        unlink(building);
    }
    close(file);
    return result;
}

/* Says in the header which process has the ring now. Whoever looks at it meanwhile sees no process or this one: the
 * pid comes last. */
static void take_over(struct pks_producer *producer) {
    struct pks_owner owner;
    uint64_t *words = (uint64_t *)(void *)((char *)producer->base + offsetof(struct pks_ring_header, producer));
    uint64_t word;
    pks_producer_identity(&owner);
    pks_store_relaxed(&words[0], 0);
    for (size_t i = sizeof owner / 8; i-- > 0;) {
        memcpy(&word, (const char *)&owner + 8 * i, sizeof word);
        pks_store_release(&words[i], word);
    }
}

/* Goes on with the ring that is there. 1: done, 0: there is none, -1: *error. */
static int resume(struct pks_producer *producer, const struct pks_producer_options *options,
                  struct pks_producer_error *error) {
    struct pks_ring_header header;
    /* O_NONBLOCK: a fifo under the name must not hang this. No effect on regular files. */
    const int file = pks_producer_open_file(AT_FDCWD, producer->path, O_RDWR | O_NONBLOCK, 0);
    if (file < 0) {
        return errno == ENOENT ? 0 : pks_producer_system_failed(error, "open", producer->path);
    }
    int result = check_header(producer, options, file, &header, error);
    /* Its lock may lie in another run directory. */
    if (result == 1 && pks_producer_is_elsewhere(&header.producer)) {
        result = pks_producer_failed(error, PKS_PRODUCER_ALREADY_RUNNING, "open", producer->path);
        error->actual = header.producer.pid;
    }
    if (result == 1 && map(producer, file, &header, error) != 0) {
        result = -1;
    }
    close(file);
    if (result == 1) {
        producer->is_resumed = 1;
        take_over(producer);
    }
    return result;
}

/* Takes the cursors over. */
static int begin(struct pks_producer *producer, struct pks_producer_error *error) {
    struct pks_ring_cursors *cursors = producer->cursors;
    const uint64_t tail = pks_load_acquire(&cursors->tail);
    const uint64_t freed = pks_load_acquire(&cursors->freed);
    if (tail < freed || tail - freed > producer->capacity) {
        return pks_producer_failed(error, PKS_PRODUCER_INVALID, "cursor", producer->path);
    }
    producer->tail = tail;
    producer->freed_seen = freed;
    uint32_t entries = 2;
    while (entries < 2 * producer->handle_capacity) {
        entries *= 2;
    }
    producer->index_mask = entries - 1;
    producer->index = (uint32_t *)calloc(entries, sizeof *producer->index);
    producer->known = (uint8_t *)calloc(producer->handle_capacity, 1);
    if (!producer->index || !producer->known) {
        return pks_producer_system_failed(error, "calloc", producer->path);
    }
    if (producer->is_resumed) {
        pks_producer_learn_keys(producer);
    }
    pks_store_release(&cursors->producer_heartbeat_ns, (uint64_t)pks_monotonic_ns());
    pks_store_release(&cursors->producer_state, PKS_RING_OPEN); /* partner: RingConsumer.isClosed */
    return 0;
}

struct pks_producer *pks_producer_open(const struct pks_producer_options *stated,
                                       struct pks_producer_error *error) {
    struct pks_producer_options options = *stated;
    pks_producer_failed(error, 0, "", "");
    if (check_options(&options, error) != 0) {
        return NULL;
    }
    struct pks_producer *producer = (struct pks_producer *)calloc(1, sizeof *producer);
    char *path = (char *)malloc(PKS_PRODUCER_OBJECT_BYTES);
    if (!producer || !path) {
        pks_producer_system_failed(error, "malloc", options.producer);
        free(producer);
        free(path);
        return NULL;
    }
    producer->path = path;
    producer->lock_file = -1;
    const int count = snprintf(path, PKS_PRODUCER_OBJECT_BYTES, "%s" PKS_RING_PREFIX "%s-%s",
                               options.shm_directory, options.book, options.producer);
    if (count >= PKS_PRODUCER_OBJECT_BYTES) {
        errno = ENAMETOOLONG;
        pks_producer_system_failed(error, "open", path);
        pks_producer_free(producer);
        return NULL;
    }
    producer->lock_file = pks_producer_lock(&options, error);
    int result = producer->lock_file < 0 ? -1 : resume(producer, &options, error);
    if (result == 0) {
        result = create(producer, &options, error) == 0 ? 1 : -1;
    }
    if (result != 1 || begin(producer, error) != 0) {
        pks_producer_free(producer);
        return NULL;
    }
    return producer;
}

void pks_producer_free(struct pks_producer *producer) {
    if (!producer) {
        return;
    }
    if (producer->base) {
        pks_producer_step_back(producer->path);
        munmap(producer->base, producer->ring_bytes);
    }
    if (producer->lock_file >= 0) {
        pks_producer_unlock(producer->lock_file);
    }
    free(producer->index);
    free(producer->known);
    free(producer->path);
    free(producer);
}

static int remove_when(struct pks_producer *producer, uint64_t done, struct pks_producer_error *error) {
    if (done != producer->tail) {
        return 0;
    }
    pks_producer_close(producer);
    if (unlink(producer->path) != 0 && errno != ENOENT) {
        return pks_producer_system_failed(error, "unlink", producer->path);
    }
    return 1;
}

int pks_producer_remove_if_drained(struct pks_producer *producer, struct pks_producer_error *error) {
    return remove_when(producer, pks_producer_freed(producer), error);
}

int pks_producer_remove_if_applied(struct pks_producer *producer, struct pks_producer_error *error) {
    return remove_when(producer, pks_producer_applied(producer), error);
}
