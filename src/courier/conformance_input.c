// SPDX-License-Identifier: Apache-2.0
/* Conformance: what cannot be read is refused and does no harm, and what there is not is absent. */
#include <string.h>

#include "courier/conformance_suite.h"

#define NOBODY      "conformance-nobody"
#define LONG_SIZE   (1024U * 1024)
#define DEEP_SIZE   (2 * 1000)
#define OBJECT_SIZE 2048

static enum conformance_verdict expect_no(struct suite *s, const struct question *q) {
    struct said a;
    if (!suite_ask(s, q, &a)) return CONFORMANCE_FAILED;
    if (said_no(&a)) return CONFORMANCE_PASSED;
    return suite_fail(s, "answered %u %.*s where a refusal was expected (400, 404, 405, 422; or refused, absent)", a.status,
                      STR_ARGS(str_clip(a.outcome, 32)));
}

/* ---- bodies that are none ------------------------------------------------------------------------------------------------------------ */

static enum conformance_verdict body_is_refused(struct suite *s, const struct conformance_case *c) {
    return expect_no(s, &(struct question){.verb = "contain", .path = c->more, .raw = str_from(c->text)});
}

static enum conformance_verdict empty_is_refused(struct suite *s, const struct conformance_case *c) {
    (void)c;
    return expect_no(s, &(struct question){.verb = "contain", .raw = STR("")});
}

static enum conformance_verdict nul_is_refused(struct suite *s, const struct conformance_case *c) {
    (void)c;
    return expect_no(s, &(struct question){.verb = "contain", .raw = STR("{\"system\":\"shop\",\0\"verb\":\"contain\"}")});
}

static struct str repeated(struct suite *s, char open, char close, size_t size) {
    char *text = arena_take(&s->step, size);
    if (!text) return STR("[");
    memset(text, open, size / 2);
    memset(text + size / 2, close, size - size / 2);
    return (struct str){text, size};
}

static enum conformance_verdict deep_is_refused(struct suite *s, const struct conformance_case *c) {
    (void)c;
    return expect_no(s, &(struct question){.verb = "undo", .raw = repeated(s, '[', ']', DEEP_SIZE)});
}

/* It may hang up in the middle; then it must answer the next one. */
static enum conformance_verdict long_is_refused(struct suite *s, const struct conformance_case *c) {
    struct said a;
    struct question q = {.verb = "undo", .raw = repeated(s, ' ', ' ', LONG_SIZE)};
    (void)c;
    if (suite_ask(s, &q, &a) && !said_no(&a)) return suite_fail(s, "answered %u where 413 or 400 was expected", a.status);
    if (!suite_ask(s, &(struct question){.verb = "describe"}, &a) || a.status != 200) return suite_fail(s, "it does not answer afterwards");
    return CONFORMANCE_PASSED;
}

/* ---- requests that say too little or what there is not ------------------------------------------------------------------------------- */

static struct question question_about(const char *verb, const char *system, const char *how) {
    return (struct question){.verb = verb,
                             .system = str_from(system),
                             .how = str_from(how),
                             .account = STR(NOBODY),
                             .kind = STR("order"),
                             .object = STR("order:nothing"),
                             .before = STR(""),
                             .after = STR(""),
                             .key = STR("inc_0/e1/conformance/1")};
}

static enum conformance_verdict unknown_system_is_refused(struct suite *s, const struct conformance_case *c) {
    struct question q = question_about("contain", "coffee_kitchen", "hold_order");
    (void)c;
    return expect_no(s, &q);
}

static struct str first_system(struct suite *s) {
    struct json_member m;
    if (!suite_describe(s, false)) return STR_NONE;
    struct json_walk systems = json_walk(json_get(s->description, STR("systems")));
    return json_next(&systems, &m) ? m.name : STR_NONE;
}

/* `text` is the how. */
static enum conformance_verdict unknown_how_is_refused(struct suite *s, const struct conformance_case *c) {
    struct question q = question_about(c->more, "", c->text);
    q.system = first_system(s);
    return expect_no(s, &q);
}

static enum conformance_verdict unknown_verb_is_refused(struct suite *s, const struct conformance_case *c) {
    struct question q = question_about(c->text, "shop", "hold_order");
    return expect_no(s, &q);
}

