// SPDX-License-Identifier: Apache-2.0
/*
 * Asks every system what the shop's events did not tell. A sweep is driven like an effect, so that it is retried, becomes a person's task
 * where nobody answers, and keeps the incident open until it has been answered. It holds nothing up: its first state counts as contained.
 *
 *     sweeping --done--> quiet --10 min--> sweeping_again --done--> quiet_day --24 h--> sweeping_last --done--> swept
 *
 * Where nobody can look (refused, or a person says unable) it is swept at once. What it finds becomes effects (find.c); "looked and found
 * nothing" is written down by kind.
 */
#include "respond/sweep.h"

#include "base/moment.h"

enum { SWEEPING, QUIET, SWEEPING_AGAIN, QUIET_DAY, SWEEPING_LAST, SWEPT };

static const struct effect_move moves[] = {
    {SWEEPING, TRIGGER_DONE, ANY_FATE, QUIET},           {SWEEPING, TRIGGER_ABSENT, ANY_FATE, QUIET},
    {SWEEPING, TRIGGER_REFUSED, ANY_FATE, SWEPT},        {QUIET, TRIGGER_TIMER, ANY_FATE, SWEEPING_AGAIN},
    {SWEEPING_AGAIN, TRIGGER_DONE, ANY_FATE, QUIET_DAY}, {SWEEPING_AGAIN, TRIGGER_ABSENT, ANY_FATE, QUIET_DAY},
    {SWEEPING_AGAIN, TRIGGER_REFUSED, ANY_FATE, SWEPT},  {QUIET_DAY, TRIGGER_TIMER, ANY_FATE, SWEEPING_LAST},
    {SWEEPING_LAST, TRIGGER_DONE, ANY_FATE, SWEPT},      {SWEEPING_LAST, TRIGGER_ABSENT, ANY_FATE, SWEPT},
    {SWEEPING_LAST, TRIGGER_REFUSED, ANY_FATE, SWEPT},
};

#define SWEEP(system_name)                                                                                                                 \
    static const struct operation system_name##_look = {#system_name, "find_effects", "all"};                                              \
    static const struct effect_state system_name##_states[] = {                                                                            \
        {.name = "sweeping", .phase = PHASE_CONTAINED, .says = "it is being looked for more", .op = &system_name##_look},                  \
        {.name = "quiet", .phase = PHASE_CONFIRMED, .says = "it was looked for; once more soon", .waits_ms = {10 * MINUTE_MS}},            \
        {.name = "sweeping_again", .phase = PHASE_CONFIRMED, .says = "it is being looked for more", .op = &system_name##_look},            \
        {.name = "quiet_day", .phase = PHASE_CONFIRMED, .says = "it was looked for twice; once more in a day", .waits_ms = {DAY_MS}},      \
        {.name = "sweeping_last", .phase = PHASE_CONFIRMED, .says = "it is looked for a last time", .op = &system_name##_look},            \
        {.name = "swept", .phase = PHASE_ACKNOWLEDGED, .says = "everything was looked through"},                                           \
    };                                                                                                                                     \
    static const struct effect_def system_name##_sweep = {                                                                                 \
        .name = "sweep_" #system_name,                                                                                                     \
        .code = "S",                                                                                                                       \
        .sentence = "what else happened in " #system_name,                                                                                 \
        .found = "in every incident",                                                                                                      \
        .undone = "",                                                                                                                      \
        .too_late = "",                                                                                                                    \
        .confirmers = "system",                                                                                                            \
        .object_type = "system:" #system_name,                                                                                             \
        .always = true,                                                                                                                    \
        .lane = LANE_SWEEP,                                                                                                                \
        .states = system_name##_states,                                                                                                    \
        .state_count = sizeof system_name##_states / sizeof system_name##_states[0],                                                       \
        .moves = moves,                                                                                                                    \
        .move_count = sizeof moves / sizeof moves[0],                                                                                      \
    };
// clang-format off
SWEEP(identity)
SWEEP(shop)
SWEEP(payment)
SWEEP(warehouse)
SWEEP(carrier)
// clang-format on

const struct effect_def *const sweep_defs[SWEEP_COUNT] = {&identity_sweep, &shop_sweep, &payment_sweep, &warehouse_sweep, &carrier_sweep};
