// SPDX-License-Identifier: Apache-2.0
/*
 * Guards net/dsn.c: any bytes are a bounce or a refusal with words. Holds: what is told is text of one line within its bounds, a status is
 * a status, and the same mail with CRLF instead of LF is the same bounce, where it has no part that is cut at a number of bytes.
 */
#include <stdint.h>
#include <string.h>

#include "base/bounds.h"
#include "base/buf.h"
#include "base/check.h"
#include "net/dsn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(16) char memory[DSN_MEMORY_SIZE], other_memory[DSN_MEMORY_SIZE];
static char with_cr[2 * 16384];

static void look_at(const struct dsn *d) {
    CHECK(str_is_utf8(d->diagnostic) && !str_has_control(d->diagnostic) && d->diagnostic.size <= 3 * DSN_DIAGNOSTIC_SIZE_MAX);
    CHECK(str_is_utf8(d->recipient_address) && !str_has_control(d->recipient_address) && d->recipient_address.size <= DSN_ADDRESS_SIZE_MAX);
    CHECK(str_is_utf8(d->final_recipient) && !str_has_control(d->final_recipient) && d->final_recipient.size <= DSN_ADDRESS_SIZE_MAX);
    CHECK(str_find_char(d->diagnostic, '@', 0) == d->diagnostic.size);
    CHECK(d->status.size >= 5 && d->status.size <= 9 && strchr("245", d->status.at[0]) && d->status.at[1] == '.');
    CHECK(dsn_class(d) <= DSN_CLASS_HARD && dsn_class_word(dsn_class(d))[0] && dsn_action_word(d->action)[0]);
    struct str token;
    if (dsn_verp_token(d->recipient_address, &token)) CHECK(token.size && str_find_char(token, '@', 0) == token.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str message = {(const char *)data, size};
    struct arena step = arena_over(memory, sizeof memory), other_step = arena_over(other_memory, sizeof other_memory);
    struct dsn d, other;
    struct problem p = {0};
    enum err err = dsn_parse(message, STR_NONE, &step, &d, &p);
    if (err) CHECK(p.what[0]);
    else look_at(&d);
    if (size > 16384 || memchr(data, '\r', size)) return 0;
    struct buf b = buf_over(with_cr, sizeof with_cr);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n') buf_char(&b, '\r');
        buf_char(&b, (char)data[i]);
    }
    CHECK(dsn_parse(buf_str(&b), STR_NONE, &other_step, &other, &p) == err);
    if (!err)
        CHECK(other.action == d.action && str_equal(other.status, d.status) && str_equal(other.recipient_address, d.recipient_address));
    return 0;
}
