// SPDX-License-Identifier: Apache-2.0
/* Plays owners who report what a hijacker did, and analysts who clear false alarms, beside a stream that has labels. */
#include "cli/replay_people.h"

#include <stdlib.h>
#include <string.h>

#include "base/moment.h"

/* After what time an owner reports an act of value: he sees the mail at once, or the order in his list, or the card's bill. */
static const int64_t report_after_ms[] = {MINUTE_MS, HOUR_MS, DAY_MS, 4 * DAY_MS};
#define REPORT_OTHERS_AFTER_MS (7 * DAY_MS)
#define CLEAR_AFTER_MS         DAY_MS

struct replay_word {
    int64_t at_ms; /* 0 = said */
    bool verdict;  /* an analyst's */
    bool of_value;
    char account[EVENT_SUBJECT_SIZE_MAX + 1], about[EVENT_ID_SIZE_MAX + 1], id[32];
};

enum err replay_people_open(struct replay_people *r, const char *path, struct problem *p) {
    *r = (struct replay_people){.next_ms = INT64_MAX};
    return backtest_truth_read(path, &r->truth, p);
}

static void keep_text(char *to, size_t size, struct str text) {
    struct str kept = str_clip(text, size - 1);
    memcpy(to, kept.at, kept.size);
    to[kept.size] = 0;
}

static enum err add_word(struct replay_people *r, const struct event *e, int64_t after_ms, struct problem *p) {
    if (r->count == r->capacity) {
        size_t capacity = r->capacity * 2 + 64;
        struct replay_word *grown = realloc(r->words, capacity * sizeof *grown);
        if (!grown) return problem_set(p, ERR_FULL, "", "", "no memory for %zu words of people", capacity);
        r->words = grown, r->capacity = capacity;
    }
    struct replay_word *w = &r->words[r->count++];
    *w = (struct replay_word){.at_ms = e->time_ms + after_ms};
    keep_text(w->account, sizeof w->account, e->subject);
    keep_text(w->about, sizeof w->about, e->id);
    (void)snprintf(w->id, sizeof w->id, "word-%zu", r->count);
    if (w->at_ms < r->next_ms) r->next_ms = w->at_ms;
    return ERR_OK;
}

/* One word about each takeover; about the first act of value, where there is one before anything was said. */
static enum err plan_report(struct replay_people *r, const struct event *e, const struct known *known, struct problem *p) {
    uint64_t *number;
    enum err err = key_map_put(&r->takeovers, known->takeover ? known->takeover : 1, &number, p);
    int64_t after_ms = known->effect ? report_after_ms[(known->takeover >> 8) % (sizeof report_after_ms / sizeof report_after_ms[0])]
                                     : REPORT_OTHERS_AFTER_MS;
    if (err) return err;
    if (*number) {
        struct replay_word *w = &r->words[*number - 1];
        if (!w->at_ms || w->of_value || !known->effect) return ERR_OK;
        w->at_ms = 0; /* he will speak of this one instead */
    }
    err = add_word(r, e, after_ms, p);
    if (err) return err;
    *number = r->count;
    r->words[r->count - 1].of_value = known->effect;
    return ERR_OK;
}

enum err replay_people_see(struct replay_people *r, const struct event *e, uint64_t opened, struct problem *p) {
    if (!e->subject.size) return ERR_OK;
    struct known known = backtest_truth_of(&r->truth, e);
    uint64_t account = label_key(e->subject), *seen;
    if (known.label == LABEL_HIJACKER) {
        enum err err = key_map_put(&r->hijacked, account, &seen, p);
        return err ? err : plan_report(r, e, &known, p);
    }
    if (!opened || key_map_get(&r->hijacked, account)) return ERR_OK;
    enum err err = add_word(r, e, CLEAR_AFTER_MS, p);
    if (err) return err;
    struct replay_word *w = &r->words[r->count - 1];
    w->verdict = true;
    (void)snprintf(w->about, sizeof w->about, "inc_%llu", (unsigned long long)opened);
    return ERR_OK;
}

static void say(struct replay_people *r, struct replay_word *w, struct event *out) {
    *out = (struct event){.source = STR("replay"), .id = str_from(w->id), .subject = str_from(w->account), .time_ms = w->at_ms};
    w->at_ms = 0;
    if (w->verdict) {
        out->kind = KIND_ANALYST_VERDICT;
        out->incident = str_from(w->about);
        out->verdict = STR("false_alarm");
        r->cleared++;
    } else {
        out->kind = KIND_OWNER_STATEMENT;
        out->about = str_from(w->about);
        out->says = SAYS_NOT_MINE;
        out->via = STR("support");
        r->reported++;
    }
    out->type = kind_name(out->kind);
}

/* An analyst who sees that a hijacker came after all does not clear the alarm. */
static bool has_lapsed(const struct replay_people *r, const struct replay_word *w) {
    return w->verdict && key_map_get(&r->hijacked, label_key(str_from(w->account))) != NULL;
}

bool replay_people_speak(struct replay_people *r, int64_t before_ms, struct event *out) {
    while (r->next_ms < before_ms) {
        struct replay_word *soonest = NULL;
        int64_t after_ms = INT64_MAX;
        for (size_t i = 0; i < r->count; i++) {
            struct replay_word *w = &r->words[i];
            if (!w->at_ms) continue;
            if (!soonest || w->at_ms < soonest->at_ms) {
                if (soonest) after_ms = soonest->at_ms;
                soonest = w;
            } else if (w->at_ms < after_ms) after_ms = w->at_ms;
        }
        r->next_ms = after_ms;
        if (!soonest) return false;
        if (has_lapsed(r, soonest)) {
            soonest->at_ms = 0;
            continue;
        }
        if (soonest->at_ms >= before_ms) { /* the word that was due was replaced by a later one */
            r->next_ms = soonest->at_ms;
            return false;
        }
        say(r, soonest, out);
        return true;
    }
    return false;
}

void replay_people_release(struct replay_people *r) {
    backtest_truth_release(&r->truth);
    key_map_release(&r->hijacked), key_map_release(&r->takeovers);
    free(r->words);
}
