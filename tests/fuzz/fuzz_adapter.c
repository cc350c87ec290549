// SPDX-License-Identifier: Apache-2.0
/*
 * Guards what a counterpart's bytes meet (courier/adapters/http.c): answers to acts and to reads, descriptions, webhooks. Holds: no CHECK
 * fails; a body that is handed on is a JSON object without blanks, which an event can carry; an answer that cannot be read is never taken
 * for "surely not done"; what is no description changes nothing; no webhook is believed, for nobody can guess the secret. The first byte
 * chooses the door, the second the status.
 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "courier/adapter.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define STEP_MEMORY (8U * 1024 * 1024)

static const unsigned statuses[] = {200, 202, 400, 401, 404, 409, 410, 422, 429, 500, 502, 503, 302, 999};
static char *memory;

static void hold(bool true_) {
    if (!true_) abort();
}

static void try_answer(const struct adapter *a, const struct counterpart *c, struct wire_answer *w, bool read) {
    struct arena step = arena_over(memory, STEP_MEMORY);
    struct step_row s = {.system = STR("payment"), .verb = STR("undo"), .how = STR("refund")};
    struct adapter_answer out;
    struct json root;
    a->answer(c, &s, read, w, &step, &out);
    bool surely_not = w->status == 401 || w->status == 403 || w->status == 409 || w->status == 429 || w->status == 503;
    if (out.class == ANSWER_TRANSIENT && !surely_not) hold(str_find(w->body, STR("not_done"), 0) < w->body.size);
    if (out.class == ANSWER_NOT_DONE) hold(read);
    if (!out.body.size) return;
    hold(json_parse(out.body, STEP_ANSWER_SIZE_MAX, &step, &root, NULL) == ERR_OK && root.type == JSON_OBJECT);
    struct str rest = out.body, name, value;
    while (json_cut_member(&rest, &name, &value)) {
    }
}

static void try_description(const struct adapter *a, struct counterpart *c, const struct wire_answer *w) {
    struct arena step = arena_over(memory, STEP_MEMORY);
    struct problem p;
    struct counterpart before = *c;
    if (a->describe_answer(c, w, &step, &p)) hold(!memcmp(before.promises, c->promises, sizeof before.promises));
    for (size_t i = 0; i < SYSTEM_COUNT_MAX; i++) hold(c->promises[i].ttl_ms >= 0);
}

/* Lines are headers; what follows a blank one is the body. */
static void try_webhook(const struct adapter *a, const struct counterpart *c, struct str text) {
    struct arena step = arena_over(memory, STEP_MEMORY);
    struct str headers[8], id, body;
    size_t count = 0;
    struct problem p;
    while (count < 8 && text.size) {
        struct str line = str_cut(text, '\n', &text);
        if (!line.size) break;
        headers[count++] = line;
    }
    hold(a->parse_webhook(c, headers, count, text, 1767225600000, &step, &id, &body, &p) == ERR_DENIED);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const unsigned char secret[24] = {0x5a, 0x13, 0x77, 0x9e, 0x21, 0xc4, 0x08, 0xe6, 0x4d, 0x90, 0xfb, 0x32};
    const struct adapter *a = adapter_find(STR("http"));
    struct counterpart c = {.systems = {STR("payment"), STR("shop")}, .system_count = 2, .secret_sizes = {sizeof secret}};
    if (!memory) memory = malloc(STEP_MEMORY);
    if (!memory) abort();
    if (size < 2) return 0;
    memcpy(c.secrets[0], secret, sizeof secret);
    struct str text = {(const char *)bytes + 2, size - 2};
    struct wire_answer w = {.fate = WIRE_ANSWERED, .status = statuses[bytes[1] % (sizeof statuses / sizeof statuses[0])], .body = text};
    switch (bytes[0] % 4) {
    case 0: try_answer(a, &c, &w, false); break;
    case 1: try_answer(a, &c, &w, true); break;
    case 2: try_description(a, &c, &w); break;
    default: try_webhook(a, &c, text); break;
    }
    return 0;
}
