// SPDX-License-Identifier: Apache-2.0
/* Merges what happened over one value into its counter cell, and reads the cell: one definition for every backend of port/cells.h. */
#include "port/counter.h"

#include <string.h>

#include "base/check.h"

/*
 * Layout, version 1; integers little-endian as the machine has them, a snapshot image of another byte order does not open.
 *
 *   narrow (128)                              wide (384)
 *   first_s, newest_s            u32 x 2      the same
 *   op_ring                      u32 x 3      u32 x 12
 *   tally[window][bucket][tally] u16 x 6x2x3  u32 x 6x2x4
 *   trained[bucket], 90 d        u16 x 2      (is tally 4 of every window)
 *   accounts[generation]         16 B x 2     33 B x 2
 *   devices[generation]          -            33 B x 2
 *
 * Time is kept in whole seconds (until 2106). One epoch serves all windows: `newest_s`, the largest time seen. A window's running bucket is
 * newest_s / window, so which buckets exist follows from the set of deltas and not from their order: a delta that falls two buckets or more
 * behind at the end did so, or was still kept and rolled away, at any moment before.
 *
 * A sketch is a state byte and registers. State 0..n: an exact set of that many 16-bit codes, ascending; SKETCH_REGISTERS: a HyperLogLog of
 * 4-bit registers. A code is (rank:4, register:6, more hash bits:6): it holds all that the register needs, so turning the set into
 * registers loses nothing, whichever element came first. Two of n elements share a code with probability n^2 / 2 / (registers * 3 * 64):
 * 0.4 % at the 7 of a narrow cell, 1 % at the 16 of a wide one. Beyond, the standard error is 1.04 / sqrt(registers): 19 % with the 30 of a
 * narrow cell, 13 % with the 64 of a wide one; the count ends at 0.7 million (narrow) and 1.5 million (wide).
 */
#define OPS_NARROW       3
#define OPS_WIDE         12
#define REGISTERS_NARROW 30
#define REGISTERS_WIDE   64
#define TALLIES_NARROW   3 /* all but TALLY_TRAINED */
#define SKETCH_NARROW    (1 + REGISTERS_NARROW / 2)
#define SKETCH_WIDE      (1 + REGISTERS_WIDE / 2)
#define SKETCH_REGISTERS 255
#define SET_COUNT_MAX    (REGISTERS_WIDE / 4) /* two bytes a code, half a byte a register */
#define RANK_MAX         15

struct counter_narrow {
    uint32_t first_s, newest_s;
    uint32_t op_ring[OPS_NARROW];
    uint16_t tally[WINDOW_COUNT][2][TALLIES_NARROW];
    uint16_t trained[2];
    uint8_t accounts[2][SKETCH_NARROW];
};

struct counter_wide {
    uint32_t first_s, newest_s;
    uint32_t op_ring[OPS_WIDE];
    uint32_t tally[WINDOW_COUNT][2][TALLY_COUNT];
    uint8_t accounts[2][SKETCH_WIDE];
    uint8_t devices[2][SKETCH_WIDE];
    uint8_t reserved[4];
};

_Static_assert(sizeof(struct counter_narrow) == COUNTER_NARROW_SIZE, "stored layout");
_Static_assert(sizeof(struct counter_wide) == COUNTER_WIDE_SIZE, "stored layout");

static uint32_t seconds_of(int64_t at_ms) {
    if (at_ms < 1000) return 1; /* 0 means never */
    return at_ms / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(at_ms / 1000);
}

/* ---- windows ---- */

static void bucket_indexes(uint32_t at_s, uint32_t index[WINDOW_COUNT]) {
    uint32_t minute = at_s / 60, day = minute / (24 * 60);
    index[WINDOW_1M] = minute;
    index[WINDOW_10M] = minute / 10;
    index[WINDOW_1H] = minute / 60;
    index[WINDOW_24H] = day;
    index[WINDOW_7D] = day / 7;
    index[WINDOW_90D] = day / 90;
}

