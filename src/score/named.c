// SPDX-License-Identifier: Apache-2.0
/* Tells of which factors the sentences of the detectors speak. */
#include "score/named.h"

#include "score/contribution.h"

/* A detector that is not listed speaks of the whole path. */
static const unsigned names[DETECTOR_COUNT] = {
    [DETECTOR_access_path_unlike_owner] = FACTORS_OF_PATH,
    [DETECTOR_rare_network] = FACTOR(NETWORK),
    [DETECTOR_rare_client] = FACTOR(CLIENT),
    [DETECTOR_rare_locale] = FACTOR(LANGUAGE) | FACTOR(TIMEZONE),
    [DETECTOR_stuffing_address] = FACTOR(TRAFFIC),
    [DETECTOR_stuffing_network] = FACTOR(TRAFFIC),
    [DETECTOR_spraying] = FACTOR(PASSWORD),
    [DETECTOR_guessing] = FACTOR(GUESSING),
    [DETECTOR_device_many_accounts] = FACTOR(DEVICE),
    [DETECTOR_fleet_odds] = FACTOR(TRAFFIC),
    [DETECTOR_implied_speed] = FACTOR(PLACE),
    [DETECTOR_session_moved] = FACTOR(SESSION),
    [DETECTOR_unusual_time] = FACTOR(HOUR),
    [DETECTOR_dormancy] = FACTOR(PAUSE),
    [DETECTOR_reset_path] = FACTOR(RESET),
    [DETECTOR_campaign] = FACTOR(CAMPAIGN),
    [DETECTOR_sequence] = FACTOR(ACT),
    [DETECTOR_inherited] = FACTOR(BEFORE),
    [DETECTOR_learned] = (1U << FACTOR_COUNT) - 1,
    [DETECTOR_isolated] = (1U << FACTOR_COUNT) - 1,
};

unsigned detector_names(unsigned detector) {
    return names[detector] ? names[detector] : FACTORS_OF_PATH;
}

/* Its sentences are told apart by their weights: each has that of its part of the path. */
static unsigned path_names(const struct reason *r, const struct features *f) {
    struct path_evidence e;
    path_evidence(f, &e);
    const struct {
        int32_t milli;
        unsigned factor;
    } parts[] = {{e.network, FACTOR(NETWORK)}, {e.client, FACTOR(CLIENT)},     {e.device, FACTOR(DEVICE)},
                 {e.ja4, FACTOR(CLIENT)},      {e.language, FACTOR(LANGUAGE)}, {e.timezone, FACTOR(TIMEZONE)}};
    unsigned found = 0;
    for (unsigned i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (parts[i].milli == r->weight_milli) found |= parts[i].factor;
    return found;
}

unsigned reason_names(const struct reason *r, const struct features *f) {
    if (r->weight_milli <= 0) return 0;
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        if (!str_equal(r->code, str_from(detectors[i]->code))) continue;
        if (i == DETECTOR_learned || i == DETECTOR_isolated) return contributions_named(r->text, f);
        return i == DETECTOR_access_path_unlike_owner ? path_names(r, f) : detector_names(i);
    }
    return 0;
}
