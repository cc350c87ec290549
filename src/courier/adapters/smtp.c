// SPDX-License-Identifier: Apache-2.0
/*
 * Tells by mail: a notice's step becomes a signed message for the mail server of the shop (RFC 5321), which carries it on.
 *
 * Message, date and Message-ID are the step's, and the same in every sending: where the connection breaks off behind the final dot nobody
 * knows whether the server took it, so it is sent again, and the owner's mail program shows two of one id as one. The envelope's sender
 * names the notice (VERP), so that a bounce tells of whom it speaks.
 */
#include <string.h>

#include "base/check.h"
#include "base/json.h"
#include "base/moment.h"
#include "courier/adapter.h"
#include "courier/mail.h"

#define TEXT_SIZE_MAX   (16U * 1024)
#define RETRY_DENIED_MS 60000

static struct str joined(struct arena *step, struct str before, const char *between, struct str after) {
    size_t size = before.size + strlen(between) + after.size;
    char *memory = arena_take(step, size);
    CHECK(memory);
    struct buf b = buf_over(memory, size);
    buf_text(&b, before);
    buf_text(&b, str_from(between));
    buf_text(&b, after);
    return buf_str(&b);
}

static struct str domain_of(struct str address) {
    struct str domain;
    (void)str_cut(address, '@', &domain);
    return domain;
}

static struct str member(struct json root, const char *name) {
    return json_text(json_get(root, str_from(name)));
}

/* Signatures first, then the message. */
static enum err write_message(const struct counterpart *c, const struct mail *m, struct arena *step, struct buf *out, struct problem *p) {
    size_t size = MAIL_SIZE(m->text.size);
    char *memory = arena_take(step, size);
    if (!memory) return ERR_FULL;
    struct buf message = buf_over(memory, size);
    enum err err = mail_write(m, &message, p);
    bool signs = c->mail.dkim.keys[DKIM_RSA] || c->mail.dkim.keys[DKIM_ED25519];
    if (!err && signs) err = dkim_sign(&c->mail.dkim, buf_str(&message), m->date_ms / 1000, out, p);
    buf_text(out, buf_str(&message));
    return err ? err : out->overflow ? ERR_FULL : ERR_OK;
}

static enum err write_mail(const struct counterpart *c, struct json root, const struct asking *a, struct arena *step, struct buf *out,
                           struct problem *p) {
    struct str domain = domain_of(c->mail.from_address), answered = member(root, "in_reply_to");
    struct mail m = {.from_name = c->mail.from_name,
                     .from_address = c->mail.from_address,
                     .to_address = a->contact,
                     .subject = member(root, "title"),
                     .text = member(root, "text"),
                     .message_id = joined(step, member(root, "message_id"), "@", domain),
                     .in_reply_to = answered.size ? joined(step, answered, "@", domain) : STR_NONE};
    if (!moment_parse(member(root, "date"), &m.date_ms)) m.date_ms = a->now_ms;
    return write_message(c, &m, step, out, p);
}

static enum err request(const struct counterpart *c, const struct step_row *s, const struct asking *a, struct arena *step,
                        struct wire_request *out) {
    struct json root;
    struct problem p = {0};
    size_t size = DKIM_SIGNATURES_SIZE_MAX + MAIL_SIZE(TEXT_SIZE_MAX);
    char *memory = arena_take(step, size);
    struct wire_mail *mail = arena_take(step, sizeof *mail);
    if (!memory || !mail) return ERR_FULL;
    *mail = (struct wire_mail){.login = c->mail.login, .tls = c->mail.tls, .to = a->contact};
    *out = (struct wire_request){.url = joined(step, c->url, "/", domain_of(c->mail.from_address)), /* the path is what EHLO says */
                                 .timeout_ms = c->timeout_ms,
                                 .ca_file = c->ca_file,
                                 .mail = mail};
    struct buf message = buf_over(memory, size);
    enum err err = json_parse(s->request, STEP_REQUEST_SIZE_MAX, step, &root, &p);
    if (err) return err;
    mail->from = joined(step, joined(step, STR("bounce+"), "", member(root, "bounce")), "@", c->mail.bounce_domain);
    err = write_mail(c, root, a, step, &message, &p);
    out->body = buf_str(&message);
    return err;
}

static bool is_of_code(char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == ' ';
}

/* "550 5.1.1" of what a server says when it says no (RFC 5321 4.2, RFC 3463): the words behind it name the mailbox, and whose that is
 * stands in no row and in no journal. What libcurl says of a failure of its own names nobody. */
static struct str said(const struct wire_answer *w) {
    struct str error = str_from(w->error);
    size_t size = 0;
    if (w->fate != WIRE_ANSWERED) return error;
    while (size < error.size && is_of_code(error.at[size])) size++;
    return str_trim(str_slice(error, 0, size));
}

static void be(struct adapter_answer *out, enum answer_class class, const struct wire_answer *w, struct arena *step) {
    bool full = false;
    out->class = class;
    out->error = arena_copy(step, said(w), &full);
}

/* 421 and 4yz are for now, 5yz for ever (RFC 5321 section 4.2.1); but 530 to 538 speak of us, not of the owner's mailbox. */
static void answer(const struct counterpart *c, const struct step_row *s, bool read, const struct wire_answer *w, struct arena *step,
                   struct adapter_answer *out) {
    (void)c, (void)s, (void)read;
    *out = (struct adapter_answer){0};
    if (w->fate == WIRE_UNKNOWN) {
        be(out, ANSWER_AMBIGUOUS, w, step);
    } else if (w->fate == WIRE_ANSWERED && w->status < 400) {
        be(out, ANSWER_DEFINITE, w, step);
        out->outcome = STEP_OUTCOME_DONE;
    } else if (w->fate == WIRE_ANSWERED && w->status >= 500 && !(w->status >= 530 && w->status <= 538)) {
        be(out, ANSWER_DEFINITE, w, step);
        out->outcome = STEP_OUTCOME_REFUSED;
    } else {
        be(out, ANSWER_TRANSIENT, w, step);
        out->retry_after_ms = w->status >= 530 ? RETRY_DENIED_MS : 0;
    }
}

/* A mailbox that is refused is no failure of the server. */
static bool is_failure(const struct wire_answer *w) {
    return w->fate != WIRE_ANSWERED || w->status == 421 || (w->status >= 530 && w->status <= 538);
}

extern const struct adapter adapter_smtp;
const struct adapter adapter_smtp = {
    .name = "smtp",
    .sentence = "mail by SMTP, signed by DKIM",
    .request = request,
    .answer = answer,
    .is_failure = is_failure,
};
