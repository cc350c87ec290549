// SPDX-License-Identifier: Apache-2.0
/* Proves attribution: scenarios as small tables, and properties over made-up owners and hijackers. */
#include "incident/lineage.h"

#include "incident/accounts_test.h"
#include "incident/names.h"
#include "incident/traces.h"

static struct scenario scenario;

static void judge(const char *name, const char *const *lines, size_t count) {
    scenario_read(&scenario, lines, count);
    struct arena step = scenario_step();
    struct lineage l;
    lineage_find(&l, scenario.events, scenario.count, scenario.open_position, &step);
    for (uint16_t i = 0; i < l.count; i++) {
        size_t line = l.traces[i].of->position - 1;
        if (l.findings[i].whose == scenario.expected[line]) continue;
        printf("%s: '%s': got %.*s by ground %d\n", name, lines[line], STR_ARGS(whose_word(l.findings[i].whose)),
               (int)l.findings[i].ground);
        test_failures_here++;
    }
}

#define JUDGE(...)                                                                                                                         \
    do {                                                                                                                                   \
        static const char *const lines[] = {__VA_ARGS__};                                                                                  \
        judge(__func__, lines, sizeof lines / sizeof lines[0]);                                                                            \
    } while (0)

/* The owner's year, shortened. */
#define OWNER                                                                                                                              \
    "-200d login s=S1 d=A n=1 c=ios j=t1 | owner", "-100d login s=S2 d=A n=2 c=ios j=t1 | owner",                                          \
        "-30d login s=S3 d=B n=1 c=win j=t2 | owner", "-3d login s=S4 d=A n=1 c=ios j=t1 | owner"

TEST(story) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot j=t9 takeover open | hijacker", "2m balance_topped_up s=H1 n=9 d=X ch=C1 | hijacker",
          "2m payment_state ch=C1 | hijacker", "3m membership_started s=H1 n=9 mb=M1 ch=C2 | hijacker",
          "4m order_placed s=H1 o=O1 ch=C3 | hijacker", "5m address_changed s=H1 ad=A7 change=added | hijacker",
          "6m token_created s=H1 t=T1 | hijacker", "20m order_placed t=T1 o=O2 | hijacker", "60m order_state o=O1 p=P1 | hijacker",
          "90m order_state p=P1 | hijacker", "7h login s=S5 d=A n=1 c=ios j=t1 | owner", "8h order_placed s=S5 o=O5 ad=A7 ch=C5 | owner",
          "9h payment_state ch=C5 | owner", "10h payment_state ch=C3 | hijacker", "30d membership_renewed mb=M1 ch=C9 | hijacker",
          "30d payment_state ch=C9 | hijacker");
}

TEST(owner_is_in_the_middle_of_it) {
    JUDGE(OWNER, "-1h order_placed s=S4 d=A n=1 c=ios o=O0 | owner", "0m login s=H1 d=X n=9 c=bot takeover open | hijacker",
          "1m session_seen s=S4 d=A n=1 c=ios j=t1 | owner", "2m order_placed s=H1 d=X n=9 c=bot o=O1 | hijacker",
          "3m order_placed s=S4 d=A n=1 c=ios o=O2 | owner", "4m order_state o=O2 | owner", "5m order_state o=O1 | hijacker",
          "6m order_placed s=S4 o=O3 | owner");
}

TEST(same_device_from_another_network) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "26h login s=H2 d=X n=10 c=bot | hijacker",
          "27h order_placed s=H2 o=O1 | hijacker", "28h order_state o=O1 | hijacker");
}

TEST(validation_by_a_checker_days_before) {
    JUDGE(OWNER, "-5d login n=9 c=bot j=t9 fail score=800 | hijacker", "-4d login s=H0 n=9 c=bot j=t9 | hijacker",
          "0m login s=H1 n=9 c=bot j=t9 takeover open | hijacker");
}

TEST(checker_changes_its_user_agent_but_not_its_tls) {
    JUDGE(OWNER, "-4d login s=H0 n=9 c=other j=t9 | hijacker", "0m login s=H1 n=9 c=bot j=t9 takeover open | hijacker",
          "1h login s=H2 n=9 c=third | unknown");
}

