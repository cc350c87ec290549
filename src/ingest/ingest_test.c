// SPDX-License-Identifier: Apache-2.0
/* Proves each rule of the contract (docs/reference/events.md), one by one: what is accepted, what is refused, and what the refusal says. */
#include "ingest/ingest.h"

#include "base/moment.h"
#include "base/test.h"

static _Alignas(16) char memory[INGEST_MEMORY_MAX];
static char text[2 * EVENT_JSON_SIZE_MAX];
static struct arena step;
static struct event event;
static struct problem problem;

static const int64_t now_ms = INT64_C(1772326923000); /* 2026-03-01T01:02:03Z */

static enum err ingest(struct str json) {
    step = arena_over(memory, sizeof memory);
    problem = (struct problem){0};
    enum err err = ingest_event(json, now_ms, &step, &event, &problem);
    EXPECT(!err || (problem.err == err && problem.what[0] && str_is_utf8(str_from(problem.what))));
    return err;
}

/* A sound envelope of a kind, around `data`. */
static enum err ingest_data(const char *kind, const char *data) {
    struct buf b = buf_over(text, sizeof text);
    buf_fmt(&b, "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"shop\",\"type\":\"%s\",\"subject\":\"a1\",", kind);
    buf_fmt(&b, "\"time\":\"2026-03-01T01:02:03.456Z\",\"data\":%s}", data);
    return ingest(buf_str(&b));
}

/* Is `data` of a login refused, at this field, with advice? */
static bool refused_at(const char *data, const char *where) {
    if (ingest_data("login", data) == ERR_OK) return printf("accepted: %s\n", data), false;
    if (strcmp(problem.where, where) == 0 && problem.fix[0]) return true;
    return printf("%s: at '%s', fix '%s': %s\n", data, problem.where, problem.fix, problem.what), false;
}

/* An envelope with one member replaced, or left out where value is NULL; `more` follows. */
static enum err ingest_with(const char *name, const char *value, const char *more) {
    static const char *members[][2] = {{"specversion", "\"1.0\""}, {"id", "\"e1\""},      {"source", "\"shop\""},
                                       {"type", "\"login\""},      {"subject", "\"a1\""}, {"time", "\"2026-03-01T01:02:03Z\""}};
    struct buf b = buf_over(text, sizeof text);
    char separator = '{';
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        const char *v = strcmp(members[i][0], name) == 0 ? value : members[i][1];
        if (!v) continue;
        buf_char(&b, separator), buf_char(&b, '"'), buf_text(&b, str_from(members[i][0])), buf_text(&b, STR("\":")),
            buf_text(&b, str_from(v));
        separator = ',';
    }
    buf_text(&b, str_from(more));
    buf_char(&b, '}');
    return ingest(buf_str(&b));
}

static const char *quoted(size_t size) {
    static char s[1024];
    memset(s, 'x', size + 2);
    s[0] = s[size + 1] = '"';
    s[size + 2] = 0;
    return s;
}

/* --- the envelope -------------------------------------------------------------------------------------------------------------------- */

TEST(the_example_of_the_contract_is_read) {
    EXPECT_EQ(ingest(STR("{\"specversion\":\"1.0\",\"id\":\"e000000001\",\"source\":\"shop\",\"type\":\"login\",\"subject\":\"a0012345\","
                         "\"time\":\"2026-03-01T01:02:03.456Z\",\"data\":{\"session\":\"s81f\",\"ip\":\"203.0.113.7\","
                         "\"user_agent\":\"Mozilla/5.0 ...\",\"device\":\"d19\",\"ja4\":\"t13d1516h2_8daaf6152771_b186095e22b6\","
                         "\"language\":\"ja-JP\",\"timezone\":\"Asia/Tokyo\",\"geo\":{\"country\":\"JP\",\"asn\":2516,\"lat\":35.68,"
                         "\"lon\":139.69},\"outcome\":\"success\",\"method\":\"password\"}}")),
              ERR_OK);
    EXPECT_STR(event.id, STR("e000000001"));
    EXPECT_STR(event.source, STR("shop"));
    EXPECT_STR(event.type, STR("login"));
    EXPECT_STR(event.subject, STR("a0012345"));
    EXPECT_EQ(event.kind, KIND_LOGIN);
    EXPECT_EQ(event.time_ms, now_ms + 456);
    EXPECT(event.ip.family == ADDRESS_V4 && event.ip.bytes[0] == 203 && event.ip.bytes[3] == 7);
    EXPECT_STR(event.session, STR("s81f"));
    EXPECT_STR(event.user_agent, STR("Mozilla/5.0 ..."));
    EXPECT_STR(event.device, STR("d19"));
    EXPECT_STR(event.ja4, STR("t13d1516h2_8daaf6152771_b186095e22b6"));
    EXPECT_STR(event.language, STR("ja-JP"));
    EXPECT_STR(event.timezone, STR("Asia/Tokyo"));
    EXPECT_STR(event.country, STR("JP"));
    EXPECT(event.asn_present && event.asn == 2516 && event.lat_micro == 35680000 && event.lon_micro == 139690000);
    EXPECT(!event.accuracy_km_present && event.net == NET_NONE);
    EXPECT(event.outcome == OUTCOME_SUCCESS && event.method == METHOD_PASSWORD && event.failure == FAILURE_NONE);
    EXPECT_EQ(event.geo_source, GEO_SOURCE_CALLER);
    EXPECT_STR(event.extra, STR_NONE);
}

