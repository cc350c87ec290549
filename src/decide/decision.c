// SPDX-License-Identifier: Apache-2.0
/* Words, stores and prints decisions. */
#include "decide/decision.h"

#include <string.h>

#include "base/check.h"

struct str verdict_word(enum verdict v) {
    switch (v) {
    case VERDICT_ALLOW: return STR("allow");
    case VERDICT_CHALLENGE: return STR("challenge");
    case VERDICT_HOLD: return STR("hold");
    case VERDICT_DENY: return STR("deny");
    case VERDICT_COUNT: break;
    }
    return STR_NONE;
}

void rule_set_add(struct rule_set *s, size_t index) {
    CHECK(index < POLICY_RULES_MAX);
    s->bits[index / 64] |= UINT64_C(1) << index % 64;
}

bool rule_set_has(const struct rule_set *s, size_t index) {
    return index < POLICY_RULES_MAX && (s->bits[index / 64] >> index % 64 & 1);
}

bool rule_set_empty(const struct rule_set *s) {
    uint64_t any = 0;
    for (size_t i = 0; i < RULE_SET_WORDS; i++) any |= s->bits[i];
    return any == 0;
}

/* ---- binary form --------------------------------------------------------------------------------------------------------------------
 *
 *     decision = FORM u8, verdict u8, flags u8 (bit 0: takeover, bit 1: by a rule), reason count u8, score u16, challenge_rate_ppm u32,
 *                text policy, text incident, reason*
 *     reason   = text code, weight_milli i32, text sentence
 *     text     = size u8, bytes            numbers are little-endian
 */
#define FORM 1

static void put_number(struct buf *b, uint32_t value, size_t size) {
    char bytes[4];
    for (size_t i = 0; i < size; i++) bytes[i] = (char)(value >> 8 * i);
    buf_bytes(b, bytes, size);
}

static void put_text(struct buf *b, struct str s) {
    if (s.size > UINT8_MAX) {
        b->overflow = true;
        return;
    }
    put_number(b, (uint32_t)s.size, 1);
    buf_text(b, s);
}

void decision_encode(const struct decision *d, struct buf *b) {
    CHECK(d->reason_count <= REASON_COUNT_MAX);
    put_number(b, FORM, 1);
    put_number(b, d->verdict, 1);
    put_number(b, d->takeover | (uint32_t)d->by_rule << 1, 1);
    put_number(b, d->reason_count, 1);
    put_number(b, d->score, 2);
    put_number(b, d->challenge_rate_ppm, 4);
    put_text(b, d->policy);
    put_text(b, d->incident);
    for (unsigned i = 0; i < d->reason_count; i++) {
        put_text(b, d->reasons[i].code);
        put_number(b, (uint32_t)d->reasons[i].weight_milli, 4);
        put_text(b, d->reasons[i].text);
    }
}

/* Bytes being read; `broken` once they ended too early. */
struct taker {
    struct str bytes;
    size_t at;
    bool broken;
};

static uint32_t take_number(struct taker *t, size_t size) {
    if (t->broken || size > t->bytes.size - t->at) {
        t->broken = true;
        return 0;
    }
    uint32_t value = 0;
    for (size_t i = 0; i < size; i++) value |= (uint32_t)(unsigned char)t->bytes.at[t->at + i] << 8 * i;
    t->at += size;
    return value;
}

static struct str take_text(struct taker *t) {
    size_t size = take_number(t, 1);
    if (t->broken || size > t->bytes.size - t->at) {
        t->broken = true;
        return STR_NONE;
    }
    struct str s = str_slice(t->bytes, t->at, t->at + size);
    t->at += size;
    t->broken |= !str_is_utf8(s);
    return s;
}

static void take_reasons(struct taker *t, struct decision *d, unsigned count) {
    for (unsigned i = 0; i < count && !t->broken; i++) {
        struct reason *r = &d->reasons[d->reason_count++];
        r->code = take_text(t);
        r->weight_milli = (int32_t)take_number(t, 4);
        r->text = take_text(t);
    }
}

enum err decision_decode(struct str bytes, struct decision *out) {
    struct taker t = {.bytes = bytes};
    *out = (struct decision){0};
    uint32_t form = take_number(&t, 1), verdict = take_number(&t, 1), flags = take_number(&t, 1), count = take_number(&t, 1);
    if (t.broken || form != FORM || verdict >= VERDICT_COUNT || flags > 3 || count > REASON_COUNT_MAX) return ERR_CORRUPT;
    out->verdict = (enum verdict)verdict;
    out->takeover = flags & 1;
    out->by_rule = flags >> 1;
    out->score = (uint16_t)take_number(&t, 2);
    out->challenge_rate_ppm = take_number(&t, 4);
    out->policy = take_text(&t);
    out->incident = take_text(&t);
    take_reasons(&t, out, count);
    bool in_range = out->score <= 1000 && out->challenge_rate_ppm <= 1000000;
    return t.broken || t.at != bytes.size || !in_range ? ERR_CORRUPT : ERR_OK;
}

/* ---- JSON --------------------------------------------------------------------------------------------------------------------------- */

static void write_reason(const struct reason *r, struct buf *b) {
    buf_text(b, STR("{\"code\":"));
    buf_json(b, r->code);
    buf_text(b, STR(",\"weight\":"));
    buf_scaled(b, r->weight_milli, 3);
    buf_text(b, STR(",\"text\":"));
    buf_json(b, r->text);
    buf_char(b, '}');
}

void decision_write_members(const struct decision *d, struct buf *b) {
    buf_text(b, STR("\"decision\":\""));
    buf_text(b, verdict_word(d->verdict));
    buf_text(b, STR("\",\"score\":"));
    buf_u64(b, d->score);
    buf_text(b, STR(",\"challenge_rate\":"));
    buf_scaled(b, d->challenge_rate_ppm, 6);
    buf_text(b, STR(",\"incident\":"));
    if (d->incident.size) buf_json(b, d->incident);
    else buf_text(b, STR("null"));
    buf_text(b, STR(",\"reasons\":["));
    for (unsigned i = 0; i < d->reason_count; i++) {
        if (i) buf_char(b, ',');
        write_reason(&d->reasons[i], b);
    }
    buf_char(b, ']');
}

void decision_write_json(const struct decision *d, struct str event_id, uint64_t position, struct buf *b) {
    buf_text(b, STR("{\"event\":"));
    buf_json(b, event_id);
    buf_char(b, ',');
    decision_write_members(d, b);
    buf_text(b, STR(",\"policy\":"));
    buf_json(b, d->policy);
    buf_text(b, STR(",\"position\":"));
    buf_u64(b, position);
    buf_char(b, '}');
}
