// SPDX-License-Identifier: Apache-2.0
/* Holds the notices of an incident while one event moves them: rows in, texts, steps, tasks and audits out. */
#include "notify/telling.h"

#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/moment.h"
#include "notify/report.h"

#define TITLE_SIZE_MAX 1024
#define TEXT_SIZE_MAX  (12U * 1024)
#define NOTE_SIZE_MAX  2048
/* With one event a notice is written, and its state audited, once; what goes out (at most one of each subject, and one to each contact that
 * was put in) has a step and an audit for each of six channels, and a task. Of each the task may end, with an audit. */
#define WRITES_PER_NOTICE 5
#define WRITES_OUT_MAX    1024

#define OUR_NAME     STR("hikeshi")
#define FIRST_FOR_MS DAY_MS       /* how long a channel is tried */
#define REACH_FOR_MS (2 * DAY_MS) /* how long a person has to reach him */
#define TELL_FOR_MS  (4 * HOUR_MS)

/* ---- memory -------------------------------------------------------------------------------------------------------------------------- */

void *telling_take(struct telling *t, size_t size) {
    void *memory = arena_take(t->step, size);
    CHECK(memory);
    return memory;
}

struct buf telling_buf(struct telling *t, size_t size) {
    return buf_over(telling_take(t, size), size);
}

struct str telling_text(struct telling *t, struct buf *b) {
    CHECK(!b->overflow);
    arena_keep(t->step, b->at, b->size);
    return buf_str(b);
}

struct str telling_copy(struct telling *t, struct str s) {
    bool full = false;
    struct str copy = arena_copy(t->step, s, &full);
    CHECK(!full);
    return copy;
}

static struct incident_write *add_write(struct telling *t, enum incident_write_kind kind) {
    CHECK(t->out->write_count < t->write_capacity);
    struct incident_write *w = &t->out->writes[t->out->write_count++];
    memset(w, 0, sizeof *w);
    w->kind = kind;
    w->position = t->in->e->position;
    return w;
}

/* ---- as it stands after the event ---------------------------------------------------------------------------------------------------- */

static void merge_effects(struct telling *t) {
    const struct respond_loaded *l = t->in->loaded;
    const struct response_change *c = t->in->change;
    struct effect_row *rows = telling_take(t, EFFECT_COUNT_MAX * sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < l->effect_count && count < EFFECT_COUNT_MAX; i++) rows[count++] = l->effects[i];
    for (size_t i = 0; i < c->write_count; i++) {
        const struct effect_row *changed = &c->writes[i].as.effect;
        size_t at = 0;
        if (c->writes[i].kind != WRITE_EFFECT) continue;
        while (at < count && !str_equal(rows[at].id, changed->id)) at++;
        if (at == EFFECT_COUNT_MAX) continue;
        rows[at] = *changed;
        if (at == count) count++;
    }
    arena_keep(t->step, rows, count * sizeof *rows);
    t->source.effects = rows, t->source.effect_count = count;
}

static void merge_ledger(struct telling *t) {
    const struct respond_loaded *l = t->in->loaded;
    const struct response_change *c = t->in->change;
    size_t count = l->ledger_count, added = 0;
    for (size_t i = 0; i < c->write_count; i++) added += c->writes[i].kind == WRITE_LEDGER;
    struct ledger_row *rows = telling_take(t, (count + added + 1) * sizeof *rows);
    if (count) memcpy(rows, l->ledger, count * sizeof *rows);
    for (size_t i = 0; i < c->write_count; i++)
        if (c->writes[i].kind == WRITE_LEDGER) rows[count++] = c->writes[i].as.ledger;
    t->source.ledger = rows, t->source.ledger_count = count;
}

