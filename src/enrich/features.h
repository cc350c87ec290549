// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_FEATURES_H
#define ENRICH_FEATURES_H

#include "base/str.h"
#include "event/event.h"

/* The noun of this room: everything that a judgement may use, computed from the event and the cells it named, nothing else. */

#define FEATURE_NONE INT64_MIN /* an INT that is not evaluable */

/* One attribute of the access path, at one level of its back-off chain, counted for the account and for the whole shop. */
enum attribute {
    ATTR_IP,
    ATTR_PREFIX,
    ATTR_ASN,
    ATTR_COUNTRY, /* chain of the network, finest first */
    ATTR_UA,
    ATTR_BROWSER,
    ATTR_OS,
    ATTR_DEVICE_TYPE, /* chain of the client */
    ATTR_DEVICE,
    ATTR_LANGUAGE,
    ATTR_TIMEZONE,
    ATTR_JA4, /* each its own chain of one */
    ATTR_COUNT
};

struct attribute_reading {
    bool present;           /* the event carries this attribute */
    uint32_t account_count; /* trained logins of the account with this value, in 1/16 logins, faded */
    uint32_t fleet_trained; /* trained acts of all accounts with this value, 90 days */
    uint32_t fleet_attempts_24h, fleet_failures_24h, fleet_unknown_24h; /* all attempts with this value */
    uint32_t fleet_attempts_90d, fleet_failures_90d;
    uint32_t fleet_attempts_1h, fleet_failures_1h;
    uint32_t fleet_accounts; /* distinct accounts, 24 to 48 h */
    int64_t fleet_first_ms;  /* when the shop first saw the value, 0 = just now */
};

struct features {
    const struct event *event;
    int64_t now_ms; /* = event time */
    struct attribute_reading of[ATTR_COUNT];
    uint32_t account_total; /* trained logins of the account, in 1/16 logins, faded */
    uint32_t fleet_total;   /* trained acts of all accounts, 90 days */
    uint32_t fleet_attempts_24h, fleet_failures_24h, fleet_attempts_90d, fleet_failures_90d;
    unsigned depth_class; /* 0, 1, 2: no, 1-4, 5 or more earlier logins (trained, not faded) */
    /* The account's usual values, for sentences: of its most used path; zero or empty where it has none. */
    uint32_t usual_asn;
    char usual_country[2];
    struct str usual_browser, usual_os;
    uint8_t hour_share_of_week; /* share (in %) of the account's acts that fall into this part of its week; 255 = not evaluable */
    uint8_t usual_hour_from, usual_hour_to; /* owner's usual hours, local; equal = not known */
#define INT                                 int64_t
#define BOOL                                bool
#define TEXT                                struct str
#define FEATURE(type, name, unit, sentence) type name;
#include "enrich/features.def"
#undef FEATURE
#undef INT
#undef BOOL
#undef TEXT
};

#endif
