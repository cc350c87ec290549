// SPDX-License-Identifier: Apache-2.0
/* Holds every statement of the incident store. */
#include "store/incident_queries.h"

#include <string.h>

#include "base/check.h"
#include "store/incident_rows.h"

/*
 * Ids of one kind differ in a number at their end only ("inc_9/e3", "inc_9/e10"), so the order of their numbers is: by length, then by
 * text.
 *
 * Steps are found through the partial index step_claimable, timers through effect_due, task_due, response_due and notice_due
 * (incident_schema.c): what is over weighs nothing, however much of it there is. Work is found by its state, never by "an id above the last
 * one": ids are given out before their transaction commits, and one that commits late would be passed over.
 */
#define BY_ID         "length(id), id"
#define OPEN_EFFECT   "phase NOT IN ('kept', 'verified', 'compensated', 'acknowledged', 'restored')"
#define OPEN_RESPONSE "state NOT IN ('closed', 'false_alarm')"
#define WAITING_TASK  "state <> 'closed' AND escalated = 0 AND due_ms > 0"

struct statement {
    int table;              /* of its rows, or of what is put */
    const char *parameters; /* NULL: the columns of the table */
    const char *text;       /* @ stands for the columns; NULL: an upsert */
};

// clang-format off
static const struct statement statements[QUERY_COUNT] = {
    [QUERY_COMMIT] = {TABLE_COUNT, "", "COMMIT"},
    [QUERY_ROLLBACK] = {TABLE_COUNT, "", "ROLLBACK"},

    [QUERY_PUT_INCIDENT] = {WRITE_INCIDENT, NULL, NULL},
    [QUERY_PUT_INCIDENT_EVENT] = {WRITE_INCIDENT_EVENT, NULL, NULL},
    [QUERY_PUT_DECISION] = {WRITE_DECISION, NULL, NULL},
    [QUERY_PUT_RESPONSE] = {WRITE_RESPONSE, NULL, NULL},
    [QUERY_PUT_EFFECT] = {WRITE_EFFECT, NULL, NULL},
    [QUERY_PUT_STEP] = {WRITE_STEP, NULL, NULL},
    [QUERY_PUT_TASK] = {WRITE_TASK, NULL, NULL},
    [QUERY_PUT_LEDGER] = {WRITE_LEDGER, NULL, NULL},
    [QUERY_PUT_NOTICE] = {WRITE_NOTICE, NULL, NULL},
    [QUERY_PUT_HOLD] = {WRITE_HOLD, NULL, NULL},
    [QUERY_PUT_PROOF] = {WRITE_PROOF, NULL, NULL},
    [QUERY_PUT_AUDIT] = {WRITE_AUDIT, NULL, NULL},

    [QUERY_ABSORBED] = {TABLE_ABSORBED, "", "SELECT @ FROM absorbed"},
    [QUERY_ABSORBED_TO_WRITE] = {TABLE_ABSORBED, "", "SELECT @ FROM absorbed"},
    [QUERY_SET_ABSORBED] = {TABLE_COUNT, "n", "UPDATE absorbed SET position = ?1"},
    [QUERY_CHAIN_END] = {TABLE_CHAIN_END, "t", "SELECT @ FROM audit WHERE incident = ?1 ORDER BY number DESC LIMIT 1"},

    [QUERY_INCIDENT] = {WRITE_INCIDENT, "t", "SELECT @ FROM incident WHERE id = ?1"},
    [QUERY_INCIDENTS] = {WRITE_INCIDENT, "ttnn",
        "SELECT @ FROM incident WHERE (?1 = '' OR account = ?1) AND (?2 = '' OR status = ?2) AND (?3 = 0 OR opened_position < ?3) "
        "ORDER BY opened_position DESC LIMIT ?4"},
    [QUERY_EVENTS] = {WRITE_INCIDENT_EVENT, "tnn",
        "SELECT @ FROM incident_event WHERE incident = ?1 AND position > ?2 ORDER BY position LIMIT ?3"},
    [QUERY_DECISION] = {WRITE_DECISION, "t", "SELECT @ FROM decision WHERE event = ?1 ORDER BY position LIMIT 1"},

    [QUERY_RESPONSE] = {WRITE_RESPONSE, "t", "SELECT @ FROM response WHERE incident = ?1"},
    [QUERY_OPEN_RESPONSE] =
        {WRITE_RESPONSE, "t", "SELECT @ FROM response WHERE account = ?1 AND " OPEN_RESPONSE " ORDER BY decided_ms DESC LIMIT 1"},

    [QUERY_EFFECT] = {WRITE_EFFECT, "t", "SELECT @ FROM effect WHERE id = ?1"},
    [QUERY_EFFECTS] = {WRITE_EFFECT, "nn",
        "SELECT @ FROM effect WHERE (?1 = 0 OR " OPEN_EFFECT ") ORDER BY length(incident), incident, " BY_ID " LIMIT ?2"},
    [QUERY_EFFECTS_OF_INCIDENT] = {WRITE_EFFECT, "ttnn",
        "SELECT @ FROM effect WHERE incident = ?1 AND (?2 = '' OR object = ?2) AND (?3 = 0 OR " OPEN_EFFECT ") "
        "ORDER BY " BY_ID " LIMIT ?4"},
    [QUERY_EFFECTS_OF_ACCOUNT] = {WRITE_EFFECT, "tnn",
        "SELECT @ FROM effect WHERE incident IN (SELECT id FROM incident WHERE account = ?1) AND (?2 = 0 OR " OPEN_EFFECT ") "
        "ORDER BY length(incident) DESC, incident DESC, " BY_ID " LIMIT ?3"},
    [QUERY_EFFECTS_OF_OBJECT] = {WRITE_EFFECT, "tnn",
        "SELECT @ FROM effect WHERE object = ?1 AND (?2 = 0 OR " OPEN_EFFECT ") "
        "ORDER BY length(incident), incident, " BY_ID " LIMIT ?3"},

    [QUERY_STEP] = {WRITE_STEP, "t", "SELECT @ FROM step WHERE id = ?1"},
    [QUERY_STEPS_OF_INCIDENT] = {WRITE_STEP, "t", "SELECT @ FROM step WHERE incident = ?1 ORDER BY created_ms, position, " BY_ID},
    [QUERY_STEPS_UNSETTLED] = {WRITE_STEP, "t",
        "SELECT @ FROM step WHERE incident = ?1 AND state NOT IN ('done', 'canceled') ORDER BY created_ms, position, " BY_ID},
    [QUERY_STEPS_OF_EFFECT] = {WRITE_STEP, "t", "SELECT @ FROM step WHERE effect = ?1 ORDER BY created_ms, position, " BY_ID},

    [QUERY_TASK] = {WRITE_TASK, "t", "SELECT @ FROM task WHERE id = ?1"},
    [QUERY_TASKS] = {WRITE_TASK, "",
        "SELECT @ FROM task WHERE state <> 'closed' ORDER BY CASE WHEN due_ms = 0 THEN 1 ELSE 0 END, due_ms, incident, " BY_ID},
    [QUERY_TASKS_OF_INCIDENT] = {WRITE_TASK, "t", "SELECT @ FROM task WHERE incident = ?1 ORDER BY " BY_ID},

    [QUERY_LEDGER] = {WRITE_LEDGER, "t", "SELECT @ FROM ledger WHERE incident = ?1 ORDER BY length(effect), effect, number"},
    [QUERY_NOTICES] = {WRITE_NOTICE, "t", "SELECT @ FROM notice WHERE incident = ?1 ORDER BY " BY_ID},
    [QUERY_NOTICE] = {WRITE_NOTICE, "t", "SELECT @ FROM notice WHERE id = ?1"},
    [QUERY_MESSAGES] = {WRITE_NOTICE, "tn",
        "SELECT @ FROM notice WHERE account = ?1 AND written_ms > 0 AND audience = 'owner' "
        "ORDER BY written_ms DESC, length(id) DESC, id DESC LIMIT ?2"},
    [QUERY_CODE] = {WRITE_NOTICE, "t", "SELECT @ FROM notice WHERE code = ?1 AND code <> '' LIMIT 1"},
    [QUERY_PROOFS] = {WRITE_PROOF, "t", "SELECT @ FROM proof WHERE incident = ?1 ORDER BY length(effect), effect, number"},
    [QUERY_AUDIT] = {WRITE_AUDIT, "t", "SELECT @ FROM audit WHERE incident = ?1 ORDER BY number"},
    [QUERY_AUDIT_PAGE] = {WRITE_AUDIT, "tnn",
        "SELECT @ FROM audit WHERE (incident, number) > (?1, ?2) ORDER BY incident, number LIMIT ?3"},
    [QUERY_HOLDS] = {WRITE_HOLD, "t", "SELECT @ FROM hold WHERE incident = ?1 ORDER BY held_ms, order_id"},
    [QUERY_HOLD] = {WRITE_HOLD, "t", "SELECT @ FROM hold WHERE order_id = ?1"},

    [QUERY_CLAIMABLE] = {WRITE_STEP, "tnnn",
        "SELECT @ FROM step WHERE state IN ('ready', 'claimed', 'unknown') AND system = ?1 AND lane < ?2 "
        "AND CASE WHEN state = 'claimed' THEN lease_until_ms ELSE run_ms END <= ?3 "
        "ORDER BY lane, run_ms, created_ms, position, " BY_ID " LIMIT ?4"},
    [QUERY_ANY_CLAIMABLE] = {TABLE_MOMENT, "tnn",
        "SELECT run_ms FROM step WHERE state IN ('ready', 'claimed', 'unknown') AND system = ?1 AND lane < ?2 "
        "AND CASE WHEN state = 'claimed' THEN lease_until_ms ELSE run_ms END <= ?3 LIMIT 1"},
    [QUERY_CLAIM] = {TABLE_COUNT, "ttnn",
        "UPDATE step SET state = 'claimed', fence = fence + 1, attempts = attempts + 1, lease_owner = ?2, lease_until_ms = ?3, "
        "first_sent_ms = CASE WHEN first_sent_ms = 0 THEN ?4 ELSE first_sent_ms END WHERE id = ?1"},
    /* A row comes back where the claim was still the reporter's. */
    [QUERY_REPORT] = {TABLE_MOMENT, "tntnnttt",
        "UPDATE step SET state = ?3, generation = CASE WHEN generation < ?4 THEN ?4 ELSE generation END, run_ms = ?5, outcome = ?6, "
        "answer = ?7, last_error = ?8 WHERE id = ?1 AND fence = ?2 AND state = 'claimed' RETURNING run_ms"},
    [QUERY_UNREPORTED] = {WRITE_STEP, "n", "SELECT @ FROM step WHERE state = 'answered' ORDER BY created_ms, position, " BY_ID " LIMIT ?1"},
    [QUERY_DUE] = {TABLE_DUE, "nn",
        "SELECT * FROM (SELECT account, incident, id AS about, version, due_ms FROM effect WHERE due_ms > 0 AND due_ms <= ?1 "
        "ORDER BY due_ms, id LIMIT ?2) AS of_effects "
        "UNION ALL SELECT * FROM (SELECT COALESCE(r.account, ''), t.incident, t.id, 0, t.due_ms FROM ("
        "SELECT incident, id, due_ms FROM task WHERE " WAITING_TASK " AND due_ms <= ?1 ORDER BY due_ms, id LIMIT ?2) AS t "
        "LEFT JOIN response AS r ON r.incident = t.incident) AS of_tasks "
        "UNION ALL SELECT * FROM (SELECT account, incident, incident, version, due_ms FROM response WHERE due_ms > 0 AND due_ms <= ?1 "
        "ORDER BY due_ms, incident LIMIT ?2) AS of_responses "
        "UNION ALL SELECT * FROM (SELECT account, incident, id, version, due_ms FROM notice WHERE due_ms > 0 AND due_ms <= ?1 "
        "ORDER BY due_ms, id LIMIT ?2) AS of_notices "
        "ORDER BY due_ms, about LIMIT ?2"},
    /* A step may run from 0 on, which would read as nothing: 1 is as long ago. */
    [QUERY_NEXT_DUE] = {TABLE_MOMENT, "",
        "SELECT COALESCE(MIN(at_ms), 0) FROM ("
        "SELECT MIN(due_ms) AS at_ms FROM effect WHERE due_ms > 0 "
        "UNION ALL SELECT MIN(due_ms) FROM task WHERE " WAITING_TASK " "
        "UNION ALL SELECT MIN(due_ms) FROM response WHERE due_ms > 0 "
        "UNION ALL SELECT MIN(due_ms) FROM notice WHERE due_ms > 0 "
        "UNION ALL SELECT MIN(CASE WHEN wakes_ms < 1 THEN 1 ELSE wakes_ms END) FROM ("
        "SELECT CASE WHEN state = 'claimed' THEN lease_until_ms ELSE run_ms END AS wakes_ms FROM step "
        "WHERE state IN ('ready', 'claimed', 'unknown')) AS waiting) AS timers"},
};
// clang-format on

