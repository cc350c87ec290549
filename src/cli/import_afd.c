// SPDX-License-Identifier: Apache-2.0
/* Import format "afd": the event file of Amazon Fraud Detector's model Account Takeover Insights. */
#include "cli/import.h"

/*
 * A CSV with the five inputs of the model (docs.aws.amazon.com/frauddetector, "Account takeover insights"). Upper-case columns are the
 * service's own, lower-case ones are variables that its user named; these are the names of the service's documents and samples.
 *
 *   EVENT_ID, ENTITY_ID, EVENT_TIMESTAMP (ISO 8601, UTC), EVENT_LABEL, LABEL_TIMESTAMP, ip, useragent, fp, session_id,
 * are_credentials_valid
 *
 * A row is one login of an entity (an account). Its label is kept in the label file as it is written; the contract has no kind of event
 * that says "somebody labelled this as fraud" without saying who, so none is journaled.
 */
enum { ID, ENTITY, TIME, LABEL, LABEL_TIME, IP, USER_AGENT, FINGERPRINT, SESSION, VALID };

static const struct import_column columns[] = {
    [ID] = {"EVENT_ID", "id", true},
    [ENTITY] = {"ENTITY_ID", "subject", true},
    [TIME] = {"EVENT_TIMESTAMP", "time", true},
    [LABEL] = {"EVENT_LABEL", NULL, false},
    [LABEL_TIME] = {"LABEL_TIMESTAMP", NULL, false},
    [IP] = {"ip", "data.ip", true},
    [USER_AGENT] = {"useragent", "data.user_agent", true},
    [FINGERPRINT] = {"fp", "data.device", false},
    [SESSION] = {"session_id", "data.session", false},
    [VALID] = {"are_credentials_valid", "data.outcome", true},
    {0},
};

/* The words are the user's own; those of the service's samples are understood, any other is "unknown" and stands beside as written. */
static struct str meaning(struct str label) {
    static const char *const hijacker[] = {"fraud", "ato", "1", "true"}, *const owner[] = {"legit", "legitimate", "0", "false"};
    for (size_t i = 0; i < sizeof hijacker / sizeof hijacker[0]; i++) {
        if (str_equal_ignoring_case(label, str_from(hijacker[i]))) return STR("hijacker");
        if (str_equal_ignoring_case(label, str_from(owner[i]))) return STR("owner");
    }
    return STR("unknown");
}

static void write_label(struct buf *label, const struct str *values) {
    if (values[LABEL].size == 0) return;
    bool first = true;
    buf_char(label, '{');
    import_write_text(label, "id", values[ID], &first);
    import_write_text(label, "label", meaning(values[LABEL]), &first);
    import_write_text(label, "event_label", values[LABEL], &first);
    import_write_text(label, "label_timestamp", values[LABEL_TIME], &first);
    buf_char(label, '}');
}

static enum err write(const struct str *values, struct buf *json, struct buf *label, struct problem *p) {
    bool valid;
    if (!import_flag(values[VALID], &valid))
        return problem_set(p, ERR_INVALID, columns[VALID].header, "write true or false", "'%.*s' is neither true nor false",
                           STR_ARGS(values[VALID]));
    bool first = true;
    import_write_envelope(json, values[ID], "afd", values[ENTITY], values[TIME]);
    buf_text(json, STR(",\"data\":{"));
    import_write_text(json, "ip", values[IP], &first);
    import_write_text(json, "user_agent", values[USER_AGENT], &first);
    import_write_text(json, "device", values[FINGERPRINT], &first);
    import_write_text(json, "session", values[SESSION], &first);
    import_write_text(json, "outcome", valid ? STR("success") : STR("failure"), &first);
    import_write_text(json, "method", STR("password"), &first);
    buf_text(json, STR("}}"));
    write_label(label, values);
    return ERR_OK;
}

const struct import_format import_afd = {
    .name = "afd",
    .sentence = "the event CSV of Amazon Fraud Detector's Account Takeover Insights",
    .columns = columns,
    .write = write,
};
