/* The producing end of a fill ring, for gateways and strategies in C and C++. docs/producers.md has whole
 * programs.
 *
 *   struct pks_producer_options options = {.book = "main", .producer = "gateway"};
 *   struct pks_producer_error error;
 *   struct pks_producer *producer = pks_producer_open(&options, &error);
 *   uint32_t handle;
 *   pks_producer_define_key(producer, "acc", "strat", "BTCUSDT", 8, 8, 8, &handle);
 *   struct pks_fill_record fill = {.kind = PKS_KIND_FILL, .side = PKS_SIDE_BUY, .handle = handle, ...};
 *   if (pks_producer_put(producer, &fill) == PKS_PUT_OK) pks_producer_publish(producer);
 *
 * Everything that may allocate or call into the system is in open, remove and free. All other functions
 * neither allocate, nor call into the system, nor wait. One thread at a time uses a producer; one process
 * at a time has a producer's name, which a lock ensures.
 *
 * A process may be killed at any instruction. Nothing that was put is seen before the publish that follows it,
 * an extension is seen with its fill or not at all, and the next life of the producer goes on where the last
 * publish was. */
#ifndef PKS_PRODUCER_H
#define PKS_PRODUCER_H

#include "pks_ring.h"

/* What putting something on a ring gives. Except for OK, nothing was put. */
#define PKS_PUT_OK 1          /* it is on the ring; publish shows it */
#define PKS_PUT_FULL 2        /* no room: publish, let the writer free some, and try again */
#define PKS_PUT_QUARANTINED 3 /* the writer has given up on this ring, or its cursor is impossible */
#define PKS_PUT_BAD_HANDLE 4  /* beyond the ring's handles, or none is left */
#define PKS_PUT_REDEFINED 5   /* the handle names another key */
#define PKS_PUT_BAD_KEY 6     /* a name is empty or longer than its field */

/* error.kind */
#define PKS_PRODUCER_SYSTEM 1          /* a system call failed: operation, code, object */
#define PKS_PRODUCER_BAD_NAME 2        /* object cannot name a book or a producer: operation says why */
#define PKS_PRODUCER_BAD_OPTION 3      /* operation says which and why, actual is its value */
#define PKS_PRODUCER_NO_SPACE 4        /* shared memory is too small: needed bytes, actual ones free */
#define PKS_PRODUCER_ALREADY_RUNNING 5 /* another process has this producer: actual is its pid, or 0 */
#define PKS_PRODUCER_UNSAFE_RUN 6      /* the run directory cannot be trusted: operation says why */
#define PKS_PRODUCER_WRONG_OWNER 7     /* the ring belongs to the user `actual` */
#define PKS_PRODUCER_TRUNCATED 8       /* the ring is cut short: needed bytes, actual ones there */
#define PKS_PRODUCER_WRONG_VERSION 9   /* the ring's ABI is needed.actual */
#define PKS_PRODUCER_WRONG_LAYOUT 10   /* the ring was made by a build with another memory layout */
#define PKS_PRODUCER_INVALID 11        /* operation names a field of the ring that is impossible */

#define PKS_PRODUCER_OBJECT_BYTES 512

/* What pks_producer_open is told. Zero and NULL mean the default. */
struct pks_producer_options {
    const char *book;
    const char *producer;      /* unique within the book; letters, digits, dot, dash, underscore */
    uint32_t record_capacity;  /* records that fit, a power of two, 4 ... 2^26; 65536 */
    uint32_t handle_capacity;  /* keys that can be defined, 1 ... 2^24; 4096 */
    uint32_t mode;             /* permission bits of the ring; 0600. 0660 lets a writer of the group in */
    const char *shm_directory; /* /dev/shm; anything else is for tests */
    const char *run_directory; /* of locks; PKS_RUN_DIR, else $XDG_RUNTIME_DIR/pks, else /tmp/pks-<uid> */
};

/* Why something failed. `operation` is a text that lives for ever; `object` is a file or a name, with
 * control characters replaced. */
struct pks_producer_error {
    int32_t kind;
    int32_t code; /* errno of the call that failed, else 0 */
    const char *operation;
    uint64_t needed;
    uint64_t actual;
    char object[PKS_PRODUCER_OBJECT_BYTES];
};

