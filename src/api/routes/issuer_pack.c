// SPDX-License-Identifier: Apache-2.0
/*
 * POST /v1/issuer-packs/{incident}: what the issuer of a card needs of one charge. A POST, for what only the merchant knows of the charge
 * (the last digits of a card, a token) belongs in no address; it changes nothing and nothing of it is kept but on the printer's sheet.
 */
#include "notify/issuer_pack.h"
#include "api/printed.h"
#include "api/told.h"
#include "base/json.h"

#define EVENTS_MAX 4096 /* of one incident: more are not attributed in one go (incident/incident.h) */

struct wanted {
    struct str charge, language, format;
    struct issuer_pack_known known;
};

/* ---- what is asked for ----------------------------------------------------------------------------------------------------------------
 */

static struct str *member_of(struct wanted *w, struct str name) {
    if (str_equal(name, STR("charge"))) return &w->charge;
    if (str_equal(name, STR("language"))) return &w->language;
    if (str_equal(name, STR("format"))) return &w->format;
    return issuer_pack_known_member(&w->known, name);
}

static enum err read_member(struct wanted *w, struct json_member m, struct problem *p) {
    struct str *at = member_of(w, m.name);
    if (!at)
        return problem_set(p, ERR_INVALID, "body", "see docs/reference/issuer-pack.md", "nothing of a pack is called '%.*s'",
                           (int)(m.name.size < 64 ? m.name.size : 64), m.name.at);
    if (m.value.type != JSON_TEXT)
        return problem_set(p, ERR_INVALID, "body", "see docs/reference/issuer-pack.md", "%.*s must be a text", STR_ARGS(m.name));
    *at = json_text(m.value);
    return ERR_OK;
}

static enum err check(const struct wanted *w, struct problem *p) {
    static const struct str formats[] = {{"json", 4}, {"html", 4}, {"text", 4}, {"pdf", 3}};
    if (!w->charge.size) return problem_set(p, ERR_INVALID, "charge", "send the charge's id", "no charge was named");
    enum err err = issuer_pack_check_known(&w->known, p);
    if (err) return err;
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (str_equal(w->format, formats[i])) return ERR_OK;
    return problem_set(p, ERR_INVALID, "format", "json, html, text or pdf", "this is no format");
}

static enum err read_wanted(struct exchange *x, struct wanted *w, struct problem *p) {
    struct json root;
    const struct merchant_facts *own = &policy_response(engine_policy(x->api->engine))->notify.pack; /* where the request says nothing */
    *w = (struct wanted){.format = STR("json"),
                         .known = {.merchant = str_from(own->merchant),
                                   .merchant_id = str_from(own->merchant_id),
                                   .descriptor = str_from(own->descriptor),
                                   .desk = str_from(own->desk)}};
    enum err err = json_parse(http_reader_body(x->request), HTTP_BODY_SIZE_MAX, &x->api->step, &root, p);
    if (!err && root.type != JSON_OBJECT) err = problem_set(p, ERR_INVALID, "body", "{\"charge\":\"...\"}", "this is no object");
    struct json_walk walk = json_walk(root);
    for (struct json_member m; !err && json_next(&walk, &m);) err = read_member(w, m, p);
    if (err == ERR_TOO_LARGE) return ERR_INVALID; /* of its nesting: the body itself is within its bound */
    return err ? err : check(w, p);
}

/* ---- the rows -------------------------------------------------------------------------------------------------------------------------
 */

struct pack_rows {
    struct incident_row incident;
    struct response_row response;
    struct issuer_pack_source source;
};

static enum err load(struct exchange *x, struct pack_rows *r) {
    struct incident_store s = engine_incidents(x->api->engine);
    struct arena *step = &x->api->step;
    struct effect_row *effects;
    struct incident_event_row *events;
    struct step_row *steps;
    struct issuer_pack_source *to = &r->source;
    const struct effect_query of_effects = {.incident = x->parameter, .count_max = EFFECT_COUNT_MAX};
    const struct incident_event_query of_events = {.incident = x->parameter, .count_max = EVENTS_MAX};
    *r = (struct pack_rows){0};
    to->rows.rows.incident = &r->incident;
    to->rows.rows.response = &r->response;
    enum err err = s.ops->find(s.self, x->parameter, step, &r->incident);
    if (!err) err = s.ops->find_response(s.self, SIGHT_SETTLED, x->parameter, step, &r->response);
    if (!err) err = s.ops->effects(s.self, SIGHT_SETTLED, &of_effects, step, &effects, &to->rows.rows.effect_count);
    if (!err) err = s.ops->events(s.self, SIGHT_SETTLED, &of_events, step, &events, &to->rows.event_count);
    if (!err) err = s.ops->steps(s.self, SIGHT_SETTLED, x->parameter, step, &steps, &to->step_count);
    if (err) return err;
    to->rows.rows.effects = effects, to->rows.events = events, to->steps = steps;
    return ERR_OK;
}

/* ---- the forms ------------------------------------------------------------------------------------------------------------------------
 */

