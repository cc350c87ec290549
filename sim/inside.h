// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_INSIDE_H
#define SIM_INSIDE_H

#include "sim/simulation.h"

/* What the files of a simulation share: simulation.c drives it, people.c answers for people, verdict.c judges. */

/* Something is wrong: the first is kept, with its time. */
void simulation_find(struct simulation *s, const char *what);
bool simulation_is_quiet(const struct simulation *s);
const char *simulation_first(const struct simulation *s);
uint64_t simulation_lost(const struct simulation *s); /* found while running: acknowledged events that were gone, standstills */
/* Memory for rows that are looked at; the next call takes it again. */
struct arena simulation_look(struct simulation *s);
/* Did the hijacker do something with these words in it? */
bool simulation_was_hostile(const struct simulation *s, struct str words);
struct journal simulation_journal(const struct simulation *s);
/* What `journal` tells, absorbed into an empty store by an engine of its own. */
enum err simulation_replay(struct simulation *s, struct incident_store into, struct problem *p);

/* Tasks and questions that have waited long enough are answered. Returns when to look again; 0 = nobody waits for people. */
int64_t people_look(struct simulation *s, bool *busy);
struct incident_row *simulation_incidents(struct simulation *s, struct arena *look, size_t *count);
bool responses_are_open(struct simulation *s);

#endif
