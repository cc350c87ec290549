// SPDX-License-Identifier: Apache-2.0
/* hikeshi train: makes a model from files of labelled events. */
#include "cli/train.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/moment.h"
#include "baseline/forest.h"
#include "cli/cli.h"
#include "cli/plain_text.h"
#include "score/model.h"

static const struct cli_option options[] = {
    {"--events", "FILE", "a world's events, one JSON object a line, in order of time; several times: several worlds"},
    {"--labels", "FILE", "whose they were, for each --events in the same order; what has no label is history only"},
    {"--out", "FILE", "where the model goes"},
    {"--name", "NAME", "of the model: a-z, 0-9, '.', '_', '-' (default: model)"},
    {"--hold-out-families", "A,B", "take no rows of these families of attacks"},
    {"--hold-out-networks", "A,B", "take no rows from these networks, as labels name them"},
    {"--until", "TIME", "take rows of events up to then only (RFC 3339)"},
    {"--in-force", "FILE",
     "judge the worlds by this model while they are replayed, so that rows tell what earlier scores become (default: by none)"},
    {"--policy", "DIR", "decide by this policy meanwhile, as your shop does: what it doubts does not teach (default: the one that ships)"},
    {"--trees", "N", "boosted trees, 0 for none (default: 150)"},
    {"--depth", "D", "of these, 1 to 8 (default: 5)"},
    {"--rate", "PERMILLE", "how much each adds, 1 to 1000 (default: 100)"},
    {"--leaf-weight", "N", "a leaf stands on at least so many hijackers' events, or as many owners' by weight (default: 20)"},
    {"--leaf-l2", "N", "draws leaves to nothing by so much weight (default: 5)"},
    {"--isolation-trees", "N", "isolation trees, 0 for none (default: 64)"},
    {"--seed", "N", "of all that is drawn (default: 1)"},
    {0},
};

static enum err read_number(const struct arguments *a, const char *name, const char *otherwise, uint64_t max, uint64_t *out,
                            struct problem *p) {
    const char *text = argument(a, name, otherwise);
    if (str_to_u64(str_from(text), out) && *out <= max) return ERR_OK;
    char fix[64];
    (void)snprintf(fix, sizeof fix, "give a whole number up to %llu", (unsigned long long)max);
    return problem_set(p, ERR_INVALID, name, fix, "'%s' is no number for it", text);
}

static enum err read_count(const struct arguments *a, const char *name, const char *otherwise, unsigned max, unsigned *out,
                           struct problem *p) {
    uint64_t value = 0;
    enum err err = read_number(a, name, otherwise, max, &value, p);
    *out = (unsigned)value;
    return err;
}

static enum err read_worlds(const struct arguments *a, struct train_settings *s, struct problem *p) {
    unsigned events = 0, labels = 0;
    for (unsigned i = 0; i < a->option_count; i++) {
        bool is_events = strcmp(a->options[i].name, "--events") == 0, is_labels = strcmp(a->options[i].name, "--labels") == 0;
        if ((is_events && events == TRAIN_WORLDS_MAX) || (is_labels && labels == TRAIN_WORLDS_MAX))
            return problem_set(p, ERR_TOO_LARGE, "--events", "", "more than %d worlds", TRAIN_WORLDS_MAX);
        if (is_events) s->worlds[events++].events = a->options[i].value;
        if (is_labels) s->worlds[labels++].labels = a->options[i].value;
    }
    s->world_count = events;
    if (events && events == labels) return ERR_OK;
    return problem_set(p, ERR_INVALID, events > labels ? "--labels" : "--events", "give both, pair by pair",
                       "%u files of events and %u of labels are no pairs", events, labels);
}

static enum err read_until(const struct arguments *a, int64_t *out, struct problem *p) {
    const char *text = argument(a, "--until", NULL);
    *out = INT64_MAX;
    if (!text || moment_parse(str_from(text), out)) return ERR_OK;
    return problem_set(p, ERR_INVALID, "--until", "write it as 2026-03-01T00:00:00Z", "'%s' is no moment", text);
}

static enum err check_settings(const struct train_settings *s, struct problem *p) {
    if (!s->trees && !s->isolation_trees) return problem_set(p, ERR_INVALID, "--trees", "leave one of them out", "a model without trees");
    if (!s->depth) return problem_set(p, ERR_INVALID, "--depth", "give 1 to 8", "trees without depth");
    if (!s->rate_permille) return problem_set(p, ERR_INVALID, "--rate", "give 1 to 1000", "trees that add nothing");
    if (model_name_is_good(s->name)) return ERR_OK;
    return problem_set(p, ERR_INVALID, "--name", "use a-z, 0-9, '.', '_', '-', at most 64", "'%.*s' is no name of a model",
                       STR_ARGS(str_clip(s->name, 80)));
}

