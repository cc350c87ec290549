// SPDX-License-Identifier: Apache-2.0
/*
 * Walks every interleaving of a charge's effect with provider, bank, owner and people: it is paid back once, never twice and never not at
 * all.
 *
 * The provider does what it is asked as often as it is asked under another key: it watches no sums. A refund fails before or after it was
 * made, but not once it is in the bank's settlement. The owner may dispute the charge at any time, once; his bank decides nothing before
 * it is answered. Assumed of time is only that an act which was given up after a day of trying is not carried out any more.
 */
#include "respond/interleave_test.h"

enum { RESERVED, CANCEL_PROMISED, LET_GO, TAKEN }; /* the amount */
enum { NONE, PENDING, MADE, FAILED, SETTLED };     /* a refund; by another rail: none, pending, settled or failed */
enum { UNDISPUTED, FILED, ACCEPT_PROMISED, ACCEPTED_DISPUTE, WITHDRAWN };

struct charge {
    uint8_t amount, blocked;
    uint8_t refunds[2], payments[2]; /* a second one is what must never be */
    uint8_t dispute;
    uint8_t none;    /* so that no byte is anybody's guess */
    uint32_t passed; /* fates that there may be news of */
};

static bool keys_are_forgotten;

static struct charge charge_of(const uint8_t *world) {
    struct charge c;
    memcpy(&c, world, sizeof c);
    return c;
}

static void come(struct outcomes *out, const struct charge *c, uint8_t answer, enum fate fate, const char *says) {
    outcome_is(out, c, sizeof *c, answer, fate, says);
}

static uint8_t last_of(const uint8_t tries[2]) {
    return tries[1] ? tries[1] : tries[0];
}

static unsigned live(const uint8_t tries[2]) {
    unsigned count = 0;
    for (size_t i = 0; i < 2; i++) count += tries[i] != NONE && tries[i] != FAILED;
    return count;
}

static bool has(const uint8_t tries[2], uint8_t state) {
    return tries[0] == state || tries[1] == state;
}

static bool is_accepted(const struct charge *c) {
    return c->dispute == ACCEPTED_DISPUTE;
}

/* As the provider tells it. */
static enum fate fate_of(const struct charge *c) {
    static const enum fate amounts[] = {FATE_AUTHORISED, FATE_AUTHORISED, FATE_VOIDED, FATE_CAPTURED};
    static const enum fate refunds[] = {FATE_NONE, FATE_REFUND_PENDING, FATE_REFUNDED, FATE_REFUND_FAILED, FATE_SETTLED};
    if (c->dispute == FILED || c->dispute == ACCEPT_PROMISED || is_accepted(c)) return FATE_DISPUTED;
    return last_of(c->refunds) ? refunds[last_of(c->refunds)] : amounts[c->amount];
}

static void change(struct outcomes *out, struct charge c, uint8_t answer, const char *says) {
    if (fate_of(&c) != FATE_AUTHORISED) fate_passes(&c.passed, fate_of(&c)); /* which is no news */
    come(out, &c, answer, FATE_NONE, says);
    if (answer) come(out, &c, answer, fate_of(&c), says);
}

/* ---- the world goes on ----------------------------------------------------------------------------------------------------------------
 */

static void amount_goes_on(struct charge c, struct outcomes *out) {
    struct charge n = c;
    if (c.amount == RESERVED && !c.blocked) n.amount = TAKEN, change(out, n, 0, "the amount is taken");
    if (c.amount == RESERVED || c.amount == CANCEL_PROMISED) n.amount = LET_GO, change(out, n, 0, "the bank lets the amount go");
    if (c.amount == CANCEL_PROMISED) n.amount = RESERVED, change(out, n, 0, "the bank does not let the amount go");
}

static void refund_goes_on(struct charge c, size_t at, struct outcomes *out) {
    struct charge n = c;
    bool is_made = c.refunds[at] == MADE;
    if (c.refunds[at] != PENDING && !is_made) return;
    n.refunds[at] = is_made ? SETTLED : MADE;
    change(out, n, 0, is_made ? "the refund is settled" : "the refund is made");
    n.refunds[at] = FAILED;
    change(out, n, 0, "the refund fails");
}

