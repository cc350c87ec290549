// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_PHRASES_H
#define NOTIFY_PHRASES_H

#include "base/buf.h"
#include "base/source.h"

/*
 * The phrases of one language, from a file of docs/formats/phrases.md:
 *
 *     language = ja
 *     [first.title]
 *     【重要】...（受付番号 {case}）
 *
 * A file that lacks a phrase, has one that nobody asks for, or names a placeholder that the phrase cannot have is refused with its place: a
 * language is whole, or it is not there.
 */
enum phrase {
#define PHRASE(name, placeholders) PHRASE_##name,
#include "notify/phrases.def"
#undef PHRASE
#define NOTICE(audience, subject, sentence) PHRASE_title_##audience##_##subject, PHRASE_text_##audience##_##subject,
#include "notify/notices.def"
#include "respond/notices.def"
#undef NOTICE
#define EFFECT(name) PHRASE_what_##name,
#include "respond/effects.def"
#undef EFFECT
    PHRASE_COUNT
};

struct phrases {
    struct str language;
    struct str texts[PHRASE_COUNT];
};

enum err phrases_read(const struct source *s, struct phrases *out, struct problem *p) MUST_USE;
/* The languages that ship with the binary: a bundle (base/bundle.h) of such files, "en.txt". */
struct str phrases_built_in(void);
/* Of a bundle, those of the language that a person has ("ja-JP": ja), English where there is none of his. */
enum err phrases_choose(struct str bundle, struct str language, struct phrases *out, struct problem *p) MUST_USE;
/* What people other than the owner get has no phrases: false. */
bool phrase_is_asked_for(enum phrase phrase);
/* "first.title", "what.order", "line" */
void phrase_name(enum phrase phrase, struct buf *out);
/* Those that it may have, with blanks between. */
const char *phrase_placeholders(enum phrase phrase);
/* -1: there is none of that name. */
int phrase_find(struct str name);

/* What stands for {name}. */
struct filling {
    const char *name;
    struct str value;
};
/* A placeholder without a filling stays empty. */
void phrase_fill(struct str text, const struct filling *fillings, size_t count, struct buf *out);

#endif
