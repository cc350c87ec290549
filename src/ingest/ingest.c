// SPDX-License-Identifier: Apache-2.0
/* Reads the CloudEvents envelope, in JSON or in headers, and holds an event to the contract. */
#include "ingest/ingest.h"

#include <stdarg.h>
#include <string.h>

#include "base/bounds.h"
#include "base/json.h"
#include "base/moment.h"
#include "ingest/data.h"

/* The attributes of CloudEvents that we read. Any other (extensions, dataschema) is not ours and is let go. */
enum attribute { ID, SOURCE, TYPE, SUBJECT, TIME, SPECVERSION, CONTENT_TYPE, ATTRIBUTE_COUNT };

static const struct attribute_info {
    const char *name;
    size_t size_max;
    bool required;
    const char *fix;
} attributes[ATTRIBUTE_COUNT] = {
    [ID] = {"id", EVENT_ID_SIZE_MAX, true, "give each event an id of its own: a retry repeats it"},
    [SOURCE] = {"source", EVENT_SOURCE_SIZE_MAX, true, "name the system that saw the event, e.g. shop"},
    [TYPE] = {"type", EVENT_TYPE_SIZE_MAX, true, "name the kind of event, e.g. login"},
    [SUBJECT] = {"subject", EVENT_SUBJECT_SIZE_MAX, false, "send the account's id"},
    [TIME] = {"time", 64, true, "send when it happened, e.g. 2026-03-01T01:02:03.456Z"},
    [SPECVERSION] = {"specversion", 16, true, "send specversion 1.0"},
    [CONTENT_TYPE] = {"datacontenttype", 256, false, "send data as application/json"},
};

struct envelope {
    bool in_headers; /* binary mode: messages name the header */
    struct str value[ATTRIBUTE_COUNT];
};

static enum attribute attribute_from(struct str name) {
#define IS(literal) (name.size == sizeof(literal) - 1 && memcmp(name.at, literal, sizeof(literal) - 1) == 0)
    if (IS("id")) return ID;
    if (IS("source")) return SOURCE;
    if (IS("type")) return TYPE;
    if (IS("subject")) return SUBJECT;
    if (IS("time")) return TIME;
    if (IS("specversion")) return SPECVERSION;
    if (IS("datacontenttype")) return CONTENT_TYPE;
#undef IS
    return ATTRIBUTE_COUNT;
}

__attribute__((format(printf, 5, 6))) static enum err refuse(const struct envelope *v, enum attribute a, enum err err, struct problem *p,
                                                             const char *format, ...) {
    char where[32], what[160];
    if (v->in_headers && a == CONTENT_TYPE) (void)snprintf(where, sizeof where, "content-type");
    else (void)snprintf(where, sizeof where, "%s%s", v->in_headers ? "ce-" : "", attributes[a].name);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return problem_set(p, err, where, attributes[a].fix, "%s %s", where, what);
}

/* --- the contract of the envelope --------------------------------------------------------------------------------------------------- */

static enum err check_texts(const struct envelope *v, struct problem *p) {
    for (enum attribute a = 0; a < ATTRIBUTE_COUNT; a++) {
        struct str s = v->value[a];
        if (s.size == 0 && attributes[a].required) return refuse(v, a, ERR_INVALID, p, "is missing");
        if (s.size > attributes[a].size_max)
            return refuse(v, a, ERR_INVALID, p, "is %zu bytes long, more than %zu", s.size, attributes[a].size_max);
        if (str_has_control(s)) return refuse(v, a, ERR_INVALID, p, "has a control character");
    }
    if (!str_equal(v->value[SPECVERSION], STR("1.0"))) return refuse(v, SPECVERSION, ERR_UNSUPPORTED, p, "is not 1.0");
    return ERR_OK;
}

/* application/json, or a type whose suffix says that it is JSON (RFC 6839 section 3.1); parameters such as charset are let go. */
static bool is_json_type(struct str type) {
    struct str parameters, media = str_trim(str_cut(type, ';', &parameters));
    if (str_equal_ignoring_case(media, STR("application/json")) || str_equal_ignoring_case(media, STR("text/json"))) return true;
    return media.size > 5 && str_equal_ignoring_case(str_slice(media, media.size - 5, media.size), STR("+json"));
}

