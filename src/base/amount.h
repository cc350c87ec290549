// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_AMOUNT_H
#define BASE_AMOUNT_H

#include "base/buf.h"

/* "1,234,567" */
void amount_grouped(struct buf *b, uint64_t value);
/* "50,000" or "-12.34": as many digits behind the point as ISO 4217 gives the currency, two where it is not known. */
void amount_write(struct buf *b, int64_t amount_minor, struct str currency);

#endif
