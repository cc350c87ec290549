// SPDX-License-Identifier: Apache-2.0
/* Proves look-ups in compiled lists against a walk over the list as it was written. */
#include "decide/list.h"

#include "base/buf.h"
#include "base/test.h"

static _Alignas(16) char memory[4U << 20];
static char text[1U << 20];

struct network {
    struct address address;
    unsigned bits;
};

static struct address any_address(uint64_t *state) {
    struct address a = {.family = test_random(state) % 2 ? ADDRESS_V4 : ADDRESS_V6};
    if (a.family == ADDRESS_V6) a.bytes[0] = 0x20, a.bytes[1] = 0x01;
    for (unsigned i = a.family == ADDRESS_V6 ? 2 : 0; i < address_size(&a); i++) a.bytes[i] = (uint8_t)(test_random(state) % 4 * 0x55);
    return a;
}

static const struct list *take(struct lists *l, struct arena *arena, struct str bundle, enum list_type type) {
    static struct problem p;
    const struct list *list = NULL;
    *arena = arena_over(memory, sizeof memory);
    *l = (struct lists){.bundle = bundle, .memory = arena};
    EXPECT_EQ(lists_take(l, STR("n"), type, &list, &p), ERR_OK);
    return list;
}

/* Networks that nest, touch and repeat. */
TEST(an_address_is_in_a_list_if_a_network_of_it_holds_it) {
    uint64_t state = 21;
    unsigned hits = 0;
    for (int round = 0; round < 200; round++) {
        struct network networks[64];
        size_t count = test_random(&state) % 64;
        struct buf b = buf_over(text, sizeof text);
        buf_text(&b, STR("=== lists/n.txt\n"));
        for (size_t i = 0; i < count; i++) {
            struct address a = any_address(&state);
            unsigned bits = (unsigned)(test_random(&state) % (a.family == ADDRESS_V4 ? 33 : 129));
            if (a.family == ADDRESS_V6 && bits < 16) bits = 16; /* else it would cover the mapped IPv4 addresses too */
            networks[i] = (struct network){address_prefix(&a, bits), bits};
            address_format(&b, &networks[i].address);
            if (bits < address_size(&a) * 8 || test_random(&state) % 2) buf_fmt(&b, "/%u", bits);
            buf_char(&b, '\n');
        }
        struct lists l;
        struct arena arena;
        const struct list *list = take(&l, &arena, buf_str(&b), LIST_NETWORKS);
        EXPECT(list_size(list) <= count);
        for (int i = 0; i < 200; i++) {
            struct address a = any_address(&state);
            bool want = false;
            for (size_t k = 0; k < count; k++) {
                if (networks[k].address.family != a.family) continue;
                struct address prefix = address_prefix(&a, networks[k].bits);
                want |= address_equal(&prefix, &networks[k].address);
            }
            hits += want;
            EXPECT_EQ(list_has_address(list, &a), want);
        }
    }
    EXPECT(hits > 2000);
}

TEST(the_widest_and_the_narrowest_networks_are_read) {
    static const struct {
        const char *list, *inside, *outside;
        size_t size;
    } cases[] = {
        {"::/0", "ffff:ffff::1", "", 1},
        {"8000::/1", "ffff::", "7fff::", 1},
        {"2001:db8::/65", "2001:db8::7fff:0:0:0", "2001:db8::8000:0:0:0", 1},
        {"0.0.0.0/0", "255.255.255.255", "::1", 1},
        {"192.0.2.1\n192.0.2.1/32\n192.0.2.1", "192.0.2.1", "192.0.2.2", 1},
        {"192.0.2.0/25\n192.0.2.128/25", "192.0.2.128", "192.0.3.0", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lists l;
        struct arena arena;
        struct buf b = buf_over(text, sizeof text);
        buf_fmt(&b, "=== lists/n.txt\n%s\n", cases[i].list);
        const struct list *list = take(&l, &arena, buf_str(&b), LIST_NETWORKS);
        struct address a;
        EXPECT(address_parse(str_from(cases[i].inside), &a) && list_has_address(list, &a));
        EXPECT(!cases[i].outside[0] || (address_parse(str_from(cases[i].outside), &a) && !list_has_address(list, &a)));
        EXPECT_EQ(list_size(list), cases[i].size);
    }
}

TEST(texts_and_numbers_are_found) {
    struct lists l;
    struct arena arena;
    const struct list *texts = take(&l, &arena, STR("=== lists/n.txt\nbeta\n# no\n\n  alpha beta  # two words\nb\r\nbeta\n"), LIST_TEXTS);
    EXPECT(list_has_text(texts, STR("beta")));
    EXPECT(list_has_text(texts, STR("alpha beta")));
    EXPECT(list_has_text(texts, STR("b")));
    EXPECT(!list_has_text(texts, STR("bet")));
    EXPECT(!list_has_text(texts, STR("# no")));
    EXPECT(!list_has_text(texts, STR("zeta")));
    EXPECT(!list_has_text(texts, STR_NONE));
    const struct list *numbers = take(&l, &arena, STR("=== lists/n.txt\n64500\n-3\n9223372036854775807\n"), LIST_NUMBERS);
    EXPECT(list_has_number(numbers, 64500) && list_has_number(numbers, -3) && list_has_number(numbers, INT64_MAX));
    EXPECT(!list_has_number(numbers, 0) && !list_has_number(numbers, INT64_MIN));
    const struct list *none = take(&l, &arena, STR("=== lists/n.txt\n# nothing yet\n"), LIST_TEXTS);
    EXPECT(!list_has_text(none, STR("a")));
}

TEST(a_list_is_compiled_once_for_each_use) {
    struct arena arena = arena_over(memory, sizeof memory);
    struct lists l = {.bundle = STR("=== lists/n.txt\n7\n"), .memory = &arena};
    const struct list *a, *b, *c;
    struct problem p;
    EXPECT_EQ(lists_take(&l, STR("n"), LIST_NUMBERS, &a, &p), ERR_OK);
    EXPECT_EQ(lists_take(&l, STR("n"), LIST_NUMBERS, &b, &p), ERR_OK);
    EXPECT_EQ(lists_take(&l, STR("n"), LIST_TEXTS, &c, &p), ERR_OK);
    EXPECT(a == b && a != c);
    EXPECT_EQ(lists_take(&l, STR("m"), LIST_TEXTS, &c, &p), ERR_NOT_FOUND);
    EXPECT_EQ(lists_take(&l, STR("n"), LIST_NETWORKS, &c, &p), ERR_INVALID);
    EXPECT_STR(str_from(p.where), STR("lists/n.txt:1:1"));
}

int main(void) {
    RUN(an_address_is_in_a_list_if_a_network_of_it_holds_it);
    RUN(the_widest_and_the_narrowest_networks_are_read);
    RUN(texts_and_numbers_are_found);
    RUN(a_list_is_compiled_once_for_each_use);
    return test_end();
}
