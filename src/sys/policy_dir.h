// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_POLICY_DIR_H
#define SYS_POLICY_DIR_H

#include "base/buf.h"
#include "base/err.h"

/*
 * A policy as a directory, which people edit and keep under version control:
 *
 *     DIR/policy.toml    DIR/NAME.rule    DIR/lists/NAME.txt
 *
 * Every rule file that lies there is part of the policy; whether a rule is live or in shadow stands in its own first line, so that a file
 * says all about itself. NAME.off, *.md, *~ and hidden files are left out; any other name is an error, since a rule with a mistyped name
 * would otherwise be missing in silence.
 */

/*
 * Reads the directory into a bundle (base/bundle.h): policy.toml, the rules, the lists, each in byte order of their names. Whether it
 * compiles is policy_compile's to say. ERR_NOT_FOUND, ERR_DENIED, ERR_INVALID, ERR_TOO_LARGE where `bundle` is too small, ERR_IO.
 */
enum err policy_dir_read(const char *path, struct buf *bundle, struct problem *p) MUST_USE;
/* Writes a bundle out as a directory that does not exist yet or is empty of policies. ERR_CONFLICT where a file is there already. */
enum err policy_dir_write(const char *path, struct str bundle, struct problem *p) MUST_USE;

#endif
