// SPDX-License-Identifier: Apache-2.0
/* Turns the texts of a thread into small numbers. */
#include "incident/names.h"

#include "base/hash.h"
#include "incident/step.h"

void names_init(struct names *n, uint16_t count_max, struct arena *step) {
    CHECK(count_max < 16384);
    size_t slots = 4;
    while (slots < 2U * count_max) slots *= 2;
    *n = (struct names){.step = step, .count = 1, .capacity = (uint16_t)(count_max + 1), .mask = (uint16_t)(slots - 1)};
    n->texts = step_take(step, n->capacity * sizeof *n->texts);
    n->kinds = step_take(step, n->capacity);
    n->slots = step_zeroes(step, slots * sizeof *n->slots);
}

uint16_t names_number(struct names *n, unsigned kind, struct str text) {
    if (!text.size) return 0;
    size_t at = hash_str(text, kind) & n->mask;
    for (; n->slots[at]; at = (at + 1) & n->mask) {
        uint16_t known = n->slots[at];
        if (n->kinds[known] == kind && str_equal(n->texts[known], text)) return known;
    }
    CHECK(n->count < n->capacity);
    n->texts[n->count] = text;
    n->kinds[n->count] = (uint8_t)kind;
    n->slots[at] = n->count;
    return n->count++;
}

uint16_t names_pair(struct names *n, unsigned kind, uint16_t a, uint16_t b) {
    if (!a || !b) return 0;
    uint16_t pair[2] = {a, b};
    bool full = false;
    struct str text = arena_copy(n->step, (struct str){(const char *)pair, sizeof pair}, &full);
    CHECK(!full);
    return names_number(n, kind, text);
}
