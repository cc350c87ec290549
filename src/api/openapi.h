// SPDX-License-Identifier: Apache-2.0
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "base/buf.h"

/* The whole door as an OpenAPI 3.1 document, from the table of routes and the catalogues of events. */
void openapi_write(struct buf *out);

#endif