static enum err read_options(const struct arguments *a, struct train_settings *s, struct problem *p) {
    *s = (struct train_settings){.hold_out_families = argument(a, "--hold-out-families", NULL),
                                 .hold_out_networks = argument(a, "--hold-out-networks", NULL),
                                 .name = str_from(argument(a, "--name", "model")),
                                 .in_force = argument(a, "--in-force", NULL),
                                 .policy = argument(a, "--policy", NULL)};
    enum err err = read_worlds(a, s, p);
    if (!err) err = read_until(a, &s->until_ms, p);
    if (!err) err = read_count(a, "--trees", "150", MODEL_TREES_MAX, &s->trees, p);
    if (!err) err = read_count(a, "--depth", "5", MODEL_DEPTH_MAX, &s->depth, p);
    if (!err) err = read_count(a, "--rate", "100", 1000, &s->rate_permille, p);
    if (!err) err = read_count(a, "--leaf-weight", "20", 1000000, &s->leaf_weight_min, p);
    if (!err) err = read_count(a, "--leaf-l2", "5", 1000000, &s->leaf_l2, p);
    if (!err) err = read_count(a, "--isolation-trees", "64", FOREST_TREES, &s->isolation_trees, p);
    if (!err) err = read_number(a, "--seed", "1", UINT64_MAX, &s->seed, p);
    if (!err && !argument_given(a, "--out")) err = problem_set(p, ERR_INVALID, "--out", "say where the model goes", "no file for it");
    return err ? err : check_settings(s, p);
}

static void say(const char *line) {
    plain_text_print(stderr, str_from(line));
    (void)fputc('\n', stderr);
}

static void print_summary(const struct train_settings *s, const struct train_summary *m) {
    printf("worlds     %u, %llu events; %s model was in force\n", s->world_count, (unsigned long long)m->events,
           s->in_force ? "another" : "no");
    printf("owners     %zu rows, drawn from %llu\n", m->owners, (unsigned long long)m->owners_seen);
    printf("hijackers  %zu rows\n", m->hijackers);
    for (unsigned i = 0; i < m->families.count; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.40s%s", m->families.of[i].text, m->families.of[i].held ? " (held out)" : "");
        (void)printf("  ");
        plain_text_print(stdout, str_from(name));
        (void)printf("%*s %zu\n", strlen(name) < 40 ? (int)(40 - strlen(name)) : 0, "", m->rows_of[i]);
    }
    if (m->held_out) printf("held out   %zu rows\n", m->held_out);
    if (s->trees)
        printf("check      our sum is the library's within %.1e of log odds, %.1e of probability\n", m->worst_log_odds, m->worst_share);
}

/* Whole or not at all: a reader never meets half a model. */
static enum err write_file(const char *name, struct str text, struct problem *p) {
    char part[4096];
    if ((size_t)snprintf(part, sizeof part, "%s.part", name) >= sizeof part)
        return problem_set(p, ERR_INVALID, "--out", "", "a name that is too long");
    FILE *out = fopen(part, "wb");
    bool ok = out && fwrite(text.at, 1, text.size, out) == text.size;
    int error = errno;
    if (out && fclose(out) != 0 && ok) ok = false, error = errno;
    if (ok && rename(part, name) != 0) ok = false, error = errno;
    return ok ? ERR_OK
              : problem_set(p, ERR_IO, "--out", "is there a folder, and room on the disk?", "cannot write '%s': %s", name, strerror(error));
}

static int run(const struct arguments *a) {
    static struct train_settings settings;
    static struct train_summary summary;
    struct problem p = {0};
    char *memory = malloc(MODEL_TEXT_SIZE_MAX + 1);
    struct buf text = buf_over(memory, memory ? MODEL_TEXT_SIZE_MAX + 1 : 0);
    enum err err = memory ? read_options(a, &settings, &p) : problem_set(&p, ERR_FULL, "", "", "no memory");
    if (!err) err = train_model(&settings, say, &summary, &text, &p);
    if (!err) err = write_file(argument(a, "--out", ""), buf_str(&text), &p);
    if (!err) {
        print_summary(&settings, &summary);
        printf("model      %.*s, %zu bytes\n", STR_ARGS(settings.name), text.size);
    }
    free(memory);
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_train;
const struct command command_train = {
    .name = "train",
    .sentence = "make a model from files of labelled events",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi train --events crowd/events.ndjson --labels crowd/labels.ndjson --out crowd.model",
};
