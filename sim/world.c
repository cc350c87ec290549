// SPDX-License-Identifier: Apache-2.0
/* The pretended world as a whole: opens it, finds who is asked for what, answers in the counterparts' form, and lets time pass. */
#include "sim/world.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/hash.h"
#include "base/moment.h"
#include "sim/things.h"

/* ---- open and close ----------------------------------------------------------------------------------------------------------------- */

static void read_secret(struct world *w, const char *text) {
    struct str s = str_from(text);
    if (str_starts(s, STR("whsec_"))) s = str_slice(s, 6, s.size);
    CHECK(s.size / 4 * 3 <= SECRET_MAX);
    int size = EVP_DecodeBlock(w->secret, (const unsigned char *)s.at, (int)s.size);
    CHECK(size > 0);
    w->secret_size = (size_t)size;
    for (size_t at = s.size; at > 0 && s.at[at - 1] == '='; at--) w->secret_size--;
}

struct world *world_open(const struct world_options *o) {
    struct world *w = calloc(1, sizeof *w);
    CHECK(w);
    w->options = *o;
    w->random = o->seed;
    if (o->secret) read_secret(w, o->secret);
    return w;
}

static void close_account(struct account *a) {
    for (struct thing *t = a->things, *next; t; t = next) {
        next = t->next;
        free(t);
    }
    free(a);
}

static void close_news(struct kept_news *n) {
    if (!n) return;
    free((void *)n->body.at);
    free(n);
}

static void close_bucket(struct world *w, size_t i) {
    for (struct kept_key *k = w->keys[i], *next; k; k = next) {
        next = k->next;
        free(k->system_and_key);
        free(k->body);
        free(k);
    }
    for (struct kept_act *k = w->acts[i], *next; k; k = next) {
        next = k->next;
        free(k);
    }
}

void world_close(struct world *w) {
    if (!w) return;
    for (struct account *a = w->newest, *older; a; a = older) {
        older = a->older;
        close_account(a);
    }
    for (size_t i = 0; i < BUCKET_COUNT; i++) close_bucket(w, i);
    for (size_t i = 0; i < w->plan_count; i++) close_news(w->plans[i].news);
    free(w->plans);
    mails_free(w);
    free(w);
}

/* ---- accounts and things ------------------------------------------------------------------------------------------------------------ */

uint64_t world_draw(struct world *w, uint64_t below) {
    w->random = hash_mix(w->random, 1);
    return w->random % below;
}

void name_set(char *to, size_t size, struct str from) {
    from = str_head(from, size - 1);
    memcpy(to, from.at, from.size);
    to[from.size] = 0;
}

struct account *world_account(struct world *w, struct str id, bool make) {
    struct account **bucket = &w->accounts[hash_str(id, 0) % BUCKET_COUNT];
    for (struct account *a = *bucket; a; a = a->next)
        if (str_equal(str_from(a->id), id)) return a;
    if (!make || !id.size) return NULL;
    struct account *a = calloc(1, sizeof *a);
    CHECK(a);
    name_set(a->id, sizeof a->id, id);
    a->next = *bucket;
    *bucket = a;
    a->older = w->newest;
    w->newest = a;
    a->self = thing_add(w, a, THING_ACCOUNT, id, w->options.now_ms);
    a->self->in_force = false;
    return a;
}

struct thing *thing_add(struct world *w, struct account *a, enum thing_kind kind, struct str id, int64_t now_ms) {
    struct thing *t = calloc(1, sizeof *t);
    CHECK(t);
    (void)w;
    t->kind = kind;
    t->owner = a;
    t->made_ms = now_ms;
    t->in_force = true;
    name_set(t->id, sizeof t->id, id);
    t->next = a->things;
    a->things = t;
    return t;
}

static bool is_called(const struct thing *t, struct str id) {
    return str_equal(str_from(t->id), id) || str_equal(str_from(t->event), id) || (t->charge[0] && str_equal(str_from(t->charge), id)) ||
           (t->order[0] && str_equal(str_from(t->order), id)) || (t->parcel[0] && str_equal(str_from(t->parcel), id));
}

