// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_LIFE_H
#define SIM_LIFE_H

#include "sim/simulation.h"

/*
 * Who lives in the simulation: accounts "a1", "a2", ..., each with its own device and network from which its owner comes, and a hijacker
 * who comes from a rented server abroad. Addresses and networks are from the ranges set aside for documentation.
 */
enum life_way { LIFE_OWNER, LIFE_TRAVELLING, LIFE_HIJACKER };

/* One act of an account over one of its ways; `data` are further members of its data, or "". Told to the world, and by it to the house. */
bool life_act(struct simulation *s, unsigned account, enum life_way way, const char *type, const char *data);
/* The same past the world, straight to the front door: statements, verdicts. Its id is the moment's. */
void life_tell(struct simulation *s, unsigned account, enum life_way way, const char *type, const char *data);
/* Days in which nothing bad happens: accounts 1 to `accounts` come every third day, and now and then buy something. */
void life_history(struct simulation *s, unsigned accounts, unsigned days);
unsigned life_account(struct str subject); /* 12 of "a12" */

/* The whole night of the story, on one account; objects are named by `tag`. `acts`: which of its acts, a bit each; LIFE_ALL = all. */
#define LIFE_ALL 0xFFFFU
void life_night(struct simulation *s, unsigned account, const char *tag, unsigned acts);
/* The twin: its owner, who is travelling, does what looks the same. */
void life_journey(struct simulation *s, unsigned account, const char *tag);

/* Days of customers' life with hijacks, journeys and stepped clocks, drawn from the seed. */
void life_days(struct simulation *s, unsigned accounts, unsigned days);

#endif
