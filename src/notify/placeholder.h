// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_PLACEHOLDER_H
#define NOTIFY_PLACEHOLDER_H

#include "base/str.h"

/* {name} in a text that is filled later. */

/* The next one from *at on: its name, and *at behind it; *begin is where it begins. false: there is none. */
bool placeholder_next(struct str text, size_t *at, size_t *begin, struct str *name);
/* Are all of a text's among `names`, which have blanks between? *wrong: the first that is not. */
bool placeholders_fit(struct str text, const char *names, struct str *wrong);

#endif
