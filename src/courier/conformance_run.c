// SPDX-License-Identifier: Apache-2.0
/* Runs every case of the conformance suite and says what came of it. */
#include <string.h>

#include "courier/conformance.h"
#include "courier/conformance_suite.h"

#define STEP_MEMORY     (8U * 1024 * 1024) /* a request of a megabyte, and eight answers being read */
#define DESCRIBE_MEMORY (2U * 1024 * 1024)

static const struct conformance_case *const groups[] = {conformance_signature_cases, conformance_description_cases, conformance_input_cases,
                                                        conformance_act_cases};
#define GROUP_COUNT (sizeof groups / sizeof groups[0])

size_t conformance_case_count(void) {
    size_t count = 0;
    for (size_t i = 0; i < GROUP_COUNT; i++)
        for (const struct conformance_case *c = groups[i]; c->run; c++) count++;
    return count;
}

size_t conformance_memory_size(void) {
    return sizeof(struct suite) + STEP_MEMORY + DESCRIBE_MEMORY;
}

static void run_case(struct suite *s, const struct conformance_case *c, struct conformance_totals *out) {
    arena_reset(&s->step);
    s->why[0] = 0;
    enum conformance_verdict verdict = c->run(s, c);
    switch (verdict) {
    case CONFORMANCE_PASSED: out->passed++; break;
    case CONFORMANCE_FAILED: out->failed++; break;
    case CONFORMANCE_SKIPPED: out->skipped++; break;
    }
    if (s->o->told) s->o->told(s->o->context, c->group, c->promise, verdict, verdict == CONFORMANCE_PASSED ? "" : s->why);
}

enum err conformance_run(const struct conformance_options *o, void *memory, struct conformance_totals *out, struct problem *p) {
    struct suite *s = memory;
    uint64_t random;
    memset(s, 0, sizeof *s);
    *out = (struct conformance_totals){0};
    s->o = o;
    s->step = arena_over((char *)memory + sizeof *s, STEP_MEMORY);
    s->described = arena_over((char *)memory + sizeof *s + STEP_MEMORY, DESCRIBE_MEMORY);
    o->entropy.fill(o->entropy.self, &random, sizeof random);
    struct buf run = buf_over(s->run, sizeof s->run - 1);
    buf_fmt(&run, "%016llx", (unsigned long long)random);
    struct said a;
    if (!suite_ask(s, &(struct question){.verb = "describe"}, &a) && a.fate == WIRE_NOT_SENT)
        return problem_set(p, ERR_IO, "", "start it, and see to address, port and certificate", "nobody answers at '%.*s': %s",
                           STR_ARGS(str_clip(o->counterpart->url, 96)), s->why);
    for (size_t i = 0; i < GROUP_COUNT; i++)
        for (const struct conformance_case *c = groups[i]; c->run; c++) run_case(s, c, out);
    return ERR_OK;
}
