/* CSeqlock: the shared-memory ABI v1 of pks and its only atomics. C11 and C++17, no dependencies.
 *
 * What is in this room: layouts and the ordering of single stores and loads. What stays out: system
 * calls, files, names, policy (ShmBridge and ShmReader have those), arithmetic on money.
 * docs/shm-abi.md describes it for people; the asserts in these headers are the truth. */
#ifndef PKS_CSEQLOCK_H
#define PKS_CSEQLOCK_H

#include "pks_atomic.h"
#include "pks_record.h"
#include "pks_ring.h"
#include "pks_segment.h"
#include "pks_slot.h"
#include "pks_system.h"

#endif