struct thing *thing_find(const struct account *a, enum thing_kind kind, struct str id) {
    for (struct thing *t = a->things; t; t = t->next)
        if (t->kind == kind && str_equal(str_from(t->id), id)) return t;
    for (struct thing *t = a->things; t; t = t->next)
        if (t->kind == kind && is_called(t, id)) return t;
    return NULL;
}

struct thing *thing_find_anywhere(const struct world *w, enum thing_kind kind, struct str id) {
    for (struct account *a = w->newest; a; a = a->older) {
        struct thing *t = thing_find(a, kind, id);
        if (t) return t;
    }
    return NULL;
}

/* ---- answers ------------------------------------------------------------------------------------------------------------------------ */

void answer_done(struct ask *a) {
    a->outcome = "done";
}
void answer_pending(struct ask *a) {
    a->outcome = "pending";
}
void answer_refused(struct ask *a, const char *reason) {
    a->outcome = "refused";
    a->reason = reason;
}
void answer_changed(struct ask *a) {
    a->outcome = "changed";
}

/* The word lives as long as the program: fate_word's own. */
void answer_state(struct ask *a, const struct thing *t) {
    a->state = t->fate == FATE_NONE ? "" : fate_word(t->fate).at;
    a->reference = str_from(t->reference);
    a->fulfilment = str_from(t->parcel);
}

void offer_hold(struct ask *a, struct thing *t) {
    t->held = true;
    answer_done(a);
}

void offer_release(struct ask *a, struct thing *t) {
    t->held = false;
    answer_done(a);
}

void offer_put_back(struct ask *a, struct thing *t) {
    struct str after = json_text(json_get(a->effect, STR("after")));
    if (t->undone) {
        answer_done(a);
        return;
    }
    if (t->value[0] && after.size && !str_equal(after, str_from(t->value))) {
        answer_changed(a);
        return;
    }
    name_set(t->value, sizeof t->value, str_from(t->before));
    t->undone = true;
    t->in_force = false;
    answer_done(a);
}

void offer_just_done(struct ask *a, struct thing *t) {
    t->stopped = true;
    answer_done(a);
}

/* ---- who is asked for what ---------------------------------------------------------------------------------------------------------- */

static const struct system_offers {
    const char *name, *idempotency;
    const struct offer *offers;
} systems[] = {
    {"identity", "stored_2xx", identity_offers}, {"shop", "stored_2xx", shop_offers}, {"payment", "stored_all", payment_offers},
    {"warehouse", "none", warehouse_offers},     {"carrier", "none", carrier_offers}, {"directory", "stored_2xx", directory_offers},
};
/* It changes nothing: it is asked whom to tell (sim/mail.c). */
const struct offer directory_offers[] = {{0}};
#define SYSTEM_COUNT (sizeof systems / sizeof systems[0])

static const struct system_offers *system_find(struct str name) {
    for (size_t i = 0; i < SYSTEM_COUNT; i++)
        if (str_equal(str_from(systems[i].name), name)) return &systems[i];
    return NULL;
}

static const char *idempotency_of(const struct world *w, const struct system_offers *s) {
    return w->options.forgetful && s->offers == payment_offers ? "none" : s->idempotency;
}

static const struct offer *offer_find(const struct system_offers *s, struct str verb, struct str how) {
    for (const struct offer *o = s->offers; o->verb; o++)
        if (str_equal(str_from(o->verb), verb) && str_equal(str_from(o->how), how)) return o;
    return NULL;
}

/* The act that a look asks about: nothing is both contained and undone by the same name. */
static const struct offer *offer_looked_at(const struct system_offers *s, struct str how) {
    const struct offer *o = offer_find(s, STR("undo"), how);
    return o ? o : offer_find(s, STR("contain"), how);
}

static bool is_verb(const struct ask *a, const char *verb) {
    return str_equal(a->verb, str_from(verb));
}

static struct thing *thing_of_any_kind(const struct account *a, struct str id) {
    for (struct thing *t = a->things; t; t = t->next)
        if (t->kind != THING_ACCOUNT && t->kind != THING_SESSION && str_equal(str_from(t->id), id)) return t;
    return NULL;
}

