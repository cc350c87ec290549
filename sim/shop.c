// SPDX-License-Identifier: Apache-2.0
/*
 * The pretended shop: orders, stored value, memberships, address book, what is published. Its word on an order stops nothing in the
 * warehouse but what is not packed yet. Ledger entries are entries: asked for under another key, one is made again.
 */
#include "base/moment.h"
#include "sim/things.h"

static void hold_order(struct ask *a, struct thing *t) {
    t->held = true;
    answer_done(a);
    answer_state(a, t);
}

static void cancel_order(struct ask *a, struct thing *t) {
    if (t->fate < FATE_PACKED) {
        t->fate = FATE_CANCELLED;
        t->undone = t->stopped = true;
        t->due_ms = 0;
        news_of_fate(a->w, t, false, a->now_ms);
    }
    if (t->fate == FATE_CANCELLED) {
        answer_done(a);
    } else {
        answer_refused(a, "the order is packed already");
    }
    answer_state(a, t);
}

static bool is_cancelled(const struct thing *t) {
    return t->fate == FATE_CANCELLED;
}

static void stop_for_good(struct ask *a, struct thing *t) {
    t->closed = t->stopped = t->undone = true;
    t->in_force = false;
    answer_done(a);
    answer_state(a, t);
}

static bool is_stopped_for_good(const struct thing *t) {
    return t->closed;
}

/* ---- stored value ------------------------------------------------------------------------------------------------------------------- */

static void freeze_balance(struct ask *a, struct thing *self) {
    self->owner->balance_frozen = true;
    answer_done(a);
}

static void unfreeze_balance(struct ask *a, struct thing *self) {
    self->owner->balance_frozen = false;
    answer_done(a);
}

static bool balance_is_frozen(const struct thing *self) {
    return self->owner->balance_frozen;
}

static void reverse_credit(struct ask *a, struct thing *t) {
    struct account *owner = t->owner;
    int64_t there = owner->balance_minor < t->amount_minor ? owner->balance_minor : t->amount_minor;
    owner->balance_minor -= there;
    t->returned_minor += there;
    t->undone = true;
    t->in_force = false;
    answer_done(a);
    if (there == t->amount_minor) return;
    t->fate = FATE_PARTLY_SPENT;
    answer_state(a, t);
}

static void credit_back(struct ask *a, struct thing *t) {
    t->owner->balance_minor += t->amount_minor;
    t->returned_minor += t->amount_minor;
    t->undone = true;
    t->in_force = false;
    answer_done(a);
}

static void reverse_points(struct ask *a, struct thing *t) {
    t->undone = true;
    t->in_force = false;
    answer_done(a);
}

/* ---- codes -------------------------------------------------------------------------------------------------------------------------- */

static void block_code(struct ask *a, struct thing *t) {
    t->held = true;
    answer_done(a);
    answer_state(a, t);
}

static void cancel_code(struct ask *a, struct thing *t) {
    if (t->fate == FATE_CLAIMED) {
        answer_refused(a, "the code was redeemed already");
    } else {
        t->fate = FATE_CANCELLED;
        t->undone = true;
        t->in_force = false;
        answer_done(a);
    }
    answer_state(a, t);
}

/* ---- memberships -------------------------------------------------------------------------------------------------------------------- */

static void cancel_membership(struct ask *a, struct thing *t) {
    t->undone = true;
    t->in_force = false;
    t->due_ms = 0;
    answer_done(a);
}

static bool is_gone(const struct thing *t) {
    return !t->in_force;
}

/* Renewed every thirty days, with a charge each time, until it is stopped. */
void membership_goes_on(struct world *w, struct thing *t, int64_t now_ms) {
    if (!t->in_force || t->held) return;
    plan_thing(w, t, now_ms + 30 * DAY_MS);
}

/* ---- settings, payouts, claims ------------------------------------------------------------------------------------------------------- */

static void override_settings(struct ask *a, struct thing *self) {
    self->owner->settings_overridden = true;
    answer_done(a);
}

static void follow_settings(struct ask *a, struct thing *self) {
    self->owner->settings_overridden = false;
    answer_done(a);
}

static bool settings_are_overridden(const struct thing *self) {
    return self->owner->settings_overridden;
}

static void hold_payout(struct ask *a, struct thing *self) {
    self->owner->payouts_held = true;
    answer_done(a);
}

static void release_payout(struct ask *a, struct thing *self) {
    self->owner->payouts_held = false;
    answer_done(a);
}

