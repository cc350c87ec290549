// SPDX-License-Identifier: Apache-2.0
/* Counts what the server does and writes it for Prometheus. */
#include "api/metrics.h"

#include "base/version.h"
#include "event/event.h"

/* Upper bounds. Times in microseconds: a decision should take well under 10 ms; sizes in records. */
static const uint64_t time_bounds_us[] = {50,    100,   200,    500,    1000,   2000,    5000,   10000,
                                          20000, 50000, 100000, 200000, 500000, 1000000, 5000000};
static const uint64_t batch_bounds[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000};
#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void observe(struct histogram *h, const uint64_t *bounds, size_t count, uint64_t value) {
    size_t i = 0;
    while (i < count && value > bounds[i]) i++;
    h->counts[i]++;
    h->sum += value;
}

void metrics_decision(struct metrics *m, int64_t took_us) {
    observe(&m->decision_us, time_bounds_us, COUNT(time_bounds_us), took_us > 0 ? (uint64_t)took_us : 0);
}

void metrics_commit(struct metrics *m, int64_t took_us, uint64_t records) {
    observe(&m->commit_us, time_bounds_us, COUNT(time_bounds_us), took_us > 0 ? (uint64_t)took_us : 0);
    observe(&m->batch_records, batch_bounds, COUNT(batch_bounds), records);
}

