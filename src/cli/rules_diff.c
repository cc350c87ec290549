// SPDX-License-Identifier: Apache-2.0
/* Tells what differs between two policies. */
#include "cli/rules_diff.h"

#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/bundle.h"
#include "base/sort.h"
#include "event/event.h"

struct diff {
    const struct policy_file *of[2];
    struct buf *b;
    bool json;
    size_t count, written; /* differences in all; members of the JSON list that is being written */
};

/* ---- thresholds ---------------------------------------------------------------------------------------------------------------------
 */

static void write_score(struct buf *b, unsigned score, bool json) {
    if (score <= 1000) buf_u64(b, score);
    else buf_text(b, json ? STR("\"never\"") : STR("never"));
}

/* `depth` POLICY_DEPTHS = all of them. */
static void write_threshold(struct diff *d, struct str what, unsigned depth, unsigned threshold, unsigned from, unsigned to) {
    struct buf *b = d->b;
    struct str depth_word = depth < POLICY_DEPTHS ? policy_depth_word(depth) : STR("all");
    if (d->json)
        buf_fmt(b, "%s{\"of\":\"%.*s\",\"depth\":\"%.*s\",\"threshold\":\"%.*s\",\"from\":", d->written++ ? "," : "", STR_ARGS(what),
                STR_ARGS(depth_word), STR_ARGS(policy_threshold_word(threshold)));
    else buf_fmt(b, "  %-32.*s %-7.*s %-10.*s ", STR_ARGS(what), STR_ARGS(depth_word), STR_ARGS(policy_threshold_word(threshold)));
    write_score(b, from, d->json);
    buf_text(b, d->json ? STR(",\"to\":") : STR(" -> "));
    write_score(b, to, d->json);
    buf_text(b, d->json ? STR("}") : STR("\n"));
    d->count++;
}

struct threshold_change {
    unsigned from, to;
};

static struct threshold_change change_of(const struct diff *d, enum kind kind, unsigned depth, unsigned threshold) {
    return (struct threshold_change){policy_threshold(d->of[0]->policy, kind, depth, threshold),
                                     policy_threshold(d->of[1]->policy, kind, depth, threshold)};
}

static bool is_same(struct threshold_change a, struct threshold_change b) {
    return a.from == b.from && a.to == b.to;
}

static bool same_for_kind(const struct diff *d, enum kind kind, unsigned threshold) {
    for (unsigned depth = 1; depth < POLICY_DEPTHS; depth++)
        if (!is_same(change_of(d, kind, 0, threshold), change_of(d, kind, depth, threshold))) return false;
    return true;
}

/* true where every kind of the group, at every depth, changes alike: *first is one of them. */
static bool same_for_group(const struct diff *d, enum kind_group group, unsigned threshold, enum kind *first) {
    *first = KIND_COUNT;
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        if (kind_group((enum kind)kind) != group) continue;
        if (*first == KIND_COUNT) *first = (enum kind)kind;
        if (!same_for_kind(d, (enum kind)kind, threshold)) return false;
        if (!is_same(change_of(d, *first, 0, threshold), change_of(d, (enum kind)kind, 0, threshold))) return false;
    }
    return *first != KIND_COUNT;
}

static void diff_kind(struct diff *d, enum kind kind, unsigned threshold) {
    struct threshold_change c = change_of(d, kind, 0, threshold);
    if (same_for_kind(d, kind, threshold)) {
        if (c.from != c.to) write_threshold(d, kind_name(kind), POLICY_DEPTHS, threshold, c.from, c.to);
        return;
    }
    for (unsigned depth = 0; depth < POLICY_DEPTHS; depth++) {
        c = change_of(d, kind, depth, threshold);
        if (c.from != c.to) write_threshold(d, kind_name(kind), depth, threshold, c.from, c.to);
    }
}

static struct str group_name(enum kind_group group) {
    switch (group) {
    case GROUP_ACCESS: return STR("access");
    case GROUP_CREDENTIAL: return STR("credential");
    case GROUP_VALUE: return STR("value");
    case GROUP_NONE:
    case GROUP_FATE:
    case GROUP_PEOPLE:
    case GROUP_LABEL:
    case GROUP_OWN: break;
    }
    return STR("other");
}

