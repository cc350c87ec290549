// SPDX-License-Identifier: Apache-2.0
/*
 * Walks every interleaving of an order's effect with warehouse, gate, carrier and owner: no label and no parcel is left without an effect.
 *
 * The warehouse has its own copy of the order. It asks the gate before each of its steps; what it was allowed before the hold it may do at
 * any later time, even with goods that were put away meanwhile, and it may tell of it late or never. Within a day it has done it or given
 * it up: the one assumption about time, and what the quiet period is for. The shop's word stops nothing here. The carrier may take back
 * what it has promised.
 */
#include "respond/interleave_test.h"

struct order {
    uint8_t at;       /* enum fate: where the goods really are */
    uint8_t permit;   /* what the gate has allowed and was not done yet: the fate that it leads to; 0 = nothing */
    uint8_t unlawful; /* the gate has allowed it although the order was held */
    uint8_t cancelled;
    uint8_t stowing, cancelling; /* accepted, and not decided yet */
    uint8_t coming_back;         /* the carrier has promised to bring it back */
    uint8_t none;                /* so that no byte is anybody's guess */
    uint32_t passed;             /* fates that there may be news of */
};

static bool gate_is_ignored;

static struct order order_of(const uint8_t *world) {
    struct order o;
    memcpy(&o, world, sizeof o);
    return o;
}

static void come(struct outcomes *out, const struct order *o, uint8_t answer, enum fate fate, const char *says) {
    outcome_is(out, o, sizeof *o, answer, fate, says);
}

static void bring(struct order *o, enum fate to) {
    o->at = (uint8_t)to;
    fate_passes(&o->passed, to);
    if (to == FATE_HANDED_OVER) o->stowing = 0;
}

static bool is_here(const struct order *o) {
    return o->at <= FATE_MANIFESTED || o->at == FATE_CANCELLED;
}

static bool has_label(const struct order *o) {
    return o->at == FATE_LABELLED || o->at == FATE_MANIFESTED;
}

static bool is_stopped(const struct order *o) {
    return (is_here(o) && !has_label(o)) || o->at == FATE_RETURNED;
}

static bool is_with_carrier(const struct order *o) {
    return o->at == FATE_HANDED_OVER || o->at == FATE_OUT_FOR_DELIVERY;
}

/* ---- the world goes on ----------------------------------------------------------------------------------------------------------------
 */

static void warehouse_asks(const struct order *o, const struct kept *k, struct outcomes *out) {
    if (o->permit || o->at >= FATE_HANDED_OVER || (k->held && !gate_is_ignored)) return;
    struct order n = *o;
    n.permit = o->at + 1;
    n.unlawful = k->held;
    come(out, &n, 0, FATE_NONE, "the gate lets the next step pass");
}

static void warehouse_acts(const struct order *o, struct outcomes *out) {
    struct order n = *o;
    if (!o->permit) return;
    n.permit = n.unlawful = 0;
    come(out, &n, 0, FATE_NONE, "what was let pass is given up");
    if (o->at + 1 != o->permit && o->at != FATE_CANCELLED) return;
    bring(&n, o->permit);
    come(out, &n, 0, FATE_NONE, "the warehouse does what was let pass");
}

static void end_promise(const struct order *o, struct outcomes *out) {
    struct order n = *o;
    if (o->stowing) {
        n.stowing = 0;
        come(out, &n, 0, FATE_NONE, "the warehouse does not keep its word");
        bring(&n, FATE_CANCELLED);
        if (is_here(o)) come(out, &n, 0, FATE_NONE, "the warehouse keeps its word");
    }
    if (!o->cancelling) return;
    n = *o, n.cancelling = 0;
    come(out, &n, 0, FATE_NONE, "the shop does not keep its word");
    n.cancelled = 1;
    come(out, &n, 0, FATE_NONE, "the shop keeps its word");
}

static void carry_on(const struct order *o, enum fate to, struct outcomes *out) {
    struct order n = *o;
    bring(&n, to);
    if (to == FATE_DELIVERED || to == FATE_RETURNED) n.coming_back = 0;
    come(out, &n, 0, FATE_NONE, "the carrier goes on");
}

