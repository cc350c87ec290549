// SPDX-License-Identifier: Apache-2.0
/* Writes the sentences and the hostile path of an incident. */
#include "incident/wording.h"

#include "base/check.h"
#include "base/moment.h"
#include "incident/step.h"

/* A sentence holds a label of an event (a type of 128 bytes and a network), an object id (at most 512 bytes) or a reason (240), and its
 * words. */
#define SENTENCE_SIZE_MAX 1024
#define SUMMARY_SIZE_MAX  4096
#define OBJECT_SIZE_MAX   640
/*
 * Of each kind of mark, the path names at most this many; the events' rows have them all. A byte of hostile text takes up to six in JSON:
 * 8 x (128 session + 128 device + 512 client + 64 ja4) x 6 = 40 kB, 8 networks = 1 kB, 32 objects x 532 x 6 = 102 kB.
 */
#define PATH_MARKS_MAX 8
#define PATH_MADE_MAX  32
#define PATH_SIZE_MAX  (160U * 1024)

static struct buf sentence(struct arena *step, size_t size) {
    return buf_over(step_take(step, size), size);
}

/* Gives back what the text did not need. */
static struct str finish(struct buf *b, struct arena *step) {
    CHECK(!b->overflow);
    if (b->at + b->capacity == step->at + step->used) step->used -= b->capacity - b->size;
    return buf_str(b);
}

/* "login", "order placed" */
static void write_kind(struct buf *b, const struct event *e) {
    struct str name = e->kind == KIND_UNKNOWN ? e->type : kind_name(e->kind);
    for (size_t i = 0; i < name.size; i++) buf_char(b, name.at[i] == '_' ? ' ' : name.at[i]);
}

/* "203.0.113.0/24" */
static void write_prefix(struct buf *b, const struct address *ip) {
    unsigned bits = ip->family == ADDRESS_V4 ? 24 : 48;
    struct address network = address_prefix(ip, bits);
    address_format(b, &network);
    buf_fmt(b, "/%u", bits);
}

/* "AS64500 (NL, hosting)", or the prefix where nothing is known of the network, or nothing. */
static void write_network(struct buf *b, const struct event *e) {
    if (e->asn_present) buf_fmt(b, "AS%lld", (long long)e->asn);
    else if (e->ip.family != ADDRESS_NONE) write_prefix(b, &e->ip);
    else return;
    struct str net = net_word(e->net);
    if (!e->country.size && !net.size) return;
    buf_fmt(b, " (%.*s%s%.*s)", STR_ARGS(e->country), e->country.size && net.size ? ", " : "", STR_ARGS(net));
}

/* "login from AS64500 (NL, hosting)" */
static void write_label(struct buf *b, const struct event *e) {
    write_kind(b, e);
    if (!e->asn_present && e->ip.family == ADDRESS_NONE) return;
    buf_text(b, STR(" from "));
    write_network(b, e);
}

static void write_object(struct buf *b, const struct event *e) {
    enum object o = trace_main_object(e);
    struct str word = o == OBJECT_COUNT ? STR("this") : object_word(o);
    for (size_t i = 0; i < word.size; i++) buf_char(b, word.at[i] == '_' ? ' ' : word.at[i]);
    if (o != OBJECT_COUNT) buf_fmt(b, " %.*s", STR_ARGS(object_of(e, o)));
}

/* "order:o1" */
static void write_object_id(struct buf *b, const struct event *e, enum object o) {
    buf_text(b, object_word(o));
    buf_char(b, ':');
    buf_text(b, object_of(e, o));
}

struct str wording_object(const struct event *e, struct arena *step) {
    enum object o = trace_main_object(e);
    if (o == OBJECT_COUNT) return STR_NONE;
    struct buf b = sentence(step, OBJECT_SIZE_MAX);
    write_object_id(&b, e, o);
    return finish(&b, step);
}