/* Only what a person does can be let through or not (decide/ruling.c). */
static void diff_thresholds(struct diff *d) {
    for (enum kind_group group = GROUP_ACCESS; group <= GROUP_VALUE; group++)
        for (unsigned threshold = 0; threshold < POLICY_THRESHOLDS; threshold++) {
            enum kind first;
            if (same_for_group(d, group, threshold, &first)) {
                struct threshold_change c = change_of(d, first, 0, threshold);
                if (c.from != c.to) write_threshold(d, group_name(group), POLICY_DEPTHS, threshold, c.from, c.to);
                continue;
            }
            for (unsigned kind = 0; kind < KIND_COUNT; kind++)
                if (kind_group((enum kind)kind) == group) diff_kind(d, (enum kind)kind, threshold);
        }
}

/* ---- other settings ------------------------------------------------------------------------------------------------------------------
 */

/* A line of policy.toml that sets something, with its table. */
struct setting {
    struct str table, key, value;
};

/* The next one behind `*rest`; thresholds are told as they are in force. */
static bool next_setting(struct str *rest, struct str *table, struct setting *out) {
    while (rest->size) {
        struct str value, line = str_trim(str_cut(*rest, '\n', rest));
        if (!line.size || line.at[0] == '#') continue;
        if (line.at[0] == '[') {
            *table = str_slice(line, 1, str_find_char(line, ']', 0));
            continue;
        }
        struct str key = str_trim(str_cut(line, '=', &value));
        if (!value.size || str_starts(*table, STR("thresholds"))) continue;
        value = str_trim(value); /* a remark behind a number or word goes; within quotes '#' is text */
        if (value.at[0] != '"') value = str_trim(str_slice(value, 0, str_find_char(value, '#', 0)));
        *out = (struct setting){*table, key, value};
        return true;
    }
    return false;
}

static bool find_setting(struct str toml, const struct setting *wanted, struct str *value) {
    struct str table = STR_NONE;
    struct setting s;
    while (next_setting(&toml, &table, &s))
        if (str_equal(s.table, wanted->table) && str_equal(s.key, wanted->key)) return *value = s.value, true;
    return false;
}

static void json_or_null(struct buf *b, struct str s, bool there) {
    if (there) buf_json(b, s);
    else buf_text(b, STR("null"));
}

static void write_setting(struct diff *d, const struct setting *s, const struct str values[2]) {
    char name[256];
    struct buf n = buf_over(name, sizeof name);
    buf_fmt(&n, "%.*s%s%.*s", STR_ARGS(str_clip(s->table, 100)), s->table.size ? "." : "", STR_ARGS(str_clip(s->key, 100)));
    d->count++;
    if (!d->json) {
        buf_fmt(d->b, "  %-50.*s %.*s -> %.*s\n", STR_ARGS(buf_str(&n)), STR_ARGS(values[0].size ? values[0] : STR("not set")),
                STR_ARGS(values[1].size ? values[1] : STR("not set")));
        return;
    }
    buf_text(d->b, d->written++ ? STR(",{\"key\":") : STR("{\"key\":"));
    buf_json(d->b, buf_str(&n));
    for (unsigned i = 0; i < 2; i++) {
        buf_text(d->b, i ? STR(",\"to\":") : STR(",\"from\":"));
        json_or_null(d->b, values[i], values[i].size);
    }
    buf_char(d->b, '}');
}

static struct str toml_of(const struct policy_file *f) {
    struct source file;
    return bundle_find(f->bundle, STR("policy.toml"), &file) ? file.text : STR_NONE;
}

/* What the first sets otherwise, then what only the second sets. */
static void diff_settings(struct diff *d) {
    struct str toml[2] = {toml_of(d->of[0]), toml_of(d->of[1])};
    for (unsigned side = 0; side < 2; side++) {
        struct str rest = toml[side], table = STR_NONE, values[2];
        struct setting s;
        while (next_setting(&rest, &table, &s)) {
            bool there = find_setting(toml[1 - side], &s, &values[1 - side]);
            if (there && (side == 1 || str_equal(values[1 - side], s.value))) continue;
            values[side] = s.value;
            if (!there) values[1 - side] = STR_NONE;
            write_setting(d, &s, values);
        }
    }
}

/* ---- rules --------------------------------------------------------------------------------------------------------------------------
 */

#define LINES_MAX 120
#define WIDTH     62

static unsigned split_lines(struct str text, struct str lines[LINES_MAX]) {
    unsigned count = 0;
    while (text.size && count < LINES_MAX) lines[count++] = str_cut(text, '\n', &text);
    return count;
}

/* The first `size_max` bytes of a line that goes on in the next row, broken at a blank where there is one. */
static struct str take_piece(struct str *line, size_t size_max) {
    struct str piece = str_clip(*line, size_max);
    if (piece.size < line->size)
        for (size_t at = piece.size; at > size_max / 2; at--)
            if (line->at[at] == ' ') {
                piece.size = at;
                break;
            }
    *line = str_slice(*line, piece.size, line->size);
    return piece;
}

