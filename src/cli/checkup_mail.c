// SPDX-License-Identifier: Apache-2.0
/* Judges the DNS records that a sender of notices needs: MX, SPF, DKIM, DMARC, how they fit together, and what wildcards do to them. */
#include "cli/checkup_mail.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/check.h"

#define HOSTS_MAX      5 /* of an MX, whose addresses are asked for */
#define NAME_SIZE_MAX  253
#define RSA_BITS_MIN   2048 /* RFC 8301 section 3.2 */
#define ED25519_SIZE   32   /* RFC 8463 section 4.2 */
#define SHOWN_SIZE_MAX 200  /* of a record */
#define KEY_SIZE_MAX   4096 /* of a public key in base64; RSA of 16384 bits has 2.8 kB */
#define NOBODY         "hikeshi-nobody-has-this"

static const char why_mx[] = "answers and complaints go there, and many receivers refuse mail from a domain that takes none";
static const char why_bounce_mx[] =
    "a notice that cannot be delivered comes back there; else nobody hears of it, and no other channel is tried";
static const char why_spf[] = "receivers compare the sending host with it; whoever is not named in it sends as a forger would";
static const char why_dkim[] = "receivers check the signature with it; signatures survive forwarding, SPF does not";
static const char why_dmarc[] =
    "it tells receivers to refuse what is forged in your name; phishing after a break-in looks just like a notice";
static const char why_alignment[] =
    "DMARC counts SPF and DKIM only for the domain in From: aligned is what is of the same organisational domain "
    "(relaxed) or the very same domain (strict); a pass of any other domain counts for nothing";
static const char why_wildcard[] =
    "a wildcard answers for names that nobody set up: a selector that was never published seems to have a record";

/* ---- writing a check ---------------------------------------------------------------------------------------------------------------- */

/* What is shown comes from strangers, too. */
static void PRINTF_LIKE(3, 0) print_plain(char *to, size_t size, const char *format, va_list args) {
    (void)vsnprintf(to, size, format, args);
    for (; *to; to++)
        if (*to < ' ' || *to > '~') *to = '?';
}

static struct mail_check *PRINTF_LIKE(5, 6)
    add(struct mail_checkup *c, enum mail_verdict verdict, const char *name, const char *why, const char *found, ...) {
    CHECK(c->count < MAIL_CHECKS_MAX);
    struct mail_check *check = &c->checks[c->count++];
    *check = (struct mail_check){.verdict = verdict, .name = name, .why = why};
    va_list args;
    va_start(args, found);
    print_plain(check->found, sizeof check->found, found, args);
    va_end(args);
    return check;
}

static void PRINTF_LIKE(2, 3) advise(struct mail_check *check, const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_plain(check->advice, sizeof check->advice, format, args);
    va_end(args);
}

static void PRINTF_LIKE(2, 3) publish(struct mail_check *check, const char *format, ...) {
    va_list args;
    va_start(args, format);
    print_plain(check->publish, sizeof check->publish, format, args);
    va_end(args);
}

static void unasked(struct mail_checkup *c, const char *name, const char *why, struct str subject, const char *error) {
    advise(add(c, MAIL_UNASKED, name, why, "%.*s could not be asked for: %s", STR_ARGS(subject), error),
           "it may be there: ask again, or another server with --nameserver IP");
}

