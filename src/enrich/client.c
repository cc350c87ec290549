// SPDX-License-Identifier: Apache-2.0
/* Recognizes the families of browsers, apps and systems from a User-Agent header in one pass, by a small table of words. */
#include "enrich/client.h"

#include <string.h>

#include "base/hash.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "eight() and PACK() agree");

/* What a word of the header speaks for. Many words occur together (every Edge says Chrome and Safari too): families() weighs them. */
enum mark {
    MARK_WINDOWS = 1 << 0,
    MARK_MAC = 1 << 1,
    MARK_IPHONE = 1 << 2,
    MARK_IPAD = 1 << 3,
    MARK_DARWIN = 1 << 4, /* CFNetwork and Darwin: an Apple app without a browser */
    MARK_ANDROID = 1 << 5,
    MARK_CHROMEOS = 1 << 6,
    MARK_LINUX = 1 << 7,
    MARK_MOBILE = 1 << 8,
    MARK_TABLET = 1 << 9,
    MARK_CHROME = 1 << 10,
    MARK_EDGE = 1 << 11,
    MARK_FIREFOX = 1 << 12,
    MARK_SAFARI = 1 << 13,
    MARK_SAMSUNG = 1 << 14,
    MARK_OPERA = 1 << 15,
    MARK_WEBVIEW = 1 << 16,
    MARK_APP = 1 << 17,
    MARK_SCRIPT = 1 << 18,
    MARK_BOT = 1 << 19,
    MARK_MOZILLA = 1 << 20,
};

/* A word is a run of letters; its first eight, as one number. */
#define PACK(a, b, c, d, e, f, g, h)                                                                                                       \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 | (uint64_t)(e) << 32 | (uint64_t)(f) << 40 |          \
     (uint64_t)(g) << 48 | (uint64_t)(h) << 56)

