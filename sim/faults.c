// SPDX-License-Identifier: Apache-2.0
/*
 * What can go wrong on the way: faults by chance or by script, outages, keys that counterparts keep and forget, signatures; and how
 * webhooks come late, twice and out of order.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/moment.h"
#include "sim/things.h"

#define KEY_TTL_MS    DAY_MS
#define CLOCK_SKEW_MS (5 * MINUTE_MS)
#define PER_REQUESTS  10000

/* ---- faults ------------------------------------------------------------------------------------------------------------------------- */

void world_script(struct world *w, const char *match, enum fault fault, unsigned count) {
    CHECK(w->scripted_count < SCRIPTED_MAX);
    struct scripted *s = &w->scripted[w->scripted_count++];
    *s = (struct scripted){.fault = fault, .left = count};
    name_set(s->match, sizeof s->match, str_from(match));
}

void world_down(struct world *w, const char *system, int64_t from_ms, int64_t to_ms) {
    CHECK(w->outage_count < OUTAGE_MAX);
    struct outage *o = &w->outages[w->outage_count++];
    *o = (struct outage){.from_ms = from_ms, .to_ms = to_ms};
    name_set(o->system, sizeof o->system, str_from(system));
}

static bool is_down(const struct world *w, const struct ask *a) {
    for (size_t i = 0; i < w->outage_count; i++) {
        const struct outage *o = &w->outages[i];
        if (str_equal(str_from(o->system), a->system) && a->now_ms >= o->from_ms && a->now_ms < o->to_ms) return true;
    }
    return false;
}

enum fault fault_of_request(struct world *w, const struct ask *a) {
    char memory[256];
    struct buf b = buf_over(memory, sizeof memory);
    if (is_down(w, a)) return FAULT_DOWN;
    buf_fmt(&b, "%.*s.%.*s.%.*s", STR_ARGS(a->system), STR_ARGS(a->verb), STR_ARGS(a->how));
    for (size_t i = 0; i < w->scripted_count; i++) {
        struct scripted *s = &w->scripted[i];
        if (!s->left || str_find(buf_str(&b), str_from(s->match), 0) >= b.size) continue;
        s->left--;
        return s->fault;
    }
    uint64_t drawn = world_draw(w, PER_REQUESTS);
    for (int f = FAULT_REFUSE; f < FAULT_COUNT; f++) {
        if (drawn < w->options.faults[f]) return (enum fault)f;
        drawn -= w->options.faults[f];
    }
    return FAULT_NONE;
}

/* ---- keys --------------------------------------------------------------------------------------------------------------------------- */

static void write_key(struct str system, struct str key, struct buf *b) {
    buf_text(b, system);
    buf_char(b, ' ');
    buf_text(b, key);
}

static struct kept_key *find(const struct world *w, struct str name) {
    struct kept_key *k = w->keys[hash_str(name, 0) % BUCKET_COUNT];
    while (k && !str_equal(str_from(k->system_and_key), name)) k = k->next;
    return k;
}

const struct kept_key *key_find(const struct world *w, struct str system, struct str key, int64_t now_ms) {
    char memory[512];
    struct buf b = buf_over(memory, sizeof memory);
    write_key(system, key, &b);
    const struct kept_key *k = find(w, buf_str(&b));
    return k && now_ms < k->at_ms + KEY_TTL_MS ? k : NULL;
}

static char *copy(struct str s) {
    char *text = malloc(s.size + 1);
    CHECK(text);
    memcpy(text, s.at, s.size);
    text[s.size] = 0;
    return text;
}

void key_keep(struct world *w, struct str system, struct str key, unsigned status, struct str body, int64_t now_ms) {
    char memory[512];
    struct buf b = buf_over(memory, sizeof memory);
    write_key(system, key, &b);
    struct kept_key *k = find(w, buf_str(&b)), **bucket = &w->keys[hash_str(buf_str(&b), 0) % BUCKET_COUNT];
    if (!k) {
        k = calloc(1, sizeof *k);
        CHECK(k);
        k->system_and_key = copy(buf_str(&b));
        k->next = *bucket;
        *bucket = k;
    }
    free(k->body);
    k->body = copy(body);
    k->status = status;
    k->at_ms = now_ms;
}

/* ---- signatures --------------------------------------------------------------------------------------------------------------------- */

void signature_write(const struct world *w, struct str id, struct str timestamp, struct str body, struct buf *b) {
    unsigned char sum[EVP_MAX_MD_SIZE], text[96];
    size_t size = id.size + timestamp.size + body.size + 2;
    unsigned sum_size = 0;
    char *signed_text = malloc(size);
    CHECK(signed_text);
    struct buf s = buf_over(signed_text, size);
    buf_text(&s, id);
    buf_char(&s, '.');
    buf_text(&s, timestamp);
    buf_char(&s, '.');
    buf_text(&s, body);
    CHECK(HMAC(EVP_sha256(), w->secret, (int)w->secret_size, (const unsigned char *)signed_text, s.size, sum, &sum_size));
    free(signed_text);
    (void)EVP_EncodeBlock(text, sum, (int)sum_size);
    buf_fmt(b, "v1,%s", (const char *)text);
}

