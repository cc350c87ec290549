// SPDX-License-Identifier: Apache-2.0
/* Writes the draft of a filing from the rows of an incident: the sections of a rule, with facts where it has placeholders. */
#include "base/amount.h"
#include "base/check.h"
#include "base/moment.h"
#include "base/zone.h"
#include "notify/clock.h"
#include "notify/phrases.h"
#include "notify/placeholder.h"
#include "respond/respond.h"

#define CURRENCIES_MAX 16
#define CHRONOLOGY_MAX 200 /* lines; a filing with more is read by nobody, and the audit chain has all */
#define PIECE_SIZE     1024

struct draft {
    const struct clock_rule *rule;
    const struct clock_face *face;
    const struct clock_source *source;
    const struct clock_words *words;
    struct buf *out;
};

/* A short text under construction. */
struct piece {
    char memory[PIECE_SIZE];
    struct buf text;
};

static void begin_piece(struct piece *p) {
    p->text = buf_over(p->memory, sizeof p->memory);
}

static struct str word(const struct draft *d, enum clock_word w) {
    return d->words->texts[w];
}

static void say(const struct draft *d, enum clock_word w, const struct filling *fillings, size_t count) {
    phrase_fill(word(d, w), fillings, count, d->out);
}

static void say_line(const struct draft *d, enum clock_word w, const struct filling *fillings, size_t count) {
    say(d, w, fillings, count);
    buf_char(d->out, '\n');
}

/* ---- figures ------------------------------------------------------------------------------------------------------------------------ */

