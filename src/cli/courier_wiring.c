// SPDX-License-Identifier: Apache-2.0
/* Puts a courier with the real wire over a wiring's store. */
#include "cli/courier_wiring.h"

#include <stdlib.h>

#include "cli/counterpart_file.h"
#include "sys/entropy.h"
#include "sys/wire_curl.h"

#define MEMORY_SIZE (1024U * 1024) /* the file, its values, the names in it */

struct courier_wiring_parts {
    struct wire wire;
    char *memory;
};

enum err courier_wiring_open(const char *file, const struct wiring *w, void (*say)(void *context, const char *line),
                             struct courier_wiring **out, struct problem *p) {
    struct courier_wiring *c = calloc(1, sizeof *c);
    if (c) c->parts = calloc(1, sizeof *c->parts);
    if (c && c->parts) c->parts->memory = malloc(MEMORY_SIZE);
    *out = c;
    if (!c || !c->parts || !c->parts->memory) return problem_set(p, ERR_FULL, "memory", "", "no memory for the courier");
    struct arena memory = arena_over(c->parts->memory, MEMORY_SIZE);
    enum err err = file ? counterpart_file_read(file, &memory, &c->counterparts, p) : ERR_OK;
    if (!err) err = wire_curl_open(&c->parts->wire, p);
    if (err) return err;
    struct courier_options options = {
        .store = engine_incidents(w->engine),
        .wire = c->parts->wire,
        .clock = w->clock,
        .entropy = entropy_system(),
        .counterparts = &c->counterparts,
        .say = say,
    };
    return courier_thread_open(&options, &c->thread, p);
}

void courier_wiring_close(struct courier_wiring *c) {
    if (!c) return;
    courier_thread_close(c->thread);
    counterpart_file_release(&c->counterparts);
    if (c->parts) {
        if (c->parts->wire.ops) wire_curl_close(&c->parts->wire);
        free(c->parts->memory);
    }
    free(c->parts);
    free(c);
}
