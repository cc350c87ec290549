// SPDX-License-Identifier: Apache-2.0
/*
 * Effect A8, "mailbox": the hijacker may read the owner's mail.
 */
#include "respond/standard.h"

enum { SUSPECTED, CLEANED, RESIDUAL };

static const struct effect_state states[] = {
    [SUSPECTED] = {.name = "suspected",
                   .phase = PHASE_DISCLOSED,
                   .says = "the owner is told what to look for in his mailbox; we use another way to reach him",
                   .waits_ms = {14 * DAY_MS},
                   .notice = "mailbox"},
    [CLEANED] = {.name = "cleaned", .phase = PHASE_ACKNOWLEDGED, .says = "the owner has looked through his mailbox"},
    [RESIDUAL] = {.name = "residual", .phase = PHASE_ACKNOWLEDGED, .says = "nobody has said that the mailbox is clean; the report says so"},
};

static const struct effect_move moves[] = {
    {SUSPECTED, TRIGGER_OWNER_DONE, ANY_FATE, CLEANED},
    {SUSPECTED, TRIGGER_TIMER, ANY_FATE, RESIDUAL},
};

const struct effect_def effect_mailbox = {
    .name = "mailbox",
    .code = "A8",
    .sentence = "the hijacker may read the owner's mail",
    .found = "by a reset that he asked for, by a sweep of identity, or by the owner",
    .undone = "the owner says that he looked and found nothing, or removed it",
    .too_late = "noted in the report",
    .confirmers = "owner",
    .kinds = {KIND_PASSWORD_RESET_REQUESTED},
    .object_type = "mailbox",
    .lane = LANE_CONTACT,
    OWN_MACHINE,
};
