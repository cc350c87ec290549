// SPDX-License-Identifier: Apache-2.0
/* Turns features into an assessment: measures, tails, the strongest of them, and what that means in friction. */
#include "score/score.h"

#include <string.h>

#include "base/check.h"
#include "base/logmath.h"
#include "score/calibration.h"
#include "score/detectors.h"

const struct detector *const detectors[DETECTOR_COUNT] = {
#define DETECTOR(name) &detector_##name,
#include "score/detectors.def"
#undef DETECTOR
};

/* Before logins are learned: several detectors may find something unusual by chance. */
static const struct prior unusual_prior = {.scale_milli = 857, .factor = 3};
/* An answer below this score carries no sentences: nothing follows from it, nine in ten answers are such, and words cost more than the
 * score. */
#define REASON_SCORE_MIN 400
/* A detector speaks in the answer when its tail is below one in five, or when it clearly speaks for the owner. */
#define SPEAKS_MILLI       1609
#define SPEAKS_OWNER_MILLI (-1500)
#define FIRED_MILLI        2996 /* 5 % */
/* A suspicion of this much (score 500) lets what follows count in full; below, in proportion. */
#define FOLLOWS_MILLI 2996

#define MILLI_OF_PPB(ppb) (ln_milli(PPB) - ln_milli(ppb))

size_t calibration_size(void) {
    return sizeof(struct calibration);
}

uint32_t score_layout(void) {
    return CALIBRATION_VERSION * 64 + DETECTOR_COUNT;
}

struct measures {
    int32_t of[DETECTOR_COUNT_MAX]; /* as measured */
    int32_t weight[DETECTOR_COUNT]; /* -ln of its tail, where calibrated; what it carries or adds else */
};

/* A passed challenge is no suspicion, whatever it came over. */
static bool proves_itself(const struct features *f) {
    return f->proves_owner && f->event->kind == KIND_CHALLENGE;
}

static bool measures_nothing(const struct features *f, unsigned detector) {
    return detectors[detector]->use == DETECTOR_REFERENCE || f->left_out >> detector & 1;
}

void scene_make(const struct features *f, const struct model *m, struct scene *out) {
    out->f = f;
    out->model = m;
    out->path = (struct path_evidence){0};
    if (f->judges_path || f->attempt) path_evidence(f, &out->path);
    if (!m || !row_is_judged(f)) return;
    struct path_evidence path; /* a model reads it of every path that came, judged or not */
    path_evidence(f, &path);
    row_of(f, &path, &out->row);
}

static void measure_all(const struct features *f, const struct model *model, struct scene *scene, int32_t of[DETECTOR_COUNT_MAX]) {
    scene_make(f, model, scene);
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) of[i] = measures_nothing(f, i) ? MEASURE_NONE : detectors[i]->measure(scene);
    for (unsigned i = DETECTOR_COUNT; i < DETECTOR_COUNT_MAX; i++) of[i] = MEASURE_NONE;
}

/*
 * What goes on in a session whose path is known is said by the trees alone, and is another thing than a login: it is measured against
 * owners' own acts, or visits where nothing is done.
 */
static bool is_on_act_scale(const struct features *f) {
    return row_is_judged(f) && !f->judges_path;
}

static const struct histogram *act_scale(const struct calibration *c, const struct features *f) {
    return &c->acts[f->act != ACT_NONE][f->depth_class];
}

static struct prior prior_of(unsigned detector) {
    return (struct prior){detectors[detector]->prior_scale_milli, 1};
}

/*
 * How unusual it is in all: a mean of the three strongest tails, in which each weighs half of the one before. Nearly the maximum, because
 * one good reason is enough and many weak ones are daily life; but what is unusual in several ways at once is more so. 0 where nothing is
 * unusual.
 */
static int32_t unusual(const struct calibration *c, const struct features *f, struct measures *m) {
    int32_t most[3] = {0};
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        m->weight[i] = 0;
        if (detectors[i]->use != DETECTOR_CALIBRATED || m->of[i] <= 0) continue;
        if (i == DETECTOR_learned && is_on_act_scale(f)) continue;
        uint64_t tail = histogram_tail_ppb(&c->of[i][f->depth_class], m->of[i], prior_of(i));
        int32_t weight = m->weight[i] = MILLI_OF_PPB(tail);
        for (unsigned k = 0; k < 3; k++)
            if (weight > most[k]) {
                int32_t next = most[k];
                most[k] = weight;
                weight = next;
            }
    }
    return (most[0] * 4 + most[1] * 2 + most[2]) / 7;
}

/* How unusual an act over a path that is not judged is, by the learned trees; 0 where it is not. */
static int32_t unusual_act(const struct calibration *c, const struct features *f, struct measures *m) {
    int32_t measure = m->of[DETECTOR_learned];
    if (measure <= 0 || !is_on_act_scale(f)) return 0;
    uint64_t tail = histogram_tail_ppb(act_scale(c, f), measure, prior_of(DETECTOR_learned));
    return m->weight[DETECTOR_learned] = MILLI_OF_PPB(tail);
}

