// SPDX-License-Identifier: Apache-2.0
/* Reads `data` by the table of fields, and keeps what the table does not know. */
#include "ingest/data.h"

#include <stdarg.h>
#include <string.h>

#include "base/check.h"
#include "event/catalogue.h"

/* A member that no field takes, in a list sorted by name: what was sent in another order must still become the same bytes. */
struct kept {
    struct str name;
    struct json value; /* JSON_MISSING: the object `inner`, whose kept members are a list of their own */
    enum nest inner;
    struct kept *next;
};

struct reader {
    struct event *e;
    struct arena *step;
    struct problem *p;
    struct kept *kept[NEST_COUNT];
    bool geo_given;
};

/* A member of `data`: which object it stands in, its name, its value. */
struct member {
    enum nest nest;
    struct str name;
    struct json value;
};

static struct str where_of(const struct member *m, struct buf *b) {
    struct str nest = nest_name(m->nest);
    buf_text(b, STR("data."));
    if (nest.size) buf_text(b, nest), buf_char(b, '.');
    buf_text(b, m->name);
    buf_char(b, 0);
    return buf_str(b);
}

/* Refuses a member, naming it. Only names of the contract come here, so that they fit. */
__attribute__((format(printf, 4, 5))) static enum err refuse(struct reader *r, const struct member *m, const char *fix, const char *format,
                                                             ...) {
    char path[64], what[200];
    struct buf b = buf_over(path, sizeof path);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    const char *where = where_of(m, &b).at;
    return problem_set(r->p, ERR_INVALID, where, fix, "%s %s", where, what);
}

static enum err refuse_type(struct reader *r, const struct member *m, const char *wanted) {
    return refuse(r, m, "send it in that form, or leave it out", "must be %s, not %s", wanted, json_type_name(m->value.type));
}

/* --- what no field takes ------------------------------------------------------------------------------------------------------------ */

static bool is_before(struct str a, struct str b) {
    int order = memcmp(a.at, b.at, a.size < b.size ? a.size : b.size);
    return order < 0 || (order == 0 && a.size < b.size);
}

static enum err insert(struct reader *r, enum nest list, struct kept item) {
    struct kept *memory = arena_take(r->step, sizeof item), **at = &r->kept[list];
    if (!memory) return problem_set(r->p, ERR_FULL, "data", "", "the memory of one step is too small for this event");
    while (*at && is_before((*at)->name, item.name)) at = &(*at)->next; /* JSON_MEMBER_COUNT_MAX bounds the way */
    item.next = *at;
    *memory = item;
    *at = memory;
    return ERR_OK;
}

static enum err keep(struct reader *r, const struct member *m) {
    enum err err = ERR_OK;
    if (m->nest != NEST_FLAT && !r->kept[m->nest]) err = insert(r, NEST_FLAT, (struct kept){.name = nest_name(m->nest), .inner = m->nest});
    return err ? err : insert(r, m->nest, (struct kept){.name = m->name, .value = m->value});
}

static void write_kept(struct buf *b, const struct reader *r, enum nest list) {
    buf_char(b, '{');
    for (const struct kept *k = r->kept[list]; k; k = k->next) {
        if (k != r->kept[list]) buf_char(b, ',');
        buf_json(b, k->name);
        buf_char(b, ':');
        if (k->value.type == JSON_MISSING) write_kept(b, r, k->inner); /* once: a list within has values only */
        else json_write(b, k->value);
    }
    buf_char(b, '}');
}

/* What was kept, as one object. It is never longer than the text that it was read from. */
static enum err write_extra(struct reader *r, size_t size_max) {
    if (!r->kept[NEST_FLAT]) return ERR_OK;
    void *memory = arena_take(r->step, size_max);
    if (!memory) return problem_set(r->p, ERR_FULL, "data", "", "the memory of one step is too small for this event");
    struct buf b = buf_over(memory, size_max);
    write_kept(&b, r, NEST_FLAT);
    CHECK(!b.overflow);
    arena_keep(r->step, memory, b.size);
    r->e->extra = buf_str(&b);
    return ERR_OK;
}

/* --- one field ---------------------------------------------------------------------------------------------------------------------- */

/*
 * Texts that the client itself chooses, as opposed to those that the shop makes. Refusing an event for them would let an attacker blind
 * the detectors by a User-Agent of 600 bytes or a tab in a cookie, so these are mended: cut to size, control characters made blanks.
 */
static bool is_chosen_by_client(enum field field) {
    return field == FIELD_user_agent || field == FIELD_device || field == FIELD_ja4 || field == FIELD_language || field == FIELD_timezone ||
           field == FIELD_page;
}

/* In place: the text is the parser's copy in the step arena, and nobody else's. */
static struct str mend(struct str s, size_t size_max) {
    s = str_head(s, size_max);
    char *at = (char *)(uintptr_t)s.at;
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)at[i];
        if (c < 0x20 || c == 0x7F) at[i] = ' ';
        else if (c == 0xC2 && (unsigned char)at[i + 1] < 0xA0) at[i] = at[i + 1] = ' ';
    }
    return s;
}

static enum err read_text(struct reader *r, const struct member *m, enum field field) {
    if (m->value.type != JSON_TEXT) return refuse_type(r, m, "a text");
    struct str s = m->value.text;
    size_t size_max = (size_t)fields[field].max;
    bool too_long = s.size > size_max, control = str_has_control(s);
    if ((too_long || control) && is_chosen_by_client(field)) s = mend(s, size_max);
    else if (too_long) return refuse(r, m, "send an id or a hash instead", "is %zu bytes long, more than %zu", s.size, size_max);
    else if (control) return refuse(r, m, "remove it", "has a control character");
    field_set_text(r->e, field, s);
    return ERR_OK;
}

