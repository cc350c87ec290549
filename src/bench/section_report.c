// SPDX-License-Identifier: Apache-2.0
/*
 * Measures what one owner's notice, mail and report take. The rows are the story's: it is played to its end against a real server first,
 * and then read from its store; the largest response is made of them, over and over.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/check.h"
#include "base/moment.h"
#include "bench/bench.h"
#include "cli/demo_response.h"
#include "cli/report_files.h"
#include "cli/story.h"
#include "courier/dkim.h"
#include "courier/mail.h"
#include "print/print.h"
#include "sys/clock.h"
#include "sys/token.h"

#define GOAL_RENDER_MS 200
#define YEAR_SIZE      (16U * 1024 * 1024)
#define NIGHT_SIZE     (64U * 1024)
#define NIGHT_ACTS_MAX 32
#define BURST_MS       (5 * SECOND_MS)
#define TOKYO_MS       (9 * HOUR_MS)
#define ROWS_SIZE      (64U * 1024 * 1024)
#define STEP_SIZE      (64U * 1024 * 1024) /* a notice's working copies and rows, and REPORT_MEMORY_SIZE */
#define ROUNDS_MAX     2000
#define LOADS          9

static double rounds_ns[ROUNDS_MAX];

static int compare_numbers(const void *a, const void *b) {
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median_of(size_t count) {
    qsort(rounds_ns, count, sizeof *rounds_ns, compare_numbers);
    return count ? rounds_ns[count / 2] : 0;
}

/* ---- the story, unseen -----------------------------------------------------------------------------------------------------------------
 */

struct story {
    struct child_server server;
    struct http_client client;
    struct demo_response response;
    char incident[64];
    struct arena arena; /* of the rows */
    struct report_rows rows;
};

/* The last midnight in Tokyo after which the whole night is past. */
static int64_t night_of_story(void) {
    struct clock clock = clock_real();
    int64_t tokyo_ms = clock.now_ms(clock.self) + TOKYO_MS - 2 * HOUR_MS;
    return tokyo_ms - tokyo_ms % DAY_MS - TOKYO_MS;
}

static enum err post(struct story *s, const char *path, const char *media_type, struct str content, struct str *body, struct problem *p) {
    unsigned status = 0;
    enum err err = http_client_request(&s->client, STR("POST"), str_from(path), str_from(media_type), content, &status, body, p);
    if (!err && status != 200) err = problem_set(p, ERR_CORRUPT, "", "", "the server answered %u to %s", status, path);
    return err;
}

static enum err play_year(struct story *s, int64_t night_ms, struct problem *p) {
    size_t count;
    struct str body;
    char *memory = malloc(YEAR_SIZE);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory for the year");
    struct buf year = buf_over(memory, YEAR_SIZE);
    story_write_year(night_ms, WORLD_SEED, &year, &count);
    enum err err = post(s, "/v1/events", "application/x-ndjson", buf_str(&year), &body, p);
    free(memory);
    return err;
}

static enum err tell(struct story *s, struct str event, struct problem *p) {
    struct str body, rest, mark = STR("\"incident\":\"");
    enum err err = post(s, "/v1/decisions", "application/cloudevents+json", event, &body, p);
    size_t at = err ? 0 : str_find(body, mark, 0);
    if (err || s->incident[0] || at == body.size) return err;
    struct str id = str_cut(str_slice(body, at + mark.size, body.size), '"', &rest);
    (void)snprintf(s->incident, sizeof s->incident, "%.*s", STR_ARGS(str_clip(id, sizeof s->incident - 1)));
    return ERR_OK;
}

/* As the demo plays it: what follows within seconds happens first and is told then. */
static enum err play_burst(struct story *s, const struct story_act *acts, size_t count, struct problem *p) {
    static char memory[NIGHT_SIZE];
    struct buf texts = buf_over(memory, sizeof memory);
    struct str events[NIGHT_ACTS_MAX];
    enum err err = ERR_OK;
    for (size_t i = 0; i < count; i++) {
        size_t from = texts.size;
        (void)!demo_response_act(&s->response, acts[i].time_ms, acts[i].json, acts[i].hijacker, &texts);
        events[i] = (struct str){texts.at + from, texts.size - from};
    }
    if (count > 1) demo_response_wait(&s->response, acts[count - 1].time_ms + 3 * SECOND_MS);
    for (size_t i = 0; !err && i < count; i++)
        if (events[i].size) err = tell(s, events[i], p);
    return err || !s->incident[0] ? err : demo_response_settle(&s->response, s->incident, p);
}

static enum err play_night(struct story *s, int64_t night_ms, struct problem *p) {
    static char memory[NIGHT_SIZE];
    static struct story_act acts[NIGHT_ACTS_MAX];
    struct buf texts = buf_over(memory, sizeof memory);
    size_t count = story_night(night_ms, "story", &texts, acts, NIGHT_ACTS_MAX);
    enum err err = ERR_OK;
    for (size_t i = 0, next; !err && i < count; i = next) {
        for (next = i + 1; next < count && acts[next].time_ms - acts[next - 1].time_ms < BURST_MS;) next++;
        err = play_burst(s, &acts[i], next - i, p);
    }
    if (!err && !s->incident[0]) err = problem_set(p, ERR_NOT_FOUND, "", "", "the night passed and no incident was opened");
    return err;
}

/* All that is known of it, as often as it takes to know how long that takes. */
static enum err load(struct story *s, double *ms, struct problem *p) {
    enum err err = ERR_OK;
    for (unsigned i = 0; i < LOADS && !err; i++) {
        arena_reset(&s->arena);
        int64_t from = bench_now_ns();
        err = report_files_load(s->response.store, str_from(s->incident), &s->arena, &s->rows);
        rounds_ns[i] = (double)(bench_now_ns() - from);
    }
    *ms = median_of(LOADS) / 1e6;
    return err ? problem_set(p, err, s->incident, "", "cannot read the rows: %s", err_word(err)) : ERR_OK;
}

/* To its end. The demo says aloud what it does: nobody listens here. */
static enum err play(struct story *s, struct problem *p) {
    int64_t night_ms = night_of_story();
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || dup2(nowhere, STDOUT_FILENO) < 0) return problem_set(p, ERR_IO, "/dev/null", "", "cannot be written to");
    enum err err = child_server_prepare(&s->server, p);
    if (!err) err = demo_response_open(&s->response, &s->server, "story", night_ms, p);
    if (!err) err = child_server_launch(&s->server, s->response.arguments, p);
    if (!err) err = http_client_open(&s->client, s->server.port, str_from(s->server.key), p);
    if (!err) err = demo_response_meet(&s->response, &s->server, &s->client, p);
    if (!err) err = play_year(s, night_ms, p);
    if (!err) err = play_night(s, night_ms, p);
    if (!err) err = demo_response_lapse(&s->response, s->incident, p);
    return err;
}

