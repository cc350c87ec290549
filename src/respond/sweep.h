// SPDX-License-Identifier: Apache-2.0
#ifndef RESPOND_SWEEP_H
#define RESPOND_SWEEP_H

#include "respond/effect.h"

/* The sweeps: every system is asked what happened on the account in the window, at once, once more when sessions are dead, and a day later.
 */
#define SWEEP_COUNT 5
extern const struct effect_def *const sweep_defs[SWEEP_COUNT];

#endif