/* "charge:c-topup" is c-topup; "closure" is closure; where the offer is for the account as a whole it is the account. */
static struct thing *thing_asked_about(const struct ask *a, enum thing_kind kind) {
    if (!a->account) return NULL;
    if (kind == THING_ACCOUNT) return a->account->self;
    struct str object = json_text(json_get(a->effect, STR("object"))), id, type = str_cut(object, ':', &id);
    if (!id.size) id = type;
    struct thing *t = id.size ? thing_find(a->account, kind, id) : NULL;
    return t || !id.size ? t : thing_of_any_kind(a->account, id);
}

static void answer_absent(struct ask *a) {
    a->outcome = "absent";
}

static void run(struct ask *a, const struct offer *o, struct thing *t) {
    bool was_undone = t->undone;
    int64_t returned_minor = t->returned_minor;
    o->run(a, t);
    bool changed =
        (t->undone && !was_undone) || t->returned_minor != returned_minor || (o->costly && str_equal(str_from(a->outcome), STR("pending")));
    if (is_verb(a, "contain") || changed) world_remember_act(a->w, t, o->how, o->costly && changed, is_verb(a, "undo"));
}

static bool is_so(const struct offer *o, const struct thing *t) {
    if (o->is_so) return o->is_so(t);
    return str_equal(str_from(o->verb), STR("contain")) ? t->held : t->undone || t->stopped;
}

/* On its way: asked for, accepted, not final. */
static bool is_under_way(const struct offer *o, const struct thing *t) {
    if (!o->costly) return false;
    return t->fate == FATE_REFUND_PENDING || (t->kind == THING_ORDER && t->stopped && t->undone);
}

static void look(struct ask *a, const struct offer *o, struct thing *t) {
    if (str_equal(json_text(json_get(a->body, STR("of"))), STR("release"))) {
        if (is_so(o, t)) a->outcome = "not_done";
        else answer_done(a);
    } else if (is_so(o, t)) {
        answer_done(a);
    } else if (t->fate == FATE_REFUND_FAILED) {
        answer_refused(a, "the refund failed at the bank");
    } else if (is_under_way(o, t)) {
        answer_pending(a);
    } else {
        a->outcome = "not_done";
    }
    if (t->kind == THING_ORDER || t->kind == THING_CHARGE || t->kind == THING_CODE) answer_state(a, t);
}

static void act_on(struct ask *a, const struct system_offers *s) {
    bool looks = is_verb(a, "read_state") || is_verb(a, "probe");
    const struct offer *o = looks ? offer_looked_at(s, a->how) : offer_find(s, a->verb, a->how);
    if (!o) {
        answer_refused(a, "this is not offered");
        return;
    }
    struct thing *t = thing_asked_about(a, o->kind);
    if (!t) {
        answer_absent(a);
    } else if (looks) {
        look(a, o, t);
    } else {
        run(a, o, t);
    }
}

static void write_member(struct buf *b, const char *name, struct str text) {
    if (!text.size) return;
    buf_fmt(b, ",\"%s\":", name);
    buf_json(b, text);
}

static void write_answer(const struct ask *a, struct buf *b) {
    buf_fmt(b, "{\"outcome\":\"%s\"", a->outcome);
    write_member(b, "state", str_from(a->state));
    write_member(b, "reference", a->reference);
    write_member(b, "fulfilment", a->fulfilment);
    write_member(b, "observed", str_from(a->observed));
    write_member(b, "reason", str_from(a->reason));
    buf_char(b, '}');
}

/* ---- describe and find_effects ------------------------------------------------------------------------------------------------------ */

static void write_system(const struct world *w, const struct system_offers *s, struct buf *b) {
    buf_fmt(b, "\"%s\":{\"idempotency\":\"%s\",\"ttl_s\":86400,\"operations\":[", s->name, idempotency_of(w, s));
    for (const struct offer *o = s->offers; o->verb; o++) buf_fmt(b, "%s\"%s.%s\"", o == s->offers ? "" : ",", o->verb, o->how);
    buf_text(b, STR("],\"webhooks\":true}"));
}

