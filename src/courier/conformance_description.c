// SPDX-License-Identifier: Apache-2.0
/* Conformance: what describe says can be read, is true to the page, and is the same each time. */
#include "courier/conformance_suite.h"

static bool operation_is_known(struct str system, struct str operation) {
#define OPERATION(in, verb, how, sentence)                                                                                                 \
    if (str_equal(system, STR(#in)) && str_equal(operation, STR(#verb "." #how))) return true;
#include "respond/operations.def"
#undef OPERATION
    return false;
}

/* For each system of the description; the first failure ends it. */
static enum conformance_verdict each_system(struct suite *s, enum conformance_verdict (*look)(struct suite *, struct str, struct json)) {
    if (!suite_describe(s, false)) return CONFORMANCE_FAILED;
    struct json_walk systems = json_walk(json_get(s->description, STR("systems")));
    enum conformance_verdict verdict = suite_fail(s, "it names no systems");
    for (struct json_member m; json_next(&systems, &m);) {
        verdict = look(s, m.name, m.value);
        if (verdict == CONFORMANCE_FAILED) return verdict;
    }
    return verdict;
}

static enum conformance_verdict has_protocol(struct suite *s, const struct conformance_case *c) {
    int64_t protocol = 0;
    (void)c;
    if (!suite_describe(s, false)) return CONFORMANCE_FAILED;
    if (json_whole(json_get(s->description, STR("protocol")), &protocol) && protocol == 1) return CONFORMANCE_PASSED;
    return suite_fail(s, "protocol is not 1");
}

static enum conformance_verdict look_name(struct suite *s, struct str name, struct json system) {
    (void)system;
    return counterpart_system_is_known(name) ? CONFORMANCE_PASSED : suite_fail(s, "there is no system '%.*s'", STR_ARGS(name));
}
static enum conformance_verdict names_are_known(struct suite *s, const struct conformance_case *c) {
    (void)c;
    return each_system(s, look_name);
}

static enum conformance_verdict look_idempotency(struct suite *s, struct str name, struct json system) {
    struct str word = json_text(json_get(system, STR("idempotency")));
    int64_t ttl_s = 0;
    if (str_equal(word, STR("none"))) return CONFORMANCE_PASSED;
    if (!str_equal(word, STR("stored_2xx")) && !str_equal(word, STR("stored_all")))
        return suite_fail(s, "%.*s: idempotency is none of none, stored_2xx, stored_all", STR_ARGS(name));
    if (json_whole(json_get(system, STR("ttl_s")), &ttl_s) && ttl_s > 0) return CONFORMANCE_PASSED;
    return suite_fail(s, "%.*s keeps keys, but ttl_s says not how long", STR_ARGS(name));
}
static enum conformance_verdict idempotency_is_told(struct suite *s, const struct conformance_case *c) {
    (void)c;
    return each_system(s, look_idempotency);
}

static enum conformance_verdict look_operations(struct suite *s, struct str name, struct json system) {
    struct json operations = json_get(system, STR("operations"));
    struct json_walk walk = json_walk(operations);
    if (operations.type != JSON_ARRAY) return suite_fail(s, "%.*s: operations is no list", STR_ARGS(name));
    for (struct json_member m; json_next(&walk, &m);)
        if (!operation_is_known(name, json_text(m.value)))
            return suite_fail(s, "%.*s has no operation '%.*s'", STR_ARGS(name), STR_ARGS(json_text(m.value)));
    return CONFORMANCE_PASSED;
}
static enum conformance_verdict operations_are_known(struct suite *s, const struct conformance_case *c) {
    (void)c;
    return each_system(s, look_operations);
}

static bool offers(struct json operations, struct str operation) {
    struct json_walk walk = json_walk(operations);
    for (struct json_member m; json_next(&walk, &m);)
        if (str_equal(json_text(m.value), operation)) return true;
    return false;
}

/* Whoever can hold must be able to let go: else a false alarm is for ever. */
static enum conformance_verdict look_releases(struct suite *s, struct str name, struct json system) {
    struct json operations = json_get(system, STR("operations"));
#define OPERATION(in, verb, how, sentence)                                                                                                 \
    if (str_equal(STR(#verb), STR("release")) && str_equal(name, STR(#in)) && offers(operations, STR("contain." #how)) &&                  \
        !offers(operations, STR("release." #how)))                                                                                         \
        return suite_fail(s, "%.*s offers contain." #how " without release." #how, STR_ARGS(name));
#include "respond/operations.def"
#undef OPERATION
    return CONFORMANCE_PASSED;
}
static enum conformance_verdict what_is_held_can_be_released(struct suite *s, const struct conformance_case *c) {
    (void)c;
    return each_system(s, look_releases);
}

static enum conformance_verdict look_webhooks(struct suite *s, struct str name, struct json system) {
    enum json_type type = json_get(system, STR("webhooks")).type;
    bool good = type == JSON_TRUE || type == JSON_FALSE || type == JSON_MISSING;
    return good ? CONFORMANCE_PASSED : suite_fail(s, "%.*s: webhooks is neither true nor false", STR_ARGS(name));
}
static enum conformance_verdict webhooks_are_told(struct suite *s, const struct conformance_case *c) {
    (void)c;
    return each_system(s, look_webhooks);
}

static enum conformance_verdict is_the_same_again(struct suite *s, const struct conformance_case *c) {
    struct said first, second;
    struct question q = {.verb = "describe"};
    (void)c;
    if (!suite_ask(s, &q, &first) || !suite_ask(s, &q, &second)) return CONFORMANCE_FAILED;
    return str_equal(first.body, second.body) ? CONFORMANCE_PASSED : suite_fail(s, "the second answer is another");
}

static enum conformance_verdict passes_over_the_unknown(struct suite *s, const struct conformance_case *c) {
    struct said a;
    (void)c;
    if (!suite_ask(s, &(struct question){.verb = "describe", .raw = STR("{\"a_later_version\":[1,{\"a\":null}]}")}, &a))
        return CONFORMANCE_FAILED;
    return a.status == 200 ? CONFORMANCE_PASSED : suite_fail(s, "answered %u where 200 was expected", a.status);
}

/* What stands in the sandbox must be what the suite can act upon. */
static enum conformance_verdict sandbox_is_usable(struct suite *s, const struct conformance_case *c) {
    (void)c;
    if (!suite_describe(s, true)) return CONFORMANCE_FAILED;
    if (!s->account.size) return suite_skip(s, "no sandbox is offered");
    if (!s->toy_count) return suite_fail(s, "the sandbox has no objects");
    for (size_t i = 0; i < s->toy_count; i++) {
        const struct toy *t = &s->toys[i];
        struct json system = json_get(json_get(s->description, STR("systems")), t->system);
        if (!t->object.size || !t->count) return suite_fail(s, "object %zu lacks object or operations", i + 1);
        if (s->o->knows_kind && !s->o->knows_kind(t->kind)) return suite_fail(s, "there is no kind of effect '%.*s'", STR_ARGS(t->kind));
        for (size_t k = 0; k < t->count; k++) {
            char operation[96];
            struct buf b = buf_over(operation, sizeof operation);
            buf_fmt(&b, "%.*s.%.*s", STR_ARGS(t->verbs[k]), STR_ARGS(t->hows[k]));
            if (b.overflow || !offers(json_get(system, STR("operations")), buf_str(&b)))
                return suite_fail(s, "'%.*s' names an operation that its system does not offer", STR_ARGS(t->object));
        }
    }
    return CONFORMANCE_PASSED;
}

#define G "describe"
const struct conformance_case conformance_description_cases[] = {
    {G, "it speaks protocol 1", has_protocol, FORGERY_NONE, 0, NULL, NULL},
    {G, "its systems are known ones", names_are_known, FORGERY_NONE, 0, NULL, NULL},
    {G, "each system says how it keeps keys, and how long", idempotency_is_told, FORGERY_NONE, 0, NULL, NULL},
    {G, "its operations are known ones", operations_are_known, FORGERY_NONE, 0, NULL, NULL},
    {G, "what can be contained can be released", what_is_held_can_be_released, FORGERY_NONE, 0, NULL, NULL},
    {G, "webhooks is true or false", webhooks_are_told, FORGERY_NONE, 0, NULL, NULL},
    {G, "asked twice, it says the same", is_the_same_again, FORGERY_NONE, 0, NULL, NULL},
    {G, "members that it does not know are passed over", passes_over_the_unknown, FORGERY_NONE, 0, NULL, NULL},
    {G, "its sandbox can be acted upon", sandbox_is_usable, FORGERY_NONE, 0, NULL, NULL},
    CASES_END,
};
