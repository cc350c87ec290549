// SPDX-License-Identifier: Apache-2.0
#ifndef API_PRINTED_H
#define API_PRINTED_H

#include "api/exchange.h"

/*
 * Answers with a document as PDF, without waiting for the printer in the thread that answers:
 *
 *     route.answer -> printed_order -> LATER ... the printer has it, the connection is woken ... -> printed_go_on -> LATER, a piece a time
 *
 * A file may be longer than one answer (HTTP_ANSWER_SIZE_MAX), so it leaves in pieces behind a head that tells its length. The ticket is
 * given back when the last byte has been copied, or when the connection is over.
 */

/* Has it printed for this exchange; `extra` are further header lines (exchange.h), kept. Too many wait: 503 with retry-after. */
enum exchange_result printed_order(struct exchange *x, const struct press_order *o, struct str extra);
/* Was something ordered in this exchange? Then the route only calls printed_go_on. */
bool printed_is_ordered(const struct exchange *x);
enum exchange_result printed_go_on(struct exchange *x);
/* The connection is over, or the request is. */
void printed_drop(struct exchange *x);

#endif
