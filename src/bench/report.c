// SPDX-License-Identifier: Apache-2.0
/* Writes what a bench found as a table, as JSON and as the page of the documentation. */
#include "bench/report.h"

#include <math.h>
#include <string.h>

#include "base/check.h"

struct bench_row *report_add(struct bench_report *r, const char *key, const char *what, enum unit unit, double reached) {
    struct bench_row *row = NULL;
    for (unsigned i = 0; i < r->count; i++)
        if (strcmp(r->rows[i].key, key) == 0) row = &r->rows[i];
    if (!row) {
        CHECK(r->count < BENCH_ROWS_MAX);
        row = &r->rows[r->count++];
    }
    *row = (struct bench_row){.key = key, .what = what, .unit = unit, .reached = reached};
    return row;
}

struct bench_row *report_goal(struct bench_row *row, enum goal_rule rule, double goal) {
    row->rule = rule;
    row->goal = goal;
    return row;
}

bool report_holds(const struct bench_row *row) {
    switch (row->rule) {
    case RULE_NONE: return true;
    case RULE_AT_LEAST: return row->reached >= row->goal;
    case RULE_AT_MOST: return row->reached <= row->goal;
    }
    return false;
}

/* Three digits that matter. */
static void write_three_digits(struct buf *out, double value) {
    double size = fabs(value);
    buf_fmt(out, "%.*f", size >= 99.95 || value == 0 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3, value);
}

void report_write_figure(struct buf *out, enum unit unit, double value) {
    switch (unit) {
    case UNIT_PER_SECOND:
        write_three_digits(out, value >= 999.5e3 ? value / 1e6 : value >= 999.5 ? value / 1e3 : value);
        buf_text(out, value >= 999.5e3 ? STR(" M/s") : value >= 999.5 ? STR(" k/s") : STR("/s"));
        return;
    case UNIT_MICROSECONDS:
        write_three_digits(out, value >= 1000 ? value / 1e3 : value), buf_text(out, value >= 1000 ? STR(" ms") : STR(" us"));
        return;
    case UNIT_MILLISECONDS: write_three_digits(out, value), buf_text(out, STR(" ms")); return;
    case UNIT_SECONDS: write_three_digits(out, value), buf_text(out, STR(" s")); return;
    case UNIT_NANOSECONDS: write_three_digits(out, value), buf_text(out, STR(" ns")); return;
    case UNIT_SHARE: write_three_digits(out, value), buf_text(out, STR(" cores")); return;
    case UNIT_BYTES:
        write_three_digits(out, value >= 1e6 ? value / 1e6 : value >= 1e4 ? value / 1e3 : value);
        buf_text(out, value >= 1e6 ? STR(" MB") : value >= 1e4 ? STR(" kB") : STR(" B"));
        return;
    case UNIT_COUNT: buf_fmt(out, "%.0f", value); return;
    }
}

static void write_goal(struct buf *out, const struct bench_row *row) {
    if (row->rule == RULE_NONE) return;
    buf_text(out, row->rule == RULE_AT_LEAST ? STR(">= ") : STR("<= "));
    report_write_figure(out, row->unit, row->goal);
}

static struct str verdict(const struct bench_row *row) {
    return row->rule == RULE_NONE ? STR("") : report_holds(row) ? STR("reached") : STR("missed");
}

/* Fills up to `width` characters; all texts of a table are ASCII. */
static void pad(struct buf *out, size_t from, size_t width) {
    while (out->size < from + width && !out->overflow) buf_char(out, ' ');
}

static void write_table_row(struct buf *out, const struct bench_row *row) {
    size_t from = out->size;
    buf_fmt(out, "  %s", row->what);
    pad(out, from, 66);
    buf_char(out, ' ');
    from = out->size;
    report_write_figure(out, row->unit, row->reached);
    pad(out, from, 12);
    from = out->size;
    write_goal(out, row);
    pad(out, from, 13);
    buf_text(out, verdict(row));
    buf_char(out, '\n');
    if (row->limit[0]) buf_fmt(out, "      %s\n", row->limit);
}

/* One calibration figure, "before" and where it was taken again "before / after". */
static void write_pair(struct buf *out, const struct bench_report *r, const char *what, enum unit unit, double before, double after) {
    buf_fmt(out, "%s ", what);
    report_write_figure(out, unit, before);
    if (!r->calibrated_after) return;
    buf_text(out, STR(" / "));
    report_write_figure(out, unit, after);
}

static void write_machine(const struct bench_report *r, struct buf *out) {
    const struct machine *m = &r->machine;
    buf_fmt(out, "%s, %u cores, %.0f GB, %s, %s, gcc/clang %s, load %.2f", m->processor, m->cores, (double)m->memory_bytes / 1e9, m->kernel,
            m->file_system, m->compiler, m->load);
}

