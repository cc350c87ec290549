// SPDX-License-Identifier: Apache-2.0
/* Every detector's own examples, and what must hold of the score whatever the detectors are. */
#include "score/score.h"

#include "base/logmath.h"
#include "base/test.h"
#include "score/calibration.h"
#include "score/detectors.h"

static char memory[256 * 1024];
static struct calibration calibration;
static const struct prior prior = {.scale_milli = 1000, .factor = 3};

static struct scene scene_of(const struct detector *d, const struct detector_example *e) {
    struct scene scene;
    scene_make(e->features, d->example_model, &scene);
    path_evidence(e->features, &scene.path);
    return scene;
}

static bool as_expected(const struct detector *d, const struct detector_example *e) {
    struct scene scene = scene_of(d, e);
    int32_t got = d->measure(&scene);
    bool ok = got >= e->at_least && got <= e->at_most;
    if (!ok) printf("%s: \"%s\": expected %d to %d, got %d\n", d->code, e->when, e->at_least, e->at_most, got);
    return ok;
}

TEST(examples_of_detectors) {
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        EXPECT(detectors[i]->example_count >= 1);
        for (unsigned k = 0; k < detectors[i]->example_count; k++) EXPECT(as_expected(detectors[i], &detectors[i]->examples[k]));
    }
}

TEST(without_a_model_nothing_is_said) {
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        const struct detector *d = detectors[i];
        for (unsigned k = 0; d->example_model && k < d->example_count; k++) {
            struct scene scene;
            scene_make(d->examples[k].features, NULL, &scene);
            EXPECT_EQ(d->measure(&scene), MEASURE_NONE);
        }
    }
}

/* A reason is a sentence with the usual and the present value in it, from every detector that speaks. */
TEST(sentences) {
    for (unsigned i = 0; i < DETECTOR_COUNT; i++) {
        const struct detector *d = detectors[i];
        for (unsigned k = 0; k < d->example_count; k++) {
            struct scene scene = scene_of(d, &d->examples[k]);
            int32_t measure = d->measure(&scene);
            if (measure == MEASURE_NONE || measure < 1500) continue;
            struct arena step = arena_over(memory, sizeof memory);
            struct reason_list list = {.step = &step};
            d->explain(&scene, measure, &list);
            EXPECT(list.count > 0);
            for (unsigned r = 0; r < list.count; r++) {
                EXPECT(list.at[r].text.size > 20 && list.at[r].text.size <= REASON_TEXT_SIZE_MAX);
                EXPECT(list.at[r].weight_milli != 0 && list.at[r].code.size > 0);
                if (list.at[r].weight_milli <= 0) continue;
                bool names_usual = str_find(list.at[r].text, STR("usual"), 0) < list.at[r].text.size ||
                                   str_find(list.at[r].text, STR("is used"), 0) < list.at[r].text.size;
                if (!names_usual) printf("%.*s\n", STR_ARGS(list.at[r].text));
                EXPECT(names_usual);
            }
        }
    }
}

TEST(scale) {
    EXPECT_EQ(score_from_milli(0), 0);
    EXPECT_EQ(score_from_milli(2996), 500);   /* 5 % */
    EXPECT_EQ(score_from_milli(6908), 900);   /* 0.1 % */
    EXPECT_EQ(score_from_milli(11513), 1000); /* 1e-5 */
    EXPECT_EQ(score_from_milli(INT32_MAX), 1000);
    for (int32_t milli = 1, before = 0; milli < 12000; milli++) {
        EXPECT(score_from_milli(milli) >= before);
        before = score_from_milli(milli);
    }
    for (uint16_t score = 0; score <= 1000; score++) EXPECT_EQ(score_from_milli(score_to_milli(score)), score);
}

/* Property: a tail never rises with the measure, whatever was learned, and reads 1 for nothing unusual. */
TEST(tails_fall) {
    uint64_t seed = 1;
    for (int round = 0; round < 20; round++) {
        struct histogram h = {0};
        for (int i = 0; i < 50 << (round % 8); i++) {
            uint64_t r = test_random(&seed);
            histogram_add(&h, r % 3 ? 0 : (int32_t)(r >> 40) % 18000, prior);
        }
        uint64_t before = PPB;
        EXPECT_EQ(histogram_tail_ppb(&h, 0, prior), PPB);
        for (int32_t milli = 1; milli < 20000; milli += 7) {
            uint64_t tail = histogram_tail_ppb(&h, milli, prior);
            EXPECT(tail <= before && tail > 0);
            before = tail;
        }
    }
}

