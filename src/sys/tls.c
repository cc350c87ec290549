// SPDX-License-Identifier: Apache-2.0
/* Speaks TLS with OpenSSL over memory, so that whoever owns the sockets moves bytes and nothing else. */
#include "sys/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

/* Both are OpenSSL's own objects under our name: nothing of ours has to be kept beside them. */
static SSL_CTX *context_of(struct tls_context *c) {
    return (SSL_CTX *)(void *)c;
}

static SSL *session_of(const struct tls_session *s) {
    return (SSL *)(uintptr_t)s;
}

static enum err refuse(struct problem *p, const char *file, const char *fix, const char *what) {
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return problem_set(p, ERR_INVALID, file, fix, "%s: %s", what, reason ? reason : "not readable");
}

/* Chooses http/1.1 where the client offers it; whoever offers only others is refused (RFC 7301 section 3.2). */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in, unsigned in_size,
                           void *arg) {
    (void)ssl, (void)arg;
    static const unsigned char ours[] = "\x08http/1.1";
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_size, ours, sizeof ours - 1, in, in_size) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

enum err tls_context_open(const char *certificate, const char *key, struct tls_context **out, struct problem *p) {
    ERR_clear_error();
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());
    if (!c) return problem_set(p, ERR_FULL, "tls", "", "cannot make a TLS context");
    enum err err = ERR_OK;
    if (SSL_CTX_use_certificate_chain_file(c, certificate) != 1)
        err = refuse(p, certificate, "give a PEM file with the certificate and its chain", "cannot use the TLS certificate");
    else if (SSL_CTX_use_PrivateKey_file(c, key, SSL_FILETYPE_PEM) != 1 || SSL_CTX_check_private_key(c) != 1)
        err = refuse(p, key, "give the PEM file of the certificate's own private key", "cannot use the TLS key");
    if (err) {
        SSL_CTX_free(c);
        return err;
    }
    (void)SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
    (void)SSL_CTX_set_options(c, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_IGNORE_UNEXPECTED_EOF);
    (void)SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(c, choose_protocol, NULL);
    *out = (struct tls_context *)(void *)c;
    return ERR_OK;
}

void tls_context_close(struct tls_context *c) {
    SSL_CTX_free(context_of(c));
}

struct tls_session *tls_session_open(struct tls_context *c) {
    SSL *s = SSL_new(context_of(c));
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    if (!s || !in || !out) {
        SSL_free(s);
        (void)BIO_free(in);
        (void)BIO_free(out);
        return NULL;
    }
    SSL_set_bio(s, in, out);
    SSL_set_accept_state(s);
    return (struct tls_session *)(void *)s;
}

void tls_session_close(struct tls_session *s) {
    SSL_free(session_of(s));
}

bool tls_put(struct tls_session *s, struct str bytes) {
    size_t written;
    return bytes.size == 0 || (BIO_write_ex(SSL_get_rbio(session_of(s)), bytes.at, bytes.size, &written) == 1 && written == bytes.size);
}

static enum tls_result result_of(struct tls_session *s, int returned) {
    int why = SSL_get_error(session_of(s), returned);
    ERR_clear_error();
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return TLS_WANTS_BYTES;
    return why == SSL_ERROR_ZERO_RETURN ? TLS_ENDED : TLS_BROKEN;
}

enum tls_result tls_get(struct tls_session *s, char *to, size_t size, size_t *got) {
    *got = 0;
    ERR_clear_error();
    int returned = SSL_read_ex(session_of(s), to, size, got);
    return returned == 1 ? TLS_OK : result_of(s, returned);
}

enum tls_result tls_send(struct tls_session *s, struct str plain) {
    size_t written;
    ERR_clear_error();
    int returned = SSL_write_ex(session_of(s), plain.at, plain.size, &written);
    return returned == 1 ? TLS_OK : result_of(s, returned);
}

void tls_say_goodbye(struct tls_session *s) {
    if (tls_is_established(s)) (void)SSL_shutdown(session_of(s));
    ERR_clear_error();
}

size_t tls_take(struct tls_session *s, char *to, size_t size) {
    size_t got;
    return BIO_read_ex(SSL_get_wbio(session_of(s)), to, size, &got) == 1 ? got : 0;
}

bool tls_is_established(const struct tls_session *s) {
    return SSL_is_init_finished(session_of(s)) == 1;
}
