// SPDX-License-Identifier: Apache-2.0
/* Writes what was measured as one JSON object. */
#include <math.h>

#include "base/moment.h"
#include "evaluate/report.h"

static void number(struct buf *out, double value) {
    if (isfinite(value)) buf_fmt(out, "%.9g", value);
    else if (isinf(value)) buf_text(out, value > 0 ? STR("\"never\"") : STR("\"lowest\""));
    else buf_text(out, STR("null"));
}

static void moment(struct buf *out, const char *name, int64_t at_ms) {
    buf_fmt(out, "\"%s\":\"", name);
    moment_format(out, at_ms);
    buf_char(out, '"');
}

static void estimate(struct buf *out, struct str name, const struct estimate *e) {
    buf_fmt(out, "\"%.*s\":{\"value\":", STR_ARGS(name));
    number(out, e->value);
    buf_text(out, STR(",\"low\":"));
    number(out, e->low);
    buf_text(out, STR(",\"high\":"));
    number(out, e->high);
}

static void figures(const struct report *r, const struct view *v, unsigned g, unsigned file, struct buf *out) {
    const struct figures *f = &v->files[file].figures[g];
    buf_text(out, STR("{\"scores\":"));
    buf_json(out, r->sample->files[file].name);
    for (unsigned m = 0; m < METRIC_COUNT; m++) {
        buf_char(out, ',');
        estimate(out, metric_name((enum metric)m), &f->of[m]);
        struct str why = measure_why(r->sample, v, (enum group)g, file, (enum metric)m);
        if (why.size) buf_text(out, STR(",\"why\":")), buf_json(out, why);
        buf_char(out, '}');
    }
    static const char *const shares[SHARE_COUNT] = {"1", "01"};
    for (unsigned k = 0; k < SHARE_COUNT; k++) {
        bool known = measure_has_cuts(r->sample, &v->files[file], (enum share)k);
        buf_fmt(out, ",\"events_median_at_%s_percent\":", shares[k]);
        number(out, known ? f->events_median[k] : (double)NAN);
        buf_fmt(out, ",\"minutes_median_at_%s_percent\":", shares[k]);
        number(out, known ? f->minutes_median[k] : (double)NAN);
    }
    if (file) {
        buf_text(out, STR(",\"less_first\":{"));
        for (unsigned m = 0; m < METRIC_COUNT; m++) {
            if (m) buf_char(out, ',');
            estimate(out, metric_name((enum metric)m), &f->less_first[m]);
            buf_char(out, '}');
        }
        buf_char(out, '}');
    }
    buf_char(out, '}');
}

static void group(const struct report *r, const struct view *v, unsigned g, struct buf *out) {
    static const char *const kinds[GROUP_FAMILIES] = {"all",     "seen",         "held_out",        "with_history",
                                                      "depth_0", "depth_1_to_4", "depth_5_and_more"};
    const struct group_counts *c = &v->counts[g];
    buf_fmt(out, "{\"group\":\"%s\",\"name\":", g < GROUP_FAMILIES ? kinds[g] : "family");
    buf_json(out, report_group_name(r, g));
    buf_fmt(out, ",\"owners\":%llu,\"hijackers\":%llu,\"incidents\":%llu,\"with_effect\":%llu,\"accounts\":%llu,\"files\":[",
            (unsigned long long)c->owners, (unsigned long long)c->hijackers, (unsigned long long)c->incidents,
            (unsigned long long)c->with_effect, (unsigned long long)c->accounts);
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        if (i) buf_char(out, ',');
        figures(r, v, g, i, out);
    }
    buf_text(out, STR("]}"));
}

static void curve(struct buf *out, const char *name, double (*at)(unsigned), const double *values) {
    buf_fmt(out, ",\"%s\":[", name);
    for (unsigned x = 0; x < CURVE_POINTS; x++) {
        buf_text(out, x ? STR(",[") : STR("["));
        number(out, at(x));
        buf_char(out, ',');
        number(out, values[x]);
        buf_char(out, ']');
    }
    buf_char(out, ']');
}

/* One number, or of several shops a list. */
static void thresholds(const struct report *r, const struct view_file *f, enum share k, const char *name, struct buf *out) {
    bool many = r->sample->shop_count > 1;
    buf_fmt(out, ",\"%s\":%s", name, many ? "[" : "");
    for (unsigned shop = 0; shop < r->sample->shop_count; shop++) {
        if (shop) buf_char(out, ',');
        number(out, f->cuts[shop][k]);
    }
    if (many) buf_char(out, ']');
}

