// SPDX-License-Identifier: Apache-2.0
/* Proves that risk is pushed back onto earlier entries: once, whatever crashes in between, and only where the journal still has them. */
#include "engine/review.h"

#include <stdlib.h>

#include "base/moment.h"
#include "engine/policy_event.h"
#include "tests/engine_house_test.h"

#define ACCOUNTS 60
#define CALM     1800 /* events of owners before anything happens */

/* A model may see at once what this story needs to be overlooked at first. */
static void simple_house_open(struct house *h, struct journal_memory *journal) {
    house_open_as(h, journal, true);
}

/* ---- a story ------------------------------------------------------------------------------------------------------------------------ */

struct scene {
    char id[24], subject[16], session[24], device[24], about[24];
    struct event event;
};

static void scene_of(struct scene *a, unsigned number, unsigned account, enum kind kind, bool hijacker) {
    *a = (struct scene){0};
    (void)snprintf(a->id, sizeof a->id, "e%u", number);
    (void)snprintf(a->subject, sizeof a->subject, "a%u", account);
    (void)snprintf(a->session, sizeof a->session, "s%u-%u", account, hijacker);
    (void)snprintf(a->device, sizeof a->device, "d%u-%u", account, hijacker);
    a->event = (struct event){
        .source = STR("shop"),
        .id = str_from(a->id),
        .type = kind_name(kind),
        .kind = kind,
        .subject = str_from(a->subject),
        .time_ms = START_MS + number * 40 * MINUTE_MS,
        .session = str_from(a->session),
        .device = str_from(a->device),
        .ip = {ADDRESS_V4, {hijacker ? 203 : 198, (uint8_t)account, 100, 7}},
        .asn = 64500 + (account + (hijacker ? 5 : 0)) % 6,
        .asn_present = true,
        .country = STR("JP"),
        .net = NET_RESIDENTIAL,
        .geo_source = GEO_SOURCE_CALLER,
        .user_agent = account % 2 ? STR("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Firefox/143.0")
                                  : STR("Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Firefox/143.0"),
        .outcome = OUTCOME_SUCCESS,
        .method = METHOD_PASSWORD,
    };
    if (kind == KIND_BALANCE_TOPPED_UP) {
        a->event.payment_method = hijacker ? STR("pm-stolen") : STR("pm-own");
        a->event.amount_minor = 5000, a->event.amount_minor_present = true;
    }
}

/* The owner says of an event that it was not his. */
static void statement(struct scene *a, unsigned number, unsigned account, unsigned about) {
    scene_of(a, number, account, KIND_OWNER_STATEMENT, false);
    (void)snprintf(a->about, sizeof a->about, "e%u", about);
    a->event = (struct event){.source = STR("shop"),
                              .id = a->event.id,
                              .type = a->event.type,
                              .kind = KIND_OWNER_STATEMENT,
                              .subject = a->event.subject,
                              .time_ms = a->event.time_ms,
                              .about = str_from(a->about),
                              .says = SAYS_NOT_MINE};
}

/* Owners live in peace; a hijacker comes to accounts 1 to 4 and pays with one card; two of their owners speak. */
#define STORY_COUNT (CALM + 14)
static void story(unsigned i, struct scene *a) {
    static const struct {
        unsigned account;
        enum kind kind;
        unsigned about;
    } acts[STORY_COUNT - CALM] = {
        {1, KIND_LOGIN, 0},
        {1, KIND_BALANCE_TOPPED_UP, 0},
        {4, KIND_LOGIN, 0},
        {4, KIND_BALANCE_TOPPED_UP, 0},
        {2, KIND_LOGIN, 0},
        {2, KIND_BALANCE_TOPPED_UP, 0},
        {2, KIND_OWNER_STATEMENT, CALM + 6}, /* and the top-ups of accounts 1 and 4 are looked at again */
        {3, KIND_LOGIN, 0},
        {3, KIND_BALANCE_TOPPED_UP, 0},
        {3, KIND_OWNER_STATEMENT, CALM + 9}, /* nothing new of 1 and 4 */
        {9, KIND_LOGIN, 0},
        {11, KIND_LOGIN, 0},
        {2, KIND_OWNER_STATEMENT, CALM + 5},
        {12, KIND_LOGIN, 0},
    };
    if (i < CALM) {
        scene_of(a, i + 1, i / 3 % ACCOUNTS, i % 3 == 2 ? KIND_BALANCE_TOPPED_UP : KIND_LOGIN, false);
        if (i % 3 == 2) a->event.payment_method = str_from(a->device); /* everyone has his own */
        return;
    }
    unsigned at = i - CALM;
    if (acts[at].about) statement(a, i + 1, acts[at].account, acts[at].about);
    else scene_of(a, i + 1, acts[at].account, acts[at].kind, acts[at].account < 5);
}

