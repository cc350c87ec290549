// SPDX-License-Identifier: Apache-2.0
/* GET /v1/incidents/{id}: an incident with its events and whose they were. */
#include "incident/incident.h"
#include "api/exchange.h"

static enum err write_incident(struct exchange *x, struct problem *p) {
    struct incident_store store = engine_incidents(x->api->engine);
    struct arena *step = &x->api->step;
    struct incident_row row;
    struct incident_event_row *events;
    size_t count;
    arena_reset(step);
    enum err err = store.ops->find(store.self, x->parameter, step, &row);
    if (err == ERR_NOT_FOUND) return problem_set(p, err, "id", "GET /v1/incidents lists them", "there is no such incident");
    if (!err) err = store.ops->events(store.self, row.id, step, &events, &count);
    if (err) return problem_set(p, err, "incidents", "try again", "cannot read the incident: %s", err_word(err));
    buf_char(x->out, '{');
    incident_write_members(&row, x->out);
    buf_text(x->out, STR(",\"events\":["));
    for (size_t i = 0; i < count; i++) {
        if (i) buf_char(x->out, ',');
        incident_write_event_json(&events[i], x->out);
    }
    buf_text(x->out, STR("]}"));
    return ERR_OK;
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
    .sentence = "An incident: its window, the hostile path, and of each event whose it was and why.",
    .path_parameter = "the incident's id, from an answer or a list",
    .answers = (const struct route_answer[]){{200, "application/json", "{\"$ref\":\"#/components/schemas/incident\"}", "the incident"},
                                             {404, "application/problem+json", "{\"$ref\":\"#/components/schemas/problem\"}",
                                              "there is no such incident"},
                                             {0}},
    .answer = answer,
};
