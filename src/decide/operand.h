// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_OPERAND_H
#define DECIDE_OPERAND_H

#include "base/buf.h"
#include "base/nearest.h"
#include "enrich/features.h"
#include "score/assessment.h"

/*
 * What a rule may speak of, by name: every feature (enrich/features.def), every field of the event by its path in the contract
 * (event/fields.def, as event.PATH), every detector (detector.NAME: did it fire?), and a few of our own: score, challenge_rate_ppm, group,
 * ip.
 */
enum type { TYPE_BOOL, TYPE_NUMBER, TYPE_TEXT, TYPE_ADDRESS };

/* Three-valued truth (Kleene 1938): what was not sent or could not be looked up is unknown, and only TRUTH_YES fires a rule. */
enum truth { TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES };

/* The facts of one event that rules are run over. */
struct facts {
    const struct features *features;
    const struct assessment *assessment;
};

enum operand_place {
    PLACE_FEATURE, /* `at` is the offset in struct features */
    PLACE_EVENT,   /* `at` is an enum field */
    PLACE_IP,
    PLACE_SCORE,
    PLACE_CHALLENGE_RATE,
    PLACE_GROUP,
    PLACE_DETECTOR, /* `at` is the bit of assessment.fired */
};

struct operand {
    struct str name;
    enum type type;
    enum operand_place place;
    uint16_t at;
    struct str sentence;
};

extern const struct operand operands[]; /* in no order */
extern const size_t operand_count;
const struct operand *operand_find(struct str name); /* NULL where there is none */
void operand_offer_all(struct nearest *n);
/* Can a text operand have this value? Names with a closed vocabulary (kind, group, outcome, net, ...) have no others: a slip is found. */
bool operand_can_be(const struct operand *o, struct str word);
void operand_offer_words(const struct operand *o, struct nearest *n);
struct str type_words(enum type type); /* "a number", ... */

/* Each CHECKs the operand's type. Unknown: FEATURE_NONE, an empty text, ADDRESS_NONE; a bool is always known. */
int64_t operand_number(const struct operand *o, const struct facts *facts);
struct str operand_text(const struct operand *o, const struct facts *facts);
bool operand_yes(const struct operand *o, const struct facts *facts);
const struct address *operand_address(const struct facts *facts);
bool operand_known(const struct operand *o, const struct facts *facts);
/* The value as a sentence shows it; "unknown" where it is. */
void operand_write(const struct operand *o, const struct facts *facts, struct buf *b);

/* Facts that can be filled in, for examples: every number unknown, every text empty, every bool false, score 0. */
struct example_facts {
    struct event event;
    struct features features;
    struct assessment assessment;
    struct facts facts;
};
void example_facts_init(struct example_facts *e);
/* Sets an operand. False where it cannot hold this: a word that its vocabulary lacks, a text that is no address, `group`. */
bool example_set_number(struct example_facts *e, const struct operand *o, int64_t value);
bool example_set_text(struct example_facts *e, const struct operand *o, struct str value);
bool example_set_yes(struct example_facts *e, const struct operand *o, bool value);

/* "access", "credential", "value", "fate", "people", "label", "own", "other" */
struct str group_word(enum kind_group group);

#endif
