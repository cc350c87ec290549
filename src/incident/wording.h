// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_WORDING_H
#define INCIDENT_WORDING_H

#include "incident/lineage.h"

/* What a lineage found, in words for people. Everything lives in `step`. */

/* One sentence: why traces[i] was attributed as it was. */
struct str wording_why(const struct lineage *l, uint16_t i, struct arena *step);
/* "order:o1", or empty. */
struct str wording_object(const struct event *e, struct arena *step);
/* What the event says beyond its access path, as JSON (event_write_facts). */
struct str wording_facts(const struct event *e, struct arena *step);
/* The hostile access path as JSON (docs/formats/incidents.md). */
struct str wording_path(const struct lineage *l, struct arena *step);
/* One sentence for the incident: how it was entered and what was done. */
struct str wording_summary(const struct lineage *l, struct arena *step);

#endif
