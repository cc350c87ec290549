// SPDX-License-Identifier: Apache-2.0
/* Conformance: who cannot sign is refused, and who can is not. */
#include "courier/conformance_suite.h"

#define MINUTE_MS INT64_C(60000)

/* Forged requests are for an account that there is not: who believes them still does no harm. */
static struct question question_of(const struct conformance_case *c) {
    struct question q = {.verb = c->text ? c->text : "describe", .forgery = c->forgery, .skew_ms = c->skew_ms};
    if (!c->text) return q;
    q.system = STR("payment");
    q.how = STR("refund");
    q.account = STR("conformance-nobody");
    q.kind = STR("captured_charge");
    q.object = STR("charge:nothing");
    q.key = STR("conformance/forged");
    return q;
}

static enum conformance_verdict is_refused(struct suite *s, const struct conformance_case *c) {
    struct question q = question_of(c);
    struct said a;
    if (!suite_ask(s, &q, &a)) return CONFORMANCE_FAILED;
    if (a.status == 401 || a.status == 403) return CONFORMANCE_PASSED;
    return suite_fail(s, "answered %u where 401 was expected", a.status);
}

static enum conformance_verdict is_believed(struct suite *s, const struct conformance_case *c) {
    struct question q = question_of(c);
    struct said a;
    if (!suite_ask(s, &q, &a)) return CONFORMANCE_FAILED;
    return a.status == 200 ? CONFORMANCE_PASSED : suite_fail(s, "answered %u where 200 was expected", a.status);
}

#define G "signature"
const struct conformance_case conformance_signature_cases[] = {
    {G, "a request that is signed rightly is answered", is_believed, FORGERY_NONE, 0, NULL, NULL},
    {G, "no headers of a signature: refused", is_refused, FORGERY_NO_HEADERS, 0, NULL, NULL},
    {G, "no webhook-id: refused", is_refused, FORGERY_NO_ID, 0, NULL, NULL},
    {G, "no webhook-timestamp: refused", is_refused, FORGERY_NO_TIMESTAMP, 0, NULL, NULL},
    {G, "no webhook-signature: refused", is_refused, FORGERY_NO_SIGNATURE, 0, NULL, NULL},
    {G, "an empty signature: refused", is_refused, FORGERY_EMPTY, 0, NULL, NULL},
    {G, "another secret: refused", is_refused, FORGERY_OTHER_SECRET, 0, NULL, NULL},
    {G, "signed over another body: refused", is_refused, FORGERY_OTHER_BODY, 0, NULL, NULL},
    {G, "signed over another webhook-id: refused", is_refused, FORGERY_OTHER_ID, 0, NULL, NULL},
    {G, "signed over another timestamp: refused", is_refused, FORGERY_OTHER_TIMESTAMP, 0, NULL, NULL},
    {G, "a signature without its v1: refused", is_refused, FORGERY_UNPREFIXED, 0, NULL, NULL},
    {G, "a version that is not v1: refused", is_refused, FORGERY_VERSION_2, 0, NULL, NULL},
    {G, "half of a right signature: refused", is_refused, FORGERY_HALF, 0, NULL, NULL},
    {G, "a right signature in lower case: refused", is_refused, FORGERY_LOWER_CASE, 0, NULL, NULL},
    {G, "a timestamp that is no number: refused", is_refused, FORGERY_TIMESTAMP_TEXT, 0, NULL, NULL},
    {G, "six minutes old: refused", is_refused, FORGERY_NONE, -6 * MINUTE_MS, NULL, NULL},
    {G, "six minutes ahead: refused", is_refused, FORGERY_NONE, 6 * MINUTE_MS, NULL, NULL},
    {G, "a day old: refused", is_refused, FORGERY_NONE, -1440 * MINUTE_MS, NULL, NULL},
    {G, "four minutes old: believed", is_believed, FORGERY_NONE, -4 * MINUTE_MS, NULL, NULL},
    {G, "four minutes ahead: believed", is_believed, FORGERY_NONE, 4 * MINUTE_MS, NULL, NULL},
    {G, "several signatures of which the second is right: believed", is_believed, FORGERY_SECOND_IS_RIGHT, 0, NULL, NULL},
    {G, "names of headers in upper case: believed", is_believed, FORGERY_UPPER_HEADERS, 0, NULL, NULL},
    {G, "a forged contain: refused", is_refused, FORGERY_OTHER_SECRET, 0, "contain", NULL},
    {G, "a forged undo: refused", is_refused, FORGERY_OTHER_SECRET, 0, "undo", NULL},
    {G, "a forged release: refused", is_refused, FORGERY_OTHER_SECRET, 0, "release", NULL},
    {G, "a forged read_state: refused", is_refused, FORGERY_OTHER_SECRET, 0, "read_state", NULL},
    {G, "a forged probe: refused", is_refused, FORGERY_OTHER_SECRET, 0, "probe", NULL},
    {G, "a forged find_effects: refused", is_refused, FORGERY_OTHER_SECRET, 0, "find_effects", NULL},
    CASES_END,
};
