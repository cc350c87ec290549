// SPDX-License-Identifier: Apache-2.0
/* Lists the columns of the incident store, and carries rows between structs and values. */
#include "store/incident_rows.h"

#include <string.h>

#include "base/check.h"

/* ---- words ------------------------------------------------------------------------------------------------------------------------ */

static int find_word(struct str word, struct str (*of)(int value), int count) {
    for (int i = 0; i < count; i++)
        if (str_equal(of(i), word)) return i;
    return -1;
}

#define WORDS(name, type)                                                                                                                  \
    static struct str name##_of(int value) {                                                                                               \
        return name##_word((enum type)value);                                                                                              \
    }                                                                                                                                      \
    static const struct words name##_words = {name##_of, name##_from}

static int whose_from(struct str word);
static int incident_status_from(struct str word);
WORDS(whose, whose);
WORDS(incident_status, incident_status);
WORDS(response_state, response_state);
WORDS(phase, phase);
WORDS(step_state, step_state);
WORDS(step_outcome, outcome_word);
WORDS(task_state, task_state);
WORDS(notice_state, notice_state);
WORDS(ledger_kind, ledger_kind);

static int whose_from(struct str word) {
    return find_word(word, whose_of, WHOSE_HIJACKER + 1);
}

static int incident_status_from(struct str word) {
    return find_word(word, incident_status_of, INCIDENT_CLOSED + 1);
}

/* ---- columns ---------------------------------------------------------------------------------------------------------------------- */

#define MEMBER(row, member) ((struct row##_row *)0)->member
#define FORM(row, member)                                                                                                                  \
    _Generic(MEMBER(row, member),                                                                                                          \
        struct str: COLUMN_TEXT,                                                                                                           \
        char *: COLUMN_CURRENCY,                                                                                                           \
        bool: COLUMN_BOOL,                                                                                                                 \
        int: COLUMN_INT,                                                                                                                   \
        uint16_t: COLUMN_U16,                                                                                                              \
        uint32_t: COLUMN_U32,                                                                                                              \
        int64_t: COLUMN_I64,                                                                                                               \
        uint64_t: COLUMN_U64)
