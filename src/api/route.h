// SPDX-License-Identifier: Apache-2.0
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "api/keys.h"
#include "base/str.h"

/*
 * A route describes itself: one definition in src/api/routes/NAME.c, one line in routes.def. The server, /openapi.json and the tests read
 * the same struct.
 */
struct exchange;

/* Did the route answer, or must it be asked again later with the same request (a batch must be committed first)? */
enum exchange_result { EXCHANGE_DONE, EXCHANGE_LATER };

struct route_parameter {
    const char *name;
    const char *sentence;
    const char *schema; /* JSON Schema of its value */
};

struct route_answer {
    unsigned status;
    const char *media_type; /* NULL: no body; neighbours of one status are its forms */
    const char *schema;     /* JSON Schema, e.g. a $ref to one of openapi.c; NULL for text */
    const char *sentence;
};

struct route {
    const char *name;   /* operationId */
    const char *method; /* "GET" answers HEAD too */
    const char *path;   /* may end in one parameter: "/v1/accounts/{id}" */
    enum scope scope;
    const char *sentence;
    const char *takes[5];                     /* media types of the body, NULL-terminated; none: no body */
    const char *takes_schema;                 /* JSON Schema of the body */
    const char *path_parameter;               /* sentence about {...} */
    const struct route_parameter *parameters; /* of the query; ends with a NULL name */
    const struct route_answer *answers;       /* beyond the refusals that every route has; ends with status 0 */

    enum exchange_result (*answer)(struct exchange *x);
    /* For a body that is answered while it comes: `begin` once the head is there (it may refuse), `take` for each piece, `answer` after the
     * last one. `take` shortens *piece by what it used. */
    void (*begin)(struct exchange *x);
    enum exchange_result (*take)(struct exchange *x, struct str *piece);
};

#define ROUTE_COUNT_MAX 32
extern const struct route *const routes[]; /* ends with NULL */

enum route_found { ROUTE_FOUND, ROUTE_NO_PATH, ROUTE_NO_METHOD };
/* `parameter` is what stands for {...}, as sent. With ROUTE_NO_METHOD `allow` lists the methods of that path: "GET, HEAD". */
enum route_found route_find(struct str method, struct str path, const struct route **out, struct str *parameter, struct buf *allow);

#endif
