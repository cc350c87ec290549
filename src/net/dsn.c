// SPDX-License-Identifier: Apache-2.0
/*
 * Reads bounces. A bounce is a tree of parts; of its multipart/report, the part message/delivery-status has groups of fields, the first of
 * them about the report, the others about a recipient each, and the last part is the mail that came back, or its head.
 */
#include "net/dsn.h"

#include <string.h>

#include "base/bounds.h"
#include "base/buf.h"
#include "net/mime_reader.h"

#define LOCAL_PART_SIZE_MAX 64 /* RFC 5321 section 4.5.3.1.1 */

/* What the walk through the parts has found, not yet read. */
struct report {
    struct mime_part status;
    struct str returned_head;
    struct str other_report; /* its report-type, where it is another report */
    bool has_status;
};

/* What a group of fields says of one recipient, as it stands. */
struct group {
    struct str recipient, status, diagnostic;
    enum dsn_action action;
};

/* ---- parts -------------------------------------------------------------------------------------------------------------------------- */

struct level {
    struct str rest, boundary;
    bool is_report;
};

struct walk {
    struct level levels[MAIL_NESTING_MAX];
    unsigned depth, parts;
};

static bool is_type(struct str type, struct str name) {
    return str_equal_ignoring_case(str_slice(type, 0, name.size), name);
}

static enum err enter(struct walk *w, const struct mime_part *part, struct report *r, struct problem *p) {
    if (w->depth == MAIL_NESTING_MAX)
        return problem_set(p, ERR_TOO_LARGE, "", "", "parts of the mail are nested deeper than %d", MAIL_NESTING_MAX);
    struct str kind = mime_parameter(part->head, STR("report-type"));
    bool is_report = str_equal_ignoring_case(mime_type(part->head), STR("multipart/report"));
    if (is_report && kind.size && !str_equal_ignoring_case(kind, STR("delivery-status"))) {
        is_report = false;
        r->other_report = kind;
    }
    w->levels[w->depth++] = (struct level){part->body, mime_parameter(part->head, STR("boundary")), is_report};
    return ERR_OK;
}

static enum err take_leaf(const struct mime_part *part, struct report *r, struct arena *step, struct problem *p) {
    struct str type = mime_type(part->head);
    bool full = false;
    if (!r->has_status && (is_type(type, STR("message/delivery-status")) || is_type(type, STR("message/global-delivery-status")))) {
        r->has_status = true;
        r->status = *part;
    } else if (!r->returned_head.size && (is_type(type, STR("message/rfc822")) || is_type(type, STR("text/rfc822-headers")) ||
                                          is_type(type, STR("message/global")))) {
        r->returned_head = mime_split(mime_decode(part, DSN_STATUS_SIZE_MAX, step, &full)).head;
    }
    return full ? problem_set(p, ERR_FULL, "", "", "no memory for the mail that came back") : ERR_OK;
}

/* Goes through the tree without recursion; a mail within the mail is not entered: what is forwarded is not told. */
static enum err walk_parts(const struct mime_part *message, struct report *r, struct arena *step, struct problem *p) {
    struct walk w = {.depth = 0};
    struct mime_part part;
    enum err err = is_type(mime_type(message->head), STR("multipart/")) ? enter(&w, message, r, p) : ERR_OK;
    while (!err && w.depth) {
        struct level *l = &w.levels[w.depth - 1];
        if (!mime_next_part(&l->rest, l->boundary, &part)) w.depth--;
        else if (++w.parts > MAIL_PARTS_MAX) err = problem_set(p, ERR_TOO_LARGE, "", "", "mail has more than %d parts", MAIL_PARTS_MAX);
        else if (is_type(mime_type(part.head), STR("multipart/"))) err = enter(&w, &part, r, p);
        else if (l->is_report) err = take_leaf(&part, r, step, p);
    }
    return err;
}

