// SPDX-License-Identifier: Apache-2.0
/*
 * Guards what we write to owners and sign (courier/mail.c, courier/dkim.c). Holds: a mail that is written has the headers that it should
 * have and no other, and says what it was given; a message that is signed verifies by the test's own verifier, whatever it is. The first
 * byte chooses: fields of a mail, parted by the byte 1, or a whole message.
 */
#include <stdlib.h>
#include <string.h>

#include "courier/dkim.h"
#include "courier/mail.h"
#include "courier/mail_read_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* RFC 8463 appendix A.2 */
#define PEM                                                                                                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                                                                                        \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                                                                   \
    "-----END PRIVATE KEY-----\n"
#define RECORD "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define SIZE   (1024 * 1024)

static struct dkim_keys keys;
static char *memory, *message_memory, *text_memory;

static void hold(bool true_) {
    if (!true_) abort();
}

/* Those that the message came with stand below ours. */
static size_t signatures_of(struct str message) {
    size_t count = 0;
    while (mail_header(mail_take_apart(message).headers, STR("DKIM-Signature"), count).size) count++;
    return count;
}

static void try_signature(struct str message) {
    struct buf b = buf_over(memory, SIZE);
    struct problem p;
    if (dkim_sign(&keys, message, 1528637909, &b, &p)) return;
    size_t at = b.size;
    buf_text(&b, message);
    hold(at <= DKIM_SIGNATURES_SIZE_MAX + message.size && dkim_verifies(buf_str(&b), signatures_of(message), STR(RECORD)));
}

static void try_mail(struct str input) {
    struct mail m = {.date_ms = INT64_C(1798761600000)};
    struct str *fields[] = {&m.from_name, &m.from_address, &m.to_address, &m.subject, &m.message_id, &m.in_reply_to};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) *fields[i] = str_cut(input, 1, &input);
    m.text = input;
    struct buf b = buf_over(message_memory, MAIL_SIZE(m.text.size)), text = buf_over(text_memory, SIZE);
    struct problem p;
    enum err err = mail_write(&m, &b, &p);
    hold(err != ERR_FULL);
    if (err) return;
    struct read_mail r = mail_take_apart(buf_str(&b));
    size_t headers = 0;
    for (size_t i = 0; i + 2 < r.headers.size; i++) headers += r.headers.at[i] == '\n' && r.headers.at[i + 1] != ' ';
    hold(headers + 1 == (m.in_reply_to.size ? 11 : 9));
    hold(read_text(mail_header(r.headers, STR("Subject"), 0), &text) && str_equal(buf_str(&text), m.subject));
    buf_reset(&text);
    hold(read_base64(r.body, &text));
    try_signature(buf_str(&b));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const struct dkim_texts texts = {{"football.example.com", 20}, {{{"", 0}, {"", 0}}, {{"brisbane", 8}, {PEM, sizeof PEM - 1}}}};
    struct problem p;
    if (!memory) {
        memory = malloc(SIZE), message_memory = malloc(SIZE), text_memory = malloc(SIZE);
        hold(memory && message_memory && text_memory && !dkim_keys_read(&texts, &keys, &p));
    }
    if (!size || size > 100000) return 0;
    struct str input = {(const char *)bytes + 1, size - 1};
    if (bytes[0] % 2) try_mail(input);
    else try_signature(input);
    return 0;
}
