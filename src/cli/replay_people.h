// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_REPLAY_PEOPLE_H
#define CLI_REPLAY_PEOPLE_H

#include "cli/backtest_truth.h"
#include "engine/engine.h"

/*
 * Plays the people who know whose acts events were, beside a stream that has labels: for measuring attribution apart from detection, since
 * every incident is opened then, also one that the detectors miss.
 *
 * The owner reports one act of every takeover (an owner_statement by telephone): of those that move value the first, one minute, an hour, a
 * day or four days after it; where none does, the takeover's first act a week after it. The analyst clears an alarm on an account where no
 * hijacker was, a day after it (an analyst_verdict, false_alarm). Nobody says whose the other acts were: that is what is measured.
 */
struct replay_people {
    struct backtest_truth truth;
    struct key_map hijacked;  /* accounts in which a hijacker was seen */
    struct key_map takeovers; /* number of the word about it, and 1; by the takeover */
    struct replay_word *words;
    size_t count, capacity;
    int64_t next_ms; /* when the next word is due */
    uint64_t reported, cleared;
};

/* `path`: a file of labels. ERR_INVALID as backtest_truth_read. */
enum err replay_people_open(struct replay_people *r, const char *path, struct problem *p) MUST_USE;
/* What the event at hand makes them say later. `opened`: position of the incident that it opened, 0 = none. ERR_FULL. */
enum err replay_people_see(struct replay_people *r, const struct event *e, uint64_t opened, struct problem *p) MUST_USE;
/* Is somebody to speak before this time? Then what he says; texts borrowed until the next call. */
bool replay_people_speak(struct replay_people *r, int64_t before_ms, struct event *out);
void replay_people_release(struct replay_people *r);

#endif
