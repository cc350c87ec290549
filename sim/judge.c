// SPDX-License-Identifier: Apache-2.0
/*
 * The judges of the pretended world. They alone know what was the hijacker's. They count what was done twice for one cause, what of the
 * owner's was undone or is still shut, what of the hijacker's is still there, and what the night has cost the owner.
 */
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "sim/things.h"

static const char *const kind_words[] = {
    [THING_ACCOUNT] = "account",
    [THING_SESSION] = "session",
    [THING_TOKEN] = "token",
    [THING_CONTACT] = "contact",
    [THING_AUTHENTICATOR] = "authenticator",
    [THING_LINK] = "link",
    [THING_CLOSURE] = "closure",
    [THING_SETTING] = "setting",
    [THING_PAYOUT] = "payout",
    [THING_ADDRESS] = "address",
    [THING_CARD] = "card",
    [THING_CREDIT] = "top-up",
    [THING_DEBIT] = "spending",
    [THING_POINTS] = "points",
    [THING_CODE] = "code",
    [THING_MEMBERSHIP] = "membership",
    [THING_CONTENT] = "content",
    [THING_CLAIM] = "claim",
    [THING_EXPORT] = "export",
    [THING_ORDER] = "order",
    [THING_CHARGE] = "charge",
};

static void note(char *first, size_t size, const struct thing *t, const char *what) {
    if (!first[0]) (void)snprintf(first, size, "%s %.60s of %.40s %s", kind_words[t->kind], t->id, t->owner->id, what);
}

static struct kept_act **bucket_of(const struct world *w, const struct thing *t) {
    return (struct kept_act **)&w->acts[hash_mix((uint64_t)(uintptr_t)t, 0) % BUCKET_COUNT];
}

/* NULL: never. */
static struct kept_act *act_find(const struct world *w, const struct thing *t, struct str how) {
    struct kept_act *a = *bucket_of(w, t);
    while (a && (a->thing != t || !str_equal(str_from(a->how), how))) a = a->next;
    return a;
}

static struct kept_act *act_add(struct world *w, struct thing *t, struct str how) {
    struct kept_act *a = calloc(1, sizeof *a), **bucket = bucket_of(w, t);
    CHECK(a);
    *a = (struct kept_act){.next = *bucket, .thing = t};
    name_set(a->how, sizeof a->how, how);
    return *bucket = a;
}

void world_remember_act(struct world *w, struct thing *t, const char *how, bool costly, bool undoes) {
    struct kept_act *a = act_find(w, t, str_from(how));
    if (!a) a = act_add(w, t, str_from(how));
    w->act_count++;
    a->times++;
    if (undoes && !t->hostile && t->kind != THING_ACCOUNT) {
        w->touched_count++;
        note(w->first_touched, sizeof w->first_touched, t, "was the owner's and was undone");
    }
    if (!costly || a->times == 1) return;
    w->double_count++;
    note(w->first_double, sizeof w->first_double, t, how);
}

/* Goods that are still with the hijacker, the owner or on their way, and that nobody has closed. */
static bool order_is_alive(const struct thing *t) {
    return !t->closed && t->fate != FATE_CANCELLED && t->fate != FATE_RETURNED;
}

/* A code that was claimed is traced (closed), one that was not is void. Charges are counted in money. */
static bool is_alive(const struct thing *t) {
    switch (t->kind) {
    case THING_ORDER: return order_is_alive(t);
    case THING_CHARGE:
    case THING_ACCOUNT:
    case THING_DEBIT: return false;
    case THING_CODE:
    case THING_CLAIM:
    case THING_EXPORT: return t->in_force && !t->closed;
    case THING_SESSION:
    case THING_TOKEN:
    case THING_CONTACT:
    case THING_AUTHENTICATOR:
    case THING_LINK:
    case THING_CLOSURE:
    case THING_SETTING:
    case THING_PAYOUT:
    case THING_ADDRESS:
    case THING_CARD:
    case THING_CREDIT:
    case THING_POINTS:
    case THING_MEMBERSHIP:
    case THING_CONTENT:
    case THING_KIND_COUNT: break;
    }
    return t->in_force;
}

/* Captured from the owner's card or taken from his balance, less what came back. What is authorised only costs nothing (yet). */
static int64_t cost_of(const struct thing *t) {
    if (!t->hostile) return 0;
    if (t->kind == THING_DEBIT) return t->amount_minor - t->returned_minor;
    if (t->kind != THING_CHARGE || t->fate == FATE_VOIDED || t->fate == FATE_AUTHORISED) return 0;
    return t->amount_minor - t->returned_minor;
}

static void judge_thing(const struct thing *t, struct world_verdict *out) {
    out->owner_out_of_pocket_minor += cost_of(t);
    if (t->hostile && is_alive(t)) {
        out->left_alive++;
        note(out->first, sizeof out->first, t, "is the hijacker's and still there");
    }
    if (!t->hostile && t->held && t->kind != THING_ACCOUNT) {
        out->owner_touched++;
        note(out->first, sizeof out->first, t, "is the owner's and still held");
    }
}

/* Where nobody but the owner was there, nothing may stay shut. */
static void judge_account(const struct account *a, struct world_verdict *out) {
    for (const struct thing *t = a->things; t; t = t->next) judge_thing(t, out);
    if (a->hostile_seen || !(a->self->held || a->balance_frozen || a->contact_pinned || a->payouts_held)) return;
    out->owner_touched++;
    note(out->first, sizeof out->first, a->self, "had no hijacker and is still shut");
}

void world_judge(const struct world *w, const char *account, struct world_verdict *out) {
    *out = (struct world_verdict){.acts = w->act_count, .double_actions = w->double_count, .owner_touched = w->touched_count};
    if (w->first_double[0]) (void)snprintf(out->first, sizeof out->first, "twice: %s", w->first_double);
    if (!out->first[0]) (void)snprintf(out->first, sizeof out->first, "%s", w->first_touched);
    for (const struct account *a = w->newest; a; a = a->older)
        if (!account || str_equal(str_from(a->id), str_from(account))) judge_account(a, out);
}

/* ---- looking at one thing ----------------------------------------------------------------------------------------------------------- */

static const struct thing *thing_named(const struct world *w, const char *account, const char *kind, const char *id) {
    const struct account *a = world_account((struct world *)w, str_from(account), false);
    for (const struct thing *t = a ? a->things : NULL; t; t = t->next)
        if (str_equal(str_from(kind_words[t->kind]), str_from(kind)) && str_equal(str_from(t->id), str_from(id))) return t;
    return NULL;
}

bool world_look_at(const struct world *w, const char *account, const char *kind, const char *id, struct world_look *out) {
    const struct thing *t = thing_named(w, account, kind, id);
    *out = (struct world_look){.state = "", .refused = ""};
    if (!t) return false;
    *out = (struct world_look){.state = t->fate == FATE_NONE ? "" : fate_word(t->fate).at,
                               .refused = t->refused ? t->refused : "",
                               .in_force = t->in_force,
                               .held = t->held,
                               .undone = t->undone,
                               .balance_frozen = t->owner->balance_frozen,
                               .amount_minor = t->amount_minor,
                               .returned_minor = t->returned_minor};
    return true;
}

unsigned world_count_acts(const struct world *w, const char *account, const char *kind, const char *id, const char *how) {
    const struct thing *t = thing_named(w, account, kind, id);
    const struct kept_act *a = t ? act_find(w, t, str_from(how)) : NULL;
    return a ? a->times : 0;
}
