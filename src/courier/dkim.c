// SPDX-License-Identifier: Apache-2.0
/*
 * Signs messages by DKIM (RFC 6376).
 *
 * What is signed (RFC 6376 section 3.7): the SHA-256 of the canonical body goes into the header as bh=; the SHA-256 of the canonical
 * headers that h= names and of the DKIM-Signature header itself with nothing after "b=" and no line end,
 * is signed. RSA signs that hash (PKCS#1 v1.5), Ed25519 takes its 32 bytes as the message (RFC 8463 section 3). b= is the last tag, so the
 * header is written up to there, hashed, and goes on with the signature.
 *
 * Relaxed (section 3.4): runs of blanks are one space, none at the end of a line; headers are unfolded, names in small letters, no blanks
 * around the colon; empty lines at the end of the body do not count.
 */
#include "courier/dkim.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"
#include "courier/mail.h"

#define DNS_NAME_SIZE_MAX  253
#define HASH_SIZE          32
#define RSA_BITS_MIN       2048
#define RSA_BITS_MAX       4096
#define SIGNATURE_SIZE     (RSA_BITS_MAX / 8)
#define BASE64_SIZE(bytes) (((bytes) + 2) / 3 * 4 + 1)
#define LINE_SIZE          76
#define TAB_SIZE           8 /* what a tab at the beginning of a line is counted as */

static const char *const algorithm_names[] = {"rsa", "ed25519"};

/* What a person sees, a program threads, answers or renders by is named once more than it is there, be it none: then a copy of our message
 * with a Reply-To of somebody else in it does not verify. Of the others nobody takes harm. */
static const struct {
    const char *name;
    bool once_more;
} signed_headers[] = {
    {"from", true},
    {"to", true},
    {"cc", true},
    {"reply-to", true},
    {"subject", true},
    {"date", true},
    {"message-id", true},
    {"in-reply-to", true},
    {"references", true},
    {"content-type", true},
    {"content-transfer-encoding", true},
    {"mime-version", false},
    {"auto-submitted", false},
};
#define SIGNED_COUNT (sizeof signed_headers / sizeof signed_headers[0])

/* -- keys ------------------------------------------------------------------------------------------------------------------------------ */

/* Nobody is asked for a passphrase: a server has no one to ask. */
static int no_passphrase(char *to, int size, int writing, void *more) {
    (void)to, (void)size, (void)writing, (void)more;
    return -1;
}

static enum err read_key(enum dkim_algorithm a, struct str pem, EVP_PKEY **out, struct problem *p) {
    BIO *text = pem.size <= DKIM_PEM_SIZE_MAX ? BIO_new_mem_buf(pem.at, (int)pem.size) : NULL;
    EVP_PKEY *key = text ? PEM_read_bio_PrivateKey(text, NULL, no_passphrase, NULL) : NULL;
    (void)BIO_free(text);
    ERR_clear_error();
    const char *name = algorithm_names[a];
    enum err err = ERR_OK;
    if (!key)
        err = problem_set(p, ERR_INVALID, name, "make one with `hikeshi dkim keygen`", "this is no private key in PEM, or it is encrypted");
    else if (EVP_PKEY_get_base_id(key) != (a == DKIM_RSA ? EVP_PKEY_RSA : EVP_PKEY_ED25519))
        err = problem_set(p, ERR_INVALID, name, "", "the key is of another kind: %s is asked for", name);
    else if (a == DKIM_RSA && (EVP_PKEY_get_bits(key) < RSA_BITS_MIN || EVP_PKEY_get_bits(key) > RSA_BITS_MAX))
        err = problem_set(p, ERR_INVALID, name, "make one with `hikeshi dkim keygen`", "the key has %d bits, not %d to %d",
                          EVP_PKEY_get_bits(key), RSA_BITS_MIN, RSA_BITS_MAX);
    if (!err) *out = key;
    else EVP_PKEY_free(key);
    return err;
}

void dkim_keys_release(struct dkim_keys *k) {
    for (size_t a = 0; a < DKIM_ALGORITHM_COUNT; a++) EVP_PKEY_free(k->keys[a]);
    *k = (struct dkim_keys){0};
}

static enum err check_name(struct str name, const char *where, struct problem *p) {
    if (name.size <= DNS_NAME_SIZE_MAX && mail_is_domain(name)) return ERR_OK;
    return problem_set(p, ERR_INVALID, where, "write letters, digits, hyphens and dots", "this is no name for the DNS");
}

