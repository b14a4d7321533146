/* What lies on a disk is a promise: every layout states each of its offsets and its size. */
#ifndef PKS_DISK_LAYOUT_H
#define PKS_DISK_LAYOUT_H

#include <stddef.h>

#ifdef __cplusplus
#define PKS_DISK_ASSERT(condition, message) static_assert(condition, message)
#else
#define PKS_DISK_ASSERT(condition, message) _Static_assert(condition, message)
#endif

#define PKS_DISK_OFFSET(type, field, offset) \
    PKS_DISK_ASSERT(offsetof(struct type, field) == (offset), #type "." #field " moved")
#define PKS_DISK_SIZE(type, bytes) PKS_DISK_ASSERT(sizeof(struct type) == (bytes), #type " resized")

#endif
