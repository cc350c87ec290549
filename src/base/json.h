// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * JSON from strangers (RFC 8259), read strictly: one text, UTF-8 without byte order mark, no trailing bytes, no comments, no name twice in
 * one object (RFC 7493 section 2.3: two readers of the same bytes must never see two different values), nesting, size and members bounded
 * before anything is built. Everything lives in the arena; nothing of the input is kept.
 *
 *     struct json root;
 *     if ((err = json_parse(body, HTTP_BODY_SIZE_MAX, step, &root, p))) return err;
 *     struct str verdict = json_text(json_get(root, STR("verdict")));
 *     struct json_walk walk = json_walk(root);
 *     for (struct json_member m; json_next(&walk, &m);) use(m.name, m.value);
 */
enum json_type { JSON_MISSING, JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT };

struct json { /* a value, by value; zeroed = JSON_MISSING */
    enum json_type type;
    struct str text;   /* of a text: its characters; of a number: as it was written, so that no digit is lost; otherwise empty */
    const void *inner; /* the parser's */
};

/* More members than any object of the contract has by a factor of six; it bounds the search for twins. */
#define JSON_MEMBER_COUNT_MAX 256
/* Arena bytes that json_parse may need for a text of `size` bytes: the worst is "[1,1,1,...". */
#define JSON_MEMORY_MAX(size) ((size_t)(size)*14 + 512)

/*
 * ERR_TOO_LARGE beyond size_max, JSON_DEPTH_MAX or JSON_MEMBER_COUNT_MAX; ERR_INVALID where it is not JSON; ERR_FULL where the arena is too
 * small. p->where is "line:column" where there is such a place, and p->what has the byte offset then. The arena is as before on any error.
 */
enum err json_parse(struct str text, size_t size_max, struct arena *a, struct json *out, struct problem *p) MUST_USE;

/* The member of that name; JSON_MISSING where there is none, or `object` is none. */
struct json json_get(struct json object, struct str name);
struct str json_text(struct json value); /* STR_NONE for anything but a text */
/* A number times 10^digits, rounded half away from zero, without floating point; *exact says whether nothing was rounded off. false: not a
 * number, or not within int64. digits <= 9. */
bool json_scaled(struct json value, unsigned digits, int64_t *out, bool *exact);
/* A whole number, however it is written (50000, 50000.0, 5e4). */
bool json_whole(struct json value, int64_t *out);
const char *json_type_name(enum json_type type); /* for messages: "a text", "an object", ... */

/* Members of an object or elements of an array (whose name is empty), in order. Nothing to walk for any other type. */
struct json_member {
    struct str name;
    struct json value;
};
struct json_walk {
    const void *at;
    size_t left;
    bool named;
};
struct json_walk json_walk(struct json container);
bool json_next(struct json_walk *walk, struct json_member *out);

/* The value again, without blanks; numbers as they were written. Never longer than what it was read from. */
void json_write(struct buf *b, struct json value);

/*
 * Takes the next member off the text of an object that json_write has written, without parsing it: *name between its quotes as written,
 * *value as written. Start with *rest = the whole text. false at the end, and where the text is not of that form. Reads any bytes safely.
 */
bool json_cut_member(struct str *rest, struct str *name, struct str *value);

#endif
