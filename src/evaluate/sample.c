// SPDX-License-Identifier: Apache-2.0
/* Reads events, labels and scores into one table, and refuses what contradicts itself. */
#include "evaluate/sample.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/moment.h"
#include "event/event.h"

#define NUMBER_SIZE_MAX 400

static enum err out_of_room(struct problem *p, const char *what, uint32_t count_max) {
    return problem_set(p, ERR_FULL, "", "cut the files into smaller ones", "more than %u %s", count_max, what);
}

enum err sample_init(struct sample *s, struct arena *zeroed, uint32_t events_max, struct problem *p) {
    *s = (struct sample){.arena = zeroed, .shops = {{.earliest_ms = INT64_MAX, .latest_ms = INT64_MIN}}, .shop_count = 1};
    void *scratch = arena_take(zeroed, JSON_MEMORY_MAX(SAMPLE_LINE_MAX));
    s->scratch = arena_over(scratch, JSON_MEMORY_MAX(SAMPLE_LINE_MAX));
    s->rows = arena_take(zeroed, events_max * sizeof *s->rows);
    s->histories = arena_take(zeroed, events_max * sizeof *s->histories);
    if (!scratch || !s->rows || !s->histories || numbering_init(&s->ids, zeroed, events_max, false) ||
        numbering_init(&s->accounts, zeroed, events_max, false) || numbering_init(&s->incidents, zeroed, events_max, false) ||
        numbering_init(&s->families, zeroed, SAMPLE_FAMILIES_MAX, true) || numbering_init(&s->networks, zeroed, SAMPLE_NETWORKS_MAX, true))
        return problem_set(p, ERR_FULL, "", "", "no memory for %u events", events_max);
    return ERR_OK;
}

enum err sample_begin_shop(struct sample *s, struct problem *p) {
    if (s->shop_count == SAMPLE_SHOPS_MAX) return out_of_room(p, "shops", SAMPLE_SHOPS_MAX);
    s->shops[s->shop_count++] = (struct sample_shop){.first = s->count, .end = s->count, .earliest_ms = INT64_MAX, .latest_ms = INT64_MIN};
    return ERR_OK;
}

static struct sample_shop *shop_of(struct sample *s) {
    return &s->shops[s->shop_count - 1];
}

/* A name as this shop means it. `memory`: of SAMPLE_LINE_MAX + 32 bytes. */
static struct str name_in_shop(const struct sample *s, struct str name, char *memory) {
    if (s->shop_count == 1) return name;
    struct buf b = buf_over(memory, SAMPLE_LINE_MAX + 32);
    buf_u64(&b, s->shop_count);
    buf_char(&b, '/');
    buf_text(&b, name);
    return buf_str(&b);
}

/* The object on the line, and the id that it must have. */
static enum err read_line(struct sample *s, struct str line, struct json *root, struct str *id, struct problem *p) {
    arena_reset(&s->scratch);
    enum err err = json_parse(line, SAMPLE_LINE_MAX, &s->scratch, root, p);
    if (err) return err;
    if (root->type != JSON_OBJECT)
        return problem_set(p, ERR_INVALID, "", "write one JSON object a line", "%s instead of an object", json_type_name(root->type));
    struct json value = json_get(*root, STR("id"));
    *id = json_text(value);
    if (value.type == JSON_NULL || (value.type == JSON_TEXT && id->size)) return ERR_OK;
    return problem_set(p, ERR_INVALID, "id", "", "no id");
}

static enum err row_of(const struct sample *s, struct str id, uint32_t *row, struct problem *p) {
    char memory[SAMPLE_LINE_MAX + 32];
    *row = numbering_find(&s->ids, name_in_shop(s, id, memory));
    if (*row != NUMBERING_NONE) return ERR_OK;
    return problem_set(p, ERR_NOT_FOUND, "id", "give the events that these lines are about", "no event has the id '%.*s'", STR_ARGS(id));
}

/* ---- events ------------------------------------------------------------------------------------------------------------------------- */

static enum kind kind_of(struct str type) {
    struct str prefix = STR("io.hikeshi."), suffix = STR(".v1");
    if (str_starts(type, prefix) && str_ends(type, suffix)) type = str_slice(type, prefix.size, type.size - suffix.size);
    return kind_from(type);
}

static bool is_of_value(enum kind kind) {
    return kind_group(kind) == GROUP_VALUE && kind != KIND_MEMBERSHIP_CANCELLED && kind != KIND_MEMBERSHIP_RENEWED;
}