/* "io.hikeshi.login.v1" -> "login". Only a plain word between them is a short name, so that what is left is never cut again. */
static struct str short_type(struct str type) {
    struct str prefix = STR("io.hikeshi."), suffix = STR(".v1");
    if (type.size <= prefix.size + suffix.size || !str_starts(type, prefix) || !str_ends(type, suffix)) return type;
    struct str name = str_slice(type, prefix.size, type.size - suffix.size);
    return str_find_char(name, '.', 0) == name.size ? name : type;
}

static enum err read_envelope(const struct envelope *v, int64_t now_ms, struct event *out, struct problem *p) {
    enum err err = check_texts(v, p);
    if (err) return err;
    if (v->value[CONTENT_TYPE].size && !is_json_type(v->value[CONTENT_TYPE]))
        return refuse(v, CONTENT_TYPE, ERR_UNSUPPORTED, p, "is not JSON");
    if (!moment_parse(v->value[TIME], &out->time_ms)) return refuse(v, TIME, ERR_INVALID, p, "is no RFC 3339 time from 1970 on");
    if (out->time_ms - EVENT_FUTURE_MS_MAX > now_ms)
        return refuse(v, TIME, ERR_INVALID, p, "is more than 24 h in the future: check the sender's clock and zone");
    out->id = v->value[ID];
    out->source = v->value[SOURCE];
    out->subject = v->value[SUBJECT];
    out->type = short_type(v->value[TYPE]);
    out->kind = kind_from(out->type);
    return ERR_OK;
}

/*
 * Acts of, or upon, an account need the account. Not so: attempts on names that no account has; what carriers, banks and card networks
 * report by order or charge; what people say of an incident or a task; what we journal ourselves; and kinds that we do not know.
 */
static bool needs_subject(const struct event *e) {
    if (e->failure == FAILURE_NO_SUCH_ACCOUNT) return false;
    switch (kind_group(e->kind)) {
    case GROUP_ACCESS:
    case GROUP_CREDENTIAL:
    case GROUP_VALUE: return true;
    case GROUP_PEOPLE: return e->kind == KIND_OWNER_STATEMENT;
    case GROUP_LABEL: return e->kind == KIND_BREACH_MATCH;
    case GROUP_NONE:
    case GROUP_FATE:
    case GROUP_OWN: return false;
    }
    return false;
}

static enum err read_event(const struct envelope *v, struct json data, size_t data_size, int64_t now_ms, struct arena *step,
                           struct event *out, struct problem *p) {
    memset(out, 0, sizeof *out);
    enum err err = read_envelope(v, now_ms, out, p);
    if (err) return err;
    if (data.type != JSON_OBJECT && data.type != JSON_NULL && data.type != JSON_MISSING)
        return problem_set(p, ERR_INVALID, "data", "send an object, or leave data out", "data must be an object, not %s",
                           json_type_name(data.type));
    err = data_read(data, data_size, step, out, p);
    if (err) return err;
    if (out->subject.size == 0 && needs_subject(out))
        return refuse(v, SUBJECT, ERR_INVALID, p, "is missing, and '%.*s' is about an account", STR_ARGS(out->type));
    return ERR_OK;
}

/* --- structured mode ---------------------------------------------------------------------------------------------------------------- */

/* One member of the event's object. */
static enum err read_member(const struct json_member *m, struct envelope *v, struct json *data, struct problem *p) {
    enum attribute a = attribute_from(m->name);
    if (a != ATTRIBUTE_COUNT) {
        if (m->value.type == JSON_TEXT) v->value[a] = m->value.text;
        else if (m->value.type != JSON_NULL) return refuse(v, a, ERR_INVALID, p, "must be a text, not %s", json_type_name(m->value.type));
    } else if (str_equal(m->name, STR("data"))) *data = m->value;
    else if (str_equal(m->name, STR("data_base64")))
        return problem_set(p, ERR_UNSUPPORTED, "data_base64", "send data as a JSON object", "data_base64 is not read");
    return ERR_OK;
}

