// SPDX-License-Identifier: Apache-2.0
/* Writes the page: the document, and plots in SVG that are told apart by dashes as well as by colour, each beside a table of its points. */
#include <math.h>

#include "evaluate/report.h"

/* Contrast of text 7:1 and more (WCAG 2.2, 1.4.6); of lines 3:1 and more (1.4.11). */
static const char style[] =
    "body{margin:2rem auto;max-width:78rem;padding:0 1.5rem;font:1rem/1.5 system-ui,sans-serif;color:#1d232b;background:#fff}"
    "h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2.5rem}h3{font-size:1rem}"
    "table{border-collapse:collapse;font-size:.9rem;margin:1rem 0}caption{text-align:left;color:#4a5361;padding-bottom:.4rem}"
    "th,td{text-align:left;padding:.35rem .9rem .35rem 0;border-bottom:1px solid #d9dee5;font-weight:400;white-space:nowrap}"
    "thead th{font-weight:600}.figure{text-align:right;font-variant-numeric:tabular-nums}"
    ".plot{display:flex;flex-wrap:wrap;gap:2rem;align-items:flex-start}article,.plot{overflow-x:auto}"
    "svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;fill:#1d232b}footer{margin-top:3rem;color:#4a5361}";

static const struct {
    const char *colour, *dash;
} pens[SAMPLE_FILES_MAX] = {{"#0b5cad", ""},    {"#b3261e", "8 4"}, {"#1b7a3d", "2 3"},  {"#7b3fa0", "10 3 2 3"},
                            {"#8a5a00", "5 5"}, {"#00707a", "1 4"}, {"#a0306e", "12 4"}, {"#444c56", "6 2 1 2"}};

#define LEFT   52.0
#define TOP    14.0
#define WIDTH  520.0
#define HEIGHT 300.0

static void escape(struct str s, struct buf *out) {
    for (size_t i = 0; i < s.size; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c == '&') buf_text(out, STR("&amp;"));
        else if (c == '<') buf_text(out, STR("&lt;"));
        else if (c == '>') buf_text(out, STR("&gt;"));
        else if (c == '"') buf_text(out, STR("&quot;"));
        else if (c < ' ' || c == 0x7f) buf_char(out, ' ');
        else buf_char(out, (char)c);
    }
}

static void text_at(struct buf *out, double x, double y, const char *anchor, struct str s) {
    buf_fmt(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    escape(s, out);
    buf_text(out, STR("</text>\n"));
}

/* Its title is read aloud, and names the plot where it is a picture only. */
static void begin_svg(struct buf *out, const char *id, double width, double height, const char *title, const char *description) {
    buf_fmt(out, "<svg role=\"img\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" height=\"%.0f\" aria-labelledby=\"%s-t %s-d\">\n", width,
            height, width, height, id, id);
    buf_fmt(out, "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>\n", id, title, id, description);
}

static void legend(const struct report *r, double x, double y, struct buf *out) {
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        double at = y + 18 * i;
        buf_fmt(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\"/>\n",
                x, at - 4, x + 34, at - 4, pens[i].colour, pens[i].dash);
        text_at(out, x + 40, at, "start", str_clip(r->sample->files[i].name, 40));
    }
}

/* ---- curves ------------------------------------------------------------------------------------------------------------------------- */

struct curves {
    const char *id, *title, *description, *x_title, *y_title;
    unsigned decades;
    const char *marks[8]; /* of the decades, decades + 1 */
    double (*at)(unsigned i);
    bool roc;
};

