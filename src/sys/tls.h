// SPDX-License-Identifier: Apache-2.0
#ifndef SYS_TLS_H
#define SYS_TLS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/*
 * TLS 1.2 and 1.3 as a server, between two heaps of bytes: what came from the network is put in, what is to be read is got out; what is to
 * be written is sent in, what goes to the network is taken out. No sockets. ALPN offers http/1.1.
 */
struct tls_context; /* certificate and key; sessions keep it alive */
struct tls_session;

enum tls_result { TLS_OK, TLS_WANTS_BYTES, TLS_ENDED, TLS_BROKEN };

/* PEM files: the certificate with its chain, and its private key. */
enum err tls_context_open(const char *certificate, const char *key, struct tls_context **out, struct problem *p) MUST_USE;
void tls_context_close(struct tls_context *c);

/* NULL where there is no memory. */
struct tls_session *tls_session_open(struct tls_context *c);
void tls_session_close(struct tls_session *s);
/* Bytes from the network. false where there is no memory. */
bool tls_put(struct tls_session *s, struct str bytes);
/* Plain bytes, as far as they are whole; leads the handshake. *got > 0 with TLS_OK. */
enum tls_result tls_get(struct tls_session *s, char *to, size_t size, size_t *got);
/* Takes plain bytes to be sent. */
enum tls_result tls_send(struct tls_session *s, struct str plain);
void tls_say_goodbye(struct tls_session *s);
/* Bytes for the network; 0 = nothing to send. */
size_t tls_take(struct tls_session *s, char *to, size_t size);
bool tls_is_established(const struct tls_session *s);

#endif