void clock_time_write(const struct clock_rule *r, int64_t at_ms, struct buf *out) {
    char memory[32];
    struct buf b = buf_over(memory, sizeof memory);
    int64_t offset_ms;
    (void)zone_offset(r->timezone, at_ms, &offset_ms);
    int64_t minutes = (offset_ms < 0 ? -offset_ms : offset_ms) / MINUTE_MS;
    moment_format(&b, at_ms + offset_ms);
    memory[10] = ' ';
    buf_bytes(out, memory, 16);
    buf_fmt(out, " %c%02d:%02d", offset_ms < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
}

static struct str time_text(const struct draft *d, int64_t at_ms, struct piece *p) {
    begin_piece(p);
    clock_time_write(d->rule, at_ms, &p->text);
    return buf_str(&p->text);
}

static void write_amount(int64_t amount_minor, const char *currency, struct buf *out) {
    amount_write(out, amount_minor, str_from(currency));
    buf_fmt(out, " %s", currency);
}

static struct str amount_text(int64_t amount_minor, const char *currency, struct piece *p) {
    begin_piece(p);
    if (currency[0]) write_amount(amount_minor, currency, &p->text);
    return buf_str(&p->text);
}

static struct str span_text(const struct draft *d, struct piece *p) {
    bool days = str_ends(d->rule->after, STR("d"));
    struct filling n = {"n", str_slice(d->rule->after, 0, d->rule->after.size - 1)};
    begin_piece(p);
    phrase_fill(word(d, days ? WORD_DAYS : WORD_HOURS), &n, 1, &p->text);
    return buf_str(&p->text);
}

/* ---- effects ------------------------------------------------------------------------------------------------------------------------ */

static enum clock_word state_of(enum phase phase) {
    switch (phase) {
    case PHASE_FOUND:
    case PHASE_CONTAINING:
    case PHASE_REOPENED: return WORD_STATE_FOUND;
    case PHASE_CONTAINED:
    case PHASE_ASKING: return WORD_STATE_HELD;
    case PHASE_UNDOING:
    case PHASE_RESTORING: return WORD_STATE_UNDOING;
    case PHASE_PENDING:
    case PHASE_CONFIRMED:
    case PHASE_COMPENSATING: return WORD_STATE_WAITING;
    case PHASE_TOO_LATE: return WORD_STATE_TOO_LATE;
    case PHASE_HUMAN: return WORD_STATE_PERSON;
    case PHASE_KEPT:
    case PHASE_RESTORED: return WORD_STATE_OWN;
    case PHASE_VERIFIED: return WORD_STATE_UNDONE;
    case PHASE_COMPENSATED: return WORD_STATE_MADE_GOOD;
    case PHASE_DISCLOSED:
    case PHASE_ACKNOWLEDGED: return WORD_STATE_TOLD;
    case PHASE_COUNT: break;
    }
    return WORD_STATE_WAITING;
}

/* Empty for a sweep, which is ours. */
static struct str effect_name(const struct draft *d, const struct effect_row *e) {
    return clock_words_of(d->words, "effect.", e->kind);
}

static void write_measure(const struct draft *d, const struct effect_row *e) {
    struct piece found, held, since;
    struct filling fillings[] = {{"what", effect_name(d, e)},
                                 {"state", word(d, state_of(e->phase))},
                                 {"found", time_text(d, e->found_ms, &found)},
                                 {"since", time_text(d, e->since_ms, &since)},
                                 {"held", time_text(d, e->contained_ms, &held)}};
    say_line(d, e->contained_ms ? WORD_EFFECT_HELD : WORD_EFFECT, fillings, 5);
}

static void write_measures(const struct draft *d) {
    const struct notice_source *s = &d->source->rows;
    struct piece at;
    say_line(d, WORD_DECIDED, &(struct filling){"at", time_text(d, clock_known_ms(d->source), &at)}, 1);
    if (s->response->contained_ms) say_line(d, WORD_ALL_HELD, &(struct filling){"at", time_text(d, s->response->contained_ms, &at)}, 1);
    for (size_t i = 0; i < s->effect_count; i++)
        if (effect_name(d, &s->effects[i]).size) write_measure(d, &s->effects[i]);
}

static void write_open(const struct draft *d) {
    const struct notice_source *s = &d->source->rows;
    size_t before = d->out->size;
    for (size_t i = 0; i < s->effect_count; i++) {
        const struct effect_row *e = &s->effects[i];
        if (phase_is_terminal(e->phase) || !effect_name(d, e).size) continue;
        say_line(d, WORD_OPEN, (struct filling[]){{"what", effect_name(d, e)}, {"state", word(d, state_of(e->phase))}}, 2);
    }
    if (d->out->size == before) say_line(d, WORD_OPEN_NONE, NULL, 0);
}

/* ---- money -------------------------------------------------------------------------------------------------------------------------- */

static void write_one_money(const struct draft *d, const struct money *m) {
    struct piece loss, returned, compensated, open;
    struct filling fillings[] = {{"loss", amount_text(m->loss_minor, m->currency, &loss)},
                                 {"returned", amount_text(m->returned_minor, m->currency, &returned)},
                                 {"compensated", amount_text(m->compensated_minor, m->currency, &compensated)},
                                 {"open", amount_text(money_open(m), m->currency, &open)}};
    say_line(d, WORD_MONEY, fillings, 4);
}

static void write_money(const struct draft *d) {
    struct money money[CURRENCIES_MAX];
    size_t count = respond_money(d->source->rows.ledger, d->source->rows.ledger_count, money, CURRENCIES_MAX), before = d->out->size;
    for (size_t i = 0; i < count; i++)
        if (money[i].loss_minor) write_one_money(d, &money[i]);
    if (d->out->size == before) say_line(d, WORD_MONEY_NONE, NULL, 0);
}

static bool is_on_card(const struct effect_row *e) {
    return str_equal(e->kind, STR("captured_charge")) || str_equal(e->kind, STR("card_authorisation"));
}

static void write_charges(const struct draft *d) {
    const struct notice_source *s = &d->source->rows;
    size_t before = d->out->size;
    for (size_t i = 0; i < s->effect_count; i++) {
        const struct effect_row *e = &s->effects[i];
        if (!is_on_card(e)) continue;
        struct piece amount;
        struct filling fillings[] = {{"what", effect_name(d, e)},
                                     {"object", e->object},
                                     {"state", word(d, state_of(e->phase))},
                                     {"amount", amount_text(e->amount_minor, e->currency, &amount)}};
        say(d, WORD_CHARGE, fillings, 4);
        if (e->reference.size) say(d, WORD_REFERENCE, &(struct filling){"reference", e->reference}, 1);
        buf_char(d->out, '\n');
    }
    if (d->out->size == before) say_line(d, WORD_WHY_CARD_CHARGED_NO, NULL, 0);
}

/* ---- data --------------------------------------------------------------------------------------------------------------------------- */

static const struct {
    enum clock_word category;
    const char *effects; /* that touched such data */
} categories[] = {
    {WORD_CATEGORY_SIGN_IN, "token authenticator linked_login"},
    {WORD_CATEGORY_CONTACT, "email phone mailbox settings"},
    {WORD_CATEGORY_ADDRESS, "address"},
    {WORD_CATEGORY_PAYMENT, "payment_method payout card_authorisation captured_charge slip"},
    {WORD_CATEGORY_ORDERS, "order digital_order service_order membership claim"},
    {WORD_CATEGORY_VALUE, "gift_code balance_top_up drain points"},
    {WORD_CATEGORY_OTHER, "profile content closure"},
};

static bool is_in(const char *names, struct str name) {
    for (struct str rest = str_from(names); rest.size;)
        if (str_equal(str_cut(rest, ' ', &rest), name)) return true;
    return false;
}

static bool was_touched(const struct draft *d, const char *effects) {
    const struct notice_source *s = &d->source->rows;
    for (size_t i = 0; i < s->effect_count; i++)
        if (s->effects[i].whose == WHOSE_HIJACKER && is_in(effects, s->effects[i].kind)) return true;
    return false;
}

/* Which data the pages of an account show, rows do not tell: what was touched is certain, the rest the shop fills in. */
static void write_categories(const struct draft *d) {
    const struct notice_source *s = &d->source->rows;
    for (size_t i = 0; i < s->effect_count; i++)
        if (str_equal(s->effects[i].kind, STR("disclosure")) && s->effects[i].whose != WHOSE_OWNER)
            say_line(d, WORD_EXPORTED, &(struct filling){"what", s->effects[i].object}, 1);
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (was_touched(d, categories[i].effects)) say_line(d, categories[i].category, NULL, 0);
    say_line(d, WORD_PAGES, NULL, 0);
}

static void write_persons(const struct draft *d) {
    say_line(d, WORD_PERSONS, NULL, 0);
}

/* ---- what happened ------------------------------------------------------------------------------------------------------------------ */

static void write_event(const struct draft *d, const struct incident_event_row *e, struct str kind, struct buf *out) {
    clock_time_write(d->rule, e->time_ms, out);
    buf_fmt(out, "  %.*s", STR_ARGS(kind));
    if (e->detail.size) buf_fmt(out, " (%.*s)", STR_ARGS(e->detail));
    if (e->object.size) buf_fmt(out, " %.*s", STR_ARGS(e->object));
    if (e->currency[0]) {
        buf_text(out, STR(", "));
        write_amount(e->amount_minor, e->currency, out);
    }
}

/* The owner's own acts are nobody's business; our own events are measures. */
static void write_chronology(const struct draft *d) {
    size_t count = 0, more = 0;
    for (size_t i = 0; i < d->source->event_count; i++) {
        const struct incident_event_row *e = &d->source->events[i];
        struct str kind = clock_words_of(d->words, "kind.", e->kind);
        if (e->whose == WHOSE_OWNER || !kind.size) continue;
        if (++count > CHRONOLOGY_MAX) {
            more++;
            continue;
        }
        write_event(d, e, kind, d->out);
        buf_fmt(d->out, ": %.*s\n", STR_ARGS(word(d, e->whose == WHOSE_HIJACKER ? WORD_HIJACKER : WORD_UNKNOWN)));
    }
    char memory[24];
    struct buf n = buf_over(memory, sizeof memory);
    buf_u64(&n, more);
    if (more) say_line(d, WORD_MORE, &(struct filling){"n", buf_str(&n)}, 1);
    if (!count) say_line(d, WORD_NOTHING, NULL, 0);
}

static void write_way_in(const struct draft *d) {
    for (size_t i = 0; i < d->source->event_count; i++) {
        const struct incident_event_row *e = &d->source->events[i];
        struct str kind = clock_words_of(d->words, "kind.", e->kind);
        if (e->whose != WHOSE_HIJACKER || !kind.size || str_equal(e->detail, STR("failure"))) continue;
        struct piece what;
        begin_piece(&what);
        write_event(d, e, kind, &what.text);
        say_line(d, WORD_WAY_IN, &(struct filling){"what", buf_str(&what.text)}, 1);
        return;
    }
    say_line(d, WORD_WAY_IN_UNKNOWN, NULL, 0);
}

static void fill_in(const struct draft *d, struct str what) {
    say(d, WORD_FILL, &(struct filling){"what", what}, 1);
}

static void write_moment_or_fill(const struct draft *d, int64_t at_ms) {
    if (at_ms) clock_time_write(d->rule, at_ms, d->out);
    else fill_in(d, word(d, WORD_TIME));
}

static void write_what(const struct draft *d) {
    static const enum clock_word words[][2] = {[CLOCK_RUNS] = {WORD_INSIDE, WORD_INSIDE_YOURS},
                                               [CLOCK_COUNSEL] = {WORD_UNCLEAR, WORD_UNCLEAR_YOURS},
                                               [CLOCK_RUNS_NOT] = {WORD_OWNER, WORD_OWNER_YOURS}};
    buf_text(d->out, word(d, words[clock_inside(d->source)][d->rule->to == CLOCK_TO_PERSON]));
}

static void write_case(const struct draft *d) {
    buf_text(d->out, d->source->rows.incident->id);
}

static void write_account(const struct draft *d) {
    buf_text(d->out, d->source->rows.incident->account);
}

static void write_known(const struct draft *d) {
    write_moment_or_fill(d, clock_known_ms(d->source));
}

static void write_saw(const struct draft *d) {
    write_moment_or_fill(d, d->source->rows.incident->window_from_ms);
}

/* When the account was out of his hands: the window's end, or all stopped. */
static void write_until(const struct draft *d) {
    const struct notice_source *s = &d->source->rows;
    write_moment_or_fill(d, s->incident->window_to_ms ? s->incident->window_to_ms : s->response->contained_ms);
}

/* ---- the text -------------------------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    void (*write)(const struct draft *d);
    bool lines; /* ends each of its lines itself */
} facts[] = {
    {"what", write_what, false},       {"case", write_case, false},
    {"account", write_account, false}, {"known", write_known, false},
    {"saw", write_saw, false},         {"until", write_until, false},
    {"persons", write_persons, true},  {"categories", write_categories, true},
    {"way_in", write_way_in, true},    {"measures", write_measures, true},
    {"money", write_money, true},      {"charges", write_charges, true},
    {"open", write_open, true},        {"chronology", write_chronology, true},
};

