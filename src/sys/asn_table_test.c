// SPDX-License-Identifier: Apache-2.0
/* The table that is compiled in, and what an operator's lines change of it. */
#include "sys/asn_table.h"

#include "base/test.h"
#include "event/event.h"

static const uint32_t numbers[] = {
#define NETWORK(number, kind) number,
#include "sys/asn_table.def"
#undef NETWORK
};

static uint8_t built_in(uint32_t asn) {
    struct asn_table t = {0};
    return asn_table_find(&t, asn);
}

TEST(the_table_ascends) {
    for (size_t i = 1; i < sizeof numbers / sizeof *numbers; i++) EXPECT(numbers[i - 1] < numbers[i]);
    EXPECT(sizeof numbers / sizeof *numbers > 800);
    EXPECT_EQ(built_in(numbers[0] - 1), NET_NONE);
    EXPECT_EQ(built_in(UINT32_MAX), NET_NONE);
}

TEST(hosters_and_vpns_are_known) {
    const uint32_t hosters[] = {14061 /* DigitalOcean */,  16276 /* OVH */,    16509 /* Amazon */,
                                24940 /* Hetzner */,       9370 /* Sakura */,  20473 /* Vultr */,
                                396982 /* Google Cloud */, 31898 /* Oracle */, 60068 /* CDN77 */};
    for (size_t i = 0; i < sizeof hosters / sizeof *hosters; i++) EXPECT_EQ(built_in(hosters[i]), NET_HOSTING);
    EXPECT_EQ(built_in(9009), NET_VPN);    /* M247: is in the hosters' list too */
    EXPECT_EQ(built_in(212238), NET_VPN);  /* Datacamp */
    EXPECT_EQ(built_in(207137), NET_VPN);  /* NordVPN */
    EXPECT_EQ(built_in(60729), NET_TOR);   /* Zwiebelfreunde */
    EXPECT_EQ(built_in(13335), NET_RELAY); /* Cloudflare, Akamai, Fastly: egress of iCloud Private Relay */
    EXPECT_EQ(built_in(36183), NET_RELAY);
    EXPECT_EQ(built_in(54113), NET_RELAY);
}

/* Owners come from these. Lists of "bad" networks hold some by mistake (Airtel and MTN of Nigeria, tw telecom, Cogent), and may hold more.
 */
TEST(networks_of_people_are_not_called_hosting) {
    static const struct {
        uint32_t asn;
        const char *name;
    } people[] = {
        {4713, "NTT OCN"},
        {2516, "KDDI"},
        {17676, "SoftBank"},
        {9605, "NTT Docomo"},
        {2518, "BIGLOBE"},
        {4685, "Asahi Net"},
        {2497, "IIJ"},
        {17511, "OPTAGE"},
        {9824, "JCOM"},
        {7922, "Comcast"},
        {7018, "AT&T"},
        {701, "Verizon"},
        {6167, "Verizon Wireless"},
        {22394, "Verizon Wireless"},
        {21928, "T-Mobile US"},
        {20115, "Charter"},
        {20001, "Charter"},
        {22773, "Cox"},
        {209, "Lumen"},
        {4323, "tw telecom"},
        {174, "Cogent, with small carriers behind it"},
        {5650, "Frontier"},
        {577, "Bell Canada"},
        {812, "Rogers"},
        {852, "Telus"},
        {6327, "Shaw"},
        {3320, "Deutsche Telekom"},
        {3209, "Vodafone DE"},
        {6805, "Telefonica DE"},
        {6830, "Liberty Global"},
        {8881, "1&1 Versatel"},
        {3215, "Orange FR"},
        {12322, "Free"},
        {15557, "SFR"},
        {5410, "Bouygues"},
        {2856, "BT"},
        {5089, "Virgin Media"},
        {5607, "Sky UK"},
        {13285, "TalkTalk"},
        {12576, "EE"},
        {25135, "Vodafone UK"},
        {3269, "TIM"},
        {12874, "Fastweb"},
        {1267, "Wind Tre"},
        {30722, "Vodafone IT"},
        {3352, "Telefonica ES"},
        {12430, "Vodafone ES"},
        {12479, "Orange ES"},
        {1136, "KPN"},
        {33915, "Ziggo"},
        {5432, "Proximus"},
        {3301, "Telia"},
        {2119, "Telenor"},
        {5617, "Orange PL"},
        {9121, "Turk Telekom"},
        {12389, "Rostelecom"},
        {4134, "China Telecom"},
        {4837, "China Unicom"},
        {9808, "China Mobile"},
        {4766, "KT"},
        {9318, "SK Broadband"},
        {3462, "HiNet"},
        {4760, "HKT"},
        {9506, "Singtel"},
        {4788, "TM"},
        {7713, "Telkom Indonesia"},
        {9299, "PLDT"},
        {7552, "Viettel"},
        {45899, "VNPT"},
        {9829, "BSNL"},
        {24560, "Airtel IN"},
        {55836, "Jio"},
        {1221, "Telstra"},
        {4804, "Optus"},
        {7545, "TPG"},
        {28573, "Claro BR"},
        {26599, "Vivo"},
        {27699, "Telefonica BR"},
        {8151, "Telmex"},
        {22927, "Telefonica AR"},
        {8452, "TE Data"},
        {37457, "Telkom ZA"},
        {29975, "Vodacom"},
        {16637, "MTN"},
        {29465, "MTN NG"},
        {36873, "Airtel NG"},
        {14593, "Starlink"},
    };
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
        EXPECT_EQ(built_in(people[i].asn), NET_NONE);
        if (built_in(people[i].asn)) printf("# AS%u is %s\n", people[i].asn, people[i].name);
    }
}

