// SPDX-License-Identifier: Apache-2.0
#ifndef EVALUATE_SAMPLE_H
#define EVALUATE_SAMPLE_H

#include "evaluate/numbering.h"

/*
 * The sample: events in their order, what each was in truth, and what one or several detectors scored it. It is read line by line, events
 * first, then labels, then scores, one file after another (formats: docs/reference/evaluation.md), and then the same of the next shop:
 * shops have names of their own for everything, so that the same id in two of them is two events. Lines are judged strictly: a mistake in
 * a label or score makes every figure wrong without being seen in it.
 *
 * All memory comes from one arena that reads as zero, taken in sample_init; 10 million events take about 1.2 GiB of it, and 80 MB for each
 * file of scores.
 */
#define SAMPLE_FAMILIES_MAX 256
#define SAMPLE_NETWORKS_MAX 65535
#define SAMPLE_FILES_MAX    8
#define SAMPLE_SHOPS_MAX    64
#define SAMPLE_LINE_MAX     (64U * 1024)

enum sample_label { SAMPLE_UNLABELLED, SAMPLE_OWNER, SAMPLE_HIJACKER, SAMPLE_NOISE };
enum sample_depth { DEPTH_NONE, DEPTH_FEW, DEPTH_MANY, DEPTH_COUNT }; /* 0, 1 to 4, 5 and more successful logins before */

struct sample_row {
    int64_t time_ms;
    uint32_t account;  /* in `accounts` */
    uint32_t incident; /* in `incidents`; NUMBERING_NONE for all but a hijacker's */
    uint16_t family;   /* in `families`, of a hijacker's */
    uint16_t network;  /* in `networks` + 1; 0 = not known */
    uint8_t label;     /* enum sample_label */
    uint8_t depth;     /* enum sample_depth */
    uint8_t shop;      /* in `shops` */
    bool login : 1;    /* a successful one */
    bool effect : 1;   /* a value-bearing act, by the labels */
    bool value : 1;    /* the same by its kind, also of an owner's */
    bool path : 1;     /* somebody was there: it has an address or a session */
};

struct sample_account { /* successful logins before the event that is being read */
    int64_t last_ms;
    uint32_t before, at_last; /* earlier than last_ms, and at it */
};

struct sample_file {
    struct str name;
    double *scores; /* by row; NAN = not scored */
    uint64_t scored, repeated, without_score;
    uint64_t shops; /* 1 << number of each shop of which there are scores */
};

struct sample_shop {
    uint32_t first, end; /* its rows */
    int64_t earliest_ms, latest_ms;
    uint64_t late; /* events older than the one before */
};

struct sample {
    struct arena *arena;
    struct arena scratch; /* of one line */
    struct numbering ids, accounts, incidents, families, networks;
    struct sample_row *rows; /* by number of the id */
    struct sample_account *histories;
    uint32_t count; /* of rows */
    uint64_t label_counts[SAMPLE_NOISE + 1];
    uint64_t repeated, late; /* events that came again; events older than the one before */
    struct sample_shop shops[SAMPLE_SHOPS_MAX];
    unsigned shop_count; /* the last is being read */
    struct sample_file files[SAMPLE_FILES_MAX];
    unsigned file_count, file; /* `file` is being read */
};

/* At most `events_max` events. ERR_FULL. */
enum err sample_init(struct sample *s, struct arena *zeroed, uint32_t events_max, struct problem *p) MUST_USE;
/* What follows is of another shop. ERR_FULL. */
enum err sample_begin_shop(struct sample *s, struct problem *p) MUST_USE;
/* One line each, without its end. On an error p->where is empty or the member that is wrong: the caller knows file and line. ERR_INVALID,
 * ERR_CONFLICT (the same id says two things), ERR_NOT_FOUND (an id that no event has), ERR_FULL. */
enum err sample_event(struct sample *s, struct str line, struct problem *p) MUST_USE;
enum err sample_label(struct sample *s, struct str line, struct problem *p) MUST_USE;
/* Begins a file of scores, or goes on with the one of this name for another shop; `name` is copied. */
enum err sample_begin_scores(struct sample *s, struct str name, struct problem *p) MUST_USE;
enum err sample_score(struct sample *s, struct str line, struct problem *p) MUST_USE;
/* After the last line: are there owners and hijackers, and scores of each shop in each file? */
enum err sample_check(const struct sample *s, struct problem *p) MUST_USE;

#endif
