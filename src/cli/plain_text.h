// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_PLAIN_TEXT_H
#define CLI_PLAIN_TEXT_H

#include <stdio.h>

#include "base/buf.h"

/*
 * Texts inside of events are chosen by strangers, and a terminal obeys what it is shown. What could move its cursor, colour it, begin a
 * line of its own or turn the order of letters round becomes '?': ASCII's control characters, C1's (U+0080-9F), and the marks of direction
 * (U+202A-2E, U+2066-69).
 */
void plain_text_write(struct buf *out, struct str s);
/* The same for a text of several lines, whose line ends are our own. */
void plain_text_print(FILE *to, struct str s);

#endif
