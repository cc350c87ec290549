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

/* Cuts a filled text that ends in the middle of a UTF-8 character back to the last whole one. */
static void cut_to_whole_characters(char *text, size_t size) {
    size_t end = strnlen(text, size);
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
    cut_to_whole_characters(p->where, sizeof p->where);
    cut_to_whole_characters(p->what, sizeof p->what);
    cut_to_whole_characters(p->fix, sizeof p->fix);
    return err;
}
