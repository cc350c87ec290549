// SPDX-License-Identifier: Apache-2.0
#ifndef COURIER_MAIL_READ_TEST_H
#define COURIER_MAIL_READ_TEST_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

/*
 * The other side of a message, for tests: takes it apart, decodes it and verifies its signatures, by code of its own that shares nothing
 * with what writes. That this verifier is right is shown by the example of RFC 8463 (dkim_test.c). It reads well-formed messages only.
 */
struct read_mail {
    struct str headers, body; /* headers with the line end of the last one */
};

static inline struct read_mail mail_take_apart(struct str message) {
    size_t end = str_find(message, STR("\r\n\r\n"), 0);
    return (struct read_mail){str_slice(message, 0, end + 2), str_slice(message, end + 4, message.size)};
}

/* The raw header number `nth` (from 0) of a name, counted from below, with its folds and without its last line end; empty = none. */
static inline struct str mail_header(struct str headers, struct str name, size_t nth) {
    struct str found[64];
    size_t count = 0;
    while (headers.size && count < 64) {
        size_t end = 0;
        do end = str_find(headers, STR("\r\n"), end) + 2;
        while (end < headers.size && (headers.at[end] == ' ' || headers.at[end] == '\t'));
        struct str header = str_slice(headers, 0, end - 2), rest;
        if (str_equal_ignoring_case(str_trim(str_cut(header, ':', &rest)), name)) found[count++] = header;
        headers = str_slice(headers, end, headers.size);
    }
    return nth < count ? found[count - 1 - nth] : STR_NONE;
}

/* Base64 with line ends and blanks in it. */
static inline bool read_base64(struct str s, struct buf *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    unsigned bits = 0, bit_count = 0, padding = 0;
    for (size_t i = 0; i < s.size; i++) {
        const char *digit = s.at[i] ? strchr(digits, s.at[i]) : NULL;
        if (s.at[i] == '\r' || s.at[i] == '\n' || s.at[i] == ' ' || s.at[i] == '\t') continue;
        if (s.at[i] == '=') padding++;
        if (s.at[i] == '=' ? padding > 2 : !digit || padding) return false;
        if (!digit) continue;
        bits = (bits << 6 | (unsigned)(digit - digits)) & 0xffffff, bit_count += 6;
        if (bit_count >= 8) buf_char(out, (char)(bits >> (bit_count -= 8) & 0xff));
    }
    return bit_count == padding * 2 && !out->overflow;
}

/* The text of a header's value: unfolded, encoded-words decoded, blanks between two of them dropped. Fails on a word that is cut within a
 * character, is longer than 75 characters, or stands on a line longer than 76. */
static inline bool read_text(struct str header, struct buf *out) {
    struct str value, line_rest = header, line, name = str_cut(header, ':', &value);
    bool has_words = str_find(value, STR("=?"), 0) < value.size, after_word = false;
    value = str_trim(value);
    (void)name;
    while (has_words && (line = str_cut(line_rest, '\n', &line_rest)).size)
        if (str_trim(line).size + (line.at[0] == ' ') > 76) return false;
    while (value.size) {
        size_t end;
        if (str_starts(value, STR("=?UTF-8?B?")) && (end = str_find(value, STR("?="), 10)) < value.size) {
            size_t from = out->size;
            if (end + 2 > 75 || !read_base64(str_slice(value, 10, end), out)) return false;
            if (!str_is_utf8(str_slice(buf_str(out), from, out->size))) return false;
            value = str_slice(value, end + 2, value.size);
            after_word = true;
            continue;
        }
        size_t blanks = 0;
        while (blanks < value.size && strchr(" \t\r\n", value.at[blanks])) blanks++;
        bool word_follows = str_starts(str_slice(value, blanks, value.size), STR("=?UTF-8?B?"));
        for (size_t i = 0; i < blanks && !(after_word && word_follows); i++)
            if (value.at[i] != '\r' && value.at[i] != '\n') buf_char(out, value.at[i]);
        if (!blanks) buf_char(out, value.at[blanks++]), after_word = false;
        value = str_slice(value, blanks, value.size);
    }
    return !out->overflow;
}

/* -- DKIM ------------------------------------------------------------------------------------------------------------------------------ */

/* A tag of a signature or a record, without blanks around it. */
static inline struct str dkim_tag(struct str tags, const char *name) {
    while (tags.size) {
        struct str value, tag = str_cut(str_cut(tags, ';', &tags), '=', &value);
        if (str_equal(str_trim(tag), str_from(name))) return str_trim(value);
    }
    return STR_NONE;
}

