/* The right to produce into a ring: a lock on a file of mode 0600 in a private directory, given back by the
 * kernel when the process dies. Never a file that readers can open, because whoever can open a file can lock
 * it. Lock files stay: removing one would let two processes lock two files of one name. */
#define _GNU_SOURCE 1
#include "pks_producer_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int pks_producer_open_file(int directory, const char *name, int flags, uint32_t mode) {
    int file;
    do {
        file = openat(directory, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, (mode_t)mode);
    } while (file < 0 && errno == EINTR);
    return file;
}

/* The run directory as stated, or the default. 0, or -1 when it does not fit. */
static int run_directory(const char *stated, char *path, size_t path_bytes) {
    int count;
    const char *variable = getenv("PKS_RUN_DIR");
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (stated && *stated) {
        count = snprintf(path, path_bytes, "%s", stated);
    } else if (variable && *variable) {
        count = snprintf(path, path_bytes, "%s", variable);
    } else if (runtime && *runtime) {
        count = snprintf(path, path_bytes, "%s/pks", runtime);
    } else {
        count = snprintf(path, path_bytes, "/tmp/pks-%u", (unsigned)geteuid());
    }
    return count > 0 && (size_t)count < path_bytes ? 0 : -1;
}

/* Opens the directory, making it when it is missing, and checks that only this user can change it. */
static int open_run_directory(const char *path, struct pks_producer_error *error) {
    if (mkdir(path, 0700) == 0) {
        /* Exactly this mode, whatever the umask is. */
        if (chmod(path, 0700) != 0) {
            return pks_producer_system_failed(error, "chmod", path);
        }
    } else if (errno != EEXIST) {
        return pks_producer_system_failed(error, "mkdir", path);
    }
    const int directory = pks_producer_open_file(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0);
    if (directory < 0) {
        return errno == ELOOP || errno == ENOTDIR
                   ? pks_producer_failed(error, PKS_PRODUCER_UNSAFE_RUN,
                                         "is not a directory of its own", path)
                   : pks_producer_system_failed(error, "open", path);
    }
    struct stat status;
    if (fstat(directory, &status) != 0) {
        pks_producer_system_failed(error, "fstat", path);
    } else if (status.st_uid != geteuid()) {
        pks_producer_failed(error, PKS_PRODUCER_UNSAFE_RUN, "belongs to another user", path);
        error->actual = status.st_uid;
    } else if (status.st_mode & 022) {
        pks_producer_failed(error, PKS_PRODUCER_UNSAFE_RUN, "can be written by others", path);
    } else {
        return directory;
    }
    close(directory);
    return -1;
}

/* The pid that the holder wrote, 0 when it cannot be read. */
static uint64_t holder(int file) {
    char text[16] = {0};
    return pread(file, text, sizeof text - 1, 0) > 0 ? strtoull(text, NULL, 10) : 0;
}

static int take(int file, const char *path, struct pks_producer_error *error) {
    struct stat status;
    if (fstat(file, &status) != 0) {
        return pks_producer_system_failed(error, "fstat", path);
    }
    if (!S_ISREG(status.st_mode) || status.st_uid != geteuid()) {
        return pks_producer_failed(error, PKS_PRODUCER_UNSAFE_RUN, "is not this user's own file", path);
    }
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) {
            return pks_producer_system_failed(error, "flock", path);
        }
        pks_producer_failed(error, PKS_PRODUCER_ALREADY_RUNNING, "flock", path);
        error->actual = holder(file);
        return -1;
    }
    char text[16];
    const int count = snprintf(text, sizeof text, "%d\n", (int)getpid());
    if (fchmod(file, 0600) != 0 || ftruncate(file, 0) != 0 || pwrite(file, text, (size_t)count, 0) != count) {
        pks_producer_system_failed(error, "write", path);
        flock(file, LOCK_UN);
        return -1;
    }
    return 0;
}

