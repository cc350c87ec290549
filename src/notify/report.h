// SPDX-License-Identifier: Apache-2.0
#ifndef NOTIFY_REPORT_H
#define NOTIFY_REPORT_H

#include "base/document.h"
#include "notify/notify.h"

/*
 * The detailed report: all that is known of one response, for the owner, as a document (base/document.h) that is printed (print/print.h),
 * shown and read aloud.
 *
 *   in     the rows of one response, as the store has them
 *   out    what happened and when, by his clock; how the hijacker got in; every effect with when it was found, stopped, undone, and by whom
 *          that was last confirmed; what was looked for and not found; what could be seen; the money, to the minor unit; what is left, with
 * whom and by when; what he can do; what was changed; what he was told holds  nothing stands in it that is not in the rows or in the
 * phrases, and of each effect and each line of the ledger it tells; in each currency amount - back = open. What is not known is said to be
 * not known, and "looked for" means that somebody answered who looked fails  `arena` too small: ERR_FULL
 */
#define REPORT_MEMORY_SIZE (8U * 1024 * 1024) /* that it may need for the largest response: 512 effects, 5400 blocks of 500 bytes */
#define REPORT_EVENTS_MAX  500                /* acts that are told one by one: beyond it, how many more there were */
#define REPORT_MONEY_MAX   1024               /* lines of money coming back, and accounts: two of each effect */
#define REPORT_NOTICES_MAX 100                /* messages, the latest */

struct report_source {
    struct notice_source rows;
    const struct incident_event_row *events;
    size_t event_count;
    const struct proof_row *proofs;
    size_t proof_count;
    const struct notice_row *notices;
    size_t notice_count;
    const struct task_row *tasks;
    size_t task_count;
    const struct audit_row *audits;
    size_t audit_count;
};

struct report_wish {
    uint32_t version; /* 1, and one more with each that says something else */
    int64_t made_ms;
    struct str zone;   /* the owner's, "Asia/Tokyo"; empty or unknown: by offset_ms */
    int64_t offset_ms; /* of his clock from UTC */
};

enum err report_write(const struct phrases *p, const struct report_source *s, const struct report_wish *w, struct arena *arena,
                      struct document *out) MUST_USE;

/*
 * Of what a report says that an owner would miss: whoever kept that of the last version knows whether there is a new one to be made. Of
 * version and date it says nothing, nor of when something is looked at next, nor of what he was told: the report itself is told.
 */
enum err report_digest(const struct phrases *p, const struct report_source *s, const struct report_wish *w, struct arena *arena,
                       struct hash128 *out) MUST_USE;

/* The report that a notice of subject "report" told, as it was told then: its facts have it (notify/telling.c). Texts in `arena`, which
 * needs JSON_MEMORY_MAX(facts.size) and the document. false: the notice has none. */
bool report_kept(const struct notice_row *n, struct arena *arena, struct document *out, uint32_t *version);

#endif
