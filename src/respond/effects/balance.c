// SPDX-License-Identifier: Apache-2.0
/*
 * Effect B4, "balance": stored value could be spent.
 */
#include "respond/standard.h"

enum { FREEZING, FROZEN, WATCHED, PROVING, OPENING, OPEN_AGAIN };

static const struct effect_state states[] = {
    [FREEZING] = {.name = "freezing", .phase = PHASE_CONTAINING, .says = "the balance is being frozen", .op = &shop_contain_freeze_balance},
    [FROZEN] = {.name = "frozen", .phase = PHASE_CONTAINED, .says = "the balance is frozen"},
    [WATCHED] = {.name = "watched",
                 .phase = PHASE_CONFIRMED,
                 .says = "the balance is frozen until everything about it is settled",
                 .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving", .phase = PHASE_CONFIRMED, .says = "the balance is looked at", .op = &shop_probe_freeze_balance},
    [OPENING] = {.name = "opening",
                 .phase = PHASE_CONFIRMED,
                 .says = "the balance is being opened again",
                 .op = &shop_release_freeze_balance},
    [OPEN_AGAIN] = {.name = "open_again", .phase = PHASE_RESTORED, .says = "the balance can be used again"},
};

static const struct effect_move moves[] = {
    {FREEZING, TRIGGER_DONE, ANY_FATE, FROZEN},      {FREEZING, TRIGGER_PENDING, ANY_FATE, FROZEN},
    {FREEZING, TRIGGER_ABSENT, ANY_FATE, FROZEN},    {FROZEN, TRIGGER_GO, ANY_FATE, WATCHED},
    {WATCHED, TRIGGER_TIMER, ANY_FATE, PROVING},     {PROVING, TRIGGER_DONE, ANY_FATE, OPENING},
    {PROVING, TRIGGER_ABSENT, ANY_FATE, OPENING},    {OPENING, TRIGGER_DONE, ANY_FATE, OPEN_AGAIN},
    {OPENING, TRIGGER_ABSENT, ANY_FATE, OPEN_AGAIN},
};

const struct effect_def effect_balance = {
    .name = "balance",
    .code = "B4",
    .sentence = "stored value could be spent",
    .found = "always",
    .undone = "nothing was spent since, and the owner can spend again",
    .too_late = "",
    .confirmers = "system",
    .object_type = "balance",
    .always = true,
    .lane = LANE_GOODS,
    OWN_MACHINE,
    .release = &shop_release_freeze_balance,
};