static bool payouts_are_held(const struct thing *self) {
    return self->owner->payouts_held;
}

/* Which fields the hijacker saw: what the shop's access log says. */
static void scope_disclosure(struct ask *a, struct thing *t) {
    (void)t;
    answer_done(a);
    a->observed = "name, postal addresses, last four digits of cards, order history";
}

static void stop_slip(struct ask *a, struct thing *t) {
    if (t->fate == FATE_PAID) {
        answer_refused(a, "the slip was paid already");
    } else {
        t->closed = true;
        answer_done(a);
    }
    answer_state(a, t);
}

static bool always_so(const struct thing *t) {
    (void)t;
    return true;
}

const struct offer shop_offers[] = {
    {"contain", "hold_order", THING_ORDER, false, hold_order, NULL},
    {"release", "hold_order", THING_ORDER, false, offer_release, NULL},
    {"undo", "cancel_order", THING_ORDER, false, cancel_order, is_cancelled},
    {"undo", "revoke_digital", THING_ORDER, false, stop_for_good, is_stopped_for_good},
    {"undo", "cancel_service", THING_ORDER, false, stop_for_good, is_stopped_for_good},
    {"undo", "close_order", THING_ORDER, false, stop_for_good, is_stopped_for_good},
    {"contain", "freeze_balance", THING_ACCOUNT, false, freeze_balance, balance_is_frozen},
    {"release", "freeze_balance", THING_ACCOUNT, false, unfreeze_balance, balance_is_frozen},
    {"undo", "reverse_credit", THING_CREDIT, true, reverse_credit, NULL},
    {"undo", "credit_back", THING_DEBIT, true, credit_back, NULL},
    {"undo", "reverse_points", THING_POINTS, true, reverse_points, NULL},
    {"undo", "reissue_points", THING_POINTS, true, reverse_points, NULL},
    {"contain", "block_code", THING_CODE, false, block_code, NULL},
    {"release", "block_code", THING_CODE, false, offer_release, NULL},
    {"undo", "cancel_code", THING_CODE, false, cancel_code, NULL},
    {"undo", "trace_code", THING_CODE, false, stop_for_good, is_stopped_for_good},
    {"contain", "stop_membership", THING_MEMBERSHIP, false, offer_hold, NULL},
    {"release", "stop_membership", THING_MEMBERSHIP, false, offer_release, NULL},
    {"undo", "cancel_membership", THING_MEMBERSHIP, false, cancel_membership, is_gone},
    {"contain", "block_address", THING_ADDRESS, false, offer_hold, NULL},
    {"release", "block_address", THING_ADDRESS, false, offer_release, NULL},
    {"undo", "restore_address", THING_ADDRESS, false, offer_put_back, is_gone},
    {"contain", "block_payment_method", THING_CARD, false, offer_hold, NULL},
    {"release", "block_payment_method", THING_CARD, false, offer_release, NULL},
    {"undo", "restore_payment_method", THING_CARD, false, offer_put_back, is_gone},
    {"contain", "override_settings", THING_ACCOUNT, false, override_settings, settings_are_overridden},
    {"release", "override_settings", THING_ACCOUNT, false, follow_settings, NULL},
    {"undo", "restore_settings", THING_SETTING, false, offer_put_back, is_gone},
    {"contain", "hold_payout", THING_ACCOUNT, false, hold_payout, payouts_are_held},
    {"release", "hold_payout", THING_ACCOUNT, false, release_payout, payouts_are_held},
    {"undo", "restore_payout", THING_PAYOUT, false, offer_put_back, is_gone},
    {"undo", "claw_back", THING_CLAIM, true, stop_for_good, is_stopped_for_good},
    {"undo", "void_claim", THING_CLAIM, false, stop_for_good, is_stopped_for_good},
    {"contain", "unpublish", THING_CONTENT, false, offer_hold, NULL},
    {"release", "unpublish", THING_CONTENT, false, offer_release, NULL},
    {"undo", "restore_content", THING_CONTENT, false, offer_put_back, is_gone},
    {"undo", "tell_recipients", THING_CONTENT, false, offer_just_done, always_so},
    {"contain", "expire_export", THING_EXPORT, false, stop_for_good, is_stopped_for_good},
    {"undo", "scope_disclosure", THING_ACCOUNT, false, scope_disclosure, always_so},
    {"undo", "stop_slip", THING_CHARGE, false, stop_slip, is_stopped_for_good},
    {0},
};
