// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance: an act is done once, can be read back, and can be taken back where it is a containment. Only in the sandbox, which is made
 * anew for each case. A case is played with every object that has an operation of its verb.
 */
#include <string.h>

#include "courier/conformance_suite.h"

/* One object and one operation of it. */
struct play {
    const struct toy *toy;
    struct str how;
};

static struct question question_of(struct suite *s, const struct play *p, const char *verb) {
    struct question q = {.verb = verb,
                         .system = p->toy->system,
                         .how = p->how,
                         .account = s->account,
                         .kind = p->toy->kind,
                         .object = p->toy->object,
                         .before = p->toy->before,
                         .after = p->toy->after,
                         .key = suite_new_key(s)};
    q.id = q.key;
    return q;
}

/* The reading of an act: another request, about its key. */
static struct question reading_of(struct suite *s, const struct question *act) {
    struct question q = *act;
    q.verb = "read_state";
    q.of = str_from(act->verb);
    q.id = suite_new_key(s);
    return q;
}

static enum conformance_verdict fail_with(struct suite *s, const struct question *q, const struct said *a, const char *wanted) {
    if (a->fate != WIRE_ANSWERED) return CONFORMANCE_FAILED;
    return suite_fail(s, "%s %.*s of '%.*s' answered %u %.*s where %s was expected", q->verb, STR_ARGS(str_clip(q->how, 40)),
                      STR_ARGS(str_clip(q->object, 60)), a->status, STR_ARGS(str_clip(a->outcome, 24)), wanted);
}

static bool is_good(const struct said *a) {
    return (a->status == 200 && said_is(a, "done")) || ((a->status == 200 || a->status == 202) && said_is(a, "pending"));
}

/* Asks and wants done (or, of an undo, pending). */
static bool does(struct suite *s, const struct question *q, struct said *a) {
    bool answered = suite_ask(s, q, a);
    bool good = answered && is_good(a) && (said_is(a, "done") || strcmp(q->verb, "contain") != 0);
    if (!good) (void)fail_with(s, q, a, strcmp(q->verb, "contain") ? "done or pending" : "done");
    return good;
}

static bool says(struct suite *s, const struct question *q, const char *outcome) {
    struct said a;
    bool good = suite_ask(s, q, &a) && a.status == 200 && said_is(&a, outcome);
    if (!good) (void)fail_with(s, q, &a, outcome);
    return good;
}

static enum conformance_verdict passed(bool good) {
    return good ? CONFORMANCE_PASSED : CONFORMANCE_FAILED;
}

/* ---- containment ------------------------------------------------------------------------------------------------------------------------
 */

static bool can_release(const struct suite *s, const struct play *p) {
    struct json_member m;
    struct json system = json_get(json_get(s->description, STR("systems")), p->toy->system);
    struct json_walk operations = json_walk(json_get(system, STR("operations")));
    while (json_next(&operations, &m)) {
        struct str how, verb = str_cut(json_text(m.value), '.', &how);
        if (str_equal(verb, STR("release")) && str_equal(how, p->how)) return true;
    }
    return false;
}

static enum conformance_verdict contain(struct suite *s, const struct play *p) {
    struct said a;
    struct question q = question_of(s, p, "contain");
    return passed(does(s, &q, &a));
}

static enum conformance_verdict contain_same_key(struct suite *s, const struct play *p) {
    struct said a;
    struct question q = question_of(s, p, "contain");
    return passed(does(s, &q, &a) && does(s, &q, &a));
}

static enum conformance_verdict contain_other_key(struct suite *s, const struct play *p) {
    struct said a;
    struct question first = question_of(s, p, "contain"), second = question_of(s, p, "contain");
    return passed(does(s, &first, &a) && does(s, &second, &a));
}

static enum conformance_verdict contain_is_read_back(struct suite *s, const struct play *p) {
    struct said a;
    struct question q = question_of(s, p, "contain"), reading = reading_of(s, &q);
    return passed(does(s, &q, &a) && says(s, &reading, "done"));
}

static enum conformance_verdict contain_is_not_done_before(struct suite *s, const struct play *p) {
    struct question q = question_of(s, p, "contain"), reading = reading_of(s, &q);
    return passed(says(s, &reading, "not_done"));
}

static enum conformance_verdict release(struct suite *s, const struct play *p) {
    struct said a;
    if (!can_release(s, p)) return CONFORMANCE_SKIPPED;
    struct question q = question_of(s, p, "contain"), back = question_of(s, p, "release");
    return passed(does(s, &q, &a) && does(s, &back, &a) && does(s, &back, &a));
}

