// SPDX-License-Identifier: Apache-2.0
/* Guards the binary form (event/codec.c) and the writer: any bytes are an event or corrupt, and an event's form is stable. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "event/catalogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char bytes[2][1 << 20], json[8 << 20];

static struct str encode(const struct event *e, int slot) {
    struct buf b = buf_over(bytes[slot], sizeof bytes[slot]);
    event_encode(e, &b);
    CHECK(!b.overflow);
    return buf_str(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct event e, again;
    enum err err = event_decode((struct str){(const char *)data, size}, &e);
    CHECK(err == ERR_OK || err == ERR_CORRUPT);
    if (err) return 0;
    struct str form = encode(&e, 0);
    CHECK(form.size <= size + FIELD_COUNT); /* at most a byte more for each word of a later version, which becomes OTHER */
    CHECK(event_decode(form, &again) == ERR_OK);
    CHECK(str_equal(encode(&again, 1), form));
    for (enum field f = 0; f < FIELD_COUNT; f++)
        if (fields[f].form == FORM_NUMBER && field_is_set(&e, f))
            CHECK(field_number(&e, f) >= fields[f].min && field_number(&e, f) <= fields[f].max);
    struct buf b = buf_over(json, sizeof json);
    event_write_json(&e, &b); /* the texts may be any bytes: it must only stay inside */
    return 0;
}
