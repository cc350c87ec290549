// SPDX-License-Identifier: Apache-2.0
/* hikeshi demo: plays the story of one customer's night against a real server, through its front door, and shows what it made of it. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <yyjson/yyjson.h>

#include "base/moment.h"
#include "cli/child_server.h"
#include "cli/cli.h"
#include "cli/demo_response.h"
#include "cli/story.h"
#include "net/http_client.h"

/* A year of this small shop is about 1.9 MB. */
#define YEAR_SIZE_MAX  (16U * 1024 * 1024)
#define NIGHT_SIZE_MAX (64U * 1024)
#define NIGHT_ACTS_MAX 32
#define TOKYO_MS       (9 * HOUR_MS)

static const struct cli_option options[] = {
    {"--exit", NULL, "end after the story; otherwise the server stays up to be looked at"},
    {"--json", NULL, "print one JSON object as the last line"},
    {"--mail-dir", "DIR", "write every mail there, as a file of its own (.eml)"},
    {"--report-dir", "DIR", "write the report and what the issuer of the card gets there, as .pdf and .json"},
    {"--variant", "NAME", "which way the night goes (default: story)"},
    {0},
};

struct demo {
    struct child_server server;
    struct http_client client;
    size_t year_count, night_count;
    struct story_act acts[NIGHT_ACTS_MAX];
    char incident[64];
    bool told;         /* the owner, first */
    yyjson_doc *page;  /* of the incident, as the API tells it */
    char decision[16]; /* on the act that opened the incident */
    double decision_ms;
    const char *variant;
    struct demo_response response;
};

