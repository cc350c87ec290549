// SPDX-License-Identifier: Apache-2.0
/* The table of routes, and which one a request means. */
#include "api/route.h"

#include <string.h>

#define ROUTE(name) extern const struct route route_##name;
#include "api/routes.def"
#undef ROUTE

const struct route *const routes[] = {
#define ROUTE(name) &route_##name,
#include "api/routes.def"
#undef ROUTE
    NULL};

static bool path_matches(const char *pattern, struct str path, struct str *parameter) {
    const char *brace = strchr(pattern, '{');
    *parameter = STR_NONE;
    if (!brace) return str_equal(str_from(pattern), path);
    struct str before = {pattern, (size_t)(brace - pattern)};
    if (!str_starts(path, before)) return false;
    *parameter = str_slice(path, before.size, path.size);
    return parameter->size && str_find_char(*parameter, '/', 0) == parameter->size;
}

static bool method_matches(const struct route *r, struct str method) {
    struct str own = str_from(r->method);
    return str_equal(own, method) || (str_equal(method, STR("HEAD")) && str_equal(own, STR("GET")));
}

enum route_found route_find(struct str method, struct str path, const struct route **out, struct str *parameter, struct buf *allow) {
    bool path_known = false;
    for (const struct route *const *r = routes; *r; r++) {
        if (!path_matches((*r)->path, path, parameter)) continue;
        *out = *r;
        if (method_matches(*r, method)) return ROUTE_FOUND;
        if (path_known) buf_text(allow, STR(", "));
        buf_text(allow, str_from((*r)->method));
        if (str_equal(str_from((*r)->method), STR("GET"))) buf_text(allow, STR(", HEAD"));
        path_known = true;
    }
    return path_known ? ROUTE_NO_METHOD : ROUTE_NO_PATH;
}