/*
 * How many buckets each window moves between two times, `from` <= `to`; 2 stands for all beyond. false: none moves, for every bucket is
 * made of minutes.
 */
static bool bucket_steps(uint32_t from_s, uint32_t to_s, uint8_t steps[WINDOW_COUNT]) {
    memset(steps, 0, WINDOW_COUNT);
    if (from_s / 60 == to_s / 60) return false;
    uint32_t from[WINDOW_COUNT], to[WINDOW_COUNT];
    bucket_indexes(from_s, from);
    bucket_indexes(to_s, to);
    for (unsigned w = 0; w < WINDOW_COUNT; w++) steps[w] = (uint8_t)(to[w] - from[w] < 2 ? to[w] - from[w] : 2);
    return true;
}

/* Moves a pair (running, before) of `size` bytes each by that many buckets. */
static inline void roll(void *pair, size_t size, uint8_t steps) {
    char *running = pair, *before = running + size;
    if (steps == 0) return;
    if (steps == 1) memcpy(before, running, size);
    else memset(before, 0, size);
    memset(running, 0, size);
}

static inline void add_u16(uint16_t *to, uint8_t add) {
    uint32_t sum = (uint32_t)*to + add;
    *to = (uint16_t)(sum > UINT16_MAX ? UINT16_MAX : sum);
}

static inline void add_u32(uint32_t *to, uint8_t add) {
    uint32_t sum = *to + add;
    *to = sum < *to ? UINT32_MAX : sum;
}

/* ---- distinct counts ---- */

static uint16_t sketch_code(uint64_t hash, unsigned registers) {
    unsigned place = (unsigned)(((hash >> 32) * registers) >> 32);
    unsigned rank = (unsigned)__builtin_ctz((uint32_t)hash | UINT32_C(1) << (RANK_MAX - 1)) + 1;
    unsigned more = (uint32_t)hash >> (RANK_MAX - 1) & 0x3F;
    return (uint16_t)(rank << 12 | place << 6 | more);
}

static uint16_t set_code(const uint8_t *sketch, unsigned i) {
    return (uint16_t)(sketch[1 + 2 * i] | sketch[2 + 2 * i] << 8);
}

static void set_put(uint8_t *sketch, unsigned i, uint16_t code) {
    sketch[1 + 2 * i] = (uint8_t)code;
    sketch[2 + 2 * i] = (uint8_t)(code >> 8);
}

static void register_raise(uint8_t *registers, uint16_t code) {
    unsigned place = code >> 6 & 0x3F, rank = code >> 12, shift = (place & 1) * 4;
    uint8_t *at = registers + place / 2;
    if ((*at >> shift & 0xFU) < rank) *at = (uint8_t)((*at & ~(0xFU << shift)) | rank << shift);
}

static void set_to_registers(uint8_t *sketch, unsigned registers) {
    uint16_t codes[SET_COUNT_MAX];
    unsigned count = sketch[0];
    for (unsigned i = 0; i < count; i++) codes[i] = set_code(sketch, i);
    memset(sketch, 0, 1 + registers / 2);
    sketch[0] = SKETCH_REGISTERS;
    for (unsigned i = 0; i < count; i++) register_raise(sketch + 1, codes[i]);
}

static void sketch_add(uint8_t *sketch, unsigned registers, uint64_t hash) {
    uint16_t code = sketch_code(hash, registers);
    if (sketch[0] != SKETCH_REGISTERS) {
        unsigned count = sketch[0], at = 0;
        while (at < count && set_code(sketch, at) < code) at++;
        if (at < count && set_code(sketch, at) == code) return;
        if (count < registers / 4) {
            for (unsigned i = count; i > at; i--) set_put(sketch, i, set_code(sketch, i - 1));
            set_put(sketch, at, code);
            sketch[0]++;
            return;
        }
        set_to_registers(sketch, registers);
    }
    register_raise(sketch + 1, code);
}