static double now_ms(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* The last midnight in Tokyo after which the whole night is past. */
static int64_t night_of_story(void) {
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    int64_t tokyo_ms = (int64_t)t.tv_sec * 1000 + TOKYO_MS - 2 * HOUR_MS;
    return tokyo_ms - tokyo_ms % DAY_MS - TOKYO_MS;
}

static const char *text_of(yyjson_val *object, const char *name) {
    const char *text = yyjson_get_str(yyjson_obj_get(object, name));
    return text ? text : "";
}

static enum err ask(struct demo *d, const char *method, struct str path, const char *type, struct str content, yyjson_doc **out,
                    struct problem *p) {
    unsigned status;
    struct str body;
    enum err err = http_client_request(&d->client, str_from(method), path, str_from(type), content, &status, &body, p);
    if (err) return err;
    if (status != 200)
        return problem_set(p, ERR_INVALID, "", "", "server answered %u to %.*s: %.*s", status, STR_ARGS(path),
                           (int)(body.size > 120 ? 120 : body.size), body.at);
    *out = yyjson_read(body.at, body.size, 0);
    return *out ? ERR_OK : problem_set(p, ERR_CORRUPT, "", "", "server's answer to %.*s is no JSON", STR_ARGS(path));
}

/* Sends the year as one NDJSON batch and counts the lines of its answer. */
static enum err play_year(struct demo *d, int64_t night_ms, struct problem *p) {
    char *memory = malloc(YEAR_SIZE_MAX);
    if (!memory) return problem_set(p, ERR_FULL, "", "", "no memory for the year");
    struct buf year = buf_over(memory, YEAR_SIZE_MAX);
    story_write_year(night_ms, 20260301, &year, &d->year_count);
    double from = now_ms();
    unsigned status = 0;
    struct str body = STR_NONE;
    enum err err =
        http_client_request(&d->client, STR("POST"), STR("/v1/events"), STR("application/x-ndjson"), buf_str(&year), &status, &body, p);
    free(memory);
    if (err) return err;
    size_t answers = 0, refused = 0;
    while (body.size) {
        struct str line = str_cut(body, '\n', &body);
        answers++;
        refused += str_find(line, STR("\"problem\""), 0) < line.size;
    }
    if (status != 200 || answers != d->year_count || refused)
        return problem_set(p, ERR_CORRUPT, "", "", "of the year's %zu events, %zu were answered and %zu refused (status %u)", d->year_count,
                           answers, refused, status);
    (void)printf("The year before: %zu events of 61 accounts, sent and answered durably in %.2f s.\n", d->year_count,
                 (now_ms() - from) / 1e3);
    return ERR_OK;
}

static void print_customer(struct demo *d, struct problem *p) {
    yyjson_doc *doc;
    if (ask(d, "GET", STR("/v1/accounts/a7351"), "", STR_NONE, &doc, p)) return;
    yyjson_val *paths = yyjson_obj_get(yyjson_doc_get_root(doc), "paths");
    size_t i, count;
    yyjson_val *path;
    (void)printf("What is known of customer a7351:");
    yyjson_arr_foreach (paths, i, count, path)
        (void)printf("%s AS%" PRIu64 " (%s), %s on %s", i ? ";" : "", yyjson_get_uint(yyjson_obj_get(path, "asn")),
                     text_of(path, "country"), text_of(path, "browser"), text_of(path, "os"));
    (void)printf(".\n\n");
    yyjson_doc_free(doc);
}

static void print_act(const struct story_act *act, yyjson_val *answer, double took_ms) {
    char clock[32];
    struct buf b = buf_over(clock, sizeof clock);
    moment_format(&b, act->time_ms + TOKYO_MS);
    (void)printf("%.8s  %-50.*s %-9s %4" PRIu64 "  %6.1f ms\n", clock + 11, STR_ARGS(act->said), text_of(answer, "decision"),
                 yyjson_get_uint(yyjson_obj_get(answer, "score")), took_ms);
    if (strcmp(text_of(answer, "decision"), "allow") == 0) return;
    size_t i, count;
    yyjson_val *reason;
    yyjson_arr_foreach (yyjson_obj_get(answer, "reasons"), i, count, reason) {
        if (i < 3) (void)printf("            - %s\n", text_of(reason, "text"));
    }
}

/* Frozen, dead or held meanwhile: the shop lets it not happen. */
static void print_refusal(const struct story_act *act) {
    char clock[32];
    struct buf b = buf_over(clock, sizeof clock);
    moment_format(&b, act->time_ms + TOKYO_MS);
    (void)printf("%.8s  %-50.*s stopped: the shop refuses it now\n", clock + 11, STR_ARGS(act->said));
}

/* The shop's event of one act, told on its own, waiting for the decision. */
static enum err tell(struct demo *d, const struct story_act *act, struct str event, struct problem *p) {
    double from = now_ms();
    yyjson_doc *doc;
    enum err err = ask(d, "POST", STR("/v1/decisions"), "application/cloudevents+json", event, &doc, p);
    if (err) return err;
    double took_ms = now_ms() - from;
    yyjson_val *answer = yyjson_doc_get_root(doc);
    print_act(act, answer, took_ms);
    if (!d->incident[0] && text_of(answer, "incident")[0]) {
        (void)snprintf(d->incident, sizeof d->incident, "%s", text_of(answer, "incident"));
        (void)snprintf(d->decision, sizeof d->decision, "%s", text_of(answer, "decision"));
        d->decision_ms = took_ms;
        (void)printf("            => taken over: incident %s opens\n", d->incident);
    }
    if (act->hijacker && strcmp(text_of(answer, "decision"), "challenge") == 0)
        (void)printf("            => but this shop has no second factor to ask for: he is in\n");
    yyjson_doc_free(doc);
    return ERR_OK;
}

#define BURST_MS (5 * SECOND_MS)
/* Seconds after the incident opened its owner is told of all that was found meanwhile (docs/explanation/telling.md). */
#define FIRST_NOTICE_MS (10 * SECOND_MS)

/* What follows within seconds happens first and is told then, as a shop's queue does: nobody is stopped in the middle of a script. */
static enum err play_burst(struct demo *d, const struct story_act *acts, size_t count, struct problem *p) {
    static char memory[NIGHT_SIZE_MAX];
    struct buf texts = buf_over(memory, sizeof memory);
    struct str events[NIGHT_ACTS_MAX];
    for (size_t i = 0; i < count; i++) {
        size_t from = texts.size;
        if (!demo_response_act(&d->response, acts[i].time_ms, acts[i].json, acts[i].hijacker, &texts)) print_refusal(&acts[i]);
        events[i] = (struct str){texts.at + from, texts.size - from};
    }
    if (count > 1) demo_response_wait(&d->response, acts[count - 1].time_ms + 3 * SECOND_MS);
    enum err err = ERR_OK;
    for (size_t i = 0; !err && i < count; i++)
        if (events[i].size) err = tell(d, &acts[i], events[i], p);
    if (err || !d->incident[0]) return err;
    err = demo_response_settle(&d->response, d->incident, p);
    if (err || d->told) return err;
    d->told = true;
    demo_response_wait(&d->response, acts[count - 1].time_ms + FIRST_NOTICE_MS);
    return demo_response_settle(&d->response, d->incident, p);
}

static enum err play_night(struct demo *d, int64_t night_ms, struct problem *p) {
    static char memory[NIGHT_SIZE_MAX];
    struct buf texts = buf_over(memory, sizeof memory);
    d->night_count = story_night(night_ms, d->variant, &texts, d->acts, NIGHT_ACTS_MAX);
    (void)printf("Tokyo     what happens                                       decision score  answered in\n");
    for (size_t i = 0, next; i < d->night_count; i = next) {
        for (next = i + 1; next < d->night_count && d->acts[next].time_ms - d->acts[next - 1].time_ms < BURST_MS;) next++;
        enum err err = play_burst(d, &d->acts[i], next - i, p);
        if (err) return err;
    }
    return ERR_OK;
}

static void print_ids(yyjson_val *events, const char *whose) {
    size_t i, count, printed = 0;
    yyjson_val *event;
    yyjson_arr_foreach (events, i, count, event) {
        if (strcmp(text_of(event, "whose"), whose) == 0) (void)printf("%s\"%s\"", printed++ ? "," : "", text_of(event, "event"));
    }
}

static const char *clock_of(yyjson_val *event, char *memory, size_t size) {
    int64_t at_ms;
    struct buf b = buf_over(memory, size);
    if (!moment_parse(str_from(text_of(event, "time")), &at_ms)) return "";
    moment_format(&b, at_ms + TOKYO_MS);
    memory[16] = 0;
    memory[10] = ' ';
    return memory + 5;
}

/* The incident as its own page of the API tells it. */
static enum err show_incident(struct demo *d, struct problem *p) {
    if (!d->incident[0]) return problem_set(p, ERR_NOT_FOUND, "", "", "the night passed and no incident was opened");
    char path[96];
    (void)snprintf(path, sizeof path, "/v1/incidents/%s", d->incident);
    enum err err = ask(d, "GET", str_from(path), "", STR_NONE, &d->page, p);
    if (err) return err;
    yyjson_val *root = yyjson_doc_get_root(d->page), *events = yyjson_obj_get(root, "events");
    (void)printf("\nIncident %s, account %s: %s\n", d->incident, text_of(root, "account"), text_of(root, "summary"));
    size_t i, count, owner = 0, shown_from = 0;
    yyjson_val *event;
    yyjson_arr_foreach (events, i, count, event) owner += strcmp(text_of(event, "whose"), "owner") == 0;
    yyjson_arr_foreach (events, i, count, event) {
        if (strcmp(text_of(event, "whose"), "hijacker") == 0) break;
        shown_from = i + 1;
    }
    (void)printf("  %zu events looked at, %zu of them the owner's; from the first that is not:\n", count, owner);
    yyjson_arr_foreach (events, i, count, event) {
        char memory[32];
        if (i + 2 < shown_from || i >= shown_from + 40) continue;
        (void)printf("  %s  %-9s %-26s %s\n", clock_of(event, memory, sizeof memory), text_of(event, "whose"), text_of(event, "kind"),
                     text_of(event, "why"));
    }
    return ERR_OK;
}

/* The last line, for scripts. */
static void print_json(const struct demo *d) {
    yyjson_val *events = yyjson_obj_get(yyjson_doc_get_root(d->page), "events");
    (void)printf("{\"variant\":\"%s\",\"events\":%zu,\"decision\":\"%s\",\"decision_ms\":%.3f,\"incident\":\"%s\"", d->variant,
                 d->year_count + d->night_count, d->decision, d->decision_ms, d->incident);
    (void)printf(",\"attributed\":{\"hijacker\":[");
    print_ids(events, "hijacker");
    (void)printf("],\"owner\":[");
    print_ids(events, "owner");
    (void)printf("]}");
    demo_response_print_json(&d->response);
    (void)printf("}\n");
}

static enum err play(struct demo *d, struct problem *p) {
    (void)printf("Hikeshi plays the story of one customer's night, against a server of its own.\n\n");
    (void)fflush(stdout);
    int64_t night_ms = night_of_story();
    enum err err = child_server_prepare(&d->server, p);
    if (!err) err = demo_response_open(&d->response, &d->server, d->variant, night_ms, p);
    if (!err) err = child_server_launch(&d->server, d->response.arguments, p);
    if (!err) err = http_client_open(&d->client, d->server.port, str_from(d->server.key), p);
    if (!err) err = demo_response_meet(&d->response, &d->server, &d->client, p);
    if (!err) err = play_year(d, night_ms, p);
    if (err) return err;
    print_customer(d, p);
    err = play_night(d, night_ms, p);
    if (!err) err = show_incident(d, p);
    if (!err) err = demo_response_lapse(&d->response, d->incident, p);
    if (!err) demo_response_print(&d->response);
    return err;
}

static void stay(struct demo *d) {
    (void)printf("\nThe server stays up at http://127.0.0.1:%u until you press Ctrl-C. Look around:\n"
                 "  curl -H 'authorization: Bearer %s' http://127.0.0.1:%u/v1/incidents/%s\n"
                 "  curl http://127.0.0.1:%u/openapi.json\n",
                 d->server.port, d->server.key, d->server.port, d->incident, d->server.port);
    (void)fflush(stdout);
    child_server_wait(&d->server);
}

static int run(const struct arguments *a) {
    const char *variant = argument(a, "--variant", "story");
    struct problem p = {0};
    if (!demo_variant_exists(variant)) {
        (void)problem_set(&p, ERR_INVALID, "--variant", "see `hikeshi demo --help`", "unknown variant '%s'", variant);
        return cli_fail(&p);
    }
    static struct demo d;
    d.variant = variant;
    d.response.told_owner.mail_directory = argument(a, "--mail-dir", NULL);
    d.response.told_owner.report_directory = argument(a, "--report-dir", NULL);
    enum err err = play(&d, &p);
    http_client_close(&d.client);
    (void)fflush(stdout); /* before the server says goodbye */
    if (!err && !argument_given(a, "--exit")) stay(&d);
    child_server_stop(&d.server);
    if (!err && argument_given(a, "--json")) print_json(&d);
    demo_response_close(&d.response);
    if (err) return cli_fail(&p);
    yyjson_doc_free(d.page);
    return 0;
}

extern const struct command command_demo;
const struct command command_demo = {
    .name = "demo",
    .sentence = "play the story: a customer's year, and the night his account is taken over",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi demo --exit",
};
