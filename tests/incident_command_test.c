// SPDX-License-Identifier: Apache-2.0
/* Proves `hikeshi incident` on a real file that a server has open: what it prints, and how it refuses. */
#include <fcntl.h>
#include <unistd.h>

#include <sqlite3.h>

#include "base/moment.h"
#include "base/test.h"
#include "cli/cli.h"
#include "store/incident_sqlite.h"

static char folder[64], db[96], printed_at[96];
static char printed[1U << 20];

/* Runs the command line with standard output going to a file, which is then read into `printed`; the exit status. */
static int run(int argc, const char *const *words) {
    char *argv[16] = {"hikeshi", "incident", "--data", folder};
    for (int i = 0; i < argc; i++) argv[4 + i] = (char *)(uintptr_t)words[i];
    (void)fflush(stdout);
    int saved = dup(1), to = open(printed_at, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    (void)dup2(to, 1);
    int status = cli_main(4 + argc, argv);
    (void)fflush(stdout);
    (void)dup2(saved, 1);
    (void)close(saved);
    ssize_t size = pread(to, printed, sizeof printed - 1, 0);
    printed[size > 0 ? size : 0] = 0;
    (void)close(to);
    return status;
}
#define RUN_WORDS(...) run((int)(sizeof((const char *[]){__VA_ARGS__}) / sizeof(char *)), (const char *[]){__VA_ARGS__})

static unsigned lines_printed(void) {
    unsigned lines = 0;
    for (const char *at = printed; *at; at++) lines += *at == '\n';
    return lines;
}

static struct incident_write opening(uint64_t position, const char *id, const char *account) {
    return (struct incident_write){.kind = WRITE_INCIDENT,
                                   .position = position,
                                   .as.incident = {.id = str_from(id),
                                                   .account = str_from(account),
                                                   .opened_position = position,
                                                   .opened_ms = (int64_t)position * DAY_MS,
                                                   .window_from_ms = (int64_t)position * DAY_MS,
                                                   .trigger_position = position,
                                                   .path = STR("{\"devices\":[\"X\"]}"),
                                                   .summary = STR("entered by login")}};
}

/* One captured charge of inc_60 that waits for the refund, and a person who is to look after it; the texts are a stranger's. */
static void respond_to(struct incident_store *s) {
    struct problem p = {0};
    const struct incident_write writes[] = {
        {.kind = WRITE_RESPONSE,
         .position = 252,
         .as.response = {.incident = STR("inc_60"), .account = STR("a60"), .state = RESPONSE_UNDOING, .effect_count = 1, .open_count = 1}},
        {.kind = WRITE_EFFECT,
         .position = 252,
         .as.effect = {.id = STR("inc_60/e1"),
                       .incident = STR("inc_60"),
                       .account = STR("a60"),
                       .kind = STR("captured_charge"),
                       .object = STR("charge:c\033[2J"),
                       .state = STR("refunding"),
                       .phase = PHASE_UNDOING,
                       .amount_minor = 50000,
                       .currency = "JPY",
                       .since_ms = 60 * DAY_MS,
                       .due_ms = 61 * DAY_MS}},
        {.kind = WRITE_TASK,
         .position = 252,
         .as.task = {.id = STR("inc_60/t1"),
                     .incident = STR("inc_60"),
                     .effect = STR("inc_60/e1"),
                     .kind = STR("approve"),
                     .asks = STR("May it be paid?"),
                     .options = STR("approve decline"),
                     .people = 2,
                     .due_ms = 62 * DAY_MS}},
        {.kind = WRITE_LEDGER,
         .position = 252,
         .as.ledger = {.incident = STR("inc_60"),
                       .effect = STR("inc_60/e1"),
                       .number = 1,
                       .kind = LEDGER_LOSS,
                       .amount_minor = 50000,
                       .currency = "JPY"}},
        {.kind = WRITE_AUDIT,
         .position = 252,
         .as.audit = {.incident = STR("inc_60"), .actor = STR("hikeshi"), .what = STR("effect_state"), .body = STR("{}")}},
    };
    EXPECT_EQ(s->ops->commit(s->self, writes, sizeof writes / sizeof *writes, 252, &p), ERR_OK);
}

static struct incident_store fill(void) {
    struct incident_store s = {0};
    struct problem p = {0};
    EXPECT_EQ(incident_sqlite_open(db, &s, &p), ERR_OK);
    for (uint64_t i = 1; i <= 250; i++) {
        char id[32], account[32];
        (void)snprintf(id, sizeof id, "inc_%llu", (unsigned long long)i);
        (void)snprintf(account, sizeof account, "a%llu", (unsigned long long)i);
        struct incident_write w = opening(i, id, account);
        if (i <= 50) w.as.incident.status = INCIDENT_CLOSED, w.as.incident.closed_ms = 1, w.as.incident.closed_why = STR("resolved");
        EXPECT_EQ(s.ops->commit(s.self, &w, 1, i, &p), ERR_OK);
    }
    struct incident_write event = {.kind = WRITE_INCIDENT_EVENT,
                                   .position = 251,
                                   .as.event = {.incident = STR("inc_7"),
                                                .position = 7,
                                                .time_ms = 7 * DAY_MS,
                                                .event = STR("e7"),
                                                .kind = STR("order_placed"),
                                                .whose = WHOSE_HIJACKER,
                                                .why = STR("same session")}};
    EXPECT_EQ(s.ops->commit(s.self, &event, 1, 251, &p), ERR_OK);
    respond_to(&s);
    return s;
}

TEST(lists_all_pages) {
    EXPECT_EQ(RUN_WORDS("list"), 0);
    EXPECT_EQ(lines_printed(), 1 + 200); /* the head, and those that are open, over two pages */
    EXPECT(strstr(printed, "inc_250") < strstr(printed, "inc_51 "));
    EXPECT_EQ(RUN_WORDS("list", "--all", "--json"), 0);
    EXPECT_EQ(lines_printed(), 250);
    EXPECT_EQ(RUN_WORDS("list", "--account", "a99"), 0);
    EXPECT_EQ(lines_printed(), 2);
    EXPECT_EQ(RUN_WORDS("list", "--account", "nobody"), 0);
    EXPECT_STR(str_from(printed), STR("no open incident\n"));
}

TEST(shows_one) {
    EXPECT_EQ(RUN_WORDS("show", "inc_7"), 0);
    EXPECT(strstr(printed, "inc_7, account a7, closed"));
    EXPECT(strstr(printed, "hijacker  order placed"));
    EXPECT_EQ(RUN_WORDS("show", "inc_7", "--json"), 0);
    EXPECT(strstr(printed, "\"events\":[{\"event\":\"e7\""));
}

TEST(shows_what_is_done) {
    EXPECT_EQ(RUN_WORDS("show", "inc_60"), 0);
    EXPECT(strstr(printed, "response   undoing"));
    EXPECT(strstr(printed, "still missing 50,000 JPY (lost 50,000 JPY, returned 0 JPY"));
    EXPECT(strstr(printed, "captured_charge       charge:c?[2J                undoing"));
    EXPECT(strstr(printed, "inc_60/t1         due 1970-03-04 00:00:00  May it be paid? [approve decline; two people]"));
    EXPECT(strstr(printed, "1970-03-03 00:00:00  captured_charge"));
    EXPECT(!strchr(printed, 033)); /* a stranger's text moves no cursor */
    EXPECT_EQ(RUN_WORDS("show", "inc_60", "--json"), 0);
    EXPECT(strstr(printed, "\"money\":{\"JPY\":{\"loss\":50000"));
}

TEST(tells_the_plan_before_it_is_done) {
    EXPECT_EQ(RUN_WORDS("plan", "inc_60"), 0);
    EXPECT(strstr(printed, "captured_charge charge:c?[2J"));
    EXPECT_EQ(RUN_WORDS("plan", "inc_999"), 2);
}

/* Somebody with the file in hand puts another name into the chain. */
static int tamper(void) {
    sqlite3 *file = NULL;
    int status = sqlite3_open(db, &file);
    if (status == SQLITE_OK) status = sqlite3_exec(file, "UPDATE audit SET actor = 'nobody'", NULL, NULL, NULL);
    (void)sqlite3_close(file);
    return status;
}

TEST(verifies_the_chain) {
    EXPECT_EQ(RUN_WORDS("audit", "inc_60"), 0);
    EXPECT(strstr(printed, "effect_state"));
    EXPECT(strstr(printed, "1 links, unbroken"));
    EXPECT_EQ(tamper(), SQLITE_OK);
    EXPECT(RUN_WORDS("audit", "inc_60") != 0);
    EXPECT(!strstr(printed, "unbroken"));
}

TEST(refuses_plainly) {
    EXPECT_EQ(RUN_WORDS("show", "inc_999"), 2);
    EXPECT_EQ(RUN_WORDS("show"), 2);
    EXPECT_EQ(RUN_WORDS("list", "--data", "/nowhere"), 2); /* the last --data counts */
    EXPECT_EQ(lines_printed(), 0);
}

int main(void) {
    (void)snprintf(folder, sizeof folder, "/tmp/hikeshi-command-XXXXXX");
    if (!mkdtemp(folder)) return 1;
    (void)snprintf(db, sizeof db, "%s/incidents.db", folder);
    (void)snprintf(printed_at, sizeof printed_at, "%s/printed", folder);
    struct incident_store server = fill(); /* stays open, as a server's */
    RUN(lists_all_pages);
    RUN(shows_one);
    RUN(shows_what_is_done);
    RUN(tells_the_plan_before_it_is_done);
    RUN(verifies_the_chain);
    RUN(refuses_plainly);
    incident_sqlite_close(&server);
    (void)unlink(db);
    (void)unlink(printed_at);
    (void)rmdir(folder);
    return test_end();
}
