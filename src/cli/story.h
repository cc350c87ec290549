// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_STORY_H
#define CLI_STORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * The story that the demo plays: a small shop's year, one customer among its others, and the night on which a hijacker has his password.
 * The same seed and night give the same events, byte for byte. Addresses and the hijacker's network are from the ranges that are set aside
 * for documentation (RFC 5737, RFC 3849, RFC 5398).
 */
#define STORY_CUSTOMER STR("a7351")

struct story_act {
    int64_t time_ms;
    struct str id;
    struct str said; /* what a person would call it: "the hijacker logs in with the right password" */
    struct str json; /* one CloudEvent */
    bool hijacker;   /* whose act it is in truth; never shown to the server */
};

/* NDJSON of the year before `night_ms` (midnight of the night, in Tokyo), oldest first: the customer's and the shop's other accounts'. */
void story_write_year(int64_t night_ms, uint64_t seed, struct buf *ndjson, size_t *count);
/* The night's acts of this variant, in order, at most `count_max`; texts live in `texts`. Returns how many. What comes of them (charges
 * captured, parcels picked) is the world's to tell. */
size_t story_night(int64_t night_ms, const char *variant, struct buf *texts, struct story_act *acts, size_t count_max);
/* The owner comes back to his account: 2 acts. */
size_t story_way_back(int64_t at_ms, struct buf *texts, struct story_act *acts, size_t count_max);
/* The false alarm's end: he says that it was him, with a factor from before: 2 acts. */
size_t story_it_was_me(int64_t at_ms, const char *incident, struct buf *texts, struct story_act *acts, size_t count_max);

#endif