static void carrier_goes_on(const struct order *o, struct outcomes *out) {
    if (o->coming_back || o->at == FATE_REFUSED) carry_on(o, FATE_RETURNED, out);
    if (o->at == FATE_HANDED_OVER) carry_on(o, FATE_OUT_FOR_DELIVERY, out);
    if (o->at == FATE_OUT_FOR_DELIVERY) carry_on(o, FATE_DELIVERED, out), carry_on(o, FATE_REFUSED, out);
    if (!o->coming_back) return;
    struct order n = *o;
    n.coming_back = 0;
    come(out, &n, 0, FATE_NONE, "the carrier does not keep its word");
}

static void goes_on(const uint8_t *world, const struct kept *k, struct outcomes *out) {
    struct order o = order_of(world);
    warehouse_asks(&o, k, out);
    warehouse_acts(&o, out);
    end_promise(&o, out);
    carrier_goes_on(&o, out);
}

/* ---- what it answers ------------------------------------------------------------------------------------------------------------------
 */

/* With where it is, or was when it was looked at, or without. */
static void refuse(const struct order *o, struct outcomes *out) {
    come(out, o, STEP_OUTCOME_REFUSED, FATE_NONE, "it is refused");
    for (int fate = FATE_ALLOCATED; fate <= FATE_CANCELLED; fate++)
        if (fate_has_passed(o->passed, fate)) come(out, o, STEP_OUTCOME_REFUSED, (enum fate)fate, "it is refused, with where it was");
}

static void put_away(const struct order *o, bool voids, struct outcomes *out) {
    struct order n = *o;
    refuse(o, out);
    if (o->at == FATE_ALLOCATED || (voids && !has_label(o))) come(out, o, STEP_OUTCOME_ABSENT, FATE_NONE, "there is none");
    if (!is_here(o)) return;
    n.stowing = 1;
    if (voids || !has_label(o)) come(out, &n, STEP_OUTCOME_PENDING, FATE_NONE, "it will be");
    n = *o;
    bring(&n, FATE_CANCELLED);
    n.stowing = 0;
    if (voids || !has_label(o)) come(out, &n, STEP_OUTCOME_DONE, FATE_CANCELLED, "it is put away");
}

static void cancel(const struct order *o, struct outcomes *out) {
    struct order n = *o;
    refuse(o, out);
    n.cancelling = 1;
    come(out, &n, STEP_OUTCOME_PENDING, FATE_NONE, "it will be cancelled");
    n.cancelling = 0, n.cancelled = 1;
    come(out, &n, STEP_OUTCOME_DONE, FATE_NONE, "it is cancelled");
    if (o->cancelled) come(out, o, STEP_OUTCOME_ABSENT, FATE_NONE, "there is none any more");
}

static void take_back(const struct order *o, bool from_owner, struct outcomes *out) {
    struct order n = *o;
    refuse(o, out);
    if (is_here(o)) come(out, o, STEP_OUTCOME_ABSENT, FATE_NONE, "no such parcel");
    if (o->at == FATE_RETURNED) come(out, o, STEP_OUTCOME_DONE, FATE_RETURNED, "it is back");
    if (from_owner ? o->at != FATE_DELIVERED : !is_with_carrier(o)) return;
    n.coming_back = 1;
    come(out, &n, STEP_OUTCOME_PENDING, FATE_NONE, "it will be brought back");
}

static void carry_out(const uint8_t *world, const struct operation *op, bool again, struct outcomes *out) {
    struct order o = order_of(world);
    (void)again; /* whatever of this is done twice is done once */
    if (is(op->verb, "release")) {
        come(out, &o, STEP_OUTCOME_DONE, FATE_NONE, "released");
    } else if (is(op->how, "hold_order")) {
        come(out, &o, STEP_OUTCOME_DONE, o.at, "it is held, and read");
        refuse(&o, out);
        come(out, &o, STEP_OUTCOME_ABSENT, FATE_NONE, "no such order");
        come(out, &o, STEP_OUTCOME_PENDING, FATE_NONE, "it will be held");
    } else if (is(op->how, "pull_order") || is(op->how, "void_label")) {
        put_away(&o, is(op->how, "void_label"), out);
    } else if (is(op->how, "cancel_order")) {
        cancel(&o, out);
    } else if (is(op->how, "recall") || is(op->how, "book_pickup")) {
        take_back(&o, is(op->how, "book_pickup"), out);
    } else {
        CHECK(is(op->how, "close_order"));
        come(out, &o, STEP_OUTCOME_DONE, FATE_NONE, "it is closed");
    }
}

