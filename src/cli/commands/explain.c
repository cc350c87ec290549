// SPDX-License-Identifier: Apache-2.0
/* hikeshi explain: tells why an event was decided as it was, from the journal; with what every detector measured at that moment. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/moment.h"
#include "cli/cli.h"
#include "cli/journal_look.h"
#include "cli/wiring.h"
#include "engine/page.h"

static const struct cli_option options[] = {
    {"--data", "DIR", "the data directory (default: data); it may be in use"},
    {"--measures", NULL, "replay up to the event and show what every detector measured, and every feature"},
    {"--json", NULL, "print JSON"},
    {0},
};

/* What is looked for, and the last record that is it. */
struct finding {
    struct str wanted; /* an event's id, or a position */
    uint64_t position;
    char event_memory[POLICY_EVENT_SIZE_MAX], decision_memory[DECISION_BINARY_SIZE_MAX];
    struct journal_record record; /* position 0 = not found */
};

static enum err look_at(void *context, const struct journal_record *r) {
    struct finding *f = context;
    struct event event;
    enum err err = event_decode(r->event, &event);
    if (err) return err;
    if (r->position != f->position && !str_equal(event.id, f->wanted)) return ERR_OK;
    f->record = *r;
    memcpy(f->event_memory, r->event.at, r->event.size);
    memcpy(f->decision_memory, r->decision.at, r->decision.size);
    f->record.event.at = f->event_memory;
    f->record.decision.at = f->decision_memory;
    return ERR_OK;
}

static enum err find(const char *data, struct finding *f, struct problem *p) {
    struct journal_look look;
    enum err err = journal_look_open(data, &look, p);
    if (err) return err;
    err = look.journal.ops->scan(look.journal.self, journal_first(look.journal), look_at, f, p);
    journal_look_close(&look);
    if (!err && !f->record.position)
        return problem_set(p, ERR_NOT_FOUND, "", "give the id of an event, or the position of its answer", "journal holds no event '%.*s'",
                           STR_ARGS(f->wanted));
    return err;
}

static void print_moment(const char *name, int64_t at_ms) {
    char memory[32];
    struct buf b = buf_over(memory, sizeof memory);
    moment_format(&b, at_ms);
    (void)printf("%-10s %.*s\n", name, STR_ARGS(buf_str(&b)));
}

static void print_path(const struct event *e) {
    char memory[64];
    struct buf b = buf_over(memory, sizeof memory);
    address_format(&b, &e->ip);
    if (!b.size && !e->user_agent.size) return;
    (void)printf("%-10s %.*s", "path", STR_ARGS(buf_str(&b)));
    if (e->asn_present) (void)printf(", AS%lld", (long long)e->asn);
    if (e->country.size) (void)printf(" (%.*s%s%.*s)", STR_ARGS(e->country), e->net ? ", " : "", STR_ARGS(net_word(e->net)));
    (void)printf("\n%-10s %.*s\n", "", STR_ARGS(e->user_agent));
}

static enum err print_finding(const struct finding *f, struct problem *p) {
    struct event e;
    struct decision d;
    enum err err = event_decode(f->record.event, &e);
    if (!err) err = decision_decode(f->record.decision, &d);
    if (err)
        return problem_set(p, err, "", "run `hikeshi journal verify`", "cannot decode record %llu", (unsigned long long)f->record.position);
    (void)printf("%-10s %.*s, %.*s of account %.*s\n", "event", STR_ARGS(e.id), STR_ARGS(e.type), STR_ARGS(e.subject));
    print_moment("happened", e.time_ms);
    print_moment("received", f->record.received_ms);
    print_path(&e);
    (void)printf("%-10s %.*s, score %u: %.4f %% of owners' own logins score as high\n", "decision", STR_ARGS(verdict_word(d.verdict)),
                 d.score, d.challenge_rate_ppm / 1e4);
    (void)printf("%-10s %.*s, journal position %llu\n", "policy", STR_ARGS(d.policy), (unsigned long long)f->record.position);
    if (d.incident.size) (void)printf("%-10s %.*s\n", "incident", STR_ARGS(d.incident));
    if (!d.reason_count) (void)printf("%-10s nothing about it was unusual\n", "reasons");
    for (unsigned i = 0; i < d.reason_count; i++)
        (void)printf("%-10s %+5.1f  %.*s (%.*s)\n", i ? "" : "reasons", d.reasons[i].weight_milli / 1e3, STR_ARGS(d.reasons[i].text),
                     STR_ARGS(d.reasons[i].code));
    return ERR_OK;
}

static enum err print_json(const struct finding *f, struct problem *p) {
    size_t size = PAGE_RECORD_SIZE_MAX;
    char *memory = malloc(size);
    struct buf b = buf_over(memory, memory ? size : 0);
    enum err err = page_write_record(&f->record, &b);
    if (!err && !b.overflow) (void)printf("%.*s\n", STR_ARGS(buf_str(&b)));
    free(memory);
    return err || b.overflow ? problem_set(p, ERR_CORRUPT, "", "run `hikeshi journal verify`", "cannot decode the record") : ERR_OK;
}

/* The state of that moment, rebuilt in memory from the journal, and the event looked at once more in it. */
static enum err print_measures(const char *data, const struct finding *f, bool json, struct problem *p) {
    struct wiring_options o = {.learn_from = data, .learn_to = f->record.position - 1};
    if (f->record.position == 1) return ERR_OK; /* before the first event there is nothing to measure against */
    struct wiring w;
    enum err err = wiring_open(&o, &w, p);
    if (err) return err;
    struct event e;
    err = event_decode(f->record.event, &e);
    static char memory[64 * 1024];
    struct buf b = buf_over(memory, sizeof memory);
    if (!err) err = engine_write_measures(w.engine, &e, json, &b, p);
    if (!err) (void)printf("%s%.*s\n", json ? "" : "\n", STR_ARGS(buf_str(&b)));
    struct problem ignored;
    (void)!wiring_close(&w, &ignored);
    return err;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    if (a->operand_count != 1) {
        (void)problem_set(&p, ERR_INVALID, "", "hikeshi explain EVENT", "say which event");
        return cli_fail(&p);
    }
    static struct finding f;
    f.wanted = str_from(a->operands[0]);
    if (!str_to_u64(f.wanted, &f.position)) f.position = 0;
    const char *data = argument(a, "--data", "data");
    bool json = argument_given(a, "--json");
    enum err err = find(data, &f, &p);
    if (!err) err = json ? print_json(&f, &p) : print_finding(&f, &p);
    if (!err && argument_given(a, "--measures")) err = print_measures(data, &f, json, &p);
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_explain;
const struct command command_explain = {
    .name = "explain",
    .sentence = "tell why an event was decided as it was",
    .operands = "EVENT",
    .options = options,
    .run = run,
    .example = "hikeshi explain e000000001 --data data --measures",
};
