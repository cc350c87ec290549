// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_BACKTEST_TRUTH_H
#define CLI_BACKTEST_TRUTH_H

#include "cli/backtest_source.h"
#include "cli/key_map.h"
#include "cli/label_book.h"

/*
 * Whose acts the events were, as far as anybody knows: by a file of labels, or by what was said and found out since: incidents that ended
 * as takeovers or false alarms, the owners' words, analysts' verdicts, chargebacks (label_book.h).
 */
struct known {
    enum label label;
    bool effect;       /* a value-bearing act */
    uint64_t takeover; /* key of the takeover that a hijacker's act belongs to */
};

struct backtest_truth {
    bool labelled;            /* by a file: what it does not name is unknown; else it is taken for the owner's */
    struct key_map events;    /* label, effect and place of the takeover in `takeovers`, by the event's id */
    uint64_t labels, strange; /* events that the file names; those of them that the source lacks */
    uint64_t hijackers, by_incident, by_word, by_chargeback; /* events */
    struct key_map named;                                    /* while labels are matched: those whose event is there */
};

/* ERR_INVALID names line and what is wrong: no JSON, no id, a word that is no label, one event with two labels. */
enum err backtest_truth_read(const char *path, struct backtest_truth *out, struct problem *p) MUST_USE;
/* By the words of the source, and by its incidents where it is a journal: all of it is gone through once more in memory. */
enum err backtest_truth_gather(struct backtest_source *s, struct backtest_truth *out, struct problem *p) MUST_USE;
/* Counts the labels that name no event of the source. ERR_INVALID where none does: they are another world's. */
enum err backtest_truth_match(struct backtest_source *s, struct backtest_truth *t, struct problem *p) MUST_USE;
struct known backtest_truth_of(const struct backtest_truth *t, const struct event *e);
void backtest_truth_release(struct backtest_truth *t);

#endif
