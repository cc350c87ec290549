// SPDX-License-Identifier: Apache-2.0
/* Tells people what was measured on one event: detector by detector, feature by feature. */
#include "engine/measures.h"

#include <stddef.h>

#include "score/detectors.h"

/* Every feature by name and type, from the catalogue. */
enum feature_type { FEATURE_TYPE_INT, FEATURE_TYPE_BOOL, FEATURE_TYPE_TEXT };
static const struct {
    const char *name, *unit;
    enum feature_type type;
    size_t offset;
} catalogue[] = {
#define INT                                 FEATURE_TYPE_INT
#define BOOL                                FEATURE_TYPE_BOOL
#define TEXT                                FEATURE_TYPE_TEXT
#define FEATURE(type, name, unit, sentence) {#name, unit, type, offsetof(struct features, name)},
#include "enrich/features.def"
#undef FEATURE
#undef INT
#undef BOOL
#undef TEXT
};
#define FEATURES (sizeof catalogue / sizeof catalogue[0])

static const void *value_of(const struct features *f, size_t i) {
    return (const char *)f + catalogue[i].offset;
}

/* false where there is nothing to show: not evaluable, not sent, or no. */
static bool says_something(const struct features *f, size_t i) {
    switch (catalogue[i].type) {
    case FEATURE_TYPE_INT: return *(const int64_t *)value_of(f, i) != FEATURE_NONE;
    case FEATURE_TYPE_BOOL: return *(const bool *)value_of(f, i);
    case FEATURE_TYPE_TEXT: return ((const struct str *)value_of(f, i))->size > 0;
    }
    return false;
}

static void write_value(const struct features *f, size_t i, struct buf *b) {
    switch (catalogue[i].type) {
    case FEATURE_TYPE_INT: buf_i64(b, *(const int64_t *)value_of(f, i)); break;
    case FEATURE_TYPE_BOOL: buf_text(b, STR("true")); break;
    case FEATURE_TYPE_TEXT: buf_json(b, *(const struct str *)value_of(f, i)); break;
    }
}

void measures_write_text(const struct calibration *c, const struct model *m, const struct features *f, struct buf *b) {
    struct detector_reading readings[DETECTOR_COUNT_MAX];
    unsigned count = score_readings(c, m, f, readings);
    buf_text(b, STR("detector                    measured   weighs  (nats)\n"));
    for (unsigned i = 0; i < count; i++) {
        const struct detector_reading *r = &readings[i];
        if (r->measure_milli == MEASURE_NONE) buf_fmt(b, "  %-25s not evaluable\n", r->code);
        else buf_fmt(b, "  %-25s %8.2f %8.2f\n", r->code, r->measure_milli / 1e3, r->weight_milli / 1e3);
    }
    buf_text(b, STR("\nfeature (those that say something)\n"));
    for (size_t i = 0; i < FEATURES; i++) {
        if (!says_something(f, i)) continue;
        buf_fmt(b, "  %-30s ", catalogue[i].name);
        write_value(f, i, b);
        buf_fmt(b, "%s%s\n", catalogue[i].unit[0] ? " " : "", catalogue[i].unit);
    }
}

void measures_write_json(const struct calibration *c, const struct model *m, const struct features *f, struct buf *b) {
    struct detector_reading readings[DETECTOR_COUNT_MAX];
    unsigned count = score_readings(c, m, f, readings);
    buf_text(b, STR("{\"detectors\":{"));
    for (unsigned i = 0, written = 0; i < count; i++) {
        if (readings[i].measure_milli == MEASURE_NONE) continue;
        buf_fmt(b, "%s\"%s\":{\"measure\":", written++ ? "," : "", readings[i].code);
        buf_scaled(b, readings[i].measure_milli, 3);
        buf_text(b, STR(",\"weight\":"));
        buf_scaled(b, readings[i].weight_milli, 3);
        buf_char(b, '}');
    }
    buf_text(b, STR("},\"features\":{"));
    for (size_t i = 0, written = 0; i < FEATURES; i++) {
        if (!says_something(f, i)) continue;
        buf_fmt(b, "%s\"%s\":", written++ ? "," : "", catalogue[i].name);
        write_value(f, i, b);
    }
    buf_text(b, STR("}}"));
}