static void write_description(const struct world *w, struct buf *b) {
    buf_text(b, STR("{\"protocol\":1,\"name\":\"the pretended world\",\"systems\":{"));
    for (size_t i = 0; i < SYSTEM_COUNT; i++) {
        if (i) buf_char(b, ',');
        write_system(w, &systems[i], b);
    }
    buf_text(b, STR("}}"));
}

/* What a sweep can find, system by system; the kinds are those of respond/effects.def. */
static const struct findable {
    enum thing_kind kind;
    const char *system, *effect, *object;
} findables[] = {
    {THING_TOKEN, "identity", "token", "token"},
    {THING_AUTHENTICATOR, "identity", "authenticator", "authenticator"},
    {THING_LINK, "identity", "linked_login", "link"},
    {THING_ADDRESS, "shop", "address", "address"},
    {THING_CARD, "shop", "payment_method", "payment_method"},
    {THING_ORDER, "shop", "order", "order"},
    {THING_MEMBERSHIP, "shop", "membership", "membership"},
    {THING_CREDIT, "shop", "balance_top_up", "top_up"},
    {THING_DEBIT, "shop", "drain", "debit"},
    {THING_POINTS, "shop", "points", "points"},
    {THING_CODE, "shop", "gift_code", "code"},
    {THING_CONTENT, "shop", "content", "content"},
    {THING_CLAIM, "shop", "claim", "claim"},
    {THING_CHARGE, "payment", "card_authorisation", "charge"},
};

static bool is_in_path(const struct thing *t, struct str path) {
    return t->session[0] && str_find(path, str_from(t->session), 0) < path.size;
}

/* Licences and bookings are orders of other definitions; they are found by their events. */
static bool is_of_another_definition(const struct thing *t) {
    return t->kind == THING_ORDER && !str_equal(str_from(t->value), STR("physical"));
}

static void write_found(const struct thing *t, const struct findable *f, bool first, struct buf *b) {
    buf_fmt(b, "%s{\"kind\":\"%s\",\"object\":\"%s:%s\",\"state\":\"%.*s\",\"amount_minor\":%lld", first ? "" : ",", f->effect, f->object,
            t->id, STR_ARGS(fate_word(t->fate)), (long long)t->amount_minor);
    write_member(b, "currency", str_from(t->currency));
    buf_text(b, STR(",\"whose\":\"hijacker\"}"));
}

/* Only what was done in a session or token of the hostile path: of anything else the shop knows no better than Hikeshi. */
static void write_findings(const struct ask *a, struct str path, struct buf *b) {
    size_t found = 0, nothing = 0;
    bool has[THING_KIND_COUNT] = {0};
    buf_text(b, STR("{\"outcome\":\"done\",\"found\":["));
    for (size_t i = 0; a->account && i < sizeof findables / sizeof findables[0]; i++) {
        const struct findable *f = &findables[i];
        if (!str_equal(str_from(f->system), a->system)) continue;
        for (const struct thing *t = a->account->things; t; t = t->next) {
            if (t->kind != f->kind || !is_in_path(t, path) || is_of_another_definition(t)) continue;
            write_found(t, f, found++ == 0, b);
            has[t->kind] = true;
        }
    }
    buf_text(b, STR("],\"nothing_in\":["));
    for (size_t i = 0; i < sizeof findables / sizeof findables[0]; i++) {
        const struct findable *f = &findables[i];
        if (has[f->kind] || !str_equal(str_from(f->system), a->system)) continue;
        buf_fmt(b, "%s\"%s\"", nothing++ ? "," : "", f->effect);
    }
    buf_text(b, STR("]}"));
}

static void find_effects(const struct ask *a, struct arena *step, struct buf *b) {
    struct str path = STR_NONE;
    char *memory = arena_take(step, ANSWER_BODY_MAX);
    if (memory) {
        struct buf written = buf_over(memory, ANSWER_BODY_MAX);
        json_write(&written, json_get(a->body, STR("path")));
        path = buf_str(&written);
    }
    write_findings(a, path, b);
}

/* ---- a request ---------------------------------------------------------------------------------------------------------------------- */

