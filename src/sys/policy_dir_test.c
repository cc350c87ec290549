// SPDX-License-Identifier: Apache-2.0
/* Proves that a policy goes to disk and comes back, and that what does not belong there is named. */
#include "sys/policy_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/bundle.h"
#include "base/test.h"

static char memory[64 * 1024];
static char dir[128];

static void make_dir(void) {
    (void)snprintf(dir, sizeof dir, "%s/hikeshi_policy_XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    EXPECT(mkdtemp(dir) != NULL);
}

static const char *in_dir(const char *name) {
    static char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void put_file(const char *name, const char *text) {
    FILE *f = fopen(in_dir(name), "w");
    EXPECT(f != NULL);
    if (!f) return;
    EXPECT(fputs(text, f) >= 0);
    EXPECT(fclose(f) == 0);
}

static void remove_dir(void) {
    char command[256];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", dir);
    EXPECT(system(command) == 0);
}

static enum err read_dir(struct buf *b, struct problem *p) {
    *b = buf_over(memory, sizeof memory);
    *p = (struct problem){0};
    return policy_dir_read(dir, b, p);
}

#define WHOLE STR("=== policy.toml\nname = \"a\"\n=== a.rule\nrule a\n=== b.rule\nrule b\n=== lists/x.txt\n1\n=== lists/y.txt\n2\n")

TEST(a_policy_goes_to_disk_and_comes_back) {
    make_dir();
    struct buf b;
    struct problem p;
    EXPECT_EQ(policy_dir_write(dir, WHOLE, &p), ERR_OK);
    EXPECT_EQ(read_dir(&b, &p), ERR_OK);
    EXPECT_STR(buf_str(&b), WHOLE);
    EXPECT_EQ(policy_dir_write(dir, WHOLE, &p), ERR_CONFLICT); /* never over somebody's work */
    EXPECT_STR(str_from(p.where), str_from(in_dir("policy.toml")));
    remove_dir();
    EXPECT_EQ(read_dir(&b, &p), ERR_NOT_FOUND);
}

TEST(what_is_set_aside_is_left_out) {
    make_dir();
    put_file("policy.toml", "p");
    put_file("a.rule", "a\n");
    put_file("b.rule.off", "b\n");
    put_file("README.md", "r\n");
    put_file(".hidden", "h\n");
    put_file("a.rule~", "old\n");
    struct buf b;
    struct problem p;
    EXPECT_EQ(read_dir(&b, &p), ERR_OK);
    EXPECT_STR(buf_str(&b), STR("=== policy.toml\np\n=== a.rule\na\n"));
    remove_dir();
}

TEST(what_does_not_belong_there_is_named) {
    make_dir();
    struct buf b;
    struct problem p;
    put_file("a.rul", "a\n");
    EXPECT_EQ(read_dir(&b, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.what), STR("'a.rul' is no part of a policy"));
    EXPECT(unlink(in_dir("a.rul")) == 0);
    EXPECT(mkdir(in_dir("a.rule"), 0755) == 0);
    EXPECT_EQ(read_dir(&b, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.what), STR("this is not a file"));
    EXPECT(rmdir(in_dir("a.rule")) == 0);
    put_file("a.rule", "a\n=== b.rule\n");
    EXPECT_EQ(read_dir(&b, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.where), str_from(in_dir("a.rule")));
    EXPECT(unlink(in_dir("a.rule")) == 0);
    static char large[sizeof memory + 1];
    memset(large, 'x', sizeof large - 1);
    put_file("a.rule", large);
    EXPECT_EQ(read_dir(&b, &p), ERR_TOO_LARGE);
    remove_dir();
    make_dir();
    EXPECT_EQ(policy_dir_write(dir, STR("=== ../up\nx\n"), &p), ERR_INVALID);
    EXPECT_EQ(policy_dir_write(dir, STR("=== lists/../../up\nx\n"), &p), ERR_INVALID);
    EXPECT_EQ(policy_dir_write(dir, STR("no bundle"), &p), ERR_INVALID);
    remove_dir();
}

int main(void) {
    RUN(a_policy_goes_to_disk_and_comes_back);
    RUN(what_is_set_aside_is_left_out);
    RUN(what_does_not_belong_there_is_named);
    return test_end();
}
