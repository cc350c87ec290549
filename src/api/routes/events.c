// SPDX-License-Identifier: Apache-2.0
/*
 * POST /v1/events: many events, answered one line each while they come.
 *
 * Of an event that is allowed the line is short, unless ?answers=full is asked for; of any other it is the whole answer. An event that is
 * refused has a line with its number and the problem, and the others go on. Lines are in the order of the events and leave when what they
 * promise is durable. Whoever sends much must read while he sends: answers that are not taken stop the reading of events.
 */
#include "api/exchange.h"
#include "net/http_text.h"

/* The longest line: an answer with six sentences of which every byte needs an escape. */
#define LINE_SIZE_MAX (16U * 1024)
/* What one round may write before it must leave. */
#define ROUND_SIZE_MAX (64U * 1024)

static void begin(struct exchange *x) {
    struct str media_type = http_media_type(http_reader_known(x->request, HTTP_KNOWN_CONTENT_TYPE));
    bool array = str_equal_ignoring_case(media_type, STR("application/cloudevents-batch+json"));
    splitter_init(x->splitter, array ? SPLIT_ARRAY : SPLIT_NDJSON, x->splitter->held.at, x->splitter->held.capacity);
    struct str value;
    x->full = http_query_find(http_reader_query(x->request), STR("answers"), &value) && str_equal(value, STR("full"));
    exchange_begin_stream(x, STR("application/x-ndjson"));
}

static void write_answer(struct exchange *x, struct str event_id, const struct receipt *r) {
    const struct decision *d = &r->decision;
    if (x->full || d->verdict != VERDICT_ALLOW) {
        decision_write_json(d, event_id, r->position, x->out);
    } else {
        buf_text(x->out, STR("{\"event\":"));
        buf_json(x->out, event_id);
        buf_text(x->out, STR(",\"decision\":\"allow\",\"score\":"));
        buf_u64(x->out, d->score);
        buf_text(x->out, STR(",\"incident\":"));
        if (d->incident.size) buf_json(x->out, d->incident);
        else buf_text(x->out, STR("null"));
        buf_text(x->out, STR(",\"position\":"));
        buf_u64(x->out, r->position);
        buf_char(x->out, '}');
    }
    buf_char(x->out, '\n');
}

static void write_problem(struct exchange *x, unsigned status, const struct problem *p) {
    const struct splitter *s = x->splitter;
    x->api->metrics.refused_events++;
    if (s->form == SPLIT_NDJSON) buf_fmt(x->out, "{\"line\":%llu,\"problem\":", (unsigned long long)s->line);
    else buf_fmt(x->out, "{\"index\":%llu,\"problem\":", (unsigned long long)(s->index ? s->index - 1 : 0));
    http_write_problem(x->out, status, p);
    buf_text(x->out, STR("}\n"));
}

/* Hands in the pending event and writes its line. */
static enum exchange_result settle_pending(struct exchange *x) {
    struct api_state *api = x->api;
    struct event event;
    struct problem p = {0};
    struct receipt receipt;
    arena_reset(&api->step);
    enum err err = ingest_event(x->pending, api->now_ms, &api->step, &event, &p);
    p.err = err;
    x->has_pending = false;
    if (err) {
        write_problem(x, EXCHANGE_STATUS_NO_EVENT, &p);
        return EXCHANGE_DONE;
    }
    if (exchange_submit(x, &event, &receipt, &err, &p) == EXCHANGE_LATER) {
        x->has_pending = true;
        return EXCHANGE_LATER;
    }
    if (err) {
        write_problem(x, exchange_status_of(err), &p);
        return EXCHANGE_DONE;
    }
    write_answer(x, event.id, &receipt);
    if (receipt.position > x->position) x->position = receipt.position;
    return EXCHANGE_DONE;
}

static bool has_room(const struct exchange *x) {
    return x->out->size < ROUND_SIZE_MAX && x->out->capacity - x->out->size > LINE_SIZE_MAX;
}

static void pend(struct exchange *x, struct str piece) {
    x->pending = piece;
    x->has_pending = true;
}

/* Lines for as many events of *piece as there is room for. */
static enum exchange_result take_events(struct exchange *x, struct str *piece) {
    for (;;) {
        struct problem p = {0};
        struct str json;
        if (!has_room(x)) return EXCHANGE_LATER;
        if (x->has_pending && settle_pending(x) == EXCHANGE_LATER) return EXCHANGE_LATER;
        switch (splitter_next(x->splitter, piece, &json, &p)) {
        case SPLIT_MORE: return EXCHANGE_DONE;
        case SPLIT_PIECE: pend(x, json); break;
        case SPLIT_REFUSED: write_problem(x, exchange_status_of(p.err), &p); break;
        case SPLIT_BROKEN:
            write_problem(x, exchange_status_of(p.err), &p);
            x->aborted = true;
            return EXCHANGE_DONE;
        case SPLIT_END: return EXCHANGE_DONE;
        }
    }
}

static void end_stream(struct exchange *x) {
    if (!http_reader_is_1_0(x->request)) http_chunk_last(x->out);
}

static enum exchange_result in_chunk(struct exchange *x, struct str *piece,
                                     enum exchange_result (*write)(struct exchange *, struct str *)) {
    if (http_reader_is_1_0(x->request)) return write(x, piece);
    size_t begun = http_chunk_begin(x->out);
    enum exchange_result result = write(x, piece);
    http_chunk_end(x->out, begun);
    return result;
}

static enum exchange_result take(struct exchange *x, struct str *piece) {
    enum exchange_result result = in_chunk(x, piece, take_events);
    if (x->aborted) end_stream(x);
    return result;
}

/* After the last byte: a line without newline may still be held. */
static enum exchange_result take_last(struct exchange *x, struct str *piece) {
    struct problem p = {0};
    if (x->has_pending) return settle_pending(x);
    switch (splitter_end(x->splitter, piece, &p)) {
    case SPLIT_PIECE: pend(x, *piece); return settle_pending(x);
    case SPLIT_REFUSED:
    case SPLIT_BROKEN: write_problem(x, exchange_status_of(p.err), &p); return EXCHANGE_DONE;
    case SPLIT_MORE:
    case SPLIT_END: return EXCHANGE_DONE;
    }
    return EXCHANGE_DONE;
}

static enum exchange_result answer(struct exchange *x) {
    struct str piece = STR_NONE;
    if (in_chunk(x, &piece, take_last) == EXCHANGE_LATER) return EXCHANGE_LATER;
    end_stream(x);
    return EXCHANGE_DONE;
}

extern const struct route route_events;
const struct route route_events = {
    .name = "send",
    .method = "POST",
    .path = "/v1/events",
    .scope = SCOPE_EVENTS_WRITE,
    .sentence =
        "Tell many events. Each is answered by one line, in order, while the rest still comes; a refused one takes nobody down with it.",
    .takes = {"application/x-ndjson", "application/ndjson", "application/cloudevents-batch+json"},
    .takes_schema = "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/event\"}}",
    .parameters =
        (const struct route_parameter[]){
            {"answers", "`full`: the whole answer for allowed events too", "{\"type\":\"string\",\"enum\":[\"full\",\"short\"]}"}, {0}},
    .answers =
        (const struct route_answer[]){{200, "application/x-ndjson", "{\"$ref\":\"#/components/schemas/line\"}", "one line per event"}, {0}},
    .answer = answer,
    .begin = begin,
    .take = take,
};
