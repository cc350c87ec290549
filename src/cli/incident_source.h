// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_INCIDENT_SOURCE_H
#define CLI_INCIDENT_SOURCE_H

#include "cli/response_text.h"
#include "port/disk.h"
#include "port/incident_store.h"

/*
 * Where the incidents of a data directory are, for commands that look at them from beside: the file in it, or the PostgreSQL database that
 * `--store` names. A server that keeps them in a database leaves a note in the directory, so that nobody takes an older file for them.
 */
struct incident_source {
    struct incident_store store;
    bool in_database;
};

/* For reading. `url`: the database; NULL = the file, or ERR_INVALID with the note's words where there is a note. ERR_NOT_FOUND: none.
 */
enum err incident_source_open(const char *data, const char *url, struct incident_source *out, struct problem *p) MUST_USE;
enum err incident_source_verify(struct incident_source *s, struct problem *p) MUST_USE;
void incident_source_close(struct incident_source *s);

/* All that is known of an incident's response. ERR_NOT_FOUND: nothing is done about it, as before there were responses. */
enum err incident_source_response(struct incident_store s, struct str id, struct arena *step, struct response_view *v) MUST_USE;

/* For who writes them. The file is not begun beside a database: ERR_INVALID where there is a note, which a person removes. */
enum err incident_source_check_file(struct disk d, const char *data, struct problem *p) MUST_USE;
/* Leaves the note; `where` is without a password. */
enum err incident_source_note(struct disk d, const char *data, const char *where, struct problem *p) MUST_USE;

#endif
