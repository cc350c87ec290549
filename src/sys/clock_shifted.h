// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_CLOCK_SHIFTED_H
#define SYS_CLOCK_SHIFTED_H

#include "base/err.h"
#include "port/clock.h"

/*
 * A wall clock that runs ahead of the machine's by the milliseconds in a file: 8 bytes, a signed number in the machine's own order. Whoever
 * may write the file moves the clock while it is in use, so that days pass in a demo or a test. The monotonic clock is the machine's own.
 */
struct clock_shifted;

/* ERR_NOT_FOUND, ERR_INVALID (shorter than 8 bytes), ERR_IO. */
enum err clock_shifted_open(const char *path, struct clock_shifted **out, struct problem *p) MUST_USE;
struct clock clock_shifted_clock(struct clock_shifted *c); /* any thread */
void clock_shifted_close(struct clock_shifted *c);         /* NULL: nothing */

#endif
