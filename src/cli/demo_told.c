// SPDX-License-Identifier: Apache-2.0
/* Plays the owner's mailbox in the demo: takes his mails, lets him check one, shows it, and writes all of them as files. */
#include "cli/demo_told.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/report_files.h"
#include "courier/dkim.h"

#define OWNER STR("owner")

static enum err write_bytes(const char *path, const char *mode, struct str bytes, struct problem *p) {
    FILE *file = fopen(path, mode);
    bool written = file && fwrite(bytes.at, 1, bytes.size, file) == bytes.size;
    if (file && fclose(file)) written = false;
    return written ? ERR_OK : problem_set(p, ERR_IO, path, "", "cannot write: %s", strerror(errno));
}

/* ---- open and close ---------------------------------------------------------------------------------------------------------------------
 */

static enum err make_key(enum dkim_algorithm algorithm, const char *path, struct problem *p) {
    char memory[DKIM_PEM_SIZE_MAX];
    struct buf pem = buf_over(memory, sizeof memory);
    enum err err = dkim_key_generate(algorithm, &pem, p);
    return err ? err : write_bytes(path, "we", buf_str(&pem), p);
}

enum err demo_told_open(struct demo_told *t, struct world_server *world, struct clock clock, const char *directory,
                        const char *counterparts_file, struct problem *p) {
    char rsa[192], ed25519[192], text[1024];
    uint16_t port = 0;
    t->world = world;
    t->first_notice_ms = -1;
    (void)snprintf(rsa, sizeof rsa, "%s/dkim-rsa.pem", directory);
    (void)snprintf(ed25519, sizeof ed25519, "%s/dkim-ed25519.pem", directory);
    enum err err = make_key(DKIM_RSA, rsa, p);
    if (!err) err = make_key(DKIM_ED25519, ed25519, p);
    if (!err) err = mail_server_start(world, clock, &t->server, &port, p);
    if (err) return err;
    (void)snprintf(text, sizeof text,
                   "[mail]\nadapter = \"smtp\"\nurl = \"smtp://127.0.0.1:%u\"\ntls = \"never\"\nsystems = [\"email\"]\n"
                   "from_name = \"Kagami Shop\"\nfrom_address = \"service@shop.example\"\nbounce_domain = \"bounces.shop.example\"\n"
                   "dkim_rsa_selector = \"h1\"\ndkim_rsa_key_file = \"%s\"\n"
                   "dkim_ed25519_selector = \"h2\"\ndkim_ed25519_key_file = \"%s\"\n",
                   port, rsa, ed25519);
    return write_bytes(counterparts_file, "ae", str_from(text), p);
}

void demo_told_close(struct demo_told *t) {
    mail_server_stop(t->server);
    t->server = NULL;
}

/* ---- the owner reads
 * --------------------------------------------------------------------------------------------------------------------- */

static enum err load(struct incident_store s, struct str incident, struct arena *step, struct notice_row **rows, size_t *count,
                     struct problem *p) {
    enum err err = s.ops->notices(s.self, SIGHT_SETTLED, incident, step, rows, count);
    return err ? problem_set(p, err, "", "", "cannot read the notices: %s", err_word(err)) : ERR_OK;
}

static const struct notice_row *first_of(const struct notice_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (str_equal(rows[i].subject, STR("first")) && rows[i].written_ms) return &rows[i];
    return NULL;
}

enum err demo_told_read(struct demo_told *t, struct incident_store s, struct http_client *client, struct str incident, struct arena *step,
                        struct problem *p) {
    struct notice_row *rows;
    size_t count;
    char body[64];
    unsigned status = 0;
    struct str page;
    (void)t;
    enum err err = load(s, incident, step, &rows, &count, p);
    const struct notice_row *first = err ? NULL : first_of(rows, count);
    if (!first) return err;
    (void)snprintf(body, sizeof body, "code=%.*s", STR_ARGS(first->code));
    err = http_client_request(client, STR("POST"), STR("/check"), STR("application/x-www-form-urlencoded"), str_from(body), &status, &page,
                              p);
    if (err) return err;
    bool ours = status == 200 && str_find(page, incident, 0) < page.size;
    (void)printf("  (the owner reads his mail, types the shop's address himself and enters %.*s at /check: %s)\n", STR_ARGS(first->code),
                 ours ? "it is from the shop" : "it is not known");
    return ERR_OK;
}

