/* What the files of the producer share. Not part of the interface. */
#ifndef PKS_PRODUCER_PRIVATE_H
#define PKS_PRODUCER_PRIVATE_H

#include "pks_producer.h"
#include "pks_system.h"

/* producer.known */
#define PKS_HANDLE_FREE 0
#define PKS_HANDLE_KNOWN 1 /* in the key table, by an earlier life */
#define PKS_HANDLE_SENT 2  /* needs no KEY record in this life */

/* Fills *error in; `object` is copied, with control characters replaced. Returns -1. */
int pks_producer_failed(struct pks_producer_error *error, int32_t kind, const char *operation,
                        const char *object);

/* The same for a system call that has just left `errno`. */
int pks_producer_system_failed(struct pks_producer_error *error, const char *call, const char *object);

/* 0 when the name can stand in a file's name. */
int pks_producer_check_name(const char *name, size_t bytes_max, struct pks_producer_error *error);

/* Takes the producer's lock: its descriptor, or -1. Never waits. */
int pks_producer_lock(const struct pks_producer_options *options, struct pks_producer_error *error);

void pks_producer_unlock(int lock_file);

/* Who this process is. What /proc does not tell stays zero. */
void pks_producer_identity(struct pks_owner *owner);

/* Whether another process that still runs has the ring, as far as can be told from here. */
int pks_producer_is_elsewhere(const struct pks_owner *owner);

/* Says in the ring's header that no process has it any more, if it was this one. By write(2), because a file that was
 * cut short would raise a signal. */
void pks_producer_step_back(const char *path);

/* Takes the keys over that an earlier life has left in the key table. */
void pks_producer_learn_keys(struct pks_producer *producer);

/* open(2), again when a signal came; never through a symbolic link, never passed on to an exec'd program. */
int pks_producer_open_file(int directory, const char *name, int flags, uint32_t mode);

#endif
