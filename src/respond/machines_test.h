// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_MACHINES_TEST_H
#define RESPOND_MACHINES_TEST_H

#include "base/moment.h"
#include "respond/catalogue.h"

/* Small definitions for the tests of the core: each shows one thing that machines do. The real ones are tested by themselves. */

#define MOVES(m)  .moves = m, .move_count = sizeof m / sizeof m[0]
#define STATES(s) .states = s, .state_count = sizeof s / sizeof s[0]
#define TEXTS     .code = "T", .sentence = "what it is", .found = "by events", .undone = "seen", .too_late = "", .confirmers = "system"

static struct str test_charge_id(const struct effect_facts *f) {
    return f->charge;
}
static struct str test_order_id(const struct effect_facts *f) {
    return f->order;
}
static struct str test_address_id(const struct effect_facts *f) {
    return f->address;
}

/* sessions: looked after in every incident; a quiet period; a probe that may find it alive. */
enum { DEAD_CONTAINING, DEAD_QUIET, DEAD_PROBING, DEAD_VERIFIED };
static const struct effect_state sessions_states[] = {
    {.name = "containing", .phase = PHASE_CONTAINING, .says = "s", .op = &identity_contain_end_sessions},
    {.name = "quiet", .phase = PHASE_CONFIRMED, .says = "s", .waits_ms = {DAY_MS}},
    {.name = "probing", .phase = PHASE_CONFIRMED, .says = "s", .op = &identity_probe_end_sessions},
    {.name = "verified", .phase = PHASE_VERIFIED, .says = "s"},
};
static const struct effect_move sessions_moves[] = {
    {DEAD_CONTAINING, TRIGGER_DONE, ANY_FATE, DEAD_QUIET},
    {DEAD_QUIET, TRIGGER_TIMER, ANY_FATE, DEAD_PROBING},
    {DEAD_PROBING, TRIGGER_DONE, ANY_FATE, DEAD_VERIFIED},
    {DEAD_PROBING, TRIGGER_ABSENT, ANY_FATE, DEAD_VERIFIED},
};
static const struct effect_def test_sessions = {.name = "sessions",
                                                TEXTS,
                                                .object_type = "sessions",
                                                .always = true,
                                                .lane = LANE_ACCESS,
                                                STATES(sessions_states),
                                                MOVES(sessions_moves)};

/* order: held at the gate; held before it is cancelled; too late when it has left. */
enum { ORDER_HOLDING, ORDER_HELD, ORDER_CANCELLING, ORDER_PROBING, ORDER_GONE, ORDER_RECALLING, ORDER_LOST };
static const struct effect_state order_states[] = {
    {.name = "holding", .phase = PHASE_CONTAINING, .says = "s", .op = &shop_contain_hold_order},
    {.name = "held", .phase = PHASE_CONTAINED, .says = "s"},
    {.name = "cancelling", .phase = PHASE_UNDOING, .says = "s", .op = &shop_undo_cancel_order},
    {.name = "probing", .phase = PHASE_CONFIRMED, .says = "s", .op = &shop_probe_cancel_order},
    {.name = "gone", .phase = PHASE_VERIFIED, .says = "s", .freed = true},
    {.name = "recalling", .phase = PHASE_TOO_LATE, .says = "s", .op = &carrier_undo_recall, .notice = "parcel_coming"},
    {.name = "lost", .phase = PHASE_ACKNOWLEDGED, .says = "s", .written_off = true, .freed = true},
};
static const struct effect_move order_moves[] = {
    {ORDER_HOLDING, TRIGGER_DONE, FATE_HANDED_OVER, ORDER_RECALLING},
    {ORDER_HOLDING, TRIGGER_DONE, ANY_FATE, ORDER_HELD},
    {ORDER_HELD, TRIGGER_GO, ANY_FATE, ORDER_CANCELLING},
    {ORDER_CANCELLING, TRIGGER_DONE, ANY_FATE, ORDER_PROBING},
    {ORDER_CANCELLING, TRIGGER_REFUSED, ANY_FATE, ORDER_RECALLING},
    {ANY_STATE, TRIGGER_OBSERVED, FATE_HANDED_OVER, ORDER_RECALLING},
    {ORDER_RECALLING, TRIGGER_DONE, ANY_FATE, ORDER_PROBING},
    {ORDER_RECALLING, TRIGGER_REFUSED, ANY_FATE, ORDER_LOST},
    {ORDER_PROBING, TRIGGER_DONE, ANY_FATE, ORDER_GONE},
    {ORDER_PROBING, TRIGGER_ABSENT, ANY_FATE, ORDER_GONE},
};
static const struct effect_def test_order = {.name = "order",
                                             TEXTS,
                                             .kinds = {KIND_ORDER_PLACED},
                                             .object_type = "order",
                                             .object_id = test_order_id,
                                             .holds_order = true,
                                             .once = true,
                                             .lane = LANE_GOODS,
                                             .release = &shop_release_hold_order,
                                             STATES(order_states),
                                             MOVES(order_moves)};

