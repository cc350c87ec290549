// SPDX-License-Identifier: Apache-2.0
/* Writes and reads the codes by which a notice can be checked. */
#include "base/check.h"
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

#define NOTICE_ID_SIZE_MAX 256

void notice_token(struct token token, const char *use, struct str notice, char out[NOTICE_CODE_SIZE + 1]) {
    char memory[NOTICE_ID_SIZE_MAX + 32];
    unsigned char bytes[5];
    struct buf name = buf_over(memory, sizeof memory);
    buf_fmt(&name, "%s ", use);
    buf_text(&name, notice);
    CHECK(!name.overflow);
    token.make(token.self, buf_str(&name), bytes, sizeof bytes);
    notice_code(bytes, out);
}

bool notice_bounce_read(struct token token, struct str text, struct buf *memory, struct str *notice) {
    char code[NOTICE_CODE_SIZE + 1], ours[NOTICE_CODE_SIZE];
    size_t dot = text.size;
    while (dot && text.at[dot - 1] != '.') dot--;
    struct str number, sent = str_slice(text, dot, text.size), name = str_slice(text, 0, dot ? dot - 1 : 0);
    struct str incident = str_cut(name, '.', &number);
    if (!number.size || name.size > NOTICE_ID_SIZE_MAX) return false;
    buf_fmt(memory, "%.*s/%.*s", STR_ARGS(incident), STR_ARGS(number));
    if (memory->overflow) return false;
    notice_token(token, "bounce", buf_str(memory), code);
    struct buf b = buf_over(ours, sizeof ours);
    buf_fmt(&b, "%.4s%.4s", code, code + 5);
    *notice = buf_str(memory);
    return str_equal_ignoring_case(sent, buf_str(&b)); /* mail servers may make small letters of it */
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