static void reply_problem(struct world_reply *out, unsigned status, const char *body) {
    out->status = status;
    out->body = str_from(body);
}

/* Done once: by the key where the counterpart keeps keys, else every time. */
static void execute(struct ask *a, const struct system_offers *s, struct arena *step, struct buf *b, struct world_reply *out) {
    bool changes = is_verb(a, "contain") || is_verb(a, "undo") || is_verb(a, "release");
    bool keeps = changes && !str_equal(str_from(idempotency_of(a->w, s)), STR("none"));
    const struct kept_key *kept = keeps ? key_find(a->w, a->system, a->key, a->now_ms) : NULL;
    buf_reset(b);
    if (kept) {
        out->status = kept->status;
        buf_text(b, str_from(kept->body));
        return;
    }
    out->status = 200;
    if (is_verb(a, "find_contact")) {
        directory_answer(a, b);
        return;
    }
    if (is_verb(a, "find_effects")) {
        find_effects(a, step, b);
        return;
    }
    act_on(a, s);
    write_answer(a, b);
    if (str_equal(str_from(a->outcome), STR("pending"))) out->status = 202;
    if (keeps) key_keep(a->w, a->system, a->key, out->status, buf_str(b), a->now_ms);
}

static void play_fault(struct ask *a, const struct system_offers *s, struct arena *step, struct buf *b, struct world_reply *out) {
    switch (out->fault) {
    case FAULT_DROP:
    case FAULT_DOWN: return;
    case FAULT_REFUSE: reply_problem(out, 422, "{\"outcome\":\"refused\",\"reason\":\"not possible\"}"); return;
    case FAULT_TOO_MANY:
        reply_problem(out, 429, "{}");
        out->retry_after_s = 1 + (int64_t)world_draw(a->w, 5);
        return;
    case FAULT_STORED_500:
        reply_problem(out, 500, "{\"error\":\"internal\"}");
        if (str_equal(str_from(idempotency_of(a->w, s)), STR("stored_all"))) key_keep(a->w, a->system, a->key, 500, out->body, a->now_ms);
        return;
    case FAULT_TWICE: execute(a, s, step, b, out); break;
    case FAULT_DELAY: out->delay_ms = 200 + (int64_t)world_draw(a->w, 20000); break;
    case FAULT_NONE:
    case FAULT_DO_AND_DROP:
    case FAULT_GARBAGE:
    case FAULT_COUNT: break;
    }
    execute(a, s, step, b, out);
    out->body = buf_str(b);
    if (out->fault == FAULT_GARBAGE) reply_problem(out, 200, "<html>it works</html>");
}

static bool read_ask(struct ask *a, struct str body, struct arena *step) {
    struct problem p;
    if (json_parse(body, body.size, step, &a->body, &p)) return false;
    a->system = json_text(json_get(a->body, STR("system")));
    a->how = json_text(json_get(a->body, STR("how")));
    a->effect = json_get(a->body, STR("effect"));
    a->account = world_account(a->w, json_text(json_get(a->body, STR("account"))), false);
    return true;
}

/* The last part of the path: whatever stands before it is the address of the counterpart. */
static struct str last_part(struct str path) {
    size_t from = 0;
    for (size_t at; (at = str_find_char(path, '/', from)) < path.size;) from = at + 1;
    return str_slice(path, from, path.size);
}

void world_answer(struct world *w, int64_t now_ms, struct str path, const struct str *headers, size_t header_count, struct str body,
                  struct arena *step, struct world_reply *out) {
    *out = (struct world_reply){.status = 200};
    struct ask a = {.w = w, .now_ms = now_ms, .outcome = "refused", .state = "", .reason = "", .observed = ""};
    a.reference = a.fulfilment = STR_NONE;
    char *memory = arena_take(step, ANSWER_BODY_MAX);
    CHECK(memory);
    struct buf b = buf_over(memory, ANSWER_BODY_MAX);
    if (!signature_is_right(w, headers, header_count, body, now_ms, &a.key)) {
        reply_problem(out, 401, "{\"error\":\"signature\"}");
        return;
    }
    a.verb = last_part(path);
    if (is_verb(&a, "describe")) {
        write_description(w, &b);
        out->body = buf_str(&b);
        return;
    }
    if (!read_ask(&a, body, step)) {
        reply_problem(out, 400, "{\"outcome\":\"refused\",\"reason\":\"no JSON\"}");
        return;
    }
    const struct system_offers *s = system_find(a.system);
    if (!s) {
        reply_problem(out, 404, "{\"outcome\":\"absent\",\"reason\":\"no such system\"}");
        return;
    }
    out->fault = fault_of_request(w, &a);
    play_fault(&a, s, step, &b, out);
}