static bool merge_response(struct telling *t) {
    const struct response_change *c = t->in->change;
    bool found = t->in->loaded->response;
    if (found) t->response = *t->in->loaded->response;
    for (size_t i = 0; i < c->write_count; i++)
        if (c->writes[i].kind == WRITE_RESPONSE) t->response = c->writes[i].as.response, found = true;
    if (!found || !t->in->loaded->incident) return false;
    t->incident = *t->in->loaded->incident;
    if (t->response.window_from_ms) t->incident.window_from_ms = t->response.window_from_ms;
    t->source.incident = &t->incident;
    t->source.response = &t->response;
    return true;
}

static void load_notices(struct telling *t) {
    const struct response_change *c = t->in->change;
    t->capacity = t->in->notice_count + NOTICES_NEW_MAX;
    for (size_t i = 0; i < c->write_count; i++) t->capacity += c->writes[i].kind == WRITE_NOTICE;
    t->notices = telling_take(t, t->capacity * sizeof *t->notices);
    for (size_t i = 0; i < t->in->notice_count; i++) t->notices[t->count++] = (struct notice_work){.row = t->in->notices[i]};
}

static void choose_language(struct telling *t, struct str language) {
    struct problem p = {0};
    enum err err = phrases_choose(phrases_built_in(), language, &t->phrases, &p);
    CHECK(!err); /* what ships is whole: tested */
}

/* The owner's as his clients told before the attack; where they did not, the policy's. */
static void find_owner(struct telling *t) {
    struct str language = t->incident.language;
    choose_language(t, language.size ? language : str_from(t->settings->language));
    t->offset_ms = notice_offset_ms(&t->incident, str_from(t->settings->timezone), t->now_ms);
}

bool telling_begin(struct telling *t, const struct notify_input *in, struct arena *step, struct notice_change *out) {
    *t = (struct telling){.in = in, .settings = &in->e->settings.notify, .step = step, .out = out, .now_ms = in->e->now_ms};
    if (!merge_response(t)) return false;
    merge_effects(t);
    merge_ledger(t);
    load_notices(t);
    t->write_capacity = t->capacity * WRITES_PER_NOTICE + WRITES_OUT_MAX;
    out->writes = telling_take(t, t->write_capacity * sizeof *out->writes);
    find_owner(t);
    return true;
}

void telling_end(struct telling *t) {
    for (size_t i = 0; i < t->count; i++)
        if (t->notices[i].changed || t->notices[i].added) add_write(t, WRITE_NOTICE)->as.notice = t->notices[i].row;
}

/* ---- notices ------------------------------------------------------------------------------------------------------------------------- */

struct notice_work *telling_find(struct telling *t, struct str id) {
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->notices[i].row.id, id)) return &t->notices[i];
    return NULL;
}

void telling_adopt(struct telling *t, const struct notice_row *r) {
    if (t->count == t->capacity || telling_find(t, r->id)) return;
    struct notice_work *n = &t->notices[t->count++];
    *n = (struct notice_work){.row = *r, .added = true};
    n->row.account = t->response.account;
}

struct notice_work *telling_add_row(struct telling *t, struct str id, const char *audience, const char *subject, struct str facts) {
    if (t->count == t->capacity || telling_find(t, id)) return NULL;
    struct notice_work *n = &t->notices[t->count++];
    *n = (struct notice_work){.changed = true,
                              .row = {.id = id,
                                      .incident = t->response.incident,
                                      .account = t->response.account,
                                      .audience = str_from(audience),
                                      .subject = str_from(subject),
                                      .facts = facts,
                                      .created_ms = t->now_ms,
                                      .position = t->in->e->position}};
    return n;
}

struct notice_work *telling_add(struct telling *t, const char *audience, const char *subject, unsigned number) {
    struct buf id = telling_buf(t, t->response.incident.size + 64);
    buf_fmt(&id, "%.*s/n%s", STR_ARGS(t->response.incident), subject);
    if (number) buf_u64(&id, number);
    return telling_add_row(t, telling_text(t, &id), audience, subject, STR("{}"));
}

