// SPDX-License-Identifier: Apache-2.0
/* Tests the stability index: by hand, that chance is not drift, and that planted drift is. */
#include "evaluate/drift.h"

#include <math.h>

#include "base/test.h"

static bool near(double a, double b, double within) {
    return fabs(a - b) <= within;
}

TEST(is_what_a_pencil_says) {
    struct drift_value v[] = {{STR("a"), 50000, 30000}, {STR("b"), 50000, 70000}};
    struct drift_size size = {{1000, 1000}};
    struct drift_figure f;
    drift_measure(v, 2, &size, &f);
    EXPECT(near(f.psi, -0.2 * log(0.6) + 0.2 * log(1.4), 0.001));
    EXPECT_EQ(f.groups, 2);
    EXPECT(near(f.chance, 3.84 * 2 / 1000, 0.0005)); /* chi-squared with one degree of freedom */
    EXPECT_EQ(f.state, DRIFT_LOOK);
    EXPECT(drift_moved(&v[0], 100000, 100000) < 0 && drift_moved(&v[1], 100000, 100000) > 0);
}

TEST(says_nothing_of_few) {
    struct drift_value v[] = {{STR("a"), 500, 10}, {STR("b"), 10, 500}};
    struct drift_figure f;
    drift_measure(v, 2, &(struct drift_size){{49, 500}}, &f);
    EXPECT_EQ(f.state, DRIFT_TOO_FEW);
    drift_measure(v, 0, &(struct drift_size){{500, 500}}, &f);
    EXPECT_EQ(f.state, DRIFT_TOO_FEW);
    drift_measure(v, 2, &(struct drift_size){{500, 500}}, &f);
    EXPECT_EQ(f.state, DRIFT_DRIFTED);
}

/* Thirty values, drawn twice from the same shares: one in twenty is above `chance` at most, and none is called drift. */
TEST(chance_is_not_drift) {
    uint64_t random = 11;
    unsigned above = 0, called = 0;
    for (unsigned round = 0; round < 400; round++) {
        struct drift_value v[30];
        for (unsigned i = 0; i < 30; i++) v[i] = (struct drift_value){STR("x"), 0, 0};
        for (unsigned n = 0; n < 400; n++) v[test_random(&random) % 30].reference++, v[test_random(&random) % 30].present++;
        struct drift_figure f;
        drift_measure(v, 30, &(struct drift_size){{400, 400}}, &f);
        above += f.psi > f.chance;
        called += f.state != DRIFT_STABLE;
    }
    EXPECT(above <= 40 && above >= 4);
    EXPECT(called <= 40);
}

TEST(rare_values_are_one_group) {
    struct drift_value v[200] = {{STR("common"), 100000, 100000}};
    for (unsigned i = 1; i < 200; i++) v[i] = (struct drift_value){STR("rare"), i % 2 ? 20 : 0, i % 2 ? 0 : 20};
    struct drift_figure f;
    drift_measure(v, 200, &(struct drift_size){{5000, 5000}}, &f);
    EXPECT_EQ(f.groups, 2);
    EXPECT(f.psi < 0.01);
    v[1].present = 3000; /* a new one that is not rare any more */
    drift_measure(v, 200, &(struct drift_size){{5000, 5000}}, &f);
    EXPECT_EQ(f.groups, 3);
    EXPECT(f.psi > DRIFT_LOOK_MIN);
}

TEST(a_share_has_an_interval) {
    struct drift_share s = drift_share(50, 1000);
    EXPECT(near(s.value, 0.05, 1e-9) && near(s.low, 0.0381, 0.0005) && near(s.high, 0.0653, 0.0005));
    s = drift_share(0, 1000);
    EXPECT(s.low >= 0 && s.low <= 0 && s.high > 0.003 && s.high < 0.004);
    s = drift_share(7, 7);
    EXPECT(s.high >= 1 && s.low > 0.5);
}

int main(void) {
    RUN(is_what_a_pencil_says);
    RUN(says_nothing_of_few);
    RUN(chance_is_not_drift);
    RUN(rare_values_are_one_group);
    RUN(a_share_has_an_interval);
    return test_end();
}