/* A switch and not a table: the compiler makes a search of six comparisons of it. */
static uint32_t marks_of(uint64_t word) {
    switch (word) {
    case PACK('M', 'o', 'z', 'i', 'l', 'l', 'a', 0): return MARK_MOZILLA;
    case PACK('C', 'h', 'r', 'o', 'm', 'e', 0, 0):
    case PACK('C', 'r', 'i', 'O', 'S', 0, 0, 0):
    case PACK('C', 'h', 'r', 'o', 'm', 'i', 'u', 'm'): return MARK_CHROME;
    case PACK('S', 'a', 'f', 'a', 'r', 'i', 0, 0): return MARK_SAFARI;
    case PACK('M', 'o', 'b', 'i', 'l', 'e', 0, 0): return MARK_MOBILE;
    case PACK('W', 'i', 'n', 'd', 'o', 'w', 's', 0): return MARK_WINDOWS;
    case PACK('M', 'a', 'c', 'i', 'n', 't', 'o', 's'):
    case PACK('m', 'a', 'c', 'O', 'S', 0, 0, 0): return MARK_MAC;
    case PACK('i', 'P', 'h', 'o', 'n', 'e', 0, 0):
    case PACK('i', 'P', 'o', 'd', 0, 0, 0, 0):
    case PACK('i', 'O', 'S', 0, 0, 0, 0, 0): return MARK_IPHONE;
    case PACK('i', 'P', 'a', 'd', 0, 0, 0, 0): return MARK_IPAD;
    case PACK('A', 'n', 'd', 'r', 'o', 'i', 'd', 0): return MARK_ANDROID;
    case PACK('L', 'i', 'n', 'u', 'x', 0, 0, 0): return MARK_LINUX;
    case PACK('C', 'r', 'O', 'S', 0, 0, 0, 0): return MARK_CHROMEOS;
    case PACK('T', 'a', 'b', 'l', 'e', 't', 0, 0): return MARK_TABLET;
    case PACK('E', 'd', 'g', 0, 0, 0, 0, 0):
    case PACK('E', 'd', 'g', 'e', 0, 0, 0, 0):
    case PACK('E', 'd', 'g', 'A', 0, 0, 0, 0):
    case PACK('E', 'd', 'g', 'i', 'O', 'S', 0, 0): return MARK_EDGE;
    case PACK('F', 'i', 'r', 'e', 'f', 'o', 'x', 0):
    case PACK('F', 'x', 'i', 'O', 'S', 0, 0, 0): return MARK_FIREFOX;
    case PACK('S', 'a', 'm', 's', 'u', 'n', 'g', 'B'): return MARK_SAMSUNG;
    case PACK('O', 'P', 'R', 0, 0, 0, 0, 0):
    case PACK('O', 'P', 'T', 0, 0, 0, 0, 0):
    case PACK('O', 'p', 'e', 'r', 'a', 0, 0, 0): return MARK_OPERA;
    case PACK('w', 'v', 0, 0, 0, 0, 0, 0):
    case PACK('F', 'B', 'A', 'N', 0, 0, 0, 0):
    case PACK('F', 'B', 'A', 'V', 0, 0, 0, 0):
    case PACK('I', 'n', 's', 't', 'a', 'g', 'r', 'a'):
    case PACK('L', 'i', 'n', 'e', 0, 0, 0, 0):
    case PACK('G', 'S', 'A', 0, 0, 0, 0, 0): return MARK_WEBVIEW;
    case PACK('C', 'F', 'N', 'e', 't', 'w', 'o', 'r'):
    case PACK('D', 'a', 'r', 'w', 'i', 'n', 0, 0): return MARK_DARWIN;
    case PACK('o', 'k', 'h', 't', 't', 'p', 0, 0):
    case PACK('D', 'a', 'l', 'v', 'i', 'k', 0, 0): return MARK_APP | MARK_ANDROID;
    case PACK('D', 'a', 'r', 't', 0, 0, 0, 0): return MARK_APP;
    case PACK('H', 'e', 'a', 'd', 'l', 'e', 's', 's'):
    case PACK('P', 'h', 'a', 'n', 't', 'o', 'm', 'J'):
    case PACK('c', 'u', 'r', 'l', 0, 0, 0, 0):
    case PACK('W', 'g', 'e', 't', 0, 0, 0, 0):
    case PACK('p', 'y', 't', 'h', 'o', 'n', 0, 0):
    case PACK('P', 'y', 't', 'h', 'o', 'n', 0, 0):
    case PACK('a', 'i', 'o', 'h', 't', 't', 'p', 0):
    case PACK('h', 't', 't', 'p', 'x', 0, 0, 0):
    case PACK('G', 'o', 0, 0, 0, 0, 0, 0):
    case PACK('J', 'a', 'v', 'a', 0, 0, 0, 0):
    case PACK('A', 'p', 'a', 'c', 'h', 'e', 0, 0):
    case PACK('n', 'o', 'd', 'e', 0, 0, 0, 0):
    case PACK('a', 'x', 'i', 'o', 's', 0, 0, 0):
    case PACK('P', 'o', 's', 't', 'm', 'a', 'n', 'R'):
    case PACK('l', 'i', 'b', 'w', 'w', 'w', 0, 0): return MARK_SCRIPT;
    case PACK('b', 'o', 't', 0, 0, 0, 0, 0):
    case PACK('B', 'o', 't', 0, 0, 0, 0, 0):
    case PACK('G', 'o', 'o', 'g', 'l', 'e', 'b', 'o'):
    case PACK('b', 'i', 'n', 'g', 'b', 'o', 't', 0):
    case PACK('s', 'p', 'i', 'd', 'e', 'r', 0, 0):
    case PACK('c', 'r', 'a', 'w', 'l', 'e', 'r', 0): return MARK_BOT;
    default: return 0;
    }
}

static enum os os_of(uint32_t marks) {
    if (marks & (MARK_IPHONE | MARK_IPAD)) return OS_IOS;
    if (marks & MARK_ANDROID) return OS_ANDROID;
    if (marks & MARK_WINDOWS) return OS_WINDOWS;
    if (marks & MARK_MAC) return OS_MACOS;
    if (marks & MARK_DARWIN) return OS_IOS;
    if (marks & MARK_CHROMEOS) return OS_CHROMEOS;
    return marks & MARK_LINUX ? OS_LINUX : OS_OTHER;
}

