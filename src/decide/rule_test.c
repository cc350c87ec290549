// SPDX-License-Identifier: Apache-2.0
/* Proves what a rule file may say, and that a slip in it is found with its place and a hint. */
#include "decide/rule.h"

#include "base/bundle.h"
#include "base/test.h"

static _Alignas(16) char memory[4U << 20];
static const char lists[] = "=== lists/offices.txt\n192.0.2.0/24\n2001:db8::/32 # v6\n=== lists/bad.txt\n10.0.0.0/8\n10.0.0.1/8\n";

/* Compiles one rule of this text, in a file of this name. */
static enum err compile(const char *file, const char *text, struct rule *out, struct problem *p) {
    static struct arena arena;
    arena = arena_over(memory, sizeof memory);
    struct rule_compiler c = {.memory = &arena, .p = p};
    c.lists = (struct lists){.bundle = {lists, sizeof lists - 1}, .memory = &arena};
    c.code = (struct code_pool){.code = arena_take(&arena, 4096 * sizeof(struct instruction)), .capacity = 4096};
    c.scratch = arena_over(arena_take(&arena, 1U << 17), 1U << 17);
    *p = (struct problem){0};
    return rule_compile(&c, (struct source){str_from(file), str_from(text)}, out);
}

/* A rule with this condition, and nothing else wrong. */
static enum err compile_condition(const char *condition, struct rule *out, struct problem *p) {
    static char text[4096];
    (void)snprintf(text, sizeof text, "rule x version 1 live\nbecause \"it is so\"\nwhen %s\nthen hold\n", condition);
    return compile("x.rule", text, out, p);
}

TEST(a_rule_says_all_about_itself) {
    struct rule r;
    struct problem p;
    enum err err =
        compile("two_facts.rule",
                "# why it is there\nrule two_facts version 12 shadow\nbecause \"{amount_minor} {currency} from \\\"{country}\\\"\"\n"
                "when amount_minor > 100 and\n     country = \"NL\"   # both\nthen challenge\n"
                "example fires { amount_minor = 101, country = \"NL\" }\nexample quiet { country = \"NL\" }\n",
                &r, &p);
    EXPECT_EQ(err, ERR_OK);
    EXPECT_STR(r.name, STR("two_facts"));
    EXPECT_EQ(r.version, 12);
    EXPECT(!r.live);
    EXPECT_EQ(r.effect, EFFECT_CHALLENGE);
    EXPECT_EQ(r.example_count, 2);
    struct example_facts facts;
    char step_memory[1024];
    struct arena step = arena_over(step_memory, sizeof step_memory);
    example_apply(&r.examples[0], &facts);
    EXPECT(rule_fires(&r, &facts.facts));
    EXPECT_STR(rule_sentence(&r, &facts.facts, &step), STR("101 unknown from \"NL\""));
    example_apply(&r.examples[1], &facts);
    EXPECT(!rule_fires(&r, &facts.facts));
}

TEST(a_long_value_is_cut_in_a_sentence) {
    struct rule r;
    struct problem p;
    EXPECT_EQ(compile("x.rule", "rule x version 1 live because \"{event.user_agent}{event.before}\" when new_ip then hold", &r, &p),
              ERR_OK);
    static struct example_facts facts;
    static char wide[512], step_memory[4096];
    for (size_t i = 0; i + 1 < sizeof wide; i += 2) memcpy(wide + i, "\xC3\xA9", 2);
    example_facts_init(&facts);
    facts.event.user_agent = facts.event.before = (struct str){wide, sizeof wide};
    struct arena step = arena_over(step_memory, sizeof step_memory);
    struct str sentence = rule_sentence(&r, &facts.facts, &step);
    EXPECT_EQ(sentence.size, REASON_TEXT_SIZE_MAX);
    EXPECT(str_is_utf8(sentence));
}

