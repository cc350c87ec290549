// SPDX-License-Identifier: Apache-2.0
/* Proves what the default policy decides, and that the strictest of thresholds and rules wins, with its reasons. */
#include "decide/decide.h"

#include "base/test.h"

static _Alignas(16) char memory[4U << 20];

TEST(the_default_policy_keeps_its_examples) {
    struct arena boot = arena_over(memory, sizeof memory);
    const struct policy *p;
    struct problem problem = {0};
    enum err err = policy_compile(policy_default_bundle(), &boot, &p, &problem);
    if (err) printf("%s: %s (%s)\n", problem.where, problem.what, problem.fix);
    EXPECT_EQ(err, ERR_OK);
    if (err) return;
    size_t count;
    err = policy_check_examples(p, &boot, &count, &problem);
    if (err) printf("%s: %s (%s)\n", problem.where, problem.what, problem.fix);
    EXPECT_EQ(err, ERR_OK);
    EXPECT(count > 40);
    printf("%zu examples, %zu bytes of 4 MiB, bundle %zu\n", count, boot.used, policy_default_bundle().size);
    EXPECT_STR(policy_version(p), STR("default@1"));
}

int main(void) {
    RUN(the_default_policy_keeps_its_examples);
    return test_end();
}
