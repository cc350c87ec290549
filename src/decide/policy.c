// SPDX-License-Identifier: Apache-2.0
/* Compiles a bundle into a policy, and proves its rules by their examples. */
#include "decide/policy.h"

#include <string.h>

#include "base/bundle.h"
#include "base/check.h"
#include "decide/decide.h"

#define SCRATCH_SIZE (RULE_NODES_MAX * (sizeof(struct node) + 16))

struct str policy_version(const struct policy *p) {
    return p->settings.version;
}

const struct respond_settings *policy_response(const struct policy *p) {
    return &p->settings.response;
}

size_t policy_rule_count(const struct policy *p) {
    return p->rule_count;
}

struct rule_facts policy_rule(const struct policy *p, size_t index) {
    CHECK(index < p->rule_count);
    const struct rule *r = &p->rules[index];
    return (struct rule_facts){
        .name = r->name, .version = r->version, .live = r->live, .effect = effect_word(r->effect), .text = r->source.text};
}

_Static_assert(POLICY_DEPTHS == DEPTH_COUNT && POLICY_THRESHOLDS == THRESHOLD_COUNT, "the door tells of all");

unsigned policy_threshold(const struct policy *p, enum kind kind, unsigned depth, unsigned threshold) {
    CHECK(kind < KIND_COUNT && depth < DEPTH_COUNT && threshold < THRESHOLD_COUNT);
    return p->settings.thresholds[kind][depth][threshold];
}

struct str policy_depth_word(unsigned depth) {
    static const char *const words[DEPTH_COUNT] = {"new", "young", "known"};
    CHECK(depth < DEPTH_COUNT);
    return str_from(words[depth]);
}

struct str policy_threshold_word(unsigned threshold) {
    static const char *const words[THRESHOLD_COUNT] = {"challenge", "hold", "deny", "takeover"};
    CHECK(threshold < THRESHOLD_COUNT);
    return str_from(words[threshold]);
}

/* ---- compiling ---------------------------------------------------------------------------------------------------------------------- */

static enum err full(struct problem *p, enum err err) {
    return problem_set(p, err, "", "shorten the policy or its lists", "a policy holds at most %u bytes and %d rules",
                       POLICY_BUNDLE_SIZE_MAX, POLICY_RULES_MAX);
}

static enum err add_rule(struct rule_compiler *c, struct source file, struct policy *policy) {
    if (policy->rule_count == POLICY_RULES_MAX) return full(c->p, ERR_TOO_LARGE);
    struct rule *r = &policy->rules[policy->rule_count];
    enum err err = rule_compile(c, file, r);
    if (err) return err;
    for (size_t i = 0; i < policy->rule_count; i++)
        if (str_equal(policy->rules[i].name, r->name))
            return source_problem(c->p, ERR_INVALID, &file, 0, "", "the rule '%.*s' is there twice", STR_ARGS(r->name));
    for (unsigned kind = 0; kind < KIND_COUNT; kind++)
        if (r->program.kinds >> kind & 1) rule_set_add(&policy->for_kind[kind], policy->rule_count);
    policy->rule_count++;
    return ERR_OK;
}

static enum err add_file(struct rule_compiler *c, struct source file, struct policy *policy, bool *has_settings) {
    if (!str_is_utf8(file.text)) return source_problem(c->p, ERR_INVALID, &file, 0, "save the file as UTF-8", "the file is not UTF-8");
    if (str_equal(file.name, STR("policy.toml"))) {
        if (*has_settings) return source_problem(c->p, ERR_INVALID, &file, 0, "", "policy.toml is there twice");
        *has_settings = true;
        return settings_read(file, c->memory, &policy->settings, c->p);
    }
    if (str_ends(file.name, STR(".rule"))) return add_rule(c, file, policy);
    if (list_name_of(file.name).size) return ERR_OK; /* compiled at its first use */
    return source_problem(c->p, ERR_INVALID, &file, 0, "a policy is policy.toml, NAME.rule and lists/NAME.txt", "unknown file");
}

static enum err compile_files(struct rule_compiler *c, struct policy *policy) {
    struct str rest = c->lists.bundle;
    struct source file;
    enum err err;
    bool has_settings = false;
    while (bundle_next(&rest, &file, &err)) {
        err = add_file(c, file, policy, &has_settings);
        if (err) return err;
    }
    if (err) return problem_set(c->p, err, "", "", "a bundle begins with '=== NAME'");
    if (!has_settings)
        return problem_set(c->p, ERR_INVALID, "policy.toml", "write one: name, version, [thresholds.*]", "the file is missing");
    return ERR_OK;
}

enum err policy_compile(struct str bundle, struct arena *memory, const struct policy **out, struct problem *p) {
    if (bundle.size > POLICY_BUNDLE_SIZE_MAX) return full(p, ERR_TOO_LARGE);
    bool no_room = false;
    struct rule_compiler c = {.memory = memory, .p = p};
    c.lists = (struct lists){.bundle = arena_copy(memory, bundle, &no_room), .memory = memory};
    c.code = (struct code_pool){.capacity = POLICY_CODE_MAX};
    c.code.code = arena_take(memory, POLICY_CODE_MAX * sizeof *c.code.code);
    void *scratch = arena_take(memory, SCRATCH_SIZE);
    struct policy *policy = arena_take(memory, sizeof *policy);
    if (no_room || !c.code.code || !scratch || !policy) return full(p, ERR_FULL);
    c.scratch = arena_over(scratch, SCRATCH_SIZE);
    memset(policy, 0, sizeof *policy);
    enum err err = compile_files(&c, policy);
    if (!err) *out = policy;
    return err;
}

/* ---- examples ----------------------------------------------------------------------------------------------------------------------- */

static enum err check_rule(const struct rule *r, struct example_facts *facts, size_t *count, struct problem *p) {
    bool has[2] = {false, false};
    for (size_t i = 0; i < r->example_count; i++, ++*count) {
        const struct example *e = &r->examples[i];
        has[e->fires] = true;
        example_apply(e, facts);
        if (rule_fires(r, &facts->facts) == e->fires) continue;
        return source_problem(p, ERR_INVALID, &r->source, e->at, "what an example does not set is unknown, empty or no",
                              e->fires ? "this example does not fire '%.*s'" : "this example fires '%.*s'", STR_ARGS(r->name));
    }
    if (has[false] && has[true]) return ERR_OK;
    return source_problem(p, ERR_INVALID, &r->source, r->source.text.size, "an example proves a rule to those who come after you",
                          "'%.*s' needs an example that %s", STR_ARGS(r->name), has[true] ? "stays quiet" : "fires");
}

enum err policy_check_examples(const struct policy *p, struct arena *step, size_t *count, struct problem *problem) {
    *count = 0;
    struct example_facts *facts = arena_take(step, sizeof *facts);
    if (!facts) return problem_set(problem, ERR_FULL, "", "", "no memory left for the examples");
    for (size_t i = 0; i < p->rule_count; i++) {
        enum err err = check_rule(&p->rules[i], facts, count, problem);
        if (err) return err;
    }
    return ERR_OK;
}
