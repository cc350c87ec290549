// SPDX-License-Identifier: Apache-2.0
/* The crowd: the same seed gives the same bytes, another one others, and what cannot be asked for is refused. */
#include "sim/crowd.h"

#include <stdlib.h>

#include "base/test.h"

struct stream {
    char *events, *labels;
    size_t events_size, labels_size;
    struct crowd_counts counts;
};

static struct stream make_world(const char *world, uint64_t seed, unsigned accounts) {
    struct stream s = {0};
    struct problem p;
    struct crowd_options o = {.seed = seed, .world = world, .accounts = accounts, .days = 40, .campaigns = 1, .hijacks = 3};
    FILE *events = open_memstream(&s.events, &s.events_size), *labels = open_memstream(&s.labels, &s.labels_size);
    EXPECT_EQ(crowd_export(&o, events, labels, &s.counts, &p), ERR_OK);
    (void)fclose(events), (void)fclose(labels);
    return s;
}

static struct stream make(uint64_t seed, unsigned accounts) {
    return make_world(NULL, seed, accounts);
}

static void drop(struct stream *s) {
    free(s->events), free(s->labels);
}

static unsigned lines(const char *text, size_t size) {
    unsigned count = 0;
    for (size_t i = 0; i < size; i++) count += text[i] == '\n';
    return count;
}

TEST(same_seed_gives_the_same_bytes) {
    struct stream a = make(7, 300), b = make(7, 300), c = make(8, 300);
    EXPECT(a.events_size == b.events_size && !memcmp(a.events, b.events, a.events_size));
    EXPECT(a.labels_size == b.labels_size && !memcmp(a.labels, b.labels, a.labels_size));
    EXPECT(a.events_size != c.events_size || memcmp(a.events, c.events, a.events_size));
    drop(&a), drop(&b), drop(&c);
}

TEST(each_event_has_one_label) {
    struct stream s = make(9, 800);
    EXPECT_EQ(lines(s.events, s.events_size), s.counts.events);
    EXPECT_EQ(lines(s.labels, s.labels_size), s.counts.events);
    EXPECT_EQ(s.counts.owner + s.counts.hijacker + s.counts.noise, s.counts.events);
    EXPECT(s.counts.effects > 0 && s.counts.effects < s.counts.hijacker);
    drop(&s);
}

static bool has(const struct stream *s, const char *text) {
    return strstr(s->events, text) != NULL;
}

TEST(a_world_sends_what_its_habits_are) {
    struct stream plain = make_world("plain", 11, 400), bare = make_world("bare", 11, 400);
    static const char *const members[] = {"\"device\":", "\"timezone\":", "\"ja4\":", "\"net\":", "\"password_tag\":", "\"session_seen\""};
    for (unsigned i = 0; i < sizeof members / sizeof members[0]; i++) EXPECT(has(&plain, members[i]) && !has(&bare, members[i]));
    EXPECT(has(&bare, "\"ip\":"));
    drop(&plain), drop(&bare);
}

/* Every world that can be named or drawn is whole: each event has a label, and hijackers are among them. */
TEST(seeds_are_kinds_of_shops) {
    static const char *const codes[] = {"JP", "US", "DE", "GB", "FR", "KR", "BR", "AU", "TW"};
    unsigned countries = 0;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);
        crowd_describe(&(struct crowd_options){.seed = seed}, f);
        (void)fclose(f);
        for (unsigned i = 0; i < 9; i++) countries |= (strncmp(strstr(text, "\"place\":\"") + 9, codes[i], 2) ? 0U : 1U) << i;
        free(text);
    }
    EXPECT(countries & (countries - 1)); /* more than one */
    for (unsigned i = 0; crowd_world(i); i++) {
        struct stream s = make_world(crowd_world(i), 100 + i, 300);
        EXPECT_EQ(lines(s.labels, s.labels_size), s.counts.events);
        EXPECT(s.counts.hijacker > 0 && s.counts.owner > 0);
        drop(&s);
    }
}

TEST(every_family_is_there) {
    struct stream s = make_world("plain", 10, 3000);
    unsigned count = 0;
    for (const char *name; (name = crowd_family(count)); count++) {
        char member[64];
        (void)snprintf(member, sizeof member, "\"family\":\"%s\"", name);
        if (!strstr(s.labels, member)) printf("no %s\n", name);
        EXPECT(strstr(s.labels, member));
    }
    EXPECT(count >= 11);
    EXPECT_EQ(s.counts.campaigns, count);
    drop(&s);
}

TEST(impossible_options_are_refused) {
    struct crowd_options good = {.accounts = 100, .days = 14, .campaigns = 1, .hijacks = 1}, bad[5] = {good, good, good, good, good};
    bad[0].accounts = 99, bad[1].days = 13, bad[2].campaigns = 0, bad[3].hijacks = 10001, bad[4].world = "nowhere";
    for (unsigned i = 0; i < 5; i++) {
        struct crowd_counts counts;
        struct problem p;
        EXPECT_EQ(crowd_export(&bad[i], stdout, stdout, &counts, &p), ERR_INVALID);
    }
}

int main(void) {
    RUN(same_seed_gives_the_same_bytes);
    RUN(each_event_has_one_label);
    RUN(a_world_sends_what_its_habits_are);
    RUN(seeds_are_kinds_of_shops);
    RUN(every_family_is_there);
    RUN(impossible_options_are_refused);
    return test_end();
}