/* What became of the producer's records in this life of the book, told by its writer. */
struct pks_producer_counts {
    uint64_t writer_epoch; /* which life of the book: 0 when no writer has ever read the ring */
    uint64_t fills;        /* applied */
    uint64_t duplicates;   /* came again, and changed nothing */
    uint64_t rejects;      /* refused by the book */
};

/* Fields are for the inline functions below only. */
struct pks_producer {
    uint64_t tail;       /* records put, published or not */
    uint64_t freed_seen; /* the writer's cursor as last seen; read again only when the ring seems full */
    uint64_t capacity;
    uint64_t record_mask;
    void *records;
    struct pks_ring_cursors *cursors;
    uint8_t *answers;
    void *keys;
    uint8_t *known;  /* one byte a handle: free, in the key table, or sent in this life */
    uint32_t *index; /* handle + 1 by the hash of its names; 0 is free */
    uint32_t index_mask;
    uint32_t handle_capacity;
    uint32_t handle_next; /* no handle below it is free */
    int32_t is_resumed;
    int32_t lock_file;
    uint32_t reserved;
    uint64_t ring_bytes;
    void *base;
    char *path;
};

PKS_EXTERN_C_BEGIN

/* Makes the producer's ring, or goes on with the one that an earlier life of the producer left: its records
 * are still the writer's, and its sizes stay. Takes the producer's lock first. A ring that exists but cannot be
 * trusted to be whole is an error, because it may hold fills that nobody has applied; a file that is no ring
 * at all is replaced. Memory is reserved and brought in, so no later touch can fail.
 * NULL on failure, with *error filled in. */
struct pks_producer *pks_producer_open(const struct pks_producer_options *options,
                                       struct pks_producer_error *error);

/* Gives memory and lock back. What was put and not published is gone; the ring stays as it is. NULL is fine. */
void pks_producer_free(struct pks_producer *producer);

/* The error as a sentence for a person, always ended by NUL. Returns its length without cutting, as snprintf. */
size_t pks_producer_error_text(const struct pks_producer_error *error, char *text, size_t text_bytes);

/* Puts one fill. Several puts may share one publish. */
PKS_INLINE int32_t pks_producer_put(struct pks_producer *producer, const struct pks_fill_record *fill);

/* Puts a fill with its extension before it: both or neither. The fill's flags must say PKS_FILL_EXTENDED. */
PKS_INLINE int32_t pks_producer_put_extended(struct pks_producer *producer,
                                             const struct pks_extension_record *extended,
                                             const struct pks_fill_record *fill);

/* Shows the writer everything put so far. */
PKS_INLINE void pks_producer_publish(struct pks_producer *producer);

/* Copies text into a field and clears its rest. Returns 0, and changes nothing, when it is too long. */
PKS_INLINE int pks_text(uint8_t *field, size_t field_bytes, const char *text);

/* Says what a handle means. `key` states names and decimals; kind and handle are set here. The key is put on
 * the ring at most once a life, to be published like a fill, and not at all when the writer has accepted it
 * already. It also stays in the ring's key table, where a restarted writer finds it. */
int32_t pks_producer_define(struct pks_producer *producer, uint32_t handle,
                            const struct pks_key_record *key);

/* The same with a handle that is found or taken here: the one that this key has, also from an earlier life, or
 * the lowest free one. The same names with other decimals are another key. */
int32_t pks_producer_define_key(struct pks_producer *producer, const char *account, const char *strategy,
                                const char *symbol, uint8_t price_decimals, uint8_t qty_decimals,
                                uint8_t fee_decimals, uint32_t *handle);

/* The same for a key of fields. */
int32_t pks_producer_define_record(struct pks_producer *producer, const struct pks_key_record *key,
                                   uint32_t *handle);

/* The key of a handle, from this life or an earlier one. Returns 0 when the handle is free. */
int pks_producer_key(const struct pks_producer *producer, uint32_t handle, struct pks_key_record *key);

/* The book's answer to a handle's key, one of PKS_ANSWER_*. Fills of a key that was refused are refused. */
uint8_t pks_producer_answer(const struct pks_producer *producer, uint32_t handle);

/* Records put since the ring was made; those that are in the book; those whose room is given back. When applied
 * is the tail, everything put and published is in the book. */
