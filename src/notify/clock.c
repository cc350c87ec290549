// SPDX-License-Identifier: Apache-2.0
/* Reads the rules of legal clocks. */
#include "notify/clock.h"

#include "base/bounds.h"
#include "base/bundle.h"
#include "base/moment.h"
#include "base/toml.h"
#include "base/zone.h"
#include "notify/placeholder.h"

#define AFTER_DAYS_MAX 3650
#define WORDS_FOLDER   STR("words/")
#define PAGE           "see docs/reference/clocks.md"

static const char *const to_words[] = {"authority", "person", "issuer"};
static const char *const from_words[] = {"known", "told"};
static const char *const condition_words[CLOCK_IF_COUNT] = {"always",     "personal_data_seen", "card_data_seen", "card_charged",
                                                            "money_lost", "residents_over",     "resident",       "counsel"};

struct str clock_to_word(enum clock_to to) {
    return str_from(to_words[to]);
}

void clock_condition_write(const struct clock_condition *c, struct buf *out) {
    buf_text(out, str_from(condition_words[c->kind]));
    if (c->kind == CLOCK_IF_RESIDENTS_OVER) buf_fmt(out, " %lld", (long long)c->over);
}

/* -1: none of them. */
static int find_word(const char *const *words, int count, struct str word) {
    for (int i = 0; i < count; i++)
        if (str_equal(word, str_from(words[i]))) return i;
    return -1;
}

struct reading {
    const struct toml *toml;
    struct clock_rule *rule;
    struct problem *problem;
};

static enum err wrong(const struct reading *r, const struct toml_value *v, const char *what) {
    return toml_problem(r->problem, r->toml, v->at, PAGE, "%s", what);
}

/* "72h", "30d" */
static bool read_span(struct str s, int64_t *out_ms) {
    uint64_t n;
    bool hours = str_ends(s, STR("h"));
    if ((!hours && !str_ends(s, STR("d"))) || !str_to_u64(str_slice(s, 0, s.size - 1), &n) || !n || n > AFTER_DAYS_MAX) return false;
    *out_ms = (int64_t)n * (hours ? HOUR_MS : DAY_MS);
    return true;
}

static bool read_condition(struct str s, struct clock_condition *out) {
    struct str over, word = str_cut(s, ' ', &over);
    int kind = find_word(condition_words, CLOCK_IF_COUNT, word);
    if (kind < 0) return false;
    *out = (struct clock_condition){.kind = (enum clock_condition_kind)kind};
    return kind == CLOCK_IF_RESIDENTS_OVER ? str_to_i64(over, &out->over) && out->over >= 0 : !over.size;
}

/* ---- keys: each takes its value --------------------------------------------------------------------------------------------------------
 */

static enum err take_to(struct reading *r, const struct toml_value *v) {
    int to = find_word(to_words, 3, v->text);
    if (to < 0) return wrong(r, v, "to is authority, person or issuer");
    r->rule->to = (enum clock_to)to;
    return ERR_OK;
}

static enum err take_from(struct reading *r, const struct toml_value *v) {
    int from = find_word(from_words, 2, v->text);
    if (from < 0) return wrong(r, v, "counted_from is known or told");
    r->rule->from = (enum clock_from)from;
    return ERR_OK;
}

static enum err take_after(struct reading *r, const struct toml_value *v) {
    r->rule->after = v->text;
    return read_span(v->text, &r->rule->after_ms) ? ERR_OK : wrong(r, v, "after is a number of hours or days: 72h, 30d");
}

static enum err take_timezone(struct reading *r, const struct toml_value *v) {
    int64_t offset_ms;
    r->rule->timezone = v->text;
    return zone_offset(v->text, 0, &offset_ms) ? ERR_OK : wrong(r, v, "there is no such time zone");
}

static enum err take_remind(struct reading *r, const struct toml_value *v) {
    if (r->rule->remind_count == CLOCK_REMINDERS_MAX) return wrong(r, v, "too many reminders");
    return read_span(v->text, &r->rule->remind_ms[r->rule->remind_count++]) ? ERR_OK : wrong(r, v, "a reminder is hours or days: 7d");
}

