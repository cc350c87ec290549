// SPDX-License-Identifier: Apache-2.0
/* Writes how far logins moved, for people with sentences that say what to do, and as one JSON object. */
#include "base/moment.h"
#include "cli/drift.h"
#include "cli/plain_text.h"

/* ---- for people --------------------------------------------------------------------------------------------------------------------- */

static double percent(uint64_t of, uint64_t sum) {
    return sum ? 100.0 * (double)of / (double)sum : 0;
}

static void write_moved(const struct drift_tally *t, struct buf *out) {
    for (unsigned i = 0; i < t->moved_count; i++) {
        const struct drift_value *v = &t->values[t->moved[i]];
        buf_text(out, i ? STR(", ") : STR_NONE);
        plain_text_write(out, str_clip(v->name, 40));
        buf_fmt(out, " %.1f -> %.1f %%", percent(v->reference, t->sum[0]), percent(v->present, t->sum[1]));
    }
}

static void write_attribute(const struct drift_tally *t, struct str name, struct buf *out) {
    buf_fmt(out, "  %-24.*s %6.3f  %6.3f  %-8.*s ", STR_ARGS(name), t->figure.psi, t->figure.chance, STR_ARGS(drift_word(t->figure.state)));
    if (t->figure.state >= DRIFT_LOOK) write_moved(t, out);
    buf_char(out, '\n');
}

static struct str depth_word(int depth) {
    return depth < 0 ? STR("all logins") : depth == 0 ? STR("no earlier login") : depth == 1 ? STR("1 to 4 earlier") : STR("5 and more");
}

static void write_scale_row(const struct drift_report *r, int depth, struct buf *out) {
    uint64_t logins = 0, reached[DRIFT_LEVELS] = {0};
    for (int d = 0; d < DRIFT_DEPTHS; d++) {
        if (depth >= 0 && d != depth) continue;
        logins += r->depth_logins[1][d];
        for (unsigned i = 0; i < DRIFT_LEVELS; i++) reached[i] += r->reached[1][d][i];
    }
    buf_fmt(out, "  %-18.*s %9llu", STR_ARGS(depth_word(depth)), (unsigned long long)logins);
    for (unsigned i = 0; logins && i < DRIFT_LEVELS; i++) {
        double times;
        bool off = drift_scale_is_off(r, depth, i, &times);
        struct drift_share s = drift_share(reached[i], logins);
        buf_fmt(out, "  %6.2f%s (%.2f to %.2f)", 100 * s.value, off ? "!" : " ", 100 * s.low, 100 * s.high);
    }
    buf_char(out, '\n');
}

static void write_scale(const struct drift_report *r, struct buf *out) {
    buf_text(out, STR("\nthe scale: logins that reach a score, in percent, with 95 % intervals; ! is off by more than half\n"));
    buf_fmt(out, "  %-18s %9s", "", "logins");
    for (unsigned i = 0; i < DRIFT_LEVELS; i++) buf_fmt(out, "  %u promises %.2f      ", drift_levels[i], 100 * drift_promise(i));
    buf_char(out, '\n');
    for (int depth = -1; depth < DRIFT_DEPTHS; depth++) write_scale_row(r, depth, out);
}

/* What an attribute that moved may mean, and what to look at first. */
static struct str advice(enum drift_attribute a) {
    switch (a) {
    case DRIFT_COUNTRY:
    case DRIFT_ASN:
    case DRIFT_NET:
        return STR("was the source of network facts changed or updated? if not: new customers there, or a campaign; look at some with "
                   "`hikeshi explain`");
    case DRIFT_BROWSER:
    case DRIFT_OS: return STR("a new app or release of yours, or a tool that logs in; look at the rarest of them");
    case DRIFT_LANGUAGE:
    case DRIFT_TIMEZONE: return STR("does the shop still send it as before? if so: new customers, or clients that lie");
    case DRIFT_METHOD: return STR("did the login page change? if not, look at who logs in so");
    case DRIFT_HOUR: return STR("a sale, a holiday, or machines; hours are UTC");
    case DRIFT_DEVICE:
    case DRIFT_JA4: return STR("does the shop still send it? without it detectors are blind that lean on it");
    case DRIFT_SCORE_0:
    case DRIFT_SCORE_1_TO_4:
    case DRIFT_SCORE_5_AND_MORE: return STR("look at the scale below, and at the attributes that moved");
    case DRIFT_ATTRIBUTES: break;
    }
    return STR_NONE;
}

static void write_scale_advice(const struct drift_report *r, struct buf *out) {
    for (unsigned i = 0; i < DRIFT_LEVELS; i++) {
        double times;
        if (!drift_scale_is_off(r, -1, i, &times)) continue;
        buf_fmt(out, "* the scale is off: score %u came %.1f times as often as it promises. ", drift_levels[i], times);
        if (times > 1)
            buf_text(
                out,
                STR("Owners are asked more often than meant, or a campaign is on: look at some of them first. The scale learns anew by "
                    "itself, and thresholds need no change unless it stays so\n"));
        else buf_text(out, STR("Fewer are asked than meant: nobody is hurt, but a lower threshold would cost no more than was meant\n"));
    }
}

