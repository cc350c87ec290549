// SPDX-License-Identifier: Apache-2.0
/* Merges what is said of an origin into its cell, and reads the cell: one definition for every backend of port/cells.h. */
#include "port/origin.h"

#include <string.h>

/*
 * Layout, version 1; integers little-endian as the machine has them.
 *
 *   first_s, newest_s       u32 x 2    as a counter's: eviction reads them
 *   reserved                u64
 *   confirmed[2]            8 B x 2    the latest first: account, time
 *   calm[generation]        u16 x 8 x 2 smallest hashes, ascending, 0 = free
 *   entries[8]              16 B x 8   the latest first: account, time, position, flags, score
 *
 * Lists are kept in a total order, one element an account, the later one of two; so what a list holds follows from the set of deltas alone.
 */
#define CONFIRMED_COUNT 2
#define CALM_COUNT      8
#define CALM_SECONDS    (30U * 24 * 60 * 60)
#define SCORE_BITS      10
#define REVIEWED        (UINT64_C(1) << SCORE_BITS)
#define RECALLED        (UINT64_C(2) << SCORE_BITS)
#define POSITION_SHIFT  (SCORE_BITS + 2)

struct confirmation {
    uint32_t account, at_s;
};

struct entry {
    uint32_t account, at_s;
    uint64_t place; /* journal position << POSITION_SHIFT | flags | score; 0 = free */
};

struct origin {
    uint32_t first_s, newest_s;
    uint64_t reserved;
    struct confirmation confirmed[CONFIRMED_COUNT];
    uint16_t calm[2][CALM_COUNT];
    struct entry entries[ORIGIN_ENTRIES];
};
_Static_assert(sizeof(struct origin) == ORIGIN_SIZE, "stored layout");

static uint32_t seconds_of(int64_t at_ms) {
    if (at_ms < 1000) return 1; /* 0 means never */
    return at_ms / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(at_ms / 1000);
}

uint32_t origin_account(uint64_t hash) {
    return (uint32_t)(hash >> 32 ? hash >> 32 : 1);
}

/* ---- merging ---- */

/* Moves calm[] on to the generation of `at_s`, and says in which one that lies: 0 running, 1 before, 2 too old. */
static unsigned generation(struct origin *c, uint32_t at_s) {
    uint32_t newest = c->newest_s / CALM_SECONDS, now = at_s / CALM_SECONDS;
    if (now <= newest) return newest - now < 2 ? newest - now : 2;
    if (now - newest == 1) memcpy(c->calm[1], c->calm[0], sizeof c->calm[0]);
    else memset(c->calm[1], 0, sizeof c->calm[1]);
    memset(c->calm[0], 0, sizeof c->calm[0]);
    return 0;
}

static uint16_t calm_mark(uint64_t account) {
    return (uint16_t)(account >> 48 ? account >> 48 : 1);
}

static void calm_add(uint16_t calm[CALM_COUNT], uint16_t mark) {
    unsigned at = 0;
    while (at < CALM_COUNT && calm[at] && calm[at] < mark) at++;
    if (at == CALM_COUNT || calm[at] == mark) return;
    memmove(&calm[at + 1], &calm[at], (CALM_COUNT - 1 - at) * sizeof *calm);
    calm[at] = mark;
}

static bool is_later(const struct entry *a, const struct entry *b) {
    if (a->at_s != b->at_s) return a->at_s > b->at_s;
    uint64_t left = a->place >> POSITION_SHIFT, right = b->place >> POSITION_SHIFT;
    return left != right ? left > right : a->account > b->account;
}

static bool is_same(const struct entry *a, const struct entry *b) {
    return a->account == b->account && a->at_s == b->at_s && a->place >> POSITION_SHIFT == b->place >> POSITION_SHIFT;
}

/* Where the account stands already, or the last place: what is there may go. */
static void entry_add(struct entry entries[ORIGIN_ENTRIES], const struct entry *e) {
    unsigned at = 0;
    while (at < ORIGIN_ENTRIES - 1 && entries[at].account != e->account) at++;
    if (is_same(e, &entries[at])) entries[at].place |= e->place & (REVIEWED | RECALLED);
    if (entries[at].place && !is_later(e, &entries[at])) return;
    for (; at > 0 && (!entries[at - 1].place || is_later(e, &entries[at - 1])); at--) entries[at] = entries[at - 1];
    entries[at] = *e;
}

