// SPDX-License-Identifier: Apache-2.0
/* Tells what a change of policy, or of model, costs. */
#include "base/moment.h"
#include "cli/backtest.h"
#include "cli/model_file.h"
#include "cli/policy_file.h"

static uint64_t owners(const struct whose_count *c) {
    return c->of[LABEL_OWNER];
}

static uint64_t hijackers(const struct whose_count *c) {
    return c->of[LABEL_HIJACKER];
}

static uint64_t others(const struct whose_count *c) {
    return c->of[LABEL_NOISE] + c->of[LABEL_UNKNOWN];
}

static unsigned long long ull(uint64_t value) {
    return value;
}

static uint64_t changed(const struct backtest *b) {
    uint64_t sum = 0;
    for (unsigned from = 0; from < VERDICT_COUNT; from++)
        for (unsigned to = 0; to < VERDICT_COUNT; to++)
            if (from != to) sum += whose_sum(&b->changes[from][to].events);
    return sum;
}

static double per_thousand(const struct backtest *b, unsigned side) {
    return b->owner_logins ? 1000.0 * (double)b->owner_logins_challenged[side] / (double)b->owner_logins : 0;
}

struct caught {
    uint64_t all[2], in_time[2];
    struct example_ids newly, missed; /* caught by the proposed alone, by the one in force alone */
};

static struct caught caught(const struct backtest *b) {
    struct caught c = {0};
    for (size_t i = 0; i < b->takeover_count; i++) {
        const struct takeover *t = &b->takeovers[i];
        for (unsigned side = 0; side < 2; side++) c.all[side] += t->caught[side], c.in_time[side] += t->in_time[side];
        if (t->caught[0] == t->caught[1]) continue;
        struct example_ids *e = t->caught[1] ? &c.newly : &c.missed;
        if (e->count < BACKTEST_EXAMPLES) (void)snprintf(e->id[e->count++], EXAMPLE_ID_SIZE, "%s", t->first);
    }
    return c;
}

static bool is_shadow(const struct rule_price *r) {
    return r->is_in[1] && !r->live[1];
}

static const char *state_of(const struct rule_price *r) {
    if (!r->is_in[0]) return "added";
    if (!r->is_in[1]) return "removed";
    if (r->live[0] != r->live[1]) return r->live[1] ? "made live" : "made shadow";
    if (r->version[0] != r->version[1] || !str_equal(r->effect[0], r->effect[1])) return "changed";
    return r->live[1] ? "live" : "shadow";
}

static bool is_worth_a_line(const struct rule_price *r) {
    return whose_sum(&r->fired[0]) || whose_sum(&r->fired[1]) || r->is_in[0] != r->is_in[1] || r->live[0] != r->live[1];
}

/* ---- for people ---------------------------------------------------------------------------------------------------------------------
 */

static void write_examples(struct buf *out, const struct example_ids *e, const char *whose) {
    if (!e->count) return;
    buf_fmt(out, "%s%s", whose[0] ? "  " : "", whose);
    for (unsigned i = 0; i < e->count; i++) buf_fmt(out, " %s", e->id[i]);
}

static bool same_model(const struct backtest *b) {
    return str_equal(b->model[0]->text, b->model[1]->text);
}

static void write_models(const struct backtest *b, struct buf *out) {
    const struct model *from = b->model[0]->model, *to = b->model[1]->model;
    if (same_model(b)) return;
    buf_fmt(out, "model %.*s (%08x) -> %.*s (%08x), policy ", STR_ARGS(from->name), from->crc32c, STR_ARGS(to->name), to->crc32c);
}

