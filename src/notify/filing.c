// SPDX-License-Identifier: Apache-2.0
/*
 * Opens a person's task for each legal clock of the policy that runs, or that counsel must decide about: with the time by which, and where
 * the draft is; its reminders are planned with it (remind.c). Looked at when the response opens and whenever a report is due, for what did
 * not run may run later; opened once. Nothing is filed by us.
 */
#include "base/check.h"
#include "notify/clock.h"
#include "notify/telling.h"

#define ASKS_SIZE_MAX 512

static struct str task_id(struct telling *t, const struct clock_rule *r) {
    struct buf id = telling_buf(t, t->response.incident.size + r->name.size + 16);
    buf_fmt(&id, "%.*s/t-file-%.*s", STR_ARGS(t->response.incident), STR_ARGS(r->name));
    return telling_text(t, &id);
}

static const struct task_row *find_task(const struct telling *t, struct str id) {
    for (size_t i = 0; i < t->in->task_count; i++)
        if (str_equal(t->in->tasks[i].id, id)) return &t->in->tasks[i];
    return NULL;
}

static struct str title_of(const struct clock_rule *r) {
    for (size_t i = 0; i < r->face_count; i++)
        if (str_equal(r->faces[i].language, STR("en"))) return r->faces[i].title;
    return r->name;
}

static struct str asks_of(struct telling *t, const struct clock_run *run) {
    struct buf b = telling_buf(t, ASKS_SIZE_MAX);
    const struct clock_rule *r = run->rule;
    buf_fmt(&b, "%s: %.*s; the draft: hikeshi clock draft %.*s %.*s",
            run->finding.verdict == CLOCK_RUNS ? "file this, or say why not" : "counsel decides whether this must be filed",
            STR_ARGS(title_of(r)), STR_ARGS(t->response.incident), STR_ARGS(r->name));
    return b.overflow ? STR("a legal clock runs; see hikeshi clock list") : telling_text(t, &b);
}

/* false: it is closed. */
static bool open_task(struct telling *t, const struct clock_run *run) {
    struct str id = task_id(t, run->rule);
    const struct task_row *known = find_task(t, id);
    if (known) return known->state != TASK_CLOSED;
    telling_put_task(t, &(struct task_row){
                            .id = id,
                            .effect = t->response.incident,
                            .kind = STR("file"),
                            .asks = asks_of(t, run),
                            .options = STR("filed not_required"),
                            .people = 1,
                            .due_ms = run->due_ms > t->now_ms ? run->due_ms : t->now_ms,
                        });
    return true;
}

void telling_open_filings(struct telling *t) {
    struct clock_rules rules;
    struct clock_run runs[CLOCK_RULES_MAX];
    struct problem p = {0};
    struct str names = str_from(t->settings->clocks);
    if (!names.size || t->response.state == RESPONSE_PLANNED) return;
    struct clock_source source = {.rows = t->source, .events = t->in->events, .event_count = t->in->event_count};
    struct arena memory = arena_over(telling_take(t, CLOCKS_MEMORY_SIZE), CLOCKS_MEMORY_SIZE);
    enum err err = clocks_read(clocks_built_in(), &memory, &rules, &p);
    CHECK(!err); /* what ships is whole: tested */
    size_t count = clocks_running(&rules, names, &source, runs, CLOCK_RULES_MAX);
    for (size_t i = 0; i < count; i++)
        if (open_task(t, &runs[i])) telling_plan_reminder(t, runs[i].rule, clock_known_ms(&source));
}

struct str telling_filed_clock(const struct task_row *task) {
    static const char mark[] = "t-file-";
    struct str number;
    (void)str_cut(task->id, '/', &number);
    return str_equal(task->kind, STR("file")) ? str_slice(number, sizeof mark - 1, number.size) : STR_NONE;
}

void telling_withdraw_filings(struct telling *t) {
    telling_end_reminders(t, STR_NONE);
    for (size_t i = 0; i < t->in->loaded->task_count; i++) {
        struct task_row row = t->in->loaded->tasks[i];
        if (row.state == TASK_CLOSED || !str_equal(row.kind, STR("file"))) continue;
        row.state = TASK_CLOSED;
        row.closed_ms = t->now_ms;
        row.outcome = STR("withdrawn");
        telling_put_task(t, &row);
    }
}
