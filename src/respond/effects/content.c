// SPDX-License-Identifier: Apache-2.0
/*
 * Effect D2, "content": something was published or sent in the owner's name.
 */
#include "respond/standard.h"

enum { UNPUBLISHING, HIDDEN, RESTORING_TEXT, TELLING, BY_HAND, CONFIRMING, QUIET, PROVING, VERIFIED };

static struct str id_of(const struct effect_facts *f) {
    return f->content;
}

static const struct effect_state states[] = {
    [UNPUBLISHING] = {.name = "unpublishing",
                      .phase = PHASE_CONTAINING,
                      .says = "what was published is being hidden",
                      .op = &shop_contain_unpublish},
    [HIDDEN] = {.name = "hidden", .phase = PHASE_CONTAINED, .says = "what was published is hidden"},
    [RESTORING_TEXT] = {.name = "restoring_text",
                        .phase = PHASE_UNDOING,
                        .says = "what was published is being removed",
                        .op = &shop_undo_restore_content},
    [TELLING] = {.name = "telling", .phase = PHASE_UNDOING, .says = "its recipients are being told", .op = &shop_undo_tell_recipients},
    [BY_HAND] = {.name = "by_hand",
                 .phase = PHASE_TOO_LATE,
                 .says = "a person removes what was published",
                 .task = TASK_FOLLOW,
                 .task_due_ms = 8 * HOUR_MS,
                 .task_asks = "remove what was published in the owner's name",
                 .notice = "delayed"},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "what was published is gone; it is being looked at again",
                    .op = &shop_probe_restore_content},
    [QUIET] = {.name = "quiet", .phase = PHASE_CONFIRMED, .says = "what was published is gone, and is being watched", .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "what was published is gone; it is looked at for a last time",
                 .op = &shop_probe_restore_content},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "what was published is gone; that is proven"},
};

static const struct effect_move moves[] = {
    {UNPUBLISHING, TRIGGER_DONE, ANY_FATE, HIDDEN},       {UNPUBLISHING, TRIGGER_ABSENT, ANY_FATE, HIDDEN},
    {UNPUBLISHING, TRIGGER_PENDING, ANY_FATE, HIDDEN},    {HIDDEN, TRIGGER_GO, ANY_FATE, RESTORING_TEXT},
    {RESTORING_TEXT, TRIGGER_DONE, ANY_FATE, TELLING},    {RESTORING_TEXT, TRIGGER_ABSENT, ANY_FATE, TELLING},
    {RESTORING_TEXT, TRIGGER_CHANGED, ANY_FATE, BY_HAND}, {RESTORING_TEXT, TRIGGER_REFUSED, ANY_FATE, BY_HAND},
    {TELLING, TRIGGER_DONE, ANY_FATE, CONFIRMING},        {TELLING, TRIGGER_ABSENT, ANY_FATE, CONFIRMING},
    {TELLING, TRIGGER_PENDING, ANY_FATE, CONFIRMING},     {TELLING, TRIGGER_REFUSED, ANY_FATE, CONFIRMING},
    {BY_HAND, TRIGGER_DONE, ANY_FATE, CONFIRMING},        {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},
    {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},        {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},          {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_content = {
    .name = "content",
    .code = "D2",
    .sentence = "something was published or sent in the owner's name",
    .found = "by the event, or by a sweep of the shop",
    .undone = "nobody can see it, and its recipients were told to ignore it",
    .too_late = "read already: a correction goes to its readers",
    .confirmers = "system and owner",
    .kinds = {KIND_CONTENT_POSTED},
    .object_type = "content",
    .object_id = id_of,
    .lane = LANE_GOODS,
    OWN_MACHINE,
    .release = &shop_release_unpublish,
};
