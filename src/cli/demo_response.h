// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_DEMO_RESPONSE_H
#define CLI_DEMO_RESPONSE_H

#include "cli/child_server.h"
#include "cli/demo_told.h"
#include "net/http_client.h"
#include "port/incident_store.h"
#include "sim/world_server.h"
#include "sys/clock_shifted.h"

/*
 * The second half of the demo: a pretended world (sim/) stands behind the server as its counterparts, and both live by one clock, which the
 * demo moves: the night passes as it was told, and once everything is contained, days pass in moments until the incident is closed. What is
 * shown is read from the server's own incident store, as `hikeshi incident show` does.
 */
struct demo_response {
    const char *variant;
    char clock_file[192], counterparts_file[192], store_file[192], policy_directory[192];
    const char *arguments[7]; /* for the server; NULL ends them */
    int64_t *shift;           /* mapped from clock_file */
    struct clock_shifted *shifted;
    struct clock clock;
    struct world *world;
    struct world_server *server;
    struct http_client *client;
    struct incident_store store;
    struct demo_told told_owner;
    bool has_store, owner_is_back;
    struct arena step;
    unsigned number; /* of what people say */
    /* when it is over */
    struct response_row response;
    struct effect_row *effects;
    size_t effect_count, terminal_count;
    struct task_row *tasks;
    struct ledger_row *ledger;
    size_t task_count, ledger_count;
    uint32_t told; /* number of the last link of the audit chain that was shown */
    int64_t loss, returned, compensated;
    struct world_verdict verdict;
};

/* NULL-terminated, with a sentence each. */
struct demo_variant {
    const char *name, *sentence;
};
extern const struct demo_variant demo_variants[];
bool demo_variant_exists(const char *name);

/* After child_server_prepare: `arguments` are for its launch. The clock stands at `at_ms`. */
enum err demo_response_open(struct demo_response *r, const struct child_server *s, const char *variant, int64_t at_ms,
                            struct problem *p) MUST_USE;
/* After its launch. */
enum err demo_response_meet(struct demo_response *r, const struct child_server *s, struct http_client *client, struct problem *p) MUST_USE;
void demo_response_close(struct demo_response *r);

void demo_response_set_clock(struct demo_response *r, int64_t at_ms);
/* Somebody acts in the world: false where the shop refused it; else the event is in `event`. */
bool demo_response_act(struct demo_response *r, int64_t at_ms, struct str act, bool hijacker, struct buf *event);
/* Moves the clock there, and lets the world tell what came of it. */
void demo_response_wait(struct demo_response *r, int64_t at_ms);
/* Waits until nothing is under way that is due now, for less than a second of real time. */
enum err demo_response_settle(struct demo_response *r, const char *incident, struct problem *p) MUST_USE;
/* Lets days pass until the incident is closed; prints what comes to be. It ends after sixty days in any case; what is open then is shown as
 * open. */
enum err demo_response_lapse(struct demo_response *r, const char *incident, struct problem *p) MUST_USE;
void demo_response_print(const struct demo_response *r);
/* The members of the last JSON line, each after a comma. */
void demo_response_print_json(const struct demo_response *r);

#endif
