// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_CLOCK_H
#define NOTIFY_CLOCK_H

#include "base/arena.h"
#include "base/toml.h"
#include "notify/clock_words.h"
#include "notify/notify.h"

/*
 * Legal clocks: within which time who must be told of such an incident, each regime as data (docs/reference/clocks.md), and the draft of
 * what would be told.
 *
 *   in     the rules, read once; the rows of one incident
 *   out    does a clock run, by these rows? until when? a draft for counsel, as plain text
 *   holds  a draft is marked as one, first line and last. Every fact in it comes from the rows; what they do not tell stands as "[to be
 * filled in: ...]" and is never made up. Nothing is filed, and nothing here is legal advice: where a law asks what rows cannot tell (is the
 *          risk high? where does he live?), the answer is "counsel decides", and whoever opens tasks opens one
 *   fails  a rule that is not whole, or names a condition or placeholder that there is not, is refused with its place. A draft longer than
 *          its buffer: ERR_FULL
 *
 * Times are milliseconds UTC. Texts borrow from the bundle or live in the arena that the rules were read into.
 */
enum clock_to { CLOCK_TO_AUTHORITY, CLOCK_TO_PERSON, CLOCK_TO_ISSUER };
enum clock_from {
    CLOCK_FROM_KNOWN, /* when it became known */
    CLOCK_FROM_TOLD,  /* when the persons were told */
};

enum clock_condition_kind {
    CLOCK_IF_ALWAYS,
    CLOCK_IF_PERSONAL_DATA_SEEN, /* somebody else was inside, or data were exported */
    CLOCK_IF_CARD_DATA_SEEN,
    CLOCK_IF_CARD_CHARGED,
    CLOCK_IF_MONEY_LOST,     /* the ledger has a loss, back or not */
    CLOCK_IF_RESIDENTS_OVER, /* more persons of the place than `over`; an incident is one */
    CLOCK_IF_RESIDENT,       /* he lives there: not in the rows, counsel decides */
    CLOCK_IF_COUNSEL,        /* the law asks for a judgement */
    CLOCK_IF_COUNT
};
struct clock_condition {
    enum clock_condition_kind kind;
    int64_t over;
};

struct clock_section {
    struct str language; /* "en" */
    struct str name, title;
    const struct toml_value *paragraphs;
    size_t paragraph_count;
};

/* What a rule is called in a language, and what whoever decides must know: what is not sure, what the law has besides. */
struct clock_face {
    struct str language, title;
    const struct toml_value *notes;
    size_t note_count;
};

#define CLOCK_RULES_MAX      64
#define CLOCK_LANGUAGES_MAX  8
#define CLOCK_CONDITIONS_MAX 4
#define CLOCK_REMINDERS_MAX  8
#define CLOCK_SECTIONS_MAX   32 /* of all languages */

struct clock_rule {
    struct str name, regime, jurisdiction, law;
    struct str timezone; /* IANA; in which the draft tells times */
    enum clock_to to;
    enum clock_from from;
    int64_t after_ms;
    struct str after; /* as it is written: "72h", "30d" */
    int64_t remind_ms[CLOCK_REMINDERS_MAX];
    size_t remind_count;
    struct clock_condition conditions[CLOCK_CONDITIONS_MAX]; /* all must hold */
    size_t condition_count;
    struct clock_face faces[CLOCK_LANGUAGES_MAX]; /* English is there */
    size_t face_count;
    struct clock_section sections[CLOCK_SECTIONS_MAX];
    size_t section_count;
};

struct clock_rules {
    struct clock_rule *list; /* by name */
    size_t count;
    struct clock_words *languages;
    size_t language_count;
};

/* Those that ship with the binary: a bundle (base/bundle.h) of rules, "gdpr_33.toml", and words, "words/en.toml". */
struct str clocks_built_in(void);
#define CLOCKS_MEMORY_SIZE (4U * 1024 * 1024) /* what the shipped ones take of an arena is a fifth of it */
/* ERR_INVALID: a file is not as it must be, or a rule has a language that has no words. */
enum err clocks_read(struct str bundle, struct arena *memory, struct clock_rules *out, struct problem *p) MUST_USE;
const struct clock_rule *clock_find(const struct clock_rules *c, struct str name);
/* `names` with blanks between, as a policy names them (decide/decide.h). ERR_NOT_FOUND: one is not known; the problem says which. */
enum err clocks_check_names(const struct clock_rules *c, struct str names, struct problem *p) MUST_USE;

/* What is known of one incident. The events may be left out (none): then a draft has no chronology, and more is left to counsel. */
struct clock_source {
    struct notice_source rows;
    const struct incident_event_row *events;
    size_t event_count;
};

/* When it became known: the moment at which the event that opened the response came through the door. The earliest that can be argued. */
int64_t clock_known_ms(const struct clock_source *s);

/*
 * Calendar hours and days, by the hour: never later than the law's end of the last day. `from_ms`: when it became known, or with
 * CLOCK_FROM_TOLD when the persons were told; as long as they were not, when it became known is never too late.
 */
int64_t clock_due_ms(const struct clock_rule *r, int64_t from_ms);
/* Of its reminders, the first after `now_ms`; 0 = no more. */
int64_t clock_remind_ms(const struct clock_rule *r, int64_t from_ms, int64_t now_ms);

enum clock_verdict { CLOCK_RUNS, CLOCK_COUNSEL, CLOCK_RUNS_NOT };
struct clock_finding {
    enum clock_verdict verdict;
    enum clock_word why; /* WORD_WHY_...: in each language a sentence */
};
/* By these rows. They change: what did not run may run later (an export is found), and the other way (it was the owner). */
struct clock_finding clock_applies(const struct clock_rule *r, const struct clock_source *s);

/* Was somebody else in the account? CLOCK_COUNSEL: it is not certain; CLOCK_RUNS_NOT: it was the owner himself. */
enum clock_verdict clock_inside(const struct clock_source *s);

/* For who opens tasks: of the named rules, those that run or that counsel decides about, each with its due. Unknown names are passed over.
 */
struct clock_run {
    const struct clock_rule *rule;
    struct clock_finding finding;
    int64_t due_ms;
};
size_t clocks_running(const struct clock_rules *c, struct str names, const struct clock_source *s, struct clock_run *out, size_t count_max);

/*
 * The draft in `language` ("ja-JP": ja), or English where the rule has none in it. `told_ms`: when the persons were told, 0 = not yet, or
 * not known.
 */
struct clock_wish {
    struct str language;
    int64_t told_ms;
};
enum err clock_draft_write(const struct clock_rules *c, const struct clock_rule *r, const struct clock_source *s,
                           const struct clock_wish *w, struct buf *out) MUST_USE;
/* Those of a language; NULL where there are none. */
const struct clock_words *clock_words_find(const struct clock_rules *c, struct str language);
/* The placeholders that a rule's text may have, with blanks between (docs/reference/clocks.md). */
#define CLOCK_PLACEHOLDERS "what case account known saw until persons categories way_in measures money charges open chronology"

/* In that language ("ja-JP": ja), or English. Never NULL. */
const struct clock_face *clock_face(const struct clock_rule *r, struct str language);
struct str clock_to_word(enum clock_to to);
/* "2026-03-01 00:41 +09:00", by the clocks of its zone. */
void clock_time_write(const struct clock_rule *r, int64_t at_ms, struct buf *out);
/* "residents_over 500", as a file has it. */
void clock_condition_write(const struct clock_condition *c, struct buf *out);

#endif
