// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include "port/clock.h"

/* The machine's own clocks: CLOCK_REALTIME and CLOCK_MONOTONIC. Any thread. */
struct clock clock_real(void);

#endif
