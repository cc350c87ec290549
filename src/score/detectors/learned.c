// SPDX-License-Identifier: Apache-2.0
/* Detector: the event is like takeovers that are known, by trees that were learned from many (score/model.h). */
#include "score/contribution.h"

#define CODE "learned"

static int32_t measure(const struct scene *s) {
    if (!s->model || !s->model->boosted.count || !row_is_judged(s->f)) return MEASURE_NONE;
    return model_log_odds_milli(s->model, &s->row) - (int32_t)(s->model->base_nano / 1000000);
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    if (measure < 0) reason_add(out, CODE, measure, "all in all unlike takeovers that are known");
    else contributions_tell(s, MODEL_BOOSTED, CODE, measure, out);
}

/* Two trees of one cut: below half of the account's logins over this network, two nats each against the owner. */
#define FEW(leaf)                                                                                                                          \
    .leaves = (const int32_t[16]) {                                                                                                        \
        [0] = (leaf), [1] = (leaf), [8] = -1500000000, [9] = -1500000000                                                                   \
    }
static const struct model_node cuts[8] = {[0] = {500, ROW_share_asn}, [1] = {500, ROW_share_asn + (uint32_t)ROW_COUNT}};
static const struct model two_trees = {
    .name = {"example", 7},
    .boosted = {.count = 2, .depth = 1, .nodes = cuts, FEW(2000000000)},
    .column_count = 1,
    .columns = {ROW_share_asn},
};

static const struct detector_example examples[] = {
    {"it came over no path",
     &(const struct features){.event = &(const struct event){.kind = KIND_ORDER_PLACED}, .account_total = 320, .path_score = FEATURE_NONE},
     MEASURE_NONE, MEASURE_NONE},
    {"an act in a session that goes on over a network that the account never used",
     &(const struct features){.event = &(const struct event){.kind = KIND_ORDER_PLACED},
                              .account_total = 320,
                              .act = ACT_ORDER,
                              .session_state = SESSION_SAME,
                              .of = {[ATTR_ASN] = {.present = true, .account_sent = 320}}},
     4000, 4000},
    {"a network that the account never used, as in takeovers that were learned from",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN},
                              .judges_path = true,
                              .account_total = 320,
                              .fleet_total = 10000,
                              .of = {[ATTR_ASN] = {.present = true, .account_sent = 320, .fleet_trained = 20}}},
     4000, 4000},
    {"its own network",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN},
                              .judges_path = true,
                              .account_total = 320,
                              .fleet_total = 10000,
                              .of = {[ATTR_ASN] = {.present = true, .account_count = 320, .account_sent = 320, .fleet_trained = 20}}},
     -3000, -3000},
    {"no network was sent: each tree says which way that counts",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN}, .judges_path = true, .account_total = 320, .fleet_total = 10000},
     500, 500},
};

const struct detector detector_learned = {
    .code = CODE,
    .sentence = "the event is like takeovers that are known, by trees learned from them",
    .needs = "a model with boosted trees, and a login let in or an act, over a path",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1000,
    .example_model = &two_trees,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
