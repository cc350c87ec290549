// SPDX-License-Identifier: Apache-2.0
/* hikeshi baseline: scores a file of events by one of the methods that ours is compared with. */
#include "baseline/baseline.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"
#include "cli/baseline_train.h"
#include "cli/cli.h"
#include "cli/event_reading.h"

static const struct cli_option options[] = {
    {"--events", "FILE", "the events, one JSON object a line, in order of time; - for standard input"},
    {"--seed", "N", "of random, isolation_forest and boosted (default 1)"},
    {"--train-events", "FILE", "of boosted: the events that it is trained on; several times: several worlds"},
    {"--train-labels", "FILE", "of boosted: whose they were, for each in the same order; what has no label is history only"},
    {"--list", NULL, "name the baselines and stop"},
    {0},
};

static void write_score(struct str id, double score) {
    char memory[EVENT_ID_SIZE_MAX * 6 + 64];
    struct buf b = buf_over(memory, sizeof memory);
    buf_text(&b, STR("{\"id\":"));
    buf_json(&b, id);
    buf_fmt(&b, ",\"score\":%.9g}\n", score);
    CHECK(!b.overflow);
    (void)fwrite(b.at, 1, b.size, stdout);
}

static enum err score_all(struct baseline_run *run, struct event_reading *r, struct problem *p) {
    for (;;) {
        struct event e;
        bool end;
        double score;
        enum err err = event_reading_next(r, &e, &end, p);
        if (err || end) return err;
        err = baseline_step(run, &e, &score, p);
        if (err) return err;
        write_score(e.id, score);
    }
}

static int list_all(void) {
    for (unsigned i = 0; baseline_at(i); i++) printf("%-18s %s\n", baseline_at(i)->name, baseline_at(i)->sentence);
    return 0;
}

static enum err read_options(const struct arguments *a, const struct baseline **b, struct baseline_options *o, struct problem *p) {
    const char *name = a->operand_count ? a->operands[0] : "", *seed = argument(a, "--seed", "1");
    *b = baseline_from(str_from(name));
    if (a->operand_count != 1) return problem_set(p, ERR_INVALID, "", "hikeshi baseline --list names them", "name one baseline");
    if (!*b) return problem_set(p, ERR_INVALID, "", "hikeshi baseline --list names them", "there is no baseline '%s'", name);
    if (!str_to_u64(str_from(seed), &o->seed))
        return problem_set(p, ERR_INVALID, "--seed", "give a whole number from 0", "'%s' is no seed", seed);
    if (!argument(a, "--events", NULL))
        return problem_set(p, ERR_INVALID, "--events", "say which file, or - for standard input", "no events are given");
    return ERR_OK;
}

static enum err read_worlds(const struct arguments *a, struct baseline_training *t, struct problem *p) {
    const char *events[ARGUMENT_COUNT_MAX], *labels[ARGUMENT_COUNT_MAX];
    unsigned count = argument_all(a, "--train-events", events), labelled = argument_all(a, "--train-labels", labels);
    if (count != labelled)
        return problem_set(p, ERR_INVALID, count > labelled ? "--train-labels" : "--train-events", "give both files",
                           "%u files of events and %u of labels are no pairs: it must be trained on both", count, labelled);
    if (count > BASELINE_WORLDS_MAX) return problem_set(p, ERR_TOO_LARGE, "--train-events", "", "more than %u worlds", BASELINE_WORLDS_MAX);
    for (unsigned i = 0; i < count; i++) t->worlds[i] = (struct baseline_world){events[i], labels[i]};
    t->world_count = count;
    return ERR_OK;
}

static enum err train(const struct arguments *a, const struct baseline *b, struct baseline_options *o, struct trees *model,
                      struct problem *p) {
    static struct baseline_training t;
    bool given = argument_given(a, "--train-events") || argument_given(a, "--train-labels");
    if (!b->trained && !given) return ERR_OK;
    if (!b->trained) return problem_set(p, ERR_INVALID, "--train-events", "leave it out", "baseline '%s' is not trained", b->name);
    if (!given) return problem_set(p, ERR_INVALID, "--train-events", "give both files", "baseline '%s' must be trained", b->name);
    enum err err = read_worlds(a, &t, p);
    if (err) return err;
    t.seed = o->seed;
    o->model = model;
    return baseline_train(&t, model, p);
}

static enum err score_file(const char *name, struct baseline_run *run, uint64_t *refused, struct problem *p) {
    struct event_reading reading;
    enum err err = event_reading_open(&reading, name, p);
    if (!err) err = score_all(run, &reading, p);
    if (!err && fflush(stdout) != 0) err = problem_set(p, ERR_IO, "", "is the disk full?", "cannot write the scores: %s", strerror(errno));
    *refused = reading.refused;
    event_reading_close(&reading);
    return err;
}

static int run(const struct arguments *a) {
    if (argument_given(a, "--list")) return list_all();
    struct problem p = {0};
    const struct baseline *b;
    struct baseline_options o = {0};
    struct trees model = {0};
    struct baseline_run baseline = {0};
    uint64_t refused = 0;
    enum err err = read_options(a, &b, &o, &p);
    if (!err) err = train(a, b, &o, &model, &p);
    if (!err) err = baseline_open(&baseline, b, &o, &p);
    if (!err) err = score_file(argument(a, "--events", ""), &baseline, &refused, &p);
    if (baseline.baseline) baseline_close(&baseline);
    trees_release(&model);
    return err ? cli_fail(&p) : refused && !baseline.position ? 1 : 0;
}

extern const struct command command_baseline;
const struct command command_baseline = {
    .name = "baseline",
    .sentence = "score a file of events by a method that ours is compared with",
    .operands = "NAME",
    .options = options,
    .run = run,
    .example = "hikeshi baseline freeman --events shop.ndjson > freeman.ndjson",
};
