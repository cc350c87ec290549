// SPDX-License-Identifier: Apache-2.0
/* Computes distances on the globe in integers, the same on every machine; good to one percent, which is better than any address's place. */
#include "enrich/place.h"

/* 65536 * sin(d degrees), d = 0..90. */
static const int32_t sines[91] = {
    0,     1144,  2287,  3430,  4572,  5712,  6850,  7987,  9121,  10252, 11380, 12505, 13626, 14742, 15855, 16962, 18064, 19161, 20252,
    21336, 22415, 23486, 24550, 25607, 26656, 27697, 28729, 29753, 30767, 31772, 32768, 33754, 34729, 35693, 36647, 37590, 38521, 39441,
    40348, 41243, 42126, 42995, 43852, 44695, 45525, 46341, 47143, 47930, 48703, 49461, 50203, 50931, 51643, 52339, 53020, 53684, 54332,
    54963, 55578, 56175, 56756, 57319, 57865, 58393, 58903, 59396, 59870, 60326, 60764, 61183, 61584, 61966, 62328, 62672, 62997, 63303,
    63589, 63856, 64104, 64332, 64540, 64729, 64898, 65048, 65177, 65287, 65376, 65446, 65496, 65526, 65536,
};

#define EARTH_RADIUS_KM 6371
#define QUARTER_CDEG    9000

/* 65536 * sin of an angle in hundredths of a degree, 0..9000. */
static int32_t sine_quarter(int32_t cdeg) {
    int32_t degree = cdeg / 100, within = cdeg % 100;
    return within ? sines[degree] + (sines[degree + 1] - sines[degree]) * within / 100 : sines[degree];
}

/* 65536 * sin of an angle of 0..18000 hundredths of a degree. */
static int32_t sine(int32_t cdeg) {
    return sine_quarter(cdeg > QUARTER_CDEG ? 2 * QUARTER_CDEG - cdeg : cdeg);
}

/* The angle of 0..9000 hundredths of a degree whose sine is `value` / 65536. */
static int32_t arc_sine(int32_t value) {
    int32_t low = 0, high = QUARTER_CDEG;
    while (low < high) {
        int32_t middle = (low + high) / 2;
        if (sine_quarter(middle) < value) low = middle + 1;
        else high = middle;
    }
    return low;
}

static uint32_t square_root(uint64_t value) {
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1)
        if ((root | bit) * (root | bit) <= value) root |= bit;
    return (uint32_t)root;
}

static int32_t distance(int32_t a, int32_t b) {
    return a < b ? b - a : a - b;
}

/* The haversine formula: sin^2(d/2) = sin^2(dlat/2) + cos lat1 * cos lat2 * sin^2(dlon/2). */
uint32_t place_distance_km(struct place a, struct place b) {
    if (a.lat_cdeg == b.lat_cdeg && a.lon_cdeg == b.lon_cdeg) return 0;
    int64_t of_lat = sine(distance(a.lat_cdeg, b.lat_cdeg) / 2), of_lon = sine(distance(a.lon_cdeg, b.lon_cdeg) / 2);
    int64_t cosines = (int64_t)sine(QUARTER_CDEG - distance(a.lat_cdeg, 0)) * sine(QUARTER_CDEG - distance(b.lat_cdeg, 0)) / 65536;
    uint64_t squared = (uint64_t)(of_lat * of_lat + cosines * of_lon * of_lon / 65536);
    uint32_t half = square_root(squared);
    int64_t angle_cdeg = 2 * (int64_t)arc_sine(half > 65536 ? 65536 : (int32_t)half);
    return (uint32_t)(angle_cdeg * EARTH_RADIUS_KM * 355 / (113 * 18000));
}