static struct str shown(struct str record) {
    return str_slice(record, 0, SHOWN_SIZE_MAX);
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------------- */

struct asking {
    const struct mail_setup *setup;
    const struct resolver *resolver;
    struct arena *step;
    struct mail_checkup *c;
    struct str return_path;
    struct str dmarc; /* the record that applies; empty where there is none, or not just one */
};

static struct resolver_answer ask(struct asking *q, struct str name, enum resolver_type type) {
    struct resolver_answer answer;
    q->resolver->ops->ask(q->resolver->self, name, type, q->step, &answer);
    return answer;
}

/* A name of two or three parts, with dots between them. */
static struct str join(struct asking *q, const char *a, const char *b, struct str c) {
    size_t size_max = strlen(a) + strlen(b) + c.size + 2;
    char *memory = arena_take(q->step, size_max);
    CHECK(memory);
    struct buf out = buf_over(memory, size_max);
    buf_text(&out, str_from(a)), buf_char(&out, '.');
    if (b[0]) buf_text(&out, str_from(b)), buf_char(&out, '.');
    buf_text(&out, c);
    return buf_str(&out);
}

/* The value of a tag of "a=b; c=d" (RFC 6376 section 3.2), trimmed; false where it is not there. */
static bool find_tag(struct str record, const char *name, struct str *out) {
    while (record.size) {
        struct str value, tag = str_cut(record, ';', &record);
        if (!str_equal(str_trim(str_cut(tag, '=', &value)), str_from(name))) continue;
        *out = str_trim(value);
        return true;
    }
    return false;
}

static bool tag_is(struct str record, const char *name, const char *value) {
    struct str found;
    return find_tag(record, name, &found) && str_equal_ignoring_case(found, str_from(value));
}

/* Is one of the words between colons `word`? */
static bool list_has(struct str list, const char *word) {
    while (list.size)
        if (str_equal_ignoring_case(str_trim(str_cut(list, ':', &list)), str_from(word))) return true;
    return false;
}

/* ---- MX ----------------------------------------------------------------------------------------------------------------------------- */

static bool has_address(struct asking *q, struct str host, bool *known) {
    struct resolver_answer v4 = ask(q, host, RESOLVER_A);
    if (v4.fate == RESOLVER_FOUND) return true;
    struct resolver_answer v6 = ask(q, host, RESOLVER_AAAA);
    *known = v4.fate != RESOLVER_NO_ANSWER && v6.fate != RESOLVER_NO_ANSWER;
    return v6.fate == RESOLVER_FOUND;
}

static void publish_mx(struct mail_check *check, struct str domain) {
    advise(check, "name the host that takes your mail");
    publish(check, "%.*s. IN MX 10 mail.%.*s.", STR_ARGS(domain), STR_ARGS(domain));
}

static void judge_without_mx(struct asking *q, const char *name, const char *why, struct str domain) {
    bool known = true, found = has_address(q, domain, &known);
    struct mail_check *check;
    if (found) check = add(q->c, MAIL_GOOD, name, why, "%.*s has no MX, but an address, which is taken in its place", STR_ARGS(domain));
    else if (known)
        check = add(q->c, MAIL_MISSING, name, why, "%.*s has no MX and no address: mail to it has nowhere to go", STR_ARGS(domain));
    else {
        unasked(q->c, name, why, domain, "no answer");
        return;
    }
    publish_mx(check, domain);
}

static void judge_hosts(struct asking *q, const char *name, const char *why, struct str domain, const struct resolver_answer *answer) {
    char list[320];
    struct buf hosts = buf_over(list, sizeof list - 1);
    unsigned with = 0, without = 0;
    for (size_t i = 0; i < answer->count && i < HOSTS_MAX; i++) {
        const struct resolver_record *mx = &answer->records[i];
        bool known = true;
        if (has_address(q, mx->text, &known)) with++;
        else if (known) without++;
        buf_fmt(&hosts, "%s%u %.*s", i ? ", " : "", mx->preference, STR_ARGS(str_slice(mx->text, 0, 60)));
    }
    struct str text = buf_str(&hosts);
    struct mail_check *check;
    if (with) {
        check = add(q->c, MAIL_GOOD, name, why, "%.*s: %.*s", STR_ARGS(domain), STR_ARGS(text));
        if (without) advise(check, "%u of these hosts have no address: strike them", without);
    } else if (without) {
        check = add(q->c, MAIL_WRONG, name, why, "%.*s: %.*s, and none of them has an address", STR_ARGS(domain), STR_ARGS(text));
        publish_mx(check, domain);
    } else {
        unasked(q->c, name, why, answer->records[0].text, "no answer");
    }
}

static void check_mx(struct asking *q, const char *name, const char *why, struct str domain) {
    struct resolver_answer answer = ask(q, domain, RESOLVER_MX);
    if (answer.fate == RESOLVER_NO_ANSWER) {
        unasked(q->c, name, why, domain, answer.error);
        return;
    }
    for (size_t i = 0; i < answer.count; i++) {
        if (answer.records[i].text.size) continue;
        publish_mx(
            add(q->c, MAIL_WRONG, name, why, "%.*s has a null MX (RFC 7505): it says that it takes no mail at all", STR_ARGS(domain)),
            domain);
        return;
    }
    if (answer.count) judge_hosts(q, name, why, domain, &answer);
    else judge_without_mx(q, name, why, domain);
}

/* ---- SPF ---------------------------------------------------------------------------------------------------------------------------- */

static bool has_term(struct str record, struct str term) {
    while (record.size)
        if (str_equal_ignoring_case(str_cut(record, ' ', &record), term)) return true;
    return false;
}

/* A term for each sender that `kept` has none for. */
static void write_senders(const struct mail_setup *s, struct str kept, struct buf *out) {
    for (size_t i = 0; i < s->sender_count; i++) {
        char memory[64];
        struct buf term = buf_over(memory, sizeof memory);
        buf_text(&term, s->senders[i].family == ADDRESS_V4 ? STR("ip4:") : STR("ip6:"));
        address_format(&term, &s->senders[i]);
        if (!has_term(kept, buf_str(&term))) buf_char(out, ' '), buf_text(out, buf_str(&term));
    }
    if (!s->sender_count && !has_term(kept, STR("mx"))) buf_text(out, STR(" mx"));
}

static bool is_all(struct str term) {
    if (term.size && strchr("+-~?", term.at[0])) term = str_slice(term, 1, term.size);
    return str_equal_ignoring_case(term, STR("all"));
}

/* The record as it should be: the senders first, for the first term that matches decides; then `kept` without its all. "" keeps nothing. */
static void publish_spf(struct asking *q, struct mail_check *check, struct str kept) {
    char memory[sizeof check->publish];
    struct buf out = buf_over(memory, sizeof memory);
    struct str rest = STR_NONE;
    (void)str_cut(kept, ' ', &rest);
    buf_text(&out, STR("v=spf1"));
    write_senders(q->setup, kept, &out);
    while (rest.size) {
        struct str term = str_cut(rest, ' ', &rest);
        if (term.size && !is_all(term)) buf_char(&out, ' '), buf_text(&out, term);
    }
    buf_text(&out, STR(" -all"));
    if (out.overflow) return;
    publish(check, "%.*s. IN TXT \"%.*s\"", STR_ARGS(q->return_path), STR_ARGS(buf_str(&out)));
    if (!check->advice[0] && !q->setup->sender_count)
        advise(check, "mx stands for the hosts of your MX; name yours by address where others send");
}

/* `keeps`: what is published is mended; otherwise it is written anew. */
static void wrong_spf(struct asking *q, const struct spf *spf, bool keeps, const char *what, const char *advice) {
    struct mail_check *check =
        add(q->c, MAIL_WRONG, "spf", why_spf, "%.*s: %s: \"%.*s\"", STR_ARGS(q->return_path), what, STR_ARGS(shown(spf->record)));
    if (advice[0]) advise(check, "%s", advice);
    /* A redirect is ignored behind an all; then what was meant is not known. */
    bool redirects = str_find(spf->record, STR("redirect="), 0) < spf->record.size;
    publish_spf(q, check, keeps && !redirects ? spf->record : STR_NONE);
}

/* The first sender that is not permitted; false where all are. */
static bool find_stranger(const struct mail_setup *s, const struct spf *spf, char *text, size_t size) {
    for (size_t i = 0; i < s->sender_count; i++) {
        if (spf->results[i] == '+') continue;
        struct buf b = buf_over(text, size - 1);
        address_format(&b, &s->senders[i]);
        text[b.size] = 0;
        return true;
    }
    return false;
}

static void judge_spf(struct asking *q, const struct spf *spf) {
    char what[160], stranger[64];
    if (spf->lookups > SPF_LOOKUPS_MAX) {
        (void)snprintf(what, sizeof what, "takes %u look-ups, and receivers stop after %d", spf->lookups, SPF_LOOKUPS_MAX);
        wrong_spf(q, spf, false, what, "write addresses (ip4, ip6) in place of include, a and mx");
    } else if (spf->voids > SPF_VOIDS_MAX) {
        (void)snprintf(what, sizeof what, "%u of its names have no records, and receivers stop after %d such", spf->voids, SPF_VOIDS_MAX);
        wrong_spf(q, spf, false, what, "strike the names that are gone");
    } else if (spf->all == '+') {
        wrong_spf(q, spf, true, "it lets everybody send (+all)", "");
    } else if (spf->all != '-' && spf->all != '~') {
        wrong_spf(q, spf, true, "it does not say who may not send: it must end in -all or ~all", "");
    } else if (find_stranger(q->setup, spf, stranger, sizeof stranger)) {
        (void)snprintf(what, sizeof what, "it does not permit %s", stranger);
        wrong_spf(q, spf, true, what, spf->has_macro ? "it has macros, which are not evaluated here: they may permit it" : "");
    } else {
        struct mail_check *check =
            add(q->c, MAIL_GOOD, "spf", why_spf, "%.*s: \"%.*s\", %u of %d look-ups%s", STR_ARGS(q->return_path),
                STR_ARGS(shown(spf->record)), spf->lookups, SPF_LOOKUPS_MAX, q->setup->sender_count ? ", permits all senders named" : "");
        if (spf->has_ptr) advise(check, "strike ptr: it is slow, and receivers may ignore it (RFC 7208 section 5.5)");
        else if (!q->setup->sender_count) advise(check, "whether it permits your senders was not looked at: name them with --sender-ip IP");
    }
}

static void check_spf(struct asking *q) {
    struct spf spf;
    spf_read(q->resolver, q->return_path, q->setup->senders, q->setup->sender_count, q->step, &spf);
    switch (spf.fate) {
    case SPF_READ: judge_spf(q, &spf); return;
    case SPF_NONE:
        publish_spf(q, add(q->c, MAIL_MISSING, "spf", why_spf, "%.*s has no SPF record", STR_ARGS(q->return_path)), STR_NONE);
        return;
    case SPF_SEVERAL: wrong_spf(q, &spf, false, spf.why, "strike all but one: receivers take none of several"); return;
    case SPF_BROKEN:
        if (spf.lookups > SPF_LOOKUPS_MAX) judge_spf(q, &spf);
        else wrong_spf(q, &spf, false, spf.why, "receivers take it for an error, and no sender passes");
        return;
    case SPF_UNASKED: unasked(q->c, "spf", why_spf, q->return_path, spf.why); return;
    }
}

/* ---- DKIM --------------------------------------------------------------------------------------------------------------------------- */

enum dkim_kind { DKIM_RSA, DKIM_ED25519 };

/* The bytes of a key in base64 that may have blanks in it; 0 where it is none. */
static size_t decode_key(struct str text, unsigned char *out) {
    char packed[KEY_SIZE_MAX];
    size_t size = 0, padding = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (strchr(" \t\r\n", text.at[i]) && text.at[i]) continue;
        if (size == sizeof packed) return 0;
        packed[size++] = text.at[i];
    }
    while (padding < size && padding < 2 && packed[size - 1 - padding] == '=') padding++;
    int decoded = size && size % 4 == 0 ? EVP_DecodeBlock(out, (const unsigned char *)packed, (int)size) : -1;
    return decoded > (int)padding ? (size_t)decoded - padding : 0;
}

