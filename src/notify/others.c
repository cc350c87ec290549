// SPDX-License-Identifier: Apache-2.0
/* Writes what others than the owner are told: the shop's people what they must do, the issuer of a card what became of its charge. */
#include "base/check.h"
#include "base/hash.h"
#include "base/json.h"
#include "notify/issuer_pack.h"
#include "notify/telling.h"

#define PACK_SIZE_MAX  (STEP_REQUEST_SIZE_MAX - 4096) /* what else the request has */
#define STAFF_SIZE_MAX 2048

struct str telling_fact(const struct notice_row *n, const char *member) {
    struct str rest = n->facts, name, value;
    while (json_cut_member(&rest, &name, &value))
        if (str_equal(name, str_from(member))) return value;
    return STR_NONE;
}

/* ---- the shop's people --------------------------------------------------------------------------------------------------------------- */

static const struct {
    const char *subject, *sentence;
} sentences[] = {
#define NOTICE(audience, subject, sentence) {#subject, sentence},
#include "notify/notices.def"
#include "respond/notices.def"
#undef NOTICE
};

static struct str sentence_of(struct str subject) {
    for (size_t i = 0; i < sizeof sentences / sizeof sentences[0]; i++)
        if (str_equal(str_from(sentences[i].subject), subject)) return str_from(sentences[i].sentence);
    return subject;
}

void telling_write_staff(struct telling *t, struct notice_work *n) {
    struct buf title = telling_buf(t, STAFF_SIZE_MAX), text = telling_buf(t, STAFF_SIZE_MAX);
    struct str sentence = sentence_of(n->row.subject), kind = telling_fact(&n->row, "kind"), object = telling_fact(&n->row, "object");
    struct str clock = telling_fact(&n->row, "title"), due = telling_fact(&n->row, "due");
    buf_fmt(&title, "%.*s: %.*s", STR_ARGS(t->response.incident), STR_ARGS(sentence));
    buf_fmt(&text, "%.*s.\nIncident: %.*s\n", STR_ARGS(sentence), STR_ARGS(t->response.incident));
    if (kind.size) buf_fmt(&text, "About: %.*s %.*s\n", STR_ARGS(str_clip(kind, 128)), STR_ARGS(str_clip(object, 1024)));
    if (clock.size) buf_fmt(&text, "Clock: %.*s, due %.*s\n", STR_ARGS(str_clip(clock, 512)), STR_ARGS(due));
    buf_text(&text, STR("What is to be done: GET /v1/tasks, or hikeshi task list\n"));
    n->row.title = buf_str(&title);
    n->row.text = telling_text(t, &text);
    n->row.language = STR("en");
    n->row.written_ms = t->now_ms;
    n->changed = true;
}

/* ---- issuers ------------------------------------------------------------------------------------------------------------------------- */

/* "inc_1/npack2-e9": the second report's, of the charge that is the ninth effect. */
static struct str pack_id(struct telling *t, struct str charge, unsigned version) {
    struct str number = STR_NONE, incident = t->response.incident;
    for (size_t i = 0; i < t->source.effect_count; i++) {
        struct str rest, type = str_cut(t->source.effects[i].object, ':', &rest);
        if (str_equal(type, STR("charge")) && str_equal(rest, charge)) (void)str_cut(t->source.effects[i].id, '/', &number);
    }
    struct buf id = telling_buf(t, incident.size + number.size + 32);
    buf_fmt(&id, "%.*s/npack%u-%.*s", STR_ARGS(incident), version, STR_ARGS(number));
    return telling_text(t, &id);
}

/* {"charge":"c1","digest":"..."}: of the pack without its date and code, by which one that says nothing new is known. */
static struct str facts_of(struct telling *t, struct str charge, struct str pack) {
    struct buf b = telling_buf(t, charge.size * 6 + 96);
    struct hash128 hash = hash128_str(pack, 0);
    buf_text(&b, STR("{\"charge\":"));
    buf_json(&b, charge);
    buf_fmt(&b, ",\"digest\":\"%016llx%016llx\"}", (unsigned long long)hash.high, (unsigned long long)hash.low);
    return telling_text(t, &b);
}

/* Was the last pack of this charge the same? */
static bool was_told(const struct telling *t, struct str facts) {
    struct notice_row now = {.facts = facts};
    struct str charge = telling_fact(&now, "charge"), last = STR_NONE;
    for (size_t i = 0; i < t->count; i++) {
        const struct notice_row *r = &t->notices[i].row;
        if (str_equal(r->subject, STR("pack")) && str_equal(telling_fact(r, "charge"), charge)) last = r->facts;
    }
    return str_equal(last, facts);
}

/* What the policy says of the merchant; of one charge, its card and its code of authorisation, no row tells. */
static bool write_pack(struct telling *t, const struct issuer_pack_source *source, struct str charge, int64_t made_ms, struct str code,
                       struct arena *memory, struct buf *out) {
    const struct merchant_facts *m = &t->settings->pack;
    struct issuer_pack_known known = {.merchant = str_from(m->merchant),
                                      .merchant_id = str_from(m->merchant_id),
                                      .descriptor = str_from(m->descriptor),
                                      .desk = str_from(m->desk),
                                      .check_code = code};
    struct report_wish wish = {.made_ms = made_ms, .offset_ms = t->offset_ms};
    arena_reset(memory);
    return issuer_pack_write_json(source, &known, &wish, charge, memory, out) == ERR_OK && !out->overflow;
}

/* A pack that is too long for a request is left to a person: hikeshi report --issuer-pack. */
static void add_pack(struct telling *t, const struct issuer_pack_source *source, struct str charge, unsigned version,
                     struct arena *memory) {
    struct buf bare = telling_buf(t, PACK_SIZE_MAX), pack = telling_buf(t, PACK_SIZE_MAX), title = telling_buf(t, STAFF_SIZE_MAX);
    if (!write_pack(t, source, charge, 0, STR_NONE, memory, &bare)) return;
    struct str facts = facts_of(t, charge, buf_str(&bare)), id = pack_id(t, charge, version), code = telling_code(t, id);
    if (was_told(t, facts) || !write_pack(t, source, charge, t->now_ms, code, memory, &pack)) return;
    struct notice_work *n = telling_add_row(t, id, "issuer", "pack", facts);
    if (!n) return;
    buf_fmt(&title, "%.*s: charge ", STR_ARGS(t->response.incident));
    buf_text(&title, str_clip(charge, 256));
    n->row.title = buf_str(&title);
    n->row.text = buf_str(&pack);
    n->row.language = STR("en");
    n->row.code = code;
    n->row.written_ms = t->now_ms;
}

void telling_add_packs(struct telling *t, unsigned version) {
    struct issuer_pack_source source = {telling_report_source(t), t->in->steps, t->in->step_count};
    struct arena memory = arena_over(telling_take(t, ISSUER_PACK_MEMORY_SIZE), ISSUER_PACK_MEMORY_SIZE);
    struct str charges[EFFECT_COUNT_MAX];
    size_t count = issuer_pack_charges(&source.rows, charges, EFFECT_COUNT_MAX), before = t->count;
    for (size_t i = 0; i < count && t->count < before + PACKS_MAX; i++) add_pack(t, &source, charges[i], version, &memory);
}
