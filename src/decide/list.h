// SPDX-License-Identifier: Apache-2.0
#ifndef DECIDE_LIST_H
#define DECIDE_LIST_H

#include "base/address.h"
#include "base/arena.h"
#include "base/bounds.h"
#include "base/source.h"

/*
 * A list that rules look things up in: one entry a line, '#' begins a comment. What an entry is, the use decides: `ip in list.x` wants
 * addresses and networks in CIDR form, a text wants texts, a number wants whole numbers. Compiled to one sorted array, found by bisection.
 */
enum list_type { LIST_NETWORKS, LIST_TEXTS, LIST_NUMBERS };

struct list; /* one list, compiled for one use; immutable */

/* Every list of a policy. */
struct lists {
    struct str bundle; /* holds the files, as lists/NAME.txt */
    struct arena *memory;
    const struct list *list[POLICY_LISTS_MAX];
    size_t count;
    size_t entry_count;
};

/* The list of this name for this use, compiled at its first use. ERR_NOT_FOUND without filling *p; ERR_INVALID names file and line. */
enum err lists_take(struct lists *l, struct str name, enum list_type type, const struct list **out, struct problem *p) MUST_USE;
/* The name of a list's file, "lists/NAME.txt" -> NAME; empty for any other file. */
struct str list_name_of(struct str file);

bool list_has_address(const struct list *l, const struct address *a);
bool list_has_text(const struct list *l, struct str text);
bool list_has_number(const struct list *l, int64_t number);
size_t list_size(const struct list *l);

#endif
