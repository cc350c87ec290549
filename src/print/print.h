// SPDX-License-Identifier: Apache-2.0
#ifndef PRINT_PRINT_H
#define PRINT_PRINT_H

#include "base/buf.h"
#include "base/document.h"
#include "base/err.h"

/*
 * Documents on paper: PDF 1.5, A4, with Pango and cairo (docs/adr/0021-pdf.md).
 *
 *   in     a document; the bytes go into memory that the caller owns
 *   out    the file: every font that it uses embedded, every text extractable, tagged (ISO 32000-1 section 14.8: headings, paragraphs,
 * lists, tables, in the order in which they are read), with title and language; at the foot of each page the document's line and the page's
 *          number. A table that goes on over the page has its head again, untagged, so that it is read aloud once
 *   holds  the same document and settings give the same bytes, as long as the fonts are the same; no text is cut: it is wrapped, and
 *          goes on over the page
 *   fails  the document overflowed, or the bytes do not fit: ERR_FULL. More than PRINT_PAGES_MAX pages: ERR_TOO_LARGE. cairo refuses, or
 *          there is no font at all: ERR_UNSUPPORTED
 *
 * For one thread at a time. What Pango and cairo keep of the fonts between two calls they give back with print_release.
 */
#define PRINT_PAGES_MAX 200
#define PRINT_SIZE_MAX  (4U * 1024 * 1024) /* fonts: a tenth of it; a page of a table is 10 kB */

struct print_settings {
    struct str author; /* who answers for it: the shop's name, or empty */
    int64_t made_ms;   /* the date that the file says; 0 = none */
};

struct print_result {
    size_t page_count;
    size_t glyphs_missing; /* characters that no font here can show; each stands as a box with its number */
};

enum err print_pdf(const struct document *d, const struct print_settings *s, struct buf *out, struct print_result *result,
                   struct problem *p) MUST_USE;
/* For the end of a process, and for tests that look for leaks. */
void print_release(void);

#endif