/* The first operation that is offered, of this verb; empty where there is none. */
static struct str offered(struct suite *s, const char *verb, struct str *system) {
    struct json_member in, m;
    if (!suite_describe(s, false)) return STR_NONE;
    struct json_walk systems = json_walk(json_get(s->description, STR("systems")));
    while (json_next(&systems, &in)) {
        struct json_walk operations = json_walk(json_get(in.value, STR("operations")));
        *system = in.name;
        while (json_next(&operations, &m)) {
            struct str how, found = str_cut(json_text(m.value), '.', &how);
            if (str_equal(found, str_from(verb))) return how;
        }
    }
    return STR_NONE;
}

/* A question about nothing, of an operation that is offered. false: there is none of this verb. */
static bool question_offered(struct suite *s, const char *verb, const char *operation_verb, struct question *q) {
    struct str system = STR_NONE, how = offered(s, operation_verb, &system);
    *q = question_about(verb, "", "");
    q->system = system;
    q->how = how;
    q->key = suite_new_key(s);
    return how.size > 0;
}

static enum conformance_verdict lacking_is_refused(struct suite *s, const struct conformance_case *c) {
    struct question q;
    if (!question_offered(s, c->text, c->text, &q)) return suite_skip(s, "no such operation is offered");
    if (!strcmp(c->more, "account")) q.account = STR_NONE;
    if (!strcmp(c->more, "effect")) q.kind = q.object = STR_NONE;
    if (!strcmp(c->more, "object")) q.object = STR_NONE;
    if (!strcmp(c->more, "how")) q.how = STR_NONE;
    if (!strcmp(c->more, "system")) q.system = STR_NONE;
    return expect_no(s, &q);
}

/* ---- what there is not ------------------------------------------------------------------------------------------------------------------
 */

static enum conformance_verdict nothing_is_absent(struct suite *s, const struct conformance_case *c) {
    struct question q;
    if (!question_offered(s, c->text, c->text, &q)) return suite_skip(s, "no such operation is offered");
    return expect_no(s, &q);
}

static enum conformance_verdict nothing_is_absent_again(struct suite *s, const struct conformance_case *c) {
    struct question q;
    struct said first, second;
    if (!question_offered(s, c->text, c->text, &q)) return suite_skip(s, "no such operation is offered");
    q.id = q.key;
    if (!suite_ask(s, &q, &first) || !suite_ask(s, &q, &second)) return CONFORMANCE_FAILED;
    if (first.status == second.status && str_equal(first.outcome, second.outcome)) return CONFORMANCE_PASSED;
    return suite_fail(s, "answered %u %.*s, then %u %.*s", first.status, STR_ARGS(first.outcome), second.status, STR_ARGS(second.outcome));
}

static enum conformance_verdict hostile_object_is_absent(struct suite *s, const struct conformance_case *c) {
    struct question q;
    if (!question_offered(s, "undo", "undo", &q)) return suite_skip(s, "no such operation is offered");
    q.object = c->text ? str_from(c->text) : repeated(s, 'o', 'o', OBJECT_SIZE);
    return expect_no(s, &q);
}

static enum conformance_verdict unknown_members_are_passed_over(struct suite *s, const struct conformance_case *c) {
    struct question q;
    (void)c;
    if (!question_offered(s, "undo", "undo", &q)) return suite_skip(s, "no such operation is offered");
    q.extra = ",\"a_later_version\":{\"a\":[1,2,3]}";
    return expect_no(s, &q);
}

/* `read_state` and `probe` of nothing: not_done or absent, never done. */
static enum conformance_verdict nothing_is_not_done(struct suite *s, const struct conformance_case *c) {
    struct question q;
    struct said a;
    if (!question_offered(s, c->text, c->more, &q)) return suite_skip(s, "no such operation is offered");
    q.of = !strcmp(c->text, "read_state") ? str_from(c->more) : STR_NONE;
    if (!suite_ask(s, &q, &a)) return CONFORMANCE_FAILED;
    if (a.status == 404 || (a.status == 200 && (said_is(&a, "not_done") || said_is(&a, "absent")))) return CONFORMANCE_PASSED;
    return suite_fail(s, "answered %u %.*s where not_done or absent was expected", a.status, STR_ARGS(str_clip(a.outcome, 32)));
}

/* ---- find_effects -----------------------------------------------------------------------------------------------------------------------
 */

