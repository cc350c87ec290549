// SPDX-License-Identifier: Apache-2.0
/* Holds the DDL of the incident store, step by step. */
#include "store/incident_schema.h"

#include "base/check.h"

/*
 * A decision does not refer to its incident by a foreign key: where the store is built anew from a journal that was cut behind the opening,
 * the incident is gone, and the decision must still be kept. Positions are those of the journal; times are milliseconds since 1970 UTC; 0 =
 * not yet.
 */
static const char step_1[] = "CREATE TABLE incident (\n"
                             "    id               TEXT    NOT NULL PRIMARY KEY,\n"
                             "    account          TEXT    NOT NULL,\n"
                             "    status           TEXT    NOT NULL CHECK (status IN ('open', 'closed')),\n"
                             "    opened_position  BIGINT  NOT NULL UNIQUE,\n"
                             "    closed_position  BIGINT  NOT NULL,\n"
                             "    opened_ms        BIGINT  NOT NULL,\n"
                             "    closed_ms        BIGINT  NOT NULL,\n"
                             "    window_from_ms   BIGINT  NOT NULL,\n"
                             "    window_to_ms     BIGINT  NOT NULL,\n"
                             "    trigger_position BIGINT  NOT NULL,\n"
                             "    score            INTEGER NOT NULL,\n"
                             "    path             TEXT    NOT NULL,\n"
                             "    summary          TEXT    NOT NULL,\n"
                             "    closed_why       TEXT    NOT NULL\n"
                             ");\n"
                             "CREATE UNIQUE INDEX incident_open ON incident (account) WHERE status = 'open';\n"
                             "CREATE INDEX incident_of_account ON incident (account, opened_position);\n"
                             "\n"
                             "CREATE TABLE incident_event (\n"
                             "    incident     TEXT   NOT NULL REFERENCES incident (id),\n"
                             "    position     BIGINT NOT NULL,\n"
                             "    time_ms      BIGINT NOT NULL,\n"
                             "    event        TEXT   NOT NULL,\n"
                             "    kind         TEXT   NOT NULL,\n"
                             "    whose        TEXT   NOT NULL CHECK (whose IN ('hijacker', 'owner', 'unknown')),\n"
                             "    why          TEXT   NOT NULL,\n"
                             "    detail       TEXT   NOT NULL,\n"
                             "    object       TEXT   NOT NULL,\n"
                             "    amount_minor BIGINT NOT NULL,\n"
                             "    currency     TEXT   NOT NULL,\n"
                             "    PRIMARY KEY (incident, position)\n"
                             ");\n"
                             "\n"
                             "CREATE TABLE decision (\n"
                             "    position           BIGINT  NOT NULL PRIMARY KEY,\n"
                             "    event              TEXT    NOT NULL,\n"
                             "    account            TEXT    NOT NULL,\n"
                             "    kind               TEXT    NOT NULL,\n"
                             "    verdict            TEXT    NOT NULL,\n"
                             "    incident           TEXT    NOT NULL,\n"
                             "    policy             TEXT    NOT NULL,\n"
                             "    time_ms            BIGINT  NOT NULL,\n"
                             "    score              INTEGER NOT NULL,\n"
                             "    challenge_rate_ppm BIGINT  NOT NULL,\n"
                             "    answer             TEXT    NOT NULL\n"
                             ");\n"
                             "CREATE INDEX decision_of_event ON decision (event);\n"
                             "CREATE INDEX decision_of_account ON decision (account, position);\n"
                             "\n"
                             "CREATE TABLE absorbed (\n"
                             "    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),\n"
                             "    position BIGINT  NOT NULL\n"
                             ");\n"
                             "INSERT INTO absorbed (one, position) VALUES (1, 0);\n";

static const char *const steps[INCIDENT_SCHEMA_VERSION] = {step_1};

const char *incident_schema_step(int version) {
    CHECK(version >= 1 && version <= INCIDENT_SCHEMA_VERSION);
    return steps[version - 1];
}
