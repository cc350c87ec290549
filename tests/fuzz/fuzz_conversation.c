// SPDX-License-Identifier: Apache-2.0
/*
 * Guards one connection's whole dialogue (src/api/conversation.h) against hostile bytes, slow readers and batches that fill up, with an
 * engine that pretends and no key asked for. Holds: no CHECK fails; answers begin like answers; once everything is committed and read, the
 * connection waits for nothing but bytes. The first two bytes choose cuts and pace.
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

static void open_once(void) {
    if (service.ops) return;
    void *memory = calloc(1, api_memory_size(1));
    if (!memory) abort();
    struct api_options o = {.clock = {now_ms, monotonic_us, NULL}, .connections_max = 1};
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
    return 0;
}