/* charge: money; pending with a timer that repeats; another rail after two people's word; waits for its sibling `topup`. */
enum { CHARGE_SEEN, CHARGE_REFUNDING, CHARGE_PENDING, CHARGE_REFUNDED, CHARGE_VERIFIED, CHARGE_ASKING, CHARGE_PAYING, CHARGE_PAID };
static const struct effect_state charge_states[] = {
    {.name = "seen", .phase = PHASE_CONTAINED, .says = "s"},
    {.name = "refunding", .phase = PHASE_UNDOING, .says = "s", .op = &payment_undo_refund},
    {.name = "pending",
     .phase = PHASE_PENDING,
     .says = "s",
     .op = &payment_read_state_refund,
     .waits_ms = {MINUTE_MS, 10 * MINUTE_MS},
     .repeats_max = 2},
    {.name = "refunded", .phase = PHASE_CONFIRMED, .says = "s", .op = &payment_probe_refund, .returned = true},
    {.name = "verified", .phase = PHASE_VERIFIED, .says = "s"},
    {.name = "asking", .phase = PHASE_TOO_LATE, .says = "s", .task = TASK_APPROVE, .task_asks = "pay by another rail?"},
    {.name = "paying", .phase = PHASE_COMPENSATING, .says = "s", .op = &payment_undo_pay_other_rail},
    {.name = "paid", .phase = PHASE_COMPENSATED, .says = "s", .compensated = true},
};
static const struct effect_move charge_moves[] = {
    {CHARGE_SEEN, TRIGGER_GO, ANY_FATE, CHARGE_REFUNDING},
    {CHARGE_REFUNDING, TRIGGER_DONE, ANY_FATE, CHARGE_REFUNDED},
    {CHARGE_REFUNDING, TRIGGER_PENDING, ANY_FATE, CHARGE_PENDING},
    {CHARGE_REFUNDING, TRIGGER_REFUSED, ANY_FATE, CHARGE_ASKING},
    {CHARGE_PENDING, TRIGGER_TIMER, ANY_FATE, CHARGE_PENDING},
    {CHARGE_PENDING, TRIGGER_OVERDUE, ANY_FATE, CHARGE_ASKING},
    {CHARGE_PENDING, TRIGGER_DONE, ANY_FATE, CHARGE_REFUNDED},
    {CHARGE_PENDING, TRIGGER_OBSERVED, FATE_REFUNDED, CHARGE_REFUNDED},
    {ANY_STATE, TRIGGER_OBSERVED, FATE_REFUND_FAILED, CHARGE_ASKING},
    {CHARGE_REFUNDED, TRIGGER_DONE, ANY_FATE, CHARGE_VERIFIED},
    {CHARGE_ASKING, TRIGGER_APPROVED, ANY_FATE, CHARGE_PAYING},
    {CHARGE_ASKING, TRIGGER_DECLINED, ANY_FATE, CHARGE_SEEN},
    {CHARGE_PAYING, TRIGGER_DONE, ANY_FATE, CHARGE_PAID},
};
static const struct effect_def test_charge = {.name = "charge",
                                              TEXTS,
                                              .kinds = {KIND_BALANCE_TOPPED_UP},
                                              .object_type = "charge",
                                              .object_id = test_charge_id,
                                              .loses = true,
                                              .once = true,
                                              .lane = LANE_CAPTURE,
                                              .waits_for = "topup",
                                              STATES(charge_states),
                                              MOVES(charge_moves)};

/* topup: must be off the balance before its charge is refunded. */
enum { TOPUP_FREEZING, TOPUP_FROZEN, TOPUP_REVERSING, TOPUP_PROBING, TOPUP_VERIFIED };
static const struct effect_state topup_states[] = {
    {.name = "freezing", .phase = PHASE_CONTAINING, .says = "s", .op = &shop_contain_freeze_balance},
    {.name = "frozen", .phase = PHASE_CONTAINED, .says = "s"},
    {.name = "reversing", .phase = PHASE_UNDOING, .says = "s", .op = &shop_undo_reverse_credit},
    {.name = "probing", .phase = PHASE_CONFIRMED, .says = "s", .op = &shop_probe_reverse_credit},
    {.name = "verified", .phase = PHASE_VERIFIED, .says = "s"},
};
static const struct effect_move topup_moves[] = {
    {TOPUP_FREEZING, TRIGGER_DONE, ANY_FATE, TOPUP_FROZEN},
    {TOPUP_FROZEN, TRIGGER_GO, ANY_FATE, TOPUP_REVERSING},
    {TOPUP_REVERSING, TRIGGER_DONE, ANY_FATE, TOPUP_PROBING},
    {TOPUP_PROBING, TRIGGER_DONE, ANY_FATE, TOPUP_VERIFIED},
};
static const struct effect_def test_topup = {.name = "topup",
                                             TEXTS,
                                             .kinds = {KIND_BALANCE_TOPPED_UP},
                                             .object_type = "topup",
                                             .object_id = test_charge_id,
                                             .lane = LANE_CAPTURE,
                                             .release = &shop_release_freeze_balance,
                                             STATES(topup_states),
                                             MOVES(topup_moves)};

