// SPDX-License-Identifier: Apache-2.0
/* Guards the JSON parser (yyjson, docs/adr/0004-json.md): bounds before it, uniqueness after it, numbers without floating point. */
#include "base/json.h"

#include <string.h>
#include <yyjson/yyjson.h>

#include "base/bounds.h"
#include "base/check.h"

/* --- before parsing ---------------------------------------------------------------------------------------------------------------- */

/* Offset of the bracket that nests deeper than JSON_DEPTH_MAX, or text.size. Texts are skipped; anything else may be nonsense still. */
static size_t find_too_deep(struct str text) {
    size_t depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];
        if (in_text) {
            if (c == '\\') i++;
            else in_text = c != '"';
        } else if (c == '"') in_text = true;
        else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH_MAX) return i;
        } else if ((c == '}' || c == ']') && depth > 0) depth--;
    }
    return text.size;
}

/* Is one of eight bytes an opening bracket? '[' is 0x5B and '{' is 0x7B. May be wrong the careful way (Warren, Hacker's Delight, 6-1). */
static bool has_bracket(const char *at) {
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t w;
    memcpy(&w, at, sizeof w);
    w = (w | ones * 0x20) ^ ones * '{';
    return ((w - ones) & ~w & ones * 0x80) != 0;
}

/* Few brackets cannot nest deeply: for a usual event this one quick pass is the whole check. */
static bool has_many_brackets(struct str text) {
    size_t count = 0, i = 0;
    while (i < text.size) {
        if (text.size - i >= 8 && !has_bracket(text.at + i)) {
            i += 8;
            continue;
        }
        for (size_t end = text.size - i < 8 ? text.size : i + 8; i < end; i++)
            if (((unsigned char)text.at[i] | 0x20U) == '{' && ++count > JSON_DEPTH_MAX) return true;
    }
    return false;
}

/* --- the parser's memory ----------------------------------------------------------------------------------------------------------- */

static void *take(void *ctx, size_t size) {
    return arena_take(ctx, size);
}

/* Grows in place where `old` was taken last, which it nearly always was. */
static void *take_more(void *ctx, void *old, size_t old_size, size_t size) {
    struct arena *a = ctx;
    size_t from = (size_t)((char *)old - a->at);
    if (from + old_size == a->used && size <= a->capacity - from) {
        a->used = from + size;
        return old;
    }
    void *copy = arena_take(a, size);
    if (copy) memcpy(copy, old, old_size < size ? old_size : size);
    return copy;
}

static void give_back(void *ctx, void *memory) {
    (void)ctx, (void)memory; /* the arena forgets everything at once */
}

/* --- after parsing ----------------------------------------------------------------------------------------------------------------- */

static struct str text_of(yyjson_val *v) {
    return (struct str){unsafe_yyjson_get_str(v), unsafe_yyjson_get_len(v)};
}

static unsigned bucket_of(struct str name) {
    if (name.size == 0) return 0;
    unsigned first = (unsigned char)name.at[0], middle = (unsigned char)name.at[name.size / 2],
             last = (unsigned char)name.at[name.size - 1];
    return (first * 5 + middle * 3 + last + (unsigned)name.size * 7) & 63U;
}

/* A name that stands twice in `object`. Names hang in 64 chains; chosen names can share one, which JSON_MEMBER_COUNT_MAX makes harmless. */
static bool find_twin(yyjson_val *object, struct str *twin) {
    uint16_t head[64] = {0}, next[JSON_MEMBER_COUNT_MAX + 1]; /* 1-based; 0 ends a chain */
    yyjson_val *names[JSON_MEMBER_COUNT_MAX + 1], *key = unsafe_yyjson_get_first(object);
    size_t count = unsafe_yyjson_get_len(object);
    for (uint16_t i = 1; i <= count; i++, key = unsafe_yyjson_get_next(key + 1)) {
        struct str name = text_of(key);
        unsigned bucket = bucket_of(name);
        for (unsigned k = head[bucket]; k; k = next[k])
            if (str_equal(text_of(names[k]), name)) return *twin = name, true;
        names[i] = key;
        next[i] = head[bucket];
        head[bucket] = i;
    }
    return false;
}

