// SPDX-License-Identifier: Apache-2.0
/*
 * The pretended warehouse. It has its own copy of every order and goes on with it whatever the shop thinks; what stops it is the gate,
 * which it asks before each step, and whoever takes the order off its table. Between the gate's word and the label a minute may pass, and
 * of such a label it tells late or not at all. It keeps no keys.
 */
#include "base/moment.h"
#include "sim/things.h"

#define ASKS_AGAIN_MS (10 * MINUTE_MS)

static bool has_left(const struct thing *t) {
    return t->fate >= FATE_HANDED_OVER && t->fate <= FATE_RETURNED;
}

static void put_away(struct ask *a, struct thing *t) {
    t->fate = FATE_CANCELLED;
    t->stopped = t->undone = true;
    t->due_ms = 0;
    t->waits = false;
    news_of_fate(a->w, t, false, a->now_ms);
    answer_done(a);
    answer_state(a, t);
}

static void pull_order(struct ask *a, struct thing *t) {
    if (t->fate == FATE_CANCELLED) {
        answer_done(a);
    } else if (t->fate < FATE_LABELLED) {
        put_away(a, t);
        return;
    } else {
        answer_refused(a, "the order has a label already");
    }
    answer_state(a, t);
}

static void void_label(struct ask *a, struct thing *t) {
    if (t->fate == FATE_CANCELLED) {
        answer_done(a);
    } else if (!has_left(t)) {
        put_away(a, t);
        return;
    } else {
        answer_refused(a, "the parcel was handed over already");
    }
    answer_state(a, t);
}

static bool is_put_away(const struct thing *t) {
    return t->fate == FATE_CANCELLED;
}

const struct offer warehouse_offers[] = {
    {"undo", "pull_order", THING_ORDER, false, pull_order, is_put_away},
    {"undo", "void_label", THING_ORDER, false, void_label, is_put_away},
    {0},
};

/* From each state to the next: which step the gate is asked for, and how long the next one takes. */
static const struct stage {
    enum fate from, to;
    const char *step;
    int64_t takes_ms;
} stages[] = {
    {FATE_NONE, FATE_ALLOCATED, "", 15 * MINUTE_MS},       {FATE_ALLOCATED, FATE_PICKING, "pick", 20 * MINUTE_MS},
    {FATE_PICKING, FATE_PACKED, "pack", 15 * MINUTE_MS},   {FATE_PACKED, FATE_LABELLED, "label", HOUR_MS},
    {FATE_LABELLED, FATE_MANIFESTED, "manifest", HOUR_MS}, {FATE_MANIFESTED, FATE_HANDED_OVER, "hand_over", 8 * HOUR_MS},
};

static void arrive(struct world *w, struct thing *t, const struct stage *s, int64_t now_ms) {
    t->fate = s->to;
    if (s->to == FATE_LABELLED) (void)snprintf(t->parcel, sizeof t->parcel, "parcel-%llu", (unsigned long long)++w->number);
    plan_thing(w, t, now_ms + s->takes_ms);
    if (s->to == FATE_LABELLED && t->waits && world_draw(w, 3) == 0) return; /* it never tells of this one */
    news_of_fate(w, t, s->to == FATE_HANDED_OVER, now_ms);
}

void warehouse_goes_on(struct world *w, struct thing *t, int64_t now_ms, const struct world_gate *gate) {
    if (t->stopped || t->closed) return;
    for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
        const struct stage *s = &stages[i];
        if (s->from != t->fate) continue;
        bool allowed = t->waits || !s->step[0] || !gate || !gate->ask || gate->ask(gate->context, str_from(t->id), s->step);
        if (!allowed) {
            t->refused = s->step;
            plan_thing(w, t, now_ms + ASKS_AGAIN_MS);
        } else if (s->to == FATE_LABELLED && !t->waits && world_draw(w, 4) == 0) {
            t->waits = true;
            plan_thing(w, t, now_ms + (int64_t)(1 + world_draw(w, 60)) * SECOND_MS);
        } else {
            arrive(w, t, s, now_ms);
            t->waits = false;
        }
        return;
    }
    carrier_goes_on(w, t, now_ms);
}