static void write_head(const struct backtest *b, struct buf *out) {
    write_models(b, out);
    buf_fmt(out, "%.*s -> %.*s, ", STR_ARGS(policy_version(b->policy[0]->policy)), STR_ARGS(policy_version(b->policy[1]->policy)));
    moment_format(out, b->first_ms);
    buf_text(out, STR(" to "));
    moment_format(out, b->last_ms);
    buf_fmt(out, ": %llu events, %llu before them learned from", ull(b->counted), ull(b->learned));
    if (b->own) buf_fmt(out, ", %llu of our own left out", ull(b->own));
    if (b->refused) buf_fmt(out, ", %llu refused", ull(b->refused));
    if (b->source->bad_lines) buf_fmt(out, ", %llu lines that are no events", ull(b->source->bad_lines));
    const struct backtest_truth *t = b->truth;
    if (t->labelled) {
        buf_fmt(out, "\nwhose acts: by %llu labels", ull(t->labels));
        if (t->strange) buf_fmt(out, ", %llu of which name no event that is there", ull(t->strange));
        buf_text(out, STR("; what they do not name is unknown\n\n"));
    } else
        buf_fmt(out,
                "\nwhose acts: of all days, hijackers' by incidents (%llu events), statements (%llu) and chargebacks (%llu); all others "
                "are taken for the "
                "owners'\n\n",
                ull(t->by_incident), ull(t->by_word), ull(t->by_chargeback));
}

static void write_changes(const struct backtest *b, struct buf *out) {
    buf_fmt(out, "answers that change: %llu of %llu\n", ull(changed(b)), ull(b->counted));
    if (!changed(b)) return;
    buf_fmt(out, "  %-24s %9s %9s %9s  for example\n", "", "owners'", "hijackers'", "others'");
    for (unsigned from = 0; from < VERDICT_COUNT; from++)
        for (unsigned to = 0; to < VERDICT_COUNT; to++) {
            const struct transition *t = &b->changes[from][to];
            if (from == to || !whose_sum(&t->events)) continue;
            buf_fmt(out, "  %-9.*s -> %-11.*s %9llu %9llu %9llu", STR_ARGS(verdict_word((enum verdict)from)),
                    STR_ARGS(verdict_word((enum verdict)to)), ull(owners(&t->events)), ull(hijackers(&t->events)), ull(others(&t->events)));
            write_examples(out, &t->examples[LABEL_OWNER], "owner:");
            write_examples(out, &t->examples[LABEL_HIJACKER], "hijacker:");
            write_examples(out, &t->examples[LABEL_UNKNOWN], "unknown:");
            buf_char(out, '\n');
        }
}

static void write_pair(struct buf *out, const char *what, uint64_t before, uint64_t after) {
    buf_fmt(out, "  %-38s %9llu %9llu  %+lld\n", what, ull(before), ull(after), (long long)(after - before));
}

static void write_moved(const struct backtest *b, struct buf *out) {
    const struct whose_count *up = &b->score_up, *down = &b->score_down;
    if (!whose_sum(up) && !whose_sum(down)) return;
    buf_fmt(out, "  scores higher by %u and more: %llu owners', %llu hijackers', %llu others'; lower: %llu, %llu, %llu\n", SCORE_MOVED,
            ull(owners(up)), ull(hijackers(up)), ull(others(up)), ull(owners(down)), ull(hijackers(down)), ull(others(down)));
}

static void write_price(const struct backtest *b, struct buf *out) {
    struct caught c = caught(b);
    buf_fmt(out, "\n  %-38s %9s %9s\n", "", "in force", "proposed");
    buf_fmt(out, "  %-38s %9.2f %9.2f  of %llu logins\n", "owners challenged per 1,000 logins", per_thousand(b, 0), per_thousand(b, 1),
            ull(b->owner_logins));
    static const char *const words[VERDICT_COUNT] = {NULL, "owners' acts challenged", "owners' acts held", "owners' acts denied"};
    for (unsigned v = VERDICT_CHALLENGE; v < VERDICT_COUNT; v++)
        write_pair(out, words[v], owners(&b->answers[0][v]), owners(&b->answers[1][v]));
    char what[64];
    (void)snprintf(what, sizeof what, "takeovers caught, of %zu", b->takeover_count);
    write_pair(out, what, c.all[0], c.all[1]);
    write_pair(out, "  of them no later than the first loss", c.in_time[0], c.in_time[1]);
    write_pair(out, "events that open or feed an incident", b->takeover_opened[0], b->takeover_opened[1]);
    write_moved(b, out);
    if (c.newly.count) buf_text(out, STR("  caught now, begun by:")), write_examples(out, &c.newly, ""), buf_char(out, '\n');
    if (c.missed.count) buf_text(out, STR("  missed now, begun by:")), write_examples(out, &c.missed, ""), buf_char(out, '\n');
}

