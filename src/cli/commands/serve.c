// SPDX-License-Identifier: Apache-2.0
/* hikeshi serve: joins stores, engine, door and sockets, and serves until it is told to stop. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "api/api.h"
#include "base/bounds.h"
#include "cli/cli.h"
#include "cli/courier_wiring.h"
#include "cli/key_file.h"
#include "cli/press_thread.h"
#include "cli/wiring.h"
#include "store/cells_memory.h"
#include "sys/clock_shifted.h"
#include "sys/memory.h"
#include "sys/server.h"

/* At 700 bytes an event, a million of them are 0.7 GB of journal, replayed within two seconds. */
#define SNAPSHOT_EVERY "1000000"
/* CELLS_BOUNDS_DEFAULT (store/cells_memory.h). */
#define ACCOUNTS "67108864"
/* With --durability relaxed: what a power cut may take is younger than this. */
#define SYNC_EVERY_US INT64_C(1000000)
/* How often a running snapshot is asked whether it has ended. */
#define SNAPSHOT_POLL_US INT64_C(100000)

static const struct cli_option options[] = {
    {"--listen", "ADDR:PORT", "where to listen (default: 127.0.0.1:8737; port 0 is a free one)"},
    {"--data", "DIR", "data directory, made where it is missing (default: data)"},
    {"--store", "URL", "keep incidents in this PostgreSQL database, \"postgresql://host/name\" (default: a file in the data directory)"},
    {"--api-key-file", "FILE", "keys of those who may ask; see `hikeshi key --help`"},
    {"--no-auth", NULL, "ask for no key; only on a loopback address"},
    {"--tls-cert", "FILE", "PEM file with certificate and chain: speak TLS"},
    {"--tls-key", "FILE", "PEM file with its private key"},
    {"--policy", "DIR", "policy directory (default: DIR/policy of the data directory, where there is one)"},
    {"--geo", "FILE", "facts of networks: MMDB, geoip text, or lines as \"AS64500 hosting\"; may be given several times"},
    {"--durability", "MODE", "durable: answer after the disk has it (default); relaxed: before"},
    {"--snapshot-every", "N", "events between two snapshots (default: " SNAPSHOT_EVERY ")"},
    {"--connections", "N", "how many at once (default: 4096)"},
    {"--counterparts", "FILE", "who carries out what a response asks for (docs/reference/counterparts.md); without it, people do"},
    {"--proxy", "ADDRESS", "of a web server before this one, whose x-forwarded-for is believed; may be given several times"},
    {"--clock", "FILE",
     "for demos and tests: the wall clock runs ahead by the milliseconds in this 8-byte file, which may change meanwhile"},
    {"--accounts", "N", "room for so many, 0.6 GB a million; events of others are refused (default: " ACCOUNTS ")"},
    {0},
};

#define PROXIES_MAX 16

struct serving {
    struct wiring wiring;
    struct clock_shifted *shifted; /* NULL = the machine's own clock */
    struct api *api;
    struct courier_wiring *courier;
    struct press_thread *press;
    struct server *server; /* while it runs */
    struct address proxies[PROXIES_MAX];
    size_t proxy_count;
    const char *key_file; /* NULL = no keys */
    struct keyring keyrings[2];
    unsigned keyring_turn;
    uint64_t snapshot_every, snapshot_begun; /* position when the last one began */
    bool snapshot_runs;
    int64_t polled_us, synced_us;
};

static void say(void *context, const char *line) {
    (void)context;
    (void)fprintf(stderr, "hikeshi: %s\n", line);
}

static void say_problem(const char *what, const struct problem *p) {
    (void)fprintf(stderr, "hikeshi: %s: %s%s%s%s%s%s\n", what, p->what, p->where[0] ? " (" : "", p->where, p->where[0] ? ")" : "",
                  p->fix[0] ? "; " : "", p->fix);
}