/* Bits of an RSA key in SubjectPublicKeyInfo (RFC 5280); 0 where there is none. */
static int rsa_bits(const unsigned char *key, size_t size) {
    const unsigned char *at = key;
    EVP_PKEY *read = d2i_PUBKEY(NULL, &at, (long)size);
    int bits = read && EVP_PKEY_get_base_id(read) == EVP_PKEY_RSA ? EVP_PKEY_get_bits(read) : 0;
    EVP_PKEY_free(read);
    return bits;
}

/* What is wrong with the key record, in `what`; false where nothing is. */
static bool find_dkim_fault(struct str record, enum dkim_kind kind, char *what, size_t size) {
    unsigned char key[KEY_SIZE_MAX];
    struct str value, type = STR("rsa");
    (void)find_tag(record, "k", &type);
    if (find_tag(record, "v", &value) && !str_equal(value, STR("DKIM1"))) return (void)snprintf(what, size, "v must be DKIM1"), true;
    if (!str_equal_ignoring_case(type, kind == DKIM_RSA ? STR("rsa") : STR("ed25519")))
        return (void)snprintf(what, size, "its key is of type '%.*s'", STR_ARGS(str_slice(type, 0, 20))), true;
    if (!find_tag(record, "p", &value)) return (void)snprintf(what, size, "it has no key (p)"), true;
    if (!value.size) return (void)snprintf(what, size, "its key is revoked (p is empty)"), true;
    if (find_tag(record, "t", &type) && list_has(type, "y"))
        return (void)snprintf(what, size, "it is in test (t=y): receivers treat signed mail as if it were not"), true;
    if (find_tag(record, "h", &type) && !list_has(type, "sha256")) return (void)snprintf(what, size, "it does not allow sha256 (h)"), true;
    if (find_tag(record, "s", &type) && !list_has(type, "*") && !list_has(type, "email"))
        return (void)snprintf(what, size, "it is not for mail (s)"), true;
    size_t key_size = decode_key(value, key);
    int bits = kind == DKIM_RSA ? rsa_bits(key, key_size) : 0;
    if (kind == DKIM_RSA && bits < RSA_BITS_MIN)
        return (void)snprintf(what, size, bits ? "its RSA key has %d bits, and needs %d" : "p is no RSA key", bits, RSA_BITS_MIN), true;
    if (kind == DKIM_ED25519 && key_size != ED25519_SIZE)
        return (void)snprintf(what, size, "p has %zu bytes, and an Ed25519 key has %d", key_size, ED25519_SIZE), true;
    return false;
}

