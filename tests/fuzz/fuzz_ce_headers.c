// SPDX-License-Identifier: Apache-2.0
/* Guards binary mode (ingest/ingest.c): any header values and any body are an event or a refusal. Input: "name: value" lines, then data. */
#include <stdint.h>

#include "base/check.h"
#include "ingest/ingest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(16) char memory[2 << 20];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct ce_header headers[16];
    struct str rest = {(const char *)data, size};
    size_t count = 0;
    while (count < 16 && rest.size && rest.at[0] != '\n') {
        struct str line = str_cut(rest, '\n', &rest);
        headers[count].name = str_cut(line, ':', &headers[count].value);
        count++;
    }
    struct arena step = arena_over(memory, sizeof memory);
    struct event e;
    struct problem p;
    if (ingest_binary(headers, count, rest, INT64_C(1772326923000), &step, &e, &p)) CHECK(p.what[0] && str_is_utf8(str_from(p.what)));
    else CHECK(str_is_utf8(e.id) && str_is_utf8(e.subject) && !str_has_control(e.id) && !str_has_control(e.subject));
    return 0;
}
