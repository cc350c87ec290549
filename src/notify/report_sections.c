// SPDX-License-Identifier: Apache-2.0
/* Writes the detailed report, section by section. */
#include "notify/report.h"

#include "base/sort.h"
#include "notify/report_writing.h"

/* ---- the head ----------------------------------------------------------------------------------------------------------------------- */

static enum phrase intro_of(const struct writing *w) {
    enum response_state state = w->source->rows.response->state;
    switch (writing_doing(w)) {
    case DOING_HIS: return state == RESPONSE_VERIFIED || state == RESPONSE_CLOSED ? PHRASE_report_intro_done : PHRASE_report_intro_open;
    case DOING_UNSURE: return PHRASE_report_intro_held;
    case DOING_YOURS: break;
    }
    return PHRASE_report_intro_mine;
}

static void write_pair(struct writing *w, enum phrase name, struct str value) {
    writing_cell(w, writing_phrase(w, name), false);
    writing_cell(w, value, false);
    writing_row(w);
}

static void write_version(const struct report_wish *w, struct buf *out) {
    buf_u64(out, w->version);
}

static void write_head(struct writing *w) {
    char memory[64], version_memory[24];
    struct buf date = buf_over(memory, sizeof memory), version = buf_over(version_memory, sizeof version_memory);
    write_version(w->wish, &version);
    writing_time(w, w->wish->made_ms, &date);
    document_table(w->document, STR_NONE, NULL, 0);
    write_pair(w, PHRASE_report_case, w->source->rows.incident->id);
    write_pair(w, PHRASE_report_version, buf_str(&version));
    write_pair(w, PHRASE_report_date, buf_str(&date));
}

static void write_intro(struct writing *w) {
    char memory[64];
    struct buf saw = buf_over(memory, sizeof memory);
    writing_date(w, w->source->rows.incident->window_from_ms, &saw);
    writing_paragraph(w, intro_of(w), (struct filling[]){{"saw", buf_str(&saw)}}, 1);
}

/* ---- effects ------------------------------------------------------------------------------------------------------------------------ */

/* Of what is undone, the last time that somebody saw it so. Before that, looking again and again is no news. */
static const struct proof_row *proof_of(const struct writing *w, const struct effect_row *e) {
    const struct proof_row *last = NULL;
    if (!phase_is_terminal(e->phase) && e->phase != PHASE_CONFIRMED) return NULL;
    for (size_t i = 0; i < w->source->proof_count; i++)
        if (w->source->proofs[i].ok && str_equal(w->source->proofs[i].effect, e->id)) last = &w->source->proofs[i];
    return last;
}

static void write_proof(struct writing *w, const struct effect_row *e) {
    const struct proof_row *p = proof_of(w, e);
    char memory[32];
    struct buf date = buf_over(memory, sizeof memory);
    size_t mark = w->text.size;
    if (p) {
        writing_time(w, p->at_ms, &date);
        struct filling parts[] = {{"system", writing_system(w, p->observer)}, {"date", buf_str(&date)}};
        phrase_fill(writing_phrase(w, PHRASE_report_proof_by), parts, 2, &w->text);
    }
    writing_cell(w, writing_since(w, mark), false);
}

static void write_effect_cell(struct writing *w, const struct effect_row *e) {
    size_t mark = w->text.size;
    writing_effect(w, e);
    writing_cell(w, writing_since(w, mark), false);
}

static void write_effects(struct writing *w) {
    static const enum phrase columns[] = {PHRASE_report_what,   PHRASE_report_found, PHRASE_report_held,
                                          PHRASE_report_undone, PHRASE_report_proof, PHRASE_report_state};
    writing_heading(w, PHRASE_report_effects);
    writing_table(w, PHRASE_report_effects_caption, columns, 6, 0);
    for (size_t i = 0; i < w->source->rows.effect_count; i++) {
        const struct effect_row *e = &w->source->rows.effects[i];
        if (!writing_is_told(e)) continue;
        write_effect_cell(w, e);
        writing_time_cell(w, e->found_ms);
        writing_time_cell(w, phase_is_contained(e->phase) ? e->contained_ms : 0);
        writing_time_cell(w, writing_undone_ms(w, i));
        write_proof(w, e);
        writing_cell(w, writing_phrase(w, words_state(e)), false);
        writing_row(w);
    }
}