static void payment_goes_on(struct charge c, size_t at, struct outcomes *out) {
    struct charge n = c;
    if (c.payments[at] != PENDING) return;
    n.payments[at] = SETTLED;
    change(out, n, 0, "the payment arrives");
    n.payments[at] = FAILED;
    change(out, n, 0, "the payment comes back");
}

static void dispute_goes_on(struct charge c, struct outcomes *out) {
    struct charge n = c;
    if (c.dispute == UNDISPUTED && c.amount == TAKEN) n.dispute = FILED, change(out, n, 0, "the owner disputes it");
    if (c.dispute == FILED) n.dispute = WITHDRAWN, change(out, n, 0, "the dispute is withdrawn");
    if (c.dispute != ACCEPT_PROMISED) return;
    n.dispute = ACCEPTED_DISPUTE, change(out, n, 0, "the dispute is accepted");
    n.dispute = FILED, change(out, n, 0, "the dispute was not accepted");
}

static void goes_on(const uint8_t *world, const struct kept *k, struct outcomes *out) {
    struct charge c = charge_of(world);
    (void)k;
    amount_goes_on(c, out);
    for (size_t i = 0; i < 2; i++) refund_goes_on(c, i, out), payment_goes_on(c, i, out);
    dispute_goes_on(c, out);
}

/* ---- what it answers ------------------------------------------------------------------------------------------------------------------
 */

/* With what it is, or was, or without. */
static void refuse(const struct charge *c, struct outcomes *out) {
    come(out, c, STEP_OUTCOME_REFUSED, FATE_NONE, "it is refused");
    for (int fate = FATE_AUTHORISED; fate <= FATE_SETTLED; fate++)
        if (fate_has_passed(c->passed, fate)) come(out, c, STEP_OUTCOME_REFUSED, (enum fate)fate, "it is refused, with what it was");
}

static void block(struct charge c, struct outcomes *out) {
    refuse(&c, out);
    come(out, &c, STEP_OUTCOME_ABSENT, FATE_NONE, "no such charge");
    come(out, &c, STEP_OUTCOME_PENDING, FATE_NONE, "it will be blocked");
    c.blocked = 1;
    come(out, &c, STEP_OUTCOME_DONE, fate_of(&c), "it is blocked, and read");
}

static void cancel(struct charge c, struct outcomes *out) {
    refuse(&c, out);
    if (c.amount == LET_GO) come(out, &c, STEP_OUTCOME_ABSENT, FATE_NONE, "there is none any more");
    if (c.amount == TAKEN) return;
    if (c.amount != LET_GO) c.amount = CANCEL_PROMISED, change(out, c, STEP_OUTCOME_PENDING, "it will be cancelled");
    c.amount = LET_GO;
    change(out, c, STEP_OUTCOME_DONE, "it is cancelled");
}

/* The last one stands behind; two that failed are as good as one. */
static void try_once_more(uint8_t tries[2], uint8_t as) {
    if (tries[1] && tries[0] == FAILED) tries[0] = tries[1];
    tries[tries[0] ? 1 : 0] = as;
}

static uint8_t answer_to(uint8_t state) {
    return state == PENDING ? STEP_OUTCOME_PENDING : state == FAILED ? STEP_OUTCOME_REFUSED : STEP_OUTCOME_DONE;
}

/* Under a key that was carried out it tells of what became of that, and does nothing more. */
static void refund(struct charge c, bool again, struct outcomes *out) {
    struct charge n = c;
    if (again) {
        come(out, &c, answer_to(last_of(c.refunds)), FATE_NONE, "it was asked for already");
        come(out, &c, answer_to(last_of(c.refunds)), fate_of(&c), "it was asked for already, with what it is");
        return;
    }
    refuse(&c, out);
    if (c.amount != TAKEN) come(out, &c, STEP_OUTCOME_ABSENT, FATE_NONE, "nothing was taken");
    if (c.amount != TAKEN) return;
    try_once_more(n.refunds, PENDING), change(out, n, STEP_OUTCOME_PENDING, "it will be refunded");
    n = c;
    try_once_more(n.refunds, MADE), change(out, n, STEP_OUTCOME_DONE, "it is refunded");
}