static void on_listening(void *context, const char *url) {
    (void)context;
    (void)printf("hikeshi: listening on %s\n", url);
    (void)fflush(stdout);
}

static enum err read_keys(struct serving *s, struct problem *p) {
    struct keyring *fresh = &s->keyrings[1 - s->keyring_turn];
    enum err err = key_file_read(s->key_file, fresh, p);
    if (err) return err;
    s->keyring_turn = 1 - s->keyring_turn;
    if (fresh->bare_count) say(NULL, "the key file holds keys in the clear; `hikeshi key new NAME` makes lines that hold only hashes");
    return ERR_OK;
}

/* SIGHUP: policy, geo files, keys. Each stays as it was where it cannot be read. */
static void on_reload(void *context) {
    struct serving *s = context;
    struct problem p = {0};
    if (wiring_reload(&s->wiring, &p)) say_problem("policy and geo files stay as they were", &p);
    p = (struct problem){0};
    if (s->key_file && read_keys(s, &p)) say_problem("keys stay as they were", &p);
    if (s->key_file) api_set_keyring(s->api, &s->keyrings[s->keyring_turn]);
    say(NULL, "read again what could be read");
}

static enum err on_reload_request(void *context, struct problem *p) {
    struct serving *s = context;
    return wiring_reload(&s->wiring, p);
}

static void poll_snapshot(struct serving *s, int64_t now_us) {
    struct problem p = {0};
    bool done = false;
    if (now_us - s->polled_us < SNAPSHOT_POLL_US) return;
    s->polled_us = now_us;
    if (wiring_snapshot_poll(&s->wiring, false, &done, &p)) say_problem("a snapshot failed; the journal has everything", &p);
    s->snapshot_runs = !done && !p.err;
}

/* Between two commits: the moment in which the cells stand still at one position. */
static enum err on_between(void *context, struct problem *p) {
    struct serving *s = context;
    courier_thread_wake(s->courier->thread); /* what was committed may have brought steps */
    int64_t now_us = s->wiring.clock.monotonic_us(s->wiring.clock.self);
    if (now_us - s->synced_us >= SYNC_EVERY_US) {
        s->synced_us = now_us;
        enum err err = wiring_sync(&s->wiring, p);
        if (err) return err;
    }
    if (s->snapshot_runs) {
        poll_snapshot(s, now_us);
        return ERR_OK;
    }
    if (engine_position(s->wiring.engine) - s->snapshot_begun < s->snapshot_every) return ERR_OK;
    enum err err = wiring_settle(&s->wiring, p); /* what came meanwhile belongs to the image too */
    if (err) return err;
    struct problem why = {0};
    s->snapshot_begun = engine_position(s->wiring.engine);
    if (wiring_snapshot_begin(&s->wiring, &why)) say_problem("cannot begin a snapshot; the journal has everything", &why);
    else s->snapshot_runs = true;
    return ERR_OK;
}

/* ---- courier and printer beside the server ----------------------------------------------------------------------------------------- */

static void wake_server(void *context) {
    server_wake(((struct serving *)context)->server);
}

/* Their threads start with the loop, for they wake it. */
static enum err on_running(void *context, struct server *server, struct problem *p) {
    struct serving *s = context;
    s->server = server;
    enum err err = courier_thread_start(s->courier->thread, wake_server, s, p);
    return err ? err : press_thread_start(s->press, wake_server, s, p);
}

static enum err on_intake(void *context, struct problem *p) {
    struct serving *s = context;
    return courier_thread_intake(s->courier->thread, s->wiring.engine, p);
}

/* The printer goes on for those who wait; the server looks for what he has done five times a second. */
static void on_stopping(void *context) {
    struct serving *s = context;
    courier_thread_stop(s->courier->thread);
    press_thread_hush(s->press);
}