/* ---- what was looked for ------------------------------------------------------------------------------------------------------------ */

static bool was_found(const struct writing *w, struct str kind) {
    for (size_t i = 0; i < w->source->rows.effect_count; i++)
        if (str_equal(w->source->rows.effects[i].kind, kind)) return true;
    return false;
}

/* The last time that somebody answered that there is none of it; 0 = nobody has. */
static int64_t looked_for_ms(const struct writing *w, struct str kind) {
    int64_t at_ms = 0;
    for (size_t i = 0; i < w->source->audit_count; i++) {
        const struct audit_row *r = &w->source->audits[i];
        if (str_equal(r->what, STR("looked_found_nothing")) && str_equal(writing_audit(r, STR("to")), kind)) at_ms = r->at_ms;
    }
    return at_ms;
}

/* The head of the section, before the first that belongs there. */
static void begin_checked(struct writing *w, bool *begun) {
    if (*begun) return;
    *begun = true;
    writing_heading(w, PHRASE_report_checked);
    writing_paragraph(w, PHRASE_report_checked_intro, NULL, 0);
}

static void write_looked_for(struct writing *w, struct str kind, bool *begun) {
    int64_t at_ms = looked_for_ms(w, kind);
    int what = words_what(kind);
    if (!at_ms || what < 0 || was_found(w, kind)) return;
    begin_checked(w, begun);
    char memory[64];
    struct buf date = buf_over(memory, sizeof memory);
    writing_date(w, at_ms, &date);
    struct filling parts[] = {{"what", writing_phrase(w, (enum phrase)what)}, {"date", buf_str(&date)}};
    writing_item(w, PHRASE_report_checked_item, parts, 2);
}

/* Answers of a sweep, each of them about the whole of a system. */
static uint64_t looks_of(const struct writing *w, struct str sweep, int64_t *last_ms) {
    uint64_t count = 0;
    for (size_t i = 0; i < w->source->audit_count; i++) {
        const struct audit_row *r = &w->source->audits[i];
        struct str step = writing_audit(r, STR("about")), to = writing_audit(r, STR("to"));
        if (!str_equal(r->what, STR("step_answered")) || !str_equal(to, STR("done"))) continue;
        if (!str_starts(step, sweep) || step.size <= sweep.size || step.at[sweep.size] != '/') continue;
        count++;
        *last_ms = r->at_ms;
    }
    return count;
}

static void write_looked_through(struct writing *w, const struct effect_row *sweep, bool *begun) {
    char date_memory[64], count_memory[24];
    struct buf date = buf_over(date_memory, sizeof date_memory), count = buf_over(count_memory, sizeof count_memory);
    int64_t last_ms = 0;
    uint64_t looks = looks_of(w, sweep->id, &last_ms);
    if (!looks && !phase_is_terminal(sweep->phase)) return; /* it is being asked */
    begin_checked(w, begun);
    struct str system = str_slice(sweep->kind, STR("sweep_").size, sweep->kind.size);
    writing_date(w, last_ms, &date);
    buf_u64(&count, looks);
    struct filling parts[] = {{"system", writing_system(w, system)}, {"count", buf_str(&count)}, {"date", buf_str(&date)}};
    writing_item(w, looks ? PHRASE_report_looked : PHRASE_report_not_looked, parts, 3);
}

static void write_checked(struct writing *w) {
    const struct notice_source *s = &w->source->rows;
    bool begun = false;
    for (size_t i = 0; i < effect_def_count(); i++) write_looked_for(w, str_from(effect_def_at(i)->name), &begun);
    for (size_t i = 0; i < s->effect_count; i++)
        if (!writing_is_told(&s->effects[i])) write_looked_through(w, &s->effects[i], &begun);
}

/* ---- money -------------------------------------------------------------------------------------------------------------------------- */

/* The lines of one effect in one currency. */
struct account {
    struct money money;
    struct str reference;
};

static bool is_first(const struct writing *w, size_t i) {
    const struct ledger_row *rows = w->source->rows.ledger;
    for (size_t k = 0; k < i; k++)
        if (str_equal(rows[k].effect, rows[i].effect) && str_equal(str_from(rows[k].currency), str_from(rows[i].currency))) return false;
    return true;
}