/* "Before" is strictly earlier: logins of the same millisecond do not know of each other. */
static enum sample_depth learn_login(struct sample_account *a, int64_t time_ms, bool login) {
    if (time_ms > a->last_ms) {
        a->before += a->at_last;
        a->at_last = 0;
        a->last_ms = time_ms;
    }
    uint32_t before = a->before;
    if (login) a->at_last++;
    return before == 0 ? DEPTH_NONE : before < 5 ? DEPTH_FEW : DEPTH_MANY;
}

static enum err network_named(struct sample *s, struct str name, uint16_t *out, struct problem *p) {
    bool fresh;
    uint32_t number = numbering_add(&s->networks, name, &fresh);
    if (number == NUMBERING_NONE) return out_of_room(p, "networks", SAMPLE_NETWORKS_MAX);
    *out = (uint16_t)(number + 1);
    return ERR_OK;
}

/* Where labels name no network, it is the autonomous system that the shop saw. */
static enum err network_of(struct sample *s, struct json data, uint16_t *out, struct problem *p) {
    int64_t asn;
    if (!json_whole(json_get(json_get(data, STR("geo")), STR("asn")), &asn) || asn <= 0) return ERR_OK;
    char memory[32];
    struct buf b = buf_over(memory, sizeof memory);
    buf_fmt(&b, "AS%lld", (long long)asn);
    return network_named(s, buf_str(&b), out, p);
}

/* An event without a subject is its own account: nothing is known that it belongs to. */
static enum err account_of(struct sample *s, struct str subject, struct str id, uint32_t *out, struct problem *p) {
    bool fresh;
    char memory[SAMPLE_LINE_MAX + 32];
    struct buf b = buf_over(memory, sizeof memory);
    if (s->shop_count > 1) buf_u64(&b, s->shop_count), buf_char(&b, '/');
    buf_char(&b, subject.size ? 's' : 'e');
    buf_text(&b, subject.size ? subject : id);
    *out = numbering_add(&s->accounts, buf_str(&b), &fresh);
    if (*out == NUMBERING_NONE) return out_of_room(p, "accounts", s->accounts.count_max);
    if (fresh) s->histories[*out].last_ms = INT64_MIN;
    return ERR_OK;
}

enum err sample_event(struct sample *s, struct str line, struct problem *p) {
    struct json root;
    struct str id;
    enum err err = read_line(s, line, &root, &id, p);
    if (err) return err;
    if (!id.size) return problem_set(p, ERR_INVALID, "id", "", "no id");
    struct sample_row row = {.incident = NUMBERING_NONE};
    if (!moment_parse(json_text(json_get(root, STR("time"))), &row.time_ms))
        return problem_set(p, ERR_INVALID, "time", "write it as RFC 3339, e.g. 2026-03-01T01:02:03.456Z", "no time");
    struct str type = json_text(json_get(root, STR("type")));
    if (!type.size) return problem_set(p, ERR_INVALID, "type", "", "no type");
    struct json data = json_get(root, STR("data"));
    struct event e = {.kind = kind_of(type), .outcome = outcome_from(json_text(json_get(data, STR("outcome"))))};
    row.login = event_is_login_success(&e);
    row.value = is_of_value(e.kind);
    row.shop = (uint8_t)(s->shop_count - 1);
    row.path = json_text(json_get(data, STR("ip"))).size || json_text(json_get(data, STR("session"))).size;
    err = account_of(s, json_text(json_get(root, STR("subject"))), id, &row.account, p);
    if (!err) err = network_of(s, data, &row.network, p);
    if (err) return err;
    bool fresh;
    char memory[SAMPLE_LINE_MAX + 32];
    uint32_t number = numbering_add(&s->ids, name_in_shop(s, id, memory), &fresh);
    if (number == NUMBERING_NONE) return out_of_room(p, "events", s->ids.count_max);
    if (!fresh) {
        s->repeated++;
        const struct sample_row *first = &s->rows[number];
        if (first->time_ms == row.time_ms && first->account == row.account && first->login == row.login) return ERR_OK;
        return problem_set(p, ERR_CONFLICT, "id", "ids must be unique over all sources", "another event has the id '%.*s'", STR_ARGS(id));
    }
    struct sample_shop *shop = shop_of(s);
    if (row.time_ms < shop->earliest_ms) shop->earliest_ms = row.time_ms;
    if (row.time_ms < shop->latest_ms) s->late++, shop->late++;
    else shop->latest_ms = row.time_ms;
    row.depth = (uint8_t)learn_login(&s->histories[row.account], row.time_ms, row.login);
    s->rows[number] = row;
    s->label_counts[SAMPLE_UNLABELLED]++;
    shop->end = s->count = s->ids.count;
    return ERR_OK;
}

