// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_CLIENT_H
#define ENRICH_CLIENT_H

#include <stdint.h>

#include "base/str.h"

/*
 * What a User-Agent header says, at three levels: the system and the family of the browser (few values, stable for years), and a skeleton:
 * the words of the header, without numbers and signs. Versions rise every few weeks, so they must not make a client look new; the skeleton
 * still tells an app from a browser and one model of phone from another. Families are stored in profiles by number: append only.
 */
enum browser {
    BROWSER_NONE,
    BROWSER_CHROME,
    BROWSER_EDGE,
    BROWSER_FIREFOX,
    BROWSER_SAFARI,
    BROWSER_SAMSUNG,
    BROWSER_OPERA,
    BROWSER_WEBVIEW, /* a page inside another app */
    BROWSER_APP,     /* an app of its own: the shop's */
    BROWSER_SCRIPT,  /* curl, python-requests, headless browsers and their like */
    BROWSER_BOT,     /* says that it is a robot */
    BROWSER_OTHER,
    BROWSER_COUNT
};

enum os { OS_NONE, OS_WINDOWS, OS_MACOS, OS_IOS, OS_ANDROID, OS_CHROMEOS, OS_LINUX, OS_OTHER, OS_COUNT };

enum device_type { DEVICE_NONE, DEVICE_DESKTOP, DEVICE_MOBILE, DEVICE_TABLET, DEVICE_BOT, DEVICE_OTHER, DEVICE_TYPE_COUNT };

struct client {
    enum browser browser;
    enum os os;
    enum device_type type;
    uint64_t skeleton; /* seeded hash, 0 where no header was sent */
};

void client_from(struct str user_agent, uint64_t seed, struct client *out);
/* "Chrome", "Windows", "mobile"; "" for NONE. Static text. */
struct str browser_word(enum browser b);
struct str os_word(enum os o);
struct str device_type_word(enum device_type t);

#endif
