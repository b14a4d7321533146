/* What the comparison with peers calls from Python, and what it does not want Python's cost in: loops over position
 * updates, each a key's number and 120 bytes. Compiled by scripts/bench-peers.sh together with CSeqlock's sources into
 * one library. */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#if defined(__has_include)
#if __has_include(<sqlite3.h>) && defined(PEERS_SQLITE)
#include <sqlite3.h>
#define HAS_SQLITE 1
#endif
#endif

#include "CSeqlock.h"

struct update {
    uint32_t key;
    uint32_t unused;
    uint8_t value[PKS_POSITION_BYTES];
};

struct times {
    int64_t set_ns; /* all sets */
    int64_t get_ns; /* as many gets, of the same keys in the same order */
};

/* What each key holds at the end goes to last[key]: results are compared before times are. */
typedef int peer(const struct update *updates, uint64_t count, uint32_t keys, struct times *times,
                 uint8_t (*last)[PKS_POSITION_BYTES]);

static volatile uint64_t sink;

static void *shared_memory(size_t bytes) {
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* The slot of the product: publish, and read. */
int peer_slot(const struct update *updates, uint64_t count, uint32_t keys, struct times *times,
              uint8_t (*last)[PKS_POSITION_BYTES]) {
    struct pks_slot *slots = shared_memory(keys * sizeof(struct pks_slot));
    uint64_t *published = calloc(keys, sizeof(uint64_t));
    if (!slots || !published) return -1;
    struct pks_position position;
    int64_t start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count; n++) {
        const uint32_t key = updates[n].key;
        memcpy(&position, updates[n].value, sizeof position);
        published[key] = pks_slot_publish(&slots[key], published[key], &position);
    }
    times->set_ns = pks_monotonic_ns() - start;
    start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count; n++) {
        if (pks_slot_read(&slots[updates[n].key], &position, 1024, NULL) == 0) return -1;
        sink += (uint64_t)position.net_qty;
    }
    times->get_ns = pks_monotonic_ns() - start;
    for (uint32_t key = 0; key < keys; key++) {
        memset(last[key], 0, PKS_POSITION_BYTES);
        if (published[key] > 0 && pks_slot_read(&slots[key], (struct pks_position *)last[key], 1024, NULL) == 0) return -1;
    }
    free(published);
    munmap(slots, keys * sizeof(struct pks_slot));
    return 0;
}

struct guarded {
    pthread_mutex_t lock;
    uint8_t value[PKS_POSITION_BYTES];
};

static void take(pthread_mutex_t *lock) {
    if (pthread_mutex_lock(lock) == EOWNERDEAD) pthread_mutex_consistent(lock);
}

/* A robust mutex between processes around each value. */
int peer_mutex(const struct update *updates, uint64_t count, uint32_t keys, struct times *times,
               uint8_t (*last)[PKS_POSITION_BYTES]) {
    struct guarded *values = shared_memory(keys * sizeof(struct guarded));
    if (!values) return -1;
    pthread_mutexattr_t attributes;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    for (uint32_t key = 0; key < keys; key++) {
        if (pthread_mutex_init(&values[key].lock, &attributes) != 0) return -1;
    }
    int64_t start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count; n++) {
        struct guarded *value = &values[updates[n].key];
        take(&value->lock);
        memcpy(value->value, updates[n].value, PKS_POSITION_BYTES);
        pthread_mutex_unlock(&value->lock);
    }
    times->set_ns = pks_monotonic_ns() - start;
    start = pks_monotonic_ns();
    struct pks_position position;
    for (uint64_t n = 0; n < count; n++) {
        struct guarded *value = &values[updates[n].key];
        take(&value->lock);
        memcpy(&position, value->value, PKS_POSITION_BYTES);
        pthread_mutex_unlock(&value->lock);
        sink += (uint64_t)position.net_qty;
    }
    times->get_ns = pks_monotonic_ns() - start;
    for (uint32_t key = 0; key < keys; key++) memcpy(last[key], values[key].value, PKS_POSITION_BYTES);
    munmap(values, keys * sizeof(struct guarded));
    return 0;
}

/* Redis over a unix socket, one request at a time, with nothing between the socket and the loop. */
static int redis_call(int file, const char *request, size_t bytes, char *answer, size_t room) {
    if (write(file, request, bytes) != (ssize_t)bytes) return -1;
    size_t have = 0;
    for (;;) {
        const ssize_t got = read(file, answer + have, room - have);
        if (got <= 0) return -1;
        have += (size_t)got;
        if (answer[0] != '$') {
            if (memchr(answer, '\n', have)) return (int)have;
            continue;
        }
        const char *end = memchr(answer, '\n', have);
        if (!end) continue;
        const long length = strtol(answer + 1, NULL, 10);
        if (length < 0) return -1;
        if (have >= (size_t)(end + 1 - answer) + (size_t)length + 2) return (int)have;
    }
}

static size_t redis_get_request(char *request, size_t room, uint32_t key) {
    char name[32];
    const int length = snprintf(name, sizeof name, "position:%u", key);
    return (size_t)snprintf(request, room, "*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n", length, name);
}

static int redis_set(int file, uint32_t key, const uint8_t *value) {
    char name[32], request[512], answer[256];
    const int length = snprintf(name, sizeof name, "position:%u", key);
    size_t bytes = (size_t)snprintf(request, sizeof request, "*3\r\n$3\r\nSET\r\n$%d\r\n%s\r\n$%d\r\n", length, name,
                                    PKS_POSITION_BYTES);
    memcpy(request + bytes, value, PKS_POSITION_BYTES);
    bytes += PKS_POSITION_BYTES;
    memcpy(request + bytes, "\r\n", 2);
    return redis_call(file, request, bytes + 2, answer, sizeof answer) > 0 && answer[0] == '+' ? 0 : -1;
}

