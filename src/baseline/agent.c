// SPDX-License-Identifier: Apache-2.0
/* Reads browser, system and type of device, with versions, off a User-Agent header. */
#include "baseline/agent.h"

#include <stdbool.h>

struct mark {
    const char *text; /* the version follows it */
    const char *name;
};

/* The first that is found wins: browsers built on others name those too. */
static const struct mark browsers[] = {
    {"Edg/", "Edge"},
    {"EdgA/", "Edge"},
    {"EdgiOS/", "Edge"},
    {"OPR/", "Opera"},
    {"SamsungBrowser/", "Samsung"},
    {"FxiOS/", "Firefox"},
    {"Firefox/", "Firefox"},
    {"CriOS/", "Chrome"},
    {"HeadlessChrome/", "HeadlessChrome"},
    {"Chrome/", "Chrome"},
    {"Version/", "Safari"},
};
static const struct mark systems[] = {
    {"Windows NT ", "Windows"}, {"CPU iPhone OS ", "iOS"}, {"CPU OS ", "iOS"},    {"Android ", "Android"},
    {"Android", "Android"},     {"Mac OS X ", "macOS"},    {"CrOS ", "ChromeOS"}, {"Linux", "Linux"},
};
static const char *const robots[] = {"bot", "Bot", "crawl", "spider", "curl/", "python-", "Go-http-client", "Headless"};

static bool has(struct str s, const char *text) {
    return str_find(s, str_from(text), 0) < s.size;
}

/* Digits with the dots, or the low lines of Apple, between them. */
static struct str version_at(struct str s, size_t from) {
    size_t to = from;
    while (to < s.size && ((s.at[to] >= '0' && s.at[to] <= '9') || s.at[to] == '.' || s.at[to] == '_')) to++;
    return str_slice(s, from, to);
}

static void read_mark(struct str s, const struct mark *marks, size_t count, struct str *name, struct str *version) {
    for (size_t i = 0; i < count; i++) {
        struct str text = str_from(marks[i].text);
        size_t at = str_find(s, text, 0);
        if (at >= s.size) continue;
        *name = str_from(marks[i].name);
        *version = version_at(s, at + text.size);
        return;
    }
}

static enum agent_type type_of(struct str s, struct str os) {
    for (size_t i = 0; i < sizeof robots / sizeof robots[0]; i++)
        if (has(s, robots[i])) return AGENT_BOT;
    if (has(s, "iPad") || has(s, "Tablet") || (str_equal(os, STR("Android")) && !has(s, "Mobile"))) return AGENT_TABLET;
    if (has(s, "Mobile") || str_equal(os, STR("iOS")) || str_equal(os, STR("Android"))) return AGENT_MOBILE;
    return os.size ? AGENT_DESKTOP : AGENT_UNKNOWN;
}

struct agent agent_from(struct str user_agent) {
    struct agent a = {0};
    read_mark(user_agent, browsers, sizeof browsers / sizeof browsers[0], &a.browser, &a.browser_version);
    read_mark(user_agent, systems, sizeof systems / sizeof systems[0], &a.os, &a.os_version);
    if (!a.browser.size && user_agent.size) { /* "okhttp/4.9.3": the first word */
        struct str rest, first = str_cut(user_agent, ' ', &rest);
        a.browser = str_cut(first, '/', &rest);
        a.browser_version = version_at(rest, 0);
    }
    a.type = type_of(user_agent, a.os);
    return a;
}