static void live(struct house *h, unsigned from, unsigned to) {
    for (unsigned i = from; i < to; i++) {
        struct scene a;
        struct receipt r;
        struct problem p = {0};
        story(i, &a);
        h->now_ms = a.event.time_ms + 1000;
        enum err err = engine_submit(h->engine, &a.event, &r, &p);
        if (err == ERR_FULL) {
            house_settle(h);
            err = engine_submit(h->engine, &a.event, &r, &p);
        }
        EXPECT_EQ(err, ERR_OK);
    }
    house_settle(h);
}

/* ---- what the journal says ---------------------------------------------------------------------------------------------------------- */

#define MEMORY_SIZE ((size_t)8 << 20)

struct told {
    unsigned reviews, takeovers, of_first; /* of_first: of the hijacker's top-up of account 1 */
    uint64_t at[64];
    enum verdict verdict;
};

static void read_told(struct house *h, struct told *t) {
    void *memory = malloc(MEMORY_SIZE);
    *t = (struct told){0};
    char first[24];
    (void)snprintf(first, sizeof first, "e%u", CALM + 2);
    for (uint64_t i = 1; i <= journal_last(h->ports.journal); i++) {
        struct arena step = arena_over(memory, MEMORY_SIZE);
        struct journal_record r;
        struct event e;
        struct decision d;
        EXPECT_EQ(journal_read(h->ports.journal, i, &step, &r), ERR_OK);
        EXPECT_EQ(event_decode(r.event, &e), ERR_OK);
        EXPECT_EQ(decision_decode(r.decision, &d), ERR_OK);
        if (e.kind != KIND_ENTRY_REVIEWED) continue;
        EXPECT_STR(e.source, POLICY_EVENT_SOURCE);
        if (t->reviews < 64) t->at[t->reviews] = i;
        t->reviews++, t->takeovers += d.takeover, t->of_first += str_equal(e.about, str_from(first));
        EXPECT(!d.takeover || str_equal(e.subject, STR("a1")) || str_equal(e.subject, STR("a4")));
    }
    free(memory);
}

static bool same_journals(struct house *a, struct house *b) {
    void *memory = malloc(MEMORY_SIZE);
    uint64_t last = journal_last(a->ports.journal);
    bool same = last == journal_last(b->ports.journal);
    for (uint64_t i = 1; same && i <= last; i++) {
        struct arena step = arena_over(memory, MEMORY_SIZE);
        struct journal_record left, right;
        EXPECT_EQ(journal_read(a->ports.journal, i, &step, &left), ERR_OK);
        EXPECT_EQ(journal_read(b->ports.journal, i, &step, &right), ERR_OK);
        same = str_equal(left.event, right.event) && str_equal(left.decision, right.decision);
    }
    free(memory);
    return same;
}

TEST(what_an_owner_says_of_one_account_opens_the_incident_of_another) {
    struct house h;
    struct told t;
    simple_house_open(&h, NULL);
    live(&h, 0, CALM);
    EXPECT_EQ(engine_totals(h.engine)->by_kind[KIND_ENTRY_REVIEWED], 0);
    live(&h, CALM, CALM + 6);
    EXPECT_EQ(engine_totals(h.engine)->incidents_opened, 0); /* or the story tells nothing */
    live(&h, CALM + 6, STORY_COUNT);
    read_told(&h, &t);
    EXPECT_EQ(t.takeovers, 2);
    EXPECT_EQ(t.of_first, 2); /* when three had been entered, and when one was known: no statement more asks again */
    EXPECT_EQ(engine_totals(h.engine)->incidents_opened, 4);
    EXPECT_EQ(engine_totals(h.engine)->reviews_lost, 0);
    EXPECT_EQ(engine_totals(h.engine)->by_kind[KIND_ENTRY_REVIEWED], t.reviews);
    house_close(&h, false);
}

