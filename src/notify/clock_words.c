// SPDX-License-Identifier: Apache-2.0
/* Reads the words of drafts in one language: a TOML file that has every word, and no other. */
#include "notify/clock_words.h"

#include "base/buf.h"
#include "base/toml.h"
#include "notify/placeholder.h"

struct known {
    const char *family, *name; /* "effect." and "order", or "" and the whole path */
    const char *placeholders;
    bool asked_for;
};

static const struct known known[WORD_COUNT] = {
#define WORD(word, path, placeholders_) [WORD_##word] = {"", path, placeholders_, true},
#include "notify/clock_words.def"
#undef WORD
#define EFFECT(effect) [WORD_effect_##effect] = {"effect.", #effect, "", true},
#include "respond/effects.def"
#undef EFFECT
/* Our own kinds are no acts of anybody's. */
#define KIND(NAME, kind, group, sentence) [WORD_kind_##NAME] = {"kind.", kind, "", !(#group[0] == 'O' && #group[1] == 'W')},
#include "event/kinds.def"
#undef KIND
};

static int find(struct str path) {
    for (int i = 0; i < WORD_COUNT; i++) {
        struct str family = str_from(known[i].family);
        if (known[i].asked_for && str_starts(path, family) && str_equal(str_slice(path, family.size, path.size), str_from(known[i].name)))
            return i;
    }
    return -1;
}

static enum err keep(const struct toml *t, const struct toml_entry *e, struct clock_words *out, struct problem *p) {
    if (e->value.type != TOML_TEXT || !e->value.text.size) return toml_problem(p, t, e->value.at, "", "write a text that is not empty");
    if (str_equal(e->path, STR("language"))) return out->language = e->value.text, ERR_OK;
    int word = find(e->path);
    if (word < 0) return toml_problem(p, t, e->at, "see src/notify/clock_words.def", "'%.*s': there is no such word", STR_ARGS(e->path));
    struct str wrong;
    if (!placeholders_fit(e->value.text, known[word].placeholders, &wrong))
        return toml_problem(p, t, e->value.at, "see src/notify/clock_words.def", "'{%.*s}' can't stand here", STR_ARGS(wrong));
    out->texts[word] = e->value.text;
    return ERR_OK;
}

enum err clock_words_read(struct source s, struct arena *memory, struct clock_words *out, struct problem *p) {
    struct toml t;
    *out = (struct clock_words){0};
    enum err err = toml_read(s, memory, &t, p);
    for (size_t i = 0; !err && i < t.count; i++) err = keep(&t, &t.entries[i], out, p);
    if (err) return err;
    if (!out->language.size) return source_problem(p, ERR_INVALID, &s, 0, "begin with language = \"en\"", "the language is not named");
    for (int i = 0; i < WORD_COUNT; i++)
        if (known[i].asked_for && !out->texts[i].size)
            return source_problem(p, ERR_INVALID, &s, s.text.size, "add it: a language is whole, or not there", "the word %s%s is missing",
                                  known[i].family, known[i].name);
    return ERR_OK;
}

struct str clock_words_of(const struct clock_words *w, const char *family, struct str name) {
    for (int i = 0; i < WORD_COUNT; i++)
        if (str_equal(str_from(known[i].family), str_from(family)) && str_equal(str_from(known[i].name), name)) return w->texts[i];
    return STR_NONE;
}
