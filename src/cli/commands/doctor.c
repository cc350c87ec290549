// SPDX-License-Identifier: Apache-2.0
/* hikeshi doctor: looks at the machine and at a data directory, and says what to do about what is not well. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/checkup.h"
#include "cli/cli.h"
#include "decide/decide.h"
#include "sys/clock.h"

#define TEXT_SIZE (128U * 1024)

static const struct cli_option options[] = {
    {"--data", "DIR", "data directory (default: data)"},
    {"--store", "URL", "the PostgreSQL database, where the server keeps its incidents in one"},
    {"--api-key-file", "FILE", "look at a key file too"},
    {"--geo", "FILE", "look at a geo file too; may be given several times"},
    {"--json", NULL, "print one JSON object"},
    {0},
};

static int run(const struct arguments *a) {
    static struct checkup c;
    struct clock clock = clock_real();
    c.count = 0;
    checkup_machine(&c);
    const char *data = argument(a, "--data", "data");
    if (checkup_data(&c, data)) checkup_store(&c, data, argument(a, "--store", NULL));
    checkup_policy(&c, "built in", policy_default_bundle());
    if (argument(a, "--api-key-file", NULL)) checkup_key_file(&c, argument(a, "--api-key-file", NULL));
    for (unsigned i = 0; i < a->option_count; i++)
        if (strcmp(a->options[i].name, "--geo") == 0) checkup_geo_file(&c, a->options[i].value, clock.now_ms(clock.self));
    char *text = malloc(TEXT_SIZE);
    if (!text) return 1;
    struct buf out = buf_over(text, TEXT_SIZE);
    if (argument_given(a, "--json")) checkup_write_json(&c, &out), buf_char(&out, '\n');
    else checkup_write_table(&c, &out);
    (void)fwrite(out.at, 1, out.size, stdout);
    free(text);
    return checkup_worst(&c) == HEALTH_FAIL ? 1 : 0;
}

extern const struct command command_doctor;
const struct command command_doctor = {
    .name = "doctor",
    .sentence = "look at the machine and a data directory, and say what to do",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi doctor --data data",
};
