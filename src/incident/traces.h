// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_TRACES_H
#define INCIDENT_TRACES_H

#include "incident/names.h"
#include "incident/record.h"

/* What an event leaves behind that others may be recognised by: the marks of its access path, and the objects that it touched. */

/*
 * The objects, most telling first: OBJECT(NAME, member of struct event, "word"). Acts of value, their fate and labels reach down to CONTENT
 * only: a card or address that an order merely uses says nothing about who placed it.
 */
#define OBJECTS                                                                                                                            \
    OBJECT(ORDER, order, "order")                                                                                                          \
    OBJECT(MEMBERSHIP, membership, "membership")                                                                                           \
    OBJECT(CHARGE, charge, "charge")                                                                                                       \
    OBJECT(PARCEL, parcel, "parcel")                                                                                                       \
    OBJECT(CODE, code_ref, "code")                                                                                                         \
    OBJECT(CONTENT, content, "content")                                                                                                    \
    OBJECT(ADDRESS, address, "address")                                                                                                    \
    OBJECT(PAYMENT_METHOD, payment_method, "payment_method")                                                                               \
    OBJECT(AUTHENTICATOR, authenticator, "authenticator")                                                                                  \
    OBJECT(TOKEN, token, "token")

enum object {
#define OBJECT(NAME, member, word) OBJECT_##NAME,
    OBJECTS
#undef OBJECT
        OBJECT_COUNT
};
#define OBJECT_VALUE_END OBJECT_ADDRESS

/* Names per event at most: session, device, client, ja4, prefix, operator, line, two places, and the objects. */
#define TRACE_NAMES_MAX (9 + OBJECT_COUNT)

#define NOBODY UINT16_MAX /* no such trace */

struct trace {
    const struct account_event *of;
    int64_t time_ms;
    uint16_t session, device, token, client, ja4, prefix, operator, line, place, place_ja4; /* names; 0 = not sent */
    uint16_t touched[OBJECT_COUNT];                                                         /* names */
    struct str device_id; /* the text of `device`: as sent, or that of the session's first event (traces.c) */
    bool has_access;      /* something of an access path was sent */
    bool by_object;       /* it happened to an object, not over an access path: a state, a label, a renewal */
    bool creates;         /* the objects that it touches come into being by it */
    bool calm;            /* judged harmless, and it let somebody in: may show which paths the owner uses */
    bool shared;          /* comes from a network that strangers share: hosting, vpn, tor, relay */
};

/* The thread's traces by time of the event (ties by position), in `step`. */
struct trace *trace_thread(const struct account_event *thread, size_t count, struct names *names, struct arena *step);

/* Can both have come from the same client? By device where both have one, else by user agent and JA4; what was not sent does not
 * contradict. */
bool trace_same_client(const struct trace *a, const struct trace *b);

/* From another operator's network, or where that is not known, from another network. */
bool trace_is_away(const struct trace *a, const struct trace *b);
/* Shows nobody who was let in. */
bool trace_is_knock(const struct trace *t);
/* Says nothing of where it came from but its session. */
bool trace_is_bare(const struct trace *t);
/* Shows nothing but a token. */
bool trace_is_by_token_alone(const struct trace *t);

/* The trace of the record at this position, or NOBODY. */
uint16_t trace_at(const struct trace *traces, size_t count, uint64_t position);
/* Whom the words of a statement are about: an event id, an incident id, an object id. NOBODY where it names nothing known. */
uint16_t trace_about(const struct trace *traces, size_t count, struct str about);

/* The object that the event is about; OBJECT_COUNT where it is about none. */
enum object trace_main_object(const struct event *e);
struct str object_word(enum object o);
struct str object_of(const struct event *e, enum object o);

#endif
