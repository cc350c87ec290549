// SPDX-License-Identifier: Apache-2.0
/* Languages and zones: every entry is found again by its own name, which also proves that the tables are sorted. */
#include "enrich/region.h"

#include "base/test.h"

TEST(every_entry_is_found) {
    unsigned languages = 0, zones = 0;
    for (unsigned i = 1; i < REGION_OTHER; i++) {
        struct str language = language_word((uint8_t)i), zone = zone_word((uint8_t)i);
        bool is_language = !str_equal(language, STR("other")), is_zone = !str_equal(zone, STR("other"));
        if (is_language) EXPECT_EQ(language_from(language), i);
        if (is_zone) EXPECT_EQ(zone_from(zone), i);
        languages += is_language;
        zones += is_zone;
    }
    EXPECT(languages > 180 && zones > 150);
}

TEST(languages) {
    EXPECT_STR(language_word(language_from(STR("ja-JP,en;q=0.8"))), STR("ja"));
    EXPECT_EQ(language_from(STR("JA")), language_from(STR("ja_JP")));
    EXPECT_EQ(language_from(STR("")), 0);
    EXPECT_EQ(language_from(STR("j")), REGION_OTHER);
    EXPECT_EQ(language_from(STR("jap")), REGION_OTHER);
    EXPECT_EQ(language_from(STR("qq")), REGION_OTHER);
    EXPECT_STR(language_word(0), STR_NONE);
}

static int offset(struct str zone) {
    int minutes = 9999;
    return zone_offset_min(zone_from(zone), &minutes) ? minutes : 9999;
}

TEST(zones) {
    EXPECT_EQ(offset(STR("Asia/Tokyo")), 540);
    EXPECT_EQ(offset(STR("Asia/Kolkata")), 330);
    EXPECT_EQ(offset(STR("America/New_York")), -300);
    EXPECT_EQ(offset(STR("Australia/Sydney")), 600); /* without summer time */
    EXPECT_EQ(offset(STR("UTC")), 0);
    EXPECT_EQ(offset(STR("Asia/Tok")), 9999);
    EXPECT_EQ(offset(STR("Asia/Tokyo2")), 9999);
    EXPECT_EQ(zone_from(STR("Mars/Olympus")), REGION_OTHER);
    EXPECT_EQ(zone_from(STR("")), 0);
}

int main(void) {
    RUN(every_entry_is_found);
    RUN(languages);
    RUN(zones);
    return test_end();
}