static void write_count(struct buf *out, const struct whose_count *c) {
    char text[64];
    (void)snprintf(text, sizeof text, "%llu/%llu/%llu", ull(owners(c)), ull(hijackers(c)), ull(others(c)));
    buf_fmt(out, " %13s", text);
}

static void write_rule(struct buf *out, const struct rule_price *r, struct str name, const char *state) {
    buf_fmt(out, "  %-36.*s %-11s", STR_ARGS(name), state);
    for (unsigned side = 0; side < 2; side++)
        if (r->is_in[side]) write_count(out, &r->fired[side]);
        else buf_fmt(out, " %13s", "-");
    write_count(out, &r->to_stricter), write_count(out, &r->to_milder);
    if (is_shadow(r)) write_count(out, &r->stricter);
    else buf_fmt(out, " %13s", "");
    write_examples(out, &r->examples, "");
    buf_char(out, '\n');
}

static void write_rules(const struct backtest *b, struct buf *out) {
    buf_fmt(out,
            "\nby rule, owners'/hijackers'/others' events on which it fired, whose answer became stricter or milder by it\n  %-36s %-11s "
            "%13s %13s %13s %13s %13s\n",
            "", "", "in force", "proposed", "stricter", "milder", "if live");
    for (size_t i = 0; i < b->rule_count; i++)
        if (is_worth_a_line(&b->rules[i])) write_rule(out, &b->rules[i], b->rules[i].name, state_of(&b->rules[i]));
    if (whose_sum(&b->settings.to_stricter) + whose_sum(&b->settings.to_milder))
        write_rule(out, &b->settings, same_model(b) ? STR("(thresholds, and what was learned)") : STR("(scores, and what was learned)"),
                   "");
}