/* Whether it was held and whether it was let go are two questions of the same `how`. */
static enum conformance_verdict release_is_read_back(struct suite *s, const struct play *p) {
    struct said a;
    if (!can_release(s, p)) return CONFORMANCE_SKIPPED;
    struct question q = question_of(s, p, "contain"), back = question_of(s, p, "release"), reading = reading_of(s, &back);
    return passed(does(s, &q, &a) && says(s, &reading, "not_done") && does(s, &back, &a) && says(s, &reading, "done"));
}

static enum conformance_verdict what_was_released_is_not_held(struct suite *s, const struct play *p) {
    struct said a;
    if (!can_release(s, p)) return CONFORMANCE_SKIPPED;
    struct question q = question_of(s, p, "contain"), back = question_of(s, p, "release"), reading = reading_of(s, &q);
    return passed(does(s, &q, &a) && does(s, &back, &a) && says(s, &reading, "not_done"));
}

static enum conformance_verdict contain_after_release(struct suite *s, const struct play *p) {
    struct said a;
    if (!can_release(s, p)) return CONFORMANCE_SKIPPED;
    struct question q = question_of(s, p, "contain"), back = question_of(s, p, "release"), again = question_of(s, p, "contain");
    struct question reading = reading_of(s, &again);
    return passed(does(s, &q, &a) && does(s, &back, &a) && does(s, &again, &a) && says(s, &reading, "done"));
}

static enum conformance_verdict held_order_says_its_state(struct suite *s, const struct play *p) {
    struct said a;
    if (!str_equal(p->how, STR("hold_order")) && !str_equal(p->how, STR("block_capture"))) return CONFORMANCE_SKIPPED;
    struct question q = question_of(s, p, "contain");
    if (!does(s, &q, &a)) return CONFORMANCE_FAILED;
    return a.state.size ? CONFORMANCE_PASSED : suite_fail(s, "contain %.*s said no state", STR_ARGS(p->how));
}

/* ---- undoing ----------------------------------------------------------------------------------------------------------------------------
 */

static enum conformance_verdict undo(struct suite *s, const struct play *p) {
    struct said a;
    struct question q = question_of(s, p, "undo");
    return passed(does(s, &q, &a));
}

static enum conformance_verdict undo_same_key(struct suite *s, const struct play *p) {
    struct said first, second;
    struct question q = question_of(s, p, "undo");
    if (!does(s, &q, &first) || !does(s, &q, &second)) return CONFORMANCE_FAILED;
    if (!first.reference.size || !second.reference.size || str_equal(first.reference, second.reference)) return CONFORMANCE_PASSED;
    return suite_fail(s, "undo %.*s has another reference the second time: it was done twice", STR_ARGS(p->how));
}

static enum conformance_verdict undo_other_key(struct suite *s, const struct play *p) {
    struct said first, second;
    struct question q = question_of(s, p, "undo"), other = question_of(s, p, "undo");
    if (!does(s, &q, &first) || !suite_ask(s, &other, &second)) return CONFORMANCE_FAILED;
    if (!said_definitely(&second)) return fail_with(s, &other, &second, "a definite answer");
    if (!first.reference.size || !second.reference.size || str_equal(first.reference, second.reference)) return CONFORMANCE_PASSED;
    return suite_fail(s, "undo %.*s of what is undone has another reference: it was done twice", STR_ARGS(p->how));
}

static enum conformance_verdict undo_is_not_done_before(struct suite *s, const struct play *p) {
    struct question q = question_of(s, p, "undo"), reading = reading_of(s, &q);
    return passed(says(s, &reading, "not_done"));
}

static enum conformance_verdict undo_is_read_back(struct suite *s, const struct play *p) {
    struct said a, read;
    struct question q = question_of(s, p, "undo"), reading = reading_of(s, &q);
    if (!does(s, &q, &a) || !suite_ask(s, &reading, &read)) return CONFORMANCE_FAILED;
    return is_good(&read) ? CONFORMANCE_PASSED : fail_with(s, &reading, &read, "done or pending");
}

