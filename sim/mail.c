// SPDX-License-Identifier: Apache-2.0
/* The directory that knows where an account's messages go, and the mail server that takes them: what was told, to whom, and whether two
 * tellings of one message were the same.
 */
#include <stdlib.h>

#include "base/check.h"
#include "sim/things.h"

/* A sealed contact is opened by reading it as the mailbox's name; an account that nobody has changed has its own. */
void directory_answer(struct ask *a, struct buf *b) {
    struct str sealed = json_text(json_get(a->body, STR("contact"))), account = json_text(json_get(a->body, STR("account")));
    char memory[NAME_SIZE];
    struct buf mailbox = buf_over(memory, sizeof memory);
    struct str letters = STR("abcdefghijklmnopqrstuvwxyz0123456789-");
    buf_text(&mailbox, str_clip(sealed.size ? sealed : account, 64));
    for (size_t i = 0; i < mailbox.size; i++)
        if (str_find_char(letters, mailbox.at[i], 0) == letters.size) mailbox.at[i] = '-';
    buf_text(&mailbox, STR("@mailbox.example"));
    buf_text(b, STR("{\"outcome\":\"done\",\"contact\":"));
    buf_json(b, buf_str(&mailbox));
    buf_char(b, '}');
}

/* The value of the first header line of that name. */
static struct str header_of(struct str message, const char *name) {
    size_t end = str_find(message, STR("\r\n\r\n"), 0), at = 0;
    while (at < end) {
        size_t next = str_find(message, STR("\r\n"), at);
        struct str line = str_slice(message, at, next), value, head = str_cut(line, ':', &value);
        if (str_equal_ignoring_case(head, str_from(name))) return str_trim(value);
        at = next + 2;
    }
    return STR_NONE;
}

static void judge_mail(struct world *w, const struct world_mail *m) {
    for (size_t i = 0; i < w->mail_count; i++) {
        const struct world_mail *other = &w->mails[i];
        bool same = str_equal(str_from(other->message_id), str_from(m->message_id));
        if (!same || str_equal(other->message, m->message)) continue;
        w->double_count++;
        if (!w->first_double[0]) (void)snprintf(w->first_double, sizeof w->first_double, "told differently: %.80s", m->message_id);
    }
}

static void keep_mail(struct world *w, int64_t now_ms, struct str from, struct str to, struct str message) {
    if (w->mail_count == w->mail_capacity) {
        w->mail_capacity = w->mail_capacity ? 2 * w->mail_capacity : 64;
        w->mails = realloc(w->mails, w->mail_capacity * sizeof *w->mails);
        CHECK(w->mails);
    }
    struct world_mail m = {.at_ms = now_ms};
    char *text = malloc(message.size);
    CHECK(text);
    memcpy(text, message.at, message.size);
    m.message = (struct str){text, message.size};
    name_set(m.from, sizeof m.from, from);
    name_set(m.to, sizeof m.to, to);
    name_set(m.message_id, sizeof m.message_id, header_of(message, "Message-ID"));
    judge_mail(w, &m);
    w->mails[w->mail_count++] = m;
}

void world_take_mail(struct world *w, int64_t now_ms, struct str from, struct str to, struct str message, struct world_reply *out) {
    struct ask a = {.w = w, .now_ms = now_ms, .system = STR("email"), .verb = STR("tell"), .how = STR("email")};
    *out = (struct world_reply){.status = 250, .fault = fault_of_request(w, &a)};
    switch (out->fault) {
    case FAULT_REFUSE: out->status = 550; return;
    case FAULT_TOO_MANY: out->status = 450; return;
    case FAULT_STORED_500: out->status = 451; return;
    case FAULT_DROP:
    case FAULT_DOWN: return;
    case FAULT_GARBAGE: out->fault = FAULT_DO_AND_DROP; break;
    case FAULT_DELAY: out->delay_ms = 1000; break;
    case FAULT_DO_AND_DROP:
    case FAULT_TWICE:
    case FAULT_NONE:
    case FAULT_COUNT: break;
    }
    keep_mail(w, now_ms, from, to, message);
}

size_t world_mail_count(const struct world *w) {
    return w->mail_count;
}

const struct world_mail *world_mail_at(const struct world *w, size_t index) {
    CHECK(index < w->mail_count);
    return &w->mails[index];
}

void mails_free(struct world *w) {
    for (size_t i = 0; i < w->mail_count; i++) free((void *)(uintptr_t)w->mails[i].message.at);
    free(w->mails);
}
