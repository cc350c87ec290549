// SPDX-License-Identifier: Apache-2.0
/* Names an incident after the journal record that opened it. */
#include "incident/record.h"

#include "base/check.h"

#define ID_PREFIX   STR("inc_")
#define ID_SIZE_MAX 24 /* the prefix and 20 digits */

struct str incident_id(uint64_t open_position, struct arena *step) {
    char *memory = arena_take(step, ID_SIZE_MAX);
    CHECK(memory);
    struct buf b = buf_over(memory, ID_SIZE_MAX);
    buf_text(&b, ID_PREFIX);
    buf_u64(&b, open_position);
    return buf_str(&b);
}

uint64_t incident_position(struct str id) {
    uint64_t position;
    if (!str_starts(id, ID_PREFIX) || !str_to_u64(str_slice(id, ID_PREFIX.size, id.size), &position)) return 0;
    return position;
}
