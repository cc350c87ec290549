// SPDX-License-Identifier: Apache-2.0
/* Finds what began what: the first event of a session, the maker of an object, the reset and the password that let somebody in. */
#include "incident/origins.h"

#include "base/moment.h"
#include "incident/step.h"

/* A reset link is good for a day at most. */
#define RESET_MS_MAX DAY_MS

static void index_openers(struct origins *o) {
    for (size_t i = 0; i < o->count; i++) {
        const struct trace *t = &o->traces[i];
        if (t->session && o->of[t->session] == NOBODY) o->of[t->session] = (uint16_t)i;
    }
}

/* An object that was there before anything in this thread touched it. */
#define NOT_HERE (NOBODY - 1)

/* The maker of an object is the first who touched it other than by telling its state, if that brought it into being. */
static void index_makers(struct origins *o) {
    for (size_t i = 0; i < o->count; i++) {
        const struct trace *t = &o->traces[i];
        if (kind_group(t->of->event.kind) == GROUP_FATE || kind_group(t->of->event.kind) == GROUP_LABEL) continue;
        for (enum object k = 0; k < OBJECT_COUNT; k++) {
            uint16_t name = t->touched[k];
            if (name && o->of[name] == NOBODY) o->of[name] = t->creates ? (uint16_t)i : NOT_HERE;
        }
    }
}

static bool used_reset_link(const struct event *e) {
    return e->method == METHOD_RESET_LINK && (event_is_login_success(e) || e->kind == KIND_PASSWORD_CHANGED);
}

static void index_credentials(struct origins *o) {
    uint16_t asked = NOBODY, changed = NOBODY;
    for (size_t i = 0; i < o->count; i++) {
        const struct event *e = &o->traces[i].of->event;
        if (used_reset_link(e) && asked != NOBODY && o->traces[i].time_ms - o->traces[asked].time_ms <= RESET_MS_MAX)
            o->asked_by[i] = asked;
        if (event_is_login_success(e) && e->method == METHOD_PASSWORD) o->password_from[i] = changed;
        if (e->kind == KIND_PASSWORD_RESET_REQUESTED) asked = (uint16_t)i;
        if (e->kind == KIND_PASSWORD_CHANGED) changed = (uint16_t)i;
    }
}

void origins_init(struct origins *o, const struct trace *traces, size_t count, size_t name_count, struct arena *step) {
    *o = (struct origins){.traces = traces, .count = count, .of = step_nobodies(step, name_count)};
    o->asked_by = step_nobodies(step, count);
    o->password_from = step_nobodies(step, count);
    index_openers(o);
    index_makers(o);
    index_credentials(o);
}

uint16_t origins_maker(const struct origins *o, const struct trace *t) {
    for (enum object k = 0; k < OBJECT_COUNT; k++)
        if (t->touched[k] && o->of[t->touched[k]] < o->count) return o->of[t->touched[k]];
    return NOBODY;
}

uint16_t origins_act(const struct origins *o, uint16_t i) {
    if (i == NOBODY || !o->traces[i].by_object) return i;
    uint16_t maker = origins_maker(o, &o->traces[i]);
    return maker == NOBODY ? i : maker;
}

void origins_share(struct origins *o, const struct trace *t, uint16_t maker) {
    for (enum object k = 0; k < OBJECT_COUNT; k++)
        if (t->touched[k] && o->of[t->touched[k]] == NOBODY) o->of[t->touched[k]] = maker;
}
