// SPDX-License-Identifier: Apache-2.0
/* Shows a person at a terminal how far a long command is, and when it will be done. */
#include "cli/progress.h"

#include <unistd.h>

#include "base/amount.h"

#define SHOW_EVERY_US 100000
#define BAR_WIDTH     20
/* Before this much time has gone by a rate says nothing. */
#define RATE_AFTER_US 200000

void figure_short(struct buf *b, double value) {
    const char *unit = "";
    if (value >= 999.5e6) value /= 1e9, unit = " G";
    else if (value >= 999.5e3) value /= 1e6, unit = " M";
    else if (value >= 999.5) value /= 1e3, unit = " k";
    int decimals = value >= 99.95 || (!unit[0] && value >= 9.95) ? 0 : value >= 9.995 ? 1 : 2;
    buf_fmt(b, "%.*f%s", decimals, value, unit);
}

void figure_duration(struct buf *b, int64_t us) {
    if (us < 0) us = 0;
    int64_t seconds = us / 1000000;
    if (seconds < 100) buf_fmt(b, "%.1f s", (double)us / 1e6);
    else if (seconds < 3600) buf_fmt(b, "%d:%02d", (int)(seconds / 60), (int)(seconds % 60));
    else buf_fmt(b, "%lld:%02d:%02d", (long long)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60));
}

void progress_init(struct progress *p, FILE *to, const char *verb, const char *past, const char *unit, uint64_t total, int64_t now_us) {
    *p = (struct progress){.to = to,
                           .live = isatty(fileno(to)) == 1,
                           .verb = verb,
                           .past = past,
                           .unit = unit,
                           .total = total,
                           .started_us = now_us,
                           .shown_us = now_us};
}

static void write_bar(struct buf *out, double share) {
    unsigned full = (unsigned)(share * BAR_WIDTH);
    buf_char(out, '[');
    for (unsigned i = 0; i < BAR_WIDTH; i++) buf_char(out, i < full ? '=' : i == full ? '>' : ' ');
    buf_fmt(out, "] %3d %%  ", (int)(share * 100));
}

void progress_line(const struct progress *p, uint64_t done, uint64_t part, int64_t now_us, struct buf *out) {
    int64_t elapsed = now_us - p->started_us;
    double share = p->total == 0 ? 0 : part >= p->total ? 1 : (double)part / (double)p->total;
    buf_fmt(out, "%s ", p->verb);
    if (p->total) write_bar(out, share);
    amount_grouped(out, done);
    buf_fmt(out, " %s", p->unit);
    if (elapsed < RATE_AFTER_US) return;
    buf_text(out, STR("  "));
    figure_short(out, (double)done * 1e6 / (double)elapsed);
    buf_text(out, STR("/s"));
    if (!p->total || share <= 0 || share >= 1) return;
    buf_text(out, STR("  ETA "));
    figure_duration(out, (int64_t)((double)elapsed / share * (1 - share)));
}

void progress_summary(const struct progress *p, uint64_t done, int64_t now_us, struct buf *out) {
    int64_t elapsed = now_us - p->started_us;
    buf_fmt(out, "%s ", p->past);
    amount_grouped(out, done);
    buf_fmt(out, " %s in ", p->unit);
    figure_duration(out, elapsed);
    if (elapsed < RATE_AFTER_US) return;
    buf_text(out, STR(" ("));
    figure_short(out, (double)done * 1e6 / (double)elapsed);
    buf_text(out, STR("/s)"));
}

void progress_show(struct progress *p, uint64_t done, uint64_t part, int64_t now_us) {
    if (!p->live || now_us - p->shown_us < SHOW_EVERY_US) return;
    p->shown_us = now_us;
    char memory[256];
    struct buf line = buf_over(memory, sizeof memory);
    progress_line(p, done, part, now_us, &line);
    (void)fprintf(p->to, "\r%.*s\033[K", STR_ARGS(buf_str(&line))); /* ESC [ K clears what a longer line left behind */
    (void)fflush(p->to);
}

void progress_end(struct progress *p, uint64_t done, int64_t now_us) {
    if (!p->live) return;
    char memory[256];
    struct buf line = buf_over(memory, sizeof memory);
    progress_summary(p, done, now_us, &line);
    (void)fprintf(p->to, "\r%.*s\033[K\n", STR_ARGS(buf_str(&line)));
    p->live = false;
}