static void pay(struct charge c, bool again, struct outcomes *out) {
    struct charge n = c;
    if (again) {
        come(out, &c, answer_to(last_of(c.payments)), FATE_NONE, "it was paid already");
        return;
    }
    come(out, &c, STEP_OUTCOME_REFUSED, FATE_NONE, "it is refused");
    try_once_more(n.payments, PENDING), come(out, &n, STEP_OUTCOME_PENDING, FATE_NONE, "it will be paid another way");
    come(out, &n, STEP_OUTCOME_DONE, FATE_NONE, "it is on its way another way");
}

static void accept(struct charge c, struct outcomes *out) {
    refuse(&c, out);
    if (c.dispute == UNDISPUTED || c.dispute == WITHDRAWN) come(out, &c, STEP_OUTCOME_ABSENT, FATE_NONE, "there is no dispute");
    if (is_accepted(&c)) come(out, &c, STEP_OUTCOME_DONE, FATE_NONE, "it was accepted already");
    if (c.dispute != FILED && c.dispute != ACCEPT_PROMISED) return;
    c.dispute = ACCEPT_PROMISED, change(out, c, STEP_OUTCOME_PENDING, "it will be accepted");
    c.dispute = ACCEPTED_DISPUTE, change(out, c, STEP_OUTCOME_DONE, "it is accepted");
}

static void carry_out(const uint8_t *world, const struct operation *op, bool again, struct outcomes *out) {
    struct charge c = charge_of(world);
    again = again && !keys_are_forgotten;
    if (is(op->verb, "release")) come(out, &c, STEP_OUTCOME_DONE, FATE_NONE, "released");
    else if (is(op->how, "block_capture")) block(c, out);
    else if (is(op->how, "cancel_authorisation")) cancel(c, out);
    else if (is(op->how, "refund")) refund(c, again, out);
    else if (is(op->how, "pay_other_rail")) pay(c, again, out);
    else if (is(op->how, "accept_dispute")) accept(c, out);
    else come(out, &c, STEP_OUTCOME_DONE, FATE_NONE, "it is sent"), refuse(&c, out);
}

/* What a look answers: done, on its way, or not. A probe sees the bank's side. */
static uint8_t seen(const struct charge *c, const struct operation *op) {
    bool probes = is(op->verb, "probe");
    uint8_t on_its_way = probes ? ANSWER_NOT_DONE : STEP_OUTCOME_PENDING;
    if (is(op->how, "cancel_authorisation"))
        return c->amount == LET_GO ? STEP_OUTCOME_DONE : c->amount == CANCEL_PROMISED ? on_its_way : ANSWER_NOT_DONE;
    if (is(op->how, "accept_dispute"))
        return is_accepted(c) ? STEP_OUTCOME_DONE : c->dispute == ACCEPT_PROMISED ? on_its_way : ANSWER_NOT_DONE;
    const uint8_t *tries = is(op->how, "refund") ? c->refunds : c->payments;
    bool money = tries == c->refunds || is(op->how, "pay_other_rail");
    if (money && has(tries, SETTLED)) return STEP_OUTCOME_DONE;
    if (money && has(tries, MADE)) return probes ? ANSWER_NOT_DONE : STEP_OUTCOME_DONE;
    if (money && has(tries, PENDING)) return on_its_way;
    return ANSWER_NOT_DONE;
}

static void look(const uint8_t *world, const struct operation *op, struct outcomes *out) {
    struct charge c = charge_of(world);
    uint8_t answer = seen(&c, op);
    come(out, &c, answer, FATE_NONE, "it is looked at");
    come(out, &c, answer, fate_of(&c), "it is looked at, with what it is");
    if (answer == ANSWER_NOT_DONE && !is(op->verb, "probe")) come(out, &c, STEP_OUTCOME_REFUSED, FATE_NONE, "it has failed");
}

/* ---- people ---------------------------------------------------------------------------------------------------------------------------
 */