static enum err read_number(struct reader *r, const struct member *m, enum field field) {
    const struct field_info *f = &fields[field];
    bool is_micro = f->form == FORM_MICRO, exact;
    int64_t value, unit = is_micro ? 1000000 : 1;
    if (m->value.type != JSON_NUMBER) return refuse_type(r, m, is_micro ? "a number" : "a whole number");
    if (!json_scaled(m->value, is_micro ? 6 : 0, &value, &exact) || value < f->min || value > f->max)
        return refuse(r, m, "check the unit", "must be between %lld and %lld", (long long)(f->min / unit), (long long)(f->max / unit));
    if (!is_micro && !exact) return refuse(r, m, "send the integer in the smallest unit", "must be a whole number");
    field_set_number(r->e, field, value);
    return ERR_OK;
}

static enum err refuse_word(struct reader *r, const struct member *m, const struct vocabulary *set) {
    char fix[sizeof r->p->fix];
    struct buf b = buf_over(fix, sizeof fix - 1);
    buf_text(&b, STR("use one of: "));
    for (unsigned i = 1; i < set->count; i++) {
        if (i > 1) buf_text(&b, STR(", "));
        buf_text(&b, set->words[i]);
    }
    fix[b.size] = 0;
    struct str word = str_head(m->value.text, 40);
    return refuse(r, m, fix, "has no word '%.*s'", STR_ARGS(word));
}

static enum err read_choice(struct reader *r, const struct member *m, enum field field) {
    const struct vocabulary *set = fields[field].set;
    if (m->value.type != JSON_TEXT) return refuse_type(r, m, "a text");
    unsigned choice = choice_from(set, m->value.text);
    bool known = choice < set->count;
    if (!known && set->strictness == STRICT) return refuse_word(r, m, set);
    field_set_number(r->e, field, choice);
    return known ? ERR_OK : keep(r, m);
}

static enum err read_address(struct reader *r, const struct member *m) {
    if (m->value.type != JSON_TEXT) return refuse_type(r, m, "a text");
    if (m->value.text.size == 0 || address_parse(m->value.text, &r->e->ip)) return ERR_OK;
    return refuse(r, m, "send the client's address as your server saw it, without port or zone", "is no IPv4 or IPv6 address");
}

static enum err read_field(struct reader *r, const struct member *m, enum field field) {
    if (m->nest == NEST_GEO) r->geo_given = true;
    switch (fields[field].form) {
    case FORM_TEXT: return read_text(r, m, field);
    case FORM_NUMBER:
    case FORM_MICRO: return read_number(r, m, field);
    case FORM_CHOICE: return read_choice(r, m, field);
    }
    return ERR_OK;
}

/* --- members ------------------------------------------------------------------------------------------------------------------------ */

static enum nest nest_from(struct str name) {
    for (enum nest n = NEST_GEO; n < NEST_COUNT; n++)
        if (str_equal(name, nest_name(n))) return n;
    return NEST_FLAT;
}

static enum err read_member(struct reader *r, const struct member *m);

static enum err read_nest(struct reader *r, struct json object, enum nest nest) {
    struct json_walk walk = json_walk(object);
    enum err err = ERR_OK;
    for (struct json_member inner; !err && json_next(&walk, &inner);) err = read_member(r, &(struct member){nest, inner.name, inner.value});
    return err;
}

/* A known member that does not fit: an error where the kind is known, otherwise kept as it is. */
static enum err misfit(struct reader *r, const struct member *m, enum err err) {
    return err == ERR_INVALID && r->e->kind == KIND_UNKNOWN ? keep(r, m) : err;
}

/* An early form of the contract said owner_statement {statement, channel}; shops may still send it. */
static enum field field_of(const struct reader *r, const struct member *m) {
    enum field field = field_from(m->nest, m->name);
    if (field != FIELD_COUNT || m->nest != NEST_FLAT || r->e->kind != KIND_OWNER_STATEMENT) return field;
    if (str_equal(m->name, STR("statement"))) return FIELD_says;
    return str_equal(m->name, STR("channel")) ? FIELD_via : FIELD_COUNT;
}

static enum err read_member(struct reader *r, const struct member *m) {
    enum field field = field_of(r, m);
    if (m->nest == NEST_FLAT && (m->value.type == JSON_OBJECT || field == FIELD_COUNT)) {
        enum nest nest = nest_from(m->name);
        if (nest != NEST_FLAT && m->value.type == JSON_OBJECT) return read_nest(r, m->value, nest);
        if (nest != NEST_FLAT && m->value.type != JSON_NULL) return misfit(r, m, refuse_type(r, m, "an object"));
        if (str_equal(m->name, STR("ip")) && m->value.type != JSON_NULL) return misfit(r, m, read_address(r, m));
        if (nest != NEST_FLAT) return ERR_OK;
    }
    if (field == FIELD_COUNT) return keep(r, m);
    if (m->value.type == JSON_NULL) return ERR_OK; /* not known: the same as not sent */
    bool given_before = field_is_set(r->e, field);
    enum err err = read_field(r, m, field);
    if (!err && given_before) return refuse(r, m, "send it in one place only", "was given before in another place");
    return misfit(r, m, err);
}

enum err data_read(struct json data, size_t size_max, struct arena *step, struct event *out, struct problem *p) {
    struct reader r = {.e = out, .step = step, .p = p};
    enum err err = read_nest(&r, data, NEST_FLAT);
    if (!err) err = write_extra(&r, size_max);
    if (!err && r.geo_given && out->geo_source == GEO_SOURCE_NONE) out->geo_source = GEO_SOURCE_CALLER;
    return err;
}