enum err ingest_event(struct str json, int64_t now_ms, struct arena *step, struct event *out, struct problem *p) {
    struct json root, data = {0};
    enum err err = json_parse(json, EVENT_JSON_SIZE_MAX, step, &root, p);
    if (err) return err;
    if (root.type != JSON_OBJECT)
        return problem_set(p, ERR_INVALID, "", "send one CloudEvent, an object with id, source, type, time and data",
                           "an event must be an object, not %s", json_type_name(root.type));
    struct envelope v = {.in_headers = false};
    struct json_walk walk = json_walk(root);
    for (struct json_member m; !err && json_next(&walk, &m);) err = read_member(&m, &v, &data, p);
    return err ? err : read_event(&v, data, json.size, now_ms, step, out, p);
}

/* --- binary mode -------------------------------------------------------------------------------------------------------------------- */

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* Takes off double quotes and the backslashes within them (RFC 9110 section 5.6.4). false: a quote that does not end. */
static bool unquote(char *at, size_t *size) {
    if (*size == 0 || at[0] != '"') return true;
    size_t to = 0, i = 1;
    for (; i < *size && at[i] != '"'; i++) {
        if (at[i] == '\\' && i + 1 < *size) i++;
        at[to++] = at[i];
    }
    if (i + 1 != *size) return false;
    *size = to;
    return true;
}

/* One round of percent-decoding (RFC 3986 section 2.1). false: a percent sign without two hexadecimal digits. */
static bool decode_percent(char *at, size_t *size) {
    size_t to = 0;
    for (size_t i = 0; i < *size; i++) {
        if (at[i] != '%') {
            at[to++] = at[i];
            continue;
        }
        int high = i + 2 < *size ? hex_digit(at[i + 1]) : -1, low = i + 2 < *size ? hex_digit(at[i + 2]) : -1;
        if (high < 0 || low < 0) return false;
        at[to++] = (char)(high * 16 + low);
        i += 2;
    }
    *size = to;
    return true;
}

/* A header's value as the HTTP protocol binding (section 3.1.3.2) says: unquote, then one round of percent-decoding, then UTF-8. */
static enum err read_header(const struct envelope *v, enum attribute a, struct str raw, struct arena *step, struct str *out,
                            struct problem *p) {
    raw = str_trim(raw);
    char *at = arena_take(step, raw.size ? raw.size : 1);
    if (!at) return refuse(v, a, ERR_FULL, p, "does not fit into the memory of one step");
    size_t size = raw.size;
    if (size) memcpy(at, raw.at, size);
    if (!unquote(at, &size)) return refuse(v, a, ERR_INVALID, p, "has a quote that does not end");
    if (!decode_percent(at, &size)) return refuse(v, a, ERR_INVALID, p, "has a percent sign that encodes nothing: write it as %%25");
    *out = (struct str){at, size};
    if (!str_is_utf8(*out)) return refuse(v, a, ERR_INVALID, p, "is not UTF-8");
    return ERR_OK;
}

/* The attribute that a header carries: ce-NAME, or Content-Type; ATTRIBUTE_COUNT for any other header. */
static enum attribute attribute_of_header(struct str name) {
    if (str_equal_ignoring_case(name, STR("content-type"))) return CONTENT_TYPE;
    if (!str_equal_ignoring_case(str_slice(name, 0, 3), STR("ce-"))) return ATTRIBUTE_COUNT;
    struct str rest = str_slice(name, 3, name.size);
    for (enum attribute a = 0; a < CONTENT_TYPE; a++)
        if (str_equal_ignoring_case(rest, str_from(attributes[a].name))) return a;
    return ATTRIBUTE_COUNT;
}

enum err ingest_binary(const struct ce_header *headers, size_t count, struct str data_json, int64_t now_ms, struct arena *step,
                       struct event *out, struct problem *p) {
    struct envelope v = {.in_headers = true};
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < count; i++) {
        enum attribute a = attribute_of_header(headers[i].name);
        if (a == ATTRIBUTE_COUNT) continue;
        if (v.value[a].at) return refuse(&v, a, ERR_INVALID, p, "was sent twice");
        err = read_header(&v, a, headers[i].value, step, &v.value[a], p);
    }
    struct json data = {0};
    if (!err && str_trim(data_json).size) err = json_parse(data_json, EVENT_JSON_SIZE_MAX, step, &data, p);
    return err ? err : read_event(&v, data, data_json.size, now_ms, step, out, p);
}