static void write_fact(const struct draft *d, struct str name) {
    size_t i = 0;
    while (i < sizeof facts / sizeof *facts && !str_equal(name, str_from(facts[i].name))) i++;
    CHECK(i < sizeof facts / sizeof *facts); /* a rule that names another is not read */
    facts[i].write(d);
    if (facts[i].lines && d->out->size && d->out->at[d->out->size - 1] == '\n') d->out->size--;
}

static void write_paragraph(const struct draft *d, struct str text) {
    size_t at = 0, from = 0, begin;
    for (struct str name; placeholder_next(text, &at, &begin, &name); from = at) {
        buf_text(d->out, str_slice(text, from, begin));
        write_fact(d, name);
    }
    buf_text(d->out, str_slice(text, from, text.size));
    buf_text(d->out, STR("\n\n"));
}

static void write_section(const struct draft *d, const struct clock_section *s, unsigned number) {
    buf_fmt(d->out, "%u. %.*s\n\n", number, STR_ARGS(s->title));
    for (size_t i = 0; i < s->paragraph_count; i++) write_paragraph(d, s->paragraphs[i].text);
}

static void write_verdict(const struct draft *d) {
    struct clock_finding f = clock_applies(d->rule, d->source);
    enum clock_word verdict = f.verdict == CLOCK_RUNS      ? WORD_VERDICT_YES
                              : f.verdict == CLOCK_COUNSEL ? WORD_VERDICT_COUNSEL
                                                           : WORD_VERDICT_NO;
    say_line(d, verdict, &(struct filling){"why", word(d, f.why)}, 1);
}