static int redis_get(int file, uint32_t key, uint8_t *value) {
    char request[128], answer[512];
    const size_t bytes = redis_get_request(request, sizeof request, key);
    if (redis_call(file, request, bytes, answer, sizeof answer) <= 0 || strncmp(answer, "$120\r\n", 6) != 0) return -1;
    memcpy(value, answer + 6, PKS_POSITION_BYTES);
    return 0;
}

static char place[512];

/* Where the next peer that needs one finds its server's socket, or its file. */
void peer_place(const char *path) { snprintf(place, sizeof place, "%s", path); }

int peer_redis(const struct update *updates, uint64_t count, uint32_t keys, struct times *times,
               uint8_t (*last)[PKS_POSITION_BYTES]) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%.100s", place);
    const int file = socket(AF_UNIX, SOCK_STREAM, 0);
    if (file < 0 || connect(file, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    int status = 0;
    int64_t start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count && status == 0; n++) status = redis_set(file, updates[n].key, updates[n].value);
    times->set_ns = pks_monotonic_ns() - start;
    uint8_t value[PKS_POSITION_BYTES];
    start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count && status == 0; n++) status = redis_get(file, updates[n].key, value);
    times->get_ns = pks_monotonic_ns() - start;
    for (uint32_t key = 0; key < keys && status == 0; key++) status = redis_get(file, key, last[key]);
    close(file);
    return status;
}

#ifdef HAS_SQLITE
/* SQLite in a file, write-ahead log, no sync of each commit: one statement a transaction. */
int peer_sqlite(const struct update *updates, uint64_t count, uint32_t keys, struct times *times,
                uint8_t (*last)[PKS_POSITION_BYTES]) {
    sqlite3 *store;
    sqlite3_stmt *set, *get;
    if (sqlite3_open(place, &store) != SQLITE_OK) return -1;
    if (sqlite3_exec(store,
                     "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                     "CREATE TABLE position (key INTEGER PRIMARY KEY, value BLOB)",
                     NULL, NULL, NULL) != SQLITE_OK)
        return -1;
    const char *upsert = "INSERT INTO position VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    if (sqlite3_prepare_v2(store, upsert, -1, &set, NULL) != SQLITE_OK) return -1;
    if (sqlite3_prepare_v2(store, "SELECT value FROM position WHERE key = ?1", -1, &get, NULL) != SQLITE_OK) return -1;
    int64_t start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count; n++) {
        sqlite3_bind_int64(set, 1, updates[n].key);
        sqlite3_bind_blob(set, 2, updates[n].value, PKS_POSITION_BYTES, SQLITE_STATIC);
        if (sqlite3_step(set) != SQLITE_DONE) return -1;
        sqlite3_reset(set);
    }
    times->set_ns = pks_monotonic_ns() - start;
    start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count + keys; n++) {
        if (n == count) times->get_ns = pks_monotonic_ns() - start;
        const uint32_t key = n < count ? updates[n].key : (uint32_t)(n - count);
        sqlite3_bind_int64(get, 1, key);
        if (sqlite3_step(get) != SQLITE_ROW || sqlite3_column_bytes(get, 0) != PKS_POSITION_BYTES) return -1;
        memcpy(last[key], sqlite3_column_blob(get, 0), PKS_POSITION_BYTES);
        sqlite3_reset(get);
    }
    sqlite3_finalize(set);
    sqlite3_finalize(get);
    sqlite3_close(store);
    return 0;
}
#endif

/* Ours with matching: puts each fill on the ring of a running book and waits until the slot of its key shows it, one
 * at a time. slots[handle] is the slot of a handle. Returns the time of all, or -1 when the book does not follow. */
int64_t peer_round_trips(struct pks_producer *producer, const struct pks_fill_record *fills, uint64_t count,
                         const struct pks_slot *const *slots, uint64_t *counts) {
    const int64_t start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count; n++) {
        const uint32_t handle = fills[n].handle;
        if (pks_producer_put(producer, &fills[n]) != PKS_PUT_OK) return -1;
        pks_producer_publish(producer);
        counts[handle]++;
        struct pks_position position;
        for (uint64_t look = 0; pks_slot_try_read(slots[handle], &position) == 0 || position.fill_count < counts[handle]; look++) {
            if (look > 1u << 30) return -1;
            if (look % 256 == 255) sched_yield(); /* the writer may want this very core */
            pks_cpu_relax();
        }
        sink += (uint64_t)position.net_qty;
    }
    return pks_monotonic_ns() - start;
}

/* The same without waiting for each: puts as fast as the ring takes them, then waits until all are in the book. */
int64_t peer_stream(struct pks_producer *producer, const struct pks_fill_record *fills, uint64_t count) {
    const int64_t start = pks_monotonic_ns();
    for (uint64_t n = 0; n < count; n++) {
        int32_t answer;
        while ((answer = pks_producer_put(producer, &fills[n])) == PKS_PUT_FULL) sched_yield();
        if (answer != PKS_PUT_OK) return -1;
        pks_producer_publish(producer);
    }
    while (pks_producer_applied(producer) != pks_producer_tail(producer)) {
        if (pks_monotonic_ns() - start > 60000000000) return -1;
        sched_yield();
    }
    return pks_monotonic_ns() - start;
}
