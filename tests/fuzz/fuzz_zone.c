// SPDX-License-Identifier: Apache-2.0
/*
 * Guards the reader of time zones' rules (src/base/zone.h) against hostile ones. The first eight bytes are the moment, the rest a rule, and
 * a name. Holds: an offset is one that a rule can have; a zone without summer time has the same offset at any moment.
 */
#include <stdlib.h>
#include <string.h>

#include "base/zone.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    int64_t at_ms, offset_ms, other_ms;
    if (size < sizeof at_ms) return 0;
    memcpy(&at_ms, bytes, sizeof at_ms);
    struct str rule = {(const char *)bytes + sizeof at_ms, size - sizeof at_ms};
    (void)zone_offset(rule, at_ms, &offset_ms);
    if (!zone_rule_offset(rule, at_ms, &offset_ms)) return offset_ms ? (abort(), 0) : 0;
    if (offset_ms <= -90000000 || offset_ms >= 93600000) abort();
    if (str_find_char(rule, ',', 0) == rule.size && (!zone_rule_offset(rule, 0, &other_ms) || other_ms != offset_ms)) abort();
    return 0;
}
