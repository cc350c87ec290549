// SPDX-License-Identifier: Apache-2.0
/* Signs what goes to counterparts and comes from them. */
#include "courier/signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"

#define DIGEST_SIZE 32

void signature_make(const unsigned char *secret, size_t secret_size, const struct signed_text *t, struct arena *step,
                    char out[SIGNATURE_SIZE_MAX]) {
    size_t size = t->id.size + t->timestamp.size + t->body.size + 2, mark = step->used;
    char *memory = arena_take(step, size);
    CHECK(memory);
    struct buf b = buf_over(memory, size);
    buf_text(&b, t->id);
    buf_char(&b, '.');
    buf_text(&b, t->timestamp);
    buf_char(&b, '.');
    buf_text(&b, t->body);
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned digest_size = 0;
    CHECK(HMAC(EVP_sha256(), secret, (int)secret_size, (const unsigned char *)b.at, b.size, digest, &digest_size));
    memcpy(out, "v1,", 4);
    (void)EVP_EncodeBlock((unsigned char *)out + 3, digest, DIGEST_SIZE);
    step->used = mark;
}
