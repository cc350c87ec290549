// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_COURIER_WIRING_H
#define CLI_COURIER_WIRING_H

#include "cli/courier_thread.h"
#include "cli/wiring.h"

/* Names the concrete wire, entropy and counterparts, and puts a courier over a wiring's store. */
struct courier_wiring {
    struct counterparts counterparts;
    struct courier_thread *thread;
    struct courier_wiring_parts *parts; /* courier_wiring.c only */
};

/* `file`: counterparts.toml, or NULL: nobody answers for anything, and every step becomes a person's task. */
enum err courier_wiring_open(const char *file, const struct wiring *w, void (*say)(void *context, const char *line),
                             struct courier_wiring **out, struct problem *p) MUST_USE;
void courier_wiring_close(struct courier_wiring *w); /* NULL: nothing; stops the thread where it runs */

#endif
