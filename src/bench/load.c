// SPDX-License-Identifier: Apache-2.0
/* Sends requests at times fixed beforehand and measures each answer from the time at which its request was meant to leave. */
#include "bench/load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <hdrhistogram/hdr_histogram.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/check.h"
#include "base/hash.h"
#include "bench/calibration.h"

#define SECOND_NS     INT64_C(1000000000)
#define LATE_NS       INT64_C(1000000)
#define SPIN_NS       INT64_C(30000) /* a wait shorter than this is not worth sleeping for */
#define HEAD_SIZE_MAX 1024
#define OUT_SIZE      (2U * LOAD_BODY_MAX)
#define IN_SIZE       (4U * LOAD_BODY_MAX)
#define READY_MAX     256

/* -- answers ------------------------------------------------------------------------------------------------------------------------- */

/* Value of a header in the head's lines, or STR_NONE. */
static struct str header(struct str head, struct str name) {
    struct str rest = head, value;
    while (rest.size) {
        struct str line = str_cut(rest, '\n', &rest), key = str_cut(line, ':', &value);
        if (str_equal_ignoring_case(str_trim(key), name)) return str_trim(value);
    }
    return STR_NONE;
}

/* The size that a chunk's line announces (hexadecimal, an extension after ";"); false where it is none. */
static bool chunk_size(struct str line, size_t *out) {
    *out = 0;
    size_t i = 0;
    for (; i < line.size && i < 8; i++) {
        char c = (char)(line.at[i] | 0x20);
        if (c >= '0' && c <= '9') *out = *out * 16 + (size_t)(c - '0');
        else if (c >= 'a' && c <= 'f') *out = *out * 16 + (size_t)(c - 'a' + 10);
        else break;
    }
    return i > 0 && (i == line.size || line.at[i] == ';' || line.at[i] == '\r');
}

/* Walks the chunks of `body` (after the head); when the last one is there, moves them together in a second walk. */
static enum load_answer cut_chunks(char *body, size_t size, size_t *taken, struct str *out) {
    for (int walk = 0; walk < 2; walk++) {
        size_t at = 0, to = 0;
        for (;;) {
            struct str rest = {body + at, size - at};
            size_t end = str_find(rest, STR("\r\n"), 0), chunk;
            if (end == rest.size) return LOAD_MORE;
            if (!chunk_size(str_slice(rest, 0, end), &chunk)) return LOAD_BROKEN;
            at += end + 2;
            if (chunk + 2 > size - at) return LOAD_MORE;
            if (body[at + chunk] != '\r' || body[at + chunk + 1] != '\n') return LOAD_BROKEN;
            if (walk) memmove(body + to, body + at, chunk);
            to += chunk;
            at += chunk + 2;
            if (chunk == 0) break;
        }
        *taken = at;
        *out = (struct str){body, to};
    }
    return LOAD_ANSWER;
}

enum load_answer load_cut_answer(char *bytes, size_t size, struct answer *out) {
    struct str text = {bytes, size};
    size_t end = str_find(text, STR("\r\n\r\n"), 0);
    if (end == size) return size > 65536 ? LOAD_BROKEN : LOAD_MORE;
    struct str head = str_slice(text, 0, end);
    uint64_t status, length;
    if (!str_starts(head, STR("HTTP/1.1 ")) || !str_to_u64(str_slice(head, 9, 12), &status)) return LOAD_BROKEN;
    *out = (struct answer){.status = (unsigned)status};
    char *body = bytes + end + 4;
    size_t there = size - end - 4;
    if (str_equal_ignoring_case(header(head, STR("transfer-encoding")), STR("chunked"))) {
        size_t taken = 0;
        enum load_answer r = cut_chunks(body, there, &taken, &out->body);
        out->size = end + 4 + taken;
        return r;
    }
    if (!str_to_u64(header(head, STR("content-length")), &length)) return LOAD_BROKEN;
    if (length > there) return LOAD_MORE;
    out->size = end + 4 + length;
    out->body = (struct str){body, length};
    return LOAD_ANSWER;
}

/* -- the generator ------------------------------------------------------------------------------------------------------------------- */

struct connection {
    int fd;    /* -1 = broken */
    char *out; /* bytes not sent yet: [out_from, out_to) */
    size_t out_from, out_to;
    char *in;
    size_t in_size;
    int64_t due[LOAD_PIPELINE_MAX]; /* of the requests under way, oldest at `first` */
    unsigned first, under_way;
    bool dirty, waits_to_write;
};

