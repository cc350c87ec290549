// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_NOTIFY_H
#define NOTIFY_NOTIFY_H

#include "base/source.h"
#include "notify/phrases.h"
#include "port/incident_store.h"

/*
 * What the owner is told of a response, in his language.
 *
 *   in     the rows of one response, as the store has them, and what is to be told: a word of respond/notices.def
 *   out    a title and a text: UTF-8, plain, no link and no phone number (whoever has just been robbed must not learn to follow those)
 *   state  none; phrases are read once (notify/phrases.h)
 *   holds  every figure and every state comes from the rows, none from the phrases: so all languages tell the same facts, and so will
 *          message centre, operator and report; what an effect is called and how it stands has one phrase for all of them
 *   fails  a text longer than its buffer: ERR_FULL. A kind that no phrase names is not told of; a test keeps phrases and effects together
 *
 * Who is told, by which channel and when is not decided here.
 */
struct notice_source {
    const struct incident_row *incident;
    const struct response_row *response;
    const struct effect_row *effects;
    size_t effect_count;
    const struct ledger_row *ledger;
    size_t ledger_count;
};

struct notice_wish {
    struct str subject; /* of respond/notices.def, audience owner */
    struct str code;    /* by which he can check that it is ours: notice_code */
    int64_t next_ms;    /* when he hears of us again at the latest */
    int64_t offset_ms;  /* of his time zone */
};

/* ERR_NOT_FOUND: the owner is told nothing by that name. */
enum err notice_write(const struct phrases *p, const struct notice_source *s, const struct notice_wish *w, struct buf *title,
                      struct buf *text) MUST_USE;

/* "4F8K-2M7Q" of 40 random bits, in Crockford's base32, which has no I, L, O and U (https://www.crockford.com/base32.html). */
#define NOTICE_CODE_SIZE 9
void notice_code(const unsigned char random[5], char out[NOTICE_CODE_SIZE + 1]);
/* As people type it: small letters, blanks and any dashes, O for 0, I and L for 1. false: it is no code. */
bool notice_code_read(struct str typed, char out[NOTICE_CODE_SIZE + 1]);

#endif
