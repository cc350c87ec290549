// SPDX-License-Identifier: Apache-2.0
/* hikeshi evaluate: says how well one or several files of scores tell hijackers from owners, and how sure that is. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/moment.h"
#include "cli/cli.h"
#include "cli/plain_text.h"
#include "cli/progress.h"
#include "evaluate/attribution.h"
#include "evaluate/report.h"
#include "ingest/ingest.h"
#include "sys/clock.h"
#include "sys/memory.h"

static const struct cli_option options[] = {
    {"--scores", "[NAME=]FILE", "lines {\"id\",\"score\"}, more = more suspicious; several times: files side by side"},
    {"--attribution", "FILE", "instead of scores: whose acts were called whose, as `hikeshi replay --attribution` writes it"},
    {"--labels", "FILE", "lines {\"id\",\"label\":\"owner\"|\"hijacker\"|\"noise\",\"family\",\"incident\",\"effect\"}"},
    {"--events", "FILE", "the events, in their order; a second one begins another shop, with labels and scores of its own"},
    {"--json", "FILE", "all figures as one JSON object; - for standard output instead of the text"},
    {"--html", "FILE", "the report with plots, as one page"},
    {"--hold-out-families", "A,B", "report these families apart: training has not seen them"},
    {"--hold-out-networks", "A,B", "the same for networks; owners on them set no threshold"},
    {"--split", "T,V,R", "percent of the labelled events for training, validation, test (default: 50,20,30)"},
    {"--validate-from", "TIME", "cut by time instead: where validation begins (RFC 3339)"},
    {"--test-from", "TIME", "and where the test begins"},
    {"--prevalence", "P", "share of a hijacker's events in nature, for precision (default: 0.0001)"},
    {"--levels", "S,S", "tell which share of owners' events scores at least S; our score promises 5 % of logins at 500, 0.1 % at 900"},
    {"--rounds", "N", "draws of accounts for the intervals, 0 for none (default: 400)"},
    {"--seed", "N", "of the draws: the same seed gives the same intervals (default: 1)"},
    {0},
};

#define READ_SIZE      (1U << 20)
#define EVENTS_MAX     16000000U
#define EVENT_SIZE_MIN 48 /* no event can be said in fewer bytes: {"id":"","type":"","time":"2026-01-01T00:00:00Z"} */
/* Rows 32, histories 16, three tables of names at 28, items 17, visits 4, scores 8, last seen 32, incidents with what became of them 104,
 * draws 8, thresholds 8; rounded up.
 */
#define BYTES_PER_EVENT 340
#define FIXED_SIZE      ((size_t)96 << 20)
#define ROUNDS_MAX      10000
#define GROUPS_SIZE     ((size_t)VIEW_COUNT * 300 * METRIC_COUNT * sizeof(double)) /* of one file and round, both views */
#define REPORT_SIZE     ((size_t)64 << 20)

struct evaluation {
    const struct arguments *a;
    void *memory;
    size_t memory_size;
    struct arena arena;
    struct sample sample;
    struct plan plan;
    struct measurement measured;
    struct attribution attribution;
};

static int64_t wall_us(void) {
    struct clock real = clock_real();
    return real.monotonic_us(real.self);
}

/* ---- files -------------------------------------------------------------------------------------------------------------------------- */

struct reading {
    const char *path, *option, *noun;
    enum err (*take)(struct sample *s, struct str line, struct problem *p);
    struct attribution *attribution; /* lines of it, instead of `take` */
};

static enum err take_line(struct sample *s, const struct reading *r, struct str line, struct problem *p) {
    return r->attribution ? attribution_line(r->attribution, line, p) : r->take(s, line, p);
}

/* Says file and line, and counts what contradicts itself as bad input. */
static enum err at_line(const char *path, uint64_t line, const struct problem *bad, struct problem *p) {
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    const char *column = strchr(bad->where, ':');
    char where[sizeof p->where];
    if (column) (void)snprintf(where, sizeof where, "%.80s:%llu%.24s", name, (unsigned long long)line, column); /* the parser's 1:COLUMN */
    else (void)snprintf(where, sizeof where, "%.80s:%llu%s%.24s", name, (unsigned long long)line, bad->where[0] ? ", " : "", bad->where);
    bool of_input = bad->err == ERR_CONFLICT || bad->err == ERR_TOO_LARGE;
    return problem_set(p, of_input ? ERR_INVALID : bad->err, where, bad->fix, "%s", bad->what);
}

