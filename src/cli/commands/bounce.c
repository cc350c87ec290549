// SPDX-License-Identifier: Apache-2.0
/*
 * hikeshi bounce: reads one mail that an MTA pipes in, and tells a server what became of the notice that it is about.
 *
 * The MTA acts upon the exit status (sysexits.h). 75 keeps the mail in its queue: for whatever may be mended, a wrong option or key too.
 * All else is 0: a mail that is no bounce of ours must not bounce again, to whoever wrote it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/bounds.h"
#include "base/buf.h"
#include "base/check.h"
#include "cli/cli.h"
#include "cli/key_file.h"
#include "cli/plain_text.h"
#include "net/dsn.h"
#include "sys/wire_curl.h"

#define TIMEOUT_MS 20000
#define POLLS_MAX  8 /* each waits for the time-out; an answer comes within it */
/* All of a bounce, quoted: a diagnostic may be three times as long without its addresses, each character two in JSON. */
#define BODY_SIZE_MAX (8U * DSN_DIAGNOSTIC_SIZE_MAX)
#define URL_SIZE_MAX  1024

static const struct cli_option options[] = {
    {"--server", "URL", "the server (default: http://127.0.0.1:8737); http on this machine only, for the key is sent"},
    {"--key-file", "FILE", "a file that holds the key itself (required)"},
    {"--recipient", "ADDRESS", "whom the mail was sent to, as the MTA knows it (default: what its head says)"},
    {"--ca-file", "FILE", "https: the certificates that the server's must lead to (default: those that this machine trusts)"},
    {0},
};

/* Says why on one line and gives the status on. */
static int tell(int status, const char *what, struct str detail) {
    (void)fprintf(stderr, "hikeshi: %s%s", what, detail.size ? ": " : "");
    plain_text_print(stderr, str_slice(detail, 0, 400));
    (void)fputc('\n', stderr);
    return status;
}

/* The beginning of what is piped in: the status stands before the mail that came back. The rest is read too, so that the MTA can write it.
 */
static struct str read_mail(char *memory) {
    size_t size = fread(memory, 1, MAIL_SIZE_MAX, stdin);
    static char rest[64 * 1024];
    while (fread(rest, 1, sizeof rest, stdin) > 0) continue;
    return (struct str){memory, size};
}

static struct str write_body(const struct dsn *d, struct str token, struct buf *b) {
    buf_text(b, STR("{\"token\":"));
    buf_json(b, token);
    buf_fmt(b, ",\"action\":\"%s\",\"status\":", dsn_action_word(d->action));
    buf_json(b, d->status);
    buf_text(b, STR(",\"diagnostic\":"));
    buf_json(b, d->diagnostic);
    buf_char(b, '}');
    CHECK(!b->overflow);
    return buf_str(b);
}

static enum err address_of(const char *server, struct buf *url, struct problem *p) {
    static const char *const here[] = {"http://127.0.0.1", "http://localhost", "http://[::1]"};
    struct str text = str_from(server);
    bool good = str_starts(text, STR("https://"));
    for (size_t i = 0; i < sizeof here / sizeof here[0]; i++) {
        struct str start = str_from(here[i]), rest = str_slice(text, start.size, text.size);
        if (str_starts(text, start) && (!rest.size || rest.at[0] == ':' || rest.at[0] == '/')) good = true;
    }
    if (!good || str_find_char(text, '@', 0) < text.size)
        return problem_set(p, ERR_INVALID, "--server", "write https://...", "the key would be sent to '%s' for all to read", server);
    while (str_ends(text, STR("/"))) text.size--;
    buf_text(url, text);
    buf_text(url, STR("/v1/notices/bounce"));
    return url->overflow ? problem_set(p, ERR_TOO_LARGE, "--server", "", "address is too long") : ERR_OK;
}

/* One request, until the wire says what became of it. */
static enum err send_body(struct wire_request *r, struct wire *w, struct wire_answer *answer, struct problem *p) {
    enum err err = w->ops->start(w->self, r, p);
    for (unsigned i = 0; !err && i < POLLS_MAX; i++)
        if (w->ops->poll(w->self, answer, 1, TIMEOUT_MS)) return ERR_OK;
    return err ? err : problem_set(p, ERR_TIMEOUT, "", "", "no answer");
}

