// SPDX-License-Identifier: Apache-2.0
/*
 * Lays documents out on pages of A4. Everything that is printed is a strip: cells beside each other, of which a paragraph has one and a row
 * of a table several. A strip stays on one page if it fits on one; otherwise each of its cells goes on, line by line, on the next.
 */
#include "print/print.h"

#include <cairo/cairo-pdf.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

#include "base/moment.h"
#include "print/language.h"

/* ---- measures: points, 1/72 inch ---------------------------------------------------------------------------------------------------- */

#define PAGE_WIDTH  595.276
#define PAGE_HEIGHT 841.89
#define LEFT        62.0
#define TOP         62.0
#define BOTTOM      (PAGE_HEIGHT - 70.0) /* of what is written; the foot stands below */
#define FOOT        (PAGE_HEIGHT - 44.0)
#define WIDTH       (PAGE_WIDTH - 2 * LEFT)
#define INDENT      13.0 /* of a list */
#define GAP         12.0 /* between columns */
#define COLUMN_MIN  40.0 /* of words: narrower cannot be read */
#define KEEP        96.0 /* a heading has at least this much below it on its page */

enum ink { INK, INK_SOFT, INK_RULE, INK_ACCENT };
static const double inks[][3] = {
    [INK] = {0.11, 0.13, 0.16}, [INK_SOFT] = {0.36, 0.40, 0.46}, [INK_RULE] = {0.82, 0.85, 0.88}, [INK_ACCENT] = {0.10, 0.26, 0.42}};

struct style {
    double size, leading; /* leading: of a line, as a factor */
    PangoWeight weight;
    enum ink ink;
    double before, after; /* space; before is dropped at the top of a page */
    const char *tag;
};

enum style_name { TITLE, HEADING_2, HEADING_3, HEADING_4, BODY, ITEM, CAPTION, CELL, CELL_HEAD, CELL_TOTAL, FOOT_LINE };
static const struct style styles[] = {
    [TITLE] = {19, 1.25, PANGO_WEIGHT_SEMIBOLD, INK_ACCENT, 0, 14, "H1"},
    [HEADING_2] = {12.5, 1.3, PANGO_WEIGHT_SEMIBOLD, INK_ACCENT, 24, 8, "H2"},
    [HEADING_3] = {10.5, 1.3, PANGO_WEIGHT_SEMIBOLD, INK, 14, 5, "H3"},
    [HEADING_4] = {9.5, 1.3, PANGO_WEIGHT_SEMIBOLD, INK, 10, 4, "H4"},
    [BODY] = {9.5, 1.5, PANGO_WEIGHT_NORMAL, INK, 0, 7, "P"},
    [ITEM] = {9.5, 1.5, PANGO_WEIGHT_NORMAL, INK, 0, 4, "LBody"},
    [CAPTION] = {8.5, 1.4, PANGO_WEIGHT_NORMAL, INK_SOFT, 2, 5, "Caption"},
    [CELL] = {8.5, 1.4, PANGO_WEIGHT_NORMAL, INK, 4.5, 4.5, "TD"},
    [CELL_HEAD] = {8, 1.35, PANGO_WEIGHT_MEDIUM, INK_SOFT, 4, 4, "TH"},
    [CELL_TOTAL] = {8.5, 1.4, PANGO_WEIGHT_NORMAL, INK, 4.5, 4.5, "TD"},
    [FOOT_LINE] = {7.5, 1.2, PANGO_WEIGHT_NORMAL, INK_SOFT, 0, 0, NULL},
};

struct press {
    const struct document *document;
    cairo_t *cr;
    PangoContext *pango;
    PangoFontDescription *font;
    PangoAttrList *features;
    bool one_weight; /* of kana and kanji there is one: beside it, bold letters would stick out */
    double y;
    struct print_result *result;
};

/* ---- text --------------------------------------------------------------------------------------------------------------------------- */

static void set_ink(struct press *p, enum ink ink) {
    cairo_set_source_rgb(p->cr, inks[ink][0], inks[ink][1], inks[ink][2]);
}

