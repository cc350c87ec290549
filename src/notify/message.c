// SPDX-License-Identifier: Apache-2.0
/* Writes what the owner is told: phrases of his language, filled from the rows of the response. */
#include "base/zone.h"
#include "notify/notify.h"
#include "notify/words.h"

#define EFFECTS_MAX   40 /* that are told one by one: a notice is read at night, and on a telephone; the report has all */
#define LIST_SIZE_MAX (8U * 1024)

struct message {
    const struct phrases *phrases;
    const struct notice_source *source;
    const struct notice_wish *wish;
};

static struct str phrase(const struct message *m, enum phrase p) {
    return m->phrases->texts[p];
}

/* ---- the pieces -------------------------------------------------------------------------------------------------------------------- */

static void write_effect(const struct message *m, const struct effect_row *e, int what, struct buf *out) {
    char memory[64];
    struct buf amount = buf_over(memory, sizeof memory);
    if (e->currency[0]) words_amount(m->phrases, e->amount_minor, e->currency, &amount);
    struct filling parts[] = {{"what", phrase(m, (enum phrase)what)}, {"state", phrase(m, words_state(e))}, {"amount", buf_str(&amount)}};
    if (out->size) buf_char(out, '\n');
    phrase_fill(phrase(m, e->currency[0] ? PHRASE_line : PHRASE_line_bare), parts, 3, out);
}

static void write_effects(const struct message *m, struct buf *out) {
    uint64_t told = 0, more = 0;
    for (size_t i = 0; i < m->source->effect_count; i++) {
        const struct effect_row *e = &m->source->effects[i];
        int what = words_what(e->kind);
        if (what < 0) continue; /* a sweep */
        if (told == EFFECTS_MAX) {
            more++;
            continue;
        }
        told++;
        write_effect(m, e, what, out);
    }
    if (!more) return;
    char memory[24];
    struct buf count = buf_over(memory, sizeof memory);
    buf_u64(&count, more);
    buf_char(out, '\n');
    phrase_fill(phrase(m, PHRASE_more), (struct filling[]){{"count", buf_str(&count)}}, 1, out);
}

static void write_check(const struct message *m, struct buf *out) {
    phrase_fill(phrase(m, PHRASE_check), (struct filling[]){{"code", m->wish->code}, {"case", m->source->incident->id}}, 2, out);
}

static void write_next(const struct message *m, struct buf *out) {
    if (!m->wish->next_ms) {
        buf_text(out, phrase(m, PHRASE_next_open));
        return;
    }
    char memory[128];
    struct buf next = buf_over(memory, sizeof memory);
    words_date(m->phrases, m->wish->next_ms + m->wish->offset_ms, &next);
    phrase_fill(phrase(m, PHRASE_next), (struct filling[]){{"next", buf_str(&next)}}, 1, out);
}

enum err notice_write(const struct phrases *p, const struct notice_source *s, const struct notice_wish *w, struct buf *title,
                      struct buf *text) {
    struct message m = {p, s, w};
    int which = words_title(w->subject);
    if (which < 0) return ERR_NOT_FOUND;
    char effects_memory[LIST_SIZE_MAX], money_memory[1024], saw_memory[128], check_memory[1024], next_memory[512];
    struct buf effects = buf_over(effects_memory, sizeof effects_memory), money = buf_over(money_memory, sizeof money_memory),
               saw = buf_over(saw_memory, sizeof saw_memory), check = buf_over(check_memory, sizeof check_memory),
               next = buf_over(next_memory, sizeof next_memory);
    write_effects(&m, &effects);
    words_money(p, s->ledger, s->ledger_count, &money);
    words_date(p, s->incident->window_from_ms + w->offset_ms, &saw);
    write_check(&m, &check);
    write_next(&m, &next);
    struct filling fillings[] = {
        {"effects", buf_str(&effects)},
        {"money", buf_str(&money)},
        {"saw", buf_str(&saw)},
        {"case", s->incident->id},
        {"parcel", phrase(&m, words_parcel_may_come(s->effects, s->effect_count) ? PHRASE_parcel : PHRASE_no_parcel)},
        {"greeting", phrase(&m, PHRASE_greeting)},
        {"check", buf_str(&check)},
        {"next", buf_str(&next)},
        {"last", phrase(&m, PHRASE_last)},
    };
    size_t filling_count = sizeof fillings / sizeof fillings[0];
    phrase_fill(phrase(&m, (enum phrase)which), fillings, filling_count, title);
    phrase_fill(phrase(&m, (enum phrase)(which + 1)), fillings, filling_count, text);
    bool full = effects.overflow || money.overflow || check.overflow || next.overflow || title->overflow || text->overflow;
    return full ? ERR_FULL : ERR_OK;
}

enum err notice_write_short(const struct phrases *p, const struct notice_source *s, const struct notice_wish *w, struct str title,
                            struct buf *text) {
    struct filling fillings[] = {{"title", title}, {"code", w->code}, {"case", s->incident->id}};
    phrase_fill(p->texts[PHRASE_short], fillings, sizeof fillings / sizeof fillings[0], text);
    return text->overflow ? ERR_FULL : ERR_OK;
}

void notice_write_date(const struct phrases *p, int64_t at_ms, int64_t offset_ms, struct buf *out) {
    words_date(p, at_ms + offset_ms, out);
}

int64_t notice_offset_ms(const struct incident_row *incident, struct str default_zone, int64_t at_ms) {
    int64_t offset_ms;
    if (incident->timezone.size && zone_offset(incident->timezone, at_ms, &offset_ms)) return offset_ms;
    return zone_offset(default_zone, at_ms, &offset_ms) ? offset_ms : 0;
}
