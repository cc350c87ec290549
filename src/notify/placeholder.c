// SPDX-License-Identifier: Apache-2.0
/* Finds what is to be filled in a text: a name in braces. */
#include "notify/placeholder.h"

bool placeholder_next(struct str text, size_t *at, size_t *begin, struct str *name) {
    *begin = str_find_char(text, '{', *at);
    size_t end = str_find_char(text, '}', *begin);
    if (end >= text.size) return false;
    *name = str_slice(text, *begin + 1, end);
    *at = end + 1;
    return true;
}

static bool is_among(const char *names, struct str name) {
    for (struct str rest = str_from(names); rest.size;)
        if (str_equal(str_cut(rest, ' ', &rest), name)) return name.size > 0;
    return false;
}

bool placeholders_fit(struct str text, const char *names, struct str *wrong) {
    size_t at = 0, begin;
    while (placeholder_next(text, &at, &begin, wrong))
        if (!is_among(names, *wrong)) return false;
    return true;
}