bool demo_told_is_over(struct incident_store s, struct str incident, struct arena *step) {
    struct notice_row *rows;
    size_t count;
    if (s.ops->notices(s.self, SIGHT_SETTLED, incident, step, &rows, &count) != ERR_OK) return true;
    for (size_t i = 0; i < count; i++) {
        bool waits = (rows[i].state == NOTICE_HELD || rows[i].state == NOTICE_OUT) && rows[i].due_ms;
        if (waits && str_equal(rows[i].audience, OWNER)) return false;
    }
    return true;
}

/* ---- the end
 * ------------------------------------------------------------------------------------------------------------------------------- */

/* "/tmp/mails/003-nreport1.inc_60.eml": by when it came. */
static enum err write_mail(const char *directory, size_t number, const struct world_mail *m, struct problem *p) {
    char path[512];
    struct str rest, name = str_trim(str_from(m->message_id));
    if (str_starts(name, STR("<"))) name = str_slice(name, 1, name.size);
    name = str_cut(name, '@', &rest);
    (void)snprintf(path, sizeof path, "%s/%03zu-%.*s.eml", directory, number, STR_ARGS(str_clip(name, 80)));
    return write_bytes(path, "we", m->message, p);
}

static enum err write_mails(struct demo_told *t, struct problem *p) {
    struct world *w = world_server_lock(t->world);
    enum err err = ERR_OK;
    t->mail_count = world_mail_count(w);
    if (t->mail_directory && mkdir(t->mail_directory, 0777) != 0 && errno != EEXIST)
        err = problem_set(p, ERR_IO, t->mail_directory, "", "cannot make the directory: %s", strerror(errno));
    for (size_t i = 0; !err && t->mail_directory && i < t->mail_count; i++)
        err = write_mail(t->mail_directory, i + 1, world_mail_at(w, i), p);
    world_server_unlock(t->world);
    return err;
}

static void print_indented(struct str text) {
    while (text.size) {
        struct str line = str_cut(text, '\n', &text);
        (void)printf("    %.*s\n", STR_ARGS(line));
    }
}

static void print_first(const struct notice_row *first) {
    (void)printf("\nWhat the owner was told first, in his language, by mail and in his message centre:\n\n    %.*s\n\n",
                 STR_ARGS(first->title));
    print_indented(first->text);
}

/* The one that was written next after this moment; NULL: none was. Of one moment the rows' order decides. */
static const struct notice_row *written_after(const struct notice_row *rows, size_t count, const struct notice_row *last) {
    const struct notice_row *next = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct notice_row *n = &rows[i];
        bool later = n->written_ms > last->written_ms || (n->written_ms == last->written_ms && n > last);
        if (n->written_ms && later && (!next || n->written_ms < next->written_ms)) next = n;
    }
    return next;
}

/* What followed, one line each. */
static void print_others(const struct notice_row *rows, size_t count, const struct notice_row *first) {
    for (const struct notice_row *n = first; (n = written_after(rows, count, n));) {
        (void)printf("  then, to %s: %.*s\n", str_equal(n->audience, OWNER) ? "him" : "the stranger's address", STR_ARGS(n->title));
    }
}

enum err demo_told_end(struct demo_told *t, struct incident_store s, struct str incident, int64_t now_ms, struct arena *step,
                       struct problem *p) {
    struct notice_row *rows;
    size_t count;
    struct response_row response;
    enum err err = load(s, incident, step, &rows, &count, p);
    if (!err) err = s.ops->find_response(s.self, SIGHT_SETTLED, incident, step, &response);
    const struct notice_row *first = err ? NULL : first_of(rows, count);
    if (first) {
        if (first->accepted_ms) t->first_notice_ms = first->accepted_ms - response.decided_ms;
        print_first(first);
        print_others(rows, count, first);
    }
    if (!err) err = write_mails(t, p);
    return err ? err : report_files_all(s, incident, t->report_directory, now_ms, &t->report_pages, p);
}