static void end_story(struct story *s) {
    http_client_close(&s->client);
    if (s->server.directory[0]) child_server_stop(&s->server);
    demo_response_close(&s->response);
}

/* ---- a response as large as they come ---------------------------------------------------------------------------------------------------
 */

static void *take(struct arena *a, size_t size) {
    void *memory = arena_take(a, size);
    CHECK(memory);
    return memory;
}

static struct str id_of(struct arena *a, struct str incident, size_t number) {
    char *memory = take(a, incident.size + 24);
    struct buf b = buf_over(memory, incident.size + 24);
    buf_fmt(&b, "%.*s/e%zu", STR_ARGS(incident), number);
    return buf_str(&b);
}

/* The number of the effect that an id, or a text that names one, speaks of; 0 = none. */
static size_t number_in(struct str text, size_t *from, size_t *to) {
    size_t number = 0;
    *from = str_find(text, STR("/e"), 0) + 2;
    for (*to = *from; *to < text.size && text.at[*to] >= '0' && text.at[*to] <= '9'; ++*to)
        number = number * 10 + (size_t)(text.at[*to] - '0');
    return number;
}

/* The same text of another effect. */
static struct str renumbered(struct arena *a, struct str text, size_t more) {
    size_t from, to, number = number_in(text, &from, &to);
    if (!number) return text;
    char *memory = take(a, text.size + 24);
    struct buf b = buf_over(memory, text.size + 24);
    buf_text(&b, str_slice(text, 0, from));
    buf_fmt(&b, "%zu", number + more);
    buf_text(&b, str_slice(text, to, text.size));
    return buf_str(&b);
}

