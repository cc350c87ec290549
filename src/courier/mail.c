// SPDX-License-Identifier: Apache-2.0
/*
 * Writes messages of RFC 5322.
 *
 * Headers that people wrote are either plain ASCII or encoded-words (RFC 2047): "=?UTF-8?B?", base64, "?=", at most 75 characters each, on
 * lines of at most 76, and cut between characters. Blanks between two encoded-words are not part of the text.
 */
#include "courier/mail.h"

#include <openssl/evp.h>

#include "base/moment.h"

#define LINE_SIZE       76 /* RFC 2045 section 6.8, RFC 2047 section 2 */
#define LINE_BYTES      57 /* that many as base64 are a line */
#define WORD_SIZE_MAX   75
#define WORD_FRAME_SIZE 12 /* =?UTF-8?B? and ?= */
#define PLAIN_SIZE_MAX  60 /* what is shorter stands on the line of its header's name */
#define MOMENT_MS_MAX   (INT64_C(253402300800) * SECOND_MS)
/* U+0080 to U+009F */
#define CHARACTER_IS_C1   0xc2
#define CHARACTER_C1_LAST 0x9f

static bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* atext of RFC 5322 section 3.2.3 */
static bool is_atom(char c) {
    struct str marks = STR("!#$%&'*+-/=?^_`{|}~");
    return is_letter_or_digit(c) || str_find_char(marks, c, 0) < marks.size;
}

/* A dot-atom: atoms with single dots between them. */
static bool is_dot_atom(struct str s) {
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i] == '.' ? i == 0 || i + 1 == s.size || s.at[i - 1] == '.' : !is_atom(s.at[i])) return false;
    return s.size > 0;
}

bool mail_is_domain(struct str s) {
    for (size_t i = 0; i < s.size; i++) {
        if (is_letter_or_digit(s.at[i])) continue;
        if ((s.at[i] != '.' && s.at[i] != '-') || i == 0 || i + 1 == s.size) return false;
        if (s.at[i] == '.' && !(is_letter_or_digit(s.at[i - 1]) && is_letter_or_digit(s.at[i + 1]))) return false;
    }
    return s.size > 0;
}

static bool is_local_part(struct str s) {
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i] != '.' && !is_atom(s.at[i])) return false;
    return s.size > 0;
}

static bool is_ascii(struct str s) {
    for (size_t i = 0; i < s.size; i++)
        if (s.at[i] & 0x80) return false;
    return true;
}

enum err mail_address_check(struct str address, const char *where, struct problem *p) {
    struct str domain, local = str_cut(address, '@', &domain);
    if (address.size > MAIL_ADDR_SPEC_SIZE_MAX)
        return problem_set(p, ERR_INVALID, where, "", "an address has at most %d bytes", MAIL_ADDR_SPEC_SIZE_MAX);
    if (!is_ascii(address))
        return problem_set(p, ERR_INVALID, where, "write the domain in its ASCII form (xn--)",
                           "the address is not ASCII, and SMTPUTF8 is not spoken");
    if (!is_local_part(local) || !mail_is_domain(domain))
        return problem_set(p, ERR_INVALID, where, "write user@domain, without name, blanks and brackets", "this is no plain address");
    return ERR_OK;
}

static enum err check_id(struct str id, const char *where, struct problem *p) {
    struct str right, left = str_cut(id, '@', &right);
    if (id.size <= MAIL_ADDR_SPEC_SIZE_MAX && is_dot_atom(left) && is_dot_atom(right)) return ERR_OK;
    return problem_set(p, ERR_INVALID, where, "write left@domain, without angle brackets", "this is no message id");
}

/* Text that goes into a header. */
static enum err check_text(struct str s, size_t size_max, const char *where, struct problem *p) {
    if (s.size > size_max) return problem_set(p, ERR_TOO_LARGE, where, "", "it has more than %zu bytes", size_max);
    if (!str_is_utf8(s)) return problem_set(p, ERR_INVALID, where, "", "it is not UTF-8");
    if (str_has_control(s)) return problem_set(p, ERR_INVALID, where, "", "it has a control character");
    return ERR_OK;
}

static enum err check(const struct mail *m, struct problem *p) {
    enum err err = check_text(m->from_name, MAIL_NAME_SIZE_MAX, "from_name", p);
    if (!err) err = mail_address_check(m->from_address, "from_address", p);
    if (!err) err = mail_address_check(m->to_address, "to_address", p);
    if (!err) err = check_text(m->subject, MAIL_SUBJECT_SIZE_MAX, "subject", p);
    if (!err && !m->subject.size) err = problem_set(p, ERR_INVALID, "subject", "", "a message has a subject");
    if (!err) err = check_id(m->message_id, "message_id", p);
    if (!err && m->in_reply_to.size) err = check_id(m->in_reply_to, "in_reply_to", p);
    if (!err && (m->date_ms < 0 || m->date_ms >= MOMENT_MS_MAX))
        err = problem_set(p, ERR_INVALID, "date_ms", "", "it is not within the years 1970 to 9999");
    if (!err && !str_is_utf8(m->text)) err = problem_set(p, ERR_INVALID, "text", "", "it is not UTF-8");
    return err;
}

/* "Fri, 01 Jan 2027 00:00:00 +0000" */
static void write_date(struct buf *b, int64_t at_ms) {
    static const char days[] = "MonTueWedThuFriSatSun", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char memory[32];
    struct buf t = buf_over(memory, sizeof memory);
    moment_format(&t, at_ms); /* 2027-01-01T00:00:00.000Z */
    unsigned month = (unsigned)(memory[5] - '0') * 10 + (unsigned)(memory[6] - '0') - 1;
    buf_fmt(b, "%.3s, %.2s %.3s %.4s %.8s +0000", days + 3 * (size_t)moment_weekday(at_ms), memory + 8, months + 3 * (size_t)month, memory,
            memory + 11);
}