/* 404 from a server that knows the route: nobody has that token. */
static int judge(const struct wire_answer *answer) {
    if (answer->fate != WIRE_ANSWERED) return tell(EX_TEMPFAIL, "cannot reach the server", str_from(answer->error));
    bool no_route = str_find(answer->body, STR("no such route"), 0) < answer->body.size;
    char what[64];
    (void)snprintf(what, sizeof what, "server answered %u", answer->status);
    if (answer->status >= 200 && answer->status < 300) return EX_OK;
    if (answer->status == 404 && !no_route) return tell(EX_OK, "not a bounce of ours, nobody has its token", STR_NONE);
    return tell(EX_TEMPFAIL, what, answer->body);
}

static int post(const struct arguments *a, struct str body, struct str key, struct problem *p) {
    char url_memory[URL_SIZE_MAX], header_memory[512];
    struct buf url = buf_over(url_memory, sizeof url_memory), authorization = buf_over(header_memory, sizeof header_memory);
    if (address_of(argument(a, "--server", "http://127.0.0.1:8737"), &url, p)) return tell(EX_TEMPFAIL, p->what, str_from(p->fix));
    buf_fmt(&authorization, "authorization: Bearer %.*s", STR_ARGS(key));
    CHECK(!authorization.overflow);
    const struct str headers[] = {STR("content-type: application/json"), buf_str(&authorization)};
    struct wire_request r = {.id = 1, .method = STR("POST"), .url = buf_str(&url), .headers = headers, .header_count = 2, .body = body};
    r.timeout_ms = TIMEOUT_MS;
    r.ca_file = str_from(argument(a, "--ca-file", ""));
    struct wire w;
    struct wire_answer answer;
    if (wire_curl_open(&w, p)) return tell(EX_TEMPFAIL, p->what, STR_NONE);
    enum err err = send_body(&r, &w, &answer, p);
    int status = err ? tell(EX_TEMPFAIL, p->what, STR_NONE) : judge(&answer);
    wire_curl_close(&w);
    return status;
}

static int take(const struct arguments *a, struct str mail, struct arena *step) {
    char key_memory[API_KEY_TEXT_SIZE_MAX], body_memory[BODY_SIZE_MAX];
    struct problem p = {0};
    struct dsn d;
    struct str token, key;
    struct buf body = buf_over(body_memory, sizeof body_memory);
    if (dsn_parse(mail, str_from(argument(a, "--recipient", NULL)), step, &d, &p)) return tell(EX_OK, p.what, STR_NONE);
    if (!dsn_verp_token(d.recipient_address, &token)) return tell(EX_OK, "not a bounce of ours, it was sent to", d.recipient_address);
    if (api_key_text_read(argument(a, "--key-file", NULL), "--key-file", key_memory, &key, &p))
        return tell(EX_TEMPFAIL, p.what, str_from(p.where));
    int status = post(a, write_body(&d, token, &body), key, &p);
    memset(key_memory, 0, sizeof key_memory);
    return status;
}

static int run(const struct arguments *a) {
    char *mail = malloc(MAIL_SIZE_MAX), *memory = malloc(DSN_MEMORY_SIZE);
    int status = EX_TEMPFAIL;
    if (mail && memory) {
        struct arena step = arena_over(memory, DSN_MEMORY_SIZE);
        status = take(a, read_mail(mail), &step);
    }
    free(mail);
    free(memory);
    return status;
}

extern const struct command command_bounce;
const struct command command_bounce = {
    .name = "bounce",
    .sentence = "take a mail that came back from standard input, and tell a server",
    .operands = "",
    .options = options,
    .run = run,
    .example =
        "hikeshi bounce --recipient \"$ORIGINAL_RECIPIENT\" --server https://hikeshi.shop.example --key-file /etc/hikeshi/bounce.key",
};
