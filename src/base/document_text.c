// SPDX-License-Identifier: Apache-2.0
/* Writes documents as plain text, with columns that stand under each other. */
#include "base/document.h"

#define LINE_WIDTH_MAX 120 /* of a table; a paragraph is one line */
#define GAP            2   /* between columns */

/* ---- widths ------------------------------------------------------------------------------------------------------------------------- */

/* Of a character in columns of a terminal: two where Unicode's East_Asian_Width is W or F, as coarse as tables of words and figures need.
 */
static unsigned width_of(uint32_t c) {
    static const struct {
        uint32_t from, to;
    } wide[] = {{0x1100, 0x115F}, {0x2E80, 0x303E}, {0x3041, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},
                {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD}};
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (c >= wide[i].from && c <= wide[i].to) return 2;
    return 1;
}

static uint32_t next_character(struct str s, size_t *at) {
    unsigned char first = (unsigned char)s.at[(*at)++];
    if (first < 0xC0) return first;
    uint32_t c = first < 0xE0 ? first & 0x1FU : first < 0xF0 ? first & 0x0FU : first & 0x07U;
    while (*at < s.size && ((unsigned char)s.at[*at] & 0xC0) == 0x80) c = c << 6 | ((unsigned char)s.at[(*at)++] & 0x3FU);
    return c;
}

static size_t width(struct str s) {
    size_t w = 0;
    for (size_t at = 0; at < s.size;) w += width_of(next_character(s, &at));
    return w;
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------------- */

struct columns {
    size_t widths[DOCUMENT_CELLS_MAX];
    size_t total;
};

static struct columns measure(const struct block *b) {
    struct columns c = {0};
    do {
        for (size_t i = 0; i < b->cell_count; i++) {
            size_t w = width(b->cells[i].text);
            if (w > c.widths[i]) c.widths[i] = w;
        }
        b = b->next;
    } while (b && b->kind > BLOCK_TABLE_HEAD);
    for (size_t i = 0; i < DOCUMENT_CELLS_MAX; i++)
        if (c.widths[i]) c.total += c.widths[i] + GAP;
    return c;
}

static void pad(size_t count, struct buf *out) {
    while (count--) buf_char(out, ' ');
}

/* A line end in a cell would end its row. */
static void write_words(struct str s, struct buf *out) {
    for (size_t i = 0; i < s.size; i++) buf_char(out, s.at[i] == '\n' ? ' ' : s.at[i]);
}

static void write_line(const struct block *b, const struct columns *c, struct buf *out) {
    size_t owed = 0; /* blanks that stand before the next text: none at the end of a line */
    for (size_t i = 0; i < b->cell_count; i++) {
        size_t rest = c->widths[i] - width(b->cells[i].text);
        bool right = b->cells[i].figure;
        if (b->cells[i].text.size) {
            pad(owed + (right ? rest : 0), out);
            write_words(b->cells[i].text, out);
            owed = right ? 0 : rest;
        } else {
            owed += c->widths[i];
        }
        if (c->widths[i]) owed += GAP;
    }
    buf_char(out, '\n');
}

static void write_rule(const struct columns *c, struct buf *out) {
    for (size_t i = GAP; i < c->total; i++) buf_char(out, '-');
    buf_char(out, '\n');
}

/* Too wide for a line: each cell has one of its own, with what its column is. */
static void write_cells(const struct block *head, const struct block *b, struct buf *out) {
    for (size_t i = 0; i < b->cell_count; i++) {
        if (!b->cells[i].text.size) continue;
        buf_text(out, i ? STR("  ") : STR("- "));
        if (i < head->cell_count && head->cells[i].text.size) {
            write_words(head->cells[i].text, out);
            buf_text(out, STR(": "));
        }
        write_words(b->cells[i].text, out);
        buf_char(out, '\n');
    }
}

static const struct block *write_table(const struct block *head, struct buf *out) {
    struct columns c = measure(head);
    bool lines = c.total <= LINE_WIDTH_MAX;
    if (head->text.size) {
        buf_text(out, head->text);
        buf_char(out, '\n');
    }
    if (lines && head->cell_count) {
        write_line(head, &c, out);
        write_rule(&c, out);
    }
    const struct block *b = head->next;
    for (bool summed = false; b && b->kind > BLOCK_TABLE_HEAD; b = b->next) {
        if (lines && b->kind == BLOCK_TABLE_TOTAL && !summed) write_rule(&c, out);
        summed = b->kind == BLOCK_TABLE_TOTAL;
        if (lines) write_line(b, &c, out);
        else write_cells(head, b, out);
    }
    return b;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static void write_underlined(struct str text, char with, struct buf *out) {
    buf_text(out, text);
    buf_char(out, '\n');
    for (size_t i = width(text); i; i--) buf_char(out, with);
    buf_char(out, '\n');
}

static const struct block *write_block(const struct block *b, struct buf *out) {
    switch (b->kind) {
    case BLOCK_TABLE_HEAD:
    case BLOCK_TABLE_ROW:
    case BLOCK_TABLE_TOTAL: return write_table(b, out);
    case BLOCK_LIST_ITEM:
        for (; b && b->kind == BLOCK_LIST_ITEM; b = b->next) {
            buf_text(out, STR("- "));
            buf_text(out, b->text);
            buf_char(out, '\n');
        }
        return b;
    case BLOCK_HEADING: return write_underlined(b->text, '-', out), b->next;
    case BLOCK_PARAGRAPH:
        buf_text(out, b->text);
        buf_char(out, '\n');
        return b->next;
    }
    return NULL;
}

void document_write_text(const struct document *d, struct buf *out) {
    write_underlined(d->title, '=', out);
    for (const struct block *b = d->first; b;) {
        buf_char(out, '\n');
        b = write_block(b, out);
    }
    if (!d->foot.size) return;
    buf_char(out, '\n');
    buf_text(out, d->foot);
    buf_char(out, '\n');
}
