// SPDX-License-Identifier: Apache-2.0
/* Gathers whose acts events were: from a file of labels, or from words, incidents and chargebacks. */
#include "cli/backtest_truth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/hash.h"
#include "base/json.h"
#include "cli/wiring.h"

/* A value of `events`: the label in bits 0-1, the effect in bit 2, that the label is sure in bit 3, the takeover's key above. */
#define LABEL_MASK  3U
#define EFFECT_BIT  4U
#define SURE_BIT    8U
#define SHIFT       4U
#define KEY_OF(key) ((key) >> SHIFT << SHIFT)

uint64_t backtest_key(struct str text) {
    return hash_str(text, 0x6261636B);
}

struct str label_word(enum label l) {
    switch (l) {
    case LABEL_UNKNOWN: return STR("unknown");
    case LABEL_OWNER: return STR("owner");
    case LABEL_HIJACKER: return STR("hijacker");
    case LABEL_NOISE: return STR("noise");
    case LABEL_COUNT: break;
    }
    return STR_NONE;
}

/* ---- a file of labels ---------------------------------------------------------------------------------------------------------------
 */

#define LINE_SIZE_MAX 4096

static enum label label_from(struct str word) {
    for (enum label l = LABEL_OWNER; l < LABEL_COUNT; l++)
        if (str_equal(word, label_word(l))) return l;
    return LABEL_UNKNOWN;
}

static enum err read_label(struct backtest_truth *t, struct str line, struct arena *step, struct problem *p) {
    struct json root;
    enum err err = json_parse(line, LINE_SIZE_MAX, step, &root, p);
    if (err) return err;
    struct str id = json_text(json_get(root, STR("id"))), word = json_text(json_get(root, STR("label")));
    enum label label = label_from(word);
    if (!id.size) return problem_set(p, ERR_INVALID, "", "{\"id\":\"e1\",\"label\":\"owner\"}", "the line names no event");
    if (!label) return problem_set(p, ERR_INVALID, "", "one of: owner hijacker noise", "'%.*s' is no label", STR_ARGS(str_clip(word, 64)));
    struct str incident = json_text(json_get(root, STR("incident")));
    uint64_t *value, wanted = label | (json_get(root, STR("effect")).type == JSON_TRUE ? EFFECT_BIT : 0) | SURE_BIT;
    if (label == LABEL_HIJACKER && incident.size) wanted |= KEY_OF(backtest_key(incident));
    err = key_map_put(&t->events, backtest_key(id), &value, p);
    if (err) return err;
    if (*value && (*value & LABEL_MASK) != (wanted & LABEL_MASK))
        return problem_set(p, ERR_INVALID, "", "give each event one label", "event '%.*s' was '%.*s' before", STR_ARGS(str_clip(id, 128)),
                           STR_ARGS(label_word((enum label)(*value & LABEL_MASK))));
    t->labels += !*value;
    t->hijackers += !*value && label == LABEL_HIJACKER;
    *value = wanted;
    return ERR_OK;
}

enum err backtest_truth_read(const char *path, struct backtest_truth *out, struct problem *p) {
    *out = (struct backtest_truth){.labelled = true};
    FILE *f = fopen(path, "rb");
    if (!f) return problem_set(p, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "--labels", "", "cannot open '%s': %s", path, strerror(errno));
    static char line[LINE_SIZE_MAX + 2], memory[JSON_MEMORY_MAX(LINE_SIZE_MAX)];
    enum err err = ERR_OK;
    for (unsigned long number = 1; !err && fgets(line, sizeof line, f); number++) {
        struct str text = str_trim(str_from(line));
        struct arena step = arena_over(memory, sizeof memory);
        struct problem bad = {0};
        if (text.size && read_label(out, text, &step, &bad))
            err = problem_set(p, bad.err == ERR_FULL ? ERR_FULL : ERR_INVALID, "--labels", bad.fix, "%s:%lu: %s", path, number, bad.what);
    }
    if (!err && ferror(f)) err = problem_set(p, ERR_IO, "--labels", "", "cannot read '%s': %s", path, strerror(errno));
    if (!err && !out->labels) err = problem_set(p, ERR_INVALID, "--labels", "", "'%s' holds no label", path);
    (void)fclose(f);
    return err;
}

/* ---- words --------------------------------------------------------------------------------------------------------------------------
 */