TEST(unrelated_guesses_are_nobodys) {
    JUDGE(OWNER, "-2d login n=77 c=spray fail score=900 | unknown", "0m login s=H1 d=X n=9 c=bot takeover open | hijacker");
}

TEST(owner_travels_in_the_window) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "1h login s=S5 d=A n=55 c=ios j=t1 | owner",
          "2h order_placed s=S5 d=A n=55 c=ios o=O1 | owner");
}

TEST(new_phone_in_the_window_is_unknown) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "5h login s=S9 d=NEW n=60 c=android | unknown",
          "6h order_placed s=S9 o=O1 | unknown", "7h order_state o=O1 | unknown");
}

TEST(new_phone_long_afterwards_is_the_owners) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "13d login s=S8 d=OTHER n=61 c=mac | unknown",
          "20d login s=S9 d=NEW n=60 c=android | owner", "20d order_placed s=S9 o=O1 d=NEW n=60 c=android | owner",
          "30d login s=S10 d=ODD n=63 c=odd score=600 | unknown", "31d login s=S11 d=X n=64 c=bot | hijacker");
}

TEST(new_browser_at_home_is_the_owners) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "5h login s=S9 d=NEW n=1 c=tv | owner");
}

TEST(browser_update_is_the_same_client) {
    JUDGE("-90d login s=S1 n=1 c=Chrome/120.0.1 | owner", "-1d login s=S2 n=1 c=Chrome/131.0.9.2 | owner",
          "0m login s=H1 n=9 c=bot takeover open | hijacker", "1h login s=S3 n=1 c=Chrome/132.0 | owner");
}

TEST(stolen_session_is_split_by_client) {
    JUDGE(OWNER, "-1h order_placed s=S4 d=A n=1 c=ios j=t1 o=O0 | owner", "0m session_seen s=S4 n=9 c=lin j=t9 takeover open | hijacker",
          "1m order_placed s=S4 n=9 c=lin j=t9 o=O1 | hijacker", "2m order_placed s=S4 d=A n=1 c=ios j=t1 o=O2 | owner",
          "3m order_state o=O1 | hijacker", "4m order_state o=O2 | owner", "5m order_placed s=S4 o=O3 | unknown");
}

TEST(stolen_session_of_a_young_account) {
    JUDGE("-2d login s=S1 n=1 c=ios j=t1 | owner", "-1d order_placed s=S1 n=1 c=ios j=t1 o=O0 | owner",
          "0m session_seen s=S1 n=9 c=lin j=t9 takeover open | hijacker", "1m order_placed s=S1 n=9 c=lin j=t9 o=O1 | hijacker",
          "2m order_placed s=S1 n=1 c=ios j=t1 o=O2 | owner");
}

/* Nobody knows the account yet. Two clients in one session are two people, unless the first came like a thief's machine. */
TEST(stolen_session_of_an_unknown_account) {
    JUDGE("-2h login s=S1 d=A n=1 c=ios j=t1 score=200 | unknown", "0m session_seen s=S1 d=X n=9 c=lin j=t9 takeover open | hijacker",
          "1m order_placed s=S1 d=X n=9 c=lin j=t9 o=O1 | hijacker", "2m order_placed s=S1 d=A n=1 c=ios j=t1 o=O2 | unknown");
    JUDGE("-2h login s=S1 d=A n=1 c=ios j=t1 score=500 | hijacker", "0m session_seen s=S1 d=X n=9 c=lin j=t9 takeover open | hijacker");
    JUDGE("-2h login s=S1 d=A n=1 c=ios j=t1 net=hosting | hijacker", "0m session_seen s=S1 d=X n=9 c=lin j=t9 takeover open | hijacker");
}

/* The id of a young phone came to the thief with its cookies: where its owner goes on with it, nothing is said against him. */
TEST(copied_device_is_told_by_where_it_is) {
    JUDGE("-20d login s=S1 d=A n=1 c=ios | owner", "-6h login s=S2 d=B n=5 c=win | unknown",
          "-5h order_placed s=S2 d=B n=5 c=win o=O1 | unknown", "13h session_seen s=S2 d=B n=9 c=win | hijacker",
          "13h order_placed s=S2 d=B n=9 c=win o=O2 takeover open | hijacker", "20h login s=H3 d=B n=9 c=win | hijacker",
          "2d login s=S4 d=B n=6 c=win | unknown");
    JUDGE("-20d login s=S1 d=A n=1 c=ios | owner", "13h login s=S2 d=B n=9 c=win | hijacker",
          "13h order_placed s=S2 d=B n=9 c=win o=O2 takeover open | hijacker", "2d login s=S4 d=B n=6 c=win | hijacker");
}

