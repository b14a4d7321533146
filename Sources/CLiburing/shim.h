/* Without it the header's types for polling clash with those of Swift's Glibc in a debug build. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#include <liburing.h>
