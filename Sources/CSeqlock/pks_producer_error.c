/* Errors of the producer, made and told. */
#include "pks_producer_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int pks_producer_failed(struct pks_producer_error *error, int32_t kind, const char *operation,
                        const char *object) {
    error->kind = kind;
    error->code = 0;
    error->operation = operation;
    error->needed = 0;
    error->actual = 0;
    size_t count = 0;
    for (; object[count] != 0 && count < sizeof error->object - 1; count++) {
        const unsigned char byte = (unsigned char)object[count];
        error->object[count] = byte < 0x20 || byte == 0x7f ? '?' : (char)byte;
    }
    error->object[count] = 0;
    return -1;
}

int pks_producer_system_failed(struct pks_producer_error *error, const char *call, const char *object) {
    const int32_t code = errno;
    pks_producer_failed(error, PKS_PRODUCER_SYSTEM, call, object);
    error->code = code;
    return -1;
}

int pks_producer_check_name(const char *name, size_t bytes_max, struct pks_producer_error *error) {
    const char *fault = NULL;
    const size_t bytes = name ? strlen(name) : 0;
    if (bytes == 0) {
        fault = "is empty";
    } else if (bytes > bytes_max) {
        fault = "is longer than 64 bytes";
    } else if (name[0] == '.' || name[0] == '-') {
        fault = "starts with a dot or a dash";
    } else if (strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") != bytes) {
        fault = "has a character other than letters, digits, dot, dash and underscore";
    } else if (bytes >= 5 && memcmp(name + bytes - 5, ".ring", 5) == 0) {
        fault = "ends with .ring, which names lock files";
    }
    return fault ? pks_producer_failed(error, PKS_PRODUCER_BAD_NAME, fault, name ? name : "") : 0;
}

static int say_already_running(const struct pks_producer_error *error, char *text, size_t text_bytes) {
    const char *advice = "stop that process first, or use another name";
    if (error->actual == 0) {
        return snprintf(text, text_bytes, "%s: already running (%s)", error->object, advice);
    }
    return snprintf(text, text_bytes, "%s: already running as process %llu (%s)", error->object,
                    (unsigned long long)error->actual, advice);
}

size_t pks_producer_error_text(const struct pks_producer_error *error, char *text, size_t text_bytes) {
    const char *object = error->object;
    const char *operation = error->operation ? error->operation : "";
    const unsigned long long needed = error->needed, actual = error->actual;
    const int saved = errno;
    int count = 0;
    switch (error->kind) {
    case PKS_PRODUCER_SYSTEM:
        errno = error->code; /* which %m puts into words, unlike strerror for any thread */
        count = snprintf(text, text_bytes, "%s: %s failed: %m (errno %d)", object, operation, (int)error->code);
        break;
    case PKS_PRODUCER_BAD_NAME:
        count = snprintf(text, text_bytes, "name \"%s\" %s (choose another name)", object, operation);
        break;
    case PKS_PRODUCER_BAD_OPTION:
        count = snprintf(text, text_bytes, "%s %llu %s", object, actual, operation);
        break;
    case PKS_PRODUCER_NO_SPACE:
        count = snprintf(text, text_bytes,
                         "%s: shared memory is too small: %llu bytes needed, %llu available (lower the "
                         "capacity, remove old segments, or enlarge it: mount -o remount,size=... /dev/shm)",
                         object, needed, actual);
        break;
    case PKS_PRODUCER_ALREADY_RUNNING: count = say_already_running(error, text, text_bytes); break;
    case PKS_PRODUCER_UNSAFE_RUN:
        count = snprintf(text, text_bytes,
                         "%s: %s (use a private directory of mode 0700: --run-dir or PKS_RUN_DIR)", object,
                         operation);
        break;
    case PKS_PRODUCER_WRONG_OWNER:
        count = snprintf(text, text_bytes, "%s: belongs to uid %llu, which is neither this user nor root",
                         object, actual);
        break;
    case PKS_PRODUCER_TRUNCATED:
        count = snprintf(text, text_bytes,
                         "%s: is cut short: %llu bytes of %llu (it may have held fills: send them again "
                         "from their source, and remove it)",
                         object, actual, needed);
        break;
    case PKS_PRODUCER_WRONG_VERSION:
        count = snprintf(text, text_bytes, "%s: has ABI %llu.%llu, this program has %d.%d", object, needed,
                         actual, PKS_ABI_MAJOR, PKS_ABI_MINOR);
        break;
    case PKS_PRODUCER_WRONG_LAYOUT:
        count = snprintf(text, text_bytes, "%s: was written by a build with another memory layout", object);
        break;
    case PKS_PRODUCER_INVALID:
        count = snprintf(text, text_bytes,
                         "%s: has an impossible %s (it may hold fills: send them again from their source, "
                         "and remove it)",
                         object, operation);
        break;
    default: count = snprintf(text, text_bytes, "no error");
    }
    errno = saved;
    return count < 0 ? 0 : (size_t)count;
}
