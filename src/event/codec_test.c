// SPDX-License-Identifier: Apache-2.0
/* Proves that the binary form gives back what it was given, is one form only, and that broken bytes are told from it. */
#include "base/bounds.h"
#include "base/test.h"
#include "event/catalogue.h"

static char bytes[EVENT_BINARY_SIZE_MAX], again[EVENT_BINARY_SIZE_MAX], texts[1 << 16];

static struct str encode(const struct event *e, char *memory) {
    struct buf b = buf_over(memory, EVENT_BINARY_SIZE_MAX);
    event_encode(e, &b);
    EXPECT(!b.overflow);
    return buf_str(&b);
}

static struct str random_text(uint64_t *state, struct buf *b, size_t size_max) {
    size_t from = b->size, size = 1 + test_random(state) % (test_random(state) % 8 ? 20 : size_max);
    if (size > size_max) size = size_max;
    for (size_t i = 0; i < size; i++) buf_char(b, (char)test_random(state));
    return str_slice(buf_str(b), from, b->size);
}

/* Any event that the struct can hold; about half of the fields, extreme numbers among them. */
static struct event random_event(uint64_t *state) {
    struct buf b = buf_over(texts, sizeof texts);
    struct event e = {.time_ms = (int64_t)(test_random(state) >> test_random(state) % 64)};
    e.source = random_text(state, &b, EVENT_SOURCE_SIZE_MAX);
    e.id = random_text(state, &b, EVENT_ID_SIZE_MAX);
    e.kind = (enum kind)(test_random(state) % KIND_COUNT);
    e.type = e.kind ? kind_name(e.kind) : random_text(state, &b, EVENT_TYPE_SIZE_MAX);
    if (test_random(state) % 4) e.subject = random_text(state, &b, EVENT_SUBJECT_SIZE_MAX);
    e.ip.family = (enum address_family)(test_random(state) % 3);
    for (unsigned i = 0; i < address_size(&e.ip); i++) e.ip.bytes[i] = (uint8_t)test_random(state);
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        const struct field_info *info = &fields[f];
        if (test_random(state) % 2) continue;
        if (info->form == FORM_TEXT) field_set_text(&e, f, random_text(state, &b, (size_t)info->max));
        else if (info->form == FORM_CHOICE)
            field_set_number(&e, f, test_random(state) % 5 ? (int64_t)(1 + test_random(state) % (info->set->count - 1)) : 255);
        else if (test_random(state) % 5 == 0) field_set_number(&e, f, test_random(state) % 2 ? info->min : info->max);
        else field_set_number(&e, f, info->min + (int64_t)(test_random(state) % ((uint64_t)(info->max - info->min) + 1)));
    }
    if (test_random(state) % 3 == 0) e.extra = random_text(state, &b, 8000);
    return e;
}

static void expect_equal(const struct event *a, const struct event *b) {
    EXPECT_STR(a->source, b->source);
    EXPECT_STR(a->id, b->id);
    EXPECT_STR(a->type, b->type);
    EXPECT_STR(a->subject, b->subject);
    EXPECT_STR(a->extra, b->extra);
    EXPECT(a->kind == b->kind && a->time_ms == b->time_ms && address_equal(&a->ip, &b->ip));
    for (enum field f = 0; f < FIELD_COUNT; f++) {
        EXPECT_EQ(field_is_set(a, f), field_is_set(b, f));
        if (fields[f].form == FORM_TEXT) EXPECT_STR(field_text(a, f), field_text(b, f));
        else EXPECT_EQ(field_number(a, f), field_number(b, f));
    }
}

TEST(decode_undoes_encode) {
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        uint64_t state = seed;
        struct event e = random_event(&state), back;
        struct str form = encode(&e, bytes);
        EXPECT_EQ(event_decode(form, &back), ERR_OK);
        expect_equal(&e, &back);
        EXPECT_STR(encode(&back, again), form);
    }
}

TEST(a_cut_form_is_corrupt_or_a_shorter_event) {
    uint64_t state = 7;
    struct event e = random_event(&state), back;
    struct str form = encode(&e, bytes);
    for (size_t size = 0; size < form.size; size++) {
        if (event_decode(str_slice(form, 0, size), &back)) continue;
        EXPECT_STR(encode(&back, again), str_slice(form, 0, size)); /* cut between two elements */
    }
    for (size_t size = 0; size < form.size; size++) { /* and written into too little memory it says so, and stays inside */
        struct buf b = buf_over(again, size);
        again[size] = '#';
        event_encode(&e, &b);
        EXPECT(b.overflow && b.size <= size && again[size] == '#');
    }
}

