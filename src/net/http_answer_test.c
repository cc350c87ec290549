// SPDX-License-Identifier: Apache-2.0
/* Answers are what an HTTP parser that is not ours to bend (llhttp, strict) reads back. */
#include "net/http_answer.h"

#include <llhttp.h>

#include "base/test.h"

static char memory[65536], body_memory[65536];

struct seen {
    struct buf body;
    unsigned complete;
};

static int on_body(llhttp_t *parser, const char *at, size_t size) {
    buf_bytes(&((struct seen *)parser->data)->body, at, size);
    return 0;
}

static int on_complete(llhttp_t *parser) {
    ((struct seen *)parser->data)->complete++;
    return 0;
}

/* Reads answers; returns the last status, 0 where they are no HTTP. */
static unsigned read_answers(struct str bytes, struct seen *seen) {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_body = on_body;
    settings.on_message_complete = on_complete;
    llhttp_t parser;
    llhttp_init(&parser, HTTP_RESPONSE, &settings);
    *seen = (struct seen){.body = buf_over(body_memory, sizeof body_memory)};
    parser.data = seen;
    return llhttp_execute(&parser, bytes.at, bytes.size) == HPE_OK ? (unsigned)parser.status_code : 0;
}

TEST(a_body_gets_its_length) {
    for (size_t size = 0; size < 20000; size = size * 3 + 1) {
        struct buf b = buf_over(memory, sizeof memory);
        for (int twice = 0; twice < 2; twice++) {
            struct http_answer a = http_answer_begin(&b, &(struct http_head){.status = 200, .media_type = STR("text/plain")});
            for (size_t i = 0; i < size; i++) buf_char(&b, 'x');
            http_answer_end(&a, &b, false);
        }
        struct seen seen;
        EXPECT_EQ(read_answers(buf_str(&b), &seen), 200);
        EXPECT_EQ(seen.complete, 2);
        EXPECT_EQ(seen.body.size, 2 * size);
    }
}

TEST(head_tells_the_length_and_sends_none) {
    struct buf b = buf_over(memory, sizeof memory);
    struct http_answer a = http_answer_begin(&b, &(struct http_head){.status = 404, .media_type = HTTP_PROBLEM_TYPE, .close = true});
    buf_text(&b, STR("{}"));
    http_answer_end(&a, &b, true);
    EXPECT_STR(buf_str(&b), STR("HTTP/1.1 404 Not Found\r\ncontent-type: application/problem+json\r\ncache-control: no-store\r\n"
                                "x-content-type-options: nosniff\r\nconnection: close\r\ncontent-length:      2\r\n\r\n"));
}

TEST(chunks_add_up) {
    struct buf b = buf_over(memory, sizeof memory);
    http_answer_stream(&b, &(struct http_head){.status = 200, .media_type = STR("application/x-ndjson")}, true);
    for (size_t size = 0; size < 9000; size = size * 5 + size % 3 + 1) {
        size_t begun = http_chunk_begin(&b);
        for (size_t i = 0; i < size; i++) buf_char(&b, 'y');
        http_chunk_end(&b, begun);
    }
    http_chunk_last(&b);
    struct seen seen;
    EXPECT_EQ(read_answers(buf_str(&b), &seen), 200);
    EXPECT_EQ(seen.complete, 1);
    size_t sum = 0;
    for (size_t size = 0; size < 9000; size = size * 5 + size % 3 + 1) sum += size;
    EXPECT_EQ(seen.body.size, sum);
}

TEST(problems_name_field_and_hint) {
    struct problem p;
    (void)problem_set(&p, ERR_INVALID, "data.ip", "send \"203.0.113.7\"", "is no address");
    struct buf b = buf_over(memory, sizeof memory);
    http_write_problem(&b, 400, &p);
    EXPECT_STR(buf_str(&b),
               STR("{\"type\":\"urn:hikeshi:problem:invalid\",\"title\":\"Bad Request\",\"status\":400,\"detail\":\"is no address\","
                   "\"field\":\"data.ip\",\"hint\":\"send \\\"203.0.113.7\\\"\"}"));
}

int main(void) {
    RUN(a_body_gets_its_length);
    RUN(head_tells_the_length_and_sends_none);
    RUN(chunks_add_up);
    RUN(problems_name_field_and_hint);
    return test_end();
}
