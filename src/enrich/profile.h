// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_PROFILE_H
#define ENRICH_PROFILE_H

#include "enrich/path.h"
#include "enrich/place.h"
#include "port/cells.h"

/*
 * What is remembered of one account: one profile cell of 384 bytes, integers only, little endian, no padding. A zero cell is an account
 * that was never seen. The layout is versioned (PROFILE_LAYOUT); docs/formats/profile.md draws it too.
 *
 *   offset size
 *        0    1  layout                  1; 0 = never written
 *        1    1  place_net               enum net of the last place
 *        2    2  logins                  trained logins ever, saturating; not faded
 *        4    4  first_s                 first event
 *        8    8  last_position           journal position of the account's last event: its thread
 *       16    8  incident                position that opened its open incident, 0 = none
 *       24    4  last_success_s          last act that did not look risky
 *       28    4  last_event_s
 *       32    4  last_failure_s
 *       36    2  failures                failed logins since the last success, saturating
 *       38    2  total_16                trained logins, 1/16, faded; includes paths that were evicted
 *       40    2  fade_day                day up to which counts are faded
 *       42    4  place                   of the last act that did not look risky
 *       46    2  place_accuracy_km
 *       48    4  place_s                 when that was; 0 = no place is known
 *       52   32  changed_s[8]            last change, by enum changed
 *       84    4  reset_path              network and client mark of the last reset request
 *       88    4  risky_s                 last login that looked risky; 0 = none, or cleared
 *       92    4  risky_path              its network and client mark
 *       96    2  risky_score
 *       98    2  tried_hour              hour (modulo 2^16) in which the set below was begun
 *      100   12  tried[6]                distinct addresses that failed to get in within 24 h
 *      112    8  week[8]                 acts by part of the week: weekday / weekend nibble of each three hours
 *      120   64  sessions[4]             16 bytes each, the most recent ones
 *      184   32  objects[8]              4 bytes each, what risky acts made
 *      216  168  paths[6]                28 bytes each
 *      384
 */
#define PROFILE_LAYOUT 1
#define SESSION_COUNT  4
#define OBJECT_COUNT   8
#define PATH_COUNT     6
#define TRIED_COUNT    6
#define LOGIN_16       16U /* one login in the unit of faded counts */

enum changed {
    CHANGED_PASSWORD,
    CHANGED_EMAIL,
    CHANGED_PHONE,
    CHANGED_ADDRESS,
    CHANGED_PAYMENT,
    CHANGED_MFA,
    CHANGED_NOTIFICATION,
    CHANGED_RESET_REQUEST,
    CHANGED_COUNT
};

#define SESSION_HOSTILE 1U
#define SESSION_CLEARED 2U

struct session {
    uint32_t id;              /* upper bits of the hash, 0 = free */
    uint16_t network, client; /* marks of the path that opened it */
    uint32_t started_s;
    uint16_t score; /* highest so far */
    uint8_t flags;
    uint8_t acts; /* bit per enum act of features.h that was done in it */
};

#define OBJECT_SCORE_MAX 255U
struct object {
    uint16_t id;     /* upper bits of the hash, 0 = free */
    uint8_t score_4; /* score of the act that made it, in fours */
    uint8_t flags;   /* SESSION_HOSTILE */
};

#define PATH_TYPE_MASK 7U  /* enum device_type */
#define PATH_HOSTILE   8U  /* a hijacker came this way */
#define HOSTILE_DAYS   30  /* that long the mark speaks, and outlives any other path; then the path is one in probation */
#define PATH_PROBATION 16U /* looked risky and was never proven: teaches nothing */
#define PATH_MOBILE    32U /* a mobile network */

struct path {
    uint32_t asn;
    char country[2];
    uint8_t browser, os;
    uint32_t device;              /* marks; 0 = none was sent */
    uint16_t ip, prefix, ua, ja4; /* the last ones of this path */
    uint8_t language, zone;
    uint16_t count_16; /* trained logins, 1/16, faded; 0 = teaches nothing; in probation: days of use, 1/16 too, and it teaches nothing */
    uint16_t last_day;
    uint8_t flags;
    uint8_t score_4; /* highest score since it was last proven, in fours */
};

struct profile {
    uint8_t layout, place_net;
    uint16_t logins;
    uint32_t first_s;
    uint64_t last_position, incident;
    uint32_t last_success_s, last_event_s, last_failure_s;
    uint16_t failures, total_16, fade_day;
    struct place place;
    uint16_t place_accuracy_km;
    uint32_t place_s;
    uint32_t changed_s[CHANGED_COUNT];
    uint32_t reset_path;
    uint32_t risky_s, risky_path;
    uint16_t risky_score;
    uint16_t tried_hour, tried[TRIED_COUNT];
    uint8_t week[8];
    struct session sessions[SESSION_COUNT];
    struct object objects[OBJECT_COUNT];
    struct path paths[PATH_COUNT];
};
_Static_assert(sizeof(struct session) == 16 && sizeof(struct object) == 4 && sizeof(struct path) == 28, "parts as drawn");
_Static_assert(sizeof(struct profile) == PROFILE_SIZE, "as drawn");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "stored as it lies in memory");

/* A copy of the cell, faded to `now_ms`. `bytes` NULL or zero = an account never seen. CHECKs the layout. */
void profile_read(const void *bytes, int64_t now_ms, struct profile *out);

/* The same number as access_path.mark of an event that came over this path. */
uint32_t path_mark(const struct path *p);
struct session *profile_session(struct profile *p, struct str session, uint64_t seed);
struct object *profile_object(struct profile *p, uint64_t hash);
/* The remembered path with this mark, or NULL. */
struct path *profile_path(struct profile *p, uint32_t mark);
/* Of the trained paths the one with the highest count, or NULL. */
const struct path *profile_usual_path(const struct profile *p);
static inline bool path_is_trained(const struct path *p) {
    return p->count_16 > 0 && !(p->flags & (PATH_HOSTILE | PATH_PROBATION));
}
/* Where the owner's clock stands at `at_ms`, as minutes east of UTC: by the zone of his usual path, this event's, or his longitude. */
bool profile_offset_min(const struct profile *p, uint8_t zone_now, int *out);

/* Part of the week: eight parts of a day times weekday (0) or weekend (1). */
unsigned week_part(int64_t local_ms);
bool week_is_weekend(int64_t local_ms);
unsigned profile_week_count(const struct profile *p, unsigned part, bool weekend); /* 0 .. 15 */
void profile_week_add(struct profile *p, unsigned part, bool weekend);

/* Makes room for and returns a new path; NULL where every slot holds something worth more (see profile.c). */
struct path *profile_add_path(struct profile *p, const struct access_path *a, uint16_t day, bool trained);
struct session *profile_add_session(struct profile *p, uint32_t id);
struct object *profile_add_object(struct profile *p, uint64_t hash);

#endif