static void publish_dkim(struct mail_check *check, struct str name, enum dkim_kind kind) {
    advise(check, "`hikeshi dkim keygen` makes a key and prints this record with it");
    publish(check, "%.*s. IN TXT \"v=DKIM1; k=%s; p=PUBLIC_KEY\"", STR_ARGS(name), kind == DKIM_RSA ? "rsa" : "ed25519");
}

static void check_dkim(struct asking *q, struct str selector, enum dkim_kind kind) {
    const char *id = kind == DKIM_RSA ? "dkim_rsa" : "dkim_ed25519";
    struct str name = join(q, "_domainkey", "", q->setup->domain), record = STR_NONE;
    size_t size_max = selector.size + name.size + 1;
    char *memory = arena_take(q->step, size_max);
    CHECK(memory);
    struct buf full = buf_over(memory, size_max);
    buf_text(&full, selector), buf_char(&full, '.'), buf_text(&full, name);
    name = buf_str(&full);
    char what[160];
    struct resolver_answer answer = ask(q, name, RESOLVER_TXT);
    if (answer.count) record = answer.records[0].text;
    if (answer.fate == RESOLVER_NO_ANSWER) unasked(q->c, id, why_dkim, name, answer.error);
    else if (!answer.count) publish_dkim(add(q->c, MAIL_MISSING, id, why_dkim, "%.*s has no record", STR_ARGS(name)), name, kind);
    else if (answer.count > 1)
        publish_dkim(add(q->c, MAIL_WRONG, id, why_dkim, "%.*s has %zu records: strike all but one", STR_ARGS(name), answer.count), name,
                     kind);
    else if (find_dkim_fault(record, kind, what, sizeof what))
        publish_dkim(add(q->c, MAIL_WRONG, id, why_dkim, "%.*s: %s: \"%.*s\"", STR_ARGS(name), what, STR_ARGS(shown(record))), name, kind);
    else add(q->c, MAIL_GOOD, id, why_dkim, "%.*s: \"%.*s\"", STR_ARGS(name), STR_ARGS(shown(record)));
}