/* Is it so? A probe sees more than who did it: where the goods are. */
static bool is_so(const struct order *o, const struct operation *op) {
    bool probes = is(op->verb, "probe");
    if (is(op->how, "cancel_order")) return o->cancelled && (!probes || is_stopped(o));
    if (is(op->how, "close_order")) return !probes || is_stopped(o);
    if (is(op->how, "recall") || is(op->how, "book_pickup")) return o->at == FATE_RETURNED;
    return o->at == FATE_CANCELLED;
}

static bool is_promised(const struct order *o, const struct operation *op) {
    if (is(op->how, "pull_order") || is(op->how, "void_label")) return o->stowing;
    if (is(op->how, "cancel_order")) return o->cancelling;
    return !is(op->how, "close_order") && o->coming_back;
}

static void look(const uint8_t *world, const struct operation *op, struct outcomes *out) {
    struct order o = order_of(world);
    bool probes = is(op->verb, "probe");
    if (is_so(&o, op)) {
        come(out, &o, STEP_OUTCOME_DONE, o.at, "it is seen to be so, with where it is");
        come(out, &o, STEP_OUTCOME_DONE, FATE_NONE, "it is seen to be so");
    } else if (!probes && is_promised(&o, op)) {
        come(out, &o, STEP_OUTCOME_PENDING, FATE_NONE, "it is still promised");
        come(out, &o, STEP_OUTCOME_PENDING, o.at, "it is still promised, with where it is");
    } else {
        come(out, &o, ANSWER_NOT_DONE, o.at, "it is seen not to be so, with where it is");
        come(out, &o, ANSWER_NOT_DONE, FATE_NONE, "it is seen not to be so");
        if (!probes) refuse(&o, out);
    }
}

/* ---- people ---------------------------------------------------------------------------------------------------------------------------
 */

/* Whoever has the order in hand does what he was asked for, or has seen that it was. */
static void do_by_hand(struct order o, const struct operation *op, struct outcomes *out) {
    bool looks = only_looks(op), able = true;
    if (looks) able = is_so(&o, op);
    else if (is(op->how, "cancel_order")) o.cancelled = 1;
    else if (is(op->how, "close_order")) able = true;
    else if (is(op->how, "recall")) able = is_with_carrier(&o) || o.at == FATE_RETURNED, o.coming_back = is_with_carrier(&o);
    else if (is(op->how, "book_pickup")) able = o.at == FATE_DELIVERED, o.coming_back = able;
    else if (!is(op->how, "hold_order")) able = is_here(&o), bring(&o, FATE_CANCELLED), o.permit = o.stowing = 0;
    if (able) come(out, &o, 0, FATE_NONE, "");
}

/* "It is back": he has put it away, so that nothing more is done with it; or he has seen it come back. */
static void get_back(struct order o, struct outcomes *out) {
    if (o.at != FATE_RETURNED) bring(&o, is_here(&o) ? FATE_CANCELLED : FATE_RETURNED);
    o.permit = o.stowing = o.coming_back = 0;
    come(out, &o, 0, FATE_NONE, "");
}

static void person(const uint8_t *world, const struct effect_state *s, enum task_kind task, enum word word, struct outcomes *out) {
    struct order o = order_of(world);
    if (word != SAY_DONE) come(out, &o, 0, FATE_NONE, "");
    else if (task == TASK_FOLLOW) get_back(o, out);
    else if (s && s->op) do_by_hand(o, s->op, out);
    else come(out, &o, 0, FATE_NONE, "");
}

/* ---- what must never be ---------------------------------------------------------------------------------------------------------------
 */

static uint32_t heard(const uint8_t *world) {
    struct order o = order_of(world);
    return o.passed;
}

/* What was let pass is done or given up within the quiet day. */
static bool timer_may(const uint8_t *world, const struct effect_state *s) {
    struct order o = order_of(world);
    return !is(s->name, "quiet") || !o.permit;
}

/* It is carried out later, or never: as where it was promised. */
static void overtaken(uint8_t *world, const struct operation *op) {
    struct order o = order_of(world);
    if (is(op->system, "warehouse")) o.stowing |= is_here(&o);
    if (is(op->how, "cancel_order")) o.cancelling |= !o.cancelled;
    if (is(op->system, "carrier")) o.coming_back |= !is_here(&o) && o.at != FATE_RETURNED;
    memcpy(world, &o, sizeof o);
}

