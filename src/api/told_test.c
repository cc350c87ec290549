// SPDX-License-Identifier: Apache-2.0
/* Asks about messages as owners, shops and strangers do: the code page, the message centre, mails that came back. */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/engine_fake_test.h"
#include "api/limiter.h"
#include "base/test.h"
#include "notify/notify.h"

static int64_t wall_ms;
static struct api *api;
static struct service service;
static char said_memory[1 << 20];
static struct buf said;
static void *memory;

static int64_t now_ms(void *self) {
    (void)self;
    return wall_ms;
}

static int64_t monotonic_us(void *self) {
    (void)self;
    return wall_ms * 1000;
}

static struct address address(const char *text) {
    struct address a = {0};
    EXPECT(address_parse(str_from(text), &a));
    return a;
}

static const struct address proxy = {ADDRESS_V4, {127, 0, 0, 1}};

static void begin(void) {
    fake_begin(100);
    wall_ms = 1772326923000;
    free(memory);
    memory = calloc(1, api_memory_size(1));
    struct api_options o = {.clock = {now_ms, monotonic_us, NULL}, .connections_max = 1, .proxies = &proxy, .proxy_count = 1};
    api = api_open(&o, memory);
    service = api_service(api);
}

static void answer(void) {
    bool sealed;
    struct problem p;
    for (int i = 0; i < 4; i++) {
        if (!service.ops->seal(service.self, &sealed, &p) && sealed) {
            EXPECT_EQ(service.ops->commit(service.self, &p), ERR_OK);
            service.ops->committed(service.self, wall_ms * 1000);
        }
        for (struct str ready; (ready = service.ops->ready(service.self, 0)).size;) {
            buf_text(&said, ready);
            service.ops->left(service.self, 0, ready.size, wall_ms * 1000);
        }
        (void)service.ops->resume(service.self, 0, wall_ms * 1000);
    }
}

/* One request over a connection of its own. */
static void ask(const char *peer, const char *line, const char *headers, const char *body) {
    struct address from = address(peer);
    service.ops->open(service.self, 0, &from, wall_ms * 1000);
    struct service_room room = service.ops->room(service.self, 0);
    struct buf b = buf_over(room.at, room.size);
    buf_fmt(&b, "%s HTTP/1.1\r\nhost: a\r\n%scontent-length: %zu\r\n\r\n%s", line, headers, strlen(body), body);
    EXPECT(!b.overflow);
    said = buf_over(said_memory, sizeof said_memory);
    (void)service.ops->take(service.self, 0, b.size, wall_ms * 1000);
    answer();
    service.ops->close(service.self, 0);
}

#define FORM "content-type: application/x-www-form-urlencoded\r\n"
#define JSON "content-type: application/json\r\n"

static bool heard(const char *text) {
    return str_find(buf_str(&said), str_from(text), 0) < said.size;
}

TEST(whoever_has_the_message_learns_that_it_is_ours) {
    begin();
    ask("192.0.2.7", "GET /check", "accept-language: ja-JP,ja;q=0.9\r\n", "");
    EXPECT(heard("HTTP/1.1 200") && heard("<html lang=\"ja\">") && heard("確認コード") && heard("default-src 'none'"));
    EXPECT(!heard("<script") && !heard("https://"));
    ask("192.0.2.7", "POST /check", FORM, "code=4f8k+2m7q");
    EXPECT(heard("Yes, this message is from us.") && heard("Case: inc_9") && heard("&lt;b&gt;A &quot;title&quot;"));
    EXPECT(!heard("a1") && !heard("a &amp; b")); /* nothing of the account, nor of what was told */
    EXPECT_EQ(fake.applied, 1);                  /* it was acknowledged */
}

TEST(a_code_that_is_none_tells_nothing) {
    begin();
    static const char *const none[] = {"code=0000-0000", "code=", "", "code=%00", "code=inc_9", "code=4F8K2M7QQ", "account=a1"};
    for (size_t i = 0; i < 5; i++) {
        ask("192.0.2.7", "POST /check", FORM, none[i]);
        EXPECT(heard("HTTP/1.1 200") && heard("We do not know this code"));
        EXPECT(!heard("inc_9"));
    }
    EXPECT_EQ(fake.applied, 0);
}

