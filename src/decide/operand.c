// SPDX-License-Identifier: Apache-2.0
/* Names everything that a rule may speak of, and reads it out of the facts. */
#include "decide/operand.h"

#include <stddef.h>
#include <string.h>

#include "base/check.h"
#include "event/catalogue.h"

/* The bit of assessment.fired that stands for a detector: its place in the list. */
enum {
#define DETECTOR(name) BIT_##name,
#include "score/detectors.def"
#undef DETECTOR
    BIT_COUNT
};
_Static_assert(BIT_COUNT <= 8 * sizeof((struct assessment){0}.fired), "assessment.fired has a bit per detector");

/* clang-format off */
#define TEXT_OF(literal) {literal, sizeof(literal) - 1}
#define OPERAND(name_of, type_of, place_of, index, text) \
    {.name = TEXT_OF(name_of), .type = type_of, .place = place_of, .at = index, .sentence = TEXT_OF(text)},

const struct operand operands[] = {
    OPERAND("score", TYPE_NUMBER, PLACE_SCORE, 0, "score of the event, 0 to 1000: 900 is reached by 0.1 % of owners' logins")
    OPERAND("challenge_rate_ppm", TYPE_NUMBER, PLACE_CHALLENGE_RATE, 0, "owners' logins that score at least this, per million")
    OPERAND("group", TYPE_TEXT, PLACE_GROUP, 0, "group of the kind: access, credential, value, fate, people, label, own, other")
    OPERAND("ip", TYPE_ADDRESS, PLACE_IP, 0, "address of the client")

#define INT  TYPE_NUMBER
#define BOOL TYPE_BOOL
#define TEXT TYPE_TEXT
#define FEATURE(type_of, member, unit, text) OPERAND(#member, type_of, PLACE_FEATURE, offsetof(struct features, member), text)
#include "enrich/features.def"
#undef FEATURE
#undef INT
#undef BOOL
#undef TEXT

#define DETECTOR(name) \
    OPERAND("detector." #name, TYPE_BOOL, PLACE_DETECTOR, BIT_##name, "at most 5 % of owners' logins measure as much")
#include "score/detectors.def"
#undef DETECTOR

#define TEXT(tag, member, path, size_max, text)   OPERAND("event." path, TYPE_TEXT, PLACE_EVENT, FIELD_##member, text)
#define NUMBER(tag, member, path, min, max, text) OPERAND("event." path, TYPE_NUMBER, PLACE_EVENT, FIELD_##member, text)
#define MICRO(tag, member, path, min, max, text)
#define CHOICE(tag, member, path, set, text)      OPERAND("event." path, TYPE_TEXT, PLACE_EVENT, FIELD_##member, text)
#define ALIAS(path, member)
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
};
/* clang-format on */
const size_t operand_count = sizeof operands / sizeof operands[0];

const struct operand *operand_find(struct str name) {
    for (size_t i = 0; i < operand_count; i++)
        if (str_equal(operands[i].name, name)) return &operands[i];
    return NULL;
}

void operand_offer_all(struct nearest *n) {
    for (size_t i = 0; i < operand_count; i++) nearest_offer(n, operands[i].name);
}

struct str type_words(enum type type) {
    switch (type) {
    case TYPE_BOOL: return STR("yes or no");
    case TYPE_NUMBER: return STR("a number");
    case TYPE_TEXT: return STR("a text");
    case TYPE_ADDRESS: return STR("an address");
    }
    return STR_NONE;
}

struct str group_word(enum kind_group group) {
    switch (group) {
    case GROUP_NONE: return STR("other");
    case GROUP_ACCESS: return STR("access");
    case GROUP_CREDENTIAL: return STR("credential");
    case GROUP_VALUE: return STR("value");
    case GROUP_FATE: return STR("fate");
    case GROUP_PEOPLE: return STR("people");
    case GROUP_LABEL: return STR("label");
    case GROUP_OWN: return STR("own");
    }
    return STR_NONE;
}

/* ---- vocabularies ------------------------------------------------------------------------------------------------------------------- */

/* Features that repeat a choice of the event are called as its vocabulary is. */
static const struct vocabulary *vocabulary_of(const struct operand *o) {
    if (o->place == PLACE_EVENT) return fields[o->at].set;
    for (size_t i = 0; o->place == PLACE_FEATURE && i < FIELD_COUNT; i++)
        if (fields[i].set && str_equal(fields[i].set->name, o->name)) return fields[i].set;
    return NULL;
}

static bool is_kind(const struct operand *o) {
    return o->place == PLACE_FEATURE && o->at == offsetof(struct features, kind);
}

/* The words of the operand's closed vocabulary, by place; false behind the last. An operand without one has none. */
static bool word_at(const struct operand *o, size_t index, struct str *out) {
    const struct vocabulary *set = vocabulary_of(o);
    size_t count = is_kind(o) ? KIND_COUNT : o->place == PLACE_GROUP ? GROUP_OWN + 1 : set ? set->count - 1 + (set->strictness == OPEN) : 0;
    if (index >= count) return false;
    *out = is_kind(o)                ? kind_name((enum kind)index)
           : o->place == PLACE_GROUP ? group_word((enum kind_group)index)
           : index + 1 < set->count  ? set->words[index + 1]
                                     : STR("other");
    return true;
}

bool operand_can_be(const struct operand *o, struct str word) {
    struct str possible;
    size_t i = 0;
    for (; word_at(o, i, &possible); i++)
        if (str_equal(possible, word)) return true;
    return i == 0;
}

void operand_offer_words(const struct operand *o, struct nearest *n) {
    struct str word;
    for (size_t i = 0; word_at(o, i, &word); i++) nearest_offer(n, word);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------ */

static const void *feature_of(const struct operand *o, const struct facts *facts) {
    return (const char *)facts->features + o->at;
}

int64_t operand_number(const struct operand *o, const struct facts *facts) {
    CHECK(o->type == TYPE_NUMBER);
    if (o->place == PLACE_FEATURE) return *(const int64_t *)feature_of(o, facts);
    if (o->place == PLACE_SCORE) return facts->assessment->score;
    if (o->place == PLACE_CHALLENGE_RATE) return facts->assessment->challenge_rate_ppm;
    const struct event *e = facts->features->event;
    return field_is_set(e, o->at) ? field_number(e, o->at) : FEATURE_NONE;
}

struct str operand_text(const struct operand *o, const struct facts *facts) {
    CHECK(o->type == TYPE_TEXT);
    if (o->place == PLACE_FEATURE) return *(const struct str *)feature_of(o, facts);
    const struct event *e = facts->features->event;
    if (o->place == PLACE_GROUP) return group_word(kind_group(e->kind));
    const struct vocabulary *set = fields[o->at].set;
    return set ? choice_word(set, (unsigned)field_number(e, o->at)) : field_text(e, o->at);
}

bool operand_yes(const struct operand *o, const struct facts *facts) {
    CHECK(o->type == TYPE_BOOL);
    if (o->place == PLACE_DETECTOR) return facts->assessment->fired >> o->at & 1;
    return *(const bool *)feature_of(o, facts);
}

const struct address *operand_address(const struct facts *facts) {
    return &facts->features->event->ip;
}

bool operand_known(const struct operand *o, const struct facts *facts) {
    switch (o->type) {
    case TYPE_BOOL: return true;
    case TYPE_NUMBER: return operand_number(o, facts) != FEATURE_NONE;
    case TYPE_TEXT: return operand_text(o, facts).size > 0;
    case TYPE_ADDRESS: return operand_address(facts)->family != ADDRESS_NONE;
    }
    return false;
}

void operand_write(const struct operand *o, const struct facts *facts, struct buf *b) {
    if (!operand_known(o, facts)) {
        buf_text(b, STR("unknown"));
        return;
    }
    switch (o->type) {
    case TYPE_BOOL: buf_text(b, operand_yes(o, facts) ? STR("yes") : STR("no")); break;
    case TYPE_NUMBER: buf_i64(b, operand_number(o, facts)); break;
    case TYPE_TEXT: buf_text(b, operand_text(o, facts)); break;
    case TYPE_ADDRESS: address_format(b, operand_address(facts)); break;
    }
}

/* ---- examples ----------------------------------------------------------------------------------------------------------------------- */

static void *feature_in(struct example_facts *e, const struct operand *o) {
    return (char *)&e->features + o->at;
}

void example_facts_init(struct example_facts *e) {
    memset(e, 0, sizeof *e);
    e->features.event = &e->event;
    e->features.kind = kind_name(e->event.kind);
    for (size_t i = 0; i < operand_count; i++) {
        const struct operand *o = &operands[i];
        if (o->place == PLACE_FEATURE && o->type == TYPE_NUMBER) *(int64_t *)feature_in(e, o) = FEATURE_NONE;
    }
    e->facts = (struct facts){&e->features, &e->assessment};
}

static bool set_assessment(struct example_facts *e, const struct operand *o, int64_t value) {
    bool is_score = o->place == PLACE_SCORE;
    if (value < 0 || value > (is_score ? 1000 : 1000000)) return false;
    if (is_score) e->assessment.score = (uint16_t)value;
    else e->assessment.challenge_rate_ppm = (uint32_t)value;
    return true;
}

bool example_set_number(struct example_facts *e, const struct operand *o, int64_t value) {
    if (o->type != TYPE_NUMBER) return false;
    if (o->place == PLACE_SCORE || o->place == PLACE_CHALLENGE_RATE) return set_assessment(e, o, value);
    if (o->place == PLACE_FEATURE) *(int64_t *)feature_in(e, o) = value;
    else field_set_number(&e->event, o->at, value);
    return true;
}

bool example_set_text(struct example_facts *e, const struct operand *o, struct str value) {
    if (o->type == TYPE_ADDRESS) return address_parse(value, &e->event.ip);
    if (o->type != TYPE_TEXT || o->place == PLACE_GROUP || !operand_can_be(o, value)) return false;
    if (is_kind(o)) e->event.kind = kind_from(value); /* from which the group follows */
    if (o->place == PLACE_FEATURE) *(struct str *)feature_in(e, o) = value;
    else if (fields[o->at].set) field_set_number(&e->event, o->at, choice_from(fields[o->at].set, value));
    else field_set_text(&e->event, o->at, value);
    return true;
}

bool example_set_yes(struct example_facts *e, const struct operand *o, bool value) {
    if (o->type != TYPE_BOOL) return false;
    if (o->place == PLACE_FEATURE) *(bool *)feature_in(e, o) = value;
    else if (value) e->assessment.fired |= 1U << o->at;
    else e->assessment.fired &= ~(1U << o->at);
    return true;
}