static enum err decode(struct str form) {
    struct event e;
    return event_decode(form, &e);
}

TEST(another_form_of_the_same_is_corrupt) {
    EXPECT_EQ(decode(STR("\x02\x01i\x04\x01s")), ERR_OK);
    EXPECT_EQ(decode(STR("\x04\x01s\x02\x01i")), ERR_CORRUPT); /* descending */
    EXPECT_EQ(decode(STR("\x02\x01i\x02\x01i")), ERR_CORRUPT); /* twice */
    EXPECT_EQ(decode(STR("\x02\x00")), ERR_CORRUPT);           /* empty text */
    EXPECT_EQ(decode(STR("\x02\x81\x00i")), ERR_CORRUPT);      /* a size longer than it need be */
    EXPECT_EQ(decode(STR("\x02\x05i")), ERR_CORRUPT);          /* beyond the end */
    EXPECT_EQ(decode(STR("\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01i")), ERR_CORRUPT);
    EXPECT_EQ(decode(STR("\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01i")), ERR_CORRUPT);
    EXPECT_EQ(decode(STR("\x02")), ERR_CORRUPT);
    EXPECT_EQ(decode(STR("\x06\x02\x80\x00")), ERR_CORRUPT); /* a number longer than it need be */
    EXPECT_EQ(decode(STR("\x06\x02\x02\x02")), ERR_CORRUPT); /* two numbers */
    EXPECT_EQ(decode(STR("\x06\x00")), ERR_CORRUPT);
    EXPECT_EQ(decode(STR("\x07\x05\x01\x02\x03\x04\x05")), ERR_CORRUPT); /* an address of five bytes */
    EXPECT_EQ(decode(STR("\x00\x01x")), ERR_CORRUPT);
    EXPECT_EQ(decode(STR("\x11\x03JPN")), ERR_CORRUPT);  /* a country of three letters */
    EXPECT_EQ(decode(STR("\x15\x01\x01")), ERR_CORRUPT); /* a radius of -1 km */
    EXPECT_EQ(decode(STR("\x1E\x01\x00")), ERR_CORRUPT); /* a choice that is none */
}

TEST(what_a_newer_version_wrote_is_skipped_or_other) {
    struct event e;
    EXPECT_EQ(event_decode(STR("\x02\x01i\x05\x02\x80\x20\x1E\x02\xC8\x01\xC8\x03xyz\xFF\x02{}"), &e), ERR_OK);
    EXPECT_STR(e.id, STR("i"));
    EXPECT_EQ(e.kind, KIND_UNKNOWN);
    EXPECT_STR(e.type, STR_NONE);
    EXPECT_EQ(e.outcome, OUTCOME_OTHER);
    EXPECT_STR(e.extra, STR("{}"));
}

/* Journals hold this form. If this test fails, old journals are not read any more. */
TEST(the_form_of_a_login_does_not_change) {
    struct event e = {
        .source = STR("shop"), .id = STR("e1"), .type = STR("login"), .subject = STR("a1"), .kind = KIND_LOGIN, .time_ms = 1000};
    e.ip = (struct address){.family = ADDRESS_V4, .bytes = {203, 0, 113, 7}};
    e.country = STR("JP"), e.asn = 2516, e.asn_present = true, e.lat_micro = -5, e.lat_present = true;
    e.outcome = OUTCOME_SUCCESS, e.geo_source = GEO_SOURCE_CALLER;
    EXPECT_STR(encode(&e, bytes),
               STR("\x01\x04shop\x02\x02"
                   "e1\x04\x02"
                   "a1\x05\x01\x02\x06\x02\xD0\x0F\x07\x04\xCB\x00\x71\x07\x11\x02JP\x12\x02\xA8\x27\x13\x01\x09\x1E\x01\x02\x5B\x01\x02"));
}

int main(void) {
    RUN(decode_undoes_encode);
    RUN(a_cut_form_is_corrupt_or_a_shorter_event);
    RUN(another_form_of_the_same_is_corrupt);
    RUN(what_a_newer_version_wrote_is_skipped_or_other);
    RUN(the_form_of_a_login_does_not_change);
    return test_end();
}
