// SPDX-License-Identifier: Apache-2.0
/*
 * Effect B3, "gift_code": a gift card code was issued.
 */
#include "respond/standard.h"

enum { BLOCKING, BLOCKED, CANCELLING, TRACING, WRITTEN_OFF, CONFIRMING, QUIET, PROVING, VERIFIED };

static struct str id_of(const struct effect_facts *f) {
    return f->code_ref;
}

static const struct effect_state states[] = {
    [BLOCKING] = {.name = "blocking", .phase = PHASE_CONTAINING, .says = "the code is being blocked", .op = &shop_contain_block_code},
    [BLOCKED] = {.name = "blocked", .phase = PHASE_CONTAINED, .says = "the code is blocked"},
    [CANCELLING] = {.name = "cancelling", .phase = PHASE_UNDOING, .says = "the code is being voided", .op = &shop_undo_cancel_code},
    [TRACING] = {.name = "tracing",
                 .phase = PHASE_TOO_LATE,
                 .says = "the code was redeemed; what is left of it is being frozen",
                 .op = &shop_undo_trace_code},
    [WRITTEN_OFF] = {.name = "written_off",
                     .phase = PHASE_COMPENSATED,
                     .says = "the code was used up; that is the shop's loss, not the owner's",
                     .written_off = true},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "the code is void; it is being looked at again",
                    .op = &shop_probe_cancel_code},
    [QUIET] = {.name = "quiet", .phase = PHASE_CONFIRMED, .says = "the code is void, and is being watched", .waits_ms = {DAY_MS}},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the code is void; it is looked at for a last time",
                 .op = &shop_probe_cancel_code},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "the code is void; that is proven"},
};

static const struct effect_move moves[] = {
    {BLOCKING, TRIGGER_DONE, ANY_FATE, BLOCKED},      {BLOCKING, TRIGGER_ABSENT, ANY_FATE, BLOCKED},
    {BLOCKING, TRIGGER_PENDING, ANY_FATE, BLOCKED},   {BLOCKING, TRIGGER_REFUSED, ANY_FATE, BLOCKED},
    {BLOCKED, TRIGGER_GO, FATE_CLAIMED, TRACING},     {BLOCKED, TRIGGER_GO, ANY_FATE, CANCELLING},
    {CANCELLING, TRIGGER_DONE, ANY_FATE, CONFIRMING}, {CANCELLING, TRIGGER_ABSENT, ANY_FATE, CONFIRMING},
    {CANCELLING, TRIGGER_REFUSED, ANY_FATE, TRACING}, {CANCELLING, TRIGGER_OBSERVED, FATE_CLAIMED, TRACING},
    {TRACING, TRIGGER_DONE, ANY_FATE, WRITTEN_OFF},   {TRACING, TRIGGER_REFUSED, ANY_FATE, WRITTEN_OFF},
    {TRACING, TRIGGER_ABSENT, ANY_FATE, WRITTEN_OFF}, {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},
    {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},    {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},      {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_gift_code = {
    .name = "gift_code",
    .code = "B3",
    .sentence = "a gift card code was issued",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the code is void and nothing is left on it; its charge is an effect of its own",
    .too_late = "claimed: traced to the account that redeemed it; the merchant bears what is not recovered",
    .confirmers = "system and external",
    .kinds = {KIND_GIFT_CARD_ISSUED},
    .object_type = "code",
    .object_id = id_of,
    .once = true,
    .lane = LANE_GOODS,
    OWN_MACHINE,
    .release = &shop_release_block_code,
};
