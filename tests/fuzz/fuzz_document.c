// SPDX-License-Identifier: Apache-2.0
/*
 * Guards the reading of kept documents (base/document.h), of which the texts come from strangers: what is printed over HTTP and shown to
 * owners goes this way. Holds: what was read and is written again reads as the same; on a page every '<' of a text is written as text.
 */
#include <stdlib.h>
#include <string.h>

#include "base/document.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define SIZE_MAX_READ (64U * 1024)

static char first_memory[4 << 20], second_memory[8 << 20], first[1 << 20], second[1 << 20], page[4 << 20];

static bool read(struct str text, void *memory, size_t size, struct document *out) {
    struct arena a = arena_over(memory, size);
    struct json root;
    return !json_parse(text, sizeof first, &a, &root, NULL) && document_read_json(root, &a, out) && !out->overflow;
}

static size_t count(struct str s, char c) {
    size_t found = 0;
    for (size_t i = 0; i < s.size; i++) found += s.at[i] == c;
    return found;
}

/* What is written ends whole, and has as many '<' as '>'. */
static void check_page(const struct document *d) {
    struct buf out = buf_over(page, sizeof page);
    document_write_html(d, &out);
    if (out.overflow || !str_ends(buf_str(&out), STR("</html>\n"))) abort();
    struct str body = str_slice(buf_str(&out), str_find(buf_str(&out), STR("<body>"), 0), out.size);
    if (count(body, '<') != count(body, '>')) abort();
    buf_reset(&out);
    document_write_text(d, &out);
    if (out.overflow) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    struct document d, again;
    struct buf one = buf_over(first, sizeof first), two = buf_over(second, sizeof second);
    if (size > SIZE_MAX_READ || !read((struct str){(const char *)bytes, size}, first_memory, sizeof first_memory, &d)) return 0;
    document_write_json(&d, &one);
    if (one.overflow || !read(buf_str(&one), second_memory, sizeof second_memory, &again)) abort();
    document_write_json(&again, &two);
    if (two.overflow || !str_equal(buf_str(&one), buf_str(&two))) abort();
    check_page(&d);
    return 0;
}
