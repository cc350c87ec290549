// SPDX-License-Identifier: Apache-2.0
/*
 * The pretended payment provider with its card network and bank.
 *
 *     authorised -> captured (in the evening, if the gate lets it) -> refund_pending -> refunded -> with the bank's reference -> settled
 *     authorised -> voided                                                           -> refund_failed
 *     any charge -> disputed
 *
 * A refund under another key is another refund: it moves the money again, as real providers do where the sum is not watched.
 */
#include "base/moment.h"
#include "sim/things.h"

#define CAPTURE_HOUR_MS (11 * HOUR_MS) /* 20 o'clock in Tokyo */
#define ASKS_AGAIN_MS   (1 * HOUR_MS)

int64_t payment_capture_ms(int64_t now_ms) {
    int64_t at_ms = now_ms - now_ms % DAY_MS + CAPTURE_HOUR_MS;
    return at_ms > now_ms ? at_ms : at_ms + DAY_MS;
}

static void name_reference(struct world *w, struct thing *t) {
    (void)snprintf(t->reference, sizeof t->reference, "745376%011llu%06u", (unsigned long long)++w->number,
                   (unsigned)world_draw(w, 1000000));
}

static void block_capture(struct ask *a, struct thing *t) {
    t->held = true;
    answer_done(a);
    answer_state(a, t);
}

static void release_capture(struct ask *a, struct thing *t) {
    t->held = false;
    if (t->fate == FATE_AUTHORISED) plan_thing(a->w, t, payment_capture_ms(a->now_ms));
    answer_done(a);
    answer_state(a, t);
}

static void cancel_authorisation(struct ask *a, struct thing *t) {
    if (t->fate == FATE_AUTHORISED) {
        t->fate = FATE_VOIDED;
        t->undone = true;
        t->due_ms = 0;
        name_reference(a->w, t);
        news_of_fate(a->w, t, true, a->now_ms + SECOND_MS);
    }
    if (t->fate == FATE_VOIDED) {
        answer_done(a);
    } else {
        answer_refused(a, "the charge is not authorised only any more");
    }
    answer_state(a, t);
}

static bool was_captured(const struct thing *t) {
    return t->fate == FATE_CAPTURED || t->fate == FATE_REFUND_PENDING || t->fate == FATE_REFUNDED || t->fate == FATE_SETTLED;
}

/* Minutes to a day until the money has left; another day or two until the bank names it; then settlement. */
static void refund(struct ask *a, struct thing *t) {
    if (!was_captured(t)) {
        answer_refused(a, t->fate == FATE_DISPUTED ? "the charge is disputed" : "nothing was captured that could be given back");
        answer_state(a, t);
        return;
    }
    t->returned_minor += t->amount_minor;
    t->undone = true;
    t->fate = FATE_REFUND_PENDING;
    plan_thing(a->w, t, a->now_ms + MINUTE_MS + (int64_t)world_draw(a->w, 20 * 60) * MINUTE_MS);
    answer_pending(a);
    answer_state(a, t);
}

static void pay_other_rail(struct ask *a, struct thing *t) {
    t->returned_minor += t->amount_minor;
    t->undone = t->closed = true;
    name_reference(a->w, t);
    answer_done(a);
    a->reference = str_from(t->reference);
}

static void accept_dispute(struct ask *a, struct thing *t) {
    if (t->fate != FATE_DISPUTED) {
        answer_refused(a, "there is no dispute");
        answer_state(a, t);
        return;
    }
    if (!t->closed) t->returned_minor += t->amount_minor;
    t->closed = t->undone = true;
    if (!t->reference[0]) name_reference(a->w, t);
    plan_thing(a->w, t, a->now_ms + 2 * DAY_MS);
    answer_done(a);
    answer_state(a, t);
}

static bool is_voided(const struct thing *t) {
    return t->fate == FATE_VOIDED;
}

static bool is_refunded(const struct thing *t) {
    return t->fate == FATE_REFUNDED || (t->fate == FATE_SETTLED && t->returned_minor > 0);
}

static bool is_paid_out(const struct thing *t) {
    return t->closed;
}

const struct offer payment_offers[] = {
    {"contain", "block_capture", THING_CHARGE, false, block_capture, NULL},
    {"release", "block_capture", THING_CHARGE, false, release_capture, NULL},
    {"undo", "cancel_authorisation", THING_CHARGE, false, cancel_authorisation, is_voided},
    {"undo", "refund", THING_CHARGE, true, refund, is_refunded},
    {"undo", "pay_other_rail", THING_CHARGE, true, pay_other_rail, is_paid_out},
    {"undo", "accept_dispute", THING_CHARGE, false, accept_dispute, is_paid_out},
    {"undo", "send_issuer_pack", THING_CHARGE, false, offer_just_done, NULL},
    {0},
};

/* ---- what time brings --------------------------------------------------------------------------------------------------------------- */

static void capture(struct world *w, struct thing *t, int64_t now_ms, const struct world_gate *gate) {
    if (t->held) return;
    bool asks = t->order[0] && gate && gate->ask;
    if (asks && !gate->ask(gate->context, str_from(t->order), "capture")) {
        t->refused = "capture";
        plan_thing(w, t, now_ms + ASKS_AGAIN_MS);
        return;
    }
    t->fate = FATE_CAPTURED;
    news_of_fate(w, t, true, now_ms);
}

static void end_refund(struct world *w, struct thing *t, int64_t now_ms) {
    t->fate = t->will_fail ? FATE_REFUND_FAILED : FATE_REFUNDED;
    if (t->will_fail) {
        t->returned_minor -= t->amount_minor;
        t->undone = false;
    } else {
        plan_thing(w, t, now_ms + DAY_MS + (int64_t)world_draw(w, 24) * HOUR_MS);
    }
    news_of_fate(w, t, true, now_ms);
}

void payment_goes_on(struct world *w, struct thing *t, int64_t now_ms, const struct world_gate *gate) {
    if (t->fate == FATE_AUTHORISED) {
        capture(w, t, now_ms, gate);
    } else if (t->fate == FATE_REFUND_PENDING) {
        end_refund(w, t, now_ms);
    } else if (t->fate == FATE_REFUNDED && !t->reference[0]) {
        name_reference(w, t);
        plan_thing(w, t, now_ms + 2 * DAY_MS);
        news_of_fate(w, t, true, now_ms);
    } else if (t->fate == FATE_REFUNDED || (t->fate == FATE_DISPUTED && t->closed)) {
        t->fate = FATE_SETTLED;
        news_of_fate(w, t, true, now_ms);
    }
}