/* width < 0: as wide as it gets. */
static PangoLayout *lay(struct press *p, struct str text, const struct style *s, double width) {
    PangoLayout *l = pango_layout_new(p->pango);
    pango_font_description_set_absolute_size(p->font, s->size * PANGO_SCALE);
    pango_font_description_set_weight(p->font, p->one_weight ? PANGO_WEIGHT_NORMAL : s->weight);
    pango_layout_set_font_description(l, p->font);
    pango_layout_set_attributes(l, p->features);
    pango_layout_set_wrap(l, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_width(l, width < 0 ? -1 : (int)(width * PANGO_SCALE));
    pango_layout_set_text(l, text.at, (int)text.size);
    return l;
}

static double width_of(struct press *p, struct str text, const struct style *s) {
    int width, height;
    PangoLayout *l = lay(p, text, s, -1);
    pango_layout_get_size(l, &width, &height);
    g_object_unref(l);
    return (double)width / PANGO_SCALE + 0.5; /* so that it is not broken for a rounding */
}

/* ---- pages -------------------------------------------------------------------------------------------------------------------------- */

static void draw_rule(struct press *p, double y, double width, enum ink ink) {
    set_ink(p, ink);
    cairo_set_line_width(p->cr, width);
    cairo_move_to(p->cr, LEFT, y);
    cairo_line_to(p->cr, LEFT + WIDTH, y);
    cairo_stroke(p->cr);
}

static void draw_foot_text(struct press *p, struct str text, bool right) {
    PangoLayout *l = lay(p, text, &styles[FOOT_LINE], right ? -1 : WIDTH - 60);
    int width, height;
    pango_layout_set_ellipsize(l, PANGO_ELLIPSIZE_END);
    pango_layout_get_size(l, &width, &height);
    cairo_move_to(p->cr, right ? LEFT + WIDTH - (double)width / PANGO_SCALE : LEFT, FOOT);
    pango_cairo_show_layout(p->cr, l);
    g_object_unref(l);
}

/* Foot and rule carry no tag: a screen reader does not stop at each page for them. */
static void end_page(struct press *p) {
    char memory[24];
    struct buf number = buf_over(memory, sizeof memory);
    buf_u64(&number, ++p->result->page_count);
    draw_rule(p, FOOT - 9, 0.5, INK_RULE);
    set_ink(p, INK_SOFT);
    draw_foot_text(p, p->document->foot, false);
    draw_foot_text(p, buf_str(&number), true);
    cairo_show_page(p->cr);
    p->y = TOP;
}

/* ---- strips ------------------------------------------------------------------------------------------------------------------------- */

struct columns {
    double x[DOCUMENT_CELLS_MAX], width[DOCUMENT_CELLS_MAX];
    bool right[DOCUMENT_CELLS_MAX];
};

struct strip {
    PangoLayout *cells[DOCUMENT_CELLS_MAX];
    int lines_done[DOCUMENT_CELLS_MAX];
    size_t count;
    const struct columns *columns;
    const struct style *style;
    const char *first_tag, *tag; /* of the first cell, of the others; NULL: it was read before */
    const struct block *head;    /* of its table: printed again where it goes on over the page; NULL = none */
    bool rule;                   /* below it */
};

static double line_height(const struct strip *s) {
    return s->style->size * s->style->leading;
}

static double height_of(const struct strip *s) {
    int most = 0;
    for (size_t i = 0; i < s->count; i++) {
        int lines = pango_layout_get_line_count(s->cells[i]);
        if (lines > most) most = lines;
    }
    return most * line_height(s);
}

static bool is_done(const struct strip *s) {
    for (size_t i = 0; i < s->count; i++)
        if (s->lines_done[i] < pango_layout_get_line_count(s->cells[i])) return false;
    return true;
}

/* Lines have the height of their style, whichever fonts they need: so cells beside each other stand on common baselines. */
static void draw_line(struct press *p, const struct strip *s, size_t i, double y) {
    PangoLayoutLine *line = pango_layout_get_line_readonly(s->cells[i], s->lines_done[i]);
    PangoRectangle logical;
    pango_layout_line_get_extents(line, NULL, &logical);
    double shift = s->columns->right[i] ? s->columns->width[i] - (double)logical.width / PANGO_SCALE : 0;
    cairo_move_to(p->cr, s->columns->x[i] + shift, y + line_height(s) / 2 + s->style->size * 0.36); /* capitals stand in the middle */
    pango_cairo_show_layout_line(p->cr, line);
}

/* The lines of one cell that fit above BOTTOM, at least one so that it ends; where they end. */
static double draw_cell(struct press *p, struct strip *s, size_t i) {
    const char *tag = i ? s->tag : s->first_tag;
    int count = pango_layout_get_line_count(s->cells[i]);
    double y = p->y;
    if (s->lines_done[i] == count) return y;
    if (tag) cairo_tag_begin(p->cr, tag, NULL);
    set_ink(p, s->style->ink);
    do {
        draw_line(p, s, i, y);
        y += line_height(s);
    } while (++s->lines_done[i] < count && y + line_height(s) <= BOTTOM);
    if (tag) cairo_tag_end(p->cr, tag);
    return y;
}

static void draw_cells(struct press *p, struct strip *s) {
    double lowest = p->y;
    for (size_t i = 0; i < s->count; i++) {
        double end = draw_cell(p, s, i);
        if (end > lowest) lowest = end;
    }
    p->y = lowest;
}

static void free_strip(struct press *p, struct strip *s) {
    for (size_t i = 0; i < s->count; i++) {
        p->result->glyphs_missing += (size_t)pango_layout_get_unknown_glyphs_count(s->cells[i]);
        g_object_unref(s->cells[i]);
    }
}

static void draw_again(struct press *p, const struct block *head, const struct columns *c);

static void next_page(struct press *p, const struct strip *s) {
    end_page(p);
    if (!s->head || !s->head->cell_count) return;
    draw_again(p, s->head, s->columns);
    p->y += s->style->before;
}

static void draw_strip(struct press *p, struct strip *s) {
    double height = height_of(s);
    bool whole = height <= (BOTTOM - TOP) / 2; /* longer ones would leave too much of a page empty */
    if (p->y > TOP) p->y += s->style->before;
    if (p->y + (whole ? height : 2 * line_height(s)) > BOTTOM) next_page(p, s);
    for (draw_cells(p, s); !is_done(s) && p->result->page_count < PRINT_PAGES_MAX; draw_cells(p, s)) next_page(p, s);
    p->y += s->style->after;
    if (s->rule) draw_rule(p, p->y, 0.5, INK_RULE);
    free_strip(p, s);
}

/* ---- single texts ------------------------------------------------------------------------------------------------------------------- */

static void draw_text(struct press *p, struct str text, enum style_name name) {
    double indent = name == ITEM ? INDENT : 0;
    struct columns c = {.x = {LEFT + indent}, .width = {WIDTH - indent}};
    struct strip s = {.count = 1, .columns = &c, .style = &styles[name], .first_tag = styles[name].tag};
    s.cells[0] = lay(p, text, s.style, c.width[0]);
    draw_strip(p, &s);
}

static void draw_heading(struct press *p, struct str text, enum style_name name) {
    if (p->y > TOP && p->y + KEEP > BOTTOM) end_page(p);
    draw_text(p, text, name);
}

static const struct block *draw_list(struct press *p, const struct block *b) {
    const struct style *s = &styles[ITEM];
    cairo_tag_begin(p->cr, "L", NULL);
    for (; b && b->kind == BLOCK_LIST_ITEM; b = b->next) {
        if (p->y + 2 * s->size * s->leading > BOTTOM) end_page(p);
        set_ink(p, INK_SOFT);  /* drawn and untagged: nobody wants to hear "bullet" */
        cairo_new_path(p->cr); /* text leaves a point behind */
        cairo_arc(p->cr, LEFT + 3, p->y + s->size * s->leading / 2, 1.3, 0, 2 * G_PI);
        cairo_fill(p->cr);
        cairo_tag_begin(p->cr, "LI", NULL);
        draw_text(p, b->text, ITEM);
        cairo_tag_end(p->cr, "LI");
    }
    cairo_tag_end(p->cr, "L");
    p->y += 4;
    return b;
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------------- */

static const struct style *style_of(const struct block *b) {
    return &styles[b->kind == BLOCK_TABLE_HEAD ? CELL_HEAD : b->kind == BLOCK_TABLE_TOTAL ? CELL_TOTAL : CELL];
}

static void draw_row(struct press *p, const struct block *b, const struct block *head, const struct columns *c, bool read) {
    bool names = b->kind == BLOCK_TABLE_HEAD;
    struct strip s = {.count = b->cell_count, .columns = c, .style = style_of(b), .head = head, .rule = true};
    if (!read) s.first_tag = "TH", s.tag = names ? "TH" : "TD";
    for (size_t i = 0; i < b->cell_count; i++) s.cells[i] = lay(p, b->cells[i].text, s.style, c->right[i] && !names ? -1 : c->width[i]);
    if (!read) cairo_tag_begin(p->cr, "TR", NULL);
    draw_strip(p, &s);
    if (!read) cairo_tag_end(p->cr, "TR");
}

static void draw_again(struct press *p, const struct block *head, const struct columns *c) {
    draw_row(p, head, NULL, c, true);
}

/* The widest piece that cannot be broken: of Latin a word, of Japanese hardly more than a character. */
static double narrowest(struct press *p, struct str text, const struct style *s) {
    int width, height;
    PangoLayout *l = lay(p, text, s, 0);
    pango_layout_set_wrap(l, PANGO_WRAP_WORD);
    pango_layout_get_size(l, &width, &height);
    g_object_unref(l);
    return (double)width / PANGO_SCALE + 0.5;
}

/* What every column would have, were there room, and what it must have. The words of a head count only as far as others need the room. */
static size_t wish(struct press *p, const struct block *head, struct columns *c, double *least) {
    size_t count = head->cell_count;
    for (const struct block *b = head->next; b && b->kind > BLOCK_TABLE_HEAD; b = b->next)
        for (size_t i = 0; i < b->cell_count; i++) {
            double width = width_of(p, b->cells[i].text, style_of(b)), word = narrowest(p, b->cells[i].text, style_of(b));
            if (b->cells[i].figure) c->right[i] = true, word = width;
            if (width > c->width[i]) c->width[i] = width;
            if (word > least[i]) least[i] = word;
            if (b->cell_count > count) count = b->cell_count;
        }
    for (size_t i = 0; i < count; i++) {
        double width = i < head->cell_count ? width_of(p, head->cells[i].text, &styles[CELL_HEAD]) : 0;
        if (width > 2 * COLUMN_MIN) width = 2 * COLUMN_MIN;
        if (width > c->width[i]) c->width[i] = width;
        if (least[i] < COLUMN_MIN) least[i] = c->width[i] < COLUMN_MIN ? c->width[i] : COLUMN_MIN;
        if (least[i] > WIDTH / 3) least[i] = WIDTH / 3; /* one endless word is broken rather than all others */
        if (least[i] > c->width[i]) least[i] = c->width[i];
    }
    return count;
}

/* Who wants no more than an even share has it. Of the others everybody has what he must have; the rest is shared by what each wants more.
 */
static void shrink(struct columns *c, double *least, size_t count, double room) {
    double must = 0, more = 0, share = room / (double)count;
    for (size_t i = 0; i < count; i++) {
        if (c->width[i] <= share || c->right[i]) least[i] = c->width[i];
        must += least[i], more += c->width[i] - least[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (must > room) c->width[i] = least[i] * room / must;
        else c->width[i] = least[i] + (more > 0 ? (room - must) * (c->width[i] - least[i]) / more : 0);
    }
}

/* What is left over goes to the columns of words, by what they have: so figures stand at the right edge. */
static void stretch(struct columns *c, size_t count, double rest) {
    double words = 0;
    for (size_t i = 0; i < count; i++)
        if (!c->right[i]) words += c->width[i];
    for (size_t i = 0; i < count && words > 0; i++)
        if (!c->right[i]) c->width[i] += rest * c->width[i] / words;
}

static struct columns measure(struct press *p, const struct block *head) {
    struct columns c = {0};
    double least[DOCUMENT_CELLS_MAX] = {0};
    size_t count = wish(p, head, &c, least);
    double room = WIDTH - GAP * (double)(count ? count - 1 : 0), wanted = 0, x = LEFT;
    for (size_t i = 0; i < count; i++) wanted += c.width[i];
    if (wanted > room) shrink(&c, least, count, room);
    else stretch(&c, count, room - wanted);
    for (size_t i = 0; i < count; i++) {
        c.x[i] = x;
        x += c.width[i] + GAP;
    }
    return c;
}

static const struct block *draw_table(struct press *p, const struct block *head) {
    struct columns c = measure(p, head);
    if (p->y > TOP && p->y + KEEP / 1.5 > BOTTOM) end_page(p);
    cairo_tag_begin(p->cr, "Table", NULL);
    if (head->text.size) draw_text(p, head->text, CAPTION);
    if (head->cell_count) draw_row(p, head, NULL, &c, false);
    else draw_rule(p, p->y, 0.5, INK_RULE);
    const struct block *b = head->next;
    for (bool summed = false; b && b->kind > BLOCK_TABLE_HEAD; b = b->next) {
        if (b->kind == BLOCK_TABLE_TOTAL && !summed) draw_rule(p, p->y, 0.8, INK_SOFT);
        summed = b->kind == BLOCK_TABLE_TOTAL;
        draw_row(p, b, head, &c, false);
    }
    cairo_tag_end(p->cr, "Table");
    p->y += 12;
    return b;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

static const struct block *draw_block(struct press *p, const struct block *b) {
    switch (b->kind) {
    case BLOCK_TABLE_HEAD:
    case BLOCK_TABLE_ROW:
    case BLOCK_TABLE_TOTAL: return draw_table(p, b);
    case BLOCK_LIST_ITEM: return draw_list(p, b);
    case BLOCK_HEADING: return draw_heading(p, b->text, (enum style_name)(HEADING_2 + b->level - 2)), b->next;
    case BLOCK_PARAGRAPH: return draw_text(p, b->text, BODY), b->next;
    }
    return NULL;
}

static void draw_document(struct press *p) {
    p->y = TOP;
    cairo_tag_begin(p->cr, "Document", NULL);
    draw_text(p, p->document->title, TITLE);
    for (const struct block *b = p->document->first; b && p->result->page_count < PRINT_PAGES_MAX;) b = draw_block(p, b);
    cairo_tag_end(p->cr, "Document");
    end_page(p);
}

/* Words of other scripts come from whatever font has them: fontconfig knows. */
#define FAMILIES "Inter, IPAexGothic, Noto Sans CJK JP, DejaVu Sans"

static char *terminated(struct str s, char *memory, size_t size) {
    s = str_head(s, size - 1);
    for (size_t i = 0; i < s.size; i++) memory[i] = s.at[i];
    memory[s.size] = 0;
    return memory;
}

static bool set_up(struct press *p) {
    char language[40];
    p->pango = pango_cairo_create_context(p->cr);
    pango_context_set_language(p->pango, pango_language_from_string(terminated(p->document->language, language, sizeof language)));
    /* Positions of the page, not of a screen's pixels. */
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(p->pango, options);
    cairo_font_options_destroy(options);
    pango_context_set_round_glyph_positions(p->pango, FALSE);
    p->font = pango_font_description_from_string(FAMILIES);
    p->features = pango_attr_list_new();
    pango_attr_list_insert(p->features, pango_attr_font_features_new("tnum 1")); /* figures stand under each other */
    p->one_weight = str_starts(p->document->language, STR("ja"));
    PangoFont *any = pango_context_load_font(p->pango, p->font);
    if (any) g_object_unref(any);
    return any != NULL;
}

static void describe(cairo_surface_t *surface, const struct document *d, const struct print_settings *s) {
    char memory[512], date_memory[32];
    struct buf date = buf_over(date_memory, sizeof date_memory);
    cairo_pdf_surface_restrict_to_version(surface, CAIRO_PDF_VERSION_1_5);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, terminated(d->title, memory, sizeof memory));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_SUBJECT, terminated(d->foot, memory, sizeof memory));
    if (s->author.size) cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_AUTHOR, terminated(s->author, memory, sizeof memory));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATOR, "Hikeshi");
    moment_format(&date, s->made_ms);
    buf_char(&date, 0);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, date_memory);
}

