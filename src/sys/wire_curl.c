// SPDX-License-Identifier: Apache-2.0
/*
 * Sends HTTP requests and mails with libcurl, many at once, in the thread that polls.
 *
 * A request surely did not arrive where curl did not get as far as sending; once bytes may have left, nobody knows, whatever curl calls
 * its failure. And nothing is sent twice behind our back: where a kept connection breaks off before the answer, curl would send the request
 * again on a new one, although the other side may have acted. It can do so only if it can begin to read the body again; so the body comes
 * from a function that cannot be rewound, and the failure is told to us. A mail is the server's once it has read the final dot: where the
 * whole message was handed over and no reply came, nobody knows.
 */
#include "sys/wire_curl.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/check.h"

#define RETRY_AFTER_MAX_S 3600

struct parcel {
    CURL *easy;
    struct curl_slist *headers; /* of a mail: its recipient */
    uint64_t id;
    bool used, finished, too_long, is_mail;
    char *request;
    size_t request_size, request_sent;
    char *body; /* WIRE_BODY_SIZE_MAX; kept until the next poll */
    size_t body_size;
    char error[CURL_ERROR_SIZE];
    char reply[96]; /* of a mail server: the last line in which it said no */
};

struct wire_curl {
    CURLM *multi;
    struct parcel parcels[WIRE_UNDER_WAY_MAX];
    size_t under_way;
};

static size_t on_body(char *bytes, size_t one, size_t count, void *context) {
    struct parcel *p = context;
    size_t size = one * count;
    if (p->body_size + size > WIRE_BODY_SIZE_MAX) {
        p->too_long = true;
        return 0; /* ends the transfer */
    }
    memcpy(p->body + p->body_size, bytes, size);
    p->body_size += size;
    return size;
}

static size_t on_request(char *bytes, size_t one, size_t count, void *context) {
    struct parcel *p = context;
    size_t left = p->request_size - p->request_sent, size = one * count < left ? one * count : left;
    memcpy(bytes, p->request + p->request_sent, size);
    p->request_sent += size;
    return size;
}

static void release(struct parcel *p) {
    curl_slist_free_all(p->headers);
    free(p->request);
    p->headers = NULL;
    p->request = NULL;
    p->used = p->finished = false;
}

/* Texts of a request, each ended by a NUL: curl wants them so. */
static char *text_of(struct str s) {
    char *text = malloc(s.size + 1);
    if (!text) return NULL;
    memcpy(text, s.at, s.size);
    text[s.size] = 0;
    return text;
}

static bool add_headers(struct parcel *p, const struct wire_request *r) {
    struct curl_slist *list = curl_slist_append(NULL, "Expect:"); /* no pause before the body */
    for (size_t i = 0; i < r->header_count && list; i++) {
        char *line = text_of(r->headers[i]);
        struct curl_slist *longer = line ? curl_slist_append(list, line) : NULL;
        free(line);
        if (!longer) curl_slist_free_all(list);
        list = longer;
    }
    p->headers = list;
    return list != NULL;
}

