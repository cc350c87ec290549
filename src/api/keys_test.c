// SPDX-License-Identifier: Apache-2.0
/* Keys are found by their hash, files are refused with file and line, and what is written can be read. */
#include "api/keys.h"

#include "base/test.h"

static struct keyring ring;
static struct problem problem;

static enum err read_text(const char *text) {
    static char memory[65536];
    size_t size = strlen(text);
    memcpy(memory, text, size);
    enum err err = keyring_read(&ring, "keys", memory, size, &problem);
    for (size_t i = 0; i < size; i++) EXPECT_EQ(memory[i], 0);
    return err;
}

TEST(keys_are_found_by_what_was_sent) {
    EXPECT_EQ(read_text("# our keys\n\n  a-bare-key  \r\nshop events:write,read sha256:"
                        "2C26B46B68FFC68FF99B453C1D30413413422D706483BFA0F98A5E886266E7AE # foo\n"),
              ERR_OK);
    EXPECT_EQ(ring.count, 2);
    EXPECT_EQ(ring.bare_count, 1);
    const struct key *bare = keyring_find(&ring, STR("a-bare-key")), *shop = keyring_find(&ring, STR("foo"));
    EXPECT(bare && bare->scopes == SCOPE_ALL);
    EXPECT(shop && shop->scopes == (SCOPE_EVENTS_WRITE | SCOPE_READ));
    if (bare && shop) {
        EXPECT_STR(str_from(bare->name), STR("key-1"));
        EXPECT_STR(str_from(shop->name), STR("shop"));
    }
    EXPECT(!keyring_find(&ring, STR("fooo")) && !keyring_find(&ring, STR("")) && !keyring_find(&ring, STR("shop")));
}

TEST(many_keys_are_all_found) {
    static char text[400000];
    struct buf b = buf_over(text, sizeof text);
    for (int i = 0; i < 2000; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "key number %d", i);
        key_write_line(&b, STR("name"), SCOPE_READ, str_from(key));
    }
    EXPECT(!b.overflow);
    EXPECT_EQ(keyring_read(&ring, "keys", text, b.size, &problem), ERR_OK);
    for (int i = 0; i < 2500; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "key number %d", i);
        EXPECT((keyring_find(&ring, str_from(key)) != NULL) == (i < 2000));
    }
}

static void refused(const char *text, const char *where, const char *what) {
    EXPECT_EQ(read_text(text), ERR_INVALID);
    EXPECT_STR(str_from(problem.where), str_from(where));
    EXPECT(str_find(str_from(problem.what), str_from(what), 0) < strlen(problem.what));
    EXPECT_EQ(ring.count, 0);
}

TEST(broken_files_are_refused_by_line) {
#define HASH "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"
    refused("", "keys", "no key");
    refused("# only words\n", "keys", "no key");
    refused("short\n", "keys:1", "8 to 128");
    refused("good-enough\n\nshop read\n", "keys:3", "no SHA-256");
    refused("shop read sha256:abc\n", "keys:1", "no SHA-256");
    refused("shop read sha1:" HASH "\n", "keys:1", "no SHA-256");
    refused("shop read sha256:" HASH " more\n", "keys:1", "more after it");
    refused("shop reed sha256:" HASH "\n", "keys:1", "unknown scope");
    refused("shop read,,metrics sha256:" HASH "\n", "keys:1", "unknown scope");
    refused("shop read sha256:" HASH "\nother metrics sha256:" HASH "\n", "keys:2", "twice");
}

TEST(scopes_are_read_and_written) {
    char text[256];
    struct buf b = buf_over(text, sizeof text);
    unsigned scopes;
    EXPECT(scopes_from(STR("metrics,events:write"), &scopes) && scopes == (SCOPE_METRICS | SCOPE_EVENTS_WRITE));
    EXPECT(scopes_from(STR("all"), &scopes) && scopes == SCOPE_ALL);
    EXPECT(!scopes_from(STR(""), &scopes));
    key_write_line(&b, STR("shop"), SCOPE_EVENTS_WRITE | SCOPE_METRICS, STR("foo"));
    EXPECT_STR(buf_str(&b), STR("shop events:write,metrics sha256:" HASH "\n"));
}

int main(void) {
    RUN(keys_are_found_by_what_was_sent);
    RUN(many_keys_are_all_found);
    RUN(broken_files_are_refused_by_line);
    RUN(scopes_are_read_and_written);
    return test_end();
}