static void check_selectors(struct asking *q) {
    const struct mail_setup *s = q->setup;
    if (s->rsa_selector.size) check_dkim(q, s->rsa_selector, DKIM_RSA);
    if (s->ed25519_selector.size) check_dkim(q, s->ed25519_selector, DKIM_ED25519);
    if (!s->rsa_selector.size && !s->ed25519_selector.size)
        advise(add(q->c, MAIL_UNASKED, "dkim", why_dkim, "no selector was named, and the DNS does not tell which there are"),
               "name them with --rsa-selector S and --ed25519-selector S; `hikeshi dkim keygen` makes keys");
}

/* ---- DMARC -------------------------------------------------------------------------------------------------------------------------- */

static bool is_dmarc(struct str record) {
    struct str value, rest, first = str_cut(record, ';', &rest);
    return str_equal(str_trim(str_cut(first, '=', &value)), STR("v")) && str_equal(str_trim(value), STR("DMARC1"));
}

/* How many policies a name has; the first of them is in *out. */
static size_t find_dmarc(const struct resolver_answer *answer, struct str *out) {
    size_t found = 0;
    for (size_t i = 0; i < answer->count; i++)
        if (is_dmarc(answer->records[i].text) && !found++) *out = answer->records[i].text;
    return found;
}

static void publish_dmarc(struct asking *q, struct mail_check *check) {
    struct str d = q->setup->domain;
    publish(check, "_dmarc.%.*s. IN TXT \"v=DMARC1; p=reject; rua=mailto:dmarc@%.*s; adkim=r; aspf=r\"", STR_ARGS(d), STR_ARGS(d));
}