static bool find(struct suite *s, struct str account, struct said *a) {
    struct question q = {.verb = "find_effects", .system = first_system(s), .account = account, .how = STR("find_effects")};
    return suite_ask(s, &q, a);
}

static enum conformance_verdict finds_nothing_for_nobody(struct suite *s, const struct conformance_case *c) {
    struct said a;
    struct json_member m;
    (void)c;
    if (!find(s, STR(NOBODY), &a)) return CONFORMANCE_FAILED;
    if (said_no(&a)) return CONFORMANCE_PASSED;
    struct json_walk found = json_walk(json_get(a.root, STR("found")));
    if (a.status != 200 || !said_is(&a, "done")) return suite_fail(s, "answered %u where done was expected", a.status);
    return json_next(&found, &m) ? suite_fail(s, "it found something on an account that there is not") : CONFORMANCE_PASSED;
}

static enum conformance_verdict look_found(struct suite *s, struct json effect) {
    struct str kind = json_text(json_get(effect, STR("kind"))), whose = json_text(json_get(effect, STR("whose")));
    if (!json_text(json_get(effect, STR("object"))).size) return suite_fail(s, "an effect has no object");
    if (s->o->knows_kind && !s->o->knows_kind(kind))
        return suite_fail(s, "there is no kind of effect '%.*s'", STR_ARGS(str_clip(kind, 64)));
    if (str_equal(whose, STR("unknown"))) return CONFORMANCE_PASSED;
    /* The question named no session and no token. */
    return suite_fail(s, "'%.*s' is told to be %.*s's although the path is empty", STR_ARGS(str_clip(kind, 64)),
                      STR_ARGS(str_clip(whose, 32)));
}

static enum conformance_verdict finds_what_can_be_read(struct suite *s, const struct conformance_case *c) {
    struct said a;
    struct json_member m;
    (void)c;
    if (!suite_describe(s, true)) return CONFORMANCE_FAILED;
    struct str account = s->o->account.size ? s->o->account : s->account;
    bool full = false;
    if (!account.size) return suite_skip(s, "no sandbox is offered and no account was named");
    account = arena_copy(&s->step, account, &full);
    if (!find(s, account, &a)) return CONFORMANCE_FAILED;
    if (a.status != 200 || !said_is(&a, "done")) return suite_fail(s, "answered %u where done was expected", a.status);
    if (json_get(a.root, STR("found")).type != JSON_ARRAY) return suite_fail(s, "found is no list");
    struct json_walk found = json_walk(json_get(a.root, STR("found"))), nothing = json_walk(json_get(a.root, STR("nothing_in")));
    while (json_next(&found, &m))
        if (look_found(s, m.value) == CONFORMANCE_FAILED) return CONFORMANCE_FAILED;
    while (json_next(&nothing, &m))
        if (s->o->knows_kind && !s->o->knows_kind(json_text(m.value)))
            return suite_fail(s, "nothing_in: there is no kind of effect '%.*s'", STR_ARGS(str_clip(json_text(m.value), 64)));
    return CONFORMANCE_PASSED;
}

static enum conformance_verdict still_answers(struct suite *s, const struct conformance_case *c) {
    struct said a;
    (void)c;
    if (!suite_ask(s, &(struct question){.verb = "describe"}, &a)) return CONFORMANCE_FAILED;
    return a.status == 200 ? CONFORMANCE_PASSED : suite_fail(s, "answered %u", a.status);
}

