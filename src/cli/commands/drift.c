// SPDX-License-Identifier: Apache-2.0
/* hikeshi drift: tells how far logins have moved from what they were, and how far the scale of scores is off. */
#include <stdio.h>
#include <stdlib.h>

#include "base/moment.h"
#include "cli/cli.h"
#include "cli/drift.h"
#include "cli/plain_text.h"

static const struct cli_option options[] = {
    {"--data", "DIR", "the data directory (default: data); it may be in use"},
    {"--from", "TIME", "where the present begins, e.g. 2026-03-01T00:00:00Z (default: seven days before the end)"},
    {"--to", "TIME", "where it ends (default: behind the last event)"},
    {"--against", "TIME", "where the window before begins; it ends where the present begins (default: 28 days before)"},
    {"--alarm", NULL, "end with status 1 where an attribute drifted: for a timer"},
    {"--json", NULL, "print one JSON object"},
    {0},
};

#define NOW_MS      (7 * DAY_MS)
#define BEFORE_MS   (28 * DAY_MS)
#define REPORT_SIZE (256U * 1024)

static enum err read_moment(const struct arguments *a, const char *name, int64_t otherwise, int64_t *out, struct problem *p) {
    const char *text = argument(a, name, NULL);
    *out = otherwise;
    if (!text || moment_parse(str_from(text), out)) return ERR_OK;
    return problem_set(p, ERR_INVALID, name, "write it as RFC 3339, e.g. 2026-03-01T00:00:00Z", "'%s' is no moment", text);
}

static enum err choose_windows(const struct arguments *a, struct drift_report *r, struct problem *p) {
    enum err err = read_moment(a, "--to", r->source->last_ms + 1, &r->to_ms, p);
    if (!err) err = read_moment(a, "--from", r->to_ms - NOW_MS, &r->from_ms, p);
    if (!err) err = read_moment(a, "--against", r->from_ms - BEFORE_MS, &r->against_ms, p);
    if (err || (r->against_ms < r->from_ms && r->from_ms < r->to_ms)) return err;
    return problem_set(p, ERR_INVALID, "--from", "--against comes before --from, and --from before --to", "a window ends before it begins");
}

static enum err print(const struct drift_report *r, bool json, struct problem *p) {
    char *memory = malloc(REPORT_SIZE);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory");
    struct buf out = buf_over(memory, REPORT_SIZE);
    if (json) drift_write_json(r, &out);
    else drift_write_text(r, &out);
    if (json && !out.overflow) (void)fwrite(out.at, 1, out.size, stdout);
    else if (!out.overflow) plain_text_print(stdout, buf_str(&out));
    free(memory);
    return out.overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "the report does not fit its buffer") : ERR_OK;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    struct backtest_source source = {0};
    static struct drift_report r;
    r = (struct drift_report){.source = &source};
    enum err err = backtest_source_open(argument(a, "--data", "data"), NULL, &source, &p);
    if (!err) err = choose_windows(a, &r, &p);
    if (!err) err = drift_run(&r, &p);
    if (!err) err = print(&r, argument_given(a, "--json"), &p);
    bool alarm = !err && argument_given(a, "--alarm") && drift_worst(&r) == DRIFT_DRIFTED;
    drift_release(&r), backtest_source_close(&source);
    return err ? cli_fail(&p) : alarm ? 1 : 0;
}

extern const struct command command_drift;
const struct command command_drift = {
    .name = "drift",
    .sentence = "tell how far logins have moved, and how far the scale is off",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi drift --data data --from 2026-03-01T00:00:00Z",
};
