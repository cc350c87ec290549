// SPDX-License-Identifier: Apache-2.0
/* Orders PDF files from the printer, and sends them when they are there. */
#include "api/printed.h"

/* A report takes 0.1 s, and at most eight wait. */
#define RETRY_AFTER STR("retry-after: 2\r\n")

bool printed_is_ordered(const struct exchange *x) {
    return x->printing.ordered;
}

void printed_drop(struct exchange *x) {
    if (!x->printing.ordered) return;
    x->printing.ordered = false;
    x->api->press.ops->give_back(x->api->press.self, x->printing.ticket);
}

static enum exchange_result refuse(struct exchange *x, struct problem *p, enum err err) {
    p->err = err;
    if (err == ERR_FULL) exchange_refuse(x, 503, p, RETRY_AFTER);
    else if (err == ERR_TOO_LARGE) exchange_refuse(x, 413, p, STR_NONE);
    else exchange_refuse(x, 500, p, STR_NONE);
    return EXCHANGE_DONE;
}

enum exchange_result printed_order(struct exchange *x, const struct press_order *o, struct str extra) {
    struct press press = x->api->press;
    struct problem p = {0};
    if (!press.ops) return refuse(x, &p, problem_set(&p, ERR_UNSUPPORTED, "format", "take html or text", "nobody prints here"));
    struct buf kept = buf_over(x->printing.extra, sizeof x->printing.extra);
    buf_text(&kept, extra);
    if (kept.overflow) return refuse(x, &p, problem_set(&p, ERR_TOO_LARGE, "id", "", "the name is too long"));
    x->printing.extra_size = kept.size;
    x->printing.sent = 0;
    enum err err = press.ops->order(press.self, o, x->slot, &x->printing.ticket, &p);
    if (err) return refuse(x, &p, err);
    x->printing.ordered = true;
    return printed_go_on(x); /* it may be there already */
}

/* The next piece; the first one comes behind the head. */
static enum exchange_result send_piece(struct exchange *x, struct str pdf) {
    if (!x->streaming)
        exchange_begin_sized(x, 200, STR("application/pdf"), (struct str){x->printing.extra, x->printing.extra_size}, pdf.size);
    if (str_equal(http_reader_method(x->request), STR("HEAD"))) x->printing.sent = pdf.size;
    size_t room = HTTP_ANSWER_SIZE_MAX - x->out->size;
    struct str piece = str_slice(pdf, x->printing.sent, x->printing.sent + room);
    buf_text(x->out, piece);
    x->printing.sent += piece.size;
    if (x->printing.sent < pdf.size) return EXCHANGE_LATER;
    printed_drop(x);
    return EXCHANGE_DONE;
}

enum exchange_result printed_go_on(struct exchange *x) {
    struct press press = x->api->press;
    struct str pdf = STR_NONE;
    struct problem p = {0};
    switch (press.ops->look(press.self, x->printing.ticket, &pdf, &p)) {
    case PRESS_WAITING: return EXCHANGE_LATER;
    case PRESS_PRINTED: return send_piece(x, pdf);
    case PRESS_FAILED: break;
    }
    printed_drop(x);
    return refuse(x, &p, p.err == ERR_FULL ? ERR_TOO_LARGE : p.err); /* of the printer's memory: asking again does not help */
}