/* Each row of an effect again for each copy of it: what it was, what was seen, what it cost, what became of it. */
static void make_largest(const struct report_source *from, struct arena *a, struct report_source *out) {
    size_t copies = EFFECT_COUNT_MAX / from->rows.effect_count, effects = from->rows.effect_count;
    struct effect_row *e = take(a, EFFECT_COUNT_MAX * sizeof *e);
    struct ledger_row *l = take(a, copies * from->rows.ledger_count * sizeof *l);
    struct proof_row *r = take(a, copies * from->proof_count * sizeof *r);
    struct audit_row *u = take(a, copies * from->audit_count * sizeof *u);
    struct incident_event_row *v = take(a, copies * from->event_count * sizeof *v);
    *out = *from;
    out->rows.effects = e, out->rows.ledger = l, out->proofs = r, out->audits = u, out->events = v;
    out->rows.effect_count = out->rows.ledger_count = out->proof_count = out->audit_count = out->event_count = 0;
    for (size_t c = 0; c < copies; c++) {
        size_t more = c * effects;
        for (size_t i = 0; i < effects; i++) {
            struct effect_row *row = &e[out->rows.effect_count++];
            *row = from->rows.effects[i];
            row->id = id_of(a, row->incident, more + i + 1);
        }
        for (size_t i = 0; i < from->rows.ledger_count; i++) {
            l[out->rows.ledger_count] = from->rows.ledger[i];
            l[out->rows.ledger_count++].effect = renumbered(a, from->rows.ledger[i].effect, more);
        }
        for (size_t i = 0; i < from->proof_count; i++) {
            r[out->proof_count] = from->proofs[i];
            r[out->proof_count++].effect = renumbered(a, from->proofs[i].effect, more);
        }
        for (size_t i = 0; i < from->audit_count; i++) {
            u[out->audit_count] = from->audits[i];
            u[out->audit_count++].body = renumbered(a, from->audits[i].body, more);
        }
        for (size_t i = 0; i < from->event_count; i++) v[out->event_count++] = from->events[i];
    }
}

/* ---- how long -------------------------------------------------------------------------------------------------------------------------
 */

struct render_found {
    double write_first_ms, write_ms, print_first_ms, print_ms, pages, pdf_bytes, effects, blocks;
};

struct report_found {
    struct render_found story, largest;
    double load_ms;
    double notice_us, phrases_us, mail_us, rsa_us, ed25519_us, pair_us, notice_effects, mail_bytes;
};

struct press {
    struct arena step;
    char *pdf;
    struct phrases phrases;
};

static enum err write_once(struct press *m, const struct report_source *source, const struct report_wish *wish, struct document *d,
                           double *ms, struct problem *p) {
    arena_reset(&m->step);
    int64_t from = bench_now_ns();
    enum err err = report_write(&m->phrases, source, wish, &m->step, d);
    *ms = (double)(bench_now_ns() - from) / 1e6;
    return err ? problem_set(p, err, "report", "", "cannot be written: %s", err_word(err)) : ERR_OK;
}

static enum err print_once(struct press *m, const struct document *d, struct render_found *f, double *ms, struct problem *p) {
    struct buf out = buf_over(m->pdf, PRINT_SIZE_MAX);
    struct print_settings settings = {STR("Kagami Shop"), 0};
    struct print_result result;
    int64_t from = bench_now_ns();
    enum err err = print_pdf(d, &settings, &out, &result, p);
    *ms = (double)(bench_now_ns() - from) / 1e6;
    f->pages = (double)result.page_count, f->pdf_bytes = (double)out.size;
    return err;
}