TEST(the_envelope_is_complete_or_refused_by_name) {
    static const char *required[] = {"specversion", "id", "source", "type", "time", "subject"};
    EXPECT_EQ(ingest_with("", NULL, ""), ERR_OK);
    for (size_t i = 0; i < 6; i++) {
        static const char *bad[] = {NULL, "\"\"", "null", "5", "{}", "[\"a\"]", "true", "\"a\\u0000b\"", "\"a\\nb\"", "\"\\u009b\""};
        for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
            EXPECT_EQ(ingest_with(required[i], bad[k], ""), ERR_INVALID);
            EXPECT_STR(str_from(problem.where), str_from(required[i]));
            EXPECT(problem.fix[0]);
        }
    }
    EXPECT_EQ(ingest_with("specversion", "\"0.3\"", ""), ERR_UNSUPPORTED);
}

TEST(names_of_the_envelope_are_bounded) {
    static const struct {
        const char *name;
        size_t size_max;
    } bounds[] = {{"id", 128}, {"source", 256}, {"type", 128}, {"subject", 128}};
    for (size_t i = 0; i < 4; i++) {
        EXPECT_EQ(ingest_with(bounds[i].name, quoted(bounds[i].size_max), ""), ERR_OK);
        EXPECT_EQ(ingest_with(bounds[i].name, quoted(bounds[i].size_max + 1), ""), ERR_INVALID);
        EXPECT_STR(str_from(problem.where), str_from(bounds[i].name));
    }
}

TEST(each_kind_is_read_by_both_of_its_names) {
    char name[64];
    for (enum kind k = KIND_UNKNOWN + 1; k < KIND_COUNT; k++) {
        (void)snprintf(name, sizeof name, "%.*s", STR_ARGS(kind_name(k)));
        EXPECT_EQ(ingest_data(name, "{}"), ERR_OK);
        EXPECT(event.kind == k && str_equal(event.type, kind_name(k)));
        (void)snprintf(name, sizeof name, "io.hikeshi.%.*s.v1", STR_ARGS(kind_name(k)));
        EXPECT_EQ(ingest_data(name, "{}"), ERR_OK);
        EXPECT(event.kind == k && str_equal(event.type, kind_name(k)));
    }
}

TEST(an_unknown_kind_is_no_error) {
    static const char *types[] = {"coupon_used",    "com.example.thing", "io.hikeshi.login.v2",
                                  "io.hikeshi..v1", "io.hikeshi.a.b.v1", "LOGIN"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        EXPECT_EQ(ingest_data(types[i], "{\"ip\":\"203.0.113.7\",\"session\":\"s\"}"), ERR_OK);
        EXPECT_EQ(event.kind, KIND_UNKNOWN);
        EXPECT_STR(event.type, str_from(types[i]));
        EXPECT_STR(event.session, STR("s"));
    }
    EXPECT_EQ(ingest_data("io.hikeshi.coupon_used.v1", "{}"), ERR_OK);
    EXPECT_STR(event.type, STR("coupon_used"));
    /* its members may mean another thing than ours of that name: they are kept, not judged */
    EXPECT_EQ(ingest_data("coupon_used",
                          "{\"order\":12,\"outcome\":\"half\",\"geo\":\"JP\",\"ip\":\"none\",\"amount_minor\":1.5,\"session\":\"s\"}"),
              ERR_OK);
    EXPECT_STR(event.session, STR("s"));
    EXPECT_STR(event.extra, STR("{\"amount_minor\":1.5,\"geo\":\"JP\",\"ip\":\"none\",\"order\":12,\"outcome\":\"half\"}"));
    EXPECT_EQ(event.outcome, OUTCOME_NONE);
    EXPECT_EQ(event.geo_source, GEO_SOURCE_NONE);
}

