// SPDX-License-Identifier: Apache-2.0
/* Requests read the same however they are cut; what can be read in two ways is refused; every bound holds. */
#include "net/http_reader.h"

#include "base/buf.h"
#include "base/test.h"

static char input[HTTP_INPUT_SIZE];
static char transcript_memory[2][1 << 20];

/* What a reader made of bytes, as text: methods, targets, headers, bodies, the refusal's status. */
struct replay {
    struct buf transcript;
    uint64_t body_max;
    bool streamed;
    size_t pieces;
};

static void write_head(const struct http_reader *r, struct buf *b) {
    buf_fmt(b, "%.*s %.*s ? %.*s\n", STR_ARGS(http_reader_method(r)), STR_ARGS(http_reader_path(r)), STR_ARGS(http_reader_query(r)));
    for (unsigned i = 0; i < r->header_count; i++)
        buf_fmt(b, "  %.*s=%.*s\n", STR_ARGS(http_reader_header_name(r, i)), STR_ARGS(http_reader_header_value(r, i)));
    buf_text(b, STR("  body="));
}

/* Takes every step there is; false once refused. */
static bool take_steps(struct http_reader *r, struct replay *replay) {
    struct buf *b = &replay->transcript;
    for (;;) {
        switch (http_reader_step(r)) {
        case HTTP_MORE: return true;
        case HTTP_HEAD_READY:
            write_head(r, b);
            http_reader_take_body(r, replay->body_max, replay->streamed);
            break;
        case HTTP_PIECE:
            replay->pieces++;
            buf_text(b, http_reader_body(r));
            break;
        case HTTP_COMPLETE:
            if (!replay->streamed) buf_text(b, http_reader_body(r));
            buf_fmt(b, "\n  keep_alive=%d\n", r->keep_alive);
            http_reader_next(r);
            break;
        case HTTP_REFUSED: buf_fmt(b, "\nrefused %u\n", r->refusal.status); return false;
        }
    }
}

/* Feeds `bytes` in pieces of 1 to `cut_max` bytes. Returns the status of the refusal, 0 = none. */
static unsigned feed_cut(struct replay *replay, struct str bytes, size_t cut_max, uint64_t *seed) {
    struct http_reader r;
    http_reader_init(&r, input);
    for (size_t at = 0; at < bytes.size;) {
        struct http_room room = http_reader_room(&r);
        EXPECT(room.size > 0);
        size_t size = cut_max == SIZE_MAX ? room.size : 1 + test_random(seed) % cut_max;
        if (size > room.size) size = room.size;
        if (size > bytes.size - at) size = bytes.size - at;
        memcpy(room.at, bytes.at + at, size);
        http_reader_filled(&r, size);
        at += size;
        if (!take_steps(&r, replay)) return r.refusal.status;
    }
    return 0;
}

static unsigned status_of(struct str bytes) {
    struct replay replay = {.transcript = buf_over(transcript_memory[0], sizeof transcript_memory[0]), .body_max = 1000};
    uint64_t seed = 1;
    return feed_cut(&replay, bytes, SIZE_MAX, &seed);
}
#define STATUS(literal) status_of(STR(literal))

/* One random request, mostly well-formed. */
static void write_request(struct buf *b, uint64_t *seed) {
    static const char *const heads[] = {
        "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /v1/accounts/a%20b?x=1&y=2 HTTP/1.1\r\nHost: a\r\nAccept:   */*  \r\nx-empty:\r\n\r\n",
        "\r\nGET /after-a-blank-line HTTP/1.1\r\nhost: a\r\n\r\n",
        "POST /v1/decisions HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-type: application/json\r\n\r\nhello",
        "POST /none HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n",
        "POST /chunks HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6;name=value\r\n world\r\n0\r\ntrailer: "
        "x\r\n\r\n",
        "POST /upgrade HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: h2c\r\ncontent-length: 2\r\n\r\nab",
        "GET http://proxied.example/path?q HTTP/1.1\r\nhost: a\r\n\r\n",
        "HEAD /old HTTP/1.0\r\nconnection: keep-alive\r\n\r\n",
        "DELETE /x HTTP/1.1\r\nhost: a\r\n\r\n",
    };
    uint64_t which = test_random(seed) % 14;
    if (which < sizeof heads / sizeof heads[0]) {
        buf_text(b, str_from(heads[which]));
    } else if (which < 12) { /* a long body */
        size_t size = test_random(seed) % 3000;
        buf_fmt(b, "POST /long HTTP/1.1\r\nhost: a\r\ncontent-length: %zu\r\n\r\n", size);
        for (size_t i = 0; i < size; i++) buf_char(b, (char)('a' + i % 26));
    } else { /* many chunks */
        buf_text(b, STR("POST /many HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"));
        for (uint64_t i = 1 + test_random(seed) % 50; i > 0; i--) {
            size_t size = 1 + test_random(seed) % 40;
            buf_fmt(b, "%zx\r\n", size);
            for (size_t k = 0; k < size; k++) buf_char(b, (char)('A' + (k + i) % 26));
            buf_text(b, STR("\r\n"));
        }
        buf_text(b, STR("0\r\n\r\n"));
    }
}