static cairo_status_t take(void *out, const unsigned char *bytes, unsigned size) {
    struct buf *b = out;
    buf_bytes(b, bytes, size);
    return b->overflow ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

enum err print_pdf(const struct document *d, const struct print_settings *s, struct buf *out, struct print_result *result,
                   struct problem *problem) {
    *result = (struct print_result){0};
    buf_reset(out);
    if (d->overflow) return problem_set(problem, ERR_FULL, "", "", "the document is longer than its memory");
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(take, out, PAGE_WIDTH, PAGE_HEIGHT);
    describe(surface, d, s);
    struct press p = {.document = d, .cr = cairo_create(surface), .result = result};
    bool fonts = set_up(&p);
    if (fonts) draw_document(&p);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_status(p.cr) ? cairo_status(p.cr) : cairo_surface_status(surface);
    pango_attr_list_unref(p.features);
    pango_font_description_free(p.font);
    g_object_unref(p.pango);
    cairo_destroy(p.cr);
    cairo_surface_destroy(surface);
    if (!fonts) return problem_set(problem, ERR_UNSUPPORTED, "", "install one: tools/setup names those that are meant", "there is no font");
    if (out->overflow) return problem_set(problem, ERR_FULL, "", "", "the PDF is larger than its memory");
    if (status) return problem_set(problem, ERR_UNSUPPORTED, "", "", "cairo: %s", cairo_status_to_string(status));
    if (result->page_count >= PRINT_PAGES_MAX)
        return problem_set(problem, ERR_TOO_LARGE, "", "", "the document has more than %d pages", PRINT_PAGES_MAX);
    enum err err = print_language(d->language, out);
    return err ? problem_set(problem, err, "", "", "cannot name the language of the PDF: %s", err_word(err)) : ERR_OK;
}

void print_release(void) {
    pango_cairo_font_map_set_default(NULL);
    cairo_debug_reset_static_data();
    FcFini();
}