static enum err render(struct press *m, const struct report_rows *rows, const struct report_source *source, unsigned rounds,
                       struct render_found *f, struct problem *p) {
    struct report_wish wish = report_files_wish(rows, 1, rows->response.decided_ms + DAY_MS, TOKYO_MS);
    struct document d;
    enum err err = write_once(m, source, &wish, &d, &f->write_first_ms, p);
    if (!err) err = print_once(m, &d, f, &f->print_first_ms, p);
    for (unsigned i = 0; i < rounds && !err; i++) err = print_once(m, &d, f, &rounds_ns[i], p);
    f->print_ms = median_of(rounds);
    for (unsigned i = 0; i < rounds && !err; i++) err = write_once(m, source, &wish, &d, &rounds_ns[i], p);
    f->write_ms = median_of(rounds);
    f->effects = (double)source->rows.effect_count, f->blocks = (double)d.block_count;
    return err;
}

/* ---- a notice and its mail
 * --------------------------------------------------------------------------------------------------------------- */

/* The first notice was held, and its time is up: the notify room writes it, and makes it a step for each channel. The text; empty: none. */
static struct str write_notice(struct press *m, const struct report_rows *rows, struct notice_change *out) {
    const struct notice_row held = {.id = STR("inc_1/n1"),
                                    .incident = rows->incident.id,
                                    .account = rows->incident.account,
                                    .audience = STR("owner"),
                                    .subject = STR("first"),
                                    .facts = STR("{}"),
                                    .state = NOTICE_HELD,
                                    .due_ms = rows->response.decided_ms,
                                    .version = 1,
                                    .position = 1};
    struct event fired = {.source = STR("hikeshi"), .kind = KIND_TIMER_FIRED, .about = held.id, .version = 1, .version_present = true};
    struct respond_event e = {.event = &fired, .position = 2, .now_ms = rows->response.decided_ms, .incident = rows->incident.id};
    e.settings.notify =
        (struct notify_settings){.at_once = 6, .language = "en", .timezone = "Etc/UTC", .report_ms = DAY_MS, .channels = "email"};
    struct respond_loaded loaded = {.incident = &rows->incident,
                                    .response = &rows->response,
                                    .effects = rows->source.rows.rows.effects,
                                    .effect_count = rows->source.rows.rows.effect_count,
                                    .ledger = rows->source.rows.rows.ledger,
                                    .ledger_count = rows->source.rows.rows.ledger_count};
    struct response_change nothing = {0};
    struct notify_input in = {.e = &e, .loaded = &loaded, .change = &nothing, .notices = &held, .notice_count = 1, .token = token_known()};
    arena_reset(&m->step);
    notify_advance(&in, &m->step, out);
    for (size_t i = 0; i < out->write_count; i++)
        if (out->writes[i].kind == WRITE_NOTICE && str_equal(out->writes[i].as.notice.id, held.id)) return out->writes[i].as.notice.text;
    return STR_NONE;
}

static enum err measure_notice(struct press *m, const struct report_rows *rows, unsigned rounds, struct report_found *f,
                               struct problem *p) {
    struct notice_change change = {0};
    for (unsigned i = 0; i < rounds; i++) {
        int64_t from = bench_now_ns();
        struct str text = write_notice(m, rows, &change);
        rounds_ns[i] = (double)(bench_now_ns() - from);
        if (!text.size) return problem_set(p, ERR_CORRUPT, "notice", "", "the first notice was not written");
    }
    f->notice_us = median_of(rounds) / 1e3;
    for (unsigned i = 0; i < rounds; i++) {
        int64_t from = bench_now_ns();
        enum err err = phrases_choose(phrases_built_in(), m->phrases.language, &m->phrases, p);
        rounds_ns[i] = (double)(bench_now_ns() - from);
        if (err) return err;
    }
    f->phrases_us = median_of(rounds) / 1e3;
    f->notice_effects = (double)rows->source.rows.rows.effect_count;
    return ERR_OK;
}