static enum err take_pieces(struct sample *s, const struct reading *r, struct splitter *split, struct str bytes, struct problem *p) {
    for (;;) {
        struct str piece;
        struct problem bad = {0};
        enum split_result result = bytes.size ? splitter_next(split, &bytes, &piece, &bad) : SPLIT_MORE;
        if (result == SPLIT_MORE) return ERR_OK;
        if (result != SPLIT_PIECE || take_line(s, r, piece, &bad)) return at_line(r->path, split->line, &bad, p);
    }
}

static enum err take_stream(struct sample *s, const struct reading *r, FILE *f, char *memory, struct problem *p) {
    struct stat status;
    struct splitter split;
    struct progress progress;
    uint64_t read = 0;
    enum err err = ERR_OK;
    bool sized = fstat(fileno(f), &status) == 0 && S_ISREG(status.st_mode);
    progress_init(&progress, stderr, "reading", "read", r->noun, sized ? (uint64_t)status.st_size : 0, wall_us());
    splitter_init(&split, SPLIT_NDJSON, memory + READ_SIZE, SAMPLE_LINE_MAX);
    for (size_t size; !err && (size = fread(memory, 1, READ_SIZE, f)) > 0;) {
        err = take_pieces(s, r, &split, (struct str){memory, size}, p);
        progress_show(&progress, split.index, read += size, wall_us());
    }
    if (!err && ferror(f)) return problem_set(p, ERR_IO, r->option, "", "cannot read '%s': %s", r->path, strerror(errno));
    struct str piece;
    struct problem bad = {0};
    enum split_result last = err ? SPLIT_END : splitter_end(&split, &piece, &bad);
    if (last == SPLIT_REFUSED || last == SPLIT_BROKEN || (last == SPLIT_PIECE && take_line(s, r, piece, &bad)))
        err = at_line(r->path, split.line, &bad, p);
    progress_end(&progress, split.index, wall_us());
    return err;
}

static enum err take_file(struct sample *s, const struct reading *r, struct problem *p) {
    FILE *f = fopen(r->path, "rb");
    if (!f) return problem_set(p, ERR_INVALID, r->option, "", "cannot open '%s': %s", r->path, strerror(errno));
    char *memory = malloc(READ_SIZE + SAMPLE_LINE_MAX);
    enum err err = memory ? take_stream(s, r, f, memory, p) : problem_set(p, ERR_FULL, "", "", "no memory to read with");
    free(memory);
    (void)fclose(f);
    return err;
}

/* Of "NAME=FILE" the file; a path may have a '=' of its own in a folder's name. */
static const char *file_of(const char *value) {
    const char *equals = strchr(value, '='), *slash = strchr(value, '/');
    return equals && !(slash && slash < equals) ? equals + 1 : value;
}

/* To write a report over what it is made of would lose it. */
static enum err write_file(const struct arguments *a, const char *option, struct str bytes, struct problem *p) {
    const char *path = argument(a, option, NULL);
    struct stat out, in;
    for (unsigned i = 0; i < a->option_count && stat(path, &out) == 0; i++) {
        const char *name = a->options[i].name, *value = a->options[i].value;
        bool is_input = strcmp(name, "--scores") == 0 || strcmp(name, "--labels") == 0 || strcmp(name, "--events") == 0 ||
                        strcmp(name, "--attribution") == 0;
        if (is_input && stat(strcmp(name, "--scores") == 0 ? file_of(value) : value, &in) == 0 && in.st_dev == out.st_dev &&
            in.st_ino == out.st_ino)
            return problem_set(p, ERR_INVALID, option, "name another file", "'%s' is read by %s", path, name);
    }
    FILE *f = fopen(path, "wb");
    bool failed = !f || fwrite(bytes.at, 1, bytes.size, f) != bytes.size;
    if (f && fclose(f) != 0) failed = true;
    return failed ? problem_set(p, ERR_IO, option, "", "cannot write '%s': %s", path, strerror(errno)) : ERR_OK;
}

/* ---- options ------------------------------------------------------------------------------------------------------------------------ */

static enum err read_count(const struct arguments *a, const char *option, uint64_t max, uint64_t *out, struct problem *p) {
    const char *text = argument(a, option, NULL);
    if (!text || (str_to_u64(str_from(text), out) && *out <= max)) return ERR_OK;
    return problem_set(p, ERR_INVALID, option, "", "'%s' is no whole number up to %llu", text, (unsigned long long)max);
}

