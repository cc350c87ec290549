// SPDX-License-Identifier: Apache-2.0
/* Trains boosted trees with libxgboost, loaded for the time of the training. */
#include "baseline/trainer.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xgboost/c_api.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/json.h"

#define LIBRARY "libxgboost.so.0"

/* A function of the library, with the type that its header gives. */
#define CALL(t, name) ((__typeof__(&name))symbol(t, #name))

typedef void any_function(void);

/* trainer_open has looked that it is there. */
static any_function *symbol(const struct trainer *t, const char *name) {
    void *found = dlsym(t->library, name);
    CHECK(found);
    any_function *f;
    memcpy(&f, &found, sizeof f); /* POSIX lets a function's address be kept in a void pointer; ISO C has no cast for it */
    return f;
}

static const char *const used[] = {
    "XGBGetLastError",        "XGDMatrixCreateFromMat", "XGDMatrixSetFloatInfo",
    "XGDMatrixFree",          "XGBoosterCreate",        "XGBoosterSetParam",
    "XGBoosterUpdateOneIter", "XGBoosterPredict",       "XGBoosterSaveModelToBuffer",
    "XGBoosterFree",
};

enum err trainer_open(struct trainer *t, struct problem *p) {
    *t = (struct trainer){.library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL)};
    if (!t->library)
        return problem_set(p, ERR_UNSUPPORTED, LIBRARY, "install libxgboost0 (Debian), or score with a model that is trained",
                           "the library that trains is not here: %s", dlerror());
    for (size_t i = 0; i < sizeof used / sizeof used[0]; i++) {
        if (dlsym(t->library, used[i])) continue;
        trainer_close(t);
        return problem_set(p, ERR_UNSUPPORTED, LIBRARY, "install version 1.7", "the library has no %s", used[i]);
    }
    return ERR_OK;
}

static void forget(struct trainer *t) {
    if (t->booster) (void)CALL(t, XGBoosterFree)(t->booster);
    if (t->matrix) (void)CALL(t, XGDMatrixFree)(t->matrix);
    t->booster = t->matrix = NULL;
}

void trainer_close(struct trainer *t) {
    if (!t->library) return;
    forget(t);
    (void)dlclose(t->library);
    t->library = NULL;
}

static enum err failed(struct trainer *t, struct problem *p) {
    return problem_set(p, ERR_INVALID, LIBRARY, "", "cannot train: %s", CALL(t, XGBGetLastError)());
}

static enum err check_rows(const struct trainer_rows *rows, struct problem *p) {
    size_t ones = 0;
    for (size_t i = 0; i < rows->row_count; i++) ones += rows->labels[i] > 0.5F;
    if (ones >= 2 && rows->row_count - ones >= 2) return ERR_OK;
    return problem_set(p, ERR_INVALID, "", "train on a file that has both",
                       "%zu hijackers' and %zu owners' events are too few to learn from", ones, rows->row_count - ones);
}

/* Columns of a row, at most: "(1,-1,...)" must fit. */
#define DIRECTIONS_SIZE 4096

static void write_directions(const struct trainer_settings *s, size_t columns, char out[DIRECTIONS_SIZE]) {
    struct buf b = buf_over(out, DIRECTIONS_SIZE);
    for (unsigned i = 0; i < columns; i++) buf_fmt(&b, "%c%d", i ? ',' : '(', s->direction(i));
    buf_fmt(&b, ")%c", 0);
    CHECK(!b.overflow);
}

static int set_all(struct trainer *t, const struct trainer_settings *s, size_t columns) {
    char depth[16], seed[24], rate[24], weight[16], l2[16];
    (void)snprintf(depth, sizeof depth, "%u", s->depth);
    (void)snprintf(seed, sizeof seed, "%llu", (unsigned long long)(s->seed & 0x7FFFFFFF));
    (void)snprintf(rate, sizeof rate, "%u.%03u", s->rate_permille / 1000, s->rate_permille % 1000);
    (void)snprintf(weight, sizeof weight, "%u", s->leaf_weight_min);
    (void)snprintf(l2, sizeof l2, "%u", s->leaf_l2);
    const char *const settings[][2] = {
        {"verbosity", "0"},
        {"nthread", "1"},
        {"objective", "binary:logistic"},
        {"tree_method", "hist"},
        {"base_score", "0.5"},
        {"max_depth", depth},
        {"eta", rate},
        {"subsample", "0.8"},
        {"colsample_bytree", "0.8"},
        {"min_child_weight", weight},
        {"lambda", l2},
        {"seed", seed},
    };
    int status = 0;
    char directions[DIRECTIONS_SIZE];
    if (s->direction) write_directions(s, columns, directions);
    if (s->direction) status = CALL(t, XGBoosterSetParam)(t->booster, "monotone_constraints", directions);
    for (size_t i = 0; !status && i < sizeof settings / sizeof settings[0]; i++)
        status = CALL(t, XGBoosterSetParam)(t->booster, settings[i][0], settings[i][1]);
    return status;
}

/* Takes the model over the library's JSON into our own form. */
static enum err take_model(struct trainer *t, struct trees *out, struct problem *p) {
    bst_ulong size;
    const char *json;
    if (CALL(t, XGBoosterSaveModelToBuffer)(t->booster, "{\"format\":\"json\"}", &size, &json)) return failed(t, p);
    size_t capacity = JSON_MEMORY_MAX(size);
    char *memory = malloc(capacity);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory to read the model with");
    struct arena step = arena_over(memory, capacity);
    enum err err = trees_read((struct str){json, size}, &step, out, p);
    free(memory);
    return err;
}

enum err trainer_train(struct trainer *t, const struct trainer_rows *rows, const struct trainer_settings *s, struct trees *out,
                       struct problem *p) {
    *out = (struct trees){0};
    enum err err = check_rows(rows, p);
    if (err) return err;
    forget(t);
    if (CALL(t, XGDMatrixCreateFromMat)(rows->values, rows->row_count, rows->column_count, NAN, &t->matrix) ||
        CALL(t, XGDMatrixSetFloatInfo)(t->matrix, "label", rows->labels, rows->row_count) ||
        (rows->weights && CALL(t, XGDMatrixSetFloatInfo)(t->matrix, "weight", rows->weights, rows->row_count)) ||
        CALL(t, XGBoosterCreate)((const DMatrixHandle[]){t->matrix}, 1, &t->booster) || set_all(t, s, rows->column_count))
        return failed(t, p);
    for (unsigned i = 0; i < s->rounds; i++)
        if (CALL(t, XGBoosterUpdateOneIter)(t->booster, (int)i, t->matrix)) return failed(t, p);
    return take_model(t, out, p);
}

enum err trainer_predict(struct trainer *t, enum trainer_answer answer, const float **out, size_t *count, struct problem *p) {
    bst_ulong size;
    if (CALL(t, XGBoosterPredict)(t->booster, t->matrix, (int)answer, 0, 0, &size, out)) return failed(t, p);
    *count = size;
    return ERR_OK;
}
