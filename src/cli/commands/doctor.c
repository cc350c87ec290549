// SPDX-License-Identifier: Apache-2.0
/* hikeshi doctor: looks at the machine and at a data directory, or at the DNS records of mail, and says what to do about what is not well.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/checkup.h"
#include "cli/checkup_mail.h"
#include "cli/cli.h"
#include "decide/decide.h"
#include "sys/clock.h"
#include "sys/resolver.h"

#define TEXT_SIZE (128U * 1024)
/* Of an SPF record that is out to hurt: 40 texts of 64 kB, and 860 lists of RESOLVER_RECORDS_MAX records (4 kB); a dozen other answers. */
#define STEP_SIZE (8U * 1024 * 1024)

static const struct cli_option options[] = {
    {"--data", "DIR", "data directory (default: data)"},
    {"--store", "URL", "the PostgreSQL database, where the server keeps its incidents in one"},
    {"--api-key-file", "FILE", "look at a key file too"},
    {"--geo", "FILE", "look at a geo file too; may be given several times"},
    {"--json", NULL, "print one JSON object"},
    {"--domain", "NAME", "mail: the domain in From (required)"},
    {"--return-path-domain", "NAME", "mail: the domain of the envelope sender (default: that of From)"},
    {"--rsa-selector", "S", "mail: of the DKIM key of RSA"},
    {"--ed25519-selector", "S", "mail: of the DKIM key of Ed25519"},
    {"--sender-ip", "IP", "mail: a host that sends; may be given several times"},
    {"--nameserver", "IP:PORT", "mail: whom to ask (default: as this machine does)"},
    {0},
};

/* ---- the machine and a data directory ----------------------------------------------------------------------------------------------- */

static int look_at_machine(const struct arguments *a, struct buf *out) {
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
    if (argument_given(a, "--json")) checkup_write_json(&c, out), buf_char(out, '\n');
    else checkup_write_table(&c, out);
    return checkup_worst(&c) == HEALTH_FAIL ? 1 : 0;
}

/* ---- mail --------------------------------------------------------------------------------------------------------------------------- */

static enum err read_name(const struct arguments *a, const char *option, bool is_domain, struct str *out, struct problem *p) {
    *out = str_from(argument(a, option, NULL));
    if (is_domain && str_ends(*out, STR("."))) out->size--;
    return argument_given(a, option) ? mail_name_check(*out, option, is_domain, p) : ERR_OK;
}

static enum err read_senders(const struct arguments *a, struct mail_setup *s, struct problem *p) {
    for (unsigned i = 0; i < a->option_count; i++) {
        if (strcmp(a->options[i].name, "--sender-ip") != 0) continue;
        if (s->sender_count == SPF_ADDRESSES_MAX)
            return problem_set(p, ERR_TOO_LARGE, "--sender-ip", "", "more than %d", SPF_ADDRESSES_MAX);
        if (!address_parse(str_from(a->options[i].value), &s->senders[s->sender_count++]))
            return problem_set(p, ERR_INVALID, "--sender-ip", "", "no address: '%s'", a->options[i].value);
    }
    return ERR_OK;
}

static enum err read_setup(const struct arguments *a, struct mail_setup *s, struct problem *p) {
    if (!argument_given(a, "--domain")) return problem_set(p, ERR_INVALID, "--domain", "write --domain shop.example", "of which domain?");
    enum err err = read_name(a, "--domain", true, &s->domain, p);
    if (!err) err = read_name(a, "--return-path-domain", true, &s->return_path_domain, p);
    if (!err) err = read_name(a, "--rsa-selector", false, &s->rsa_selector, p);
    if (!err) err = read_name(a, "--ed25519-selector", false, &s->ed25519_selector, p);
    return err ? err : read_senders(a, s, p);
}

static int look_at_mail(const struct arguments *a, struct buf *out) {
    static struct mail_checkup c;
    struct mail_setup setup = {.sender_count = 0};
    struct resolver resolver;
    struct problem p = {0};
    if (read_setup(a, &setup, &p)) return cli_fail(&p);
    if (resolver_open(str_from(argument(a, "--nameserver", NULL)), &resolver, &p)) return cli_fail(&p);
    void *memory = malloc(STEP_SIZE);
    if (memory) {
        struct arena step = arena_over(memory, STEP_SIZE);
        checkup_mail(&setup, &resolver, &step, &c);
    }
    free(memory);
    resolver_close(&resolver);
    if (argument_given(a, "--json")) checkup_mail_write_json(&c, out), buf_char(out, '\n');
    else checkup_mail_write_table(&c, out);
    return memory && checkup_mail_is_good(&c) ? 0 : 1;
}

static int run(const struct arguments *a) {
    bool is_mail = a->operand_count == 1 && strcmp(a->operands[0], "mail") == 0;
    if (a->operand_count && !is_mail) {
        (void)fprintf(stderr, "hikeshi: unexpected argument '%s'\nhint: say `hikeshi doctor` or `hikeshi doctor mail`\n", a->operands[0]);
        return 2;
    }
    char *text = malloc(TEXT_SIZE);
    if (!text) return 1;
    struct buf out = buf_over(text, TEXT_SIZE);
    int status = is_mail ? look_at_mail(a, &out) : look_at_machine(a, &out);
    (void)fwrite(out.at, 1, out.size, stdout);
    free(text);
    return status;
}

extern const struct command command_doctor;
const struct command command_doctor = {
    .name = "doctor",
    .sentence = "look at the machine and a data directory, or at the DNS of mail, and say what to do",
    .operands = "[mail]",
    .options = options,
    .run = run,
    .example = "hikeshi doctor --data data",
};
