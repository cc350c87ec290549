// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_LABEL_TABLE_H
#define CLI_LABEL_TABLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/str.h"
#include "baseline/table.h"

/*
 * A file of labels in memory, for commands that learn from them: whose act each event was, and of which family of attacks. One JSON object
 * a line: {"id":"e1","label":"owner"|"hijacker"|"noise","family":"name","network":"AS64500"}; further members are ignored.
 */
enum label { LABEL_OWNER, LABEL_HIJACKER, LABEL_NOISE };

/* Names of families or networks, met in files or asked for by the user. */
#define LABEL_NAMES_MAX     128
#define LABEL_NAME_SIZE_MAX 64
struct label_names {
    unsigned count;
    struct {
        char text[LABEL_NAME_SIZE_MAX];
        bool held; /* asked to be held out */
        bool met;  /* by a label */
    } of[LABEL_NAMES_MAX];
};
/* Holds out the names of a list "A,B"; NULL holds out nothing. `option` is named where it is refused. */
enum err label_names_hold(struct label_names *n, const char *list, const char *option, struct problem *p) MUST_USE;
/* A name that was asked for and that no label had is a slip of the pen. */
enum err label_names_check(const struct label_names *n, const char *option, struct problem *p) MUST_USE;

struct label_of {
    uint64_t key; /* of the event's id */
    enum label label;
    uint32_t line;
    uint16_t family; /* of a hijacker's: place in `families` */
    bool held;       /* its family or network is held out */
    bool given;
    bool met; /* the event was there; set by who reads the events */
};

struct label_table {
    struct table items;
    struct label_names *families; /* all that are met are added; NULL: nobody asks */
    struct label_names *networks; /* only those that are held out; NULL: nobody asks */
};

/*
 * Refused with file and line: what is no JSON object or no word of the contract, an id with two different labels (ERR_CONFLICT), more
 * families than LABEL_NAMES_MAX. `t` is released by the caller in any case.
 */
enum err label_table_read(struct label_table *t, const char *file, struct problem *p) MUST_USE;
void label_table_release(struct label_table *t);
/* NULL where the event has none. */
struct label_of *label_table_find(struct label_table *t, struct str id);
/* ERR_NOT_FOUND, with file and line, where a label is of an event that was not met. */
enum err label_table_check_met(const struct label_table *t, const char *file, const char *events, struct problem *p) MUST_USE;

#endif
