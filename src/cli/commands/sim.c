// SPDX-License-Identifier: Apache-2.0
/* hikeshi sim: lives through days of hijacks in virtual time, with faults and crashes, and judges what became of every effect; or writes a
 * crowd's events with their labels, for measuring detection. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/moment.h"
#include "cli/cli.h"
#include "sim/crowd.h"
#include "sim/life.h"

#define START_MS      INT64_C(1772323200000) /* 2026-03-01 */
#define ACCOUNT_COUNT 24
#define HISTORY_DAYS  60
#define RUN_OUT_DAYS  60

static const struct cli_option options[] = {
    {"--seed", "N", "everything is drawn from it (default: 1)"},
    {"--days", "D", "days of life (default: 5); then it runs on until every response is closed, 60 more days at most. Of export: 90"},
    {"--crashes", "N", "per ten thousand commit points, how many crash (default: 400)"},
    {"--kind", NULL, "no faults and no crashes"},
    {"--key-per-attempt", NULL, "plant a fault, as a control: a new key for every attempt"},
    {"--json", NULL, "print the JSON line alone"},
    {"--out", "DIR", "of export: where events.ndjson, labels.ndjson and world.json go; it is made if need be (default: crowd)"},
    {"--world", "NAME",
     "of export: the kind of shop (docs/reference/sim.md); plain is always the same one (default: random, drawn from the seed)"},
    {"--accounts", "A", "of export: customers (default: 10000)"},
    {"--campaigns", "N", "of export: campaigns of each family of hijackers (default: 4)"},
    {"--hijacks", "N", "of export: hijacks of one campaign, on average (default: 8)"},
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

/* -- export --------------------------------------------------------------------------------------------------------------------------- */

static FILE *create(const char *directory, const char *name, struct problem *p) {
    char path[4096];
    int size = snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *f = size > 0 && (size_t)size < sizeof path ? fopen(path, "w") : NULL;
    if (!f) (void)problem_set(p, ERR_IO, directory, "", "cannot write '%s': %s", name, strerror(errno));
    return f;
}

static enum err write_files(const char *directory, const struct crowd_options *o, struct crowd_counts *counts, struct problem *p) {
    if (mkdir(directory, 0777) && errno != EEXIST)
        return problem_set(p, ERR_IO, directory, "", "cannot make the directory: %s", strerror(errno));
    FILE *events = create(directory, "events.ndjson", p);
    FILE *labels = events ? create(directory, "labels.ndjson", p) : NULL;
    FILE *world = labels ? create(directory, "world.json", p) : NULL;
    if (world) crowd_describe(o, world);
    enum err err = world ? crowd_export(o, events, labels, counts, p) : ERR_IO;
    if (events && fclose(events) && !err) err = problem_set(p, ERR_IO, directory, "", "cannot write 'events.ndjson': %s", strerror(errno));
    if (labels && fclose(labels) && !err) err = problem_set(p, ERR_IO, directory, "", "cannot write 'labels.ndjson': %s", strerror(errno));
    if (world && fclose(world) && !err) err = problem_set(p, ERR_IO, directory, "", "cannot write 'world.json': %s", strerror(errno));
    return err;
}

static int export(const struct arguments *a) {
    uint64_t seed, accounts, days, campaigns, hijacks;
    struct problem p = {0};
    enum err err = number(a, "--seed", "1", UINT64_MAX, &seed, &p);
    if (!err) err = number(a, "--accounts", "10000", CROWD_ACCOUNTS_MAX, &accounts, &p);
    if (!err) err = number(a, "--days", "90", CROWD_DAYS_MAX, &days, &p);
    if (!err) err = number(a, "--campaigns", "4", 64, &campaigns, &p);
    if (!err) err = number(a, "--hijacks", "8", 10000, &hijacks, &p);
    if (err) return cli_fail(&p);
    struct crowd_options o = {
        .seed = seed, .world = argument(a, "--world", "random"), .accounts = (unsigned)accounts, .days = (unsigned)days};
    o.campaigns = (unsigned)campaigns, o.hijacks = (unsigned)hijacks;
    struct crowd_counts n = {0};
    if (crowd_check(&o, &p) != ERR_OK || write_files(argument(a, "--out", "crowd"), &o, &n, &p) != ERR_OK) return cli_fail(&p);
    (void)printf("{\"seed\":%" PRIu64 ",\"events\":%" PRIu64 ",\"owner\":%" PRIu64 ",\"hijacker\":%" PRIu64 ",\"noise\":%" PRIu64
                 ",\"effects\":%" PRIu64 ",\"incidents\":%" PRIu64 ",\"campaigns\":%" PRIu64 "}\n",
                 seed, n.events, n.owner, n.hijacker, n.noise, n.effects, n.incidents, n.campaigns);
    return 0;
}

static int run(const struct arguments *a) {
    if (a->operand_count == 1 && !strcmp(a->operands[0], "export")) return export(a);
    if (a->operand_count) return cli_fail(&(struct problem){.err = ERR_INVALID, .what = "the only operand is export", .where = "operand"});
    uint64_t seed, days, crashes;
    struct problem p = {0};
    enum err err = number(a, "--seed", "1", UINT64_MAX, &seed, &p);
    if (!err) err = number(a, "--days", "5", 3650, &days, &p);
    if (!err) err = number(a, "--crashes", "400", 10000, &crashes, &p);
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
    .sentence = "live through days of hijacks in virtual time, with faults and crashes, and judge the end; export: write a labelled stream",
    .operands = "[export]",
    .options = options,
    .run = run,
    .example = "hikeshi sim export --seed 7 --accounts 10000 --days 90 --out crowd",
};
