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

static struct stream make(uint64_t seed, unsigned accounts) {
    struct stream s = {0};
    struct problem p;
    struct crowd_options o = {.seed = seed, .accounts = accounts, .days = 40, .campaigns = 1, .hijacks = 3};
    FILE *events = open_memstream(&s.events, &s.events_size), *labels = open_memstream(&s.labels, &s.labels_size);
    EXPECT_EQ(crowd_export(&o, events, labels, &s.counts, &p), ERR_OK);
    (void)fclose(events), (void)fclose(labels);
    return s;
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

TEST(every_family_is_there) {
    struct stream s = make(10, 3000);
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
    struct crowd_options good = {.accounts = 100, .days = 14, .campaigns = 1, .hijacks = 1}, bad[4] = {good, good, good, good};
    bad[0].accounts = 99, bad[1].days = 13, bad[2].campaigns = 0, bad[3].hijacks = 10001;
    for (unsigned i = 0; i < 4; i++) {
        struct crowd_counts counts;
        struct problem p;
        EXPECT_EQ(crowd_export(&bad[i], stdout, stdout, &counts, &p), ERR_INVALID);
    }
}

int main(void) {
    RUN(same_seed_gives_the_same_bytes);
    RUN(each_event_has_one_label);
    RUN(every_family_is_there);
    RUN(impossible_options_are_refused);
    return test_end();
}
