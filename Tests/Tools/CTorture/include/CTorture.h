/* For the torn-read tests only: values that show when they are torn, and slots broken on purpose, which
 * prove that those tests, and the thread sanitizer, can fail. */
#ifndef CTORTURE_H
#define CTORTURE_H

#include "CSeqlock.h"

PKS_EXTERN_C_BEGIN

/* Gives every word of the value its own function of `counter`. */
void torture_fill(struct pks_position *value, uint64_t counter);

/* The counter of a whole value; *is_whole is 0 when words of different counters are mixed. */
uint64_t torture_counter(const struct pks_position *value, int *is_whole);

/* Stores the first half of publish number `published` + 1 and no more: the writer that dies half-way. */
void torture_store_half(struct pks_slot *slot, uint64_t published, const struct pks_position *value);

/* Broken: copies the cell that the sequence names, and does not look at the sequence again. */
uint64_t broken_read_unchecked(const struct pks_slot *slot, struct pks_position *out);

/* Broken: copies the other cell, the one that the writer is filling. */
uint64_t broken_read_other_cell(const struct pks_slot *slot, struct pks_position *out);

/* Broken: ordinary stores and loads. The machine may well copy whole values; the language says it is a
 * data race, and the thread sanitizer must say so. (Not memcpy: Swift's sanitizer looks away there.) */
uint64_t broken_publish_plain(struct pks_slot *slot, uint64_t published, const struct pks_position *value);
uint64_t broken_read_plain(const struct pks_slot *slot, struct pks_position *out);

/* Binds the calling thread to one processor; 0 when that was possible. */
int torture_pin(int cpu);

/* Lets the parent of this process stop it after each of its instructions; 0 when that is not allowed here. */
int torture_trace_me(void);

/* Runs one instruction of a child that is stopped. The signal that stops it then: SIGTRAP after an ordinary
 * instruction; -1 when the child is no more. The thread that spawned the child must call this. */
int torture_step(int pid);

/* Kills this process when its parent ends, so that no writer is left running. */
void torture_die_with_parent(void);

PKS_EXTERN_C_END

#endif
