// SPDX-License-Identifier: Apache-2.0
/*
 * Describes the door to machines (OpenAPI 3.1, JSON Schema 2020-12). Routes come from routes.def, kinds and fields of events from their
 * catalogues, so that the description cannot disagree with what is served.
 */
#include "api/openapi.h"

#include <string.h>

#include "api/route.h"
#include "base/bounds.h"
#include "base/version.h"
#include "decide/decision.h"
#include "event/event.h"
#include "net/http_answer.h"

#define REF(name)    "{\"$ref\":\"#/components/schemas/" name "\"}"
#define PROBLEM_TYPE "application/problem+json"

/* Appends a comma unless something was just opened. */
static void next(struct buf *out) {
    char last = out->size ? out->at[out->size - 1] : '{';
    if (last != '{' && last != '[') buf_char(out, ',');
}

static void member(struct buf *out, const char *name, const char *json) {
    next(out);
    buf_json(out, str_from(name));
    buf_char(out, ':');
    buf_text(out, str_from(json));
}

static void text_member(struct buf *out, const char *name, struct str value) {
    member(out, name, "");
    buf_json(out, value);
}

/* -- routes ------------------------------------------------------------------------------------------------------------------------ */

static void write_content(struct buf *out, const char *media_type, const char *schema) {
    member(out, media_type, "{");
    member(out, "schema", schema ? schema : "{\"type\":\"string\"}");
    buf_char(out, '}');
}

/* With the forms that follow; returns the last of them. */
static const struct route_answer *write_answer(struct buf *out, const struct route_answer *a) {
    next(out);
    buf_fmt(out, "\"%u\":{", a->status);
    text_member(out, "description", str_from(a->sentence));
    if (a->media_type) {
        member(out, "content", "{");
        write_content(out, a->media_type, a->schema);
        for (; a[1].status == a->status; a++) write_content(out, a[1].media_type, a[1].schema);
        buf_char(out, '}');
    }
    buf_char(out, '}');
    return a;
}

static bool has_answer(const struct route *r, unsigned status) {
    for (const struct route_answer *a = r->answers; a->status; a++)
        if (a->status == status) return true;
    return false;
}

static void write_refusal(struct buf *out, const struct route *r, unsigned status, const char *sentence) {
    if (!has_answer(r, status))
        (void)write_answer(out, (const struct route_answer[]){{status, PROBLEM_TYPE, REF("problem"), sentence}, {0}});
}

static void write_answers(struct buf *out, const struct route *r) {
    member(out, "responses", "{");
    for (const struct route_answer *a = r->answers; a->status; a++) a = write_answer(out, a);
    write_refusal(out, r, 400, "the request, or the event in it, is malformed; `field` says where");
    if (r->scope != SCOPE_NONE) {
        write_refusal(out, r, 401, "no key, or one that nobody has");
        write_refusal(out, r, 403, "the key lacks the scope");
    }
    if (r->takes[0]) {
        write_refusal(out, r, 408, "the request was not whole in time");
        write_refusal(out, r, 413, "the body is too long");
        write_refusal(out, r, 415, "another media type");
        write_refusal(out, r, 503, "there is no room, or the journal refuses: try again later");
    }
    buf_char(out, '}');
}

static void write_parameter(struct buf *out, const char *in, struct str name, const char *sentence, const char *schema) {
    next(out);
    buf_char(out, '{');
    text_member(out, "name", name);
    text_member(out, "in", str_from(in));
    text_member(out, "description", str_from(sentence));
    if (strcmp(in, "path") == 0) member(out, "required", "true");
    member(out, "schema", schema);
    buf_char(out, '}');
}

static void write_parameters(struct buf *out, const struct route *r) {
    struct str path = str_from(r->path);
    size_t brace = str_find_char(path, '{', 0);
    if (brace == path.size && !r->parameters) return;
    member(out, "parameters", "[");
    if (brace < path.size)
        write_parameter(out, "path", str_slice(path, brace + 1, path.size - 1), r->path_parameter, "{\"type\":\"string\"}");
    for (const struct route_parameter *p = r->parameters; p && p->name; p++)
        write_parameter(out, "query", str_from(p->name), p->sentence, p->schema);
    buf_char(out, ']');
}

static void write_body(struct buf *out, const struct route *r) {
    if (!r->takes[0]) return;
    member(out, "requestBody", "{\"required\":true,\"content\":{");
    for (const char *const *type = r->takes; *type; type++) write_content(out, *type, r->takes_schema);
    buf_text(out, STR("}}"));
}

static void write_security(struct buf *out, const struct route *r) {
    member(out, "security", "[");
    if (r->scope != SCOPE_NONE) {
        struct str word = scope_word(r->scope);
        buf_fmt(out, "{\"bearer\":[\"%.*s\"]},{\"api_key\":[\"%.*s\"]}", STR_ARGS(word), STR_ARGS(word));
    }
    buf_char(out, ']');
}

