// SPDX-License-Identifier: Apache-2.0
/* Joins conversations and engine behind the port that a server of connections calls. */
#include "api/api.h"

#include <string.h>

#include "api/conversation.h"
#include "api/openapi.h"
#include "base/check.h"
#include "base/moment.h"
#include "net/http_text.h"

#define STEP_SIZE    (2U * 1024 * 1024)
#define OPENAPI_SIZE HTTP_ANSWER_SIZE_MAX

struct api {
    struct api_state state;
    struct clock clock;
    uint32_t connections_max;
    struct conversation *conversations;
    char *memory; /* CONVERSATION_MEMORY_SIZE each */
    void (*forget)(void *at, size_t size);
    char date[32];
    int64_t date_s;           /* second that `date` tells */
    uint64_t sealed_position; /* last of the batch sealed last */
    uint64_t batch_records;   /* of the batch sealed last */
    int64_t commit_us;        /* how long its commit took; written by the committing thread before `committed` */
};

static size_t aligned(size_t size) {
    return (size + 4095) & ~(size_t)4095;
}

size_t api_memory_size(uint32_t connections_max) {
    return aligned(sizeof(struct api)) + aligned(connections_max * sizeof(struct conversation)) + STEP_SIZE + OPENAPI_SIZE +
           MODEL_TEXT_SIZE_MAX + connections_max * aligned(CONVERSATION_MEMORY_SIZE);
}

/* Wall clock and date of what is about to happen. */
static struct api_state *at_time(struct api *a, int64_t now_us) {
    struct api_state *s = &a->state;
    s->now_us = now_us;
    s->now_ms = a->clock.now_ms(a->clock.self);
    if (s->now_ms / SECOND_MS != a->date_s) {
        struct buf b = buf_over(a->date, sizeof a->date);
        http_write_date(&b, s->now_ms);
        s->date = buf_str(&b);
        a->date_s = s->now_ms / SECOND_MS;
    }
    return s;
}

struct api *api_open(const struct api_options *o, void *memory) {
    char *at = memory;
    struct api *a = memory;
    a->state = (struct api_state){.engine = o->engine,
                                  .keyring = o->keyring,
                                  .reload = o->reload,
                                  .reload_context = o->reload_context,
                                  .counterparts = o->counterparts,
                                  .press = o->press,
                                  .proxies = o->proxies,
                                  .proxy_count = o->proxy_count};
    a->state.courier = o->courier;
    a->state.courier_context = o->courier_context;
    a->clock = o->clock;
    a->connections_max = o->connections_max;
    a->forget = o->forget;
    at += aligned(sizeof *a);
    a->conversations = (struct conversation *)(void *)at;
    at += aligned(o->connections_max * sizeof(struct conversation));
    a->state.step = arena_over(at, STEP_SIZE);
    at += STEP_SIZE;
    struct buf openapi = buf_over(at, OPENAPI_SIZE);
    openapi_write(&openapi);
    CHECK(!openapi.overflow);
    a->state.openapi = buf_str(&openapi);
    at += OPENAPI_SIZE;
    a->state.upload.bytes = at;
    a->memory = at + MODEL_TEXT_SIZE_MAX;
    a->sealed_position = engine_position(o->engine);
    a->state.metrics.started_us = o->clock.monotonic_us(o->clock.self);
    return a;
}

void api_set_keyring(struct api *a, const struct keyring *keyring) {
    a->state.keyring = keyring;
}

/* -- the port ---------------------------------------------------------------------------------------------------------------------- */

static struct conversation *at_slot(struct api *a, uint32_t slot) {
    CHECK(slot < a->connections_max);
    return &a->conversations[slot];
}

static void *memory_of(struct api *a, uint32_t slot) {
    return a->memory + slot * aligned(CONVERSATION_MEMORY_SIZE);
}

static void service_open(void *self, uint32_t slot, const struct address *peer, int64_t now_us) {
    struct api *a = self;
    conversation_init(at_slot(a, slot), memory_of(a, slot), slot, peer, now_us);
    a->state.metrics.connections++;
    a->state.metrics.connections_open++;
}

static struct service_status service_status(void *self, uint32_t slot) {
    return conversation_status(at_slot(self, slot));
}

static struct service_room service_room(void *self, uint32_t slot) {
    return conversation_room(at_slot(self, slot));
}

static struct service_status service_take(void *self, uint32_t slot, size_t size, int64_t now_us) {
    struct conversation *c = at_slot(self, slot);
    conversation_take(c, at_time(self, now_us), size);
    return conversation_status(c);
}

static struct service_status service_resume(void *self, uint32_t slot, int64_t now_us) {
    struct conversation *c = at_slot(self, slot);
    conversation_resume(c, at_time(self, now_us));
    return conversation_status(c);
}

static struct service_status service_expire(void *self, uint32_t slot, int64_t now_us) {
    struct conversation *c = at_slot(self, slot);
    conversation_expire(c, at_time(self, now_us));
    return conversation_status(c);
}

static struct str service_ready(void *self, uint32_t slot) {
    struct api *a = self;
    return http_output_ready(&at_slot(a, slot)->output, engine_settled(a->state.engine));
}

static void on_answered(void *context, int64_t asked_us) {
    struct api *a = context;
    metrics_decision(&a->state.metrics, a->state.now_us - asked_us);
}

static void service_left(void *self, uint32_t slot, size_t size, int64_t now_us) {
    struct api *a = self;
    a->state.now_us = now_us;
    http_output_left(&at_slot(a, slot)->output, size, on_answered, a);
}

static bool service_is_empty(void *self, uint32_t slot) {
    return http_output_is_empty(&at_slot(self, slot)->output);
}

static void service_close(void *self, uint32_t slot) {
    struct api *a = self;
    conversation_over(at_slot(a, slot));
    if (at_slot(a, slot)->large && a->forget) a->forget(memory_of(a, slot), aligned(CONVERSATION_MEMORY_SIZE));
    a->state.metrics.connections_open--;
}

static bool service_next_woken(void *self, uint32_t *slot) {
    struct press press = ((struct api *)self)->state.press;
    return press.ops && press.ops->next_done(press.self, slot);
}

static enum err service_seal(void *self, bool *sealed, struct problem *p) {
    struct api *a = self;
    struct engine *e = a->state.engine;
    *sealed = false;
    if (a->state.broken) {
        *p = a->state.broken_why;
        return p->err;
    }
    *sealed = engine_seal(e);
    if (!*sealed) return ERR_OK;
    a->batch_records = engine_position(e) - a->sealed_position;
    a->sealed_position = engine_position(e);
    return ERR_OK;
}

static enum err service_commit(void *self, struct problem *p) {
    struct api *a = self;
    int64_t from_us = a->clock.monotonic_us(a->clock.self);
    enum err err = engine_commit(a->state.engine, p);
    a->commit_us = a->clock.monotonic_us(a->clock.self) - from_us;
    return err;
}

static void service_committed(void *self, int64_t now_us) {
    struct api *a = self;
    a->state.now_us = now_us;
    metrics_commit(&a->state.metrics, a->commit_us, a->batch_records);
}

struct service api_service(struct api *a) {
    static const struct service_ops ops = {
        .open = service_open,
        .status = service_status,
        .room = service_room,
        .take = service_take,
        .resume = service_resume,
        .expire = service_expire,
        .ready = service_ready,
        .left = service_left,
        .is_empty = service_is_empty,
        .close = service_close,
        .next_woken = service_next_woken,
        .seal = service_seal,
        .commit = service_commit,
        .committed = service_committed,
    };
    return (struct service){&ops, a};
}