struct notice_work *telling_add_about(struct telling *t, const struct effect_row *e) {
    struct str number, incident = str_cut(e->id, '/', &number);
    struct buf id = telling_buf(t, e->id.size + 64);
    buf_fmt(&id, "%.*s/nblocked-%.*s", STR_ARGS(incident), STR_ARGS(number));
    struct str name = telling_text(t, &id); /* before the next is begun: what lies behind it is given back */
    struct buf facts = telling_buf(t, e->id.size * 6 + 64);
    buf_text(&facts, STR("{\"effect\":"));
    buf_json(&facts, e->id);
    buf_char(&facts, '}');
    return telling_add_row(t, name, "stranger", "blocked", telling_text(t, &facts));
}

void telling_set_state(struct telling *t, struct notice_work *n, enum notice_state s, int64_t due_ms) {
    n->row.state = s;
    n->row.due_ms = due_ms;
    n->row.version++;
    n->changed = true;
    telling_audit(t, "notice_state", n->row.id, notice_state_word(s), n->row.subject);
}

void telling_set_channel(struct telling *t, struct notice_work *n, struct str name, const char *how) {
    struct buf b = telling_buf(t, n->row.channels.size + name.size + 32);
    bool found = false;
    for (struct str rest = n->row.channels; rest.size;) {
        struct str word, one = str_cut(rest, ' ', &rest);
        bool same = str_equal(str_cut(one, '=', &word), name);
        found |= same;
        if (b.size) buf_char(&b, ' ');
        buf_text(&b, same ? name : one);
        if (same && how[0]) buf_fmt(&b, "=%s", how);
    }
    if (!found) buf_fmt(&b, "%s%.*s%s%s", b.size ? " " : "", STR_ARGS(name), how[0] ? "=" : "", how);
    n->row.channels = telling_text(t, &b);
    n->changed = true;
}

/* ---- texts --------------------------------------------------------------------------------------------------------------------------- */

/* "4F8K-2M7Q": the same for the same notice, in a replay too. */
struct str telling_code(struct telling *t, struct str notice) {
    struct buf code = telling_buf(t, NOTICE_CODE_SIZE + 1);
    notice_token(t->in->token, "code", notice, code.at);
    code.size = NOTICE_CODE_SIZE;
    return telling_text(t, &code);
}

static struct notice_wish wish_of(struct telling *t, const struct notice_work *n, struct str subject, int64_t next_ms) {
    return (struct notice_wish){.subject = subject, .code = n->row.code, .next_ms = next_ms, .offset_ms = t->offset_ms};
}

void telling_write(struct telling *t, struct notice_work *n, struct str subject, int64_t next_ms) {
    bool stranger = str_equal(n->row.audience, STR("stranger"));
    if (stranger) choose_language(t, str_from(t->settings->language));
    n->row.code = stranger ? STR_NONE : telling_code(t, n->row.id); /* a stranger has nothing to check */
    n->row.language = t->phrases.language;
    n->row.written_ms = t->now_ms;
    struct buf title = telling_buf(t, TITLE_SIZE_MAX), text = telling_buf(t, TEXT_SIZE_MAX);
    struct notice_wish wish = wish_of(t, n, subject, next_ms);
    enum err err = notice_write(&t->phrases, &t->source, &wish, &title, &text);
    CHECK(!err); /* the list of effects is cut long before (message.c) */
    n->row.text = telling_text(t, &text);
    n->row.title = telling_copy(t, buf_str(&title));
    n->changed = true;
    if (stranger) find_owner(t);
}

/* ---- reports ------------------------------------------------------------------------------------------------------------------------- */

unsigned telling_report_version(const struct notice_row *n) {
    uint64_t version = 0;
    size_t at = n->id.size;
    while (at && n->id.at[at - 1] >= '0' && n->id.at[at - 1] <= '9') at--;
    return str_to_u64(str_slice(n->id, at, n->id.size), &version) ? (unsigned)version : 0;
}

