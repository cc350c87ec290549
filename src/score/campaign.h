// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_CAMPAIGN_H
#define SCORE_CAMPAIGN_H

#include "enrich/features.h"

/*
 * What the entries over one origin say of another one there, in millinats; 0 where they are no more than its owners explain.
 *
 * Each entry weighs as much as its score is rare among owners' logins, one that 5 % reach counts as one. Against them stand the owners:
 * those whom we saw there without suspicion, at their usual rate of risky logins, and those whom we may not have seen, which depends on
 * what it is: a device has a household, a prefix a street. So what many share (an office, a carrier's gateway, a relay's exit) is not
 * suspicious however many risky entries come from there, as long as they are as few among its owners as elsewhere. Must be no chance
 * (surprise_milli), and weighs as much as it outnumbers the owners: the smaller of both, like burst_milli of score/evidence.h.
 */
int32_t campaign_milli(const struct origin_reading *r, enum shared what);

/* The origin of this event that says most, or SHARED_COUNT; *milli = what it says. Of the path only where the account never used it. */
enum shared campaign_origin(const struct features *f, int32_t *milli);

/*
 * Is the origin suspicious enough to look again at who came over it before? At least CAMPAIGN_ACCOUNTS_MIN accounts, far more than chance,
 * or one entry that is known to be a hijacker's. `r` holds all entries, also that of the account at hand.
 */
#define CAMPAIGN_ACCOUNTS_MIN 3
bool campaign_is_on(const struct origin_reading *r, enum shared what);

#endif
