// SPDX-License-Identifier: Apache-2.0
/* Builds documents, and writes them in each form: all say the same, and nobody's text can leave its place. */
#include "base/document.h"

#include <string.h>

#include "base/json.h"
#include "base/test.h"

static char arena_memory[1 << 20], out_memory[1 << 20];
static struct arena arena;
static struct document d;
static struct buf out;

static void begin(size_t room) {
    arena = arena_over(arena_memory, room);
    document_begin(&d, &arena, STR("ja"), STR("ご報告"), STR("受付番号 inc_7"));
}

static void write(void (*form)(const struct document *, struct buf *)) {
    out = buf_over(out_memory, sizeof out_memory);
    form(&d, &out);
    EXPECT(!out.overflow);
}

static bool says(const char *what) {
    return str_find(buf_str(&out), str_from(what), 0) < out.size;
}

static void add_money(void) {
    struct cell head[] = {{STR("何"), false}, {STR("状態"), false}, {STR("金額"), true}};
    struct cell row[] = {{STR("残高のチャージ"), false}, {STR("held"), false}, {STR("50,000円"), true}};
    struct cell bare[] = {{STR("注文"), false}, {STR_NONE, false}, {STR("500円"), true}};
    struct cell total[] = {{STR("合計"), false}, {STR_NONE, false}, {STR("50,500円"), true}};
    document_table(&d, STR("お金"), head, 3);
    document_row(&d, row, 3);
    document_row(&d, bare, 3);
    document_total(&d, total, 3);
}

TEST(plain_text_has_columns) {
    begin(sizeof arena_memory);
    document_heading(&d, 2, STR("Money"));
    document_paragraph(&d, STR("All of it."));
    add_money();
    document_list_item(&d, STR("one"));
    document_list_item(&d, STR("two"));
    write(document_write_text);
    EXPECT_STR(buf_str(&out), STR("ご報告\n======\n"
                                  "\nMoney\n-----\n"
                                  "\nAll of it.\n"
                                  "\nお金\n"
                                  "何              状態      金額\n"
                                  "------------------------------\n"
                                  "残高のチャージ  held  50,000円\n"
                                  "注文                     500円\n"
                                  "------------------------------\n"
                                  "合計                  50,500円\n"
                                  "\n- one\n- two\n"
                                  "\n受付番号 inc_7\n"));
}

TEST(a_table_too_wide_is_written_cell_by_cell) {
    char memory[200];
    memset(memory, 'w', sizeof memory);
    begin(sizeof arena_memory);
    struct cell head[] = {{STR("what"), false}, {STR("why"), false}};
    struct cell row[] = {{STR("a\nb"), false}, {{memory, sizeof memory}, false}};
    document_table(&d, STR_NONE, head, 2);
    document_row(&d, row, 2);
    write(document_write_text);
    EXPECT(says("\n- what: a b\n  why: www"));
}

TEST(html_can_be_read_aloud) {
    begin(sizeof arena_memory);
    document_heading(&d, 2, STR("Money"));
    add_money();
    document_heading(&d, 3, STR("Left"));
    document_list_item(&d, STR("one"));
    document_paragraph(&d, STR("end"));
    write(document_write_html);
    EXPECT(says("<!doctype html>\n<html lang=\"ja\">") && says("<title>ご報告</title>"));
    EXPECT(says("<h1>ご報告</h1>\n<h2>Money</h2>\n<table>\n<caption>お金</caption>\n<thead>\n<tr><th scope=\"col\">何</th>"));
    EXPECT(says("<tbody>\n<tr><th scope=\"row\">残高のチャージ</th><td>held</td><td class=\"figure\">50,000円</td></tr>\n"));
    EXPECT(says(
        "<tfoot>\n<tr><th scope=\"row\">合計</th><td></td><td class=\"figure\">50,500円</td></tr>\n</tfoot>\n</table>\n<h3>Left</h3>\n"));
    EXPECT(says("<ul>\n<li>one</li>\n</ul>\n<p>end</p>\n<footer>受付番号 inc_7</footer>\n</article>"));
    EXPECT(!says("<script") && !says("http") && !says("src="));
}

static void write_as_piece(const struct document *document, struct buf *to) {
    document_write_html_article(document, 3, to);
}

