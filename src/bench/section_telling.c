// SPDX-License-Identifier: Apache-2.0
/*
 * Measures how soon owners are told: many takeovers at once, a real server, the pretended world behind it, real mails over SMTP with both
 * signatures; and how many mails a core can write, sign and send.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "bench/bench.h"
#include "cli/counterpart_file.h"
#include "cli/demo_told.h"
#include "courier/adapter.h"
#include "net/http_client.h"
#include "store/incident_sqlite.h"
#include "sys/clock.h"
#include "sys/wire_curl.h"

#define OWNERS_MAX     500
#define OWNERS(b)      ((b)->quick ? 50U : OWNERS_MAX)
#define GOAL_TOLD_S    60
#define TOLD_SECONDS   180
#define LOOK_MS        500
#define ACTS_PER_BATCH 500
#define ACT_SIZE_MAX   1024
#define STEP_SIZE      (4U * 1024 * 1024)
#define MAILS(b)       ((b)->quick ? 200U : 2000U)
#define MAILS_AT_ONCE  16
#define MAIL_SECONDS   60
#define SECRET         "whsec_aGlrZXNoaS1iZW5jaC1zZWNyZXQtb2YtMzItYnl0ZXM="

/* ---- a shop that has a mailbox for everybody ----------------------------------------------------------------------------------------- */

struct shop {
    struct child_server server;
    struct world_server *world_server;
    struct world *world;
    struct demo_told mail;
    struct http_client client;
    struct incident_store store;
    bool has_store;
    char counterparts_file[192], store_file[192];
    struct arena step;
    struct buf batch;
    char login[OWNERS_MAX][32]; /* the hijacker's, by event id */
    unsigned accounts;
    double cpu_seconds; /* of the server, while it told them */
};

static enum err write_text(const char *path, const char *text, struct problem *p) {
    FILE *file = fopen(path, "we");
    bool written = file && fputs(text, file) >= 0;
    if (file && fclose(file)) written = false;
    return written ? ERR_OK : problem_set(p, ERR_IO, path, "", "cannot write");
}

static enum err write_counterparts(struct shop *s, uint16_t port, struct problem *p) {
    char secret_file[192], text[1024];
    (void)snprintf(secret_file, sizeof secret_file, "%s/world.secret", s->server.directory);
    (void)snprintf(s->counterparts_file, sizeof s->counterparts_file, "%s/counterparts.toml", s->server.directory);
    (void)snprintf(s->store_file, sizeof s->store_file, "%s/data/incidents.db", s->server.directory);
    (void)snprintf(text, sizeof text,
                   "[world]\nurl = \"http://127.0.0.1:%u\"\nsecret_file = \"%s\"\n"
                   "systems = [\"identity\", \"shop\", \"payment\", \"warehouse\", \"carrier\", \"directory\"]\n",
                   port, secret_file);
    enum err err = write_text(secret_file, SECRET "\n", p);
    if (!err && chmod(secret_file, 0600)) err = problem_set(p, ERR_IO, secret_file, "", "cannot protect");
    return err ? err : write_text(s->counterparts_file, text, p);
}

static enum err open_world(struct shop *s, struct problem *p) {
    struct clock clock = clock_real();
    uint16_t port;
    s->world = world_open(&(struct world_options){.seed = WORLD_SEED, .now_ms = clock.now_ms(clock.self), .secret = SECRET});
    enum err err = world_server_start(s->world, clock, &s->world_server, &port, p);
    if (!err) err = write_counterparts(s, port, p);
    return err ? err : demo_told_open(&s->mail, s->world_server, clock, s->server.directory, s->counterparts_file, p);
}

/* The server on its core; world and mailboxes on the others. */
static enum err launch(struct shop *s, struct problem *p) {
    cpu_set_t before;
    const char *arguments[] = {"--counterparts", s->counterparts_file, NULL};
    bool known = sched_getaffinity(0, sizeof before, &before) == 0;
    bench_pin(BENCH_SERVER_CORE);
    enum err err = child_server_launch(&s->server, arguments, p);
    if (known) (void)sched_setaffinity(0, sizeof before, &before);
    if (!err) err = http_client_open(&s->client, s->server.port, str_from(s->server.key), p);
    if (err) return err;
    world_server_meet(s->world_server, s->server.port, s->server.key);
    err = incident_sqlite_open_read(s->store_file, &s->store, p);
    s->has_store = !err;
    return err;
}