static enum err read_split(const char *text, struct plan *plan, struct problem *p) {
    uint64_t parts[3] = {0}, sum = 0;
    struct str rest = str_from(text);
    bool good = true;
    for (unsigned i = 0; i < 3; i++) {
        good &= str_to_u64(str_cut(rest, ',', &rest), &parts[i]) && parts[i] <= 100;
        sum += parts[i];
    }
    if (!good || rest.size || sum != 100 || !parts[1] || !parts[2])
        return problem_set(p, ERR_INVALID, "--split", "write three percentages that make 100, e.g. 50,20,30", "'%s' is no split", text);
    plan->train_percent = (unsigned)parts[0];
    plan->validate_percent = (unsigned)parts[1];
    return ERR_OK;
}

static enum err read_cuts(const struct arguments *a, struct plan *plan, struct problem *p) {
    const char *validate = argument(a, "--validate-from", NULL), *test = argument(a, "--test-from", NULL);
    if (!validate && !test) return ERR_OK;
    if (!validate || !test)
        return problem_set(p, ERR_INVALID, "--test-from", "give --validate-from and --test-from", "one of two times is missing");
    if (argument_given(a, "--split")) return problem_set(p, ERR_INVALID, "--split", "cut by share or by time", "two ways to cut");
    if (!moment_parse(str_from(validate), &plan->validate_from_ms))
        return problem_set(p, ERR_INVALID, "--validate-from", "write it as 2026-03-01T00:00:00Z", "'%s' is no time", validate);
    if (!moment_parse(str_from(test), &plan->test_from_ms) || !plan->test_from_ms)
        return problem_set(p, ERR_INVALID, "--test-from", "write it as 2026-03-01T00:00:00Z", "'%s' is no time", test);
    return ERR_OK;
}

static enum err read_levels(const char *text, struct plan *plan, struct problem *p) {
    for (const char *at = text; *at;) {
        char *end;
        double level = strtod(at, &end);
        if (end == at || (*end && *end != ',') || !isfinite(level) || plan->level_count == PLAN_LEVELS_MAX)
            return problem_set(p, ERR_INVALID, "--levels", "e.g. 500,900", "'%s' are not up to %d numbers", text, PLAN_LEVELS_MAX);
        plan->levels[plan->level_count++] = level;
        at = *end ? end + 1 : end;
    }
    return ERR_OK;
}

static enum err read_plan(const struct arguments *a, struct plan *plan, struct problem *p) {
    *plan = plan_default();
    uint64_t rounds = plan->rounds;
    const char *split = argument(a, "--split", NULL), *prevalence = argument(a, "--prevalence", NULL);
    enum err err = read_count(a, "--rounds", ROUNDS_MAX, &rounds, p);
    if (!err) err = read_count(a, "--seed", UINT64_MAX, &plan->seed, p);
    if (!err && split) err = read_split(split, plan, p);
    if (!err) err = read_cuts(a, plan, p);
    if (!err) err = read_levels(argument(a, "--levels", ""), plan, p);
    if (err) return err;
    plan->rounds = (unsigned)rounds;
    char *end = NULL;
    if (prevalence) plan->prevalence = strtod(prevalence, &end);
    if (prevalence && (*end || end == prevalence || !(plan->prevalence > 0) || !(plan->prevalence < 1)))
        return problem_set(p, ERR_INVALID, "--prevalence", "e.g. 0.0001", "'%s' is not between 0 and 1", prevalence);
    return ERR_OK;
}

/* ---- the run ------------------------------------------------------------------------------------------------------------------------ */

/* As much address space as this many bytes of events can need; what is not touched costs nothing. */
static enum err take_memory(struct evaluation *e, struct problem *p) {
    const char *paths[ARGUMENT_COUNT_MAX], *scores[ARGUMENT_COUNT_MAX];
    unsigned shops = argument_all(e->a, "--events", paths), files = argument_all(e->a, "--scores", scores) / shops;
    uint64_t events = 0;
    for (unsigned i = 0; i < shops; i++) {
        struct stat status;
        if (stat(paths[i], &status) != 0)
            return problem_set(p, ERR_INVALID, "--events", "", "cannot open '%s': %s", paths[i], strerror(errno));
        events += S_ISREG(status.st_mode) ? (uint64_t)status.st_size / EVENT_SIZE_MIN + 1 : EVENTS_MAX;
    }
    if (events > EVENTS_MAX) events = EVENTS_MAX;
    e->memory_size =
        events * (BYTES_PER_EVENT + files * sizeof(double)) + FIXED_SIZE + REPORT_SIZE + (files + 1) * (e->plan.rounds + 1) * GROUPS_SIZE;
    enum err err = memory_reserve(e->memory_size, &e->memory, p);
    if (err) return err;
    e->arena = arena_over(e->memory, e->memory_size);
    return sample_init(&e->sample, &e->arena, (uint32_t)events, p);
}

