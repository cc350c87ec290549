// SPDX-License-Identifier: Apache-2.0
#ifndef INGEST_DATA_H
#define INGEST_DATA_H

#include "base/arena.h"
#include "base/err.h"
#include "base/json.h"
#include "event/event.h"

/*
 * Reads `data`, an object or missing, into an event whose kind is known. Texts are borrowed from `data`. What no field takes becomes
 * `extra`, in the arena. For KIND_UNKNOWN a member that does not fit the field of its name is no error, for its name may mean another
 * thing there: it is kept in `extra` as well. `size_max` bounds `extra`: the size of the JSON that `data` was read from.
 */
enum err data_read(struct json data, size_t size_max, struct arena *step, struct event *out, struct problem *p) MUST_USE;

#endif