static void axes(const struct curves *c, struct buf *out) {
    for (unsigned i = 0; i <= c->decades; i++) {
        double x = LEFT + WIDTH * i / c->decades;
        buf_fmt(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#d9dee5\"/>\n", x, TOP, x, TOP + HEIGHT);
        text_at(out, x, TOP + HEIGHT + 18, "middle", str_from(c->marks[i]));
    }
    for (unsigned i = 0; i <= 5; i++) {
        double y = TOP + HEIGHT * (5 - i) / 5;
        char text[16];
        (void)snprintf(text, sizeof text, "%u %%", i * 20);
        buf_fmt(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#d9dee5\"/>\n", LEFT, y, LEFT + WIDTH, y);
        text_at(out, LEFT - 6, y + 4, "end", str_from(text));
    }
    text_at(out, LEFT + WIDTH / 2, TOP + HEIGHT + 38, "middle", str_from(c->x_title));
}

static void line_of(const double *values, unsigned pen, struct buf *out) {
    if (isnan(values[0])) return;
    buf_fmt(out, "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"2.5\" stroke-dasharray=\"%s\" points=\"", pens[pen].colour,
            pens[pen].dash);
    for (unsigned i = 0; i < CURVE_POINTS; i++)
        buf_fmt(out, "%.1f,%.1f ", LEFT + WIDTH * i / (CURVE_POINTS - 1), TOP + HEIGHT * (1 - values[i]));
    buf_text(out, STR("\"/>\n"));
}

static const double *values_of(const struct curves *c, const struct view_file *f) {
    return c->roc ? f->roc : f->detected;
}

/* At each decade: what the lines say there. */
static void curve_table(const struct report *r, const struct view *v, const struct curves *c, struct buf *out) {
    buf_fmt(out, "<table><caption>%s, in percent</caption><thead><tr><th scope=\"col\">%s</th>", c->y_title, c->x_title);
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        buf_text(out, STR("<th scope=\"col\" class=\"figure\">"));
        escape(r->sample->files[i].name, out);
        buf_text(out, STR("</th>"));
    }
    buf_text(out, STR("</tr></thead><tbody>\n"));
    for (unsigned k = 0; k <= c->decades; k++) {
        buf_fmt(out, "<tr><th scope=\"row\">%s</th>", c->marks[k]);
        for (unsigned i = 0; i < r->sample->file_count; i++) {
            double value = values_of(c, &v->files[i])[k * (CURVE_POINTS - 1) / c->decades];
            if (isnan(value)) buf_text(out, STR("<td class=\"figure\">not computed</td>"));
            else buf_fmt(out, "<td class=\"figure\">%.1f</td>", 100 * value);
        }
        buf_text(out, STR("</tr>\n"));
    }
    buf_text(out, STR("</tbody></table>\n"));
}

static void plot_curves(const struct report *r, const struct view *v, const struct curves *c, struct buf *out) {
    buf_fmt(out, "<h3>%s</h3>\n<div class=\"plot\">\n", c->title);
    begin_svg(out, c->id, LEFT + WIDTH + 20, TOP + HEIGHT + 50 + 18 * r->sample->file_count, c->title, c->description);
    axes(c, out);
    for (unsigned i = 0; i < r->sample->file_count; i++) line_of(values_of(c, &v->files[i]), i, out);
    legend(r, LEFT, TOP + HEIGHT + 60, out);
    buf_text(out, STR("</svg>\n"));
    curve_table(r, v, c, out);
    buf_text(out, STR("</div>\n"));
}

/* ---- bars --------------------------------------------------------------------------------------------------------------------------- */

#define BAR_LEFT 190.0
#define BAR_STEP 14.0

static void bar(const struct estimate *e, unsigned pen, double y, struct buf *out) {
    if (isnan(e->value)) {
        text_at(out, BAR_LEFT + 4, y + 10, "start", STR("not computed"));
        return;
    }
    buf_fmt(out, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"9\" fill=\"%s\"/>\n", BAR_LEFT, y, WIDTH * e->value + 1,
            pens[pen].colour);
    if (isnan(e->low)) return;
    double low = BAR_LEFT + WIDTH * e->low, high = BAR_LEFT + WIDTH * e->high, middle = y + 4.5;
    buf_fmt(out, "<path fill=\"none\" stroke=\"#fff\" stroke-width=\"4\" d=\"M%.1f %.1fH%.1f\"/>", low, middle, high);
    buf_fmt(out, "<path fill=\"none\" stroke=\"#1d232b\" stroke-width=\"1.5\" d=\"M%.1f %.1fv7m0 -3.5H%.1fm0 -3.5v7\"/>\n", low,
            middle - 3.5, high);
}

static double bars_height(const struct report *r, const struct view *v) {
    double height = TOP;
    for (unsigned g = GROUP_FAMILIES; g < v->group_count; g++)
        if (v->counts[g].hijackers) height += BAR_STEP * r->sample->file_count + 12;
    return height;
}

static void family_table(const struct report *r, const struct view *v, struct buf *out) {
    buf_text(out, STR("<table><caption>Recall at 1 %, in percent, with 95 % intervals</caption><thead><tr><th scope=\"col\">family</th>"
                      "<th scope=\"col\" class=\"figure\">incidents</th>"));
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        buf_text(out, STR("<th scope=\"col\" class=\"figure\">"));
        escape(r->sample->files[i].name, out);
        buf_text(out, STR("</th>"));
    }
    buf_text(out, STR("</tr></thead><tbody>\n"));
    for (unsigned g = GROUP_FAMILIES; g < v->group_count; g++) {
        if (!v->counts[g].hijackers) continue;
        buf_text(out, STR("<tr><th scope=\"row\">"));
        escape(report_group_name(r, g), out);
        buf_fmt(out, "</th><td class=\"figure\">%llu</td>", (unsigned long long)v->counts[g].incidents);
        for (unsigned i = 0; i < r->sample->file_count; i++) {
            const struct estimate *e = &v->files[i].figures[g].of[METRIC_RECALL_1];
            if (isnan(e->value)) buf_text(out, STR("<td class=\"figure\">not computed</td>"));
            else if (isnan(e->low)) buf_fmt(out, "<td class=\"figure\">%.1f</td>", 100 * e->value);
            else buf_fmt(out, "<td class=\"figure\">%.1f (%.1f-%.1f)</td>", 100 * e->value, 100 * e->low, 100 * e->high);
        }
        buf_text(out, STR("</tr>\n"));
    }
    buf_text(out, STR("</tbody></table>\n"));
}