void backtest_write_text(const struct backtest *b, struct buf *out) {
    write_head(b, out);
    write_changes(b, out);
    write_price(b, out);
    write_rules(b, out);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------------------------
 */

static void json_count(struct buf *out, const char *name, const struct whose_count *c) {
    buf_fmt(out, "\"%s\":{", name);
    for (unsigned i = 0; i < LABEL_COUNT; i++)
        buf_fmt(out, "%s\"%.*s\":%llu", i ? "," : "", STR_ARGS(label_word((enum label)i)), ull(c->of[i]));
    buf_char(out, '}');
}

static void json_examples(struct buf *out, const char *name, const struct example_ids *e) {
    buf_fmt(out, "\"%s\":[", name);
    for (unsigned i = 0; i < e->count; i++) {
        if (i) buf_char(out, ',');
        buf_json(out, str_from(e->id[i]));
    }
    buf_char(out, ']');
}

static void json_changes(const struct backtest *b, struct buf *out) {
    buf_text(out, STR(",\"changes\":["));
    unsigned written = 0;
    for (unsigned from = 0; from < VERDICT_COUNT; from++)
        for (unsigned to = 0; to < VERDICT_COUNT; to++) {
            const struct transition *t = &b->changes[from][to];
            if (from == to || !whose_sum(&t->events)) continue;
            buf_fmt(out, "%s{\"from\":\"%.*s\",\"to\":\"%.*s\",", written++ ? "," : "", STR_ARGS(verdict_word((enum verdict)from)),
                    STR_ARGS(verdict_word((enum verdict)to)));
            json_count(out, "events", &t->events);
            buf_text(out, STR(",\"examples\":{"));
            for (unsigned i = 0; i < LABEL_COUNT; i++) {
                if (i) buf_char(out, ',');
                json_examples(out, label_word((enum label)i).at, &t->examples[i]);
            }
            buf_text(out, STR("}}"));
        }
    buf_char(out, ']');
}

/* Of one side: what it answered, and what that means. */
static void json_side(const struct backtest *b, unsigned side, const struct caught *c, struct buf *out) {
    buf_fmt(out, ",\"%s\":{\"policy\":", side ? "proposed" : "in_force");
    buf_json(out, policy_version(b->policy[side]->policy));
    buf_text(out, STR(",\"model\":"));
    buf_json(out, b->model[side]->model->name);
    buf_fmt(out, ",\"model_crc32c\":\"%08x\"", b->model[side]->model->crc32c);
    for (unsigned v = 0; v < VERDICT_COUNT; v++) {
        buf_char(out, ',');
        json_count(out, verdict_word((enum verdict)v).at, &b->answers[side][v]);
    }
    buf_fmt(out, ",\"owner_logins_challenged\":%llu,\"owner_logins_challenged_per_1000\":%.3f,\"takeovers_caught\":%llu,",
            ull(b->owner_logins_challenged[side]), per_thousand(b, side), ull(c->all[side]));
    buf_fmt(out, "\"takeovers_caught_in_time\":%llu,\"takeover_answers\":%llu}", ull(c->in_time[side]), ull(b->takeover_opened[side]));
}

static void json_rule(struct buf *out, const struct rule_price *r, struct str name, const char *state) {
    buf_text(out, STR("{\"name\":"));
    buf_json(out, name);
    buf_fmt(out, ",\"state\":\"%s\",", state);
    json_count(out, "fired_in_force", &r->fired[0]), buf_char(out, ',');
    json_count(out, "fired_proposed", &r->fired[1]), buf_char(out, ',');
    json_count(out, "to_stricter", &r->to_stricter), buf_char(out, ',');
    json_count(out, "to_milder", &r->to_milder), buf_char(out, ',');
    if (is_shadow(r)) json_count(out, "stricter_if_live", &r->stricter), buf_char(out, ',');
    json_examples(out, "examples", &r->examples);
    buf_char(out, '}');
}

void backtest_write_json(const struct backtest *b, struct buf *out) {
    struct caught c = caught(b);
    buf_text(out, STR("{\"from\":\""));
    moment_format(out, b->first_ms);
    buf_text(out, STR("\",\"to\":\""));
    moment_format(out, b->last_ms);
    const struct backtest_truth *t = b->truth;
    buf_fmt(out, "\",\"events\":%llu,\"learned\":%llu,\"own\":%llu,\"refused\":%llu,\"changed\":%llu", ull(b->counted), ull(b->learned),
            ull(b->own), ull(b->refused), ull(changed(b)));
    buf_fmt(out,
            ",\"truth\":{\"by\":\"%s\",\"labels\":%llu,\"labels_without_event\":%llu,\"by_incident\":%llu,\"by_word\":%llu,\"by_"
            "chargeback\":%llu}",
            t->labelled ? "labels" : "journal", ull(t->labels), ull(t->strange), ull(t->by_incident), ull(t->by_word),
            ull(t->by_chargeback));
    buf_fmt(out, ",\"owner_logins\":%llu,\"takeovers\":%zu,", ull(b->owner_logins), b->takeover_count);
    json_examples(out, "caught_now", &c.newly), buf_char(out, ',');
    json_examples(out, "missed_now", &c.missed);
    for (unsigned side = 0; side < 2; side++) json_side(b, side, &c, out);
    json_changes(b, out);
    buf_char(out, ','), json_count(out, "score_up", &b->score_up);
    buf_char(out, ','), json_count(out, "score_down", &b->score_down);
    buf_text(out, STR(",\"rules\":["));
    for (size_t i = 0; i < b->rule_count; i++) {
        if (i) buf_char(out, ',');
        json_rule(out, &b->rules[i], b->rules[i].name, state_of(&b->rules[i]));
    }
    buf_text(out, STR("],\"thresholds\":"));
    json_rule(out, &b->settings, STR("thresholds"), "");
    buf_text(out, STR("}\n"));
}