static enum err note(struct backtest_truth *t, uint64_t key, enum label label, uint64_t takeover, bool sure, struct problem *p) {
    uint64_t *value;
    enum err err = key_map_put(&t->events, key, &value, p);
    if (err || (*value & SURE_BIT && !sure)) return err;
    *value = label | (sure ? SURE_BIT : 0) | (label == LABEL_HIJACKER ? KEY_OF(takeover) : 0);
    return ERR_OK;
}

/* What an analyst or the owner said of an incident, by its id: 1 = a takeover, 2 = a false alarm. The last word counts. */
static enum err note_incident(struct backtest_truth *t, struct str incident, bool takeover, struct problem *p) {
    uint64_t *value;
    enum err err = incident.size ? key_map_put(&t->incidents, backtest_key(incident), &value, p) : ERR_OK;
    if (!err && incident.size) *value = takeover ? 1 : 2;
    return err;
}

static enum err note_charge(struct backtest_truth *t, const struct event *e, struct problem *p) {
    uint64_t *value;
    enum err err = key_map_put(&t->charges, backtest_key(e->charge), &value, p);
    if (!err && !*value) *value = backtest_key(e->id); /* the act that made it came first */
    return err;
}

/* Of an incident, of one act, or of nothing by name: then "not mine" is said of whatever is going on on the account. */
static enum err hear_owner(struct backtest_truth *t, const struct event *e, struct problem *p) {
    bool mine = e->says == SAYS_MINE;
    uint64_t account = backtest_key(e->subject), *denied;
    if (str_starts(e->about, STR("inc_"))) return note_incident(t, e->about, !mine, p);
    enum err err = mine ? ERR_OK : key_map_put(&t->denied, account, &denied, p);
    if (!err && !mine) *denied = 1;
    if (err || !e->about.size) return err;
    t->by_word += !mine;
    return note(t, backtest_key(e->about), mine ? LABEL_OWNER : LABEL_HIJACKER, account, true, p);
}

static enum err hear(void *context, uint64_t position, const struct event *e, struct problem *p) {
    (void)position;
    struct backtest_truth *t = context;
    if (e->charge.size && kind_group(e->kind) == GROUP_VALUE) return note_charge(t, e, p);
    if (e->kind == KIND_ANALYST_VERDICT && str_equal(e->verdict, STR("takeover"))) return note_incident(t, e->incident, true, p);
    if (e->kind == KIND_ANALYST_VERDICT && str_equal(e->verdict, STR("false_alarm"))) return note_incident(t, e->incident, false, p);
    if (e->kind == KIND_OWNER_STATEMENT && e->says != SAYS_NONE) return hear_owner(t, e, p);
    if (e->kind != KIND_CHARGEBACK && e->kind != KIND_EARLY_FRAUD_WARNING) return ERR_OK;
    const uint64_t *act = key_map_get(&t->charges, backtest_key(e->charge));
    t->by_chargeback += act != NULL;
    return act ? note(t, *act, LABEL_HIJACKER, backtest_key(e->subject), false, p) : ERR_OK;
}

/* ---- incidents ----------------------------------------------------------------------------------------------------------------------
 */

#define PAGE_COUNT 64
#define STEP_SIZE  (8U << 20)

/* 1 = a takeover, 2 = a false alarm, 0 = nobody has said. What was found of the incident itself goes before what the owner said in general.
 */
static uint64_t judged(const struct backtest_truth *t, const struct incident_row *row) {
    const uint64_t *said = key_map_get(&t->incidents, backtest_key(row->id));
    if (said) return *said;
    if (row->status != INCIDENT_CLOSED) return key_map_get(&t->denied, backtest_key(row->account)) ? 1 : 0;
    return str_find(row->closed_why, STR("undone"), 0) < row->closed_why.size ? 1 : 2;
}

/* `by_word` events were named by the owner himself and stay as he said. */
static enum err take_event(struct backtest_truth *t, const struct incident_row *row, const struct incident_event_row *e,
                           struct problem *p) {
    uint64_t how = judged(t, row);
    enum label label = how == 2                            ? LABEL_OWNER
                       : e->whose == WHOSE_OWNER           ? LABEL_OWNER
                       : e->whose == WHOSE_UNKNOWN || !how ? LABEL_UNKNOWN
                                                           : LABEL_HIJACKER;
    const uint64_t *before = key_map_get(&t->events, backtest_key(e->event));
    if (before && *before & SURE_BIT) return ERR_OK;
    t->by_incident += label == LABEL_HIJACKER;
    return note(t, backtest_key(e->event), label, backtest_key(row->id), false, p);
}

