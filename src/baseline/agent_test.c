// SPDX-License-Identifier: Apache-2.0
/* User-Agent headers as they are sent, and what the published models see in them. */
#include "baseline/agent.h"

#include "base/test.h"

TEST(names_and_versions) {
    struct agent a = agent_from(STR("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 "
                                    "Safari/537.36 Edg/132.1.0.0"));
    EXPECT_STR(a.browser, STR("Edge"));
    EXPECT_STR(a.browser_version, STR("132.1.0.0"));
    EXPECT_STR(a.os, STR("Windows"));
    EXPECT_STR(a.os_version, STR("10.0"));
    EXPECT_EQ(a.type, AGENT_DESKTOP);
    a = agent_from(STR("Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.3 "
                       "Mobile/15E148 Safari/604.1"));
    EXPECT_STR(a.browser, STR("Safari"));
    EXPECT_STR(a.os, STR("iOS"));
    EXPECT_STR(a.os_version, STR("18_3"));
    EXPECT_EQ(a.type, AGENT_MOBILE);
    a = agent_from(STR("Mozilla/5.0 (Linux; Android 14; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"));
    EXPECT_STR(a.os, STR("Android"));
    EXPECT_EQ(a.type, AGENT_TABLET);
}

TEST(strange_ones) {
    struct agent a = agent_from(STR("okhttp/4.9.3"));
    EXPECT_STR(a.browser, STR("okhttp"));
    EXPECT_STR(a.browser_version, STR("4.9.3"));
    EXPECT_EQ(a.type, AGENT_UNKNOWN);
    EXPECT_EQ(agent_from(STR("python-requests/2.31")).type, AGENT_BOT);
    EXPECT_EQ(agent_from(STR_NONE).browser.size, 0);
    EXPECT_EQ(agent_from(STR("Chrome/")).browser_version.size, 0);
}

int main(void) {
    RUN(names_and_versions);
    RUN(strange_ones);
    return test_end();
}
