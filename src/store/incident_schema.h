// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_INCIDENT_SCHEMA_H
#define STORE_INCIDENT_SCHEMA_H

/*
 * The tables of the incident store (docs/formats/incidents.md), as steps: step n turns version n - 1 into version n. A step that was
 * released is never edited; what comes next is another step. Only what SQLite 3.40 and PostgreSQL 15 both
 * understand.
 */
#define INCIDENT_SCHEMA_VERSION 5

/* Step `version`, 1 .. INCIDENT_SCHEMA_VERSION. */
const char *incident_schema_step(int version);

#endif
