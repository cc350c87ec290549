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

#define LN_PPB_MILLI      20723 /* of PPB itself */
#define MILLI_OF_PPB(ppb) (LN_PPB_MILLI - ln_milli(ppb))

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
    bool judged = f->judges_path || f->attempt, rowed = m && row_is_judged(f);
    if (judged || rowed) path_evidence(f, &out->path);
    if (rowed) row_of(f, &out->path, &out->row); /* a model reads it of every path that came, judged or not */
    if (!judged) out->path = (struct path_evidence){0};
}

static void measure_all(const struct features *f, const struct model *model, struct scene *scene, int32_t of[DETECTOR_COUNT_MAX]) {
    scene_make(f, model, scene);
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) of[i] = measures_nothing(f, i) ? MEASURE_NONE : detectors[i]->measure(scene);
    for (unsigned i = DETECTOR_COUNT; i < DETECTOR_COUNT_MAX; i++) of[i] = MEASURE_NONE;
}

static struct prior prior_of(unsigned detector) {
    return (struct prior){detectors[detector]->prior_scale_milli, 1};
}

/* What the trees say and what all others say, in fifths: the trees know best how things go together, and less of what they never met. */
static int32_t blend(int32_t trees, int32_t others) {
    return (int32_t)(((int64_t)trees * 4 + others) / 5);
}

/*
 * Of shops that the trees were not grown on, 10 % of owners' events measure 0 or more, and e times less a nat (docs/detection.md): so much
 * lies between what they say, log odds where there were as many takeovers as owners, and a share of owners.
 */
#define TREES_OFFSET_MILLI 2303
/* What this shop's own logins teach moves the scale by so much at most: they are few at first, and nobody knows whose they are. */
#define TREES_SHIFT_MILLI 1000

static int32_t trees_scale(int32_t measure) {
    return measure + TREES_OFFSET_MILLI < 0 ? 0 : measure + TREES_OFFSET_MILLI;
}

/*
 * -ln of the share of owners' events of which the trees say as much; MEASURE_NONE where they say nothing. One scale for every event and
 * every history, so that the order of the trees stands: they know history and act themselves.
 */
static int32_t trees_weigh(const struct calibration *c, struct measures *m) {
    m->weight[DETECTOR_learned] = 0;
    if (m->of[DETECTOR_learned] == MEASURE_NONE) return MEASURE_NONE;
    int32_t expected = trees_scale(m->of[DETECTOR_learned]);
    int32_t counted = MILLI_OF_PPB(histogram_tail_ppb(&c->of[DETECTOR_learned][0], expected, prior_of(DETECTOR_learned)));
    int32_t shift = counted - expected;
    if (shift > TREES_SHIFT_MILLI) shift = TREES_SHIFT_MILLI;
    if (shift < -TREES_SHIFT_MILLI) shift = -TREES_SHIFT_MILLI;
    return m->weight[DETECTOR_learned] = expected + shift < 0 ? 0 : expected + shift;
}

/*
 * How unusual it is in all. Of the detectors but the trees: a mean of the three strongest tails, in which each weighs half of the one
 * before. Nearly the maximum, because one good reason is enough and many weak ones are daily life; but what is unusual in several ways at
 * once is more so. 0 where nothing is unusual.
 */
static int32_t unusual(const struct calibration *c, const struct features *f, struct measures *m) {
    int32_t most[3] = {0};
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        m->weight[i] = 0;
        if (detectors[i]->use != DETECTOR_CALIBRATED || m->of[i] <= 0 || i == DETECTOR_learned) continue;
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

/* What all of it weighs, as -ln of a share of owners' logins. `own`: what is unusual(). */
static int32_t weigh_all(const struct calibration *c, const struct features *f, int32_t own, struct measures *m) {
    if (own) own = MILLI_OF_PPB(histogram_tail_ppb(&c->unusual[f->depth_class], own, unusual_prior));
    int32_t carried = carry(m, m, own), trees = trees_weigh(c, m);
    if (trees == MEASURE_NONE) return carried;
    return blend(trees, carried);
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
    out->unusual = 0;
    if (proves_itself(f)) return;

    struct scene scene;
    struct measures m;
    measure_all(f, model, &scene, m.of);
    memcpy(out->measured, m.of, sizeof m.of);
    out->unusual = unusual(c, f, &m);
    int32_t milli = weigh_all(c, f, out->unusual, &m);
    out->score = score_from_milli(milli);
    out->challenge_rate_ppm = exp_neg_ppm(milli);
    if (!out->challenge_rate_ppm) out->challenge_rate_ppm = 1;
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (m.weight[i] >= FIRED_MILLI) out->fired |= 1U << i;
    if (out->score >= REASON_SCORE_MIN) explain(&scene, &m, step, out);
}

void score_learn(struct calibration *c, const struct model *model, const struct features *f, const struct assessment *a) {
    struct measures m;
    struct scene scene;
    if (a) memcpy(m.of, a->measured, sizeof m.of);
    else measure_all(f, model, &scene, m.of);
    c->version = CALIBRATION_VERSION;
    uint32_t week = c->faded_week;
    calibration_fade(c, f->now_ms);
    int32_t own = a && c->faded_week == week ? a->unusual : unusual(c, f, &m); /* of a scale that faded it is another */
    if (m.of[DETECTOR_learned] != MEASURE_NONE)
        histogram_add(&c->of[DETECTOR_learned][0], trees_scale(m.of[DETECTOR_learned]), prior_of(DETECTOR_learned));
    histogram_add(&c->unusual[f->depth_class], own, unusual_prior);
    for (unsigned i = 0; i < DETECTOR_COUNT; i++)
        if (detectors[i]->use == DETECTOR_CALIBRATED && m.of[i] != MEASURE_NONE && i != DETECTOR_learned)
            histogram_add(&c->of[i][f->depth_class], m.of[i], prior_of(i));
}

void score_forget_model(struct calibration *c) {
    static const enum detector_id asking[] = {DETECTOR_learned, DETECTOR_isolated};
    for (size_t i = 0; i < sizeof asking / sizeof *asking; i++) memset(c->of[asking[i]], 0, sizeof c->of[asking[i]]);
}

unsigned score_readings(const struct calibration *c, const struct model *model, const struct features *f,
                        struct detector_reading out[DETECTOR_COUNT_MAX]) {
    struct scene scene;
    struct measures m;
    measure_all(f, model, &scene, m.of);
    (void)weigh_all(c, f, unusual(c, f, &m), &m);
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        bool reference = detectors[i]->use == DETECTOR_REFERENCE; /* nobody pays for it but who asks */
        int32_t measure = reference ? detectors[i]->measure(&scene) : m.of[i];
        out[i] = (struct detector_reading){detectors[i]->code, detectors[i]->sentence, measure, m.weight[i]};
    }
    return DETECTOR_COUNT;
}
