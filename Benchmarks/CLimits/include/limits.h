/* What the suite compares against: the best loops that we could write in C and C++ for the same work,
 * with the same shared-memory header. They serve only as limits; the product uses none of this. */
#ifndef PKS_LIMITS_H
#define PKS_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* P7: a book in plain C++, see book.cpp. One thread at a time. */
struct limit_book;

/* Room for `keys` keys, `identities` remembered fills (a power of two) and `lots` open lots a key (a
 * power of two). All memory is touched before it returns. */
struct limit_book *limit_book_create(uint32_t keys, uint64_t identities, uint32_t lots);
void limit_book_destroy(struct limit_book *book);

/* Applies ring records [from, to) and publishes each position. `ahead` = 0 is the plain loop; else the
 * loop looks `ahead` fills ahead for the identity and the position, and a third of that for the lot.
 * `full` does all the work of the product's contract, else only a prototype's. Returns the number of
 * fills applied. */
uint64_t limit_book_drain(struct limit_book *book, const void *records, uint64_t record_mask,
                          uint64_t from, uint64_t to, uint32_t ahead, int full);

/* Net quantity, and realised P&L as two words, of a key: results are compared before times are. */
int64_t limit_book_net(const struct limit_book *book, uint32_t key);
void limit_book_pnl(const struct limit_book *book, uint32_t key, uint64_t *low, int64_t *high);

/* P1: `count` reads of one slot by its number in a C loop: bound, read with retries, result checked. */
void limit_slot_reads(const void *slots, uint64_t slot_capacity, uint64_t slot, uint64_t count);

/* P1: `count` publishes of one slot with its change entry and the applied number, as a writer does for
 * each fill. All memory is the callee's own. */
void limit_slot_publishes(uint64_t count);

/* P2: `count` copies of 120 bytes from L1, each forced to happen. */
uint64_t limit_copies(const void *from, uint64_t count);

struct limit_ping_pong_result {
    double p50_ns;
    double p99_ns;
};

/* One cache line back and forth between two threads on two cores; times are of one way. Returns -1 when
 * this process may use one core only. */
int limit_ping_pong(uint64_t rounds, struct limit_ping_pong_result *result);

/* P10: one file of zeros on a disk, written past the page cache, see disk.c. One thread at a time. */
struct limit_disk;

/* Ways to make a piece durable. */
#define LIMIT_DISK_PWRITE 0 /* pwrite, then fdatasync */
#define LIMIT_DISK_LINKED 1 /* io_uring: a write and a data sync linked to it, in one call */
#define LIMIT_DISK_RING 2   /* io_uring for the write, then a call of fdatasync */
#define LIMIT_DISK_DSYNC 3  /* pwritev2 with RWF_DSYNC */

/* Makes the file, whole mebibytes; NULL and errno when it cannot be, also where there is no O_DIRECT. */
struct limit_disk *limit_disk_open(const char *path, uint64_t bytes);
void limit_disk_close(struct limit_disk *disk);

/* Whether io_uring can be used here. */
int limit_disk_has_ring(const struct limit_disk *disk);

/* Makes up to 1 MiB durable at a place of the file; both are whole blocks of 4096. 0 or -1. */
int limit_disk_commit(struct limit_disk *disk, int pattern, uint64_t at, uint32_t bytes);

/* Two processes on two cores with one page between them, see court.c. */
struct limit_court;

/* Makes (is_new) or opens the page, without a path one of this process; NULL and errno when that fails. */
struct limit_court *limit_court_map(const char *path, int is_new);
void limit_court_unmap(struct limit_court *court);

/* Near side: gives the next order and returns its number; whether that one is carried out. */
uint64_t limit_court_order(struct limit_court *court, uint64_t operation, uint64_t argument);
int limit_court_is_done(const struct limit_court *court, uint64_t number);

/* Far side, which has carried out `done` orders: whether there is another; waits for it, spinning, and
 * returns the operation; says that `done` are carried out. */
int limit_court_has_order(const struct limit_court *court, uint64_t done);
uint64_t limit_court_next(struct limit_court *court, uint64_t done, uint64_t *argument);
void limit_court_report(struct limit_court *court, uint64_t done);

/* One cache line back and forth. The near side serves before it gives the far side the order to return;
 * samples are round trips in ns, of which one way is half. */
void limit_court_serve(struct limit_court *court);
void limit_court_return(struct limit_court *court, uint64_t rounds);
void limit_court_play(struct limit_court *court, uint64_t rounds, uint64_t *samples);

/* Keeps the calling thread on one core; -1 when that is not allowed. */
int limit_pin(int cpu);

/* The same until limit_unpin, which allows what was allowed before. One thread of a process. */
int limit_pin_for_now(int cpu);
void limit_unpin(void);

/* Two cores that this process may use; -1 when there is one only. */
int limit_two_cpus(int *near, int *far);

/* First in, first out scheduling for this process; -1 when that is not allowed. */
int limit_real_time(void);

/* The calling process is killed when its parent ends. */
void limit_end_with_parent(void);

/* Removes a file or an empty directory when this process ends in order or by SIGINT, SIGTERM or SIGHUP, the
 * newest first; -1 when there are too many. */
int limit_remove_at_end(const char *path);

/* The process that a signal ends before it removes anything, because it makes some of it; 0 for none. */
void limit_far_side(int pid);

/* The number of the first of those signals is written to `file` as one byte, and whoever reads it ends this
 * process with limit_end_now; the next one ends it at once. */
void limit_tell_signals(int file);

/* Ends this process with `status` after the far side and the traces. */
void limit_end_now(int status) __attribute__((noreturn));

/* How much longer arithmetic takes on one of the two CPUs while the other does the same: near 1 for two cores, 1.3
 * and more for two threads of one core; negative when this process may use one CPU only. */
double limit_sibling_slowdown(void);

/* P8: ns of one access to memory that depends on the one before, in a random circle through `bytes` of it, a
 * line of 128 bytes each; negative when there is no memory. */
double limit_chase_ns(uint64_t bytes, uint64_t steps);

/* P8: reads of slots in an order given by `slots`, as limit_slot_reads. */
void limit_slot_reads_of(const void *first, uint64_t slot_capacity, const uint32_t *slots, uint64_t count);

/* The compiler must take what `pointer` points at for read and changed: keeps a measured loop honest. */
static inline void limit_use(void *pointer) {
    __asm__ __volatile__("" : : "r"(pointer) : "memory");
}

#ifdef __cplusplus
}
#endif

#endif