enum err dkim_keys_read(const struct dkim_texts *t, struct dkim_keys *out, struct problem *p) {
    *out = (struct dkim_keys){.domain = t->domain};
    enum err err = check_name(t->domain, "domain", p);
    size_t count = 0;
    for (enum dkim_algorithm a = 0; !err && a < DKIM_ALGORITHM_COUNT; a++) {
        if (!t->keys[a].pem.size) continue;
        out->selectors[a] = t->keys[a].selector;
        err = check_name(t->keys[a].selector, a == DKIM_RSA ? "rsa_selector" : "ed25519_selector", p);
        if (!err) err = read_key(a, t->keys[a].pem, &out->keys[a], p);
        count++;
    }
    if (!err && !count) err = problem_set(p, ERR_INVALID, "", "make keys with `hikeshi dkim keygen`", "there is no key to sign with");
    if (err) dkim_keys_release(out);
    return err;
}

/* -- canonical form -------------------------------------------------------------------------------------------------------------------- */

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* One line without its end. Blanks at its end are not written, runs of them once. */
static void hash_line(EVP_MD_CTX *h, struct str line) {
    while (line.size && is_blank(line.at[line.size - 1])) line.size--;
    for (size_t i = 0; i < line.size;) {
        size_t from = i;
        while (i < line.size && !is_blank(line.at[i])) i++;
        (void)EVP_DigestUpdate(h, line.at + from, i - from);
        if (i == line.size) return;
        (void)EVP_DigestUpdate(h, " ", 1);
        while (is_blank(line.at[i])) i++;
    }
}

/* Empty lines are counted, and written when another line follows. */
static void hash_body(EVP_MD_CTX *h, struct str body) {
    size_t empty = 0;
    for (size_t at = 0; at < body.size;) {
        size_t end = str_find(body, STR("\r\n"), at);
        struct str line = str_slice(body, at, end), rest = line;
        while (rest.size && is_blank(rest.at[0])) rest = str_slice(rest, 1, rest.size);
        at = end + 2;
        empty++;
        if (!rest.size) continue;
        for (; empty > 1; empty--) (void)EVP_DigestUpdate(h, "\r\n", 2);
        hash_line(h, line);
        (void)EVP_DigestUpdate(h, "\r\n", 2);
        empty = 0;
    }
}

/* A header with its folds, without its last line end. */
static void hash_header(EVP_MD_CTX *h, struct str header) {
    struct str value, name = str_cut(header, ':', &value);
    while (name.size && is_blank(name.at[name.size - 1])) name.size--;
    for (size_t i = 0; i < name.size; i++) {
        char small = name.at[i] >= 'A' && name.at[i] <= 'Z' ? (char)(name.at[i] - 'A' + 'a') : name.at[i];
        (void)EVP_DigestUpdate(h, &small, 1);
    }
    (void)EVP_DigestUpdate(h, ":", 1);
    bool begun = false, blank = false;
    for (size_t i = 0; i < value.size; i++) {
        bool is_space = is_blank(value.at[i]) || value.at[i] == '\r' || value.at[i] == '\n';
        if (!is_space && begun && blank) (void)EVP_DigestUpdate(h, " ", 1);
        if (!is_space) (void)EVP_DigestUpdate(h, value.at + i, 1);
        begun |= !is_space;
        blank = is_space;
    }
}

/* How many headers have this name; *out is one of them, without its last line end. */
static size_t count_headers(struct str headers, struct str name, struct str *out) {
    size_t count = 0;
    for (size_t at = 0, next; at < headers.size; at = next + 2) {
        next = str_find(headers, STR("\r\n"), at);
        while (next + 2 < headers.size && is_blank(headers.at[next + 2])) next = str_find(headers, STR("\r\n"), next + 2);
        struct str header = str_slice(headers, at, next), value;
        if (!str_equal_ignoring_case(str_trim(str_cut(header, ':', &value)), name)) continue;
        *out = header;
        count++;
    }
    return count;
}

/* -- the signature --------------------------------------------------------------------------------------------------------------------- */

struct signing {
    struct str headers[SIGNED_COUNT]; /* in the order of signed_headers; empty where there is none */
    char body_hash[BASE64_SIZE(HASH_SIZE)];
    int64_t at_s;
    struct buf *out;
};

static void write_name(struct buf *b, struct str name, size_t *column) {
    if (*column + name.size + 1 > LINE_SIZE) {
        buf_text(b, STR("\r\n\t"));
        *column = TAB_SIZE;
    }
    buf_text(b, name);
    buf_char(b, ':');
    *column += name.size + 1;
}

