// SPDX-License-Identifier: Apache-2.0
/*
 * Guards one connection's whole dialogue (src/api/conversation.h) against hostile bytes, slow readers and batches that fill up, with an
 * engine and a printer that pretend and no key asked for. Holds: no CHECK fails; answers begin like answers; once everything is committed
 * and read, the connection waits for nothing but bytes, and what was ordered from the printer is given back. The first two bytes choose
 * cuts and pace.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/engine_fake_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static struct service service;

static int64_t now_ms(void *self) {
    (void)self;
    return 1772326923000;
}

static int64_t monotonic_us(void *self) {
    (void)self;
    return 0;
}

/* Of a file as long as the first byte says; it is there when it is looked for the second time. */
static char pdf[600000];
static size_t pdf_size;
static unsigned tickets, looks;

static enum err order(void *self, const struct press_order *o, uint32_t who, uint32_t *ticket, struct problem *p) {
    (void)self, (void)p;
    if (who || tickets || !o->document.size) abort();
    if (!pdf_size) return problem_set(p, ERR_FULL, "", "", "too many wait");
    *ticket = 0;
    looks = 0;
    return tickets++, ERR_OK;
}

static enum press_state look(void *self, uint32_t ticket, struct str *out, struct problem *p) {
    (void)self, (void)p;
    if (!tickets || ticket) abort();
    *out = (struct str){pdf, pdf_size};
    return looks++ ? PRESS_PRINTED : PRESS_WAITING;
}

static void give_back(void *self, uint32_t ticket) {
    (void)self;
    if (!tickets-- || ticket) abort();
}

static bool next_done(void *self, uint32_t *who) {
    (void)self, (void)who;
    return false;
}

static struct press_figures figures(void *self) {
    (void)self;
    return (struct press_figures){0};
}

static const struct press_ops press_ops = {order, look, give_back, next_done, figures};

static void open_once(void) {
    if (service.ops) return;
    void *memory = calloc(1, api_memory_size(1));
    if (!memory) abort();
    struct api_options o = {.clock = {now_ms, monotonic_us, NULL}, .connections_max = 1, .press = {&press_ops, NULL}};
    service = api_service(api_open(&o, memory));
}

static void commit(void) {
    bool sealed;
    struct problem p;
    if (service.ops->seal(service.self, &sealed, &p) || !sealed) return;
    if (service.ops->commit(service.self, &p)) abort();
    service.ops->committed(service.self, 0);
}

/* Reads at most `size` bytes of what may leave. */
static size_t hear(size_t size, bool *begun) {
    struct str ready = str_slice(service.ops->ready(service.self, 0), 0, size);
    if (ready.size >= 9 && !*begun && memcmp(ready.at, "HTTP/1.1 ", 9) != 0) abort();
    *begun |= ready.size > 0;
    service.ops->left(service.self, 0, ready.size, 0);
    return ready.size;
}

static bool takes_bytes(struct service_status s) {
    return s.state == SERVICE_IDLE || s.state == SERVICE_READING;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    if (size < 2) return 0;
    size_t cut = 1 + (size_t)bytes[0] * 8, pace = 9 + (size_t)bytes[1] * 16;
    bool begun = false;
    pdf_size = (size_t)bytes[0] * 2300;
    fake_begin(1 + bytes[1] % 5);
    open_once();
    service.ops->open(service.self, 0, &(struct address){0}, 0);
    struct service_status status = service.ops->status(service.self, 0);
    for (size_t at = 2; at < size && takes_bytes(status);) {
        struct service_room room = service.ops->room(service.self, 0);
        if (!room.size) abort();
        size_t piece = size - at < room.size ? size - at : room.size;
        if (piece > cut) piece = cut;
        memcpy(room.at, bytes + at, piece);
        at += piece;
        status = service.ops->take(service.self, 0, piece, 0);
        for (int patience = 0; status.state == SERVICE_WAITING && patience < 100000; patience++) {
            if (!hear(pace, &begun)) commit();
            status = service.ops->resume(service.self, 0, 0);
        }
    }
    for (size_t still = 0; still < 3;) {
        still = hear(SIZE_MAX, &begun) ? 0 : still + 1;
        commit();
        status = service.ops->resume(service.self, 0, 0);
    }
    if (status.state == SERVICE_WAITING || !service.ops->is_empty(service.self, 0)) abort();
    if (status.state == SERVICE_READING && service.ops->expire(service.self, 0, 0).state != SERVICE_ENDING) abort();
    service.ops->close(service.self, 0);
    if (tickets) abort();
    return 0;
}