#define I "bad input"
#define N "what there is not"
#define F "find_effects"
const struct conformance_case conformance_input_cases[] = {
    {I, "an empty body: refused", empty_is_refused, FORGERY_NONE, 0, NULL, NULL},
    {I, "no JSON: refused", body_is_refused, FORGERY_NONE, 0, "system=payment&verb=undo", NULL},
    {I, "half of a JSON text: refused", body_is_refused, FORGERY_NONE, 0, "{\"system\":\"payment\",\"verb\":\"contain\",\"how", NULL},
    {I, "a list: refused", body_is_refused, FORGERY_NONE, 0, "[{\"system\":\"payment\"}]", NULL},
    {I, "a number: refused", body_is_refused, FORGERY_NONE, 0, "17", NULL},
    {I, "null: refused", body_is_refused, FORGERY_NONE, 0, "null", NULL},
    {I, "an object of nothing: refused", body_is_refused, FORGERY_NONE, 0, "{}", NULL},
    {I, "members of other types: refused", body_is_refused, FORGERY_NONE, 0,
     "{\"system\":7,\"verb\":[],\"how\":{},\"account\":1,\"effect\":\"e\",\"key\":null}", NULL},
    {I, "no UTF-8: refused", body_is_refused, FORGERY_NONE, 0, "{\"system\":\"\xff\xfe\",\"verb\":\"contain\"}", NULL},
    {I, "a NUL: refused", nul_is_refused, FORGERY_NONE, 0, NULL, NULL},
    {I, "a thousand levels deep: refused", deep_is_refused, FORGERY_NONE, 0, NULL, NULL},
    {I, "a megabyte: refused, and it goes on answering", long_is_refused, FORGERY_NONE, 0, NULL, NULL},
    {I, "an unknown verb: refused", unknown_verb_is_refused, FORGERY_NONE, 0, "obliterate", NULL},
    {I, "an unknown system: refused", unknown_system_is_refused, FORGERY_NONE, 0, NULL, NULL},
    {I, "an unknown how to contain: refused", unknown_how_is_refused, FORGERY_NONE, 0, "hold_breath", "contain"},
    {I, "an unknown how to undo: refused", unknown_how_is_refused, FORGERY_NONE, 0, "rewrite_history", "undo"},
    {I, "a how that is a path: refused", unknown_how_is_refused, FORGERY_NONE, 0, "../undo/refund", "contain"},
    {I, "contain without account: refused", lacking_is_refused, FORGERY_NONE, 0, "contain", "account"},
    {I, "undo without account: refused", lacking_is_refused, FORGERY_NONE, 0, "undo", "account"},
    {I, "undo without effect: refused", lacking_is_refused, FORGERY_NONE, 0, "undo", "effect"},
    {I, "undo without object: refused", lacking_is_refused, FORGERY_NONE, 0, "undo", "object"},
    {I, "undo without how: refused", lacking_is_refused, FORGERY_NONE, 0, "undo", "how"},
    {I, "undo without system: refused", lacking_is_refused, FORGERY_NONE, 0, "undo", "system"},
    {I, "after all of that it still answers", still_answers, FORGERY_NONE, 0, NULL, NULL},
    {N, "contain: absent", nothing_is_absent, FORGERY_NONE, 0, "contain", NULL},
    {N, "undo: absent", nothing_is_absent, FORGERY_NONE, 0, "undo", NULL},
    {N, "release: absent", nothing_is_absent, FORGERY_NONE, 0, "release", NULL},
    {N, "contain with the same key again: the same answer", nothing_is_absent_again, FORGERY_NONE, 0, "contain", NULL},
    {N, "undo with the same key again: the same answer", nothing_is_absent_again, FORGERY_NONE, 0, "undo", NULL},
    {N, "read_state of a contain that never came: not_done", nothing_is_not_done, FORGERY_NONE, 0, "read_state", "contain"},
    {N, "read_state of an undo that never came: not_done", nothing_is_not_done, FORGERY_NONE, 0, "read_state", "undo"},
    {N, "probe: not_done or absent", nothing_is_not_done, FORGERY_NONE, 0, "probe", "undo"},
    {N, "an object with quotes in its name: absent", hostile_object_is_absent, FORGERY_NONE, 0, "charge:x' OR '1'='1\"; --", NULL},
    {N, "an object that is a path: absent", hostile_object_is_absent, FORGERY_NONE, 0, "order:../../etc/passwd", NULL},
    {N, "an object in other letters: absent", hostile_object_is_absent, FORGERY_NONE, 0, "order:\xe6\xb3\xa8\xe6\x96\x87\xe2\x80\xae",
     NULL},
    {N, "an object of 2 kB: absent", hostile_object_is_absent, FORGERY_NONE, 0, NULL, NULL},
    {N, "members that it does not know are passed over", unknown_members_are_passed_over, FORGERY_NONE, 0, NULL, NULL},
    {F, "nothing is found for nobody", finds_nothing_for_nobody, FORGERY_NONE, 0, NULL, NULL},
    {F, "what is found can be read, and is nobody's without a path", finds_what_can_be_read, FORGERY_NONE, 0, NULL, NULL},
    CASES_END,
};