/* Is `a` the domain `b`, or below it? */
static bool is_within(struct str a, struct str b) {
    if (!str_equal_ignoring_case(str_slice(a, a.size - (b.size < a.size ? b.size : a.size), a.size), b)) return false;
    return a.size == b.size || a.at[a.size - b.size - 1] == '.';
}

static bool are_related(struct str a, struct str b) {
    return is_within(a, b) || is_within(b, a);
}

/* The first domain among the addresses of rua that must agree to take reports (RFC 7489 section 7.1), and did not. */
static bool find_unwilling(struct asking *q, struct str rua, struct str policy_domain, struct str *out) {
    while (rua.size) {
        struct str domain, address = str_trim(str_cut(rua, ',', &rua));
        (void)str_cut(address, '@', &domain);
        domain = str_slice(domain, 0, str_find_char(domain, '!', 0));
        struct problem p;
        if (!domain.size || mail_name_check(domain, "", true, &p) || are_related(domain, policy_domain)) continue;
        char *memory = arena_take(q->step, policy_domain.size + 1);
        CHECK(memory);
        memcpy(memory, policy_domain.at, policy_domain.size);
        memory[policy_domain.size] = 0;
        struct resolver_answer answer = ask(q, join(q, memory, "_report._dmarc", domain), RESOLVER_TXT);
        struct str record;
        *out = domain;
        if (answer.fate != RESOLVER_NO_ANSWER && !find_dmarc(&answer, &record)) return true;
    }
    return false;
}

/* `policy`: p, or sp where the record is that of a domain above. */
static void judge_dmarc(struct asking *q, struct str record, struct str at, struct str policy) {
    struct str value, unwilling;
    const char *what = NULL;
    uint64_t percent = 100;
    bool rejects = str_equal_ignoring_case(policy, STR("reject")), quarantines = str_equal_ignoring_case(policy, STR("quarantine"));
    if (find_tag(record, "pct", &value) && !str_to_u64(value, &percent)) what = "pct is no number";
    else if (str_equal_ignoring_case(policy, STR("none"))) what = "the policy is none: forged mail is delivered";
    else if (!rejects && !quarantines) what = "it has no policy that can be read (p)";
    else if (percent < 100) what = "the policy is for a part of the mail only (pct)";
    else if (!find_tag(record, "rua", &value) || !value.size) what = "it names no address for reports (rua): nobody sees what fails";
    if (what) {
        publish_dmarc(q, add(q->c, MAIL_WRONG, "dmarc", why_dmarc, "%.*s: %s: \"%.*s\"", STR_ARGS(at), what, STR_ARGS(shown(record))));
        return;
    }
    struct mail_check *check = add(q->c, MAIL_GOOD, "dmarc", why_dmarc, "%.*s: \"%.*s\"", STR_ARGS(at), STR_ARGS(shown(record)));
    struct str domain = str_slice(at, sizeof "_dmarc." - 1, at.size);
    if (quarantines) {
        advise(check,
               "p=quarantine puts what is forged among the spam, where it is still read: after weeks of clean reports, publish p=reject");
        publish_dmarc(q, check);
    } else if (tag_is(record, "sp", "none")) {
        advise(check, "sp=none lets forgers write from any name below %.*s: strike it", STR_ARGS(domain));
    } else if (find_unwilling(q, value, domain, &unwilling)) {
        advise(check, "reports are not sent to %.*s unless it publishes: %.*s._report._dmarc.%.*s. IN TXT \"v=DMARC1\"",
               STR_ARGS(str_slice(unwilling, 0, 80)), STR_ARGS(str_slice(domain, 0, 80)), STR_ARGS(str_slice(unwilling, 0, 80)));
    }
}

