// SPDX-License-Identifier: Apache-2.0
/* Detector: the network, client and device together are unlike those that this account's owner uses. */
#include "score/detectors.h"

#define CODE "access_path_unlike_owner"
/* A part of the path is worth a sentence when it weighs this much. */
#define PART_MILLI 700

static bool is_shown(const struct features *f) {
    return (f->judges_path || f->event->kind == KIND_PASSWORD_RESET_REQUESTED) && f->account_total;
}

static int32_t measure(const struct scene *s) {
    const struct features *f = s->f;
    if (!is_shown(f)) return MEASURE_NONE;
    return s->path.sum;
}

static void explain_network(const struct features *f, int32_t milli, struct reason_list *out) {
    struct phrase now = phrase_network(f), usual = phrase_usual_network(f);
    if (milli < PART_MILLI && milli > -PART_MILLI) return;
    if (milli < 0) reason_add(out, CODE, milli, "network %s as usual for this account", now.text);
    else if (f->new_country && f->usual_country[0])
        reason_add(out, CODE, milli, "network %s in a country never used by this account; usual: %s", now.text, usual.text);
    else if (f->new_asn) reason_add(out, CODE, milli, "network %s never used by this account; usual: %s", now.text, usual.text);
    else reason_add(out, CODE, milli, "address %s far from those this account uses; usual: %s", phrase_address(f).text, usual.text);
}

static void explain_client(const struct features *f, int32_t milli, struct reason_list *out) {
    struct phrase now = phrase_client(f), usual = phrase_usual_client(f);
    if (milli < PART_MILLI && milli > -PART_MILLI) return;
    if (milli < 0) reason_add(out, CODE, milli, "%s as usual for this account", now.text);
    else reason_add(out, CODE, milli, "%s never used by this account; usual: %s", now.text, usual.text);
}

static void explain_device(const struct features *f, int32_t milli, struct reason_list *out) {
    if (milli < PART_MILLI && milli > -PART_MILLI) return;
    long long logins = (long long)f->depth;
    if (milli < 0) reason_add(out, CODE, milli, "device known from earlier logins of this account");
    else if (f->of[ATTR_DEVICE].present)
        reason_add(out, CODE, milli, "device never used by this account; usual: one known from %lld logins", logins);
    else reason_add(out, CODE, milli, "no device id was sent; usual: a known device on every login");
}

static void explain_locale(const struct features *f, const struct path_evidence *e, struct reason_list *out) {
    if (e->language >= PART_MILLI)
        reason_add(out, CODE, e->language, "language %.*s never used by this account; usual: %.*s",
                   STR_ARGS(f->language.size ? f->language : STR("not sent")), STR_ARGS(f->usual_language));
    if (e->timezone >= PART_MILLI)
        reason_add(out, CODE, e->timezone, "time zone %.*s never used by this account; usual: %.*s",
                   STR_ARGS(f->timezone.size ? f->timezone : STR("not sent")), STR_ARGS(f->usual_timezone));
    if (e->ja4 >= PART_MILLI)
        reason_add(out, CODE, e->ja4, "TLS fingerprint %.*s never used by this account; usual: that of %s",
                   STR_ARGS(f->event->ja4.size ? f->event->ja4 : STR("not sent")), phrase_usual_client(f).text);
}

static void explain(const struct scene *s, int32_t measure, struct reason_list *out) {
    const struct features *f = s->f;
    (void)measure; /* the parts speak for themselves, each with its own sign */
    explain_network(f, s->path.network, out);
    explain_client(f, s->path.client, out);
    explain_device(f, s->path.device, out);
    explain_locale(f, &s->path, out);
}

/* Twenty logins, always from one network with one device. */
#define TWENTY (20 * 16)
static const struct detector_example examples[] = {
    {"everything as in twenty logins before",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN},
         .judges_path = true,
         .account_total = TWENTY,
         .fleet_total = 10000,
         .of = {[ATTR_COUNTRY] = {true, TWENTY, TWENTY, .fleet_trained = 9000},
                [ATTR_ASN] = {true, TWENTY, TWENTY, .fleet_trained = 900},
                [ATTR_DEVICE] = {true, TWENTY, TWENTY, .fleet_trained = 20}},
     },
     -8000, -5000},
    {"another network of the country, another device",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN},
         .judges_path = true,
         .account_total = TWENTY,
         .fleet_total = 10000,
         .of = {[ATTR_COUNTRY] = {true, TWENTY, TWENTY, .fleet_trained = 9000},
                [ATTR_ASN] = {true, 0, TWENTY, .fleet_trained = 500},
                [ATTR_DEVICE] = {true, 0, TWENTY, .fleet_trained = 0}},
     },
     5800, 6200},
    {"an account without history says nothing",
     &(const struct features){
         .event = &(const struct event){.kind = KIND_LOGIN}, .judges_path = true, .of = {[ATTR_ASN] = {.present = true}}},
     MEASURE_NONE, MEASURE_NONE},
};

const struct detector detector_access_path_unlike_owner = {
    .code = CODE,
    .sentence = "network, client and device together are unlike those that the owner uses",
    .needs = "an earlier login of the account that was learned",
    .measure = measure,
    .explain = explain,
    .prior_scale_milli = 1500,
    .examples = examples,
    .example_count = sizeof examples / sizeof *examples,
};
