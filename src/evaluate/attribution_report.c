// SPDX-License-Identifier: Apache-2.0
/* Writes what was measured of attribution as a document and as JSON. */
#include <math.h>
#include <stdarg.h>

#include "evaluate/attribution.h"

#define CELL_SIZE 96

static struct str group_name(const struct attribution *a, unsigned group) {
    return group ? a->sample->families.texts[group - 1] : STR("all");
}

/* ---- for people ------------------------------------------------------------------------------------------------------------------- */

static PRINTF_LIKE(2, 3) void say(struct document *d, const char *format, ...) {
    char text[1024];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    document_list_item(d, str_from(text));
}

static void write_share(const struct estimate *e, char text[CELL_SIZE]) {
    if (isnan(e->value)) (void)snprintf(text, CELL_SIZE, "-");
    else if (isnan(e->low)) (void)snprintf(text, CELL_SIZE, "%.1f", e->value * 100);
    else (void)snprintf(text, CELL_SIZE, "%.1f (%.1f-%.1f)", e->value * 100, e->low * 100, e->high * 100);
}

static void table(const struct attribution *a, struct document *d, const char *what, const enum attribution_share *shares, size_t count) {
    struct cell cells[DOCUMENT_CELLS_MAX];
    cells[0] = (struct cell){STR("family"), false};
    cells[1] = (struct cell){STR("incidents"), true};
    for (size_t i = 0; i < count; i++) cells[i + 2] = (struct cell){attribution_heading(shares[i]), true};
    document_table(d, str_from(what), cells, count + 2);
    for (unsigned g = 0; g < a->group_count; g++) {
        char texts[DOCUMENT_CELLS_MAX][CELL_SIZE];
        const struct attribution_group *group = &a->groups[g];
        if (!group->incidents) continue;
        cells[0].text = group_name(a, g);
        (void)snprintf(texts[0], CELL_SIZE, "%llu", (unsigned long long)group->opened);
        for (size_t i = 0; i < count; i++) write_share(&group->share[shares[i]], texts[i + 1]);
        for (size_t i = 0; i <= count; i++) cells[i + 1].text = str_from(texts[i]);
        document_row(d, cells, count + 2);
    }
}

void attribution_document(const struct attribution *a, struct document *d) {
    static const enum attribution_share acts[] = {ATTRIBUTION_RECALL, ATTRIBUTION_PRECISION, ATTRIBUTION_VALUE_RECALL,
                                                  ATTRIBUTION_VALUE_PRECISION};
    static const enum attribution_share found[] = {ATTRIBUTION_UNNAMED_RECALL, ATTRIBUTION_BACKWARDS, ATTRIBUTION_ALL_RIGHT};
    static const enum attribution_share asked[] = {ATTRIBUTION_HIJACKERS_ASKED, ATTRIBUTION_OWNERS_ASKED};
    const struct attribution_group *all = &a->groups[0];
    document_heading(d, 2, STR("Attribution"));
    say(d, "%llu incidents of %llu accounts, %llu of them opened; only these are measured.", (unsigned long long)all->incidents,
        (unsigned long long)all->accounts, (unsigned long long)all->opened);
    say(d, "%llu of the hijackers' acts were called theirs, of %llu; %llu of the owners' were called a hijacker's.",
        (unsigned long long)all->count[ATTRIBUTION_RECALL], (unsigned long long)all->of[ATTRIBUTION_RECALL],
        (unsigned long long)(all->of[ATTRIBUTION_PRECISION] - all->count[ATTRIBUTION_PRECISION]));
    say(d, "%llu tries that failed were called the hijacker's; they are neither right nor wrong.", (unsigned long long)a->failed_tries);
    say(d, "%llu alarms without a hijacker, %llu of them cleared; in them %llu of the owners' acts are called a hijacker's in the end.",
        (unsigned long long)a->false_alarms, (unsigned long long)a->cleared, (unsigned long long)a->false_alarm_acts);
    table(a, d, "Whose acts: percent, with 95 % intervals over accounts", acts, sizeof acts / sizeof acts[0]);
    table(a, d, "Acts that nobody named, those found backwards when it opened, and incidents in which all is right", found,
          sizeof found / sizeof found[0]);
    table(a, d, "Acts that the owner must be asked about, of all that are in an incident", asked, sizeof asked / sizeof asked[0]);
}

/* ---- for programs ----------------------------------------------------------------------------------------------------------------- */

static void number(struct buf *out, double value) {
    if (isfinite(value)) buf_fmt(out, "%.9g", value);
    else buf_text(out, STR("null"));
}

static void write_group(const struct attribution *a, unsigned g, struct buf *out) {
    const struct attribution_group *group = &a->groups[g];
    buf_fmt(out, "{\"group\":\"%s\",\"name\":", g ? "family" : "all");
    buf_json(out, group_name(a, g));
    buf_fmt(out, ",\"incidents\":%llu,\"opened\":%llu,\"accounts\":%llu", (unsigned long long)group->incidents,
            (unsigned long long)group->opened, (unsigned long long)group->accounts);
    for (unsigned s = 0; s < ATTRIBUTION_COUNT; s++) {
        struct str name = attribution_name((enum attribution_share)s);
        buf_fmt(out, ",\"%.*s\":{\"value\":", STR_ARGS(name));
        number(out, group->share[s].value);
        buf_text(out, STR(",\"low\":"));
        number(out, group->share[s].low);
        buf_text(out, STR(",\"high\":"));
        number(out, group->share[s].high);
        buf_fmt(out, ",\"count\":%llu,\"of\":%llu}", (unsigned long long)group->count[s], (unsigned long long)group->of[s]);
    }
    buf_char(out, '}');
}

void attribution_json(const struct attribution *a, const struct plan *plan, struct buf *out) {
    buf_fmt(out, "{\"format\":1,\"rounds\":%u,\"seed\":%llu", plan->rounds, (unsigned long long)plan->seed);
    buf_fmt(out, ",\"false_alarms\":%llu,\"cleared\":%llu,\"false_alarm_acts\":%llu,\"failed_tries\":%llu,\"groups\":[",
            (unsigned long long)a->false_alarms, (unsigned long long)a->cleared, (unsigned long long)a->false_alarm_acts,
            (unsigned long long)a->failed_tries);
    for (unsigned g = 0; g < a->group_count; g++) {
        if (g) buf_char(out, ',');
        write_group(a, g, out);
    }
    buf_text(out, STR("]}\n"));
}