/* Blanks of any kind become one; none at the end. */
static inline void canonical_line(struct str line, struct buf *out) {
    size_t from = out->size;
    for (size_t i = 0; i < line.size; i++) {
        char c = strchr(" \t\r\n", line.at[i]) && line.at[i] ? ' ' : line.at[i];
        if (c != ' ' || out->size == from || out->at[out->size - 1] != ' ') buf_char(out, c);
    }
    if (out->size > from && out->at[out->size - 1] == ' ') out->size--;
}

static inline void canonical_header(struct str header, struct buf *out) {
    struct str value, name = str_trim(str_cut(header, ':', &value));
    for (size_t i = 0; i < name.size; i++) buf_char(out, (char)(name.at[i] >= 'A' && name.at[i] <= 'Z' ? name.at[i] + 32 : name.at[i]));
    buf_char(out, ':');
    canonical_line(str_trim(value), out);
}

static inline void canonical_body(struct str body, struct buf *out) {
    struct str lines = body;
    while (lines.size) {
        size_t end = str_find(lines, STR("\r\n"), 0);
        canonical_line(str_slice(lines, 0, end), out);
        buf_text(out, STR("\r\n"));
        lines = str_slice(lines, end + 2, lines.size);
    }
    while (str_ends(buf_str(out), STR("\r\n\r\n"))) out->size -= 2;
    if (str_equal(buf_str(out), STR("\r\n"))) out->size = 0;
}

static inline EVP_PKEY *dkim_public_key(struct str record) {
    unsigned char memory[1024];
    const unsigned char *at = memory;
    struct buf bytes = buf_over(memory, sizeof memory);
    if (!read_base64(dkim_tag(record, "p"), &bytes)) return NULL;
    if (str_equal(dkim_tag(record, "k"), STR("rsa"))) return d2i_PUBKEY(NULL, &at, (long)bytes.size);
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, memory, bytes.size);
}

/* The headers as they were signed: those of h=, from below, then the signature itself with nothing as its b=. */
static inline void canonical_headers(struct str headers, struct str signature, struct buf *out) {
    struct str value;
    (void)str_cut(signature, ':', &value);
    struct str all = dkim_tag(value, "h"), names = all, name;
    while (names.size) {
        size_t seen = 0;
        struct str before = str_slice(all, 0, (size_t)(names.at - all.at));
        name = str_trim(str_cut(names, ':', &names));
        while (before.size) seen += str_equal_ignoring_case(str_trim(str_cut(before, ':', &before)), name);
        struct str header = mail_header(headers, name, seen);
        if (!header.size) continue;
        canonical_header(header, out);
        buf_text(out, STR("\r\n"));
    }
    struct str b = dkim_tag(value, "b"); /* the last tag of whatever is read here */
    canonical_header(str_slice(signature, 0, (size_t)(b.at - signature.at)), out);
}

/* Does signature number `nth` (from 0, from below) of the message hold for this record? */
static inline bool dkim_verifies(struct str message, size_t nth, struct str record) {
    size_t room = message.size + 4096;
    char *memory = malloc(2 * room);
    struct buf body = buf_over(memory, room), headers = buf_over(memory + room, room);
    struct read_mail m = mail_take_apart(message);
    struct str signature = mail_header(m.headers, STR("DKIM-Signature"), nth), value;
    (void)str_cut(signature, ':', &value);
    unsigned char hash[EVP_MAX_MD_SIZE], told[64], signed_[512];
    struct buf told_hash = buf_over(told, sizeof told), bytes = buf_over(signed_, sizeof signed_);
    bool ok = memory && signature.size && read_base64(dkim_tag(value, "bh"), &told_hash) && read_base64(dkim_tag(value, "b"), &bytes);
    if (ok) {
        canonical_body(m.body, &body);
        canonical_headers(m.headers, signature, &headers);
        ok = !body.overflow && !headers.overflow && EVP_Digest(body.at, body.size, hash, NULL, EVP_sha256(), NULL) == 1 &&
             told_hash.size == 32 && memcmp(hash, told, 32) == 0;
    }
    EVP_PKEY *key = ok ? dkim_public_key(record) : NULL;
    EVP_MD_CTX *h = EVP_MD_CTX_new();
    bool rsa = str_equal(dkim_tag(value, "a"), STR("rsa-sha256"));
    if (key && EVP_Digest(headers.at, headers.size, hash, NULL, EVP_sha256(), NULL) == 1)
        ok = EVP_DigestVerifyInit(h, NULL, rsa ? EVP_sha256() : NULL, NULL, key) == 1 &&
             EVP_DigestVerify(h, signed_, bytes.size, rsa ? (unsigned char *)headers.at : hash, rsa ? headers.size : 32) == 1;
    else ok = false;
    EVP_MD_CTX_free(h);
    EVP_PKEY_free(key);
    free(memory);
    return ok;
}

#endif
