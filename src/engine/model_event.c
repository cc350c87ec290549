// SPDX-License-Identifier: Apache-2.0
/* Packs a model's text into an event of ours, and unpacks it. */
#include "engine/model_event.h"

#include "base/json.h"

enum err model_event_make(struct model_event *out, const struct model_change *change, uint64_t position, int64_t now_ms,
                          struct problem *p) {
    struct buf id = buf_over(out->id, sizeof out->id);
    buf_fmt(&id, "model-%llu", (unsigned long long)position);
    struct buf extra = buf_over(out->extra, sizeof out->extra);
    buf_text(&extra, STR("{\"name\":"));
    buf_json(&extra, change->name);
    buf_text(&extra, STR(",\"by\":"));
    buf_json(&extra, change->by);
    buf_fmt(&extra, ",\"before\":%llu,\"back_from\":%llu,\"model\":", (unsigned long long)change->before,
            (unsigned long long)change->back_from);
    buf_json(&extra, change->text);
    buf_char(&extra, '}');
    if (extra.overflow)
        return problem_set(p, ERR_TOO_LARGE, "model", "train it with fewer or smaller trees", "model does not fit into %zu bytes",
                           sizeof out->extra);
    out->event = (struct event){
        .source = MODEL_EVENT_SOURCE,
        .id = buf_str(&id),
        .type = kind_name(KIND_MODEL_CHANGED),
        .kind = KIND_MODEL_CHANGED,
        .time_ms = now_ms,
        .extra = buf_str(&extra),
    };
    return ERR_OK;
}

/* 0 where it is missing: the built-in model has no record. */
static uint64_t position_of(struct json root, struct str member) {
    int64_t value;
    return json_whole(json_get(root, member), &value) && value > 0 ? (uint64_t)value : 0;
}

enum err model_event_read(const struct event *event, struct arena *step, struct model_change *out) {
    struct json root;
    enum err err = json_parse(event->extra, POLICY_EVENT_SIZE_MAX, step, &root, NULL);
    if (err) return err;
    *out = (struct model_change){
        .text = json_text(json_get(root, STR("model"))),
        .name = json_text(json_get(root, STR("name"))),
        .by = json_text(json_get(root, STR("by"))),
        .before = position_of(root, STR("before")),
        .back_from = position_of(root, STR("back_from")),
    };
    return out->text.size ? ERR_OK : ERR_CORRUPT;
}
