// SPDX-License-Identifier: Apache-2.0
/* Tells which learned model is in force, and how a change of it went. */
#include "api/model_answer.h"

static void write_refused(const struct problem *refused, struct buf *out) {
    buf_text(out, STR(",\"refused\":"));
    if (refused) buf_json(out, str_from(refused->what));
    else buf_text(out, STR("null"));
}

enum exchange_result model_answer(struct exchange *x) {
    const struct engine *e = x->api->engine;
    struct model_in_force m = engine_model_in_force(e);
    exchange_begin(x, 200, STR("application/json"));
    buf_text(x->out, STR("{\"name\":"));
    if (m.name.size) buf_json(x->out, m.name);
    else buf_text(x->out, STR("null"));
    buf_text(x->out, STR(",\"about\":"));
    buf_json(x->out, m.about);
    buf_fmt(x->out, ",\"crc32c\":\"%08x\",\"boosted_trees\":%u,\"isolation_trees\":%u,\"columns\":%u,\"position\":%llu", m.crc32c,
            m.boosted_trees, m.isolation_trees, m.columns, (unsigned long long)m.position);
    write_refused(engine_model_refused(e), x->out);
    buf_char(x->out, '}');
    return EXCHANGE_DONE;
}

/* A file that is damaged is the caller's mistake. */
static unsigned status_of(enum err err) {
    return err == ERR_CORRUPT ? 400 : exchange_status_of(err);
}

enum exchange_result model_answer_change(struct exchange *x, enum err err, struct problem *p) {
    if (exchange_settle(x, &err, p) == EXCHANGE_LATER) return EXCHANGE_LATER;
    if (err) {
        exchange_refuse(x, status_of(err), p, STR_NONE);
        return EXCHANGE_DONE;
    }
    x->position = engine_position(x->api->engine);
    return model_answer(x);
}
