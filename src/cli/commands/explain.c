// SPDX-License-Identifier: Apache-2.0
/* hikeshi explain: tells why an event was decided as it was, from the journal; what is usual for its account, and what would flip it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "base/moment.h"
#include "cli/cli.h"
#include "cli/journal_look.h"
#include "cli/plain_text.h"
#include "cli/wiring.h"
#include "engine/page.h"

static const struct cli_option options[] = {
    {"--data", "DIR", "the data directory (default: data); it may be in use"},
    {"--measures", NULL, "show what every detector measured, and every feature, too"},
    {"--brief", NULL, "what the journal says, without a replay: no usual values, no flips, no measures"},
    {"--json", NULL, "print one JSON object"},
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

static void write_moment(struct buf *b, const char *name, int64_t at_ms) {
    buf_fmt(b, "%-10s ", name);
    moment_format(b, at_ms);
    buf_char(b, '\n');
}

/* A word of ours before a text of the event's. */
static void write_text(struct buf *b, const char *before, struct str text) {
    buf_text(b, str_from(before));
    plain_text_write(b, text);
}

static void write_path(struct buf *b, const struct event *e) {
    if (e->ip.family == ADDRESS_NONE && !e->user_agent.size) return;
    buf_fmt(b, "%-10s ", "path");
    address_format(b, &e->ip);
    if (e->asn_present) buf_fmt(b, ", AS%lld", (long long)e->asn);
    if (e->country.size) write_text(b, " (", e->country), write_text(b, e->net ? ", " : "", net_word(e->net)), buf_char(b, ')');
    buf_fmt(b, "\n%-10s ", "");
    write_text(b, "", e->user_agent);
    buf_char(b, '\n');
}

static void write_reasons(struct buf *b, const struct decision *d) {
    if (!d->reason_count) buf_fmt(b, "%-10s nothing about it was unusual\n", "reasons");
    for (unsigned i = 0; i < d->reason_count; i++) {
        buf_fmt(b, "%-10s %+5.1f  ", i ? "" : "reasons", d->reasons[i].weight_milli / 1e3);
        write_text(b, "", d->reasons[i].text);
        write_text(b, " (", d->reasons[i].code);
        buf_text(b, STR(")\n"));
    }
}

static enum err write_finding(const struct finding *f, struct buf *b) {
    struct event e;
    struct decision d;
    enum err err = event_decode(f->record.event, &e);
    if (!err) err = decision_decode(f->record.decision, &d);
    if (err) return err;
    buf_fmt(b, "%-10s ", "event");
    write_text(b, "", e.id);
    write_text(b, ", ", e.type);
    if (e.subject.size) write_text(b, " of account ", e.subject);
    buf_char(b, '\n');
    write_moment(b, "happened", e.time_ms);
    write_moment(b, "received", f->record.received_ms);
    write_path(b, &e);
    buf_fmt(b, "%-10s %.*s, score %u: %.4f %% of owners' own logins score as high\n", "decision", STR_ARGS(verdict_word(d.verdict)),
            d.score, d.challenge_rate_ppm / 1e4);
    buf_fmt(b, "%-10s %.*s, journal position %llu\n", "policy", STR_ARGS(d.policy), (unsigned long long)f->record.position);
    if (d.incident.size) buf_fmt(b, "%-10s %.*s\n", "incident", STR_ARGS(d.incident));
    write_reasons(b, &d);
    return ERR_OK;
}

static enum err write_judged_again(struct engine *engine, const struct event *e, const struct arguments *a, struct buf *b,
                                   struct problem *p) {
    bool json = argument_given(a, "--json");
    struct flips flips;
    enum err err = engine_find_flips(engine, e, &flips, p);
    if (err) return err;
    if (json) buf_char(b, ','), flips_write_json(&flips, b);
    else flips_write_text(&flips, b);
    if (!argument_given(a, "--measures")) return ERR_OK;
    buf_text(b, json ? STR(",\"measures\":") : STR("\n"));
    return engine_write_measures(engine, e, json, b, p);
}

/* The state of that moment, rebuilt in memory from the journal, and the event looked at once more in it. */
static enum err write_replayed(const char *data, const struct finding *f, const struct arguments *a, struct buf *b, struct problem *p) {
    struct wiring_options o = {.learn_from = data, .learn_to = f->record.position - 1};
    struct wiring w;
    enum err err = wiring_open(&o, &w, p);
    if (err) return err;
    struct event e;
    err = event_decode(f->record.event, &e);
    if (!err) err = write_judged_again(w.engine, &e, a, b, p);
    struct problem ignored;
    (void)!wiring_close(&w, &ignored);
    return err;
}

/* The finding, and what a replay says as its last members or below it. Before the first event there is nothing to compare with. */
static enum err write_all(const struct arguments *a, const char *data, const struct finding *f, struct buf *b, struct problem *p) {
    bool json = argument_given(a, "--json");
    if (json ? page_write_record(&f->record, b) : write_finding(f, b))
        return problem_set(p, ERR_CORRUPT, "", "run `hikeshi journal verify`", "cannot decode record %llu",
                           (unsigned long long)f->record.position);
    enum err err = ERR_OK;
    if (!argument_given(a, "--brief") && f->record.position > 1) {
        if (json) b->size--; /* the closing brace comes after */
        err = write_replayed(data, f, a, b, p);
        if (json) buf_char(b, '}');
    }
    if (json) buf_char(b, '\n');
    return !err && b->overflow ? problem_set(p, ERR_TOO_LARGE, "", "", "what is to be told does not fit its buffer") : err;
}

#define TEXT_SIZE (PAGE_RECORD_SIZE_MAX + 64 * 1024)

static int run(const struct arguments *a) {
    struct problem p = {0};
    if (a->operand_count != 1) {
        (void)problem_set(&p, ERR_INVALID, "", "hikeshi explain EVENT", "say which event");
        return cli_fail(&p);
    }
    if (argument_given(a, "--brief") && argument_given(a, "--measures")) {
        (void)problem_set(&p, ERR_INVALID, "--brief", "leave one of them out", "measures need a replay");
        return cli_fail(&p);
    }
    static struct finding f;
    f.wanted = str_from(a->operands[0]);
    if (!str_to_u64(f.wanted, &f.position)) f.position = 0;
    const char *data = argument(a, "--data", "data");
    char *memory = malloc(TEXT_SIZE);
    struct buf b = buf_over(memory, memory ? TEXT_SIZE : 0);
    enum err err = memory ? find(data, &f, &p) : problem_set(&p, ERR_FULL, "", "", "no memory");
    if (!err) err = write_all(a, data, &f, &b, &p);
    if (!err && argument_given(a, "--json")) (void)fwrite(b.at, 1, b.size, stdout);
    else if (!err) plain_text_print(stdout, buf_str(&b)); /* the measures quote the event too */
    free(memory);
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_explain;
const struct command command_explain = {
    .name = "explain",
    .sentence = "tell why an event was decided as it was",
    .operands = "EVENT",
    .options = options,
    .run = run,
    .example = "hikeshi explain e000000001 --data data",
};