/* Whose name it is not, or whom nobody here vouches for, is sent nothing. These are libcurl's defaults: they are not left to it. */
static bool check_certificates(CURL *e, struct str ca_file) {
    bool good = curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
                curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
                curl_easy_setopt(e, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK;
    if (!good || !ca_file.size) return good;
    char *path = text_of(ca_file);
    good = path && curl_easy_setopt(e, CURLOPT_CAINFO, path) == CURLE_OK && curl_easy_setopt(e, CURLOPT_CAPATH, NULL) == CURLE_OK;
    free(path);
    return good;
}

/* ---- mails ----------------------------------------------------------------------------------------------------------------------------
 */

/* Every line that a mail server says comes through here, and after its no the answer to our QUIT. */
static size_t on_reply(char *bytes, size_t one, size_t count, void *context) {
    struct parcel *p = context;
    size_t size = one * count, kept = size < sizeof p->reply - 1 ? size : sizeof p->reply - 1;
    if (!size || (bytes[0] != '4' && bytes[0] != '5')) return size;
    memcpy(p->reply, bytes, kept);
    while (kept && (unsigned char)p->reply[kept - 1] < ' ') kept--;
    p->reply[kept] = 0;
    return size;
}

static long tls_of(enum wire_tls tls) {
    switch (tls) {
    case WIRE_TLS_REQUIRED: return CURLUSESSL_ALL;
    case WIRE_TLS_OFFERED: return CURLUSESSL_TRY;
    case WIRE_TLS_NEVER: return CURLUSESSL_NONE;
    }
    return CURLUSESSL_ALL;
}

static bool set_login(CURL *e, struct str login) {
    if (!login.size) return true;
    char *text = text_of(login);
    bool good = text && curl_easy_setopt(e, CURLOPT_USERPWD, text) == CURLE_OK;
    free(text);
    return good;
}

static bool prepare_mail(struct parcel *p, const struct wire_request *r) {
    char *url = text_of(r->url), *from = text_of(r->mail->from), *to = text_of(r->mail->to);
    p->request = text_of(r->body);
    p->headers = to ? curl_slist_append(NULL, to) : NULL;
    CURL *e = p->easy;
    bool good = url && from && p->request && p->headers;
    if (good) {
        curl_easy_reset(e);
        good = curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK && curl_easy_setopt(e, CURLOPT_UPLOAD, 1L) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_MAIL_FROM, from) == CURLE_OK && curl_easy_setopt(e, CURLOPT_MAIL_RCPT, p->headers) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_READFUNCTION, on_request) == CURLE_OK && curl_easy_setopt(e, CURLOPT_READDATA, p) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_reply) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_HEADERDATA, p) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_USE_SSL, tls_of(r->mail->tls)) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_ERRORBUFFER, p->error) == CURLE_OK && curl_easy_setopt(e, CURLOPT_PRIVATE, p) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK && set_login(e, r->mail->login) &&
               check_certificates(e, r->ca_file);
    }
    free(url);
    free(from);
    free(to);
    return good;
}

/* What the server has said no to is an answer; what was not handed over whole cannot have been taken. */
static void fill_mail(struct parcel *p, CURLcode code, struct wire_answer *out) {
    long status = 0;
    (void)curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
    bool whole = p->request_sent == p->request_size;
    out->status = (unsigned)status;
    out->fate = code == CURLE_OK || status >= 400 ? WIRE_ANSWERED : whole ? WIRE_UNKNOWN : WIRE_NOT_SENT;
    const char *why = p->reply[0] && status >= 400 ? p->reply : p->error[0] ? p->error : curl_easy_strerror(code);
    if (code != CURLE_OK) (void)snprintf(out->error, sizeof out->error, "%.120s", why);
}

/* ---- requests -------------------------------------------------------------------------------------------------------------------------
 */

static bool prepare(struct parcel *p, const struct wire_request *r) {
    char *url = text_of(r->url), *method = text_of(r->method);
    p->request = text_of(r->body);
    bool good = url && method && p->request && add_headers(p, r);
    CURL *e = p->easy;
    if (good) {
        curl_easy_reset(e);
        good = curl_easy_setopt(e, CURLOPT_URL, url) == CURLE_OK && curl_easy_setopt(e, CURLOPT_POST, 1L) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_READFUNCTION, on_request) == CURLE_OK && curl_easy_setopt(e, CURLOPT_READDATA, p) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.size) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_HTTPHEADER, p->headers) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, (long)r->timeout_ms) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK && curl_easy_setopt(e, CURLOPT_WRITEDATA, p) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_ERRORBUFFER, p->error) == CURLE_OK && curl_easy_setopt(e, CURLOPT_PRIVATE, p) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
               curl_easy_setopt(e, CURLOPT_PROXY, "") == CURLE_OK && curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
               check_certificates(e, r->ca_file);
    }
    free(url);
    free(method);
    return good;
}

static enum err start(void *self, const struct wire_request *r, struct problem *problem) {
    struct wire_curl *w = self;
    struct parcel *p = NULL;
    for (size_t i = 0; i < WIRE_UNDER_WAY_MAX && !p; i++)
        if (!w->parcels[i].used) p = &w->parcels[i];
    if (!p) return problem_set(problem, ERR_FULL, "", "", "too many requests are under way");
    if (!p->easy) p->easy = curl_easy_init();
    if (!p->body) p->body = malloc(WIRE_BODY_SIZE_MAX);
    if (!p->easy || !p->body) return problem_set(problem, ERR_FULL, "", "", "no memory for a request");
    p->id = r->id;
    p->body_size = 0;
    p->request_size = r->body.size;
    p->request_sent = 0;
    p->too_long = false;
    p->error[0] = p->reply[0] = 0;
    p->is_mail = r->mail;
    if (!(r->mail ? prepare_mail(p, r) : prepare(p, r)) || curl_multi_add_handle(w->multi, p->easy) != CURLM_OK) {
        release(p);
        return problem_set(problem, ERR_INVALID, "", "", "a request cannot be made of this");
    }
    p->used = true;
    w->under_way++;
    return ERR_OK;
}