static struct account account_of(const struct writing *w, size_t first) {
    const struct ledger_row *rows = w->source->rows.ledger;
    struct account a = {0};
    struct money sum[2];
    for (size_t i = first; i < w->source->rows.ledger_count; i++) {
        const struct ledger_row *r = &rows[i];
        if (!str_equal(r->effect, rows[first].effect) || !str_equal(str_from(r->currency), str_from(rows[first].currency))) continue;
        if (respond_money(r, 1, sum, 1) != 1) continue;
        if (i == first) a.money = sum[0];
        else {
            a.money.loss_minor += sum[0].loss_minor;
            a.money.returned_minor += sum[0].returned_minor;
            a.money.compensated_minor += sum[0].compensated_minor;
        }
        if (r->kind != LEDGER_LOSS && r->amount_minor > 0) a.reference = r->evidence;
    }
    return a;
}

static void write_amount_cell(struct writing *w, int64_t minor, const char *currency) {
    size_t mark = w->text.size;
    words_amount(w->phrases, minor, currency, &w->text);
    writing_cell(w, writing_since(w, mark), true);
}

static void write_amounts(struct writing *w, const struct money *m) {
    write_amount_cell(w, m->loss_minor, m->currency);
    write_amount_cell(w, m->returned_minor + m->compensated_minor, m->currency);
    write_amount_cell(w, money_open(m), m->currency);
}

static void write_account(struct writing *w, size_t first) {
    const struct ledger_row *row = &w->source->rows.ledger[first];
    const struct effect_row *e = writing_find_effect(w, row->effect);
    struct account a = account_of(w, first);
    size_t mark = w->text.size;
    int what = e ? words_what(e->kind) : -1;
    if (what >= 0) writing_named(w, &(struct named){.what = writing_phrase(w, (enum phrase)what), .object = e->object});
    else writing_strange(row->effect, &w->text);
    writing_cell(w, writing_since(w, mark), false);
    write_amounts(w, &a.money);
    writing_cell(w, e ? writing_phrase(w, words_state(e)) : STR_NONE, false);
    mark = w->text.size;
    writing_strange(a.reference.size || !e ? a.reference : e->reference, &w->text);
    writing_cell(w, writing_since(w, mark), false);
    writing_row(w);
}

static void write_totals(struct writing *w) {
    struct money money[WORDS_CURRENCIES_MAX];
    size_t count = respond_money(w->source->rows.ledger, w->source->rows.ledger_count, money, WORDS_CURRENCIES_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t mark = w->text.size;
        phrase_fill(writing_phrase(w, PHRASE_report_total), (struct filling[]){{"currency", str_from(money[i].currency)}}, 1, &w->text);
        writing_cell(w, writing_since(w, mark), false);
        write_amounts(w, &money[i]);
        writing_cell(w, STR_NONE, false);
        writing_cell(w, STR_NONE, false);
        writing_total(w);
    }
}

static void write_money(struct writing *w) {
    static const enum phrase columns[] = {PHRASE_report_what, PHRASE_report_amount, PHRASE_report_back,
                                          PHRASE_report_open, PHRASE_report_state,  PHRASE_report_reference};
    const struct notice_source *s = &w->source->rows;
    writing_heading(w, PHRASE_report_money);
    words_money(w->phrases, s->ledger, s->ledger_count, &w->text);
    document_paragraph(w->document, buf_str(&w->text));
    buf_reset(&w->text);
    if (!s->ledger_count) return;
    writing_table(w, PHRASE_report_money_caption, columns, 6, 0x0E);
    for (size_t i = 0, left = REPORT_MONEY_MAX; i < s->ledger_count && left; i++)
        if (is_first(w, i)) write_account(w, i), left--;
    write_totals(w);
}

/* ---- what is left ------------------------------------------------------------------------------------------------------------------- */

static const struct task_row *task_of(const struct writing *w, const struct effect_row *e) {
    for (size_t i = 0; i < w->source->task_count; i++)
        if (w->source->tasks[i].state != TASK_CLOSED && str_equal(w->source->tasks[i].effect, e->id)) return &w->source->tasks[i];
    return NULL;
}

