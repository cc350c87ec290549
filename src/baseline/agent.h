// SPDX-License-Identifier: Apache-2.0
#ifndef BASELINE_AGENT_H
#define BASELINE_AGENT_H

#include "base/str.h"

/*
 * What a User-Agent header says in the terms of the published models: browser and system, each with its version, and the type of device.
 * The engine's own reading (enrich/client.h) leaves versions out; the baselines of the literature count them. Texts borrow from the header.
 */
enum agent_type { AGENT_UNKNOWN, AGENT_DESKTOP, AGENT_MOBILE, AGENT_TABLET, AGENT_BOT };

struct agent {
    struct str browser, browser_version; /* "Chrome", "132.0.0.0"; empty where it is not said */
    struct str os, os_version;           /* "Windows", "10.0" */
    enum agent_type type;
};

struct agent agent_from(struct str user_agent);

#endif
