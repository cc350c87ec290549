// SPDX-License-Identifier: Apache-2.0
/* Guards the policy compiler and what it compiles: any bytes are a bundle, or are refused with words; what compiles decides and ends. */
#include <stdint.h>
#include <string.h>

#include "base/check.h"
#include "decide/decide.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static _Alignas(16) char policy_memory[4U << 20];
static _Alignas(16) char step_memory[64U << 10];

/* The rules are run over each kind of event, with everything else unknown, empty or zero. */
static void decide_all(const struct policy *p) {
    for (unsigned kind = 0; kind < KIND_COUNT; kind++) {
        struct event e = {.kind = (enum kind)kind, .outcome = OUTCOME_SUCCESS, .ip = {.family = ADDRESS_V4, .bytes = {192, 0, 2, 1}}};
        struct features f = {.event = &e, .kind = kind_name((enum kind)kind), .net = STR("tor"), .depth_class = kind % 3};
        struct assessment a = {.score = (uint16_t)(kind * 25 % 1001)};
        struct arena step = arena_over(step_memory, sizeof step_memory);
        struct decision d;
        decide_assessment(p, &f, &a, &step, &d);
        CHECK(d.verdict < VERDICT_COUNT && d.reason_count <= REASON_COUNT_MAX && d.policy.size > 0);
        char bytes[8192];
        struct buf b = buf_over(bytes, sizeof bytes);
        decision_encode(&d, &b);
        struct decision again;
        CHECK(!b.overflow && decision_decode(buf_str(&b), &again) == ERR_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena boot = arena_over(policy_memory, sizeof policy_memory), step = arena_over(step_memory, sizeof step_memory);
    const struct policy *p;
    struct problem problem = {0};
    enum err err = policy_compile((struct str){(const char *)data, size}, &boot, &p, &problem);
    CHECK(!err == !problem.what[0]); /* an error has words */
    if (err) return 0;
    size_t count;
    (void)!policy_check_examples(p, &step, &count, &problem);
    decide_all(p);
    return 0;
}
