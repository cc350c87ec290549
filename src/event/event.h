// SPDX-License-Identifier: Apache-2.0
#ifndef EVENT_EVENT_H
#define EVENT_EVENT_H

#include "base/address.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/* The noun of this room: one thing that happened to one account over one access path (the contract: docs/reference/events.md). */

enum kind {
    KIND_UNKNOWN, /* stored and counted, adds no signal */
#define KIND(NAME, name, group, sentence) KIND_##NAME,
#include "event/kinds.def"
#undef KIND
    KIND_COUNT
};

enum kind_group { GROUP_NONE, GROUP_ACCESS, GROUP_CREDENTIAL, GROUP_VALUE, GROUP_FATE, GROUP_PEOPLE, GROUP_LABEL, GROUP_OWN };

/* One enum per vocabulary, e.g. enum outcome { OUTCOME_NONE, OUTCOME_SUCCESS, OUTCOME_FAILURE, OUTCOME_OTHER = 255 }. */
#define V(PREFIX, NAME, word)                PREFIX##_##NAME,
#define SET(tag, PREFIX, strictness, values) enum tag { PREFIX##_NONE, values PREFIX##_OTHER = 255 };
#include "event/choices.def"
#undef SET
#undef V

#define EVENT_SOURCE_SIZE_MAX  256
#define EVENT_ID_SIZE_MAX      128
#define EVENT_TYPE_SIZE_MAX    128
#define EVENT_SUBJECT_SIZE_MAX 128

/*
 * Texts are borrowed: from the step arena after ingest, from the record after event_decode. A field that was not sent is STR_NONE, 0 with
 * *_present false, or *_NONE. The struct is valid when zeroed.
 */
struct event {
    struct str source; /* with id: identifies the event */
    struct str id;
    struct str type;    /* as sent, without "io.hikeshi." and ".v1" */
    struct str subject; /* account id, or keyed hash of a name that no account has, or empty */
    enum kind kind;
    int64_t time_ms; /* when it happened at the shop */
    struct address ip;
#define TEXT(tag, member, path, size_max, sentence) struct str member;
#define NUMBER(tag, member, path, min, max, sentence)                                                                                      \
    int64_t member;                                                                                                                        \
    bool member##_present;
#define MICRO(tag, member, path, min, max, sentence)                                                                                       \
    int64_t member##_micro;                                                                                                                \
    bool member##_present;
#define CHOICE(tag, member, path, set, sentence) enum set member;
#define ALIAS(path, member)
#include "event/fields.def"
#undef TEXT
#undef NUMBER
#undef MICRO
#undef CHOICE
#undef ALIAS
    struct str extra; /* JSON object of the members of `data` that no field above takes, and of words that are *_OTHER; or empty */
};

enum kind kind_from(struct str short_name); /* KIND_UNKNOWN for any other name */
struct str kind_name(enum kind kind);       /* "unknown" for KIND_UNKNOWN */
struct str kind_sentence(enum kind kind);
enum kind_group kind_group(enum kind kind);

/* The word of a choice as sent in JSON; "" for NONE, "other" for OTHER. One function per vocabulary: outcome_word(OUTCOME_SUCCESS). */
#define V(PREFIX, NAME, word)
#define SET(tag, PREFIX, strictness, values)                                                                                               \
    struct str tag##_word(enum tag value);                                                                                                 \
    enum tag tag##_from(struct str word); /* OTHER where it is no word of the vocabulary, NONE for "" */
#include "event/choices.def"
#undef SET
#undef V

/* Is it a login that let somebody in? */
bool event_is_login_success(const struct event *e);

/* Binary form (docs/formats/event.md): a sequence of [tag u8][size varint][bytes], numbers as zigzag varints, tags ascending: equal events
 * have equal bytes. Sets b->overflow. */
void event_encode(const struct event *e, struct buf *b);
/* Texts borrow from `bytes`. ERR_CORRUPT where the form is broken or a field is beyond its bounds; an unknown tag is skipped. */
enum err event_decode(struct str bytes, struct event *out) MUST_USE;
/* CloudEvents 1.0 structured JSON, one line, members in the contract's order; the inverse of ingest. */
void event_write_json(const struct event *e, struct buf *b);
/*
 * What was done, without over which path: one flat JSON object of the fields FACT_TAG_FIRST to FACT_TAG_LAST that were sent, and of the
 * method by which somebody proved himself, by their member names, e.g. {"change":"added","address":"a7"}. A word outside its vocabulary is
 * left out.
 */
#define FACT_TAG_METHOD      31
#define FACT_TAG_FIRST       40
#define FACT_TAG_LAST        62
#define EVENT_FACTS_SIZE_MAX (24U * 1024) /* every byte of every text may take six (writer.c) */
void event_write_facts(const struct event *e, struct buf *b);

#endif