/* ---- crashes ------------------------------------------------------------------------------------------------------------------------ */

/* The journal as the crash left it: its first records. */
static struct journal_memory *cut(struct house *h, uint64_t last) {
    struct journal_memory *out;
    struct problem p = {0};
    void *memory = malloc(MEMORY_SIZE);
    EXPECT_EQ(journal_memory_open(&out, &p), ERR_OK);
    struct journal j = journal_memory_port(out);
    for (uint64_t i = 1; i <= last; i++) {
        struct arena step = arena_over(memory, MEMORY_SIZE);
        struct journal_record r;
        uint64_t position;
        EXPECT_EQ(journal_read(h->ports.journal, i, &step, &r), ERR_OK);
        EXPECT_EQ(journal_append(j, &r, &position), ERR_OK);
        if (i % 100 == 0 || i == last) EXPECT(journal_seal(j) && journal_commit(j, &p) == ERR_OK);
    }
    free(memory);
    return out;
}

/* The shop sends again what was not answered, and some that was. */
static void expect_ends_alike(struct house *lived, uint64_t last) {
    struct house again;
    struct problem p = {0};
    uint64_t count;
    simple_house_open(&again, cut(lived, last));
    EXPECT_EQ(engine_recover(again.engine, 0, &count, &p), ERR_OK);
    EXPECT_EQ(count, last);
    live(&again, CALM - 2, STORY_COUNT);
    EXPECT(same_journals(lived, &again));
    EXPECT_EQ(cells_memory_digest(again.cells), cells_memory_digest(lived->cells));
    house_close(&again, false);
}

TEST(after_a_crash_each_is_judged_again_once) {
    struct house h;
    struct told t;
    simple_house_open(&h, NULL);
    live(&h, 0, STORY_COUNT);
    read_told(&h, &t);
    EXPECT(t.reviews >= 3);
    for (unsigned i = 0; i < t.reviews && i < 64; i++) {
        expect_ends_alike(&h, t.at[i] - 1); /* found and not said */
        expect_ends_alike(&h, t.at[i]);     /* said, and perhaps not all */
    }
    expect_ends_alike(&h, journal_last(h.ports.journal));
    house_close(&h, false);
}

/* ---- what is gone ------------------------------------------------------------------------------------------------------------------- */

static uint64_t first_kept; /* a journal's self is its own */

static uint64_t forgetful_first(void *self) {
    (void)self;
    return first_kept;
}

TEST(what_the_journal_has_no_more_is_let_go_and_counted) {
    struct house h;
    simple_house_open(&h, NULL);
    engine_close(h.engine);
    struct journal_ops ops = *h.ports.journal.ops;
    ops.first = forgetful_first;
    h.ports.journal.ops = &ops;
    first_kept = 1;
    struct problem p = {0};
    EXPECT_EQ(engine_open(&h.ports, &h.engine, &p), ERR_OK);
    live(&h, 0, CALM + 6);
    first_kept = CALM + 7;
    live(&h, CALM + 6, STORY_COUNT);
    const struct engine_totals *t = engine_totals(h.engine);
    EXPECT(t->reviews_lost >= 1);
    EXPECT_EQ(t->events - t->by_kind[KIND_ENTRY_REVIEWED], STORY_COUNT); /* nobody waits for it */
    house_close(&h, false);
}

int main(void) {
    RUN(what_an_owner_says_of_one_account_opens_the_incident_of_another);
    RUN(after_a_crash_each_is_judged_again_once);
    RUN(what_the_journal_has_no_more_is_let_go_and_counted);
    return test_end();
}
