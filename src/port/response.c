// SPDX-License-Identifier: Apache-2.0
/* Names the words of a response as they are stored and shown. */
#include "port/response.h"

#define COUNT(words) (int)(sizeof(words) / sizeof(words)[0])

static const char *const response_states[] = {"planned",   "open",     "contained", "undoing",    "waiting",
                                              "restoring", "verified", "closed",    "false_alarm"};
static const char *const phases[PHASE_COUNT] = {"found",     "containing", "reopened", "contained",    "asking",       "undoing",
                                                "pending",   "confirmed",  "too_late", "compensating", "disclosed",    "human",
                                                "restoring", "kept",       "verified", "compensated",  "acknowledged", "restored"};
static const char *const step_states[] = {"ready", "claimed", "unknown", "answered", "done", "human", "canceled"};
static const char *const outcomes[] = {"", "done", "pending", "refused", "changed", "absent", "exhausted"};
static const char *const task_states[] = {"open", "proposed", "closed"};
static const char *const notice_states[] = {"held", "out", "accepted", "read", "failed", "merged"};
static const char *const ledger_kinds[] = {"loss", "returned", "compensated", "writeoff"};

static int find(const char *const *words, int count, struct str word) {
    for (int i = 0; i < count; i++)
        if (str_equal(str_from(words[i]), word)) return i;
    return -1;
}

struct str response_state_word(enum response_state s) {
    return str_from(response_states[s]);
}

struct str phase_word(enum phase p) {
    return str_from(phases[p]);
}

struct str step_state_word(enum step_state s) {
    return str_from(step_states[s]);
}

struct str step_outcome_word(enum outcome_word o) {
    return str_from(outcomes[o]);
}

struct str task_state_word(enum task_state s) {
    return str_from(task_states[s]);
}

struct str notice_state_word(enum notice_state s) {
    return str_from(notice_states[s]);
}

struct str ledger_kind_word(enum ledger_kind k) {
    return str_from(ledger_kinds[k]);
}

int response_state_from(struct str word) {
    return find(response_states, COUNT(response_states), word);
}

int phase_from(struct str word) {
    return find(phases, COUNT(phases), word);
}

int step_state_from(struct str word) {
    return find(step_states, COUNT(step_states), word);
}

int step_outcome_from(struct str word) {
    return find(outcomes, COUNT(outcomes), word);
}

int task_state_from(struct str word) {
    return find(task_states, COUNT(task_states), word);
}

int notice_state_from(struct str word) {
    return find(notice_states, COUNT(notice_states), word);
}

int ledger_kind_from(struct str word) {
    return find(ledger_kinds, COUNT(ledger_kinds), word);
}