/* ---- labels ------------------------------------------------------------------------------------------------------------------------- */

static enum err read_word(struct json root, enum sample_label *out, struct problem *p) {
    struct json value = json_get(root, STR("label"));
    struct str word = json_text(value);
    if (str_equal(word, STR("owner"))) *out = SAMPLE_OWNER;
    else if (str_equal(word, STR("hijacker"))) *out = SAMPLE_HIJACKER;
    else if (str_equal(word, STR("noise"))) *out = SAMPLE_NOISE;
    else if (value.type == JSON_TEXT)
        return problem_set(p, ERR_INVALID, "label", "it is owner, hijacker or noise", "unknown label '%.*s'", STR_ARGS(word));
    else return problem_set(p, ERR_INVALID, "label", "it is owner, hijacker or noise", "no label");
    return ERR_OK;
}

/* A text member that may be null or missing. */
static enum err read_text(struct json root, struct str name, struct str *out, struct problem *p) {
    struct json value = json_get(root, name);
    *out = json_text(value);
    if (value.type == JSON_MISSING || value.type == JSON_NULL || value.type == JSON_TEXT) return ERR_OK;
    char where[32];
    struct buf b = buf_over(where, sizeof where - 1);
    buf_text(&b, name);
    where[b.size] = 0;
    return problem_set(p, ERR_INVALID, where, "", "%s instead of a text or null", json_type_name(value.type));
}

/* What is told of a hijacker's event. An incident is of one account: one that the labels spread over several is cut by account. */
static enum err read_hijack(struct sample *s, struct json root, struct sample_row *row, struct problem *p) {
    struct str family, incident;
    enum err err = read_text(root, STR("family"), &family, p);
    if (!err) err = read_text(root, STR("incident"), &incident, p);
    if (err) return err;
    bool fresh;
    uint32_t number = numbering_add(&s->families, family.size ? family : STR("(none)"), &fresh);
    if (number == NUMBERING_NONE) return out_of_room(p, "families", SAMPLE_FAMILIES_MAX);
    row->family = (uint16_t)number;
    char memory[SAMPLE_LINE_MAX + 16];
    struct buf b = buf_over(memory, sizeof memory);
    buf_u64(&b, row->account);
    buf_char(&b, ' ');
    buf_text(&b, incident);
    row->incident = numbering_add(&s->incidents, buf_str(&b), &fresh);
    return row->incident == NUMBERING_NONE ? out_of_room(p, "incidents", s->incidents.count_max) : ERR_OK;
}

static bool same_truth(const struct sample_row *a, const struct sample_row *b) {
    return a->label == b->label && a->effect == b->effect && a->family == b->family && a->incident == b->incident &&
           a->network == b->network;
}

enum err sample_label(struct sample *s, struct str line, struct problem *p) {
    struct json root;
    struct str id, network;
    uint32_t number = 0;
    enum sample_label label = SAMPLE_UNLABELLED;
    enum err err = read_line(s, line, &root, &id, p);
    if (!err) err = row_of(s, id, &number, p);
    if (!err) err = read_word(root, &label, p);
    if (!err) err = read_text(root, STR("network"), &network, p);
    if (err) return err;
    struct sample_row row = s->rows[number];
    row.label = (uint8_t)label;
    struct json effect = json_get(root, STR("effect"));
    if (effect.type > JSON_TRUE)
        return problem_set(p, ERR_INVALID, "effect", "it is true or false", "%s instead of true or false", json_type_name(effect.type));
    row.effect = effect.type == JSON_TRUE;
    row.incident = NUMBERING_NONE;
    row.family = 0;
    if (network.size) err = network_named(s, network, &row.network, p);
    if (!err && label == SAMPLE_HIJACKER) err = read_hijack(s, root, &row, p);
    if (err) return err;
    uint8_t before = s->rows[number].label;
    if (before != SAMPLE_UNLABELLED && !same_truth(&row, &s->rows[number]))
        return problem_set(p, ERR_CONFLICT, "id", "an event has one label", "a line above says something else of '%.*s'", STR_ARGS(id));
    s->label_counts[before]--;
    s->label_counts[label]++;
    s->rows[number] = row;
    return ERR_OK;
}

/* ---- scores ------------------------------------------------------------------------------------------------------------------------- */

