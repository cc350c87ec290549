// SPDX-License-Identifier: Apache-2.0
#ifndef ENGINE_LOOKAHEAD_H
#define ENGINE_LOOKAHEAD_H

#include "engine/engine.h"

/*
 * A few events between reading and their turn, for whoever has many at hand: while one is worked on, the cells of those behind it come from
 * memory. It changes when memory is asked for, never what is decided.
 *
 *   lookahead_add    expects the new one, prefetches the one before it
 *   lookahead_first  the next to submit, in the order of coming; lookahead_next once it was
 *
 * An event and its texts must stay as they are from add until next: give each the memory of its seat, lookahead_seat.
 */
#define LOOKAHEAD_MAX 3

struct lookahead {
    uint64_t added, done; /* zeros at first */
    struct arrival arrivals[LOOKAHEAD_MAX];
};

static inline bool lookahead_is_full(const struct lookahead *l) {
    return l->added - l->done == LOOKAHEAD_MAX;
}
/* Where the next event goes: 0 .. LOOKAHEAD_MAX - 1. Not to be asked where it is full. */
static inline unsigned lookahead_seat(const struct lookahead *l) {
    return (unsigned)(l->added % LOOKAHEAD_MAX);
}
/* Where the event sits whose turn it is. */
static inline unsigned lookahead_turn(const struct lookahead *l) {
    return (unsigned)(l->done % LOOKAHEAD_MAX);
}
/* NULL where there is none. */
static inline struct arrival *lookahead_first(struct lookahead *l) {
    return l->added == l->done ? NULL : &l->arrivals[lookahead_turn(l)];
}
static inline void lookahead_next(struct lookahead *l) {
    l->done++;
}
static inline void lookahead_add(struct lookahead *l, const struct engine *e, const struct event *event) {
    engine_expect(e, event, &l->arrivals[lookahead_seat(l)]);
    if (l->added > l->done) engine_prefetch(e, &l->arrivals[(l->added - 1) % LOOKAHEAD_MAX]);
    l->added++;
}

#endif