/* Exim's bounces are "auto-replied" too: this is asked only where there is no report. */
static enum err say_no_bounce(const struct mime_part *message, const struct report *r, struct problem *p) {
    struct str auto_submitted = mime_find(message->head, STR("Auto-Submitted"));
    bool is_reply = is_type(auto_submitted, STR("auto-replied")) || mime_find(message->head, STR("X-Autoreply")).size ||
                    mime_find(message->head, STR("X-Autorespond")).size;
    struct str type = r->other_report.size ? r->other_report : mime_type(message->head);
    if (type.size > 80) type.size = 80;
    if (r->other_report.size) return problem_set(p, ERR_UNSUPPORTED, "", "", "not a bounce: a report of type '%.*s'", STR_ARGS(type));
    if (is_reply) return problem_set(p, ERR_UNSUPPORTED, "", "", "not a bounce: an automatic reply");
    return problem_set(p, ERR_UNSUPPORTED, "", "", "not a bounce: no delivery status in a mail of type '%.*s'", STR_ARGS(type));
}

/* ---- what is said of a recipient ---------------------------------------------------------------------------------------------------- */

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* A status code at the beginning of `s` (RFC 3463 section 2): class 2, 4 or 5, subject and detail of at most three digits. */
static struct str read_status(struct str s) {
    size_t at = 1;
    if (!s.size || (s.at[0] != '2' && s.at[0] != '4' && s.at[0] != '5')) return STR_NONE;
    for (unsigned part = 0; part < 2; part++) {
        if (at == s.size || s.at[at] != '.') return STR_NONE;
        size_t from = ++at;
        while (at < s.size && is_digit(s.at[at])) at++;
        if (at == from || at - from > 3) return STR_NONE;
    }
    return at < s.size && s.at[at] == '.' ? STR_NONE : str_slice(s, 0, at); /* an address is no status */
}

/* "smtp; 550 5.1.1 unknown" without its type. */
static struct str without_type(struct str value) {
    size_t semicolon = str_find_char(value, ';', 0);
    return str_trim(semicolon < value.size ? str_slice(value, semicolon + 1, value.size) : value);
}

static bool read_action(struct str value, enum dsn_action *out) {
    for (int i = DSN_FAILED; i <= DSN_EXPANDED; i++) {
        struct str word = str_from(dsn_action_word((enum dsn_action)i));
        if (!is_type(value, word) || (value.size > word.size && value.at[word.size] >= 'A')) continue; /* a comment may follow */
        *out = (enum dsn_action)i;
        return true;
    }
    return false;
}

/* The code that an SMTP reply "550 5.2.2 full" or "550-5.2.2 full" has of its own; else STR_NONE. */
static struct str status_of_reply(struct str reply) {
    if (reply.size < 5 || !is_digit(reply.at[0]) || !is_digit(reply.at[1]) || !is_digit(reply.at[2])) return STR_NONE;
    if (reply.at[3] != ' ' && reply.at[3] != '-') return STR_NONE;
    struct str status = read_status(str_slice(reply, 4, reply.size));
    return status.size && status.at[0] == reply.at[0] ? status : STR_NONE;
}

/* The group's own status; where that is missing or says nothing (Exim writes 5.0.0 always), the one in what the other MTA said. */
static struct str best_status(const struct group *g) {
    struct str own = read_status(str_trim(g->status)), reply = without_type(g->diagnostic), told = status_of_reply(reply);
    if (told.size && (!own.size || str_ends(own, STR(".0.0")))) return told;
    if (own.size) return own;
    switch (g->action) {
    case DSN_FAILED: return reply.size && reply.at[0] == '4' ? STR("4.0.0") : STR("5.0.0");
    case DSN_DELAYED: return STR("4.0.0");
    case DSN_DELIVERED:
    case DSN_RELAYED:
    case DSN_EXPANDED: return STR("2.0.0");
    }
    return STR("5.0.0");
}

static enum dsn_class class_of(enum dsn_action action, struct str status) {
    switch (action) {
    case DSN_FAILED:
        if (status.at[0] != '5' || str_equal(status, STR("5.2.2")) || str_equal(status, STR("5.3.1"))) return DSN_CLASS_SOFT;
        return DSN_CLASS_HARD;
    case DSN_DELAYED: return DSN_CLASS_DELAYED;
    case DSN_DELIVERED:
    case DSN_RELAYED:
    case DSN_EXPANDED: return DSN_CLASS_DELIVERED;
    }
    return DSN_CLASS_SOFT;
}