/* "NAME=FILE"; without a name it is the file's, less its folder and ending. */
static enum err take_scores(struct evaluation *e, const char *value, struct problem *p) {
    struct reading r = {file_of(value), "--scores", "scores", sample_score, NULL};
    struct str name = {value, (size_t)(r.path - value)};
    if (name.size) name.size--;
    else name = str_from(value);
    if (r.path == value) {
        const char *slash = strrchr(value, '/');
        if (slash) name = str_from(slash + 1);
        if (str_ends(name, STR(".ndjson"))) name.size -= strlen(".ndjson");
    }
    if (!name.size || name.size > 64 || !str_is_utf8(name))
        return problem_set(p, ERR_INVALID, "--scores", "write NAME=FILE", "'%s' has no name of 1 to 64 bytes", value);
    enum err err = sample_begin_scores(&e->sample, name, p);
    return err ? err : take_file(&e->sample, &r, p);
}

/* Everything from one --events to the next is of one shop: its labels once, then its scores. What stands before the first is of the first.
 */
static enum err take_shop(struct evaluation *e, const char *events_path, unsigned from, unsigned to, struct problem *p) {
    const struct arguments *a = e->a;
    const char *labels_path = NULL;
    for (unsigned i = from; i < to; i++) {
        if (strcmp(a->options[i].name, "--labels") != 0) continue;
        if (labels_path)
            return problem_set(p, ERR_INVALID, "--labels", "one file of labels behind each --events", "two files of labels of one shop");
        labels_path = a->options[i].value;
    }
    if (!labels_path)
        return problem_set(p, ERR_INVALID, "--labels", "one file of labels behind each --events", "'%s' has no labels", events_path);
    struct reading events = {events_path, "--events", "events", sample_event, NULL};
    struct reading labels = {labels_path, "--labels", "labels", sample_label, NULL};
    enum err err = take_file(&e->sample, &events, p);
    if (!err) err = take_file(&e->sample, &labels, p);
    for (unsigned i = from; !err && i < to; i++)
        if (strcmp(a->options[i].name, "--scores") == 0) err = take_scores(e, a->options[i].value, p);
    return err;
}

static enum err take_shops(struct evaluation *e, struct problem *p) {
    const struct arguments *a = e->a;
    unsigned from = 0;
    const char *events = NULL;
    enum err err = ERR_OK;
    for (unsigned i = 0; !err && i < a->option_count; i++) {
        if (strcmp(a->options[i].name, "--events") != 0) continue;
        if (events) {
            err = take_shop(e, events, from, i, p);
            if (!err) err = sample_begin_shop(&e->sample, p);
            from = i;
        }
        events = a->options[i].value;
    }
    return err ? err : take_shop(e, events, from, a->option_count, p);
}

static enum err take_all(struct evaluation *e, struct problem *p) {
    const struct arguments *a = e->a;
    enum err err = take_shops(e, p);
    if (!err) err = sample_check(&e->sample, p);
    const char *families = argument(a, "--hold-out-families", NULL), *networks = argument(a, "--hold-out-networks", NULL);
    if (!err && families) err = plan_hold_out_families(&e->plan, &e->sample, str_from(families), p);
    if (!err && networks) err = plan_hold_out_networks(&e->plan, &e->sample, str_from(networks), p);
    return err;
}

/* Memory for what is told. */
static enum err take_report(struct evaluation *e, struct buf *out, struct problem *p) {
    void *memory = arena_take(&e->arena, REPORT_SIZE / 2);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory for the report");
    *out = buf_over(memory, REPORT_SIZE / 2);
    return ERR_OK;
}

static enum err tell_attribution(struct evaluation *e, struct problem *p) {
    const char *json = argument(e->a, "--json", NULL);
    struct buf out;
    struct document d;
    enum err err = take_report(e, &out, p);
    if (err) return err;
    if (json) attribution_json(&e->attribution, &e->plan, &out);
    if (json && strcmp(json, "-") == 0) return (void)fwrite(out.at, 1, out.size, stdout), ERR_OK;
    if (json) err = write_file(e->a, "--json", buf_str(&out), p);
    if (err) return err;
    buf_reset(&out);
    document_begin(&d, &e->arena, STR("en"), STR("Hijackers' acts and owners', told apart"), STR_NONE);
    attribution_document(&e->attribution, &d);
    document_write_text(&d, &out);
    plain_text_print(stdout, buf_str(&out));
    return d.overflow || out.overflow ? problem_set(p, ERR_TOO_LARGE, "", "evaluate fewer families at once", "the report is too large")
                                      : ERR_OK;
}

