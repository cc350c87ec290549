// SPDX-License-Identifier: Apache-2.0
#ifndef SIM_SIMULATION_H
#define SIM_SIMULATION_H

#include "base/err.h"
#include "engine/engine.h"
#include "sim/world.h"

/*
 * The whole house in one thread and in virtual time: the very engine, respond room and courier, a journal on a disk that forgets what was
 * not synced, the incident store in a file, and the pretended world as everybody they speak with.
 *
 *     world acts, time -> events -> engine -> seal, commit -> courier's turn -> its own events -> engine -> ...
 *     nothing to do: the clock jumps to what comes next (world, wire, courier)
 *
 * A crash drops engine, courier and everything under way, and starts them again on what is left, as a start after kill -9 or a power cut
 * does. The shop sends again what was not acknowledged. Commit points, counted from 1, are where a crash may strike: the journal's commit,
 * the store's finish, claim and report; each right before it (odd blows) and right after (even ones).
 */
struct simulation;

struct simulation_options {
    uint64_t seed;
    int64_t now_ms;
    unsigned faults[FAULT_COUNT]; /* of the world (sim/world.h), per ten thousand requests */
    unsigned webhooks_reordered, webhooks_twice, webhooks_late;
    unsigned crashes;    /* per ten thousand commit points */
    uint64_t crash_blow; /* 2k-1: right before the k-th commit point; 2k: right after; 0 = none */
    /* Called between turns, when nobody is in the store; NULL = not. */
    void (*between)(struct simulation *s);
    bool key_per_attempt; /* a planted fault, for controls: the courier as it must not be */
    bool people;          /* somebody answers tasks and questions after hours */
    bool quiet;           /* says nothing of what it finds wrong */
    struct str policy;    /* a bundle (base/bundle.h); empty = the policy that ships with Hikeshi */
};

enum err simulation_open(const struct simulation_options *o, struct simulation **out, struct problem *p) MUST_USE;
void simulation_close(struct simulation *s);

struct world *simulation_world(struct simulation *s);
struct incident_store simulation_store(struct simulation *s);
int64_t simulation_now_ms(const struct simulation *s);
uint64_t simulation_seed(const struct simulation *s);
uint64_t simulation_blows(const struct simulation *s); /* twice the commit points so far */
unsigned simulation_crashes(const struct simulation *s);

/* One event of the contract as the shop sends it, whole: the year before, statements, verdicts. Taken in durably on return. */
void simulation_tell(struct simulation *s, struct str json);
/* Somebody acts in the world (world_act); what the shop tells of it is taken in. false: the shop refused. */
bool simulation_act(struct simulation *s, struct str act, bool hostile);
/* The decision on the event told last. */
struct receipt simulation_receipt(const struct simulation *s);
/* The gate's question, as the API answers it. */
bool simulation_gate_opens(struct simulation *s, struct str order);
/* A person answers a task. */
void simulation_answer_task(struct simulation *s, struct str task, const char *decision, const char *by);

/* Lets everything happen up to that moment. */
void simulation_run_until(struct simulation *s, int64_t at_ms);
/* Until every response is closed, or until that moment. true: they are. */
bool simulation_run_out(struct simulation *s, int64_t until_ms);
/* The wall clock of this house is wrong by so much from now on. */
void simulation_step_clock(struct simulation *s, int64_t skew_ms);
void simulation_crash(struct simulation *s);
/* As crash_blow, of one that is still to come. */
void simulation_crash_at(struct simulation *s, uint64_t blow);

/* What the judges found. Looking changes nothing; simulation_run_* looks at every crash and at the end by itself. */
struct simulation_verdict {
    uint64_t incidents, effects, open_effects;
    uint64_t lost;       /* effects that nothing leads on, acknowledged events that are gone, rows that the journal does not make again */
    uint64_t doubled;    /* external acts that happened twice for one cause */
    uint64_t unbalanced; /* closed responses whose money is missing; accounts whose money is */
    uint64_t failed;     /* judges that found something wrong, in all */
    char first[320];     /* what was found first, with its virtual time */
};
void simulation_judge(struct simulation *s, struct simulation_verdict *out);

/* Kinds, objects, phases and money of all effects as text, one a line: what must be the same with a crash and without. */
void simulation_write_end(struct simulation *s, struct buf *out);

#endif
