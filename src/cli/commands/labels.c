// SPDX-License-Identifier: Apache-2.0
/* hikeshi labels: writes whose acts events were, as far as operation has told. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/moment.h"
#include "cli/cli.h"
#include "cli/label_file.h"

static const struct cli_option options[] = {
    {"--data", "DIR", "the data directory (default: data); it may be in use"},
    {"--out", "FILE", "where the labels go, one JSON object a line (default: standard output)"},
    {"--kind", "KIND", "feedback (challenges, owners, analysts, incidents), delayed (chargebacks, warnings), or all (default)"},
    {"--from", "TIME", "only events from this moment on, e.g. 2026-03-01T00:00:00Z"},
    {"--to", "TIME", "only events before this moment"},
    {"--known-at", "TIME", "only what was known at this moment (default: now): for a training that looks into no future"},
    {"--mature", "DAYS", "with delayed: unsuspected logins and value-bearing acts that nobody complained of for so long are the owner's"},
    {"--events-out", "FILE", "write the events beside them, for hikeshi evaluate and hikeshi train"},
    {0},
};

#define MATURE_DAYS_MAX 3650

static enum err read_moment(const struct arguments *a, const char *name, int64_t otherwise, int64_t *out, struct problem *p) {
    const char *text = argument(a, name, NULL);
    *out = otherwise;
    if (!text || moment_parse(str_from(text), out)) return ERR_OK;
    return problem_set(p, ERR_INVALID, name, "write it as RFC 3339, e.g. 2026-03-01T00:00:00Z", "'%s' is no moment", text);
}

static enum err read_kind(const struct arguments *a, bool wanted[LABEL_KINDS], struct problem *p) {
    struct str word = str_from(argument(a, "--kind", "all"));
    bool all = str_equal(word, STR("all"));
    for (enum label_kind k = 0; k < LABEL_KINDS; k++) wanted[k] = all || str_equal(word, label_kind_word(k));
    if (wanted[LABEL_KIND_FEEDBACK] || wanted[LABEL_KIND_DELAYED]) return ERR_OK;
    return problem_set(p, ERR_INVALID, "--kind", "one of: feedback delayed all", "'%.*s' is no kind of labels", STR_ARGS(word));
}

static enum err read_question(const struct arguments *a, struct label_file *f, struct problem *p) {
    uint64_t days = 0;
    const char *mature = argument(a, "--mature", NULL);
    if (a->operand_count) return problem_set(p, ERR_INVALID, "", "hikeshi labels --data DIR", "'%s' is one word too many", a->operands[0]);
    enum err err = read_kind(a, f->wanted, p);
    if (!err) err = read_moment(a, "--from", INT64_MIN, &f->from_ms, p);
    if (!err) err = read_moment(a, "--to", 0, &f->to_ms, p);
    if (!err) err = read_moment(a, "--known-at", 0, &f->known_at_ms, p);
    if (err) return err;
    if (f->to_ms && f->to_ms <= f->from_ms) return problem_set(p, ERR_INVALID, "--to", "", "the window ends before it begins");
    if (mature && (!str_to_u64(str_from(mature), &days) || !days || days > MATURE_DAYS_MAX))
        return problem_set(p, ERR_INVALID, "--mature", "give whole days, e.g. 90", "'%s' is no number of days", mature);
    if (mature && !f->wanted[LABEL_KIND_DELAYED])
        return problem_set(p, ERR_INVALID, "--mature", "take --kind delayed, or leave it out", "silence is no feedback");
    f->mature_ms = (int64_t)days * DAY_MS;
    return ERR_OK;
}

static enum err open_file(const struct arguments *a, const char *name, FILE *otherwise, FILE **out, struct problem *p) {
    const char *path = argument(a, name, NULL);
    *out = otherwise;
    if (!path) return ERR_OK;
    *out = fopen(path, "wb");
    return *out ? ERR_OK : problem_set(p, ERR_IO, name, "", "cannot write '%s': %s", path, strerror(errno));
}

/* ---- what was found ----------------------------------------------------------------------------------------------------------------- */