static enum err take_applies(struct reading *r, const struct toml_value *v) {
    if (r->rule->condition_count == CLOCK_CONDITIONS_MAX) return wrong(r, v, "too many conditions");
    return read_condition(v->text, &r->rule->conditions[r->rule->condition_count++]) ? ERR_OK : wrong(r, v, "there is no such condition");
}

/* A key whose value is a list takes its items one by one. */
static const struct key {
    const char *name;
    enum err (*take)(struct reading *r, const struct toml_value *v); /* NULL: a text, kept as it is */
    size_t text_at;                                                  /* where */
    bool list, optional;
} keys[] = {
    {"name", NULL, offsetof(struct clock_rule, name), false, false},
    {"regime", NULL, offsetof(struct clock_rule, regime), false, false},
    {"jurisdiction", NULL, offsetof(struct clock_rule, jurisdiction), false, false},
    {"source", NULL, offsetof(struct clock_rule, law), false, false},
    {"timezone", take_timezone, 0, false, false},
    {"to", take_to, 0, false, false},
    {"counted_from", take_from, 0, false, false},
    {"after", take_after, 0, false, false},
    {"remind", take_remind, 0, true, true},
    {"applies", take_applies, 0, true, false},
};
#define KEY_COUNT (sizeof keys / sizeof *keys)

static enum err take_key(struct reading *r, const struct key *k, const struct toml_value *v) {
    enum err err = ERR_OK;
    if ((v->type == TOML_ARRAY) != k->list) return wrong(r, v, k->list ? "write a list: [\"...\"]" : "write a text");
    if (!k->list && (v->type != TOML_TEXT || !v->text.size)) return wrong(r, v, "write a text that is not empty");
    if (!k->list && !k->take) return *(struct str *)((char *)r->rule + k->text_at) = v->text, ERR_OK;
    if (!k->list) return k->take(r, v);
    for (size_t i = 0; !err && i < v->item_count; i++)
        err = v->items[i].type == TOML_TEXT && v->items[i].text.size ? k->take(r, &v->items[i]) : wrong(r, &v->items[i], "write a text");
    return err;
}

/* ---- languages: [en] with title and note; [en.what_happened], a section, with title and text
 * --------------------------------------------- */

static enum err too_many(struct reading *r, const struct toml_entry *e) {
    return toml_problem(r->problem, r->toml, e->at, PAGE, "too many languages or sections");
}

/* A list of texts, in which nothing is filled but the `names`. */
static enum err check_texts(struct reading *r, const struct toml_value *v, const char *names) {
    if (v->type != TOML_ARRAY || !v->item_count) return wrong(r, v, "write a list of texts");
    for (size_t i = 0; i < v->item_count; i++) {
        const struct toml_value *item = &v->items[i];
        struct str word;
        if (item->type != TOML_TEXT || !item->text.size) return wrong(r, item, "write a text that is not empty");
        if (!placeholders_fit(item->text, names, &word))
            return toml_problem(r->problem, r->toml, item->at, PAGE, "'{%.*s}' is nothing that is filled here", STR_ARGS(word));
    }
    return ERR_OK;
}

static enum err take_title(struct reading *r, const struct toml_value *v, struct str *title) {
    if (v->type != TOML_TEXT || !v->text.size) return wrong(r, v, "write a text that is not empty");
    *title = v->text;
    return ERR_OK;
}

static struct clock_section *section_of(struct clock_rule *rule, struct str language, struct str name) {
    for (size_t i = 0; i < rule->section_count; i++)
        if (str_equal(rule->sections[i].language, language) && str_equal(rule->sections[i].name, name)) return &rule->sections[i];
    if (rule->section_count == CLOCK_SECTIONS_MAX) return NULL;
    rule->sections[rule->section_count] = (struct clock_section){.language = language, .name = name};
    return &rule->sections[rule->section_count++];
}

