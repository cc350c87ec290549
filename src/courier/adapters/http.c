// SPDX-License-Identifier: Apache-2.0
/* Asks counterparts that speak docs/reference/adapter.md: JSON over HTTP, signed as Standard Webhooks are. */
#include <openssl/crypto.h>
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "courier/adapter.h"
#include "courier/signature.h"

#define SIGNATURE_AGE_S 300
#define RETRY_DENIED_MS 60000

/* ---- sending ------------------------------------------------------------------------------------------------------------------------ */

static struct str header(struct arena *step, const char *name, struct str value) {
    size_t size = strlen(name) + 2 + value.size;
    char *memory = arena_take(step, size);
    CHECK(memory);
    struct buf b = buf_over(memory, size);
    buf_fmt(&b, "%s: ", name);
    buf_text(&b, value);
    return buf_str(&b);
}

/* A POST of this body to the counterpart's `verb`, with its signature. */
static enum err post(const struct counterpart *c, struct str verb, struct str id, struct str body, int64_t now_ms, struct arena *step,
                     struct wire_request *out) {
    char timestamp[24], signature[SIGNATURE_SIZE_MAX];
    struct buf time = buf_over(timestamp, sizeof timestamp);
    buf_i64(&time, now_ms / 1000);
    struct signed_text text = {id, buf_str(&time), body};
    signature_make(c->secrets[0], c->secret_sizes[0], &text, step, signature);
    struct str *headers = arena_take(step, 4 * sizeof *headers);
    size_t size = c->url.size + verb.size + 1;
    char *memory = arena_take(step, size);
    if (!headers || !memory) return ERR_FULL;
    struct buf url = buf_over(memory, size);
    buf_text(&url, c->url);
    buf_char(&url, '/');
    buf_text(&url, verb);
    headers[0] = STR("content-type: application/json");
    headers[1] = header(step, "webhook-id", id);
    headers[2] = header(step, "webhook-timestamp", buf_str(&time));
    headers[3] = header(step, "webhook-signature", str_from(signature));
    *out = (struct wire_request){.method = STR("POST"),
                                 .url = buf_str(&url),
                                 .headers = headers,
                                 .header_count = 4,
                                 .body = body,
                                 .timeout_ms = c->timeout_ms,
                                 .ca_file = c->ca_file};
    return ERR_OK;
}

/* ---- requests ----------------------------------------------------------------------------------------------------------------------- */

static bool changes_something(struct str verb) {
    return str_equal(verb, STR("contain")) || str_equal(verb, STR("undo")) || str_equal(verb, STR("release"));
}

/* The step's request with its key as last member, before it the contact of whom to tell; to read, with the verb of reading in place of its
 * own, which is told as `of`: whether a thing was blocked and whether it was let go again are two questions of the same `how`. */
static struct str body_of(const struct step_row *s, const struct asking *a, struct arena *step) {
    size_t size = s->request.size + a->key.size * 6 + a->contact.size * 6 + 96;
    char *memory = arena_take(step, size);
    if (!memory || s->request.size < 2) return STR_NONE;
    struct buf b = buf_over(memory, size);
    struct str rest = s->request, name, value;
    buf_char(&b, '{');
    while (json_cut_member(&rest, &name, &value)) {
        buf_char(&b, '"');
        buf_text(&b, name);
        buf_text(&b, STR("\":"));
        if (a->read && str_equal(name, STR("verb"))) buf_text(&b, STR("\"read_state\",\"of\":"));
        buf_text(&b, value);
        buf_char(&b, ',');
    }
    if (a->contact.size) {
        buf_text(&b, STR("\"to\":"));
        buf_json(&b, a->contact);
        buf_char(&b, ',');
    }
    buf_text(&b, STR("\"key\":"));
    buf_json(&b, a->key);
    buf_char(&b, '}');
    return b.overflow ? STR_NONE : buf_str(&b);
}

