// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_MODEL_FILE_H
#define CLI_MODEL_FILE_H

#include "score/model.h"

/* A learned model that is read beside a server, to be looked at or sent: a file's, the one that ships with the program, or a text's. */
struct model_file {
    struct str text;
    const struct model *model;
    char *memory;
};

/* `path` NULL: the one that ships. As model_read; errors name file and line. Opened or not, `out` can be closed. */
enum err model_file_open(const char *path, struct model_file *out, struct problem *p) MUST_USE;
/* The same of a text, which is copied. */
enum err model_file_read(struct str text, struct model_file *out, struct problem *p) MUST_USE;
void model_file_close(struct model_file *f);

#endif
