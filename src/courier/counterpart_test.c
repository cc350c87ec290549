// SPDX-License-Identifier: Apache-2.0
/* Reads counterparts.toml: what each key means, what is assumed where none is written, and what a slip is told. */
#include "courier/counterpart.h"

#include "base/test.h"

static _Alignas(16) char memory[1U << 20];
static struct counterparts counterparts;
static struct counterpart_files files[COUNTERPART_COUNT_MAX];
static struct problem problem;

static enum err read(const char *text) {
    static struct arena arena;
    arena = arena_over(memory, sizeof memory);
    problem = (struct problem){0};
    return counterparts_read((struct source){STR("c.toml"), str_from(text)}, &arena, &counterparts, files, &problem);
}

#define SHOP "[shop]\nurl = \"https://shop.example/hikeshi/\"\nsecret_file = \"/s\"\nsystems = [\"shop\", \"warehouse\"]\n"
#define MAIL                                                                                                                               \
    "[mail]\nadapter = \"smtp\"\nurl = \"smtp://mail.example:587\"\nsystems = [\"email\"]\nfrom_address = \"service@shop.example\"\n"      \
    "bounce_domain = \"bounces.shop.example\"\n"

TEST(a_shop_needs_an_address_a_secret_and_systems) {
    EXPECT_EQ(read(SHOP), ERR_OK);
    const struct counterpart *c = counterparts_find(&counterparts, STR("shop"));
    EXPECT(c && counterparts.count == 1 && c->system_count == 2 && c->concurrency == 16 && c->timeout_ms == 5000 && !c->finds_contacts);
    EXPECT_STR(c->url, STR("https://shop.example/hikeshi"));
    EXPECT_STR(str_from(c->adapter), STR("http"));
    EXPECT_STR(files[0].secret, STR("/s"));
    EXPECT_EQ(counterparts_of_system(&counterparts, STR("warehouse")), c);
    EXPECT(!counterparts_of_system(&counterparts, STR("email")) && !counterparts_find(&counterparts, STR("mail")));
    EXPECT_EQ(counterpart_promise(c, STR("shop")).idempotency, IDEMPOTENCY_NONE);
}

TEST(a_mail_server_has_its_own_keys) {
    EXPECT_EQ(read(MAIL
                   "from_name = \"はなや\"\nlogin_file = \"/l\"\ntls = \"offered\"\nca_file = \"/ca\"\ntimeout_ms = 9000\nconcurrency = 4\n"
                   "dkim_domain = \"shop.example\"\ndkim_rsa_selector = \"r1\"\ndkim_rsa_key_file = \"/r\"\n"
                   "dkim_ed25519_selector = \"e1\"\ndkim_ed25519_key_file = \"/e\"\n"),
              ERR_OK);
    const struct counterpart *c = counterparts_of_system(&counterparts, STR("email"));
    EXPECT(c && c->mail.tls == WIRE_TLS_OFFERED && c->timeout_ms == 9000 && c->concurrency == 4);
    EXPECT_STR(str_from(c->adapter), STR("smtp"));
    EXPECT_STR(c->mail.from_name, STR("はなや"));
    EXPECT_STR(c->mail.from_address, STR("service@shop.example"));
    EXPECT_STR(c->mail.bounce_domain, STR("bounces.shop.example"));
    EXPECT_STR(c->ca_file, STR("/ca"));
    EXPECT_STR(files[0].login, STR("/l"));
    EXPECT_STR(files[0].dkim_domain, STR("shop.example"));
    EXPECT_STR(files[0].dkim_keys[DKIM_RSA], STR("/r"));
    EXPECT_STR(files[0].dkim_selectors[DKIM_RSA], STR("r1"));
    EXPECT_STR(files[0].dkim_keys[DKIM_ED25519], STR("/e"));
    EXPECT_STR(files[0].dkim_selectors[DKIM_ED25519], STR("e1"));
}

/* Whoever writes nothing sends nothing in clear, and gives a slow server its time. */
TEST(a_mail_server_must_speak_tls_and_has_time) {
    EXPECT_EQ(read(MAIL), ERR_OK);
    EXPECT_EQ(counterparts.list[0].mail.tls, WIRE_TLS_REQUIRED);
    EXPECT_EQ(counterparts.list[0].timeout_ms, 30000);
    EXPECT(!files[0].login.size && !files[0].secret.size && !files[0].dkim_keys[DKIM_RSA].size);
    EXPECT_EQ(read(MAIL "tls = \"never\"\n" SHOP), ERR_OK);
    EXPECT_EQ(counterparts.list[0].mail.tls, WIRE_TLS_NEVER);
    EXPECT_EQ(counterparts.list[1].timeout_ms, 5000);
}

