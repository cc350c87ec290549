// SPDX-License-Identifier: Apache-2.0
/* Writes what was measured as a document: tables of figures with their intervals, and what could not be computed. */
#include <math.h>
#include <stdarg.h>

#include "base/moment.h"
#include "evaluate/report.h"

#define CELL_SIZE    96
#define FILES_IN_ROW 6

struct str report_group_name(const struct report *r, unsigned group) {
    static const char *const names[GROUP_FAMILIES] = {
        "all", "seen", "held out", "some logins before", "0 logins before", "1 to 4 before", "5 and more before"};
    return group < GROUP_FAMILIES ? str_from(names[group]) : r->sample->families.texts[group - GROUP_FAMILIES];
}

/* ---- rows --------------------------------------------------------------------------------------------------------------------------- */

struct row {
    char texts[DOCUMENT_CELLS_MAX][CELL_SIZE];
    struct cell cells[DOCUMENT_CELLS_MAX];
    size_t count;
};

static void add_text(struct row *row, struct str s, bool figure) {
    struct buf b = buf_over(row->texts[row->count], CELL_SIZE);
    buf_text(&b, str_clip(s, CELL_SIZE));
    row->cells[row->count++] = (struct cell){buf_str(&b), figure};
}

static PRINTF_LIKE(2, 3) void add_figure(struct row *row, const char *format, ...) {
    char *text = row->texts[row->count];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, CELL_SIZE, format, args);
    va_end(args);
    row->cells[row->count++] = (struct cell){str_from(text), true};
}

static unsigned digits_of(enum metric m) {
    if (m == METRIC_AUC) return 3;
    return m == METRIC_PRECISION_1 || m == METRIC_PRECISION_01 || m == METRIC_FPR_1 || m == METRIC_FPR_01 ? 2 : 1;
}

/* Percent but for the AUC, with the interval where there is one. */
static void add_estimate(struct row *row, const struct estimate *e, enum metric m, bool is_difference) {
    double unit = m == METRIC_AUC ? 1 : 100;
    int digits = (int)digits_of(m);
    if (isnan(e->value)) add_text(row, STR("-"), true);
    else if (isnan(e->low)) add_figure(row, is_difference ? "%+.*f" : "%.*f", digits, e->value * unit);
    else if (is_difference)
        add_figure(row, "%+.*f (%+.*f to %+.*f)", digits, e->value * unit, digits, e->low * unit, digits, e->high * unit);
    else add_figure(row, "%.*f (%.*f-%.*f)", digits, e->value * unit, digits, e->low * unit, digits, e->high * unit);
}

static void add_median(struct row *row, double value) {
    if (isnan(value)) add_text(row, STR("-"), true);
    else if (isinf(value)) add_text(row, STR("never"), true);
    else add_figure(row, "%.4g", value);
}

static void put(struct document *d, const struct row *row) {
    document_row(d, row->cells, row->count);
}

static PRINTF_LIKE(2, 3) void say(struct document *d, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    document_list_item(d, str_from(text));
}

/* ---- tables ------------------------------------------------------------------------------------------------------------------------- */

/* One row a file, these figures of the main group; the head is made of their headings, without "recall" and the like where `heads` says. */
struct columns {
    const char *what;
    enum metric metrics[DOCUMENT_CELLS_MAX - 1];
    const char *heads[DOCUMENT_CELLS_MAX - 1];
    size_t count;
};

static const struct columns by_event = {"ROC-AUC; the rest in percent. Owners: whose scores were above the threshold in the test part",
                                        {METRIC_AUC, METRIC_RECALL_1, METRIC_RECALL_01, METRIC_FPR_1, METRIC_FPR_01},
                                        {"ROC-AUC", "recall at 1 %", "recall at 0.1 %", "owners at 1 %", "owners at 0.1 %"},
                                        5};
static const struct columns by_incident = {
    "Incidents in which an event is above the threshold, and owners' events challenged to catch a share "
    "of incidents; in percent",
    {METRIC_INCIDENTS_1, METRIC_INCIDENTS_01, METRIC_CHALLENGED_50, METRIC_CHALLENGED_90, METRIC_CHALLENGED_95},
    {"caught at 1 %", "caught at 0.1 %", "to catch 50 %", "to catch 90 %", "to catch 95 %"},
    5};
