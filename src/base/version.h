// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

/* Semantic version of the binary; formats carry versions of their own (docs/formats). */
#define HIKESHI_VERSION "0.1.0"

#endif
