// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_SCENARIO_TEST_H
#define INCIDENT_SCENARIO_TEST_H

#include "base/moment.h"
#include "base/test.h"
#include "incident/incident.h"

/*
 * Threads for tests, one line an event:
 *
 *     "-40d login s=S1 d=A n=1 c=ios          | owner"
 *
 * Time before (-) or after the attack's hour in d, h or m; kind; then words: s= session, d= device, n= network (address 203.0.N.10, AS65000
 * + N unless as= says another), c= user agent, j= JA4, t= token, o= order, ch= charge, p= parcel, ad= address, pm= payment method, mb=
 * membership, net=, score=, method=, about=, says=, via=, verdict=, incident=, change=, f= factor, au= authenticator, tag= of the password,
 * source=; `fail` a login that failed, `takeover` judged taken over, `open` the record that opened the incident. After the bar: whose it
 * must be. Event ids are e1, e2, ... by line, positions 1, 2, ... likewise.
 */
#define SCENARIO_EVENTS_MAX THREAD_COUNT_MAX
#define ATTACK_MS           (INT64_C(20514) * DAY_MS) /* 2026-03-02 */

struct scenario {
    struct account_event events[SCENARIO_EVENTS_MAX];
    enum whose expected[SCENARIO_EVENTS_MAX];
    size_t count;
    uint64_t open_position;
};

static char scenario_memory[INCIDENT_STEP_SIZE_MAX];
static char scenario_texts[1U << 20];

static inline struct arena scenario_step(void) {
    return arena_over(scenario_memory, sizeof scenario_memory);
}

static inline enum whose scenario_whose(struct str word) {
    for (enum whose w = WHOSE_UNKNOWN; w <= WHOSE_HIJACKER; w++)
        if (str_equal(whose_word(w), word)) return w;
    printf("bad expectation '%.*s'\n", STR_ARGS(word));
    test_failures_here++;
    return WHOSE_UNKNOWN;
}

static inline int64_t scenario_time(struct str word) {
    int64_t number = 0;
    EXPECT(str_to_i64(str_slice(word, 0, word.size - 1), &number));
    char unit = word.at[word.size - 1];
    return ATTACK_MS + number * (unit == 'd' ? DAY_MS : unit == 'h' ? HOUR_MS : MINUTE_MS);
}

static inline void scenario_network(struct event *e, struct str value) {
    int64_t n = 0;
    EXPECT(str_to_i64(value, &n));
    e->ip = (struct address){ADDRESS_V4, {203, 0, (uint8_t)n, 10}};
    e->asn = 65000 + n;
    e->asn_present = true;
    e->country = STR("JP");
}

static inline void scenario_text(struct account_event *a, struct str key, struct str value) {
    struct event *e = &a->event;
    const struct {
        struct str key;
        struct str *member;
    } texts[] = {
        {STR("s"), &e->session},        {STR("d"), &e->device},          {STR("c"), &e->user_agent},     {STR("j"), &e->ja4},
        {STR("t"), &e->token},          {STR("o"), &e->order},           {STR("ch"), &e->charge},        {STR("p"), &e->parcel},
        {STR("ad"), &e->address},       {STR("pm"), &e->payment_method}, {STR("mb"), &e->membership},    {STR("about"), &e->about},
        {STR("verdict"), &e->verdict},  {STR("incident"), &e->incident}, {STR("via"), &e->via},          {STR("f"), &e->factor},
        {STR("au"), &e->authenticator}, {STR("source"), &e->source},     {STR("tag"), &e->password_tag},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (str_equal(texts[i].key, key)) {
            *texts[i].member = value;
            return;
        }
    int64_t number = 0;
    if (str_equal(key, STR("n"))) scenario_network(e, value);
    else if (str_equal(key, STR("as"))) EXPECT(str_to_i64(value, &e->asn));
    else if (str_equal(key, STR("net"))) e->net = net_from(value);
    else if (str_equal(key, STR("method"))) e->method = method_from(value);
    else if (str_equal(key, STR("says"))) e->says = says_from(value);
    else if (str_equal(key, STR("change"))) e->change = change_from(value);
    else if (str_equal(key, STR("score")) && str_to_i64(value, &number)) a->decision.score = (uint16_t)number;
    else printf("bad word '%.*s'\n", STR_ARGS(key)), test_failures_here++;
}

static inline void scenario_word(struct scenario *s, struct account_event *a, struct str word) {
    struct str value, key = str_cut(word, '=', &value);
    if (value.size) scenario_text(a, key, value);
    else if (str_equal(word, STR("fail"))) a->event.outcome = OUTCOME_FAILURE;
    else if (str_equal(word, STR("open"))) s->open_position = a->position;
    else if (str_equal(word, STR("takeover"))) a->decision.takeover = true, a->decision.verdict = VERDICT_DENY, a->decision.score = 990;
    else printf("bad word '%.*s'\n", STR_ARGS(word)), test_failures_here++;
}

static inline struct str scenario_next(struct str *rest) {
    *rest = str_trim(*rest);
    return str_cut(*rest, ' ', rest);
}

/* Adds one line; `expected` of the event is left unknown where there is no bar. */
static inline struct account_event *scenario_add(struct scenario *s, struct str line) {
    struct str expected, rest = str_cut(line, '|', &expected);
    struct account_event *a = &s->events[s->count];
    *a = (struct account_event){.position = s->count + 1, .previous = s->count};
    char *id = scenario_texts + s->count * 32;
    a->event.id = (struct str){id, (size_t)snprintf(id, 32, "e%zu", s->count + 1)};
    a->event.subject = STR("a1");
    a->event.time_ms = scenario_time(scenario_next(&rest));
    a->event.type = scenario_next(&rest);
    a->event.kind = kind_from(a->event.type);
    EXPECT(a->event.kind != KIND_UNKNOWN);
    if (a->event.kind == KIND_LOGIN) a->event.method = METHOD_PASSWORD;
    if (a->event.kind == KIND_LOGIN || a->event.kind == KIND_CHALLENGE) a->event.outcome = OUTCOME_SUCCESS;
    for (struct str word; (word = scenario_next(&rest)).size;) scenario_word(s, a, word);
    s->expected[s->count] = expected.size ? scenario_whose(str_trim(expected)) : WHOSE_UNKNOWN;
    s->count++;
    return a;
}

static inline void scenario_read(struct scenario *s, const char *const *lines, size_t count) {
    s->count = 0;
    s->open_position = 0;
    for (size_t i = 0; i < count; i++) (void)scenario_add(s, str_from(lines[i]));
}

#endif
