// SPDX-License-Identifier: Apache-2.0
#ifndef PRINT_LANGUAGE_H
#define PRINT_LANGUAGE_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Names the language of a PDF file (ISO 32000-1 section 14.9.2), without which a screen reader pronounces it by chance, and has its title
 * shown in place of the file's name: both are entries of the catalogue that cairo 1.16 cannot write. They are appended as an incremental
 * update (section 7.5.6); what was written stays as it is.
 *
 * `pdf`: as cairo wrote it, with a cross-reference table. ERR_CORRUPT: it is of another form; nothing is appended then. ERR_FULL.
 */
enum err print_language(struct str language, struct buf *pdf) MUST_USE;

#endif
