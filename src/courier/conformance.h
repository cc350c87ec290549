// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_CONFORMANCE_H
#define COURIER_CONFORMANCE_H

#include "courier/counterpart.h"
#include "port/clock.h"
#include "port/entropy.h"
#include "port/wire.h"

/*
 * What a shop runs against its implementation of docs/reference/adapter.md: close to a hundred cases, each a promise of that page. It needs
 * no more than that page says, and changes nothing but what the counterpart itself offers as its sandbox: where it offers none, the cases
 * that act are skipped and said to be.
 */
enum conformance_verdict { CONFORMANCE_PASSED, CONFORMANCE_FAILED, CONFORMANCE_SKIPPED };

struct conformance_options {
    struct wire wire;
    struct clock clock;
    struct entropy entropy;                /* so that no key of this run was used in another */
    const struct counterpart *counterpart; /* url, first secret and timeout_ms are used */
    struct str account;                    /* one that exists, only looked at; empty = the sandbox's */
    bool (*knows_kind)(struct str kind);   /* of effects */
    void (*told)(void *context, const char *group, const char *promise, enum conformance_verdict verdict, const char *why);
    void *context;
};

struct conformance_totals {
    unsigned passed, failed, skipped;
};

size_t conformance_case_count(void);
size_t conformance_memory_size(void);
/* Runs every case. ERR_IO: nobody answers there at all, and no case was run. */
enum err conformance_run(const struct conformance_options *o, void *memory, struct conformance_totals *out, struct problem *p) MUST_USE;

#endif