struct str wording_facts(const struct event *e, struct arena *step) {
    struct buf b = sentence(step, EVENT_FACTS_SIZE_MAX);
    event_write_facts(e, &b);
    return finish(&b, step);
}

/* The login that opened the session says more to a reader than the act by which the session was recognised. */
static uint16_t entry_of(const struct lineage *l, uint16_t i) {
    const struct trace *t = &l->traces[i];
    for (uint16_t k = 0; k < l->count; k++) {
        bool entry = event_is_login_success(&l->traces[k].of->event) && l->findings[k].whose == l->findings[i].whose;
        if (entry && t->session && l->traces[k].session == t->session) return k;
    }
    return i;
}

static void write_judged(struct buf *b, const struct decision *d) {
    buf_fmt(b, "judged a takeover, score %u", d->score);
    if (!d->reason_count) return;
    buf_text(b, STR(": "));
    buf_text(b, str_slice(d->reasons[0].text, 0, REASON_TEXT_SIZE_MAX));
}

static void write_about_object(struct buf *b, const struct lineage *l, uint16_t i) {
    const struct finding *f = &l->findings[i];
    const struct trace *t = &l->traces[i];
    if (t->by_object) write_object(b, &t->of->event);
    else buf_fmt(b, "token %.*s", STR_ARGS(t->of->event.token));
    switch (f->whose) {
    case WHOSE_HIJACKER: buf_text(b, STR(" is the hijacker's doing: ")); break;
    case WHOSE_OWNER: buf_text(b, STR(" is the owner's doing: ")); break;
    case WHOSE_UNKNOWN: buf_text(b, STR(" was made by an act that nobody is known to have done: ")); break;
    }
    write_label(b, &l->traces[f->by].of->event);
}

static void write_ground(struct buf *b, const struct lineage *l, uint16_t i) {
    const struct finding *f = &l->findings[i];
    const struct trace *t = &l->traces[i];
    const struct event *e = &t->of->event;
    switch (f->ground) {
    case GROUND_NONE: break;
    case GROUND_JUDGED: write_judged(b, &t->of->decision); return;
    case GROUND_SAID: buf_text(b, STR("the owner said that this was not his doing")); return;
    case GROUND_SUSPECTED: buf_text(b, STR("the owner said that something was not his doing, and he never used this path before")); return;
    case GROUND_UNLIKE:
        buf_fmt(b, "score %u within a fortnight of the attack, on a path that the owner never used before", t->of->decision.score);
        return;
    case GROUND_CONFIRMED: buf_text(b, STR("an analyst confirmed the takeover, although this is a path of the owner's")); return;
    case GROUND_SESSION: buf_text(b, STR("same session as the ")); break;
    case GROUND_STOLEN_SESSION: buf_text(b, STR("in a session taken over from the owner, by the same client as the ")); break;
    case GROUND_TOKEN: buf_fmt(b, "same token %.*s as the ", STR_ARGS(e->token)); break;
    case GROUND_DEVICE: buf_fmt(b, "same device %.*s as the ", STR_ARGS(t->device_id)); break;
    case GROUND_PLACE: buf_text(b, STR("same network and client as the ")); break;
    case GROUND_RESET: buf_text(b, STR("the same password reset as the ")); break;
    case GROUND_PASSWORD: buf_text(b, STR("with the password that was set by the ")); break;
    case GROUND_KNOWN_PASSWORD: buf_text(b, STR("on a path that the owner never used before, with the same password as the ")); break;
    case GROUND_VOUCHED: buf_text(b, STR("on a path that was proven to be the owner's")); return;
    case GROUND_OWN_DEVICE: buf_fmt(b, "on device %.*s, which the owner used long before the attack", STR_ARGS(t->device_id)); return;
    case GROUND_OWN_PLACE: buf_text(b, STR("from a network and client that the owner used long before the attack")); return;
    case GROUND_OWN_SESSION: buf_text(b, STR("in a session that was opened on a path of the owner's")); return;
    case GROUND_OWN_TOKEN: buf_fmt(b, "by token %.*s, which was issued on a path of the owner's", STR_ARGS(e->token)); return;
    case GROUND_BEFORE: buf_text(b, STR("on a path used before the attack, and nothing links it to the hijacker")); return;
    case GROUND_OWN_LINE: buf_text(b, STR("from an address used before the attack, and nothing links it to the hijacker")); return;
    case GROUND_QUIET: buf_text(b, STR("an ordinary act, long after the hijacker was last seen, and nothing links it to him")); return;
    case GROUND_SPOKEN: buf_text(b, STR("said by the owner")); return;
    case GROUND_OBJECT: write_about_object(b, l, i); return;
    case GROUND_DOUBTED: buf_text(b, STR("judged hostile, or beside what was, but it may have been the owner: ask him")); return;
    case GROUND_NEW_PATH: buf_text(b, STR("on a path that neither the owner nor the hijacker is known to use")); return;
    case GROUND_NO_MAKER: buf_text(b, STR("no act in the account's recent history brought it about")); return;
    case GROUND_STAFF: buf_text(b, STR("written by staff")); return;
    case GROUND_OURS: buf_text(b, STR("our own doing")); return;
    }
    if (f->by != NOBODY) write_label(b, &l->traces[f->ground == GROUND_SESSION ? entry_of(l, f->by) : f->by].of->event);
}