#define NAMED(row, name, member, change)                                                                                                   \
    { name, offsetof(struct row##_row, member), FORM(row, member), change, NULL }
#define COLUMN(row, member, change) NAMED(row, #member, member, change)
#define KEY(row, member)            COLUMN(row, member, CHANGE_KEY)
#define NEVER(row, member)          COLUMN(row, member, CHANGE_NEVER)
#define ALWAYS(row, member)         COLUMN(row, member, CHANGE_ALWAYS)
#define TOLD(row, member)           COLUMN(row, member, CHANGE_TOLD)
#define WORD(row, member, words, change)                                                                                                   \
    { #member, offsetof(struct row##_row, member), COLUMN_WORD, change, &words##_words }

// clang-format off
static const struct column incident_columns[] = {
    KEY(incident, id), NEVER(incident, account), WORD(incident, status, incident_status, CHANGE_ALWAYS),
    NEVER(incident, opened_position), TOLD(incident, closed_position), TOLD(incident, opened_ms), TOLD(incident, closed_ms),
    TOLD(incident, window_from_ms), TOLD(incident, window_to_ms), TOLD(incident, trigger_position), TOLD(incident, score),
    TOLD(incident, path), TOLD(incident, summary), TOLD(incident, closed_why),
    TOLD(incident, language), TOLD(incident, timezone),
};

static const struct column incident_event_columns[] = {
    KEY(incident_event, incident), KEY(incident_event, position), NEVER(incident_event, time_ms), NEVER(incident_event, event),
    NEVER(incident_event, kind), WORD(incident_event, whose, whose, CHANGE_ALWAYS), ALWAYS(incident_event, why),
    NEVER(incident_event, detail), NEVER(incident_event, object), NEVER(incident_event, facts), NEVER(incident_event, amount_minor),
    NEVER(incident_event, currency),
};

static const struct column decision_columns[] = {
    KEY(decision, position), NEVER(decision, event), NEVER(decision, account), NEVER(decision, kind), NEVER(decision, verdict),
    NEVER(decision, incident), NEVER(decision, policy), NEVER(decision, time_ms), NEVER(decision, score),
    NEVER(decision, challenge_rate_ppm), NEVER(decision, answer),
};

static const struct column response_columns[] = {
    KEY(response, incident), NEVER(response, account), WORD(response, state, response_state, CHANGE_ALWAYS),
    ALWAYS(response, confident), ALWAYS(response, confident_why), ALWAYS(response, window_from_ms), ALWAYS(response, decided_ms),
    ALWAYS(response, contained_ms), ALWAYS(response, closed_ms), ALWAYS(response, due_ms), ALWAYS(response, version),
    ALWAYS(response, effect_count), ALWAYS(response, uncontained_count), ALWAYS(response, open_count), ALWAYS(response, task_count),
    ALWAYS(response, notice_count), ALWAYS(response, audit_count), ALWAYS(response, position),
};

static const struct column effect_columns[] = {
    KEY(effect, id), NEVER(effect, incident), NEVER(effect, account), ALWAYS(effect, kind), NEVER(effect, object),
    ALWAYS(effect, state), WORD(effect, phase, phase, CHANGE_ALWAYS), ALWAYS(effect, resume), WORD(effect, whose, whose, CHANGE_ALWAYS),
    ALWAYS(effect, go), ALWAYS(effect, from_owner),
    ALWAYS(effect, unheeded), ALWAYS(effect, fate), ALWAYS(effect, fulfilment), ALWAYS(effect, before),
    ALWAYS(effect, after), ALWAYS(effect, reference), ALWAYS(effect, amount_minor), ALWAYS(effect, currency), ALWAYS(effect, version),
    ALWAYS(effect, repeats), ALWAYS(effect, generation), ALWAYS(effect, ledger_count), ALWAYS(effect, proof_count),
    ALWAYS(effect, step_count), ALWAYS(effect, found_ms), ALWAYS(effect, since_ms), ALWAYS(effect, contained_ms),
    ALWAYS(effect, due_ms), ALWAYS(effect, position),
};

/* What the courier writes is not touched by a room that writes a step again: it may know less. */
static const struct column step_columns[] = {
    KEY(step, id), NEVER(step, effect), NEVER(step, incident), NEVER(step, account), NEVER(step, system), NEVER(step, verb),
    NEVER(step, how), NEVER(step, request), WORD(step, state, step_state, CHANGE_ALWAYS), NEVER(step, lane), NEVER(step, generation),
    NEVER(step, run_ms), ALWAYS(step, deadline_ms), NEVER(step, created_ms), NEVER(step, attempts), NEVER(step, first_sent_ms),
    NEVER(step, lease_owner), NEVER(step, lease_until_ms), NEVER(step, fence),
    WORD(step, outcome, step_outcome, CHANGE_ALWAYS), NEVER(step, answer), NEVER(step, last_error), NEVER(step, position),
};

static const struct column task_columns[] = {
    KEY(task, id), NEVER(task, incident), NEVER(task, effect), NEVER(task, kind), ALWAYS(task, asks), ALWAYS(task, options),
    WORD(task, state, task_state, CHANGE_ALWAYS), ALWAYS(task, people), ALWAYS(task, opened_ms), ALWAYS(task, due_ms),
    ALWAYS(task, closed_ms), ALWAYS(task, escalated), ALWAYS(task, proposed_by), ALWAYS(task, proposed), ALWAYS(task, approved_by),
    ALWAYS(task, outcome), ALWAYS(task, position),
};

static const struct column ledger_columns[] = {
    KEY(ledger, incident), KEY(ledger, effect), KEY(ledger, number), WORD(ledger, kind, ledger_kind, CHANGE_NEVER),
    NEVER(ledger, amount_minor), NEVER(ledger, currency), NEVER(ledger, at_ms), NEVER(ledger, evidence), NEVER(ledger, position),
};

static const struct column notice_columns[] = {
    KEY(notice, id), NEVER(notice, incident), NEVER(notice, audience), NEVER(notice, subject), ALWAYS(notice, facts),
    NEVER(notice, created_ms), NEVER(notice, position), NEVER(notice, account),
    WORD(notice, state, notice_state, CHANGE_ALWAYS), NAMED(notice, "merged_into", into, CHANGE_ALWAYS),
    ALWAYS(notice, language), ALWAYS(notice, title), ALWAYS(notice, text), ALWAYS(notice, code),
    ALWAYS(notice, channels), ALWAYS(notice, written_ms), ALWAYS(notice, accepted_ms), ALWAYS(notice, read_ms),
    ALWAYS(notice, accepted_by), ALWAYS(notice, read_by), ALWAYS(notice, due_ms), ALWAYS(notice, version),
};

/* ORDER is a word of SQL. */
static const struct column hold_columns[] = {
    NAMED(hold, "order_id", order, CHANGE_KEY), ALWAYS(hold, account), ALWAYS(hold, incident), ALWAYS(hold, epoch),
    ALWAYS(hold, held_ms), ALWAYS(hold, released_ms),
};

static const struct column proof_columns[] = {
    KEY(proof, incident), KEY(proof, effect), KEY(proof, number), NEVER(proof, at_ms), NEVER(proof, observer), NEVER(proof, observed),
    NEVER(proof, ok), NEVER(proof, position),
};

static const struct column audit_columns[] = {
    KEY(audit, incident), KEY(audit, number), NEVER(audit, at_ms), NEVER(audit, actor), NEVER(audit, what), NEVER(audit, body),
    NEVER(audit, prev_hash), NEVER(audit, hash), NEVER(audit, position),
};

static const struct column absorbed_columns[] = {ALWAYS(absorbed, position)};
static const struct column chain_end_columns[] = {KEY(chain_end, number), NEVER(chain_end, hash)};
static const struct column due_columns[] = {
    NEVER(due, account), NEVER(due, incident), NEVER(due, about), NEVER(due, version), NEVER(due, due_ms),
};
static const struct column moment_columns[] = {NEVER(moment, at_ms)};

#define TABLE(row, name, change_if) \
    {name, row##_columns, sizeof row##_columns / sizeof row##_columns[0], sizeof(struct row##_row), change_if}

const struct table incident_tables[TABLE_COUNT] = {
    [WRITE_INCIDENT] = TABLE(incident, "incident", NULL),
    [WRITE_INCIDENT_EVENT] = TABLE(incident_event, "incident_event", NULL),
    [WRITE_DECISION] = TABLE(decision, "decision", NULL),
    [WRITE_RESPONSE] = TABLE(response, "response", NULL),
    [WRITE_EFFECT] = TABLE(effect, "effect", NULL),
    [WRITE_STEP] = TABLE(step, "step", "excluded.state IN ('done', 'human', 'canceled')"),
    [WRITE_TASK] = TABLE(task, "task", NULL),
    [WRITE_LEDGER] = TABLE(ledger, "ledger", NULL),
    [WRITE_NOTICE] = TABLE(notice, "notice", NULL),
    [WRITE_HOLD] = TABLE(hold, "hold", NULL),
    [WRITE_PROOF] = TABLE(proof, "proof", NULL),
    [WRITE_AUDIT] = TABLE(audit, "audit", NULL),
    [TABLE_ABSORBED] = TABLE(absorbed, "absorbed", NULL),
    [TABLE_CHAIN_END] = TABLE(chain_end, "audit", NULL),
    [TABLE_DUE] = TABLE(due, "", NULL),
    [TABLE_MOMENT] = TABLE(moment, "", NULL),
};
// clang-format on

/* ---- values ----------------------------------------------------------------------------------------------------------------------- */

struct value value_text(struct str s) {
    return (struct value){.is_text = true, .text = s};
}

struct value value_number(int64_t number) {
    return (struct value){.number = number};
}

struct value value_position(uint64_t position) {
    CHECK(position <= INT64_MAX);
    return value_number((int64_t)position);
}

bool column_is_text(const struct column *c) {
    return c->form <= COLUMN_WORD;
}

struct value column_get(const struct column *c, const void *row) {
    const void *at = (const char *)row + c->offset;
    switch (c->form) {
    case COLUMN_TEXT: return value_text(*(const struct str *)at);
    case COLUMN_CURRENCY: return value_text(str_from(at));
    case COLUMN_WORD: return value_text(c->words->word(*(const int *)at));
    case COLUMN_BOOL: return value_number(*(const bool *)at);
    case COLUMN_INT: return value_number(*(const int *)at);
    case COLUMN_U16: return value_number(*(const uint16_t *)at);
    case COLUMN_U32: return value_number(*(const uint32_t *)at);
    case COLUMN_I64: return value_number(*(const int64_t *)at);
    case COLUMN_U64: return value_position(*(const uint64_t *)at);
    }
    CHECK(false);
}

struct rows rows_of(int table, struct arena *step) {
    return (struct rows){.table = &incident_tables[table], .step = step};
}

/* Twice the room, elsewhere: texts lie behind the rows, so they cannot grow in place. What is left behind is less than the rows take. */
static bool grow(struct rows *r) {
    size_t capacity = r->capacity ? r->capacity * 2 : 4, size = r->table->row_size;
    char *at = arena_take(r->step, capacity * size);
    if (!at) return !(r->full = true);
    if (r->count) memcpy(at, r->at, r->count * size);
    r->at = at;
    r->capacity = capacity;
    return true;
}

void *rows_add(struct rows *r) {
    if (r->full || (r->count == r->capacity && !grow(r))) return NULL;
    return memset(r->at + r->count++ * r->table->row_size, 0, r->table->row_size);
}

static void set_word(struct rows *r, int *at, const struct words *words, struct str word) {
    int value = words->from(word);
    r->bad |= value < 0;
    *at = value < 0 ? 0 : value;
}

void rows_set(struct rows *r, void *row, const struct column *c, struct value v) {
    void *at = (char *)row + c->offset;
    switch (c->form) {
    case COLUMN_TEXT: *(struct str *)at = arena_copy(r->step, v.text, &r->full); return;
    case COLUMN_CURRENCY: memcpy(at, v.text.at, v.text.size < 3 ? v.text.size : 3); return;
    case COLUMN_WORD: set_word(r, at, c->words, v.text); return;
    case COLUMN_BOOL: *(bool *)at = v.number != 0; return;
    case COLUMN_INT: *(int *)at = (int)v.number; return;
    case COLUMN_U16: *(uint16_t *)at = (uint16_t)v.number; return;
    case COLUMN_U32: *(uint32_t *)at = (uint32_t)v.number; return;
    case COLUMN_I64: *(int64_t *)at = v.number; return;
    case COLUMN_U64: *(uint64_t *)at = (uint64_t)v.number; return;
    }
}