static uint32_t set_union_count(const uint8_t *a, const uint8_t *b) {
    unsigned i = 0, k = 0;
    uint32_t count = 0;
    while (i < a[0] && k < b[0]) {
        uint16_t left = set_code(a, i), right = set_code(b, k);
        i += left <= right;
        k += right <= left;
        count++;
    }
    return count + (a[0] - i) + (b[0] - k);
}

/* Adds a sketch of either form to unpacked registers by maximum. */
static void registers_merge(uint8_t to[REGISTERS_WIDE], const uint8_t *sketch, unsigned registers) {
    if (sketch[0] != SKETCH_REGISTERS) {
        for (unsigned i = 0; i < sketch[0]; i++) {
            uint16_t code = set_code(sketch, i);
            unsigned place = code >> 6 & 0x3F;
            if (to[place] < code >> 12) to[place] = (uint8_t)(code >> 12);
        }
        return;
    }
    for (unsigned i = 0; i < registers; i++) {
        uint8_t rank = sketch[1 + i / 2] >> (i & 1) * 4 & 0xF;
        if (to[i] < rank) to[i] = rank;
    }
}

/* 2^15 * registers * sigma(empty / registers), where sigma(x) = x + sum of x^(2^k) * 2^(k-1): Ertl, "New cardinality estimation algorithms
 * for HyperLogLog sketches" (2017), section 2.3. It makes one formula right from nearly empty to full. */
static uint64_t sigma_term(unsigned empty, unsigned registers) {
    uint64_t x = ((uint64_t)empty << 31) / registers, sum = x;
    for (unsigned k = 1; x > 0; k++) {
        x = x * x >> 31;
        sum += x << (k - 1);
    }
    return sum * registers >> 16;
}

static uint32_t registers_estimate(const uint8_t ranks[REGISTERS_WIDE], unsigned registers) {
    unsigned empty = 0;
    uint64_t sum = 0; /* of 2^(15 - rank) */
    for (unsigned i = 0; i < registers; i++) {
        if (ranks[i] == 0) empty++;
        else sum += UINT64_C(1) << (RANK_MAX - ranks[i]);
    }
    if (empty == registers) return 0;
    if (empty > 0) sum += sigma_term(empty, registers);
    /* registers^2 / (2 ln 2 * sum / 2^15), rounded; 1 / (2 ln 2) = 47274 / 2^16 */
    uint64_t top = (uint64_t)registers * registers * 47274 >> 1;
    return (uint32_t)((top + sum / 2) / sum);
}

/* Distinct elements of two generations together. */
static uint32_t sketch_count(const uint8_t *running, const uint8_t *before, unsigned registers) {
    if (running[0] != SKETCH_REGISTERS && before[0] != SKETCH_REGISTERS) return set_union_count(running, before);
    uint8_t ranks[REGISTERS_WIDE] = {0};
    registers_merge(ranks, running, registers);
    registers_merge(ranks, before, registers);
    return registers_estimate(ranks, registers);
}

/* ---- merging ---- */

/* Notes the operation; false where it is among the last ones. */
static inline bool op_take(uint32_t *ring, unsigned count, uint64_t op_id) {
    uint32_t op = (uint32_t)op_id ? (uint32_t)op_id : UINT32_MAX; /* 0 marks an empty place */
    uint32_t seen = 0;
    for (unsigned i = 0; i < count; i++) seen |= ring[i] == op;
    if (seen) return false;
    memmove(ring + 1, ring, (count - 1) * sizeof *ring);
    ring[0] = op;
    return true;
}

static inline void note_first(uint32_t *first_s, uint32_t at_s) {
    if (*first_s == 0 || at_s < *first_s) *first_s = at_s;
}