TEST(a_gateway_may_know_contacts_itself) {
    EXPECT_EQ(
        read("[gate]\nurl = \"http://127.0.0.1:1\"\nsecret_file = \"/s\"\nsystems = [\"sms\", \"push\", \"letter\"]\ncontacts = \"own\"\n"
             "[people]\nurl = \"http://127.0.0.1:2\"\nsecret_file = \"/s\"\nsystems = [\"directory\"]\ncontacts = \"directory\"\n"),
        ERR_OK);
    EXPECT(counterparts_of_system(&counterparts, STR("sms"))->finds_contacts);
    EXPECT(!counterparts_of_system(&counterparts, STR("directory"))->finds_contacts);
}

TEST(slips_are_named) {
    static const struct {
        const char *text, *where, *what;
    } cases[] = {
        {"url = \"https://x\"\n", "c.toml:1:7", "url stands in no counterpart's table"},
        {SHOP "colour = \"red\"\n", "c.toml:5:10", "shop.colour is not known"},
        {SHOP "concurrency = 0\n", "c.toml:5:15", "shop.concurrency is out of bounds"},
        {SHOP "concurrency = 257\n", "c.toml:5:15", "shop.concurrency is out of bounds"},
        {SHOP "timeout_ms = 60001\n", "c.toml:5:14", "shop.timeout_ms is out of bounds"},
        {SHOP "adapter = \"pigeon\"\n", "c.toml:5:11", "shop.adapter is no adapter"},
        {SHOP "tls = \"maybe\"\n", "c.toml:5:7", "shop.tls is required, offered or never"},
        {SHOP "contacts = \"mine\"\n", "c.toml:5:12", "shop.contacts is own or directory"},
        {"[a]\nurl = \"ftp://x\"\n", "c.toml:2:7", "a.url is no address"},
        {"[a]\nsystems = []\n", "c.toml:2:11", "a.systems is no list"},
        {"[a]\nsystems = [\"fax\"]\n", "c.toml:2:11", "a.systems names a system that there is not"},
        {SHOP "[b]\nsystems = [\"shop\"]\n", "c.toml:6:11", "b.systems names a system that another"},
        {"[a]\nurl = \"https://x\"\nsystems = [\"shop\"]\n", "c.toml:1:1", "counterpart a is incomplete"},
        {"[a]\nurl = \"smtp://x\"\nsecret_file = \"/s\"\nsystems = [\"email\"]\n", "c.toml:1:1", "counterpart a is incomplete"},
        {"[a]\nadapter = \"smtp\"\nurl = \"https://x\"\nsystems = [\"email\"]\n", "c.toml:1:1", "counterpart a is incomplete"},
        {"[a]\nadapter = \"smtp\"\nurl = \"smtp://x\"\nsystems = [\"email\"]\nfrom_address = \"a@b.example\"\n", "c.toml:1:1",
         "counterpart a is incomplete"},
        {MAIL "dkim_rsa_selector = \"r1\"\n", "c.toml:1:1", "counterpart mail is incomplete"},
        {MAIL "dkim_ed25519_key_file = \"/e\"\n", "c.toml:1:1", "counterpart mail is incomplete"},
        {MAIL "contacts = \"own\"\n", "c.toml:1:1", "counterpart mail is incomplete"},
        {MAIL "from_name = \"\"\n", "c.toml:7:13", "mail.from_name is no text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        EXPECT_EQ(read(cases[i].text), ERR_INVALID);
        EXPECT_STR(str_from(problem.where), str_from(cases[i].where));
        EXPECT_STR(str_slice(str_from(problem.what), 0, strlen(cases[i].what)), str_from(cases[i].what));
        EXPECT(problem.fix[0]);
    }
}

TEST(there_is_room_for_sixteen) {
    char text[4096];
    struct buf b = buf_over(text, sizeof text - 1);
    for (unsigned i = 0; i <= COUNTERPART_COUNT_MAX; i++) buf_fmt(&b, "[c%u]\nurl = \"https://c%u.example\"\n", i, i);
    text[b.size] = 0;
    EXPECT_EQ(read(text), ERR_INVALID);
    EXPECT_STR(str_from(problem.what), STR("c16.url is one counterpart too many"));
}

int main(void) {
    RUN(a_shop_needs_an_address_a_secret_and_systems);
    RUN(a_mail_server_has_its_own_keys);
    RUN(a_mail_server_must_speak_tls_and_has_time);
    RUN(a_gateway_may_know_contacts_itself);
    RUN(slips_are_named);
    RUN(there_is_room_for_sixteen);
    return test_end();
}