static bool waits_for_owner(const struct effect_row *e) {
    return e->phase == PHASE_ASKING || (str_equal(e->kind, STR("password")) && str_equal(e->state, STR("waiting")));
}

static void write_left(struct writing *w, const struct effect_row *e) {
    const struct task_row *task = task_of(w, e);
    bool told = writing_is_told(e);
    if (told) write_effect_cell(w, e);
    else writing_cell(w, writing_phrase(w, PHRASE_report_left_sweep), false);
    writing_cell(w, writing_phrase(w, told ? words_state(e) : PHRASE_report_left_sweep_state), false);
    enum phrase who = waits_for_owner(e) ? PHRASE_report_you : task || e->phase == PHASE_HUMAN ? PHRASE_report_one_of_us : PHRASE_report_we;
    writing_cell(w, writing_phrase(w, who), false);
    writing_time_cell(w, w->for_digest ? 0 : task ? task->due_ms : e->due_ms);
    writing_row(w);
}

static void write_all_left(struct writing *w) {
    static const enum phrase columns[] = {PHRASE_report_what, PHRASE_report_state, PHRASE_report_who, PHRASE_report_by};
    const struct effect_row *sweep = NULL;
    bool any = false;
    writing_heading(w, PHRASE_report_left);
    for (size_t i = 0; i < w->source->rows.effect_count; i++) {
        const struct effect_row *e = &w->source->rows.effects[i];
        if (phase_is_terminal(e->phase)) continue;
        if (!any) writing_table(w, PHRASE_report_left_caption, columns, 4, 0);
        any = true;
        if (writing_is_told(e)) write_left(w, e);
        else if (!sweep || (e->due_ms && e->due_ms < sweep->due_ms)) sweep = e;
    }
    if (sweep) write_left(w, sweep);
    if (!any) writing_paragraph(w, PHRASE_report_left_nothing, NULL, 0);
}

/* ---- what to do, what was changed --------------------------------------------------------------------------------------------------- */

static const struct effect_row *effect_of_kind(const struct writing *w, struct str kind) {
    for (size_t i = 0; i < w->source->rows.effect_count; i++)
        if (str_equal(w->source->rows.effects[i].kind, kind)) return &w->source->rows.effects[i];
    return NULL;
}

static void write_todo(struct writing *w) {
    const struct notice_source *s = &w->source->rows;
    const struct effect_row *password = effect_of_kind(w, STR("password"));
    writing_heading(w, PHRASE_report_todo);
    if (writing_doing(w) == DOING_UNSURE) writing_item(w, PHRASE_report_todo_ask, NULL, 0);
    if (writing_doing(w) == DOING_HIS) {
        if (s->ledger_count) writing_item(w, PHRASE_report_todo_bank, NULL, 0);
        if (password && waits_for_owner(password)) writing_item(w, PHRASE_report_todo_back, NULL, 0);
        writing_item(w, PHRASE_report_todo_password, NULL, 0);
        writing_item(w, PHRASE_report_todo_mailbox, NULL, 0);
        if (words_parcel_may_come(s->effects, s->effect_count)) writing_item(w, PHRASE_parcel, NULL, 0);
    }
    writing_item(w, PHRASE_report_todo_disagree, (struct filling[]){{"case", s->incident->id}}, 1);
}

static void write_changed(struct writing *w) {
    const struct effect_row *sessions = effect_of_kind(w, STR("sessions")), *password = effect_of_kind(w, STR("password"));
    bool ended = sessions && (sessions->phase == PHASE_CONFIRMED || sessions->phase == PHASE_VERIFIED);
    bool replaced = password && (password->phase == PHASE_CONFIRMED || password->phase == PHASE_VERIFIED);
    bool path = w->source->rows.incident->path.size > 2 && writing_doing(w) == DOING_HIS;
    if (!ended && !replaced && !path) return;
    writing_heading(w, PHRASE_report_changed);
    if (ended) writing_item(w, PHRASE_report_changed_sessions, NULL, 0);
    if (replaced) writing_item(w, PHRASE_report_changed_password, NULL, 0);
    if (path) writing_item(w, PHRASE_report_changed_path, NULL, 0);
}

