/* Loaded into a program (LD_PRELOAD): while the file $HANGING_DISK exists, writes to recordings do not return, as on a
   disk that hangs. Nor do reads of them while the file $HANGING_READS exists, and what gives a written part its name while
   the file $HANGING_NAMES exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static void wait_for(const char *variable) {
    const char *gate = getenv(variable);
    while (gate && access(gate, F_OK) == 0) usleep(10000);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    static ssize_t (*next)(int, const struct iovec *, int);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "writev");
    if (count > 0) wait_for("HANGING_DISK");
    return next(fd, pieces, count);
}

ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
    static ssize_t (*next)(int, void *, size_t, off_t);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "pread");
    wait_for("HANGING_READS");
    return next(fd, bytes, count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    static ssize_t (*next)(int, const void *, size_t, off_t);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "pwrite");
    wait_for("HANGING_NAMES");
    return next(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) { return pwrite(fd, bytes, count, offset); }

ssize_t pread64(int fd, void *bytes, size_t count, off_t offset) { return pread(fd, bytes, count, offset); }
