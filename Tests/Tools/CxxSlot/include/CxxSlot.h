/* A slot written and read by C++, to show that the headers serve it as they serve C and Swift. */
#ifndef CXXSLOT_H
#define CXXSLOT_H

#include "CSeqlock.h"

PKS_EXTERN_C_BEGIN

/* Publishes from C++. */
uint64_t cxx_publish(struct pks_slot *slot, uint64_t published, const struct pks_position *value);

/* Reads from C++. */
uint64_t cxx_read(const struct pks_slot *slot, struct pks_position *out);

/* The key hash as C++ computes it, through std::string. */
uint64_t cxx_key_hash(const char *account, const char *strategy, const char *symbol);

/* Puts a record on a ring and takes it again through the C++ build of the functions; 0 when they differ. */
int cxx_ring_round_trip(void *records, uint64_t mask, uint64_t number, const struct pks_fill_record *fill);

PKS_EXTERN_C_END

#endif
