// SPDX-License-Identifier: Apache-2.0
#ifndef EVALUATE_ATTRIBUTION_H
#define EVALUATE_ATTRIBUTION_H

#include "base/document.h"
#include "evaluate/measure.h"

/*
 * Whose acts events were called, against whose they were: how good attribution is where an incident was opened. Whether one is opened is
 * detection, and measured elsewhere. Formulas and pitfalls: docs/reference/evaluation.md.
 *
 * After events and labels come the lines that `hikeshi replay --attribution` writes: one of each incident, and one of each event in it.
 */
enum attribution_share {
#define SHARE_OF(NAME, name, heading) ATTRIBUTION_##NAME,
#include "evaluate/attribution.def"
#undef SHARE_OF
    ATTRIBUTION_COUNT
};
struct str attribution_name(enum attribution_share s);
struct str attribution_heading(enum attribution_share s);

/* What was called of one event. */
struct attributed {
    uint32_t incident; /* in `alarms` */
    uint8_t whose;     /* enum called; 0 = in no incident */
    uint8_t first;     /* the same, when the incident was opened */
    bool named;        /* its owner said by name that it was not his: no attribution was needed */
};
enum called { CALLED_NOTHING, CALLED_UNKNOWN, CALLED_OWNERS, CALLED_HIJACKERS };

/* An incident that was opened, rightly or not. */
struct alarm {
    int64_t opened_ms, closed_ms; /* closed_ms: INT64_MAX = open */
    uint32_t account;             /* NUMBERING_NONE: no event is of that account */
    uint32_t incident;            /* of the labels: whose alarm it is; NUMBERING_NONE = a false one */
    bool said;                    /* its line was read */
};

/* One incident of the labels. */
struct attributed_incident {
    int64_t first_ms, last_ms, opened_ms; /* opened_ms: INT64_MAX = no alarm */
    uint32_t account;                     /* NUMBERING_NONE: none of its events was read */
    uint16_t family;
    bool wrong; /* something is not as it should be */
    uint32_t count[ATTRIBUTION_COUNT], of[ATTRIBUTION_COUNT];
};

struct attribution_group {
    uint64_t incidents, opened, accounts; /* accounts: with an opened incident */
    uint64_t count[ATTRIBUTION_COUNT], of[ATTRIBUTION_COUNT];
    struct estimate share[ATTRIBUTION_COUNT];
};

struct attribution {
    struct sample *sample;
    struct attributed *rows; /* by row of the sample */
    struct numbering names;  /* of alarms */
    struct alarm *alarms;
    struct attributed_incident *incidents; /* by number in the sample */
    uint64_t lines;
    /* measured: */
    uint64_t false_alarms, cleared;   /* alarms without a hijacker; of them, closed */
    uint64_t false_alarm_acts;        /* owners' acts called the hijacker's in them, in the end */
    uint64_t failed_tries;            /* acts labelled noise that were called the hijacker's: neither right nor wrong */
    struct attribution_group *groups; /* all, and then the families by number */
    unsigned group_count;
};

/* After all labels. In the sample's arena. ERR_FULL. */
enum err attribution_init(struct attribution *a, struct sample *s, struct problem *p) MUST_USE;
/* One line, without its end. ERR_INVALID, ERR_CONFLICT, ERR_NOT_FOUND (an id that no event has, an incident without a line), ERR_FULL. */
enum err attribution_line(struct attribution *a, struct str line, struct problem *p) MUST_USE;
/* `plan`: rounds and seed. ERR_INVALID where there is nothing to measure; ERR_FULL. */
enum err attribution_measure(struct attribution *a, const struct plan *plan, struct problem *p) MUST_USE;
void attribution_document(const struct attribution *a, struct document *d);
void attribution_json(const struct attribution *a, const struct plan *plan, struct buf *out);

#endif