/* The key names an act, also that of telling; what only reads has a name of its own, a new one each time. */
static struct str name_of(const struct step_row *s, const struct asking *a, struct arena *step) {
    if (!a->read && (changes_something(s->verb) || str_equal(s->verb, STR("tell")))) return a->key;
    size_t size = s->id.size + 64;
    char *memory = arena_take(step, size);
    if (!memory) return STR_NONE;
    struct buf b = buf_over(memory, size);
    buf_text(&b, s->id);
    buf_fmt(&b, "/look.%llu.%lld", (unsigned long long)s->fence, (long long)a->now_ms);
    return buf_str(&b);
}

static enum err request(const struct counterpart *c, const struct step_row *s, const struct asking *a, struct arena *step,
                        struct wire_request *out) {
    struct str body = body_of(s, a, step), name = name_of(s, a, step);
    if (!body.size || !name.size) return ERR_FULL;
    return post(c, a->read ? STR("read_state") : s->verb, name, body, a->now_ms, step, out);
}

/* Of a channel's step only what a directory needs to know: not what is told. */
static enum err contact_request(const struct counterpart *c, const struct step_row *s, int64_t now_ms, struct arena *step,
                                struct wire_request *out) {
    static const char *const told[] = {"account", "contact", "as_of", "audience", "incident", "notice"};
    size_t size = s->request.size + 128;
    char *memory = arena_take(step, size);
    if (!memory) return ERR_FULL;
    struct buf b = buf_over(memory, size);
    struct str rest = s->request, name, value;
    struct asking look = {.now_ms = now_ms, .read = true};
    buf_text(&b, STR("{\"system\":\"directory\",\"verb\":\"find_contact\",\"channel\":"));
    buf_json(&b, s->system);
    while (json_cut_member(&rest, &name, &value)) {
        for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
            if (!str_equal(name, str_from(told[i]))) continue;
            buf_fmt(&b, ",\"%s\":", told[i]);
            buf_text(&b, value);
        }
    }
    buf_char(&b, '}');
    struct str id = name_of(s, &look, step);
    return b.overflow || !id.size ? ERR_FULL : post(c, STR("find_contact"), id, buf_str(&b), now_ms, step, out);
}

