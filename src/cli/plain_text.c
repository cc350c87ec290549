// SPDX-License-Identifier: Apache-2.0
/* Shows strangers' texts at a terminal as nothing but text. */
#include "cli/plain_text.h"

/* Bytes of the dangerous character that begins at s[i]; 0 where it is harmless. */
static size_t danger_at(struct str s, size_t i) {
    const unsigned char *c = (const unsigned char *)s.at + i;
    size_t left = s.size - i;
    if (c[0] < 0x20 || c[0] == 0x7F) return 1;
    if (c[0] == 0xC2 && left > 1 && c[1] < 0xA0) return 2;
    bool embeds = c[0] == 0xE2 && left > 2 && c[1] == 0x80 && c[2] >= 0xAA && c[2] <= 0xAE;
    bool isolates = c[0] == 0xE2 && left > 2 && c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9;
    return embeds || isolates ? 3 : 0;
}

void plain_text_write(struct buf *out, struct str s) {
    for (size_t i = 0; i < s.size;) {
        size_t danger = danger_at(s, i);
        buf_char(out, danger ? '?' : s.at[i]);
        i += danger ? danger : 1;
    }
}

void plain_text_print(FILE *to, struct str s) {
    for (size_t i = 0; i < s.size;) {
        size_t danger = s.at[i] == '\n' ? 0 : danger_at(s, i);
        (void)fputc(danger ? '?' : s.at[i], to);
        i += danger ? danger : 1;
    }
}
