/* CSeqlock: the shared-memory ABI v1 of pks and its only atomics. C11 and C++17, no dependencies.
 *
 * What is in this room: layouts, the ordering of single stores and loads, and the producing end of a
 * fill ring (pks_producer*), which is for programs of every language and so cannot be in Swift. What stays
 * out: the files of segments and of the ring's other end (ShmBridge and ShmReader have those), what a fill
 * means, arithmetic on money.
 * docs/shm-abi.md describes it for people; the asserts in these headers are the truth. */
#ifndef PKS_CSEQLOCK_H
#define PKS_CSEQLOCK_H

#include "pks_atomic.h"
#include "pks_producer.h"
#include "pks_record.h"
#include "pks_ring.h"
#include "pks_segment.h"
#include "pks_slot.h"
#include "pks_system.h"

#endif