static void write_route(struct buf *out, const struct route *r) {
    static const char *const verbs[][2] = {{"GET", "get"}, {"POST", "post"}, {"PUT", "put"}, {"DELETE", "delete"}};
    const char *verb = "get";
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verbs[i][0], r->method) == 0) verb = verbs[i][1];
    member(out, r->path, "{");
    member(out, verb, "{");
    text_member(out, "operationId", str_from(r->name));
    text_member(out, "summary", str_from(r->sentence));
    write_security(out, r);
    write_parameters(out, r);
    write_body(out, r);
    write_answers(out, r);
    buf_text(out, STR("}}"));
}

/* -- schemas ----------------------------------------------------------------------------------------------------------------------- */

/* One field of `data`, or of an object in it: path "geo.country" is member "country" of object "geo". */
struct field {
    const char *path;
    const char *type; /* members of its schema */
    const char *sentence;
    int64_t min, max;
    unsigned size_max;
};

#define V(PREFIX, NAME, word)                ",\"" word "\""
#define SET(tag, PREFIX, strictness, values) static const char choice_##tag[] = "" values;
#include "event/choices.def"
#undef SET
#undef V

static const struct field fields[] = {
#define TEXT(tag, member, path, size_max, sentence)   {path, "text", sentence, 0, 0, size_max},
#define NUMBER(tag, member, path, min, max, sentence) {path, "integer", sentence, min, max, 0},
#define MICRO(tag, member, path, min, max, sentence)  {path, "number", sentence, min, max, 0},
#define CHOICE(tag, member, path, set, sentence)      {path, choice_##set, sentence, 0, 0, 0},
#define ALIAS(path, member)
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
};
#define FIELD_COUNT (sizeof fields / sizeof fields[0])

static void write_field(struct buf *out, const char *name, const struct field *f) {
    member(out, name, "{");
    text_member(out, "description", str_from(f->sentence));
    if (strcmp(f->type, "text") == 0) {
        member(out, "type", "\"string\"");
        next(out);
        buf_fmt(out, "\"maxLength\":%u", f->size_max);
    } else if (strcmp(f->type, "integer") == 0) {
        member(out, "type", "\"integer\"");
    } else if (strcmp(f->type, "number") == 0) {
        member(out, "type", "\"number\"");
        next(out);
        buf_fmt(out, "\"minimum\":%lld,\"maximum\":%lld", (long long)f->min / 1000000, (long long)f->max / 1000000);
    } else { /* a vocabulary; others may come, so the words are examples */
        member(out, "type", "\"string\"");
        next(out);
        buf_fmt(out, "\"examples\":[%s]", f->type + 1);
    }
    buf_char(out, '}');
}

/* Fields directly in `object` ("" = data itself). */
static void write_fields(struct buf *out, struct str object) {
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        struct str path = str_from(fields[i].path);
        size_t dot = str_find_char(path, '.', 0);
        bool direct = object.size ? dot < path.size && str_equal(str_slice(path, 0, dot), object) : dot == path.size;
        if (direct) write_field(out, fields[i].path + (object.size ? dot + 1 : 0), &fields[i]);
    }
}

static void write_data(struct buf *out) {
    member(out, "data", "{\"type\":\"object\",\"properties\":{");
    member(out, "ip", "{\"type\":\"string\",\"description\":\"IPv4 or IPv6 address of the client\"}");
    member(out, "geo",
           "{\"type\":\"object\",\"description\":\"what the caller knows of the network; wins over our own look-up\",\"properties\":{");
    write_fields(out, STR("geo"));
    buf_text(out, STR("}}"));
    write_fields(out, STR_NONE);
    buf_text(out, STR("}}"));
}

static void write_event_schema(struct buf *out) {
    member(out, "event",
           "{\"type\":\"object\",\"description\":\"one thing that happened to one account over one access path (CloudEvents 1.0)\","
           "\"required\":[\"specversion\",\"id\",\"source\",\"type\",\"time\"],\"properties\":{");
    member(out, "specversion", "{\"const\":\"1.0\"}");
    member(out, "id", "{\"type\":\"string\",\"maxLength\":128,\"description\":\"with source: identifies the event\"}");
    member(out, "source", "{\"type\":\"string\",\"maxLength\":256}");
    member(out, "type", "{\"type\":\"string\",\"description\":\"kind of event; another is stored and adds no signal\",\"examples\":[");
    for (unsigned kind = KIND_UNKNOWN + 1; kind < KIND_COUNT; kind++) {
        next(out);
        buf_json(out, kind_name((enum kind)kind));
    }
    buf_text(out, STR("]}"));
    member(out, "subject", "{\"type\":\"string\",\"maxLength\":128,\"description\":\"account id, opaque to us\"}");
    member(out, "time", "{\"type\":\"string\",\"format\":\"date-time\",\"description\":\"when it happened at the shop\"}");
    write_data(out);
    buf_text(out, STR("}}"));
}

