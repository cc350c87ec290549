// SPDX-License-Identifier: Apache-2.0
/* Reads the phrases of a language, and fills them. */
#include "notify/phrases.h"

#include <string.h>

#include "base/bundle.h"
#include "base/check.h"
#include "notify/placeholder.h"

/* Of whatever a notice's texts tell. */
#define OF_NOTICES "saw effects money parcel check next last case greeting"

struct known {
    struct str family; /* "what." in "what.order"; empty: a name alone */
    struct str name, ending;
    const char *placeholders;
    bool asked_for;
};

#define TEXT(text)                                                                                                                         \
    { "" text, sizeof(text) - 1 }
static const struct known known[PHRASE_COUNT] = {
#define PHRASE(phrase, placeholders_) [PHRASE_##phrase] = {TEXT(""), TEXT(#phrase), TEXT(""), placeholders_, true},
#include "notify/phrases.def"
#undef PHRASE
/* "owner" and "stranger"; people of the shop have no phrases. */
#define ASKED_FOR(audience) (#audience[1] == 'w' || #audience[0] == 's')
#define NOTICE(audience, subject, sentence)                                                                                                \
    [PHRASE_title_##audience##_##subject] = {TEXT(""), TEXT(#subject), TEXT(".title"), "case", ASKED_FOR(audience)},                       \
    [PHRASE_text_##audience##_##subject] = {TEXT(""), TEXT(#subject), TEXT(".text"), OF_NOTICES, ASKED_FOR(audience)},
#include "notify/notices.def"
#include "respond/notices.def"
#undef NOTICE
#define EFFECT(effect) [PHRASE_what_##effect] = {TEXT("what."), TEXT(#effect), TEXT(""), "", true},
#include "respond/effects.def"
#undef EFFECT
};

bool phrase_is_asked_for(enum phrase phrase) {
    return known[phrase].asked_for;
}

void phrase_name(enum phrase phrase, struct buf *out) {
    buf_text(out, known[phrase].family);
    buf_text(out, known[phrase].name);
    buf_text(out, known[phrase].ending);
}

const char *phrase_placeholders(enum phrase phrase) {
    return known[phrase].placeholders;
}

/* A file of phrases is read with every event that moves a notice: most are told apart by their sizes, and nothing is printed for it. */
int phrase_find(struct str name) {
    for (int i = 0; i < PHRASE_COUNT; i++) {
        const struct known *k = &known[i];
        size_t named = k->family.size + k->name.size; /* so far its name reaches */
        if (!k->asked_for || name.size != named + k->ending.size || !str_starts(name, k->family) || !str_ends(name, k->ending)) continue;
        if (str_equal(str_slice(name, k->family.size, named), k->name)) return i;
    }
    return -1;
}

/* ---- placeholders ------------------------------------------------------------------------------------------------------------------- */

void phrase_fill(struct str text, const struct filling *fillings, size_t count, struct buf *out) {
    size_t at = 0, from = 0, begin;
    for (struct str name; placeholder_next(text, &at, &begin, &name); from = at) {
        buf_text(out, str_slice(text, from, begin));
        for (size_t i = 0; i < count; i++)
            if (str_equal(name, str_from(fillings[i].name))) buf_text(out, fillings[i].value);
    }
    buf_text(out, str_slice(text, from, text.size));
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------ */

struct reading {
    const struct source *source;
    struct phrases *out;
    struct problem *problem;
};

static enum err wrong(const struct reading *r, const char *at, struct str word, const char *fix, const char *what) {
    return source_problem(r->problem, ERR_INVALID, r->source, (size_t)(at - r->source->text.at), fix, "'%.*s': %s", STR_ARGS(word), what);
}

/* `at`: where its line begins. */
static enum err keep_phrase(const struct reading *r, const char *at, struct str name, struct str text) {
    int phrase = phrase_find(name);
    if (phrase < 0) return wrong(r, at, name, "`hikeshi notice phrases` lists them", "there is no such phrase");
    if (r->out->texts[phrase].at) return wrong(r, at, name, "keep one of them", "it is there twice");
    struct str misfit; /* of "{}" it is nothing, and nowhere */
    if (!placeholders_fit(text, known[phrase].placeholders, &misfit))
        return wrong(r, misfit.size ? misfit.at - 1 : text.at, misfit, "`hikeshi notice phrases` lists those that can",
                     "it can't stand in this phrase");
    r->out->texts[phrase] = text;
    return ERR_OK;
}

/* The next "[name]" at the start of a line, and the text up to the one after it. */
static bool next_section(struct str *rest, struct str *name, struct str *text) {
    if (!str_starts(*rest, STR("["))) return false;
    struct str after, line = str_cut(*rest, '\n', &after);
    *name = str_trim(line);
    *name = str_slice(*name, 1, name->size - (str_ends(*name, STR("]")) ? 1 : 0));
    size_t end = str_starts(after, STR("[")) ? 0 : str_find(after, STR("\n["), 0);
    *text = str_trim(str_slice(after, 0, end));
    size_t next = after.size && end < after.size ? end + (str_starts(after, STR("[")) ? 0 : 1) : after.size;
    *rest = str_slice(after, next, after.size);
    return true;
}

static enum err check_whole(const struct reading *r) {
    for (int i = 0; i < PHRASE_COUNT; i++) {
        if (!known[i].asked_for || r->out->texts[i].size) continue;
        char memory[64];
        struct buf b = buf_over(memory, sizeof memory);
        phrase_name((enum phrase)i, &b);
        return source_problem(r->problem, ERR_INVALID, r->source, r->source->text.size, "add it: a language is whole, or not there",
                              "the phrase [%.*s] is missing", STR_ARGS(buf_str(&b)));
    }
    return ERR_OK;
}

enum err phrases_read(const struct source *s, struct phrases *out, struct problem *p) {
    struct reading r = {s, out, p};
    struct str name, text, rest = s->text;
    *out = (struct phrases){0};
    size_t first = str_starts(rest, STR("[")) ? 0 : str_find(rest, STR("\n["), 0) + 1;
    struct str head = str_slice(rest, 0, first), mark = STR("language = ");
    size_t at = str_find(head, mark, 0);
    if (at >= head.size) return source_problem(p, ERR_INVALID, s, 0, "begin with `language = ja`", "the language is not named");
    out->language = str_trim(str_cut(str_slice(head, at + mark.size, head.size), '\n', &name));
    rest = str_slice(rest, first, rest.size);
    for (const char *from = rest.at; next_section(&rest, &name, &text); from = rest.at) {
        enum err err = keep_phrase(&r, from, name, text);
        if (err) return err;
    }
    return check_whole(&r);
}

enum err phrases_choose(struct str bundle, struct str language, struct phrases *out, struct problem *p) {
    char memory[24];
    struct buf name = buf_over(memory, sizeof memory);
    struct str none, tag = str_cut(language, '-', &none);
    struct source file;
    buf_fmt(&name, "%.*s.txt", STR_ARGS(tag));
    if (name.overflow || !bundle_find(bundle, buf_str(&name), &file)) CHECK(bundle_find(bundle, STR("en.txt"), &file));
    return phrases_read(&file, out, p);
}
