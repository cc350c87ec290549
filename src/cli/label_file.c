// SPDX-License-Identifier: Apache-2.0
/* Writes labels of events that operation has told of, as one JSON object a line. */
#include "cli/label_file.h"

#include <errno.h>
#include <string.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/moment.h"
#include "engine/policy_event.h"

#define WEIGHT_SAME_VOICE  10
#define WEIGHT_SILENCE     50
#define ACCOUNT_WEIGHT_MAX 1000
/* From a score on that one owner's login in twenty reaches, silence says nothing. */
#define SUSPECT_SCORE 500
#define LINE_SIZE     (EVENT_ID_SIZE_MAX * 6 + 512)

static bool is_act(const struct event *e) {
    enum kind_group g = kind_group(e->kind);
    return (g == GROUP_ACCESS || g == GROUP_CREDENTIAL || g == GROUP_VALUE) && !str_equal(e->source, POLICY_EVENT_SOURCE) && e->id.size;
}

static bool in_window(const struct label_file *f, const struct event *e) {
    return e->time_ms >= f->from_ms && (!f->to_ms || e->time_ms < f->to_ms) && e->time_ms <= f->known_at_ms;
}

/* What is known of it of the kinds that are wanted. false: nothing. */
static bool note_of(const struct label_file *f, const struct event *e, struct label_note *out) {
    const struct label_entry *entry = label_book_entry(f->book, label_key(e->id));
    if (!entry) return false;
    bool both = f->wanted[LABEL_KIND_FEEDBACK] && f->wanted[LABEL_KIND_DELAYED];
    *out = both ? *label_strongest(entry) : entry->of[f->wanted[LABEL_KIND_DELAYED] ? LABEL_KIND_DELAYED : LABEL_KIND_FEEDBACK];
    if (!out->source || out->label == LABEL_UNKNOWN) return false;
    bool same = (out->session && e->session.size && out->session == label_key(e->session)) ||
                (out->device && e->device.size && out->device == label_key(e->device));
    if (same && out->weight > WEIGHT_SAME_VOICE) out->weight = WEIGHT_SAME_VOICE;
    return true;
}

/* ---- sources of attacks ------------------------------------------------------------------------------------------------------------- */

static uint64_t prefix_key(const struct event *e) {
    if (e->ip.family == ADDRESS_NONE) return 0;
    struct address a = address_prefix(&e->ip, e->ip.family == ADDRESS_V4 ? 24 : 48);
    return hash_bytes(&a, sizeof a, 1);
}

static uint64_t device_key(const struct event *e) {
    return e->device.size ? hash_str(e->device, 2) : 0;
}

static bool is_suspect(const struct label_file *f, const struct event *e) {
    uint64_t keys[] = {prefix_key(e), device_key(e)};
    for (unsigned i = 0; i < 2; i++)
        if (keys[i] && key_map_get(&f->hostile, keys[i])) return true;
    struct decision d;
    if (!f->source->record || decision_decode(f->source->record->decision, &d)) return false;
    return d.score >= SUSPECT_SCORE || d.verdict != VERDICT_ALLOW;
}

/* Nobody complained: only of what lets somebody in or moves value would anybody. */
static bool note_silence(struct label_file *f, const struct event *e, struct label_note *out) {
    bool speaks = event_is_login_success(e) || label_is_effect(e);
    if (!f->mature_ms || !f->wanted[LABEL_KIND_DELAYED] || !speaks || !e->subject.size) return false;
    if (e->time_ms + f->mature_ms > f->known_at_ms || label_book_entry(f->book, label_key(e->id))) return false;
    if (is_suspect(f, e)) return f->suspect++, false;
    *out = (struct label_note){
        .label = LABEL_OWNER, .source = LABEL_SOURCE_SILENCE, .weight = WEIGHT_SILENCE, .known_ms = e->time_ms + f->mature_ms};
    return true;
}

/* ---- two passes --------------------------------------------------------------------------------------------------------------------- */

static uint64_t account_key(const struct event *e, enum label label) {
    return hash_mix(hash_str(e->subject, 3), label);
}

static enum err mark_hostile(struct label_file *f, const struct event *e, struct problem *p) {
    uint64_t keys[] = {prefix_key(e), device_key(e)}, *value;
    for (unsigned i = 0; i < 2; i++) {
        enum err err = keys[i] ? key_map_put(&f->hostile, keys[i], &value, p) : ERR_OK;
        if (err) return err;
    }
    return ERR_OK;
}

