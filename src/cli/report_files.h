// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_REPORT_FILES_H
#define CLI_REPORT_FILES_H

#include "base/document.h"
#include "base/source.h"
#include "notify/issuer_pack.h"

/* Reports and issuer packs: from the rows of a store to documents, bytes and files. */
struct report_rows {
    struct incident_row incident;
    struct response_row response;
    struct issuer_pack_source source; /* its pointers lie in the arena that was handed in, or point to the two above: not to be copied */
};

/* All that is known of an incident. ERR_NOT_FOUND: there is no response to it. */
enum err report_files_load(struct incident_store s, struct str id, struct arena *step, struct report_rows *out) MUST_USE;
/* The version that a report of these rows is: that which was told last, where nothing has changed since, or the next. */
uint32_t report_files_version(const struct report_rows *r, struct arena *arena);
struct report_told {
    struct str digest;
    int64_t written_ms;
};
/* The report as it was told in that version; false: none was. */
bool report_files_kept(const struct report_rows *r, uint32_t version, struct arena *arena, struct document *out, struct report_told *told);
/* By the owner's zone, where it is known from before the attack; else by `offset_ms`. */
struct report_wish report_files_wish(const struct report_rows *r, uint32_t version, int64_t made_ms, int64_t offset_ms);
/* What only the merchant knows of a charge, from a TOML file of strings (docs/reference/issuer-pack.md). `out` borrows from source and
 * memory. */
enum err report_files_known(struct source source, struct arena *memory, struct issuer_pack_known *out, struct problem *p) MUST_USE;

/* 32 hex digits and a NUL. */
#define REPORT_DIGEST_SIZE 33
enum err report_files_digest(const struct phrases *p, const struct report_rows *r, struct arena *arena,
                             char out[REPORT_DIGEST_SIZE]) MUST_USE;
/* {"incident","version","digest","document"} and a line end. */
void report_files_json(const struct report_rows *r, uint32_t version, struct str digest, const struct document *d, struct buf *out);
/* Prints a document into a file that is made or replaced; NULL: nowhere. */
enum err report_files_pdf(const struct document *d, const char *author, int64_t made_ms, const char *path, size_t *pages,
                          struct problem *p) MUST_USE;

/*
 * Everything that is to be handed over of an incident, into a directory that is made where it is missing: in English and in the owner's own
 * language report-INCIDENT.LANGUAGE.pdf and .json, and of each charge that was not his pack-CHARGE.LANGUAGE.pdf and pack-CHARGE.json.
 * *pages: of the report in the owner's language. `directory` NULL: nothing is written, and only that one is printed.
 */
enum err report_files_all(struct incident_store s, struct str incident, const char *directory, int64_t made_ms, size_t *pages,
                          struct problem *p) MUST_USE;

#endif
