// SPDX-License-Identifier: Apache-2.0
/* Asks the DNS through the C library's resolver (resolver(3)). */
#include "sys/resolver.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#define WAIT_S        2
#define TRIES         2
#define PORT          53
#define NAME_SIZE_MAX 255 /* RFC 1035 section 2.3.4 */

struct system_resolver {
    struct __res_state state;
    unsigned char answer[NS_MAXMSG];
};

/* ---- reading an answer -------------------------------------------------------------------------------------------------------------- */

/* TXT is one or more strings, each after its length; what they mean is told of them joined (RFC 7208 section 3.3, 6376 section 3.6.2.2). */
static bool read_text(const unsigned char *at, size_t size, struct arena *step, struct str *out) {
    char *memory = arena_take(step, size);
    size_t joined = 0;
    if (!memory) return false;
    for (size_t i = 0, length; i < size; i += length) {
        length = at[i++];
        if (length > size - i) return false;
        memcpy(memory + joined, at + i, length);
        joined += length;
    }
    arena_keep(step, memory, joined);
    *out = (struct str){memory, joined};
    return true;
}

static bool read_host(const ns_msg *m, const unsigned char *at, struct arena *step, struct str *out) {
    char name[NS_MAXDNAME];
    bool full = false;
    if (dn_expand(ns_msg_base(*m), ns_msg_end(*m), at, name, sizeof name) < 0) return false;
    *out = arena_copy(step, str_from(name), &full);
    return !full;
}

static bool read_record(const ns_msg *m, const ns_rr *rr, enum resolver_type type, struct arena *step, struct resolver_record *out) {
    const unsigned char *at = ns_rr_rdata(*rr);
    size_t size = ns_rr_rdlen(*rr);
    *out = (struct resolver_record){.text = STR_NONE};
    switch (type) {
    case RESOLVER_A:
    case RESOLVER_AAAA:
        out->address.family = type == RESOLVER_A ? ADDRESS_V4 : ADDRESS_V6;
        if (size != address_size(&out->address)) return false;
        memcpy(out->address.bytes, at, size);
        return true;
    case RESOLVER_MX:
        if (size < 3) return false;
        out->preference = (uint16_t)(at[0] << 8 | at[1]);
        return read_host(m, at + 2, step, &out->text);
    case RESOLVER_TXT: return read_text(at, size, step, &out->text);
    }
    return false;
}

/* NULL, or what is wrong with the answer. */
static const char *read_answer(const unsigned char *bytes, int size, enum resolver_type type, struct arena *step,
                               struct resolver_answer *out) {
    ns_msg m;
    ns_rr rr;
    if (ns_initparse(bytes, size, &m) < 0) return "the answer cannot be read";
    out->records = arena_take(step, RESOLVER_RECORDS_MAX * sizeof *out->records);
    if (!out->records) return "no memory for the answer";
    for (int i = 0; i < ns_msg_count(m, ns_s_an); i++) {
        if (ns_parserr(&m, ns_s_an, i, &rr) < 0) return "the answer cannot be read";
        if ((int)ns_rr_type(rr) != (int)type || ns_rr_class(rr) != ns_c_in) continue; /* the alias that led here */
        if (out->count == RESOLVER_RECORDS_MAX) return "the answer has too many records";
        if (!read_record(&m, &rr, type, step, &out->records[out->count++])) return "the answer cannot be read";
    }
    out->fate = out->count ? RESOLVER_FOUND : RESOLVER_NO_DATA;
    return NULL;
}

/* ---- asking ------------------------------------------------------------------------------------------------------------------------- */

static const char *ask_for(struct system_resolver *r, struct str name, enum resolver_type type, struct arena *step,
                           struct resolver_answer *out) {
    char text[NAME_SIZE_MAX + 1];
    if (!name.size || name.size >= sizeof text || memchr(name.at, 0, name.size)) return "this is no name";
    memcpy(text, name.at, name.size);
    text[name.size] = 0;
    int size = res_nquery(&r->state, text, ns_c_in, (int)type, r->answer, sizeof r->answer);
    if (size > (int)sizeof r->answer) return "the answer is too long";
    if (size >= 0) return read_answer(r->answer, size, type, step, out);
    out->fate = r->state.res_h_errno == HOST_NOT_FOUND ? RESOLVER_NO_NAME : RESOLVER_NO_DATA;
    if (r->state.res_h_errno == HOST_NOT_FOUND || r->state.res_h_errno == NO_DATA) return NULL;
    return r->state.res_h_errno == TRY_AGAIN ? "no answer in time, or the server failed" : "the server refused";
}

static void ask(void *self, struct str name, enum resolver_type type, struct arena *step, struct resolver_answer *out) {
    *out = (struct resolver_answer){.error = ""};
    const char *error = ask_for(self, name, type, step, out);
    if (error) *out = (struct resolver_answer){.fate = RESOLVER_NO_ANSWER, .error = error};
}

static const struct resolver_ops resolver_ops = {.ask = ask};

static bool use_nameserver(struct __res_state *state, struct str nameserver) {
    struct address address;
    struct str port_text, host = str_cut(nameserver, ':', &port_text);
    uint64_t port = PORT;
    bool has_port = host.size < nameserver.size;
    if (has_port && (!str_to_u64(port_text, &port) || !port || port > UINT16_MAX)) return false;
    if (!address_parse(host, &address) || address.family != ADDRESS_V4) return false;
    struct sockaddr_in *to = &state->nsaddr_list[0];
    *to = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    memcpy(&to->sin_addr, address.bytes, 4);
    state->nscount = 1;
    return true;
}

enum err resolver_open(struct str nameserver, struct resolver *out, struct problem *p) {
    struct system_resolver *r = calloc(1, sizeof *r);
    if (!r) return problem_set(p, ERR_FULL, "memory", "", "no memory for the resolver");
    *out = (struct resolver){&resolver_ops, r};
    if (res_ninit(&r->state) != 0) {
        free(r);
        return problem_set(p, ERR_IO, "/etc/resolv.conf", "name a server with --nameserver IP", "cannot set up the resolver");
    }
    r->state.retrans = WAIT_S;
    r->state.retry = TRIES;
    if (!nameserver.size || use_nameserver(&r->state, nameserver)) return ERR_OK;
    resolver_close(out);
    return problem_set(p, ERR_INVALID, "", "write IP or IP:PORT, of IPv4", "no name server: '%.*s'", STR_ARGS(nameserver));
}

void resolver_close(struct resolver *r) {
    struct system_resolver *s = r->self;
    res_nclose(&s->state);
    free(s);
    *r = (struct resolver){NULL, NULL};
}