/* false where the fields are about no recipient, or say nothing of him. */
static bool read_group(struct str fields, struct group *out) {
    struct str action = mime_find(fields, STR("Action"));
    out->recipient = mime_find(fields, STR("Final-Recipient"));
    if (!out->recipient.size) out->recipient = mime_find(fields, STR("Original-Recipient"));
    out->status = mime_find(fields, STR("Status"));
    out->diagnostic = mime_find(fields, STR("Diagnostic-Code"));
    return out->recipient.size && read_action(action, &out->action);
}

static enum err read_groups(struct str text, struct group *out, struct problem *p) {
    unsigned count = 0;
    while (text.size) {
        struct group g;
        struct mime_part cut = mime_split(text);
        text = cut.body;
        if (!cut.head.size || !read_group(cut.head, &g)) continue;
        if (++count > DSN_RECIPIENTS_MAX)
            return problem_set(p, ERR_TOO_LARGE, "", "", "bounce tells of more than %d recipients", DSN_RECIPIENTS_MAX);
        if (count == 1 || class_of(g.action, best_status(&g)) > class_of(out->action, best_status(out))) *out = g;
    }
    return count ? ERR_OK : problem_set(p, ERR_INVALID, "", "", "delivery status tells of no recipient");
}

/* ---- whom it was sent to ------------------------------------------------------------------------------------------------------------ */

/* Looks through all fields of that name; true when one has a token. Keeps the first address where none has. */
static bool find_verp(struct str head, struct str name, struct str *found) {
    struct mime_field f;
    struct str address, token;
    while (mime_next_field(&head, &f)) {
        if (!str_equal_ignoring_case(f.name, name)) continue;
        while (mime_next_address(&f.value, &address)) {
            if (address.size > DSN_ADDRESS_SIZE_MAX) continue;
            if (dsn_verp_token(address, &token)) return *found = address, true;
            if (!found->size) *found = address;
        }
    }
    return false;
}

static struct str recipient_of(struct str head, struct str returned_head, struct str handed_in) {
    static const char *const names[] = {"X-Original-To", "Delivered-To", "Envelope-To", "To"};
    struct str token, found = str_trim(handed_in);
    if (dsn_verp_token(found, &token)) return found;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (find_verp(head, str_from(names[i]), &found)) return found;
    (void)find_verp(returned_head, STR("Return-Path"), &found);
    return found;
}

