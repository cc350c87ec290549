// SPDX-License-Identifier: Apache-2.0
/* Names the operating errors and fills the problem that a person reads. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *err_word(enum err err) {
    switch (err) {
    case ERR_OK: return "ok";
    case ERR_INVALID: return "invalid";
    case ERR_TOO_LARGE: return "too_large";
    case ERR_NOT_FOUND: return "not_found";
    case ERR_CONFLICT: return "conflict";
    case ERR_DENIED: return "denied";
    case ERR_FULL: return "full";
    case ERR_BUSY: return "busy";
    case ERR_TIMEOUT: return "timeout";
    case ERR_IO: return "io";
    case ERR_CORRUPT: return "corrupt";
    case ERR_UNSUPPORTED: return "unsupported";
    case ERR_CANCELED: return "canceled";
    }
    return "unknown";
}

/* Makes a text safe to show and to log: no control characters, and, where it filled its field, no character cut in the middle. */
static void tidy_text(char *text, size_t size) {
    size_t end = strnlen(text, size);
    for (size_t i = 0; i < end; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F) text[i] = '?';
    if (end + 1 < size) return;
    while (end > 0 && ((unsigned char)text[end - 1] & 0xC0U) == 0x80U) end--;
    if (end > 0 && (unsigned char)text[end - 1] >= 0xC0U) end--;
    text[end] = 0;
}

enum err problem_set(struct problem *p, enum err err, const char *where, const char *fix, const char *what_format, ...) {
    if (!p) return err;
    p->err = err;
    (void)snprintf(p->where, sizeof p->where, "%s", where ? where : "");
    (void)snprintf(p->fix, sizeof p->fix, "%s", fix ? fix : "");
    va_list args;
    va_start(args, what_format);
    (void)vsnprintf(p->what, sizeof p->what, what_format, args);
    va_end(args);
    tidy_text(p->where, sizeof p->where);
    tidy_text(p->what, sizeof p->what);
    tidy_text(p->fix, sizeof p->fix);
    return err;
}