TEST(stolen_device_cookie_on_another_client) {
    JUDGE(OWNER, "0m login s=H1 d=A n=9 c=lin j=t9 takeover open | hijacker", "1m order_placed s=H1 d=A n=9 c=lin j=t9 o=O1 | hijacker",
          "1h session_seen s=S4 d=A n=1 c=ios j=t1 | owner", "2h login s=H9 d=A n=77 c=tv j=t7 | unknown");
}

TEST(token_used_from_elsewhere) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "1m token_created s=H1 t=T1 | hijacker",
          "2d order_placed t=T1 n=70 c=cli o=O1 | hijacker", "2d order_state o=O1 | hijacker");
}

TEST(parcel_is_named_before_its_order_is_known) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "1m order_placed s=H1 o=O1 | hijacker",
          "2m order_state p=P1 | hijacker", "3m order_state o=O1 p=P1 | hijacker", "4m order_state p=P2 | unknown");
}

TEST(same_place_a_month_ago_is_no_link) {
    JUDGE(OWNER, "-40d login s=H0 n=9 c=bot j=t9 score=800 | unknown", "0m login s=H1 n=9 c=bot j=t9 takeover open | hijacker");
}

TEST(reset_asked_for_by_the_hijacker) {
    JUDGE(OWNER, "-10m password_reset_requested n=9 c=bot | hijacker",
          "0m login s=H1 n=12 c=lin method=reset_link takeover open | hijacker", "1m password_changed s=H1 | hijacker",
          "2h login s=H2 n=44 c=mac d=Z score=500 | hijacker", "3h login s=H3 n=45 c=lin d=Q score=499 | unknown");
}

TEST(owner_resets_his_password_afterwards) {
    JUDGE(OWNER, "0m login s=H1 n=9 c=bot takeover open | hijacker", "1m password_changed s=H1 n=9 c=bot | hijacker",
          "8h password_reset_requested d=A n=1 c=ios j=t1 | owner", "8h password_changed s=S6 d=A n=1 c=ios j=t1 method=reset_link | owner",
          "9h login s=S7 d=NEW n=61 c=android | unknown");
}

TEST(trigger_on_the_owners_path_is_doubted) {
    JUDGE(OWNER, "-5m order_placed s=S4 d=A n=1 c=ios j=t1 o=O0 | unknown",
          "0m order_placed s=S4 d=A n=1 c=ios j=t1 o=O1 takeover open | unknown", "1m order_state o=O1 | unknown",
          "3d session_seen s=S4 d=A n=1 c=ios j=t1 | owner");
}

TEST(analyst_lifts_the_doubt) {
    JUDGE(OWNER, "0m order_placed s=S4 d=A n=1 c=ios j=t1 o=O1 takeover open | hijacker", "1m order_state o=O1 | hijacker",
          "1h analyst_verdict verdict=takeover incident=inc_5 | unknown", "3d session_seen s=S4 d=A n=1 c=ios j=t1 | owner");
}

TEST(owner_names_an_event) {
    JUDGE(OWNER, "-2d login s=H1 d=X n=9 c=bot | hijacker", "-47h order_placed s=H1 o=O1 | hijacker", "-40h order_state o=O1 | hijacker",
          "-1d login s=S5 d=NEW n=50 c=android | unknown", "0m owner_statement says=not_mine about=e6 open | owner");
}

TEST(owner_names_an_order_or_its_state) {
    JUDGE(OWNER, "-2d login s=H1 d=X n=9 c=bot | hijacker", "-47h order_placed s=H1 o=O1 | hijacker", "-40h order_state o=O1 | hijacker",
          "0m owner_statement says=not_mine about=O1 open | owner");
    JUDGE(OWNER, "-2d login s=H1 d=X n=9 c=bot | hijacker", "-47h order_placed s=H1 o=O1 | hijacker", "-40h order_state o=O1 | hijacker",
          "0m owner_statement says=not_mine about=e7 open | owner");
}