/* Before the first byte of the request left, nothing can have arrived. */
static bool may_have_left(CURL *easy) {
    curl_off_t ready = 0;
    long bytes = 0;
    (void)curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &ready); /* address, connection, TLS: all stands */
    (void)curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes);
    return ready > 0 || bytes > 0;
}

static void fill(struct parcel *p, CURLcode code, struct wire_answer *out) {
    long status = 0;
    curl_off_t retry_s = 0;
    *out = (struct wire_answer){.id = p->id};
    if (p->is_mail) {
        fill_mail(p, code, out);
        return;
    }
    if (code == CURLE_OK) {
        (void)curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &status);
        (void)curl_easy_getinfo(p->easy, CURLINFO_RETRY_AFTER, &retry_s);
        out->fate = WIRE_ANSWERED;
        out->status = (unsigned)status;
        out->retry_after_ms = (retry_s < RETRY_AFTER_MAX_S ? retry_s : RETRY_AFTER_MAX_S) * 1000;
        out->body = (struct str){p->body, p->body_size};
        return;
    }
    out->fate = may_have_left(p->easy) ? WIRE_UNKNOWN : WIRE_NOT_SENT;
    const char *why = p->too_long ? "the answer is too long" : p->error[0] ? p->error : curl_easy_strerror(code);
    (void)snprintf(out->error, sizeof out->error, "%.120s", why);
}

/* Answers of the poll before are over now. */
static void forget_finished(struct wire_curl *w) {
    for (size_t i = 0; i < WIRE_UNDER_WAY_MAX; i++)
        if (w->parcels[i].used && w->parcels[i].finished) release(&w->parcels[i]);
}

static size_t poll_answers(void *self, struct wire_answer *out, size_t count_max, int wait_ms) {
    struct wire_curl *w = self;
    int running, left;
    size_t count = 0;
    forget_finished(w);
    (void)curl_multi_perform(w->multi, &running);
    for (unsigned round = 0; round < 2; round++) {
        CURLMsg *m;
        while (count < count_max && (m = curl_multi_info_read(w->multi, &left))) {
            struct parcel *p = NULL;
            CURLcode code = m->data.result;
            CURL *easy = m->easy_handle;
            (void)curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&p);
            fill(p, code, &out[count++]);
            (void)curl_multi_remove_handle(w->multi, easy);
            p->finished = true;
            w->under_way--;
        }
        if (count || wait_ms <= 0 || round == 1) break;
        (void)curl_multi_poll(w->multi, NULL, 0, wait_ms, NULL);
        (void)curl_multi_perform(w->multi, &running);
    }
    return count;
}

static size_t under_way(void *self) {
    return ((struct wire_curl *)self)->under_way;
}

static void wake(void *self) {
    (void)curl_multi_wakeup(((struct wire_curl *)self)->multi);
}

static const struct wire_ops ops = {start, poll_answers, under_way, wake};

enum err wire_curl_open(struct wire *out, struct problem *p) {
    struct wire_curl *w = calloc(1, sizeof *w);
    if (!w) return problem_set(p, ERR_FULL, "memory", "", "no memory for the wire");
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(w->multi = curl_multi_init())) {
        free(w);
        return problem_set(p, ERR_FULL, "memory", "", "libcurl cannot start");
    }
    *out = (struct wire){&ops, w};
    return ERR_OK;
}

void wire_curl_close(struct wire *wire) {
    struct wire_curl *w = wire->self;
    if (!w) return;
    for (size_t i = 0; i < WIRE_UNDER_WAY_MAX; i++) {
        struct parcel *p = &w->parcels[i];
        if (p->used && !p->finished) (void)curl_multi_remove_handle(w->multi, p->easy);
        if (p->easy) curl_easy_cleanup(p->easy);
        release(p);
        free(p->body);
    }
    (void)curl_multi_cleanup(w->multi);
    free(w);
    *wire = (struct wire){0};
}