/* A line that both have stands once, cut; the rest is shown whole, in as many rows as it needs. */
static void write_pair(struct buf *b, const struct str *left, char mark, const struct str *right) {
    struct str l = left ? *left : STR_NONE, r = right ? *right : STR_NONE;
    do {
        struct str here = take_piece(&l, WIDTH), there = take_piece(&r, WIDTH);
        buf_fmt(b, "    %-*.*s %c%s%.*s\n", WIDTH, STR_ARGS(here), mark, there.size ? " " : "", STR_ARGS(there));
    } while (mark != ' ' && (l.size || r.size));
}

/* Side by side: '|' another line, '<' only before, '>' only after. The longest common lines stand level (Hunt and McIlroy 1976). */
static void write_side_by_side(struct buf *b, struct str before, struct str after) {
    static uint8_t common[LINES_MAX + 1][LINES_MAX + 1];
    struct str left[LINES_MAX], right[LINES_MAX];
    unsigned n = split_lines(before, left), m = split_lines(after, right);
    memset(common, 0, sizeof common);
    for (unsigned i = n; i-- > 0;)
        for (unsigned k = m; k-- > 0;) {
            uint8_t down = common[i + 1][k], along = common[i][k + 1];
            common[i][k] = str_equal(left[i], right[k]) ? (uint8_t)(common[i + 1][k + 1] + 1) : down > along ? down : along;
        }
    for (unsigned i = 0, k = 0; i < n || k < m;) {
        if (i < n && k < m && str_equal(left[i], right[k])) write_pair(b, &left[i++], ' ', &right[k++]);
        else if (i < n && k < m && common[i + 1][k + 1] == common[i][k]) write_pair(b, &left[i++], '|', &right[k++]);
        else if (k == m || (i < n && common[i + 1][k] >= common[i][k + 1])) write_pair(b, &left[i++], '<', NULL);
        else write_pair(b, NULL, '>', &right[k++]);
    }
}

static bool find_rule(const struct policy *p, struct str name, struct rule_facts *out) {
    for (size_t i = 0; i < policy_rule_count(p); i++) {
        *out = policy_rule(p, i);
        if (str_equal(out->name, name)) return true;
    }
    return false;
}

static void write_rule(struct diff *d, struct str name, const struct rule_facts *before, const struct rule_facts *after) {
    const char *what = !before ? "added" : !after ? "removed" : "changed";
    d->count++;
    if (d->json) {
        buf_fmt(d->b, "%s{\"name\":\"%.*s\",\"change\":\"%s\",\"from\":", d->written++ ? "," : "", STR_ARGS(name), what);
        json_or_null(d->b, before ? before->text : STR_NONE, before);
        buf_text(d->b, STR(",\"to\":"));
        json_or_null(d->b, after ? after->text : STR_NONE, after);
        buf_char(d->b, '}');
        return;
    }
    buf_fmt(d->b, "  %.*s: %s\n", STR_ARGS(name), what);
    write_side_by_side(d->b, before ? before->text : STR_NONE, after ? after->text : STR_NONE);
}

static void diff_rules(struct diff *d) {
    for (unsigned side = 0; side < 2; side++) {
        const struct policy *here = d->of[side]->policy, *there = d->of[1 - side]->policy;
        for (size_t i = 0; i < policy_rule_count(here); i++) {
            struct rule_facts rule = policy_rule(here, i), other;
            bool both = find_rule(there, rule.name, &other);
            if (both && (side == 1 || str_equal(rule.text, other.text))) continue;
            write_rule(d, rule.name, side == 0 ? &rule : NULL, side == 1 ? &rule : both ? &other : NULL);
        }
    }
}

/* ---- lists --------------------------------------------------------------------------------------------------------------------------
 */

static bool next_entry(struct str *rest, struct str *entry) {
    while (rest->size) {
        struct str line = str_cut(*rest, '\n', rest);
        *entry = str_trim(str_slice(line, 0, str_find_char(line, '#', 0)));
        if (entry->size) return true;
    }
    return false;
}

static int compare_entries(const void *a, const void *b) {
    const struct str *left = a, *right = b;
    size_t shorter = left->size < right->size ? left->size : right->size;
    int order = shorter ? memcmp(left->at, right->at, shorter) : 0;
    return order ? order : (left->size > right->size) - (left->size < right->size);
}

/* The entries of a list in order, to be found by bisection. A list has at most as many bytes as a bundle, and an entry takes two. */
static struct str entries[POLICY_BUNDLE_SIZE_MAX / 2 + 1];