TEST(a_word_judged_a_takeover_is_no_act_of_the_hijacker) {
    JUDGE(OWNER, "-2d login s=H1 d=X n=9 c=bot | hijacker", "-47h order_placed s=H1 o=O1 | hijacker",
          "-1d login s=S5 d=NEW n=50 c=android | unknown", "0m owner_statement says=not_mine about=e5 takeover open | owner");
    JUDGE(OWNER, "-2d login s=H1 d=X n=9 c=bot score=700 | hijacker", "-47h order_placed s=H1 o=O1 | hijacker",
          "0m analyst_verdict verdict=takeover takeover open | unknown");
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker",
          "1h analyst_verdict verdict=takeover incident=inc_5 takeover | unknown");
}

TEST(owner_names_nothing) {
    JUDGE(OWNER, "-9d login s=S5 d=NEW n=50 c=android score=300 | unknown", "-2d login s=H1 d=X n=9 c=bot score=700 | hijacker",
          "-47h order_placed s=H1 o=O1 | hijacker", "0m owner_statement says=not_mine open | owner");
}

TEST(buyer_of_the_password_comes_from_elsewhere) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "11h login s=H2 d=Y n=77 c=win score=950 | hijacker",
          "12h order_placed s=H2 o=O1 | hijacker", "13h order_state o=O1 | hijacker",
          "14h login s=S8 d=NEW n=60 c=android score=950 | unknown", "14h challenge s=S8 d=NEW n=60 c=android | unknown",
          "20d login s=S9 d=Z n=78 c=win score=950 | hijacker");
}

/* Who has the password comes again from anywhere, until somebody sets another; an ordinary score may be the owner's new phone. */
#define BACK(when, score) when " login s=B d=Z n=78 c=win score=" score
TEST(thief_comes_back_with_the_password) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", BACK("12d", "700") " | hijacker",
          "12d order_placed s=B d=Z n=78 c=win o=O1 | hijacker", "13d order_state o=O1 | hijacker");
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", BACK("12d", "690") " | unknown",
          "12d order_placed s=B d=Z n=78 c=win score=890 o=O1 | unknown");
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", BACK("12d", "690") " | hijacker",
          "12d order_placed s=B d=Z n=78 c=win score=900 o=O1 | hijacker", "13d order_state o=O1 | hijacker");
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", BACK("29d", "990") " | unknown");
    JUDGE(OWNER, BACK("-12d", "700") " | hijacker", "0m login s=H1 d=X n=9 c=bot takeover open | hijacker");
    JUDGE(OWNER, BACK("-15d", "700") " | unknown", "0m login s=H1 d=X n=9 c=bot takeover open | hijacker");
}

TEST(another_password_or_none_is_no_way_back) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "1d password_changed d=A n=1 c=ios j=t1 | owner",
          BACK("12d", "990") " | unknown");
    JUDGE(OWNER, "0m session_seen s=H1 d=X n=9 c=bot takeover open | hijacker", BACK("12d", "990") " | unknown");
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", BACK("12d", "990") " method=social | unknown");
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", BACK("12d", "990") " | unknown",
          "12d challenge s=B d=Z n=78 c=win | unknown");
}

/* Where the shop sends tags of passwords, these tell, whatever was changed or not seen to be. */
TEST(tags_tell_the_password) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot tag=P1 takeover open | hijacker", BACK("12d", "800") " tag=P1 | hijacker");
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot tag=P1 takeover open | hijacker", BACK("12d", "800") " tag=P2 | unknown");
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot tag=P1 takeover open | hijacker", "1d password_changed d=A n=1 c=ios j=t1 | owner",
          BACK("12d", "800") " tag=P1 | hijacker");
}

TEST(owner_names_nothing_and_nobody_else_was_there) {
    JUDGE(OWNER, "-2d order_placed s=S4 d=A n=1 c=ios j=t1 o=O1 score=650 | owner", "0m owner_statement says=not_mine open | owner");
}