TEST(tries_are_counted_by_who_tries) {
    begin();
    for (int i = 0; i < LIMIT_TRIES; i++) ask("192.0.2.7", "POST /check", FORM, "code=0000-0000");
    ask("192.0.2.7", "POST /check", FORM, "code=4F8K-2M7Q");
    EXPECT(heard("HTTP/1.1 429") && heard("in 10 minutes") && heard("retry-after: 600\r\n") && !heard("inc_9"));
    ask("192.0.2.8", "POST /check", FORM, "code=4F8K-2M7Q");
    EXPECT(heard("inc_9"));
    wall_ms += LIMIT_WINDOW_MS;
    ask("192.0.2.7", "POST /check", FORM, "code=4F8K-2M7Q");
    EXPECT(heard("inc_9"));
}

/* Who sends the header himself is counted as what he is; behind our own proxy the last it names is he. */
TEST(nobody_lends_himself_another_address) {
    begin();
    char header[160];
    for (int i = 0; i <= LIMIT_TRIES; i++) {
        (void)snprintf(header, sizeof header, FORM "x-forwarded-for: 198.51.100.%d\r\n", i);
        ask("192.0.2.7", "POST /check", header, "code=0000-0000");
    }
    EXPECT(heard("HTTP/1.1 429"));
    for (int i = 0; i <= LIMIT_TRIES; i++) {
        (void)snprintf(header, sizeof header, FORM "x-forwarded-for: 198.51.100.%d, 203.0.113.5\r\n", i);
        ask("127.0.0.1", "POST /check", header, "code=0000-0000");
    }
    EXPECT(heard("HTTP/1.1 429"));
    ask("127.0.0.1", "POST /check", FORM "x-forwarded-for: 203.0.113.6\r\n", "code=0000-0000");
    EXPECT(heard("HTTP/1.1 200"));
}

