/* Feature macros as Swift's Glibc has them not all, so that types of the C library would be defined twice and
 * differently: with _GNU_SOURCE all are the same but fd_set, which is left out. Nothing here needs it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#define _SYS_SELECT_H 1
#include <liburing.h>