/* The values of a document lie one after another, so that no recursion is needed to see each object. */
static enum err check_objects(yyjson_doc *doc, struct problem *p) {
    struct str twin;
    for (size_t i = 0; i < doc->val_read; i++) {
        yyjson_val *v = doc->root + i;
        if (unsafe_yyjson_get_type(v) != YYJSON_TYPE_OBJ) continue;
        if (unsafe_yyjson_get_len(v) > JSON_MEMBER_COUNT_MAX)
            return problem_set(p, ERR_TOO_LARGE, "", "send fewer members", "a JSON object has %zu members, more than %d",
                               unsafe_yyjson_get_len(v), JSON_MEMBER_COUNT_MAX);
        if (!find_twin(v, &twin)) continue;
        twin = str_head(twin, 60);
        return problem_set(p, ERR_INVALID, "", "send each name once", "the name '%.*s' stands twice in one JSON object", STR_ARGS(twin));
    }
    return ERR_OK;
}

static const char *advice(yyjson_read_code code) {
    if (code == YYJSON_READ_ERROR_UNEXPECTED_END) return "it ends in the middle: was it cut on its way?";
    if (code == YYJSON_READ_ERROR_UNEXPECTED_CONTENT) return "one JSON text was expected: remove what follows it";
    if (code == YYJSON_READ_ERROR_INVALID_STRING) return "texts are UTF-8; control characters, quotes and backslashes are escaped";
    if (code == YYJSON_READ_ERROR_INVALID_NUMBER) return "numbers have no leading zero or plus sign, and digits on both sides of the point";
    if (code == YYJSON_READ_ERROR_EMPTY_CONTENT) return "send a JSON text";
    return "write it with a JSON library, not by hand";
}

/* A problem at a byte of the text, with the line and column that an editor shows (columns count bytes). */
static enum err problem_at(struct problem *p, enum err err, struct str text, size_t at, const char *fix, const char *what) {
    size_t line = 1, column = 1;
    for (size_t i = 0; i < at && i < text.size; i++) {
        column++;
        if (text.at[i] == '\n') line++, column = 1;
    }
    char where[48];
    (void)snprintf(where, sizeof where, "%zu:%zu", line, column);
    return problem_set(p, err, where, fix, "not JSON at byte %zu: %s", at, what);
}

static struct json value_of(yyjson_val *v) {
    static const enum json_type types[8] = {
        [YYJSON_TYPE_RAW] = JSON_NUMBER, [YYJSON_TYPE_NULL] = JSON_NULL, [YYJSON_TYPE_BOOL] = JSON_FALSE,
        [YYJSON_TYPE_STR] = JSON_TEXT,   [YYJSON_TYPE_ARR] = JSON_ARRAY, [YYJSON_TYPE_OBJ] = JSON_OBJECT,
    };
    struct json out = {.type = types[unsafe_yyjson_get_type(v)], .text = STR_NONE, .inner = v};
    if (out.type == JSON_TEXT || out.type == JSON_NUMBER) out.text = text_of(v);
    else if (unsafe_yyjson_is_true(v)) out.type = JSON_TRUE;
    return out;
}

enum err json_parse(struct str text, size_t size_max, struct arena *a, struct json *out, struct problem *p) {
    if (text.size > size_max)
        return problem_set(p, ERR_TOO_LARGE, "", "send less", "a JSON text of %zu bytes is larger than %zu", text.size, size_max);
    if (text.size == 0) return problem_set(p, ERR_INVALID, "", "send a JSON text", "the JSON text is empty");
    size_t deep = has_many_brackets(text) ? find_too_deep(text) : text.size;
    if (deep < text.size) return problem_at(p, ERR_TOO_LARGE, text, deep, "nest less deeply", "nested deeper than 16 levels");