/* What was not sent is neither this nor other than this. */
TEST(unknown_is_neither_yes_nor_no) {
    static const struct {
        const char *condition;
        bool fires_if_unknown, fires_if_nl;
    } cases[] = {
        {"country = \"NL\"", false, true},
        {"country != \"NL\"", false, false},
        {"not country = \"NL\"", false, false},
        {"not country = \"JP\"", false, true},
        {"not known(country)", true, false},
        {"country != \"JP\" or not known(country)", true, true},
        {"country = \"JP\" and score > 0", false, false},
        {"country = \"NL\" or score = 0", true, true},
        {"country not in {\"JP\", \"US\"}", false, true},
        {"dormant_days < 5 or not dormant_days < 5", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule r;
        struct problem p;
        static struct example_facts facts;
        EXPECT_EQ(compile_condition(cases[i].condition, &r, &p), ERR_OK);
        example_facts_init(&facts);
        EXPECT_EQ(rule_fires(&r, &facts.facts), cases[i].fires_if_unknown);
        facts.features.country = STR("NL");
        EXPECT_EQ(rule_fires(&r, &facts.facts), cases[i].fires_if_nl);
    }
}

TEST(addresses_are_found_in_lists_of_networks) {
    struct rule r;
    struct problem p;
    EXPECT_EQ(compile_condition("ip in list.offices", &r, &p), ERR_OK);
    static const struct {
        const char *ip;
        bool inside;
    } cases[] = {{"192.0.2.0", true}, {"192.0.2.255", true}, {"192.0.3.0", false}, {"2001:db8:ffff::1", true}, {"2001:db9::", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        static struct example_facts facts;
        example_facts_init(&facts);
        EXPECT(!rule_fires(&r, &facts.facts));
        EXPECT(address_parse(str_from(cases[i].ip), &facts.event.ip));
        EXPECT_EQ(rule_fires(&r, &facts.facts), cases[i].inside);
    }
}

/* Golden: place, what, hint. */
TEST(a_slip_in_a_condition_is_named_with_its_place_and_a_hint) {
    static const struct {
        const char *condition, *where, *what, *fix;
    } cases[] = {
        {"new_divice", "x.rule:3:6", "unknown name 'new_divice'", "did you mean 'new_device'?"},
        {"login = \"x\"", "x.rule:3:6", "unknown name 'login'", "docs/reference/rules.md lists the names; texts need quotes"},
        {"kind = \"lgoin\"", "x.rule:3:13", "'kind' is never 'lgoin'", "did you mean 'login'?"},
        {"net in {\"tor\", \"hostnig\"}", "x.rule:3:21", "'net' is never 'hostnig'", "did you mean 'hosting'?"},
        {"event.says != \"notmine\"", "x.rule:3:20", "'event.says' is never 'notmine'", "did you mean 'not_mine'?"},
        {"score", "x.rule:3:6", "a condition must be yes or no, and this is a number", "compare it with something"},
        {"score and new_ip", "x.rule:3:6", "'and', 'or' and 'not' join what is yes or no, and this is a number",
         "compare it with something"},
        {"new_ip > 3", "x.rule:3:6", "a number is compared with numbers only, and this is yes or no", "write it alone, or with 'not'"},
        {"score > \"3\"", "x.rule:3:14", "a number is compared with numbers only, and this is a text", ""},
        {"country > \"JP\"", "x.rule:3:6", "only numbers have an order, and this is a text", "use =, !=, starts, ends, contains or in"},
        {"country = 5", "x.rule:3:16", "a text is compared with texts only, and this is a number", ""},
        {"country = \"\"", "x.rule:3:16", "nothing equals the empty text: what was not sent is unknown", "write 'not known(name)'"},
        {"\"JP\" = country", "x.rule:3:6", "two fixed texts are compared", "write the name first"},
        {"ip = \"192.0.2.1\"", "x.rule:3:6", "addresses are looked up with 'in list.NAME' only, and this is an address",
         "put the address into a list"},
        {"ip in list.office", "x.rule:3:12", "there is no list 'office'", "did you mean 'offices'?"},
        {"ip in list.bad", "lists/bad.txt:2:1", "the address has bits beyond its prefix length",
         "write one entry a line, '#' begins a comment"},
        {"asn in list.offices", "lists/offices.txt:1:1", "this is no whole number", "write one entry a line, '#' begins a comment"},
        {"known(new_ip)", "x.rule:3:12", "'new_ip' is always known", "write it alone"},
        {"(score > 3", "x.rule:4:1", "expected ')', found 'then'", ""},
        {"score > 3 &&", "x.rule:3:16", "unexpected character", "equal is '=', not equal '!=', 'and', 'or' and 'not' are words"},
        {"score == 3", "x.rule:3:13", "expected a name, a number, a text or '('", ""},
        {"score > 99999999999999999999", "x.rule:3:14", "the number is too large", "the largest is 9223372036854775807"},
        {"score > 3.5", "x.rule:3:14", "this is neither a number nor a name", "numbers are whole; texts need quotes"},
        {"country = \"NL", "x.rule:3:16", "text without end", "close it with \" on the same line"},
        {"country = \"a\\n\"", "x.rule:3:18", "no such escape", "only \\\" and \\\\ are escaped"},
        {"score + new_ip > 3", "x.rule:3:14", "only numbers can be added or multiplied, and this is yes or no",
         "write it alone, or with 'not'"},
        {"country contains browser", "x.rule:3:23", "expected a text in quotes, found 'browser'", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule r;
        struct problem p;
        EXPECT_EQ(compile_condition(cases[i].condition, &r, &p), ERR_INVALID);
        EXPECT_STR(str_from(p.where), str_from(cases[i].where));
        EXPECT(str_starts(str_from(p.what), str_from(cases[i].what)));
        if (!str_starts(str_from(p.what), str_from(cases[i].what))) printf("got: %s\n", p.what);
        EXPECT_STR(str_from(p.fix), str_from(cases[i].fix));
    }
}

TEST(a_slip_elsewhere_in_the_file_is_named_too) {
    static const struct {
        const char *text, *where, *what, *fix;
    } cases[] = {
        {"", "x.rule:1:1", "expected 'rule', found the end of the file", ""},
        {"rule x version 1 live #", "x.rule:1:24", "expected 'because', found the end of the file", ""},
        {"rule y version 1 live", "x.rule:1:6", "the rule 'y' is in the file 'x.rule'", "name the file NAME.rule"},
        {"rule x live", "x.rule:1:8", "expected 'version', found 'live'", ""},
        {"rule x version 1 on", "x.rule:1:18", "expected 'live' or 'shadow', found 'on'", ""},
        {"rule x version 1 live because \"{scoer}\"", "x.rule:1:31", "unknown name 'scoer' in the sentence", "did you mean 'score'?"},
        {"rule x version 1 live because \"{score\"", "x.rule:1:31", "'{' without '}' in the sentence", "write {name}"},
        {"rule x version 1 live because \"\" when", "x.rule:1:31", "expected a sentence in quotes, found ''", ""},
        {"rule x version 1 live because \"a\" when new_ip then dney", "x.rule:1:52", "'dney' is no effect", "did you mean 'deny'?"},
        {"rule x version 1 live because \"a\" when new_ip then hold example maybe", "x.rule:1:65",
         "expected 'fires' or 'quiet', found 'maybe'", ""},
        {"rule x version 1 live because \"a\" when new_ip then hold example fires { new_ip = 1 }", "x.rule:1:82",
         "expected 'yes' or 'no', found '1'", ""},
        {"rule x version 1 live because \"a\" when new_ip then hold example fires { group = \"value\" }", "x.rule:1:81",
         "'group' cannot have this value", "set 'kind': the group follows from it"},
        {"rule x version 1 live because \"a\" when new_ip then hold example fires { ip = \"1.2.3\" }", "x.rule:1:78",
         "'ip' cannot have this value", ""},
        {"rule x version 1 live because \"a\" when new_ip then hold, deny", "x.rule:1:56",
         "expected 'example' or the end of the file, found ','", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rule r;
        struct problem p;
        EXPECT_EQ(compile("x.rule", cases[i].text, &r, &p), ERR_INVALID);
        EXPECT_STR(str_from(p.where), str_from(cases[i].where));
        EXPECT_STR(str_from(p.what), str_from(cases[i].what));
        EXPECT_STR(str_from(p.fix), str_from(cases[i].fix));
    }
}

int main(void) {
    RUN(a_rule_says_all_about_itself);
    RUN(a_long_value_is_cut_in_a_sentence);
    RUN(unknown_is_neither_yes_nor_no);
    RUN(addresses_are_found_in_lists_of_networks);
    RUN(a_slip_in_a_condition_is_named_with_its_place_and_a_hint);
    RUN(a_slip_elsewhere_in_the_file_is_named_too);
    return test_end();
}