TEST(time_may_be_late_but_not_more_than_a_day_ahead) {
    EXPECT_EQ(ingest_with("time", "\"1970-01-01T00:00:00Z\"", ""), ERR_OK);
    EXPECT_EQ(ingest_with("time", "\"2026-03-01T10:02:03.4567+09:00\"", ""), ERR_OK);
    EXPECT_EQ(event.time_ms, now_ms + 456);
    EXPECT_EQ(ingest_with("time", "\"2026-03-02T01:02:03Z\"", ""), ERR_OK);
    EXPECT_EQ(ingest_with("time", "\"2026-03-02T01:02:03.001Z\"", ""), ERR_INVALID);
    EXPECT_STR(str_from(problem.where), STR("time"));
    static const char *bad[] = {
        "\"2026-03-01\"", "\"2026-02-29T00:00:00Z\"", "\"1969-12-31T23:59:59Z\"", "\"2026-03-01T01:02:03\"", "\"yesterday\"", "1772326923"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT_EQ(ingest_with("time", bad[i], ""), ERR_INVALID);
        EXPECT_STR(str_from(problem.where), STR("time"));
    }
}

TEST(a_subject_may_be_missing_where_there_is_no_account) {
    static const struct {
        const char *type, *data;
        bool accepted;
    } cases[] = {
        {"login", "{}", false},
        {"login", "{\"outcome\":\"failure\",\"failure\":\"bad_password\"}", false},
        {"login", "{\"outcome\":\"failure\",\"failure\":\"no_such_account\"}", true},
        {"password_reset_requested", "{\"failure\":\"no_such_account\"}", true},
        {"password_reset_requested", "{}", false},
        {"order_placed", "{}", false},
        {"email_changed", "{}", false},
        {"owner_statement", "{}", false},
        {"breach_match", "{}", false},
        {"chargeback", "{\"charge\":\"c1\"}", true},
        {"payment_state", "{\"charge\":\"c1\"}", true},
        {"order_state", "{\"order\":\"o1\"}", true},
        {"analyst_verdict", "{\"incident\":\"i1\"}", true},
        {"policy_changed", "{}", true},
        {"timer_fired", "{}", true},
        {"coupon_used", "{}", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buf b = buf_over(text, sizeof text);
        buf_fmt(&b, "{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"%s\",\"time\":\"2026-03-01T00:00:00Z\",\"data\":%s}",
                cases[i].type, cases[i].data);
        EXPECT_EQ(ingest(buf_str(&b)) == ERR_OK, cases[i].accepted);
        EXPECT_STR(str_from(problem.where), cases[i].accepted ? STR_NONE : STR("subject"));
    }
}

TEST(data_is_a_json_object_or_nothing) {
    static const char *good[] = {"",
                                 ",\"data\":null",
                                 ",\"data\":{}",
                                 ",\"datacontenttype\":\"application/json\"",
                                 ",\"datacontenttype\":\"Application/JSON ; charset=utf-8\"",
                                 ",\"datacontenttype\":\"application/vnd.shop+json\"",
                                 ",\"traceparent\":\"00-ab\",\"dataschema\":5"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) EXPECT_EQ(ingest_with("", NULL, good[i]), ERR_OK);
    static const char *bad[][2] = {{",\"data\":[]", "data"},
                                   {",\"data\":\"{}\"", "data"},
                                   {",\"data\":5", "data"},
                                   {",\"data_base64\":\"e30=\"", "data_base64"},
                                   {",\"datacontenttype\":\"text/xml\"", "datacontenttype"},
                                   {",\"datacontenttype\":\"application/jsonp\"", "datacontenttype"},
                                   {",\"datacontenttype\":\"+json\"", "datacontenttype"}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        EXPECT(ingest_with("", NULL, bad[i][0]) != ERR_OK);
        EXPECT_STR(str_from(problem.where), str_from(bad[i][1]));
        EXPECT(problem.fix[0]);
    }
}

/* --- data ---------------------------------------------------------------------------------------------------------------------------- */

TEST(absence_is_never_a_failure) {
    EXPECT_EQ(ingest_data("login", "{}"), ERR_OK);
    EXPECT_EQ(ingest_data("login", "{\"ip\":null,\"session\":null,\"geo\":null,\"order\":null,\"outcome\":null,\"amount_minor\":null}"),
              ERR_OK);
    EXPECT(event.ip.family == ADDRESS_NONE && event.session.size == 0 && event.outcome == OUTCOME_NONE && !event.amount_minor_present);
    EXPECT_EQ(ingest_data("login", "{\"ip\":\"\",\"session\":\"\",\"geo\":{},\"outcome\":\"\",\"geo\\u0000\":1}"), ERR_OK);
    EXPECT(event.geo_source == GEO_SOURCE_NONE);
}

TEST(a_field_of_the_wrong_form_is_refused_by_name) {
    EXPECT(refused_at("{\"ip\":\"203.0.113.999\"}", "data.ip"));
    EXPECT(refused_at("{\"ip\":\"203.0.113.7:443\"}", "data.ip"));
    EXPECT(refused_at("{\"ip\":3405803783}", "data.ip"));
    EXPECT(refused_at("{\"session\":5}", "data.session"));
    EXPECT(refused_at("{\"session\":[\"s\"]}", "data.session"));
    EXPECT(refused_at("{\"session\":{\"id\":1}}", "data.session"));
    EXPECT(refused_at("{\"session\":\"a\\u0000b\"}", "data.session"));
    EXPECT(refused_at("{\"reason\":\"a\\nb\"}", "data.reason"));
    EXPECT(refused_at("{\"outcome\":\"sucess\"}", "data.outcome"));
    EXPECT_STR(str_from(problem.fix), STR("use one of: success, failure"));
    EXPECT(refused_at("{\"outcome\":true}", "data.outcome"));
    EXPECT(refused_at("{\"says\":\"yes\"}", "data.says"));
    EXPECT(refused_at("{\"geo\":\"JP\"}", "data.geo"));
    EXPECT(refused_at("{\"geo\":[]}", "data.geo"));
    EXPECT(refused_at("{\"geo\":{\"country\":\"JPN\"}}", "data.geo.country"));
    EXPECT(refused_at("{\"geo\":{\"lat\":\"35.68\"}}", "data.geo.lat"));
    EXPECT(refused_at("{\"geo\":{\"lat\":90.000001}}", "data.geo.lat"));
    EXPECT(refused_at("{\"geo\":{\"lon\":-181}}", "data.geo.lon"));
    EXPECT(refused_at("{\"geo\":{\"asn\":4294967296}}", "data.geo.asn"));
    EXPECT(refused_at("{\"geo\":{\"asn\":-1}}", "data.geo.asn"));
    EXPECT(refused_at("{\"geo\":{\"accuracy_km\":2.5}}", "data.geo.accuracy_km"));
    EXPECT(refused_at("{\"amount_minor\":\"50000\"}", "data.amount_minor"));
    EXPECT(refused_at("{\"amount_minor\":49.99}", "data.amount_minor"));
    EXPECT(refused_at("{\"amount_minor\":1e400}", "data.amount_minor"));
    EXPECT(refused_at("{\"amount_minor\":9223372036854775807}", "data.amount_minor"));
    EXPECT(refused_at("{\"amount_minor\":123456789012345678901234567890}", "data.amount_minor"));
    EXPECT(refused_at("{\"order\":7}", "data.order"));
    EXPECT(refused_at("{\"order\":[\"o1\"]}", "data.order"));
    EXPECT(refused_at("{\"order\":{\"id\":7}}", "data.order.id"));
    EXPECT(refused_at("{\"membership\":true}", "data.membership"));
    EXPECT(refused_at("{\"amount_minor\":1,\"order\":{\"amount_minor\":1}}", "data.order.amount_minor"));
}

TEST(numbers_are_whole_however_they_are_written) {
    EXPECT_EQ(ingest_data("balance_topped_up", "{\"amount_minor\":50000.0}"), ERR_OK);
    EXPECT_EQ(event.amount_minor, 50000);
    EXPECT_EQ(ingest_data("balance_topped_up", "{\"amount_minor\":-5e4}"), ERR_OK);
    EXPECT_EQ(event.amount_minor, -50000);
    EXPECT_EQ(ingest_data("balance_topped_up", "{\"amount_minor\":0}"), ERR_OK);
    EXPECT(event.amount_minor_present && event.amount_minor == 0);
    EXPECT_EQ(ingest_data("login", "{\"geo\":{\"lat\":-0.00000149,\"lon\":139.6917064999,\"accuracy_km\":1e1}}"), ERR_OK);
    EXPECT(event.lat_micro == -1 && event.lon_micro == 139691706 && event.accuracy_km == 10);
}

TEST(an_order_and_a_membership_may_be_objects) {
    EXPECT_EQ(ingest_data("order_placed",
                          "{\"order\":{\"id\":\"o1\",\"amount_minor\":500,\"currency\":\"JPY\",\"ship_to\":\"ad1\","
                          "\"payment_method\":\"pm1\",\"charge\":\"c1\",\"kind\":\"gift_card\",\"lines\":[{\"sku\":\"x\"}]}}"),
              ERR_OK);
    EXPECT_STR(event.order, STR("o1"));
    EXPECT_STR(event.ship_to, STR("ad1"));
    EXPECT_STR(event.payment_method, STR("pm1"));
    EXPECT_STR(event.charge, STR("c1"));
    EXPECT_STR(event.currency, STR("JPY"));
    EXPECT(event.amount_minor == 500 && event.order_kind == ORDER_KIND_GIFT_CARD);
    EXPECT_STR(event.extra, STR("{\"order\":{\"lines\":[{\"sku\":\"x\"}]}}"));
    EXPECT_EQ(ingest_data("order_state", "{\"order\":\"o1\",\"state\":\"handed_over\"}"), ERR_OK);
    EXPECT(str_equal(event.order, STR("o1")) && event.fate == FATE_HANDED_OVER);
    EXPECT_EQ(ingest_data("membership_started", "{\"membership\":{\"id\":\"m1\",\"plan\":\"gold\",\"amount_minor\":600}}"), ERR_OK);
    EXPECT(str_equal(event.membership, STR("m1")) && str_equal(event.plan, STR("gold")) && event.amount_minor == 600);
    EXPECT_EQ(ingest_data("membership_started", "{\"membership\":\"m1\",\"plan\":\"gold\"}"), ERR_OK);
    EXPECT(str_equal(event.membership, STR("m1")) && str_equal(event.plan, STR("gold")));
}

TEST(what_no_field_takes_is_kept_in_one_order) {
    const char *want = "{\"a\":[1,2.50,\"\\n\"],\"geo\":{\"city\":\"T\xC5\x8Dky\xC5\x8D\"},\"order\":{\"lines\":[],\"x\":null},\"zz\":"
                       "12345678901234567890123}";
    EXPECT_EQ(
        ingest_data("login",
                    "{\"zz\":12345678901234567890123,\"order\":{\"x\":null,\"lines\":[ ]},\"session\":\"s\",\"a\":[1, 2.50 ,\"\\u000a\"],"
                    "\"geo\":{\"country\":\"JP\",\"city\":\"T\\u014dky\xC5\x8D\"}}"),
        ERR_OK);
    EXPECT_STR(event.extra, str_from(want));
    EXPECT_EQ(ingest_data("login", want), ERR_OK);
    EXPECT_STR(event.extra, str_from(want));
    EXPECT_EQ(ingest_data("login", "{\"data.session\":1,\"geo.country\":\"JP\",\"\":0}"), ERR_OK);
    EXPECT_STR(event.extra, STR("{\"\":0,\"data.session\":1,\"geo.country\":\"JP\"}"));
    EXPECT_EQ(event.geo_source, GEO_SOURCE_NONE);
}

TEST(another_word_of_an_open_vocabulary_is_kept) {
    EXPECT_EQ(ingest_data("order_state", "{\"order\":\"o1\",\"state\":\"mislaid\"}"), ERR_OK);
    EXPECT_EQ(event.fate, FATE_OTHER);
    EXPECT_STR(event.extra, STR("{\"state\":\"mislaid\"}"));
    EXPECT_EQ(ingest_data("login", "{\"method\":\"other\",\"geo\":{\"net\":\"satellite\"}}"), ERR_OK);
    EXPECT(event.method == METHOD_OTHER && event.net == NET_OTHER && event.geo_source == GEO_SOURCE_CALLER);
    EXPECT_STR(event.extra, STR("{\"geo\":{\"net\":\"satellite\"},\"method\":\"other\"}"));
}

TEST(words_that_shops_use_are_read_as_the_contracts) {
    EXPECT_EQ(ingest_data("order_state", "{\"order\":\"o1\",\"state\":\"shipped\"}"), ERR_OK);
    EXPECT_EQ(event.fate, FATE_HANDED_OVER);
    EXPECT_EQ(event.extra.size, 0);
    EXPECT_EQ(ingest_data("owner_statement", "{\"statement\":\"not_me\",\"channel\":\"web\",\"about\":\"e1\"}"), ERR_OK);
    EXPECT_EQ(event.says, SAYS_NOT_MINE);
    EXPECT_STR(event.via, STR("web"));
    EXPECT_EQ(ingest_data("owner_statement", "{\"statement\":\"was_me\"}"), ERR_OK);
    EXPECT_EQ(event.says, SAYS_MINE);
    EXPECT_EQ(ingest_data("owner_statement", "{\"statement\":\"perhaps\"}"), ERR_INVALID);
    /* In another kind they are the shop's own members. */
    EXPECT_EQ(ingest_data("order_placed", "{\"statement\":\"perhaps\",\"channel\":\"web\"}"), ERR_OK);
    EXPECT(event.says == SAYS_NONE && event.via.size == 0);
}

TEST(who_knew_the_network_facts_is_noted) {
    EXPECT_EQ(ingest_data("login", "{\"geo\":{\"asn\":1,\"source\":\"mmdb\"}}"), ERR_OK);
    EXPECT_EQ(event.geo_source, GEO_SOURCE_MMDB);
    EXPECT_EQ(ingest_data("login", "{\"geo\":{\"asn\":1}}"), ERR_OK);
    EXPECT_EQ(event.geo_source, GEO_SOURCE_CALLER);
    EXPECT_EQ(ingest_data("login", "{\"geo\":{\"city\":\"x\"}}"), ERR_OK); /* says nothing that our own look-up would */
    EXPECT_EQ(event.geo_source, GEO_SOURCE_NONE);
}

/* A hijacker must not be able to hide his login behind a header that the shop passes on. */
TEST(what_the_client_chooses_never_refuses_the_event) {
    struct buf b = buf_over(text + EVENT_JSON_SIZE_MAX, EVENT_JSON_SIZE_MAX);
    static const char *chosen[] = {"user_agent", "device", "ja4", "language", "timezone", "page"};
    for (size_t i = 0; i < sizeof chosen / sizeof chosen[0]; i++) {
        buf_reset(&b);
        buf_fmt(&b, "{\"%s\":\"a\\tb\\u0000\\u0085c\x7F", chosen[i]);
        for (int k = 0; k < 600; k++) buf_text(&b, STR("\xE6\x9D\xB1"));
        buf_text(&b, STR("\"}"));
        buf_char(&b, 0);
        EXPECT_EQ(ingest_data("login", b.at), ERR_OK);
    }
    EXPECT_EQ(event.page.size, 254); /* whole characters */
    EXPECT(str_starts(event.page, STR("a b   c \xE6\x9D\xB1")) && str_is_utf8(event.page) && !str_has_control(event.page));
}

/* --- hostile bytes ------------------------------------------------------------------------------------------------------------------- */

TEST(what_is_not_one_json_event_is_refused) {
    static const char *bad[] = {"",
                                " ",
                                "{",
                                "[]",
                                "5",
                                "\"a\"",
                                "null",
                                "{}",
                                "{}{}",
                                "{\"id\":\"a\",\"id\":\"b\"}",
                                "\xFF",
                                "[{}]",
                                "{\"data\":{\"session\":\"a"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) EXPECT_EQ(ingest(str_from(bad[i])), ERR_INVALID);
    EXPECT(refused_at("{\"session\":\"a\",\"session\":\"a\"}", ""));
    EXPECT(refused_at("{\"geo\":{\"x\":1},\"geo\":{\"y\":1}}", ""));
    EXPECT(refused_at("{\"session\":\"\xC0\x80\"}", "1:131"));
    EXPECT_EQ(ingest_data("login", "{\"a\":[[[[[[[[[[[[[[]]]]]]]]]]]]]]}"), ERR_OK);
    EXPECT_EQ(ingest_data("login", "{\"a\":[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]}"), ERR_TOO_LARGE);
}

TEST(size_and_memory_are_bounded) {
    for (size_t more = 0; more < 2; more++) { /* exactly as large as may be, and one byte more */
        struct buf b = buf_over(text, sizeof text);
        buf_text(&b, STR("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"x\",\"time\":\"2026-03-01T00:00:00Z\",\"data\":"
                         "{\"y\":\""));
        while (b.size < EVENT_JSON_SIZE_MAX - 3 + more) buf_char(&b, 'y');
        buf_text(&b, STR("\"}}"));
        EXPECT_EQ(ingest(buf_str(&b)), more ? ERR_TOO_LARGE : ERR_OK);
    }
    struct str login = STR("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"x\",\"time\":\"2026-03-01T00:00:00Z\","
                           "\"data\":{\"geo\":{\"y\":1}}}");
    enum err err = ERR_FULL;
    for (size_t capacity = 0; capacity < 4096; capacity += 16) { /* too little memory is told, until it is enough */
        step = arena_over(memory, capacity);
        err = ingest_event(login, now_ms, &step, &event, &problem);
        EXPECT(err == ERR_OK || err == ERR_FULL);
    }
    EXPECT_EQ(err, ERR_OK);
}

/* 64 kB that make the most of everything: unknown members in all four objects, and as many values as fit. */
TEST(the_hungriest_event_fits_the_memory_that_is_promised) {
    struct buf b = buf_over(text, sizeof text);
    buf_text(
        &b,
        STR("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"x\",\"time\":\"2026-03-01T00:00:00Z\",\"data\":{\"z\":[1"));
    static const char *objects[] = {"],\"geo\":{\"a\":1", "},\"order\":{\"a\":1", "},\"membership\":{\"a\":1", "}"};
    size_t reserve = 4 * 252 * 9 + 80;
    while (b.size + reserve + 2 < EVENT_JSON_SIZE_MAX) buf_text(&b, STR(",1"));
    for (size_t i = 0; i < 4; i++) {
        buf_text(&b, str_from(objects[i]));
        for (int k = 0; k < 252; k++) buf_fmt(&b, ",\"%d\":1", 999 - k);
    }
    buf_text(&b, STR("}}"));
    EXPECT(b.size <= EVENT_JSON_SIZE_MAX && b.size > EVENT_JSON_SIZE_MAX - 1200);
    EXPECT_EQ(ingest(buf_str(&b)), ERR_OK);
    EXPECT(event.extra.size > EVENT_JSON_SIZE_MAX - 1400);
}

TEST(any_prefix_and_any_damaged_byte_is_answered) {
    struct str whole =
        STR("{\"specversion\":\"1.0\",\"id\":\"1\",\"source\":\"s\",\"type\":\"login\",\"subject\":\"a\",\"time\":\"2026-03-01T00:00:00Z\","
            "\"data\":{\"ip\":\"::1\",\"geo\":{\"lat\":1.5,\"x\":[true]},\"outcome\":\"success\",\"order\":{\"id\":\"o\\u00e9\"}}}");
    uint64_t state = 5;
    for (size_t size = 0; size < whole.size; size++) EXPECT_EQ(ingest(str_slice(whole, 0, size)), ERR_INVALID);
    EXPECT_EQ(ingest(whole), ERR_OK);
    for (int i = 0; i < 20000; i++) {
        memcpy(text, whole.at, whole.size);
        for (uint64_t n = 1 + test_random(&state) % 3; n > 0; n--) text[test_random(&state) % whole.size] = (char)test_random(&state);
        (void)!ingest((struct str){text, whole.size}); /* `ingest` expects a problem with every refusal */
    }
}

/* --- binary mode --------------------------------------------------------------------------------------------------------------------- */

static struct ce_header headers[12];

static enum err ingest_headers(size_t count, const char *data) {
    step = arena_over(memory, sizeof memory);
    problem = (struct problem){0};
    return ingest_binary(headers, count, str_from(data), now_ms, &step, &event, &problem);
}

static size_t usual_headers(void) {
    static const char *usual[][2] = {{"Host", "h"},
                                     {"ce-specversion", "1.0"},
                                     {"CE-Id", "e1"},
                                     {"ce-source", "shop"},
                                     {"ce-type", "login"},
                                     {"ce-subject", "a1"},
                                     {"ce-time", " 2026-03-01T01:02:03Z "},
                                     {"Content-Type", "application/json; charset=utf-8"}};
    for (size_t i = 0; i < 8; i++) headers[i] = (struct ce_header){str_from(usual[i][0]), str_from(usual[i][1])};
    return 8;
}

TEST(headers_and_json_give_the_same_event) {
    char a[512], b[512];
    EXPECT_EQ(ingest_headers(usual_headers(), "{\"outcome\":\"success\"}"), ERR_OK);
    struct buf first = buf_over(a, sizeof a), second = buf_over(b, sizeof b);
    event_encode(&event, &first);
    EXPECT_EQ(ingest_with("", NULL, ",\"data\":{\"outcome\":\"success\"}"), ERR_OK);
    event_encode(&event, &second);
    EXPECT_STR(buf_str(&first), buf_str(&second));
    EXPECT_EQ(ingest_headers(usual_headers(), ""), ERR_OK);
    EXPECT_EQ(ingest_headers(usual_headers(), " \r\n"), ERR_OK);
}

TEST(headers_are_decoded_as_the_binding_says) {
    static const struct {
        const char *raw, *want; /* NULL: refused */
    } cases[] = {
        {"a1", "a1"},
        {"%61%31", "a1"},
        {"Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro \xE2\x82\xAC \xF0\x9F\x98\x80"},
        {"%2561", "%61"},
        {"\"a \\\"b\\\\\"", "a \"b\\"},
        {"\"%41\"", "A"},
        {"\xE2\x82\xAC", "\xE2\x82\xAC"},
        {"%", NULL},
        {"100%", NULL},
        {"%4", NULL},
        {"%zz", NULL},
        {"%FF", NULL},
        {"%00", NULL},
        {"%0A", NULL},
        {"\"open", NULL},
        {"\"a\"b", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t count = usual_headers();
        headers[5].value = str_from(cases[i].raw);
        enum err err = ingest_headers(count, "{}");
        EXPECT_EQ(err == ERR_OK, cases[i].want != NULL);
        if (cases[i].want) EXPECT_STR(event.subject, str_from(cases[i].want));
        else EXPECT_STR(str_from(problem.where), STR("ce-subject"));
    }
}

TEST(headers_are_held_to_the_same_contract) {
    for (size_t i = 1; i < 7; i++) { /* each of the attributes left out, and sent twice */
        size_t count = usual_headers();
        struct str name = headers[i].name;
        headers[count] = headers[i];
        EXPECT_EQ(ingest_headers(count + 1, "{}"), ERR_INVALID);
        EXPECT(str_equal_ignoring_case(str_from(problem.where), name));
        headers[i].name = STR("x-other");
        EXPECT_EQ(ingest_headers(count, "{}"), ERR_INVALID);
        EXPECT(str_equal_ignoring_case(str_from(problem.where), name));
    }
    (void)usual_headers();
    headers[7].value = STR("text/plain");
    EXPECT_EQ(ingest_headers(8, "{}"), ERR_UNSUPPORTED);
    EXPECT_STR(str_from(problem.where), STR("content-type"));
    EXPECT_EQ(ingest_headers(7, "{}"), ERR_OK);
    EXPECT_EQ(ingest_headers(usual_headers(), "[]"), ERR_INVALID);
    EXPECT_EQ(ingest_headers(usual_headers(), "{\"ip\":1}"), ERR_INVALID);
    EXPECT_STR(str_from(problem.where), STR("data.ip"));
}

int main(void) {
    RUN(the_example_of_the_contract_is_read);
    RUN(the_envelope_is_complete_or_refused_by_name);
    RUN(names_of_the_envelope_are_bounded);
    RUN(each_kind_is_read_by_both_of_its_names);
    RUN(an_unknown_kind_is_no_error);
    RUN(time_may_be_late_but_not_more_than_a_day_ahead);
    RUN(a_subject_may_be_missing_where_there_is_no_account);
    RUN(data_is_a_json_object_or_nothing);
    RUN(absence_is_never_a_failure);
    RUN(a_field_of_the_wrong_form_is_refused_by_name);
    RUN(numbers_are_whole_however_they_are_written);
    RUN(an_order_and_a_membership_may_be_objects);
    RUN(what_no_field_takes_is_kept_in_one_order);
    RUN(another_word_of_an_open_vocabulary_is_kept);
    RUN(words_that_shops_use_are_read_as_the_contracts);
    RUN(who_knew_the_network_facts_is_noted);
    RUN(what_the_client_chooses_never_refuses_the_event);
    RUN(what_is_not_one_json_event_is_refused);
    RUN(size_and_memory_are_bounded);
    RUN(the_hungriest_event_fits_the_memory_that_is_promised);
    RUN(any_prefix_and_any_damaged_byte_is_answered);
    RUN(headers_and_json_give_the_same_event);
    RUN(headers_are_decoded_as_the_binding_says);
    RUN(headers_are_held_to_the_same_contract);
    return test_end();
}