static enum err describe_request(const struct counterpart *c, int64_t now_ms, struct arena *step, struct wire_request *out) {
    return post(c, STR("describe"), STR("describe"), STR("{}"), now_ms, step, out);
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------------ */

static struct str sentence(struct arena *step, const char *format, struct str word) {
    char line[192];
    struct buf b = buf_over(line, sizeof line);
    buf_text(&b, str_from(format));
    buf_text(&b, str_clip(word, 120));
    bool full = false;
    return arena_copy(step, buf_str(&b), &full);
}

static void be(struct adapter_answer *out, enum answer_class class, struct str error) {
    out->class = class;
    out->error = error;
}

static enum outcome_word outcome_of_status(unsigned status) {
    switch (status) {
    case 202: return STEP_OUTCOME_PENDING;
    case 404: return STEP_OUTCOME_ABSENT;
    case 400:
    case 405:
    case 410:
    case 422: return STEP_OUTCOME_REFUSED;
    default: return STEP_OUTCOME_NONE;
    }
}

static void be_definite(struct adapter_answer *out, enum outcome_word outcome, struct str body) {
    out->class = ANSWER_DEFINITE;
    out->outcome = outcome;
    out->body = body;
}

/* An answer by its words. false: it is none. */
static bool take_words(const struct step_row *s, bool read, struct json root, struct str body, struct adapter_answer *out) {
    struct str word = json_text(json_get(root, STR("outcome")));
    int outcome = step_outcome_from(word);
    if (str_equal(word, STR("not_done"))) {
        if (read) out->class = ANSWER_NOT_DONE;
        else if (changes_something(s->verb)) be(out, ANSWER_TRANSIENT, STR("answered not_done"));
        else be_definite(out, STEP_OUTCOME_REFUSED, body);
        return true;
    }
    if (outcome <= STEP_OUTCOME_NONE || outcome == STEP_OUTCOME_EXHAUSTED) return false;
    be_definite(out, (enum outcome_word)outcome, body);
    return true;
}

/* As it goes into an event: without blanks. */
static struct str compact(struct arena *step, struct json root, size_t size) {
    char *memory = arena_take(step, size);
    CHECK(memory);
    struct buf b = buf_over(memory, size);
    json_write(&b, root);
    CHECK(!b.overflow);
    return buf_str(&b);
}

static void classify(const struct counterpart *c, const struct step_row *s, bool read, const struct wire_answer *w, struct arena *step,
                     struct adapter_answer *out) {
    struct json root = {0};
    bool is_json = w->body.size && json_parse(w->body, STEP_ANSWER_SIZE_MAX, step, &root, NULL) == ERR_OK && root.type == JSON_OBJECT;
    struct str body = is_json ? compact(step, root, w->body.size) : STR_NONE;
    char status[16];
    struct buf digits = buf_over(status, sizeof status);
    buf_u64(&digits, w->status);
    switch (w->status) {
    case 200:
    case 202:
    case 400:
    case 404:
    case 405:
    case 410:
    case 422:
        if (is_json && take_words(s, read, root, body, out)) return;
        out->outcome = outcome_of_status(w->status);
        if (out->outcome == STEP_OUTCOME_NONE) be(out, ANSWER_AMBIGUOUS, STR("an answer that cannot be read"));
        else be_definite(out, out->outcome, STR("{}"));
        return;
    case 409:
        if (is_json && str_equal(json_text(json_get(root, STR("outcome"))), STR("changed"))) be_definite(out, STEP_OUTCOME_CHANGED, body);
        else be(out, ANSWER_TRANSIENT, STR("another request with this key is under way"));
        return;
    case 429:
    case 503:
        be(out, ANSWER_TRANSIENT, sentence(step, "answered ", buf_str(&digits)));
        out->retry_after_ms = w->retry_after_ms;
        return;
    case 401:
    case 403:
        be(out, ANSWER_TRANSIENT, STR("our signature is refused: secret or clock is wrong"));
        out->retry_after_ms = RETRY_DENIED_MS;
        return;
    default:
        be(out, ANSWER_AMBIGUOUS, sentence(step, "answered ", buf_str(&digits)));
        /* 502 and 504 are a gateway's words, which the counterpart has not kept. */
        out->final_for_key = w->status == 500 && counterpart_promise(c, s->system).idempotency == IDEMPOTENCY_STORED_ALL;
    }
}

static void answer(const struct counterpart *c, const struct step_row *s, bool read, const struct wire_answer *w, struct arena *step,
                   struct adapter_answer *out) {
    *out = (struct adapter_answer){0};
    switch (w->fate) {
    case WIRE_ANSWERED: classify(c, s, read, w, step, out); return;
    case WIRE_NOT_SENT: be(out, ANSWER_TRANSIENT, sentence(step, "", str_from(w->error))); return;
    case WIRE_UNKNOWN: be(out, ANSWER_AMBIGUOUS, sentence(step, "", str_from(w->error))); return;
    }
}

/* A contact that there is not is absent; one without a value is an answer that cannot be read. */
static void contact_answer(const struct counterpart *c, const struct step_row *s, const struct wire_answer *w, struct arena *step,
                           struct str *contact, struct adapter_answer *out) {
    struct json root = {0};
    struct step_row look = *s;
    look.verb = STR("probe"); /* it only looks */
    *contact = STR_NONE;
    answer(c, &look, false, w, step, out);
    if (out->class != ANSWER_DEFINITE || out->outcome != STEP_OUTCOME_DONE) {
        out->body = STR_NONE;
        return;
    }
    if (json_parse(out->body, STEP_ANSWER_SIZE_MAX, step, &root, NULL) == ERR_OK) *contact = json_text(json_get(root, STR("contact")));
    if (!contact->size) be(out, ANSWER_TRANSIENT, STR("the directory's answer has no contact"));
    out->body = STR_NONE; /* it must not get into the journal */
}

static bool is_failure(const struct wire_answer *w) {
    return w->fate != WIRE_ANSWERED || w->status >= 500;
}

static bool read_idempotency(struct str word, enum idempotency *out) {
    if (str_equal(word, STR("none"))) *out = IDEMPOTENCY_NONE;
    else if (str_equal(word, STR("stored_2xx"))) *out = IDEMPOTENCY_STORED_2XX;
    else if (str_equal(word, STR("stored_all"))) *out = IDEMPOTENCY_STORED_ALL;
    else return false;
    return true;
}

static enum err read_promise(struct json system, struct promise *out, struct problem *p) {
    int64_t ttl_s;
    if (!read_idempotency(json_text(json_get(system, STR("idempotency"))), &out->idempotency))
        return problem_set(p, ERR_INVALID, "idempotency", "write none, stored_2xx or stored_all", "unknown word");
    if (!json_whole(json_get(system, STR("ttl_s")), &ttl_s) || ttl_s < 0 || ttl_s > INT32_MAX) ttl_s = 0;
    out->ttl_ms = ttl_s * 1000;
    return ERR_OK;
}

static enum err describe_answer(struct counterpart *c, const struct wire_answer *w, struct arena *step, struct problem *p) {
    struct json root;
    struct promise promises[SYSTEM_COUNT_MAX] = {0};
    if (w->fate != WIRE_ANSWERED || w->status != 200) return problem_set(p, ERR_INVALID, "", "", "no description");
    if (json_parse(w->body, WIRE_BODY_SIZE_MAX, step, &root, p)) return ERR_INVALID;
    struct json systems = json_get(root, STR("systems"));
    if (systems.type != JSON_OBJECT) return problem_set(p, ERR_INVALID, "systems", "", "no description");
    for (size_t i = 0; i < c->system_count; i++) {
        struct json system = json_get(systems, c->systems[i]);
        enum err err = system.type == JSON_MISSING ? ERR_OK : read_promise(system, &promises[i], p);
        if (err) return err;
    }
    memcpy(c->promises, promises, sizeof promises);
    return ERR_OK;
}

/* ---- webhooks ----------------------------------------------------------------------------------------------------------------------- */

static struct str header_value(const struct str *headers, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++) {
        struct str rest, key = str_cut(headers[i], ':', &rest);
        if (str_equal_ignoring_case(key, name)) return str_trim(rest);
    }
    return STR_NONE;
}

