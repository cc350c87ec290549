// SPDX-License-Identifier: Apache-2.0
/* hikeshi sim: lives through days of hijacks in virtual time, with faults and crashes, and judges what became of every effect. */
#include <inttypes.h>
#include <stdio.h>

#include "base/moment.h"
#include "cli/cli.h"
#include "sim/life.h"

#define START_MS      INT64_C(1772323200000) /* 2026-03-01 */
#define ACCOUNT_COUNT 24
#define HISTORY_DAYS  60
#define RUN_OUT_DAYS  60

static const struct cli_option options[] = {
    {"--seed", "N", "everything is drawn from it (default: 1)"},
    {"--days", "D", "days of life (default: 5); then it runs on until every response is closed, 60 more days at most"},
    {"--crashes", "N", "per ten thousand commit points, how many crash (default: 20)"},
    {"--kind", NULL, "no faults and no crashes"},
    {"--key-per-attempt", NULL, "plant a fault, as a control: a new key for every attempt"},
    {"--json", NULL, "print the JSON line alone"},
    {0},
};

static enum err number(const struct arguments *a, const char *name, const char *otherwise, uint64_t max, uint64_t *out, struct problem *p) {
    if (str_to_u64(str_from(argument(a, name, otherwise)), out) && *out <= max) return ERR_OK;
    return problem_set(p, ERR_INVALID, name, "", "not a number up to %" PRIu64 ": '%s'", max, argument(a, name, otherwise));
}

/* Some of everything that can go wrong between two machines: one request in twelve. */
static void be_unkind(struct simulation_options *o) {
    static const unsigned per_kind = 90;
    for (int f = FAULT_NONE + 1; f < FAULT_COUNT; f++) o->faults[f] = per_kind;
    o->faults[FAULT_REFUSE] = 0; /* a refusal is an answer: variants script it */
    o->webhooks_late = o->webhooks_reordered = o->webhooks_twice = 300;
}

static void live(struct simulation *s, unsigned days) {
    life_history(s, ACCOUNT_COUNT, HISTORY_DAYS);
    life_days(s, ACCOUNT_COUNT, days);
    (void)simulation_run_out(s, simulation_now_ms(s) + RUN_OUT_DAYS * DAY_MS);
}

static int run(const struct arguments *a) {
    uint64_t seed, days, crashes;
    struct problem p = {0};
    enum err err = number(a, "--seed", "1", UINT64_MAX, &seed, &p);
    if (!err) err = number(a, "--days", "5", 3650, &days, &p);
    if (!err) err = number(a, "--crashes", "20", 10000, &crashes, &p);
    if (err) return cli_fail(&p);
    struct simulation_options o = {
        .seed = seed, .now_ms = START_MS, .people = true, .key_per_attempt = argument_given(a, "--key-per-attempt")};
    if (!argument_given(a, "--kind")) be_unkind(&o), o.crashes = (unsigned)crashes;
    struct simulation *s;
    if (simulation_open(&o, &s, &p) != ERR_OK) return cli_fail(&p);
    live(s, (unsigned)days);
    struct simulation_verdict v;
    simulation_judge(s, &v);
    if (!argument_given(a, "--json"))
        (void)printf("%" PRIu64 " days of %d accounts and %u crashes, seed %" PRIu64 "\n", days, ACCOUNT_COUNT, simulation_crashes(s),
                     seed);
    if (v.failed) (void)fprintf(stderr, "hikeshi: %s\n", v.first);
    (void)printf("{\"seed\":%" PRIu64 ",\"incidents\":%" PRIu64 ",\"effects\":%" PRIu64 ",\"open_effects\":%" PRIu64 ",\"lost\":%" PRIu64
                 ",\"doubled\":%" PRIu64 ",\"unbalanced\":%" PRIu64 ",\"judges_failed\":%" PRIu64 "}\n",
                 seed, v.incidents, v.effects, v.open_effects, v.lost, v.doubled, v.unbalanced, v.failed);
    simulation_close(s);
    return v.failed ? 1 : 0;
}

extern const struct command command_sim;
const struct command command_sim = {
    .name = "sim",
    .sentence = "live through days of hijacks in virtual time, with faults and crashes, and judge the end",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi sim --seed 7 --days 5",
};