TEST(owner_disowns_an_act_on_his_own_device) {
    JUDGE(OWNER, "-5h login s=S5 d=A n=1 c=ios j=t1 | unknown", "-60m login s=S5 d=A n=1 c=ios j=t1 | hijacker",
          "-50m order_placed s=S5 d=A n=1 c=ios j=t1 o=O1 | hijacker", "-40m order_state o=O1 | hijacker",
          "0m owner_statement says=not_mine about=e7 open | owner", "2h order_placed s=S5 d=A n=1 c=ios j=t1 o=O2 | unknown");
}

/* His new phone is known by the operator of his home; its cookies were taken, and it goes on being his. */
TEST(cloned_phone_is_split_by_operator) {
    JUDGE(OWNER, "-2d login s=S8 d=NEW n=61 as=65001 c=ios j=t1 score=400 | unknown",
          "0m order_placed s=S8 d=NEW n=9 c=ios j=t1 o=O1 | hijacker",
          "1m balance_topped_up s=S8 d=NEW n=9 c=ios j=t1 takeover open | hijacker",
          "2d order_placed s=S8 d=NEW n=62 as=65001 c=ios j=t1 | unknown");
}

/* One opens the door, another goes in minutes later; not the owner, who resets his password. */
TEST(second_stranger_came_along) {
    JUDGE(OWNER, "0m login n=9 c=bot takeover open | hijacker", "5m login s=H2 d=Y n=80 c=new score=500 | hijacker",
          "6m address_changed s=H2 d=Y n=80 c=new | hijacker", "7m login s=S7 d=O n=83 c=new score=499 | unknown",
          "40m password_reset_requested d=P n=81 c=ios j=t1 | unknown", "41m login s=S9 d=P n=81 c=ios j=t1 method=reset_link | unknown",
          "9h login s=S10 d=Q n=82 c=new | unknown");
}

/* An agent on a hosting network never becomes calm; who came as seldom as a thief who tries the door is a stranger still. */
#define AGENT(when, score) when " session_seen n=70 c=headless j=t7 net=hosting score=" score
TEST(visitor_of_many_days_is_no_stranger) {
    JUDGE(OWNER, AGENT("-9d", "700") " | unknown", AGENT("-7d", "710") " | unknown", AGENT("-5d", "720") " | unknown",
          AGENT("-2d", "700") " | unknown", "0m login s=H1 d=X n=9 c=bot j=t9 takeover open | hijacker", AGENT("1h", "720") " | unknown",
          AGENT("3h", "950") " | unknown", "5h order_placed s=H1 d=X n=9 c=bot j=t9 o=O1 | hijacker");
    JUDGE(OWNER, AGENT("-5d", "720") " | unknown", AGENT("-2d", "700") " | unknown",
          "0m login s=H1 d=X n=9 c=bot j=t9 takeover open | hijacker", AGENT("1h", "720") " | hijacker",
          "5h order_placed s=H1 d=X n=9 c=bot j=t9 o=O1 | hijacker");
}

/* Against lineage and the owner's word it helps nobody that he came often. */
TEST(visitor_of_many_days_is_disowned) {
    JUDGE(OWNER, "-9d login s=V1 d=V n=70 c=lin j=t7 score=700 | hijacker", "-7d login s=V2 d=V n=70 c=lin j=t7 score=700 | hijacker",
          "-5d login s=V3 d=V n=70 c=lin j=t7 score=700 | hijacker", "-3d login s=V4 d=V n=70 c=lin j=t7 score=700 | hijacker",
          "0m order_placed s=V5 d=V n=70 c=lin j=t7 score=700 o=O1 | hijacker", "1h owner_statement says=not_mine about=O1 open | owner");
}

/* The shop sends neither session nor device: addresses of one operator, by a client that the owner never used. */
TEST(rotating_addresses_are_one_visitor) {
    JUDGE(OWNER, "-5h login n=90 as=65090 c=lib | hijacker", "0m balance_topped_up n=91 as=65090 c=lib takeover open | hijacker",
          "9h points_changed n=92 as=65090 c=lib | hijacker", "1h points_changed n=94 as=65094 c=new2 score=500 | hijacker",
          "2h points_changed n=95 as=65095 c=new3 | unknown", "40h points_changed n=93 as=65093 c=lib | unknown");
}

/* With an incident open, whoever comes is judged by it. */
TEST(later_judgement_is_asked_about) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "6h login s=H2 d=Y n=19 c=bot takeover | hijacker",
          "5d login s=Q1 d=Z n=70 c=new method=social takeover | unknown");
}

