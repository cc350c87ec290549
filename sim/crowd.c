// SPDX-License-Identifier: Apache-2.0
/* The crowd: a day is thought out for everybody, then told in order of time; what belongs to a later day waits in a heap. */
#include "sim/crowd.h"

#include <stdlib.h>

#include "sim/crowd_inside.h"

#define START_MS INT64_C(1772323200000) /* 2026-03-01 */
/* What is thought out for a day may begin this long before its midnight in UTC: it is the morning elsewhere. */
#define EARLY_MS (14 * HOUR_MS)

/* -- drawing -------------------------------------------------------------------------------------------------------------------------- */

int64_t skewed(struct draws *d, int64_t median, unsigned sixteenths) {
    /* 2^(k/16) in 1/65536. */
    static const uint32_t roots[16] = {65536, 68438, 71468,  74632,  77936,  81386,  84990,  88752,
                                       92682, 96785, 101070, 105545, 110218, 115098, 120194, 125515};
    uint64_t bits = draw(d);
    int sum = -510; /* of four bytes: deviation 148 */
    for (unsigned i = 0; i < 4; i++, bits >>= 8) sum += (int)(bits & 255);
    int e = 2048 + sum * (int)sixteenths / 148; /* a multiple of 16 added, so that it is positive */
    int octave = e / 16 - 128;
    int64_t value = (int64_t)((uint64_t)median * roots[e % 16] >> 16);
    value = octave >= 0 ? value << octave : value >> -octave;
    /* The last bits of a rounded product are not evenly spread; draw them. */
    return value < 2048 ? (value > 0 ? value : 1) : value - value % 1024 + (int64_t)(bits & 1023);
}

unsigned weighted(struct draws *d, const uint16_t *weights, unsigned count) {
    uint32_t sum = 0;
    for (unsigned i = 0; i < count; i++) sum += weights[i];
    uint32_t at = below(d, sum);
    unsigned i = 0;
    while (at >= weights[i]) at -= weights[i++];
    return i;
}

/* -- the heap ------------------------------------------------------------------------------------------------------------------------- */

static bool before(const struct happening *a, const struct happening *b) {
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->order < b->order;
}

static bool make_room(struct crowd *c) {
    if (c->heap_size < c->heap_capacity) return true;
    size_t capacity = c->heap_capacity ? 2 * c->heap_capacity : 4096;
    struct happening *grown = realloc(c->heap, capacity * sizeof grown[0]);
    if (!grown) return c->out_of_memory = true, false;
    c->heap = grown, c->heap_capacity = capacity;
    return true;
}

void push(struct crowd *c, const struct happening *h) {
    if (h->at_ms >= c->start_ms + c->o.days * DAY_MS || h->at_ms < c->start_ms || !make_room(c)) return;
    struct happening new = *h;
    new.order = c->order++;
    size_t i = c->heap_size++;
    for (; i && before(&new, &c->heap[(i - 1) / 2]); i = (i - 1) / 2) c->heap[i] = c->heap[(i - 1) / 2];
    c->heap[i] = new;
}

static void drop_first(struct crowd *c) {
    struct happening last = c->heap[--c->heap_size];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < c->heap_size; i = child) {
        if (child + 1 < c->heap_size && before(&c->heap[child + 1], &c->heap[child])) child++;
        if (!before(&c->heap[child], &last)) break;
        c->heap[i] = c->heap[child];
    }
    c->heap[i] = last;
}

static void tell_until(struct crowd *c, int64_t until_ms) {
    while (c->heap_size && c->heap[0].at_ms < until_ms) {
        struct happening h = c->heap[0];
        drop_first(c);
        crowd_write(c, &h);
    }
}

/* -- export --------------------------------------------------------------------------------------------------------------------------- */

enum err crowd_check(const struct crowd_options *o, struct problem *p) {
    if (o->accounts < CROWD_ACCOUNTS_MIN || o->accounts > CROWD_ACCOUNTS_MAX)
        return problem_set(p, ERR_INVALID, "accounts", "", "%u accounts; from %d to %u are possible", o->accounts, CROWD_ACCOUNTS_MIN,
                           CROWD_ACCOUNTS_MAX);
    if (o->days < CROWD_DAYS_MIN || o->days > CROWD_DAYS_MAX)
        return problem_set(p, ERR_INVALID, "days", "", "%u days; from %d to %d are possible", o->days, CROWD_DAYS_MIN, CROWD_DAYS_MAX);
    if (!o->campaigns || o->campaigns > 64 || !o->hijacks || o->hijacks > 10000)
        return problem_set(p, ERR_INVALID, "campaigns", "",
                           "from 1 to 64 campaigns of a family and from 1 to 10000 hijacks of each are possible");
    if (o->world && !shop_is(o->world))
        return problem_set(p, ERR_INVALID, "world", "", "no world is called '%s'; see docs/reference/sim.md", o->world);
    return ERR_OK;
}

static const char *world_of(const struct crowd_options *o) {
    return o->world ? o->world : "random";
}

void crowd_describe(const struct crowd_options *o, FILE *f) {
    struct shop s;
    shop_open(&s, o->seed, world_of(o));
    shop_write(&s, world_of(o), o->seed, f);
}

static enum err live(struct crowd *c, struct problem *p) {
    people_open(c);
    for (unsigned day = 0; day < c->o.days; day++) {
        people_day(c, (int)day);
        noise_day(c, (int)day);
        attacks_day(c, (int)day);
        if (c->out_of_memory) return problem_set(p, ERR_FULL, "", "", "no memory for what waits on day %u", day);
        tell_until(c, c->start_ms + (day + 1) * DAY_MS - EARLY_MS);
        if (ferror(c->events) || ferror(c->labels)) return problem_set(p, ERR_IO, "", "", "cannot write the events or their labels");
    }
    tell_until(c, INT64_MAX);
    if (fflush(c->events) || fflush(c->labels)) return problem_set(p, ERR_IO, "", "", "cannot write the events or their labels");
    return ERR_OK;
}

enum err crowd_export(const struct crowd_options *o, FILE *events, FILE *labels, struct crowd_counts *counts, struct problem *p) {
    enum err err = crowd_check(o, p);
    if (err) return err;
    struct crowd c = {.o = *o, .start_ms = START_MS, .events = events, .labels = labels};
    shop_open(&c.shop, o->seed, world_of(o));
    c.members = calloc(o->accounts, sizeof c.members[0]);
    if (!c.members || !attacks_open(&c)) err = problem_set(p, ERR_FULL, "accounts", "", "no memory for %u accounts", o->accounts);
    if (!err) err = live(&c, p);
    *counts = c.counts;
    counts->campaigns = c.campaign_count;
    free(c.members), free(c.campaigns), free(c.incidents), free(c.heap);
    return err;
}
