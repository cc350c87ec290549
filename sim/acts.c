// SPDX-License-Identifier: Apache-2.0
/* What people do in the pretended world: an act is an event of the contract, and the world takes notice of it or refuses it. */
#include <stdlib.h>

#include "base/check.h"
#include "base/moment.h"
#include "sim/things.h"

#define ACT_SIZE_MAX (64U * 1024)
#define AT_ONCE_MS   (2 * SECOND_MS) /* until a top-up or a membership is captured */
#define ALLOCATES_MS (6 * MINUTE_MS)

struct act {
    struct world *w;
    int64_t now_ms;
    bool hostile;
    struct json root, data, order, membership;
    struct str session, event;
    struct account *account;
};

static struct str text_of(const struct act *a, const char *name) {
    return json_text(json_get(a->data, str_from(name)));
}

static struct thing *made(struct act *a, enum thing_kind kind, struct str id) {
    struct thing *t = thing_find(a->account, kind, id);
    if (!t) t = thing_add(a->w, a->account, kind, id, a->now_ms);
    t->hostile = a->hostile;
    t->in_force = true;
    t->undone = t->stopped = false;
    name_set(t->event, sizeof t->event, a->event);
    name_set(t->session, sizeof t->session, a->session);
    return t;
}

/* What is the owner's again because he changed it himself is nothing for Hikeshi to put back any more. */
static void change(struct act *a, enum thing_kind kind, struct str id, struct str before, struct str after) {
    struct thing *t = made(a, kind, id);
    name_set(t->before, sizeof t->before, before.size || !t->value[0] ? before : str_from(t->value));
    name_set(t->value, sizeof t->value, after);
}

static void amount(struct thing *t, struct json from) {
    (void)json_whole(json_get(from, STR("amount_minor")), &t->amount_minor);
    name_set(t->currency, sizeof t->currency, json_text(json_get(from, STR("currency"))));
}

static void charge(struct act *a, struct json from, struct thing *for_what, int64_t capture_ms) {
    struct str id = json_text(json_get(from, STR("charge")));
    if (!id.size) return;
    struct thing *t = made(a, THING_CHARGE, id);
    amount(t, from);
    t->fate = FATE_AUTHORISED;
    name_set(t->card, sizeof t->card, json_text(json_get(from, STR("payment_method"))));
    if (for_what->kind == THING_ORDER) name_set(t->order, sizeof t->order, str_from(for_what->id));
    name_set(for_what->charge, sizeof for_what->charge, id);
    plan_thing(a->w, t, capture_ms);
}

/* ---- may he? ------------------------------------------------------------------------------------------------------------------------ */

static bool is_blocked(const struct act *a, enum thing_kind kind, struct json from, const char *member) {
    const struct thing *t = thing_find(a->account, kind, json_text(json_get(from, str_from(member))));
    return t && t->held;
}

/* A session or a token that is known and dead opens nothing. One that the world never saw began (in the year before) is believed. */
static bool session_is_dead(const struct act *a) {
    if (!a->session.size) return false;
    const struct thing *t = thing_find(a->account, THING_SESSION, a->session);
    if (!t) t = thing_find(a->account, THING_TOKEN, a->session);
    return t && !t->in_force;
}

/* What the shop tells of a parcel or a charge that has gone on by itself, or was stopped, is not so. */
static bool is_overtaken(const struct act *a, enum thing_kind kind, const char *member) {
    const struct thing *t = thing_find(a->account, kind, text_of(a, member));
    return t && (t->stopped || t->undone || t->fate >= fate_from(text_of(a, "state")));
}

static bool is_refused(const struct act *a, enum kind kind) {
    if (kind == KIND_ORDER_STATE) return is_overtaken(a, THING_ORDER, "order");
    if (kind == KIND_PAYMENT_STATE && str_equal(text_of(a, "state"), STR("captured"))) return is_overtaken(a, THING_CHARGE, "charge");
    if (session_is_dead(a)) return true;
    if (kind == KIND_ORDER_PLACED)
        return is_blocked(a, THING_ADDRESS, a->order, "ship_to") || is_blocked(a, THING_CARD, a->order, "payment_method");
    if (kind == KIND_BALANCE_SPENT || kind == KIND_POINTS_CHANGED) return a->account->balance_frozen;
    if (kind == KIND_EMAIL_CHANGED || kind == KIND_PHONE_CHANGED) return a->account->contact_pinned;
    if (kind == KIND_PASSWORD_CHANGED) return a->hostile && a->account->self->held;
    if (kind == KIND_GIFT_CARD_REDEEMED) {
        const struct thing *code = thing_find_anywhere(a->w, THING_CODE, text_of(a, "code_ref"));
        return code && (code->held || code->undone);
    }
    return false;
}

/* ---- what he does ------------------------------------------------------------------------------------------------------------------- */

static void place_order(struct act *a) {
    struct thing *t = made(a, THING_ORDER, json_text(json_get(a->order, STR("id"))));
    amount(t, a->order);
    charge(a, a->order, t, payment_capture_ms(a->now_ms));
    name_set(t->value, sizeof t->value, json_text(json_get(a->order, STR("kind"))));
    if (str_equal(str_from(t->value), STR("physical"))) plan_thing(a->w, t, a->now_ms + ALLOCATES_MS);
}