/* He looks first, and does what is not done yet; what cannot be done he does not say is done. */
static void do_by_hand(struct charge c, const struct operation *op, struct outcomes *out) {
    bool able = true;
    if (only_looks(op)) able = seen(&c, op) == STEP_OUTCOME_DONE;
    else if (is(op->how, "block_capture")) c.blocked = 1;
    else if (is(op->how, "cancel_authorisation")) able = c.amount != TAKEN, c.amount = able ? LET_GO : TAKEN;
    else if (is(op->how, "refund") && !live(c.refunds)) able = c.amount == TAKEN, try_once_more(c.refunds, MADE);
    else if (is(op->how, "pay_other_rail") && !live(c.payments)) try_once_more(c.payments, PENDING);
    else if (is(op->how, "accept_dispute"))
        able = c.dispute == FILED || c.dispute == ACCEPT_PROMISED || is_accepted(&c), c.dispute = ACCEPTED_DISPUTE;
    fate_passes(&c.passed, fate_of(&c));
    if (able) come(out, &c, 0, FATE_NONE, "");
}

/* "It cannot be done", or "it is not so": only where it is not. */
static bool is_unable(const struct charge *c, const struct operation *op) {
    struct operation looks = {op->system, "read_state", op->how};
    bool acts = is(op->how, "block_capture") || is(op->how, "send_issuer_pack");
    return acts || seen(c, &looks) == ANSWER_NOT_DONE;
}

/* The dispute is answered with the refund, and goes; or, where that has failed, the dispute is what pays. */
static void settle_contest(struct charge c, enum word word, struct outcomes *out) {
    if ((live(c.refunds) > 0) != (word == SAY_DONE)) return;
    if (c.dispute == FILED && word == SAY_DONE) c.dispute = WITHDRAWN;
    come(out, &c, 0, FATE_NONE, "");
}

static void follow_dispute(struct charge c, enum word word, struct outcomes *out) {
    bool stands = c.dispute == FILED || c.dispute == ACCEPT_PROMISED || is_accepted(&c);
    if (stands != (word == SAY_DONE)) return;
    if (stands) c.dispute = ACCEPTED_DISPUTE;
    come(out, &c, 0, FATE_NONE, "");
}

static void follow(struct charge c, const struct effect_state *s, enum word word, struct outcomes *out) {
    bool said = word == SAY_DONE;
    if (is(s->name, "contested")) {
        settle_contest(c, word, out);
    } else if (is(s->name, "dispute_followed")) {
        follow_dispute(c, word, out);
    } else if (is(s->name, "rail_followed")) {
        if (said ? has(c.payments, SETTLED) : !live(c.payments)) come(out, &c, 0, FATE_NONE, "");
    } else if (is(s->says, "a person asks the provider where the refund is")) {
        if (said == (live(c.refunds) > 0)) come(out, &c, 0, FATE_NONE, "");
    } else if (said == (c.amount == LET_GO)) {
        come(out, &c, 0, FATE_NONE, "");
    }
}

static void person(const uint8_t *world, const struct effect_state *s, enum task_kind task, enum word word, struct outcomes *out) {
    struct charge c = charge_of(world);
    if (task == TASK_FOLLOW) follow(c, s, word, out);
    else if (word == SAY_DONE && s && s->op) do_by_hand(c, s->op, out);
    else if (word != SAY_UNABLE || !s || !s->op || is_unable(&c, s->op)) come(out, &c, 0, FATE_NONE, "");
}

/* ---- what must never be ---------------------------------------------------------------------------------------------------------------
 */

static uint32_t heard(const uint8_t *world) {
    struct charge c = charge_of(world);
    return c.passed;
}

static bool timer_may(const uint8_t *world, const struct effect_state *s) {
    (void)world, (void)s;
    return true;
}

static bool pays(const struct operation *op) {
    return is(op->verb, "undo") && (is(op->how, "refund") || is(op->how, "pay_other_rail"));
}

/* It is carried out later, or never: as where it was promised. */
static void overtaken(uint8_t *world, const struct operation *op) {
    struct charge c = charge_of(world);
    if (is(op->how, "cancel_authorisation") && c.amount == RESERVED) c.amount = CANCEL_PROMISED;
    if (is(op->how, "accept_dispute") && c.dispute == FILED) c.dispute = ACCEPT_PROMISED;
    memcpy(world, &c, sizeof c);
}

