/* Loaded into a program (LD_PRELOAD): while the file $HANGING_DISK exists, writes to recordings do not return, as on a
   disk that hangs. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    static ssize_t (*next)(int, const struct iovec *, int);
    if (!next) *(void **)&next = dlsym(RTLD_NEXT, "writev");
    const char *gate = getenv("HANGING_DISK");
    while (gate && count > 0 && access(gate, F_OK) == 0) usleep(10000);
    return next(fd, pieces, count);
}
