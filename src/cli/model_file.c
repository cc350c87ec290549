// SPDX-License-Identifier: Apache-2.0
/* Reads the file of a learned model and looks whether it is whole. */
#include "cli/model_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"

/* One byte more than a model may have, so that a longer one shows. */
#define TEXT_ROOM (MODEL_TEXT_SIZE_MAX + 1)

static enum err take_memory(struct model_file *f, struct problem *p) {
    f->memory = malloc(MODEL_MEMORY_SIZE + TEXT_ROOM);
    return f->memory ? ERR_OK : problem_set(p, ERR_FULL, "memory", "", "no memory for the model");
}

static enum err understand(struct model_file *f, struct problem *p) {
    struct arena a = arena_over(f->memory, MODEL_MEMORY_SIZE);
    return model_read(f->text, &a, &f->model, p);
}

static enum err read_text(const char *path, struct model_file *f, struct problem *p) {
    FILE *in = fopen(path, "rb");
    if (!in) return problem_set(p, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, path, "", "cannot open the model: %s", strerror(errno));
    char *text = f->memory + MODEL_MEMORY_SIZE;
    f->text = (struct str){text, fread(text, 1, TEXT_ROOM, in)};
    bool failed = ferror(in) != 0;
    (void)fclose(in);
    return failed ? problem_set(p, ERR_IO, path, "", "cannot read the model: %s", strerror(errno)) : ERR_OK;
}

enum err model_file_open(const char *path, struct model_file *out, struct problem *p) {
    *out = (struct model_file){.text = model_built_in()};
    enum err err = take_memory(out, p);
    if (!err && path) err = read_text(path, out, p);
    if (err) return err;
    struct problem bad = {0};
    err = understand(out, &bad);
    if (!err) return ERR_OK;
    char where[sizeof bad.where];
    (void)snprintf(where, sizeof where, "%.80s%s%.40s", path ? path : "the model that ships", bad.where[0] ? ", " : "", bad.where);
    return problem_set(p, err, where, bad.fix, "%s", bad.what);
}

enum err model_file_read(struct str text, struct model_file *out, struct problem *p) {
    *out = (struct model_file){0};
    enum err err = take_memory(out, p);
    if (err) return err;
    if (text.size > TEXT_ROOM) text.size = TEXT_ROOM;
    memcpy(out->memory + MODEL_MEMORY_SIZE, text.at, text.size);
    out->text = (struct str){out->memory + MODEL_MEMORY_SIZE, text.size};
    return understand(out, p);
}

void model_file_close(struct model_file *f) {
    free(f->memory);
    *f = (struct model_file){0};
}