TEST(an_operators_lines_win) {
    struct asn_table t = {0};
    const char *lines[] = {"AS64500 vpn", "AS14061 none", "AS64501 mobile", "AS64500 hosting", "AS2516 residential"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) EXPECT_EQ(asn_table_add(&t, str_from(lines[i])), ERR_OK);
    asn_table_settle(&t);
    EXPECT_EQ(asn_table_find(&t, 64500), NET_HOSTING); /* the later line */
    EXPECT_EQ(asn_table_find(&t, 14061), NET_NONE);
    EXPECT_EQ(asn_table_find(&t, 64501), NET_MOBILE);
    EXPECT_EQ(asn_table_find(&t, 2516), NET_RESIDENTIAL);
    EXPECT_EQ(asn_table_find(&t, 16509), NET_HOSTING); /* as built in */
    EXPECT_EQ(asn_table_add(&t, STR("built-in none")), ERR_OK);
    EXPECT_EQ(asn_table_find(&t, 16509), NET_NONE);
    EXPECT_EQ(asn_table_find(&t, 64500), NET_HOSTING);
    asn_table_release(&t);
    EXPECT_EQ(asn_table_find(&t, 16509), NET_HOSTING);
}

TEST(many_lines) {
    struct asn_table t = {0};
    char line[32];
    for (uint32_t i = 0; i < 1000; i++) {
        (void)snprintf(line, sizeof line, "AS%u %s", (i * 7919) % 1000 + 1000000, i % 2 ? "vpn" : "tor");
        EXPECT_EQ(asn_table_add(&t, str_from(line)), ERR_OK);
    }
    asn_table_settle(&t);
    EXPECT_EQ(t.count, 1000);
    for (uint32_t i = 0; i < 1000; i++) EXPECT_EQ(asn_table_find(&t, (i * 7919) % 1000 + 1000000), i % 2 ? NET_VPN : NET_TOR);
    asn_table_release(&t);
}

TEST(what_is_no_line_is_refused) {
    struct asn_table t = {0};
    const char *lines[] = {"",         "AS64500",       "AS64500 cloud",    "64500 vpn",  "AS vpn",
                           "ASx vpn",  "AS-1 vpn",      "AS4294967296 vpn", "AS64500 ",   "built-in hosting",
                           "built-in", "AS64500 other", "AS64500 vpn tor",  "as64500 vpn"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) EXPECT_EQ(asn_table_add(&t, str_from(lines[i])), ERR_INVALID);
    EXPECT_EQ(t.count, 0);
    EXPECT_EQ(asn_table_find(&t, 16509), NET_HOSTING); /* a refused line forgets nothing */
    asn_table_release(&t);
}

int main(void) {
    RUN(the_table_ascends);
    RUN(hosters_and_vpns_are_known);
    RUN(networks_of_people_are_not_called_hosting);
    RUN(an_operators_lines_win);
    RUN(many_lines);
    RUN(what_is_no_line_is_refused);
    return test_end();
}
