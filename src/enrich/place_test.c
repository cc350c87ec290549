// SPDX-License-Identifier: Apache-2.0
/* Distances against published great-circle distances, and their symmetry. */
#include "enrich/place.h"

#include "base/test.h"

static bool near_km(struct place a, struct place b, uint32_t km) {
    uint32_t got = place_distance_km(a, b), slack = km / 100 + 2;
    if (got + slack < km || got > km + slack) printf("expected about %u km, got %u\n", km, got);
    return got + slack >= km && got <= km + slack;
}

static const struct place tokyo = {3568, 13969}, osaka = {3469, 13550}, new_york = {4071, -7401}, sydney = {-3387, 15121};

TEST(cities) {
    EXPECT(near_km(tokyo, tokyo, 0));
    EXPECT(near_km(tokyo, osaka, 397));
    EXPECT(near_km(tokyo, new_york, 10850));
    EXPECT(near_km(tokyo, sydney, 7826));
    EXPECT(near_km((struct place){0, 0}, (struct place){0, 18000}, 20015));
    EXPECT(near_km((struct place){9000, 0}, (struct place){-9000, 0}, 20015));
    EXPECT(near_km((struct place){0, 17950}, (struct place){0, -17950}, 111)); /* over the date line */
}

TEST(symmetry_and_bound) {
    uint64_t seed = 7;
    for (int i = 0; i < 2000; i++) {
        struct place a = {(int16_t)(test_random(&seed) % 18001 - 9000), (int16_t)(test_random(&seed) % 36001 - 18000)};
        struct place b = {(int16_t)(test_random(&seed) % 18001 - 9000), (int16_t)(test_random(&seed) % 36001 - 18000)};
        EXPECT_EQ(place_distance_km(a, b), place_distance_km(b, a));
        EXPECT(place_distance_km(a, b) <= 20020);
    }
}

int main(void) {
    RUN(cities);
    RUN(symmetry_and_bound);
    return test_end();
}