bool counter_bump_narrow(void *cell, const struct bump *b) {
    struct counter_narrow *c = cell;
    if (!op_take(c->op_ring, OPS_NARROW, b->op_id)) return false;
    uint32_t at_s = seconds_of(b->at_ms);
    uint8_t place[WINDOW_COUNT] = {0}; /* the bucket that the delta falls into: 0 running, 1 before, 2 too old */
    note_first(&c->first_s, at_s);
    if (at_s < c->newest_s) {
        (void)bucket_steps(at_s, c->newest_s, place);
    } else {
        uint8_t steps[WINDOW_COUNT];
        if (bucket_steps(c->newest_s, at_s, steps)) {
            for (unsigned w = 0; w < WINDOW_COUNT; w++) roll(c->tally[w], sizeof c->tally[w][0], steps[w]);
            roll(c->trained, sizeof c->trained[0], steps[WINDOW_90D]);
            roll(c->accounts, sizeof c->accounts[0], steps[WINDOW_24H]);
        }
        c->newest_s = at_s;
    }
    for (unsigned t = 0; t < TALLIES_NARROW; t++)
        for (unsigned w = 0; b->add[t] && w < WINDOW_COUNT; w++)
            if (place[w] <= 1) add_u16(&c->tally[w][place[w]][t], b->add[t]);
    if (place[WINDOW_90D] <= 1) add_u16(&c->trained[place[WINDOW_90D]], b->add[TALLY_TRAINED]);
    if (b->account && place[WINDOW_24H] <= 1) sketch_add(c->accounts[place[WINDOW_24H]], REGISTERS_NARROW, b->account);
    return true;
}

bool counter_bump_wide(void *cell, const struct bump *b) {
    struct counter_wide *c = cell;
    if (!op_take(c->op_ring, OPS_WIDE, b->op_id)) return false;
    uint32_t at_s = seconds_of(b->at_ms);
    uint8_t place[WINDOW_COUNT] = {0};
    note_first(&c->first_s, at_s);
    if (at_s < c->newest_s) {
        (void)bucket_steps(at_s, c->newest_s, place);
    } else {
        uint8_t steps[WINDOW_COUNT];
        if (bucket_steps(c->newest_s, at_s, steps)) {
            for (unsigned w = 0; w < WINDOW_COUNT; w++) roll(c->tally[w], sizeof c->tally[w][0], steps[w]);
            roll(c->accounts, sizeof c->accounts[0], steps[WINDOW_24H]);
            roll(c->devices, sizeof c->devices[0], steps[WINDOW_24H]);
        }
        c->newest_s = at_s;
    }
    for (unsigned t = 0; t < TALLY_COUNT; t++)
        for (unsigned w = 0; b->add[t] && w < WINDOW_COUNT; w++)
            if (place[w] <= 1) add_u32(&c->tally[w][place[w]][t], b->add[t]);
    if (place[WINDOW_24H] > 1) return true;
    if (b->account) sketch_add(c->accounts[place[WINDOW_24H]], REGISTERS_WIDE, b->account);
    if (b->device) sketch_add(c->devices[place[WINDOW_24H]], REGISTERS_WIDE, b->device);
    return true;
}

/* ---- reading ---- */

/* A window's length with its reciprocals, because an event reads some hundred estimates: x / s = x * ceil(2^64 / s) >> 64, exact for
 * 32-bit x. */
#define WINDOW_OF(seconds)                                                                                                                 \
    { seconds, UINT64_MAX / (seconds) + 1, ((UINT64_C(1) << 48) + (seconds)-1) / (seconds) }
static const struct {
    uint32_t seconds;
    uint64_t reciprocal_64, reciprocal_48;
} windows[WINDOW_COUNT] = {
    [WINDOW_1M] = WINDOW_OF(60),         [WINDOW_10M] = WINDOW_OF(600),      [WINDOW_1H] = WINDOW_OF(3600),
    [WINDOW_24H] = WINDOW_OF(24 * 3600), [WINDOW_7D] = WINDOW_OF(7 * 86400), [WINDOW_90D] = WINDOW_OF(90 * 86400),
};

__extension__ typedef unsigned __int128 counter_u128; /* one multiplication on the machines we run on */

