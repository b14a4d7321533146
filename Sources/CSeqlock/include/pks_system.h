/* The clocks of the ABI, so that every language reads the same ones. */
#ifndef PKS_SYSTEM_H
#define PKS_SYSTEM_H

#include "pks_atomic.h"

PKS_EXTERN_C_BEGIN

/* CLOCK_MONOTONIC in ns. */
int64_t pks_monotonic_ns(void);

/* CLOCK_REALTIME in ns. */
int64_t pks_realtime_ns(void);

PKS_EXTERN_C_END

#endif
