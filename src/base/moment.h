// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_MOMENT_H
#define BASE_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* A moment is milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX), as int64_t with the suffix _ms. */

#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

/* Years 1970 to 9999; an RFC 3339 date-time with any offset, fraction cut to milliseconds; second 60 reads as 59. false = not one. */
bool moment_parse(struct str s, int64_t *out_ms);
/* A zone's offset: "+09:00", "-03:30", "Z". */
bool moment_parse_offset(struct str s, int64_t *offset_ms);
/* "2026-03-01T01:02:03.456Z" (24 bytes). */
void moment_format(struct buf *b, int64_t at_ms);
/* 0 = Monday .. 6 = Sunday, of the UTC day; add a zone's offset to at_ms first for a local one. */
unsigned moment_weekday(int64_t at_ms);
unsigned moment_hour(int64_t at_ms); /* 0..23, UTC */
/* Midnight of a date of the Gregorian calendar, which is reckoned backwards too; years within +-200 million, month 1..12. */
int64_t moment_of_date(int64_t year, unsigned month, unsigned day);
int64_t moment_year(int64_t at_ms); /* 2026, UTC */

#endif
