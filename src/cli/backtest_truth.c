// SPDX-License-Identifier: Apache-2.0
/* Gathers whose acts events were: from a file of labels, or from words, incidents and chargebacks. */
#include "cli/backtest_truth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/json.h"

/* A value of `events`: the label in bits 0-1, the effect in bit 2, the takeover's key above. */
#define LABEL_MASK  3U
#define EFFECT_BIT  4U
#define SHIFT       3U
#define KEY_OF(key) ((key) >> SHIFT << SHIFT)

/* ---- a file of labels ---------------------------------------------------------------------------------------------------------------
 */

#define LINE_SIZE_MAX 4096

static enum err read_label(struct backtest_truth *t, struct str line, struct arena *step, struct problem *p) {
    struct json root;
    enum err err = json_parse(line, LINE_SIZE_MAX, step, &root, p);
    if (err) return err;
    struct str id = json_text(json_get(root, STR("id"))), word = json_text(json_get(root, STR("label")));
    enum label label = label_from(word);
    if (!id.size) return problem_set(p, ERR_INVALID, "", "{\"id\":\"e1\",\"label\":\"owner\"}", "the line names no event");
    if (!label) return problem_set(p, ERR_INVALID, "", "one of: owner hijacker noise", "'%.*s' is no label", STR_ARGS(str_clip(word, 64)));
    struct str incident = json_text(json_get(root, STR("incident")));
    uint64_t *value, wanted = label | (json_get(root, STR("effect")).type == JSON_TRUE ? EFFECT_BIT : 0);
    if (label == LABEL_HIJACKER && incident.size) wanted |= KEY_OF(label_key(incident));
    err = key_map_put(&t->events, label_key(id), &value, p);
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

/* ---- what was told since --------------------------------------------------------------------------------------------------------------
 */

static void count_source(struct backtest_truth *t, const struct label_note *n) {
    if (n->label != LABEL_HIJACKER) return;
    if (n->incident) t->by_incident++;
    else if (n->source == LABEL_SOURCE_OWNER_STATEMENT) t->by_word++;
    else t->by_chargeback++;
}

static enum err take_book(struct backtest_truth *t, const struct label_book *b, struct problem *p) {
    for (size_t i = 0; i < b->events.capacity; i++) {
        const struct key_slot *slot = &b->events.slots[i];
        if (!slot->key) continue;
        const struct label_note *n = label_strongest(&b->entries[slot->value - 1]);
        uint64_t *value;
        enum err err = key_map_put(&t->events, slot->key, &value, p);
        if (err) return err;
        *value = n->label | (n->label == LABEL_HIJACKER ? KEY_OF(n->takeover) : 0);
        count_source(t, n);
    }
    return ERR_OK;
}

enum err backtest_truth_gather(struct backtest_source *s, struct backtest_truth *out, struct problem *p) {
    *out = (struct backtest_truth){0};
    struct label_book book = {0};
    enum err err = label_book_gather(&book, s, p);
    if (!err) err = take_book(out, &book, p);
    label_book_release(&book);
    return err;
}

static enum err strike_off(void *context, uint64_t position, const struct event *e, struct problem *p) {
    (void)position;
    struct backtest_truth *t = context;
    uint64_t key = label_key(e->id), *seen;
    if (!key_map_get(&t->events, key)) return ERR_OK;
    enum err err = key_map_put(&t->named, key, &seen, p);
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

struct known backtest_truth_of(const struct backtest_truth *t, const struct event *e) {
    const uint64_t *value = key_map_get(&t->events, label_key(e->id));
    if (value) {
        uint64_t takeover = KEY_OF(*value);
        bool effect = t->labelled ? (*value & EFFECT_BIT) != 0 : label_is_effect(e);
        return (struct known){(enum label)(*value & LABEL_MASK), effect, takeover ? takeover : KEY_OF(label_key(e->subject))};
    }
    if (t->labelled) return (struct known){LABEL_UNKNOWN, false, 0};
    bool nobody = !e->subject.size || e->failure == FAILURE_NO_SUCH_ACCOUNT;
    return (struct known){nobody ? LABEL_NOISE : LABEL_OWNER, label_is_effect(e), 0};
}

void backtest_truth_release(struct backtest_truth *t) {
    key_map_release(&t->events), key_map_release(&t->named);
}