static void write_due(const struct draft *d, int64_t told_ms) {
    int64_t known_ms = clock_known_ms(d->source);
    bool from_told = d->rule->from == CLOCK_FROM_TOLD;
    struct piece due, known, after;
    struct filling fillings[] = {{"due", time_text(d, clock_due_ms(d->rule, from_told && told_ms ? told_ms : known_ms), &due)},
                                 {"after", span_text(d, &after)},
                                 {"known", time_text(d, from_told && told_ms ? told_ms : known_ms, &known)}};
    say_line(d, from_told ? WORD_DUE_TOLD : WORD_DUE, fillings, 3);
}

static void write_head(const struct draft *d, int64_t told_ms) {
    static const enum clock_word to[] = {WORD_TO_AUTHORITY, WORD_TO_PERSON, WORD_TO_ISSUER};
    const struct clock_rule *r = d->rule;
    say_line(d, WORD_MARK, NULL, 0);
    say_line(d, WORD_MADE, &(struct filling){"case", d->source->rows.incident->id}, 1);
    say_line(d, WORD_ZONE, &(struct filling){"zone", r->timezone}, 1);
    buf_fmt(d->out, "\n%.*s\n", STR_ARGS(d->face->title));
    say_line(d, WORD_LAW, (struct filling[]){{"regime", r->regime}, {"jurisdiction", r->jurisdiction}, {"law", r->law}}, 3);
    say_line(d, WORD_TO, &(struct filling){"to", word(d, to[r->to])}, 1);
    write_due(d, told_ms);
    write_verdict(d);
    for (size_t i = 0; i < d->face->note_count; i++) say_line(d, WORD_NOTE, &(struct filling){"note", d->face->notes[i].text}, 1);
    buf_char(d->out, '\n');
}

enum err clock_draft_write(const struct clock_rules *c, const struct clock_rule *r, const struct clock_source *s,
                           const struct clock_wish *w, struct buf *out) {
    const struct clock_face *face = clock_face(r, w->language);
    struct draft d = {r, face, s, clock_words_find(c, face->language), out};
    CHECK(d.words); /* clocks_read saw to it */
    unsigned number = 0;
    write_head(&d, w->told_ms);
    for (size_t i = 0; i < r->section_count; i++)
        if (str_equal(r->sections[i].language, face->language)) write_section(&d, &r->sections[i], ++number);
    say_line(&d, WORD_MARK, NULL, 0);
    return out->overflow ? ERR_FULL : ERR_OK;
}
