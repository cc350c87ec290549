// SPDX-License-Identifier: Apache-2.0
/* Reads policy.toml: the policy's name and the scores at which something follows. */
#include "decide/settings.h"

#include <string.h>

#include "base/bounds.h"
#include "base/nearest.h"
#include "base/toml.h"
#include "decide/notify_settings.h"
#include "decide/operand.h"

static struct str threshold_word(enum threshold t) {
    switch (t) {
    case THRESHOLD_CHALLENGE: return STR("challenge");
    case THRESHOLD_HOLD: return STR("hold");
    case THRESHOLD_DENY: return STR("deny");
    case THRESHOLD_TAKEOVER: return STR("takeover");
    case THRESHOLD_COUNT: break;
    }
    return STR_NONE;
}

static struct str depth_word(unsigned depth_class) {
    static const char *const words[DEPTH_COUNT] = {"new", "young", "known"};
    return str_from(words[depth_class]);
}

/* What a threshold's path names: thresholds.SUBJECT[.DEPTH].THRESHOLD. */
struct place {
    struct str subject; /* a kind or a group */
    int depth;          /* -1 = all */
    int threshold;
};

static int depth_from(struct str word, struct nearest *n) {
    for (unsigned d = 0; d < DEPTH_COUNT; d++) {
        if (str_equal(word, depth_word(d))) return (int)d;
        nearest_offer(n, depth_word(d));
    }
    return -1;
}

static int threshold_from(struct str word, struct nearest *n) {
    for (enum threshold t = 0; t < THRESHOLD_COUNT; t++) {
        if (str_equal(word, threshold_word(t))) return (int)t;
        nearest_offer(n, threshold_word(t));
    }
    return -1;
}

static bool is_subject(struct str word, struct nearest *n) {
    for (unsigned g = GROUP_NONE; g <= GROUP_OWN; g++) {
        if (str_equal(word, group_word((enum kind_group)g))) return true;
        nearest_offer(n, group_word((enum kind_group)g));
    }
    for (unsigned k = 0; k < KIND_COUNT; k++) {
        if (str_equal(word, kind_name((enum kind)k))) return true;
        nearest_offer(n, kind_name((enum kind)k));
    }
    return false;
}

static enum err refuse_word(struct problem *p, const struct toml *t, const struct toml_entry *e, struct nearest *n, const char *otherwise) {
    return toml_problem(p, t, e->at, nearest_hint(n, otherwise), "unknown key '%.*s'", STR_ARGS(n->word));
}

static enum err read_place(const struct toml *t, const struct toml_entry *e, struct place *out, struct problem *p) {
    struct str rest, first;
    (void)str_cut(e->path, '.', &rest);
    out->subject = str_cut(rest, '.', &rest);
    first = str_cut(rest, '.', &rest);
    struct nearest n;
    nearest_init(&n, out->subject);
    if (!is_subject(out->subject, &n)) return refuse_word(p, t, e, &n, "name a group (access, credential, value, ...) or a kind of event");
    nearest_init(&n, first);
    out->depth = depth_from(first, &n);
    if (out->depth >= 0) {
        first = str_cut(rest, '.', &rest);
        nearest_init(&n, first);
    }
    out->threshold = threshold_from(first, &n);
    if (out->threshold < 0) return refuse_word(p, t, e, &n, "one of: challenge hold deny takeover; or a depth: new young known");
    return rest.size ? toml_problem(p, t, e->at, "", "'%.*s' is nested too deeply", STR_ARGS(e->path)) : ERR_OK;
}

static enum err read_score(const struct toml *t, const struct toml_entry *e, uint16_t *out, struct problem *p) {
    const struct toml_value *v = &e->value;
    if (v->type == TOML_TEXT && str_equal(v->text, STR("never"))) {
        *out = SCORE_NEVER;
        return ERR_OK;
    }
    if (v->type != TOML_NUMBER || v->number < 1 || v->number > 1000)
        return toml_problem(p, t, v->at, "900 is reached by 0.1 % of owners' logins", "a threshold is a score of 1 to 1000, or \"never\"");
    *out = (uint16_t)v->number;
    return ERR_OK;
}

/* How near an entry is to one kind: its own table wins over its group's, a depth wins over all depths. 0 = it says nothing of this kind. */
static unsigned weight_of(const struct place *place, enum kind kind, int depth) {
    if (place->depth >= 0 && place->depth != depth) return 0;
    unsigned depth_weight = place->depth >= 0;
    if (str_equal(place->subject, kind_name(kind))) return 3 + depth_weight;
    return str_equal(place->subject, group_word(kind_group(kind))) ? 1 + depth_weight : 0;
}

struct weights {
    uint8_t of[KIND_COUNT][DEPTH_COUNT][THRESHOLD_COUNT];
};