/* An act inherits the suspicion of its session, path or object, and adds to it what such an act means in a hijacker's hands. */
static int32_t carry(const struct measures *m, struct measures *weights, int32_t own) {
    int32_t most = own;
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (detectors[i]->use == DETECTOR_CARRIES && m->of[i] > 0) {
            weights->weight[i] = m->of[i];
            if (m->of[i] > most) most = m->of[i];
        }
    int32_t added = 0;
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (detectors[i]->use == DETECTOR_ADDS && m->of[i] > 0) {
            int64_t share = most < FOLLOWS_MILLI ? most : FOLLOWS_MILLI;
            weights->weight[i] = (int32_t)(m->of[i] * share / FOLLOWS_MILLI);
            added += weights->weight[i];
        }
    return most + added;
}

static void explain(const struct scene *scene, const struct measures *m, struct arena *step, struct assessment *out) {
    struct reason_list list = {.step = step};
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        const struct detector *d = detectors[i];
        if (m->of[i] == MEASURE_NONE || d->use == DETECTOR_REFERENCE) continue;
        bool speaks = m->weight[i] >= (d->use == DETECTOR_CALIBRATED ? SPEAKS_MILLI : 1) || m->of[i] <= SPEAKS_OWNER_MILLI;
        if (speaks) d->explain(scene, m->of[i], &list);
    }
    reason_pick(&list, out);
}

void score_features(const struct calibration *c, const struct model *model, const struct features *f, struct arena *step,
                    struct assessment *out) {
    CHECK(c->version == 0 || c->version == CALIBRATION_VERSION);
    out->score = 0;
    out->challenge_rate_ppm = 1000000;
    out->reason_count = 0;
    out->fired = 0;
    if (proves_itself(f)) return;

    struct scene scene;
    struct measures m;
    measure_all(f, model, &scene, m.of);
    memcpy(out->measured, m.of, sizeof m.of);
    int32_t milli = unusual(c, f, &m);
    if (milli) milli = MILLI_OF_PPB(histogram_tail_ppb(&c->unusual[f->depth_class], milli, unusual_prior));
    int32_t act_milli = unusual_act(c, f, &m);
    milli = carry(&m, &m, milli > act_milli ? milli : act_milli);
    out->score = score_from_milli(milli);
    out->challenge_rate_ppm = exp_neg_ppm(milli);
    if (!out->challenge_rate_ppm) out->challenge_rate_ppm = 1;
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (m.weight[i] >= FIRED_MILLI) out->fired |= 1U << i;
    if (out->score >= REASON_SCORE_MIN) explain(&scene, &m, step, out);
}

void score_learn(struct calibration *c, const struct model *model, const struct features *f, const struct assessment *a) {
    c->version = CALIBRATION_VERSION;
    calibration_fade(c, f->now_ms);
    struct measures m;
    struct scene scene;
    if (a) memcpy(m.of, a->measured, sizeof m.of);
    else measure_all(f, model, &scene, m.of);
    histogram_add(&c->unusual[f->depth_class], unusual(c, f, &m), unusual_prior);
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (detectors[i]->use == DETECTOR_CALIBRATED && m.of[i] != MEASURE_NONE)
            histogram_add(&c->of[i][f->depth_class], m.of[i], prior_of(i));
}

void score_learn_act(struct calibration *c, const struct model *model, const struct features *f, const struct assessment *a) {
    if (!model || !is_on_act_scale(f) || proves_itself(f)) return;
    struct scene scene;
    struct measures m;
    if (a) memcpy(m.of, a->measured, sizeof m.of);
    else measure_all(f, model, &scene, m.of);
    if (m.of[DETECTOR_learned] == MEASURE_NONE) return;
    c->version = CALIBRATION_VERSION;
    calibration_fade(c, f->now_ms);
    histogram_add(&c->acts[f->act != ACT_NONE][f->depth_class], m.of[DETECTOR_learned], prior_of(DETECTOR_learned));
}

void score_forget_model(struct calibration *c) {
    memset(c->acts, 0, sizeof c->acts);
    static const enum detector_id asking[] = {DETECTOR_learned, DETECTOR_isolated};
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) memset(c->of[asking[i]], 0, sizeof c->of[asking[i]]);
}

unsigned score_readings(const struct calibration *c, const struct model *model, const struct features *f,
                        struct detector_reading out[DETECTOR_COUNT_MAX]) {
    struct scene scene;
    struct measures m;
    measure_all(f, model, &scene, m.of);
    int32_t milli = unusual(c, f, &m), act_milli = unusual_act(c, f, &m);
    (void)carry(&m, &m, milli > act_milli ? milli : act_milli);
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        bool reference = detectors[i]->use == DETECTOR_REFERENCE; /* nobody pays for it but who asks */
        int32_t measure = reference ? detectors[i]->measure(&scene) : m.of[i];
        out[i] = (struct detector_reading){detectors[i]->code, detectors[i]->sentence, measure, m.weight[i]};
    }
    return DETECTOR_COUNT;
}
