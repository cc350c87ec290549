// SPDX-License-Identifier: Apache-2.0
/* Tells how the hijacker got in, over which ways, and what he could see. */
#include "base/json.h"
#include "event/event.h"
#include "notify/report_writing.h"

/* ---- how he got in ------------------------------------------------------------------------------------------------------------------ */

typedef bool test(const struct incident_event_row *r);

static const struct incident_event_row *first_of_his(const struct report_source *s, test *is) {
    const struct incident_event_row *first = NULL;
    for (size_t i = 0; i < s->event_count; i++) {
        const struct incident_event_row *r = &s->events[i];
        if (r->whose == WHOSE_HIJACKER && is(r) && (!first || r->time_ms < first->time_ms)) first = r;
    }
    return first;
}

static bool is_login(const struct incident_event_row *r) {
    return str_equal(r->kind, STR("login")) && !str_equal(r->detail, STR("failure"));
}

/* Something that only somebody inside of the account can do. */
static bool is_inside(const struct incident_event_row *r) {
    enum kind kind = kind_from(r->kind);
    enum kind_group group = kind_group(kind);
    if (kind == KIND_PASSWORD_RESET_REQUESTED || kind == KIND_LOGIN || kind == KIND_CHALLENGE) return false;
    return group == GROUP_ACCESS || group == GROUP_CREDENTIAL || group == GROUP_VALUE;
}

static bool is_reset(const struct incident_event_row *r) {
    return str_equal(r->kind, STR("password_reset_requested")) || str_equal(r->kind, STR("password_changed"));
}

static enum phrase way_of_login(const struct incident_event_row *login) {
    struct str method = writing_fact(login, STR("method"));
    switch (method_from(method)) {
    case METHOD_PASSWORD: return PHRASE_report_in_password;
    case METHOD_RESET_LINK: return PHRASE_report_in_reset;
    case METHOD_PASSKEY:
    case METHOD_OTP:
    case METHOD_SOCIAL: return PHRASE_report_in_factor;
    case METHOD_COOKIE: return PHRASE_report_in_session;
    case METHOD_NONE:
    case METHOD_OTHER: break;
    }
    return PHRASE_report_in_unknown;
}

static void write_way_in(struct writing *w) {
    const struct incident_event_row *login = first_of_his(w->source, is_login), *reset = first_of_his(w->source, is_reset),
                                    *inside = first_of_his(w->source, is_inside), *at = login ? login : inside;
    char memory[64];
    struct buf when = buf_over(memory, sizeof memory);
    enum phrase p = PHRASE_report_in_unknown;
    if (reset && login && reset->time_ms <= login->time_ms) p = PHRASE_report_in_reset;
    else if (login && (!inside || login->time_ms <= inside->time_ms)) p = way_of_login(login);
    else if (inside) p = PHRASE_report_in_session, at = inside;
    writing_date(w, at ? at->time_ms : w->source->rows.incident->window_from_ms, &when);
    writing_paragraph(w, p, (struct filling[]){{"when", buf_str(&when)}}, 1);
}

/* ---- over which ways ---------------------------------------------------------------------------------------------------------------- */

struct known_word {
    const char *mark, *name;
};

/* The first that it has, in this order: every browser claims to be some of the others too. */
static struct str name_in(struct str agent, const struct known_word *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_find(agent, str_from(words[i].mark), 0) < agent.size) return str_from(words[i].name);
    return STR_NONE;
}