uint64_t pks_producer_tail(const struct pks_producer *producer);
uint64_t pks_producer_applied(const struct pks_producer *producer);
uint64_t pks_producer_freed(const struct pks_producer *producer);

/* Records that can be put now. */
uint64_t pks_producer_room(struct pks_producer *producer);

/* What became of the records. The writer tells it a little after it has applied them: final for all records before
 * `applied` once the writer's heartbeat is later than the moment at which that was seen. */
void pks_producer_counts(const struct pks_producer *producer, struct pks_producer_counts *counts);

/* Which life of the book reads the ring: when it changes, a restarted writer reads again from `freed`. 0 when none
 * ever did. */
uint64_t pks_producer_writer_epoch(const struct pks_producer *producer);

/* The writer's last look at this ring, CLOCK_MONOTONIC; 0 when there was none. Older than a second or so: no
 * writer reads the ring now. */
int64_t pks_producer_writer_heartbeat_ns(const struct pks_producer *producer);

/* Why the writer reads this ring no more, one of PKS_QUARANTINE_*; PKS_QUARANTINE_NONE while it does. */
uint64_t pks_producer_quarantine(const struct pks_producer *producer);

/* Says that the producer is alive at CLOCK_MONOTONIC now_ns. */
void pks_producer_beat(struct pks_producer *producer, int64_t now_ns);

/* Publishes what was put and says that nothing comes any more until the producer is opened again. */
void pks_producer_close(struct pks_producer *producer);

/* Closes the ring and takes its name away when the writer needs nothing of it any more (freed is the tail). 1: done,
 * 0: not yet, -1: *error. A writer that has it mapped keeps it until it lets go. */
int pks_producer_remove_if_drained(struct pks_producer *producer, struct pks_producer_error *error);

/* The same when everything is in the book (applied is the tail). As long as the writer keeps no journal, a crash
 * of it after this needs the fills from their source again, because they are nowhere else. */
int pks_producer_remove_if_applied(struct pks_producer *producer, struct pks_producer_error *error);

/* Looks again how far the writer is: the slow part of put. PKS_PUT_OK when `count` records fit. */
int32_t pks_producer_make_room(struct pks_producer *producer, uint64_t count);

#ifdef PKS_DEFINE

PKS_INLINE int32_t pks_producer_put(struct pks_producer *producer, const struct pks_fill_record *fill) {
    const uint64_t tail = producer->tail;
    if (__builtin_expect(tail - producer->freed_seen >= producer->capacity, 0)) {
        const int32_t room = pks_producer_make_room(producer, 1);
        if (room != PKS_PUT_OK) {
            return room;
        }
    }
    pks_ring_put(producer->records, producer->record_mask, tail, fill);
    producer->tail = tail + 1;
    return PKS_PUT_OK;
}

PKS_INLINE int32_t pks_producer_put_extended(struct pks_producer *producer,
                                             const struct pks_extension_record *extended,
                                             const struct pks_fill_record *fill) {
    const uint64_t tail = producer->tail;
    if (__builtin_expect(tail - producer->freed_seen + 2 > producer->capacity, 0)) {
        const int32_t room = pks_producer_make_room(producer, 2);
        if (room != PKS_PUT_OK) {
            return room;
        }
    }
    pks_ring_put(producer->records, producer->record_mask, tail, extended);
    pks_ring_put(producer->records, producer->record_mask, tail + 1, fill);
    producer->tail = tail + 2;
    return PKS_PUT_OK;
}

PKS_INLINE void pks_producer_publish(struct pks_producer *producer) {
    pks_ring_publish(producer->cursors, producer->tail);
    /* The next place is fetched while nobody waits: the writer had it last, and its return is a trip between
     * two cores that the next fill is then spared. */
    const char *next = (const char *)producer->records +
                       (producer->tail & producer->record_mask) * PKS_RECORD_BYTES;
    pks_prefetch_write(next);
    pks_prefetch_write(next + 64);
}

PKS_INLINE int pks_text(uint8_t *field, size_t field_bytes, const char *text) {
    size_t count = 0;
    while (text[count] != 0) {
        if (++count > field_bytes) {
            return 0;
        }
    }
    for (size_t i = 0; i < field_bytes; i++) {
        field[i] = i < count ? (uint8_t)text[i] : 0;
    }
    return 1;
}

#endif

PKS_EXTERN_C_END

#endif
