// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_CONFORMANCE_SUITE_H
#define COURIER_CONFORMANCE_SUITE_H

#include "base/json.h"
#include "courier/conformance.h"

/* What the cases of the conformance suite share: how to ask, and how to say what came. Of this folder only. */

/* What is wrong with a signature. */
enum forgery {
    FORGERY_NONE,
    FORGERY_NO_HEADERS,
    FORGERY_NO_ID,
    FORGERY_NO_TIMESTAMP,
    FORGERY_NO_SIGNATURE,
    FORGERY_EMPTY,
    FORGERY_OTHER_SECRET,
    FORGERY_OTHER_BODY,
    FORGERY_OTHER_ID,
    FORGERY_OTHER_TIMESTAMP,
    FORGERY_UNPREFIXED,
    FORGERY_VERSION_2,
    FORGERY_HALF,
    FORGERY_LOWER_CASE,
    FORGERY_TIMESTAMP_TEXT, /* signed as it should be, but the time is no number */
    /* These are right: */
    FORGERY_SECOND_IS_RIGHT,
    FORGERY_UPPER_HEADERS,
};

/* One request. Zeroed members are left out of the body; `raw` stands for all of it. */
struct question {
    const char *verb, *path; /* path NULL = as the verb */
    struct str system, how, of, account, kind, object, before, after, key, id;
    struct str raw;
    const char *extra; /* more members, with a comma before */
    enum forgery forgery;
    int64_t skew_ms; /* of its timestamp */
};

struct said {
    enum wire_fate fate;
    unsigned status;
    struct str body, outcome, reference, state; /* copies, of the case's memory */
    struct json root;
};

#define OPERATIONS_OF_OBJECT 8
#define OBJECTS_MAX          32

/* Something of the sandbox that may be acted upon. */
struct toy {
    struct str system, kind, object, before, after;
    struct str verbs[OPERATIONS_OF_OBJECT], hows[OPERATIONS_OF_OBJECT];
    size_t count;
};

struct suite {
    const struct conformance_options *o;
    struct arena step;       /* of one case */
    struct arena described;  /* of one description */
    struct json description; /* JSON_MISSING: none that can be read */
    struct str account;      /* of the sandbox; empty = there is none */
    struct toy toys[OBJECTS_MAX];
    size_t toy_count;
    char run[20];
    uint64_t number; /* of requests */
    char why[256];
};

struct conformance_case {
    const char *group, *promise;
    enum conformance_verdict (*run)(struct suite *s, const struct conformance_case *c);
    /* For whom one function serves several. */
    enum forgery forgery;
    int64_t skew_ms;
    const char *text, *more;
};
#define CASES_END                                                                                                                          \
    { 0 }
extern const struct conformance_case conformance_signature_cases[], conformance_description_cases[], conformance_input_cases[],
    conformance_act_cases[];

/* Asks and waits. false: there was no whole answer, and `why` says so; the case has failed. */
bool suite_ask(struct suite *s, const struct question *q, struct said *out);
/* As suite_ask, several at once; what broke off has another fate than ANSWERED. */
#define TOGETHER_MAX 8
void suite_ask_together(struct suite *s, const struct question *q, size_t count, struct said *out);
/* A key that was never used, "conformance/1f.../17". */
struct str suite_new_key(struct suite *s);
/* Asks for the description and reads it; with `sandbox`, its sandbox is made anew. */
bool suite_describe(struct suite *s, bool sandbox);

enum conformance_verdict suite_fail(struct suite *s, const char *format, ...) PRINTF_LIKE(2, 3);
enum conformance_verdict suite_skip(struct suite *s, const char *why);

static inline bool said_is(const struct said *a, const char *outcome) {
    return str_equal(a->outcome, str_from(outcome));
}
/* 400, 404, 405, 410, 413, 414, 422, or status 200 with refused or absent. */
bool said_no(const struct said *a);
/* done, pending, refused, changed or absent, with its status. */
bool said_definitely(const struct said *a);

#endif
