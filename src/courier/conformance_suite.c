// SPDX-License-Identifier: Apache-2.0
/* Asks for the conformance suite: as a courier does, and as one should not. */
#include "courier/conformance_suite.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/check.h"
#include "courier/signature.h"

#define BODY_SIZE_MAX (32U * 1024)
#define POLLS_MAX     100 /* until an answer that the wire owes us; each waits for the time-out */

/* ---- a request ---------------------------------------------------------------------------------------------------------------------- */

static struct buf new_buf(struct arena *step, size_t size) {
    char *memory = arena_take(step, size);
    CHECK(memory);
    return buf_over(memory, size);
}

static struct str written(const struct buf *b) {
    CHECK(!b->overflow);
    return buf_str(b);
}

static void member(struct buf *b, const char *name, struct str value) {
    if (!value.at) return;
    buf_fmt(b, "%s\"%s\":", b->size > 1 && b->at[b->size - 1] != '{' ? "," : "", name);
    buf_json(b, value);
}

static void effect_member(struct buf *b, const struct question *q) {
    if (!q->object.at && !q->kind.at) return;
    buf_text(b, STR(",\"effect\":{"));
    member(b, "id", STR("inc_0/e1"));
    member(b, "kind", q->kind);
    member(b, "object", q->object);
    member(b, "before", q->before);
    member(b, "after", q->after);
    buf_char(b, '}');
}

static struct str body_of(struct suite *s, const struct question *q) {
    struct buf b = new_buf(&s->step, BODY_SIZE_MAX);
    if (q->raw.at) return q->raw;
    if (!strcmp(q->verb, "describe")) return STR("{}");
    buf_char(&b, '{');
    member(&b, "system", q->system);
    member(&b, "verb", str_from(q->verb));
    member(&b, "of", q->of);
    member(&b, "how", q->how);
    member(&b, "incident", STR("inc_0"));
    member(&b, "account", q->account);
    effect_member(&b, q);
    buf_text(&b, STR(",\"window\":{\"from\":\"2026-01-01T00:00:00.000Z\",\"to\":\"\"},\"path\":{}"));
    member(&b, "key", q->key);
    if (q->extra) buf_text(&b, str_from(q->extra));
    buf_char(&b, '}');
    return written(&b);
}

struct str suite_new_key(struct suite *s) {
    struct buf b = new_buf(&s->step, 64);
    buf_fmt(&b, "conformance/%s/%llu", s->run, (unsigned long long)++s->number);
    return written(&b);
}

static struct str header(struct suite *s, const struct question *q, const char *name, struct str value) {
    struct buf b = new_buf(&s->step, 256 + value.size);
    for (; *name; name++) buf_char(&b, q->forgery == FORGERY_UPPER_HEADERS && *name >= 'a' && *name <= 'z' ? (char)(*name - 32) : *name);
    buf_text(&b, STR(": "));
    buf_text(&b, value);
    return written(&b);
}

/* As it should be signed, but for what the forgery changes before. */
static struct str signature_of(struct suite *s, const struct question *q, struct signed_text t) {
    const struct counterpart *c = s->o->counterpart;
    unsigned char secret[SECRET_SIZE_MAX];
    char made[SIGNATURE_SIZE_MAX];
    memcpy(secret, c->secrets[0], sizeof secret);
    if (q->forgery == FORGERY_OTHER_SECRET) secret[0] ^= 1;
    if (q->forgery == FORGERY_OTHER_BODY) t.body = STR("{\"other\":true}");
    if (q->forgery == FORGERY_OTHER_ID) t.id = STR("another");
    if (q->forgery == FORGERY_OTHER_TIMESTAMP) t.timestamp = STR("1767225600");
    signature_make(secret, c->secret_sizes[0], &t, &s->step, made);
    struct buf b = new_buf(&s->step, 2 * SIGNATURE_SIZE_MAX);
    struct str right = str_from(made);
    if (q->forgery == FORGERY_SECOND_IS_RIGHT) buf_text(&b, STR("v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "));
    if (q->forgery == FORGERY_UNPREFIXED) right = str_slice(right, 3, right.size);
    if (q->forgery == FORGERY_HALF) right = str_slice(right, 0, right.size / 2);
    if (q->forgery == FORGERY_EMPTY) right = STR_NONE;
    buf_text(&b, right);
    if (q->forgery == FORGERY_VERSION_2) b.at[1] = '2';
    for (size_t i = 0; q->forgery == FORGERY_LOWER_CASE && i < b.size; i++)
        if (b.at[i] >= 'A' && b.at[i] <= 'Z') b.at[i] = (char)(b.at[i] + 32);
    return written(&b);
}

static struct str timestamp_of(struct suite *s, const struct question *q) {
    struct buf b = new_buf(&s->step, 32);
    if (q->forgery == FORGERY_TIMESTAMP_TEXT) buf_text(&b, STR("soon"));
    else buf_i64(&b, (s->o->clock.now_ms(s->o->clock.self) + q->skew_ms) / 1000);
    return written(&b);
}