static enum err take_incident(struct backtest_truth *t, struct incident_store store, const struct incident_row *row, struct arena *step,
                              struct problem *p) {
    struct incident_event_query q = {.incident = row->id, .count_max = PAGE_COUNT};
    size_t used = step->used;
    for (size_t count = PAGE_COUNT; count == PAGE_COUNT; step->used = used) {
        struct incident_event_row *rows;
        if (store.ops->events(store.self, SIGHT_SETTLED, &q, step, &rows, &count))
            return problem_set(p, ERR_IO, "", "", "cannot read the events of an incident");
        for (size_t i = 0; i < count; i++) {
            enum err err = take_event(t, row, &rows[i], p);
            if (err) return err;
        }
        if (count) q.after = rows[count - 1].position;
    }
    return ERR_OK;
}

static enum err take_incidents(struct backtest_truth *t, struct incident_store store, struct arena *step, struct problem *p) {
    struct incident_query q = {.status = -1, .count_max = PAGE_COUNT};
    for (;;) {
        arena_reset(step);
        struct incident_row *rows;
        size_t count;
        if (store.ops->list(store.self, &q, step, &rows, &count)) return problem_set(p, ERR_IO, "", "", "cannot list the incidents");
        if (!count) return ERR_OK;
        q.before = rows[count - 1].opened_position;
        for (size_t i = 0; i < count; i++) {
            enum err err = take_incident(t, store, &rows[i], step, p);
            if (err) return err;
        }
    }
}

/* The incidents as they came to be: made again from the journal, with the answers that were given. */
static enum err recall_incidents(const struct backtest_source *s, struct backtest_truth *t, struct problem *p) {
    struct wiring_options o = {.learn_from = s->data, .learn_to = s->last};
    struct wiring w;
    void *memory = malloc(STEP_SIZE);
    struct arena step = arena_over(memory, memory ? STEP_SIZE : 0);
    enum err err = memory ? wiring_open(&o, &w, p) : problem_set(p, ERR_FULL, "", "", "no memory");
    if (!err) {
        err = take_incidents(t, engine_incidents(w.engine), &step, p);
        struct problem ignored;
        (void)!wiring_close(&w, &ignored);
    }
    free(memory);
    return err;
}

enum err backtest_truth_gather(struct backtest_source *s, struct backtest_truth *out, struct problem *p) {
    *out = (struct backtest_truth){0};
    enum err err = backtest_source_scan(s, hear, out, p);
    if (!err && !s->file) err = recall_incidents(s, out, p);
    return err;
}

static enum err strike_off(void *context, uint64_t position, const struct event *e, struct problem *p) {
    (void)position;
    struct backtest_truth *t = context;
    uint64_t key = backtest_key(e->id), *seen;
    if (!key_map_get(&t->events, key)) return ERR_OK;
    enum err err = key_map_put(&t->charges, key, &seen, p); /* this map is free where there are labels */
    if (!err && !*seen) *seen = 1, t->strange--;
    return err;
}

enum err backtest_truth_match(struct backtest_source *s, struct backtest_truth *t, struct problem *p) {
    t->strange = t->labels;
    enum err err = backtest_source_scan(s, strike_off, t, p);
    if (err || t->strange < t->labels) return err;
    return problem_set(p, ERR_INVALID, "--labels", "are they of these events?", "none of the %llu labels names an event that is there",
                       (unsigned long long)t->labels);
}

/* ---- asking -------------------------------------------------------------------------------------------------------------------------
 */

static bool is_effect(const struct event *e) {
    return kind_group(e->kind) == GROUP_VALUE && e->kind != KIND_MEMBERSHIP_CANCELLED && e->kind != KIND_MEMBERSHIP_RENEWED;
}

struct known backtest_truth_of(const struct backtest_truth *t, const struct event *e) {
    const uint64_t *value = key_map_get(&t->events, backtest_key(e->id));
    if (value) {
        uint64_t takeover = KEY_OF(*value);
        bool effect = t->labelled ? (*value & EFFECT_BIT) != 0 : is_effect(e);
        return (struct known){(enum label)(*value & LABEL_MASK), effect, takeover ? takeover : KEY_OF(backtest_key(e->subject))};
    }
    if (t->labelled) return (struct known){LABEL_UNKNOWN, false, 0};
    bool nobody = !e->subject.size || e->failure == FAILURE_NO_SUCH_ACCOUNT;
    return (struct known){nobody ? LABEL_NOISE : LABEL_OWNER, is_effect(e), 0};
}

void backtest_truth_release(struct backtest_truth *t) {
    key_map_release(&t->events), key_map_release(&t->charges), key_map_release(&t->denied), key_map_release(&t->incidents);
}
