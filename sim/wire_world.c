// SPDX-License-Identifier: Apache-2.0
/* Carries requests to the pretended world and its answers back, as late and as broken as the world's network says. */
#include "sim/wire_world.h"

#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "base/moment.h"

#define UNDER_WAY_MAX 4096
#define LATENCY_MS    20
#define STEP_MEMORY   (2U * 1024 * 1024)

struct parcel {
    struct parcel *next;
    int64_t due_ms;
    struct wire_answer answer;
    char body[]; /* of the answer */
};

struct wire_world {
    struct world *world;
    int64_t (*now_ms)(void *context);
    void *context;
    struct parcel *first;  /* in the order of their due times */
    struct parcel *handed; /* by the last poll; freed by the next */
    size_t under_way;
    struct arena step;
};

static void free_list(struct parcel **first) {
    for (struct parcel *p = *first, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    *first = NULL;
}

struct wire_world *wire_world_open(struct world *w, int64_t (*now_ms)(void *context), void *context) {
    struct wire_world *x = calloc(1, sizeof *x);
    char *memory = malloc(STEP_MEMORY);
    CHECK(x && memory);
    *x = (struct wire_world){.world = w, .now_ms = now_ms, .context = context, .step = arena_over(memory, STEP_MEMORY)};
    return x;
}

void wire_world_close(struct wire_world *x) {
    if (!x) return;
    free_list(&x->first);
    free_list(&x->handed);
    free(x->step.at);
    free(x);
}

/* "/contain" of "http://shop.example/hikeshi/contain". */
static struct str path_of(struct str url) {
    size_t scheme = str_find(url, STR("://"), 0);
    return str_slice(url, str_find_char(url, '/', scheme < url.size ? scheme + 3 : 0), url.size);
}

static void lost(struct wire_answer *a, enum wire_fate fate, const char *why) {
    a->fate = fate;
    (void)snprintf(a->error, sizeof a->error, "%s", why);
}

/* When the answer arrives; for what never comes, when the caller gives up. */
static int64_t takes_ms(const struct wire_request *r, const struct world_reply *reply, struct wire_answer *a) {
    int64_t ms = LATENCY_MS + reply->delay_ms;
    if (reply->fault == FAULT_DOWN) {
        lost(a, WIRE_NOT_SENT, "connection refused");
        return LATENCY_MS;
    }
    if (reply->fault != FAULT_DROP && reply->fault != FAULT_DO_AND_DROP && ms <= r->timeout_ms) return ms;
    lost(a, WIRE_UNKNOWN, "no answer within the time-out");
    return r->timeout_ms;
}

static void insert(struct wire_world *x, struct parcel *p) {
    struct parcel **at = &x->first;
    while (*at && (*at)->due_ms <= p->due_ms) at = &(*at)->next;
    p->next = *at;
    *at = p;
    x->under_way++;
}

static enum err start(void *self, const struct wire_request *r, struct problem *p) {
    struct wire_world *x = self;
    if (x->under_way == UNDER_WAY_MAX) return problem_set(p, ERR_FULL, "", "poll first", "too many requests are under way");
    struct world_reply reply;
    int64_t now_ms = x->now_ms(x->context);
    arena_reset(&x->step);
    if (r->mail) world_take_mail(x->world, now_ms, r->mail->from, r->mail->to, r->body, &reply);
    else world_answer(x->world, now_ms, path_of(r->url), r->headers, r->header_count, r->body, &x->step, &reply);
    struct wire_answer answer = {.id = r->id, .fate = WIRE_ANSWERED, .status = reply.status};
    int64_t due_ms = now_ms + takes_ms(r, &reply, &answer);
    size_t size = answer.fate == WIRE_ANSWERED ? reply.body.size : 0;
    struct parcel *parcel = malloc(sizeof *parcel + size);
    CHECK(parcel);
    parcel->due_ms = due_ms;
    if (size) memcpy(parcel->body, reply.body.at, size);
    answer.body = (struct str){parcel->body, size};
    answer.retry_after_ms = reply.retry_after_s * SECOND_MS;
    parcel->answer = answer;
    insert(x, parcel);
    return ERR_OK;
}

static size_t poll(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
    struct wire_world *x = self;
    int64_t now_ms = x->now_ms(x->context);
    size_t count = 0;
    (void)wait_ms;
    free_list(&x->handed);
    while (count < count_max && x->first && x->first->due_ms <= now_ms) {
        struct parcel *p = x->first;
        x->first = p->next;
        p->next = x->handed;
        x->handed = p;
        x->under_way--;
        out[count++] = p->answer;
    }
    return count;
}

static size_t under_way(void *self) {
    return ((struct wire_world *)self)->under_way;
}

/* Nobody waits in virtual time. */
static void wake(void *self) {
    (void)self;
}

struct wire wire_world_wire(struct wire_world *x) {
    static const struct wire_ops ops = {start, poll, under_way, wake};
    return (struct wire){&ops, x};
}

int64_t wire_world_next_ms(const struct wire_world *x) {
    return x->first ? x->first->due_ms : 0;
}
