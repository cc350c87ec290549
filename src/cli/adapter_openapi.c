// SPDX-License-Identifier: Apache-2.0
/* Describes the requests that a counterpart answers; operations and kinds come from their lists, so that the page cannot lag behind. */
#include "cli/adapter_openapi.h"

#include <string.h>

#include "base/version.h"
#include "respond/effect.h"

static const struct verb {
    const char *name, *sentence;
    bool changes;
} verbs[] = {
    {"describe", "what do you offer?", false},
    {"find_effects", "what happened on this account in this window, over this path?", false},
    {"contain", "stop it, so that it can be started again", true},
    {"undo", "undo it", true},
    {"release", "take the containment of the same how back", true},
    {"read_state", "has this very thing been done?", false},
    {"probe", "seen with other eyes than those of the system that did it: is it really so?", false},
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static const struct offered {
    const char *system, *verb, *how, *sentence;
} operations[] = {
#define OPERATION(system, verb, how, sentence) {#system, #verb, #how, sentence},
#include "respond/operations.def"
#undef OPERATION
};
#define OPERATION_COUNT (sizeof operations / sizeof operations[0])

static void text(struct buf *b, const char *json) {
    buf_text(b, str_from(json));
}

/* Appends a comma unless something was just opened. */
static void next(struct buf *b) {
    char last = b->size ? b->at[b->size - 1] : '{';
    if (last != '{' && last != '[') buf_char(b, ',');
}

static void word(struct buf *b, const char *value) {
    next(b);
    buf_json(b, str_from(value));
}

static bool is_named_before(const char *how, const char *verb, size_t before) {
    for (size_t i = 0; i < before; i++)
        if (!strcmp(operations[i].how, how) && (!verb || !strcmp(operations[i].verb, verb))) return true;
    return false;
}

/* Every `how` of a verb; of all where it is NULL. */
static void write_hows(struct buf *b, const char *verb) {
    text(b, "{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        if ((!verb || !strcmp(operations[i].verb, verb)) && !is_named_before(operations[i].how, verb, i)) word(b, operations[i].how);
    if (!verb) word(b, "find_effects");
    text(b, "]}");
}

static void write_headers(struct buf *b, bool changes) {
    text(b,
         ",\"parameters\":[{\"name\":\"webhook-id\",\"in\":\"header\",\"required\":true,\"schema\":{\"type\":\"string\"},\"description\":");
    buf_json(b, changes ? STR("the key: the same key is the same act, done once however often it comes") : STR("names the request only"));
    text(b,
         "},{\"name\":\"webhook-timestamp\",\"in\":\"header\",\"required\":true,\"schema\":{\"type\":\"integer\"},\"description\":"
         "\"seconds since 1970; refuse what is more than five minutes away\"},{\"name\":\"webhook-signature\",\"in\":\"header\","
         "\"required\":true,\"schema\":{\"type\":\"string\"},\"description\":\"v1, and base64 of HMAC-SHA256 over id.timestamp.body\"}]");
}

static void write_answers(struct buf *b, bool describes) {
    static const struct {
        const char *status, *sentence;
    } refusals[] = {
        {"401", "the signature is not right; nothing is done"},
        {"409", "changed where the body says so; else another request with this key is under way"},
        {"422", "refused: definitely not possible, and nothing was changed; 400, 405 and 410 are the same"},
        {"404", "absent: there is no such object"},
        {"429", "not done; retry-after says when to come again; 503 is the same"},
    };
    text(b, ",\"responses\":{\"200\":{\"description\":\"the answer\",\"content\":{\"application/json\":{\"schema\":{\"$ref\":");
    buf_json(b, describes ? STR("#/components/schemas/description") : STR("#/components/schemas/answer"));
    text(b, "}}}}");
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        next(b);
        buf_fmt(b, "\"%s\":{\"description\":", refusals[i].status);
        buf_json(b, str_from(refusals[i].sentence));
        buf_char(b, '}');
    }
    buf_char(b, '}');
}

static void write_request(struct buf *b, const struct verb *v) {
    text(b, ",\"requestBody\":{\"required\":true,\"content\":{\"application/json\":{\"schema\":");
    if (!strcmp(v->name, "describe")) {
        text(b, "{\"type\":\"object\",\"properties\":{\"sandbox\":{\"type\":\"boolean\",\"description\":\"make the sandbox anew\"}}}");
    } else {
        text(b, "{\"allOf\":[{\"$ref\":\"#/components/schemas/request\"},{\"properties\":{\"verb\":{\"const\":");
        buf_json(b, str_from(v->name));
        text(b, "},\"how\":");
        write_hows(b, v->changes ? v->name : NULL);
        text(b, "}}]}");
    }
    text(b, "}}}");
}

static void write_path(struct buf *b, const struct verb *v) {
    next(b);
    buf_fmt(b, "\"/%s\":{\"post\":{\"operationId\":\"%s\",\"summary\":", v->name, v->name);
    buf_json(b, str_from(v->sentence));
    if (v->changes) {
        text(b, ",\"description\":\"");
        for (size_t i = 0; i < OPERATION_COUNT; i++)
            if (!strcmp(operations[i].verb, v->name))
                buf_fmt(b, "%s %s: %s\\n", operations[i].system, operations[i].how, operations[i].sentence);
        buf_char(b, '"');
    }
    write_headers(b, v->changes);
    write_request(b, v);
    write_answers(b, !strcmp(v->name, "describe"));
    text(b, "}}");
}

static void write_systems(struct buf *b) {
    text(b, "{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        if (!i || strcmp(operations[i].system, operations[i - 1].system)) word(b, operations[i].system);
    text(b, "]}");
}

static void write_kinds(struct buf *b) {
    text(b, "{\"type\":\"string\",\"enum\":[");
    for (size_t i = 0; i < effect_def_count(); i++) word(b, effect_def_at(i)->name);
    text(b, "]}");
}

static void write_schemas(struct buf *b) {
    text(b, "\"components\":{\"schemas\":{\"system\":");
    write_systems(b);
    text(b, ",\"kind\":");
    write_kinds(b);
    text(b,
         ",\"effect\":{\"type\":\"object\",\"required\":[\"object\"],\"properties\":{\"id\":{\"type\":\"string\"},\"kind\":{\"$ref\":"
         "\"#/components/schemas/kind\"},\"object\":{\"type\":\"string\"},\"before\":{\"type\":\"string\"},\"after\":{\"type\":\"string\","
         "\"description\":\"change it back only where it is still so\"},\"state\":{\"type\":\"string\"},\"fulfilment\":{\"type\":"
         "\"string\"},\"reference\":{\"type\":\"string\"},\"amount_minor\":{\"type\":\"integer\"},\"currency\":{\"type\":\"string\"}}},");
    text(b, "\"request\":{\"type\":\"object\",\"required\":[\"system\",\"verb\",\"account\"],\"properties\":{\"system\":{\"$ref\":"
            "\"#/components/schemas/system\"},\"verb\":{\"type\":\"string\"},\"of\":{\"enum\":[\"contain\",\"undo\",\"release\"],"
            "\"description\":\"of read_state: the verb that is asked about\"},\"how\":{\"type\":\"string\"},\"incident\":{\"type\":"
            "\"string\"},\"account\":{\"type\":\"string\"},\"effect\":{\"$ref\":\"#/components/schemas/effect\"},\"window\":{\"type\":"
            "\"object\"},\"path\":{\"type\":\"object\"},\"key\":{\"type\":\"string\"}}},");
    text(b, "\"answer\":{\"type\":\"object\",\"required\":[\"outcome\"],\"properties\":{\"outcome\":{\"enum\":[\"done\",\"pending\","
            "\"refused\",\"changed\",\"absent\",\"not_done\"]},\"state\":{\"type\":\"string\"},\"reference\":{\"type\":\"string\"},"
            "\"fulfilment\":{\"type\":\"string\"},\"observed\":{\"type\":\"string\"},\"reason\":{\"type\":\"string\"},\"found\":{\"type\":"
            "\"array\",\"items\":{\"allOf\":[{\"$ref\":\"#/components/schemas/effect\"},{\"properties\":{\"whose\":{\"enum\":"
            "[\"hijacker\",\"unknown\"]}}}]}},\"nothing_in\":{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/kind\"}}}},");
    text(b,
         "\"description\":{\"type\":\"object\",\"required\":[\"protocol\",\"systems\"],\"properties\":{\"protocol\":{\"const\":1},"
         "\"name\":{\"type\":\"string\"},\"systems\":{\"type\":\"object\",\"additionalProperties\":{\"type\":\"object\",\"required\":"
         "[\"idempotency\",\"operations\"],\"properties\":{\"idempotency\":{\"enum\":[\"none\",\"stored_2xx\",\"stored_all\"]},\"ttl_s\":"
         "{\"type\":\"integer\"},\"operations\":{\"type\":\"array\",\"items\":{\"enum\":[");
    for (size_t i = 0; i < OPERATION_COUNT; i++) {
        char name[96];
        struct buf n = buf_over(name, sizeof name - 1);
        buf_fmt(&n, "%s.%s", operations[i].verb, operations[i].how);
        name[n.size] = 0;
        word(b, name);
    }
    text(b, "]}},\"webhooks\":{\"type\":\"boolean\"}}}},\"sandbox\":{\"type\":\"object\",\"properties\":{\"account\":{\"type\":\"string\"},"
            "\"objects\":{\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"system\",\"kind\",\"object\",\"operations\"]}}}"
            "}}}}}");
}

void adapter_openapi_write(struct buf *out) {
    text(out, "{\"openapi\":\"3.1.0\",\"info\":{\"title\":\"What a counterpart of Hikeshi offers\",\"version\":\"" HIKESHI_VERSION
              "\"},\"paths\":{");
    for (size_t i = 0; i < VERB_COUNT; i++) write_path(out, &verbs[i]);
    text(out, "},");
    write_schemas(out);
    text(out, "}\n");
}
