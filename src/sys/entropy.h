// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_ENTROPY_H
#define SYS_ENTROPY_H

#include "port/entropy.h"

/* The system's random numbers. */
struct entropy entropy_system(void);

#endif