/* "Firefox on Windows", or what it called itself. */
static void write_program(struct writing *w, struct str agent, struct buf *out) {
    static const struct known_word programs[] = {{"Edg/", "Edge"},
                                                 {"OPR/", "Opera"},
                                                 {"SamsungBrowser/", "Samsung Internet"},
                                                 {"Firefox/", "Firefox"},
                                                 {"FxiOS/", "Firefox"},
                                                 {"CriOS/", "Chrome"},
                                                 {"Chrome/", "Chrome"},
                                                 {"Safari/", "Safari"},
                                                 {"curl/", "curl"},
                                                 {"python-requests", "Python"},
                                                 {"Go-http-client", "Go"}};
    static const struct known_word systems[] = {{"iPhone", "iPhone"},   {"iPad", "iPad"},       {"Android", "Android"},
                                                {"Windows", "Windows"}, {"Macintosh", "macOS"}, {"Linux", "Linux"}};
    struct str program = name_in(agent, programs, sizeof programs / sizeof programs[0]),
               system = name_in(agent, systems, sizeof systems / sizeof systems[0]);
    struct filling parts[] = {{"program", program}, {"system", system}};
    if (program.size && system.size) phrase_fill(writing_phrase(w, PHRASE_report_program_on), parts, 2, out);
    else if (program.size) buf_text(out, program);
    else writing_strange(str_head(agent, 120), out);
}

static void write_pair(struct writing *w, enum phrase name, size_t mark) {
    struct str value = writing_since(w, mark);
    if (!value.size) return;
    writing_cell(w, writing_phrase(w, name), false);
    writing_cell(w, value, false);
    writing_row(w);
}

static void write_network(struct writing *w, struct json network) {
    struct json asn = json_get(network, STR("asn"));
    struct str prefix = json_text(json_get(network, STR("prefix")));
    size_t mark = w->text.size;
    writing_strange(prefix, &w->text);
    if (asn.type == JSON_NUMBER) buf_fmt(&w->text, "%sAS%.*s", prefix.size ? ", " : "", STR_ARGS(asn.text));
    write_pair(w, PHRASE_report_network, mark);
    writing_strange(json_text(json_get(network, STR("country"))), &w->text);
    write_pair(w, PHRASE_report_country, 0);
    int kind = words_find("report_net_", json_text(json_get(network, STR("net"))), "");
    if (kind >= 0) buf_text(&w->text, writing_phrase(w, (enum phrase)kind));
    write_pair(w, PHRASE_report_network_kind, 0);
}

void report_ways(struct writing *w, enum phrase caption) {
    struct str path = w->source->rows.incident->path;
    struct json root;
    struct problem unsaid;
    struct json_member m;
    if (!path.size || json_parse(path, path.size, w->arena, &root, &unsaid)) return;
    document_table(w->document, writing_phrase(w, caption), NULL, 0);
    struct json_walk networks = json_walk(json_get(root, STR("networks"))), clients = json_walk(json_get(root, STR("clients")));
    while (json_next(&networks, &m)) write_network(w, m.value);
    while (json_next(&clients, &m)) {
        write_program(w, json_text(m.value), &w->text);
        write_pair(w, PHRASE_report_program, 0);
    }
}

/* ---- what he could see -------------------------------------------------------------------------------------------------------------- */

static void write_seen(struct writing *w) {
    writing_heading(w, PHRASE_report_data);
    writing_paragraph(w, PHRASE_report_data_seen, NULL, 0);
    for (size_t i = 0; i < w->source->rows.effect_count; i++) {
        const struct effect_row *e = &w->source->rows.effects[i];
        if (!str_equal(e->kind, STR("disclosure"))) continue;
        char date_memory[64], scope_memory[600];
        struct buf date = buf_over(date_memory, sizeof date_memory), scope = buf_over(scope_memory, sizeof scope_memory);
        struct str id, type = str_cut(e->object, ':', &id);
        writing_date(w, e->found_ms, &date);
        writing_strange(id.size ? id : type, &scope);
        writing_item(w, PHRASE_report_data_export, (struct filling[]){{"date", buf_str(&date)}, {"scope", buf_str(&scope)}}, 2);
    }
}

/* How somebody got in who was the owner, or may have been, is no matter of ours. */
void report_access(struct writing *w) {
    bool his = writing_doing(w) == DOING_HIS;
    writing_heading(w, his ? PHRASE_report_access : PHRASE_report_way);
    if (his) write_way_in(w);
    report_ways(w, PHRASE_report_access_caption);
    if (his) write_seen(w);
}
