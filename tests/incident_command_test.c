// SPDX-License-Identifier: Apache-2.0
/* Proves `hikeshi incident` on a real file that a server has open: what it prints, and how it refuses. */
#include <fcntl.h>
#include <unistd.h>

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
    RUN(refuses_plainly);
    incident_sqlite_close(&server);
    (void)unlink(db);
    (void)unlink(printed_at);
    (void)rmdir(folder);
    return test_end();
}