TEST(a_household_is_one_and_a_full_table_lets_nobody_off) {
    static struct limiter l;
    int64_t wait_ms;
    struct address one = address("2001:db8::1"), other = address("2001:db8::2"), stranger = address("2001:db8:0:1::1");
    for (int i = 0; i < LIMIT_TRIES; i++) EXPECT(limiter_take(&l, i % 2 ? &one : &other, 7, 1000, &wait_ms));
    EXPECT(!limiter_take(&l, &one, 7, 1001, &wait_ms));
    EXPECT_EQ(wait_ms, LIMIT_WINDOW_MS - 1);
    EXPECT(limiter_take(&l, &stranger, 7, 1001, &wait_ms));
    limiter_give_back(&l, &one, 7);
    EXPECT(limiter_take(&l, &one, 7, 1002, &wait_ms));
    for (uint32_t i = 0; i < 100000; i++) {
        struct address guesser = {ADDRESS_V4, {10, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
        (void)limiter_take(&l, &guesser, 7, 2000, &wait_ms);
    }
    EXPECT(!limiter_take(&l, &one, 7, 2000, &wait_ms));
}

TEST(a_shop_asks_for_whom_it_serves) {
    begin();
    ask("192.0.2.7", "POST /v1/notices/check", JSON, "{\"code\":\"4F8K-2M7Q\",\"client\":\"198.51.100.4\"}");
    EXPECT(heard("{\"ours\":true,\"date\":\"2026-02-28T15:41:00.000Z\",\"subject\":\"<b>A \\\"title\\\"\",\"case\":\"inc_9\"}"));
    for (int i = 0; i < LIMIT_TRIES; i++)
        ask("192.0.2.7", "POST /v1/notices/check", JSON, "{\"code\":\"0000-0000\",\"client\":\"198.51.100.4\"}");
    EXPECT(heard("HTTP/1.1 429") && heard("retry-after: 600"));
    ask("192.0.2.7", "POST /v1/notices/check", JSON, "{\"code\":\"0000-0000\",\"client\":\"198.51.100.5\"}");
    EXPECT(heard("{\"ours\":false}"));
    ask("192.0.2.7", "POST /v1/notices/check", JSON, "{\"code\":\"0000-0000\"}");
    EXPECT(heard("HTTP/1.1 400") && heard("no address"));
}

TEST(the_message_centre_has_the_words_of_the_mail) {
    begin();
    ask("192.0.2.7", "GET /v1/messages/a1", "", "");
    EXPECT(heard("\"text\":\"a & b\\n<script>\"") && heard("\"case\":\"inc_9\"") && heard("\"read\":null"));
    ask("192.0.2.7", "GET /v1/messages/a1?format=html", "", "");
    EXPECT(heard("a &amp; b\n&lt;script&gt;") && heard("&lt;b&gt;A") && !heard("<script"));
    ask("192.0.2.7", "GET /v1/messages/a2?format=html", "accept-language: ja\r\n", "");
    EXPECT(heard("メッセージはありません"));
    ask("192.0.2.7", "POST /v1/messages/a1", JSON, "{\"message\":\"inc_9/n1\"}");
    EXPECT(heard("{\"message\":\"inc_9/n1\"}"));
    EXPECT_EQ(fake.applied, 1);
    ask("192.0.2.7", "POST /v1/messages/a2", JSON, "{\"message\":\"inc_9/n1\"}"); /* of another account */
    EXPECT(heard("HTTP/1.1 404"));
    EXPECT_EQ(fake.applied, 1);
}

/* A report that is too long for the page, or too many at once, does not take the messages with it. */
TEST(the_message_centre_shows_what_it_can_of_reports) {
    static char facts[200000];
    struct buf b = buf_over(facts, sizeof facts);
    begin();
    buf_text(&b, STR("{\"version\":1,\"report\":{\"title\":\"The report\",\"blocks\":[{\"paragraph\":\"&"));
    size_t filled = b.size;
    buf_text(&b, STR("\"}]}}"));
    fake_centre.report = buf_str(&b);
    ask("192.0.2.7", "GET /v1/messages/a1?format=html", "", "");
    EXPECT(heard("<h3>The report</h3>\n<p>&amp;</p>") && heard("</html>"));
    b.size = filled;
    while (b.size < 150000) buf_char(&b, '&'); /* five bytes each on the page */
    buf_text(&b, STR("\"}]}}"));
    fake_centre.report = buf_str(&b);
    fake_centre.most = 6;
    ask("192.0.2.7", "GET /v1/messages/a1?format=html", "", "");
    EXPECT(heard("200 OK") && heard("a &amp; b\n&lt;script&gt;") && !heard("The report") && heard("</html>"));
    fake_centre.report = STR_NONE;
    fake_centre.most = 0;
}

TEST(only_who_has_a_mail_of_ours_can_say_that_it_came_back) {
    begin();
    char code[NOTICE_CODE_SIZE + 1], body[256];
    notice_token(engine_token(NULL), "bounce", STR("inc_9/n1"), code);
    (void)snprintf(body, sizeof body, "{\"token\":\"inc_9.n1.%.4s%.4s\",\"action\":\"failed\",\"status\":\"5.1.1\"}", code, code + 5);
    ask("192.0.2.7", "POST /v1/notices/bounce", JSON, body);
    EXPECT(heard("{\"notice\":\"inc_9/n1\"}"));
    EXPECT_EQ(fake.applied, 1);
    static const char *const none[] = {"inc_9.n1.00000000", "inc_9.n1.", "inc_9/n1", "", "..", "inc_9.n1"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        (void)snprintf(body, sizeof body, "{\"token\":\"%s\",\"action\":\"failed\"}", none[i]);
        ask("192.0.2.7", "POST /v1/notices/bounce", JSON, body);
        EXPECT(heard("HTTP/1.1 404"));
    }
    (void)snprintf(body, sizeof body, "{\"token\":\"inc_9.n1.%.4s%.4s\",\"action\":\"exploded\"}", code, code + 5);
    ask("192.0.2.7", "POST /v1/notices/bounce", JSON, body);
    EXPECT(heard("HTTP/1.1 400"));
    EXPECT_EQ(fake.applied, 1);
}

int main(void) {
    RUN(whoever_has_the_message_learns_that_it_is_ours);
    RUN(a_code_that_is_none_tells_nothing);
    RUN(tries_are_counted_by_who_tries);
    RUN(nobody_lends_himself_another_address);
    RUN(a_household_is_one_and_a_full_table_lets_nobody_off);
    RUN(a_shop_asks_for_whom_it_serves);
    RUN(the_message_centre_has_the_words_of_the_mail);
    RUN(the_message_centre_shows_what_it_can_of_reports);
    RUN(only_who_has_a_mail_of_ours_can_say_that_it_came_back);
    free(memory);
    return test_end();
}
