// SPDX-License-Identifier: Apache-2.0
#ifndef ENRICH_FACTOR_H
#define ENRICH_FACTOR_H

#include "enrich/features.h"

/*
 * What an event can differ in from what is usual for its account, in the words of a person: the network, the client, the hour, ... To
 * remove a factor is to set every feature that belongs to it to the account's usual, as if the event had come so: for questions like "what
 * would have had to be otherwise?" and for proving that the reasons name what decided. Nothing of it is used to judge.
 */
enum factor {
    FACTOR_NETWORK,  /* address, network and country, with what comes of them: place, and the account's session on another network */
    FACTOR_CLIENT,   /* browser, system and TLS fingerprint */
    FACTOR_DEVICE,   /* device id, and how many accounts use it */
    FACTOR_LANGUAGE, /* of the client */
    FACTOR_TIMEZONE, /* of the client */
    FACTOR_PLACE,    /* how far and how fast since the last use */
    FACTOR_HOUR,     /* of the owner's week */
    FACTOR_PAUSE,    /* how long the account was not used */
    FACTOR_TRAFFIC,  /* what the fleet sees of this address, network and client now: attempts, failures, accounts */
    FACTOR_GUESSING, /* failed attempts on this account */
    FACTOR_PASSWORD, /* on how many accounts it was tried */
    FACTOR_SESSION,  /* it goes on elsewhere than it began */
    FACTOR_RESET,    /* a password reset was asked for shortly before */
    FACTOR_CAMPAIGN, /* other accounts had risky logins of this origin */
    FACTOR_BEFORE,   /* what this session, path, object or account did before: their scores, a risky login */
    FACTOR_CHANGE,   /* e-mail or password were changed shortly before */
    FACTOR_ACT,      /* what is done is what hijackers do next */
    FACTOR_INCIDENT, /* an incident is open on the account */
    FACTOR_COUNT
};

/* A set of factors: bit 1 << enum factor. */
#define FACTOR(name) (1U << FACTOR_##name)
/* Everything that the path of the event says by itself. */
#define FACTORS_OF_PATH (FACTOR(NETWORK) | FACTOR(CLIENT) | FACTOR(DEVICE) | FACTOR(LANGUAGE) | FACTOR(TIMEZONE))

struct str factor_word(enum factor f);     /* "network", ... */
struct str factor_sentence(enum factor f); /* what it is, for people */

/* The factor that a feature belongs to, as a set; by its place in struct features. 0: to none, as the kind of the event. */
unsigned factor_of_feature(size_t offset);

/*
 * Sets what belongs to these factors to the account's usual. `event` is where the event's own fields are changed: *f->event is copied there
 * first, and f->event points to it afterwards. An account without history is taken to have used the value before.
 */
void factors_remove(struct features *f, struct event *event, unsigned factors);

#endif