static void levels(const struct report *r, const struct view_file *f, struct buf *out) {
    buf_text(out, STR("],\"at_levels\":["));
    for (unsigned k = 0; k < r->plan->level_count; k++) {
        buf_text(out, k ? STR(",{\"level\":") : STR("{\"level\":"));
        number(out, r->plan->levels[k]);
        buf_text(out, STR(",\"owners\":"));
        number(out, f->reached[k].owners);
        buf_text(out, STR(",\"recall\":"));
        number(out, f->reached[k].hijackers);
        buf_text(out, STR(",\"incidents\":"));
        number(out, f->reached[k].incidents);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

static void view(const struct report *r, const struct view *v, struct buf *out) {
    buf_fmt(out, "{\"view\":\"%.*s\",\"main\":\"%s\",\"validation_owners\":%llu,\"files\":[", STR_ARGS(v->name),
            v->main == GROUP_ALL ? "all" : "held_out", (unsigned long long)v->validation_owners);
    for (unsigned i = 0; i < r->sample->file_count; i++) {
        const struct view_file *f = &v->files[i];
        buf_text(out, i ? STR(",{\"scores\":") : STR("{\"scores\":"));
        buf_json(out, r->sample->files[i].name);
        buf_fmt(out, ",\"owners_unscored\":%llu,\"hijackers_unscored\":%llu", (unsigned long long)f->owners_unscored,
                (unsigned long long)f->hijackers_unscored);
        thresholds(r, f, SHARE_1, "above_at_1_percent", out);
        thresholds(r, f, SHARE_01, "above_at_01_percent", out);
        buf_text(out, STR(",\"owners_reaching\":["));
        for (unsigned k = 0; k < r->plan->level_count; k++) {
            buf_text(out, k ? STR(",[") : STR("["));
            number(out, r->plan->levels[k]);
            buf_char(out, ',');
            number(out, f->reached[k].owners);
            buf_char(out, ']');
        }
        levels(r, f, out);
        curve(out, "roc", curve_share, f->roc);
        curve(out, "detected_within_minutes", curve_minutes, f->detected);
        buf_char(out, '}');
    }
    buf_text(out, STR("],\"groups\":["));
    for (unsigned g = 0; g < v->group_count; g++) {
        if (g) buf_char(out, ',');
        group(r, v, g, out);
    }
    buf_text(out, STR("]}"));
}

/* The names of what was held out. `held` by number of `names`. */
static void held_out(struct buf *out, const char *name, const struct numbering *names, const bool *held) {
    bool any = false;
    buf_fmt(out, ",\"%s\":[", name);
    for (uint32_t i = 0; i < names->count; i++) {
        if (!held[i]) continue;
        if (any) buf_char(out, ',');
        buf_json(out, names->texts[i]);
        any = true;
    }
    buf_char(out, ']');
}

static void cuts(struct buf *out, const struct cuts *c) {
    moment(out, "train_from", c->from_ms);
    buf_char(out, ',');
    moment(out, "validate_from", c->validate_from_ms);
    buf_char(out, ',');
    moment(out, "test_from", c->test_from_ms);
    buf_char(out, ',');
    moment(out, "test_to", c->to_ms);
}

void report_json(const struct report *r, struct buf *out) {
    const struct sample *s = r->sample;
    const struct measurement *m = r->measured;
    buf_fmt(out, "{\"format\":1,\"events\":%u,\"accounts\":%u,\"owners\":%llu,\"hijackers\":%llu,\"noise\":%llu,\"unlabelled\":%llu,",
            s->count, s->accounts.count, (unsigned long long)s->label_counts[SAMPLE_OWNER],
            (unsigned long long)s->label_counts[SAMPLE_HIJACKER], (unsigned long long)s->label_counts[SAMPLE_NOISE],
            (unsigned long long)s->label_counts[SAMPLE_UNLABELLED]);
    buf_fmt(out, "\"repeated\":%llu,\"late\":%llu,\"straddling\":%llu,", (unsigned long long)s->repeated, (unsigned long long)s->late,
            (unsigned long long)m->straddling);
    cuts(out, &m->cuts[0]);
    buf_text(out, STR(",\"shops\":["));
    for (unsigned i = 0; i < s->shop_count; i++) {
        buf_fmt(out, "%s{\"events\":%u,", i ? "," : "", s->shops[i].end - s->shops[i].first);
        cuts(out, &m->cuts[i]);
        buf_char(out, '}');
    }
    buf_fmt(out, "],\"prevalence\":%.9g,\"rounds\":%u,\"seed\":%llu", r->plan->prevalence, r->plan->rounds,
            (unsigned long long)r->plan->seed);
    held_out(out, "held_out_families", &s->families, r->plan->family_held);
    held_out(out, "held_out_networks", &s->networks, r->plan->network_held + 1);
    buf_text(out, STR(",\"views\":["));
    for (unsigned i = 0; i < VIEW_COUNT; i++) {
        if (i) buf_char(out, ',');
        view(r, &m->views[i], out);
    }
    buf_text(out, STR("]}\n"));
}