static bool is_signed(const struct counterpart *c, const struct signed_text *text, struct str signatures, struct arena *step) {
    bool good = false;
    for (size_t i = 0; i < 2; i++) {
        char ours[SIGNATURE_SIZE_MAX];
        if (!c->secret_sizes[i]) continue;
        signature_make(c->secrets[i], c->secret_sizes[i], text, step, ours);
        struct str rest = signatures;
        while (rest.size) {
            struct str one = str_cut(rest, ' ', &rest);
            good |= one.size == strlen(ours) && CRYPTO_memcmp(one.at, ours, one.size) == 0;
        }
    }
    return good;
}

static enum err parse_webhook(const struct counterpart *c, const struct str *headers, size_t header_count, struct str bytes, int64_t now_ms,
                              struct arena *step, struct str *id, struct str *body, struct problem *p) {
    struct str timestamp = header_value(headers, header_count, STR("webhook-timestamp"));
    struct str signatures = header_value(headers, header_count, STR("webhook-signature"));
    uint64_t at_s;
    *id = header_value(headers, header_count, STR("webhook-id"));
    if (!id->size || !signatures.size || !str_to_u64(timestamp, &at_s) || at_s > INT64_MAX / 2000)
        return problem_set(p, ERR_DENIED, "", "sign as docs/reference/adapter.md says", "no signature");
    int64_t age_s = now_ms / 1000 - (int64_t)at_s;
    if (age_s > SIGNATURE_AGE_S || age_s < -SIGNATURE_AGE_S)
        return problem_set(p, ERR_DENIED, "webhook-timestamp", "see to your clock", "the signature is older than five minutes");
    struct signed_text text = {*id, timestamp, bytes};
    if (!is_signed(c, &text, signatures, step)) return problem_set(p, ERR_DENIED, "", "", "the signature is not right");
    *body = bytes;
    return ERR_OK;
}

extern const struct adapter adapter_http;
const struct adapter adapter_http = {
    .name = "http",
    .sentence = "JSON over HTTP, signed as Standard Webhooks are",
    .request = request,
    .answer = answer,
    .is_failure = is_failure,
    .describe_request = describe_request,
    .describe_answer = describe_answer,
    .parse_webhook = parse_webhook,
    .contact_request = contact_request,
    .contact_answer = contact_answer,
};
