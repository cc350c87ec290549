// SPDX-License-Identifier: Apache-2.0
/* Proves what the import formats make of rows in the published form, and that a bad row is named and costs itself only. */
#include "cli/import.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"

static char *memory;
static struct import_source source;
static struct import_piece piece;
static struct problem problem;

/* A file that holds `text`. */
static int file_of(struct str text) {
    FILE *f = tmpfile();
    EXPECT_EQ(fwrite(text.at, 1, text.size, f), text.size);
    (void)fflush(f);
    int fd = dup(fileno(f));
    (void)fclose(f);
    (void)lseek(fd, 0, SEEK_SET);
    return fd;
}

static enum err open_text(const struct import_format *format, struct str text) {
    return import_open(&source, format, file_of(text), memory, &problem);
}

static enum import_result next(void) {
    return import_next(&source, &piece, &problem);
}

TEST(rba_rows_become_logins_and_labels) {
    int fd = open("tests/data/rba.csv", O_RDONLY);
    EXPECT(fd >= 0);
    EXPECT_EQ(import_open(&source, &import_rba, fd, memory, &problem), ERR_OK);
    EXPECT_STR(str_from(source.ignored), STR("Region, City, Browser Name and Version, OS Name and Version"));
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT_STR(piece.json,
               STR("{\"specversion\":\"1.0\",\"id\":\"rba-0\",\"source\":\"rba\",\"type\":\"login\",\"time\":\"2020-02-03 12:43:30.772Z\","
                   "\"data\":{\"ip\":\"192.0.2.11\",\"user_agent\":\"Mozilla/5.0  (iPhone; CPU iPhone OS 13_4 like Mac OS X) "
                   "AppleWebKit/605.1.15 (KHTML, like Gecko Version/13.1 Mobile/15E148 Safari/604.1\",\"geo\":{\"country\":\"NO\","
                   "\"asn\":64496},\"outcome\":\"failure\",\"method\":\"password\",\"failure\":\"no_such_account\","
                   "\"device_type\":\"mobile\"}}"));
    EXPECT_STR(piece.label, STR("{\"id\":\"rba-0\",\"label\":\"noise\",\"is_attack_ip\":false,\"is_account_takeover\":false}"));
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT(str_find(piece.json, STR("\"subject\":\"-3065936140549856249\""), 0) < piece.json.size);
    EXPECT(str_find(piece.json, STR("\"rtt_ms\":\"512.0\""), 0) < piece.json.size);
    EXPECT(str_find(piece.label, STR("\"owner\""), 0) < piece.label.size);
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT(str_find(piece.json, STR("Mozilla/5.0 \\\"Quoted\\\" Agent, with comma"), 0) < piece.json.size);
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT_STR(piece.label, STR("{\"id\":\"rba-3\",\"label\":\"hijacker\",\"is_attack_ip\":true,\"is_account_takeover\":true}"));
    EXPECT(str_find(piece.json, STR("attack"), 0) == piece.json.size); /* a label is no feature */
    EXPECT_EQ(next(), IMPORT_PIECE);                                   /* 31 February: the door's business */
    EXPECT_EQ(next(), IMPORT_PIECE);                                   /* no address: the door's too */
    EXPECT_EQ(next(), IMPORT_REFUSED);
    EXPECT_EQ(piece.line, 8);
    EXPECT_STR(str_from(problem.where), STR("field 10, byte 60"));
    EXPECT_EQ(next(), IMPORT_REFUSED);
    EXPECT_STR(str_from(problem.where), STR("Login Successful"));
    EXPECT_EQ(next(), IMPORT_REFUSED);
    EXPECT_STR(str_from(problem.what), STR("6 fields where the header has 16"));
    EXPECT_STR(piece.raw, STR("8,2020-02-03 12:44:05.000,1,,203.0.113.6,RO"));
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT(str_find(piece.json, STR("\"country\":\"NA\""), 0) < piece.json.size); /* Namibia, not "not available" */
    EXPECT_EQ(next(), IMPORT_END);
    (void)close(fd);
}

