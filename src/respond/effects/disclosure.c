// SPDX-License-Identifier: Apache-2.0
/*
 * Effect D4, "disclosure": data of the owner were seen or exported.
 */
#include "respond/standard.h"

enum { EXPIRING, EXPIRED, SCOPING, TOLD, ACKNOWLEDGED };

static struct str id_of(const struct effect_facts *f) {
    return f->scope;
}

static const struct effect_state states[] = {
    [EXPIRING] = {.name = "expiring",
                  .phase = PHASE_CONTAINING,
                  .says = "the link to the export is being made dead",
                  .op = &shop_contain_expire_export},
    [EXPIRED] = {.name = "expired", .phase = PHASE_CONTAINED, .says = "the link to the export is dead"},
    [SCOPING] = {.name = "scoping",
                 .phase = PHASE_UNDOING,
                 .says = "it is being found out what could be seen",
                 .op = &shop_undo_scope_disclosure},
    [TOLD] = {.name = "told",
              .phase = PHASE_DISCLOSED,
              .says = "the owner is told what could be seen",
              .waits_ms = {14 * DAY_MS},
              .notice = "data_seen"},
    [ACKNOWLEDGED] = {.name = "acknowledged", .phase = PHASE_ACKNOWLEDGED, .says = "the owner was told what could be seen"},
};

static const struct effect_move moves[] = {
    {EXPIRING, TRIGGER_DONE, ANY_FATE, EXPIRED},    {EXPIRING, TRIGGER_ABSENT, ANY_FATE, EXPIRED},
    {EXPIRING, TRIGGER_PENDING, ANY_FATE, EXPIRED}, {EXPIRING, TRIGGER_REFUSED, ANY_FATE, EXPIRED},
    {EXPIRED, TRIGGER_GO, ANY_FATE, SCOPING},       {SCOPING, TRIGGER_DONE, ANY_FATE, TOLD},
    {SCOPING, TRIGGER_ABSENT, ANY_FATE, TOLD},      {SCOPING, TRIGGER_REFUSED, ANY_FATE, TOLD},
    {SCOPING, TRIGGER_PENDING, ANY_FATE, TOLD},     {TOLD, TRIGGER_OWNER_DONE, ANY_FATE, ACKNOWLEDGED},
    {TOLD, TRIGGER_TIMER, ANY_FATE, ACKNOWLEDGED},
};

const struct effect_def effect_disclosure = {
    .name = "disclosure",
    .code = "D4",
    .sentence = "data of the owner were seen or exported",
    .found = "by the event, or by a sweep of the shop",
    .undone = "it cannot be undone: the owner knows what was seen, and the link is dead",
    .too_late = "",
    .confirmers = "system and owner",
    .kinds = {KIND_DATA_EXPORTED},
    .object_type = "export",
    .object_id = id_of,
    .lane = LANE_GOODS,
    OWN_MACHINE,
};
