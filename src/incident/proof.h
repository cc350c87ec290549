// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_PROOF_H
#define INCIDENT_PROOF_H

#include "incident/traces.h"

/*
 * Whoever was judged hostile says that he is the owner. He is believed where he holds something that the owner held before the attack and
 * that cannot have been put there since:
 *
 *   - he names the factor in `via`, and it is one that can be a proof (proof.c); a password, a link or a code by mail never is: whoever
 *     takes accounts over holds these
 *   - a challenge for it succeeded after the incident was opened, within the hour before his words, in the same session or on the same
 *     device, by the same client from the same network: a stolen session carries no proof along
 *   - the factor was not touched from a fortnight before the attack on, and all of the account's records since then are here to tell so
 */
struct proof_claim {
    const struct trace *traces; /* of the account's thread */
    size_t count;
    uint16_t statement; /* the trace of his words */
    uint64_t opened;    /* position that opened the incident that they are about */
    int64_t attack_ms;  /* the first act that was called hostile in it */
};
bool proof_holds(const struct proof_claim *c);

#endif
