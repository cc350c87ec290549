// SPDX-License-Identifier: Apache-2.0
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "base/arena.h"
#include "base/bounds.h"
#include "base/err.h"
#include "base/json.h"
#include "event/event.h"

/*
 * The door: hostile bytes become an event, or a refusal that says which field, what is wrong and what to do. Pure: no clock; `now_ms` is
 * handed in. Nothing of `json` is kept: texts are copied into `step`.
 */

/* Memory of `step` that is enough for any event: the parsed JSON, `extra`, the list that sorts it, and headers (64 B + their bytes each).
 */
#define INGEST_MEMORY_MAX                                                                                                                  \
    (JSON_MEMORY_MAX(EVENT_JSON_SIZE_MAX) + EVENT_JSON_SIZE_MAX + 4 * JSON_MEMBER_COUNT_MAX * 96 + HTTP_HEAD_SIZE_MAX +                    \
     HTTP_HEADER_COUNT_MAX * 64)

/* One CloudEvent in structured mode (JSON, CloudEvents 1.0 section 3.1 of the JSON format). p->where names the field, e.g. "data.ip". */
enum err ingest_event(struct str json, int64_t now_ms, struct arena *step, struct event *out, struct problem *p) MUST_USE;

/* One CloudEvent in binary mode: the envelope in ce-* headers, `data` in the body (HTTP protocol binding section 3.1). */
struct ce_header {
    struct str name; /* "ce-id", any case */
    struct str value;
};
enum err ingest_binary(const struct ce_header *headers, size_t count, struct str data_json, int64_t now_ms, struct arena *step,
                       struct event *out, struct problem *p) MUST_USE;

/*
 * Cuts a stream of events into single ones without holding it whole: an NDJSON stream (newline after each event; blank lines ignored) or a
 * JSON array (application/cloudevents-batch+json). Feed bytes as they come; each piece handed out is one event's JSON, still to be given to
 * ingest_event. A piece longer than the memory handed in (EVENT_JSON_SIZE_MAX) is skipped up to its end and reported once as ERR_TOO_LARGE,
 * and the stream goes on. A broken array (not "[", ",", "]" where they belong) ends it: ERR_INVALID, for there is no telling where the next
 * event starts.
 */
enum splitter_form { SPLIT_NDJSON, SPLIT_ARRAY };

struct splitter {
    enum splitter_form form;
    int state;      /* of splitter.c */
    uint64_t index; /* pieces handed out or refused so far */
    uint64_t line;  /* 1-based line that the last piece ended in */
    unsigned mark;  /* bytes seen of the byte order mark */
    size_t depth;   /* of brackets inside the piece being read */
    bool in_text, escaped;
    bool skipping;   /* inside a piece that was too large, and is reported */
    bool in_use;     /* `held` was handed out: forget it at the next call */
    struct buf held; /* a piece that is not complete yet; memory owned by the caller, whose size bounds a piece */
};

enum split_result { SPLIT_MORE, SPLIT_PIECE, SPLIT_REFUSED, SPLIT_BROKEN, SPLIT_END };

void splitter_init(struct splitter *s, enum splitter_form form, void *memory, size_t capacity);
/* Takes bytes from *in (which it shortens) until a piece is complete: SPLIT_PIECE with *piece borrowed from *in or from s->held until the
 * next call. SPLIT_MORE: *in is used up. SPLIT_BROKEN is final. Call it until SPLIT_MORE or SPLIT_BROKEN. */
enum split_result splitter_next(struct splitter *s, struct str *in, struct str *piece, struct problem *p);
/* After the last byte: a last NDJSON line without newline is a piece; an open array is SPLIT_BROKEN; else SPLIT_END. */
enum split_result splitter_end(struct splitter *s, struct str *piece, struct problem *p);

#endif
