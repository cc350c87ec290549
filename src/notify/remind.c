// SPDX-License-Identifier: Apache-2.0
/*
 * Reminds people of a legal clock that nobody has answered for yet, at the times that its rule names, until its task is closed.
 *
 *     HELD, until the next reminder --its timer--> a task to see, and told by `staff`; the one after it is HELD
 *       \--the clock's task is closed, or it was a false alarm--> MERGED, into nothing
 *
 * Each is a notice of its own, called after its place in the rule: it comes once, whatever is replayed. Of those that were missed while
 * nothing ran the latest comes, once. One task at a time: the next overtakes the one before it.
 */
#include "base/check.h"
#include "base/moment.h"
#include "notify/clock.h"
#include "notify/telling.h"

#define SUBJECT       STR("remind")
#define SEEN_FOR_MS   (2 * DAY_MS) /* then somebody else is told that it is overdue */
#define ASKS_SIZE_MAX 512

/* Names are small words: they are written without an escape. */
static struct str clock_of(const struct notice_row *r) {
    struct str quoted = telling_fact(r, "clock");
    return quoted.size > 2 ? str_slice(quoted, 1, quoted.size - 1) : STR_NONE;
}

static bool is_of(const struct notice_row *r, struct str clock) {
    return str_equal(r->subject, SUBJECT) && (!clock.size || str_equal(clock_of(r), clock));
}

/* The open task of a clock; NULL: somebody has answered it. */
static const struct task_row *find_filing(const struct telling *t, struct str clock) {
    for (size_t i = 0; i < t->in->loaded->task_count; i++)
        if (str_equal(telling_filed_clock(&t->in->loaded->tasks[i]), clock)) return &t->in->loaded->tasks[i];
    return NULL;
}

/* ---- the next ----------------------------------------------------------------------------------------------------------------------- */

static size_t place_of(const struct clock_rule *r, int64_t after_ms) {
    size_t i = 0;
    while (r->remind_ms[i] != after_ms) i++;
    return i + 1;
}

static struct str reminder_id(struct telling *t, const struct clock_rule *r, size_t place) {
    struct buf id = telling_buf(t, t->response.incident.size + r->name.size + 32);
    buf_fmt(&id, "%.*s/nremind%zu-%.*s", STR_ARGS(t->response.incident), place, STR_ARGS(r->name));
    return telling_text(t, &id);
}

/* {"clock":"issuer_60_days","title":"...","due":"..."} */
static struct str facts_of(struct telling *t, const struct clock_rule *r, int64_t due_ms) {
    struct str title = clock_face(r, STR("en"))->title;
    struct buf b = telling_buf(t, (r->name.size + title.size) * 6 + 96);
    buf_text(&b, STR("{\"clock\":"));
    buf_json(&b, r->name);
    buf_text(&b, STR(",\"title\":"));
    buf_json(&b, title);
    buf_text(&b, STR(",\"due\":\""));
    moment_format(&b, due_ms);
    buf_text(&b, STR("\"}"));
    return telling_text(t, &b);
}

static bool one_waits(const struct telling *t, struct str clock) {
    for (size_t i = 0; i < t->count; i++)
        if (is_of(&t->notices[i].row, clock) && t->notices[i].row.due_ms) return true;
    return false;
}

void telling_plan_reminder(struct telling *t, const struct clock_rule *r, int64_t known_ms) {
    int64_t at_ms = clock_remind_ms(r, known_ms, t->now_ms);
    bool overdue = at_ms >= clock_due_ms(r, known_ms); /* from then on the task itself is */
    if (!at_ms || overdue || one_waits(t, r->name)) return;
    struct str id = reminder_id(t, r, place_of(r, at_ms - known_ms));
    struct notice_work *n = telling_add_row(t, id, "operator", "remind", facts_of(t, r, clock_due_ms(r, known_ms)));
    if (n) telling_set_state(t, n, NOTICE_HELD, at_ms);
}

/* By the rules of this binary; one that it does not know any more has come for the last time. */
static void plan_next(struct telling *t, struct str clock) {
    struct clock_rules rules;
    struct problem p = {0};
    struct clock_source source = {.rows = t->source};
    struct arena memory = arena_over(telling_take(t, CLOCKS_MEMORY_SIZE), CLOCKS_MEMORY_SIZE);
    enum err err = clocks_read(clocks_built_in(), &memory, &rules, &p);
    CHECK(!err); /* what ships is whole: tested */
    const struct clock_rule *r = clock_find(&rules, clock);
    if (r) telling_plan_reminder(t, r, clock_known_ms(&source));
}

/* ---- the end ------------------------------------------------------------------------------------------------------------------------ */

/* What was not sent yet would remind of what is answered, or was said again. */
static void withdraw_steps(struct telling *t, struct notice_work *n) {
    for (size_t i = 0; i < t->in->loaded->tell_count; i++) {
        const struct step_row *s = &t->in->loaded->tells[i];
        if (s->state == STEP_READY && str_equal(s->effect, n->row.id)) telling_withdraw_step(t, n, s, "overtaken");
    }
}

static void end_all(struct telling *t, struct str clock, const struct notice_work *but) {
    for (size_t i = 0; i < t->count; i++) {
        struct notice_work *n = &t->notices[i];
        if (n == but || !is_of(&n->row, clock)) continue;
        if (n->row.state == NOTICE_HELD && n->row.due_ms) telling_set_state(t, n, NOTICE_MERGED, 0);
        withdraw_steps(t, n);
        telling_end_tasks(t, n, "overtaken");
    }
}

void telling_end_reminders(struct telling *t, struct str clock) {
    end_all(t, clock, NULL);
}

/* ---- its time ----------------------------------------------------------------------------------------------------------------------- */

static struct str asks_of(struct telling *t, const struct task_row *filing) {
    struct buf b = telling_buf(t, ASKS_SIZE_MAX);
    buf_fmt(&b, "a legal clock runs, and nobody has answered %.*s: due ", STR_ARGS(filing->id));
    moment_format(&b, filing->due_ms);
    return b.overflow ? STR("a legal clock runs, and nobody has answered its task") : telling_text(t, &b);
}

/* "inc_1/t-remind1-issuer_60_days" */
static void open_task(struct telling *t, const struct notice_work *n, const struct task_row *filing) {
    struct str number, incident = str_cut(n->row.id, '/', &number);
    int64_t due_ms = t->now_ms + SEEN_FOR_MS;
    struct buf id = telling_buf(t, n->row.id.size + 8);
    buf_fmt(&id, "%.*s/t-%.*s", STR_ARGS(incident), STR_ARGS(str_slice(number, 1, number.size)));
    struct str name = telling_text(t, &id); /* before the next is begun */
    telling_put_task(t, &(struct task_row){
                            .id = name,
                            .effect = n->row.id,
                            .kind = SUBJECT,
                            .asks = asks_of(t, filing),
                            .options = STR("seen"),
                            .people = 1,
                            .due_ms = due_ms < filing->due_ms ? due_ms : filing->due_ms,
                        });
}

bool telling_take_reminder(struct telling *t, struct notice_work *n) {
    struct str clock = clock_of(&n->row);
    const struct task_row *filing = find_filing(t, clock);
    telling_set_state(t, n, filing ? NOTICE_HELD : NOTICE_MERGED, 0); /* they look for themselves (GET /v1/tasks) */
    if (!filing) return false;
    end_all(t, clock, n);
    telling_audit(t, "task_reminded", filing->id, STR_NONE, n->row.id);
    open_task(t, n, filing);
    plan_next(t, clock);
    return true;
}