static enum conformance_verdict undo_is_probed(struct suite *s, const struct play *p) {
    struct said a, seen;
    struct question q = question_of(s, p, "undo"), look = question_of(s, p, "probe");
    if (!does(s, &q, &a) || !suite_ask(s, &look, &seen)) return CONFORMANCE_FAILED;
    bool waits = said_is(&a, "pending") && said_is(&seen, "not_done");
    bool good = seen.status == 404 || is_good(&seen) || (seen.status == 200 && said_is(&seen, "absent"));
    return good || waits ? CONFORMANCE_PASSED : fail_with(s, &look, &seen, "done or absent");
}

static bool has_image(const struct play *p) {
    return p->toy->after.size > 0;
}

/* The value is not the hijacker's any more: the owner has changed it himself. */
static enum conformance_verdict undo_compares(struct suite *s, const struct play *p) {
    struct said a;
    if (!has_image(p)) return CONFORMANCE_SKIPPED;
    struct question q = question_of(s, p, "undo");
    q.after = STR("conformance: another value");
    if (!suite_ask(s, &q, &a)) return CONFORMANCE_FAILED;
    return said_is(&a, "changed") && (a.status == 200 || a.status == 409) ? CONFORMANCE_PASSED : fail_with(s, &q, &a, "changed");
}

static enum conformance_verdict what_was_changed_is_left_alone(struct suite *s, const struct play *p) {
    struct said a;
    if (!has_image(p)) return CONFORMANCE_SKIPPED;
    struct question q = question_of(s, p, "undo"), right = question_of(s, p, "undo"), reading = reading_of(s, &right);
    q.after = STR("conformance: another value");
    return passed(suite_ask(s, &q, &a) && says(s, &reading, "not_done") && does(s, &right, &a));
}

/* Eight at once with one key: one may be told to wait, none may be told something else. */
static enum conformance_verdict one_key_at_once(struct suite *s, const struct play *p) {
    struct question q[TOGETHER_MAX];
    struct said a[TOGETHER_MAX];
    struct str reference = STR_NONE;
    unsigned good = 0;
    q[0] = question_of(s, p, "undo");
    for (size_t i = 1; i < TOGETHER_MAX; i++) q[i] = q[0];
    suite_ask_together(s, q, TOGETHER_MAX, a);
    for (size_t i = 0; i < TOGETHER_MAX; i++) {
        bool waits = a[i].status == 409 || a[i].status == 429 || a[i].status == 503;
        if (!waits && !is_good(&a[i])) return fail_with(s, &q[i], &a[i], "done, pending, or 409");
        good += is_good(&a[i]);
        if (a[i].reference.size && reference.size && !str_equal(a[i].reference, reference))
            return suite_fail(s, "undo %.*s has two references: it was done twice", STR_ARGS(p->how));
        if (a[i].reference.size) reference = a[i].reference;
    }
    return good ? CONFORMANCE_PASSED : suite_fail(s, "all eight were told to wait");
}

/* The key is the act's: with another body it must not do another. */
static enum conformance_verdict one_key_two_bodies(struct suite *s, const struct play *p) {
    struct said a;
    struct question q = question_of(s, p, "undo"), other = q;
    other.object = STR("order:nothing");
    if (!does(s, &q, &a) || !suite_ask(s, &other, &a)) return CONFORMANCE_FAILED;
    return said_definitely(&a) || a.status == 409 ? CONFORMANCE_PASSED : fail_with(s, &other, &a, "the first answer or a refusal");
}

/* An object belongs to its account. */
static enum conformance_verdict of_another_account(struct suite *s, const struct play *p) {
    struct said a;
    struct question q = question_of(s, p, "undo"), own = question_of(s, p, "undo"), reading = reading_of(s, &own);
    q.account = STR("conformance-nobody");
    if (!suite_ask(s, &q, &a)) return CONFORMANCE_FAILED;
    if (!said_no(&a)) return fail_with(s, &q, &a, "absent or refused");
    return passed(says(s, &reading, "not_done"));
}

/* ---- every object, every operation
 * ------------------------------------------------------------------------------------------------------- */

