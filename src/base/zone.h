// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * The offset of a time zone from UTC at a moment, so that a person is told a time as his clock shows it; without files, globals or the C
 * library's zones, so that every machine says the same.
 *
 * Known is what IANA's tzdata says now (zones.def names the release): the rule in force, and for the zones that leave their rule with the
 * moon's calendar (Africa/Casablanca, Asia/Gaza) each time they do so from 2025 to 2040. A moment before a zone's last change of rule is
 * told by today's rule; so is one after a change that a later release brings. Nothing here is for the history of clocks.
 */

/*
 * `iana_name`: "Asia/Tokyo", old names ("Japan") too. ASCII case does not matter, as in ECMA-402, 6.5.1: no two names differ by case only.
 * *offset_ms is to be added to UTC: Tokyo +32400000. false, and 0: there is no such name.
 */
bool zone_offset(struct str iana_name, int64_t at_ms, int64_t *offset_ms);

/*
 * The same of a rule as POSIX has it in TZ, with what RFC 9636, 3.3.1 adds: "EST5EDT,M3.2.0,M11.1.0", "<-02>2<-01>,M3.5.0/-1,M10.5.0/0".
 * Offsets up to 24:59:59, times of a change from -167:59:59 to 167:59:59; a rule with a summer time must say when that begins and ends.
 * false, and 0: it is no such rule.
 */
bool zone_rule_offset(struct str rule, int64_t at_ms, int64_t *offset_ms);

#endif