static struct wire_request request_of(struct suite *s, const struct question *q) {
    const struct counterpart *c = s->o->counterpart;
    const char *path = q->path ? q->path : q->verb;
    struct signed_text t = {.id = q->id.at ? q->id : suite_new_key(s), .timestamp = timestamp_of(s, q), .body = body_of(s, q)};
    struct str *headers = arena_take(&s->step, 4 * sizeof *headers);
    CHECK(headers);
    size_t count = 0;
    bool none = q->forgery == FORGERY_NO_HEADERS;
    headers[count++] = STR("content-type: application/json");
    if (!none && q->forgery != FORGERY_NO_ID) headers[count++] = header(s, q, "webhook-id", t.id);
    if (!none && q->forgery != FORGERY_NO_TIMESTAMP) headers[count++] = header(s, q, "webhook-timestamp", t.timestamp);
    if (!none && q->forgery != FORGERY_NO_SIGNATURE) headers[count++] = header(s, q, "webhook-signature", signature_of(s, q, t));
    struct buf url = new_buf(&s->step, c->url.size + strlen(path) + 8);
    buf_text(&url, c->url);
    buf_fmt(&url, "/%s", path);
    return (struct wire_request){.method = STR("POST"),
                                 .url = written(&url),
                                 .headers = headers,
                                 .header_count = count,
                                 .body = t.body,
                                 .timeout_ms = c->timeout_ms,
                                 .ca_file = c->ca_file};
}

/* ---- an answer ---------------------------------------------------------------------------------------------------------------------- */

static void take_in(struct suite *s, const struct wire_answer *a, struct said *out) {
    bool full = false;
    *out = (struct said){.fate = a->fate, .status = a->status, .body = arena_copy(&s->step, a->body, &full)};
    if (a->fate != WIRE_ANSWERED) {
        (void)suite_fail(s, "no whole answer: %s", a->error);
        return;
    }
    if (!a->body.size || json_parse(out->body, WIRE_BODY_SIZE_MAX, &s->step, &out->root, NULL)) return;
    out->outcome = json_text(json_get(out->root, STR("outcome")));
    out->reference = json_text(json_get(out->root, STR("reference")));
    out->state = json_text(json_get(out->root, STR("state")));
}

void suite_ask_together(struct suite *s, const struct question *q, size_t count, struct said *out) {
    const struct wire *w = &s->o->wire;
    size_t started = 0;
    CHECK(count <= TOGETHER_MAX);
    for (size_t i = 0; i < count; i++) {
        struct problem p;
        struct wire_request r = request_of(s, &q[i]);
        r.id = i;
        out[i] = (struct said){.fate = WIRE_NOT_SENT};
        started += w->ops->start(w->self, &r, &p) == ERR_OK;
    }
    for (unsigned polls = 0; started && polls < POLLS_MAX; polls++) {
        struct wire_answer answers[TOGETHER_MAX];
        size_t got = w->ops->poll(w->self, answers, TOGETHER_MAX, (int)s->o->counterpart->timeout_ms);
        for (size_t i = 0; i < got; i++) take_in(s, &answers[i], &out[answers[i].id]);
        started -= got;
    }
}

bool suite_ask(struct suite *s, const struct question *q, struct said *out) {
    (void)suite_fail(s, "no answer");
    suite_ask_together(s, q, 1, out);
    if (out->fate == WIRE_ANSWERED) s->why[0] = 0;
    return out->fate == WIRE_ANSWERED;
}

bool said_no(const struct said *a) {
    switch (a->status) {
    case 400:
    case 404:
    case 405:
    case 410:
    case 413:
    case 414:
    case 422: return true;
    case 200: return said_is(a, "refused") || said_is(a, "absent");
    default: return false;
    }
}

bool said_definitely(const struct said *a) {
    bool good = said_is(a, "done") || said_is(a, "pending") || said_is(a, "changed");
    return said_no(a) || ((a->status == 200 || a->status == 202) && good) || (a->status == 409 && said_is(a, "changed"));
}

enum conformance_verdict suite_fail(struct suite *s, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(s->why, sizeof s->why, format, arguments);
    va_end(arguments);
    return CONFORMANCE_FAILED;
}

enum conformance_verdict suite_skip(struct suite *s, const char *why) {
    (void)suite_fail(s, "%s", why);
    return CONFORMANCE_SKIPPED;
}

/* ---- the description ---------------------------------------------------------------------------------------------------------------- */

/* "undo.refund" taken apart. */
static void add_operation(struct toy *t, struct str operation) {
    if (t->count == OPERATIONS_OF_OBJECT) return;
    t->verbs[t->count] = str_cut(operation, '.', &t->hows[t->count]);
    t->count++;
}

static void add_toy(struct suite *s, struct json object) {
    if (s->toy_count == OBJECTS_MAX) return;
    struct toy *t = &s->toys[s->toy_count++];
    *t = (struct toy){.system = json_text(json_get(object, STR("system"))),
                      .kind = json_text(json_get(object, STR("kind"))),
                      .object = json_text(json_get(object, STR("object"))),
                      .before = json_text(json_get(object, STR("before"))),
                      .after = json_text(json_get(object, STR("after")))};
    struct json_walk operations = json_walk(json_get(object, STR("operations")));
    for (struct json_member m; json_next(&operations, &m);) add_operation(t, json_text(m.value));
}

bool suite_describe(struct suite *s, bool sandbox) {
    struct said a;
    struct question q = {.verb = "describe", .raw = sandbox ? STR("{\"sandbox\":true}") : STR("{}")};
    s->description = (struct json){0};
    s->account = STR_NONE;
    s->toy_count = 0;
    if (!suite_ask(s, &q, &a)) return false;
    arena_reset(&s->described);
    if (a.status != 200 || json_parse(a.body, WIRE_BODY_SIZE_MAX, &s->described, &s->description, NULL)) {
        (void)suite_fail(s, "describe was answered with %u and no JSON object", a.status);
        return false;
    }
    struct json box = json_get(s->description, STR("sandbox"));
    s->account = json_text(json_get(box, STR("account")));
    struct json_walk objects = json_walk(json_get(box, STR("objects")));
    for (struct json_member m; json_next(&objects, &m);) add_toy(s, m.value);
    return true;
}
