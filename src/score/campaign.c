// SPDX-License-Identifier: Apache-2.0
/* Weighs what is remembered of an origin against the owners who use it. */
#include "score/campaign.h"

#include "base/logmath.h"
#include "score/calibration.h"
#include "score/evidence.h"

/* A risky login that one owner in twenty makes counts as one entry; a rarer one as much more as it is rarer, up to three. */
#define ENTRY_MILLI     2996
#define ENTRY_MILLI_MAX 9000
/* One that is known to be a hijacker's. */
#define CONFIRMED_WEIGHT 3000
/* Of an owner's logins one in twenty is risky; an account that is seen calm logs in about twice in the time that entries are remembered. */
#define CALM_WEIGHT 100
/* Learned logins are counted for three times as long. */
#define TRAINED_PER_ENTRY 60
/* By a factor of seven beyond chance and owners: at three, half of whom it finds are owners. */
#define CAMPAIGN_MILLI_MIN 2000

/* Entries by owners of whom we know nothing yet, in thousandths: how many people share such a thing, and log in from it at a risk. */
static const uint16_t unseen[SHARED_COUNT] = {
    [SHARED_DEVICE] = 300,    /* a household has one tablet */
    [SHARED_ADDRESS] = 600,   /* a household, a guest, a small office */
    [SHARED_PREFIX] = 1000,   /* a street, a hotel */
    [SHARED_CLIENT] = 1000,   /* those who have the same phone at the same provider */
    [SHARED_PASSWORD] = 1000, /* some passwords are everybody's */
    [SHARED_CONTACT] = 300,   /* parents give theirs to their children's accounts */
    [SHARED_DROP] = 500,      /* a household, a parcel shop */
    [SHARED_PAYMENT] = 300,   [SHARED_CODE] = 200,
};

static uint64_t bad_milli(const struct origin_reading *r) {
    uint64_t sum = (uint64_t)r->confirmed * CONFIRMED_WEIGHT;
    for (unsigned i = 0; i < r->entries; i++) {
        int32_t milli = score_to_milli(r->scores[i]);
        sum += (uint64_t)(milli < ENTRY_MILLI_MAX ? milli : ENTRY_MILLI_MAX) * 1000 / ENTRY_MILLI;
    }
    return sum;
}

int32_t campaign_milli(const struct origin_reading *r, enum shared what) {
    if (!r->entries && !r->confirmed) return 0;
    uint64_t seen = (uint64_t)r->calm * CALM_WEIGHT, trained = (uint64_t)r->trained * 1000 / TRAINED_PER_ENTRY;
    uint64_t good = unseen[what] + (seen > trained ? seen : trained), bad = bad_milli(r);
    int32_t chance = surprise_milli((uint32_t)(bad / 1000), good);
    int32_t odds = ln_ratio_milli(bad + good, good);
    return chance < odds ? chance : odds;
}

static bool may_speak(const struct features *f, enum shared what) {
    return what >= SHARED_PATH_COUNT || !f->path_trained;
}

enum shared campaign_origin(const struct features *f, int32_t *milli) {
    enum shared most = SHARED_COUNT;
    *milli = 0;
    for (unsigned what = 0; what < SHARED_COUNT; what++) {
        int32_t here = may_speak(f, what) ? campaign_milli(&f->origin[what], what) : 0;
        if (here > *milli) *milli = here, most = what;
    }
    return most;
}

bool campaign_is_on(const struct origin_reading *r, enum shared what) {
    if (campaign_milli(r, what) < CAMPAIGN_MILLI_MIN) return false;
    return r->confirmed || r->entries >= CAMPAIGN_ACCOUNTS_MIN;
}