static void write_advice(const struct drift_report *r, struct buf *out) {
    buf_text(out, STR("\nwhat to do\n"));
    size_t before = out->size;
    for (unsigned a = 0; a < DRIFT_ATTRIBUTES; a++) {
        if (r->of[a].figure.state < DRIFT_LOOK) continue;
        buf_fmt(out, "* %.*s %.*s: %.*s\n", STR_ARGS(drift_attribute_word(a)), r->of[a].figure.state == DRIFT_DRIFTED ? 7 : 5,
                r->of[a].figure.state == DRIFT_DRIFTED ? "drifted" : "moved", STR_ARGS(advice(a)));
    }
    write_scale_advice(r, out);
    if (drift_worst(r) == DRIFT_DRIFTED)
        buf_text(
            out,
            STR("* a model that was trained before saw another world: measure it on labels of now (`hikeshi labels`, `hikeshi evaluate`), "
                "and train anew where it lost\n"));
    if (r->accounts[0] < DRIFT_ACCOUNTS_MIN || r->accounts[1] < DRIFT_ACCOUNTS_MIN)
        buf_fmt(out, "* fewer than %d accounts in a window: take longer ones (--against, --from)\n", DRIFT_ACCOUNTS_MIN);
    if (out->size == before) buf_text(out, STR("* nothing\n"));
}

void drift_write_text(const struct drift_report *r, struct buf *out) {
    buf_text(out, STR("before  "));
    moment_format(out, r->against_ms);
    buf_text(out, STR(" to "));
    moment_format(out, r->from_ms);
    buf_fmt(out, "  %llu logins of %llu accounts\nnow     ", (unsigned long long)r->logins[0], (unsigned long long)r->accounts[0]);
    moment_format(out, r->from_ms);
    buf_text(out, STR(" to "));
    moment_format(out, r->to_ms);
    buf_fmt(out, "  %llu logins of %llu accounts\n\n", (unsigned long long)r->logins[1], (unsigned long long)r->accounts[1]);
    buf_fmt(out, "  %-24s %6s  %6s  %-8s %s\n", "attribute", "PSI", "chance", "state", "what moved most");
    for (unsigned a = 0; a < DRIFT_ATTRIBUTES; a++) write_attribute(&r->of[a], drift_attribute_word(a), out);
    write_scale(r, out);
    write_advice(r, out);
}

/* ---- for programs ------------------------------------------------------------------------------------------------------------------- */

static void write_window(struct buf *b, const char *name, int64_t from_ms, int64_t to_ms, uint64_t logins, uint64_t accounts) {
    buf_fmt(b, "\"%s\":{\"from\":\"", name);
    moment_format(b, from_ms);
    buf_text(b, STR("\",\"to\":\""));
    moment_format(b, to_ms);
    buf_fmt(b, "\",\"logins\":%llu,\"accounts\":%llu}", (unsigned long long)logins, (unsigned long long)accounts);
}

static void write_attribute_json(const struct drift_tally *t, struct str name, struct buf *b) {
    buf_fmt(b, "{\"attribute\":\"%.*s\",\"psi\":%.6f,\"chance\":%.6f,\"groups\":%u,\"state\":\"%.*s\",\"moved\":[", STR_ARGS(name),
            t->figure.psi, t->figure.chance, t->figure.groups, STR_ARGS(drift_word(t->figure.state)));
    for (unsigned i = 0; i < t->moved_count; i++) {
        const struct drift_value *v = &t->values[t->moved[i]];
        buf_text(b, i ? STR(",{\"value\":") : STR("{\"value\":"));
        buf_json(b, v->name);
        buf_fmt(b, ",\"before\":%.6f,\"now\":%.6f}", percent(v->reference, t->sum[0]) / 100, percent(v->present, t->sum[1]) / 100);
    }
    buf_text(b, STR("]}"));
}

static void write_scale_json(const struct drift_report *r, int depth, unsigned level, struct buf *b) {
    static const char *const names[] = {"all", "0", "1_to_4", "5_and_more"};
    uint64_t logins = 0, reached = 0;
    for (int d = 0; d < DRIFT_DEPTHS; d++)
        if (depth < 0 || d == depth) logins += r->depth_logins[1][d], reached += r->reached[1][d][level];
    double times;
    bool off = drift_scale_is_off(r, depth, level, &times);
    struct drift_share s = logins ? drift_share(reached, logins) : (struct drift_share){0, 0, 1};
    buf_fmt(b, "{\"depth\":\"%s\",\"score\":%u,\"promised\":%.6f,\"logins\":%llu,\"share\":%.6f,\"low\":%.6f,\"high\":%.6f,\"off\":%s}",
            names[depth + 1], drift_levels[level], drift_promise(level), (unsigned long long)logins, s.value, s.low, s.high,
            off ? "true" : "false");
}

void drift_write_json(const struct drift_report *r, struct buf *b) {
    buf_char(b, '{');
    write_window(b, "before", r->against_ms, r->from_ms, r->logins[0], r->accounts[0]);
    buf_char(b, ',');
    write_window(b, "now", r->from_ms, r->to_ms, r->logins[1], r->accounts[1]);
    buf_fmt(b, ",\"state\":\"%.*s\",\"attributes\":[", STR_ARGS(drift_word(drift_worst(r))));
    for (unsigned a = 0; a < DRIFT_ATTRIBUTES; a++) {
        if (a) buf_char(b, ',');
        write_attribute_json(&r->of[a], drift_attribute_word(a), b);
    }
    buf_text(b, STR("],\"scale\":["));
    for (int depth = -1; depth < DRIFT_DEPTHS; depth++)
        for (unsigned i = 0; i < DRIFT_LEVELS; i++) {
            if (depth >= 0 || i) buf_char(b, ',');
            write_scale_json(r, depth, i, b);
        }
    buf_text(b, STR("]}\n"));
}
