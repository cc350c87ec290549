// SPDX-License-Identifier: Apache-2.0
/* The machine's wall clock plus what a shared file says. */
#include "sys/clock_shifted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys/clock.h"

/* The mapped file itself: what another process writes there is seen with the next look. */
struct clock_shifted {
    _Atomic int64_t ahead_ms;
};
_Static_assert(sizeof(struct clock_shifted) == 8, "the file is one number");

static int64_t now_ms(void *self) {
    const struct clock_shifted *c = self;
    struct clock real = clock_real();
    return real.now_ms(real.self) + atomic_load_explicit(&c->ahead_ms, memory_order_relaxed);
}

static enum err map(int file, const char *path, struct clock_shifted **out, struct problem *p) {
    struct stat facts;
    if (fstat(file, &facts) != 0) return problem_set(p, ERR_IO, path, "", "cannot read the clock file: %s", strerror(errno));
    if (facts.st_size < (off_t)sizeof **out)
        return problem_set(p, ERR_INVALID, path, "write 8 zero bytes there: the clock runs ahead by nothing", "a clock file has 8 bytes");
    void *at = mmap(NULL, sizeof **out, PROT_READ, MAP_SHARED, file, 0);
    if (at == MAP_FAILED) return problem_set(p, ERR_IO, path, "", "cannot map the clock file: %s", strerror(errno));
    *out = at;
    return ERR_OK;
}

enum err clock_shifted_open(const char *path, struct clock_shifted **out, struct problem *p) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return problem_set(p, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, path, "", "cannot open the clock file: %s", strerror(errno));
    enum err err = map(file, path, out, p);
    (void)close(file);
    return err;
}

struct clock clock_shifted_clock(struct clock_shifted *c) {
    struct clock clock = clock_real();
    clock.now_ms = now_ms;
    clock.self = c;
    return clock;
}

void clock_shifted_close(struct clock_shifted *c) {
    if (c) (void)munmap(c, sizeof *c);
}
