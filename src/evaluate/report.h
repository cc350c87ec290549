// SPDX-License-Identifier: Apache-2.0
#ifndef EVALUATE_REPORT_H
#define EVALUATE_REPORT_H

#include "base/document.h"
#include "evaluate/measure.h"

/* What was measured, for people and for programs. All three say the same figures. */
struct report {
    const struct sample *sample;
    const struct plan *plan;
    const struct measurement *measured;
};

/* Tables and reasons, to be shown by the writers of base/document.h. */
void report_document(const struct report *r, struct document *d);
/* One JSON object and a line end (docs/reference/evaluation.md). */
void report_json(const struct report *r, struct buf *out);
/* One page with the document and plots in SVG, each beside a table of its points. Nothing in it runs or is fetched. `work`: for the
 * document. */
void report_html(const struct report *r, struct arena *work, struct buf *out);

/* "all", "held out", "5 and more logins before", or the family's name. */
struct str report_group_name(const struct report *r, unsigned group);

#endif
