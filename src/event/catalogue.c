// SPDX-License-Identifier: Apache-2.0
/* Turns fields.def and choices.def into tables, and names into fields. */
#include "event/catalogue.h"

#include <string.h>

#include "base/check.h"

/* A literal as a static initializer of struct str, which a compound literal may not be. */
#define TEXT_OF(literal)                                                                                                                   \
    { "" literal, sizeof(literal) - 1 }

/* --- vocabularies: outcome_words, outcome_set, ... ---------------------------------------------------------------------------------- */

#define V(PREFIX, NAME, word) TEXT_OF(word),
#define SET(tag, PREFIX, strictness, values)                                                                                               \
    static const struct str tag##_words[] = {TEXT_OF(""), values};                                                                         \
    static const struct vocabulary tag##_set = {TEXT_OF(#tag), strictness, tag##_words, sizeof tag##_words / sizeof tag##_words[0]};
#include "event/choices.def"
#undef SET
#undef V

static const struct {
    const struct vocabulary *set;
    struct str word;
    unsigned value;
} synonyms[] = {
#define SYNONYM(tag, value, word) {&tag##_set, TEXT_OF(word), value},
#include "event/synonyms.def"
#undef SYNONYM
};

unsigned choice_from(const struct vocabulary *set, struct str word) {
    for (unsigned i = 0; i < set->count; i++)
        if (str_equal(set->words[i], word)) return i;
    for (size_t i = 0; i < sizeof synonyms / sizeof synonyms[0]; i++)
        if (synonyms[i].set == set && str_equal(synonyms[i].word, word)) return synonyms[i].value;
    return 255;
}

struct str choice_word(const struct vocabulary *set, unsigned value) {
    return value < set->count ? set->words[value] : STR("other");
}

#define V(PREFIX, NAME, word)
#define SET(tag, PREFIX, strictness, values)                                                                                               \
    struct str tag##_word(enum tag value) {                                                                                                \
        return choice_word(&tag##_set, value);                                                                                             \
    }                                                                                                                                      \
    enum tag tag##_from(struct str word) {                                                                                                 \
        return (enum tag)choice_from(&tag##_set, word);                                                                                    \
    }
#include "event/choices.def"
#undef SET
#undef V

/* --- the table of fields ------------------------------------------------------------------------------------------------------------ */

