// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_NOTIFY_SETTINGS_H
#define DECIDE_NOTIFY_SETTINGS_H

#include "base/toml.h"
#include "decide/decide.h"

/* Is this entry of policy.toml one of [notify]? */
bool notify_settings_take(const struct toml_entry *e);
/* What the file does not say has its default; a key that is not known is refused. */
enum err notify_settings_read(const struct toml *t, struct notify_settings *out, struct problem *p) MUST_USE;

#endif
