// SPDX-License-Identifier: Apache-2.0
/*
 * Guards the reader of learned models (score/model.c): any bytes, as they are and with the checksum that belongs to them, are a model that
 * gives every row a number, or a refusal that says where and why.
 */
#include <stdint.h>
#include <string.h>

#include "base/bounds.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "score/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_SIZE_MAX (64U * 1024)

static _Alignas(16) char memory[MODEL_MEMORY_SIZE];

static void walk(const struct model *m, int32_t value) {
    struct row row;
    for (unsigned i = 0; i < ROW_COUNT; i++) row.of[i] = value;
    if (m->boosted.count) (void)model_log_odds_milli(m, &row);
    if (m->isolation.count) (void)model_isolation_milli(m, &row);
}

static void try_text(struct str text) {
    struct arena a = arena_over(memory, sizeof memory);
    const struct model *m = NULL;
    struct problem p = {0};
    enum err err = model_read(text, &a, &m, &p);
    CHECK(err ? p.err == err && p.what[0] && !m : m->boosted.count || m->isolation.count);
    if (err) return;
    walk(m, 0);
    walk(m, INT32_MAX);
    walk(m, ROW_ABSENT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char text[TEXT_SIZE_MAX + 32];
    if (size > TEXT_SIZE_MAX) return 0;
    try_text((struct str){(const char *)data, size});
    struct buf b = buf_over(text, sizeof text);
    buf_bytes(&b, data, size);
    buf_fmt(&b, "crc32c %08x\n", crc32c(0, data, size));
    try_text(buf_str(&b));
    return 0;
}