static const char *wrong(const uint8_t *before, const uint8_t *world, const struct kept *k, enum phase phase) {
    struct order was = order_of(before), o = order_of(world);
    bool over = phase == PHASE_KEPT || phase == PHASE_RESTORED;
    if (was.unlawful && o.at != was.at && o.at == was.permit && o.at >= FATE_MANIFESTED) return "it passed the gate after the hold";
    if (!over && !k->held) return "the gate is open while there is an effect";
    if (phase != PHASE_VERIFIED) return NULL; /* what stays with the owner, or was his, is over on purpose */
    if (has_label(&o)) return "a label is live, and the effect is over";
    if (is_with_carrier(&o)) return "a parcel is on its way, and the effect is over";
    if (!is_stopped(&o)) return "the goods are not back, and the effect is over";
    return o.permit ? "the warehouse may still do what it was allowed, and the effect is over" : NULL;
}

static const struct world_rules rules = {goes_on, carry_out, look, person, heard, timer_may, NULL, overtaken, wrong};

/* ---- searching ------------------------------------------------------------------------------------------------------------------------
 */

/* All that the warehouse may have done, and may have been allowed, before the order was held. */
static size_t worlds_before(uint8_t worlds[][WORLD_SIZE]) {
    size_t count = 0;
    for (int at = FATE_ALLOCATED; at <= FATE_DELIVERED; at++)
        for (int asked = 0; asked <= (at < FATE_HANDED_OVER); asked++) {
            struct order o = {.permit = asked ? (uint8_t)(at + 1) : 0};
            for (int passed = FATE_ALLOCATED; passed <= at; passed++) bring(&o, (enum fate)passed);
            memset(worlds[count], 0, WORLD_SIZE);
            memcpy(worlds[count++], &o, sizeof o);
        }
    return count;
}

static void search(const struct effect_def *d) {
    static uint8_t worlds[32][WORLD_SIZE];
    size_t count = worlds_before(worlds);
    search_begin(&d, 1, &rules, "order");
    for (int sure = 0; sure <= 1; sure++)
        search_found(sure ? 950 : 700, STR("{\"order\":\"o1\",\"order_kind\":\"physical\",\"amount_minor\":500,\"currency\":\"JPY\"}"),
                     (const uint8_t(*)[WORLD_SIZE])worlds, count);
    search_all();
}

static const struct effect_def *real(void) {
    return effect_def_find(STR("order"));
}

TEST(no_interleaving_leaves_a_label_or_a_parcel_without_an_effect) {
    search(real());
    EXPECT(search_is_good());
}

/* ---- controls: that it can fail --------------------------------------------------------------------------------------------------------
 */

TEST(a_warehouse_that_does_not_ask_is_found_out) {
    gate_is_ignored = true;
    search(real());
    gate_is_ignored = false;
    EXPECT_STR(str_from(x->fault), STR("it passed the gate after the hold"));
}

TEST(an_order_that_is_never_cancelled_has_no_end) {
    uint32_t first;
    search(search_mutant(real(), effect_state_find(real(), STR("held")), TRIGGER_GO, ANY_FATE));
    EXPECT(!x->fault && search_stuck(&first) > 0);
}

/* The shop's word stops nothing: without the quiet day and its second look a label could still be made. */
TEST(an_order_that_is_proven_at_once_may_leave_a_label) {
    struct effect_def hasty = *real();
    static struct effect_move moves[128];
    memcpy(moves, hasty.moves, hasty.move_count * sizeof moves[0]);
    int confirming = effect_state_find(real(), STR("confirming"));
    for (size_t i = 0; i < hasty.move_count; i++)
        if (moves[i].from == confirming) moves[i].to = effect_state_find(real(), STR("verified"));
    hasty.moves = moves;
    search(&hasty);
    EXPECT(x->fault != NULL);
}

int main(void) {
    RUN(no_interleaving_leaves_a_label_or_a_parcel_without_an_effect);
    RUN(a_warehouse_that_does_not_ask_is_found_out);
    RUN(an_order_that_is_never_cancelled_has_no_end);
    RUN(an_order_that_is_proven_at_once_may_leave_a_label);
    return test_end();
}
