// SPDX-License-Identifier: Apache-2.0
/* hikeshi adapter: tests somebody's implementation of the HTTP adapter, and describes it to machines. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"
#include "cli/adapter_openapi.h"
#include "cli/cli.h"
#include "cli/counterpart_file.h"
#include "courier/conformance.h"
#include "respond/effect.h"
#include "sys/clock.h"
#include "sys/entropy.h"
#include "sys/wire_curl.h"

#define TIMEOUT_MS 10000

static const struct cli_option options[] = {
    {"--secret-file", "FILE", "the shared secret: whsec_ and base64 of 24 to 64 bytes (required to test)"},
    {"--ca-file", "FILE", "https: the certificates that the shop's must lead to (default: those that this machine trusts)"},
    {"--account", "A", "an account that exists; it is only looked at (default: the sandbox's)"},
    {"--quiet", NULL, "print only what failed or was skipped"},
    {0},
};

static bool knows_kind(struct str kind) {
    return effect_def_find(kind) != NULL;
}

static void told(void *context, const char *group, const char *promise, enum conformance_verdict verdict, const char *why) {
    const bool *quiet = context;
    switch (verdict) {
    case CONFORMANCE_PASSED:
        if (!*quiet) (void)printf("ok    %s: %s\n", group, promise);
        break;
    case CONFORMANCE_FAILED: (void)printf("FAIL  %s: %s\n      %s\n", group, promise, why); break;
    case CONFORMANCE_SKIPPED: (void)printf("skip  %s: %s (%s)\n", group, promise, why); break;
    }
    (void)fflush(stdout);
}

static enum err run_suite(const struct arguments *a, const struct counterpart *c, struct conformance_totals *totals, struct problem *p) {
    bool quiet = argument_given(a, "--quiet");
    struct conformance_options o = {.clock = clock_real(),
                                    .entropy = entropy_system(),
                                    .counterpart = c,
                                    .account = str_from(argument(a, "--account", NULL)),
                                    .knows_kind = knows_kind,
                                    .told = told,
                                    .context = &quiet};
    void *memory = malloc(conformance_memory_size());
    if (!memory) return problem_set(p, ERR_FULL, "memory", "free memory", "cannot take the memory of the suite");
    enum err err = wire_curl_open(&o.wire, p);
    if (!err) {
        err = conformance_run(&o, memory, totals, p);
        wire_curl_close(&o.wire);
    }
    free(memory);
    return err;
}

static int test(const struct arguments *a) {
    struct problem p = {0};
    struct conformance_totals totals = {0};
    struct str url = str_from(a->operands[1]), secret = str_from(argument(a, "--secret-file", NULL));
    while (str_ends(url, STR("/"))) url.size--;
    struct counterpart c = {.name = STR("tested"), .url = url, .adapter = "http", .concurrency = 8, .timeout_ms = TIMEOUT_MS};
    c.ca_file = str_from(argument(a, "--ca-file", ""));
    enum err err = ERR_OK;
    if (!str_starts(url, STR("http://")) && !str_starts(url, STR("https://")))
        err = problem_set(&p, ERR_INVALID, "URL", "write http:// or https://", "'%s' is no address", a->operands[1]);
    else if (!secret.size) err = problem_set(&p, ERR_INVALID, "--secret-file", "name the file of the shared secret", "there is no secret");
    if (!err) err = counterpart_secrets_read(&c, secret, &p);
    if (!err) err = counterpart_check_ca(&c, &p);
    if (!err) err = run_suite(a, &c, &totals, &p);
    memset(c.secrets, 0, sizeof c.secrets);
    if (err) return cli_fail(&p);
    if (totals.skipped) (void)printf("%u skipped\n", totals.skipped);
    (void)printf("%u passed, %u failed\n", totals.passed, totals.failed);
    return totals.failed ? 1 : 0;
}

static int print_openapi(void) {
    char *memory = malloc(ADAPTER_OPENAPI_SIZE_MAX);
    CHECK(memory);
    struct buf b = buf_over(memory, ADAPTER_OPENAPI_SIZE_MAX);
    adapter_openapi_write(&b);
    CHECK(!b.overflow);
    size_t written = fwrite(b.at, 1, b.size, stdout);
    free(memory);
    return written == b.size ? 0 : 1;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    if (a->operand_count == 2 && strcmp(a->operands[0], "test") == 0) return test(a);
    if (a->operand_count == 1 && strcmp(a->operands[0], "openapi") == 0) return print_openapi();
    (void)problem_set(&p, ERR_INVALID, "", "write `hikeshi adapter test URL --secret-file FILE` or `hikeshi adapter openapi`",
                      "there are two things to do with adapters: test and openapi");
    return cli_fail(&p);
}

extern const struct command command_adapter;
const struct command command_adapter = {
    .name = "adapter",
    .sentence = "test a shop's implementation of the HTTP adapter, or print its OpenAPI document",
    .operands = "test URL | openapi",
    .options = options,
    .run = run,
    .example = "hikeshi adapter test https://shop.example/hikeshi --secret-file shop.secret",
};
