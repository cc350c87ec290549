// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_DISK_H
#define SYS_DISK_H

#include "port/disk.h"

/* The machine's own file system. Safe in a forked child and in any thread. */
struct disk sys_disk(void);

#endif