static void tell_courier(void *context, struct courier_figures *out) {
    struct courier_totals t = courier_thread_totals(((struct serving *)context)->courier->thread);
    *out = (struct courier_figures){
        .sent = t.sent,
        .answered = t.answered,
        .ambiguous = t.ambiguous,
        .not_sent = t.not_sent,
        .exhausted = t.exhausted,
        .fenced = t.fenced,
        .timers = t.timers,
        .breakers_open = t.breakers_open,
    };
}

static enum err read_number(const struct arguments *a, const char *name, const char *otherwise, uint64_t max, uint64_t *out,
                            struct problem *p) {
    const char *text = argument(a, name, otherwise);
    if (str_to_u64(str_from(text), out) && *out >= 1 && *out <= max) return ERR_OK;
    return problem_set(p, ERR_INVALID, name, "", "'%s' is no number from 1 to %" PRIu64, text, max);
}

static enum err check_arguments(const struct arguments *a, const struct server_options *o, struct problem *p) {
    bool auth = argument(a, "--api-key-file", NULL) != NULL, loopback = server_is_loopback(o->listen);
    if (!auth && !argument_given(a, "--no-auth"))
        return problem_set(p, ERR_INVALID, "", "make a key file with `hikeshi key new NAME --file keys` and give it with --api-key-file",
                           "no --api-key-file: anybody who reaches the port could decide");
    if (!auth && !loopback)
        return problem_set(p, ERR_INVALID, "--no-auth", "give an --api-key-file", "serving without keys is for loopback addresses only");
    if (!o->tls_certificate != !o->tls_key) return problem_set(p, ERR_INVALID, "", "give both", "--tls-cert and --tls-key belong together");
    if (!loopback && !o->tls_certificate)
        say(NULL, "keys and events travel in the clear: give --tls-cert and --tls-key, or put a proxy in front");
    return ERR_OK;
}

static enum err read_wiring_options(const struct arguments *a, struct wiring_options *w, const char **geo, struct problem *p) {
    const char *durability = argument(a, "--durability", "durable");
    *w = (struct wiring_options){.data = argument(a, "--data", "data"),
                                 .create = true,
                                 .store = argument(a, "--store", NULL),
                                 .policy = argument(a, "--policy", NULL),
                                 .say = say};
    w->geo_count = argument_all(a, "--geo", geo);
    w->geo = geo;
    w->relaxed = strcmp(durability, "relaxed") == 0;
    if (w->relaxed || strcmp(durability, "durable") == 0) return ERR_OK;
    return problem_set(p, ERR_INVALID, "--durability", "write durable or relaxed", "unknown mode '%s'", durability);
}

static enum err read_proxies(const struct arguments *a, struct serving *s, struct problem *p) {
    for (unsigned i = 0; i < a->option_count; i++) {
        if (strcmp(a->options[i].name, "--proxy") != 0) continue;
        if (s->proxy_count == PROXIES_MAX) return problem_set(p, ERR_TOO_LARGE, "--proxy", "", "more than %d proxies", PROXIES_MAX);
        if (!address_parse(str_from(a->options[i].value), &s->proxies[s->proxy_count++]))
            return problem_set(p, ERR_INVALID, "--proxy", "e.g. 127.0.0.1", "'%s' is no IP address", a->options[i].value);
    }
    return ERR_OK;
}

/* A connection is a file descriptor: takes as many as the system lets us have. */
static void raise_file_limit(uint64_t connections) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    rlim_t wanted = connections + 128;
    if (limit.rlim_cur >= wanted) return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < wanted) say(NULL, "fewer files may be open than --connections need; see `ulimit -n`");
}