struct report_source telling_report_source(struct telling *t) {
    const struct notify_input *in = t->in;
    struct notice_row *notices = telling_take(t, (t->count + 1) * sizeof *notices);
    for (size_t i = 0; i < t->count; i++) notices[i] = t->notices[i].row;
    return (struct report_source){.rows = t->source,
                                  .events = in->events,
                                  .event_count = in->event_count,
                                  .proofs = in->proofs,
                                  .proof_count = in->proof_count,
                                  .notices = notices,
                                  .notice_count = t->count,
                                  .tasks = in->tasks,
                                  .task_count = in->task_count,
                                  .audits = in->audits,
                                  .audit_count = in->audit_count};
}

/* What the version before this one told; empty: there is none. */
static struct str last_digest(const struct telling *t, unsigned version) {
    struct str digest = STR_NONE;
    for (size_t i = 0; i < t->count; i++) {
        const struct notice_row *r = &t->notices[i].row;
        struct str rest = r->facts, name, value;
        if (!str_equal(r->subject, STR("report")) || telling_report_version(r) >= version || !r->written_ms) continue;
        while (json_cut_member(&rest, &name, &value))
            if (str_equal(name, STR("digest"))) digest = value;
    }
    return digest;
}

/* {"version":2,"digest":"...","report":{document}}: what was told stays as it was told. */
static struct str report_facts(struct telling *t, unsigned version, struct str digest, const struct document *d) {
    struct buf b = telling_buf(t, REPORT_MEMORY_SIZE);
    buf_fmt(&b, "{\"version\":%u,\"digest\":", version);
    buf_text(&b, digest);
    buf_text(&b, STR(",\"report\":"));
    document_write_json(d, &b);
    buf_char(&b, '}');
    return telling_text(t, &b);
}

bool telling_write_report(struct telling *t, struct notice_work *n) {
    struct report_source source = telling_report_source(t);
    unsigned version = telling_report_version(&n->row);
    struct report_wish wish = {.version = version, .made_ms = t->now_ms, .zone = t->incident.timezone, .offset_ms = t->offset_ms};
    struct arena memory = arena_over(telling_take(t, REPORT_MEMORY_SIZE), REPORT_MEMORY_SIZE);
    struct buf digest = telling_buf(t, 48);
    struct hash128 hash;
    struct document document;
    enum err err = report_digest(&t->phrases, &source, &wish, &memory, &hash);
    buf_fmt(&digest, "\"%016llx%016llx\"", (unsigned long long)hash.high, (unsigned long long)hash.low);
    if (!err && str_equal(last_digest(t, version), buf_str(&digest))) return false;
    arena_reset(&memory);
    if (!err) err = report_write(&t->phrases, &source, &wish, &memory, &document);
    CHECK(!err); /* REPORT_MEMORY_SIZE is for the largest */
    n->row.facts = report_facts(t, version, buf_str(&digest), &document);
    n->changed = true;
    return true;
}

/* ---- steps
 * ----------------------------------------------------------------------------------------------------------------------------------------
 */

static void write_text(struct buf *b, const char *name, struct str text) {
    buf_fmt(b, ",\"%s\":", name);
    buf_json(b, text);
}

/* The contact that was changed by the hijacker: as it was before, or what he has put in. Empty: it was not changed. */
static struct str contact_of(const struct telling *t, const struct notice_work *n, struct str channel) {
    bool stranger = str_equal(n->row.audience, STR("stranger"));
    const char *kind = str_equal(channel, STR("email")) ? "email" : "phone";
    for (size_t i = 0; i < t->source.effect_count; i++) {
        const struct effect_row *e = &t->source.effects[i];
        if (e->whose == WHOSE_OWNER || !str_equal(e->kind, str_from(kind))) continue;
        if (stranger ? e->after.size : e->before.size) return stranger ? e->after : e->before;
    }
    return STR_NONE;
}

