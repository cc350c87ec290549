// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_SETTINGS_H
#define DECIDE_SETTINGS_H

#include "base/arena.h"
#include "base/source.h"
#include "decide/response_settings.h"
#include "event/event.h"

/* What policy.toml says (docs/reference/policy.md): the policy's name, and at which score of which act something follows. */
enum threshold { THRESHOLD_CHALLENGE, THRESHOLD_HOLD, THRESHOLD_DENY, THRESHOLD_TAKEOVER, THRESHOLD_COUNT };

#define DEPTH_COUNT 3 /* as features.depth_class: new, young, known */

struct settings {
    struct str version; /* "name@version" */
    /* Of every kind, resolved: what its own table does not say, its group's does. */
    uint16_t thresholds[KIND_COUNT][DEPTH_COUNT][THRESHOLD_COUNT];
    struct respond_settings response;
};

enum err settings_read(struct source source, struct arena *memory, struct settings *out, struct problem *p) MUST_USE;

#endif
