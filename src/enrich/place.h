// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_PLACE_H
#define ENRICH_PLACE_H

#include <stdint.h>

/* A place in hundredths of a degree (1.1 km): finer than any place of an address, and it fits into a profile. */
struct place {
    int16_t lat_cdeg; /* -9000 .. 9000 */
    int16_t lon_cdeg; /* -18000 .. 18000 */
};

/* Along the great circle. */
uint32_t place_distance_km(struct place a, struct place b);

#endif