static enum err take_memory(struct shop *s, struct problem *p) {
    char *step = malloc(STEP_SIZE), *batch = malloc((size_t)ACTS_PER_BATCH * ACT_SIZE_MAX);
    s->step = arena_over(step, STEP_SIZE);
    s->batch = buf_over(batch, (size_t)ACTS_PER_BATCH * ACT_SIZE_MAX);
    return step && batch ? ERR_OK : problem_set(p, ERR_FULL, "", "", "no memory for a shop");
}

static enum err open_shop(struct shop *s, unsigned accounts, struct problem *p) {
    *s = (struct shop){.server.pid = -1, .client.socket = -1, .accounts = accounts};
    enum err err = take_memory(s, p);
    if (!err) err = child_server_prepare(&s->server, p);
    if (!err) err = open_world(s, p);
    return err;
}

static void close_shop(struct shop *s) {
    http_client_close(&s->client);
    if (s->server.directory[0]) child_server_stop(&s->server);
    demo_told_close(&s->mail);
    world_server_stop(s->world_server);
    if (s->world) world_close(s->world);
    if (s->has_store) incident_sqlite_close(&s->store);
    free(s->step.at);
    free(s->batch.at);
}

/* ---- the campaign -------------------------------------------------------------------------------------------------------------------- */

/* What a hijacker does in the night, in short; %u is the account's number. His login is the second. */
static const struct {
    bool hijacker;
    const char *json;
} acts[] = {
    {false,
     "{\"type\":\"login\",\"subject\":\"victim-%u\",\"data\":{\"outcome\":\"success\",\"method\":\"password\",\"session\":\"day-%u\","
     "\"device\":\"d-%u\",\"ip\":\"198.51.100.7\",\"language\":\"ja-JP\",\"timezone\":\"Asia/Tokyo\"}}"},
    {true,
     "{\"type\":\"login\",\"subject\":\"victim-%u\",\"data\":{\"outcome\":\"success\",\"method\":\"password\",\"session\":\"night-%u\","
     "\"device\":\"d-night-%u\",\"ip\":\"203.0.113.9\"}}"},
    {true, "{\"type\":\"balance_topped_up\",\"subject\":\"victim-%u\",\"data\":{\"session\":\"night-%u\",\"charge\":\"c-topup-%u\","
           "\"amount_minor\":50000,\"currency\":\"JPY\",\"ip\":\"203.0.113.9\"}}"},
    {true, "{\"type\":\"address_changed\",\"subject\":\"victim-%u\",\"data\":{\"session\":\"night-%u\",\"address\":\"ad-%u\","
           "\"change\":\"added\",\"ip\":\"203.0.113.9\"}}"},
};
#define ACT_COUNT (sizeof acts / sizeof acts[0])

static int64_t now_ms(void) {
    struct clock clock = clock_real();
    return clock.now_ms(clock.self);
}

static enum err post(struct shop *s, struct problem *p) {
    unsigned status = 0;
    struct str body = STR_NONE;
    if (s->batch.overflow) return problem_set(p, ERR_FULL, "", "", "a batch of acts does not fit its memory");
    if (!s->batch.size) return ERR_OK;
    enum err err =
        http_client_request(&s->client, STR("POST"), STR("/v1/events"), STR("application/x-ndjson"), buf_str(&s->batch), &status, &body, p);
    buf_reset(&s->batch);
    if (err) return err;
    size_t refused = str_find(body, STR("\"problem\""), 0);
    if (status == 200 && refused == body.size) return ERR_OK;
    return problem_set(p, ERR_CORRUPT, "", "", "the server answered %u to good events: %.*s", status,
                       STR_ARGS(str_clip(str_slice(body, refused, body.size), 160)));
}

static void act(struct shop *s, size_t at, unsigned account) {
    char text[ACT_SIZE_MAX];
    size_t from = s->batch.size;
    (void)snprintf(text, sizeof text, acts[at].json, account, account, account);
    struct world *w = world_server_lock(s->world_server);
    (void)!world_act(w, now_ms(), str_from(text), acts[at].hijacker, &s->batch);
    world_server_unlock(s->world_server);
    struct str rest, event = str_slice(buf_str(&s->batch), from, s->batch.size), mark = STR("\"id\":\"");
    struct str id = str_cut(str_slice(event, str_find(event, mark, 0) + mark.size, event.size), '"', &rest);
    if (at == 1) (void)snprintf(s->login[account], sizeof s->login[account], "%.*s", STR_ARGS(str_clip(id, 31)));
}