struct generator {
    const struct load *l;
    struct load_figures *f;
    struct hdr_histogram *histogram;
    struct connection *connections;
    unsigned alive;
    /* Free places for requests, as a queue of connection numbers, so that all connections are used in turn. */
    unsigned *places, place_first, place_count, place_capacity;
    unsigned *dirty, dirty_count;
    int epoll;
    char head[HEAD_SIZE_MAX], *body;
    int64_t start, due, end, last_answer;
    uint64_t random;
    bool starved; /* the last request waited for a free place: the server's doing, not ours */
};

/* The time until the next arrival of a Poisson process. */
static int64_t gap_ns(struct generator *g) {
    double u = ((double)(hash_mix(g->l->seed, g->random++) >> 11) + 1) / 9007199254740992.0;
    return (int64_t)(-log(u) * (double)SECOND_NS / g->l->rate);
}

static void give_place(struct generator *g, unsigned connection) {
    CHECK(g->place_count < g->place_capacity);
    g->places[(g->place_first + g->place_count++) % g->place_capacity] = connection;
}

static void watch(struct generator *g, unsigned number, bool write) {
    struct connection *c = &g->connections[number];
    struct epoll_event e = {.events = EPOLLIN | (write ? EPOLLOUT : 0), .data.u32 = number};
    (void)epoll_ctl(g->epoll, EPOLL_CTL_MOD, c->fd, &e);
    c->waits_to_write = write;
}

static void break_connection(struct generator *g, struct connection *c) {
    if (c->fd < 0) return;
    (void)close(c->fd);
    c->fd = -1;
    c->under_way = 0;
    g->alive--;
}

static void flush(struct generator *g, unsigned number) {
    struct connection *c = &g->connections[number];
    while (c->fd >= 0 && c->out_from < c->out_to) {
        ssize_t sent = send(c->fd, c->out + c->out_from, c->out_to - c->out_from, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) c->out_from += (size_t)sent;
        else if (errno == EAGAIN) break;
        else if (errno != EINTR) break_connection(g, c);
    }
    bool rest = c->out_from < c->out_to;
    if (!rest) c->out_from = c->out_to = 0;
    if (c->fd >= 0 && rest != c->waits_to_write) watch(g, number, rest);
}

/* Writes request number `sent` behind the connection's unsent bytes. false where there is no room for it now. */
static bool put_request(struct generator *g, unsigned number) {
    struct connection *c = &g->connections[number];
    if (OUT_SIZE - c->out_to < LOAD_BODY_MAX + 2 * HEAD_SIZE_MAX) return false;
    size_t size = g->l->body(g->l->context, g->l->first_index + g->f->sent, g->body);
    struct buf out = buf_over(c->out + c->out_to, OUT_SIZE - c->out_to);
    buf_text(&out, str_from(g->head));
    buf_u64(&out, size);
    buf_text(&out, STR("\r\n\r\n"));
    buf_bytes(&out, g->body, size);
    CHECK(!out.overflow);
    c->out_to += out.size;
    c->due[(c->first + c->under_way++) % LOAD_PIPELINE_MAX] = g->due;
    if (!c->dirty) g->dirty[g->dirty_count++] = number;
    c->dirty = true;
    g->f->sent++;
    return true;
}

/* Sends what is due, as far as there are free places. */
static void dispatch(struct generator *g, int64_t now) {
    while (g->place_count && (g->l->rate > 0 ? g->due <= now && g->due < g->end : now < g->end)) {
        unsigned number = g->places[g->place_first];
        bool broken = g->connections[number].fd < 0;
        if (g->l->rate <= 0) g->due = now;
        if (!broken && !put_request(g, number)) break;
        g->place_first = (g->place_first + 1) % g->place_capacity;
        g->place_count--;
        if (broken) continue;
        if (!g->starved && now - g->due > LATE_NS) g->f->late++;
        g->starved = false;
        if (g->l->rate > 0) g->due += gap_ns(g);
    }
    if (g->l->rate > 0 && g->due <= now && !g->place_count) g->starved = true;
    for (unsigned i = 0; i < g->dirty_count; i++) {
        g->connections[g->dirty[i]].dirty = false;
        flush(g, g->dirty[i]);
    }
    g->dirty_count = 0;
}

static bool is_good(const struct load *l, const struct answer *a) {
    if (a->status != 200) return false;
    size_t at = 0;
    for (unsigned i = 0; i < l->must_hold_count; i++) {
        at = str_find(a->body, l->must_hold, at);
        if (at == a->body.size) return false;
        at += l->must_hold.size;
    }
    return true;
}

static void note_bad(struct load_figures *f, const struct answer *a) {
    if (f->refused++) return;
    f->first_bad_status = a->status;
    struct str start = str_slice(a->body, 0, sizeof f->first_bad - 1);
    memcpy(f->first_bad, start.at, start.size);
}