static enum err serve(struct serving *s, struct server_options *o, struct problem *p) {
    void *memory;
    size_t size = api_memory_size(o->connections_max);
    enum err err = memory_reserve(size, &memory, p);
    if (err) return err;
    struct api_options api = {
        .engine = s->wiring.engine,
        .clock = s->wiring.clock,
        .connections_max = o->connections_max,
        .keyring = s->key_file ? &s->keyrings[s->keyring_turn] : NULL,
        .reload = on_reload_request,
        .reload_context = s,
        .proxies = s->proxies,
        .proxy_count = s->proxy_count,
        .counterparts = &s->courier->counterparts,
        .press = press_thread_press(s->press),
        .courier = tell_courier,
        .courier_context = s,
        .forget = memory_forget,
    };
    s->api = api_open(&api, memory);
    o->service = api_service(s->api);
    s->snapshot_begun = s->wiring.snapshot_position;
    err = server_run(o, p);
    memory_release(memory, size);
    return err;
}

static enum err read_clock(const struct arguments *a, struct serving *s, struct clock *clock, struct wiring_options *w, struct problem *p) {
    const char *file = argument(a, "--clock", NULL);
    if (!file) return ERR_OK;
    enum err err = clock_shifted_open(file, &s->shifted, p);
    if (err) return err;
    *clock = clock_shifted_clock(s->shifted);
    w->clock = clock;
    say(NULL, "the wall clock follows a file: for demos and tests only");
    return ERR_OK;
}

static enum err start(const struct arguments *a, struct serving *s, struct problem *p) {
    struct server_options o = {
        .listen = argument(a, "--listen", "127.0.0.1:8737"),
        .tls_certificate = argument(a, "--tls-cert", NULL),
        .tls_key = argument(a, "--tls-key", NULL),
        .context = s,
        .listening = on_listening,
        .reload = on_reload,
        .between = on_between,
        .running = on_running,
        .intake = on_intake,
        .stopping = on_stopping,
        .say = say,
    };
    const char *geo[ARGUMENT_COUNT_MAX];
    struct wiring_options w;
    uint64_t connections;
    s->key_file = argument(a, "--api-key-file", NULL);
    enum err err = check_arguments(a, &o, p);
    if (!err) err = read_number(a, "--connections", "4096", 65536, &connections, p);
    if (!err) err = read_number(a, "--snapshot-every", SNAPSHOT_EVERY, UINT64_MAX, &s->snapshot_every, p);
    if (!err) err = read_wiring_options(a, &w, geo, p);
    if (!err) err = read_proxies(a, s, p);
    if (!err) err = read_number(a, "--accounts", ACCOUNTS, CELLS_BOUNDS_DEFAULT.profiles_max, &w.accounts_max, p);
    if (!err && s->key_file) err = read_keys(s, p);
    struct clock clock;
    if (!err) err = read_clock(a, s, &clock, &w, p);
    if (!err) err = wiring_open(&w, &s->wiring, p);
    if (err) return err;
    o.connections_max = (uint32_t)connections;
    raise_file_limit(connections);
    err = courier_wiring_open(argument(a, "--counterparts", NULL), &s->wiring, say, &s->courier, p);
    if (!err) err = press_thread_open(&s->press, p);
    if (!err) err = serve(s, &o, p);
    press_thread_close(s->press);
    courier_wiring_close(s->courier);
    /* After a failed commit nothing may be settled any more: the next start replays what the disk has. */
    if (err == ERR_IO && engine_settled(s->wiring.engine) < engine_position(s->wiring.engine)) return err;
    struct problem closing = {0};
    enum err closed = wiring_close(&s->wiring, &closing);
    if (!err && closed) *p = closing;
    return err ? err : closed;
}

static int run(const struct arguments *a) {
    struct problem p = {0};
    struct serving *s = calloc(1, sizeof *s);
    if (!s) return 1;
    enum err err = start(a, s, &p);
    clock_shifted_close(s->shifted);
    free(s);
    if (err) return cli_fail(&p);
    say(NULL, "stopped; everything answered is on disk");
    return 0;
}

extern const struct command command_serve;
const struct command command_serve = {
    .name = "serve",
    .sentence = "take events and answer with decisions, over HTTP",
    .operands = "",
    .options = options,
    .run = run,
    .example = "hikeshi serve --data data --api-key-file keys",
};