    size_t used_before = a->used;
    yyjson_alc memory = {.malloc = take, .realloc = take_more, .free = give_back, .ctx = a};
    yyjson_read_err failed;
    yyjson_doc *doc = yyjson_read_opts((char *)(uintptr_t)text.at, text.size, YYJSON_READ_NUMBER_AS_RAW, &memory, &failed);
    enum err err = ERR_OK;
    if (doc) err = check_objects(doc, p);
    else if (failed.code == YYJSON_READ_ERROR_MEMORY_ALLOCATION)
        err = problem_set(p, ERR_FULL, "", "", "a JSON text of %zu bytes does not fit into the memory of one step", text.size);
    else err = problem_at(p, ERR_INVALID, text, failed.pos, advice(failed.code), failed.msg);
    if (err) {
        a->used = used_before;
        return err;
    }
    *out = value_of(doc->root);
    return ERR_OK;
}

/* --- reading ----------------------------------------------------------------------------------------------------------------------- */

struct json_walk json_walk(struct json container) {
    if (container.type != JSON_OBJECT && container.type != JSON_ARRAY) return (struct json_walk){0};
    const yyjson_val *v = container.inner;
    return (struct json_walk){.at = v + 1, .left = (size_t)(v->tag >> YYJSON_TAG_BIT), .named = container.type == JSON_OBJECT};
}

bool json_next(struct json_walk *walk, struct json_member *out) {
    if (walk->left == 0) return false;
    walk->left--;
    yyjson_val *v = (yyjson_val *)(uintptr_t)walk->at;
    out->name = walk->named ? text_of(v++) : STR_NONE;
    out->value = value_of(v);
    walk->at = unsafe_yyjson_get_next(v);
    return true;
}

struct json json_get(struct json object, struct str name) {
    struct json_walk walk = json_walk(object);
    for (struct json_member m; walk.named && json_next(&walk, &m);)
        if (str_equal(m.name, name)) return m.value;
    return (struct json){.type = JSON_MISSING, .text = STR_NONE};
}

struct str json_text(struct json value) {
    return value.type == JSON_TEXT ? value.text : STR_NONE;
}

const char *json_type_name(enum json_type type) {
    switch (type) {
    case JSON_MISSING: return "nothing";
    case JSON_NULL: return "null";
    case JSON_FALSE: return "false";
    case JSON_TRUE: return "true";
    case JSON_NUMBER: return "a number";
    case JSON_TEXT: return "a text";
    case JSON_ARRAY: return "an array";
    case JSON_OBJECT: return "an object";
    }
    return "nothing";
}

/* --- numbers ----------------------------------------------------------------------------------------------------------------------- */

/* significand * 10^exponent; `more` = digits beyond the 19 kept, which int64 never has, were not all zero. */
struct decimal {
    bool negative, more;
    uint64_t significand;
    int64_t exponent;
};

/* Reads a number whose syntax the parser has checked (RFC 8259 section 6). */
static struct decimal decimal_of(struct str s) {
    struct decimal d = {.negative = s.size && s.at[0] == '-'};
    size_t i = d.negative;
    bool in_fraction = false;
    for (; i < s.size && s.at[i] != 'e' && s.at[i] != 'E'; i++) {
        if (s.at[i] == '.') {
            in_fraction = true;
            continue;
        }
        unsigned digit = (unsigned char)s.at[i] - (unsigned)'0';
        if (d.significand < UINT64_C(1000000000000000000)) d.significand = d.significand * 10 + digit;
        else d.more |= digit != 0, d.exponent++;
        d.exponent -= in_fraction;
    }
    if (i >= s.size) return d;
    bool negative = ++i < s.size && s.at[i] == '-';
    if (i < s.size && (s.at[i] == '-' || s.at[i] == '+')) i++;
    int64_t exponent = 0;
    for (; i < s.size; i++)
        if (exponent < 1000000) exponent = exponent * 10 + (s.at[i] - '0'); /* a text of 64 kB cannot undo more */
    d.exponent += negative ? -exponent : exponent;
    return d;
}