static struct clock_face *face_of(struct clock_rule *rule, struct str language) {
    for (size_t i = 0; i < rule->face_count; i++)
        if (str_equal(rule->faces[i].language, language)) return &rule->faces[i];
    if (rule->face_count == CLOCK_LANGUAGES_MAX) return NULL;
    rule->faces[rule->face_count] = (struct clock_face){.language = language};
    return &rule->faces[rule->face_count++];
}

static enum err take_section(struct reading *r, const struct toml_entry *e, struct str language, struct str name, struct str key) {
    struct clock_section *s = section_of(r->rule, language, name);
    if (!s) return too_many(r, e);
    if (str_equal(key, STR("title"))) return take_title(r, &e->value, &s->title);
    if (!str_equal(key, STR("text"))) return toml_problem(r->problem, r->toml, e->at, PAGE, "a section has title and text");
    s->paragraphs = e->value.items;
    s->paragraph_count = e->value.item_count;
    return check_texts(r, &e->value, CLOCK_PLACEHOLDERS);
}

static enum err take_face(struct reading *r, const struct toml_entry *e, struct str language, struct str key) {
    struct clock_face *f = face_of(r->rule, language);
    if (!f) return too_many(r, e);
    if (str_equal(key, STR("title"))) return take_title(r, &e->value, &f->title);
    if (!str_equal(key, STR("note"))) return toml_problem(r->problem, r->toml, e->at, PAGE, "a language has title and note");
    f->notes = e->value.items;
    f->note_count = e->value.item_count;
    return check_texts(r, &e->value, "");
}

static enum err take_language(struct reading *r, const struct toml_entry *e) {
    struct str key = str_slice(e->path, e->table_size + 1, e->path.size);
    struct str name, language = str_cut(str_slice(e->path, 0, e->table_size), '.', &name);
    return name.size ? take_section(r, e, language, name, key) : take_face(r, e, language, key);
}

/* ---- one rule --------------------------------------------------------------------------------------------------------------------------
 */

static enum err take_entry(struct reading *r, const struct toml_entry *e) {
    if (e->table_size) return take_language(r, e);
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (str_equal(e->path, str_from(keys[i].name))) return take_key(r, &keys[i], &e->value);
    return toml_problem(r->problem, r->toml, e->at, PAGE, "'%.*s': a rule has no such key", STR_ARGS(e->path));
}

static bool has_section(const struct clock_rule *r, struct str language) {
    for (size_t i = 0; i < r->section_count; i++)
        if (str_equal(r->sections[i].language, language)) return true;
    return false;
}

static bool has_face(const struct clock_rule *r, struct str language) {
    for (size_t i = 0; i < r->face_count; i++)
        if (str_equal(r->faces[i].language, language)) return true;
    return false;
}

static const char *missing_of(const struct reading *r) {
    const struct clock_rule *rule = r->rule;
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (!keys[i].optional && !toml_find(r->toml, str_from(keys[i].name))) return keys[i].name;
    if (!rule->condition_count) return "a condition in applies";
    if (!has_face(rule, STR("en"))) return "[en]";
    for (size_t i = 0; i < rule->face_count; i++) {
        if (!rule->faces[i].title.size || !rule->faces[i].note_count) return "title or note of a language";
        if (!has_section(rule, rule->faces[i].language)) return "a section of a language";
    }
    for (size_t i = 0; i < rule->section_count; i++) {
        if (!rule->sections[i].title.size || !rule->sections[i].paragraph_count) return "title or text of a section";
        if (!has_face(rule, rule->sections[i].language)) return "title of a language";
    }
    return NULL;
}

static enum err check_whole(const struct reading *r, struct str file) {
    const char *missing = missing_of(r);
    char memory[TOML_PATH_SIZE_MAX];
    struct buf own = buf_over(memory, sizeof memory);
    buf_fmt(&own, "%.*s.toml", STR_ARGS(r->rule->name));
    if (missing) return toml_problem(r->problem, r->toml, r->toml->source.text.size, PAGE, "%s is missing", missing);
    return str_equal(buf_str(&own), file) ? ERR_OK : toml_problem(r->problem, r->toml, 0, PAGE, "the file is not called as its rule");
}

