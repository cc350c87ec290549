// SPDX-License-Identifier: Apache-2.0
/* Appends to a PDF file which language it is in. */
#include "print/language.h"

/* The offset of the last `what` in the last KiB; s.size: none. */
static size_t last_of(struct str s, struct str what) {
    size_t found = s.size, from = s.size > 1024 ? s.size - 1024 : 0;
    for (size_t at = str_find(s, what, from); at < s.size; at = str_find(s, what, at + 1)) found = at;
    return found;
}

/* The digits behind `name` from `at` on. */
static bool number_behind(struct str s, struct str name, size_t at, uint64_t *out) {
    size_t from = str_find(s, name, at) + name.size, to;
    while (from < s.size && (s.at[from] == ' ' || s.at[from] == '\n')) from++;
    for (to = from; to < s.size && s.at[to] >= '0' && s.at[to] <= '9';) to++;
    return from < s.size && str_to_u64(str_slice(s, from, to), out);
}

struct trailer {
    uint64_t xref, size, root, info;
};

static bool read_trailer(struct str s, struct trailer *t) {
    size_t trailer = last_of(s, STR("trailer"));
    return trailer < s.size && number_behind(s, STR("/Size"), trailer, &t->size) && number_behind(s, STR("/Root"), trailer, &t->root) &&
           number_behind(s, STR("/Info"), trailer, &t->info) && number_behind(s, STR("startxref"), trailer, &t->xref);
}

/* What stands between << and >> of object `number`, which must be the catalogue, with the dictionaries in it. */
static bool read_catalogue(struct str s, uint64_t number, struct str *out) {
    char memory[48];
    struct buf head = buf_over(memory, sizeof memory);
    buf_fmt(&head, "\n%llu 0 obj\n<< /Type /Catalog", (unsigned long long)number);
    size_t at = str_find(s, buf_str(&head), 0);
    size_t end = str_find(s, STR("endobj"), at);
    if (end >= s.size) return false;
    struct str body = str_trim(str_slice(s, at + head.size, end));
    if (!str_ends(body, STR(">>"))) return false;
    *out = str_slice(body, 0, body.size - 2);
    return true;
}

/* Letters, digits and dashes: nothing that would have to be escaped. */
static bool is_tag(struct str language) {
    for (size_t i = 0; i < language.size; i++) {
        char c = language.at[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) return false;
    }
    return language.size > 0 && language.size < 40;
}

enum err print_language(struct str language, struct buf *pdf) {
    struct trailer t;
    struct str s = buf_str(pdf), catalogue;
    if (!is_tag(language)) language = STR("und");
    if (!read_trailer(s, &t) || !read_catalogue(s, t.root, &catalogue)) return ERR_CORRUPT;
    size_t at = pdf->size;
    buf_fmt(pdf, "%llu 0 obj\n<< /Type /Catalog", (unsigned long long)t.root);
    buf_text(pdf, catalogue);
    buf_fmt(pdf, "   /Lang (%.*s)\n   /ViewerPreferences << /DisplayDocTitle true >>\n>>\nendobj\n", STR_ARGS(language));
    size_t xref = pdf->size;
    buf_fmt(pdf, "xref\n%llu 1\n%010zu 00000 n \n", (unsigned long long)t.root, at);
    buf_fmt(pdf, "trailer\n<< /Size %llu\n   /Root %llu 0 R\n   /Info %llu 0 R\n   /Prev %llu\n>>\nstartxref\n%zu\n%%%%EOF\n",
            (unsigned long long)t.size, (unsigned long long)t.root, (unsigned long long)t.info, (unsigned long long)t.xref, xref);
    return pdf->overflow ? ERR_FULL : ERR_OK;
}