/* Eight signs of ours, another for each use of each notice. */
static void write_token(struct telling *t, const char *use, struct str notice, struct buf *b) {
    char code[NOTICE_CODE_SIZE + 1];
    notice_token(t->in->token, use, notice, code);
    buf_fmt(b, "%.4s%.4s", code, code + 5);
}

static bool is_strangers(const struct notice_work *n) {
    return str_equal(n->row.audience, STR("stranger"));
}

/* "inc_1.n1.4F8K2M7Q": of whom a bounce speaks; nobody else can make one. A stranger's tells him nothing: no case number that he could name
 * to an operator; where it comes back, nobody need know. */
static void write_bounce(struct telling *t, const struct notice_work *n, struct buf *b) {
    struct str number, incident = str_cut(n->row.id, '/', &number);
    if (!is_strangers(n)) buf_fmt(b, "%.*s.%.*s.", STR_ARGS(incident), STR_ARGS(number));
    write_token(t, "bounce", n->row.id, b);
}

/* "n1.inc_1": the left half of a Message-ID, the same however often it is sent. A stranger's is a token. */
static void write_message(struct telling *t, const struct notice_work *n, struct buf *b) {
    struct str number, incident = str_cut(n->row.id, '/', &number);
    if (is_strangers(n)) write_token(t, "message", n->row.id, b);
    else buf_fmt(b, "%.*s.%.*s", STR_ARGS(number), STR_ARGS(incident));
}

/* NULL: the owner has not been told of it yet. */
static const struct notice_work *thread_of(const struct telling *t) {
    for (size_t i = 0; i < t->count; i++)
        if (str_equal(t->notices[i].row.subject, STR("first"))) return &t->notices[i];
    return NULL;
}

static struct str text_for(struct telling *t, const struct notice_work *n, struct str channel) {
    if (str_equal(channel, STR("email")) || str_equal(channel, STR("letter")) || !str_equal(n->row.audience, STR("owner")))
        return n->row.text;
    struct buf text = telling_buf(t, TITLE_SIZE_MAX);
    struct notice_wish wish = wish_of(t, n, n->row.subject, 0);
    enum err err = notice_write_short(&t->phrases, &t->source, &wish, n->row.title, &text);
    return err ? n->row.title : telling_text(t, &text);
}

static struct str request_of(struct telling *t, const struct notice_work *n, struct str channel) {
    struct buf b = telling_buf(t, STEP_REQUEST_SIZE_MAX);
    char memory[256];
    struct buf name = buf_over(memory, sizeof memory);
    const struct notice_work *thread = str_equal(n->row.audience, STR("owner")) ? thread_of(t) : NULL;
    buf_text(&b, STR("{\"system\":"));
    buf_json(&b, channel);
    buf_text(&b, STR(",\"verb\":\"tell\""));
    write_text(&b, "how", channel);
    write_text(&b, "incident", t->response.incident);
    write_text(&b, "account", t->response.account);
    write_text(&b, "notice", n->row.id);
    write_text(&b, "audience", n->row.audience);
    write_text(&b, "contact", contact_of(t, n, channel));
    buf_text(&b, STR(",\"as_of\":\""));
    moment_format(&b, str_equal(n->row.audience, STR("stranger")) ? t->now_ms : t->incident.window_from_ms);
    buf_char(&b, '"');
    write_text(&b, "language", n->row.language);
    write_message(t, n, &name);
    write_text(&b, "message_id", buf_str(&name));
    buf_reset(&name);
    if (thread && !str_equal(thread->row.id, n->row.id)) {
        write_message(t, thread, &name);
        write_text(&b, "in_reply_to", buf_str(&name));
        buf_reset(&name);
    }
    write_bounce(t, n, &name);
    write_text(&b, "bounce", buf_str(&name));
    buf_text(&b, STR(",\"date\":\""));
    moment_format(&b, t->now_ms);
    buf_char(&b, '"');
    write_text(&b, "title", n->row.title);
    if (str_equal(channel, STR("issuer"))) {
        buf_text(&b, STR(",\"pack\":"));
        buf_text(&b, n->row.text); /* is JSON already */
    } else {
        write_text(&b, "text", text_for(t, n, channel));
    }
    buf_char(&b, '}');
    return telling_text(t, &b);
}