static const struct columns by_time = {"Incidents with a value-bearing act that were alarmed before it, or at the latest at it; in percent",
                                       {METRIC_BEFORE_1, METRIC_BEFORE_01, METRIC_NOT_AFTER_1, METRIC_NOT_AFTER_01},
                                       {"before, at 1 %", "before, at 0.1 %", "before or at, 1 %", "before or at, 0.1 %"},
                                       4};

static void table_head(struct document *d, struct str what, const char *first, const char *const *heads, size_t count) {
    struct cell cells[DOCUMENT_CELLS_MAX];
    cells[0] = (struct cell){str_from(first), false};
    for (size_t i = 0; i < count; i++) cells[i + 1] = (struct cell){str_from(heads[i]), true};
    document_table(d, what, cells, count + 1);
}

static void table_of_files(const struct report *r, const struct view *v, const struct columns *c, struct document *d) {
    table_head(d, str_from(c->what), "scores", c->heads, c->count);
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        struct row row = {.count = 0};
        add_text(&row, r->sample->files[i].name, false);
        for (size_t k = 0; k < c->count; k++) add_estimate(&row, &v->files[i].figures[v->main].of[c->metrics[k]], c->metrics[k], false);
        put(d, &row);
    }
}

static void table_of_differences(const struct report *r, const struct view *v, struct document *d) {
    static const enum metric metrics[] = {METRIC_AUC, METRIC_RECALL_1, METRIC_RECALL_01, METRIC_CHALLENGED_90};
    static const char *const heads[] = {"ROC-AUC", "recall at 1 %", "recall at 0.1 %", "to catch 90 %"};
    if (r->sample->file_count < 2) return;
    table_head(d, STR("Differences from the first file, on the same draws of accounts; points of percent"), "scores", heads, 4);
    for (unsigned i = 1; i < r->sample->file_count; i++) {
        struct row row = {.count = 0};
        add_text(&row, r->sample->files[i].name, false);
        for (size_t k = 0; k < 4; k++) add_estimate(&row, &v->files[i].figures[v->main].less_first[metrics[k]], metrics[k], true);
        put(d, &row);
    }
}

static void table_of_detection(const struct report *r, const struct view *v, struct document *d) {
    static const char *const heads[] = {"events, at 1 %", "minutes, at 1 %", "events, at 0.1 %", "minutes, at 0.1 %"};
    table_head(d, STR("Until the alarm: medians over all incidents, detected or not"), "scores", heads, 4);
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        const struct figures *f = &v->files[i].figures[v->main];
        struct row row = {.count = 0};
        add_text(&row, r->sample->files[i].name, false);
        for (unsigned k = 0; k < SHARE_COUNT; k++) {
            bool known = measure_has_cuts(r->sample, &v->files[i], (enum share)k);
            add_median(&row, known ? f->events_median[k] : (double)NAN);
            add_median(&row, known ? f->minutes_median[k] : (double)NAN);
        }
        put(d, &row);
    }
}

static void table_of_precision(const struct report *r, const struct view *v, struct document *d) {
    static const char *const heads[] = {"at 1 %", "at 0.1 %"};
    char what[128];
    (void)snprintf(what, sizeof what, "Precision in percent, if one event in %.0f is a hijacker's", 1 / r->plan->prevalence);
    table_head(d, str_from(what), "scores", heads, 2);
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        struct row row = {.count = 0};
        add_text(&row, r->sample->files[i].name, false);
        add_estimate(&row, &v->files[i].figures[v->main].of[METRIC_PRECISION_1], METRIC_PRECISION_1, false);
        add_estimate(&row, &v->files[i].figures[v->main].of[METRIC_PRECISION_01], METRIC_PRECISION_01, false);
        put(d, &row);
    }
}

