// SPDX-License-Identifier: Apache-2.0
/* Guards base/csv.c: any bytes are rows or refusals, always with progress, and the same whether the file comes whole or byte by byte. */
#include <stdint.h>

#include "base/check.h"
#include "base/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char scratch[CSV_ROW_SIZE_MAX];

/* The first answer that is not CSV_MORE when the window grows as a slow stream would make it grow. */
static enum csv_result read_growing(struct str window, struct csv_row *row, struct problem *p) {
    for (size_t size = 1; size < window.size; size++) {
        enum csv_result r = csv_read_row(str_slice(window, 0, size), false, scratch, row, p);
        if (r != CSV_MORE) return r;
    }
    return csv_read_row(window, true, scratch, row, p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct str window = {(const char *)data, size};
    struct csv_row row, again;
    struct problem p;
    for (;;) {
        enum csv_result r = csv_read_row(window, true, scratch, &row, &p);
        CHECK(r != CSV_MORE);
        if (r == CSV_END) return 0;
        CHECK(row.size > 0 && row.size <= window.size && row.count <= CSV_FIELDS_MAX);
        size_t total = 0;
        for (unsigned i = 0; i < row.count; i++) total += row.fields[i].size;
        CHECK(total <= row.size);
        if (window.size <= 256 && r == CSV_ROW) {
            CHECK(read_growing(window, &again, &p) == CSV_ROW);
            CHECK(again.size == row.size && again.count == row.count && again.lines == row.lines);
        }
        window = str_slice(window, row.size, window.size);
    }
}
