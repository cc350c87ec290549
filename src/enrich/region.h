// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_REGION_H
#define ENRICH_REGION_H

#include <stdint.h>

#include "base/str.h"

/*
 * Languages and time zones as one byte each, so that a profile can keep them and a sentence can name them. 0 = none was sent,
 * REGION_OTHER = one that the tables do not hold. Places in the tables are stored in profiles: another entry is another PROFILE_LAYOUT.
 */
#define REGION_OTHER 255

/* The primary language of a tag or an Accept-Language list: "ja-JP,en;q=0.8" is ja. */
uint8_t language_from(struct str tag);
struct str language_word(uint8_t language); /* "ja"; "" for 0, "other" */

uint8_t zone_from(struct str iana_name);
struct str zone_word(uint8_t zone);
/*
 * Minutes east of UTC in winter; summer time is left out: the parts of a day that are compared are three hours wide, and a table of rules
 * would have to be kept up to date for nothing. false where the zone is not known.
 */
bool zone_offset_min(uint8_t zone, int *out);

#endif