/* Breaks a few bytes, so that refusals are compared too. */
static void damage(struct buf *b, uint64_t *seed) {
    if (test_random(seed) % 3) return;
    for (uint64_t i = 1 + test_random(seed) % 3; i > 0 && b->size; i--) b->at[test_random(seed) % b->size] = (char)test_random(seed);
}

TEST(any_cut_gives_the_same_requests) {
    static char bytes[256 * 1024];
    for (uint64_t round = 0; round < 600; round++) {
        uint64_t seed = round;
        struct buf b = buf_over(bytes, sizeof bytes);
        for (uint64_t i = 1 + test_random(&seed) % 12; i > 0; i--) write_request(&b, &seed);
        damage(&b, &seed);
        bool streamed = round % 2;
        struct replay whole = {buf_over(transcript_memory[0], sizeof transcript_memory[0]), HTTP_BODY_SIZE_MAX, streamed, 0};
        struct replay cut = {buf_over(transcript_memory[1], sizeof transcript_memory[1]), HTTP_BODY_SIZE_MAX, streamed, 0};
        (void)feed_cut(&whole, buf_str(&b), SIZE_MAX, &seed);
        (void)feed_cut(&cut, buf_str(&b), (size_t[]){1, 3, 40, 2000}[round % 4], &seed);
        /* A streamed body of which a later byte is refused was handed out as far as it had come: only its length depends on the cut. */
        if (streamed && str_find(buf_str(&whole.transcript), STR("refused"), 0) < whole.transcript.size) continue;
        if (!str_equal(buf_str(&whole.transcript), buf_str(&cut.transcript))) printf("seed %llu\n", (unsigned long long)round);
        EXPECT_STR(buf_str(&cut.transcript), buf_str(&whole.transcript));
    }
}

