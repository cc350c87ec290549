// SPDX-License-Identifier: Apache-2.0
/*
 * Promise: an event survives every way through the house. Whatever order its members come in, JSON -> event -> JSON -> event and
 * event -> binary -> event give the same event, byte for byte.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/bounds.h"
#include "base/json.h"
#include "base/test.h"
#include "event/catalogue.h"
#include "ingest/ingest.h"

#define FAR_FUTURE INT64_C(4102444800000) /* 2100 */

static _Alignas(16) char first_memory[1 << 20], second_memory[1 << 20];
static char json_bytes[1 << 17], binary_bytes[2][EVENT_BINARY_SIZE_MAX];

static struct str encode(const struct event *e, int slot) {
    struct buf b = buf_over(binary_bytes[slot], sizeof binary_bytes[slot]);
    event_encode(e, &b);
    EXPECT(!b.overflow);
    return buf_str(&b);
}

static enum err ingest(struct str json, char *memory, struct event *out) {
    struct arena step = arena_over(memory, sizeof first_memory);
    struct problem p;
    enum err err = ingest_event(json, FAR_FUTURE, &step, out, &p);
    if (err) printf("%s: %s\n%.*s\n", p.where, p.what, STR_ARGS(json));
    EXPECT_EQ(err, ERR_OK);
    return err;
}

/* The promise, for one event that ingest has read. */
static void expect_survives(const struct event *e) {
    struct event from_json, from_binary;
    struct buf json = buf_over(json_bytes, sizeof json_bytes);
    event_write_json(e, &json);
    EXPECT(!json.overflow);
    struct str form = encode(e, 0);
    EXPECT_EQ(event_decode(form, &from_binary), ERR_OK);
    EXPECT_STR(encode(&from_binary, 1), form);
    if (ingest(buf_str(&json), second_memory, &from_json)) return;
    EXPECT_STR(encode(&from_json, 1), form);
    EXPECT_STR(from_json.type, e->type);
    EXPECT_EQ(from_json.kind, e->kind);
}

/* --- random events, as their members ------------------------------------------------------------------------------------------------- */

#define MEMBERS_MAX 100

struct draft { /* of one object: its members as texts "name":value */
    struct str members[MEMBERS_MAX];
    size_t count;
};

struct maker {
    uint64_t state;
    struct buf pool;
    struct draft envelope, nests[NEST_COUNT];
    enum field chosen[FIELD_COUNT];
    int64_t numbers[FIELD_COUNT];
    struct str texts[FIELD_COUNT];
    bool is_chosen[FIELD_COUNT];
};

static uint64_t below(struct maker *m, uint64_t n) {
    return test_random(&m->state) % n;
}

static struct str random_text(struct maker *m, size_t size_max) {
    static const char *bits[] = {
        "a", "Z", "0", "_", " ", "\"", "\\", "/", "{", "}", ",", ":", "\xC3\xA9", "\xE6\x9D\xB1", "\xF0\x9F\x94\xA5"};
    size_t from = m->pool.size, count = 1 + below(m, 12);
    for (size_t i = 0; i < count; i++) {
        struct str bit = str_from(bits[below(m, 15)]);
        if (m->pool.size - from + bit.size <= size_max) buf_text(&m->pool, bit);
    }
    if (m->pool.size == from) buf_char(&m->pool, 'x');
    return str_slice(buf_str(&m->pool), from, m->pool.size);
}

/* Adds a member; `value` is JSON. */
static void add(struct maker *m, struct draft *d, struct str name, struct str value) {
    size_t from = m->pool.size;
    buf_json(&m->pool, name);
    buf_char(&m->pool, ':');
    buf_text(&m->pool, value);
    d->members[d->count++] = str_slice(buf_str(&m->pool), from, m->pool.size);
}

static void add_text(struct maker *m, struct draft *d, struct str name, struct str text) {
    size_t from = m->pool.size;
    buf_json(&m->pool, text);
    add(m, d, name, str_slice(buf_str(&m->pool), from, m->pool.size));
}

static struct str join(struct maker *m, struct draft *d) {
    for (size_t i = d->count; i > 1; i--) { /* in any order */
        size_t k = below(m, i);
        struct str swap = d->members[k];
        d->members[k] = d->members[i - 1];
        d->members[i - 1] = swap;
    }
    size_t from = m->pool.size;
    buf_char(&m->pool, '{');
    for (size_t i = 0; i < d->count; i++) buf_text(&m->pool, i ? STR(", ") : STR_NONE), buf_text(&m->pool, d->members[i]);
    buf_char(&m->pool, '}');
    return str_slice(buf_str(&m->pool), from, m->pool.size);
}

