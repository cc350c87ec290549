// SPDX-License-Identifier: Apache-2.0
/*
 * Guards the judgement of DNS records of mail (cli/checkup_mail.h) against what strangers publish. Input: a zone, "TYPE name text" lines; a
 * text of "?" is a server that fails. Holds: a bounded number of questions, a verdict with words for each check, printable ASCII, and where
 * all is good nothing is broken: no record to publish is shown of what was not asked.
 */
#include <string.h>

#include "base/check.h"
#include "cli/checkup_mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define QUESTIONS_MAX 1000 /* SPF: 40 look-ups, of at most ten hosts with two types each; and some dozen others */

struct zone {
    struct str text;
    unsigned questions;
};

static _Alignas(16) char memory[16 << 20];
static struct mail_checkup checkup;

static void give(enum resolver_type type, struct str text, struct resolver_answer *out) {
    struct resolver_record record = {.text = text, .preference = 10};
    bool is_address = type == RESOLVER_A || type == RESOLVER_AAAA;
    if (str_equal(text, STR("?"))) out->fate = RESOLVER_NO_ANSWER;
    if (out->fate == RESOLVER_NO_ANSWER || out->count == RESOLVER_RECORDS_MAX) return;
    if (is_address && (!address_parse(text, &record.address) || (record.address.family == ADDRESS_V4) != (type == RESOLVER_A))) return;
    out->records[out->count++] = record;
    out->fate = RESOLVER_FOUND;
}

static void ask(void *self, struct str name, enum resolver_type type, struct arena *step, struct resolver_answer *out) {
    struct zone *z = self;
    struct str rest = z->text;
    const char *word = type == RESOLVER_A ? "A" : type == RESOLVER_AAAA ? "AAAA" : type == RESOLVER_MX ? "MX" : "TXT";
    *out = (struct resolver_answer){.fate = RESOLVER_NO_DATA, .error = "failed"};
    out->records = arena_take(step, RESOLVER_RECORDS_MAX * sizeof *out->records);
    CHECK(++z->questions <= QUESTIONS_MAX && out->records);
    while (rest.size) {
        struct str text, line = str_cut(rest, '\n', &rest), kind = str_cut(line, ' ', &line), owner = str_cut(line, ' ', &text);
        if (str_equal(kind, str_from(word)) && str_equal_ignoring_case(owner, name)) give(type, text, out);
    }
    if (out->fate == RESOLVER_NO_ANSWER) out->count = 0;
}

static void look_at(const struct mail_check *c) {
    CHECK(c->why[0] && c->found[0]);
    for (const char *at = c->found; *at; at++) CHECK(*at >= ' ' && *at <= '~');
    for (const char *at = c->publish; *at; at++) CHECK(*at >= ' ' && *at <= '~');
    if (c->verdict == MAIL_UNASKED) CHECK(!c->publish[0] && c->advice[0]);
    if (c->verdict == MAIL_MISSING) CHECK(c->publish[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct zone zone = {.text = {(const char *)data, size}};
    struct resolver resolver = {&(const struct resolver_ops){.ask = ask}, &zone};
    struct arena step = arena_over(memory, sizeof memory);
    struct mail_setup setup = {STR("d.ex"), STR("b.d.ex"), STR("r"), STR("e"), {{0}}, 2};
    CHECK(address_parse(STR("192.0.2.1"), &setup.senders[0]) && address_parse(STR("2001:db8::1"), &setup.senders[1]));
    if (size > 4096) return 0;
    checkup_mail(&setup, &resolver, &step, &checkup);
    for (unsigned i = 0; i < checkup.count; i++) look_at(&checkup.checks[i]);
    return 0;
}
