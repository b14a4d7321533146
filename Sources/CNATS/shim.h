/* The NATS client for Swift. No feature macro is defined here: with _GNU_SOURCE the fd_set in it would not be the one
 * that Swift's Glibc knows. */
#ifndef PKS_CNATS_SHIM_H
#define PKS_CNATS_SHIM_H

#include <nats/nats.h>

#endif
