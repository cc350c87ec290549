// SPDX-License-Identifier: Apache-2.0
/* Reads files of labels for commands that learn from them. */
#include "cli/label_table.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"
#include "base/json.h"

#define LABEL_SIZE_MAX 4096 /* one line */

/* ---- names -------------------------------------------------------------------------------------------------------------------------- */

/* Its place; LABEL_NAMES_MAX where there is none. */
static unsigned find_name(const struct label_names *n, struct str name) {
    for (unsigned i = 0; i < n->count; i++)
        if (str_equal(name, str_from(n->of[i].text))) return i;
    return LABEL_NAMES_MAX;
}

static unsigned add_name(struct label_names *n, struct str name) {
    unsigned place = find_name(n, name);
    if (place < LABEL_NAMES_MAX || n->count == LABEL_NAMES_MAX) return place;
    memcpy(n->of[n->count].text, name.at, name.size);
    n->of[n->count].text[name.size] = 0;
    return n->count++;
}

enum err label_names_hold(struct label_names *n, const char *list, const char *option, struct problem *p) {
    for (struct str rest = str_from(list); rest.size;) {
        struct str name = str_trim(str_cut(rest, ',', &rest));
        if (!name.size || name.size >= LABEL_NAME_SIZE_MAX)
            return problem_set(p, ERR_INVALID, option, "give names with commas between", "'%.*s' is no list of names",
                               STR_ARGS(str_clip(str_from(list), 60)));
        unsigned place = add_name(n, name);
        if (place == LABEL_NAMES_MAX) return problem_set(p, ERR_TOO_LARGE, option, "", "more than %d names", LABEL_NAMES_MAX);
        n->of[place].held = true;
    }
    return ERR_OK;
}

enum err label_names_check(const struct label_names *n, const char *option, struct problem *p) {
    for (unsigned i = 0; i < n->count; i++)
        if (n->of[i].held && !n->of[i].met)
            return problem_set(p, ERR_NOT_FOUND, option, "write it as the labels do", "no label has '%s'", n->of[i].text);
    return ERR_OK;
}

/* ---- labels ------------------------------------------------------------------------------------------------------------------------- */

static bool label_from(struct str word, enum label *out) {
    static const char *const words[] = {"owner", "hijacker", "noise"};
    for (unsigned i = 0; i < 3; i++)
        if (str_equal(word, str_from(words[i]))) return *out = (enum label)i, true;
    return false;
}

/* A hijacker's family, added where it is new; hijackers of no named family are one family. */
static enum err take_family(struct label_names *families, struct str name, struct label_of *l, const char *where, struct problem *p) {
    if (!families || l->label != LABEL_HIJACKER) return ERR_OK;
    if (name.size >= LABEL_NAME_SIZE_MAX)
        return problem_set(p, ERR_TOO_LARGE, where, "give it a shorter name", "a family's name of %zu bytes", name.size);
    unsigned place = add_name(families, name.size ? name : STR("(none)"));
    if (place == LABEL_NAMES_MAX) return problem_set(p, ERR_TOO_LARGE, where, "", "more than %d families", LABEL_NAMES_MAX);
    l->family = (uint16_t)place;
    families->of[place].met = true;
    l->held |= families->of[place].held;
    return ERR_OK;
}

static void take_network(struct label_names *networks, struct str name, struct label_of *l) {
    unsigned place = networks ? find_name(networks, name) : LABEL_NAMES_MAX;
    if (place == LABEL_NAMES_MAX) return;
    networks->of[place].met = true;
    l->held |= networks->of[place].held;
}

static enum err take_label(struct label_table *t, struct str text, uint32_t line, const char *where, struct problem *p) {
    char memory[JSON_MEMORY_MAX(LABEL_SIZE_MAX)];
    struct arena step = arena_over(memory, sizeof memory);
    struct json root;
    struct problem bad = {0};
    if (json_parse(text, LABEL_SIZE_MAX, &step, &root, &bad)) return problem_set(p, ERR_INVALID, where, bad.fix, "no label: %s", bad.what);
    struct str id = json_text(json_get(root, STR("id"))), word = json_text(json_get(root, STR("label")));
    enum label label;
    if (!id.size) return problem_set(p, ERR_INVALID, where, "give the event's id", "a label without \"id\"");
    if (!label_from(word, &label))
        return problem_set(p, ERR_INVALID, where, "it is owner, hijacker or noise", "the label of '%.*s' is '%.*s'", STR_ARGS(id),
                           STR_ARGS(str_clip(word, 40)));
    struct label_of *l = table_add(&t->items, hash_str(id, 0));
    if (!l) return problem_set(p, ERR_FULL, where, "", "no memory for the labels");
    if (l->given && l->label != label)
        return problem_set(p, ERR_CONFLICT, where, "strike one of them", "'%.*s' was labelled otherwise on line %u", STR_ARGS(id), l->line);
    *l = (struct label_of){.key = l->key, .label = label, .line = line, .given = true};
    take_network(t->networks, json_text(json_get(root, STR("network"))), l);
    return take_family(t->families, json_text(json_get(root, STR("family"))), l, where, p);
}

enum err label_table_read(struct label_table *t, const char *file, struct problem *p) {
    FILE *in = fopen(file, "rb");
    if (!in) return problem_set(p, ERR_IO, file, "", "cannot open '%s': %s", file, strerror(errno));
    char text[LABEL_SIZE_MAX + 2], where[128];
    enum err err = ERR_OK;
    t->items = TABLE_OF(struct label_of);
    for (uint32_t line = 1; !err && fgets(text, sizeof text, in); line++) {
        struct str s = str_trim(str_from(text));
        (void)snprintf(where, sizeof where, "%.100s:%u", file, line);
        if (strlen(text) > LABEL_SIZE_MAX) err = problem_set(p, ERR_TOO_LARGE, where, "", "a line of more than %d bytes", LABEL_SIZE_MAX);
        else if (s.size) err = take_label(t, s, line, where, p);
    }
    if (!err && ferror(in)) err = problem_set(p, ERR_IO, file, "", "cannot read '%s': %s", file, strerror(errno));
    (void)fclose(in);
    return err;
}

void label_table_release(struct label_table *t) {
    table_release(&t->items);
}

struct label_of *label_table_find(struct label_table *t, struct str id) {
    return table_find(&t->items, hash_str(id, 0));
}

enum err label_table_check_met(const struct label_table *t, const char *file, const char *events, struct problem *p) {
    const struct label_of *labels = (const void *)t->items.items;
    char where[128];
    for (size_t i = 0; i < t->items.count; i++) {
        if (labels[i].met) continue;
        (void)snprintf(where, sizeof where, "%.100s:%u", file, labels[i].line);
        return problem_set(p, ERR_NOT_FOUND, where, "give the labels of this file of events", "it labels an event that '%s' does not have",
                           events);
    }
    return ERR_OK;
}