/* ---- time --------------------------------------------------------------------------------------------------------------------------- */

static void advance_thing(struct world *w, struct thing *t, int64_t now_ms, const struct world_gate *gate) {
    t->due_ms = 0;
    if (t->kind == THING_CHARGE) payment_goes_on(w, t, now_ms, gate);
    if (t->kind == THING_ORDER && t->stopped) carrier_goes_on(w, t, now_ms);
    else if (t->kind == THING_ORDER) warehouse_goes_on(w, t, now_ms, gate);
    if (t->kind == THING_MEMBERSHIP) membership_goes_on(w, t, now_ms);
}

static void tell(struct world *w, struct kept_news *n, int64_t now_ms, void (*news)(void *context, const struct world_news *n),
                 void *context) {
    char memory[512];
    struct buf b = buf_over(memory, sizeof memory);
    struct world_news out;
    news_write(w, n, now_ms, &b, &out);
    if (news) news(context, &out);
    close_news(n);
}

static bool is_before(const struct plan *a, const struct plan *b) {
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void swap(struct plan *a, struct plan *b) {
    struct plan c = *a;
    *a = *b;
    *b = c;
}

static void plan_push(struct world *w, struct plan p) {
    if (w->plan_count == w->plan_capacity) {
        w->plan_capacity = w->plan_capacity ? w->plan_capacity * 2 : 256;
        w->plans = realloc(w->plans, w->plan_capacity * sizeof *w->plans);
        CHECK(w->plans);
    }
    p.number = ++w->number;
    size_t at = w->plan_count++;
    w->plans[at] = p;
    for (; at && is_before(&w->plans[at], &w->plans[(at - 1) / 2]); at = (at - 1) / 2) swap(&w->plans[at], &w->plans[(at - 1) / 2]);
}

static struct plan plan_pop(struct world *w) {
    struct plan first = w->plans[0];
    w->plans[0] = w->plans[--w->plan_count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < w->plan_count; child++)
            if (is_before(&w->plans[child], &w->plans[least])) least = child;
        if (least == at) return first;
        swap(&w->plans[at], &w->plans[least]);
        at = least;
    }
}

void plan_thing(struct world *w, struct thing *t, int64_t at_ms) {
    t->due_ms = at_ms;
    plan_push(w, (struct plan){.at_ms = at_ms, .thing = t});
}

void plan_news(struct world *w, struct kept_news *n, int64_t at_ms) {
    plan_push(w, (struct plan){.at_ms = at_ms, .news = n});
}

/* A plan that was overtaken: the thing is due at another time, or not at all. */
static bool is_overtaken(const struct plan *p) {
    return p->thing && p->thing->due_ms != p->at_ms;
}

void world_advance(struct world *w, int64_t now_ms, const struct world_gate *gate, void (*news)(void *context, const struct world_news *n),
                   void *context) {
    while (w->plan_count && w->plans[0].at_ms <= now_ms) {
        struct plan p = plan_pop(w);
        if (is_overtaken(&p)) continue;
        if (p.thing) advance_thing(w, p.thing, p.at_ms, gate);
        if (p.news) tell(w, p.news, p.at_ms, news, context);
    }
}

int64_t world_next_ms(const struct world *w) {
    int64_t next_ms = 0;
    for (size_t i = 0; i < w->plan_count; i++)
        if (!is_overtaken(&w->plans[i]) && (!next_ms || w->plans[i].at_ms < next_ms)) next_ms = w->plans[i].at_ms;
    return next_ms;
}
