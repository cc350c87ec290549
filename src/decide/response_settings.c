// SPDX-License-Identifier: Apache-2.0
/* Reads [response] and [gate] of policy.toml. */
#include "decide/response_settings.h"

#include <string.h>

#include "base/moment.h"
#include "base/nearest.h"

#define ASK_HOURS_DEFAULT       48
#define FAIL_OPEN_HOURS_DEFAULT 24
#define CANCEL_SCORE_DEFAULT    950
#define HOURS_MAX               (90 * 24)

static const struct respond_settings defaults = {
    .act = true,
    .cancel_score = CANCEL_SCORE_DEFAULT,
    .ask_ms = ASK_HOURS_DEFAULT * HOUR_MS,
    .gate_fail_open_ms = FAIL_OPEN_HOURS_DEFAULT * HOUR_MS,
};

static enum err read_mode(const struct toml *t, const struct toml_value *v, struct respond_settings *out, struct problem *p) {
    bool act = v->type == TOML_TEXT && str_equal(v->text, STR("act")), plan = v->type == TOML_TEXT && str_equal(v->text, STR("plan"));
    if (!act && !plan)
        return toml_problem(p, t, v->at, "plan: nothing is sent before a person says that it was a takeover",
                            "mode is \"act\" or \"plan\"");
    out->act = act;
    return ERR_OK;
}

static enum err read_cancel_score(const struct toml *t, const struct toml_value *v, struct respond_settings *out, struct problem *p) {
    bool never = v->type == TOML_TEXT && str_equal(v->text, STR("never"));
    if (!never && (v->type != TOML_NUMBER || v->number < 1 || v->number > 1000))
        return toml_problem(p, t, v->at, "950 is reached by 0.01 % of owners' logins", "cancel_score is 1 to 1000, or \"never\"");
    out->cancel_score = never ? SCORE_NEVER : (uint16_t)v->number;
    return ERR_OK;
}

static enum err read_hours(const struct toml *t, const struct toml_value *v, int64_t *out_ms, struct problem *p) {
    if (v->type != TOML_NUMBER || v->number < 0 || v->number > HOURS_MAX)
        return toml_problem(p, t, v->at, "90 days at most", "hours are a number of 0 to %d", HOURS_MAX);
    *out_ms = v->number * HOUR_MS;
    return ERR_OK;
}

static bool is_currency(struct str s) {
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i] < 'A' || s.at[i] > 'Z') return false;
    return s.size == 3;
}

/* The place of a currency in the lists; RESPOND_LIMITS_MAX: there is no room for another. */
static size_t currency_place(struct respond_settings *out, struct str currency) {
    size_t i = 0;
    while (i < RESPOND_LIMITS_MAX && out->currencies[i][0] && !str_equal(str_from(out->currencies[i]), currency)) i++;
    if (i < RESPOND_LIMITS_MAX) memcpy(out->currencies[i], currency.at, 3);
    return i;
}

static enum err read_limit(const struct toml *t, const struct toml_entry *e, struct str currency, struct respond_settings *out,
                           int64_t *limits, struct problem *p) {
    if (!is_currency(currency)) return toml_problem(p, t, e->at, "e.g. JPY", "'%.*s' is no ISO 4217 code", STR_ARGS(currency));
    if (e->value.type != TOML_NUMBER || e->value.number < 0)
        return toml_problem(p, t, e->value.at, "in the currency's minor unit", "a limit is a whole number, 0 or more");
    size_t place = currency_place(out, currency);
    if (place == RESPOND_LIMITS_MAX)
        return toml_problem(p, t, e->at, "other currencies have the limit 0", "limits are for %d currencies at most", RESPOND_LIMITS_MAX);
    limits[place] = e->value.number;
    return ERR_OK;
}

static enum err refuse(const struct toml *t, const struct toml_entry *e, struct problem *p) {
    static const char *const known[] = {"response.mode",           "response.cancel_score", "response.ask_hours",
                                        "response.keep_goods_max", "response.pay_max",      "gate.fail_open_after_hours"};
    struct nearest n;
    nearest_init(&n, e->path);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) nearest_offer(&n, str_from(known[i]));
    return toml_problem(p, t, e->at, nearest_hint(&n, "see docs/reference/policy.md"), "unknown key '%.*s'", STR_ARGS(e->path));
}

static enum err read_entry(const struct toml *t, const struct toml_entry *e, struct respond_settings *out, struct problem *p) {
    static const struct str keep = {"response.keep_goods_max.", sizeof "response.keep_goods_max." - 1};
    static const struct str pay = {"response.pay_max.", sizeof "response.pay_max." - 1};
    if (str_equal(e->path, STR("response.mode"))) return read_mode(t, &e->value, out, p);
    if (str_equal(e->path, STR("response.cancel_score"))) return read_cancel_score(t, &e->value, out, p);
    if (str_equal(e->path, STR("response.ask_hours"))) return read_hours(t, &e->value, &out->ask_ms, p);
    if (str_equal(e->path, STR("gate.fail_open_after_hours"))) return read_hours(t, &e->value, &out->gate_fail_open_ms, p);
    if (str_starts(e->path, keep)) return read_limit(t, e, str_slice(e->path, keep.size, e->path.size), out, out->keep_goods_max_minor, p);
    if (str_starts(e->path, pay)) return read_limit(t, e, str_slice(e->path, pay.size, e->path.size), out, out->pay_max_minor, p);
    return refuse(t, e, p);
}

bool response_settings_take(const struct toml_entry *e) {
    return str_starts(e->path, STR("response.")) || str_starts(e->path, STR("gate."));
}

enum err response_settings_read(const struct toml *t, struct respond_settings *out, struct problem *p) {
    *out = defaults;
    for (size_t i = 0; i < t->count; i++) {
        enum err err = response_settings_take(&t->entries[i]) ? read_entry(t, &t->entries[i], out, p) : ERR_OK;
        if (err) return err;
    }
    return ERR_OK;
}
