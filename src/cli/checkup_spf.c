// SPDX-License-Identifier: Apache-2.0
/*
 * Reads SPF policies. The records that include each other are walked without recursion: a level for each record under way, with the result
 * of each sender so far in it. What an inner record passes, matches in the outer one.
 */
#include "cli/checkup_spf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LEVELS_MAX  12 /* ten look-ups, the record itself, and one beyond */
#define COUNTED_MAX 40 /* look-ups that are followed, to tell how many there are; records may include each other in a circle */
#define HOSTS_MAX   10 /* of one mx mechanism, RFC 7208 section 4.6.4 */

struct level {
    struct str domain, rest, redirect;
    char qualifier; /* of the include that led here */
    char all;
    char results[SPF_ADDRESSES_MAX]; /* 0 = not yet decided */
};

struct reading {
    const struct resolver *resolver;
    const struct address *addresses;
    size_t count;
    struct arena *step;
    struct spf *spf;
    struct level levels[LEVELS_MAX];
    unsigned depth;
};

static void PRINTF_LIKE(3, 4) give_up(struct reading *s, enum spf_fate fate, const char *format, ...) {
    va_list args;
    if (s->spf->fate != SPF_READ) return;
    s->spf->fate = fate;
    va_start(args, format);
    (void)vsnprintf(s->spf->why, sizeof s->spf->why, format, args);
    va_end(args);
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------------- */

static bool ask(struct reading *s, struct str name, enum resolver_type type, struct resolver_answer *out) {
    s->resolver->ops->ask(s->resolver->self, name, type, s->step, out);
    if (out->fate != RESOLVER_NO_ANSWER) return true;
    give_up(s, SPF_UNASKED, "%.*s: %s", STR_ARGS(str_slice(name, 0, 100)), out->error);
    return false;
}

/* One more of the look-ups that are bounded. */
static bool count_lookup(struct reading *s) {
    if (++s->spf->lookups < COUNTED_MAX) return true;
    give_up(s, SPF_BROKEN, "it takes %d look-ups or more; do records include each other in a circle?", COUNTED_MAX);
    return false;
}

/* The one policy among a name's texts; the number of them is returned. */
static size_t find_policy(const struct resolver_answer *answer, struct str *out) {
    size_t found = 0;
    for (size_t i = 0; i < answer->count; i++) {
        struct str text = answer->records[i].text, start = STR("v=spf1");
        if (!str_equal_ignoring_case(str_slice(text, 0, start.size), start)) continue;
        if (text.size > start.size && text.at[start.size] != ' ') continue;
        if (!found++) *out = text;
    }
    return found;
}

/* ---- matching ----------------------------------------------------------------------------------------------------------------------- */

static void decide(struct reading *s, size_t i, char qualifier) {
    struct level *l = &s->levels[s->depth - 1];
    if (!l->results[i]) l->results[i] = qualifier;
}

struct prefixes {
    unsigned v4, v6;
};

static void match_network(struct reading *s, const struct address *network, struct prefixes bits, char qualifier) {
    for (size_t i = 0; i < s->count; i++) {
        const struct address *a = &s->addresses[i];
        if (a->family != network->family) continue;
        unsigned size = a->family == ADDRESS_V4 ? bits.v4 : bits.v6;
        struct address mine = address_prefix(a, size), theirs = address_prefix(network, size);
        if (address_equal(&mine, &theirs)) decide(s, i, qualifier);
    }
}

/* Matches a host's addresses; true where it has some. */
static bool match_host(struct reading *s, struct str host, struct prefixes bits, char qualifier) {
    bool asks_v6 = false, asks_v4 = !s->count, found = false;
    for (size_t i = 0; i < s->count; i++) {
        if (s->addresses[i].family == ADDRESS_V4) asks_v4 = true;
        else asks_v6 = true;
    }
    for (int turn = 0; turn < 2; turn++) {
        struct resolver_answer answer;
        if (turn ? !asks_v6 : !asks_v4) continue;
        if (!ask(s, host, turn ? RESOLVER_AAAA : RESOLVER_A, &answer)) return true;
        found = found || answer.count;
        for (size_t i = 0; i < answer.count; i++) match_network(s, &answer.records[i].address, bits, qualifier);
    }
    return found;
}

static bool match_mail_hosts(struct reading *s, struct str domain, struct prefixes bits, char qualifier) {
    struct resolver_answer answer;
    if (!ask(s, domain, RESOLVER_MX, &answer)) return true;
    if (answer.count > HOSTS_MAX) give_up(s, SPF_BROKEN, "mx of %.*s has more than %d hosts", STR_ARGS(domain), HOSTS_MAX);
    for (size_t i = 0; i < answer.count && i < HOSTS_MAX; i++)
        if (answer.records[i].text.size) (void)match_host(s, answer.records[i].text, bits, qualifier);
    return answer.count > 0;
}

/* ---- terms -------------------------------------------------------------------------------------------------------------------------- */

struct term {
    struct str whole, name, value; /* value: the domain or address, without what stands behind the slash */
    struct str slashes;            /* "/24", "//64", "/24//64" or empty */
    char qualifier;
    bool is_modifier, has_value;
};

static struct term cut_term(struct str text) {
    struct term t = {.whole = text, .qualifier = '+'};
    if (text.size && strchr("+-~?", text.at[0])) t.qualifier = text.at[0], text = str_slice(text, 1, text.size);
    size_t end = 0;
    while (end < text.size && !strchr(":/=", text.at[end])) end++;
    t.name = str_slice(text, 0, end);
    t.is_modifier = end < text.size && text.at[end] == '=';
    t.has_value = end < text.size && text.at[end] != '/';
    struct str rest = str_slice(text, t.has_value ? end + 1 : end, text.size);
    size_t slash = t.is_modifier ? rest.size : str_find_char(rest, '/', 0);
    t.value = str_slice(rest, 0, slash);
    t.slashes = str_slice(rest, slash, rest.size);
    return t;
}

static bool read_bits(struct str text, unsigned max, unsigned *out) {
    uint64_t number;
    if (text.size > 3 || !str_to_u64(text, &number) || number > max) return false;
    *out = (unsigned)number;
    return true;
}

/* "/24", "//64" or both (RFC 7208 section 5.6 writes them so for a and mx). */
static bool read_slashes(struct str s, struct prefixes *out) {
    *out = (struct prefixes){32, 128};
    size_t twice = str_find(s, STR("//"), 0);
    struct str v4 = str_slice(s, 0, twice), v6 = str_slice(s, twice, s.size);
    if (v4.size && !read_bits(str_slice(v4, 1, v4.size), 32, &out->v4)) return false;
    return !v6.size || read_bits(str_slice(v6, 2, v6.size), 128, &out->v6);
}

static void take_network(struct reading *s, const struct term *t, enum address_family family) {
    struct address network;
    unsigned max = family == ADDRESS_V4 ? 32 : 128, bits = max;
    bool good = address_parse(t->value, &network) && network.family == family;
    if (good && t->slashes.size) good = read_bits(str_slice(t->slashes, 1, t->slashes.size), max, &bits);
    if (good) match_network(s, &network, (struct prefixes){bits, bits}, t->qualifier);
    else give_up(s, SPF_BROKEN, "'%.*s' is no address or network", STR_ARGS(str_slice(t->whole, 0, 80)));
}

/* Reads the record of `domain` into a new level, or into the one that redirects to it. */
static void enter(struct reading *s, struct str domain, struct level *l) {
    struct resolver_answer answer;
    if (!ask(s, domain, RESOLVER_TXT, &answer)) return;
    struct str record = STR_NONE;
    size_t count = find_policy(&answer, &record);
    if (s->spf->lookups && !answer.count) s->spf->voids++;
    if (!s->spf->lookups) s->spf->record = record;
    if (count == 0) give_up(s, s->spf->lookups ? SPF_BROKEN : SPF_NONE, "%.*s has no SPF record", STR_ARGS(str_slice(domain, 0, 120)));
    if (count > 1)
        give_up(s, s->spf->lookups ? SPF_BROKEN : SPF_SEVERAL, "%.*s has %zu SPF records", STR_ARGS(str_slice(domain, 0, 120)), count);
    l->domain = domain;
    l->rest = str_slice(record, 6, record.size);
    l->redirect = STR_NONE;
}

static void take_include(struct reading *s, const struct term *t) {
    if (s->depth == LEVELS_MAX) {
        give_up(s, SPF_BROKEN, "records include each other %d deep", LEVELS_MAX);
        return;
    }
    struct level *l = &s->levels[s->depth++];
    *l = (struct level){.qualifier = t->qualifier};
    enter(s, t->value, l);
}

/* a, mx, include, exists, ptr: each is a look-up. */
static void take_lookup(struct reading *s, const struct term *t) {
    struct str name = t->name, domain = t->has_value ? t->value : s->levels[s->depth - 1].domain;
    struct prefixes bits;
    bool is_include = str_equal_ignoring_case(name, STR("include")), is_exists = str_equal_ignoring_case(name, STR("exists"));
    if (!read_slashes(t->slashes, &bits) || !domain.size || ((is_include || is_exists) && (!t->has_value || t->slashes.size))) {
        give_up(s, SPF_BROKEN, "'%.*s' cannot be read", STR_ARGS(str_slice(t->whole, 0, 80)));
        return;
    }
    if (!count_lookup(s)) return;
    bool found = true;
    struct resolver_answer answer;
    if (str_find_char(domain, '%', 0) < domain.size) s->spf->has_macro = true;
    else if (str_equal_ignoring_case(name, STR("ptr"))) s->spf->has_ptr = true;
    else if (is_include) take_include(s, t);
    else if (str_equal_ignoring_case(name, STR("a"))) found = match_host(s, domain, bits, t->qualifier);
    else if (str_equal_ignoring_case(name, STR("mx"))) found = match_mail_hosts(s, domain, bits, t->qualifier);
    else if (ask(s, domain, RESOLVER_A, &answer)) {
        found = answer.count > 0;
        for (size_t i = 0; found && i < s->count; i++) decide(s, i, t->qualifier);
    }
    if (!found) s->spf->voids++;
}

static void take_all(struct reading *s, char qualifier) {
    struct level *l = &s->levels[s->depth - 1];
    for (size_t i = 0; i < s->count; i++) decide(s, i, qualifier);
    l->all = qualifier;
    l->rest = l->redirect = STR_NONE; /* what stands behind it is ignored, RFC 7208 section 5.1 */
}

static void take_term(struct reading *s, struct str text) {
    static const char *const lookups[] = {"a", "mx", "include", "exists", "ptr"};
    struct term t = cut_term(text);
    if (t.is_modifier) { /* others than redirect are ignored, RFC 7208 section 6 */
        if (str_equal_ignoring_case(t.name, STR("redirect"))) s->levels[s->depth - 1].redirect = t.value;
        return;
    }
    for (size_t i = 0; i < sizeof lookups / sizeof lookups[0]; i++) {
        if (!str_equal_ignoring_case(t.name, str_from(lookups[i]))) continue;
        take_lookup(s, &t);
        return;
    }
    if (str_equal_ignoring_case(t.name, STR("all")) && !t.has_value) take_all(s, t.qualifier);
    else if (str_equal_ignoring_case(t.name, STR("ip4"))) take_network(s, &t, ADDRESS_V4);
    else if (str_equal_ignoring_case(t.name, STR("ip6"))) take_network(s, &t, ADDRESS_V6);
    else give_up(s, SPF_BROKEN, "'%.*s' is no mechanism", STR_ARGS(str_slice(text, 0, 80)));
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

/* The record of the innermost level has been read: on to where it redirects, or back with what it says. */
static void leave(struct reading *s) {
    struct level *l = &s->levels[s->depth - 1], *outer = s->depth > 1 ? l - 1 : NULL;
    struct str redirect = l->redirect;
    if (redirect.size) {
        if (!count_lookup(s)) return;
        if (str_find_char(redirect, '%', 0) == redirect.size) {
            enter(s, redirect, l);
            return;
        }
        s->spf->has_macro = true;
    }
    for (size_t i = 0; i < s->count; i++) {
        if (!outer) s->spf->results[i] = l->results[i] ? l->results[i] : '?';
        else if (l->results[i] == '+' && !outer->results[i]) outer->results[i] = l->qualifier;
    }
    if (!outer) s->spf->all = l->all;
    s->depth--;
}

void spf_read(const struct resolver *r, struct str domain, const struct address *addresses, size_t count, struct arena *step,
              struct spf *out) {
    struct reading s = {.resolver = r, .addresses = addresses, .count = count, .step = step, .spf = out, .depth = 1};
    *out = (struct spf){.fate = SPF_READ, .record = STR_NONE};
    enter(&s, domain, &s.levels[0]);
    while (s.depth && out->fate == SPF_READ) {
        struct level *l = &s.levels[s.depth - 1];
        struct str term = str_cut(l->rest, ' ', &l->rest);
        if (term.size) take_term(&s, term);
        else if (!l->rest.size) leave(&s);
    }
}
