// SPDX-License-Identifier: Apache-2.0
/* Writes and reads the codes by which a notice can be checked. */
#include "notify/notify.h"

#define LETTERS 8

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void notice_code(const unsigned char random[5], char out[NOTICE_CODE_SIZE + 1]) {
    uint64_t bits = 0;
    for (size_t i = 0; i < 5; i++) bits = bits << 8 | random[i];
    for (size_t i = 0, at = 0; i < LETTERS; i++) {
        if (i == LETTERS / 2) out[at++] = '-';
        out[at++] = alphabet[bits >> 5 * (LETTERS - 1 - i) & 31];
    }
    out[NOTICE_CODE_SIZE] = 0;
}

/* -1: no letter of a code; -2: what may stand between. */
static int value_of(unsigned char c) {
    if (c >= 'a' && c <= 'z') c = (unsigned char)(c - 'a' + 'A');
    if (c == 'O') c = '0';
    if (c == 'I' || c == 'L') c = '1';
    if (c == ' ' || c == '-') return -2;
    for (int i = 0; alphabet[i]; i++)
        if ((unsigned char)alphabet[i] == c) return i;
    return -1;
}

bool notice_code_read(struct str typed, char out[NOTICE_CODE_SIZE + 1]) {
    size_t letters = 0, at = 0;
    for (size_t i = 0; i < typed.size; i++) {
        int value = value_of((unsigned char)typed.at[i]);
        if (value == -2) continue;
        if (value < 0 || letters == LETTERS) return false;
        if (letters++ == LETTERS / 2) out[at++] = '-';
        out[at++] = alphabet[value];
    }
    out[at] = 0;
    return letters == LETTERS;
}
