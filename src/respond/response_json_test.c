// SPDX-License-Identifier: Apache-2.0
/* Tests that every row of a response is one JSON object with the members of docs/reference/response.md, and that plans come to an end. */
#include "base/json.h"
#include "base/test.h"
#include "respond/respond.h"

static char text[64 * 1024], memory[1024 * 1024];

static struct json read(struct buf *b) {
    struct arena a = arena_over(memory, sizeof memory);
    struct json root = {0};
    EXPECT(!b->overflow);
    EXPECT_EQ(json_parse(buf_str(b), sizeof text, &a, &root, NULL), ERR_OK);
    return root;
}
#define READ(write, ...)                                                                                                                   \
    struct buf b = buf_over(text, sizeof text);                                                                                            \
    write(__VA_ARGS__, &b);                                                                                                                \
    struct json j = read(&b)
#define EXPECT_MEMBER(name, word) EXPECT_STR(json_text(json_get(j, STR(name))), STR(word))

TEST(a_response_is_told) {
    struct response_row r = {
        .incident = STR("inc_1"), .account = STR("a\"1"), .state = RESPONSE_WAITING, .decided_ms = 1, .effect_count = 3};
    READ(respond_write_response_json, &r);
    EXPECT_MEMBER("incident", "inc_1");
    EXPECT_MEMBER("account", "a\"1");
    EXPECT_MEMBER("state", "waiting");
    EXPECT_MEMBER("decided", "1970-01-01T00:00:00.001Z");
    EXPECT_EQ(json_get(j, STR("closed")).type, JSON_NULL);
}

TEST(an_effect_is_told_without_its_images) {
    struct effect_row r = {.id = STR("inc_1/e1"),
                           .kind = STR("sweep_shop"),
                           .object = STR("system:shop"),
                           .state = STR("human"),
                           .resume = STR("quiet"),
                           .phase = PHASE_HUMAN,
                           .whose = WHOSE_HIJACKER,
                           .before = STR("secret"),
                           .amount_minor = 500,
                           .currency = "JPY",
                           .fate = FATE_PACKED};
    READ(respond_write_effect_json, &r);
    EXPECT_MEMBER("phase", "human");
    EXPECT_MEMBER("resume", "quiet");
    EXPECT_MEMBER("seen", "packed");
    EXPECT_MEMBER("currency", "JPY");
    EXPECT_MEMBER("says", "it was looked for; once more soon");
    EXPECT(str_find(buf_str(&b), STR("secret"), 0) == b.size);
}

TEST(steps_and_tasks_are_told) {
    struct step_row s = {
        .id = STR("inc_1/e1/undo.refund/2"), .state = STEP_ANSWERED, .outcome = STEP_OUTCOME_DONE, .request = STR("{\"how\":\"refund\"}")};
    {
        READ(respond_write_step_json, &s);
        EXPECT_MEMBER("outcome", "done");
        EXPECT_STR(json_text(json_get(json_get(j, STR("request")), STR("how"))), STR("refund"));
        EXPECT_EQ(json_get(j, STR("answer")).type, JSON_NULL);
    }
    struct task_row t = {.id = STR("inc_1/t1"), .options = STR("done retry unable"), .people = 2};
    READ(respond_write_task_json, &t);
    struct json_walk walk = json_walk(json_get(j, STR("options")));
    struct json_member m;
    int count = 0;
    while (json_next(&walk, &m)) count++;
    EXPECT_EQ(count, 3);
}

TEST(what_is_added_is_told) {
    struct ledger_row l = {.effect = STR("inc_1/e1"), .kind = LEDGER_RETURNED, .amount_minor = -5, .currency = "EUR"};
    {
        READ(respond_write_ledger_json, &l);
        EXPECT_MEMBER("kind", "returned");
    }
    struct notice_row n = {.id = STR("inc_1/n1"), .facts = STR("{\"a\":1}")};
    {
        READ(respond_write_notice_json, &n);
        EXPECT_EQ(json_get(j, STR("facts")).type, JSON_OBJECT);
    }
    struct proof_row p = {.observer = STR("webhook"), .ok = true};
    {
        READ(respond_write_proof_json, &p);
        EXPECT_EQ(json_get(j, STR("ok")).type, JSON_TRUE);
    }
    struct audit_row a = {.what = STR("ledger"), .hash = STR("ff")};
    READ(respond_write_audit_json, &a);
    EXPECT_MEMBER("hash", "ff");
}

