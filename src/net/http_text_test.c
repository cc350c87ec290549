// SPDX-License-Identifier: Apache-2.0
/* Percent signs, queries, media types and dates as the RFCs write them. */
#include "net/http_text.h"

#include "base/test.h"

static char memory[256];

static struct str decode(struct str s, bool *ok) {
    struct buf b = buf_over(memory, sizeof memory);
    *ok = http_decode_percent(s, &b);
    return buf_str(&b);
}

TEST(percent_signs_are_undone) {
    bool ok;
    EXPECT_STR(decode(STR("a%20b%2Fc%e3%81%b2"), &ok), STR("a b/cひ"));
    EXPECT(ok);
    EXPECT_STR(decode(STR(""), &ok), STR(""));
    EXPECT(ok);
    struct str broken[] = {STR("%"), STR("a%2"), STR("%zz"), STR("%00"), STR("%ff"), STR("%c0%80"), STR("%+1")};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        EXPECT_EQ(decode(broken[i], &ok).size, 0);
        EXPECT(!ok);
    }
}

TEST(queries_are_searched) {
    struct str value = STR_NONE, query = STR("account=a%201&limit=5&empty=&flag");
    EXPECT(http_query_find(query, STR("limit"), &value));
    EXPECT_STR(value, STR("5"));
    EXPECT(http_query_find(query, STR("account"), &value));
    EXPECT_STR(value, STR("a%201"));
    EXPECT(http_query_find(query, STR("empty"), &value));
    EXPECT_EQ(value.size, 0);
    EXPECT(http_query_find(query, STR("flag"), &value));
    EXPECT(!http_query_find(query, STR("imit"), &value));
    EXPECT(!http_query_find(STR(""), STR("limit"), &value));
}

TEST(media_types_lose_their_parameters) {
    EXPECT_STR(http_media_type(STR("application/json; charset=utf-8")), STR("application/json"));
    EXPECT_STR(http_media_type(STR(" text/plain ;x")), STR("text/plain"));
    EXPECT_STR(http_media_type(STR("")), STR(""));
}

TEST(dates_are_written_as_the_rfc_does) {
    struct buf b = buf_over(memory, sizeof memory);
    http_write_date(&b, 784111777 * INT64_C(1000));
    EXPECT_STR(buf_str(&b), STR("Sun, 06 Nov 1994 08:49:37 GMT"));
    b = buf_over(memory, sizeof memory);
    http_write_date(&b, 0);
    EXPECT_STR(buf_str(&b), STR("Thu, 01 Jan 1970 00:00:00 GMT"));
}

int main(void) {
    RUN(percent_signs_are_undone);
    RUN(queries_are_searched);
    RUN(media_types_lose_their_parameters);
    RUN(dates_are_written_as_the_rfc_does);
    return test_end();
}