/* h=: the names of what is signed, and of what must not come to it. */
static void write_names(struct signing *s) {
    size_t column = TAB_SIZE + 2;
    buf_text(s->out, STR("\r\n\th="));
    for (size_t i = 0; i < SIGNED_COUNT; i++) {
        struct str name = str_from(signed_headers[i].name);
        if (s->headers[i].size) write_name(s->out, name, &column);
        if (signed_headers[i].once_more) write_name(s->out, name, &column);
    }
    if (!s->out->overflow) s->out->size--; /* the last colon */
}

static void hash_headers(EVP_MD_CTX *h, const struct signing *s) {
    for (size_t i = 0; i < SIGNED_COUNT; i++) {
        if (!s->headers[i].size) continue;
        hash_header(h, s->headers[i]);
        (void)EVP_DigestUpdate(h, "\r\n", 2);
    }
}

static bool sign_hash(EVP_PKEY *key, enum dkim_algorithm a, const unsigned char hash[HASH_SIZE], unsigned char out[SIGNATURE_SIZE],
                      size_t *size) {
    *size = SIGNATURE_SIZE;
    if (a == DKIM_ED25519) {
        EVP_MD_CTX *h = EVP_MD_CTX_new();
        bool ok = h && EVP_DigestSignInit(h, NULL, NULL, NULL, key) == 1 && EVP_DigestSign(h, out, size, hash, HASH_SIZE) == 1;
        EVP_MD_CTX_free(h);
        return ok;
    }
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(key, NULL);
    bool ok = c && EVP_PKEY_sign_init(c) == 1 && EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
              EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1 && EVP_PKEY_sign(c, out, size, hash, HASH_SIZE) == 1;
    EVP_PKEY_CTX_free(c);
    return ok;
}

static void write_signature(struct buf *b, const unsigned char *signature, size_t size) {
    char memory[BASE64_SIZE(SIGNATURE_SIZE)];
    struct str text = {memory, (size_t)EVP_EncodeBlock((unsigned char *)memory, signature, (int)size)};
    for (size_t at = 0, room = LINE_SIZE - TAB_SIZE - 2; at < text.size; at += room) { /* "b=" is two of the first */
        if (at) buf_text(b, STR("\r\n\t"));
        buf_text(b, str_slice(text, at, at + room));
    }
    buf_text(b, STR("\r\n"));
}

static enum err sign(const struct dkim_keys *k, enum dkim_algorithm a, struct signing *s, EVP_MD_CTX *h, struct problem *p) {
    size_t from = s->out->size;
    buf_fmt(s->out, "DKIM-Signature: v=1; a=%s-sha256; c=relaxed/relaxed;\r\n\td=%.*s;\r\n\ts=%.*s; t=%lld;", algorithm_names[a],
            STR_ARGS(k->domain), STR_ARGS(k->selectors[a]), (long long)s->at_s);
    write_names(s);
    buf_fmt(s->out, ";\r\n\tbh=%s;\r\n\tb=", s->body_hash);
    if (s->out->overflow) return problem_set(p, ERR_FULL, "", "", "the signatures do not fit their memory");
    unsigned char hash[EVP_MAX_MD_SIZE], signature[SIGNATURE_SIZE];
    size_t size;
    (void)EVP_DigestInit_ex(h, EVP_sha256(), NULL);
    hash_headers(h, s);
    hash_header(h, str_slice(buf_str(s->out), from, s->out->size));
    (void)EVP_DigestFinal_ex(h, hash, NULL);
    if (!sign_hash(k->keys[a], a, hash, signature, &size)) {
        ERR_clear_error();
        return problem_set(p, ERR_IO, algorithm_names[a], "", "OpenSSL does not sign with this key");
    }
    write_signature(s->out, signature, size);
    return s->out->overflow ? problem_set(p, ERR_FULL, "", "", "the signatures do not fit their memory") : ERR_OK;
}

/* A line end of one byte would be made two on the way, and no signature holds after that. */
static bool has_whole_line_ends(struct str s) {
    for (size_t i = 0; i < s.size; i++) {
        if (s.at[i] == '\r' && (i + 1 == s.size || s.at[i + 1] != '\n')) return false;
        if (s.at[i] == '\n' && (i == 0 || s.at[i - 1] != '\r')) return false;
    }
    return true;
}

/* Does each line have a name, or go on with the one before? What has none is read by everybody in his own way, and a first line that began
 * with a blank would go on where the signature ends. */
static bool are_headers(struct str headers) {
    for (size_t at = 0, next; at < headers.size; at = next) {
        size_t colon = str_find_char(headers, ':', at), end = colon;
        next = str_find(headers, STR("\r\n"), at) + 2;
        if (at && is_blank(headers.at[at])) continue;
        while (end > at && is_blank(headers.at[end - 1])) end--;
        for (size_t i = at; i < end; i++) /* over the line's end too, where it has no colon */
            if (headers.at[i] <= ' ' || headers.at[i] > '~') return false;
        if (end == at) return false;
    }
    return true;
}

