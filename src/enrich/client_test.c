// SPDX-License-Identifier: Apache-2.0
/* Real User-Agent headers and what they are; versions must not matter. */
#include "enrich/client.h"

#include "base/test.h"

#define WINDOWS "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
#define IPHONE  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "

static const struct {
    const char *header;
    enum browser browser;
    enum os os;
    enum device_type type;
} known[] = {
    {WINDOWS "Chrome/138.0.0.0 Safari/537.36", BROWSER_CHROME, OS_WINDOWS, DEVICE_DESKTOP},
    {WINDOWS "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0", BROWSER_EDGE, OS_WINDOWS, DEVICE_DESKTOP},
    {WINDOWS "Chrome/120.0.0.0 Safari/537.36 OPR/106.0.0.0", BROWSER_OPERA, OS_WINDOWS, DEVICE_DESKTOP},
    {"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:138.0) Gecko/20100101 Firefox/138.0", BROWSER_FIREFOX, OS_WINDOWS, DEVICE_DESKTOP},
    {"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 Safari/605.1.15",
     BROWSER_SAFARI, OS_MACOS, DEVICE_DESKTOP},
    {IPHONE "Version/18.5 Mobile/15E148 Safari/604.1", BROWSER_SAFARI, OS_IOS, DEVICE_MOBILE},
    {IPHONE "CriOS/138.0.7204.53 Mobile/15E148 Safari/604.1", BROWSER_CHROME, OS_IOS, DEVICE_MOBILE},
    {IPHONE "Mobile/15E148 Safari Line/16.14.0", BROWSER_WEBVIEW, OS_IOS, DEVICE_MOBILE},
    {"Mozilla/5.0 (iPad; CPU OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1",
     BROWSER_SAFARI, OS_IOS, DEVICE_TABLET},
    {"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36", BROWSER_CHROME,
     OS_ANDROID, DEVICE_MOBILE},
    {"Mozilla/5.0 (Linux; Android 14; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36", BROWSER_CHROME,
     OS_ANDROID, DEVICE_TABLET},
    {"Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile "
     "Safari/537.36",
     BROWSER_SAMSUNG, OS_ANDROID, DEVICE_MOBILE},
    {"Mozilla/5.0 (Linux; Android 14; SO-51F; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36",
     BROWSER_WEBVIEW, OS_ANDROID, DEVICE_MOBILE},
    {"ShopApp/6.36.0 (iPhone; iOS 18.5; Scale/3.00)", BROWSER_APP, OS_IOS, DEVICE_MOBILE},
    {"ShopApp/6.47.0 (Android 14; SO-51F)", BROWSER_APP, OS_ANDROID, DEVICE_MOBILE},
    {"ShopApp/12 CFNetwork/1490.0.4 Darwin/23.2.0", BROWSER_APP, OS_IOS, DEVICE_MOBILE},
    {"okhttp/4.12.0", BROWSER_APP, OS_ANDROID, DEVICE_MOBILE},
    {"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36", BROWSER_CHROME,
     OS_CHROMEOS, DEVICE_DESKTOP},
    {"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0", BROWSER_FIREFOX, OS_LINUX, DEVICE_DESKTOP},
    {"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/138.0.0.0 Safari/537.36", BROWSER_SCRIPT,
     OS_LINUX, DEVICE_BOT},
    {"python-requests/2.32.3", BROWSER_SCRIPT, OS_OTHER, DEVICE_BOT},
    {"curl/8.5.0", BROWSER_SCRIPT, OS_OTHER, DEVICE_BOT},
    {"Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", BROWSER_BOT, OS_OTHER, DEVICE_BOT},
    {"something else", BROWSER_OTHER, OS_OTHER, DEVICE_OTHER},
    {"", BROWSER_NONE, OS_NONE, DEVICE_NONE},
};

TEST(families) {
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        struct client c;
        client_from(str_from(known[i].header), 1, &c);
        bool right = c.browser == known[i].browser && c.os == known[i].os && c.type == known[i].type;
        if (!right)
            printf("%s: %s on %s, %s\n", known[i].header, browser_word(c.browser).at, os_word(c.os).at, device_type_word(c.type).at);
        EXPECT(right);
        EXPECT((c.skeleton != 0) == (known[i].header[0] != 0));
    }
}

static uint64_t skeleton(const char *header) {
    struct client c;
    client_from(str_from(header), 1, &c);
    return c.skeleton;
}

TEST(skeleton_without_versions) {
    EXPECT(skeleton(WINDOWS "Chrome/138.0.0.0 Safari/537.36") == skeleton(WINDOWS "Chrome/144.0.7204.12 Safari/537.36"));
    EXPECT(skeleton(IPHONE "Version/18.5 Mobile/15E148 Safari/604.1") == skeleton(IPHONE "Version/26.0 Mobile/15E148 Safari/604.1"));
    EXPECT(skeleton("ShopApp/6.36.0 (iPhone; iOS 18.5)") == skeleton("ShopApp/7.0 (iPhone; iOS 26)"));
    EXPECT(skeleton("ShopApp/6.36.0 (iPhone; iOS 18.5)") != skeleton("OtherApp/6.36.0 (iPhone; iOS 18.5)"));
    EXPECT(skeleton(WINDOWS "Chrome/138.0.0.0 Safari/537.36") != skeleton(WINDOWS "Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0"));
    /* Names that agree in their first eight letters are still told apart. */
    EXPECT(skeleton("Verylongname/1") != skeleton("Verylongnose/1"));
}

/* Any bytes are a header: nothing is read beyond its end. */
TEST(any_bytes) {
    uint64_t seed = 3;
    for (int round = 0; round < 3000; round++) {
        char bytes[64];
        size_t size = test_random(&seed) % sizeof bytes;
        for (size_t i = 0; i < size; i++) bytes[i] = (char)test_random(&seed);
        char *exact = malloc(size ? size : 1); /* so that the sanitizer sees a read beyond */
        memcpy(exact, bytes, size);
        struct client c;
        client_from((struct str){exact, size}, 1, &c);
        EXPECT(c.browser < BROWSER_COUNT && c.os < OS_COUNT && c.type < DEVICE_TYPE_COUNT);
        free(exact);
    }
}

int main(void) {
    RUN(families);
    RUN(skeleton_without_versions);
    RUN(any_bytes);
    return test_end();
}