TEST(pipelined_requests_come_one_by_one) {
    struct replay replay = {.transcript = buf_over(transcript_memory[0], sizeof transcript_memory[0]), .body_max = 100};
    uint64_t seed = 1;
    struct str bytes =
        STR("POST /1 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabcGET /2?x HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
    EXPECT_EQ(feed_cut(&replay, bytes, SIZE_MAX, &seed), 0);
    EXPECT_STR(buf_str(&replay.transcript), STR("POST /1 ? \n  host=a\n  content-length=3\n  body=abc\n  keep_alive=1\n"
                                                "GET /2 ? x\n  host=a\n  connection=close\n  body=\n  keep_alive=0\n"));
}

TEST(a_streamed_body_comes_in_pieces) {
    struct replay replay = {
        .transcript = buf_over(transcript_memory[0], sizeof transcript_memory[0]), .body_max = 1 << 20, .streamed = true};
    static char bytes[400 * 1024];
    struct buf b = buf_over(bytes, sizeof bytes);
    buf_text(&b, STR("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 300000\r\n\r\n"));
    for (int i = 0; i < 300000; i++) buf_char(&b, 'x');
    buf_text(&b, STR("GET /next HTTP/1.1\r\nhost: a\r\n\r\n"));
    uint64_t seed = 1;
    EXPECT_EQ(feed_cut(&replay, buf_str(&b), SIZE_MAX, &seed), 0);
    EXPECT(replay.pieces > 3);
    EXPECT(str_find(buf_str(&replay.transcript), STR("GET /next"), 0) > 300000);
    EXPECT(str_find(buf_str(&replay.transcript), STR("GET /next"), 0) < replay.transcript.size);
}

TEST(what_two_parsers_could_read_differently_is_refused) {
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello!"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5, 5\r\n\r\nhello"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: +5\r\n\r\nhello"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0x5\r\n\r\nhello"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: -1\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 18446744073709551621\r\n\r\nhello"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length : 5\r\n\r\nhello"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: xchunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\n transfer-encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("POST / HTTP/1.0\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\r\nx: one\r\n two\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\r\nx:\r\n\ttwo\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\nhost: a\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\nx: y\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\r\n\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\rx: y\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\r\nx: a\0b\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\r\nx\0y: b\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(STATUS("GET / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"), 400);
}

TEST(bad_chunks_are_refused) {
#define CHUNKED "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
    EXPECT_EQ(STATUS(CHUNKED "0x5\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "-5\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED " 5\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "g\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "5\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "5\r\nhello0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "5\r\nhello\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "5\r\nhelloXX0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "fffffffffffffffff\r\nhello\r\n0\r\n\r\n"), 400);
    EXPECT_EQ(STATUS(CHUNKED "fffffffffffffff\r\nhello"), 0); /* a length that never comes: time ends it */
    EXPECT_EQ(STATUS(CHUNKED "5\r\nhello\r\n0\r\n\r\n"), 0);
}

TEST(bodies_are_bounded) {
    static char bytes[8192];
    struct buf b = buf_over(bytes, sizeof bytes);
    buf_text(&b, STR("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n"));
    for (int i = 0; i < 1000; i++) buf_char(&b, 'x');
    EXPECT_EQ(status_of(buf_str(&b)), 0);
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1001\r\n\r\n"), 413); /* before the body comes */
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 18446744073709551615\r\n\r\n"), 413);
    b = buf_over(bytes, sizeof bytes);
    buf_text(&b, STR(CHUNKED));
    for (int i = 0; i < 143; i++) buf_text(&b, STR("7\r\n1234567\r\n"));
    EXPECT_EQ(status_of(buf_str(&b)), 413); /* 1001 bytes */
}

/* `count` header lines, and a target of `target_size` bytes. */
static struct str head_of(char *bytes, size_t capacity, size_t target_size, size_t count, size_t value_size) {
    struct buf b = buf_over(bytes, capacity);
    buf_text(&b, STR("GET /"));
    for (size_t i = 1; i < target_size; i++) buf_char(&b, 'p');
    buf_text(&b, STR(" HTTP/1.1\r\nhost: a\r\n"));
    for (size_t i = 1; i < count; i++) {
        buf_fmt(&b, "x-%zu: ", i);
        for (size_t k = 0; k < value_size; k++) buf_char(&b, 'v');
        buf_text(&b, STR("\r\n"));
    }
    buf_text(&b, STR("\r\n"));
    EXPECT(!b.overflow);
    return buf_str(&b);
}

TEST(heads_are_bounded) {
    static char bytes[128 * 1024];
    EXPECT_EQ(status_of(head_of(bytes, sizeof bytes, 2048, 64, 1)), 0);
    EXPECT_EQ(status_of(head_of(bytes, sizeof bytes, 2049, 1, 1)), 414);
    EXPECT_EQ(status_of(head_of(bytes, sizeof bytes, 100000, 1, 1)), 414);
    EXPECT_EQ(status_of(head_of(bytes, sizeof bytes, 1, 65, 1)), 431);
    EXPECT_EQ(status_of(head_of(bytes, sizeof bytes, 1, 60, 255)), 0);
    EXPECT_EQ(status_of(head_of(bytes, sizeof bytes, 1, 60, 280)), 431);
    EXPECT_EQ(status_of(head_of(bytes, sizeof bytes, 1, 2, 60000)), 431);
}

TEST(surplus_of_chunks_is_bounded) {
    static char bytes[64 * 1024];
    struct buf b = buf_over(bytes, sizeof bytes);
    buf_text(&b, STR(CHUNKED "5;x="));
    for (int i = 0; i < 20000; i++) buf_char(&b, 'e');
    buf_text(&b, STR("\r\nhello\r\n0\r\n\r\n"));
    EXPECT_EQ(status_of(buf_str(&b)), 400);
    b = buf_over(bytes, sizeof bytes);
    buf_text(&b, STR(CHUNKED "0\r\n"));
    for (int i = 0; i < 3000; i++) buf_text(&b, STR("trailer: x\r\n"));
    buf_text(&b, STR("\r\n"));
    EXPECT_EQ(status_of(buf_str(&b)), 400);
}

TEST(other_protocols_are_refused) {
    EXPECT_EQ(STATUS("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
    EXPECT_EQ(STATUS("GET / HTTP/2.0\r\nhost: a\r\n\r\n"), 505);
    EXPECT_EQ(STATUS("GET / HTTP/0.9\r\n\r\n"), 505);
    EXPECT_EQ(STATUS("GET / HTTP/1.2\r\nhost: a\r\n\r\n"), 505);
    EXPECT_EQ(STATUS("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 400); /* TLS on the plain port */
    EXPECT_EQ(STATUS("POST / HTTP/1.1\r\nhost: a\r\nexpect: 200-ok\r\ncontent-length: 1\r\n\r\nx"), 417);
}

TEST(a_client_may_wait_for_continue) {
    struct http_reader r;
    http_reader_init(&r, input);
    struct str head = STR("POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\ncontent-length: 2\r\n\r\n");
    memcpy(http_reader_room(&r).at, head.at, head.size);
    http_reader_filled(&r, head.size);
    EXPECT_EQ(http_reader_step(&r), HTTP_HEAD_READY);
    EXPECT(http_reader_expects_continue(&r));
    http_reader_take_body(&r, 10, false);
    EXPECT_EQ(http_reader_step(&r), HTTP_MORE);
    EXPECT(http_reader_is_within(&r));
    memcpy(http_reader_room(&r).at, "ok", 2);
    http_reader_filled(&r, 2);
    EXPECT_EQ(http_reader_step(&r), HTTP_COMPLETE);
    EXPECT_STR(http_reader_body(&r), STR("ok"));
    http_reader_next(&r);
    EXPECT(!http_reader_is_within(&r));
}

int main(void) {
    RUN(any_cut_gives_the_same_requests);
    RUN(pipelined_requests_come_one_by_one);
    RUN(a_streamed_body_comes_in_pieces);
    RUN(what_two_parsers_could_read_differently_is_refused);
    RUN(bad_chunks_are_refused);
    RUN(bodies_are_bounded);
    RUN(heads_are_bounded);
    RUN(surplus_of_chunks_is_bounded);
    RUN(other_protocols_are_refused);
    RUN(a_client_may_wait_for_continue);
    return test_end();
}
