// SPDX-License-Identifier: Apache-2.0
/* hikeshi key: draws an API key and writes the line that lets the server know it. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/cli.h"
#include "cli/key_file.h"

static const struct cli_option options[] = {
    {"--scopes", "LIST", "what it may do, joined by commas: events:write, read, metrics, admin, verdicts:write (default: all)"},
    {"--file", "FILE", "add its line to this key file; otherwise the line is printed"},
    {0},
};

static enum err new_key(const struct arguments *a, struct problem *p) {
    struct str name = str_from(a->operands[1]), key;
    unsigned scopes;
    for (size_t i = 0; i < name.size; i++)
        if ((unsigned char)name.at[i] <= ' ' || name.at[i] == '#')
            return problem_set(p, ERR_INVALID, "NAME", "write one word", "name '%s' has a blank or '#'", a->operands[1]);
    if (name.size == 0 || name.size > KEY_NAME_SIZE_MAX)
        return problem_set(p, ERR_INVALID, "NAME", "", "a name has 1 to %d bytes", KEY_NAME_SIZE_MAX);
    if (!scopes_from(str_from(argument(a, "--scopes", "all")), &scopes))
        return problem_set(p, ERR_INVALID, "--scopes", "known are events:write, read, metrics, admin, verdicts:write, all",
                           "unknown scope in '%s'", argument(a, "--scopes", "all"));
    char key_memory[KEY_TEXT_SIZE], line_memory[256];
    struct buf line = buf_over(line_memory, sizeof line_memory);
    enum err err = key_draw(key_memory, &key, p);
    if (err) return err;
    key_write_line(&line, name, scopes, key);
    const char *file = argument(a, "--file", NULL);
    if (file) err = key_file_append(file, buf_str(&line), p);
    if (err) return err;
    (void)printf("%.*s\n", STR_ARGS(key));
    if (file) (void)fprintf(stderr, "its hash was added to '%s'; the key is shown this once\n", file);
    else (void)printf("%.*s", STR_ARGS(buf_str(&line)));
    return ERR_OK;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    enum err err = a->operand_count == 2 && strcmp(a->operands[0], "new") == 0
                       ? new_key(a, &p)
                       : problem_set(&p, ERR_INVALID, "", "write `hikeshi key new NAME`", "there is one thing to do with keys: new");
    return err ? cli_fail(&p) : 0;
}

extern const struct command command_key;
const struct command command_key = {
    .name = "key",
    .sentence = "draw an API key; the server keeps only its hash",
    .operands = "new NAME",
    .options = options,
    .run = run,
    .example = "hikeshi key new shop --scopes events:write,read --file keys",
};
