// SPDX-License-Identifier: Apache-2.0
/* Reads from each event of a thread the marks by which others may be recognised. */
#include "incident/traces.h"

#include "incident/step.h"

/* A score that 5 % of owners' own logins reach (score/assessment.h): of those below, enough are left to know an owner's paths by. */
#define CALM_SCORE_END 500

struct str object_word(enum object o) {
    switch (o) {
#define OBJECT(NAME, member, word)                                                                                                         \
    case OBJECT_##NAME: return STR(word);
        OBJECTS
#undef OBJECT
    case OBJECT_COUNT: break;
    }
    return STR_NONE;
}

struct str object_of(const struct event *e, enum object o) {
    switch (o) {
#define OBJECT(NAME, member, word)                                                                                                         \
    case OBJECT_##NAME: return e->member;
        OBJECTS
#undef OBJECT
    case OBJECT_COUNT: break;
    }
    return STR_NONE;
}

/* How far down the list of objects this kind of event reaches. */
static enum object touched_end(const struct event *e) {
    enum kind_group group = kind_group(e->kind);
    return group == GROUP_VALUE || group == GROUP_FATE || group == GROUP_LABEL ? OBJECT_VALUE_END : OBJECT_COUNT;
}

enum object trace_main_object(const struct event *e) {
    bool of_money = e->kind == KIND_PAYMENT_STATE || kind_group(e->kind) == GROUP_LABEL;
    if (of_money && e->charge.size) return OBJECT_CHARGE;
    for (enum object o = 0; o < touched_end(e); o++)
        if (object_of(e, o).size) return o;
    return OBJECT_COUNT;
}

/* Does it bring the objects that it touches into being? A change without `change` counts where nobody touched the object before. */
static bool creates(const struct event *e) {
    if (e->kind == KIND_ADDRESS_CHANGED || e->kind == KIND_PAYMENT_METHOD_CHANGED || e->kind == KIND_MFA_CHANGED)
        return e->change == CHANGE_ADDED || e->change == CHANGE_NONE;
    return e->kind == KIND_TOKEN_CREATED || (kind_group(e->kind) == GROUP_VALUE && e->kind != KIND_REFUND_CLAIMED);
}

/* "Chrome/132.0.0.0" and "Chrome/133.0.0.0" are the same client: every number becomes one '0', dots between numbers go with it. */
static struct str client_of(struct str user_agent, struct arena *step) {
    char *at = step_take(step, user_agent.size);
    size_t size = 0;
    bool in_number = false;
    for (size_t i = 0; i < user_agent.size; i++) {
        char c = user_agent.at[i];
        bool digit = c >= '0' && c <= '9';
        if (in_number && (digit || c == '.' || c == '_')) continue;
        in_number = digit;
        at[size++] = digit ? '0' : c;
    }
    return (struct str){at, size};
}

static uint16_t network_name(struct names *n, enum name_kind kind, const struct address *ip, unsigned bits) {
    struct address *network = step_take(n->step, sizeof *network);
    *network = address_prefix(ip, bits);
    return names_number(n, kind, (struct str){(const char *)network->bytes, address_size(ip)});
}

static uint16_t operator_name(struct names *n, int64_t asn) {
    if (asn <= 0) return 0;
    int64_t *number = step_take(n->step, sizeof *number);
    *number = asn;
    return names_number(n, NAME_OPERATOR, (struct str){(const char *)number, sizeof *number});
}

static void read_access(struct trace *t, const struct event *e, struct names *n) {
    t->session = names_number(n, NAME_SESSION, e->session);
    t->device = names_number(n, NAME_DEVICE, e->device), t->device_id = e->device;
    t->token = names_number(n, NAME_OBJECT + OBJECT_TOKEN, e->token);
    if (e->user_agent.size) t->client = names_number(n, NAME_CLIENT, client_of(e->user_agent, n->step));
    t->ja4 = names_number(n, NAME_JA4, e->ja4);
    if (e->ip.family != ADDRESS_NONE) {
        bool v4 = e->ip.family == ADDRESS_V4;
        t->prefix = network_name(n, NAME_PREFIX, &e->ip, v4 ? 24 : 48);
        t->line = network_name(n, NAME_LINE, &e->ip, v4 ? 32 : 64);
    }
    t->operator= operator_name(n, e->asn);
    t->place = names_pair(n, NAME_PLACE, t->prefix, t->client);
    t->place_ja4 = names_pair(n, NAME_PLACE_JA4, t->prefix, t->ja4);
}

static bool is_calm(const struct account_event *a) {
    if (a->event.kind == KIND_LOGIN && !event_is_login_success(&a->event)) return false;
    if (a->event.kind == KIND_PASSWORD_RESET_REQUESTED) return false; /* anybody can ask for one */
    return a->decision.verdict == VERDICT_ALLOW && !a->decision.takeover && a->decision.score < CALM_SCORE_END;
}

