// SPDX-License-Identifier: Apache-2.0
#ifndef EVENT_CATALOGUE_H
#define EVENT_CATALOGUE_H

#include "event/event.h"

/*
 * The catalogue of this room: what fields.def and choices.def say, as tables, for those who handle fields without knowing them by name: the
 * JSON reader and writer, the rule language, the reference page.
 */

/* FIELD_session, FIELD_user_agent, ... in the order of fields.def. */
enum field {
#define TEXT(tag, member, path, size_max, sentence)   FIELD_##member,
#define NUMBER(tag, member, path, min, max, sentence) FIELD_##member,
#define MICRO(tag, member, path, min, max, sentence)  FIELD_##member,
#define CHOICE(tag, member, path, set, sentence)      FIELD_##member,
#define ALIAS(path, member)
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
    FIELD_COUNT
};

enum field_form { FORM_TEXT, FORM_NUMBER, FORM_MICRO, FORM_CHOICE };

enum strictness { STRICT, OPEN };

struct vocabulary {
    struct str name;
    enum strictness strictness;
    const struct str *words; /* words[0] is "", for NONE */
    unsigned count;          /* with words[0] */
};

struct field_info {
    struct str member; /* its name in struct event */
    struct str path;   /* relative to `data`, e.g. "geo.country" */
    struct str sentence;
    enum field_form form;
    uint8_t tag;
    uint16_t offset, present_offset; /* in struct event; present_offset of NUMBER and MICRO only */
    int64_t min, max;                /* of NUMBER and MICRO (in millionths); max of TEXT is its size */
    const struct vocabulary *set;    /* of CHOICE only */
};

extern const struct field_info fields[FIELD_COUNT];

/* The objects that members of `data` may be nested in. GROUP-less members are FLAT. */
enum nest { NEST_FLAT, NEST_GEO, NEST_ORDER, NEST_MEMBERSHIP };
#define NEST_COUNT 4

struct str nest_name(enum nest nest); /* "" for NEST_FLAT */
/* Which field is called `name` within that object; FIELD_COUNT for none. */
enum field field_from(enum nest nest, struct str name);
/* What the field is called within that object; empty where it does not stand there. */
struct str field_name(enum field field, enum nest nest);

/* The number of a word; 255 where it is none, 0 for "". */
unsigned choice_from(const struct vocabulary *set, struct str word);
struct str choice_word(const struct vocabulary *set, unsigned value);

/* Reads and sets by table. A choice is its number; a number or millionths are read only where field_is_set. */
bool field_is_set(const struct event *e, enum field field);
struct str field_text(const struct event *e, enum field field); /* FORM_TEXT */
int64_t field_number(const struct event *e, enum field field);  /* any other form */
void field_set_text(struct event *e, enum field field, struct str s);
void field_set_number(struct event *e, enum field field, int64_t value); /* and *_present */

#endif
