// SPDX-License-Identifier: Apache-2.0
/* Reads [notify] of policy.toml. */
#include "decide/notify_settings.h"

#include <string.h>

#include "base/moment.h"
#include "base/nearest.h"
#include "base/zone.h"

#define REPORT_HOURS_MAX 48 /* what an owner is promised */
#define ACK_HOURS_MAX    (30 * 24)
#define CHANNELS_MAX     6
#define PACK             STR("notify.issuer_pack.")

static const struct notify_settings defaults = {
    .channels = "email",
    .at_once = CHANNELS_MAX,
    .language = "en",
    .timezone = "Etc/UTC",
    .quiet_from_h = 22,
    .quiet_to_h = 8,
    .report_ms = 24 * HOUR_MS,
    .ack_ms = 24 * HOUR_MS,
};

static bool is_word(struct str s) {
    for (size_t i = 0; i < s.size; i++)
        if (!(s.at[i] >= 'a' && s.at[i] <= 'z') && !(s.at[i] >= '0' && s.at[i] <= '9') && s.at[i] != '_') return false;
    return s.size > 0;
}

/* A list of words, kept with a blank between. */
static enum err read_words(const struct toml *t, const struct toml_value *v, size_t count_max, char *out, size_t size, struct problem *p) {
    struct buf b = buf_over(out, size - 1);
    if (v->type != TOML_ARRAY || v->item_count > count_max)
        return toml_problem(p, t, v->at, "e.g. [\"email\", \"sms\"]", "write a list of at most %zu names", count_max);
    for (size_t i = 0; i < v->item_count; i++) {
        if (v->items[i].type != TOML_TEXT || !is_word(v->items[i].text))
            return toml_problem(p, t, v->items[i].at, "small letters, digits and _", "this is no name");
        if (i) buf_char(&b, ' ');
        buf_text(&b, v->items[i].text);
    }
    if (b.overflow) return toml_problem(p, t, v->at, "", "the list is longer than %zu bytes", size - 1);
    out[b.size] = 0;
    return ERR_OK;
}

/* Of a channel that there is not nobody would ever answer for, and the owner would wait. */
static enum err read_channels(const struct toml *t, const struct toml_value *v, struct notify_settings *out, struct problem *p) {
    enum { OWNERS, OURS };
    static const struct {
        const char *name;
        int whose;
    } channels[] = {
#define CHANNEL(name, whose, sentence) {#name, whose},
#include "port/channels.def"
#undef CHANNEL
    };
    enum err err = read_words(t, v, CHANNELS_MAX, out->channels, sizeof out->channels, p);
    for (size_t i = 0; !err && i < v->item_count; i++) {
        struct nearest n;
        bool known = false;
        nearest_init(&n, v->items[i].text);
        for (size_t k = 0; k < sizeof channels / sizeof channels[0]; k++) {
            if (channels[k].whose != OWNERS) continue;
            nearest_offer(&n, str_from(channels[k].name));
            known |= str_equal(v->items[i].text, str_from(channels[k].name));
        }
        if (!known)
            err = toml_problem(p, t, v->items[i].at, nearest_hint(&n, "one of: email, push, sms, letter"), "no owner is told by '%.*s'",
                               STR_ARGS(v->items[i].text));
    }
    return err;
}

static enum err read_text(const struct toml *t, const struct toml_value *v, char *out, size_t size, struct problem *p) {
    if (v->type != TOML_TEXT || !v->text.size || v->text.size >= size)
        return toml_problem(p, t, v->at, "", "write a text of 1 to %zu bytes", size - 1);
    memcpy(out, v->text.at, v->text.size);
    out[v->text.size] = 0;
    return ERR_OK;
}

static bool is_line(struct str s) {
    for (size_t i = 0; i < s.size; i++)
        if ((unsigned char)s.at[i] < 0x20 || s.at[i] == 0x7f) return false;
    return true;
}

static enum err read_timezone(const struct toml *t, const struct toml_value *v, struct notify_settings *out, struct problem *p) {
    int64_t offset_ms;
    enum err err = read_text(t, v, out->timezone, sizeof out->timezone, p);
    if (err || zone_offset(v->text, 0, &offset_ms)) return err;
    return toml_problem(p, t, v->at, "an IANA name, e.g. Asia/Tokyo or Europe/Berlin", "there is no time zone '%.*s'", STR_ARGS(v->text));
}

static enum err read_whole(const struct toml *t, const struct toml_value *v, int64_t min, int64_t max, int64_t *out, struct problem *p) {
    if (v->type != TOML_NUMBER || v->number < min || v->number > max)
        return toml_problem(p, t, v->at, "", "write a number of %lld to %lld", (long long)min, (long long)max);
    *out = v->number;
    return ERR_OK;
}

static enum err read_yes(const struct toml *t, const struct toml_value *v, bool *out, struct problem *p) {
    if (v->type != TOML_BOOL) return toml_problem(p, t, v->at, "", "write true or false");
    *out = v->yes;
    return ERR_OK;
}