static void take_answers(struct generator *g, unsigned number, int64_t now) {
    struct connection *c = &g->connections[number];
    size_t at = 0;
    struct answer a;
    while (c->under_way && at < c->in_size) {
        enum load_answer r = load_cut_answer(c->in + at, c->in_size - at, &a);
        if (r == LOAD_MORE) break;
        if (r == LOAD_BROKEN) {
            break_connection(g, c);
            return;
        }
        at += a.size;
        if (!is_good(g->l, &a)) note_bad(g->f, &a);
        (void)hdr_record_value(g->histogram, now - c->due[c->first]);
        c->first = (c->first + 1) % LOAD_PIPELINE_MAX;
        c->under_way--;
        g->f->answered++;
        g->last_answer = now;
        give_place(g, number);
    }
    if (at == 0) return;
    c->in_size -= at;
    memmove(c->in, c->in + at, c->in_size);
}

static void receive(struct generator *g, unsigned number) {
    struct connection *c = &g->connections[number];
    if (c->fd < 0) return;
    ssize_t got = recv(c->fd, c->in + c->in_size, IN_SIZE - c->in_size, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        break_connection(g, c);
        return;
    }
    c->in_size += (size_t)got;
    take_answers(g, number, bench_now_ns());
}

/* Waits for answers, at most until the next request is due. */
static void wait_for_answers(struct generator *g, int64_t now) {
    struct epoll_event ready[READY_MAX];
    int64_t until = now < g->end ? (g->l->rate > 0 && g->place_count ? g->due : now + LATE_NS) : now + LATE_NS, rest = until - now;
    if (rest > LATE_NS) rest = LATE_NS;
    struct timespec timeout = {.tv_nsec = rest < SPIN_NS ? 0 : rest};
    int count = epoll_pwait2(g->epoll, ready, READY_MAX, &timeout, NULL);
    for (int i = 0; i < count; i++) {
        if (ready[i].events & (EPOLLIN | EPOLLERR | EPOLLHUP)) receive(g, ready[i].data.u32);
        if (ready[i].events & EPOLLOUT) flush(g, ready[i].data.u32);
    }
}

static void generate(struct generator *g) {
    g->start = bench_now_ns();
    g->due = g->start + (g->l->rate > 0 ? gap_ns(g) : 0);
    g->end = g->start + (int64_t)(g->l->seconds * (double)SECOND_NS);
    int64_t give_up = g->end + (int64_t)(g->l->drain_seconds * (double)SECOND_NS), now = g->start;
    /* Whatever was due before the end is sent, however late, so that a slow server cannot shed the load it is measured by. */
    while (g->alive && now < give_up) {
        bool all_sent = g->l->rate > 0 ? g->due >= g->end : now >= g->end;
        if (all_sent && g->f->answered == g->f->sent) break;
        dispatch(g, now);
        wait_for_answers(g, now);
        now = bench_now_ns();
    }
    if (g->l->rate > 0)
        while (g->due < g->end) g->f->unanswered++, g->due += gap_ns(g); /* never even left */
    g->f->unanswered += g->f->sent - g->f->answered;
}

static void write_figures(struct generator *g) {
    struct load_figures *f = g->f;
    const struct hdr_histogram *h = g->histogram;
    f->seconds = (double)((g->last_answer > g->start ? g->last_answer : bench_now_ns()) - g->start) / 1e9;
    f->rate = (double)f->answered / f->seconds;
    f->mean_us = hdr_mean(h) / 1e3;
    f->p50_us = (double)hdr_value_at_percentile(h, 50) / 1e3;
    f->p90_us = (double)hdr_value_at_percentile(h, 90) / 1e3;
    f->p99_us = (double)hdr_value_at_percentile(h, 99) / 1e3;
    f->p999_us = (double)hdr_value_at_percentile(h, 99.9) / 1e3;
    f->p9999_us = (double)hdr_value_at_percentile(h, 99.99) / 1e3;
    f->max_us = (double)hdr_max(h) / 1e3;
    struct rusage u;
    (void)getrusage(RUSAGE_SELF, &u);
    double cpu = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
    f->cpu_share = cpu / f->seconds;
}

/* -- its process --------------------------------------------------------------------------------------------------------------------- */

static void *lazy_memory(size_t size) {
    void *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return m == MAP_FAILED ? NULL : m;
}