/* The point of it all: of owners' logins with any distribution of a measure, 5 % score 500 or more and 0.1 % score 900 or more. */
TEST(score_means_friction) {
    static struct histogram h;
    memset(&h, 0, sizeof h);
    uint64_t seed = 2;
    unsigned reach_500 = 0, reach_900 = 0, count = 60000;
    for (unsigned i = 0; i < count * 2; i++) {
        int32_t milli = (int32_t)(ln_milli(PPB) - ln_milli(test_random(&seed) % PPB + 1)) * 2 - 3000; /* 2 * Exp(1) - 3 */
        if (i >= count) {
            uint16_t score = score_from_milli(ln_milli(PPB) - ln_milli(histogram_tail_ppb(&h, milli, prior)));
            reach_500 += score >= 500;
            reach_900 += score >= 900;
        }
        histogram_add(&h, milli, prior);
    }
    EXPECT(reach_500 > count * 4 / 100 && reach_500 < count * 6 / 100);
    EXPECT(reach_900 > count / 2000 && reach_900 < count / 500);
}

/* Counts halve in eight weeks, a late event fades nothing, and a faded tail is still a tail. */
TEST(calibration_fades) {
    static struct calibration c;
    memset(&c, 0, sizeof c);
    int64_t at_ms = 1000 * 7 * INT64_C(86400000);
    calibration_fade(&c, at_ms);
    for (int i = 0; i < 8000; i++) histogram_add(&c.unusual[0], i % 4000, prior);
    calibration_fade(&c, at_ms + 8 * 7 * INT64_C(86400000));
    EXPECT(c.unusual[0].at_least[0] > 3950 * 16 && c.unusual[0].at_least[0] < 4050 * 16);
    calibration_fade(&c, at_ms);
    EXPECT(c.unusual[0].at_least[0] > 3950 * 16);
    for (unsigned i = 1; i < HISTOGRAM_STEPS; i++) EXPECT(c.unusual[0].at_least[i] <= c.unusual[0].at_least[i - 1]);
}

/* What the trees say has one scale; logins move it by a nat at most, whatever they measure. */
TEST(the_trees_keep_their_scale) {
    static struct calibration c;
    memset(&c, 0, sizeof c);
    const struct model *model = detector_learned.example_model;
    struct event order = {.kind = KIND_ORDER_PLACED}, login = {.kind = KIND_LOGIN};
    struct arena step = arena_over(memory, sizeof memory);
    struct features odd = {.event = &order,
                           .act = ACT_ORDER,
                           .account_total = 320,
                           .depth_class = 2,
                           .of = {[ATTR_ASN] = {.present = true, .account_sent = 320}}};
    struct assessment by_prior, a;
    score_features(&c, model, &odd, &step, &by_prior);
    EXPECT(by_prior.score > 700 && by_prior.fired == 1U << DETECTOR_learned);
    score_features(&c, NULL, &odd, &step, &a);
    EXPECT_EQ(a.score, 0);
    struct features entry = odd;
    entry.event = &login;
    entry.judges_path = true;
    for (unsigned i = 0; i < 4000; i++) score_learn(&c, model, &entry, NULL);
    score_features(&c, model, &odd, &step, &a);
    EXPECT(a.score < by_prior.score && a.score + 120 > by_prior.score);
    score_forget_model(&c);
    score_features(&c, model, &odd, &step, &a);
    EXPECT_EQ(a.score, by_prior.score);
}

/* A wave of hijackers does not teach that hijackers are usual: the twentieth is hardly less unusual than the first; the owners' scale
 * stays. */
TEST(a_wave_does_not_become_a_habit) {
    struct histogram h = {0};
    uint64_t seed = 5;
    for (unsigned i = 0; i < 2000; i++) histogram_add(&h, (int32_t)(test_random(&seed) % 2500), prior);
    uint64_t first = histogram_tail_ppb(&h, 15000, prior), usual = histogram_tail_ppb(&h, 2000, prior);
    for (unsigned i = 0; i < 20; i++) histogram_add(&h, 15000, prior);
    EXPECT(histogram_tail_ppb(&h, 15000, prior) < PPB / 20000 && first < PPB / 20000);
    EXPECT(histogram_tail_ppb(&h, 2000, prior) < usual + PPB / 50);
    EXPECT(histogram_tail_ppb(&h, 4000, prior) > PPB / 2000); /* they are counted, as far as an owner might go */
}

