// SPDX-License-Identifier: Apache-2.0
/* Prints documents, and looks at the file that comes of it; what a reader of PDF makes of it is asked in tests/regress. */
#include "print/print.h"

#include "base/test.h"
#include "print/language.h"

static char arena_memory[4 << 20], pdf_memory[PRINT_SIZE_MAX], twin_memory[PRINT_SIZE_MAX];
static struct arena arena;
static struct document d;
static struct buf pdf;
static struct print_result result;

static void begin(struct str title) {
    arena = arena_over(arena_memory, sizeof arena_memory);
    document_begin(&d, &arena, STR("ja"), title, STR("受付番号 inc_7"));
}

static enum err print(void) {
    struct problem p = {0};
    pdf = buf_over(pdf_memory, sizeof pdf_memory);
    enum err err = print_pdf(&d, &(struct print_settings){STR("Example Shop"), INT64_C(1772293260000)}, &pdf, &result, &p);
    if (err != p.err) printf("%s\n", p.what);
    return err;
}

static size_t count(const char *what) {
    size_t found = 0;
    for (size_t at = 0; (at = str_find(buf_str(&pdf), str_from(what), at)) < pdf.size; at++) found++;
    return found;
}

static void add_rows(size_t rows) {
    struct cell head[] = {{STR("日時"), false}, {STR("内容"), false}, {STR("金額"), true}};
    document_table(&d, STR("経過"), head, 3);
    for (size_t i = 0; i < rows; i++) {
        struct cell row[] = {{STR("2026-03-01 00:41"), false}, {STR("残高のチャージ"), false}, {STR("50,000円"), true}};
        document_row(&d, row, 3);
    }
}

TEST(a_page_is_tagged_and_named) {
    begin(STR("ご報告"));
    document_paragraph(&d, STR("お客様の名前で行われたことは元に戻りました。"));
    document_list_item(&d, STR("パスワード"));
    add_rows(2);
    EXPECT_EQ(print(), ERR_OK);
    EXPECT_EQ(result.page_count, 1);
    EXPECT_EQ(result.glyphs_missing, 0);
    EXPECT(str_starts(buf_str(&pdf), STR("%PDF-1.5\n")) && str_ends(buf_str(&pdf), STR("%%EOF\n")));
    EXPECT_EQ(count("/Lang (ja)"), 1);
    EXPECT_EQ(count("/DisplayDocTitle true"), 1);
    EXPECT_EQ(count("/Marked true"), 2); /* in the catalogue, and in the one that replaces it */
    EXPECT_EQ(count("/S /H1"), 1);
    EXPECT_EQ(count("/S /P"), 1);
    EXPECT_EQ(count("/S /LI"), 1);
    EXPECT_EQ(count("/S /TR"), 3);
    EXPECT_EQ(count("/S /TH"), 5);
    EXPECT_EQ(count("/S /TD"), 4);
}

TEST(the_same_document_gives_the_same_bytes) {
    begin(STR("ご報告"));
    add_rows(40);
    EXPECT_EQ(print(), ERR_OK);
    memcpy(twin_memory, pdf.at, pdf.size);
    size_t size = pdf.size;
    EXPECT_EQ(print(), ERR_OK);
    EXPECT_STR(buf_str(&pdf), ((struct str){twin_memory, size}));
}

/* Every row is read once, however many pages there are, and its head once too. */
TEST(a_long_table_goes_on_with_its_head) {
    begin(STR("ご報告"));
    add_rows(300);
    EXPECT_EQ(print(), ERR_OK);
    EXPECT(result.page_count >= 6 && result.page_count <= 12);
    EXPECT_EQ(count("/Type /Page %"), result.page_count);
    EXPECT_EQ(count("/S /TR"), 301);
    EXPECT_EQ(count("/S /TH"), 303);
}

TEST(a_text_longer_than_a_page_ends) {
    static char memory[200 * 1024];
    struct buf b = buf_over(memory, sizeof memory);
    while (b.size < 60 * 1024) buf_text(&b, STR("長い文章は次のページに続きます。It goes on, over the page. "));
    begin(STR("ご報告"));
    document_paragraph(&d, buf_str(&b));
    document_list_item(&d, buf_str(&b));
    struct cell cells[] = {{STR("a"), false}, {buf_str(&b), false}, {STR("1"), true}};
    document_table(&d, STR_NONE, NULL, 0);
    document_row(&d, cells, 3);
    EXPECT_EQ(print(), ERR_OK);
    EXPECT(result.page_count > 20);
}

TEST(strange_documents_are_printed_or_refused) {
    begin(STR_NONE);
    EXPECT_EQ(print(), ERR_OK);
    EXPECT_EQ(result.page_count, 1);
    struct cell cells[DOCUMENT_CELLS_MAX] = {{STR_NONE, true}};
    document_row(&d, cells, DOCUMENT_CELLS_MAX); /* without a table, and empty */
    document_table(&d, STR("nothing follows"), cells, 2);
    document_heading(&d, 99, STR("a\nb\tc"));
    document_paragraph(&d, STR("\xF4\x8F\xBF\xBD")); /* U+10FFFD, for private use */
    EXPECT_EQ(print(), ERR_OK);
    EXPECT(result.glyphs_missing > 0);
    for (size_t i = 0; i < DOCUMENT_BLOCKS_MAX; i++) document_heading(&d, 2, STR("one page each: no"));
    EXPECT_EQ(print(), ERR_FULL);
    struct problem p;
    begin(STR("too small"));
    pdf = buf_over(pdf_memory, 1000);
    EXPECT_EQ(print_pdf(&d, &(struct print_settings){0}, &pdf, &result, &p), ERR_FULL);
}

TEST(pages_are_bounded) {
    begin(STR("ご報告"));
    static char lines[8000];
    for (size_t i = 0; i < sizeof lines; i++) lines[i] = i % 2 ? '\n' : 'w';
    for (size_t i = 0; i < 4; i++) document_paragraph(&d, (struct str){lines, sizeof lines});
    EXPECT_EQ(print(), ERR_TOO_LARGE);
}

TEST(another_form_of_file_is_left_alone) {
    char memory[256];
    struct buf b = buf_over(memory, sizeof memory);
    EXPECT_EQ(print_language(STR("ja"), &b), ERR_CORRUPT);
    buf_text(&b, STR("%PDF-1.5\n1 0 obj\n<< /Type /Catalog\n>>\nendobj\ntrailer\n<< /Size 2 /Root 1 0 R /Info 0 0 R >>\nstartxref\n"));
    size_t size = b.size;
    EXPECT_EQ(print_language(STR("ja"), &b), ERR_CORRUPT); /* startxref names nothing */
    EXPECT_EQ(b.size, size);
}

int main(void) {
    RUN(a_page_is_tagged_and_named);
    RUN(the_same_document_gives_the_same_bytes);
    RUN(a_long_table_goes_on_with_its_head);
    RUN(a_text_longer_than_a_page_ends);
    RUN(strange_documents_are_printed_or_refused);
    RUN(pages_are_bounded);
    RUN(another_form_of_file_is_left_alone);
    print_release();
    return test_end();
}
