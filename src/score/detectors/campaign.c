// SPDX-License-Identifier: Apache-2.0
/* Detector: other accounts were entered, at a risk, from the same origin: over one device, address or client, or with the same drop. */
#include "score/campaign.h"
#include "score/detectors.h"

#define CODE "campaign"

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    bool leaves = f->act != ACT_NONE;
    if (!event_is_login_success(f->event) && !f->judges_path && !leaves) return MEASURE_NONE;
    int32_t milli;
    enum shared what = campaign_origin(f, &milli);
    return what < SHARED_PATH_COUNT ? less_support(milli, support_of_client(&s->path)) : milli;
}

static const char *const words[SHARED_COUNT] = {
    [SHARED_DEVICE] = "on this device",
    [SHARED_ADDRESS] = "from this address",
    [SHARED_PREFIX] = "from this network prefix",
    [SHARED_CLIENT] = "with this client over this network",
    [SHARED_PASSWORD] = "with this very password",
    [SHARED_CONTACT] = "and given this same e-mail address or phone number",
    [SHARED_DROP] = "with goods for this same postal address",
    [SHARED_PAYMENT] = "with this same payment method",
    [SHARED_CODE] = "with this same gift card",
};

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    int32_t milli;
    enum shared what = campaign_origin(s->f, &milli);
    if (what == SHARED_COUNT) return;
    const struct origin_reading *r = &s->f->origin[what];
    reason_add(
        out, CODE, measure, "%u other accounts were entered %s at a risk within 30 days%s, and %u used it without suspicion; usual: none",
        r->entries > r->confirmed ? r->entries : r->confirmed, words[what], r->confirmed ? ", known to be a hijacker's" : "", r->calm);
}

#define LOGIN                                                                                                                              \
    .event = &(const struct event) {                                                                                                       \
        .kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS                                                                                     \
    }
static const struct detector_example examples[] = {
    {"nobody else", &(const struct features){LOGIN}, 0, 0},
    {"one other at this prefix", &(const struct features){LOGIN, .origin[SHARED_PREFIX] = {.entries = 1, .scores = {600}}}, 0, 100},
    {"six others at this prefix",
     &(const struct features){LOGIN, .origin[SHARED_PREFIX] = {.entries = 6, .scores = {500, 500, 500, 500, 500, 500}}}, 1800, 2100},
    {"six others at an office of 300 people",
     &(const struct features){
         LOGIN, .origin[SHARED_PREFIX] = {.entries = 6, .scores = {500, 500, 500, 500, 500, 500}, .calm = 300, .trained = 900}},
     0, 0},
    {"three others on this device", &(const struct features){LOGIN, .origin[SHARED_DEVICE] = {.entries = 3, .scores = {500, 500, 500}}},
     2200, 2600},
    {"one other, and it is known to be a hijacker's",
     &(const struct features){LOGIN, .origin[SHARED_PREFIX] = {.entries = 1, .scores = {700}, .confirmed = 1}}, 1400, 1800},
    {"an order to where two other hijacked accounts ordered",
     &(const struct features){.event = &(const struct event){.kind = KIND_ORDER_PLACED},
                              .act = ACT_ORDER,
                              .path_trained = true,
                              .origin[SHARED_DROP] = {.entries = 2, .scores = {900, 900}, .confirmed = 2}},
     2800, 3200},
    {"a page is seen", &(const struct features){.event = &(const struct event){.kind = KIND_SESSION_SEEN}}, MEASURE_NONE, MEASURE_NONE},
};

const struct detector detector_campaign = {
    .code = CODE,
    .sentence = "other accounts were entered at a risk from the same origin, more than its owners explain",
    .needs = "a login let in, or an act that leaves a contact, a drop or a payment method",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
