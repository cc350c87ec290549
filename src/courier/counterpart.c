// SPDX-License-Identifier: Apache-2.0
/* Reads counterparts.toml. */
#include "courier/counterpart.h"

#include <string.h>

#include "base/toml.h"

#define CONCURRENCY_DEFAULT 16
#define CONCURRENCY_MAX     256
#define TIMEOUT_MS_DEFAULT  5000
#define TIMEOUT_MS_MAX      60000

static bool system_is_known(struct str name) {
#define OPERATION(system, verb, how, sentence)                                                                                             \
    if (str_equal(name, STR(#system))) return true;
#include "respond/operations.def"
#undef OPERATION
    return false;
}

struct reading {
    const struct toml *toml;
    struct counterparts *out;
    struct str *secret_files;
    struct problem *problem;
};

/* The counterpart that the table names; a new one where it is the first line of it. */
static struct counterpart *counterpart_of(struct reading *r, const struct toml_entry *e, size_t *index) {
    struct str name = str_slice(e->path, 0, e->table_size);
    for (*index = 0; *index < r->out->count; (*index)++)
        if (str_equal(r->out->list[*index].name, name)) return &r->out->list[*index];
    if (r->out->count == COUNTERPART_COUNT_MAX) return NULL;
    struct counterpart *c = &r->out->list[r->out->count++];
    *c = (struct counterpart){.name = name, .adapter = "http", .concurrency = CONCURRENCY_DEFAULT, .timeout_ms = TIMEOUT_MS_DEFAULT};
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
        if (e->value.items[i].type != TOML_TEXT || !system_is_known(system)) return wrong(r, e, "names a system that there is not");
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
    bool good = e->value.type == TOML_TEXT && (str_starts(url, STR("https://")) || str_starts(url, STR("http://")));
    if (!good) return wrong(r, e, "is no http or https address");
    while (str_ends(url, STR("/"))) url.size--;
    c->url = url;
    return ERR_OK;
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
    if (str_equal(key, STR("secret_file"))) {
        if (e->value.type != TOML_TEXT) return wrong(r, e, "is no path");
        r->secret_files[index] = e->value.text;
        return ERR_OK;
    }
    if (str_equal(key, STR("ca_file"))) {
        if (e->value.type != TOML_TEXT || !e->value.text.size) return wrong(r, e, "is no path");
        c->ca_file = e->value.text;
        return ERR_OK;
    }
    if (!str_equal(key, STR("concurrency"))) return wrong(r, e, "is not known");
    enum err err = read_number(r, e, CONCURRENCY_MAX, &number);
    if (!err) c->concurrency = (uint32_t)number;
    return err;
}

enum err counterparts_read(struct source source, struct arena *memory, struct counterparts *out, struct str *secret_files,
                           struct problem *p) {
    struct toml toml;
    *out = (struct counterparts){0};
    enum err err = toml_read(source, memory, &toml, p);
    struct reading r = {&toml, out, secret_files, p};
    for (size_t i = 0; i < COUNTERPART_COUNT_MAX; i++) secret_files[i] = STR_NONE;
    for (size_t i = 0; !err && i < toml.count; i++) err = read_entry(&r, &toml.entries[i]);
    for (size_t i = 0; !err && i < out->count; i++) {
        const struct counterpart *c = &out->list[i];
        if (!c->url.size || !secret_files[i].size || !c->system_count)
            err = toml_problem(p, &toml, 0, "give each url, secret_file and systems", "counterpart %.*s is incomplete", STR_ARGS(c->name));
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
    for (size_t i = 0; i < c->count; i++)
        if (str_equal(c->list[i].name, name)) return &c->list[i];
    return NULL;
}
