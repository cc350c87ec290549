// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_PLAN_H
#define ENRICH_PLAN_H

#include "enrich/enrich.h"

/* How a plan is put together; the steps of enrich share it. */

/* Does this event count as an attempt to get in? */
bool plan_is_attempt(const struct event *e);
/* Key of the cell of this role, or 0 where the event does not touch it. */
uint64_t plan_key(const struct event *e, const struct cell_plan *plan, unsigned role);
/* Nothing happens where key is 0. */
void plan_read(struct cell_plan *plan, unsigned role, uint64_t key);
void plan_bump(struct cell_plan *plan, unsigned role, uint64_t key, const struct bump *delta, uint64_t op_base);
/* Something is said of an origin (port/origin.h). */
void plan_say(struct cell_plan *plan, enum shared what, uint64_t key, const struct bump *delta);
void plan_profile(struct cell_plan *plan, enum cell_op_kind kind, uint64_t version, const void *bytes);

#endif
