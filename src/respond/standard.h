// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_STANDARD_H
#define RESPOND_STANDARD_H

#include "base/moment.h"
#include "respond/effect.h"

/*
 * The machine that most effects share: something can be stopped, put back by compare-and-set, and looked at with other eyes.
 *
 *     containing -> held -go-> undoing -> confirming -> quiet -> proving -> verified
 *                                |  \-> pending (read again and again) -> confirming | overdue -> followed
 *                                |-> asking (it is not as the hijacker left it) -> by_hand -> confirming
 *                                \-> by_hand (cannot be undone by machine)
 * A probe that sees it alive leads back to containing (TRIGGER_FOUND_AGAIN, respond/machine.c).
 */
enum standard_state {
    STANDARD_CONTAINING,
    STANDARD_HELD,
    STANDARD_UNDOING,
    STANDARD_PENDING,
    STANDARD_CONFIRMING,
    STANDARD_QUIET,
    STANDARD_PROVING,
    STANDARD_VERIFIED,
    STANDARD_ASKING,
    STANDARD_BY_HAND,
    STANDARD_FOLLOWED,
    STANDARD_COUNT
};

/* When a counterpart that said "later" is asked again. */
#define READ_AGAIN                                                                                                                         \
    { MINUTE_MS, 10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, DAY_MS }

/* Of `noun` ("the address"); contain, undo, read and look are operations; quiet_ms how long it must stay undone. */
#define STANDARD_STATES(noun, contain, undo, read, look, quiet_ms)                                                                         \
    [STANDARD_CONTAINING] = {.name = "containing", .phase = PHASE_CONTAINING, .says = noun " is being secured", .op = contain},            \
    [STANDARD_HELD] = {.name = "held", .phase = PHASE_CONTAINED, .says = noun " is secured"},                                              \
    [STANDARD_UNDOING] = {.name = "undoing", .phase = PHASE_UNDOING, .says = noun " is being put back as it was", .op = undo},             \
    [STANDARD_PENDING] = {.name = "pending",                                                                                               \
                          .phase = PHASE_PENDING,                                                                                          \
                          .says = "putting " noun " back was accepted and is under way",                                                   \
                          .op = read,                                                                                                      \
                          .waits_ms = READ_AGAIN,                                                                                          \
                          .repeats_max = 7},                                                                                               \
    [STANDARD_CONFIRMING] = {.name = "confirming",                                                                                         \
                             .phase = PHASE_CONFIRMED,                                                                                     \
                             .says = noun " is as it was; it is being looked at again",                                                    \
                             .op = look},                                                                                                  \
    [STANDARD_QUIET] = {.name = "quiet",                                                                                                   \
                        .phase = PHASE_CONFIRMED,                                                                                          \
                        .says = noun " is as it was, and is being watched",                                                                \
                        .waits_ms = {quiet_ms}},                                                                                           \
    [STANDARD_PROVING] = {.name = "proving", .phase = PHASE_CONFIRMED, .says = noun " is looked at for a last time", .op = look},          \
    [STANDARD_VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = noun " is as it was; that is proven"},                     \
    [STANDARD_ASKING] = {.name = "asking",                                                                                                 \
                         .phase = PHASE_ASKING,                                                                                            \
                         .says = noun " is not as the hijacker left it; somebody must say what is right",                                  \
                         .task = TASK_DECIDE,                                                                                              \
                         .task_due_ms = 4 * HOUR_MS,                                                                                       \
                         .task_asks = noun " is not as the hijacker left it: is what is there now his, or the owner's?",                   \
                         .notice = "ask"},                                                                                                 \
    [STANDARD_BY_HAND] = {.name = "by_hand",                                                                                               \
                          .phase = PHASE_TOO_LATE,                                                                                         \
                          .says = noun " is being put right by a person",                                                                  \
                          .task = TASK_FOLLOW,                                                                                             \
                          .task_due_ms = 4 * HOUR_MS,                                                                                      \
                          .task_asks = "put " noun " right by hand, as it was before the attack",                                          \
                          .notice = "delayed"},                                                                                            \
    [STANDARD_FOLLOWED] = {.name = "followed",                                                                                             \
                           .phase = PHASE_PENDING,                                                                                         \
                           .says = "putting " noun " back takes longer than it should; a person sees to it",                               \
                           .task = TASK_FOLLOW,                                                                                            \
                           .task_due_ms = 8 * HOUR_MS,                                                                                     \
                           .task_asks = "ask the counterpart why " noun " is not back yet, and see that it is",                            \
                           .notice = "delayed"}

extern const struct effect_move standard_moves[];

/* The last lines of a definition with this machine. */
#define STANDARD_MACHINE    .states = states, .state_count = STANDARD_COUNT, .moves = standard_moves, .move_count = STANDARD_MOVE_COUNT
#define STANDARD_MOVE_COUNT 22

/* A machine of its own. */
#define OWN_MACHINE                                                                                                                        \
    .states = states, .state_count = sizeof states / sizeof states[0], .moves = moves, .move_count = sizeof moves / sizeof moves[0]

#endif
