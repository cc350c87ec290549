// SPDX-License-Identifier: Apache-2.0
/* hikeshi journal: checks the journal of a data directory, or prints its records. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/bounds.h"
#include "cli/cli.h"
#include "cli/journal_look.h"
#include "engine/page.h"
#include "event/event.h"
#include "sys/disk.h"

static const struct cli_option options[] = {
    {"--data", "DIR", "the data directory (default: data); it may be in use"},
    {"--from", "POSITION", "cat: the first record (default: the oldest)"},
    {"--to", "POSITION", "cat: the last record (default: the newest)"},
    {"--account", "ID", "cat: only the records of this account"},
    {"--json", NULL, "verify: print the sums as one JSON object"},
    {0},
};

/* ---- verify ---------------------------------------------------------------------------------------------------------------------------
 */

static void print_damage(void *context, const struct problem *damage) {
    (void)context;
    (void)printf("damaged: %s (%s)\n", damage->what, damage->where);
}

static int verify(const struct arguments *a, const struct journal_look *look) {
    struct journal_summary sum;
    struct problem p = {0};
    enum err err = journal_verify(sys_disk(), look->directory, look->seed, print_damage, NULL, &sum, &p);
    if (err && err != ERR_CORRUPT) return cli_fail(&p);
    unsigned long long records = sum.records, first = sum.first, last = sum.last, segments = sum.segments, bytes = sum.bytes,
                       torn = sum.torn_bytes, damages = sum.damages;
    if (argument_given(a, "--json"))
        (void)printf(
            "{\"records\":%llu,\"first\":%llu,\"last\":%llu,\"segments\":%llu,\"bytes\":%llu,\"torn_bytes\":%llu,\"damages\":%llu}\n",
            records, first, last, segments, bytes, torn, damages);
    else if (!err)
        (void)printf("%llu records, positions %llu to %llu, in %llu segments of %llu bytes: all sound\n", records, first, last, segments,
                     bytes);
    if (torn && !argument_given(a, "--json"))
        (void)printf("%llu bytes behind the last record were never acknowledged; the next start cuts them off\n", torn);
    return err ? cli_fail(&p) : 0;
}

/* ---- cat ------------------------------------------------------------------------------------------------------------------------------
 */

struct printing {
    uint64_t to;
    struct str account;
    struct problem *problem;
};

static enum err print_record(void *context, const struct journal_record *r) {
    const struct printing *print = context;
    if (r->position > print->to) return ERR_CANCELED;
    static char memory[PAGE_RECORD_SIZE_MAX];
    struct buf b = buf_over(memory, sizeof memory);
    struct event event;
    enum err err = event_decode(r->event, &event);
    if (!err && print->account.size && !str_equal(event.subject, print->account)) return ERR_OK;
    if (!err) err = page_write_record(r, &b);
    if (err || b.overflow)
        return problem_set(print->problem, ERR_CORRUPT, "", "", "cannot decode record %llu", (unsigned long long)r->position);
    buf_char(&b, '\n');
    if (fwrite(b.at, 1, b.size, stdout) == b.size) return ERR_OK;
    return problem_set(print->problem, ERR_IO, "", "", "cannot write: %s", strerror(errno));
}

static bool read_position(const struct arguments *a, const char *name, uint64_t *out, struct problem *p) {
    const char *text = argument(a, name, NULL);
    if (!text || str_to_u64(str_from(text), out)) return true;
    (void)problem_set(p, ERR_INVALID, name, "positions are whole numbers from 1", "'%s' is no journal position", text);
    return false;
}

static int cat(const struct arguments *a, const struct journal_look *look) {
    struct problem p = {0};
    uint64_t from = journal_first(look->journal);
    struct printing print = {.to = UINT64_MAX, .account = str_from(argument(a, "--account", "")), .problem = &p};
    if (!read_position(a, "--from", &from, &p) || !read_position(a, "--to", &print.to, &p)) return cli_fail(&p);
    if (from < journal_first(look->journal)) from = journal_first(look->journal);
    enum err err = look->journal.ops->scan(look->journal.self, from, print_record, &print, &p);
    return err && err != ERR_CANCELED ? cli_fail(&p) : 0;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    const char *what = a->operand_count == 1 ? a->operands[0] : "";
    bool is_verify = strcmp(what, "verify") == 0;
    if (!is_verify && strcmp(what, "cat") != 0) {
        (void)problem_set(&p, ERR_INVALID, "", "hikeshi journal verify, or hikeshi journal cat", "say what to do with the journal");
        return cli_fail(&p);
    }
    struct journal_look look;
    if (journal_look_open(argument(a, "--data", "data"), &look, &p)) return cli_fail(&p);
    int status = is_verify ? verify(a, &look) : cat(a, &look);
    journal_look_close(&look);
    return status;
}

extern const struct command command_journal;
const struct command command_journal = {
    .name = "journal",
    .sentence = "check the journal of a data directory, or print its records",
    .operands = "verify|cat",
    .options = options,
    .run = run,
    .example = "hikeshi journal cat --data data --account a0012345",
};