/* Features of a login whose path is as unlike as `unlike` says, 0 to 3. */
static struct features login(const struct event *e, unsigned unlike) {
    struct features f = {.event = e, .judges_path = true, .attempt = true, .account_total = 320, .fleet_total = 20000, .depth_class = 2};
    f.session_score = f.path_score = f.speed_kmh = f.span_days = f.local_ms = f.minutes_since_reset_request = FEATURE_NONE;
    f.minutes_since_risky_login = f.tag_accounts_24h = f.device_accounts_24h = FEATURE_NONE;
    enum attribute levels[3] = {ATTR_DEVICE, ATTR_ASN, ATTR_OS};
    for (unsigned i = 0; i < 3; i++)
        f.of[levels[i]] = (struct attribute_reading){true, i < unlike ? 0 : 320, 320, .fleet_trained = i < unlike ? 3 : 2000};
    return f;
}

TEST(unlike_scores_higher) {
    struct event e = {.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS};
    struct arena step = arena_over(memory, sizeof memory);
    memset(&calibration, 0, sizeof calibration);
    uint16_t before = 0;
    for (unsigned unlike = 0; unlike <= 3; unlike++) {
        struct features f = login(&e, unlike);
        struct assessment a;
        score_features(&calibration, NULL, &f, &step, &a);
        EXPECT(a.score >= before);
        before = a.score;
        if (unlike == 0) EXPECT_EQ(a.score, 0);
    }
    EXPECT(before >= 600);
}

/* Pure: the same features and calibration give the same bytes, and scoring changes neither. */
TEST(deterministic) {
    struct event e = {.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS};
    memset(&calibration, 0, sizeof calibration);
    for (unsigned i = 0; i < 300; i++) {
        struct features f = login(&e, i % 10 == 0);
        score_learn(&calibration, NULL, &f, NULL);
    }
    static struct calibration before;
    before = calibration;
    struct features f = login(&e, 3);
    struct assessment a[2];
    for (int i = 0; i < 2; i++) {
        struct arena step = arena_over(memory, sizeof memory);
        memset(&a[i], 0, sizeof a[i]);
        score_features(&calibration, NULL, &f, &step, &a[i]);
    }
    EXPECT(memcmp(&a[0], &a[1], sizeof a[0]) == 0);
    EXPECT(memcmp(&before, &calibration, sizeof before) == 0);
}

/* Recovery learns without having scored: the same. */
TEST(learning_with_and_without_assessment) {
    struct event e = {.kind = KIND_LOGIN, .outcome = OUTCOME_SUCCESS};
    static struct calibration with, without;
    memset(&with, 0, sizeof with);
    memset(&without, 0, sizeof without);
    for (unsigned i = 0; i < 400; i++) {
        struct arena step = arena_over(memory, sizeof memory);
        struct features f = login(&e, i % 7 ? 0 : i % 4);
        struct assessment a;
        score_features(&with, NULL, &f, &step, &a);
        score_learn(&with, NULL, &f, &a);
        score_learn(&without, NULL, &f, NULL);
    }
    EXPECT(memcmp(&with, &without, sizeof with) == 0);
    EXPECT(with.unusual[2].at_least[0] == 400 * 16 && with.unusual[2].at_least[1] > 0);
}

/* An act alone is no suspicion; on top of one it adds to it. */
TEST(acts_add_to_suspicion_only) {
    struct event e = {.kind = KIND_EMAIL_CHANGED};
    struct arena step = arena_over(memory, sizeof memory);
    memset(&calibration, 0, sizeof calibration);
    struct features f = login(&e, 0);
    f.judges_path = f.attempt = false;
    f.act = ACT_CONTACT;
    f.session_score = 0;
    struct assessment quiet, risky;
    score_features(&calibration, NULL, &f, &step, &quiet);
    EXPECT_EQ(quiet.score, 0);
    f.session_score = 700;
    score_features(&calibration, NULL, &f, &step, &risky);
    EXPECT(risky.score > 850);
    EXPECT(risky.reason_count >= 2);
}

int main(void) {
    RUN(examples_of_detectors);
    RUN(without_a_model_nothing_is_said);
    RUN(sentences);
    RUN(scale);
    RUN(tails_fall);
    RUN(score_means_friction);
    RUN(calibration_fades);
    RUN(the_trees_keep_their_scale);
    RUN(a_wave_does_not_become_a_habit);
    RUN(unlike_scores_higher);
    RUN(deterministic);
    RUN(learning_with_and_without_assessment);
    RUN(acts_add_to_suspicion_only);
    return test_end();
}
