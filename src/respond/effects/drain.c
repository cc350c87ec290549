// SPDX-License-Identifier: Apache-2.0
/*
 * Effect B5, "drain": stored value was spent or moved.
 */
#include "respond/standard.h"

enum { FREEZING, FROZEN, CREDITING, CONFIRMING, QUIET, PROVING, VERIFIED, FAILED, PAYING, RAIL_FOLLOWED, PAID, COMPENSATED, FOLLOWED };

static struct str id_of(const struct effect_facts *f) {
    return f->event;
}

static const struct effect_state states[] = {
    [FREEZING] = {.name = "freezing", .phase = PHASE_CONTAINING, .says = "the balance is being frozen", .op = &shop_contain_freeze_balance},
    [FROZEN] = {.name = "frozen", .phase = PHASE_CONTAINED, .says = "the balance is frozen"},
    [CREDITING] = {.name = "crediting", .phase = PHASE_UNDOING, .says = "what was spent is being given back", .op = &shop_undo_credit_back},
    [CONFIRMING] = {.name = "confirming",
                    .phase = PHASE_CONFIRMED,
                    .says = "what was spent was given back; it is being looked at again",
                    .op = &shop_probe_credit_back},
    [QUIET] = {.name = "quiet",
               .phase = PHASE_CONFIRMED,
               .says = "what was spent is back, and is being watched",
               .waits_ms = {DAY_MS},
               .returned = true},
    [PROVING] = {.name = "proving",
                 .phase = PHASE_CONFIRMED,
                 .says = "the balance is looked at for a last time",
                 .op = &shop_probe_credit_back},
    [VERIFIED] = {.name = "verified", .phase = PHASE_VERIFIED, .says = "what was spent is back; that is proven"},
    [FAILED] = {.name = "failed",
                .phase = PHASE_TOO_LATE,
                .says = "what was spent cannot be given back to the balance; another way is being decided",
                .task = TASK_APPROVE,
                .task_due_ms = DAY_MS,
                .task_asks = "the balance cannot be credited: pay the owner by another rail?",
                .notice = "delayed"},
    [PAYING] = {.name = "paying",
                .phase = PHASE_COMPENSATING,
                .says = "what was spent is being paid another way",
                .op = &payment_undo_pay_other_rail},
    [RAIL_FOLLOWED] = {.name = "rail_followed",
                       .phase = PHASE_COMPENSATING,
                       .says = "a person asks where the amount is that was paid another way",
                       .task = TASK_FOLLOW,
                       .task_due_ms = 8 * HOUR_MS,
                       .task_asks = "find the payment by the other rail: done = it arrived, unable = it certainly never will",
                       .notice = "delayed"},
    [PAID] = {.name = "paid",
              .phase = PHASE_COMPENSATING,
              .says = "what was spent was paid another way; it is being looked at again",
              .op = &payment_probe_pay_other_rail},
    [COMPENSATED] = {.name = "compensated",
                     .phase = PHASE_COMPENSATED,
                     .says = "what was spent was paid another way; that is proven",
                     .compensated = true},
    [FOLLOWED] = {.name = "followed",
                  .phase = PHASE_PENDING,
                  .says = "a person gives back what was spent",
                  .task = TASK_FOLLOW,
                  .task_due_ms = 8 * HOUR_MS,
                  .task_asks = "give the spent balance back by hand",
                  .notice = "delayed"},
};

static const struct effect_move moves[] = {
    {FREEZING, TRIGGER_DONE, ANY_FATE, FROZEN},
    {FREEZING, TRIGGER_PENDING, ANY_FATE, FROZEN},
    {FREEZING, TRIGGER_ABSENT, ANY_FATE, FROZEN},
    {FROZEN, TRIGGER_GO, ANY_FATE, CREDITING},
    {CREDITING, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {CREDITING, TRIGGER_PENDING, ANY_FATE, CONFIRMING},
    {CREDITING, TRIGGER_REFUSED, ANY_FATE, FAILED},
    {CREDITING, TRIGGER_ABSENT, ANY_FATE, FAILED},
    {FAILED, TRIGGER_APPROVED, ANY_FATE, PAYING},
    {FAILED, TRIGGER_DECLINED, ANY_FATE, FOLLOWED},
    {PAYING, TRIGGER_DONE, ANY_FATE, PAID},
    {PAYING, TRIGGER_PENDING, ANY_FATE, PAID},
    /* Neither it nor the credit is sent once more by itself. */
    {PAID, TRIGGER_FOUND_AGAIN, ANY_FATE, RAIL_FOLLOWED},
    {RAIL_FOLLOWED, TRIGGER_DONE, ANY_FATE, PAID},
    {RAIL_FOLLOWED, TRIGGER_REFUSED, ANY_FATE, FAILED},
    {PAYING, TRIGGER_REFUSED, ANY_FATE, FAILED},
    {PAID, TRIGGER_DONE, ANY_FATE, COMPENSATED},
    {FOLLOWED, TRIGGER_DONE, ANY_FATE, CONFIRMING},
    {CONFIRMING, TRIGGER_DONE, ANY_FATE, QUIET},
    {CONFIRMING, TRIGGER_ABSENT, ANY_FATE, QUIET},
    {QUIET, TRIGGER_TIMER, ANY_FATE, PROVING},
    {PROVING, TRIGGER_DONE, ANY_FATE, VERIFIED},
    {PROVING, TRIGGER_ABSENT, ANY_FATE, VERIFIED},
};

const struct effect_def effect_drain = {
    .name = "drain",
    .code = "B5",
    .sentence = "stored value was spent or moved",
    .found = "by the event, or by a sweep of the shop",
    .undone = "the balance, replayed from its entries, is the one from before",
    .too_late = "paid another way",
    .confirmers = "system and two people",
    .kinds = {KIND_BALANCE_SPENT},
    .object_type = "debit",
    .object_id = id_of,
    .loses = true,
    .once = true,
    .lane = LANE_GOODS,
    OWN_MACHINE,
    .release = &shop_release_freeze_balance,
};