static enum err weigh(void *context, uint64_t position, const struct event *e, struct problem *p) {
    (void)position;
    struct label_file *f = context;
    const struct label_entry *entry = is_act(e) ? label_book_entry(f->book, label_key(e->id)) : NULL;
    if (!entry) return ERR_OK;
    struct label_note n;
    uint64_t *sum;
    enum err err = label_strongest(entry)->label == LABEL_HIJACKER ? mark_hostile(f, e, p) : ERR_OK;
    if (err || !in_window(f, e) || !note_of(f, e, &n)) return err;
    err = key_map_put(&f->weights, account_key(e, n.label), &sum, p);
    if (!err) *sum += n.weight;
    return err;
}

static void write_line(struct label_file *f, const struct event *e, const struct label_note *n) {
    char memory[LINE_SIZE];
    struct buf b = buf_over(memory, sizeof memory);
    buf_text(&b, STR("{\"id\":"));
    buf_json(&b, e->id);
    buf_fmt(&b, ",\"label\":\"%.*s\",\"family\":null,\"incident\":", STR_ARGS(label_word(n->label)));
    if (n->incident && n->label == LABEL_HIJACKER) buf_fmt(&b, "\"inc_%llu\"", (unsigned long long)n->incident);
    else buf_text(&b, STR("null"));
    buf_fmt(&b, ",\"effect\":%s,\"source\":\"%.*s\",\"kind\":\"%.*s\",\"weight\":", label_is_effect(e) ? "true" : "false",
            STR_ARGS(label_source_word(n->source)), STR_ARGS(label_kind_word(label_kind_of(n->source))));
    buf_scaled(&b, n->weight, 2);
    buf_text(&b, STR(",\"known\":\""));
    moment_format(&b, n->known_ms);
    buf_fmt(&b, "\",\"contradicted\":%s}\n", n->contradicted ? "true" : "false");
    CHECK(!b.overflow);
    (void)fwrite(b.at, 1, b.size, f->labels);
    f->written++;
    f->counted[n->source][n->label]++;
    if (!n->contradicted) return;
    if (f->contradicted < LABEL_EXAMPLES)
        (void)snprintf(f->contradictions[f->contradicted], sizeof f->contradictions[0], "%.*s", STR_ARGS(e->id));
    f->contradicted++;
}

static void write_event(struct label_file *f, const struct event *e) {
    static char memory[256 * 1024];
    struct buf b = buf_over(memory, sizeof memory);
    event_write_json(e, &b);
    buf_char(&b, '\n');
    CHECK(!b.overflow);
    (void)fwrite(b.at, 1, b.size, f->events);
    f->events_written++;
}

static enum err write_one(void *context, uint64_t position, const struct event *e, struct problem *p) {
    (void)position, (void)p;
    struct label_file *f = context;
    if (f->events && e->time_ms <= f->known_at_ms && !str_equal(e->source, POLICY_EVENT_SOURCE)) write_event(f, e);
    struct label_note n;
    if (!is_act(e) || !in_window(f, e)) return ERR_OK;
    bool told = note_of(f, e, &n);
    if (!told && !note_silence(f, e, &n)) return ERR_OK;
    const uint64_t *sum = told ? key_map_get(&f->weights, account_key(e, n.label)) : NULL;
    f->lightened += told && n.source == LABEL_SOURCE_OWNER_STATEMENT && n.weight == WEIGHT_SAME_VOICE;
    if (sum && *sum > ACCOUNT_WEIGHT_MAX && e->subject.size) {
        uint64_t share = n.weight * (uint64_t)ACCOUNT_WEIGHT_MAX / *sum;
        n.weight = (uint8_t)(share ? share : 1);
        f->weighed_down++;
    }
    write_line(f, e, &n);
    return ERR_OK;
}

static enum err finish(FILE *to, const char *option, struct problem *p) {
    if (!to || (!ferror(to) && fflush(to) == 0)) return ERR_OK;
    return problem_set(p, ERR_IO, option, "is the disk full?", "cannot write the file: %s", strerror(errno));
}

enum err label_file_write(struct label_file *f, struct problem *p) {
    enum err err = backtest_source_scan(f->source, weigh, f, p);
    if (!err) err = backtest_source_scan(f->source, write_one, f, p);
    if (!err) err = finish(f->labels, "--out", p);
    return err ? err : finish(f->events, "--events-out", p);
}

void label_file_release(struct label_file *f) {
    key_map_release(&f->hostile), key_map_release(&f->weights);
}
