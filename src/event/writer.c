// SPDX-License-Identifier: Apache-2.0
/* Writes an event as the JSON that ingest would read back into it. */
#include "base/json.h"
#include "base/moment.h"
#include "event/catalogue.h"

/*
 * Where the members of `data` stand. geo.* is always nested. An order is an object where it was placed, or where only an object can hold
 * what is known of it; everywhere else it is its id. A membership is an object only where `extra` has one to be completed.
 */
struct layout {
    struct str extra[NEST_COUNT]; /* text of the object that `extra` has of that name, or empty */
    bool nested[NEST_COUNT];
    bool written[NEST_COUNT];
    enum nest place[FIELD_COUNT]; /* NEST_COUNT: it is not written */
};

static bool has_member(struct str object, struct str wanted) {
    struct str name, value;
    while (json_cut_member(&object, &name, &value))
        if (str_equal(name, wanted)) return true;
    return false;
}

/*
 * Not where `extra` holds a member of that name: of an unknown kind it may hold one that did not fit the field. NEST_COUNT where there is
 * no other place: who knew the network facts (geo.source) is then noted anew by whoever reads it.
 */
static enum nest place_of(const struct event *e, const struct layout *l, enum field field) {
    for (enum nest n = NEST_GEO; n < NEST_COUNT; n++) {
        struct str name = field_name(field, n);
        if (l->nested[n] && name.size && !has_member(l->extra[n], name)) return n;
    }
    struct str flat = field_name(field, NEST_FLAT);
    if (flat.size && !has_member(e->extra, flat)) return NEST_FLAT;
    if (field_name(field, NEST_ORDER).size && !l->nested[NEST_ORDER]) return NEST_ORDER;
    return field_name(field, NEST_MEMBERSHIP).size && !l->nested[NEST_MEMBERSHIP] ? NEST_MEMBERSHIP : NEST_COUNT;
}

/* A word outside its vocabulary stands in `extra` and is written from there. */
static bool is_written(const struct event *e, enum field field) {
    if (fields[field].form == FORM_CHOICE && field_number(e, field) == 255) return false;
    return field_is_set(e, field);
}

static struct layout layout_of(const struct event *e) {
    struct layout l = {.nested = {[NEST_GEO] = true}};
    struct str rest = e->extra, name, value;
    while (json_cut_member(&rest, &name, &value))
        for (enum nest n = NEST_GEO; n < NEST_COUNT; n++)
            if (value.at[0] == '{' && str_equal(name, nest_name(n))) l.extra[n] = value;
    l.nested[NEST_ORDER] = e->kind == KIND_ORDER_PLACED || e->order_kind != ORDER_KIND_NONE || l.extra[NEST_ORDER].size;
    l.nested[NEST_MEMBERSHIP] = l.extra[NEST_MEMBERSHIP].size > 0;
    for (enum field f = 0; f < FIELD_COUNT; f++) l.place[f] = is_written(e, f) ? place_of(e, &l, f) : NEST_COUNT;
    return l;
}

static void write_name(struct buf *b, bool *first, struct str name) {
    if (!*first) buf_char(b, ',');
    *first = false;
    buf_json(b, name);
    buf_char(b, ':');
}

static void write_value(struct buf *b, const struct event *e, enum field field) {
    switch (fields[field].form) {
    case FORM_TEXT: buf_json(b, field_text(e, field)); return;
    case FORM_NUMBER: buf_i64(b, field_number(e, field)); return;
    case FORM_MICRO: buf_scaled(b, field_number(e, field), 6); return;
    case FORM_CHOICE: buf_json(b, choice_word(fields[field].set, (unsigned)field_number(e, field))); return;
    }
}

/* The members of an object of `extra`, as they are, but for the objects that are `written` with members of `extra` in them. */
static void write_extra(struct buf *b, bool *first, struct str object, const bool *written) {
    struct str name, value;
    while (json_cut_member(&object, &name, &value)) {
        bool done = false;
        for (enum nest n = NEST_GEO; written && n < NEST_COUNT; n++) done |= written[n] && str_equal(name, nest_name(n));
        if (done) continue;
        if (!*first) buf_char(b, ',');
        *first = false;
        buf_char(b, '"'), buf_text(b, name), buf_text(b, STR("\":")), buf_text(b, value);
    }
}

