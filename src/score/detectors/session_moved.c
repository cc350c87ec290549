// SPDX-License-Identifier: Apache-2.0
/* Detector: a session goes on with another client than the one that opened it, as a stolen cookie does. */
#include "score/detectors.h"

#define CODE "session_moved"

/* A session does not change its browser: only a copied cookie does. */
#define CLIENT_MILLI 6000
/* Phones change networks all day: only one that is new for the account counts, and little. */
#define NETWORK_MILLI 1500
/* The other client is one of the owner's: some apps hand their session to the browser. */
#define OWN_CLIENT_MILLI 2000

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (f->session_state < SESSION_SAME || !f->judges_path) return f->session_state == SESSION_SAME ? 0 : MEASURE_NONE;
    if (f->session_state == SESSION_MOVED_CLIENT) return f->path_trained ? OWN_CLIENT_MILLI : CLIENT_MILLI;
    return f->new_asn || f->new_country ? NETWORK_MILLI : 0;
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    const char *what = f->session_state == SESSION_MOVED_CLIENT ? "client" : "network";
    reason_add(out, CODE, measure, "session goes on with another %s than it began with: now %s over %s; usual for this account: %s over %s",
               what, phrase_client(f).text, phrase_network(f).text, phrase_usual_client(f).text, phrase_usual_network(f).text);
}

static const struct detector_example examples[] = {
    {"a session in its place",
     &(const struct features){.event = &(const struct event){.kind = KIND_SESSION_SEEN}, .session_state = SESSION_SAME}, 0, 0},
    {"from home to the train",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_SESSION_SEEN}, .judges_path = true, .session_state = SESSION_MOVED_NETWORK},
     0, 0},
    {"the cookie shows up in another browser",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_SESSION_SEEN}, .judges_path = true, .session_state = SESSION_MOVED_CLIENT},
     6000, 6000},
};

const struct detector detector_session_moved = {
    .code = CODE,
    .sentence = "the session was opened on another client, or moved to a network that the account never used",
    .needs = "an event in a session that the account has",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1500,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
