// SPDX-License-Identifier: Apache-2.0
/* GET /v1/incidents: the incidents, newest first, a page at a time. */
#include "api/exchange.h"
#include "incident/incident.h"

#define PAGE_COUNT_DEFAULT 50
#define PAGE_COUNT_MAX     200

struct question {
    struct incident_query query;
    char memory[512]; /* decoded parameters */
};

static enum err read_status(struct str word, struct question *q, struct problem *p) {
    if (str_equal(word, STR("open"))) q->query.status = INCIDENT_OPEN;
    else if (str_equal(word, STR("closed"))) q->query.status = INCIDENT_CLOSED;
    else return problem_set(p, ERR_INVALID, "status", "ask for open or closed", "status is neither open nor closed");
    return ERR_OK;
}

static enum err read_limit(struct str word, struct question *q, struct problem *p) {
    uint64_t limit;
    if (!str_to_u64(word, &limit) || limit < 1 || limit > PAGE_COUNT_MAX)
        return problem_set(p, ERR_INVALID, "limit", "ask for 1 to 200", "limit is no number from 1 to %d", PAGE_COUNT_MAX);
    q->query.count_max = (uint32_t)limit;
    return ERR_OK;
}

static enum err read_question(const struct exchange *x, struct question *q, struct problem *p) {
    struct buf memory = buf_over(q->memory, sizeof q->memory);
    struct str word;
    bool broken = false;
    enum err err = ERR_OK;
    q->query = (struct incident_query){.account = STR_NONE, .status = -1, .count_max = PAGE_COUNT_DEFAULT};
    if (exchange_query(x, "account", &memory, &word, &broken)) q->query.account = word;
    if (exchange_query(x, "status", &memory, &word, &broken)) err = read_status(word, q, p);
    if (!err && exchange_query(x, "limit", &memory, &word, &broken)) err = read_limit(word, q, p);
    if (!err && exchange_query(x, "before", &memory, &word, &broken)) {
        q->query.before = incident_position(word);
        if (!q->query.before) err = problem_set(p, ERR_INVALID, "before", "copy `next` of the page before", "before is no incident's id");
    }
    if (!err && broken) err = problem_set(p, ERR_INVALID, "query", "write it as UTF-8, percent-encoded", "a parameter cannot be decoded");
    return err;
}

static enum err write_page(struct exchange *x, const struct incident_query *query, struct problem *p) {
    struct incident_store store = engine_incidents(x->api->engine);
    struct incident_row *rows;
    size_t count;
    arena_reset(&x->api->step);
    enum err err = store.ops->list(store.self, query, &x->api->step, &rows, &count);
    if (err) return problem_set(p, err, "incidents", "try again", "cannot list the incidents: %s", err_word(err));
    buf_text(x->out, STR("{\"incidents\":["));
    for (size_t i = 0; i < count; i++) {
        if (i) buf_char(x->out, ',');
        incident_write_json(&rows[i], x->out);
    }
    buf_text(x->out, STR("],\"next\":"));
    if (count == query->count_max) buf_json(x->out, rows[count - 1].id);
    else buf_text(x->out, STR("null"));
    buf_char(x->out, '}');
    return ERR_OK;
}

static enum exchange_result answer(struct exchange *x) {
    struct problem p = {0};
    struct question q;
    if (read_question(x, &q, &p)) return exchange_refuse_err(x, &p);
    exchange_begin(x, 200, STR("application/json"));
    return write_page(x, &q.query, &p) ? exchange_refuse_err(x, &p) : EXCHANGE_DONE;
}

extern const struct route route_incidents;
const struct route route_incidents = {
    .name = "incidents",
    .method = "GET",
    .path = "/v1/incidents",
    .scope = SCOPE_READ,
    .sentence = "The incidents, newest first, a page at a time.",
    .parameters =
        (const struct route_parameter[]){
            {"account", "only those of this account", "{\"type\":\"string\"}"},
            {"status", "only these", "{\"type\":\"string\",\"enum\":[\"open\",\"closed\"]}"},
            {"before", "those opened before this one: `next` of the page before", "{\"type\":\"string\"}"},
            {"limit", "how many at most; 50 where nothing is said", "{\"type\":\"integer\",\"minimum\":1,\"maximum\":200}"},
            {0}},
    .answers = (const struct route_answer[]){{200, "application/json", "{\"$ref\":\"#/components/schemas/incident_page\"}", "a page"}, {0}},
    .answer = answer,
};