static void write_fields(struct buf *b, const struct event *e, const struct layout *l, bool *first, enum nest nest, bool ids) {
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        if (l->place[f] != nest) continue;
        struct str name = field_name(f, nest);
        if (str_equal(name, STR("id")) != ids) continue;
        write_name(b, first, name);
        write_value(b, e, f);
    }
}

static void write_nest(struct buf *b, const struct event *e, struct layout *l, bool *first, enum nest nest) {
    l->written[nest] = true;
    write_name(b, first, nest_name(nest));
    buf_char(b, '{');
    bool first_inside = true;
    write_fields(b, e, l, &first_inside, nest, true);
    write_fields(b, e, l, &first_inside, nest, false);
    write_extra(b, &first_inside, l->extra[nest], NULL);
    buf_char(b, '}');
}

static void write_address(struct buf *b, bool *first, const struct address *ip) {
    if (ip->family == ADDRESS_NONE) return;
    write_name(b, first, STR("ip"));
    buf_char(b, '"');
    address_format(b, ip);
    buf_char(b, '"');
}

static void write_data(struct buf *b, const struct event *e) {
    struct layout l = layout_of(e);
    bool first = true;
    buf_char(b, '{');
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        if (f == FIELD_user_agent) write_address(b, &first, &e->ip); /* after the session, as the contract shows it */
        enum nest nest = l.place[f];
        if (nest == NEST_COUNT) continue;
        if (nest != NEST_FLAT) {
            if (!l.written[nest]) write_nest(b, e, &l, &first, nest);
            continue;
        }
        write_name(b, &first, fields[f].path);
        write_value(b, e, f);
    }
    write_extra(b, &first, e->extra, l.written);
    buf_char(b, '}');
}

void event_write_json(const struct event *e, struct buf *b) {
    bool first = false;
    buf_text(b, STR("{\"specversion\":\"1.0\""));
    write_name(b, &first, STR("id")), buf_json(b, e->id);
    write_name(b, &first, STR("source")), buf_json(b, e->source);
    write_name(b, &first, STR("type")), buf_json(b, e->type);
    if (e->subject.size) write_name(b, &first, STR("subject")), buf_json(b, e->subject);
    write_name(b, &first, STR("time")), buf_char(b, '"'), moment_format(b, e->time_ms), buf_char(b, '"');
    write_name(b, &first, STR("data")), write_data(b, e);
    buf_char(b, '}');
}

/* Made of the same lines: "," and a quoted name and text, of which every byte may be escaped, or a number, or a word. */
#define IS_FACT(tag)                                  ((tag) == FACT_TAG_METHOD || ((tag) >= FACT_TAG_FIRST && (tag) <= FACT_TAG_LAST))
#define IN_JSON(tag, member, size)                    (IS_FACT(tag) * (sizeof("," #member "\"\":\"\"") + (size)))
#define TEXT(tag, member, path, size_max, sentence)   +IN_JSON(tag, member, 6 * (size_max))
#define NUMBER(tag, member, path, min, max, sentence) +IN_JSON(tag, member, 20)
#define MICRO(tag, member, path, min, max, sentence)  +IN_JSON(tag, member, 20)
#define CHOICE(tag, member, path, set, sentence)      +IN_JSON(tag, member, 32)
#define ALIAS(path, member)
_Static_assert(EVENT_FACTS_SIZE_MAX >= 2
#include "event/fields.def"
               ,
               "the largest facts fit");
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
#undef IN_JSON

void event_write_facts(const struct event *e, struct buf *b) {
    bool first = true;
    buf_char(b, '{');
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        if (!IS_FACT(fields[f].tag) || !is_written(e, f)) continue;
        write_name(b, &first, fields[f].member);
        write_value(b, e, f);
    }
    buf_char(b, '}');
}