static void table_of_levels(const struct report *r, const struct view *v, struct document *d) {
    struct row head = {.count = 0};
    if (!r->plan->level_count) return;
    add_text(&head, STR("scores"), false);
    for (unsigned k = 0; k < r->plan->level_count; k++) add_figure(&head, "%g", r->plan->levels[k]);
    document_table(d, STR("All owners' events that score at least so much, in percent"), head.cells, head.count);
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        struct row row = {.count = 0};
        add_text(&row, r->sample->files[i].name, false);
        for (unsigned k = 0; k < r->plan->level_count; k++) {
            double share = v->files[i].reached[k].owners;
            if (isnan(share)) add_text(&row, STR("-"), true);
            else add_figure(&row, "%.3f", 100 * share);
        }
        put(d, &row);
    }
}

static bool is_shown(const struct report *r, const struct view *v, unsigned group) {
    if ((group == GROUP_SEEN || group == GROUP_HELD_OUT) && !r->plan->holds_out) return false;
    return v->counts[group].hijackers || v->counts[group].incidents || (group >= GROUP_DEPTH_0 && group <= GROUP_DEPTH_MANY);
}

static void table_of_groups(const struct report *r, const struct view *v, unsigned file, struct document *d) {
    static const enum metric metrics[] = {METRIC_AUC, METRIC_RECALL_1, METRIC_RECALL_01, METRIC_INCIDENTS_1};
    static const char *const heads[] = {"incidents", "ROC-AUC", "recall at 1 %", "recall at 0.1 %", "caught at 1 %"};
    char what[256];
    (void)snprintf(what, sizeof what, "%.*s, by history and by family", STR_ARGS(str_clip(r->sample->files[file].name, 128)));
    table_head(d, str_from(what), "group", heads, 5);
    for (unsigned g = 0; g < v->group_count; g++) {
        if (!is_shown(r, v, g)) continue;
        struct row row = {.count = 0};
        add_text(&row, report_group_name(r, g), false);
        add_figure(&row, "%llu", (unsigned long long)v->counts[g].incidents);
        for (unsigned k = 0; k < 4; k++) add_estimate(&row, &v->files[file].figures[g].of[metrics[k]], metrics[k], false);
        put(d, &row);
    }
}

/* A figure of the files from `first` on, side by side. */
static void table_of_recalls(const struct report *r, const struct view *v, unsigned first, enum metric m, struct document *d) {
    unsigned end = first + FILES_IN_ROW < r->sample->file_count ? first + FILES_IN_ROW : r->sample->file_count;
    struct row head = {.count = 0};
    char what[128];
    (void)snprintf(what, sizeof what, "%.*s, in percent, side by side", STR_ARGS(metric_heading(m)));
    add_text(&head, STR("group"), false);
    for (unsigned i = first; i < end; i++) add_text(&head, r->sample->files[i].name, true);
    document_table(d, str_from(what), head.cells, head.count);
    for (unsigned g = 0; g < v->group_count; g++) {
        if (!is_shown(r, v, g)) continue;
        struct row row = {.count = 0};
        add_text(&row, report_group_name(r, g), false);
        for (unsigned i = first; i < end; i++) add_estimate(&row, &v->files[i].figures[g].of[m], m, false);
        put(d, &row);
    }
}

/* ---- what is missing ---------------------------------------------------------------------------------------------------------------- */

/* All figures of a file that are missing for the same reason as this one; nothing where a figure before it has the same. */
static void say_missing(const struct report *r, const struct view *v, unsigned file, enum metric first, struct document *d) {
    char text[768];
    struct buf b = buf_over(text, sizeof text);
    struct str why = measure_why(r->sample, v, v->main, file, first);
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        if (!str_equal(measure_why(r->sample, v, v->main, file, (enum metric)m), why)) continue;
        if (m < first) return;
        if (b.size) buf_text(&b, STR("; "));
        buf_text(&b, metric_heading((enum metric)m));
    }
    say(d, "not computed, because %.*s: %.*s", STR_ARGS(why), STR_ARGS(buf_str(&b)));
}