/* A place that the field may stand in, given which of order and membership are objects in this event. */
static enum nest place_for(struct maker *m, enum field f, const bool *is_object) {
    enum nest places[NEST_COUNT];
    size_t count = 0;
    for (enum nest n = NEST_FLAT; n < NEST_COUNT; n++) {
        bool is_the_objects_name = (f == FIELD_order && is_object[NEST_ORDER]) || (f == FIELD_membership && is_object[NEST_MEMBERSHIP]);
        if (field_name(f, n).size && is_object[n] && !(n == NEST_FLAT && is_the_objects_name)) places[count++] = n;
    }
    return count ? places[below(m, count)] : NEST_COUNT;
}

static void choose_field(struct maker *m, enum field f, enum nest nest) {
    const struct field_info *info = &fields[f];
    struct draft *d = &m->nests[nest];
    struct str name = field_name(f, nest);
    size_t from = m->pool.size;
    m->is_chosen[f] = true;
    if (info->form == FORM_TEXT) {
        m->texts[f] = random_text(m, (size_t)info->max);
        add_text(m, d, name, m->texts[f]);
    } else if (info->form == FORM_CHOICE) {
        bool other = info->set->strictness == OPEN && below(m, 4) == 0;
        m->numbers[f] = other ? 255 : 1 + (int64_t)below(m, info->set->count - 1);
        add_text(m, d, name, other ? STR("another word") : choice_word(info->set, (unsigned)m->numbers[f]));
    } else {
        m->numbers[f] = below(m, 9) ? info->min + (int64_t)below(m, (uint64_t)(info->max - info->min) + 1) : 0;
        if (info->form == FORM_MICRO) buf_scaled(&m->pool, m->numbers[f], 6);
        else buf_i64(&m->pool, m->numbers[f]);
        add(m, d, name, str_slice(buf_str(&m->pool), from, m->pool.size));
    }
}

static struct str make_event(struct maker *m, const char *kind) {
    bool is_object[NEST_COUNT] = {true, true, below(m, 2), below(m, 3) == 0};
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        enum nest nest = below(m, 3) == 0 ? place_for(m, f, is_object) : NEST_COUNT;
        if (nest != NEST_COUNT) choose_field(m, f, nest);
    }
    static const char *strange[] = {"[1,{\"b\":[]},\"x\"]",    "null",           "1.50", "{\"geo\":{\"lat\":1}}",
                                    "12345678901234567890123", "\"\\u0001\\n\"", "true"};
    char name[32];
    for (uint64_t n = below(m, 4), i = 0; i < n; i++) {
        enum nest nest = (enum nest)below(m, NEST_COUNT);
        (void)snprintf(name, sizeof name, "%c%llu", "bgnpz"[below(m, 5)], (unsigned long long)i);
        if (is_object[nest]) add(m, &m->nests[nest], str_from(name), str_from(strange[below(m, 7)]));
    }
    for (enum nest n = NEST_GEO; n < NEST_COUNT; n++)
        if (is_object[n] && (m->nests[n].count || below(m, 4) == 0)) add(m, &m->nests[NEST_FLAT], nest_name(n), join(m, &m->nests[n]));
    if (below(m, 2)) add(m, &m->nests[NEST_FLAT], STR("ip"), below(m, 2) ? STR("\"203.0.113.7\"") : STR("\"2001:DB8:0::1\""));
    struct draft *v = &m->envelope;
    add(m, v, STR("data"), join(m, &m->nests[NEST_FLAT]));
    add(m, v, STR("specversion"), STR("\"1.0\""));
    add_text(m, v, STR("id"), random_text(m, EVENT_ID_SIZE_MAX));
    add_text(m, v, STR("source"), random_text(m, EVENT_SOURCE_SIZE_MAX));
    add_text(m, v, STR("type"), str_from(kind));
    add_text(m, v, STR("subject"), random_text(m, EVENT_SUBJECT_SIZE_MAX));
    add(m, v, STR("time"), below(m, 2) ? STR("\"2026-03-01T01:02:03.456+09:00\"") : STR("\"1999-12-31T23:59:60Z\""));
    return join(m, v);
}

