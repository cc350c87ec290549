// SPDX-License-Identifier: Apache-2.0
/*
 * GET /check: the page "Is this message from us?", which an owner reaches by typing the shop's address himself. The shop's web server
 * hands /check over to here. No key is asked for: it tells nothing but to whoever has a message of ours in his hands.
 */
#include "api/told.h"

static enum exchange_result answer(struct exchange *x) {
    struct phrases p = told_phrases(x);
    told_begin_page(x, 200, &p, p.texts[PHRASE_page_check_title], STR_NONE);
    told_write_form(x, &p);
    told_end_page(x);
    return EXCHANGE_DONE;
}

extern const struct route route_check_page;
const struct route route_check_page = {
    .name = "check_page",
    .method = "GET",
    .path = "/check",
    .scope = SCOPE_NONE,
    .sentence = "The page \"Is this message from us?\" for owners, in the language that the browser prefers.",
    .answers = (const struct route_answer[]){{200, "text/html", NULL, "the page"}, {0}},
    .answer = answer,
};