/* The domain's own record, or that of the nearest domain above it that has two parts at least. */
static void check_dmarc(struct asking *q) {
    struct str domain = q->setup->domain, record = STR_NONE, policy = STR_NONE;
    for (bool own = true; str_find_char(domain, '.', 0) < domain.size; own = false, (void)str_cut(domain, '.', &domain)) {
        struct str name = join(q, "_dmarc", "", domain);
        struct resolver_answer answer = ask(q, name, RESOLVER_TXT);
        if (answer.fate == RESOLVER_NO_ANSWER) {
            unasked(q->c, "dmarc", why_dmarc, name, answer.error);
            return;
        }
        size_t count = find_dmarc(&answer, &record);
        if (count > 1) {
            publish_dmarc(q, add(q->c, MAIL_WRONG, "dmarc", why_dmarc, "%.*s has %zu policies, and receivers take none of several",
                                 STR_ARGS(name), count));
            return;
        }
        if (!count) continue;
        q->dmarc = record;
        (void)find_tag(record, "p", &policy);
        if (!own) (void)find_tag(record, "sp", &policy);
        judge_dmarc(q, record, name, policy);
        return;
    }
    publish_dmarc(q, add(q->c, MAIL_MISSING, "dmarc", why_dmarc, "_dmarc.%.*s has no DMARC policy, nor has a domain above",
                         STR_ARGS(q->setup->domain)));
}

/* ---- how they fit together ---------------------------------------------------------------------------------------------------------- */

/* How many parts of two domains are the same, from the right. */
static unsigned common_parts(struct str a, struct str b) {
    unsigned parts = 0;
    for (size_t i = 1; i <= a.size && i <= b.size; i++) {
        if (!str_equal_ignoring_case(str_slice(a, a.size - i, a.size - i + 1), str_slice(b, b.size - i, b.size - i + 1))) return parts;
        if ((i == a.size || a.at[a.size - i - 1] == '.') && (i == b.size || b.at[b.size - i - 1] == '.')) parts++;
    }
    return parts;
}

static void wrong_alignment(struct asking *q, const char *what) {
    struct str from = q->setup->domain, path = q->return_path;
    advise(add(q->c, MAIL_WRONG, "alignment", why_alignment,
               "From %.*s, return path %.*s: %s, so that SPF never counts and all stands on DKIM", STR_ARGS(from), STR_ARGS(path), what),
           "send with a return path below %.*s, like bounce.%.*s", STR_ARGS(from), STR_ARGS(from));
}

/* RFC 7489 section 3.1, without a list of public suffixes: whether two names below one are of one organisation is then not always known. */
static void check_alignment(struct asking *q) {
    struct str from = q->setup->domain, path = q->return_path;
    bool same = str_equal_ignoring_case(from, path), strict = tag_is(q->dmarc, "aspf", "s");
    const char *how = "compared by their ends, without the list of public suffixes";
    if (same)
        add(q->c, MAIL_GOOD, "alignment", why_alignment, "From, return path and d= of DKIM are %.*s: aligned, strictly too",
            STR_ARGS(from));
    else if (are_related(from, path) && strict) wrong_alignment(q, "not the same, and DMARC asks for that (aspf=s)");
    else if (are_related(from, path))
        add(q->c, MAIL_GOOD, "alignment", why_alignment,
            "From and d= %.*s, return path %.*s: one is below the other, so aligned (relaxed; %s)", STR_ARGS(from), STR_ARGS(path), how);
    else if (strict || common_parts(from, path) < 2) wrong_alignment(q, "not of one organisational domain");
    else
        advise(add(q->c, MAIL_UNASKED, "alignment", why_alignment,
                   "From %.*s, return path %.*s: aligned only if what their ends share is a domain of yours, and no public suffix like "
                   "co.uk (%s)",
                   STR_ARGS(from), STR_ARGS(path), how),
               "a return path below %.*s is aligned for sure", STR_ARGS(from));
}