static size_t sort_entries(struct str text) {
    size_t count = 0;
    while (next_entry(&text, &entries[count])) count++;
    sort_items(entries, count, sizeof *entries, compare_entries);
    return count;
}

#define ENTRIES_SHOWN_MAX 50

/* The entries of `text` that `other` lacks. */
static size_t write_entries(struct diff *d, struct str text, struct str other, char sign) {
    struct str rest = text, entry;
    size_t count = 0, others = sort_entries(other);
    while (next_entry(&rest, &entry)) {
        if (bsearch(&entry, entries, others, sizeof *entries, compare_entries)) continue;
        if (d->json) {
            buf_text(d->b, count ? STR(",") : STR(""));
            buf_json(d->b, entry);
        } else if (count < ENTRIES_SHOWN_MAX) {
            buf_fmt(d->b, "    %c %.*s\n", sign, STR_ARGS(entry));
        }
        count++;
    }
    if (!d->json && count > ENTRIES_SHOWN_MAX) buf_fmt(d->b, "    %c and %zu more\n", sign, count - ENTRIES_SHOWN_MAX);
    return count;
}

static void diff_list(struct diff *d, struct str name, struct str before, struct str after) {
    struct buf *b = d->b;
    size_t begin = b->size;
    if (d->json) buf_fmt(b, "%s{\"name\":\"%.*s\",\"removed\":[", d->written ? "," : "", STR_ARGS(name));
    else buf_fmt(b, "  %.*s\n", STR_ARGS(name));
    size_t removed = write_entries(d, before, after, '-');
    if (d->json) buf_text(b, STR("],\"added\":["));
    size_t added = write_entries(d, after, before, '+');
    if (d->json) buf_text(b, STR("]}"));
    d->written += added + removed > 0;
    d->count += added + removed;
    if (added + removed == 0) b->size = begin; /* nothing but remarks differs */
}

static void diff_lists(struct diff *d) {
    for (unsigned side = 0; side < 2; side++) {
        struct str rest = d->of[side]->bundle;
        struct source file, other;
        enum err err;
        while (bundle_next(&rest, &file, &err)) {
            if (!str_starts(file.name, STR("lists/"))) continue;
            bool both = bundle_find(d->of[1 - side]->bundle, file.name, &other);
            if (both && side == 1) continue;
            struct str texts[2];
            texts[side] = file.text;
            texts[1 - side] = both ? other.text : STR_NONE;
            diff_list(d, file.name, texts[0], texts[1]);
        }
    }
}

/* ---- the whole ----------------------------------------------------------------------------------------------------------------------
 */

static const struct {
    const char *name, *title;
    void (*write)(struct diff *d);
} sections[] = {
    {"thresholds", "thresholds", diff_thresholds},
    {"settings", "other settings", diff_settings},
    {"rules", "rules", diff_rules},
    {"lists", "lists", diff_lists},
};
#define SECTIONS (sizeof sections / sizeof sections[0])

size_t rules_diff_write_text(const struct policy_file *from, const struct policy_file *to, struct buf *b) {
    struct diff d = {.of = {from, to}, .b = b};
    buf_fmt(b, "%.*s -> %.*s\n", STR_ARGS(policy_version(from->policy)), STR_ARGS(policy_version(to->policy)));
    for (size_t i = 0; i < SECTIONS; i++) {
        size_t begin = b->size, before = d.count;
        buf_fmt(b, "%s\n", sections[i].title);
        sections[i].write(&d);
        if (d.count == before) b->size = begin;
    }
    if (!d.count) buf_text(b, STR("the policies say the same\n"));
    else if (str_equal(policy_version(from->policy), policy_version(to->policy)))
        buf_text(b,
                 STR("note: both have the same name and version; count the version up, so that decisions tell by which they were taken\n"));
    return d.count;
}

size_t rules_diff_write_json(const struct policy_file *from, const struct policy_file *to, struct buf *b) {
    struct diff d = {.of = {from, to}, .b = b, .json = true};
    buf_text(b, STR("{\"from\":"));
    buf_json(b, policy_version(from->policy));
    buf_text(b, STR(",\"to\":"));
    buf_json(b, policy_version(to->policy));
    for (size_t i = 0; i < SECTIONS; i++) {
        buf_fmt(b, ",\"%s\":[", sections[i].name);
        d.written = 0;
        sections[i].write(&d);
        buf_char(b, ']');
    }
    buf_fmt(b, ",\"differences\":%zu}\n", d.count);
    return d.count;
}
