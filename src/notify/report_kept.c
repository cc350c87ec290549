// SPDX-License-Identifier: Apache-2.0
/* Reads the reports that were told, as they were told. */
#include "base/json.h"
#include "notify/report.h"

bool report_kept(const struct notice_row *n, struct arena *arena, struct document *out, uint32_t *version) {
    struct json root;
    int64_t number;
    if (!str_equal(n->subject, STR("report")) || !n->written_ms) return false;
    if (json_parse(n->facts, n->facts.size, arena, &root, NULL) || !json_whole(json_get(root, STR("version")), &number)) return false;
    *version = (uint32_t)number;
    return document_read_json(json_get(root, STR("report")), arena, out) && !out->overflow;
}
