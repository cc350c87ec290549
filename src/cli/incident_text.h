// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_INCIDENT_TEXT_H
#define CLI_INCIDENT_TEXT_H

#include "base/buf.h"
#include "port/incident_store.h"

/* Incidents as a person reads them at a terminal: pure text. Times are UTC. */

/* One line of a list, and the line above the first. */
void incident_text_head(struct buf *out);
void incident_text_line(const struct incident_row *r, struct buf *out);

/* The whole incident: who, when, how, and the timeline; sorts the events by time. Without `all`, the owner's acts before the attack are
 * left out. */
void incident_text_story(const struct incident_row *r, struct incident_event_row *events, size_t count, bool all, struct buf *out);
/* The same as one JSON object and a newline: the incident with its "events". */
void incident_text_json(const struct incident_row *r, const struct incident_event_row *events, size_t count, struct buf *out);

/* "50,000 JPY" or "12.34 USD": the minor units that ISO 4217 gives the currency, two where it is not known. */
void incident_text_amount(int64_t amount_minor, struct str currency, struct buf *out);
/* "2026-03-01 00:41:07" */
void incident_text_time(struct buf *out, int64_t at_ms);
/* "90 min": the largest unit that leaves no rest. */
void incident_text_span(struct buf *out, int64_t span_ms);
/* A stranger's text as wide as `width` columns of a terminal at least, and two blanks. */
void incident_text_column(struct buf *out, struct str s, size_t width);

#endif