static enum err sign_often(const struct dkim_keys *keys, struct str message, unsigned rounds, double *us, struct problem *p) {
    enum err err = ERR_OK;
    for (unsigned i = 0; i < rounds && !err; i++) {
        char memory[DKIM_SIGNATURES_SIZE_MAX];
        struct buf out = buf_over(memory, sizeof memory);
        int64_t from = bench_now_ns();
        err = dkim_sign(keys, message, 1772341200, &out, p);
        rounds_ns[i] = (double)(bench_now_ns() - from);
    }
    *us = median_of(rounds) / 1e3;
    return err;
}

static enum err make_keys(char pem[DKIM_ALGORITHM_COUNT][DKIM_PEM_SIZE_MAX], struct dkim_keys *out, struct problem *p) {
    struct dkim_texts texts = {.domain = STR("shop.example")};
    enum err err = ERR_OK;
    for (enum dkim_algorithm a = 0; a < DKIM_ALGORITHM_COUNT && !err; a++) {
        struct buf b = buf_over(pem[a], DKIM_PEM_SIZE_MAX);
        err = dkim_key_generate(a, &b, p);
        texts.keys[a].selector = a == DKIM_RSA ? STR("h1") : STR("h2");
        texts.keys[a].pem = buf_str(&b);
    }
    return err ? err : dkim_keys_read(&texts, out, p);
}

static enum err measure_signatures(struct str message, unsigned rounds, struct report_found *f, struct problem *p) {
    static char pem[DKIM_ALGORITHM_COUNT][DKIM_PEM_SIZE_MAX];
    struct dkim_keys keys;
    enum err err = make_keys(pem, &keys, p);
    if (err) return err;
    struct dkim_keys rsa = keys, ed25519 = keys;
    rsa.keys[DKIM_ED25519] = ed25519.keys[DKIM_RSA] = NULL;
    err = sign_often(&keys, message, rounds, &f->pair_us, p);
    if (!err) err = sign_often(&rsa, message, rounds, &f->rsa_us, p);
    if (!err) err = sign_often(&ed25519, message, rounds, &f->ed25519_us, p);
    dkim_keys_release(&keys);
    return err;
}

static enum err measure_mail(struct press *m, const struct report_rows *rows, unsigned rounds, struct report_found *f, struct problem *p) {
    static char memory[MAIL_SIZE(16 * 1024)];
    struct buf message;
    struct notice_change change = {0};
    struct mail mail = {.from_name = STR("Kagami Shop"),
                        .from_address = STR("service@shop.example"),
                        .to_address = STR("owner@mailbox.example"),
                        .subject = STR("Somebody else used your account (inc_1)"),
                        .text = write_notice(m, rows, &change),
                        .message_id = STR("n1.inc_1@shop.example"),
                        .date_ms = rows->response.decided_ms};
    enum err err = ERR_OK;
    for (unsigned i = 0; i < rounds && !err; i++) {
        message = buf_over(memory, sizeof memory);
        int64_t from = bench_now_ns();
        err = mail_write(&mail, &message, p);
        rounds_ns[i] = (double)(bench_now_ns() - from);
    }
    f->mail_us = median_of(rounds) / 1e3;
    f->mail_bytes = (double)message.size;
    return err ? err : measure_signatures(buf_str(&message), rounds, f, p);
}

static enum err measure_all(const struct bench *b, struct story *s, struct report_found *f, struct problem *p) {
    struct press m = {.step = arena_over(malloc(STEP_SIZE), STEP_SIZE), .pdf = malloc(PRINT_SIZE_MAX)};
    struct report_source *largest = malloc(sizeof *largest);
    unsigned rounds = b->quick ? 200 : ROUNDS_MAX;
    if (!m.step.at || !m.pdf || !largest) return problem_set(p, ERR_FULL, "", "", "no memory for a report");
    make_largest(&s->rows.source.rows, &s->arena, largest);
    enum err err = phrases_choose(phrases_built_in(), s->rows.incident.language, &m.phrases, p);
    if (!err) err = render(&m, &s->rows, &s->rows.source.rows, b->quick ? 5 : 25, &f->story, p);
    if (!err) err = render(&m, &s->rows, largest, b->quick ? 2 : 5, &f->largest, p);
    if (!err) err = measure_notice(&m, &s->rows, rounds, f, p);
    if (!err) err = measure_mail(&m, &s->rows, rounds, f, p);
    free(largest);
    free(m.step.at);
    free(m.pdf);
    return err;
}

