// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_ACCOUNTS_TEST_H
#define INCIDENT_ACCOUNTS_TEST_H

#include "incident/scenario_test.h"

/* A made-up account: an owner of many months and a hijacker of some days, their sessions interleaved. A seed is a bug report. */
struct maker {
    uint64_t random;
    struct scenario *out;
    unsigned sessions, objects;
    bool owner_has_devices, hijacker_has_device;
    unsigned hijacker_networks;
};

static inline unsigned below(struct maker *m, unsigned end) {
    return (unsigned)(test_random(&m->random) % end);
}

/* Minutes from the attack's hour, as scenario lines have them; every event has its own minute, so that order is never by chance. */
static inline void say(struct maker *m, int minute, const char *what, const char *whose) {
    char line[256];
    (void)snprintf(line, sizeof line, "%dm %s | %s", minute, what, whose);
    if (m->out->count < SCENARIO_EVENTS_MAX) {
        char *kept = scenario_texts + SCENARIO_EVENTS_MAX * 32 + m->out->count * sizeof line;
        memcpy(kept, line, sizeof line);
        (void)scenario_add(m->out, str_from(kept));
    }
}

/* An act in session `s` over `path`, and what becomes of it. */
static inline void act(struct maker *m, int minute, unsigned s, const char *path, const char *whose) {
    char what[160];
    unsigned object = ++m->objects;
    switch (below(m, 4)) {
    case 0:
        (void)snprintf(what, sizeof what, "order_placed s=S%u %s o=O%u ch=C%u", s, path, object, object);
        say(m, minute, what, whose);
        (void)snprintf(what, sizeof what, "order_state o=O%u p=P%u", object, object);
        say(m, minute + 1, what, whose);
        (void)snprintf(what, sizeof what, below(m, 2) ? "payment_state ch=C%u" : "order_state p=P%u", object);
        say(m, minute + 2, what, whose);
        break;
    case 1:
        (void)snprintf(what, sizeof what, "membership_started s=S%u %s mb=M%u ch=C%u", s, path, object, object);
        say(m, minute, what, whose);
        (void)snprintf(what, sizeof what, "membership_renewed mb=M%u", object);
        say(m, minute + 3, what, whose);
        break;
    case 2:
        (void)snprintf(what, sizeof what, "token_created s=S%u %s t=T%u", s, path, object);
        say(m, minute, what, whose);
        (void)snprintf(what, sizeof what, "order_placed t=T%u o=O%u", object, object);
        say(m, minute + 4, what, whose);
        break;
    default:
        (void)snprintf(what, sizeof what, "address_changed s=S%u %s ad=A%u change=added", s, path, object);
        say(m, minute, what, whose);
    }
}

static inline void sit(struct maker *m, int minute, const char *path, const char *whose, unsigned acts) {
    char what[160];
    unsigned s = ++m->sessions;
    (void)snprintf(what, sizeof what, "login s=S%u %s", s, path);
    say(m, minute, what, whose);
    for (unsigned i = 0; i < acts; i++) act(m, minute + 6 * (int)(i + 1), s, path, whose);
}

static inline void owner_path(struct maker *m, char *path, size_t size) {
    unsigned device = below(m, 3), network = 1 + below(m, 3);
    if (m->owner_has_devices) (void)snprintf(path, size, "d=own%u n=%u c=client%u j=tls%u", device, network, device, device);
    else (void)snprintf(path, size, "n=%u c=client%u j=tls%u", network, device, device);
}

/* Every path of the owner's is used once, half a year ago. */
static inline void make_history(struct maker *m) {
    char path[96];
    int minute = -200 * 24 * 60;
    for (unsigned device = 0; device < 3; device++) {
        for (unsigned network = 1; network <= 3; network++, minute += 1000) {
            if (m->owner_has_devices) (void)snprintf(path, sizeof path, "d=own%u n=%u c=client%u j=tls%u", device, network, device, device);
            else (void)snprintf(path, sizeof path, "n=%u c=client%u j=tls%u", network, device, device);
            sit(m, minute, path, "owner", 0);
        }
    }
    for (unsigned i = 0; i < 12; i++) {
        owner_path(m, path, sizeof path);
        sit(m, minute + (int)i * 9000 + (int)below(m, 5000), path, "owner", below(m, 4));
    }
}

/* Twenty slots of 200 minutes around the attack: owner and hijacker take turns by chance. Slot 10 is the trigger's. */
static inline void make_attack(struct maker *m) {
    char path[96];
    for (int slot = 0; slot < 20; slot++) {
        int minute = (slot - 10) * 200;
        bool hijacker = slot == 10 || below(m, 2) == 0;
        if (!hijacker) {
            owner_path(m, path, sizeof path);
        } else {
            unsigned network = m->hijacker_has_device ? 100 + below(m, m->hijacker_networks) : 100;
            (void)snprintf(path, sizeof path, "%sn=%u c=bot j=bottls", m->hijacker_has_device ? "d=evil " : "", network);
        }
        size_t first = m->out->count;
        sit(m, minute, path, hijacker ? "hijacker" : "owner", below(m, 4));
        if (slot != 10) continue;
        m->out->events[first].decision.takeover = true;
        m->out->open_position = m->out->events[first].position;
    }
}

static inline void make_account(struct scenario *out, uint64_t seed) {
    struct maker m = {.random = seed, .out = out};
    m.owner_has_devices = below(&m, 2) == 0;
    m.hijacker_has_device = below(&m, 2) == 0;
    m.hijacker_networks = 1 + below(&m, 4);
    out->count = 0;
    make_history(&m);
    make_attack(&m);
}

#endif
