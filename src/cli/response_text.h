// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_RESPONSE_TEXT_H
#define CLI_RESPONSE_TEXT_H

#include "base/buf.h"
#include "port/incident_store.h"

/* What is done about an incident, as a person reads it at a terminal: pure text. Times are UTC. */

/* What is known of one response; rows as the store lists them. `tasks` may hold closed ones, which are not told. */
struct response_view {
    struct response_row response;
    const struct effect_row *effects;
    size_t effect_count;
    const struct task_row *tasks;
    size_t task_count;
    const struct ledger_row *ledger;
    size_t ledger_count;
    const struct notice_row *notices; /* may be left out: then nothing is said of what was told */
    size_t notice_count;
};

/* Its state, the effects one a line, the money per currency, what the owner was told, open tasks, and the next clocks. */
void response_text_story(const struct response_view *v, struct buf *out);
/* Everything that is still to be done, effect by effect, in order, if all goes well: a dry run. */
void response_text_plan(const struct response_view *v, struct buf *out);
/* The same as members of a JSON object that has others before: ,"response":{..},"effects":[..],"money":{..},"tasks":[..] */
void response_text_json(const struct response_view *v, struct buf *out);

/* How its effects came where they are, from the audit chain: a line for each new phase but those in which something is only asked for, with
 * the time since the decision. Only of rows with a greater number than `after`. */
void response_text_timeline(const struct response_view *v, const struct audit_row *rows, size_t count, uint32_t after, struct buf *out);

/* One link of the audit chain, as text or as JSON, and a line end. */
void response_text_audit(const struct audit_row *r, bool json, struct buf *out);

/* One task: when it is due, what to do, and what may be answered. */
void response_text_task(const struct task_row *r, struct buf *out);

#endif