static enum browser browser_of(uint32_t marks) {
    if (marks & MARK_BOT) return BROWSER_BOT;
    if (marks & MARK_SCRIPT) return BROWSER_SCRIPT;
    if (marks & MARK_APP) return BROWSER_APP;
    if (!(marks & MARK_MOZILLA))
        return marks & MARK_OPERA                                                          ? BROWSER_OPERA
               : marks & (MARK_DARWIN | MARK_IPHONE | MARK_IPAD | MARK_ANDROID | MARK_MAC) ? BROWSER_APP
                                                                                           : BROWSER_OTHER;
    if (marks & MARK_WEBVIEW) return BROWSER_WEBVIEW;
    if (marks & MARK_EDGE) return BROWSER_EDGE;
    if (marks & MARK_OPERA) return BROWSER_OPERA;
    if (marks & MARK_SAMSUNG) return BROWSER_SAMSUNG;
    if (marks & MARK_FIREFOX) return BROWSER_FIREFOX;
    if (marks & MARK_CHROME) return BROWSER_CHROME;
    return marks & MARK_SAFARI ? BROWSER_SAFARI : BROWSER_OTHER;
}

static enum device_type type_of(uint32_t marks, enum browser browser, enum os os) {
    if (browser == BROWSER_BOT || browser == BROWSER_SCRIPT) return DEVICE_BOT;
    if (marks & (MARK_IPAD | MARK_TABLET)) return DEVICE_TABLET;
    if (os == OS_ANDROID && browser != BROWSER_APP && !(marks & MARK_MOBILE)) return DEVICE_TABLET;
    if (os == OS_IOS || os == OS_ANDROID) return DEVICE_MOBILE;
    return os == OS_OTHER ? DEVICE_OTHER : DEVICE_DESKTOP;
}

static bool is_letter(char c) {
    return (unsigned char)((c | 0x20) - 'a') < 26;
}

/* The first eight of `size` letters as one number, the first letter lowest. Reads nothing at or beyond `end`. */
static uint64_t eight(const char *letters, size_t size, const char *end) {
    uint64_t word = 0;
    if (end - letters >= 8) memcpy(&word, letters, 8);
    else memcpy(&word, letters, (size_t)(end - letters));
    return size >= 8 ? word : word & ((UINT64_C(1) << 8 * size) - 1);
}

void client_from(struct str user_agent, uint64_t seed, struct client *out) {
    *out = (struct client){0};
    if (!user_agent.size) return;
    uint32_t marks = 0;
    uint64_t skeleton = seed;
    const char *at = user_agent.at, *end = at + user_agent.size;
    while (at < end) {
        if (!is_letter(*at)) {
            at++;
            continue;
        }
        const char *word = at;
        while (at < end && is_letter(*at)) at++;
        marks |= marks_of(eight(word, (size_t)(at - word), end)); /* the first eight letters are enough to know the word */
        for (; word < at; word += 8) skeleton = hash_mix(skeleton, eight(word, (size_t)(at - word), end));
    }
    out->browser = browser_of(marks);
    out->os = os_of(marks);
    out->type = type_of(marks, out->browser, out->os);
    out->skeleton = hash_mix(skeleton, user_agent.size > 0);
}

struct str browser_word(enum browser b) {
    static const struct str names[BROWSER_COUNT] = {
        {"", 0},      {"Chrome", 6},          {"Edge", 4}, {"Firefox", 7}, {"Safari", 6}, {"Samsung Internet", 16},
        {"Opera", 5}, {"in-app browser", 14}, {"app", 3},  {"script", 6},  {"bot", 3},    {"other client", 12},
    };
    return b < BROWSER_COUNT ? names[b] : names[BROWSER_OTHER];
}

struct str os_word(enum os o) {
    static const struct str names[OS_COUNT] = {
        {"", 0}, {"Windows", 7}, {"macOS", 5}, {"iOS", 3}, {"Android", 7}, {"ChromeOS", 8}, {"Linux", 5}, {"other system", 12},
    };
    return o < OS_COUNT ? names[o] : names[OS_OTHER];
}

struct str device_type_word(enum device_type t) {
    static const struct str names[DEVICE_TYPE_COUNT] = {
        {"", 0}, {"desktop", 7}, {"mobile", 6}, {"tablet", 6}, {"bot", 3}, {"other", 5},
    };
    return t < DEVICE_TYPE_COUNT ? names[t] : names[DEVICE_OTHER];
}
