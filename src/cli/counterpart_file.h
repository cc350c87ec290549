// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_COUNTERPART_FILE_H
#define CLI_COUNTERPART_FILE_H

#include "courier/counterpart.h"

/*
 * counterparts.toml and the secrets that it names, from files. Secrets: "whsec_" and base64 of 24 to 64 bytes, a line each; the first
 * signs, a second one is accepted in webhooks. Texts of *out live in `memory`.
 */
/* The secrets alone, for one counterpart. */
enum err counterpart_secrets_read(struct counterpart *c, struct str path, struct problem *p) MUST_USE;
/* That its ca_file has certificates, where it names one: said at the start, and not with each request. */
enum err counterpart_check_ca(const struct counterpart *c, struct problem *p) MUST_USE;
enum err counterpart_file_read(const char *path, struct arena *memory, struct counterparts *out, struct problem *p) MUST_USE;
/* The keys, also after a failure; the texts stay. */
void counterpart_file_release(struct counterparts *c);

#endif