static void write_columns(const struct table *t, struct buf *out) {
    for (size_t i = 0; i < t->column_count; i++) buf_fmt(out, "%s%s", i ? ", " : "", t->columns[i].name);
}

static void write_change(const struct table *t, const struct column *c, struct buf *out) {
    if (c->change == CHANGE_ALWAYS) buf_fmt(out, "%s = excluded.%s", c->name, c->name);
    else buf_fmt(out, "%s = COALESCE(NULLIF(excluded.%s, %s), %s.%s)", c->name, c->name, column_is_text(c) ? "''" : "0", t->name, c->name);
}

static void write_changes(const struct table *t, struct buf *out) {
    const char *before = "UPDATE SET ";
    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].change == CHANGE_KEY || t->columns[i].change == CHANGE_NEVER) continue;
        buf_text(out, str_from(before));
        write_change(t, &t->columns[i], out);
        before = ", ";
    }
    if (before[0] == 'U') buf_text(out, STR("NOTHING"));
    else if (t->change_if) buf_fmt(out, " WHERE %s", t->change_if);
}

static void write_upsert(const struct table *t, struct buf *out) {
    buf_fmt(out, "INSERT INTO %s (", t->name);
    write_columns(t, out);
    buf_text(out, STR(") VALUES ("));
    for (size_t i = 0; i < t->column_count; i++) buf_fmt(out, "%s?%zu", i ? ", " : "", i + 1);
    buf_text(out, STR(") ON CONFLICT ("));
    for (size_t i = 0; i < t->column_count && t->columns[i].change == CHANGE_KEY; i++) /* keys come first */
        buf_fmt(out, "%s%s", i ? ", " : "", t->columns[i].name);
    buf_text(out, STR(") DO "));
    write_changes(t, out);
}

void incident_query_write(enum query q, struct buf *out) {
    CHECK(q != QUERY_BEGIN && q < QUERY_COUNT);
    const struct statement *s = &statements[q];
    if (!s->text) {
        write_upsert(&incident_tables[s->table], out);
    } else {
        struct str rest, before = str_cut(str_from(s->text), '@', &rest);
        buf_text(out, before);
        if (before.size < strlen(s->text)) write_columns(&incident_tables[s->table], out);
        buf_text(out, rest);
    }
    CHECK(!out->overflow);
}

const char *incident_query_parameters(enum query q, char memory[64]) {
    const struct statement *s = &statements[q];
    if (q == QUERY_BEGIN || s->parameters) return q == QUERY_BEGIN ? "" : s->parameters;
    const struct table *t = &incident_tables[s->table];
    CHECK(t->column_count < 64);
    for (size_t i = 0; i < t->column_count; i++) memory[i] = column_is_text(&t->columns[i]) ? 't' : 'n';
    memory[t->column_count] = 0;
    return memory;
}

bool incident_query_locks_rows(enum query q) {
    return q == QUERY_CLAIMABLE;
}
