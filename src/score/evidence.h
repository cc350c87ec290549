// SPDX-License-Identifier: Apache-2.0
#ifndef SCORE_EVIDENCE_H
#define SCORE_EVIDENCE_H

#include "enrich/features.h"

/*
 * What the access path says, in millinats of log likelihood ratio: ln p(value | a hijacker) - ln p(value | this owner); positive = unlike
 * the owner. Nested Dirichlet estimates over the chains of enum attribute:
 *
 *   p_u(v | parent) = (c_u(v) + a * p(v | parent)) / (c_u(parent) + a)
 *
 * with the account's faded counts c_u and the fleet's trained shares p. An account without history gives 0 everywhere; a value never seen
 * gives ln(c_u(parent) / a + 1), however rare it is; a level below an unknown one adds nothing. Freeman et al. (NDSS 2016) for the ratio,
 * Teh (2006) for the hierarchy.
 *
 * a says how readily owners bring something new at this level: a = a0 + r * c_u(parent), so P(new) is a0 / (1 + a0) after one login and
 * falls to r, but not to nothing: people travel and buy phones all their lives. The values are taken from what is published of owners (new
 * address 15-20 % of logins, new device 9-10 %, new network below 23 %, new country far below 16 %: StopGuessing's constants, the Binus and
 * RBA data sets), for about three earlier logins.
 *
 * A hijacker is taken to come over networks in proportion to the square root of the owners' share: flatter than owners, as hosting, VPNs
 * and foreign countries are. So a network that is new for the account weighs by half of its rarity beyond that of a common one.
 */
struct path_evidence {
    int32_t network; /* country > asn > prefix > address */
    int32_t client;  /* type > system > browser > skeleton */
    int32_t device;
    int32_t language, timezone;
    int32_t ja4; /* where the device is new, so is its fingerprint: then it speaks for the owner or not at all */
    int32_t sum;
};
void path_evidence(const struct features *f, struct path_evidence *out);

/* The most that one chain may speak for the owner: what is known of a path can be stolen together with the password. */
#define EVIDENCE_FOR_OWNER_MAX 5000

/* Parts of the path that speak for the owner when another part does not; negative or 0. */
int32_t support_of_client(const struct path_evidence *e);
int32_t support_of_network(const struct path_evidence *e);
/* What is left of a measure when that is taken into account: never below 0, and no more than it was. */
int32_t less_support(int32_t milli, int32_t support);

/*
 * -ln of the fleet's share of learned logins with this value, one login added for those still to come; 0 where the account used it before.
 * Of 90 days or of the last 7, whichever has more of it: a browser's new build is rare only until it is rolled out.
 */
int32_t rarity_milli(const struct features *f, enum attribute a);
/* Learned logins below which nothing can be called rare in a shop. */
#define FLEET_COUNT_MIN 50
/* How much the kind of network speaks for a hijacker, where the account never used it. */
int32_t network_kind_milli(const struct features *f);

/*
 * -ln of an upper bound of P(X >= x) for a Poisson X of this mean (Chernoff): x ln(x / mean) - x + mean. 0 where x is no more than the
 * mean. The mean is in thousandths.
 */
int32_t surprise_milli(uint32_t x, uint64_t mean_milli);

/*
 * What a burst of `bad` attempts says of one attempt of the same origin, where owners make `good` (thousandths) in the same time: it must
 * be no chance (surprise), and it weighs as much as it outnumbers the owners (odds). The smaller of both.
 */
int32_t burst_milli(uint32_t bad, uint64_t good_milli);

#endif
