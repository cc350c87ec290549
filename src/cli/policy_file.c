// SPDX-License-Identifier: Apache-2.0
/* Compiles a policy beside a server, and proves its rules by their examples. */
#include "cli/policy_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bounds.h"
#include "notify/clock.h"
#include "sys/policy_dir.h"

#define POLICY_MEMORY (4U * 1024 * 1024)

static enum err take_memory(struct policy_file *f, struct problem *p) {
    *f = (struct policy_file){.memory = malloc(POLICY_MEMORY + POLICY_BUNDLE_SIZE_MAX)};
    return f->memory ? ERR_OK : problem_set(p, ERR_FULL, "", "", "no memory");
}

static enum err compile(struct policy_file *f, struct problem *p) {
    struct arena memory = arena_over(f->memory, POLICY_MEMORY);
    return policy_compile(f->bundle, &memory, &f->policy, p);
}

enum err policy_file_open(const char *directory, struct policy_file *out, struct problem *p) {
    enum err err = take_memory(out, p);
    if (err) return err;
    struct buf read = buf_over(out->memory + POLICY_MEMORY, POLICY_BUNDLE_SIZE_MAX);
    if (directory) err = policy_dir_read(directory, &read, p);
    out->bundle = directory ? buf_str(&read) : policy_default_bundle();
    return err ? err : compile(out, p);
}

enum err policy_file_compile(struct str bundle, struct policy_file *out, struct problem *p) {
    enum err err = take_memory(out, p);
    if (err) return err;
    if (bundle.size > POLICY_BUNDLE_SIZE_MAX) return problem_set(p, ERR_TOO_LARGE, "", "", "the policy is larger than any may be");
    memcpy(out->memory + POLICY_MEMORY, bundle.at, bundle.size);
    out->bundle = (struct str){out->memory + POLICY_MEMORY, bundle.size};
    return compile(out, p);
}

void policy_file_close(struct policy_file *f) {
    free(f->memory);
    *f = (struct policy_file){0};
}

/* A policy names the legal clocks that run; which there are, the rooms before notify do not know. */
static enum err check_clocks(const struct policy *policy, struct problem *p) {
    char *memory = malloc(CLOCKS_MEMORY_SIZE);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory");
    struct arena arena = arena_over(memory, CLOCKS_MEMORY_SIZE);
    struct clock_rules clocks;
    enum err err = clocks_read(clocks_built_in(), &arena, &clocks, p);
    if (!err) err = clocks_check_names(&clocks, str_from(policy_response(policy)->notify.clocks), p);
    free(memory);
    return err;
}

/* Packs that go out without it are of no use to an issuer who knows the merchant by nothing else. */
static void tell_packs(const struct policy *policy) {
    const struct notify_settings *n = &policy_response(policy)->notify;
    struct str version = policy_version(policy);
    if (n->issuer && !n->pack.merchant_id[0])
        (void)printf("policy %.*s: packs for issuers name no merchant_id; see [notify.issuer_pack] in docs/reference/policy.md\n",
                     STR_ARGS(version));
}

enum err policy_file_prove(const struct policy_file *f, struct problem *p) {
    enum err err = check_clocks(f->policy, p);
    if (err) return err;
    char *memory = malloc(POLICY_MEMORY);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory");
    struct arena step = arena_over(memory, POLICY_MEMORY);
    size_t examples;
    err = policy_check_examples(f->policy, &step, &examples, p);
    struct str version = policy_version(f->policy);
    if (!err)
        (void)printf("policy %.*s: %zu rules compile, %zu examples hold\n", STR_ARGS(version), policy_rule_count(f->policy), examples);
    if (!err) tell_packs(f->policy);
    free(memory);
    return err;
}
