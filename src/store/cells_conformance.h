// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_CELLS_CONFORMANCE_H
#define STORE_CELLS_CONFORMANCE_H

#include "port/cells.h"

/*
 * What every backend of port/cells.h must do alike: one fixed stream of operations on an empty table. All that a backend answers (errors,
 * versions, bytes) goes into one digest, so that decisions computed from it are identical whichever backend stands behind the port.
 * Needs room for 2000 profiles, 4000 narrow and 200 wide cells.
 */
#define CELLS_CONFORMANCE_DIGEST UINT64_C(10115346938897837142)

struct conformance {
    uint64_t digest;
    const char *broken; /* the first promise that was not kept, as a sentence; NULL = all were */
};

struct conformance cells_conformance(struct cells c);

#endif