static void speak(struct shop *s, unsigned account) {
    char text[ACT_SIZE_MAX];
    (void)snprintf(
        text, sizeof text,
        "{\"type\":\"owner_statement\",\"subject\":\"victim-%u\",\"data\":{\"about\":\"%s\",\"says\":\"not_mine\",\"via\":\"phone\"}}",
        account, s->login[account]);
    struct world *w = world_server_lock(s->world_server);
    (void)!world_act(w, now_ms(), str_from(text), false, &s->batch);
    world_server_unlock(s->world_server);
}

/* Every account's night; then all owners speak in one request, which is one moment. */
static enum err open_campaign(struct shop *s, struct problem *p) {
    enum err err = ERR_OK;
    for (unsigned a = 0; a < s->accounts && !err; a++) {
        for (size_t i = 0; i < ACT_COUNT; i++) act(s, i, a);
        if (s->batch.size > s->batch.capacity / 2) err = post(s, p);
    }
    if (!err) err = post(s, p);
    for (unsigned a = 0; a < s->accounts && !err; a++) speak(s, a);
    return err ? err : post(s, p);
}

/* ---- what was told ------------------------------------------------------------------------------------------------------------------- */

struct told_found {
    double p50_ms, p99_ms, max_ms, told, incidents, mails, connections, refused_connections, cpu_seconds, seconds, contained,
        contained_p99_ms, carried_p99_ms;
    double mails_sent, mails_cpu_seconds, mail_bytes;
};

/* Of each incident: until its owner was told, of that from the notice's writing on, and until all was contained; -1: not yet. */
static double took_ms[OWNERS_MAX], carried_ms[OWNERS_MAX], contained_ms[OWNERS_MAX];

