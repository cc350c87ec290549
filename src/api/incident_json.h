// SPDX-License-Identifier: Apache-2.0
#ifndef API_INCIDENT_JSON_H
#define API_INCIDENT_JSON_H

#include "base/buf.h"
#include "port/incident_store.h"

/* The members of an incident as JSON, without the braces around them, so that a route may add its own. */
void incident_write_members(const struct incident_row *r, struct buf *out);
void incident_event_write_json(const struct incident_event_row *r, struct buf *out);

#endif