static void write_verdicts(struct buf *out) {
    member(out, "decision", "{\"type\":\"string\",\"enum\":[");
    for (unsigned verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        next(out);
        buf_json(out, verdict_word((enum verdict)verdict));
    }
    buf_text(out, STR("]}"));
}

static void write_answer_schema(struct buf *out) {
    member(out, "answer",
           "{\"type\":\"object\",\"description\":\"what to do about the event, and why\","
           "\"required\":[\"event\",\"decision\",\"score\",\"position\"],\"properties\":{");
    member(out, "event", "{\"type\":\"string\",\"description\":\"the event's id\"}");
    write_verdicts(out);
    member(out, "score",
           "{\"type\":\"integer\",\"minimum\":0,\"maximum\":1000,\"description\":\"500 is reached by 5 % of owners' own logins, 900 by 0.1 "
           "%\"}");
    member(out, "challenge_rate", "{\"type\":\"number\",\"description\":\"share of owners' own logins that score at least this\"}");
    member(out, "incident", "{\"type\":[\"string\",\"null\"],\"description\":\"the account's open incident\"}");
    member(out, "reasons",
           "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"code\":{\"type\":\"string\"},"
           "\"weight\":{\"type\":\"number\"},\"text\":{\"type\":\"string\"}}}}");
    member(out, "policy", "{\"type\":\"string\",\"description\":\"name@version of the policy that decided\"}");
    member(out, "position", "{\"type\":\"integer\",\"description\":\"the event's place in the journal\"}");
    buf_text(out, STR("}}"));
}

static void write_other_schemas(struct buf *out) {
    member(out, "problem",
           "{\"type\":\"object\",\"description\":\"RFC 9457\",\"required\":[\"type\",\"title\",\"status\",\"detail\"],\"properties\":{"
           "\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{\"type\":\"integer\"},"
           "\"detail\":{\"type\":\"string\"},\"field\":{\"type\":\"string\",\"description\":\"where it is\"},"
           "\"hint\":{\"type\":\"string\",\"description\":\"what to do\"}}}");
    member(out, "line",
           "{\"description\":\"one line of a batch's answer: an answer, of an allowed event a short one; or why an event was refused\","
           "\"anyOf\":[" REF("answer") ",{\"type\":\"object\",\"required\":[\"problem\"],\"properties\":{\"line\":{\"type\":\"integer\"},"
                                       "\"index\":{\"type\":\"integer\"},\"problem\":" REF("problem") "}}]}");
    member(out, "incident",
           "{\"type\":\"object\",\"required\":[\"id\",\"account\",\"status\"],\"properties\":{\"id\":{\"type\":\"string\"},"
           "\"account\":{\"type\":\"string\"},\"status\":{\"enum\":[\"open\",\"closed\"]},\"opened\":{\"type\":\"string\",\"format\":"
           "\"date-time\"},"
           "\"closed\":{\"type\":[\"string\",\"null\"]},\"window_from\":{\"type\":[\"string\",\"null\"]},\"window_to\":{\"type\":["
           "\"string\",\"null\"]},"
           "\"summary\":{\"type\":\"string\"},\"path\":{\"description\":\"the hostile access path\"},"
           "\"events\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"event\":{\"type\":\"string\"},"
           "\"position\":{\"type\":\"integer\"},\"time\":{\"type\":\"string\"},\"kind\":{\"type\":\"string\"},"
           "\"whose\":{\"enum\":[\"owner\",\"hijacker\",\"unknown\"]},\"why\":{\"type\":\"string\"}}}},"
           "\"next\":{\"type\":[\"integer\",\"null\"],\"description\":\"for `after` of the next page of events\"}}}");
    member(out, "incident_page",
           "{\"type\":\"object\",\"properties\":{\"incidents\":{\"type\":\"array\",\"items\":" REF(
               "incident") "},"
                           "\"next\":{\"type\":[\"string\",\"null\"],\"description\":\"for `before` of the next page\"}}}");
}

void openapi_write(struct buf *out) {
    buf_text(out, STR("{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"Hikeshi\",\"version\":\"" HIKESHI_VERSION
                      "\",\"summary\":\"account-takeover detection and "
                      "response\",\"license\":{\"name\":\"Apache-2.0\",\"identifier\":\"Apache-2.0\"}},"
                      "\"paths\":{"));
    for (const struct route *const *r = routes; *r; r++) write_route(out, *r);
    buf_text(out, STR("},\"components\":{\"securitySchemes\":{\"bearer\":{\"type\":\"http\",\"scheme\":\"bearer\"},"
                      "\"api_key\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"x-api-key\"}},\"schemas\":{"));
    write_event_schema(out);
    write_answer_schema(out);
    write_other_schemas(out);
    buf_text(out, STR("}}}\n"));
}
