// SPDX-License-Identifier: Apache-2.0
/* Detector: the event stands apart from all owners' events, by an isolation forest grown from them (score/model.h). */
#include "score/contribution.h"

#define CODE "isolated"

static int32_t measure(const struct scene *s) {
    if (!s->model || !s->model->isolation.count || !s->f->judges_path || !row_is_judged(s->f)) return MEASURE_NONE;
    return model_isolation_milli(s->model, &s->row);
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    if (measure < 0) reason_add(out, CODE, measure, "in the midst of what owners do");
    else contributions_tell(s, MODEL_ISOLATION, CODE, measure, out);
}

/* One tree of one cut: whoever comes faster than e^7 km/h stands alone after two steps, all others after twelve. */
static const struct model_node cuts[8] = {[0] = {7000, ROW_speed}};
static const struct model one_tree = {
    .name = {"example", 7},
    .isolation = {.count = 1, .depth = 1, .nodes = cuts, .leaves = (const int32_t[16]){[0] = 12000000, [8] = 2000000}},
    .mean_path_micro = 10244770,
    .column_count = 1,
    .columns = {ROW_speed},
};

static const struct detector_example examples[] = {
    {"alone after two cuts, where ten are the mean",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN},
                              .judges_path = true,
                              .account_total = 320,
                              .speed_kmh = 5000,
                              .distance_km = 5000},
     16489, 16489},
    {"among all others",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN}, .judges_path = true, .account_total = 320, .speed_kmh = 5},
     -3510, -3510},
    {"an attempt that failed has no row",
     &(const struct features){.event = &(const struct event){.kind = KIND_LOGIN, .outcome = OUTCOME_FAILURE},
                              .judges_path = true,
                              .attempt = true,
                              .account_total = 320,
                              .speed_kmh = 5000},
     MEASURE_NONE, MEASURE_NONE},
};

const struct detector detector_isolated = {
    .code = CODE,
    .sentence = "the event stands apart from all that owners do, by few random cuts",
    .needs = "a model with an isolation forest, and a login let in, or an act that moved, over a path",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1500,
    .example_model = &one_tree,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