TEST(afd_columns_are_found_by_name) {
    int fd = open("tests/data/afd.csv", O_RDONLY);
    EXPECT(fd >= 0);
    EXPECT_EQ(import_open(&source, &import_afd, fd, memory, &problem), ERR_OK);
    EXPECT_STR(str_from(source.ignored), STR("ENTITY_TYPE, cart_value"));
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT_EQ(piece.label.size, 0);
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT_STR(piece.json, STR("{\"specversion\":\"1.0\",\"id\":\"ev-2\",\"source\":\"afd\",\"type\":\"login\",\"subject\":\"cust-17\","
                               "\"time\":\"2021-11-02T09:30:00.250Z\",\"data\":{\"ip\":\"2001:db8::17\",\"user_agent\":\"Mozilla/5.0 "
                               "(Macintosh)\",\"device\":\"fp-9a\",\"session\":\"s-2\",\"outcome\":\"success\",\"method\":\"password\"}}"));
    EXPECT_STR(piece.label,
               STR("{\"id\":\"ev-2\",\"label\":\"owner\",\"event_label\":\"legit\",\"label_timestamp\":\"2021-12-01T00:00:00Z\"}"));
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT(str_find(piece.label, STR("\"hijacker\""), 0) < piece.label.size);
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT(str_find(piece.label, STR("\"unknown\",\"event_label\":\"suspicious\""), 0) < piece.label.size);
    EXPECT_EQ(next(), IMPORT_REFUSED);
    EXPECT_STR(str_from(problem.where), STR("ip"));
    EXPECT_EQ(next(), IMPORT_PIECE);
    problem = (struct problem){.where = "time"};
    import_name_column(&source, &problem);
    EXPECT_STR(str_from(problem.where), STR("EVENT_TIMESTAMP"));
    EXPECT_EQ(next(), IMPORT_END);
    (void)close(fd);
}

TEST(a_file_of_another_form_is_refused_at_its_first_line) {
    EXPECT_EQ(open_text(&import_afd, STR("EVENT_ID,ENTITY_ID\n1,2\n")), ERR_INVALID);
    EXPECT_STR(str_from(problem.what), STR("no column 'EVENT_TIMESTAMP', which format afd needs"));
    EXPECT_EQ(open_text(&import_rba, STR_NONE), ERR_INVALID);
    EXPECT_EQ(open_text(&import_rba, STR("index,INDEX\n")), ERR_INVALID);
    EXPECT_STR(str_from(problem.what), STR("the column 'index' is there twice"));
    EXPECT_EQ(open_text(&import_rba, STR("in\"dex\n")), ERR_INVALID);
}

TEST(ndjson_lines_come_one_by_one) {
    EXPECT_EQ(open_text(&import_ndjson, STR("{\"a\":1}\n\n{\"b\":2}")), ERR_OK);
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT_STR(piece.json, STR("{\"a\":1}"));
    EXPECT_EQ(piece.line, 1);
    EXPECT_EQ(next(), IMPORT_PIECE);
    EXPECT_STR(piece.json, STR("{\"b\":2}"));
    EXPECT_EQ(piece.line, 3);
    EXPECT_EQ(next(), IMPORT_END);
}

/* Files longer than the window come out whole: rows counted, bytes counted, lines counted. */
TEST(rows_survive_the_edges_of_the_window) {
    size_t capacity = 8U << 20;
    struct buf text = buf_over(malloc(capacity), capacity);
    buf_text(&text, STR("\xEF\xBB\xBF"));
    buf_text(&text, STR("EVENT_ID,ENTITY_ID,EVENT_TIMESTAMP,ip,useragent,are_credentials_valid\r\n"));
    uint64_t seed = 7, line = 1;
    for (unsigned i = 0; i < 3000; i++) {
        buf_fmt(&text, "e%u,c,2021-11-01T08:00:00Z,192.0.2.1,\"", i);
        for (uint64_t n = test_random(&seed) % 500; n; n--) buf_text(&text, n % 50 ? STR("u") : STR("\n"));
        buf_text(&text, STR(".\",true\n"));
    }
    EXPECT(!text.overflow);
    EXPECT_EQ(open_text(&import_afd, buf_str(&text)), ERR_OK);
    for (unsigned i = 0; i < 3000; i++) {
        EXPECT_EQ(next(), IMPORT_PIECE);
        char id[32];
        (void)snprintf(id, sizeof id, "\"id\":\"e%u\"", i);
        EXPECT(str_find(piece.json, str_from(id), 0) < piece.json.size);
        EXPECT(piece.line > line);
        line = piece.line;
    }
    EXPECT_EQ(next(), IMPORT_END);
    EXPECT_EQ(source.bytes, text.size);
    free(text.at);
}

TEST(flags_are_read_in_every_spelling) {
    bool flag;
    EXPECT(import_flag(STR("True"), &flag) && flag);
    EXPECT(import_flag(STR("F"), &flag) && !flag);
    EXPECT(import_flag(STR("0"), &flag) && !flag);
    EXPECT(!import_flag(STR("maybe"), &flag));
    EXPECT(!import_flag(STR_NONE, &flag));
}

int main(void) {
    memory = malloc(IMPORT_MEMORY_SIZE);
    RUN(rba_rows_become_logins_and_labels);
    RUN(afd_columns_are_found_by_name);
    RUN(a_file_of_another_form_is_refused_at_its_first_line);
    RUN(ndjson_lines_come_one_by_one);
    RUN(rows_survive_the_edges_of_the_window);
    RUN(flags_are_read_in_every_spelling);
    free(memory);
    return test_end();
}
