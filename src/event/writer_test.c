// SPDX-License-Identifier: Apache-2.0
/* Proves that members stand where the contract puts them. That ingest reads them back is proved in tests/event_round_trip_test.c. */
#include "base/bounds.h"
#include "base/test.h"
#include "event/catalogue.h"

static char memory[EVENT_JSON_SIZE_MAX];

/* The text of `data`. */
static struct str data_of(struct event e) {
    struct buf b = buf_over(memory, sizeof memory);
    e.id = STR("1");
    event_write_json(&e, &b);
    EXPECT(!b.overflow);
    size_t from = str_find(buf_str(&b), STR("\"data\":"), 0) + 7;
    return str_slice(buf_str(&b), from, b.size - 1);
}

TEST(the_envelope_comes_first) {
    struct event e = {
        .source = STR("shop"), .id = STR("e\"1"), .type = STR("logout"), .kind = KIND_LOGOUT, .subject = STR("a1"), .time_ms = 0};
    struct buf b = buf_over(memory, sizeof memory);
    event_write_json(&e, &b);
    EXPECT_STR(buf_str(&b), STR("{\"specversion\":\"1.0\",\"id\":\"e\\\"1\",\"source\":\"shop\",\"type\":\"logout\",\"subject\":\"a1\","
                                "\"time\":\"1970-01-01T00:00:00.000Z\",\"data\":{}}"));
    for (size_t size = 0; size < b.size; size++) {
        struct buf small = buf_over(memory, size);
        event_write_json(&e, &small);
        EXPECT(small.overflow);
    }
}

TEST(an_order_is_an_object_where_it_was_placed_and_an_id_elsewhere) {
    struct event e = {
        .kind = KIND_ORDER_PLACED, .order = STR("o1"), .amount_minor = 500, .amount_minor_present = true, .payment_method = STR("p1")};
    EXPECT_STR(data_of(e), STR("{\"order\":{\"id\":\"o1\",\"payment_method\":\"p1\",\"amount_minor\":500}}"));
    e.kind = KIND_REFUND_CLAIMED;
    EXPECT_STR(data_of(e), STR("{\"payment_method\":\"p1\",\"order\":\"o1\",\"amount_minor\":500}"));
    e.order_kind = ORDER_KIND_DIGITAL; /* only an object can hold it */
    EXPECT_STR(data_of(e), STR("{\"order\":{\"id\":\"o1\",\"payment_method\":\"p1\",\"amount_minor\":500,\"kind\":\"digital\"}}"));
}

TEST(geo_is_an_object_in_degrees) {
    struct event e = {
        .session = STR("s"), .user_agent = STR("u"), .net = NET_TOR, .lat_micro = -35680000, .lat_present = true, .lon_present = true};
    e.ip = (struct address){.family = ADDRESS_V4, .bytes = {203, 0, 113, 7}};
    EXPECT_STR(data_of(e),
               STR("{\"session\":\"s\",\"ip\":\"203.0.113.7\",\"user_agent\":\"u\",\"geo\":{\"lat\":-35.68,\"lon\":0,\"net\":\"tor\"}}"));
}

TEST(what_was_kept_stands_where_it_stood) {
    struct event e = {.plan = STR("gold"), .country = STR("JP"), .fate = FATE_OTHER};
    e.extra =
        STR("{\"a\":[1,{\"geo\":2}],\"geo\":{\"city\":\"T}o,\"},\"membership\":{\"x\":{}},\"order\":{\"lines\":[]},\"state\":\"shipped\"}");
    EXPECT_STR(data_of(e), STR("{\"geo\":{\"country\":\"JP\",\"city\":\"T}o,\"},\"membership\":{\"plan\":\"gold\",\"x\":{}},"
                               "\"a\":[1,{\"geo\":2}],\"order\":{\"lines\":[]},\"state\":\"shipped\"}"));
}

TEST(broken_extra_writes_no_byte_beyond_its_own) {
    static const char *broken[] = {"{",      "{}",         "{\"",         "{\"a",     "{\"a\"", "{\"a\":",     "{\"a\":1",
                                   "{\"a\\", "{\"geo\":{", "{\"geo\":{}", "{\"a\":}", "x",      "{\"a\":\"\\", "{\"a\":]]]}"};
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char exact[16];
        size_t size = strlen(broken[i]);
        memcpy(exact + sizeof exact - size, broken[i], size); /* the sanitizer sees a byte read beyond it */
        EXPECT(data_of((struct event){.extra = {exact + sizeof exact - size, size}, .country = STR("JP")}).size >= 2);
    }
}

static struct str facts_of(const struct event *e) {
    struct buf b = buf_over(memory, sizeof memory);
    event_write_facts(e, &b);
    EXPECT(!b.overflow);
    return buf_str(&b);
}

TEST(facts_are_flat_and_tell_nothing_of_the_path) {
    struct event e = {.session = STR("s"), .device = STR("d"), .reason = STR("why"), .outcome = OUTCOME_SUCCESS, .asn_present = true};
    EXPECT_STR(facts_of(&e), STR("{}"));
    e.kind = KIND_ORDER_PLACED, e.order = STR("o\"1"), e.order_kind = ORDER_KIND_DIGITAL, e.charge = STR("c1"), e.currency = STR("JPY");
    e.amount_minor_present = true, e.before = STR("b"), e.reference = STR("r"), e.method = METHOD_PASSWORD, e.change = CHANGE_ADDED,
    e.fate = FATE_OTHER;
    EXPECT_STR(facts_of(&e), STR("{\"method\":\"password\",\"before\":\"b\",\"change\":\"added\",\"order\":\"o\\\"1\",\"amount_minor\":0,"
                                 "\"currency\":\"JPY\",\"charge\":\"c1\",\"order_kind\":\"digital\",\"reference\":\"r\"}"));
}

TEST(largest_facts_fit) {
    static char text[512];
    memset(text, 1, sizeof text);
    struct event e = {.order_kind = ORDER_KIND_DIGITAL};
    for (enum field f = 0; f < FIELD_COUNT; f++)
        if (fields[f].form == FORM_TEXT) field_set_text(&e, f, (struct str){text, (size_t)fields[f].max});
        else if (fields[f].form != FORM_CHOICE) field_set_number(&e, f, fields[f].min);
    EXPECT(facts_of(&e).size > 20000 && facts_of(&e).size <= EVENT_FACTS_SIZE_MAX);
}

int main(void) {
    RUN(facts_are_flat_and_tell_nothing_of_the_path);
    RUN(largest_facts_fit);
    RUN(the_envelope_comes_first);
    RUN(an_order_is_an_object_where_it_was_placed_and_an_id_elsewhere);
    RUN(geo_is_an_object_in_degrees);
    RUN(what_was_kept_stands_where_it_stood);
    RUN(broken_extra_writes_no_byte_beyond_its_own);
    return test_end();
}