/* ---- what he was told --------------------------------------------------------------------------------------------------------------- */

static bool was_told(const struct notice_row *n) {
    bool sent = n->state == NOTICE_OUT || n->state == NOTICE_ACCEPTED || n->state == NOTICE_READ || n->state == NOTICE_FAILED;
    return sent && str_equal(n->audience, STR("owner"));
}

static void write_notice(struct writing *w, const struct notice_row *n) {
    writing_time_cell(w, n->written_ms);
    size_t mark = w->text.size;
    writing_strange(n->title, &w->text);
    writing_cell(w, writing_since(w, mark), false);
    if (n->state == NOTICE_FAILED) writing_cell(w, writing_phrase(w, PHRASE_report_not_delivered), false);
    else writing_time_cell(w, n->accepted_ms);
    writing_time_cell(w, n->read_ms);
    writing_row(w);
}

struct told {
    const struct notice_row *row;
};

static int compare_told(const void *a, const void *b) {
    const struct notice_row *left = ((const struct told *)a)->row, *right = ((const struct told *)b)->row;
    if (left->written_ms != right->written_ms) return left->written_ms < right->written_ms ? -1 : 1;
    return left < right ? -1 : left > right; /* of one list */
}

static void write_contacts(struct writing *w) {
    static const enum phrase columns[] = {PHRASE_report_when, PHRASE_report_message, PHRASE_report_delivered, PHRASE_report_read};
    const struct report_source *s = w->source;
    struct told *told = arena_take(w->arena, (s->notice_count + 1) * sizeof *told);
    size_t count = 0;
    w->document->overflow |= !told;
    for (size_t i = 0; told && i < s->notice_count; i++)
        if (was_told(&s->notices[i])) told[count++].row = &s->notices[i];
    if (!count) return;
    sort_items(told, count, sizeof *told, compare_told);
    writing_heading(w, PHRASE_report_contacts);
    writing_table(w, PHRASE_report_contacts_caption, columns, 4, 0);
    for (size_t i = count > REPORT_NOTICES_MAX ? count - REPORT_NOTICES_MAX : 0; i < count; i++) write_notice(w, told[i].row);
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static enum err begin(struct writing *w, struct arena *arena, struct document *out) {
    char foot_memory[512], date_memory[64], version_memory[24];
    struct buf foot = buf_over(foot_memory, sizeof foot_memory), date = buf_over(date_memory, sizeof date_memory),
               version = buf_over(version_memory, sizeof version_memory);
    w->document = out;
    write_version(w->wish, &version);
    writing_date(w, w->wish->made_ms, &date);
    struct filling parts[] = {{"case", w->source->rows.incident->id}, {"version", buf_str(&version)}, {"date", buf_str(&date)}};
    phrase_fill(writing_phrase(w, PHRASE_report_foot), parts, 3, &foot);
    document_begin(out, arena, w->phrases->language, writing_phrase(w, PHRASE_report_title), buf_str(&foot));
    return writing_begin(w, arena) && !foot.overflow ? ERR_OK : ERR_FULL;
}

static enum err write_all(struct writing *w, struct arena *arena, struct document *out) {
    enum err err = begin(w, arena, out);
    if (err) return err;
    if (!w->for_digest) write_head(w);
    write_intro(w);
    report_timeline(w);
    report_access(w);
    write_effects(w);
    write_checked(w);
    write_money(w);
    write_all_left(w);
    write_todo(w);
    write_changed(w);
    if (!w->for_digest) write_contacts(w);
    return out->overflow ? ERR_FULL : ERR_OK;
}

enum err report_write(const struct phrases *p, const struct report_source *s, const struct report_wish *w, struct arena *arena,
                      struct document *out) {
    struct writing writing = {.phrases = p, .source = s, .wish = w};
    return write_all(&writing, arena, out);
}

enum err report_digest(const struct phrases *p, const struct report_source *s, const struct report_wish *w, struct arena *arena,
                       struct hash128 *out) {
    struct writing writing = {.phrases = p, .source = s, .wish = w, .for_digest = true};
    struct document document;
    enum err err = write_all(&writing, arena, &document);
    if (!err) *out = document_hash(&document);
    return err;
}
