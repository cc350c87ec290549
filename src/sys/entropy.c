// SPDX-License-Identifier: Apache-2.0
/* Draws chance from the system. */
#include "sys/entropy.h"

#include <sys/random.h>

#include "base/check.h"

static void fill(void *self, void *bytes, size_t size) {
    (void)self;
    for (size_t done = 0; done < size;) {
        ssize_t got = getrandom((char *)bytes + done, size - done, 0);
        CHECK(got > 0); /* it fails for bad arguments only, once the system has started */
        done += (size_t)got;
    }
}

struct entropy entropy_system(void) {
    return (struct entropy){.fill = fill};
}
