// SPDX-License-Identifier: Apache-2.0
#ifndef PORT_TOKEN_H
#define PORT_TOKEN_H

#include <stddef.h>

#include "base/str.h"

/*
 * Words that only we can make: the first `size` bytes (at most 32) of a keyed hash of `text`. The same text gives the same bytes for ever,
 * so what is made of them can be made again by a replay; who does not have the key cannot guess them.
 */
struct token {
    void (*make)(void *self, struct str text, unsigned char *out, size_t size);
    void *self;
};

#endif
