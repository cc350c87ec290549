// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_FEATURES_H
#define ENRICH_FEATURES_H

#include "base/str.h"
#include "event/event.h"
#include "port/origin.h"

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
    uint32_t account_count; /* trained logins of the account with this value, in 1/16 logins, faded; with none, where not present */
    uint32_t account_sent;  /* trained logins of the account that carried this attribute at all */
    uint32_t
        account_once; /* of those: with a value that was seen once only (ASN, COUNTRY, BROWSER, DEVICE): how often it brings new ones */
    uint32_t fleet_trained;    /* trained logins of all accounts with this value, 90 days */
    uint32_t fleet_trained_7d; /* wide cells only */
    /* All attempts with this value, of attempts only, and only what somebody asks for (`readings` of enrich/observe.c); else 0. */
    uint32_t fleet_attempts_24h, fleet_failures_24h;
    uint32_t fleet_attempts_90d, fleet_failures_90d;
    uint32_t fleet_attempts_1h, fleet_failures_1h;
    uint32_t fleet_accounts; /* distinct accounts, 24 to 48 h */
};

/*
 * What the entries of a campaign may share: of the path over which somebody came in, or of what he left in the account. Each names an
 * origin (port/origin.h), which exists only where something risky came from there.
 */
enum shared {
    SHARED_DEVICE,
    SHARED_ADDRESS, /* of the network: the exact one, or the /64 of IPv6 */
    SHARED_PREFIX,
    SHARED_CLIENT,                      /* JA4 and user agent, over one network */
    SHARED_PASSWORD,                    /* the tag of it */
    SHARED_PATH_COUNT,                  /* those above are of the path */
    SHARED_CONTACT = SHARED_PATH_COUNT, /* an e-mail address or phone number that was put on file */
    SHARED_DROP,                        /* a postal address that was put on file, or that goods go to */
    SHARED_PAYMENT,                     /* a payment method */
    SHARED_CODE,                        /* a gift card: where it was issued and where it was redeemed */
    SHARED_COUNT
};

/* What is remembered of one of them; without the event's own account. Zeros where the event does not carry it, or nothing risky came. */
struct origin_reading {
    uint8_t entries;                 /* accounts entered from there at a risk, 30 days; at most ORIGIN_ENTRIES are remembered */
    uint8_t confirmed;               /* of those known to be a hijacker's, at most 2 */
    uint16_t scores[ORIGIN_ENTRIES]; /* of those entries */
    uint32_t calm;                   /* accounts, perhaps this one among them, that used it without suspicion since, 30 to 60 days */
    uint32_t trained;                /* learned logins from there, 90 days; 0 where that is not counted */
};

/* What an act does for a hijacker, in the words of the sequence detector. Bits of a session's memory: at most eight. */
enum act {
    ACT_NONE,
    ACT_CONTACT,      /* e-mail or phone: who is told, who can reset */
    ACT_CREDENTIAL,   /* password, authenticator, token: who gets in */
    ACT_ADDRESS,      /* where parcels go */
    ACT_PAYMENT,      /* who pays */
    ACT_NOTIFICATION, /* what the owner hears */
    ACT_STORED_VALUE, /* balance, gift cards, points: value that leaves at once */
    ACT_ORDER,
    ACT_OTHER, /* membership, export, closure, content, refund claims */
    ACT_COUNT
};
_Static_assert(ACT_COUNT - 1 <= 8, "one bit each, ACT_NONE has none");

/* How the event's session stands to the path it came over. */
enum session_state {
    SESSION_NONE,          /* no session was sent, or the event opens it */
    SESSION_UNKNOWN,       /* one that the profile does not remember */
    SESSION_SAME,          /* on the path that opened it, or on no path at all */
    SESSION_MOVED_NETWORK, /* same client, another network */
    SESSION_MOVED_CLIENT   /* another client or device */
};

struct features {
    const struct event *event;
    int64_t now_ms; /* = event time */
    struct attribute_reading of[ATTR_COUNT];
    uint32_t account_total;               /* trained logins of the account, in 1/16 logins, faded */
    uint32_t fleet_total, fleet_total_7d; /* trained logins of all accounts, 90 and 7 days */
    uint32_t fleet_attempts_24h, fleet_failures_24h, fleet_attempts_90d, fleet_failures_90d;
    unsigned depth_class; /* 0, 1, 2: no, 1-4, 5 or more earlier logins (trained, not faded) */
    uint32_t left_out;    /* detectors that measure nothing, 1 << place in detectors.def: what each adds is measured by leaving it out */
    bool attempt;         /* a login, let in or not, or a reset asked for */
    bool judges_path;     /* the path speaks for itself: a login let in, or an act whose session is not remembered or has moved */
    bool path_trained;    /* network, client and device together are a path that owner's logins were learned from */
    bool path_hostile;    /* a hijacker came this way to this account */
    bool proves_owner;    /* the event itself is proof of the owner: a fresh factor that was on file before */
    enum session_state session_state;
    enum act act;
    uint8_t acts_before;   /* bits 1 << (enum act - 1): what was done in this session before */
    uint16_t object_score; /* highest score of the acts that made the order, charge or token of this event; 0 = none risky */
    uint16_t risky_score;  /* of the last risky login, where minutes_since_risky_login is evaluable */
    bool risky_same_path;  /* and this event comes over its path */
    uint32_t tag_trained;  /* trained logins with this very password, 90 days */
    struct origin_reading origin[SHARED_COUNT];
    int64_t span_days;       /* from the account's first event to its last success; FEATURE_NONE without one */
    int64_t last_success_ms; /* 0 = never */
    bool timezone_travels;   /* the time zone is new, and is that of the place of a network in a new country: a phone sets it by itself */
    int64_t
        zone_apart_min; /* between the clock of the client's time zone and the sun over the network's place; FEATURE_NONE where unknown */
    int64_t local_ms;   /* time of the event on the owner's clock; FEATURE_NONE where unknown */
    /* The account's usual values, for sentences: of its most used path; zero or empty where it has none. */
    uint32_t usual_asn;
    char usual_country[2];
    struct str usual_browser, usual_os, usual_language, usual_timezone;
    uint8_t week_count, week_total; /* the account's acts in this part of its week and in all parts, on a small scale; total 0 = unknown */
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
