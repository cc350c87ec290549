// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_RESPONSE_SETTINGS_H
#define DECIDE_RESPONSE_SETTINGS_H

#include "base/toml.h"
#include "decide/decide.h"

#define SCORE_NEVER 1001 /* a threshold that no score reaches */

/* Is this entry of policy.toml one of [response] or [gate]? */
bool response_settings_take(const struct toml_entry *e);
/* What the file does not say has its default; a key that is not known is refused. */
enum err response_settings_read(const struct toml *t, struct respond_settings *out, struct problem *p) MUST_USE;

#endif