static int compare_numbers(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static void look_at(struct shop *s, struct str incident, size_t at) {
    struct notice_row *rows;
    size_t count;
    struct response_row response;
    arena_reset(&s->step);
    took_ms[at] = carried_ms[at] = contained_ms[at] = -1;
    enum err err = s->store.ops->find_response(s->store.self, SIGHT_SETTLED, incident, &s->step, &response);
    if (!err && response.contained_ms) contained_ms[at] = (double)(response.contained_ms - response.decided_ms);
    if (!err) err = s->store.ops->notices(s->store.self, SIGHT_SETTLED, incident, &s->step, &rows, &count);
    for (size_t i = 0; !err && i < count; i++) {
        if (!str_equal(rows[i].subject, STR("first")) || !rows[i].accepted_ms) continue;
        took_ms[at] = (double)(rows[i].accepted_ms - response.decided_ms);
        carried_ms[at] = (double)(rows[i].accepted_ms - rows[i].written_ms);
    }
}

static enum err list_incidents(struct shop *s, char ids[OWNERS_MAX][32], size_t *count, struct problem *p) {
    struct incident_row *rows;
    const struct incident_query q = {.status = -1, .count_max = OWNERS_MAX};
    arena_reset(&s->step);
    enum err err = s->store.ops->list(s->store.self, &q, &s->step, &rows, count);
    if (err) return problem_set(p, err, s->store_file, "", "cannot read the incidents: %s", err_word(err));
    for (size_t i = 0; i < *count; i++) (void)snprintf(ids[i], 32, "%.*s", STR_ARGS(str_clip(rows[i].id, 31)));
    return ERR_OK;
}

static size_t look(struct shop *s, char ids[OWNERS_MAX][32], size_t count) {
    size_t told = 0;
    for (size_t i = 0; i < count; i++) {
        look_at(s, str_from(ids[i]), i);
        told += took_ms[i] >= 0;
    }
    return told;
}

/* Of those that are not -1. */
static double quantile(double *all, size_t count, double q) {
    size_t missing = 0;
    qsort(all, count, sizeof *all, compare_numbers);
    while (missing < count && all[missing] < 0) missing++;
    return missing < count ? all[missing + (size_t)(q * (double)(count - missing - 1))] : 0;
}

static enum err wait_until_told(struct shop *s, struct told_found *f, struct problem *p) {
    static char ids[OWNERS_MAX][32];
    size_t told = 0, count = 0;
    int64_t from = bench_now_ns();
    double cpu = bench_cpu_seconds(s->server.pid);
    enum err err = ERR_OK;
    while (!err && told < s->accounts && bench_seconds_since(from) < TOLD_SECONDS) {
        (void)nanosleep(&(struct timespec){.tv_nsec = LOOK_MS * 1000000L}, NULL);
        err = list_incidents(s, ids, &count, p);
        if (!err) told = look(s, ids, count);
    }
    f->seconds = bench_seconds_since(from);
    f->cpu_seconds = bench_cpu_seconds(s->server.pid) - cpu;
    f->told = (double)told, f->incidents = (double)count;
    f->p50_ms = quantile(took_ms, count, 0.5), f->p99_ms = quantile(took_ms, count, 0.99), f->max_ms = quantile(took_ms, count, 1);
    f->carried_p99_ms = quantile(carried_ms, count, 0.99), f->contained_p99_ms = quantile(contained_ms, count, 0.99);
    for (size_t i = 0; i < count; i++) f->contained += contained_ms[i] >= 0;
    return err;
}

static void count_mails(struct shop *s, struct told_found *f) {
    struct mail_server_counts counts = mail_server_counts(s->mail.server);
    f->mails = (double)counts.mails, f->connections = (double)counts.connections, f->refused_connections = (double)counts.turned_away;
}

/* ---- mails alone ----------------------------------------------------------------------------------------------------------------------
 */

static struct shop shop;
static struct step_row told_step; /* that told an owner first, by mail; its texts are in the shop's arena */

static enum err find_told_step(struct shop *s, struct problem *p) {
    static char ids[OWNERS_MAX][32];
    struct step_row *rows;
    size_t count = 0, steps = 0;
    enum err err = list_incidents(s, ids, &count, p);
    arena_reset(&s->step);
    if (!err && count) err = s->store.ops->steps(s->store.self, SIGHT_SETTLED, str_from(ids[0]), &s->step, &rows, &steps);
    for (size_t i = 0; !err && i < steps; i++)
        if (str_equal(rows[i].verb, STR("tell")) && str_equal(rows[i].system, STR("email"))) return told_step = rows[i], ERR_OK;
    return problem_set(p, err ? err : ERR_NOT_FOUND, s->store_file, "", "no step told an owner");
}

struct mails {
    const struct counterpart *counterpart;
    const struct adapter *adapter;
    struct wire wire;
    struct arena step;
    size_t started, answered, bytes;
};

/* As the courier does it for each: the message, both signatures, and onto the wire. */
static enum err start_mail(struct mails *m, struct problem *p) {
    struct wire_request r = {0};
    struct asking asking = {.key = STR("bench"), .contact = STR("owner@mailbox.example"), .now_ms = now_ms()};
    arena_reset(&m->step);
    enum err err = m->adapter->request(m->counterpart, &told_step, &asking, &m->step, &r);
    if (err) return problem_set(p, err, "mail", "", "cannot be written: %s", err_word(err));
    r.id = m->started++;
    m->bytes = r.body.size;
    return m->wire.ops->start(m->wire.self, &r, p);
}

static enum err send_mails(struct mails *m, size_t count, struct problem *p) {
    struct wire_answer answers[MAILS_AT_ONCE];
    int64_t from = bench_now_ns();
    enum err err = ERR_OK;
    while (!err && m->answered < count) {
        while (!err && m->started < count && m->started - m->answered < MAILS_AT_ONCE) err = start_mail(m, p);
        size_t came = err ? 0 : m->wire.ops->poll(m->wire.self, answers, MAILS_AT_ONCE, 100);
        for (size_t i = 0; i < came && !err; i++)
            if (answers[i].fate != WIRE_ANSWERED || answers[i].status != 250)
                err = problem_set(p, ERR_IO, "mail", "", "was not taken: %.100s", answers[i].error);
        m->answered += came;
        if (bench_seconds_since(from) > MAIL_SECONDS) return problem_set(p, ERR_TIMEOUT, "mail", "", "takes too long");
    }
    return err;
}

static enum err measure_mails(const struct bench *b, void *found, struct problem *p) {
    struct told_found *f = found;
    struct counterparts counterparts;
    struct arena memory = arena_over(malloc(STEP_SIZE), STEP_SIZE);
    struct mails m = {.step = arena_over(malloc(STEP_SIZE), STEP_SIZE), .adapter = adapter_find(STR("smtp"))};
    if (!memory.at || !m.step.at) return problem_set(p, ERR_FULL, "", "", "no memory for mails");
    enum err err = counterpart_file_read(shop.counterparts_file, &memory, &counterparts, p);
    if (!err) err = wire_curl_open(&m.wire, p);
    if (err) return err;
    m.counterpart = counterparts_of_system(&counterparts, STR("email"));
    int64_t cpu = bench_own_cpu_ns();
    err = send_mails(&m, MAILS(b), p);
    f->mails_cpu_seconds = (double)(bench_own_cpu_ns() - cpu) / 1e9;
    f->mails_sent = (double)m.answered, f->mail_bytes = (double)m.bytes;
    wire_curl_close(&m.wire);
    counterpart_file_release(&counterparts);
    free(m.step.at);
    free(memory.at);
    return err;
}

static enum err measure_told(const struct bench *b, struct told_found *f, struct problem *p) {
    struct told_found alone;
    enum err err = open_shop(&shop, OWNERS(b), p);
    if (!err) err = launch(&shop, p);
    if (!err) err = open_campaign(&shop, p);
    if (!err) err = wait_until_told(&shop, f, p);
    if (!err) count_mails(&shop, f);
    if (!err) err = find_told_step(&shop, p);
    if (!err) err = bench_in_child(measure_mails, b, &alone, sizeof alone, p);
    if (!err) f->mails_sent = alone.mails_sent, f->mails_cpu_seconds = alone.mails_cpu_seconds, f->mail_bytes = alone.mail_bytes;
    close_shop(&shop);
    return err;
}

/* ---- the report ---------------------------------------------------------------------------------------------------------------------- */

static void report_told(struct bench *b, const struct told_found *f) {
    struct bench_row *row = report_add(&b->report, "told_p99", "takeovers at once, each owner told by mail: decision to accepted, p99",
                                       UNIT_SECONDS, f->p99_ms / 1e3);
    (void)report_goal(row, RULE_AT_MOST, GOAL_TOLD_S);
    (void)snprintf(
        row->limit, sizeof row->limit,
        "%.0f of %u told over SMTP, signed twice; a first notice waits 5 s for what is found and stopped (%.0f of %.0f contained when the "
        "last was told, p99 %.2f s, through a pretended world of one thread); server %.2f cores",
        f->told, OWNERS(b), f->contained, f->incidents, f->contained_p99_ms / 1e3, f->cpu_seconds / f->seconds);
    (void)report_add(&b->report, "told_p50", "owners told at once: decision to accepted, p50", UNIT_SECONDS, f->p50_ms / 1e3);
    (void)report_add(&b->report, "told_max", "owners told at once: decision to accepted, the last", UNIT_SECONDS, f->max_ms / 1e3);
    (void)report_add(&b->report, "told_carried_p99", "owners told at once: from the written notice to accepted, p99", UNIT_SECONDS,
                     f->carried_p99_ms / 1e3);
    row = report_add(&b->report, "told_not", "takeovers at once: owners who were not told", UNIT_COUNT, OWNERS(b) - f->told);
    (void)report_goal(row, RULE_AT_MOST, 0);
    row = report_add(&b->report, "mail_connections", "owners told at once: connections to the mail server", UNIT_COUNT, f->connections);
    (void)snprintf(row->limit, sizeof row->limit, "%.0f mails; %.0f connections were turned away", f->mails, f->refused_connections);
    row = report_add(&b->report, "mails_per_second", "mails written, signed twice and sent over kept connections, per core-second",
                     UNIT_PER_SECOND, f->mails_sent / f->mails_cpu_seconds);
    (void)snprintf(row->limit, sizeof row->limit, "%.0f of %.1f kB; without store, directory and what the mail server itself takes",
                   f->mails_sent, f->mail_bytes / 1e3);
}

enum err section_telling(struct bench *b, struct problem *p) {
    struct told_found told = {0};
    enum err err = measure_told(b, &told, p);
    if (err) return err;
    report_told(b, &told);
    return ERR_OK;
}