struct str wording_why(const struct lineage *l, uint16_t i, struct arena *step) {
    struct buf b = sentence(step, SENTENCE_SIZE_MAX);
    write_ground(&b, l, i);
    return finish(&b, step);
}

/* ---- the path --------------------------------------------------------------------------------------------------------------------- */

static uint16_t mark_of(const struct trace *t, enum name_kind kind) {
    switch (kind) {
    case NAME_SESSION: return t->session;
    case NAME_DEVICE: return t->device;
    case NAME_CLIENT: return t->client;
    case NAME_JA4: return t->ja4;
    case NAME_PREFIX: return t->prefix;
    case NAME_OPERATOR: return t->operator;
    case NAME_LINE: return t->line;
    case NAME_PLACE: return t->place;
    case NAME_PLACE_JA4: return t->place_ja4;
    case NAME_OBJECT:
    case NAME_OBJECT_END: break;
    }
    return 0;
}

static void write_network_json(struct buf *b, const struct event *e) {
    buf_text(b, STR("{\"prefix\":\""));
    write_prefix(b, &e->ip);
    buf_char(b, '"');
    if (e->asn_present) buf_fmt(b, ",\"asn\":%lld", (long long)e->asn);
    if (e->country.size) buf_text(b, STR(",\"country\":")), buf_json(b, e->country);
    if (e->net != NET_NONE) buf_text(b, STR(",\"net\":")), buf_json(b, net_word(e->net));
    buf_char(b, '}');
}

static void write_mark(struct buf *b, const struct trace *t, enum name_kind kind) {
    const struct event *e = &t->of->event;
    if (kind == NAME_PREFIX) write_network_json(b, e);
    else if (kind == NAME_SESSION) buf_json(b, e->session);
    else if (kind == NAME_DEVICE) buf_json(b, t->device_id);
    else if (kind == NAME_JA4) buf_json(b, e->ja4);
    else buf_json(b, e->user_agent);
}

/* "sessions":["s1","s2"]: the marks of one kind that the hijacker's events carry, each once, in order of time. */
static void write_marks(struct buf *b, const struct lineage *l, enum name_kind kind, const char *member) {
    uint16_t seen[PATH_MARKS_MAX];
    size_t count = 0;
    buf_fmt(b, "\"%s\":[", member);
    for (size_t i = 0; i < l->count && count < PATH_MARKS_MAX; i++) {
        uint16_t mark = mark_of(&l->traces[i], kind);
        if (!mark || l->findings[i].whose != WHOSE_HIJACKER || l->traces[i].by_object) continue;
        bool known = false;
        for (size_t k = 0; k < count; k++) known |= seen[k] == mark;
        if (known) continue;
        if (count) buf_char(b, ',');
        seen[count++] = mark;
        write_mark(b, &l->traces[i], kind);
    }
    buf_char(b, ']');
}

