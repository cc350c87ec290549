// SPDX-License-Identifier: Apache-2.0
/* Reads counterparts.toml. */
#include "courier/counterpart.h"

#include <string.h>

#include "base/toml.h"

#define CONCURRENCY_DEFAULT 16
#define CONCURRENCY_MAX     256
#define TIMEOUT_MS_DEFAULT  5000
#define TIMEOUT_MS_MAIL     30000 /* a conversation of eight answers with a server that may wait before each (RFC 5321 4.5.3.2) */
#define TIMEOUT_MS_MAX      60000

bool counterpart_system_is_known(struct str name) {
#define OPERATION(system, verb, how, sentence)                                                                                             \
    if (str_equal(name, STR(#system))) return true;
#include "respond/operations.def"
#undef OPERATION
#define CHANNEL(channel, whose, sentence)                                                                                                  \
    if (str_equal(name, STR(#channel))) return true;
#include "port/channels.def"
#undef CHANNEL
    return str_equal(name, STR("directory"));
}

struct reading {
    const struct toml *toml;
    struct counterparts *out;
    struct counterpart_files *files;
    struct problem *problem;
};

/* The counterpart that the table names; a new one where it is the first line of it. */
static struct counterpart *counterpart_of(struct reading *r, const struct toml_entry *e, size_t *index) {
    struct str name = str_slice(e->path, 0, e->table_size);
    for (*index = 0; *index < r->out->count; (*index)++)
        if (str_equal(r->out->list[*index].name, name)) return &r->out->list[*index];
    if (r->out->count == COUNTERPART_COUNT_MAX) return NULL;
    struct counterpart *c = &r->out->list[r->out->count++];
    *c = (struct counterpart){.name = name, .adapter = "http", .concurrency = CONCURRENCY_DEFAULT};
    return c;
}

static enum err wrong(const struct reading *r, const struct toml_entry *e, const char *what) {
    return toml_problem(r->problem, r->toml, e->value.at, "see docs/reference/counterparts.md", "%.*s %s", STR_ARGS(e->path), what);
}

static enum err read_systems(struct reading *r, const struct toml_entry *e, struct counterpart *c) {
    if (e->value.type != TOML_ARRAY || !e->value.item_count || e->value.item_count > SYSTEM_COUNT_MAX)
        return wrong(r, e, "is no list of systems");
    for (size_t i = 0; i < e->value.item_count; i++) {
        struct str system = e->value.items[i].text;
        if (e->value.items[i].type != TOML_TEXT || !counterpart_system_is_known(system))
            return wrong(r, e, "names a system that there is not");
        if (counterparts_of_system(r->out, system)) return wrong(r, e, "names a system that another counterpart answers for");
        c->systems[c->system_count++] = system;
    }
    return ERR_OK;
}

static enum err read_number(struct reading *r, const struct toml_entry *e, int64_t max, int64_t *out) {
    if (e->value.type != TOML_NUMBER || e->value.number < 1 || e->value.number > max) return wrong(r, e, "is out of bounds");
    *out = e->value.number;
    return ERR_OK;
}

static enum err read_adapter(struct reading *r, const struct toml_entry *e, struct counterpart *c) {
#define ADAPTER(name)                                                                                                                      \
    if (e->value.type == TOML_TEXT && str_equal(e->value.text, STR(#name))) return c->adapter = #name, ERR_OK;
#include "courier/adapters.def"
#undef ADAPTER
    return wrong(r, e, "is no adapter");
}

static enum err read_url(struct reading *r, const struct toml_entry *e, struct counterpart *c) {
    struct str url = e->value.text;
    bool good = str_starts(url, STR("https://")) || str_starts(url, STR("http://")) || str_starts(url, STR("smtp://")) ||
                str_starts(url, STR("smtps://"));
    if (!good || e->value.type != TOML_TEXT) return wrong(r, e, "is no address of http, https, smtp or smtps");
    while (str_ends(url, STR("/"))) url.size--;
    c->url = url;
    return ERR_OK;
}

static enum err read_text(struct reading *r, const struct toml_entry *e, struct str *out) {
    if (e->value.type != TOML_TEXT || !e->value.text.size) return wrong(r, e, "is no text");
    *out = e->value.text;
    return ERR_OK;
}

static enum err read_tls(struct reading *r, const struct toml_entry *e, enum wire_tls *out) {
    static const char *const words[] = {[WIRE_TLS_REQUIRED] = "required", [WIRE_TLS_OFFERED] = "offered", [WIRE_TLS_NEVER] = "never"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (e->value.type == TOML_TEXT && str_equal(e->value.text, str_from(words[i]))) return *out = (enum wire_tls)i, ERR_OK;
    return wrong(r, e, "is required, offered or never");
}

static enum err read_contacts(struct reading *r, const struct toml_entry *e, struct counterpart *c) {
    bool own = str_equal(e->value.text, STR("own")), directory = str_equal(e->value.text, STR("directory"));
    if (e->value.type != TOML_TEXT || (!own && !directory)) return wrong(r, e, "is own or directory");
    c->finds_contacts = own;
    return ERR_OK;
}

/* What only a counterpart with adapter "smtp" has. ERR_NOT_FOUND: no such key. */
static enum err read_mail(struct reading *r, const struct toml_entry *e, struct str key, size_t index) {
    struct counterpart *c = &r->out->list[index];
    struct counterpart_files *f = &r->files[index];
    const struct {
        const char *name;
        struct str *out;
    } texts[] = {{"from_name", &c->mail.from_name},
                 {"from_address", &c->mail.from_address},
                 {"bounce_domain", &c->mail.bounce_domain},
                 {"login_file", &f->login},
                 {"dkim_domain", &f->dkim_domain},
                 {"dkim_rsa_selector", &f->dkim_selectors[DKIM_RSA]},
                 {"dkim_rsa_key_file", &f->dkim_keys[DKIM_RSA]},
                 {"dkim_ed25519_selector", &f->dkim_selectors[DKIM_ED25519]},
                 {"dkim_ed25519_key_file", &f->dkim_keys[DKIM_ED25519]}};
    if (str_equal(key, STR("tls"))) return read_tls(r, e, &c->mail.tls);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (str_equal(key, str_from(texts[i].name))) return read_text(r, e, texts[i].out);
    return ERR_NOT_FOUND;
}

static enum err read_entry(struct reading *r, const struct toml_entry *e) {
    size_t index;
    struct counterpart *c = e->table_size ? counterpart_of(r, e, &index) : NULL;
    if (!c) return wrong(r, e, e->table_size ? "is one counterpart too many" : "stands in no counterpart's table");
    struct str key = str_slice(e->path, e->table_size + 1, e->path.size);
    int64_t number = 0;
    if (str_equal(key, STR("url"))) return read_url(r, e, c);
    if (str_equal(key, STR("systems"))) return read_systems(r, e, c);
    if (str_equal(key, STR("adapter"))) return read_adapter(r, e, c);
    if (str_equal(key, STR("timeout_ms"))) return read_number(r, e, TIMEOUT_MS_MAX, &c->timeout_ms);
    if (str_equal(key, STR("secret_file"))) return read_text(r, e, &r->files[index].secret);
    if (str_equal(key, STR("ca_file"))) return read_text(r, e, &c->ca_file);
    if (str_equal(key, STR("contacts"))) return read_contacts(r, e, c);
    enum err err = read_mail(r, e, key, index);
    if (err != ERR_NOT_FOUND) return err;
    if (!str_equal(key, STR("concurrency"))) return wrong(r, e, "is not known");
    err = read_number(r, e, CONCURRENCY_MAX, &number);
    if (!err) c->concurrency = (uint32_t)number;
    return err;
}

static bool speaks(const struct counterpart *c, const char *scheme) {
    return str_starts(c->url, str_from(scheme));
}

/* NULL, or what is missing. */
static const char *missing_of(const struct counterpart *c, const struct counterpart_files *f) {
    bool is_mail = str_equal(str_from(c->adapter), STR("smtp"));
    if (!c->url.size || !c->system_count) return "give it an url and systems";
    if (is_mail != (speaks(c, "smtp://") || speaks(c, "smtps://"))) return "adapter smtp has an url smtp://host:port, the others http";
    if (!is_mail) return f->secret.size ? NULL : "give it a secret_file";
    if (!c->mail.from_address.size || !c->mail.bounce_domain.size) return "give it from_address and bounce_domain";
    if (c->finds_contacts) return "a mail server knows no contacts: leave contacts out, and name a directory";
    for (size_t i = 0; i < DKIM_ALGORITHM_COUNT; i++)
        if (!f->dkim_keys[i].size != !f->dkim_selectors[i].size) return "give each dkim key file its selector";
    return NULL;
}

enum err counterparts_read(struct source source, struct arena *memory, struct counterparts *out, struct counterpart_files *files,
                           struct problem *p) {
    struct toml toml;
    *out = (struct counterparts){0};
    enum err err = toml_read(source, memory, &toml, p);
    struct reading r = {&toml, out, files, p};
    memset(files, 0, COUNTERPART_COUNT_MAX * sizeof *files);
    for (size_t i = 0; !err && i < toml.count; i++) err = read_entry(&r, &toml.entries[i]);
    for (size_t i = 0; !err && i < out->count; i++) {
        struct counterpart *c = &out->list[i];
        const char *missing = missing_of(c, &files[i]);
        if (!c->timeout_ms) c->timeout_ms = str_equal(str_from(c->adapter), STR("smtp")) ? TIMEOUT_MS_MAIL : TIMEOUT_MS_DEFAULT;
        if (missing) err = toml_problem(p, &toml, 0, missing, "counterpart %.*s is incomplete", STR_ARGS(c->name));
    }
    return err;
}

const struct counterpart *counterparts_of_system(const struct counterparts *c, struct str system) {
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->list[i].system_count; k++)
            if (str_equal(c->list[i].systems[k], system)) return &c->list[i];
    return NULL;
}

struct promise counterpart_promise(const struct counterpart *c, struct str system) {
    for (size_t i = 0; i < c->system_count; i++)
        if (str_equal(c->systems[i], system)) return c->promises[i];
    return (struct promise){.idempotency = IDEMPOTENCY_NONE};
}

const struct counterpart *counterparts_find(const struct counterparts *c, struct str name) {
    for (size_t i = 0; c && i < c->count; i++)
        if (str_equal(c->list[i].name, name)) return &c->list[i];
    return NULL;
}