static void top_up(struct act *a) {
    struct thing *t = made(a, THING_CREDIT, a->event);
    amount(t, a->data);
    a->account->balance_minor += t->amount_minor;
    charge(a, a->data, t, a->now_ms + AT_ONCE_MS);
}

static void spend(struct act *a) {
    struct thing *t = made(a, THING_DEBIT, a->event);
    amount(t, a->data);
    a->account->balance_minor -= t->amount_minor;
}

static void join(struct act *a) {
    struct thing *t = made(a, THING_MEMBERSHIP, json_text(json_get(a->membership, STR("id"))));
    amount(t, a->membership);
    charge(a, a->membership, t, a->now_ms + AT_ONCE_MS);
    plan_thing(a->w, t, a->now_ms + 30 * DAY_MS);
}

static void issue_code(struct act *a) {
    struct thing *t = made(a, THING_CODE, text_of(a, "code_ref"));
    amount(t, a->data);
    charge(a, a->data, t, a->now_ms + AT_ONCE_MS);
}

static void redeem_code(struct act *a) {
    struct thing *t = thing_find_anywhere(a->w, THING_CODE, text_of(a, "code_ref"));
    if (t) t->fate = FATE_CLAIMED;
}

static void change_profile(struct act *a, struct str field, struct str before, struct str after) {
    if (str_starts(field, STR("payout"))) {
        change(a, THING_PAYOUT, STR("payout"), before, after);
    } else {
        change(a, str_starts(field, STR("link")) ? THING_LINK : THING_SETTING, field, before, after);
    }
}

/* The owner's new password opens the account again. */
static void change_password(struct act *a) {
    if (a->hostile) return;
    a->account->self->closed |= a->account->self->held;
    a->account->self->held = false;
}

static void move_on(struct act *a, enum thing_kind kind, struct str id) {
    struct thing *t = thing_find(a->account, kind, id);
    struct str state = text_of(a, "state");
    if (!t || !state.size) return;
    t->fate = fate_from(state);
    if (kind == THING_CHARGE && t->fate == FATE_CAPTURED) t->due_ms = 0;
}

static void take_notice(struct act *a, enum kind kind) {
    struct str before = text_of(a, "before"), after = text_of(a, "after");
    switch ((int)kind) {
    case KIND_LOGIN: (void)made(a, THING_SESSION, a->session); break;
    case KIND_TOKEN_CREATED: (void)made(a, THING_TOKEN, text_of(a, "token")); break;
    case KIND_MFA_CHANGED: change(a, THING_AUTHENTICATOR, text_of(a, "authenticator"), before, after); break;
    case KIND_EMAIL_CHANGED: change(a, THING_CONTACT, STR("contact_email"), before, after); break;
    case KIND_PHONE_CHANGED: change(a, THING_CONTACT, STR("contact_phone"), before, after); break;
    case KIND_ADDRESS_CHANGED: change(a, THING_ADDRESS, text_of(a, "address"), before, after); break;
    case KIND_PAYMENT_METHOD_CHANGED: change(a, THING_CARD, text_of(a, "payment_method"), before, after); break;
    case KIND_PROFILE_CHANGED: change_profile(a, text_of(a, "field"), before, after); break;
    case KIND_NOTIFICATION_SETTINGS_CHANGED: change(a, THING_SETTING, STR("settings"), before, after); break;
    case KIND_ACCOUNT_CLOSURE_REQUESTED: (void)made(a, THING_CLOSURE, STR("closure")); break;
    case KIND_DATA_EXPORTED: (void)made(a, THING_EXPORT, text_of(a, "scope")); break;
    case KIND_CONTENT_POSTED: (void)made(a, THING_CONTENT, text_of(a, "content")); break;
    case KIND_REFUND_CLAIMED: amount(made(a, THING_CLAIM, a->event), a->data); break;
    case KIND_POINTS_CHANGED: amount(made(a, THING_POINTS, a->event), a->data); break;
    case KIND_PASSWORD_CHANGED: change_password(a); break;
    case KIND_ORDER_PLACED: place_order(a); break;
    case KIND_BALANCE_TOPPED_UP: top_up(a); break;
    case KIND_BALANCE_SPENT: spend(a); break;
    case KIND_MEMBERSHIP_STARTED: join(a); break;
    case KIND_GIFT_CARD_ISSUED: issue_code(a); break;
    case KIND_GIFT_CARD_REDEEMED: redeem_code(a); break;
    case KIND_ORDER_STATE: move_on(a, THING_ORDER, text_of(a, "order")); break;
    case KIND_PAYMENT_STATE: move_on(a, THING_CHARGE, text_of(a, "charge")); break;
    default: break; /* looked at by Hikeshi alone; it changes nothing here */
    }
}

/* ---- the event ---------------------------------------------------------------------------------------------------------------------- */

