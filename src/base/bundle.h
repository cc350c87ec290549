// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_BUNDLE_H
#define BASE_BUNDLE_H

#include "base/buf.h"
#include "base/source.h"

/*
 * Several small text files as one text, so that the journal can keep a whole policy in one record:
 *
 *     bundle = file*        file = "=== " NAME "\n" content, each line of it ended by "\n"
 *
 * No line of a content begins with "=== "; bundle_may_hold says whether that is so.
 */
#define BUNDLE_MARK STR("=== ")

bool bundle_may_hold(struct str content);
/* Appends a file. `content` without a last line feed gets one. CHECKs bundle_may_hold. */
void bundle_add(struct buf *bundle, struct str name, struct str content);
/* Takes the first file off *rest; false at the end. ERR_INVALID, in *err, where the text does not begin with a mark. */
bool bundle_next(struct str *rest, struct source *file, enum err *err);
/* The file of this name; false where there is none. */
bool bundle_find(struct str bundle, struct str name, struct source *file);

#endif
