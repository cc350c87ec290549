// SPDX-License-Identifier: Apache-2.0
/*
 * The pretended identity provider: logins, sessions, tokens, contacts, authenticators. Ending all sessions leaves tokens alone, as real
 * ones do: a token that nobody revokes goes on working after the password is new.
 */
#include "sim/things.h"

static void end_sessions(struct ask *a, struct thing *self) {
    for (struct thing *t = self->owner->things; t; t = t->next)
        if (t->kind == THING_SESSION && t->made_ms <= a->now_ms) t->in_force = false;
    self->owner->sessions_ended_ms = a->now_ms;
    answer_done(a);
}

/* What began after the end is somebody's new login. */
static bool sessions_are_ended(const struct thing *self) {
    int64_t ended_ms = self->owner->sessions_ended_ms;
    for (const struct thing *t = self->owner->things; t; t = t->next)
        if (t->kind == THING_SESSION && t->in_force && t->made_ms <= ended_ms) return false;
    return ended_ms > 0;
}

static void revoke_token(struct ask *a, struct thing *t) {
    t->in_force = false;
    answer_done(a);
}

static bool is_dead(const struct thing *t) {
    return !t->in_force;
}

static void freeze_login(struct ask *a, struct thing *self) {
    self->held = true;
    answer_done(a);
}

/* Shut until the owner has set a new password, which opens it (acts.c). */
static void require_new_password(struct ask *a, struct thing *self) {
    self->held = self->undone = true;
    answer_done(a);
}

/* Once asked for it stays so: afterwards the owner's new password is the only one. */
static bool password_is_asked_for(const struct thing *self) {
    return self->undone || self->closed;
}

static bool login_is_frozen(const struct thing *self) {
    return self->held || self->closed;
}

static void pin_contact(struct ask *a, struct thing *t) {
    t->held = true;
    t->owner->contact_pinned = true;
    answer_done(a);
}

static void unpin_contact(struct ask *a, struct thing *t) {
    t->held = t->owner->contact_pinned = false;
    answer_done(a);
}

static void restore_account(struct ask *a, struct thing *t) {
    t->in_force = false;
    t->undone = true;
    t->fate = FATE_NONE;
    answer_done(a);
}

const struct offer identity_offers[] = {
    {"contain", "end_sessions", THING_ACCOUNT, false, end_sessions, sessions_are_ended},
    {"contain", "revoke_token", THING_TOKEN, false, revoke_token, is_dead},
    {"contain", "freeze_login", THING_ACCOUNT, false, freeze_login, login_is_frozen},
    {"release", "freeze_login", THING_ACCOUNT, false, offer_release, NULL},
    {"undo", "require_new_password", THING_ACCOUNT, false, require_new_password, password_is_asked_for},
    {"contain", "pin_contact", THING_CONTACT, false, pin_contact, NULL},
    {"release", "pin_contact", THING_CONTACT, false, unpin_contact, NULL},
    {"undo", "restore_contact", THING_CONTACT, false, offer_put_back, is_dead},
    {"contain", "disable_authenticator", THING_AUTHENTICATOR, false, offer_hold, NULL},
    {"release", "disable_authenticator", THING_AUTHENTICATOR, false, offer_release, NULL},
    {"undo", "restore_authenticator", THING_AUTHENTICATOR, false, offer_put_back, is_dead},
    {"contain", "suspend_link", THING_LINK, false, offer_hold, NULL},
    {"release", "suspend_link", THING_LINK, false, offer_release, NULL},
    {"undo", "remove_link", THING_LINK, false, offer_put_back, is_dead},
    {"contain", "hold_closure", THING_CLOSURE, false, offer_hold, NULL},
    {"release", "hold_closure", THING_CLOSURE, false, offer_release, NULL},
    {"undo", "cancel_closure", THING_CLOSURE, false, offer_put_back, is_dead},
    {"undo", "restore_account", THING_CLOSURE, false, restore_account, is_dead},
    {0},
};
