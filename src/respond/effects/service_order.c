// SPDX-License-Identifier: Apache-2.0
/*
 * Effect C, "service_order": a service was booked.
 */
#include "respond/standard.h"

enum { HOLDING, HELD, UNDOING, CONFIRMING, QUIET, PROVING, VERIFIED, WRITTEN_OFF };

static struct str id_of(const struct effect_facts *f) {
    return f->order;
}

static bool concerns(const struct effect_facts *f) {
    return str_equal(f->order_kind, STR("service"));
}

static const struct effect_state states[] = {
    [HOLDING] = {.name = "holding", .phase = PHASE_CONTAINING, .says = "the order is being held", .op = &shop_contain_hold_order},
    [HELD] = {.name = "held", .phase = PHASE_CONTAINED, .says = "the order is held"},
    [UNDOING] = {.name = "undoing", .phase = PHASE_UNDOING, .says = "the booking is being withdrawn", .op = &shop_undo_cancel_service},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "the booking is withdrawn; it is being looked at again",
                    .op = &shop_probe_cancel_service},
    [QUIET] = {.name = "quiet", .phase = PHASE_CONFIRMED, .says = "the booking is withdrawn, and is being watched", .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the booking is withdrawn; it is looked at for a last time",
                 .op = &shop_probe_cancel_service},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the booking is withdrawn; that is proven"},
    [WRITTEN_OFF] = {.name = "written_off",
                     .phase = PHASE_COMPENSATED,
                     .says = "the booking was used up; that is the shop's loss, not the owner's",
                     .written_off = true},
};

static const struct effect_move moves[] = {
    {HOLDING, TRIGGER_DONE, ANY_FATE, HELD},
    {HOLDING, TRIGGER_PENDING, ANY_FATE, HELD},
    {HOLDING, TRIGGER_ABSENT, ANY_FATE, HELD},
    {HOLDING, TRIGGER_REFUSED, ANY_FATE, HELD},
    {HELD, TRIGGER_GO, ANY_FATE, UNDOING},
    {UNDOING, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {UNDOING, TRIGGER_PENDING, ANY_FATE, CONFIRMING},
    {UNDOING, TRIGGER_ABSENT, ANY_FATE, CONFIRMING},
    {UNDOING, TRIGGER_REFUSED, ANY_FATE, WRITTEN_OFF},
    {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},
    {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},
    {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},
    {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_service_order = {
    .name = "service_order",
    .code = "C",
    .sentence = "a service was booked",
    .found = "by the event, or by a sweep of the shop",
    .undone = "an attempt to use it is refused",
    .too_late = "used up: the shop bears it",
    .confirmers = "system and external",
    .kinds = {KIND_ORDER_PLACED},
    .concerns = concerns,
    .object_type = "order",
    .object_id = id_of,
    .holds_order = true,
    .once = true,
    .lane = LANE_GOODS,
    OWN_MACHINE,
    .release = &shop_release_hold_order,
};
