// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_CLOCK_WORDS_H
#define NOTIFY_CLOCK_WORDS_H

#include "base/arena.h"
#include "base/source.h"

/*
 * The words of one language in which drafts are written, from a file clocks/words/TAG.toml. They are other words than an owner is told
 * (notify/phrases.h): an authority reads "the password of the account", he "your password". A language is whole, or it is refused.
 */
enum clock_word {
#define WORD(name, path, placeholders) WORD_##name,
#include "notify/clock_words.def"
#undef WORD
#define EFFECT(name) WORD_effect_##name,
#include "respond/effects.def"
#undef EFFECT
#define KIND(NAME, name, group, sentence) WORD_kind_##NAME,
#include "event/kinds.def"
#undef KIND
    WORD_COUNT
};

struct clock_words {
    struct str language;
    struct str texts[WORD_COUNT];
};

/* Texts live in `memory` or borrow from the source. */
enum err clock_words_read(struct source s, struct arena *memory, struct clock_words *out, struct problem *p) MUST_USE;
/* "effect.", "order": what it is called; empty where there is no such effect or kind. */
struct str clock_words_of(const struct clock_words *w, const char *family, struct str name);

#endif
