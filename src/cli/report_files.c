// SPDX-License-Identifier: Apache-2.0
/* Loads what a report is made of, and prints documents into files. */
#include "cli/report_files.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/check.h"
#include "print/print.h"

#define EVENTS_MAX 4096 /* of one incident: more are not attributed in one go (incident/incident.h), and a report tells 500 */

static enum err load_rows(const struct incident_store_ops *ops, void *self, struct str id, struct arena *step, struct report_source *s) {
    struct effect_row *effects;
    struct ledger_row *ledger;
    struct incident_event_row *events;
    struct proof_row *proofs;
    struct notice_row *notices;
    struct task_row *tasks;
    struct audit_row *audits;
    const struct effect_query of_effects = {.incident = id, .count_max = EFFECT_COUNT_MAX};
    const struct incident_event_query of_events = {.incident = id, .count_max = EVENTS_MAX};
    enum err err = ops->effects(self, SIGHT_SETTLED, &of_effects, step, &effects, &s->rows.effect_count);
    if (!err) err = ops->ledger(self, SIGHT_SETTLED, id, step, &ledger, &s->rows.ledger_count);
    if (!err) err = ops->events(self, SIGHT_SETTLED, &of_events, step, &events, &s->event_count);
    if (!err) err = ops->proofs(self, SIGHT_SETTLED, id, step, &proofs, &s->proof_count);
    if (!err) err = ops->notices(self, SIGHT_SETTLED, id, step, &notices, &s->notice_count);
    if (!err) err = ops->tasks(self, SIGHT_SETTLED, id, step, &tasks, &s->task_count);
    if (!err) err = ops->audit(self, SIGHT_SETTLED, id, step, &audits, &s->audit_count);
    if (err) return err;
    s->rows.effects = effects, s->rows.ledger = ledger, s->events = events, s->proofs = proofs;
    s->notices = notices, s->tasks = tasks, s->audits = audits;
    return ERR_OK;
}

enum err report_files_load(struct incident_store s, struct str id, struct arena *step, struct report_rows *out) {
    *out = (struct report_rows){0};
    out->source.rows.incident = &out->incident;
    out->source.rows.response = &out->response;
    enum err err = s.ops->find(s.self, id, step, &out->incident);
    if (!err) err = s.ops->find_response(s.self, SIGHT_SETTLED, id, step, &out->response);
    return err ? err : load_rows(s.ops, s.self, id, step, &out->source);
}

struct report_wish report_files_wish(const struct report_rows *r, uint32_t version, int64_t made_ms, int64_t offset_ms) {
    return (struct report_wish){.version = version, .made_ms = made_ms, .zone = r->incident.timezone, .offset_ms = offset_ms};
}

static enum err write_file(const char *path, struct str bytes, struct problem *p) {
    FILE *f = fopen(path, "wb");
    bool failed = !f || fwrite(bytes.at, 1, bytes.size, f) != bytes.size;
    if (f && fclose(f)) failed = true;
    return failed ? problem_set(p, ERR_IO, path, "is the folder there, and may it be written to?", "cannot write the file") : ERR_OK;
}

enum err report_files_pdf(const struct document *d, const char *author, int64_t made_ms, const char *path, size_t *pages,
                          struct problem *p) {
    char *memory = malloc(PRINT_SIZE_MAX);
    CHECK(memory);
    struct buf out = buf_over(memory, PRINT_SIZE_MAX);
    struct print_settings settings = {str_from(author), made_ms};
    struct print_result result;
    enum err err = print_pdf(d, &settings, &out, &result, p);
    *pages = result.page_count;
    if (!err) err = write_file(path, buf_str(&out), p);
    free(memory);
    return err;
}
