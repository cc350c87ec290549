// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_DEMO_TOLD_H
#define CLI_DEMO_TOLD_H

#include "net/http_client.h"
#include "port/incident_store.h"
#include "sim/mail_server.h"

/*
 * What the demo's owner is told: a pretended mail server takes the server's real mails, signed with keys that the demo has made; the owner
 * reads, and checks the code. At the end every mail can be written as a file.
 */
struct demo_told {
    struct mail_server *server;
    struct world_server *world;
    const char *mail_directory, *report_directory; /* NULL: nothing is written */
    size_t report_pages;                           /* of the report in the owner's language */
    int64_t first_notice_ms;                       /* from the decision until the mail server had it; -1: it never had */
    size_t mail_count;
};

/* Starts the mail server and appends its table to the counterparts file; keys go into `directory`. */
enum err demo_told_open(struct demo_told *t, struct world_server *world, struct clock clock, const char *directory,
                        const char *counterparts_file, struct problem *p) MUST_USE;
void demo_told_close(struct demo_told *t);

/* The owner reads his first notice and types its code where he is asked: prints what came of it. */
enum err demo_told_read(struct demo_told *t, struct incident_store s, struct http_client *client, struct str incident, struct arena *step,
                        struct problem *p) MUST_USE;
/* Everything that the owner will be told has been told. */
bool demo_told_is_over(struct incident_store s, struct str incident, struct arena *step);
/* The first notice as he has it, and what followed; writes mails, reports and issuer packs. `now_ms` is their date. */
enum err demo_told_end(struct demo_told *t, struct incident_store s, struct str incident, int64_t now_ms, struct arena *step,
                       struct problem *p) MUST_USE;

#endif
