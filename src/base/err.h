// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*
 * Operating errors: bad input, full disk, peer gone. Returned, never ignored. A "no" (deny, unknown) is not an error but a value;
 * a programmer's error is CHECK() (base/check.h). The one who knows the detail writes it once, into a struct problem.
 */
enum err {
    ERR_OK = 0,
    ERR_INVALID,     /* what was handed in breaks its contract */
    ERR_TOO_LARGE,   /* beyond a bound of base/bounds.h */
    ERR_NOT_FOUND,   /* the named thing does not exist */
    ERR_CONFLICT,    /* same name, other content; or a version that moved on */
    ERR_DENIED,      /* not permitted for this caller */
    ERR_FULL,        /* memory, disk or table has no room for this */
    ERR_BUSY,        /* held by another, try again */
    ERR_TIMEOUT,     /* no answer within the bound */
    ERR_IO,          /* the operating system refused or failed */
    ERR_CORRUPT,     /* stored bytes contradict their checksum or format */
    ERR_UNSUPPORTED, /* well-formed, but of a kind or version that we do not speak */
    ERR_CANCELED,    /* stopped on request before the end */
};

#define MUST_USE                        __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_at, args_at) __attribute__((format(printf, format_at, args_at)))

/* What a person needs to mend it: where it is, what is wrong, what to do. All three are plain UTF-8, lower case, no full stop. */
struct problem {
    enum err err;
    char where[128]; /* a field ("data.ip"), a JSON pointer, or file:line:column; "" where there is no place */
    char what[256];
    char fix[192]; /* "" where nothing can be advised */
};

/* Short stable word of an error, as used in problem details and exit messages, e.g. "too_large". Never NULL. */
const char *err_word(enum err err);

/* Fills `p` and returns `err`, so that a guard is one line. `p` may be NULL. Texts are cut to their field, on a character's edge,
 * and control characters in them become '?'. */
enum err problem_set(struct problem *p, enum err err, const char *where, const char *fix, const char *what_format, ...) PRINTF_LIKE(5, 6);

#endif
