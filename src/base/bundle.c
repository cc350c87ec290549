// SPDX-License-Identifier: Apache-2.0
/* Puts small text files into one text, and takes them out again. */
#include "base/bundle.h"

#include "base/check.h"

/* Offset of the first line at or after `from` that begins with the mark, or the size. `from` begins a line. */
static size_t find_mark(struct str text, size_t from) {
    while (from < text.size) {
        if (str_starts(str_slice(text, from, text.size), BUNDLE_MARK)) return from;
        from = str_find_char(text, '\n', from) + 1;
    }
    return text.size;
}

bool bundle_may_hold(struct str content) {
    return find_mark(content, 0) == content.size;
}

void bundle_add(struct buf *bundle, struct str name, struct str content) {
    CHECK(bundle_may_hold(content));
    buf_text(bundle, BUNDLE_MARK);
    buf_text(bundle, name);
    buf_char(bundle, '\n');
    buf_text(bundle, content);
    if (content.size && content.at[content.size - 1] != '\n') buf_char(bundle, '\n');
}

bool bundle_next(struct str *rest, struct source *file, enum err *err) {
    *err = ERR_OK;
    if (rest->size == 0) return false;
    size_t name_end = str_find_char(*rest, '\n', 0);
    if (!str_starts(*rest, BUNDLE_MARK) || name_end == rest->size) {
        *err = ERR_INVALID;
        return false;
    }
    size_t end = find_mark(*rest, name_end + 1);
    file->name = str_slice(*rest, BUNDLE_MARK.size, name_end);
    file->text = str_slice(*rest, name_end + 1, end);
    *rest = str_slice(*rest, end, rest->size);
    return true;
}

bool bundle_find(struct str bundle, struct str name, struct source *file) {
    enum err err;
    while (bundle_next(&bundle, file, &err))
        if (str_equal(file->name, name)) return true;
    return false;
}
