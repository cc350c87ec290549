// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_MODEL_TEXT_H
#define CLI_MODEL_TEXT_H

#include "base/buf.h"
#include "baseline/forest.h"
#include "baseline/trees.h"
#include "score/model.h"

/* What the trainers made of rows (score/row.h), column for column, as the text of a model (docs/formats/model.md). */
struct model_parts {
    struct str name, about;
    const struct trees *boosted;    /* NULL: none */
    const struct forest *isolation; /* NULL: none. Grown from rows in which what is absent is above all other values */
};

/*
 * Names the columns that some tree reads. ERR_TOO_LARGE where trees are deeper or a leaf adds more than the format holds, or the text is
 * longer than the bound.
 */
enum err model_text_write(const struct model_parts *parts, struct buf *out, struct problem *p) MUST_USE;

#endif
