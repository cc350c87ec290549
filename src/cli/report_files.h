// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_REPORT_FILES_H
#define CLI_REPORT_FILES_H

#include "base/document.h"
#include "notify/report.h"

/* Reports and issuer packs: from the rows of a store to bytes and files. */
struct report_rows {
    struct incident_row incident;
    struct response_row response;
    struct report_source source; /* its pointers lie in the arena that was handed in, or point to the two above: not to be copied */
};

/* All that is known of an incident. ERR_NOT_FOUND: there is no response to it. */
enum err report_files_load(struct incident_store s, struct str id, struct arena *step, struct report_rows *out) MUST_USE;
/* Where the owner's zone and language are known from before the attack, those; `offset_ms` and `language` where they are not. */
struct report_wish report_files_wish(const struct report_rows *r, uint32_t version, int64_t made_ms, int64_t offset_ms);
/* Prints a document into a file that is made or replaced. */
enum err report_files_pdf(const struct document *d, const char *author, int64_t made_ms, const char *path, size_t *pages,
                          struct problem *p) MUST_USE;

#endif
