// SPDX-License-Identifier: Apache-2.0
/* Computes the published risk score of Freeman and Wiefling, as a yardstick. */
#include "score/freeman.h"

#include "base/check.h"
#include "base/logmath.h"

#define SCALE UINT64_C(1000000000) /* probabilities as whole numbers of 1e-9 */

static uint64_t share(uint64_t count, uint64_t of) {
    return of ? count * SCALE / of : 0;
}

static uint64_t global(const struct freeman_history *h, const struct freeman_feature *x) {
    uint64_t seen = x->fleet[0] ? x->fleet[0] : 1;
    uint64_t sum = x->weight_ppm[0] * share(seen, h->fleet + x->unseen) / 1000000;
    for (unsigned i = 1; i < x->level_count; i++) sum += x->weight_ppm[i] * share(x->fleet[i], h->fleet) / 1000000;
    return sum ? sum : 1;
}

static uint64_t local(const struct freeman_history *h, const struct freeman_feature *x) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < x->level_count; i++) sum += x->weight_ppm[i] * share(x->account[i], h->account) / 1000000;
    return sum;
}

int32_t freeman_milli(const struct freeman_history *h, const struct freeman_feature *features, unsigned feature_count) {
    CHECK(h->account && h->users);
    int32_t sum = ln_ratio_milli(h->fleet, h->users) - ln_milli(h->account);
    for (unsigned k = 0; k < feature_count; k++) {
        uint64_t all = global(h, &features[k]), own = local(h, &features[k]);
        sum += own ? ln_ratio_milli(all, own) : ln_milli(4);
    }
    return sum;
}
