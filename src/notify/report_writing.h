// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_REPORT_WRITING_H
#define NOTIFY_REPORT_WRITING_H

#include "notify/report.h"
#include "notify/words.h"

/*
 * A document that is being written: phrases, rows, and the text of the cell at hand. A text is built in `text` between writing_mark and
 * writing_since, and the texts of a row lie there until the row is added.
 */
struct writing {
    const struct phrases *phrases;
    const struct report_source *source;
    const struct report_wish *wish;
    struct document *document;
    struct arena *arena;
    bool for_digest;    /* what changes by itself is left out */
    int64_t *undone_ms; /* of each effect; see writing_undone_ms */
    struct buf text;
    struct cell cells[DOCUMENT_CELLS_MAX];
    size_t cell_count;
};

#define WRITING_TEXT_SIZE_MAX    (512U * 1024) /* all effects in one line of the timeline, twice: 512 x (100 + 164 + 64) x 2 = 336 kB */
#define WRITING_STRANGE_SIZE_MAX 160           /* of a stranger's text: an id that is longer is known by its beginning */

/* false: the arena has no room for its text. */
bool writing_begin(struct writing *w, struct arena *arena);
struct str writing_phrase(const struct writing *w, enum phrase p);
/* What was written since `mark`, which is text.size then. */
struct str writing_since(const struct writing *w, size_t mark);

void writing_heading(struct writing *w, enum phrase p);
void writing_paragraph(struct writing *w, enum phrase p, const struct filling *fillings, size_t count);
void writing_item(struct writing *w, enum phrase p, const struct filling *fillings, size_t count);
/* A table's head; `figures`: bit i = column i has numbers. */
void writing_table(struct writing *w, enum phrase what, const enum phrase *columns, size_t count, unsigned figures);
void writing_cell(struct writing *w, struct str text, bool figure);
void writing_row(struct writing *w);
void writing_total(struct writing *w);

/* "2026-03-01 00:41:07" by his clock; nothing for 0. */
void writing_time(struct writing *w, int64_t at_ms, struct buf *out);
/* The same as a cell of its own. */
void writing_time_cell(struct writing *w, int64_t at_ms);
/* A phrase with {zone}: by which clock it is told. */
void writing_zone_phrase(struct writing *w, enum phrase p);
/* With words, to the minute. */
void writing_date(struct writing *w, int64_t at_ms, struct buf *out);
/* The beginning of a text of a stranger on one line, without what could turn or break it. */
void writing_strange(struct str s, struct buf *out);
/* Puts between the parts of a list what the language puts there, where something stands since `mark`. */
void writing_separator(struct writing *w, size_t mark, struct buf *out);
/* "An order of goods (o1, 500 yen)": each member but `what` may be empty. */
struct named {
    struct str what, object, also;
    int64_t amount_minor;
    const char *currency;
};
void writing_named(struct writing *w, const struct named *n);
/* The same of an effect. */
void writing_effect(struct writing *w, const struct effect_row *e);
/* What a system is called to an owner. */
struct str writing_system(const struct writing *w, struct str name);

/* Whose doing it is held to be. */
enum doing {
    DOING_HIS,    /* the hijacker's */
    DOING_UNSURE, /* held, until somebody says */
    DOING_YOURS,  /* the owner's own, after all */
};
enum doing writing_doing(const struct writing *w);

/* Effects that an owner is told of: not a sweep. */
bool writing_is_told(const struct effect_row *e);
/* When effect `i` was undone and stayed so; 0 = it is not, or there was nothing to undo. */
int64_t writing_undone_ms(const struct writing *w, size_t i);
/* NULL: there is no effect of that id. */
const struct effect_row *writing_find_effect(const struct writing *w, struct str id);
/* Members of an audit's body. */
struct str writing_audit(const struct audit_row *r, struct str member);
/* The event's member of that name, of its facts; as written, so ASCII words only. */
struct str writing_fact(const struct incident_event_row *r, struct str member);

/* The sections that are a file of their own. */
void report_timeline(struct writing *w);
void report_access(struct writing *w);
/* The networks and programs of the hostile path, as a table called `caption`; nothing where none is known. */
void report_ways(struct writing *w, enum phrase caption);

#endif
