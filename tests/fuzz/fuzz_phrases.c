// SPDX-License-Identifier: Apache-2.0
/*
 * Guards the reader of phrases (src/notify/phrases.h) and of typed codes against hostile files. Holds: what is refused is refused with a
 * place; what is taken has every phrase, fills without reading past its end, and a code that is read is read the same again.
 */
#include <stdlib.h>
#include <string.h>

#include "notify/notify.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void try_code(struct str typed) {
    char code[NOTICE_CODE_SIZE + 1], again[NOTICE_CODE_SIZE + 1];
    if (!notice_code_read(typed, code)) return;
    if (strlen(code) != NOTICE_CODE_SIZE || !notice_code_read(str_from(code), again) || strcmp(code, again) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static char memory[1U << 20];
    struct source file = {STR("xx.txt"), {(const char *)bytes, size}};
    struct phrases p;
    struct problem problem = {0};
    try_code(str_slice(file.text, 0, 32));
    if (phrases_read(&file, &p, &problem)) {
        if (!strstr(problem.where, "xx.txt:")) abort();
        return 0;
    }
    for (int i = 0; i < PHRASE_COUNT; i++) {
        struct buf out = buf_over(memory, sizeof memory);
        struct filling f = {"what", STR("x")};
        if (phrase_is_asked_for((enum phrase)i) && !p.texts[i].size) abort();
        phrase_fill(p.texts[i], &f, 1, &out);
    }
    return 0;
}
