// SPDX-License-Identifier: Apache-2.0
/* Measures what each room takes of one event, by walking its way with a clock in hand. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "decide/decide.h"
#include "enrich/enrich.h"
#include "ingest/ingest.h"
#include "score/model.h"
#include "score/score.h"
#include "store/cells_memory.h"

/*
 * The order is that of engine/pipeline.c, without the journal, the incident room (it waits for an incident) and the recognition of repeats.
 * A look at the clock costs about 25 ns; it is measured and taken off each stage. A stage of one event that took longer than STAGE_NS_MAX
 * was interrupted by somebody else's turn on the processor and is left out.
 */
#define STAGE_NS_MAX 300000

enum stage { READ_JSON, PLAN, CELLS_READ, ENRICH, SCORE, DECIDE, LEARN, CELLS_WRITE, ENCODE, STAGE_COUNT };

static const struct {
    const char *key, *what;
} stages[STAGE_COUNT] = {
    [READ_JSON] = {"room_ingest_ns", "ingest: an event from its JSON (750 B)"},
    [PLAN] = {"room_plan_ns", "enrich: name the cells"},
    [CELLS_READ] = {"room_cells_read_ns", "cells: first round, GET and BUMPs"},
    [ENRICH] = {"room_enrich_ns", "enrich: features from the cells"},
    [SCORE] = {"room_score_ns", "score: all detectors, calibrated"},
    [DECIDE] = {"room_decide_ns", "decide: thresholds, rules and reasons"},
    [LEARN] = {"room_learn_ns", "enrich and score: the lesson"},
    [CELLS_WRITE] = {"room_cells_write_ns", "cells: second round, CAS and BUMPs"},
    [ENCODE] = {"room_encode_ns", "event and decision in binary form, for the journal"},
};

struct rooms_found {
    double ns[STAGE_COUNT];
};

#define STEP_SIZE       (1024U * 1024)
#define POLICY_SIZE     (8U * 1024 * 1024)
#define ROOMS_EVENTS(b) ((b)->quick ? UINT64_C(20000) : UINT64_C(300000))

struct walk {
    struct world world;
    struct cells cells;
    const struct policy *policy;
    const struct model *model; /* the built-in one */
    struct calibration *calibration;
    struct arena step;
    char *text; /* of the event, and of what is encoded */
    int64_t ns[STAGE_COUNT], taken[STAGE_COUNT];
    uint64_t position;
};

static int64_t stamp(struct walk *w, enum stage stage, int64_t from) {
    int64_t now = bench_now_ns();
    if (now - from > STAGE_NS_MAX) return now;
    w->ns[stage] += now - from;
    w->taken[stage]++;
    return now;
}

static enum err walk_event(struct walk *w, struct problem *p) {
    static struct cell_plan plan, second;
    static struct features features;
    static struct assessment assessment;
    static struct decision decision;
    struct event made, e;
    uint64_t after[PROFILE_SIZE / 8];
    struct buf json = buf_over(w->text, EVENT_JSON_SIZE_MAX), binary = buf_over(w->text, EVENT_JSON_SIZE_MAX);
    world_next(&w->world, &made);
    event_write_json(&made, &json);
    arena_reset(&w->step);

    int64_t at = bench_now_ns();
    enum err err = ingest_event(buf_str(&json), made.time_ms, &w->step, &e, p);
    if (err) return err;
    at = stamp(w, READ_JSON, at);
    enrich_plan(&e, WORLD_SEED, ++w->position * 32, &plan);
    at = stamp(w, PLAN, at);
    err = w->cells.ops->submit(w->cells.self, plan.ops, plan.count);
    if (err) return problem_set(p, err, "", "", "the cells refused an event: %s", err_word(err));
    at = stamp(w, CELLS_READ, at);
    enrich_event(&e, &plan, &w->step, &features);
    at = stamp(w, ENRICH, at);
    score_features(w->calibration, w->model, &features, &w->step, &assessment);
    at = stamp(w, SCORE, at);
    decide_assessment(w->policy, &features, &assessment, &w->step, &decision);
    at = stamp(w, DECIDE, at);
    struct lesson lesson = {.position = w->position, .score = decision.score, .trains = decision.verdict == VERDICT_ALLOW};
    enrich_learn(&e, &features, &plan, &lesson, after, &second);
    if (event_is_login_success(&e)) score_learn(w->calibration, w->model, &features, &assessment);
    at = stamp(w, LEARN, at);
    err = w->cells.ops->submit(w->cells.self, second.ops, second.count);
    if (err) return problem_set(p, err, "", "", "the cells refused an event: %s", err_word(err));
    at = stamp(w, CELLS_WRITE, at);
    event_encode(&e, &binary);
    decision_encode(&decision, &binary);
    (void)stamp(w, ENCODE, at);
    return ERR_OK;
}

static double clock_cost_ns(void) {
    int64_t from = bench_now_ns();
    for (unsigned i = 0; i < 100000; i++) (void)bench_now_ns();
    return bench_seconds_since(from) * 1e9 / 100001;
}

static enum err walk_events(const struct bench *b, void *found, struct problem *p) {
    struct rooms_found *f = found;
    static struct walk w;
    struct cells_bounds bounds = CELLS_BOUNDS_DEFAULT;
    struct cells_memory *cells;
    struct arena policy_memory = arena_over(malloc(POLICY_SIZE), POLICY_SIZE);
    struct arena model_memory = arena_over(malloc(MODEL_MEMORY_SIZE), MODEL_MEMORY_SIZE);
    w.step = arena_over(malloc(STEP_SIZE), STEP_SIZE);
    w.text = malloc(EVENT_JSON_SIZE_MAX);
    w.calibration = calloc(1, calibration_size());
    void *logins = malloc(WORLD_MEMORY_SIZE(b->accounts));
    if (!policy_memory.at || !model_memory.at || !w.step.at || !w.text || !w.calibration || !logins)
        return problem_set(p, ERR_FULL, "", "", "no memory");
    uint64_t warm_up = b->accounts, count = ROOMS_EVENTS(b);
    world_init(&w.world, WORLD_SEED, b->accounts, bench_world_from_ms(b), bench_world_step_us(b, warm_up + count), logins);
    enum err err = cells_memory_open(&bounds, &cells, p);
    if (!err) err = policy_compile(policy_default_bundle(), &policy_memory, &w.policy, p);
    if (!err) err = model_read(model_built_in(), &model_memory, &w.model, p);
    if (err) return err;
    w.cells = cells_memory_cells(cells);
    for (uint64_t i = 0; i < warm_up + count && !err; i++) {
        if (i == warm_up) memset(w.ns, 0, sizeof w.ns), memset(w.taken, 0, sizeof w.taken);
        err = walk_event(&w, p);
    }
    double clock = clock_cost_ns();
    for (int s = 0; s < STAGE_COUNT; s++) f->ns[s] = w.taken[s] ? (double)w.ns[s] / (double)w.taken[s] - clock : 0;
    return err;
}

enum err section_rooms(struct bench *b, struct problem *p) {
    struct rooms_found f;
    enum err err = bench_in_child(walk_events, b, &f, sizeof f, p);
    for (int s = 0; s < STAGE_COUNT && !err; s++) (void)report_add(&b->report, stages[s].key, stages[s].what, UNIT_NANOSECONDS, f.ns[s]);
    return err;
}