static void apply(struct settings *settings, struct weights *weights, const struct place *place, uint16_t score) {
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        for (int depth = 0; depth < DEPTH_COUNT; depth++) {
            unsigned weight = weight_of(place, (enum kind)kind, depth);
            uint8_t *best = &weights->of[kind][depth][place->threshold];
            if (weight <= *best) continue;
            *best = (uint8_t)weight;
            settings->thresholds[kind][depth][place->threshold] = score;
        }
    }
}

static enum err read_thresholds(const struct toml *t, struct settings *out, struct problem *p) {
    struct weights weights = {0};
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        for (unsigned depth = 0; depth < DEPTH_COUNT; depth++)
            for (unsigned i = 0; i < THRESHOLD_COUNT; i++) out->thresholds[kind][depth][i] = SCORE_NEVER;
    for (size_t i = 0; i < t->count; i++) {
        const struct toml_entry *e = &t->entries[i];
        if (!str_starts(e->path, STR("thresholds."))) continue;
        struct place place = {0};
        uint16_t score = SCORE_NEVER;
        enum err err = read_place(t, e, &place, p);
        if (!err) err = read_score(t, e, &score, p);
        if (err) return err;
        apply(out, &weights, &place, score);
    }
    return ERR_OK;
}

/* A stricter answer at a lower score than a milder one would make the milder one dead: that is a slip. */
static enum err check_order(const struct toml *t, const struct settings *settings, struct problem *p) {
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        for (unsigned depth = 0; depth < DEPTH_COUNT; depth++) {
            uint16_t last = 0;
            for (enum threshold i = THRESHOLD_CHALLENGE; i <= THRESHOLD_DENY; i++) {
                uint16_t score = settings->thresholds[kind][depth][i];
                if (score == SCORE_NEVER) continue;
                if (score < last)
                    return toml_problem(p, t, t->source.text.size, "thresholds rise: challenge <= hold <= deny",
                                        "for '%.*s' (%.*s), %.*s stands at %u, below a milder answer at %u",
                                        STR_ARGS(kind_name((enum kind)kind)), STR_ARGS(depth_word(depth)), STR_ARGS(threshold_word(i)),
                                        score, last);
                last = score;
            }
        }
    }
    return ERR_OK;
}

static enum err refuse_unknown(const struct toml *t, struct problem *p) {
    for (size_t i = 0; i < t->count; i++) {
        const struct toml_entry *e = &t->entries[i];
        if (str_starts(e->path, STR("thresholds.")) || str_equal(e->path, STR("name")) || str_equal(e->path, STR("version")) ||
            response_settings_take(e) || notify_settings_take(e))
            continue;
        struct nearest n;
        nearest_init(&n, e->path);
        nearest_offer(&n, STR("name"));
        nearest_offer(&n, STR("version"));
        return refuse_word(p, t, e, &n, "a policy has name, version, [thresholds.*], [response], [gate] and [notify]");
    }
    return ERR_OK;
}

static bool is_plain_name(struct str s) {
    for (size_t i = 0; i < s.size; i++) {
        char c = s.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) return false;
    }
    return s.size > 0 && s.size <= POLICY_NAME_SIZE_MAX;
}

static enum err read_version(const struct toml *t, struct arena *memory, struct settings *out, struct problem *p) {
    const struct toml_entry *name = toml_find(t, STR("name")), *version = toml_find(t, STR("version"));
    if (!name || name->value.type != TOML_TEXT || !is_plain_name(name->value.text))
        return toml_problem(p, t, name ? name->value.at : 0, "letters, digits, '_' and '-'",
                            "a policy needs a name = \"...\" of 1 to %d bytes", POLICY_NAME_SIZE_MAX);
    if (!version || version->value.type != TOML_NUMBER || version->value.number < 1)
        return toml_problem(p, t, version ? version->value.at : 0, "count it up with each change", "a policy needs a version = 1 or more");
    char text[POLICY_NAME_SIZE_MAX + 24];
    struct buf b = buf_over(text, sizeof text);
    buf_text(&b, name->value.text);
    buf_char(&b, '@');
    buf_i64(&b, version->value.number);
    bool no_room = false;
    out->version = arena_copy(memory, buf_str(&b), &no_room);
    return no_room ? ERR_FULL : ERR_OK;
}

enum err settings_read(struct source source, struct arena *memory, struct settings *out, struct problem *p) {
    struct toml t;
    enum err err = toml_read(source, memory, &t, p);
    if (!err) err = refuse_unknown(&t, p);
    if (!err) err = read_version(&t, memory, out, p);
    if (!err) err = read_thresholds(&t, out, p);
    if (!err) err = response_settings_read(&t, &out->response, p);
    if (!err) err = notify_settings_read(&t, &out->response.notify, p);
    return err ? err : check_order(&t, out, p);
}
