// SPDX-License-Identifier: Apache-2.0
/* Reads the command line against the commands' own descriptions, and writes their help from them. */
#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "cli/plain_text.h"

#define COMMAND(name) extern const struct command command_##name;
#include "cli/commands.def"
#undef COMMAND

static const struct command *const commands[] = {
#define COMMAND(name) &command_##name,
#include "cli/commands.def"
#undef COMMAND
};
#define COMMAND_COUNT (sizeof commands / sizeof commands[0])

const char *argument(const struct arguments *a, const char *name, const char *otherwise) {
    for (unsigned i = a->option_count; i-- > 0;)
        if (strcmp(a->options[i].name, name) == 0) return a->options[i].value;
    return otherwise;
}

unsigned argument_all(const struct arguments *a, const char *name, const char *out[ARGUMENT_COUNT_MAX]) {
    unsigned count = 0;
    for (unsigned i = 0; i < a->option_count; i++)
        if (strcmp(a->options[i].name, name) == 0) out[count++] = a->options[i].value;
    return count;
}

bool argument_given(const struct arguments *a, const char *name) {
    for (unsigned i = 0; i < a->option_count; i++)
        if (strcmp(a->options[i].name, name) == 0) return true;
    return false;
}

int cli_fail(const struct problem *p) {
    (void)fputs("hikeshi: ", stderr);
    plain_text_print(stderr, str_from(p->what)); /* it may quote an event */
    if (p->where[0]) (void)fprintf(stderr, " (%s)", p->where);
    (void)fputc('\n', stderr);
    if (p->fix[0]) (void)fprintf(stderr, "hint: %s\n", p->fix);
    return p->err == ERR_INVALID || p->err == ERR_NOT_FOUND ? 2 : 1;
}

static void print_overview(FILE *to) {
    (void)fputs("hikeshi: account-takeover detection and response for online shops\n\nusage: hikeshi COMMAND [OPTION...]\n\n", to);
    for (size_t i = 0; i < COMMAND_COUNT; i++) (void)fprintf(to, "  %-10s %s\n", commands[i]->name, commands[i]->sentence);
    (void)fputs("\n`hikeshi COMMAND --help` says more. Start with `hikeshi demo`.\n", to);
}

static void print_help(const struct command *c) {
    (void)printf("hikeshi %s: %s\n\nusage: hikeshi %s", c->name, c->sentence, c->name);
    if (c->options[0].name) (void)fputs(" [OPTION...]", stdout);
    (void)printf("%s%s\n", c->operands[0] ? " " : "", c->operands);
    if (c->options[0].name) (void)fputc('\n', stdout);
    for (const struct cli_option *o = c->options; o->name; o++) {
        char left[64];
        (void)snprintf(left, sizeof left, "%s%s%s", o->name, o->operand ? " " : "", o->operand ? o->operand : "");
        (void)printf("  %-24s %s\n", left, o->text);
    }
    (void)printf("\nexample: %s\n", c->example);
}

static const struct cli_option *find_option(const struct command *c, const char *name, size_t size) {
    for (const struct cli_option *o = c->options; o->name; o++)
        if (strlen(o->name) == size && memcmp(o->name, name, size) == 0) return o;
    return NULL;
}

static int usage_error(const struct command *c, const char *what, const char *subject) {
    (void)fprintf(stderr, "hikeshi: %s '%s'\nhint: see `hikeshi %s --help`\n", what, subject, c ? c->name : "");
    return 2;
}

/* Reads argv[2..] into *a: "--name VALUE", "--name=VALUE", "--switch", operands, "--" ends the options. 0, or the exit status. */
static int read_arguments(const struct command *c, int argc, char **argv, struct arguments *a) {
    bool options_end = false;
    for (int i = 2; i < argc; i++) {
        const char *word = argv[i];
        if (a->option_count == ARGUMENT_COUNT_MAX || a->operand_count == ARGUMENT_COUNT_MAX)
            return usage_error(c, "too many arguments at", word);
        if (options_end || word[0] != '-' || word[1] == 0) {
            if (!c->operands[0]) return usage_error(c, "unexpected argument", word);
            a->operands[a->operand_count++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            options_end = true;
            continue;
        }
        const char *equals = strchr(word, '=');
        const struct cli_option *o = find_option(c, word, equals ? (size_t)(equals - word) : strlen(word));
        if (!o) return usage_error(c, "unknown option", word);
        if (!o->operand && equals) return usage_error(c, "this option takes no value:", word);
        const char *value = equals ? equals + 1 : o->operand && i + 1 < argc ? argv[++i] : NULL;
        if (o->operand && !value) return usage_error(c, "a value is missing after", word);
        a->options[a->option_count].name = o->name;
        a->options[a->option_count++].value = value;
    }
    return 0;
}

static int run_command(int argc, char **argv) {
    if (argc < 2) {
        print_overview(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_overview(stdout);
        return 0;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i]->name, name) != 0) continue;
        for (int k = 2; k < argc; k++)
            if (strcmp(argv[k], "--help") == 0) return print_help(commands[i]), 0;
        struct arguments a = {.command = commands[i]};
        int status = read_arguments(commands[i], argc, argv, &a);
        return status ? status : commands[i]->run(&a);
    }
    (void)fprintf(stderr, "hikeshi: unknown command '%s'\nhint: see `hikeshi --help`\n", argv[1]);
    return 2;
}

/* What was printed into a full disk was not said. */
int cli_main(int argc, char **argv) {
    int status = run_command(argc, argv);
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    struct problem p;
    (void)problem_set(&p, ERR_IO, "standard output", "is the disk full?", "cannot write: %s", strerror(errno));
    return status ? status : cli_fail(&p);
}
