// SPDX-License-Identifier: Apache-2.0
/* Packs a policy's bundle into an event of ours, and unpacks it. */
#include "engine/policy_event.h"

#include "base/json.h"

enum err policy_event_make(struct policy_event *out, struct str bundle, struct str version, uint64_t position, int64_t now_ms,
                           struct problem *p) {
    struct buf id = buf_over(out->id, sizeof out->id);
    buf_fmt(&id, "policy-%llu", (unsigned long long)position);
    struct buf extra = buf_over(out->extra, sizeof out->extra);
    buf_text(&extra, STR("{\"bundle\":"));
    buf_json(&extra, bundle);
    buf_char(&extra, '}');
    if (extra.overflow)
        return problem_set(p, ERR_TOO_LARGE, "policy", "split or shorten rules and lists",
                           "policy with its rules and lists is larger than %zu bytes", sizeof out->extra);
    out->event = (struct event){
        .source = POLICY_EVENT_SOURCE,
        .id = buf_str(&id),
        .type = kind_name(KIND_POLICY_CHANGED),
        .kind = KIND_POLICY_CHANGED,
        .time_ms = now_ms,
        .policy = version,
        .extra = buf_str(&extra),
    };
    return ERR_OK;
}

enum err policy_event_read(const struct event *event, struct arena *step, struct str *bundle) {
    struct json root;
    enum err err = json_parse(event->extra, POLICY_EVENT_SIZE_MAX, step, &root, NULL);
    if (err) return err;
    *bundle = json_text(json_get(root, STR("bundle")));
    return bundle->size ? ERR_OK : ERR_CORRUPT;
}