/* At most a line's worth of bytes. */
static void write_base64(struct buf *b, struct str s) {
    char text[LINE_SIZE + 1];
    int size = EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)s.at, (int)s.size);
    buf_bytes(b, text, (size_t)size);
}

/* Encoded-words; `used` characters stand on the line already. */
static void write_words(struct buf *b, struct str s, size_t used) {
    for (; s.size; used = 1) {
        size_t room = LINE_SIZE - used < WORD_SIZE_MAX ? LINE_SIZE - used : WORD_SIZE_MAX;
        struct str word = str_head(s, (room - WORD_FRAME_SIZE) / 4 * 3);
        buf_text(b, STR("=?UTF-8?B?"));
        write_base64(b, word);
        buf_text(b, STR("?="));
        s = str_slice(s, word.size, s.size);
        if (s.size) buf_text(b, STR("\r\n "));
    }
}

/* Does everybody read it as it stands? Blanks at the ends get lost, and "=?" would be decoded. */
static bool is_plain(struct str s) {
    return s.size <= PLAIN_SIZE_MAX && is_ascii(s) && str_trim(s).size == s.size && str_find(s, STR("=?"), 0) == s.size;
}

static void write_quoted(struct buf *b, struct str s) {
    buf_char(b, '"');
    for (size_t i = 0; i < s.size; i++) {
        if (s.at[i] == '"' || s.at[i] == '\\') buf_char(b, '\\');
        buf_char(b, s.at[i]);
    }
    buf_char(b, '"');
}

/* A local part with dots where a dot-atom has none is the same address as a quoted string (RFC 5322 section 3.4.1). */
static void write_address(struct buf *b, struct str address) {
    struct str domain, local = str_cut(address, '@', &domain);
    if (is_dot_atom(local)) buf_text(b, local);
    else write_quoted(b, local);
    buf_char(b, '@');
    buf_text(b, domain);
}

static void write_from(struct buf *b, const struct mail *m) {
    buf_text(b, STR("From: "));
    if (!m->from_name.size) {
        write_address(b, m->from_address);
        return;
    }
    bool plain = is_plain(m->from_name);
    if (plain) write_quoted(b, m->from_name);
    else write_words(b, m->from_name, STR("From: ").size);
    buf_text(b, plain && m->from_name.size + m->from_address.size <= PLAIN_SIZE_MAX ? STR(" <") : STR("\r\n <"));
    write_address(b, m->from_address);
    buf_char(b, '>');
}

static void write_id(struct buf *b, struct str header, struct str id) {
    buf_text(b, header);
    buf_text(b, STR(": <"));
    buf_text(b, id);
    buf_text(b, STR(">\r\n"));
}

/* The bytes of the text that are sent as base64, a line's worth at a time. */
struct body {
    char line[LINE_BYTES];
    size_t size;
    struct buf *out;
};

static void flush_line(struct body *y) {
    if (!y->size) return;
    write_base64(y->out, (struct str){y->line, y->size});
    buf_text(y->out, STR("\r\n"));
    y->size = 0;
}

static void put(struct body *y, char c) {
    y->line[y->size++] = c;
    if (y->size == LINE_BYTES) flush_line(y);
}

/*
 * Within base64 lines end with CRLF too (RFC 2045 section 6.8). What names and labels in the text brought along (a terminal's escapes) must
 * not be a reason not to tell somebody that he was robbed, so it is made harmless here instead of refused.
 */
static void write_body(struct buf *out, struct str text) {
    struct body y = {.out = out};
    for (size_t i = 0; i < text.size; i++) {
        unsigned char c = (unsigned char)text.at[i], next = i + 1 < text.size ? (unsigned char)text.at[i + 1] : 0;
        if (c == '\r' && next == '\n') continue;
        bool line_end = c == '\r' || c == '\n', c1 = c == CHARACTER_IS_C1 && next <= CHARACTER_C1_LAST;
        bool control = c1 || c == 0x7f || (c < ' ' && c != '\t');
        if (line_end) put(&y, '\r');
        put(&y, line_end ? '\n' : control ? '?' : (char)c);
        i += c1;
    }
    flush_line(&y);
}

enum err mail_write(const struct mail *m, struct buf *out, struct problem *p) {
    enum err err = check(m, p);
    if (err) return err;
    buf_text(out, STR("Date: "));
    write_date(out, m->date_ms);
    buf_text(out, STR("\r\n"));
    write_from(out, m);
    buf_text(out, STR("\r\nTo: "));
    write_address(out, m->to_address);
    buf_text(out, STR("\r\nSubject: "));
    if (is_plain(m->subject)) buf_text(out, m->subject);
    else write_words(out, m->subject, STR("Subject: ").size);
    buf_text(out, STR("\r\n"));
    write_id(out, STR("Message-ID"), m->message_id);
    if (m->in_reply_to.size) {
        write_id(out, STR("In-Reply-To"), m->in_reply_to);
        write_id(out, STR("References"), m->in_reply_to);
    }
    buf_text(out, STR("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                      "Content-Transfer-Encoding: base64\r\n\r\n"));
    write_body(out, m->text);
    return out->overflow ? problem_set(p, ERR_FULL, "", "", "the message does not fit its memory") : ERR_OK;
}