static void family(struct buf *out, const char *name, const char *type, const char *help) {
    buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void sample(struct buf *out, const char *name, uint64_t value) {
    buf_fmt(out, "%s %llu\n", name, (unsigned long long)value);
}

static void labelled(struct buf *out, const char *name, const char *label, struct str word, uint64_t value) {
    buf_fmt(out, "%s{%s=\"%.*s\"} %llu\n", name, label, STR_ARGS(word), (unsigned long long)value);
}

static void gauge(struct buf *out, const char *name, const char *help, uint64_t value) {
    family(out, name, "gauge", help);
    sample(out, name, value);
}

static void counter(struct buf *out, const char *name, const char *help, uint64_t value) {
    family(out, name, "counter", help);
    sample(out, name, value);
}

/* `digits`: bounds and sum are written as value / 10^digits. */
struct scale {
    const uint64_t *bounds;
    size_t count;
    unsigned digits;
};

static void histogram(struct buf *out, const char *name, const char *help, const struct histogram *h, struct scale scale) {
    family(out, name, "histogram", help);
    uint64_t below = 0;
    for (size_t i = 0; i < scale.count; i++) {
        below += h->counts[i];
        buf_fmt(out, "%s_bucket{le=\"", name);
        buf_scaled(out, (int64_t)scale.bounds[i], scale.digits);
        buf_fmt(out, "\"} %llu\n", (unsigned long long)below);
    }
    below += h->counts[scale.count];
    buf_fmt(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum ", name, (unsigned long long)below, name);
    buf_scaled(out, (int64_t)h->sum, scale.digits);
    buf_fmt(out, "\n%s_count %llu\n", name, (unsigned long long)below);
}

static void write_events(const struct engine_totals *t, struct buf *out) {
    family(out, "hikeshi_events_total", "counter", "Events accepted, by kind.");
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        if (t->by_kind[kind]) labelled(out, "hikeshi_events_total", "kind", kind_name((enum kind)kind), t->by_kind[kind]);
    family(out, "hikeshi_decisions_total", "counter", "Decisions taken, by verdict.");
    for (unsigned verdict = 0; verdict < VERDICT_COUNT; verdict++)
        labelled(out, "hikeshi_decisions_total", "verdict", verdict_word((enum verdict)verdict), t->by_verdict[verdict]);
    counter(out, "hikeshi_events_repeated_total", "Events that came again and were answered as before.", t->repeated);
    counter(out, "hikeshi_events_conflicting_total", "Events refused because their id was used before with other content.", t->conflicts);
    counter(out, "hikeshi_incidents_opened_total", "Incidents opened.", t->incidents_opened);
    counter(out, "hikeshi_incidents_closed_total", "Incidents closed.", t->incidents_closed);
    counter(out, "hikeshi_reviews_lost_total", "Earlier entries that could not be judged again.", t->reviews_lost);
}

/* Shadow rules too: how often one would have spoken is what it is in shadow for. */
static void write_rules(const struct engine *e, struct buf *out) {
    const struct policy *policy = engine_policy(e);
    const struct engine_totals *t = engine_totals(e);
    family(out, "hikeshi_rule_fired_total", "counter", "How often a rule was true, since its policy is in force.");
    for (size_t i = 0; i < policy_rule_count(policy); i++) {
        struct rule_facts rule = policy_rule(policy, i);
        buf_fmt(out, "hikeshi_rule_fired_total{rule=\"%.*s\",state=\"%s\"} %llu\n", STR_ARGS(rule.name), rule.live ? "live" : "shadow",
                (unsigned long long)t->rule_fired[i]);
    }
}

/* Which learned model is in force, by name and check sum; none where there is no line. */
static void write_model(const struct engine *e, struct buf *out) {
    struct model_in_force m = engine_model_in_force(e);
    family(out, "hikeshi_model_info", "gauge", "Which learned model is in force.");
    if (m.name.size) buf_fmt(out, "hikeshi_model_info{model=\"%.*s\",crc32c=\"%08x\"} 1\n", STR_ARGS(m.name), m.crc32c);
    gauge(out, "hikeshi_model_position", "Journal position that brought it; 0: it ships with this build.", m.position);
    gauge(out, "hikeshi_model_refused", "1: the last one that the journal brought cannot be read, and the one before it goes on.",
          engine_model_refused(e) != NULL);
}

static void write_state(const struct engine *e, struct buf *out) {
    static const struct str classes[CELL_CLASS_COUNT] = {
        [CELL_PROFILE] = {"profile", 7}, [CELL_NARROW] = {"narrow", 6}, [CELL_WIDE] = {"wide", 4}, [CELL_ORIGIN] = {"origin", 6}};
    struct cells cells = engine_cells(e);
    family(out, "hikeshi_cells", "gauge", "Cells in use, by class; a profile is an account.");
    for (unsigned class = 0; class < CELL_CLASS_COUNT; class ++)
        labelled(out, "hikeshi_cells", "class", classes[class], cells.ops->count(cells.self, (enum cell_class) class));
    struct journal journal = engine_journal(e);
    gauge(out, "hikeshi_journal_first_position", "Oldest record kept.", journal_first(journal));
    gauge(out, "hikeshi_journal_last_position", "Newest record.", journal_last(journal));
    gauge(out, "hikeshi_journal_durable_position", "Newest record that survives a crash.", journal_durable(journal));
}

static void write_door(const struct metrics *m, struct buf *out) {
    gauge(out, "hikeshi_connections", "Connections open.", m->connections_open);
    counter(out, "hikeshi_connections_total", "Connections accepted.", m->connections);
    static const struct str classes[] = {{"", 0}, {"1xx", 3}, {"2xx", 3}, {"3xx", 3}, {"4xx", 3}, {"5xx", 3}};
    family(out, "hikeshi_http_answers_total", "counter", "HTTP answers, by class of status.");
    for (unsigned i = 2; i < COUNT(classes); i++) labelled(out, "hikeshi_http_answers_total", "status", classes[i], m->answers[i]);
    family(out, "hikeshi_gate_answers_total", "counter", "What the gate answered.");
    labelled(out, "hikeshi_gate_answers_total", "answer", STR("allow"), m->gate_allowed);
    labelled(out, "hikeshi_gate_answers_total", "answer", STR("hold"), m->gate_held);
    counter(out, "hikeshi_gate_degraded_total", "Gate answers given by the order's age alone: the store could not be read. Alarm on it.",
            m->gate_degraded);
    counter(out, "hikeshi_webhooks_total", "Webhooks of counterparts that were taken.", m->webhooks);
    counter(out, "hikeshi_webhooks_refused_total", "Webhooks with a wrong signature or from nobody we know.", m->webhooks_refused);
    counter(out, "hikeshi_batch_lines_refused_total", "Events of batches that were refused.", m->refused_events);
    struct scale seconds = {time_bounds_us, COUNT(time_bounds_us), 6}, records = {batch_bounds, COUNT(batch_bounds), 0};
    histogram(out, "hikeshi_decision_seconds", "From the first byte of a request for a decision to the last of its durable answer.",
              &m->decision_us, seconds);
    histogram(out, "hikeshi_commit_seconds", "Time of one commit: journal sync and incident store.", &m->commit_us, seconds);
    histogram(out, "hikeshi_commit_records", "Records made durable by one commit.", &m->batch_records, records);
}

/* How late the oldest timer or waiting step is: what grows when a courier, a counterpart or the store stands still. */
static uint64_t overdue_s(const struct engine *e, int64_t now_ms) {
    struct incident_store store = engine_incidents(e);
    int64_t due_ms;
    if (store.ops->next_due_ms(store.self, &due_ms) || !due_ms || due_ms > now_ms) return 0;
    return (uint64_t)(now_ms - due_ms) / 1000;
}

static uint64_t get(const _Atomic uint64_t *total) {
    return atomic_load_explicit(total, memory_order_relaxed);
}

static void summary(struct buf *out, const char *name, const char *help, uint64_t sum_ms, uint64_t count) {
    family(out, name, "summary", help);
    buf_fmt(out, "%s_sum ", name);
    buf_scaled(out, (int64_t)sum_ms, 3);
    buf_fmt(out, "\n%s_count %llu\n", name, (unsigned long long)count);
}

static void write_responses(const struct metrics_source *s, struct buf *out) {
    const struct absorb_totals *t = engine_absorbed(s->engine);
    counter(out, "hikeshi_responses_opened_total", "Responses opened.", get(&t->opened));
    counter(out, "hikeshi_responses_closed_total", "Responses closed: everything proven undone, or taken back.", get(&t->closed));
    counter(out, "hikeshi_effects_contained_total", "Effects contained.", get(&t->contained_effects));
    summary(out, "hikeshi_containment_seconds", "From the decision until every effect of the incident was contained.",
            get(&t->contained_ms), get(&t->contained));
    counter(out, "hikeshi_containment_late_total", "Responses that took more than five seconds to contain.", get(&t->contained_late));
    counter(out, "hikeshi_notices_total", "Notices written for owners.", get(&t->notices_out));
    counter(out, "hikeshi_notices_read_total", "Notices that were acknowledged.", get(&t->notices_read));
    counter(out, "hikeshi_notices_failed_total", "Notices that no channel took: a person has them.", get(&t->notices_failed));
    summary(out, "hikeshi_first_notice_seconds", "From the decision until a channel had the first notice.", get(&t->first_accepted_ms),
            get(&t->first_accepted));
    counter(out, "hikeshi_first_notice_late_total", "First notices that took more than a minute.", get(&t->first_late));
    counter(out, "hikeshi_response_overflows_total", "Incidents with more effects than are followed.", get(&t->overflows));
    gauge(out, "hikeshi_response_overdue_seconds", "How late the oldest timer or waiting step is.", overdue_s(s->engine, s->now_ms));
}

static void write_courier(const struct courier_figures *c, struct buf *out) {
    counter(out, "hikeshi_steps_sent_total", "Requests to counterparts.", c->sent);
    counter(out, "hikeshi_steps_answered_total", "Definite answers of counterparts.", c->answered);
    counter(out, "hikeshi_steps_ambiguous_total", "Requests of which nobody knows whether they were done; they are read first.",
            c->ambiguous);
    counter(out, "hikeshi_steps_not_sent_total", "Requests that surely were not done, and are tried again.", c->not_sent);
    counter(out, "hikeshi_steps_exhausted_total", "Steps given to a person.", c->exhausted);
    counter(out, "hikeshi_steps_fenced_total", "Answers that came when the lease was lost.", c->fenced);
    counter(out, "hikeshi_timers_total", "Timers that ran out.", c->timers);
    gauge(out, "hikeshi_breakers_open", "Counterparts that are not asked for now, for they fail.", c->breakers_open);
}

static void write_press(const struct press_figures *p, struct buf *out) {
    counter(out, "hikeshi_printed_total", "Documents printed.", p->printed);
    counter(out, "hikeshi_printed_kept_total", "Times that a document was asked for and was there, or on its way.", p->kept);
    counter(out, "hikeshi_printed_refused_total", "Times that too many waited for the printer.", p->refused);
    counter(out, "hikeshi_printed_failed_total", "Documents that could not be printed.", p->failed);
    gauge(out, "hikeshi_printing", "Documents that wait for the printer or are being printed.", p->waiting);
}

void metrics_write(const struct metrics *m, const struct metrics_source *s, struct buf *out) {
    family(out, "hikeshi_build_info", "gauge", "Which build this is.");
    labelled(out, "hikeshi_build_info", "version", STR(HIKESHI_VERSION), 1);
    gauge(out, "hikeshi_uptime_seconds", "Since the server began to listen.", (uint64_t)(s->now_us - m->started_us) / 1000000);
    write_events(engine_totals(s->engine), out);
    write_rules(s->engine, out);
    write_model(s->engine, out);
    write_state(s->engine, out);
    write_responses(s, out);
    if (s->courier) write_courier(s->courier, out);
    if (s->press) write_press(s->press, out);
    write_door(m, out);
}
