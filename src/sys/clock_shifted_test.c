// SPDX-License-Identifier: Apache-2.0
/* A shifted clock follows its file while it runs, and refuses a file that is none. */
#include "sys/clock_shifted.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"
#include "sys/clock.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

static char path[] = "/tmp/clock_shifted_test.XXXXXX";

static void write_ahead(int64_t ahead_ms) {
    int file = open(path, O_WRONLY);
    EXPECT(file >= 0 && pwrite(file, &ahead_ms, sizeof ahead_ms, 0) == (ssize_t)sizeof ahead_ms);
    (void)close(file);
}

TEST(follows_its_file_while_it_runs) {
    struct clock_shifted *c = NULL;
    struct problem p;
    write_ahead(0);
    EXPECT(clock_shifted_open(path, &c, &p) == ERR_OK);
    if (!c) return;
    struct clock shifted = clock_shifted_clock(c), real = clock_real();
    EXPECT(shifted.now_ms(shifted.self) - real.now_ms(real.self) < DAY_MS);
    write_ahead(30 * DAY_MS);
    int64_t before = real.now_ms(real.self), read = shifted.now_ms(shifted.self), after = real.now_ms(real.self);
    EXPECT(read >= before + 30 * DAY_MS && read <= after + 30 * DAY_MS);
    before = real.monotonic_us(real.self);
    EXPECT(shifted.monotonic_us(shifted.self) >= before);
    EXPECT(shifted.monotonic_us(shifted.self) < before + DAY_MS * 1000);
    clock_shifted_close(c);
}

TEST(refuses_a_file_that_is_none) {
    struct clock_shifted *c;
    struct problem p;
    EXPECT(truncate(path, 7) == 0);
    EXPECT(clock_shifted_open(path, &c, &p) == ERR_INVALID);
    EXPECT(unlink(path) == 0);
    EXPECT(clock_shifted_open(path, &c, &p) == ERR_NOT_FOUND);
    clock_shifted_close(NULL);
}

int main(void) {
    int file = mkstemp(path);
    EXPECT(file >= 0 && ftruncate(file, 8) == 0);
    (void)close(file);
    RUN(follows_its_file_while_it_runs);
    RUN(refuses_a_file_that_is_none);
    return test_end();
}