static const char *wrong(const uint8_t *before, const uint8_t *world, const struct kept *k, enum phase phase) {
    struct charge c = charge_of(world);
    unsigned ways = live(c.refunds) + live(c.payments) + is_accepted(&c);
    (void)before;
    if (ways > 1) return "it is paid back twice";
    if (ways && c.amount != TAKEN) return "it is paid back, and was not taken";
    if (phase == PHASE_VERIFIED && !k->returned) return "it is over, and the books do not say that it came back";
    if (phase == PHASE_COMPENSATED && !k->compensated) return "it is over, and the books do not say that it was made good";
    if ((phase != PHASE_VERIFIED && phase != PHASE_COMPENSATED) || c.amount == LET_GO) return NULL;
    bool came = has(c.refunds, SETTLED) || has(c.payments, SETTLED) || is_accepted(&c);
    return came ? NULL : "it is over, and nothing has come back";
}

static const struct world_rules rules = {goes_on, carry_out, look, person, heard, timer_may, pays, overtaken, wrong};

/* ---- searching ------------------------------------------------------------------------------------------------------------------------
 */

/* Reserved, taken, or disputed already. */
static size_t worlds_before(uint8_t worlds[][WORLD_SIZE]) {
    static const struct charge charges[] = {{.amount = RESERVED}, {.amount = TAKEN}, {.amount = TAKEN, .dispute = FILED}};
    size_t count = sizeof charges / sizeof charges[0];
    for (size_t i = 0; i < count; i++) {
        struct charge c = charges[i];
        if (c.amount != RESERVED) fate_passes(&c.passed, fate_of(&c));
        memset(worlds[i], 0, WORLD_SIZE);
        memcpy(worlds[i], &c, sizeof c);
    }
    return count;
}

static void search(const struct effect_def *captured) {
    static uint8_t worlds[4][WORLD_SIZE];
    const struct effect_def *defs[] = {effect_def_find(STR("card_authorisation")), captured};
    size_t count = worlds_before(worlds);
    search_begin(defs, 2, &rules, "charge");
    for (int sure = 0; sure <= 1; sure++)
        search_found(sure ? 950 : 700, STR("{\"order\":\"o1\",\"charge\":\"c1\",\"amount_minor\":500,\"currency\":\"JPY\"}"),
                     (const uint8_t(*)[WORLD_SIZE])worlds, count);
    search_all();
    keys_are_forgotten = search_reads_nothing = false;
}

static const struct effect_def *real(void) {
    return effect_def_find(STR("captured_charge"));
}

TEST(a_charge_is_paid_back_once_and_not_twice) {
    search(real());
    EXPECT(search_is_good());
}

/* ---- controls: that it can fail --------------------------------------------------------------------------------------------------------
 */

TEST(a_refund_that_is_asked_for_again_when_it_is_not_seen_is_found_out) {
    search(search_mutant(real(), effect_state_find(real(), STR("settled")), TRIGGER_FOUND_AGAIN, ANY_FATE));
    EXPECT_STR(str_from(x->fault), STR("it is paid back twice"));
}

/* Either is enough: that what nobody knows is read before it is sent again, or that the provider remembers its keys. */
TEST(a_provider_that_forgets_its_keys_is_read) {
    keys_are_forgotten = true;
    search(real());
    EXPECT(search_is_good());
}

TEST(a_courier_that_does_not_read_has_its_keys) {
    search_reads_nothing = true;
    search(real());
    EXPECT(search_is_good());
}

TEST(neither_pays_twice) {
    keys_are_forgotten = search_reads_nothing = true;
    search(real());
    EXPECT_STR(str_from(x->fault), STR("it is paid back twice"));
}

int main(void) {
    RUN(a_charge_is_paid_back_once_and_not_twice);
    RUN(a_refund_that_is_asked_for_again_when_it_is_not_seen_is_found_out);
    RUN(a_provider_that_forgets_its_keys_is_read);
    RUN(a_courier_that_does_not_read_has_its_keys);
    RUN(neither_pays_twice);
    return test_end();
}