int pks_producer_lock(const struct pks_producer_options *options, struct pks_producer_error *error) {
    char path[PKS_PRODUCER_OBJECT_BYTES];
    char name[PKS_BOOK_BYTES + PKS_PRODUCER_BYTES + 16];
    char whole[sizeof path + sizeof name];
    if (run_directory(options->run_directory, path, sizeof path) != 0) {
        errno = ENAMETOOLONG;
        return pks_producer_system_failed(error, "open", "the run directory");
    }
    const int directory = open_run_directory(path, error);
    if (directory < 0) {
        return -1;
    }
    snprintf(name, sizeof name, "%s-%s.ring.lock", options->book, options->producer);
    snprintf(whole, sizeof whole, "%s/%s", path, name);
    /* Inside the open directory, so that nobody can swap it meanwhile. */
    int file = pks_producer_open_file(directory, name, O_RDWR | O_CREAT | O_NONBLOCK, 0600);
    if (file < 0) {
        pks_producer_system_failed(error, "open", whole);
    } else if (take(file, whole, error) != 0) {
        close(file);
        file = -1;
    }
    close(directory);
    return file;
}

void pks_producer_unlock(int lock_file) {
    /* Closing alone would not do: a process that another thread is just spawning has a copy of the descriptor
     * until its exec, and the lock would live as long as that. */
    flock(lock_file, LOCK_UN);
    close(lock_file);
}

static size_t read_text(const char *path, char *text, size_t text_bytes) {
    const int file = pks_producer_open_file(AT_FDCWD, path, O_RDONLY, 0);
    if (file < 0) {
        return 0;
    }
    const ssize_t count = read(file, text, text_bytes - 1);
    close(file);
    text[count > 0 ? count : 0] = 0;
    return count > 0 ? (size_t)count : 0;
}

/* When a process began, from its stat file; 0 when it runs no more. Field 22, and the state is field 3. The command's
 * name, field 2, may hold spaces and parentheses: count from its end. */
static uint64_t start_ticks(const char *path) {
    char text[1024];
    const char *field = read_text(path, text, sizeof text) > 0 ? strrchr(text, ')') : NULL;
    if (!field || field[1] == 0 || field[2] == 'Z' || field[2] == 'X') {
        return 0;
    }
    for (int number = 2; field && number < 22; number++) {
        field = strchr(field + 1, ' ');
    }
    return field ? strtoull(field, NULL, 10) : 0;
}

void pks_producer_identity(struct pks_owner *owner) {
    char text[64];
    memset(owner, 0, sizeof *owner);
    owner->pid = (uint32_t)getpid();
    if (read_text("/proc/sys/kernel/random/boot_id", text, sizeof text) > 0) {
        text[strcspn(text, "\n")] = 0;
        pks_text(owner->boot_id, sizeof owner->boot_id, text);
    }
    owner->start_ticks = start_ticks("/proc/self/stat");
}

int pks_producer_is_elsewhere(const struct pks_owner *owner) {
    struct pks_owner own;
    char path[32];
    pks_producer_identity(&own);
    if (owner->pid == 0 || owner->start_ticks == 0 || owner->pid == own.pid ||
        memcmp(owner->boot_id, own.boot_id, sizeof own.boot_id) != 0) {
        return 0;
    }
    snprintf(path, sizeof path, "/proc/%u/stat", owner->pid);
    return start_ticks(path) == owner->start_ticks;
}

void pks_producer_step_back(const char *path) {
    const off_t place = offsetof(struct pks_ring_header, producer);
    const uint32_t nobody = 0;
    uint32_t pid;
    const int file = pks_producer_open_file(AT_FDCWD, path, O_RDWR | O_NONBLOCK, 0);
    if (file < 0) {
        return; /* removed: nobody will ask */
    }
    if (pread(file, &pid, sizeof pid, place) == sizeof pid && pid == (uint32_t)getpid()) {
        (void)!pwrite(file, &nobody, sizeof nobody, place);
    }
    close(file);
}