static bool is_token_char(char c) {
    return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

/* RFC 5322 section 3.2.3, of our characters only: parts with one dot between them. */
static bool is_dot_atom(struct str s) {
    for (size_t i = 0; i < s.size; i++) {
        bool inside = i > 0 && i + 1 < s.size && s.at[i - 1] != '.';
        if (!is_token_char(s.at[i]) && !(s.at[i] == '.' && inside)) return false;
    }
    return s.size > 0;
}

bool dsn_verp_token(struct str address, struct str *token) {
    const struct str prefix = STR("bounce+");
    address = str_trim(address);
    if (str_starts(address, STR("<")) && str_ends(address, STR(">"))) address = str_slice(address, 1, address.size - 1);
    if (address.size > DSN_ADDRESS_SIZE_MAX || !is_type(address, prefix)) return false;
    struct str domain, found = str_cut(str_slice(address, prefix.size, address.size), '@', &domain);
    if (!found.size || prefix.size + found.size > LOCAL_PART_SIZE_MAX || !is_dot_atom(found) || !is_dot_atom(domain)) return false;
    *token = found;
    return true;
}

/* ---- the whole ---------------------------------------------------------------------------------------------------------------------- */

/* The first "<...>" of a field; STR_NONE where that is no identifier of RFC 5322 section 3.6.4. */
static struct str read_message_id(struct str value) {
    size_t open = str_find_char(value, '<', 0), close = str_find_char(value, '>', open);
    struct str id = close < value.size ? str_slice(value, open, close + 1) : STR_NONE;
    for (size_t i = 0; i < id.size; i++)
        if (id.at[i] <= ' ' || id.at[i] > '~') return STR_NONE;
    return id.size > 2 && id.size <= DSN_ADDRESS_SIZE_MAX ? id : STR_NONE;
}

static struct str message_id_of(struct str head, struct str returned_head) {
    struct str id = read_message_id(mime_find(returned_head, STR("Message-ID")));
    if (!id.size) id = read_message_id(mime_find(head, STR("In-Reply-To")));
    return id.size ? id : read_message_id(mime_find(head, STR("References")));
}

/* Strikes out addresses: a diagnostic is kept and shown, and most of them quote the owner's. "@" alone is the shortest that is replaced. */
static struct str without_addresses(struct str line, struct arena *step, bool *full) {
    const struct str dots = STR("...");
    char *memory = line.size ? arena_take(step, line.size * dots.size) : NULL;
    if (!memory) return *full = *full || line.size, STR_NONE;
    struct buf out = buf_over(memory, line.size * dots.size);
    for (size_t at = 0, end; at < line.size; at = end) {
        for (end = at; end < line.size && !strchr(" <>()[]{},;:\"'", line.at[end]);) end++;
        struct str word = str_slice(line, at, end);
        buf_text(&out, str_find_char(word, '@', 0) < word.size ? dots : word);
        if (end < line.size) buf_char(&out, line.at[end++]);
    }
    arena_keep(step, memory, out.size);
    return buf_str(&out);
}

static enum err finish(const struct group *g, struct arena *step, struct dsn *out, struct problem *p) {
    bool full = false;
    out->action = g->action;
    out->status = best_status(g);
    struct str address, rest = without_type(g->recipient);
    if (mime_next_address(&rest, &address)) out->final_recipient = mime_plain(address, DSN_ADDRESS_SIZE_MAX, step, &full);
    out->diagnostic = without_addresses(mime_plain(without_type(g->diagnostic), DSN_DIAGNOSTIC_SIZE_MAX, step, &full), step, &full);
    return full ? problem_set(p, ERR_FULL, "", "", "no memory for a bounce") : ERR_OK;
}

enum err dsn_parse(struct str message, struct str recipient, struct arena *step, struct dsn *out, struct problem *p) {
    *out = (struct dsn){.recipient_address = STR_NONE};
    if (message.size > MAIL_SIZE_MAX) return problem_set(p, ERR_TOO_LARGE, "", "", "mail is larger than %u bytes", MAIL_SIZE_MAX);
    struct mime_part whole = mime_split(message);
    struct report report = {.has_status = false};
    struct group group = {.action = DSN_FAILED};
    bool full = false;
    enum err err = walk_parts(&whole, &report, step, p);
    if (err) return err;
    if (!report.has_status) return say_no_bounce(&whole, &report, p);
    if (report.status.body.size > DSN_STATUS_SIZE_MAX)
        return problem_set(p, ERR_TOO_LARGE, "", "", "delivery status is larger than %u bytes", DSN_STATUS_SIZE_MAX);
    struct str text = mime_decode(&report.status, DSN_STATUS_SIZE_MAX, step, &full);
    err = full ? problem_set(p, ERR_FULL, "", "", "no memory for a delivery status") : read_groups(text, &group, p);
    if (err) return err;
    struct str sent_to = recipient_of(whole.head, report.returned_head, recipient);
    out->recipient_address = mime_plain(sent_to, DSN_ADDRESS_SIZE_MAX, step, &full);
    out->original_message_id = message_id_of(whole.head, report.returned_head);
    return full ? problem_set(p, ERR_FULL, "", "", "no memory for a bounce") : finish(&group, step, out, p);
}

enum dsn_class dsn_class(const struct dsn *d) {
    return class_of(d->action, d->status);
}

const char *dsn_action_word(enum dsn_action action) {
    switch (action) {
    case DSN_FAILED: return "failed";
    case DSN_DELAYED: return "delayed";
    case DSN_DELIVERED: return "delivered";
    case DSN_RELAYED: return "relayed";
    case DSN_EXPANDED: return "expanded";
    }
    return "failed";
}

const char *dsn_class_word(enum dsn_class class) {
    switch (class) {
    case DSN_CLASS_DELIVERED: return "delivered";
    case DSN_CLASS_DELAYED: return "delayed";
    case DSN_CLASS_SOFT: return "soft";
    case DSN_CLASS_HARD: return "hard";
    }
    return "soft";
}