/* authorisation: becomes a charge when it was captured meanwhile. */
enum { AUTH_BLOCKING, AUTH_BLOCKED, AUTH_CANCELLING, AUTH_PROBING, AUTH_VERIFIED, AUTH_CAPTURED };
static const struct effect_state auth_states[] = {
    {.name = "blocking", .phase = PHASE_CONTAINING, .says = "s", .op = &payment_contain_block_capture},
    {.name = "blocked", .phase = PHASE_CONTAINED, .says = "s"},
    {.name = "cancelling", .phase = PHASE_UNDOING, .says = "s", .op = &payment_undo_cancel_authorisation},
    {.name = "probing", .phase = PHASE_CONFIRMED, .says = "s", .op = &payment_probe_cancel_authorisation},
    {.name = "verified", .phase = PHASE_VERIFIED, .says = "s"},
    {.name = "captured", .phase = PHASE_TOO_LATE, .says = "s", .becomes = "charge", .becomes_state = "seen"},
};
static const struct effect_move auth_moves[] = {
    {AUTH_BLOCKING, TRIGGER_DONE, ANY_FATE, AUTH_BLOCKED},       {AUTH_BLOCKED, TRIGGER_GO, ANY_FATE, AUTH_CANCELLING},
    {AUTH_CANCELLING, TRIGGER_DONE, ANY_FATE, AUTH_PROBING},     {AUTH_PROBING, TRIGGER_DONE, ANY_FATE, AUTH_VERIFIED},
    {ANY_STATE, TRIGGER_OBSERVED, FATE_CAPTURED, AUTH_CAPTURED},
};
static const struct effect_def test_auth = {.name = "authorisation",
                                            TEXTS,
                                            .kinds = {KIND_ORDER_PLACED},
                                            .object_type = "charge",
                                            .object_id = test_charge_id,
                                            .lane = LANE_CAPTURE,
                                            .release = &payment_release_block_capture,
                                            STATES(auth_states),
                                            MOVES(auth_moves)};

/* address: compare and set; done again it is undone again. */
enum { ADDRESS_BLOCKING, ADDRESS_BLOCKED, ADDRESS_RESTORING, ADDRESS_PROBING, ADDRESS_VERIFIED, ADDRESS_ASKING };
static const struct effect_state address_states[] = {
    {.name = "blocking", .phase = PHASE_CONTAINING, .says = "s", .op = &shop_contain_block_address},
    {.name = "blocked", .phase = PHASE_CONTAINED, .says = "s"},
    {.name = "putting_back", .phase = PHASE_UNDOING, .says = "s", .op = &shop_undo_restore_address},
    {.name = "probing", .phase = PHASE_CONFIRMED, .says = "s", .op = &shop_probe_restore_address},
    {.name = "verified", .phase = PHASE_VERIFIED, .says = "s"},
    {.name = "asking", .phase = PHASE_ASKING, .says = "s", .task = TASK_DECIDE, .task_asks = "whose is it?", .task_due_ms = HOUR_MS},
};
static const struct effect_move address_moves[] = {
    {ADDRESS_BLOCKING, TRIGGER_DONE, ANY_FATE, ADDRESS_BLOCKED},  {ADDRESS_BLOCKED, TRIGGER_GO, ANY_FATE, ADDRESS_RESTORING},
    {ADDRESS_RESTORING, TRIGGER_DONE, ANY_FATE, ADDRESS_PROBING}, {ADDRESS_RESTORING, TRIGGER_CHANGED, ANY_FATE, ADDRESS_ASKING},
    {ADDRESS_PROBING, TRIGGER_DONE, ANY_FATE, ADDRESS_VERIFIED},  {ADDRESS_ASKING, TRIGGER_OWNER_NOT_MINE, ANY_FATE, ADDRESS_RESTORING},
};
static const struct effect_def test_address = {.name = "address",
                                               TEXTS,
                                               .kinds = {KIND_ADDRESS_CHANGED},
                                               .object_type = "address",
                                               .object_id = test_address_id,
                                               .lane = LANE_CONTACT,
                                               .release = &shop_release_block_address,
                                               STATES(address_states),
                                               MOVES(address_moves)};

#endif