/* Beside others on a page the headings go on below that of the page; a table of many columns does not make the page wide, and has a name.
 */
TEST(a_piece_of_a_page_keeps_to_its_place) {
    struct cell cells[] = {{STR("a"), false}, {STR("b"), false}, {STR("c"), false}, {STR("d"), false}};
    begin(sizeof arena_memory);
    document_heading(&d, 2, STR("two"));
    document_heading(&d, 4, STR("four"));
    document_table(&d, STR("\"all\""), cells, 4);
    document_row(&d, cells, 4);
    document_table(&d, STR_NONE, cells, 4);
    document_table(&d, STR("few"), cells, 3);
    write(write_as_piece);
    EXPECT(says("<h3>ご報告</h3>\n<h4>two</h4>\n<h6>four</h6>\n") && !says("<h1>"));
    EXPECT(says("<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"&quot;all&quot;\">\n<table>\n"));
    EXPECT(says("</tbody>\n</table>\n</div>\n<div class=\"wide\" tabindex=\"0\">\n<table>\n"));
    EXPECT(says("</div>\n<table>\n<caption>few</caption>"));
    EXPECT(str_find(document_html_style(), STR(".wide{overflow-x:auto}"), 0) < document_html_style().size);
}

static struct json read_back(void) {
    static char memory[1 << 20];
    struct arena a = arena_over(memory, sizeof memory);
    struct json root;
    struct problem p = {0};
    EXPECT_EQ(json_parse(buf_str(&out), out.size, &a, &root, &p), ERR_OK);
    if (p.err) printf("%s: %s\n", p.where, p.what);
    return root;
}

/* What is kept as JSON is printed years later: it must be the same document. */
TEST(what_was_kept_is_read_back) {
    static char kept[1 << 16], read_memory[1 << 20];
    struct arena a = arena_over(read_memory, sizeof read_memory);
    struct document again;
    begin(sizeof arena_memory);
    document_heading(&d, 3, STR("Money"));
    document_paragraph(&d, STR("All of \"it\"."));
    add_money();
    document_list_item(&d, STR("one"));
    document_list_item(&d, STR("two"));
    document_row(&d, (struct cell[]){{STR("alone"), false}}, 1);
    write(document_write_json);
    size_t size = out.size;
    memcpy(kept, out.at, size);
    struct json root = read_back();
    EXPECT(document_read_json(root, &a, &again));
    EXPECT(!again.overflow);
    EXPECT_EQ(again.block_count, d.block_count);
    d = again;
    write(document_write_json);
    EXPECT_STR(buf_str(&out), ((struct str){kept, size}));
    EXPECT(again.first->next->next->next->cells[2].figure && !again.first->next->next->next->cells[0].figure);
}

TEST(what_is_no_document_is_refused) {
    static const char *const none[] = {"{}",
                                       "[]",
                                       "{\"title\":\"a\"}",
                                       "{\"title\":\"a\",\"blocks\":{}}",
                                       "{\"title\":1,\"blocks\":[]}",
                                       "{\"title\":\"a\",\"blocks\":[1]}",
                                       "{\"title\":\"a\",\"blocks\":[{\"table\":1}]}"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        static char read_memory[1 << 16];
        struct arena a = arena_over(read_memory, sizeof read_memory);
        struct json root;
        struct document again;
        EXPECT_EQ(json_parse(str_from(none[i]), 1000, &a, &root, NULL), ERR_OK);
        EXPECT(!document_read_json(root, &a, &again));
    }
}

TEST(json_has_the_same_words) {
    begin(sizeof arena_memory);
    document_heading(&d, 2, STR("Money"));
    document_list_item(&d, STR("one \"two\""));
    document_list_item(&d, STR("three"));
    add_money();
    document_paragraph(&d, STR("end"));
    write(document_write_json);
    EXPECT_STR(json_text(json_get(read_back(), STR("title"))), STR("ご報告"));
    EXPECT(says(
        "\"blocks\":[{\"heading\":\"Money\",\"level\":2},{\"list\":[\"one \\\"two\\\"\",\"three\"]},{\"table\":\"お金\",\"head\":[\"何\""));
    EXPECT(
        says("\"rows\":[[\"残高のチャージ\",\"held\",\"50,000円\"],[\"注文\",\"\",\"500円\"]],\"totals\":[[\"合計\",\"\",\"50,500円\"]]},"
             "{\"paragraph\":\"end\"}]}"));
}

