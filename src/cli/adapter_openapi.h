// SPDX-License-Identifier: Apache-2.0
#ifndef CLI_ADAPTER_OPENAPI_H
#define CLI_ADAPTER_OPENAPI_H

#include "base/buf.h"

/* docs/reference/adapter.md for machines: what a counterpart must answer, as OpenAPI 3.1. Sets out->overflow. */
#define ADAPTER_OPENAPI_SIZE_MAX (64U * 1024)
void adapter_openapi_write(struct buf *out);

#endif