static void list_missing(const struct report *r, const struct view *v, struct document *d) {
    for (unsigned i = 0; i < r->sample->file_count; i++)
        for (unsigned m = 0; m < METRIC_COUNT; m++) {
            struct str why = measure_why(r->sample, v, v->main, i, (enum metric)m);
            if (why.size && (i == 0 || !str_equal(why, measure_why(r->sample, v, v->main, 0, (enum metric)m))))
                say_missing(r, v, i, (enum metric)m, d);
        }
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        const struct view_file *f = &v->files[i];
        if (f->owners_unscored || f->hijackers_unscored)
            say(d, "%.*s: %llu owners' and %llu hijackers' events have no score, and count as the least suspicious",
                STR_ARGS(str_clip(r->sample->files[i].name, 128)), (unsigned long long)f->owners_unscored,
                (unsigned long long)f->hijackers_unscored);
    }
    uint64_t accounts = v->counts[v->main].accounts;
    if (accounts && accounts < 10) say(d, "only %llu hijacked accounts: intervals are rough guesses", (unsigned long long)accounts);
}

static void show_view(const struct report *r, const struct view *v, struct document *d) {
    const struct group_counts *c = &v->counts[v->main];
    static const char *const headings[VIEW_COUNT] = {"Logins", "All events", "Visits"};
    document_heading(d, 2, str_from(headings[v->number]));
    say(d, "test: %llu owners' events, %llu hijackers' events in %llu incidents on %llu accounts%s; thresholds from %llu owners' events",
        (unsigned long long)c->owners, (unsigned long long)c->hijackers, (unsigned long long)c->incidents, (unsigned long long)c->accounts,
        r->plan->holds_out ? ", of what was held out" : "", (unsigned long long)v->validation_owners);
    list_missing(r, v, d);
    table_of_files(r, v, &by_event, d);
    table_of_files(r, v, &by_incident, d);
    table_of_differences(r, v, d);
    table_of_detection(r, v, d);
    table_of_files(r, v, &by_time, d);
    table_of_precision(r, v, d);
    table_of_levels(r, v, d);
    if (r->sample->file_count > 1)
        for (unsigned k = 0; k < SHARE_COUNT; k++)
            for (unsigned i = 0; i < r->sample->file_count; i += FILES_IN_ROW)
                table_of_recalls(r, v, i, (enum metric)(METRIC_RECALL_1 + k), d);
    for (unsigned i = 0; i < r->sample->file_count; i++) table_of_groups(r, v, i, d);
}

static void say_cuts(const struct cuts *m, struct document *d) {
    char text[256];
    struct buf b = buf_over(text, sizeof text);
    buf_text(&b, STR("training from "));
    moment_format(&b, m->from_ms);
    buf_text(&b, STR(", validation from "));
    moment_format(&b, m->validate_from_ms);
    buf_text(&b, STR(", test from "));
    moment_format(&b, m->test_from_ms);
    buf_text(&b, STR(" to "));
    moment_format(&b, m->to_ms);
    document_list_item(d, buf_str(&b));
}

void report_document(const struct report *r, struct document *d) {
    const struct sample *s = r->sample;
    const uint64_t *labels = s->label_counts;
    document_heading(d, 2, STR("What was measured"));
    say(d, "%u events of %u accounts: %llu owners', %llu hijackers', %llu noise, %llu without a label", s->count, s->accounts.count,
        (unsigned long long)labels[SAMPLE_OWNER], (unsigned long long)labels[SAMPLE_HIJACKER], (unsigned long long)labels[SAMPLE_NOISE],
        (unsigned long long)labels[SAMPLE_UNLABELLED]);
    if (s->shop_count > 1) say(d, "%u shops: each is cut by itself and sets its own thresholds, in this order", s->shop_count);
    for (unsigned i = 0; i < s->shop_count; i++) say_cuts(&r->measured->cuts[i], d);
    if (s->repeated) say(d, "%llu events came again, and count once", (unsigned long long)s->repeated);
    if (s->late) say(d, "%llu events are older than one before them", (unsigned long long)s->late);
    if (r->measured->straddling)
        say(d, "incidents that go on after a cut, and are left out after it: %llu", (unsigned long long)r->measured->straddling);
    say(d, "in brackets: 95 %% intervals by %u draws of accounts, seed %llu", r->plan->rounds, (unsigned long long)r->plan->seed);
    for (unsigned i = 0; i < VIEW_COUNT; i++) show_view(r, &r->measured->views[i], d);
}
