// The first process of a Pod's sandbox, which only holds its namespaces.
#include <stdlib.h>
#include <signal.h>
#include <unistd.h>

static void leave(int number) {
    (void)number;
    _exit(0);
}

int main(void) {
    signal(SIGTERM, leave);
    signal(SIGINT, leave);
    for (;;) pause();
}
