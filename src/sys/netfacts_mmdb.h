// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_NETFACTS_MMDB_H
#define SYS_NETFACTS_MMDB_H

#include <stddef.h>

#include "base/err.h"
#include "port/netfacts.h"

/*
 * What files on disk know of addresses (port/netfacts.h). Any number of files, told apart by their content:
 *
 *   MMDB   MaxMind's format, by whoever made it (MaxMind, DB-IP, IPinfo, ...): country, city, ASN, anonymous-IP, connection-type
 *   text   the lines of Debian's tor-geoipdb, "first,last,CC": /usr/share/tor/geoip (numbers) and geoip6 (addresses)
 *   kinds  the lines of sys/asn_table.h, "AS64500 hosting": they win over the table that is compiled in, which is asked also without any
 * file
 *
 * A fact is taken from the first file that has it. A file that is not there knows nothing, which is no error; one that is there and broken
 * is ERR_CORRUPT, at the start and not in the middle of the night. Immutable once open: to read new files, open again and close the old.
 */
struct netfacts_files;

enum err netfacts_files_open(const char *const *paths, size_t count, struct netfacts_files **out, struct problem *p) MUST_USE;
void netfacts_files_close(struct netfacts_files *files); /* NULL is fine */
/* How many of the paths were there. */
size_t netfacts_files_count(const struct netfacts_files *files);
/* Valid until the files are closed. One look-up in a city file: 1-2 us. */
struct netfacts_source netfacts_files_source(struct netfacts_files *files);

#endif
