// SPDX-License-Identifier: Apache-2.0
/* Proves the judgements of a checkup and the form in which they are handed on. */
#include "cli/checkup.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yyjson/yyjson.h>

#include "base/bounds.h"
#include "base/test.h"

TEST(sync_is_judged_by_what_a_disk_can_do) {
    const char *why, *fix;
    EXPECT_EQ(checkup_judge_sync(200, 1500, "ext4", &why, &fix), HEALTH_OK);
    EXPECT_STR(str_from(fix), STR(""));
    EXPECT_EQ(checkup_judge_sync(2, 5, "ext4", &why, &fix), HEALTH_WARN);
    EXPECT(str_find(str_from(why), STR("not to be honoured"), 0) < strlen(why));
    EXPECT_EQ(checkup_judge_sync(2, 5, "tmpfs (not durable)", &why, &fix), HEALTH_WARN);
    EXPECT(str_find(str_from(why), STR("memory"), 0) < strlen(why));
    EXPECT_EQ(checkup_judge_sync(9000, 20000, "ext4", &why, &fix), HEALTH_WARN);
    EXPECT_EQ(checkup_judge_sync(900, 200000, "ext4", &why, &fix), HEALTH_WARN);
}

TEST(space_must_hold_the_next_segments) {
    const char *fix;
    uint64_t gb = 1000000000;
    EXPECT_EQ(checkup_judge_space(50 * gb, 100 * gb, &fix), HEALTH_OK);
    EXPECT_EQ(checkup_judge_space(4 * gb, 10 * gb, &fix), HEALTH_WARN);
    EXPECT_EQ(checkup_judge_space(40 * gb, 1000 * gb, &fix), HEALTH_WARN);
    EXPECT_EQ(checkup_judge_space(2 * (uint64_t)JOURNAL_SEGMENT_SIZE_MAX - 1, 10 * gb, &fix), HEALTH_FAIL);
    EXPECT(fix[0] != 0);
}

static struct checkup checkup;

static const struct checkup_line *last_line(void) {
    return &checkup.lines[checkup.count - 1];
}

TEST(a_key_that_others_can_read_is_a_failure) {
    char path[] = "/tmp/hikeshi-key-XXXXXX";
    int fd = mkstemp(path);
    checkup.count = 0;
    checkup_key_file(&checkup, path); /* empty */
    EXPECT_EQ(last_line()->health, HEALTH_FAIL);
    EXPECT_EQ(write(fd, "key\n", 4), 4);
    checkup_key_file(&checkup, path);
    EXPECT_EQ(last_line()->health, HEALTH_OK);
    EXPECT_EQ(fchmod(fd, 0644), 0);
    checkup_key_file(&checkup, path);
    EXPECT_EQ(last_line()->health, HEALTH_FAIL);
    (void)close(fd);
    (void)unlink(path);
    checkup_key_file(&checkup, path);
    EXPECT_EQ(last_line()->health, HEALTH_FAIL);
    EXPECT_EQ(checkup_worst(&checkup), HEALTH_FAIL);
}

TEST(a_geo_file_that_is_none_is_a_failure) {
    checkup.count = 0;
    checkup_geo_file(&checkup, "/nowhere/at-all.mmdb", 0);
    EXPECT_EQ(last_line()->health, HEALTH_FAIL);
    char path[] = "/tmp/hikeshi-geo-XXXXXX.mmdb";
    int fd = mkstemps(path, 5);
    EXPECT_EQ(write(fd, "not a database\n", 15), 15);
    checkup_geo_file(&checkup, path, 0);
    EXPECT_EQ(last_line()->health, HEALTH_FAIL);
    (void)close(fd);
    (void)unlink(path);
}

TEST(programs_read_the_same_as_people) {
    static char memory[16384];
    checkup.count = 0;
    checkup_machine(&checkup);
    unsigned machine = checkup.count;
    EXPECT(machine >= 3);
    checkup_add(&checkup, HEALTH_WARN, "mood", "sing", "a \"%s\" one", "sad");
    struct buf out = buf_over(memory, sizeof memory);
    checkup_write_json(&checkup, &out);
    yyjson_doc *doc = yyjson_read(out.at, out.size, 0);
    yyjson_val *checks = yyjson_obj_get(yyjson_doc_get_root(doc), "checks"), *mood = yyjson_arr_get_last(checks);
    EXPECT_EQ(yyjson_arr_size(checks), machine + 1);
    EXPECT_STR(str_from(yyjson_get_str(yyjson_obj_get(mood, "found"))), STR("a \"sad\" one"));
    EXPECT_STR(str_from(yyjson_get_str(yyjson_obj_get(mood, "health"))), STR("warn"));
    EXPECT_STR(str_from(yyjson_get_str(yyjson_obj_get(mood, "fix"))), STR("sing"));
    yyjson_doc_free(doc);
    out = buf_over(memory, sizeof memory);
    checkup_write_table(&checkup, &out);
    EXPECT(str_find(buf_str(&out), STR("warn  mood             a \"sad\" one\n"), 0) < out.size);
    EXPECT(str_find(buf_str(&out), STR("-> sing\n"), 0) < out.size);
}

int main(void) {
    RUN(sync_is_judged_by_what_a_disk_can_do);
    RUN(space_must_hold_the_next_segments);
    RUN(a_key_that_others_can_read_is_a_failure);
    RUN(a_geo_file_that_is_none_is_a_failure);
    RUN(programs_read_the_same_as_people);
    return test_end();
}