static enum err read_quiet(const struct toml *t, const struct toml_value *v, struct notify_settings *out, struct problem *p) {
    int64_t hours[2] = {0};
    if (v->type != TOML_ARRAY || (v->item_count != 2 && v->item_count != 0))
        return toml_problem(p, t, v->at, "[22, 8]; [] is never", "write two hours of the owner's clock");
    for (size_t i = 0; i < v->item_count; i++) {
        enum err err = read_whole(t, &v->items[i], 0, 23, &hours[i], p);
        if (err) return err;
    }
    out->quiet_from_h = (int)hours[0], out->quiet_to_h = (int)hours[1];
    return ERR_OK;
}

static enum err refuse(const struct toml *t, const struct toml_entry *e, struct problem *p) {
    static const char *const known[] = {"notify.channels",    "notify.at_once",      "notify.language",  "notify.timezone",
                                        "notify.quiet_hours", "notify.report_hours", "notify.ack_hours", "notify.clocks",
                                        "notify.staff",       "notify.issuer"};
    struct nearest n;
    nearest_init(&n, e->path);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) nearest_offer(&n, str_from(known[i]));
    return toml_problem(p, t, e->at, nearest_hint(&n, "see docs/reference/policy.md"), "unknown key '%.*s'", STR_ARGS(e->path));
}

/* The names of a file of --known (docs/reference/issuer-pack.md) that are the same for every charge. */
static enum err read_pack(const struct toml *t, const struct toml_entry *e, struct merchant_facts *out, struct problem *p) {
    static const char *const of_one[] = {"card_last4", "token", "authorisation_code", "check_code"};
    const struct {
        const char *name;
        char *at;
        size_t size;
    } members[] = {{"merchant", out->merchant, sizeof out->merchant},
                   {"merchant_id", out->merchant_id, sizeof out->merchant_id},
                   {"descriptor", out->descriptor, sizeof out->descriptor},
                   {"desk", out->desk, sizeof out->desk}};
    static const char all[] = "one of: merchant, merchant_id, descriptor, desk";
    struct str name = str_slice(e->path, PACK.size, e->path.size);
    struct nearest n;
    nearest_init(&n, name);
    for (size_t i = 0; i < sizeof of_one / sizeof of_one[0]; i++)
        if (str_equal(name, str_from(of_one[i])))
            return toml_problem(p, t, e->at, all, "'%s' is of one charge, and a policy is for all; hikeshi report --known takes it",
                                of_one[i]);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        nearest_offer(&n, str_from(members[i].name));
        if (!str_equal(name, str_from(members[i].name))) continue;
        enum err err = read_text(t, &e->value, members[i].at, members[i].size, p);
        return err || is_line(e->value.text) ? err : toml_problem(p, t, e->value.at, "", "write a text of one line");
    }
    return toml_problem(p, t, e->at, nearest_hint(&n, all), "no pack says '%.*s'", STR_ARGS(name));
}

static enum err read_hours(const struct toml *t, const struct toml_value *v, int64_t min, int64_t max, int64_t *out_ms, struct problem *p) {
    int64_t hours = 0;
    enum err err = read_whole(t, v, min, max, &hours, p);
    if (!err) *out_ms = hours * HOUR_MS;
    return err;
}

static enum err read_entry(const struct toml *t, const struct toml_entry *e, struct notify_settings *out, struct problem *p) {
    const struct toml_value *v = &e->value;
    int64_t number = 0;
    if (str_starts(e->path, PACK)) return read_pack(t, e, &out->pack, p);
    if (str_equal(e->path, STR("notify.channels"))) return read_channels(t, v, out, p);
    if (str_equal(e->path, STR("notify.clocks"))) return read_words(t, v, SIZE_MAX, out->clocks, sizeof out->clocks, p);
    if (str_equal(e->path, STR("notify.language"))) return read_text(t, v, out->language, sizeof out->language, p);
    if (str_equal(e->path, STR("notify.timezone"))) return read_timezone(t, v, out, p);
    if (str_equal(e->path, STR("notify.quiet_hours"))) return read_quiet(t, v, out, p);
    if (str_equal(e->path, STR("notify.report_hours"))) return read_hours(t, v, 1, REPORT_HOURS_MAX, &out->report_ms, p);
    if (str_equal(e->path, STR("notify.ack_hours"))) return read_hours(t, v, 1, ACK_HOURS_MAX, &out->ack_ms, p);
    if (str_equal(e->path, STR("notify.staff"))) return read_yes(t, v, &out->staff, p);
    if (str_equal(e->path, STR("notify.issuer"))) return read_yes(t, v, &out->issuer, p);
    if (!str_equal(e->path, STR("notify.at_once"))) return refuse(t, e, p);
    enum err err = read_whole(t, v, 1, CHANNELS_MAX, &number, p);
    if (!err) out->at_once = (uint32_t)number;
    return err;
}

bool notify_settings_take(const struct toml_entry *e) {
    return str_starts(e->path, STR("notify."));
}

enum err notify_settings_read(const struct toml *t, struct notify_settings *out, struct problem *p) {
    *out = defaults;
    for (size_t i = 0; i < t->count; i++) {
        enum err err = notify_settings_take(&t->entries[i]) ? read_entry(t, &t->entries[i], out, p) : ERR_OK;
        if (err) return err;
    }
    return ERR_OK;
}