static enum err evaluate_attribution(struct evaluation *e, struct problem *p) {
    struct reading lines = {argument(e->a, "--attribution", NULL), "--attribution", "lines", NULL, &e->attribution};
    enum err err = attribution_init(&e->attribution, &e->sample, p);
    if (!err) err = take_file(&e->sample, &lines, p);
    if (!err) err = attribution_measure(&e->attribution, &e->plan, p);
    return err ? err : tell_attribution(e, p);
}

static enum err tell(struct evaluation *e, struct problem *p) {
    const struct report r = {&e->sample, &e->plan, &e->measured};
    const char *json = argument(e->a, "--json", NULL), *html = argument(e->a, "--html", NULL);
    struct buf out;
    enum err err = take_report(e, &out, p);
    struct arena before = e->arena;
    if (err) return err;
    if (json) {
        report_json(&r, &out);
        if (strcmp(json, "-") == 0) (void)fwrite(out.at, 1, out.size, stdout);
        else err = write_file(e->a, "--json", buf_str(&out), p);
    }
    bool overflow = out.overflow;
    if (!err && html) {
        buf_reset(&out);
        report_html(&r, &e->arena, &out);
        e->arena = before;
        overflow |= out.overflow;
        err = write_file(e->a, "--html", buf_str(&out), p);
    }
    if (!err && !(json && strcmp(json, "-") == 0)) {
        struct document d;
        document_begin(&d, &e->arena, STR("en"), STR("Hijackers and owners, told apart"), STR_NONE);
        report_document(&r, &d);
        buf_reset(&out);
        document_write_text(&d, &out);
        overflow |= d.overflow || out.overflow;
        plain_text_print(stdout, buf_str(&out));
    }
    return !err && overflow ? problem_set(p, ERR_TOO_LARGE, "", "evaluate fewer families or files at once", "the report is too large")
                            : err;
}

static enum err check_given(const struct arguments *a, struct problem *p) {
    bool attribution = argument_given(a, "--attribution");
    static const char *const needed[] = {"--events", "--labels", "--scores"};
    for (unsigned i = 0; i < (attribution ? 2 : 3); i++)
        if (!argument_given(a, needed[i]))
            return problem_set(p, ERR_INVALID, needed[i], "see `hikeshi evaluate --help`", "%s is missing", needed[i]);
    static const char *const of_scores[] = {"--scores", "--html",          "--hold-out-families", "--hold-out-networks",
                                            "--split",  "--validate-from", "--test-from",         "--prevalence",
                                            "--levels"};
    const char *events[ARGUMENT_COUNT_MAX];
    if (attribution && argument_all(a, "--events", events) > 1)
        return problem_set(p, ERR_INVALID, "--events", "measure one shop after the other", "an attribution is of one shop");
    for (unsigned i = 0; attribution && i < sizeof of_scores / sizeof of_scores[0]; i++)
        if (argument_given(a, of_scores[i]))
            return problem_set(p, ERR_INVALID, of_scores[i], "measure scores and attribution one after the other",
                               "%s says nothing about an attribution", of_scores[i]);
    return ERR_OK;
}

static int run(const struct arguments *a) {
    static struct evaluation e;
    struct problem p = {0};
    e.a = a;
    enum err err = check_given(a, &p);
    if (!err) err = read_plan(a, &e.plan, &p);
    if (!err) err = take_memory(&e, &p);
    if (!err) err = take_all(&e, &p);
    bool attribution = argument_given(a, "--attribution");
    if (!err && attribution) err = evaluate_attribution(&e, &p);
    if (!err && !attribution) err = measure(&e.sample, &e.plan, &e.measured, &p);
    if (!err && !attribution) err = tell(&e, &p);
    memory_release(e.memory, e.memory_size);
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_evaluate;
const struct command command_evaluate = {
    .name = "evaluate",
    .sentence = "say how well scores tell hijackers from owners",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi evaluate --events shop.ndjson --labels labels.ndjson --scores ours=scores.ndjson --html report.html",
};