/* Whoever sleeps is not rung out of bed for what can wait; a mail rings nobody. */
static int64_t quiet_until_ms(const struct telling *t, struct str channel, bool urgent) {
    int from = t->settings->quiet_from_h, to = t->settings->quiet_to_h;
    int64_t local_ms = t->now_ms + t->offset_ms, day_ms = local_ms - local_ms % DAY_MS;
    int hour = (int)(local_ms % DAY_MS / HOUR_MS);
    bool quiet = from < to ? hour >= from && hour < to : hour >= from || hour < to;
    if (urgent || from == to || !quiet || str_equal(channel, STR("email"))) return t->now_ms;
    int64_t end_ms = day_ms + to * HOUR_MS;
    if (end_ms <= local_ms) end_ms += DAY_MS;
    return end_ms - t->offset_ms;
}

void telling_send(struct telling *t, struct notice_work *n, struct str channel, bool urgent) {
    struct buf id = telling_buf(t, n->row.id.size + channel.size + 16);
    buf_fmt(&id, "%.*s/tell.%.*s/1", STR_ARGS(n->row.id), STR_ARGS(channel));
    int64_t run_ms = quiet_until_ms(t, channel, urgent);
    struct str name = telling_text(t, &id); /* before the next is begun, and no initializer has an order */
    add_write(t, WRITE_STEP)->as.step = (struct step_row){
        .id = name,
        .effect = n->row.id,
        .incident = t->response.incident,
        .account = t->response.account,
        .system = telling_copy(t, channel),
        .verb = STR("tell"),
        .how = telling_copy(t, channel),
        .request = request_of(t, n, channel),
        .state = STEP_READY,
        .lane = urgent ? LANE_CONTACT : LANE_VERIFY,
        .generation = 1,
        .run_ms = run_ms,
        .deadline_ms = run_ms + FIRST_FOR_MS,
        .created_ms = t->now_ms,
        .position = t->in->e->position,
    };
    telling_audit(t, "notice_sent", n->row.id, channel, STR_NONE);
}

void telling_withdraw_step(struct telling *t, struct notice_work *n, const struct step_row *s, const char *why) {
    struct step_row *row = &add_write(t, WRITE_STEP)->as.step;
    *row = *s;
    row->state = STEP_CANCELED;
    telling_set_channel(t, n, s->system, "withdrawn");
    telling_audit(t, "step_canceled", s->id, STR_NONE, str_from(why));
}

void telling_end_step(struct telling *t) {
    int word = step_outcome_from(t->in->e->event->result);
    struct step_row row = *t->in->step;
    if (row.state == STEP_DONE || row.state == STEP_HUMAN || row.state == STEP_CANCELED) return;
    row.outcome = word > 0 ? (enum outcome_word)word : STEP_OUTCOME_EXHAUSTED;
    row.state = row.outcome == STEP_OUTCOME_EXHAUSTED ? STEP_HUMAN : STEP_DONE;
    add_write(t, WRITE_STEP)->as.step = row;
    telling_audit(t, "notice_answered", row.id, step_outcome_word(row.outcome), STR_NONE);
}

