// SPDX-License-Identifier: Apache-2.0
/* hikeshi bench: how fast and how small it is on this machine, beside the
 * goals, with the machine's own floor. */
#include "bench/bench.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#define TEXT_SIZE (256U * 1024)

static const struct cli_option options[] = {
    {"--quick", NULL, "40 seconds instead of four minutes; 50,000 accounts, rough figures"},
    {"--section", "NAME", "only replay, accounts, rooms, journal, decisions, ingest, response, telling, report or recovery"},
    {"--accounts", "N", "how many accounts the shop has (default: 1000000)"},
    {"--seconds", "S", "how long one measurement under load takes (default: 4)"},
    {"--json", NULL, "print the figures and the machine's calibration as one JSON object"},
    {"--markdown", "FILE", "write the page of the documentation, docs/benchmarks.md, as well"},
    {0},
};

static void say(const char *line) {
    (void)fprintf(stderr, "-- %s\n", line);
}

static enum err read_number(const struct arguments *a, const char *name, uint64_t otherwise, uint64_t min, uint64_t max, uint64_t *out,
                            struct problem *p) {
    const char *text = argument(a, name, NULL);
    *out = otherwise;
    if (!text || (str_to_u64(str_from(text), out) && *out >= min && *out <= max)) return ERR_OK;
    return problem_set(p, ERR_INVALID, name, "", "'%s' is not a whole number from %llu to %llu", text, (unsigned long long)min,
                       (unsigned long long)max);
}

static enum err read_section(const struct arguments *a, const char **out, struct problem *p) {
    *out = argument(a, "--section", NULL);
    if (!*out) return ERR_OK;
    char names[160];
    struct buf list = buf_over(names, sizeof names);
    for (const struct section *s = bench_sections; s->name; s++) {
        if (strcmp(s->name, *out) == 0) return ERR_OK;
        buf_fmt(&list, "%s%s", list.size ? ", " : "it is one of: ", s->name);
    }
    return problem_set(p, ERR_INVALID, "--section", names, "no section '%s'", *out);
}

static enum err write_page(const char *path, const struct bench_report *r, char *text, struct problem *p) {
    struct buf page = buf_over(text, TEXT_SIZE);
    report_write_markdown(r, &page);
    FILE *f = fopen(path, "we");
    bool good = f && fwrite(page.at, 1, page.size, f) == page.size;
    if (f && fclose(f) != 0) good = false;
    return good ? ERR_OK : problem_set(p, ERR_IO, path, "", "cannot write the page: %s", strerror(errno));
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    static struct bench b;
    uint64_t seconds;
    b = (struct bench){.quick = argument_given(a, "--quick"), .say = say, .place.pid = -1};
    enum err err = read_number(a, "--accounts", b.quick ? 50000 : 1000000, 100, 50000000, &b.accounts, &p);
    if (!err) err = read_number(a, "--seconds", b.quick ? 1 : 4, 1, 600, &seconds, &p);
    if (!err) err = read_section(a, &b.only, &p);
    if (err) return cli_fail(&p);
    b.seconds = (double)seconds;
    char *text = malloc(TEXT_SIZE);
    if (!text) return 1;
    err = bench_run(&b, &p);
    struct buf out = buf_over(text, TEXT_SIZE);
    report_write_table(&b.report, &out);
    (void)fwrite(out.at, 1, out.size, argument_given(a, "--json") ? stderr : stdout); /* what was measured before a failure counts too */
    if (!err && argument(a, "--markdown", NULL)) err = write_page(argument(a, "--markdown", NULL), &b.report, text, &p);
    if (argument_given(a, "--json")) {
        out = buf_over(text, TEXT_SIZE);
        report_write_json(&b.report, &out);
        (void)printf("%.*s\n", STR_ARGS(buf_str(&out)));
    }
    free(text);
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_bench;
const struct command command_bench = {
    .name = "bench",
    .sentence = "measure speed and memory on this machine, beside the goals",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi bench --quick",
};
