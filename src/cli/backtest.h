// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_BACKTEST_H
#define CLI_BACKTEST_H

#include "base/bounds.h"
#include "cli/backtest_truth.h"
#include "decide/decide.h"
#include "event/event.h"

/*
 * The price of a change of policy, or of learned model: what happened is judged twice, side by side, by what is in force (side 0) and by
 * what is proposed (side 1). Causal: each side judges event N from the events before it alone, and learns from its own answers. What the
 * answers would have changed in the world is not known: who was turned away comes all the same.
 */
#define BACKTEST_EXAMPLES 3
#define EXAMPLE_ID_SIZE   (EVENT_ID_SIZE_MAX + 1)

/* Events, by whose they were. */
struct whose_count {
    uint64_t of[LABEL_COUNT];
};

struct example_ids {
    unsigned count;
    char id[BACKTEST_EXAMPLES][EXAMPLE_ID_SIZE];
};

/* From one verdict to another. */
struct transition {
    struct whose_count events;
    struct example_ids examples[LABEL_COUNT];
};

struct rule_price {
    struct str name;
    bool is_in[2], live[2];
    struct str effect[2];
    int64_t version[2];
    struct whose_count fired[2];
    struct whose_count
        stricter; /* of the proposed: events that would be answered more strictly if it were live (in shadow), or that it alone decides */
    struct whose_count to_milder, to_stricter; /* changed answers on which it fired otherwise than before */
    struct example_ids examples;               /* of those */
};

/* A hijacker's visit: all that belongs to one incident, or to one account. */
struct takeover {
    bool caught[2], in_time[2]; /* asked, held or denied at all; no later than at its first value-bearing act */
    bool effect_seen;
    char first[EXAMPLE_ID_SIZE];
};

struct backtest {
    /* the question */
    struct backtest_source *source;
    const struct backtest_truth *truth;
    const struct policy_file *policy[2];
    const struct model_file *model[2];
    int64_t from_ms; /* events before it are learned from and not counted */

    /* the answer */
    uint64_t learned, counted, own, refused;
    int64_t first_ms, last_ms; /* of what was counted */
    struct transition changes[VERDICT_COUNT][VERDICT_COUNT];
    struct whose_count answers[2][VERDICT_COUNT];
    uint64_t owner_logins, owner_logins_challenged[2]; /* successful ones; asked, held or denied */
    uint64_t takeover_opened[2];
    struct whose_count score_up, score_down; /* by SCORE_MOVED and more */
    size_t rule_count;
    struct rule_price rules[2 * POLICY_RULES_MAX];
    struct rule_price settings; /* what no rule explains: thresholds; what was learned otherwise */
    struct key_map takeover_places, open[2];
    size_t takeover_count, takeover_capacity;
    struct takeover *takeovers;
};

/* Of 1,000. */
#define SCORE_MOVED 100

struct policy_file;
struct model_file;
enum err backtest_run(struct backtest *b, struct problem *p) MUST_USE;
void backtest_release(struct backtest *b);

/* What was found, for people or as one JSON object. */
void backtest_write_text(const struct backtest *b, struct buf *out);
void backtest_write_json(const struct backtest *b, struct buf *out);

uint64_t whose_sum(const struct whose_count *t);

#endif
