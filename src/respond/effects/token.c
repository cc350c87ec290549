// SPDX-License-Identifier: Apache-2.0
/*
 * Effect A6, "token": a token, grant or key was issued that outlives the session.
 *
 * Ending is all that can be done, and can be done at once: it needs no go. Contained is what a probe has seen refused, not what was
 * answered to the request.
 *
 *     ending -> probing -> dead -> proving -> verified
 */
#include "respond/standard.h"

enum { ENDING, PROBING, DEAD, PROVING, VERIFIED };

static struct str id_of(const struct effect_facts *f) {
    return f->token;
}

static const struct effect_state states[] = {
    [ENDING] = {.name = "ending", .phase = PHASE_CONTAINING, .says = "the token is being revoked", .op = &identity_contain_revoke_token},
    [PROBING] = {.name = "probing",
                 .phase = PHASE_CONTAINING,
                 .says = "the token is revoked; every place that would accept them is being tried",
                 .op = &identity_probe_revoke_token},
    [DEAD] = {.name = "dead",
              .phase = PHASE_CONFIRMED,
              .says = "the token is revoked, and nothing accepts it any more",
              .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the token is revoked; it is tried for a last time",
                 .op = &identity_probe_revoke_token},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the token is revoked; that is proven"},
};

static const struct effect_move moves[] = {
    {ENDING, TRIGGER_DONE, ANY_FATE, PROBING},    {ENDING, TRIGGER_ABSENT, ANY_FATE, PROBING},
    {ENDING, TRIGGER_PENDING, ANY_FATE, PROBING}, {PROBING, TRIGGER_DONE, ANY_FATE, DEAD},
    {PROBING, TRIGGER_ABSENT, ANY_FATE, DEAD},    {DEAD, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},  {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_token = {
    .name = "token",
    .code = "A6",
    .sentence = "a token, grant or key was issued that outlives the session",
    .found = "by the event, or by a sweep of identity",
    .undone = "refused at every resource server, and still so after the longest life of a token",
    .too_late = "refused by the not-before of the account",
    .confirmers = "system",
    .kinds = {KIND_TOKEN_CREATED},
    .object_type = "token",
    .object_id = id_of,
    .once = true,
    .lane = LANE_ACCESS,
    OWN_MACHINE,
};