static void write_calibration(const struct bench_report *r, struct buf *out, const char *between) {
    const struct calibration_figures *b = &r->before, *a = &r->after;
    write_pair(out, r, "system call", UNIT_NANOSECONDS, b->syscall_ns, a->syscall_ns);
    buf_text(out, str_from(between));
    write_pair(out, r, "dependent read of memory (256 MB)", UNIT_NANOSECONDS, b->read_ns, a->read_ns);
    buf_text(out, str_from(between));
    write_pair(out, r, "4 KiB append and fdatasync p50", UNIT_MICROSECONDS, b->sync_p50_us, a->sync_p50_us);
    buf_text(out, str_from(between));
    write_pair(out, r, "its p99", UNIT_MICROSECONDS, b->sync_p99_us, a->sync_p99_us);
    buf_text(out, str_from(between));
    write_pair(out, r, "TCP echo on loopback p50", UNIT_MICROSECONDS, b->echo_p50_us, a->echo_p50_us);
    buf_text(out, str_from(between));
    write_pair(out, r, "its p99", UNIT_MICROSECONDS, b->echo_p99_us, a->echo_p99_us);
}

void report_write_table(const struct bench_report *r, struct buf *out) {
    buf_text(out, STR("machine: "));
    write_machine(r, out);
    buf_text(out, r->calibrated_after ? STR("\nits floor, before / after: ") : STR("\nits floor: "));
    write_calibration(r, out, ", ");
    buf_fmt(out, "\n%s%llu accounts\n\n", r->quick ? "quick run, " : "", (unsigned long long)r->accounts);
    for (unsigned i = 0; i < r->count; i++) write_table_row(out, &r->rows[i]);
}

void report_write_json(const struct bench_report *r, struct buf *out) {
    buf_text(out, STR("{\"when\":"));
    buf_json(out, str_from(r->when));
    buf_fmt(out, ",\"quick\":%s,\"accounts\":%llu,\"seconds\":%.1f,\"machine\":{", r->quick ? "true" : "false",
            (unsigned long long)r->accounts, r->seconds);
    machine_write_json(&r->machine, out);
    buf_text(out, STR("},\"calibration\":{\"before\":{"));
    calibration_write_json(&r->before, out);
    if (r->calibrated_after) {
        buf_text(out, STR("},\"after\":{"));
        calibration_write_json(&r->after, out);
    }
    buf_text(out, STR("}},\"figures\":{"));
    for (unsigned i = 0; i < r->count; i++) {
        const struct bench_row *row = &r->rows[i];
        if (i) buf_char(out, ',');
        buf_json(out, str_from(row->key));
        buf_fmt(out, ":{\"reached\":%.6g", row->reached);
        if (row->rule != RULE_NONE)
            buf_fmt(out, ",\"goal\":%.6g,\"rule\":\"%s\",\"holds\":%s", row->goal, row->rule == RULE_AT_LEAST ? "at_least" : "at_most",
                    report_holds(row) ? "true" : "false");
        if (row->limit[0]) buf_text(out, STR(",\"limit\":")), buf_json(out, str_from(row->limit));
        buf_char(out, '}');
    }
    buf_text(out, STR("}}"));
}

static void write_markdown_rows(const struct bench_report *r, struct buf *out, bool with_goal) {
    for (unsigned i = 0; i < r->count; i++) {
        const struct bench_row *row = &r->rows[i];
        if ((row->rule != RULE_NONE) != with_goal) continue;
        buf_fmt(out, "| %s | ", row->what);
        if (with_goal) write_goal(out, row), buf_text(out, STR(" | "));
        report_write_figure(out, row->unit, row->reached);
        if (with_goal) buf_text(out, STR(" | ")), buf_text(out, verdict(row));
        buf_fmt(out, " | %s |\n", row->limit);
    }
}

void report_write_markdown(const struct bench_report *r, struct buf *out) {
    buf_text(out, STR("# Benchmarks\n\nWritten by `hikeshi bench --markdown`; do not edit. How it is measured: "
                      "[how-to/replay-and-measure.md](how-to/replay-and-measure.md).\n\n"));
    buf_fmt(out,
            "Measured on %s, %llu accounts%s. Figures of another machine, or of this one while others use it, are other figures: compare "
            "them with the floor below.\n\n* machine: ",
            r->when, (unsigned long long)r->accounts, r->quick ? ", quick run" : "");
    write_machine(r, out);
    buf_text(out, r->calibrated_after ? STR("\n* its floor, before / after the run: ") : STR("\n* its floor: "));
    write_calibration(r, out, "; ");
    buf_text(out, STR("\n\n## Goals\n| what | goal | reached | | how it was taken, what limits it |\n|---|---|---|---|---|\n"));
    write_markdown_rows(r, out, true);
    buf_text(out, STR("\n## Figures that explain them\n| what | figure | |\n|---|---|---|\n"));
    write_markdown_rows(r, out, false);
}