static void confirmation_add(struct confirmation list[CONFIRMED_COUNT], uint32_t account, uint32_t at_s) {
    struct confirmation now = {account, at_s}, *first = &list[0], *second = &list[1];
    bool same = first->account == account, before = first->at_s > at_s || (first->at_s == at_s && first->account >= account);
    if (same && first->at_s >= at_s) return;
    if (same) {
        first->at_s = at_s;
    } else if (!before) {
        *second = *first;
        *first = now;
    } else if (second->at_s < at_s || (second->at_s == at_s && second->account < account)) {
        *second = now;
    }
}

static uint64_t place_of(const struct bump *b, uint64_t flag) {
    return b->position << POSITION_SHIFT | flag | (b->score & ((1U << SCORE_BITS) - 1));
}

void origin_merge(void *cell, const struct bump *b) {
    struct origin *c = cell;
    uint32_t at_s = seconds_of(b->at_ms), account = origin_account(b->account);
    if (!c->first_s || at_s < c->first_s) c->first_s = at_s;
    unsigned when = generation(c, at_s);
    if (at_s > c->newest_s) c->newest_s = at_s;
    switch ((enum origin_word)b->says) {
    case ORIGIN_NOTHING: return;
    case ORIGIN_ENTRY: entry_add(c->entries, &(struct entry){account, at_s, place_of(b, 0)}); return;
    case ORIGIN_REVIEWED: entry_add(c->entries, &(struct entry){account, at_s, place_of(b, REVIEWED)}); return;
    case ORIGIN_RECALLED: entry_add(c->entries, &(struct entry){account, at_s, place_of(b, RECALLED)}); return;
    case ORIGIN_CALM:
        if (when < 2) calm_add(c->calm[when], calm_mark(b->account));
        return;
    case ORIGIN_CONFIRMED: confirmation_add(c->confirmed, account, at_s); return;
    }
}

/* ---- reading ---- */

bool origin_exists(const void *cell) {
    const struct origin *c = cell;
    return c && c->first_s;
}

static bool is_recent(uint32_t at_s, int64_t now_ms) {
    return at_s && (int64_t)at_s * 1000 + ORIGIN_MS_MAX >= now_ms;
}

unsigned origin_entries(const void *cell, int64_t now_ms, struct origin_entry out[ORIGIN_ENTRIES]) {
    const struct origin *c = cell;
    unsigned count = 0;
    for (unsigned i = 0; c && i < ORIGIN_ENTRIES; i++) {
        const struct entry *e = &c->entries[i];
        if (!e->place || !is_recent(e->at_s, now_ms)) continue;
        out[count++] = (struct origin_entry){
            .position = e->place >> POSITION_SHIFT,
            .at_ms = (int64_t)e->at_s * 1000,
            .account = e->account,
            .score = (uint16_t)(e->place & ((1U << SCORE_BITS) - 1)),
            .reviewed = e->place & REVIEWED,
            .recalled = e->place & RECALLED,
        };
    }
    return count;
}

uint32_t origin_calm_accounts(const void *cell, int64_t now_ms) {
    const struct origin *c = cell;
    if (!c) return 0;
    uint32_t now_s = seconds_of(now_ms), steps = now_s > c->newest_s ? now_s / CALM_SECONDS - c->newest_s / CALM_SECONDS : 0;
    if (steps > 1) return 0;
    uint16_t both[CALM_COUNT];
    memcpy(both, c->calm[0], sizeof both);
    for (unsigned i = 0; steps == 0 && i < CALM_COUNT; i++)
        if (c->calm[1][i]) calm_add(both, c->calm[1][i]);
    uint32_t count = 0;
    while (count < CALM_COUNT && both[count]) count++;
    return count < CALM_COUNT ? count : (CALM_COUNT - 1) * UINT32_C(65536) / both[CALM_COUNT - 1];
}

unsigned origin_confirmed(const void *cell, uint32_t but, int64_t now_ms) {
    const struct origin *c = cell;
    unsigned count = 0;
    for (unsigned i = 0; c && i < CONFIRMED_COUNT; i++)
        count += c->confirmed[i].account && c->confirmed[i].account != but && is_recent(c->confirmed[i].at_s, now_ms);
    return count;
}