static enum err read_rule(struct source file, struct arena *memory, struct clock_rule *out, struct problem *p) {
    struct toml t;
    struct reading r = {&t, out, p};
    *out = (struct clock_rule){0};
    enum err err = toml_read(file, memory, &t, p);
    for (size_t i = 0; !err && i < t.count; i++) err = take_entry(&r, &t.entries[i]);
    return err ? err : check_whole(&r, file.name);
}

/* ---- all of them ------------------------------------------------------------------------------------------------------------------------
 */

const struct clock_words *clock_words_find(const struct clock_rules *c, struct str language) {
    for (size_t i = 0; i < c->language_count; i++)
        if (str_equal(c->languages[i].language, language)) return &c->languages[i];
    return NULL;
}

static enum err check_languages(const struct clock_rules *c, struct problem *p) {
    if (!clock_words_find(c, STR("en"))) return problem_set(p, ERR_INVALID, "words/en.toml", "", "there are no words in English");
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->list[i].face_count; k++)
            if (!clock_words_find(c, c->list[i].faces[k].language))
                return problem_set(p, ERR_INVALID, "", "add words/TAG.toml", "clock '%.*s' is written in '%.*s', which has no words",
                                   STR_ARGS(c->list[i].name), STR_ARGS(c->list[i].faces[k].language));
    return ERR_OK;
}

static enum err read_file(struct source file, struct arena *memory, struct clock_rules *out, struct problem *p) {
    if (str_starts(file.name, WORDS_FOLDER)) {
        if (out->language_count == CLOCK_LANGUAGES_MAX) return problem_set(p, ERR_TOO_LARGE, "words", "", "too many languages");
        return clock_words_read(file, memory, &out->languages[out->language_count++], p);
    }
    if (out->count == CLOCK_RULES_MAX) return problem_set(p, ERR_TOO_LARGE, "", "", "more than %d clocks", CLOCK_RULES_MAX);
    return read_rule(file, memory, &out->list[out->count++], p);
}

enum err clocks_read(struct str bundle, struct arena *memory, struct clock_rules *out, struct problem *p) {
    struct source file;
    enum err err = ERR_OK;
    *out = (struct clock_rules){0};
    out->list = arena_take(memory, sizeof *out->list * CLOCK_RULES_MAX);
    out->languages = arena_take(memory, sizeof *out->languages * CLOCK_LANGUAGES_MAX);
    if (!out->list || !out->languages) return problem_set(p, ERR_FULL, "memory", "", "no memory for the clocks");
    while (!err && bundle_next(&bundle, &file, &err)) err = read_file(file, memory, out, p);
    return err ? err : check_languages(out, p);
}

const struct clock_face *clock_face(const struct clock_rule *r, struct str language) {
    struct str none, tag = str_cut(language, '-', &none);
    const struct clock_face *english = &r->faces[0];
    for (size_t i = 0; i < r->face_count; i++) {
        if (str_equal(r->faces[i].language, tag)) return &r->faces[i];
        if (str_equal(r->faces[i].language, STR("en"))) english = &r->faces[i];
    }
    return english;
}

const struct clock_rule *clock_find(const struct clock_rules *c, struct str name) {
    for (size_t i = 0; i < c->count; i++)
        if (str_equal(c->list[i].name, name)) return &c->list[i];
    return NULL;
}

enum err clocks_check_names(const struct clock_rules *c, struct str names, struct problem *p) {
    while (names.size) {
        struct str name = str_cut(names, ' ', &names);
        if (name.size && !clock_find(c, name))
            return problem_set(p, ERR_NOT_FOUND, "", "`hikeshi clock list` lists them", "there is no clock '%.*s'", STR_ARGS(name));
    }
    return ERR_OK;
}