static enum err begin_file(struct sample *s, struct str name, struct problem *p) {
    if (s->file_count == SAMPLE_FILES_MAX) return out_of_room(p, "files of scores", SAMPLE_FILES_MAX);
    bool full = false;
    struct sample_file *f = &s->files[s->file_count];
    f->name = arena_copy(s->arena, name, &full);
    f->scores = arena_take(s->arena, s->ids.count_max * sizeof *f->scores);
    if (full || !f->scores) return problem_set(p, ERR_FULL, "", "", "no memory for the scores of %u events", s->ids.count_max);
    for (uint32_t i = 0; i < s->count; i++) f->scores[i] = (double)NAN;
    s->file = s->file_count++;
    return ERR_OK;
}

enum err sample_begin_scores(struct sample *s, struct str name, struct problem *p) {
    uint64_t shop = UINT64_C(1) << (s->shop_count - 1);
    for (s->file = 0; s->file < s->file_count && !str_equal(s->files[s->file].name, name);) s->file++;
    if (s->file == s->file_count) {
        enum err err = begin_file(s, name, p);
        if (err) return err;
    }
    struct sample_file *f = &s->files[s->file];
    if (f->shops & shop)
        return problem_set(p, ERR_INVALID, "--scores", "write NAME=FILE", "two files of scores are called '%.*s'", STR_ARGS(name));
    f->shops |= shop;
    for (uint32_t i = shop_of(s)->first; i < s->count; i++) f->scores[i] = (double)NAN;
    return ERR_OK;
}

static enum err read_score(struct json value, double *out, struct problem *p) {
    if (value.type != JSON_NUMBER)
        return problem_set(p, ERR_INVALID, "score", "it is a number", "%s instead of a number", json_type_name(value.type));
    char text[NUMBER_SIZE_MAX + 1];
    if (value.text.size > NUMBER_SIZE_MAX)
        return problem_set(p, ERR_TOO_LARGE, "score", "", "a number of more than %d digits", NUMBER_SIZE_MAX);
    memcpy(text, value.text.at, value.text.size);
    text[value.text.size] = 0;
    *out = strtod(text, NULL);
    return isfinite(*out) ? ERR_OK : problem_set(p, ERR_INVALID, "score", "", "a number that is too large");
}

enum err sample_score(struct sample *s, struct str line, struct problem *p) {
    struct sample_file *f = &s->files[s->file];
    struct json root;
    struct str id;
    uint32_t row = 0;
    double score = 0;
    enum err err = read_line(s, line, &root, &id, p);
    if (err) return err;
    struct json value = json_get(root, STR("score"));
    if (value.type == JSON_MISSING || !id.size) { /* what replay writes of refused lines, and its corrections */
        f->without_score++;
        return ERR_OK;
    }
    err = row_of(s, id, &row, p);
    if (!err) err = read_score(value, &score, p);
    if (err) return err;
    if (isnan(f->scores[row])) {
        f->scores[row] = score;
        f->scored++;
        return ERR_OK;
    }
    f->repeated++;
    if (!(f->scores[row] < score) && !(f->scores[row] > score)) return ERR_OK;
    return problem_set(p, ERR_CONFLICT, "id", "score an event once", "a line above scores '%.*s' otherwise", STR_ARGS(id));
}

enum err sample_check(const struct sample *s, struct problem *p) {
    for (unsigned i = 0; i < s->shop_count; i++)
        if (s->shops[i].first == s->shops[i].end) return problem_set(p, ERR_INVALID, "--events", "", "there are no events");
    unsigned long long owners = s->label_counts[SAMPLE_OWNER], hijackers = s->label_counts[SAMPLE_HIJACKER];
    if (!owners || !hijackers)
        return problem_set(p, ERR_INVALID, "--labels", "to tell two classes apart, both must be there",
                           "the labels have %llu owner's and %llu hijacker's events", owners, hijackers);
    for (unsigned i = 0; i < s->file_count; i++)
        if (!s->files[i].scored)
            return problem_set(p, ERR_INVALID, "--scores", "each line needs an id and a score", "'%.*s' scores no event",
                               STR_ARGS(s->files[i].name));
    for (unsigned i = 0; i < s->file_count; i++)
        for (unsigned k = 0; k < s->shop_count; k++)
            if (!(s->files[i].shops >> k & 1))
                return problem_set(p, ERR_INVALID, "--scores", "give the scores of a name for each shop, behind its --events",
                                   "'%.*s' has no scores of shop %u", STR_ARGS(s->files[i].name), k + 1);
    return ERR_OK;
}
