// SPDX-License-Identifier: Apache-2.0
/* Writes documents as HTML that can be read aloud, and in which nothing runs. */
#include "base/document.h"

/*
 * Few lines, so that a page that is opened alone looks like what it is. Colours have a contrast of 7:1 and more (WCAG 2.2, 1.4.6). A table
 * of many columns has its own scroll bar where the screen is narrow, so the page itself never is wider than the screen (1.4.10).
 */
#define STYLE                                                                                                                              \
    "body{margin:3rem auto;max-width:52rem;padding:0 1.5rem;font:1rem/1.6 system-ui,sans-serif;color:#1d232b;background:#fff}"             \
    "h1{font-size:1.6rem;line-height:1.3}h2{font-size:1.15rem;margin-top:2.5rem}h3{font-size:1rem}"
#define PIECES_STYLE                                                                                                                       \
    "body{overflow-wrap:break-word}.wide{overflow-x:auto}.wide table{min-width:42rem}"                                                     \
    ".wide:focus-visible{outline:3px solid #0969da;outline-offset:2px}"                                                                    \
    "table{border-collapse:collapse;width:100%;font-size:.9rem;margin:1rem 0}caption{text-align:left;color:#4a5361;padding-bottom:.4rem}"  \
    "th,td{min-width:3.2em;text-align:left;vertical-align:top;padding:.45rem .9rem .45rem 0;border-bottom:1px solid "                      \
    "#d9dee5;font-weight:400}"                                                                                                             \
    "th[scope=row],.wide td{min-width:5.4rem}thead th,tfoot th,tfoot td{font-weight:600}"                                                  \
    ".figure{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"                                                       \
    "footer{margin-top:3rem;color:#4a5361;font-size:.85rem}"
#define WIDE 3 /* more columns than these do not fit side by side on a telephone */

/* Of text and of attributes between double quotes. What no HTML may hold (https://html.spec.whatwg.org/#preprocessing-the-input-stream)
 * becomes a blank, but line ends stay. */
static void escape(struct str s, struct buf *out) {
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c == '&') buf_text(out, STR("&amp;"));
        else if (c == '<') buf_text(out, STR("&lt;"));
        else if (c == '>') buf_text(out, STR("&gt;"));
        else if (c == '"') buf_text(out, STR("&quot;"));
        else if (c == '\'') buf_text(out, STR("&#39;"));
        else if (c == 0x7f || (c < ' ' && c != '\n')) buf_char(out, ' ');
        else buf_char(out, (char)c);
    }
}

static void element(const char *name, struct str text, struct buf *out) {
    buf_fmt(out, "<%s>", name);
    escape(text, out);
    buf_fmt(out, "</%s>\n", name);
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------------- */

static void write_cell(const char *tag, const char *scope, const struct cell *c, struct buf *out) {
    buf_fmt(out, "<%s%s%s>", tag, scope, c->figure ? " class=\"figure\"" : "");
    escape(c->text, out);
    buf_fmt(out, "</%s>", tag);
}

static void write_row(const struct block *b, struct buf *out) {
    bool head = b->kind == BLOCK_TABLE_HEAD;
    buf_text(out, STR("<tr>"));
    for (size_t i = 0; i < b->cell_count; i++) {
        if (head) write_cell("th", " scope=\"col\"", &b->cells[i], out);
        else if (i == 0) write_cell("th", " scope=\"row\"", &b->cells[i], out);
        else write_cell("td", "", &b->cells[i], out);
    }
    buf_text(out, STR("</tr>\n"));
}

/* The rows of one kind, in a group of their own. */
static void write_group(const char *name, const struct block *from, enum block_kind kind, struct buf *out) {
    bool any = false;
    for (const struct block *b = from; b && b->kind > BLOCK_TABLE_HEAD; b = b->next) {
        if (b->kind != kind) continue;
        if (!any) buf_fmt(out, "<%s>\n", name);
        any = true;
        write_row(b, out);
    }
    if (any) buf_fmt(out, "</%s>\n", name);
}

/* What scrolls must be reached by the keyboard, and then have a name. */
static void begin_wide(struct str name, struct buf *out) {
    buf_text(out, STR("<div class=\"wide\" tabindex=\"0\""));
    if (name.size) {
        buf_text(out, STR(" role=\"region\" aria-label=\""));
        escape(name, out);
        buf_char(out, '"');
    }
    buf_text(out, STR(">\n"));
}

static const struct block *write_table(const struct block *b, struct buf *out) {
    bool wide = b->cell_count > WIDE;
    if (wide) begin_wide(b->text, out);
    buf_text(out, STR("<table>\n"));
    if (b->text.size) element("caption", b->text, out);
    if (b->cell_count) {
        buf_text(out, STR("<thead>\n"));
        write_row(b, out);
        buf_text(out, STR("</thead>\n"));
    }
    b = b->next;
    write_group("tbody", b, BLOCK_TABLE_ROW, out);
    write_group("tfoot", b, BLOCK_TABLE_TOTAL, out);
    buf_text(out, STR("</table>\n"));
    if (wide) buf_text(out, STR("</div>\n"));
    while (b && b->kind > BLOCK_TABLE_HEAD) b = b->next;
    return b;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static const struct block *write_list(const struct block *b, struct buf *out) {
    buf_text(out, STR("<ul>\n"));
    for (; b && b->kind == BLOCK_LIST_ITEM; b = b->next) element("li", b->text, out);
    buf_text(out, STR("</ul>\n"));
    return b;
}

static void heading(unsigned level, struct str text, struct buf *out) {
    static const char *const names[] = {"h1", "h2", "h3", "h4", "h5", "h6"};
    element(names[level > 6 ? 5 : level - 1], text, out);
}

/* `level` of the title. */
static const struct block *write_block(const struct block *b, unsigned level, struct buf *out) {
    switch (b->kind) {
    case BLOCK_TABLE_HEAD:
    case BLOCK_TABLE_ROW:
    case BLOCK_TABLE_TOTAL: return write_table(b, out);
    case BLOCK_LIST_ITEM: return write_list(b, out);
    case BLOCK_HEADING: return heading(level + b->level - 1, b->text, out), b->next;
    case BLOCK_PARAGRAPH: return element("p", b->text, out), b->next;
    }
    return NULL;
}

void document_write_html_article(const struct document *d, unsigned level, struct buf *out) {
    buf_text(out, STR("<article lang=\""));
    escape(d->language, out);
    buf_text(out, STR("\">\n"));
    heading(level, d->title, out);
    for (const struct block *b = d->first; b;) b = write_block(b, level, out);
    if (d->foot.size) element("footer", d->foot, out);
    buf_text(out, STR("</article>\n"));
}

struct str document_html_style(void) {
    return STR(PIECES_STYLE);
}

void document_write_html(const struct document *d, struct buf *out) {
    buf_text(out, STR("<!doctype html>\n<html lang=\""));
    escape(d->language, out);
    buf_text(out, STR("\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
                      "<meta name=\"robots\" content=\"noindex\">\n"));
    element("title", d->title, out);
    buf_text(out, STR("<style>" STYLE PIECES_STYLE "</style>\n</head>\n<body>\n<main>\n"));
    document_write_html_article(d, 1, out);
    buf_text(out, STR("</main>\n</body>\n</html>\n"));
}
