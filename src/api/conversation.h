// SPDX-License-Identifier: Apache-2.0
#ifndef API_CONVERSATION_H
#define API_CONVERSATION_H

#include "api/exchange.h"
#include "net/http_output.h"
#include "port/service.h"

/*
 * One connection's dialogue: requests in, answers out, in order. Knows neither sockets nor threads: bytes are put into it, time is handed
 * in, and answers are taken out of it when the engine has settled them.
 */
#define CONVERSATION_OUTPUT_SIZE (512U * 1024)
#define CONVERSATION_MEMORY_SIZE (HTTP_INPUT_SIZE + EVENT_JSON_SIZE_MAX + CONVERSATION_OUTPUT_SIZE)

struct conversation {
    struct http_reader reader;
    struct http_output output;
    struct exchange exchange; /* of the request under way */
    struct splitter splitter; /* of a batch under way */
    struct str piece;         /* of a streamed body: what the route has not taken yet */
    bool again;               /* the route must be offered the piece once more, even where nothing is left of it */
    bool refused;             /* the request under way was refused by its head; its body is read and thrown away */
    bool waiting, ending;
    bool large;        /* touched more memory than most do */
    int64_t read_us;   /* when bytes last came */
    int64_t since_us;  /* struct service_status */
    int64_t asked_us;  /* of the answer being written */
    size_t paced_size; /* of a streamed body since since_us */
};

/* `memory` has CONVERSATION_MEMORY_SIZE bytes. */
void conversation_init(struct conversation *c, void *memory, uint32_t slot, const struct address *peer, int64_t now_us);
struct service_status conversation_status(const struct conversation *c);
struct service_room conversation_room(struct conversation *c);
void conversation_take(struct conversation *c, struct api_state *api, size_t size);
void conversation_resume(struct conversation *c, struct api_state *api);
void conversation_expire(struct conversation *c, struct api_state *api);
/* The connection is over: what was ordered for it is given back. */
void conversation_over(struct conversation *c);

#endif
