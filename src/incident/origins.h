// SPDX-License-Identifier: Apache-2.0
#ifndef INCIDENT_ORIGINS_H
#define INCIDENT_ORIGINS_H

#include "incident/traces.h"

/* What began what in a thread. It goes by the events alone, whoever is accused of them. */
struct origins {
    const struct trace *traces;
    size_t count;
    uint16_t *of;            /* of each name: first trace of a session; maker of an object or token; NOBODY or beyond `count` = none */
    uint16_t *asked_by;      /* per trace: the reset request that let it in, or NOBODY */
    uint16_t *password_from; /* per trace: the change that set the password it used, or NOBODY */
};

/* Everything lives in `step`. */
void origins_init(struct origins *o, const struct trace *traces, size_t count, size_t name_count, struct arena *step);
/* Who made what this event touched, or NOBODY. */
uint16_t origins_maker(const struct origins *o, const struct trace *t);
/* The act behind trace `i`: where that is what became of an object, the act that made it. NOBODY stays NOBODY. */
uint16_t origins_act(const struct origins *o, uint16_t i);
/* What is named together has the same maker. */
void origins_share(struct origins *o, const struct trace *t, uint16_t maker);

#endif