/* ---- people
 * ---------------------------------------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *word, *asks;
    int64_t due_ms;
} tasks[] = {
    [TELLING_TASK_TELL] = {"tell", "no channel has taken this notice: tell the owner by telephone or letter, at a contact from before",
                           TELL_FOR_MS},
    [TELLING_TASK_REACH] = {"reach", "nobody has acknowledged the first notice, and money is open: write the owner a letter", REACH_FOR_MS},
};

void telling_put_task(struct telling *t, const struct task_row *row) {
    struct task_row *put = &add_write(t, WRITE_TASK)->as.task;
    *put = *row;
    put->incident = t->response.incident;
    put->position = t->in->e->position;
    if (!put->opened_ms) put->opened_ms = t->now_ms;
    bool closed = put->state == TASK_CLOSED;
    telling_audit(t, closed ? "task_closed" : "task_opened", put->id, closed ? put->outcome : put->kind, put->asks);
}

static bool is_asked(const struct telling *t, const struct notice_work *n, enum telling_task task) {
    for (size_t i = 0; i < t->in->loaded->task_count; i++) {
        const struct task_row *r = &t->in->loaded->tasks[i];
        if (str_equal(r->effect, n->row.id) && str_equal(r->kind, str_from(tasks[task].word))) return true;
    }
    return false;
}

/* "inc_1/t-tell-n1-4": a task like the respond room's, which takes its answer and its timer; its effect is the notice, and one that was
 * answered is not opened again. */
void telling_task(struct telling *t, const struct notice_work *n, enum telling_task task) {
    if (is_asked(t, n, task)) return;
    struct str number, incident = str_cut(n->row.id, '/', &number);
    struct buf id = telling_buf(t, n->row.id.size + 32);
    buf_fmt(&id, "%.*s/t-%s-%.*s-%u", STR_ARGS(incident), tasks[task].word, STR_ARGS(number), n->row.version);
    telling_put_task(t, &(struct task_row){
                            .id = telling_text(t, &id),
                            .effect = n->row.id,
                            .kind = str_from(tasks[task].word),
                            .asks = str_from(tasks[task].asks),
                            .options = STR("done unable"),
                            .people = 1,
                            .due_ms = t->now_ms + tasks[task].due_ms,
                        });
}

static bool is_among(const struct incident_write *writes, size_t count, struct str task) {
    for (size_t i = 0; i < count; i++)
        if (writes[i].kind == WRITE_TASK && str_equal(writes[i].as.task.id, task)) return true;
    return false;
}

/* By this very event, as the one that a person has just answered. */
static bool is_changed(const struct telling *t, struct str task) {
    const struct response_change *c = t->in->change;
    return is_among(c->writes, c->write_count, task) || is_among(t->out->writes, t->out->write_count, task);
}

void telling_end_tasks(struct telling *t, const struct notice_work *n, const char *outcome) {
    for (size_t i = 0; i < t->in->loaded->task_count; i++) {
        struct task_row row = t->in->loaded->tasks[i];
        if (!str_equal(row.effect, n->row.id) || row.state == TASK_CLOSED || is_changed(t, row.id)) continue;
        row.state = TASK_CLOSED;
        row.closed_ms = t->now_ms;
        row.outcome = str_from(outcome);
        telling_put_task(t, &row);
    }
}

/* ---- the chain ----------------------------------------------------------------------------------------------------------------------- */

static void write_member(struct buf *b, const char *name, struct str text) {
    if (!text.size) return;
    if (b->size > 1) buf_char(b, ',');
    buf_fmt(b, "\"%s\":", name);
    buf_json(b, text);
}

void telling_audit(struct telling *t, const char *what, struct str about, struct str to, struct str why) {
    struct buf b = telling_buf(t, NOTE_SIZE_MAX);
    buf_char(&b, '{');
    write_member(&b, "about", about);
    write_member(&b, "to", to);
    write_member(&b, "why", why);
    buf_char(&b, '}');
    struct audit_row *row = &add_write(t, WRITE_AUDIT)->as.audit;
    row->incident = t->response.incident;
    row->at_ms = t->now_ms;
    row->actor = OUR_NAME;
    row->what = str_from(what);
    row->body = telling_text(t, &b);
    row->position = t->in->e->position;
}