TEST(money_is_summed_by_currency) {
    struct ledger_row rows[] = {
        {.kind = LEDGER_LOSS, .amount_minor = 500, .currency = "JPY"},
        {.kind = LEDGER_LOSS, .amount_minor = 7, .currency = "EUR"},
        {.kind = LEDGER_RETURNED, .amount_minor = 300, .currency = "JPY"},
        {.kind = LEDGER_COMPENSATED, .amount_minor = 150, .currency = "JPY"},
        {.kind = LEDGER_WRITEOFF, .amount_minor = 9, .currency = "JPY"},
        {.kind = LEDGER_RETURNED, .amount_minor = -100, .currency = "JPY"},
    };
    struct money m[2];
    EXPECT_EQ(respond_money(rows, 6, m, 2), 2);
    EXPECT_EQ(money_open(&m[0]), 150);
    EXPECT_EQ(money_open(&m[1]), 7);
    EXPECT_EQ(respond_money(rows, 6, m, 1), 1);
    READ(respond_write_money_json, m, (size_t)1);
    int64_t open;
    EXPECT(json_whole(json_get(json_get(j, STR("JPY")), STR("open")), &open) && open == 150);
}

/* From its first state, if everything goes well, every definition comes to an end. */
TEST(a_plan_comes_to_an_end) {
    for (size_t i = 0; i < effect_def_count(); i++) {
        const struct effect_def *d = effect_def_at(i);
        struct effect_row r = {.kind = str_from(d->name), .state = str_from(d->states[0].name), .go = true};
        struct plan_line lines[PLAN_LINES_MAX];
        size_t count = respond_plan(&r, lines);
        bool ends = count && phase_is_terminal(lines[count - 1].state->phase);
        if (!ends) printf("%s: the plan ends in %s\n", d->name, count ? lines[count - 1].state->name : "nothing");
        EXPECT(ends);
    }
    struct effect_row sweep = {.kind = STR("sweep_shop"), .state = STR("sweeping")};
    struct plan_line lines[PLAN_LINES_MAX];
    EXPECT_EQ(respond_plan(&sweep, lines), 6);
    EXPECT_EQ(lines[1].wait_ms, 600000);
    sweep.kind = STR("nothing");
    EXPECT_EQ(respond_plan(&sweep, lines), 0);
}

static size_t count_moves(const struct effect_def *d, struct json moves) {
    size_t count = 0;
    struct json_walk walk = json_walk(moves);
    for (struct json_member m; json_next(&walk, &m); count++) EXPECT(effect_state_find(d, json_text(json_get(m.value, STR("to")))) >= 0);
    return count;
}

/* With its machine: every state, and every move, which leads to a state by its name. */
TEST(every_definition_is_told) {
    for (size_t i = 0; i < effect_def_count(); i++) {
        const struct effect_def *d = effect_def_at(i);
        READ(respond_write_definition_json, d);
        EXPECT_STR(json_text(json_get(j, STR("kind"))), str_from(d->name));
        size_t states = 0;
        size_t moves = count_moves(d, json_get(j, STR("moves_while_undoing"))) + count_moves(d, json_get(j, STR("moves")));
        struct json_walk walk = json_walk(json_get(j, STR("states")));
        for (struct json_member m; json_next(&walk, &m); states++) {
            EXPECT_STR(json_text(json_get(m.value, STR("name"))), str_from(d->states[states].name));
            moves += count_moves(d, json_get(m.value, STR("moves")));
        }
        EXPECT_EQ(states, d->state_count);
        EXPECT_EQ(moves, d->move_count);
    }
}

int main(void) {
    RUN(a_response_is_told);
    RUN(an_effect_is_told_without_its_images);
    RUN(steps_and_tasks_are_told);
    RUN(what_is_added_is_told);
    RUN(money_is_summed_by_currency);
    RUN(a_plan_comes_to_an_end);
    RUN(every_definition_is_told);
    return test_end();
}
