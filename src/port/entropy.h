// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_ENTROPY_H
#define PORT_ENTROPY_H

#include <stddef.h>

/* Where chance comes from: names of leases, jitter of retries. The system's in earnest, a seed's in a simulation. */
struct entropy {
    void (*fill)(void *self, void *bytes, size_t size);
    void *self;
};

#endif