static void tell_contradictions(const struct label_file *f) {
    if (!f->contradicted) return;
    (void)fprintf(stderr, "%llu of them were contradicted; the stronger source counts (", (unsigned long long)f->contradicted);
    for (unsigned i = 0; i < LABEL_EXAMPLES && i < f->contradicted; i++) (void)fprintf(stderr, "%s%s", i ? ", " : "", f->contradictions[i]);
    (void)fprintf(stderr, "%s): look at them with hikeshi explain\n", f->contradicted > LABEL_EXAMPLES ? ", ..." : "");
}

/* One voice that says nearly everything is no sample. */
static void tell_analysts(const struct label_book *b) {
    uint64_t most = 0;
    for (size_t i = 0; i < b->analysts.capacity; i++)
        if (b->analysts.slots[i].value > most) most = b->analysts.slots[i].value;
    if (b->verdicts >= 10 && most * 5 > b->verdicts * 4)
        (void)fprintf(stderr, "%llu of %llu verdicts are of one analyst: have another look at some of them before you train on them\n",
                      (unsigned long long)most, (unsigned long long)b->verdicts);
}

static void tell(const struct label_file *f) {
    (void)fprintf(stderr, "%llu labels written\n", (unsigned long long)f->written);
    for (unsigned s = LABEL_SOURCE_COUNT; s-- > 1;) {
        unsigned long long owners = f->counted[s][LABEL_OWNER], hijackers = f->counted[s][LABEL_HIJACKER];
        if (owners + hijackers)
            (void)fprintf(stderr, "  %-20.*s %-9.*s owner %llu, hijacker %llu\n", STR_ARGS(label_source_word(s)),
                          STR_ARGS(label_kind_word(label_kind_of(s))), owners, hijackers);
    }
    tell_contradictions(f);
    tell_analysts(f->book);
    if (f->lightened)
        (void)fprintf(stderr, "%llu times \"mine\" was said from the very session or device that it is about: such a word weighs 0.1\n",
                      (unsigned long long)f->lightened);
    if (f->weighed_down)
        (void)fprintf(stderr, "%llu labels are of accounts that have many: all of one account weigh at most as ten that are sure\n",
                      (unsigned long long)f->weighed_down);
    if (f->suspect)
        (void)fprintf(stderr, "%llu acts that nobody complained of are suspect, and have no label\n", (unsigned long long)f->suspect);
    uint64_t owners = 0;
    for (unsigned s = 1; s < LABEL_SOURCE_COUNT; s++) owners += f->counted[s][LABEL_OWNER];
    if (f->written && (!owners || owners == f->written))
        (void)fprintf(stderr, "all labels are %s's: nothing can be trained or evaluated on one class%s\n",
                      owners ? "an owner" : "a hijacker", f->mature_ms || owners ? "" : "; --mature DAYS adds owners");
}

static void close_file(FILE *f, enum err *err, struct problem *p) {
    if (f && f != stdout && fclose(f) != 0 && !*err)
        *err = problem_set(p, ERR_IO, "", "is the disk full?", "cannot write the file: %s", strerror(errno));
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    struct label_file f = {0};
    struct label_book book = {.challenges = true};
    struct backtest_source source = {0};
    enum err err = read_question(a, &f, &p);
    if (!err) err = backtest_source_open(argument(a, "--data", "data"), NULL, &source, &p);
    f.source = &source, f.book = &book;
    book.known_at_ms = f.known_at_ms;
    if (!err && !f.known_at_ms) f.known_at_ms = source.last_ms;
    if (!err) err = label_book_gather(&book, &source, &p);
    if (!err) err = open_file(a, "--out", stdout, &f.labels, &p);
    if (!err) err = open_file(a, "--events-out", NULL, &f.events, &p);
    if (!err) err = label_file_write(&f, &p);
    close_file(f.labels, &err, &p), close_file(f.events, &err, &p);
    if (!err) tell(&f);
    label_file_release(&f), label_book_release(&book), backtest_source_close(&source);
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_labels;
const struct command command_labels = {
    .name = "labels",
    .sentence = "write whose acts events were, as far as operation has told",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi labels --data data --kind feedback --out labels.ndjson",
};