static void read_one(struct trace *t, const struct account_event *a, struct names *n) {
    const struct event *e = &a->event;
    *t = (struct trace){.of = a, .time_ms = e->time_ms};
    if (kind_group(e->kind) != GROUP_OWN) read_access(t, e, n); /* where we speak of a path, we speak of somebody else's act */
    for (enum object o = 0; o < touched_end(e); o++) t->touched[o] = names_number(n, NAME_OBJECT + o, object_of(e, o));
    bool fate = kind_group(e->kind) == GROUP_FATE || kind_group(e->kind) == GROUP_LABEL;
    t->has_access = t->session || t->device || t->prefix || t->token;
    t->by_object = fate || !t->has_access;
    t->creates = !fate && creates(e);
    t->calm = is_calm(a);
    t->shared = e->net == NET_HOSTING || e->net == NET_VPN || e->net == NET_TOR || e->net == NET_RELAY;
}

/* Insertion sort: a thread is almost in order of time already, for only late events are out of place. */
static void sort_by_time(struct trace *traces, size_t count) {
    for (size_t i = 1; i < count; i++) {
        struct trace late = traces[i];
        size_t at = i;
        for (; at > 0 && traces[at - 1].time_ms > late.time_ms; at--) traces[at] = traces[at - 1];
        traces[at] = late;
    }
}

/*
 * Many shops send the device with the login only: what follows in the session by the same client, from the same network or operator, has
 * the device of the session's first event. `opener`: room for one trace of each name, all NOBODY.
 */
static void lend_devices(struct trace *traces, size_t count, uint16_t *opener) {
    for (size_t i = 0; i < count; i++) {
        struct trace *t = &traces[i];
        if (!t->session) continue;
        if (opener[t->session] == NOBODY) opener[t->session] = (uint16_t)i;
        const struct trace *first = &traces[opener[t->session]];
        bool near = t->operator&& first->operator? t->operator== first->operator: t->prefix && t->prefix == first->prefix;
        if (!t->device && t->client && near && trace_same_client(t, first)) t->device = first->device, t->device_id = first->device_id;
    }
}

struct trace *trace_thread(const struct account_event *thread, size_t count, struct names *names, struct arena *step) {
    struct trace *traces = step_take(step, count * sizeof *traces);
    for (size_t i = 0; i < count; i++) read_one(&traces[i], &thread[i], names);
    sort_by_time(traces, count);
    lend_devices(traces, count, step_nobodies(step, names->count));
    return traces;
}

bool trace_same_client(const struct trace *a, const struct trace *b) {
    if (a->device && b->device) return a->device == b->device;
    return (a->client == b->client || !a->client || !b->client) && (a->ja4 == b->ja4 || !a->ja4 || !b->ja4);
}

bool trace_is_away(const struct trace *a, const struct trace *b) {
    if (a->operator&& b->operator) return a->operator!= b->operator;
    return a->prefix && b->prefix && a->prefix != b->prefix;
}

bool trace_is_knock(const struct trace *t) {
    const struct event *e = &t->of->event;
    if (e->kind == KIND_LOGIN) return !event_is_login_success(e);
    return e->kind == KIND_PASSWORD_RESET_REQUESTED || e->kind == KIND_CHALLENGE;
}

bool trace_is_bare(const struct trace *t) {
    return t->session && !t->device && !t->client && !t->ja4 && !t->prefix;
}

bool trace_is_by_token_alone(const struct trace *t) {
    return t->token && !t->session && !t->device && !t->client && !t->ja4 && !t->prefix;
}

uint16_t trace_at(const struct trace *traces, size_t count, uint64_t position) {
    for (size_t i = 0; i < count; i++)
        if (traces[i].of->position == position) return (uint16_t)i;
    return NOBODY;
}

static bool touches_object(const struct event *e, struct str id) {
    for (enum object o = 0; o < OBJECT_COUNT; o++)
        if (str_equal(object_of(e, o), id)) return true;
    return false;
}

static uint16_t about_event(const struct trace *traces, size_t count, struct str about) {
    for (size_t i = 0; i < count; i++)
        if (str_equal(traces[i].of->event.id, about)) return (uint16_t)i;
    for (size_t i = 0; i < count; i++)
        if (traces[i].has_access && !traces[i].by_object && touches_object(&traces[i].of->event, about)) return (uint16_t)i;
    return NOBODY;
}

uint16_t trace_about(const struct trace *traces, size_t count, struct str about) {
    if (!about.size) return NOBODY;
    uint64_t position = incident_position(about);
    if (!position) return about_event(traces, count, about);
    uint16_t opening = trace_at(traces, count, position);
    if (opening == NOBODY) return NOBODY;
    const struct event *e = &traces[opening].of->event;
    if (e->kind != KIND_OWNER_STATEMENT) return opening;
    return incident_position(e->about) ? NOBODY : about_event(traces, count, e->about); /* one step back is enough, and it ends */
}