TEST(hijacker_disowns_the_owners_order) {
    JUDGE(OWNER, "-1h order_placed s=S4 d=A n=1 c=ios j=t1 o=O1 | unknown", "0m login s=H1 d=X n=9 c=bot takeover open | hijacker",
          "1m owner_statement s=H1 d=X n=9 says=not_mine about=e5 | hijacker", "2m order_state o=O1 | unknown");
}

TEST(hijackers_word_vouches_for_nothing) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker",
          "1m owner_statement s=H1 d=X n=9 c=bot says=mine about=e7 | hijacker", "2m login s=H2 d=X n=10 c=bot | hijacker");
}

TEST(owner_vouches_for_his_new_phone) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "5h login s=S9 d=NEW n=60 c=android | owner",
          "6h order_placed s=S9 o=O1 | owner", "7h owner_statement says=mine about=e6 | owner");
}

TEST(false_alarm_teaches_the_next_incident) {
    JUDGE(OWNER, "-5d login s=S9 d=NEW n=60 c=android takeover | owner", "-4d analyst_verdict verdict=false_alarm incident=inc_5 | unknown",
          "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "1h login s=S10 d=NEW n=61 c=android | owner");
}

TEST(earlier_hijacker_is_no_owner) {
    JUDGE(OWNER, "-40d login s=H0 d=X n=9 c=bot takeover | hijacker", "-40d order_placed s=H0 d=X n=9 c=bot | hijacker",
          "-20d session_seen s=H0 d=X n=9 c=bot | hijacker", "0m login s=H1 d=X n=9 c=bot takeover open | hijacker");
}

TEST(young_account) {
    JUDGE("-2d login s=S1 d=A n=1 c=ios | owner", "-1d order_placed s=S1 d=A n=1 c=ios o=O1 | owner",
          "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "1m order_placed s=H1 o=O2 | hijacker",
          "1h session_seen s=S1 d=A n=1 c=ios | owner", "2h order_state o=O1 | owner");
}

TEST(shared_networks_establish_nothing) {
    JUDGE("-90d login s=S1 n=9 c=chrome net=vpn | owner", "0m login s=H1 n=9 c=chrome net=vpn takeover open | hijacker");
}

TEST(second_takeover_adds_to_the_first) {
    JUDGE(OWNER, "0m login s=H1 d=X n=9 c=bot takeover open | hijacker", "3h login s=H5 d=Q n=33 c=mac takeover | hijacker",
          "4h order_placed s=H5 o=O1 | hijacker");
}

TEST(only_a_session_is_known) {
    JUDGE("-90d login s=S1 | owner", "0m login s=H1 takeover open | hijacker", "1m order_placed s=H1 o=O1 | hijacker",
          "2m order_state o=O1 | hijacker", "3m order_placed s=S1 o=O2 | owner");
}

TEST(nothing_is_known_but_the_order) {
    JUDGE("0m order_placed o=O1 takeover open | hijacker", "1m order_state o=O1 | hijacker", "2m order_state o=O9 | unknown");
}

/* ---- properties ------------------------------------------------------------------------------------------------------------------- */

/* Brings the records into another order of arrival; events, times and the opening stay what they are. */
static void shuffle_arrival(struct scenario *s, uint64_t *random) {
    uint64_t opening = s->open_position;
    for (size_t i = s->count; i-- > 1;) {
        size_t k = test_random(random) % (i + 1);
        struct account_event event = s->events[i];
        s->events[i] = s->events[k], s->events[k] = event;
        enum whose whose = s->expected[i];
        s->expected[i] = s->expected[k], s->expected[k] = whose;
    }
    for (size_t i = 0; i < s->count; i++) {
        if (s->events[i].position == opening) s->open_position = i + 1;
        s->events[i].position = i + 1;
    }
}

static unsigned wrong_in(const struct scenario *s, uint64_t seed) {
    struct arena step = scenario_step();
    struct lineage l;
    lineage_find(&l, s->events, s->count, s->open_position, &step);
    unsigned wrong = 0;
    for (uint16_t i = 0; i < l.count; i++) {
        const struct account_event *a = l.traces[i].of;
        if (l.findings[i].whose == s->expected[a->position - 1]) continue;
        if (!wrong++)
            printf("seed %llu: %.*s %.*s is %.*s by ground %d\n", (unsigned long long)seed, STR_ARGS(a->event.id), STR_ARGS(a->event.type),
                   STR_ARGS(whose_word(l.findings[i].whose)), (int)l.findings[i].ground);
    }
    return wrong;
}

TEST(where_lineage_is_plain_everything_is_right) {
    for (uint64_t seed = 1; seed <= 200; seed++) {
        make_account(&scenario, seed);
        EXPECT_EQ(wrong_in(&scenario, seed), 0);
        uint64_t random = seed;
        shuffle_arrival(&scenario, &random);
        EXPECT_EQ(wrong_in(&scenario, seed), 0);
    }
}

/* Judgements on the owner's own paths, however many, never make him the hijacker. */
TEST(owners_path_is_never_the_hijackers) {
    for (uint64_t seed = 1; seed <= 200; seed++) {
        make_account(&scenario, seed);
        uint64_t random = seed;
        for (size_t i = 0; i < scenario.count; i++)
            if (scenario.events[i].event.time_ms > ATTACK_MS - 4 * DAY_MS && test_random(&random) % 20 == 0)
                scenario.events[i].decision.takeover = true;
        struct arena step = scenario_step();
        struct lineage l;
        lineage_find(&l, scenario.events, scenario.count, scenario.open_position, &step);
        for (uint16_t i = 0; i < l.count; i++) {
            size_t line = l.traces[i].of->position - 1;
            bool over_path = l.traces[i].has_access && !l.traces[i].by_object;
            if (!over_path || scenario.expected[line] != WHOSE_OWNER || l.findings[i].whose != WHOSE_HIJACKER) continue;
            printf("seed %llu: %.*s is the hijacker's by ground %d\n", (unsigned long long)seed, STR_ARGS(l.traces[i].of->event.id),
                   (int)l.findings[i].ground);
            test_failures_here++;
        }
    }
}

/* Any events at all, with few values so that everything is linked with everything: it ends, and arrival does not matter. */
static void make_anything(struct scenario *s, uint64_t seed) {
    struct maker m = {.random = seed, .out = s};
    static const char *const words[] = {"c=a",
                                        "c=b",
                                        "j=x",
                                        "net=vpn",
                                        "method=reset_link",
                                        "method=password",
                                        "says=mine",
                                        "says=not_mine",
                                        "verdict=takeover",
                                        "verdict=false_alarm",
                                        "about=e9",
                                        "about=inc_7",
                                        "incident=inc_7",
                                        "fail",
                                        "score=700",
                                        "o=O1",
                                        "o=O2",
                                        "ch=C1",
                                        "p=P1",
                                        "t=T1",
                                        "mb=M1",
                                        "ad=A1",
                                        "pm=M1"};
    s->count = 0;
    for (int i = 0; i < 120; i++) {
        char what[160];
        struct str name = kind_name((enum kind)(1 + below(&m, KIND_COUNT - 1)));
        int size = snprintf(what, sizeof what, "%.*s", STR_ARGS(name));
        static const char marks[] = {'s', 'd', 'n'};
        for (size_t k = 0; k < sizeof marks; k++)
            if (below(&m, 3)) size += snprintf(what + size, sizeof what - (size_t)size, " %c=%u", marks[k], 1 + below(&m, 4));
        for (unsigned k = below(&m, 4); k > 0; k--)
            size += snprintf(what + size, sizeof what - (size_t)size, " %s", words[below(&m, sizeof words / sizeof words[0])]);
        say(&m, i * 700 - 60000, what, "unknown");
    }
    size_t opening = below(&m, 120);
    s->events[opening].decision.takeover = true;
    s->open_position = opening + 1;
}

static enum whose found_of(const struct lineage *l, struct str event) {
    for (size_t i = 0; i < l->count; i++)
        if (str_equal(l->traces[i].of->event.id, event)) return l->findings[i].whose;
    return WHOSE_UNKNOWN;
}

TEST(arrival_does_not_matter) {
    for (uint64_t seed = 1; seed <= 200; seed++) {
        make_anything(&scenario, seed);
        /* What incident ids mean, and what was said before the opening, depends on positions by its nature. */
        for (size_t i = 0; i < scenario.count; i++) scenario.events[i].event.about = scenario.events[i].event.incident = STR_NONE;
        static char first_memory[INCIDENT_STEP_SIZE_MAX];
        struct arena step = arena_over(first_memory, sizeof first_memory), other = scenario_step();
        struct lineage before, after;
        lineage_find(&before, scenario.events, scenario.count, scenario.open_position, &step);
        enum whose whose[SCENARIO_EVENTS_MAX];
        struct str ids[SCENARIO_EVENTS_MAX];
        for (size_t i = 0; i < before.count; i++) whose[i] = before.findings[i].whose, ids[i] = before.traces[i].of->event.id;
        uint64_t random = seed;
        shuffle_arrival(&scenario, &random);
        lineage_find(&after, scenario.events, scenario.count, scenario.open_position, &other);
        for (size_t i = 0; i < after.count; i++) EXPECT_EQ(found_of(&after, ids[i]), whose[i]);
    }
}

TEST(anything_at_all_ends) {
    for (uint64_t seed = 1000; seed <= 1400; seed++) {
        make_anything(&scenario, seed);
        struct arena step = scenario_step();
        struct lineage l;
        lineage_find(&l, scenario.events, scenario.count, scenario.open_position, &step);
        for (uint16_t i = 0; i < l.count; i++) EXPECT(l.findings[i].ground != GROUND_NONE);
    }
}

int main(void) {
    RUN(story);
    RUN(owner_is_in_the_middle_of_it);
    RUN(same_device_from_another_network);
    RUN(validation_by_a_checker_days_before);
    RUN(checker_changes_its_user_agent_but_not_its_tls);
    RUN(unrelated_guesses_are_nobodys);
    RUN(owner_travels_in_the_window);
    RUN(new_phone_in_the_window_is_unknown);
    RUN(new_phone_long_afterwards_is_the_owners);
    RUN(new_browser_at_home_is_the_owners);
    RUN(browser_update_is_the_same_client);
    RUN(stolen_session_is_split_by_client);
    RUN(stolen_session_of_a_young_account);
    RUN(stolen_session_of_an_unknown_account);
    RUN(copied_device_is_told_by_where_it_is);
    RUN(stolen_device_cookie_on_another_client);
    RUN(token_used_from_elsewhere);
    RUN(parcel_is_named_before_its_order_is_known);
    RUN(same_place_a_month_ago_is_no_link);
    RUN(reset_asked_for_by_the_hijacker);
    RUN(owner_resets_his_password_afterwards);
    RUN(trigger_on_the_owners_path_is_doubted);
    RUN(analyst_lifts_the_doubt);
    RUN(owner_names_an_event);
    RUN(owner_names_an_order_or_its_state);
    RUN(buyer_of_the_password_comes_from_elsewhere);
    RUN(thief_comes_back_with_the_password);
    RUN(another_password_or_none_is_no_way_back);
    RUN(tags_tell_the_password);
    RUN(a_word_judged_a_takeover_is_no_act_of_the_hijacker);
    RUN(owner_names_nothing);
    RUN(owner_names_nothing_and_nobody_else_was_there);
    RUN(owner_disowns_an_act_on_his_own_device);
    RUN(cloned_phone_is_split_by_operator);
    RUN(later_judgement_is_asked_about);
    RUN(second_stranger_came_along);
    RUN(visitor_of_many_days_is_no_stranger);
    RUN(visitor_of_many_days_is_disowned);
    RUN(rotating_addresses_are_one_visitor);
    RUN(hijacker_disowns_the_owners_order);
    RUN(hijackers_word_vouches_for_nothing);
    RUN(owner_vouches_for_his_new_phone);
    RUN(false_alarm_teaches_the_next_incident);
    RUN(earlier_hijacker_is_no_owner);
    RUN(young_account);
    RUN(shared_networks_establish_nothing);
    RUN(second_takeover_adds_to_the_first);
    RUN(only_a_session_is_known);
    RUN(nothing_is_known_but_the_order);
    RUN(where_lineage_is_plain_everything_is_right);
    RUN(owners_path_is_never_the_hijackers);
    RUN(arrival_does_not_matter);
    RUN(anything_at_all_ends);
    return test_end();
}