static uint32_t bucket_of(uint32_t at_s, enum window window) {
    return (uint32_t)((counter_u128)at_s * windows[window].reciprocal_64 >> 64);
}

/* A reading for a time before the newest delta is one at the newest delta: what the cell was then is no longer known. */
static uint32_t reading_time(uint32_t newest_s, int64_t now_ms) {
    uint32_t now_s = seconds_of(now_ms);
    return now_s > newest_s ? now_s : newest_s;
}

/* running + before * (share of the before-bucket within the window), in 1/65536, rounded. */
static uint32_t window_estimate(uint32_t running, uint32_t before, uint32_t newest_s, int64_t now_ms, enum window window) {
    if ((running | before) == 0) return 0;
    uint32_t now_s = reading_time(newest_s, now_ms);
    if (before == 0 && now_s == newest_s) return running; /* most readings: of a cell that this event has just been counted in */
    uint32_t index = bucket_of(now_s, window), steps = index - bucket_of(newest_s, window);
    if (steps > 1) return 0;
    if (steps == 1) before = running, running = 0;
    uint32_t left_s = windows[window].seconds - (now_s - index * windows[window].seconds);
    uint64_t share = left_s * windows[window].reciprocal_48 >> 32;
    uint64_t sum = running + ((before * share + 0x8000) >> 16);
    return sum > UINT32_MAX ? UINT32_MAX : (uint32_t)sum;
}

uint32_t counter_tally(struct counter_view v, enum tally tally, enum window window, int64_t now_ms) {
    CHECK(tally < TALLY_COUNT && window < WINDOW_COUNT);
    if (!v.bytes) return 0;
    if (v.wide) {
        const struct counter_wide *c = v.bytes;
        return window_estimate(c->tally[window][0][tally], c->tally[window][1][tally], c->newest_s, now_ms, window);
    }
    const struct counter_narrow *c = v.bytes;
    if (tally == TALLY_TRAINED)
        return window == WINDOW_90D ? window_estimate(c->trained[0], c->trained[1], c->newest_s, now_ms, window) : 0;
    return window_estimate(c->tally[window][0][tally], c->tally[window][1][tally], c->newest_s, now_ms, window);
}

static uint32_t distinct(const uint8_t *generations, unsigned registers, uint32_t newest_s, int64_t now_ms) {
    static const uint8_t nothing[SKETCH_WIDE];
    uint32_t steps = bucket_of(reading_time(newest_s, now_ms), WINDOW_24H) - bucket_of(newest_s, WINDOW_24H);
    const uint8_t *running = generations, *before = generations + 1 + registers / 2;
    if (steps > 1) return 0;
    return steps == 1 ? sketch_count(nothing, running, registers) : sketch_count(running, before, registers);
}

uint32_t counter_accounts(struct counter_view v, int64_t now_ms) {
    if (!v.bytes) return 0;
    if (v.wide) {
        const struct counter_wide *c = v.bytes;
        return distinct(c->accounts[0], REGISTERS_WIDE, c->newest_s, now_ms);
    }
    const struct counter_narrow *c = v.bytes;
    return distinct(c->accounts[0], REGISTERS_NARROW, c->newest_s, now_ms);
}

uint32_t counter_devices(struct counter_view v, int64_t now_ms) {
    if (!v.bytes || !v.wide) return 0;
    const struct counter_wide *c = v.bytes;
    return distinct(c->devices[0], REGISTERS_WIDE, c->newest_s, now_ms);
}

/* Both layouts begin with the same two times. */
struct counter_times {
    uint32_t first_s, newest_s;
};

int64_t counter_first_ms(struct counter_view v) {
    const struct counter_times *times = v.bytes;
    return times ? (int64_t)times->first_s * 1000 : 0;
}

int64_t counter_last_ms(struct counter_view v) {
    const struct counter_times *times = v.bytes;
    return times ? (int64_t)times->newest_s * 1000 : 0;
}