/* What was sent is what is found in the struct: no two fields are mixed up. */
static void expect_chosen(const struct maker *m, const struct event *e) {
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        if (f == FIELD_geo_source && !m->is_chosen[f]) continue; /* ingest fills it in */
        EXPECT_EQ(field_is_set(e, f), m->is_chosen[f]);
        if (fields[f].form == FORM_TEXT) EXPECT_STR(field_text(e, f), m->texts[f]);
        else EXPECT_EQ(field_number(e, f), m->numbers[f]);
    }
}

TEST(random_events_of_each_kind_survive) {
    static char pool[1 << 16];
    static struct maker m;
    struct event e, shuffled;
    char type[64];
    for (uint64_t seed = 1; seed <= 6000; seed++) {
        m = (struct maker){.state = seed, .pool = buf_over(pool, sizeof pool)};
        enum kind kind = (enum kind)(seed % KIND_COUNT);
        (void)snprintf(type, sizeof type, "%.*s", STR_ARGS(kind == KIND_UNKNOWN ? STR("coupon used") : kind_name(kind)));
        struct str json = make_event(&m, type);
        EXPECT(!m.pool.overflow);
        if (ingest(json, first_memory, &e)) continue;
        EXPECT_EQ(e.kind, kind);
        expect_chosen(&m, &e);
        expect_survives(&e);
        if (ingest(join(&m, &m.envelope), second_memory, &shuffled)) continue;
        EXPECT_STR(encode(&shuffled, 1), encode(&e, 0));
    }
}

/* Of an unknown kind a member that does not fit its field is kept; it must come back to where it was. */
TEST(what_does_not_fit_an_unknown_kind_survives) {
    static const char *datas[] = {
        "{\"amount_minor\":\"x\",\"order\":{\"amount_minor\":5}}",
        "{\"order\":{\"amount_minor\":\"x\"},\"amount_minor\":5}",
        "{\"membership\":{\"plan\":1},\"plan\":\"p\"}",
        "{\"plan\":1,\"membership\":{\"plan\":\"p\"}}",
        "{\"order\":12,\"charge\":\"c\"}",
        "{\"geo\":\"JP\",\"ip\":5,\"outcome\":\"half\",\"method\":7}",
        "{\"order\":{\"id\":[],\"kind\":\"digital\"}}",
        "{\"geo\":{\"lat\":91,\"lon\":1}}",
        "{\"geo\":{\"source\":5,\"lon\":1}}",
        "{\"membership\":{\"currency\":1},\"order\":{\"currency\":\"JPY\"},\"currency\":2}",
    };
    static char json[1024];
    struct event e;
    for (size_t i = 0; i < sizeof datas / sizeof datas[0]; i++) {
        struct buf b = buf_over(json, sizeof json);
        buf_fmt(&b, "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"time\":\"2026-03-01T00:00:00Z\",\"data\":%s}",
                datas[i]);
        if (ingest(buf_str(&b), first_memory, &e) == ERR_OK) expect_survives(&e);
    }
}

/* 13 months of a small shop, where the file is at hand; HIKESHI_SAMPLES names its folder. */
TEST(the_sample_survives) {
    char path[512];
    const char *folder = getenv("HIKESHI_SAMPLES");
    (void)snprintf(path, sizeof path, "%s/small.ndjson", folder ? folder : "../shared/samples");
    FILE *file = fopen(path, "rb");
    if (!file) {
        printf("skipped: no sample at %s (set HIKESHI_SAMPLES)\n", path);
        return;
    }
    static char chunk[4096], held[EVENT_JSON_SIZE_MAX];
    struct splitter s;
    struct problem p;
    struct event e;
    splitter_init(&s, SPLIT_NDJSON, held, sizeof held);
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;) {
        struct str in = {chunk, size}, piece;
        while (splitter_next(&s, &in, &piece, &p) == SPLIT_PIECE)
            if (ingest(piece, first_memory, &e) == ERR_OK) expect_survives(&e);
    }
    (void)fclose(file);
    EXPECT(s.index > 0);
    printf("%llu events of the sample survive\n", (unsigned long long)s.index);
}

int main(void) {
    RUN(random_events_of_each_kind_survive);
    RUN(what_does_not_fit_an_unknown_kind_survives);
    RUN(the_sample_survives);
    return test_end();
}