/* None of what is signed may be there twice (RFC 5322 section 3.6): which of them a person sees, nobody knows. */
static enum err find_headers(struct str headers, struct str found[SIGNED_COUNT], struct problem *p) {
    if (!are_headers(headers)) return problem_set(p, ERR_INVALID, "message", "", "a header has no name");
    for (size_t i = 0; i < SIGNED_COUNT; i++)
        if (count_headers(headers, str_from(signed_headers[i].name), &found[i]) > 1)
            return problem_set(p, ERR_INVALID, "message", "", "the header %s is there twice", signed_headers[i].name);
    if (!found[0].size) return problem_set(p, ERR_INVALID, "message", "", "there is no From header, which must be signed");
    return ERR_OK;
}

enum err dkim_sign(const struct dkim_keys *k, struct str message, int64_t at_s, struct buf *out, struct problem *p) {
    size_t end = str_find(message, STR("\r\n\r\n"), 0);
    struct signing s = {.at_s = at_s, .out = out};
    if (!has_whole_line_ends(message)) return problem_set(p, ERR_INVALID, "message", "", "a line does not end with CRLF");
    if (end == message.size) return problem_set(p, ERR_INVALID, "message", "", "no empty line ends the headers");
    enum err err = find_headers(str_slice(message, 0, end + 2), s.headers, p);
    if (err) return err;
    EVP_MD_CTX *h = EVP_MD_CTX_new();
    if (!h) return problem_set(p, ERR_IO, "", "", "OpenSSL has no memory");
    unsigned char hash[EVP_MAX_MD_SIZE];
    CHECK(EVP_DigestInit_ex(h, EVP_sha256(), NULL) == 1);
    hash_body(h, str_slice(message, end + 4, message.size));
    (void)EVP_DigestFinal_ex(h, hash, NULL);
    (void)EVP_EncodeBlock((unsigned char *)s.body_hash, hash, HASH_SIZE);
    for (enum dkim_algorithm a = 0; !err && a < DKIM_ALGORITHM_COUNT; a++)
        if (k->keys[a]) err = sign(k, a, &s, h, p);
    EVP_MD_CTX_free(h);
    return err;
}

/* -- what is published ----------------------------------------------------------------------------------------------------------------- */

/* RSA: SubjectPublicKeyInfo (RFC 6376 section 3.6.1, erratum 7001); Ed25519: the bare 32 bytes (RFC 8463 section 4.2). */
enum err dkim_public_record(const struct dkim_keys *k, enum dkim_algorithm algorithm, struct buf *out, struct problem *p) {
    unsigned char memory[DKIM_RECORD_SIZE_MAX / 2 + 64], *end = memory;
    char text[BASE64_SIZE(sizeof memory)];
    EVP_PKEY *key = k->keys[algorithm];
    size_t size = 32;
    if (!key) return problem_set(p, ERR_NOT_FOUND, algorithm_names[algorithm], "", "there is no such key");
    if (algorithm == DKIM_RSA) {
        int needed = i2d_PUBKEY(key, NULL);
        if (needed <= 0 || (size_t)needed > sizeof memory) return problem_set(p, ERR_INVALID, "rsa", "", "the public key is too large");
        size = (size_t)i2d_PUBKEY(key, &end);
    } else CHECK(EVP_PKEY_get_raw_public_key(key, memory, &size) == 1);
    (void)EVP_EncodeBlock((unsigned char *)text, memory, (int)size);
    buf_fmt(out, "v=DKIM1; k=%s; p=%s", algorithm_names[algorithm], text);
    return out->overflow ? problem_set(p, ERR_FULL, "", "", "the record does not fit its memory") : ERR_OK;
}

enum err dkim_key_generate(enum dkim_algorithm algorithm, struct buf *pem, struct problem *p) {
    EVP_PKEY *key =
        algorithm == DKIM_RSA ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)RSA_BITS_MIN) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    BIO *text = BIO_new(BIO_s_secmem());
    char *at = NULL;
    if (key && text && PEM_write_bio_PrivateKey(text, key, NULL, NULL, 0, NULL, NULL) == 1) {
        long size = BIO_get_mem_data(text, &at);
        buf_bytes(pem, at, (size_t)size);
    }
    (void)BIO_free(text);
    EVP_PKEY_free(key);
    ERR_clear_error();
    if (!at) return problem_set(p, ERR_IO, algorithm_names[algorithm], "", "OpenSSL makes no key");
    return pem->overflow ? problem_set(p, ERR_FULL, "", "", "the key does not fit its memory") : ERR_OK;
}
