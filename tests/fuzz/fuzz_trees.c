// SPDX-License-Identifier: Apache-2.0
/* Guards the reader of boosted trees (baseline/trees.c): any bytes are a model whose every walk ends in a finite number, or a refusal. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/check.h"
#include "base/json.h"
#include "baseline/trees.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_SIZE_MAX (64U * 1024)

static _Alignas(16) char memory[JSON_MEMORY_MAX(TEXT_SIZE_MAX)];

static void walk(const struct trees *t, float value) {
    float *row = malloc((t->column_count + 1) * sizeof *row);
    CHECK(row);
    for (unsigned i = 0; i < t->column_count; i++) row[i] = value;
    CHECK(isfinite(trees_margin(t, row)));
    free(row);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size > TEXT_SIZE_MAX) return 0;
    struct arena step = arena_over(memory, sizeof memory);
    struct trees t;
    struct problem p = {0};
    enum err err = trees_read((struct str){(const char *)data, size}, &step, &t, &p);
    CHECK(err ? p.err == err && p.what[0] && !t.nodes && !t.roots : t.count <= TREES_COUNT_MAX);
    if (!err) {
        walk(&t, 0);
        walk(&t, -1e30F);
        walk(&t, NAN);
    }
    trees_release(&t);
    return 0;
}