static void plot_families(const struct report *r, const struct view *v, const char *id, struct buf *out) {
    double y = TOP, height = bars_height(r, v);
    if (height <= TOP) return;
    buf_text(out, STR("<h3>Recall by family</h3>\n<div class=\"plot\">\n"));
    begin_svg(out, id, BAR_LEFT + WIDTH + 30, height + 40 + 18 * r->sample->file_count, "Recall at 1 % by family of attack",
              "A bar for each family and file of scores, with its 95 % interval; the table beside has the figures.");
    for (unsigned i = 0; i <= 5; i++) {
        char text[16];
        double x = BAR_LEFT + WIDTH * i / 5;
        (void)snprintf(text, sizeof text, "%u %%", i * 20);
        buf_fmt(out, "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#d9dee5\"/>\n", x, TOP, x, height);
        text_at(out, x, height + 16, "middle", str_from(text));
    }
    for (unsigned g = GROUP_FAMILIES; g < v->group_count; g++) {
        if (!v->counts[g].hijackers) continue;
        text_at(out, BAR_LEFT - 8, y + BAR_STEP * r->sample->file_count / 2 + 3, "end", str_clip(report_group_name(r, g), 26));
        for (unsigned i = 0; i < r->sample->file_count; i++, y += BAR_STEP) bar(&v->files[i].figures[g].of[METRIC_RECALL_1], i, y, out);
        y += 12;
    }
    legend(r, BAR_LEFT, height + 42, out);
    buf_text(out, STR("</svg>\n"));
    family_table(r, v, out);
    buf_text(out, STR("</div>\n"));
}

/* ---- the page ----------------------------------------------------------------------------------------------------------------------- */

static void plot_view(const struct report *r, unsigned number, struct buf *out) {
    const struct view *v = &r->measured->views[number];
    struct curves roc = {
        number ? "roc-all" : "roc-logins",
        "Recall by share of owners challenged",
        "One line for each file of scores, over a logarithmic axis from 0.01 % to 100 %; the table beside has the figures.",
        "owners' events challenged",
        "Hijackers' events caught",
        4,
        {"0.01 %", "0.1 %", "1 %", "10 %", "100 %"},
        curve_share,
        true};
    struct curves time = {
        number ? "time-all" : "time-logins",
        "Time to detect, at 1 %",
        "Share of all incidents that are alarmed within so many minutes of the hijacker's first event, over a logarithmic axis; "
        "the table beside has the figures.",
        "minutes since the hijacker's first event",
        "Incidents alarmed",
        6,
        {"0.01", "0.1", "1", "10", "100", "1,000", "10,000"},
        curve_minutes,
        false};
    buf_fmt(out, "<section>\n<h2>Plots: %.*s%s</h2>\n", STR_ARGS(v->name), r->plan->holds_out ? " (held out)" : "");
    plot_curves(r, v, &roc, out);
    plot_curves(r, v, &time, out);
    plot_families(r, v, number ? "families-all" : "families-logins", out);
    buf_text(out, STR("</section>\n"));
}

void report_html(const struct report *r, struct arena *work, struct buf *out) {
    struct document d;
    document_begin(&d, work, STR("en"), STR("Hijackers and owners, told apart"), STR_NONE);
    report_document(r, &d);
    if (d.overflow) out->overflow = true;
    buf_text(out, STR("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                      "content=\"width=device-width\">\n"
                      "<title>Hijackers and owners, told apart</title>\n<style>"));
    buf_text(out, str_from(style));
    buf_text(out, STR("</style>\n</head>\n<body>\n<main>\n"));
    document_write_html_article(&d, 1, out);
    for (unsigned i = 0; i < VIEW_COUNT; i++) plot_view(r, i, out);
    buf_text(out, STR("</main>\n</body>\n</html>\n"));
}