/* Divides by 10^places, half away from zero; *exact is cleared where something was rounded off. */
static uint64_t divide_rounding(uint64_t value, int64_t places, bool *exact) {
    if (places > 19) {
        if (value) *exact = false;
        return 0;
    }
    uint64_t last = 0; /* the digit cut off last decides */
    for (; places > 0; places--) {
        last = value % 10;
        if (last) *exact = false;
        value /= 10;
    }
    return value + (last >= 5);
}

bool json_scaled(struct json value, unsigned digits, int64_t *out, bool *exact) {
    CHECK(digits <= 9);
    if (value.type != JSON_NUMBER) return false;
    *exact = true;
    if (digits == 0 && str_to_i64(value.text, out)) return true;
    struct decimal d = decimal_of(value.text);
    int64_t shift = d.exponent + (int64_t)digits;
    uint64_t magnitude = d.significand;
    for (; shift > 0 && magnitude; shift--)
        if (__builtin_mul_overflow(magnitude, 10, &magnitude)) return false;
    if (d.more) *exact = false;
    if (shift < 0) magnitude = divide_rounding(magnitude, -shift, exact);
    if (magnitude > INT64_MAX) return false;
    *out = d.negative ? -(int64_t)magnitude : (int64_t)magnitude;
    return true;
}

bool json_whole(struct json value, int64_t *out) {
    bool exact;
    int64_t whole;
    if (!json_scaled(value, 0, &whole, &exact) || !exact) return false;
    *out = whole;
    return true;
}

/* --- writing ----------------------------------------------------------------------------------------------------------------------- */

static void write_container(struct buf *b, struct json container) {
    struct json_walk walk = json_walk(container);
    buf_char(b, walk.named ? '{' : '[');
    size_t count = 0;
    for (struct json_member m; json_next(&walk, &m); count++) {
        if (count) buf_char(b, ',');
        if (walk.named) buf_json(b, m.name), buf_char(b, ':');
        json_write(b, m.value); /* json_parse has bounded the depth */
    }
    buf_char(b, walk.named ? '}' : ']');
}

void json_write(struct buf *b, struct json value) {
    switch (value.type) {
    case JSON_MISSING:
    case JSON_NULL: buf_text(b, STR("null")); return;
    case JSON_FALSE: buf_text(b, STR("false")); return;
    case JSON_TRUE: buf_text(b, STR("true")); return;
    case JSON_NUMBER: buf_text(b, value.text); return;
    case JSON_TEXT: buf_json(b, value.text); return;
    case JSON_ARRAY:
    case JSON_OBJECT: write_container(b, value); return;
    }
}

/* --- cutting ----------------------------------------------------------------------------------------------------------------------- */

/* Size of the value at the start of s, which ends before a ',' or '}' of its own level; s.size where it does not end. */
static size_t value_size(struct str s) {
    size_t depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < s.size; i++) {
        char c = s.at[i];
        if (in_text) {
            if (c == '\\') i++;
            else in_text = c != '"';
        } else if (c == '"') in_text = true;
        else if (c == '{' || c == '[') depth++;
        else if (depth == 0 && (c == ',' || c == '}' || c == ']')) return i;
        else if (c == '}' || c == ']') depth--;
    }
    return s.size;
}

bool json_cut_member(struct str *rest, struct str *name, struct str *value) {
    struct str s = *rest;
    if (s.size < 2 || (s.at[0] != '{' && s.at[0] != ',') || s.at[1] != '"') return false;
    size_t quote = 2;
    while (quote < s.size && s.at[quote] != '"') quote += s.at[quote] == '\\' ? 2 : 1;
    if (quote + 1 >= s.size || s.at[quote + 1] != ':') return false;
    struct str after = str_slice(s, quote + 2, s.size);
    size_t size = value_size(after);
    if (size == 0 || size == after.size) return false;
    *name = str_slice(s, 2, quote);
    *value = str_slice(after, 0, size);
    *rest = str_slice(after, size, after.size);
    return true;
}
