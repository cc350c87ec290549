// SPDX-License-Identifier: Apache-2.0
/*
 * Effect A5, "sessions": somebody else was logged in.
 *
 * Ending is all that can be done, and can be done at once: it needs no go. Contained is what a probe has seen refused, not what was
 * answered to the request.
 *
 *     ending -> probing -> dead -> proving -> verified
 */
#include "respond/standard.h"

enum { ENDING, PROBING, DEAD, PROVING, VERIFIED };

static const struct effect_state states[] = {
    [ENDING] = {.name = "ending", .phase = PHASE_CONTAINING, .says = "the sessions are being ended", .op = &identity_contain_end_sessions},
    [PROBING] = {.name = "probing",
                 .phase = PHASE_CONTAINING,
                 .says = "the sessions are ended; every place that would accept them is being tried",
                 .op = &identity_probe_end_sessions},
    [DEAD] = {.name = "dead",
              .phase = PHASE_CONFIRMED,
              .says = "the sessions are ended, and nothing accepts them any more",
              .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the sessions are ended; it is tried for a last time",
                 .op = &identity_probe_end_sessions},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the sessions are ended; that is proven"},
};

static const struct effect_move moves[] = {
    {ENDING, TRIGGER_DONE, ANY_FATE, PROBING},    {ENDING, TRIGGER_ABSENT, ANY_FATE, PROBING},
    {ENDING, TRIGGER_PENDING, ANY_FATE, PROBING}, {PROBING, TRIGGER_DONE, ANY_FATE, DEAD},
    {PROBING, TRIGGER_ABSENT, ANY_FATE, DEAD},    {DEAD, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},  {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_sessions = {
    .name = "sessions",
    .code = "A5",
    .sentence = "somebody else was logged in",
    .found = "always; by the login",
    .undone = "refused at every resource server, and still so after the longest life of a token",
    .too_late = "refused by the not-before of the account",
    .confirmers = "system",
    .kinds = {KIND_LOGIN},
    .object_type = "sessions",
    .always = true,
    .lane = LANE_ACCESS,
    OWN_MACHINE,
};
