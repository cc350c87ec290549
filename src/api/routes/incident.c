// SPDX-License-Identifier: Apache-2.0
/* GET /v1/incidents/{id}: an incident with its events and whose they were. */
#include "incident/incident.h"
#include "api/exchange.h"

/* A page of events; it ends earlier where another event, each byte of whose texts may need an escape, might not fit. */
#define PAGE_COUNT     256
#define EVENT_SIZE_MAX (16U * 1024)

static enum err read_after(const struct exchange *x, uint64_t *after, struct problem *p) {
    char decoded[32];
    struct buf memory = buf_over(decoded, sizeof decoded);
    struct str word;
    bool broken = false;
    if (!exchange_query(x, "after", &memory, &word, &broken)) return ERR_OK;
    if (!broken && str_to_u64(word, after) && *after <= INT64_MAX) return ERR_OK;
    return problem_set(p, ERR_INVALID, "after", "copy `next` of the page before", "after is no position");
}

/* How much of one incident can be told at once is bounded; how many events a hijacker sends into it is not. */
static enum err write_events(struct exchange *x, struct str incident, uint64_t after, struct problem *p) {
    struct incident_store store = engine_incidents(x->api->engine);
    struct incident_event_query q = {.incident = incident, .after = after, .count_max = PAGE_COUNT};
    struct incident_event_row *events;
    size_t count, written = 0;
    enum err err = store.ops->events(store.self, SIGHT_SETTLED, &q, &x->api->step, &events, &count);
    if (err) return problem_set(p, err, "incidents", "try again", "cannot read the incident: %s", err_word(err));
    buf_text(x->out, STR(",\"events\":["));
    for (; written < count && x->out->capacity - x->out->size > EVENT_SIZE_MAX; written++) {
        if (written) buf_char(x->out, ',');
        incident_write_event_json(&events[written], x->out);
    }
    buf_text(x->out, STR("],\"next\":"));
    if (written && (written < count || count == q.count_max)) buf_u64(x->out, events[written - 1].position);
    else buf_text(x->out, STR("null"));
    return ERR_OK;
}

static enum err write_incident(struct exchange *x, struct problem *p) {
    struct incident_store store = engine_incidents(x->api->engine);
    struct incident_row row;
    uint64_t after = 0;
    enum err err = read_after(x, &after, p);
    if (err) return err;
    arena_reset(&x->api->step);
    err = store.ops->find(store.self, x->parameter, &x->api->step, &row);
    if (err == ERR_NOT_FOUND) return problem_set(p, err, "id", "GET /v1/incidents lists them", "there is no such incident");
    if (err) return problem_set(p, err, "incidents", "try again", "cannot read the incident: %s", err_word(err));
    buf_char(x->out, '{');
    incident_write_members(&row, x->out);
    err = write_events(x, row.id, after, p);
    buf_char(x->out, '}');
    return err;
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    exchange_begin(x, 200, STR("application/json"));
    return write_incident(x, &p) ? exchange_refuse_err(x, &p) : EXCHANGE_DONE;
}

extern const struct route route_incident;
const struct route route_incident = {
    .name = "incident",
    .method = "GET",
    .path = "/v1/incidents/{id}",
    .scope = SCOPE_READ,
    .sentence = "An incident: its window, the hostile path, and of each event whose it was and why; long ones a page at a time.",
    .parameters =
        (const struct route_parameter[]){{"after", "events at later positions only: `next` of the page before", "{\"type\":\"integer\"}"},
                                         {0}},
    .path_parameter = "the incident's id, from an answer or a list",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"$ref\":\"#/components/schemas/incident\"}", "the incident"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "there is no such incident"},
                                             {0}},
    .answer = answer,
};
