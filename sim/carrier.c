// SPDX-License-Identifier: Apache-2.0
/* The pretended carrier: scans, recalls, the owner's door, pick-ups. It keeps no keys: a recall that is sent twice is made twice. */
#include "base/moment.h"
#include "sim/things.h"

/* Accepted recalls and pick-ups come back in one to three days. */
static void send_back(struct ask *a, struct thing *t) {
    t->stopped = true;
    t->undone = true;
    plan_thing(a->w, t, a->now_ms + DAY_MS + (int64_t)world_draw(a->w, 2 * 24) * HOUR_MS);
    answer_pending(a);
    answer_state(a, t);
}

static void recall(struct ask *a, struct thing *t) {
    if (t->fate == FATE_RETURNED) {
        answer_done(a);
        answer_state(a, t);
        return;
    }
    if (t->fate != FATE_HANDED_OVER || t->will_fail) {
        answer_refused(a, t->will_fail ? "the carrier does not recall this parcel" : "the parcel cannot be recalled in this state");
        answer_state(a, t);
        return;
    }
    send_back(a, t);
}

static void book_pickup(struct ask *a, struct thing *t) {
    if (t->fate == FATE_RETURNED) {
        answer_done(a);
        answer_state(a, t);
        return;
    }
    if (t->fate != FATE_DELIVERED) {
        answer_refused(a, "nothing was delivered that could be fetched");
        answer_state(a, t);
        return;
    }
    send_back(a, t);
}

static bool is_back(const struct thing *t) {
    return t->fate == FATE_RETURNED;
}

const struct offer carrier_offers[] = {
    {"undo", "recall", THING_ORDER, true, recall, is_back},
    {"undo", "book_pickup", THING_ORDER, true, book_pickup, is_back},
    {0},
};

/* The owner who was told refuses what he did not order; of the others every second one does. What he did order he takes. */
static bool is_refused_at_door(struct world *w, const struct thing *t) {
    return t->hostile && (t->owner->told || world_draw(w, 2) == 0);
}

void carrier_goes_on(struct world *w, struct thing *t, int64_t now_ms) {
    if (t->stopped || t->fate == FATE_REFUSED) {
        t->fate = FATE_RETURNED;
    } else if (t->fate == FATE_HANDED_OVER) {
        t->fate = FATE_OUT_FOR_DELIVERY;
        plan_thing(w, t, now_ms + 4 * HOUR_MS);
    } else if (t->fate == FATE_OUT_FOR_DELIVERY) {
        bool refused = is_refused_at_door(w, t);
        t->fate = refused ? FATE_REFUSED : FATE_DELIVERED;
        if (refused) plan_thing(w, t, now_ms + DAY_MS);
    } else {
        return;
    }
    news_of_fate(w, t, true, now_ms);
}