static struct str header_value(const struct str *headers, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++) {
        struct str value, found = str_cut(headers[i], ':', &value);
        if (str_equal_ignoring_case(str_trim(found), name)) return str_trim(value);
    }
    return STR_NONE;
}

/* A world without a secret believes everybody. */
bool signature_is_right(const struct world *w, const struct str *headers, size_t header_count, struct str body, int64_t now_ms,
                        struct str *id) {
    *id = header_value(headers, header_count, STR("webhook-id"));
    if (!w->secret_size) return true;
    struct str timestamp = header_value(headers, header_count, STR("webhook-timestamp"));
    struct str given = header_value(headers, header_count, STR("webhook-signature"));
    int64_t sent_s;
    if (!str_to_i64(timestamp, &sent_s) || sent_s * SECOND_MS > now_ms + CLOCK_SKEW_MS || sent_s * SECOND_MS < now_ms - CLOCK_SKEW_MS)
        return false;
    char memory[128];
    struct buf b = buf_over(memory, sizeof memory);
    signature_write(w, *id, timestamp, body, &b);
    for (struct str rest = given; rest.size;)
        if (str_equal(str_cut(rest, ' ', &rest), buf_str(&b))) return true;
    return false;
}

/* ---- news --------------------------------------------------------------------------------------------------------------------------- */

static bool happens(struct world *w, unsigned per_ten_thousand) {
    return per_ten_thousand && world_draw(w, PER_REQUESTS) < per_ten_thousand;
}

static void write_fate(const struct thing *t, uint64_t number, int64_t now_ms, struct buf *b) {
    bool charge = t->kind == THING_CHARGE;
    buf_fmt(b, "{\"specversion\":\"1.0\",\"id\":\"world-%llu\",\"source\":\"shop\",\"type\":\"%s\",\"subject\":\"%s\",\"time\":\"",
            (unsigned long long)number, charge ? "payment_state" : "order_state", t->owner->id);
    moment_format(b, now_ms);
    buf_fmt(b, "\",\"data\":{\"%s\":\"%s\",\"state\":\"%.*s\"", charge ? "charge" : "order", t->id, STR_ARGS(fate_word(t->fate)));
    if (t->reference[0]) buf_fmt(b, ",\"reference\":\"%s\"", t->reference);
    if (t->parcel[0]) buf_fmt(b, ",\"parcel\":\"%s\"", t->parcel);
    buf_text(b, STR("}}"));
}

static struct kept_news *keep_news(struct str body, bool webhook, uint64_t number) {
    struct kept_news *n = calloc(1, sizeof *n);
    CHECK(n);
    *n = (struct kept_news){.webhook = webhook, .number = number, .body = {copy(body), body.size}};
    return n;
}

void news_of_fate(struct world *w, const struct thing *t, bool webhook, int64_t now_ms) {
    char memory[1024];
    struct buf b = buf_over(memory, sizeof memory);
    uint64_t number = ++w->number;
    int64_t at_ms = now_ms;
    write_fate(t, number, now_ms, &b);
    CHECK(!b.overflow);
    if (webhook && happens(w, w->options.webhooks_late)) at_ms += HOUR_MS;
    if (webhook && happens(w, w->options.webhooks_reordered)) at_ms += (int64_t)(1 + world_draw(w, 120)) * SECOND_MS;
    plan_news(w, keep_news(buf_str(&b), webhook, number), at_ms);
    if (webhook && happens(w, w->options.webhooks_twice)) plan_news(w, keep_news(buf_str(&b), webhook, number), at_ms + SECOND_MS);
}

void news_write(struct world *w, const struct kept_news *n, int64_t now_ms, struct buf *b, struct world_news *out) {
    *out = (struct world_news){.webhook = n->webhook, .id = STR_NONE, .timestamp = STR_NONE, .signature = STR_NONE, .body = n->body};
    if (!n->webhook) return;
    size_t from = b->size;
    buf_fmt(b, "world-%llu", (unsigned long long)n->number);
    out->id = (struct str){b->at + from, b->size - from};
    from = b->size;
    buf_i64(b, now_ms / SECOND_MS);
    out->timestamp = (struct str){b->at + from, b->size - from};
    from = b->size;
    signature_write(w, out->id, out->timestamp, n->body, b);
    out->signature = (struct str){b->at + from, b->size - from};
}