static enum err measure(const struct bench *b, void *found, struct problem *p) {
    static struct story s = {.server.pid = -1, .client.socket = -1};
    s.arena = arena_over(malloc(ROWS_SIZE), ROWS_SIZE);
    if (!s.arena.at) return problem_set(p, ERR_FULL, "", "", "no memory for the story's rows");
    struct report_found *f = found;
    enum err err = play(&s, p);
    if (!err) err = load(&s, &f->load_ms, p);
    end_story(&s);
    if (!err) err = measure_all(b, &s, f, p);
    free(s.arena.at);
    return err;
}

/* ---- the report -------------------------------------------------------------------------------------------------------------------------
 */

static void explain(struct bench_row *row, const struct render_found *f, double load_ms, double write_ms, double print_ms) {
    char loaded[32] = "";
    if (load_ms > 0) (void)snprintf(loaded, sizeof loaded, "rows %.1f ms, ", load_ms);
    (void)snprintf(row->limit, sizeof row->limit, "%sdocument %.1f ms, PDF %.1f ms; %.0f effects, %.0f blocks, %.0f pages, %.0f kB", loaded,
                   write_ms, print_ms, f->effects, f->blocks, f->pages, f->pdf_bytes / 1e3);
}

static void report_rendering(struct bench *b, const struct report_found *f) {
    const struct render_found *s = &f->story, *l = &f->largest;
    struct bench_row *row = report_add(&b->report, "report_first", "the story's report, from the store to its PDF, the first of a process",
                                       UNIT_MILLISECONDS, f->load_ms + s->write_first_ms + s->print_first_ms);
    (void)report_goal(row, RULE_AT_MOST, GOAL_RENDER_MS);
    explain(row, s, f->load_ms, s->write_first_ms, s->print_first_ms);
    row = report_add(&b->report, "report_warm", "the same report, once the fonts are known", UNIT_MILLISECONDS,
                     f->load_ms + s->write_ms + s->print_ms);
    (void)report_goal(row, RULE_AT_MOST, GOAL_RENDER_MS);
    explain(row, s, f->load_ms, s->write_ms, s->print_ms);
    row = report_add(&b->report, "report_largest", "the report of the largest response, its rows and the fonts known", UNIT_MILLISECONDS,
                     l->write_ms + l->print_ms);
    explain(row, l, 0, l->write_ms, l->print_ms);
}

static void report_notice(struct bench *b, const struct report_found *f) {
    struct bench_row *row =
        report_add(&b->report, "notice_us", "a first notice, from rows to title, text and step", UNIT_MICROSECONDS, f->notice_us);
    (void)snprintf(row->limit, sizeof row->limit, "%.0f effects, one channel; %.0f us of it read the phrases of his language",
                   f->notice_effects, f->phrases_us);
    row = report_add(&b->report, "mail_us", "the mail of a first notice, from text to message", UNIT_MICROSECONDS, f->mail_us);
    (void)snprintf(row->limit, sizeof row->limit, "%.1f kB", f->mail_bytes / 1e3);
    row = report_add(&b->report, "signatures_us", "both DKIM signatures of that mail", UNIT_MICROSECONDS, f->pair_us);
    (void)snprintf(row->limit, sizeof row->limit, "RSA-2048 alone %.0f us, Ed25519 alone %.0f us", f->rsa_us, f->ed25519_us);
}

enum err section_report(struct bench *b, struct problem *p) {
    struct report_found found;
    enum err err = bench_in_child(measure, b, &found, sizeof found, p);
    if (err) return err;
    report_rendering(b, &found);
    report_notice(b, &found);
    return ERR_OK;
}
