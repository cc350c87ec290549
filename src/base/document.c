// SPDX-License-Identifier: Apache-2.0
/* Builds documents, and writes them for programs. */
#include "base/document.h"

#include <string.h>

/* ---- building ----------------------------------------------------------------------------------------------------------------------- */

void document_begin(struct document *d, struct arena *a, struct str language, struct str title, struct str foot) {
    *d = (struct document){.arena = a};
    d->language = arena_copy(a, language, &d->overflow);
    d->title = arena_copy(a, title, &d->overflow);
    d->foot = arena_copy(a, foot, &d->overflow);
}

static void add(struct document *d, struct block b) {
    struct block *kept = d->overflow || d->block_count == DOCUMENT_BLOCKS_MAX ? NULL : arena_take(d->arena, sizeof *kept);
    if (kept) b.text = arena_copy(d->arena, b.text, &d->overflow);
    if (!kept || d->overflow) {
        d->overflow = true;
        return;
    }
    *kept = b;
    if (d->last) d->last->next = kept;
    else d->first = kept;
    d->last = kept;
    d->block_count++;
}

void document_heading(struct document *d, unsigned level, struct str text) {
    add(d, (struct block){.kind = BLOCK_HEADING, .level = level < 2 ? 2 : level > 4 ? 4 : level, .text = text});
}

void document_paragraph(struct document *d, struct str text) {
    add(d, (struct block){.kind = BLOCK_PARAGRAPH, .text = text});
}

void document_list_item(struct document *d, struct str text) {
    add(d, (struct block){.kind = BLOCK_LIST_ITEM, .text = text});
}

static void add_cells(struct document *d, enum block_kind kind, struct str text, const struct cell *cells, size_t count) {
    struct cell *kept = count > DOCUMENT_CELLS_MAX ? NULL : arena_take(d->arena, count * sizeof *kept);
    for (size_t i = 0; kept && i < count; i++) kept[i] = (struct cell){arena_copy(d->arena, cells[i].text, &d->overflow), cells[i].figure};
    if (!kept) d->overflow = true;
    add(d, (struct block){.kind = kind, .text = text, .cells = kept, .cell_count = count});
}

void document_table(struct document *d, struct str what, const struct cell *head, size_t count) {
    add_cells(d, BLOCK_TABLE_HEAD, what, head, count);
}

/* A row without a table would be read as a cell of nothing. */
static void add_row(struct document *d, enum block_kind kind, const struct cell *cells, size_t count) {
    if (!d->last || d->last->kind < BLOCK_TABLE_HEAD) document_table(d, STR_NONE, NULL, 0);
    add_cells(d, kind, STR_NONE, cells, count);
}

void document_row(struct document *d, const struct cell *cells, size_t count) {
    add_row(d, BLOCK_TABLE_ROW, cells, count);
}

void document_total(struct document *d, const struct cell *cells, size_t count) {
    add_row(d, BLOCK_TABLE_TOTAL, cells, count);
}

/* ---- what it says ------------------------------------------------------------------------------------------------------------------- */

static void hash_piece(struct hash128 *h, struct str text, uint64_t salt) {
    struct hash128 next = hash128_str(text, hash_mix(hash_mix(h->low, h->high), salt));
    *h = next;
}

struct hash128 document_hash(const struct document *d) {
    struct hash128 h = {0};
    for (const struct block *b = d->first; b; b = b->next) {
        hash_piece(&h, b->text, (uint64_t)b->kind << 32 | (uint64_t)b->level << 16 | b->cell_count);
        for (size_t i = 0; i < b->cell_count; i++) hash_piece(&h, b->cells[i].text, b->cells[i].figure);
    }
    return h;
}

/* ---- JSON --------------------------------------------------------------------------------------------------------------------------- */

static void json_cells(const struct block *b, struct buf *out) {
    buf_char(out, '[');
    for (size_t i = 0; i < b->cell_count; i++) {
        if (i) buf_char(out, ',');
        buf_json(out, b->cells[i].text);
    }
    buf_char(out, ']');
}

/* The rows of one kind from `b` on, to the end of its table. */
static void json_rows(const struct block *b, enum block_kind kind, const char *name, struct buf *out) {
    bool more = false;
    buf_fmt(out, ",\"%s\":[", name);
    for (; b && b->kind > BLOCK_TABLE_HEAD; b = b->next) {
        if (b->kind != kind) continue;
        if (more) buf_char(out, ',');
        more = true;
        json_cells(b, out);
    }
    buf_char(out, ']');
}

/* Which columns have numbers, as the first row says. */
static void json_figures(const struct block *row, struct buf *out) {
    buf_text(out, STR(",\"figures\":["));
    for (size_t i = 0; row && row->kind > BLOCK_TABLE_HEAD && i < row->cell_count; i++)
        buf_fmt(out, "%s%s", i ? "," : "", row->cells[i].figure ? "true" : "false");
    buf_char(out, ']');
}

static const struct block *json_table(const struct block *b, struct buf *out) {
    buf_text(out, STR("{\"table\":"));
    buf_json(out, b->text);
    buf_text(out, STR(",\"head\":"));
    json_cells(b, out);
    b = b->next;
    json_figures(b, out);
    json_rows(b, BLOCK_TABLE_ROW, "rows", out);
    json_rows(b, BLOCK_TABLE_TOTAL, "totals", out);
    buf_char(out, '}');
    while (b && b->kind > BLOCK_TABLE_HEAD) b = b->next;
    return b;
}

static const struct block *json_list(const struct block *b, struct buf *out) {
    buf_text(out, STR("{\"list\":["));
    for (bool more = false; b && b->kind == BLOCK_LIST_ITEM; b = b->next, more = true) {
        if (more) buf_char(out, ',');
        buf_json(out, b->text);
    }
    buf_text(out, STR("]}"));
    return b;
}

/* What is behind it. */
static const struct block *json_block(const struct block *b, struct buf *out) {
    switch (b->kind) {
    case BLOCK_TABLE_HEAD:
    case BLOCK_TABLE_ROW:
    case BLOCK_TABLE_TOTAL: return json_table(b, out);
    case BLOCK_LIST_ITEM: return json_list(b, out);
    case BLOCK_HEADING:
        buf_text(out, STR("{\"heading\":"));
        buf_json(out, b->text);
        buf_fmt(out, ",\"level\":%u}", b->level);
        return b->next;
    case BLOCK_PARAGRAPH:
        buf_text(out, STR("{\"paragraph\":"));
        buf_json(out, b->text);
        buf_char(out, '}');
        return b->next;
    }
    return NULL;
}

void document_write_json(const struct document *d, struct buf *out) {
    buf_text(out, STR("{\"language\":"));
    buf_json(out, d->language);
    buf_text(out, STR(",\"title\":"));
    buf_json(out, d->title);
    buf_text(out, STR(",\"foot\":"));
    buf_json(out, d->foot);
    buf_text(out, STR(",\"blocks\":["));
    for (const struct block *b = d->first; b;) {
        if (b != d->first) buf_char(out, ',');
        b = json_block(b, out);
    }
    buf_text(out, STR("]}"));
}