/* Of a login that failed, whatever the act said, only what is told of its way. */
static bool is_untold(struct str name, bool locked) {
    return locked && (str_equal(name, STR("outcome")) || str_equal(name, STR("failure")) || str_equal(name, STR("session")));
}

static void write_data(const struct act *a, bool locked, struct buf *b) {
    struct json_walk walk = json_walk(a->data);
    size_t count = 0;
    for (struct json_member m; json_next(&walk, &m);) {
        if (is_untold(m.name, locked)) continue;
        if (count++) buf_char(b, ',');
        buf_json(b, m.name);
        buf_char(b, ':');
        json_write(b, m.value);
    }
    if (locked) buf_fmt(b, "%s\"outcome\":\"failure\",\"failure\":\"locked\"", count ? "," : "");
}

/* The act with what an event needs besides. `locked`: the login failed. */
static void write_event(const struct act *a, bool locked, struct buf *b) {
    buf_text(b, STR("{\"specversion\":\"1.0\",\"id\":"));
    buf_json(b, a->event);
    buf_text(b, STR(",\"source\":\"shop\",\"type\":"));
    buf_json(b, json_text(json_get(a->root, STR("type"))));
    buf_text(b, STR(",\"subject\":"));
    buf_json(b, json_text(json_get(a->root, STR("subject"))));
    buf_text(b, STR(",\"time\":\""));
    moment_format(b, a->now_ms);
    buf_text(b, STR("\",\"data\":{"));
    write_data(a, locked, b);
    buf_text(b, STR("}}\n"));
}

static bool play(struct act *a, struct buf *event) {
    enum kind kind = kind_from(json_text(json_get(a->root, STR("type"))));
    bool success = str_equal(text_of(a, "outcome"), STR("success"));
    a->account = world_account(a->w, json_text(json_get(a->root, STR("subject"))), true);
    if (!a->account) return false;
    a->account->hostile_seen |= a->hostile;
    if (kind == KIND_LOGIN && success && a->account->self->held) {
        write_event(a, true, event);
        return false;
    }
    if (kind != KIND_LOGIN && is_refused(a, kind)) return false;
    if (kind != KIND_LOGIN || success) take_notice(a, kind);
    write_event(a, false, event);
    return true;
}

bool world_act(struct world *w, int64_t now_ms, struct str act, bool hostile, struct buf *event) {
    char id[32], *memory = malloc(JSON_MEMORY_MAX(ACT_SIZE_MAX));
    CHECK(memory);
    struct arena step = arena_over(memory, JSON_MEMORY_MAX(ACT_SIZE_MAX));
    struct act a = {.w = w, .now_ms = now_ms, .hostile = hostile};
    struct problem p;
    bool happened = false;
    if (!json_parse(act, ACT_SIZE_MAX, &step, &a.root, &p)) {
        a.data = json_get(a.root, STR("data"));
        a.order = json_get(a.data, STR("order"));
        a.membership = json_get(a.data, STR("membership"));
        a.session = text_of(&a, "session");
        a.event = json_text(json_get(a.root, STR("id")));
        (void)snprintf(id, sizeof id, "world-act-%llu", (unsigned long long)++w->number);
        if (!a.event.size) a.event = str_from(id);
        happened = play(&a, event);
    }
    free(memory);
    return happened;
}

/* ---- variants ----------------------------------------------------------------------------------------------------------------------- */

void world_set_order(struct world *w, const char *order, const char *state) {
    struct thing *t = thing_find_anywhere(w, THING_ORDER, str_from(order));
    CHECK(t);
    t->fate = fate_from(str_from(state));
    if (t->fate >= FATE_LABELLED && !t->parcel[0])
        (void)snprintf(t->parcel, sizeof t->parcel, "parcel-%llu", (unsigned long long)++w->number);
    news_of_fate(w, t, false, t->made_ms);
    plan_thing(w, t, (t->due_ms ? t->due_ms : t->made_ms) + HOUR_MS);
}

void world_refuse_recall(struct world *w, const char *order) {
    struct thing *t = thing_find_anywhere(w, THING_ORDER, str_from(order));
    CHECK(t);
    t->will_fail = true;
}

void world_fail_refund(struct world *w, const char *charge_id) {
    struct thing *t = thing_find_anywhere(w, THING_CHARGE, str_from(charge_id));
    CHECK(t);
    t->will_fail = true;
}

void world_dispute(struct world *w, const char *charge_id) {
    struct thing *t = thing_find_anywhere(w, THING_CHARGE, str_from(charge_id));
    CHECK(t);
    t->fate = FATE_DISPUTED;
    t->due_ms = 0;
    news_of_fate(w, t, true, t->made_ms);
}

void world_capture(struct world *w, const char *charge_id) {
    struct thing *t = thing_find_anywhere(w, THING_CHARGE, str_from(charge_id));
    CHECK(t && t->fate == FATE_AUTHORISED);
    t->fate = FATE_CAPTURED;
    t->due_ms = 0;
    news_of_fate(w, t, true, t->made_ms);
}

void world_tell_owner(struct world *w, const char *account) {
    struct account *a = world_account(w, str_from(account), false);
    if (a) a->told = true;
}
