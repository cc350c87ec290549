// SPDX-License-Identifier: Apache-2.0
/* Reads documents that were kept as JSON. */
#include "base/document.h"

static size_t read_cells(struct json list, struct json figures, struct cell cells[DOCUMENT_CELLS_MAX]) {
    struct json_walk texts = json_walk(list), numbers = json_walk(figures);
    size_t count = 0;
    struct json_member text, number = {0};
    while (count < DOCUMENT_CELLS_MAX && json_next(&texts, &text)) {
        bool figure = json_next(&numbers, &number) && number.value.type == JSON_TRUE;
        cells[count++] = (struct cell){json_text(text.value), figure};
    }
    return count;
}

static void read_rows(struct document *d, struct json rows, struct json figures, bool total) {
    struct cell cells[DOCUMENT_CELLS_MAX];
    struct json_walk walk = json_walk(rows);
    for (struct json_member row; json_next(&walk, &row);) {
        size_t count = read_cells(row.value, figures, cells);
        if (total) document_total(d, cells, count);
        else document_row(d, cells, count);
    }
}

static void read_table(struct document *d, struct json table) {
    struct cell cells[DOCUMENT_CELLS_MAX];
    struct json figures = json_get(table, STR("figures"));
    size_t count = read_cells(json_get(table, STR("head")), figures, cells);
    document_table(d, json_text(json_get(table, STR("table"))), cells, count);
    read_rows(d, json_get(table, STR("rows")), figures, false);
    read_rows(d, json_get(table, STR("totals")), figures, true);
}

static bool read_block(struct document *d, struct json block) {
    struct json heading = json_get(block, STR("heading")), paragraph = json_get(block, STR("paragraph")),
                list = json_get(block, STR("list"));
    int64_t level = 2;
    if (heading.type == JSON_TEXT) {
        (void)json_whole(json_get(block, STR("level")), &level);
        document_heading(d, level < 2 || level > 4 ? 2 : (unsigned)level, heading.text);
    } else if (paragraph.type == JSON_TEXT) {
        document_paragraph(d, paragraph.text);
    } else if (list.type == JSON_ARRAY) {
        struct json_walk walk = json_walk(list);
        for (struct json_member item; json_next(&walk, &item);) document_list_item(d, json_text(item.value));
    } else if (json_get(block, STR("table")).type == JSON_TEXT) {
        read_table(d, block);
    } else {
        return false;
    }
    return true;
}

bool document_read_json(struct json root, struct arena *a, struct document *out) {
    struct json title = json_get(root, STR("title")), blocks = json_get(root, STR("blocks"));
    document_begin(out, a, json_text(json_get(root, STR("language"))), json_text(title), json_text(json_get(root, STR("foot"))));
    if (title.type != JSON_TEXT || blocks.type != JSON_ARRAY) return false;
    struct json_walk walk = json_walk(blocks);
    for (struct json_member block; json_next(&walk, &block);)
        if (!read_block(out, block.value)) return false;
    return true;
}
