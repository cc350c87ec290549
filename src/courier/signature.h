// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_SIGNATURE_H
#define COURIER_SIGNATURE_H

#include <stddef.h>

#include "base/arena.h"
#include "base/str.h"

/* The signature of Standard Webhooks: "v1," and base64 of HMAC-SHA256 over id.timestamp.body. */
#define SIGNATURE_SIZE_MAX 64 /* with its NUL; 3 + 44 + 1 */

struct signed_text {
    struct str id, timestamp, body;
};
void signature_make(const unsigned char *secret, size_t secret_size, const struct signed_text *t, struct arena *step,
                    char out[SIGNATURE_SIZE_MAX]);

#endif