static enum err write_json(struct exchange *x, const struct wanted *w, const struct pack_rows *r, const struct report_wish *wish) {
    exchange_begin(x, 200, STR("application/json"));
    return issuer_pack_write_json(&r->source, &w->known, wish, w->charge, &x->api->step, x->out);
}

static enum err write_page(struct exchange *x, const struct wanted *w, const struct document *d) {
    if (str_equal(w->format, STR("html"))) {
        exchange_begin_page(x, 200, STR_NONE);
        document_write_html(d, x->out);
    } else {
        exchange_begin(x, 200, STR("text/plain; charset=utf-8"));
        document_write_text(d, x->out);
    }
    return ERR_OK;
}

static enum exchange_result print(struct exchange *x, const struct document *d, int64_t made_ms) {
    struct buf text = *x->out; /* the room of the answer, for a moment: what is ordered is copied */
    document_write_json(d, &text);
    if (!text.overflow)
        return printed_order(x, &(struct press_order){buf_str(&text), made_ms},
                             STR("content-disposition: attachment; filename=\"issuer-pack.pdf\"\r\n"));
    struct problem p = {0};
    p.err = problem_set(&p, ERR_TOO_LARGE, "id", "hikeshi report prints it", "the pack is too long for one answer");
    return exchange_refuse_err(x, &p);
}

static enum err explain(const struct wanted *w, enum err err, struct problem *p) {
    int size = (int)(w->charge.size < 128 ? w->charge.size : 128);
    if (err == ERR_NOT_FOUND) return problem_set(p, err, "charge", "", "the incident has no charge '%.*s'", size, w->charge.at);
    if (err == ERR_CONFLICT)
        return problem_set(p, err, "charge", "an issuer is told of what is known", "nobody knows that '%.*s' was not the owner's", size,
                           w->charge.at);
    return problem_set(p, ERR_TOO_LARGE, "id", "hikeshi report --issuer-pack prints it", "the pack is too long for one answer");
}

static enum exchange_result write(struct exchange *x, const struct wanted *w, const struct pack_rows *r, const struct phrases *phrases,
                                  enum err *err, struct problem *p) {
    struct report_wish wish = {.version = 1, .made_ms = x->api->now_ms, .zone = r->incident.timezone};
    struct document d;
    if (str_equal(w->format, STR("json"))) {
        *err = write_json(x, w, r, &wish);
    } else {
        *err = issuer_pack_write(phrases, &r->source, &w->known, &wish, w->charge, &x->api->step, &d);
        if (!*err && str_equal(w->format, STR("pdf"))) return print(x, &d, wish.made_ms);
        if (!*err) *err = write_page(x, w, &d);
    }
    if (*err) *err = explain(w, *err, p);
    return EXCHANGE_DONE;
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct wanted wanted;
    struct pack_rows rows;
    struct phrases phrases;
    enum exchange_result result = EXCHANGE_DONE;
    if (printed_is_ordered(x)) return printed_go_on(x);
    arena_reset(&x->api->step);
    enum err err = read_wanted(x, &wanted, &p);
    if (!err) {
        err = load(x, &rows);
        if (err == ERR_NOT_FOUND) (void)problem_set(&p, err, "id", "", "there is no response to this incident");
        else if (err == ERR_FULL) err = explain(&wanted, err, &p);
        else if (err) (void)problem_set(&p, err, "response", "try again", "cannot read the response: %s", err_word(err));
    }
    struct str own = err ? STR_NONE : rows.incident.language;
    struct str language = wanted.language.size ? wanted.language : own.size ? own : STR("en");
    if (!err) err = phrases_choose(phrases_built_in(), language, &phrases, &p);
    if (!err) result = write(x, &wanted, &rows, &phrases, &err, &p);
    if (!err) return result;
    p.err = err;
    return exchange_refuse_err(x, &p);
}

extern const struct route route_issuer_pack;
const struct route route_issuer_pack = {
    .name = "issuer_pack",
    .method = "POST",
    .path = "/v1/issuer-packs/{incident}",
    .scope = SCOPE_READ,
    .sentence = "What the issuer of a card needs of one charge of this incident, with what only the merchant knows of it; changes nothing",
    .takes = {"application/json"},
    .takes_schema = "{\"type\":\"object\",\"required\":[\"charge\"],\"additionalProperties\":{\"type\":\"string\"},\"properties\":{"
                    "\"charge\":{\"type\":\"string\"},\"format\":{\"enum\":[\"json\",\"html\",\"text\",\"pdf\"]},"
                    "\"language\":{\"type\":\"string\",\"description\":\"of the document; the owner's where it is left out\"},"
                    "\"card_last4\":{\"type\":\"string\",\"maxLength\":4}}}",
    .path_parameter = "the incident's id",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"type\":\"object\"}", "the pack (docs/reference/issuer-pack.md)"},
                                             {200, "text/html", NULL, "the pack"},
                                             {200, "text/plain", NULL, "the pack"},
                                             {200, "application/pdf", "{}", "the pack"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "there is no such incident or charge"},
                                             {409, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "nobody knows that the charge was not the owner's"},
                                             {0}},
    .answer = answer,
};
