// SPDX-License-Identifier: Apache-2.0
/* Tells which factors the condition of a rule speaks of. */
#include "decide/decide.h"
#include "decide/policy.h"
#include "event/catalogue.h"
#include "score/named.h"

/* Of a field of the event that the path is made of. */
static unsigned factors_of_field(struct str path) {
    if (str_starts(path, STR("geo.")) || str_equal(path, STR("ip"))) return FACTOR(NETWORK);
    if (str_equal(path, STR("user_agent")) || str_equal(path, STR("ja4"))) return FACTOR(CLIENT);
    if (str_equal(path, STR("device"))) return FACTOR(DEVICE);
    if (str_equal(path, STR("language"))) return FACTOR(LANGUAGE);
    return str_equal(path, STR("timezone")) ? FACTOR(TIMEZONE) : 0;
}

static unsigned factors_of_operand(const struct operand *o) {
    switch (o->place) {
    case PLACE_FEATURE: return factor_of_feature(o->at);
    case PLACE_EVENT: return factors_of_field(str_slice(o->name, STR("event.").size, o->name.size));
    case PLACE_IP: return FACTOR(NETWORK);
    case PLACE_DETECTOR: return detector_names(o->at);
    case PLACE_SCORE:
    case PLACE_CHALLENGE_RATE: /* the score has reasons of its own */
    case PLACE_GROUP: break;
    }
    return 0;
}

static unsigned factors_of_instruction(const struct instruction *i) {
    switch ((enum op)i->op) {
    case OP_FEATURE_YES:
    case OP_FEATURE_COMPARE:
    case OP_FEATURE_MATCH: return factor_of_feature(i->operand);
    case OP_MATCH_OPERANDS: return factors_of_operand(&operands[i->operand]) | factors_of_operand(&operands[i->other]);
    case OP_NUMBER:
    case OP_YES:
    case OP_KNOWN:
    case OP_MATCH:
    case OP_IN_NETWORKS:
    case OP_IN_TEXTS:
    case OP_IN_NUMBERS: return factors_of_operand(&operands[i->operand]);
    case OP_CONSTANT:
    case OP_ADD:
    case OP_SUBTRACT:
    case OP_MULTIPLY:
    case OP_COMPARE:
    case OP_NOT:
    case OP_AND:
    case OP_OR:
    case OP_SKIP_IF_NO:
    case OP_SKIP_IF_YES: break;
    }
    return 0;
}

unsigned policy_rule_factors(const struct policy *p, size_t index) {
    unsigned factors = 0;
    const struct program *program = &p->rules[index].program;
    for (size_t i = 0; i < program->size; i++) factors |= factors_of_instruction(&program->code[i]);
    return factors;
}