#define AT(member) offsetof(struct event, member)
const struct field_info fields[FIELD_COUNT] = {
#define TEXT(tag, member, path, size_max, sentence)                                                                                        \
    {TEXT_OF(#member), TEXT_OF(path), TEXT_OF(sentence), FORM_TEXT, tag, AT(member), 0, 0, size_max, NULL},
#define NUMBER(tag, member, path, min, max, sentence)                                                                                      \
    {TEXT_OF(#member), TEXT_OF(path), TEXT_OF(sentence), FORM_NUMBER, tag, AT(member), AT(member##_present), min, max, NULL},
#define MICRO(tag, member, path, min, max, sentence)                                                                                       \
    {TEXT_OF(#member), TEXT_OF(path), TEXT_OF(sentence), FORM_MICRO, tag, AT(member##_micro), AT(member##_present), min, max, NULL},
#define CHOICE(tag, member, path, set, sentence)                                                                                           \
    {TEXT_OF(#member), TEXT_OF(path), TEXT_OF(sentence), FORM_CHOICE, tag, AT(member), 0, 0, 255, &set##_set},
#define ALIAS(path, member)
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
};
_Static_assert(sizeof(enum outcome) == sizeof(unsigned), "choices are read and set as unsigned");

bool field_is_set(const struct event *e, enum field field) {
    const struct field_info *f = &fields[field];
    switch (f->form) {
    case FORM_TEXT: return field_text(e, field).size > 0;
    case FORM_CHOICE: return field_number(e, field) != 0;
    case FORM_NUMBER:
    case FORM_MICRO: return *((const char *)e + f->present_offset);
    }
    return false;
}

struct str field_text(const struct event *e, enum field field) {
    struct str s;
    memcpy(&s, (const char *)e + fields[field].offset, sizeof s);
    return s;
}

int64_t field_number(const struct event *e, enum field field) {
    const char *at = (const char *)e + fields[field].offset;
    int64_t number = 0;
    unsigned choice;
    if (fields[field].form != FORM_CHOICE) return memcpy(&number, at, sizeof number), number;
    memcpy(&choice, at, sizeof choice);
    return choice;
}

void field_set_text(struct event *e, enum field field, struct str s) {
    memcpy((char *)e + fields[field].offset, &s, sizeof s);
}

void field_set_number(struct event *e, enum field field, int64_t value) {
    const struct field_info *f = &fields[field];
    char *at = (char *)e + f->offset;
    if (f->form == FORM_CHOICE) {
        unsigned choice = (unsigned)value;
        memcpy(at, &choice, sizeof choice);
        return;
    }
    memcpy(at, &value, sizeof value);
    *((char *)e + f->present_offset) = true;
}

/* --- names -------------------------------------------------------------------------------------------------------------------------- */

struct str nest_name(enum nest nest) {
    switch (nest) {
    case NEST_FLAT: return STR_NONE;
    case NEST_GEO: return STR("geo");
    case NEST_ORDER: return STR("order");
    case NEST_MEMBERSHIP: return STR("membership");
    }
    return STR_NONE;
}

/*
 * Every name is compared as a literal of known size. Inlined with `size` and `prefix` constant, the compiler drops all names of another
 * size or object and turns the rest into comparisons of words: a perfect hash by size, without a generator or a table that must be filled.
 */
#define IS(path)                                                                                                                           \
    (sizeof(path) - 1 == prefix_size + size &&                                                                                             \
     (prefix_size ? __builtin_strncmp(path, prefix, prefix_size) == 0 : !__builtin_strchr(path, '.')) &&                                   \
     memcmp(&path[prefix_size], name, size) == 0)
__attribute__((always_inline)) static inline enum field match(const char *prefix, size_t prefix_size, const char *name, size_t size) {
#define TEXT(tag, member, path, size_max, sentence)                                                                                        \
    if (IS(path)) return FIELD_##member;
#define NUMBER(tag, member, path, min, max, sentence)                                                                                      \
    if (IS(path)) return FIELD_##member;
#define MICRO(tag, member, path, min, max, sentence)                                                                                       \
    if (IS(path)) return FIELD_##member;
#define CHOICE(tag, member, path, set, sentence)                                                                                           \
    if (IS(path)) return FIELD_##member;
#define ALIAS(path, member)                                                                                                                \
    if (IS(path)) return FIELD_##member;
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
    return FIELD_COUNT;
}
#undef IS

#define NAME_SIZE_MAX                                 24
#define TEXT(tag, member, path, size_max, sentence)   _Static_assert(sizeof(path) - 1 <= NAME_SIZE_MAX, "a longer name is never found");
#define NUMBER(tag, member, path, min, max, sentence) TEXT(tag, member, path, 0, sentence)
#define MICRO(tag, member, path, min, max, sentence)  TEXT(tag, member, path, 0, sentence)
#define CHOICE(tag, member, path, set, sentence)      TEXT(tag, member, path, 0, sentence)
#define ALIAS(path, member)
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS

// clang-format off
__attribute__((always_inline)) static inline enum field match_size(const char *prefix, size_t prefix_size, struct str name) {
    switch (name.size) {
#define CASE(n) case n: return match(prefix, prefix_size, name.at, n);
        CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11) CASE(12)
        CASE(13) CASE(14) CASE(15) CASE(16) CASE(17) CASE(18) CASE(19) CASE(20) CASE(21) CASE(22) CASE(23) CASE(24)
#undef CASE
    }
    return FIELD_COUNT;
}
// clang-format on

enum field field_from(enum nest nest, struct str name) {
    switch (nest) {
    case NEST_FLAT: return match_size("", 0, name);
    case NEST_GEO: return match_size("geo.", 4, name);
    case NEST_ORDER: return match_size("order.", 6, name);
    case NEST_MEMBERSHIP: return match_size("membership.", 11, name);
    }
    return FIELD_COUNT;
}

/* The rest of `path` after "nest.", or all of it where it is flat and that was asked for. */
static struct str name_in(struct str path, enum nest nest) {
    size_t dot = str_find_char(path, '.', 0);
    if (nest == NEST_FLAT) return dot == path.size ? path : STR_NONE;
    return str_equal(str_slice(path, 0, dot), nest_name(nest)) ? str_slice(path, dot + 1, path.size) : STR_NONE;
}

static const struct alias {
    struct str path;
    enum field field;
} aliases[] = {
#define TEXT(tag, member, path, size_max, sentence)
#define NUMBER(tag, member, path, min, max, sentence)
#define MICRO(tag, member, path, min, max, sentence)
#define CHOICE(tag, member, path, set, sentence)
#define ALIAS(path, member) {TEXT_OF(path), FIELD_##member},
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
};

struct str field_name(enum field field, enum nest nest) {
    struct str name = name_in(fields[field].path, nest);
    for (size_t i = 0; name.size == 0 && nest != NEST_FLAT && i < sizeof aliases / sizeof aliases[0]; i++)
        if (aliases[i].field == field) name = name_in(aliases[i].path, nest);
    return name;
}