static void check_wildcard(struct asking *q) {
    struct str key = join(q, NOBODY, "_domainkey", q->setup->domain), below = join(q, NOBODY, "", q->setup->domain);
    struct resolver_answer keys = ask(q, key, RESOLVER_TXT), texts = ask(q, below, RESOLVER_TXT);
    if (keys.fate == RESOLVER_NO_ANSWER || texts.fate == RESOLVER_NO_ANSWER)
        unasked(q->c, "wildcard", why_wildcard, key, keys.fate == RESOLVER_NO_ANSWER ? keys.error : texts.error);
    else if (keys.count)
        advise(add(q->c, MAIL_WRONG, "wildcard", why_wildcard, "%.*s, which nobody set up, has a record: \"%.*s\"", STR_ARGS(key),
                   STR_ARGS(shown(keys.records[0].text))),
               "strike the TXT record of *.%.*s or *._domainkey.%.*s", STR_ARGS(q->setup->domain), STR_ARGS(q->setup->domain));
    else if (texts.count && !str_equal_ignoring_case(texts.records[0].text, STR("v=spf1 -all")))
        advise(add(q->c, MAIL_GOOD, "wildcard", why_wildcard, "no selector is made up; any name below %.*s has \"%.*s\"",
                   STR_ARGS(q->setup->domain), STR_ARGS(shown(texts.records[0].text))),
               "is that meant? to forbid mail from names below, publish \"v=spf1 -all\" there");
    else add(q->c, MAIL_GOOD, "wildcard", why_wildcard, "no selector is made up by a wildcard of %.*s", STR_ARGS(q->setup->domain));
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

enum err mail_name_check(struct str name, const char *option, bool is_domain, struct problem *p) {
    bool good = name.size > 0 && name.size <= NAME_SIZE_MAX;
    unsigned dots = 0;
    size_t part = 0;
    for (size_t i = 0; i < name.size && good; i++) {
        char c = name.at[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (c == '.') dots++, good = part > 0, part = 0;
        else good = letter && ++part <= 63;
    }
    if (good && part && (dots || !is_domain)) return ERR_OK;
    return problem_set(p, ERR_INVALID, option, is_domain ? "write it like shop.example, in ASCII (xn--...)" : "write the selector alone",
                       "%s: '%.*s'", is_domain ? "no domain" : "no selector", STR_ARGS(str_slice(name, 0, 100)));
}

void checkup_mail(const struct mail_setup *s, const struct resolver *r, struct arena *step, struct mail_checkup *out) {
    struct asking q = {.setup = s, .resolver = r, .step = step, .c = out, .dmarc = STR_NONE};
    q.return_path = s->return_path_domain.size ? s->return_path_domain : s->domain;
    out->count = 0;
    check_mx(&q, "mx", why_mx, s->domain);
    check_mx(&q, "bounce_mx", why_bounce_mx, q.return_path);
    check_spf(&q);
    check_selectors(&q);
    check_dmarc(&q);
    check_alignment(&q);
    check_wildcard(&q);
}

bool checkup_mail_is_good(const struct mail_checkup *c) {
    for (unsigned i = 0; i < c->count; i++)
        if (c->checks[i].verdict != MAIL_GOOD) return false;
    return true;
}

const char *mail_verdict_word(enum mail_verdict verdict) {
    switch (verdict) {
    case MAIL_GOOD: return "good";
    case MAIL_WRONG: return "wrong";
    case MAIL_MISSING: return "missing";
    case MAIL_UNASKED: return "unasked";
    }
    return "unasked";
}

void checkup_mail_write_table(const struct mail_checkup *c, struct buf *out) {
    unsigned of[MAIL_UNASKED + 1] = {0};
    for (unsigned i = 0; i < c->count; i++) {
        const struct mail_check *check = &c->checks[i];
        of[check->verdict]++;
        buf_fmt(out, "%-8s %-13s %s\n", mail_verdict_word(check->verdict), check->name, check->found);
        buf_fmt(out, "%22s why: %s\n", "", check->why);
        if (check->advice[0]) buf_fmt(out, "%22s -> %s\n", "", check->advice);
        if (check->publish[0]) buf_fmt(out, "%22s publish: %s\n", "", check->publish);
    }
    buf_fmt(out, "%u good, %u wrong, %u missing, %u could not be asked\n", of[MAIL_GOOD], of[MAIL_WRONG], of[MAIL_MISSING],
            of[MAIL_UNASKED]);
}

void checkup_mail_write_json(const struct mail_checkup *c, struct buf *out) {
    buf_fmt(out, "{\"good\":%s,\"checks\":[", checkup_mail_is_good(c) ? "true" : "false");
    for (unsigned i = 0; i < c->count; i++) {
        const struct mail_check *check = &c->checks[i];
        buf_fmt(out, "%s{\"name\":\"%s\",\"verdict\":\"%s\",\"found\":", i ? "," : "", check->name, mail_verdict_word(check->verdict));
        buf_json(out, str_from(check->found));
        buf_text(out, STR(",\"why\":")), buf_json(out, str_from(check->why));
        if (check->advice[0]) buf_text(out, STR(",\"advice\":")), buf_json(out, str_from(check->advice));
        if (check->publish[0]) buf_text(out, STR(",\"publish\":")), buf_json(out, str_from(check->publish));
        buf_char(out, '}');
    }
    buf_text(out, STR("]}"));
}
