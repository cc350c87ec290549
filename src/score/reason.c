// SPDX-License-Identifier: Apache-2.0
/* Gathers the reasons of an assessment, and words what sentences have in common. */
#include "score/reason.h"

#include <stdarg.h>
#include <string.h>

#include "base/buf.h"
#include "base/moment.h"

void reason_add(struct reason_list *list, const char *code, int32_t weight_milli, const char *format, ...) {
    if (list->count == REASON_GATHERED_MAX) return;
    char *text = arena_take(list->step, REASON_TEXT_SIZE_MAX + 1);
    if (!text) return;
    va_list args;
    va_start(args, format);
    int size = vsnprintf(text, REASON_TEXT_SIZE_MAX + 1, format, args);
    va_end(args);
    if (size < 0) return;
    size_t kept = (size_t)size;
    if (kept > REASON_TEXT_SIZE_MAX) { /* cut, but not within a character */
        kept = REASON_TEXT_SIZE_MAX;
        while (kept && ((unsigned char)text[kept - 1] & 0xC0U) == 0x80U) kept--;
        if (kept && (unsigned char)text[kept - 1] >= 0xC0U) kept--;
    }
    list->at[list->count++] = (struct reason){str_from(code), weight_milli, {text, kept}};
}

/* Those for a takeover before those against it, then by weight. */
static bool comes_before(const struct reason *a, const struct reason *b) {
    if ((a->weight_milli > 0) != (b->weight_milli > 0)) return a->weight_milli > 0;
    return a->weight_milli > 0 ? a->weight_milli > b->weight_milli : a->weight_milli < b->weight_milli;
}

void reason_pick(const struct reason_list *list, struct assessment *out) {
    out->reason_count = 0;
    for (unsigned i = 0; i < list->count; i++) {
        unsigned at = out->reason_count;
        while (at && comes_before(&list->at[i], &out->reasons[at - 1])) at--;
        if (at == REASON_COUNT_MAX) continue;
        if (out->reason_count < REASON_COUNT_MAX) out->reason_count++;
        for (unsigned k = out->reason_count - 1; k > at; k--) out->reasons[k] = out->reasons[k - 1];
        out->reasons[at] = list->at[i];
    }
}

/* A phrase is built as a buf with room for the NUL that printf needs. */
static struct buf words(struct phrase *p) {
    memset(p->text, 0, sizeof p->text);
    return buf_over(p->text, sizeof p->text - 1);
}

static void words_network(struct buf *b, int64_t asn, struct str net, struct str country) {
    if (asn > 0) buf_fmt(b, "AS%lld", (long long)asn);
    else buf_text(b, country.size ? STR("of") : STR("unknown"));
    if (!net.size && !country.size) return;
    buf_text(b, asn > 0 ? STR(" (") : STR(" "));
    buf_text(b, net);
    if (net.size && country.size) buf_text(b, STR(", "));
    buf_text(b, country);
    if (asn > 0) buf_char(b, ')');
}

struct phrase phrase_network(const struct features *f) {
    struct phrase p;
    struct buf b = words(&p);
    words_network(&b, f->asn, f->net, f->country);
    return p;
}

struct phrase phrase_usual_network(const struct features *f) {
    struct phrase p;
    struct buf b = words(&p);
    words_network(&b, f->usual_asn, STR_NONE, f->usual_country[0] ? (struct str){f->usual_country, 2} : STR_NONE);
    return p;
}

static void words_client(struct buf *b, struct str browser, struct str os) {
    buf_text(b, browser.size ? browser : STR("no client"));
    if (os.size) buf_text(b, STR(" on "));
    buf_text(b, os);
}

struct phrase phrase_client(const struct features *f) {
    struct phrase p;
    struct buf b = words(&p);
    words_client(&b, f->browser, f->os);
    return p;
}

struct phrase phrase_usual_client(const struct features *f) {
    struct phrase p;
    struct buf b = words(&p);
    words_client(&b, f->usual_browser, f->usual_os);
    return p;
}

struct phrase phrase_address(const struct features *f) {
    struct phrase p;
    struct buf b = words(&p);
    address_format(&b, &f->event->ip);
    return p;
}

struct phrase phrase_clock(int64_t local_ms) {
    struct phrase p;
    struct buf b = words(&p);
    buf_fmt(&b, "%02u:%02u", moment_hour(local_ms), (unsigned)((local_ms / MINUTE_MS) % 60));
    return p;
}

struct phrase phrase_span(int64_t minutes) {
    struct phrase p;
    struct buf b = words(&p);
    if (minutes < 120) buf_fmt(&b, "%lld min", (long long)minutes);
    else if (minutes < 48 * 60) buf_fmt(&b, "%lld h", (long long)(minutes / 60));
    else buf_fmt(&b, "%lld days", (long long)(minutes / 60 / 24));
    return p;
}
