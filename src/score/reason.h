// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_REASON_H
#define SCORE_REASON_H

#include "base/arena.h"
#include "base/err.h"
#include "enrich/features.h"
#include "score/assessment.h"

/* Reasons while they are gathered: every detector may add some, the strongest are kept. */
#define REASON_GATHERED_MAX 24

struct reason_list {
    struct arena *step;
    unsigned count;
    struct reason at[REASON_GATHERED_MAX];
};

/* `code` is static. A sentence of at most REASON_TEXT_SIZE_MAX bytes; a longer one is cut. Nothing is added where the arena or the list is
 * full. */
void reason_add(struct reason_list *list, const char *code, int32_t weight_milli, const char *format, ...) PRINTF_LIKE(4, 5);
/* The strongest into `out`: first those that speak for a takeover, then those against it; each by weight. */
void reason_pick(const struct reason_list *list, struct assessment *out);

/* Short texts for sentences, by value: "AS64500 (hosting, NL)", "AS2516 (JP)", "Chrome on Windows", "203.0.113.7", "01:02". */
struct phrase {
    char text[96];
};
struct phrase phrase_network(const struct features *f);
struct phrase phrase_usual_network(const struct features *f);
struct phrase phrase_client(const struct features *f);
struct phrase phrase_usual_client(const struct features *f);
struct phrase phrase_address(const struct features *f);
struct phrase phrase_clock(int64_t local_ms);
/* "40 s", "12 min", "3 h", "5 days". */
struct phrase phrase_span(int64_t minutes);

#endif