TEST(an_empty_document_is_one) {
    begin(sizeof arena_memory);
    write(document_write_json);
    EXPECT(says("\"blocks\":[]}"));
    (void)read_back();
    write(document_write_text);
    write(document_write_html);
}

/* Wherever a stranger's text stands, it stays text. */
TEST(no_text_leaves_its_place) {
    struct str evil = STR("</p><script>alert('1')</script> & \"x\" \x01\x7f\n- item");
    begin(sizeof arena_memory);
    struct cell cells[] = {{evil, false}, {evil, true}};
    document_heading(&d, 2, evil);
    document_paragraph(&d, evil);
    document_list_item(&d, evil);
    document_table(&d, evil, cells, 2);
    document_row(&d, cells, 2);
    document_total(&d, cells, 2);
    d.title = d.foot = d.language = evil;
    write(document_write_html);
    EXPECT(!says("<script") && !says("</p><") && !says("& ") && !says("'1'") && !says("\"x\"") && !says("\x01") && !says("\x7f"));
    EXPECT(says("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;x&quot;"));
    write(document_write_json);
    EXPECT_STR(json_text(json_get(read_back(), STR("title"))), evil);
}

TEST(a_row_begins_a_table_where_there_is_none) {
    begin(sizeof arena_memory);
    struct cell row[] = {{STR("a"), false}, {STR("b"), false}};
    document_row(&d, row, 2);
    write(document_write_html);
    EXPECT(says("<table>\n<tbody>\n<tr><th scope=\"row\">a</th><td>b</td></tr>\n</tbody>\n</table>"));
    write(document_write_json);
    EXPECT(says("{\"table\":\"\",\"head\":[],\"figures\":[false,false],\"rows\":[[\"a\",\"b\"]],\"totals\":[]}"));
}

static struct hash128 hash_of(const char *a, const char *b, bool row) {
    struct cell cells[] = {{str_from(a), false}, {str_from(b), false}};
    begin(sizeof arena_memory);
    document_paragraph(&d, STR("x"));
    if (row) document_row(&d, cells, 2);
    else document_total(&d, cells, 2);
    return document_hash(&d);
}

TEST(the_hash_tells_what_is_said) {
    struct hash128 h = hash_of("ab", "c", true);
    d.title = STR("another");
    EXPECT_EQ(document_hash(&d).low, h.low);
    EXPECT_EQ(hash_of("ab", "c", true).high, h.high);
    EXPECT(hash_of("a", "bc", true).low != h.low);
    EXPECT(hash_of("ab", "d", true).low != h.low);
    EXPECT(hash_of("ab", "c", false).low != h.low);
}

TEST(what_does_not_fit_is_said) {
    begin(200);
    EXPECT(!d.overflow);
    for (int i = 0; i < 10; i++) document_paragraph(&d, STR("more than there is room for"));
    EXPECT(d.overflow && d.block_count < 10);
    begin(sizeof arena_memory);
    for (size_t i = 0; i < DOCUMENT_BLOCKS_MAX; i++) document_paragraph(&d, STR("x"));
    EXPECT(!d.overflow);
    document_paragraph(&d, STR("x"));
    EXPECT(d.overflow && d.block_count == DOCUMENT_BLOCKS_MAX);
    begin(sizeof arena_memory);
    struct cell cells[DOCUMENT_CELLS_MAX + 1] = {{STR("x"), false}};
    document_row(&d, cells, DOCUMENT_CELLS_MAX + 1);
    EXPECT(d.overflow);
}

int main(void) {
    RUN(plain_text_has_columns);
    RUN(a_table_too_wide_is_written_cell_by_cell);
    RUN(html_can_be_read_aloud);
    RUN(a_piece_of_a_page_keeps_to_its_place);
    RUN(what_was_kept_is_read_back);
    RUN(what_is_no_document_is_refused);
    RUN(json_has_the_same_words);
    RUN(an_empty_document_is_one);
    RUN(no_text_leaves_its_place);
    RUN(a_row_begins_a_table_where_there_is_none);
    RUN(the_hash_tells_what_is_said);
    RUN(what_does_not_fit_is_said);
    return test_end();
}