/* "made":["order:o1",...]: what the hijacker brought into being; where an effect may have to be undone. */
static void write_made(struct buf *b, const struct lineage *l) {
    size_t count = 0;
    buf_text(b, STR("\"made\":["));
    for (size_t i = 0; i < l->count; i++) {
        const struct trace *t = &l->traces[i];
        if (l->findings[i].whose != WHOSE_HIJACKER || !t->creates) continue;
        for (enum object o = 0; o < OBJECT_COUNT && count < PATH_MADE_MAX; o++) {
            if (!t->touched[o]) continue;
            if (count++) buf_char(b, ',');
            char memory[OBJECT_SIZE_MAX];
            struct buf object = buf_over(memory, sizeof memory);
            write_object_id(&object, &t->of->event, o);
            buf_json(b, buf_str(&object));
        }
    }
    buf_char(b, ']');
}

struct str wording_path(const struct lineage *l, struct arena *step) {
    struct buf b = sentence(step, PATH_SIZE_MAX);
    buf_char(&b, '{');
    write_marks(&b, l, NAME_PREFIX, "networks");
    buf_char(&b, ',');
    write_marks(&b, l, NAME_SESSION, "sessions");
    buf_char(&b, ',');
    write_marks(&b, l, NAME_DEVICE, "devices");
    buf_char(&b, ',');
    write_marks(&b, l, NAME_CLIENT, "clients");
    buf_char(&b, ',');
    write_marks(&b, l, NAME_JA4, "ja4");
    buf_char(&b, ',');
    write_made(&b, l);
    buf_char(&b, '}');
    return finish(&b, step);
}

/* ---- the summary ------------------------------------------------------------------------------------------------------------------ */

static bool is_act(const struct lineage *l, size_t i) {
    enum kind_group group = kind_group(l->traces[i].of->event.kind);
    return l->findings[i].whose == WHOSE_HIJACKER && (group == GROUP_CREDENTIAL || group == GROUP_VALUE);
}

/* "2 x balance topped up, order placed": the hijacker's acts by kind, in the order in which he first did them. */
static void write_acts(struct buf *b, const struct lineage *l) {
    unsigned counts[KIND_COUNT] = {0};
    for (size_t i = 0; i < l->count; i++)
        if (is_act(l, i)) counts[l->traces[i].of->event.kind]++;
    bool first = true;
    for (size_t i = 0; i < l->count; i++) {
        const struct event *e = &l->traces[i].of->event;
        if (!is_act(l, i) || !counts[e->kind]) continue;
        buf_text(b, first ? STR("; did: ") : STR(", "));
        if (counts[e->kind] > 1) buf_fmt(b, "%u x ", counts[e->kind]);
        write_kind(b, e);
        counts[e->kind] = 0;
        first = false;
    }
}

struct str wording_summary(const struct lineage *l, struct arena *step) {
    struct buf b = sentence(step, SUMMARY_SIZE_MAX);
    size_t count = 0;
    for (size_t i = 0; i < l->count; i++) count += l->findings[i].whose == WHOSE_HIJACKER;
    if (!count) {
        buf_text(&b, l->trigger == NOBODY ? STR("said to be taken over, but no access unlike the owner's was found")
                                          : STR("judged a takeover, but on a path that the owner used long before: ask him"));
        return finish(&b, step);
    }
    uint16_t entry = l->trigger == NOBODY ? 0 : entry_of(l, l->trigger);
    buf_text(&b, STR("entered by "));
    write_label(&b, &l->traces[entry].of->event);
    write_acts(&b, l);
    return finish(&b, step);
}