static bool open_connection(struct generator *g, unsigned number) {
    struct connection *c = &g->connections[number];
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(g->l->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    c->out = lazy_memory(OUT_SIZE);
    c->in = lazy_memory(IN_SIZE);
    struct epoll_event e = {.events = EPOLLIN, .data.u32 = number};
    if (!c->out || !c->in || connect(c->fd, (struct sockaddr *)&to, sizeof to) != 0) return false;
    g->alive++;
    return epoll_ctl(g->epoll, EPOLL_CTL_ADD, c->fd, &e) == 0;
}

static bool prepare(struct generator *g) {
    const struct load *l = g->l;
    g->place_capacity = l->connections * l->pipeline;
    g->connections = calloc(l->connections, sizeof *g->connections);
    g->places = calloc(g->place_capacity, sizeof *g->places);
    g->dirty = calloc(l->connections, sizeof *g->dirty);
    g->body = lazy_memory(LOAD_BODY_MAX);
    g->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!g->connections || !g->places || !g->dirty || !g->body || g->epoll < 0) return false;
    if (hdr_init(1000, 600 * SECOND_NS, 3, &g->histogram) != 0) return false;
    (void)snprintf(g->head, sizeof g->head,
                   "POST %.*s HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer %.*s\r\nContent-Type: %.*s\r\nContent-Length: ",
                   STR_ARGS(l->path), STR_ARGS(l->key), STR_ARGS(l->media_type));
    for (unsigned i = 0; i < l->connections; i++)
        if (!open_connection(g, i)) return false;
    for (unsigned i = 0; i < g->place_capacity; i++) give_place(g, i % l->connections);
    return true;
}

struct shared {
    struct load_figures figures;
    int system_error;
    bool prepared;
};

__attribute__((noreturn)) static void be_generator(const struct load *l, struct shared *s) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)prctl(PR_SET_TIMERSLACK, 1UL); /* sleeps end when they should, not up to 50 us later */
    bench_pin(BENCH_CLIENT_CORE);
    struct generator g = {.l = l, .f = &s->figures};
    s->prepared = prepare(&g);
    s->system_error = errno;
    if (s->prepared) {
        generate(&g);
        write_figures(&g);
    }
    _exit(0);
}

enum err load_run(const struct load *l, struct load_figures *out, struct problem *p) {
    CHECK(l->connections >= 1 && l->connections <= LOAD_CONNECTIONS_MAX && l->pipeline >= 1 && l->pipeline <= LOAD_PIPELINE_MAX);
    *out = (struct load_figures){0};
    struct shared *s = mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (s == MAP_FAILED) return problem_set(p, ERR_FULL, "", "", "no memory for the load generator");
    double cpu = l->server ? bench_cpu_seconds(l->server) : 0;
    int64_t from = bench_now_ns();
    pid_t child = fork();
    if (child == 0) be_generator(l, s);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    enum err err = ERR_OK;
    if (child < 0) err = problem_set(p, ERR_IO, "", "", "cannot start the load generator: %s", strerror(errno));
    else if (!WIFEXITED(status) || WEXITSTATUS(status)) err = problem_set(p, ERR_IO, "", "", "the load generator died");
    else if (!s->prepared)
        err = problem_set(p, ERR_IO, "", "raise the limit of open files (ulimit -n)", "the load generator cannot connect to port %u: %s",
                          l->port, strerror(s->system_error));
    else *out = s->figures;
    if (l->server) out->server_cores = (bench_cpu_seconds(l->server) - cpu) * 1e9 / (double)(bench_now_ns() - from);
    (void)munmap(s, sizeof *s);
    return err;
}

/* -- the search ---------------------------------------------------------------------------------------------------------------------- */

bool load_holds(const struct load_figures *f, double p999_ms_max) {
    return f->answered > 0 && f->refused == 0 && f->unanswered == 0 && f->p999_us <= p999_ms_max * 1e3;
}

enum err load_find_rate(struct load *l, double from, double p999_ms_max, unsigned steps, struct load_figures *out, struct problem *p) {
    struct load trial = *l;
    struct load_figures f, best = {0};
    double holds = 0, fails = 0, rate = from;
    bool first = true;
    for (unsigned step = 0; step <= steps;) {
        trial.rate = rate;
        enum err err = load_run(&trial, &f, p);
        if (err) return err;
        l->first_index = trial.first_index += f.sent;
        trial.seed++;
        if (first) *out = f;
        first = false;
        if (load_holds(&f, p999_ms_max)) holds = rate, best = f;
        else fails = rate;
        if (fails > 0) step++; /* doubling is free until the first failure: it ends at what the machine can do */
        rate = fails > 0 ? (holds + fails) / 2 : rate * 2;
        if (fails > 0 && holds > 0 && fails / holds < 1.03) break;
    }
    if (holds <= 0) return problem_set(p, ERR_NOT_FOUND, "", "", "no rate kept p99.9 within %.0f ms", p999_ms_max);
    *out = best;
    return ERR_OK;
}