/* The sandbox is made anew for each, and its texts with it: whoever plays finds his object by number. */
static enum conformance_verdict play_all(struct suite *s, const char *verb,
                                         enum conformance_verdict (*play)(struct suite *, const struct play *)) {
    unsigned played = 0;
    if (!suite_describe(s, true)) return CONFORMANCE_FAILED;
    if (!s->account.size) return suite_skip(s, "no sandbox is offered");
    for (size_t i = 0; i < s->toy_count; i++) {
        for (size_t k = 0; k < s->toys[i].count; k++) {
            if (!str_equal(s->toys[i].verbs[k], str_from(verb))) continue;
            arena_reset(&s->step);
            if (!suite_describe(s, true) || i >= s->toy_count || k >= s->toys[i].count)
                return suite_fail(s, "the sandbox was not made anew as it was");
            struct play p = {&s->toys[i], s->toys[i].hows[k]};
            enum conformance_verdict verdict = play(s, &p);
            if (verdict == CONFORMANCE_FAILED) return verdict;
            played += verdict == CONFORMANCE_PASSED;
        }
    }
    return played ? CONFORMANCE_PASSED : suite_skip(s, "the sandbox has no object for this");
}

#define PLAY(function, verb)                                                                                                               \
    static enum conformance_verdict play_##function(struct suite *s, const struct conformance_case *c) {                                   \
        (void)c;                                                                                                                           \
        return play_all(s, verb, function);                                                                                                \
    }
PLAY(contain, "contain")
PLAY(contain_same_key, "contain")
PLAY(contain_other_key, "contain")
PLAY(contain_is_not_done_before, "contain")
PLAY(contain_is_read_back, "contain")
PLAY(held_order_says_its_state, "contain")
PLAY(release, "contain")
PLAY(release_is_read_back, "contain")
PLAY(what_was_released_is_not_held, "contain")
PLAY(contain_after_release, "contain")
PLAY(undo, "undo")
PLAY(undo_same_key, "undo")
PLAY(undo_other_key, "undo")
PLAY(undo_is_not_done_before, "undo")
PLAY(undo_is_read_back, "undo")
PLAY(undo_is_probed, "undo")
PLAY(undo_compares, "undo")
PLAY(what_was_changed_is_left_alone, "undo")
PLAY(one_key_at_once, "undo")
PLAY(one_key_two_bodies, "undo")
PLAY(of_another_account, "undo")

#define C "contain and release"
#define U "undo"
const struct conformance_case conformance_act_cases[] = {
    {C, "before it, read_state says not_done", play_contain_is_not_done_before, FORGERY_NONE, 0, NULL, NULL},
    {C, "contain: done", play_contain, FORGERY_NONE, 0, NULL, NULL},
    {C, "contain with the same key again: done", play_contain_same_key, FORGERY_NONE, 0, NULL, NULL},
    {C, "contain with another key: done", play_contain_other_key, FORGERY_NONE, 0, NULL, NULL},
    {C, "after it, read_state says done", play_contain_is_read_back, FORGERY_NONE, 0, NULL, NULL},
    {C, "hold_order and block_capture tell the state", play_held_order_says_its_state, FORGERY_NONE, 0, NULL, NULL},
    {C, "release, and again: done", play_release, FORGERY_NONE, 0, NULL, NULL},
    {C, "read_state of a release is not that of the containment", play_release_is_read_back, FORGERY_NONE, 0, NULL, NULL},
    {C, "what was released is not contained any more", play_what_was_released_is_not_held, FORGERY_NONE, 0, NULL, NULL},
    {C, "what was released can be contained again", play_contain_after_release, FORGERY_NONE, 0, NULL, NULL},
    {U, "before it, read_state says not_done", play_undo_is_not_done_before, FORGERY_NONE, 0, NULL, NULL},
    {U, "undo: done or pending", play_undo, FORGERY_NONE, 0, NULL, NULL},
    {U, "undo with the same key again: once", play_undo_same_key, FORGERY_NONE, 0, NULL, NULL},
    {U, "undo with another key, of what is undone: a definite answer", play_undo_other_key, FORGERY_NONE, 0, NULL, NULL},
    {U, "after it, read_state says done or pending", play_undo_is_read_back, FORGERY_NONE, 0, NULL, NULL},
    {U, "after it, probe sees it", play_undo_is_probed, FORGERY_NONE, 0, NULL, NULL},
    {U, "what has another value than the hijacker's: changed", play_undo_compares, FORGERY_NONE, 0, NULL, NULL},
    {U, "and it is left alone", play_what_was_changed_is_left_alone, FORGERY_NONE, 0, NULL, NULL},
    {U, "eight at once with one key: once", play_one_key_at_once, FORGERY_NONE, 0, NULL, NULL},
    {U, "one key with two bodies: no second act", play_one_key_two_bodies, FORGERY_NONE, 0, NULL, NULL},
    {U, "the object of one account through another: absent", play_of_another_account, FORGERY_NONE, 0, NULL, NULL},
    CASES_END,
};
