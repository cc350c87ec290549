// SPDX-License-Identifier: Apache-2.0
/* Guards the front door (base/json.c, ingest/): any bytes are an event or a refusal that says why, and an event survives every way. */
#include <stdint.h>

#include "base/bounds.h"
#include "base/check.h"
#include "base/json.h"
#include "ingest/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW_MS INT64_C(1772326923000)

static _Alignas(16) char memory[2][2 << 20];
static char json_bytes[1 << 18], form_bytes[2][EVENT_BINARY_SIZE_MAX];

static struct str encode(const struct event *e, int slot) {
    struct buf b = buf_over(form_bytes[slot], sizeof form_bytes[slot]);
    event_encode(e, &b);
    CHECK(!b.overflow);
    return buf_str(&b);
}

static void check_refusal(enum err err, const struct problem *p) {
    CHECK(p->err == err && p->what[0]);
    CHECK(str_is_utf8(str_from(p->what)) && !str_has_control(str_slice(str_from(p->where), 0, 64)));
}

static void check_event(const struct event *e) {
    struct event from_json, from_binary;
    struct problem p;
    struct arena step = arena_over(memory[1], sizeof memory[1]);
    struct buf json = buf_over(json_bytes, sizeof json_bytes);
    event_write_json(e, &json);
    CHECK(!json.overflow);
    struct str form = encode(e, 0);
    CHECK(event_decode(form, &from_binary) == ERR_OK);
    CHECK(str_equal(encode(&from_binary, 1), form));
    if (json.size > EVENT_JSON_SIZE_MAX) return; /* our spelling of an event at the bound may be a little longer than the sender's */
    CHECK(ingest_event(buf_str(&json), NOW_MS, &step, &from_json, &p) == ERR_OK);
    CHECK(str_equal(encode(&from_json, 1), form));
}

/* What is read is written in a form that reads the same, and that is never longer. */
static void check_json(struct str text) {
    struct problem p;
    struct json first, second;
    struct arena a = arena_over(memory[0], sizeof memory[0]), b = arena_over(memory[1], sizeof memory[1]);
    if (json_parse(text, EVENT_JSON_SIZE_MAX, &a, &first, &p)) return;
    struct buf once = buf_over(json_bytes, text.size), twice = buf_over(json_bytes + text.size, text.size);
    json_write(&once, first);
    CHECK(!once.overflow);
    CHECK(json_parse(buf_str(&once), EVENT_JSON_SIZE_MAX, &b, &second, &p) == ERR_OK);
    json_write(&twice, second);
    CHECK(str_equal(buf_str(&once), buf_str(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str text = {(const char *)data, size};
    struct problem p;
    struct event e;
    struct arena step = arena_over(memory[0], sizeof memory[0]);
    check_json(text);
    arena_reset(&step);
    enum err err = ingest_event(text, NOW_MS, &step, &e, &p);
    if (err) check_refusal(err, &p);
    else check_event(&e);
    return 0;
}
