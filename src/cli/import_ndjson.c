// SPDX-License-Identifier: Apache-2.0
/* Import format "ndjson": events of the contract, one JSON object a line. */
#include "cli/import.h"

const struct import_format import_ndjson = {
    .name = "ndjson",
    .sentence = "events of the contract (docs/reference/events.md), one JSON object a line",
};
