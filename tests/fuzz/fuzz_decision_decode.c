// SPDX-License-Identifier: Apache-2.0
/* Guards the stored form of decisions: any bytes are a decision or corrupt, and what is read is written as it was. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "decide/decision.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static char bytes[8192], json[64U << 10];
    struct str form = {(const char *)data, size};
    struct decision d;
    enum err err = decision_decode(form, &d);
    CHECK(err == ERR_OK || err == ERR_CORRUPT);
    if (err) return 0;
    struct buf b = buf_over(bytes, sizeof bytes);
    decision_encode(&d, &b);
    CHECK(!b.overflow && str_equal(buf_str(&b), form));
    struct buf text = buf_over(json, sizeof json);
    decision_write_json(&d, STR("e"), 1, &text);
    CHECK(!text.overflow);
    return 0;
}
