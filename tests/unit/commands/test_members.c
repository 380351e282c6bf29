/* SPDX-License-Identifier: MIT */
/* test_members.c: the commands that every member has: what they answer, also to what cannot be. */
#include "rig.h"

static int open_rig(void **state, const char *plugins)
{
    return rig_setup_with(state, &(struct rig_options){.plugins = plugins});
}

static int setup(void **state)
{
    return open_rig(state, "puppet");
}

/* ---- help, about ----------------------------------------------------------------------------- */

static void test_help_lists_what_a_member_may_use(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/dm\nhelp");
    const char *heard = rig_heard(rig, "dm ana");
    static const char *const listed[] = {"help",   "about",    "sos",      "consent", "export",
                                         "forget", "timezone", "language", "quiet",   "pull"};
    static const char *const not [] = {"- alerts", "- ack",  "- group", "- pause",
                                       "- reload", "- team", "hidden",  "And as a moderator"};
    for (size_t i = 0; i < COUNT_OF(listed); i++)
        if (!strstr(heard, listed[i]))
            fail_msg("%s is not listed: %s", listed[i], heard);
    for (size_t i = 0; i < COUNT_OF(not ); i++)
        if (strstr(heard, not [i]))
            fail_msg("%s is listed: %s", not [i], heard);
}

static void test_help_lists_a_moderators_commands_to_moderators(void **state)
{
    rig_play(*state, "/as mara\n/dm\nhelp\n< dm mara: And as a moderator.*alerts.*ack.*close");
}

static void test_help_in_a_room_is_short(void **state)
{
    rig_play(*state, "!help\n< room harbor: You can use: .*!pull\n! room harbor: !ack\n/as "
                     "mara\n!help\n< room harbor: moderator also: .*!ack");
}

static void test_help_about_one(void **state)
{
    rig_play(*state, "!help pull\n< room harbor: !pull \\[anything\\]: a string to pull\n!help "
                     "!pull\n< room harbor: !pull \\[anything");
}

static void test_help_about_what_there_is_not(void **state)
{
    rig_play(*state, "!help hidden\n< room harbor: You can use\n!help team\n< room harbor: You can "
                     "use\n!help zzz\n< room harbor: You can use");
}

static void test_about_names_the_rooms_and_the_team(void **state)
{
    rig_play(*state, "!about\n< room harbor: I'm a bot.*I read harbor .*\\(Mara\\).*30 days");
}

static void test_about_is_for_strangers_too(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "guest", "harbor", "!about");
    event.account = (struct str){0};
    rig_bring(rig, &event, 1);
    assert_non_null(rig_heard(rig, "room harbor"));
    assert_int_equal(rig_member(rig, "guest"), 0);
}

static void test_no(void **state)
{
    rig_play(*state, "/dm\nno\n< dm ana: All right");
}

/* ---- consent --------------------------------------------------------------------------------- */

static void test_consent_lists_each_scope(void **state)
{
    rig_play(*state, "/dm\nconsent\n< dm ana: checkins \\(yes, from.*nudges \\(no\\).*buddy "
                     "\\(no\\).*moderators \\(no\\).*statistics \\(no\\)");
}

static void test_consent_is_given_and_taken_back(void **state)
{
    rig_play(*state,
             "/dm\nconsent nudges on\n< dm ana: nudges, yes\nconsent\n< dm ana: nudges \\(yes\\)\n"
             "consent nudges off\n< dm ana: nudges, no\nconsent\n< dm ana: nudges \\(no\\)\n"
             "consent CHECKINS No\n< dm ana: checkins, no\nconsent\n< dm ana: checkins \\(no\\)");
}

static void test_consent_survives_a_kill_and_is_audited(void **state)
{
    rig_play(*state, "/dm\nconsent nudges on\n/kill\nconsent\n< dm ana: nudges \\(yes\\)\naudit\n< "
                     "dm ana: consent_given nudges");
}

static void test_consent_to_what_there_is_not(void **state)
{
    rig_play(*state, "/dm\nconsent everything on\n< dm ana: I need a scope\nconsent nudges "
                     "perhaps\n< dm ana: I need a scope\n"
                     "consent nudges\n< dm ana: I need a scope");
}

static void test_consent_in_a_room_is_answered_in_private(void **state)
{
    rig_play(*state, "!consent\n< dm ana: checkins\n! room harbor: checkins");
}

/* ---- preferences ----------------------------------------------------------------------------- */

static void test_timezone(void **state)
{
    rig_play(*state, "/dm\ntimezone\n< dm ana: America/New_York.*08:55\ntimezone Europe/Berlin\n< "
                     "dm ana: Europe/Berlin now.*14:55\n"
                     "/kill\ntimezone\n< dm ana: Europe/Berlin");
}

static void test_a_near_timezone_is_offered(void **state)
{
    rig_play(*state, "/dm\ntimezone Europe/Berlinn\n< dm ana: Do you mean Europe/Berlin\n1\n< dm "
                     "ana: Europe/Berlin now");
}

static void test_a_timezone_that_there_is_not(void **state)
{
    rig_play(*state, "/dm\ntimezone qqqqqqqqqqqqqqqq\n< dm ana: I don't know a zone\ntimezone\n< "
                     "dm ana: America/New_York");
}

static void test_language(void **state)
{
    rig_play(*state, "/dm\nlanguage\n< dm ana: I know: en\nlanguage xx\n< dm ana: I don't speak "
                     "that yet\nlanguage EN\n< dm ana: From now on");
}

static void test_quiet(void **state)
{
    rig_play(*state, "/dm\nquiet\n< dm ana: no quiet hours of your own\nquiet 22:00-07:00\n< dm "
                     "ana: in peace 22:00-07:00\n"
                     "quiet\n< dm ana: 22:00-07:00\nquiet late\n< dm ana: I need two times\nquiet "
                     "25:00-07:00\n< dm ana: I need two times\n"
                     "quiet off\n< dm ana: no quiet hours now");
}

static void test_quiet_after_off_is_none(void **state)
{
    rig_play(*state,
             "/dm\nquiet 22:00-07:00\nquiet off\nquiet\n< dm ana: no quiet hours of your own");
}

/* ---- export, forget -------------------------------------------------------------------------- */

static int keep_line(struct puppet *puppet, const struct mooring_event *event,
                     struct mooring_str args)
{
    const struct mooring_owner owner = {.kind = MOORING_OWN_MEMBER, .id = event->member.id};
    int r = puppet->host->store->put(puppet->host->self, owner, MOORING_STR("line"), args, 0);
    if (r >= 0)
        r = puppet->host->series->record(puppet->host->self, event->member, "mood", event->sent_at,
                                         7);
    return r;
}

static int keep_under_its_name(struct puppet *puppet, const struct mooring_event *event,
                               struct mooring_str args)
{
    const struct mooring_owner owner = {.kind = MOORING_OWN_MEMBER, .id = event->member.id};
    return puppet->host->store->put(puppet->host->self, owner, args, args, 0);
}

static int export_more(struct puppet *puppet, struct mooring_member member, mooring_row_fn each,
                       void *ctx)
{
    (void)puppet;
    (void)member;
    each(ctx, MOORING_STR("boat"), MOORING_STR("a small *red* one"));
    return 0;
}

static void fill(struct rig *rig)
{
    rig->puppet->run = keep_line;
    rig->puppet->export_member = export_more;
    rig_play(rig, "/dm\n!pull the sea was calm\nconsent nudges on\ntimezone Europe/Berlin\nquiet "
                  "22:00-07:00");
}

static void test_export_is_complete(void **state)
{
    static const char *const parts[] = {
        "the sea was calm",  "mood", "7", "nudges", "Europe/Berlin", "22:00-07:00",
        "a small *red* one", "ana"};
    struct rig *rig = *state;
    fill(rig);
    rig_play(rig, "export");
    assert_non_null(strstr(rig_heard(rig, "dm ana"), "things are all I keep about you"));
    char all[16384] = "";
    for (const char *heard = rig_heard(rig, "dm ana"); heard; heard = rig_heard(rig, "dm ana"))
        (void)snprintf(all + strlen(all), sizeof all - strlen(all), "%s\n", heard);
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        if (!strstr(all, parts[i]))
            fail_msg("\"%s\" is missing: %s", parts[i], all);
}

static void test_export_goes_to_private_alone(void **state)
{
    struct rig *rig = *state;
    fill(rig);
    rig_play(rig, "/room harbor\n!export\n! room harbor: .\n< dm ana: the sea was calm");
}

/* What the same person asks behind it is answered first: on a paced network it takes minutes. */
static void test_an_export_lets_others_go_first(void **state)
{
    static const char *const asked[] = {"export", "timezone"};
    struct rig *rig = *state;
    struct chat_event events[2];
    fill(rig);
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        events[i] = rig_event(rig, "ana", "", asked[i]);
        events[i].flags = CHAT_PRIVATE;
        events[i].room = (struct str){0};
        events[i].id = str_of(asked[i]);
    }
    rig_bring(rig, events, COUNT_OF(events));
    assert_non_null(strstr(rig_heard(rig, "dm ana"), "things are all I keep about you"));
    assert_non_null(strstr(rig_heard(rig, "dm ana"), "Your time zone is"));
    assert_non_null(rig_heard(rig, "dm ana"));
}

static void test_export_goes_by_time(void **state)
{
    struct rig *rig = *state;
    static const char *const days[] = {"one", "two", "three", "four", "five"};
    rig->puppet->run = keep_under_its_name;
    rig_play(rig, "/dm");
    for (size_t i = 0; i < COUNT_OF(days); i++) {
        char script[64];
        (void)snprintf(script, sizeof script, "pull %s\n/wait 1h", days[i]);
        rig_play(rig, script);
    }
    rig_play(rig, "export\n< dm ana: puppet, one: .*puppet, two: .*puppet, three: .*puppet, four: "
                  ".*puppet, five: ");
}

/* More than one message takes, of which no network may refuse one, with what Markdown would eat. */
static int keep_many(struct puppet *puppet, const struct mooring_event *event,
                     struct mooring_str args)
{
    enum { MANY = 300 };
    const struct mooring_owner owner = {.kind = MOORING_OWN_MEMBER, .id = event->member.id};
    int r = 0;
    (void)args;
    for (int i = 0; i < MANY && r >= 0; i++) {
        char key[32], value[256];
        int key_len = snprintf(key, sizeof key, "k%03d", i);
        int len = snprintf(value, sizeof value, "<%03d>\n*_&amp;\\_*\nb\n-\nd\n.%d\n|%03d|", i, i,
                           i);
        r = puppet->host->store->put(puppet->host->self, owner,
                                     (struct mooring_str){key, (size_t)key_len},
                                     (struct mooring_str){value, (size_t)len}, 0);
    }
    /* longer than a message by itself, and without a space to be cut at */
    char whole[4001];
    memset(whole, '*', sizeof whole - 1);
    const struct mooring_str stars = {whole, sizeof whole - 1};
    if (r >= 0)
        r = puppet->host->store->put(puppet->host->self, owner, MOORING_STR("z"), stars, 0);
    return r < 0 ? r
                 : puppet->host->store->put(puppet->host->self, owner, MOORING_STR("zz"), stars, 0);
}

static void test_a_long_export_loses_nothing(void **state)
{
    struct rig *rig = *state;
    static char all[512 * 1024];
    size_t stars = 0;
    rig->puppet->run = keep_many;
    rig_play(rig, "/dm\n!pull x\nexport");
    all[0] = '\0';
    size_t used = 0;
    for (const char *heard = rig_heard(rig, "dm ana"); heard; heard = rig_heard(rig, "dm ana"))
        used += (size_t)snprintf(all + used, sizeof all - used, "%s\n", heard);
    assert_true(used < sizeof all);
    for (int i = 0; i < 300; i++) {
        char first[16], last[16];
        snprintf(first, sizeof first, "<%03d>", i);
        snprintf(last, sizeof last, "|%03d|", i);
        if (!strstr(all, first) || !strstr(all, last))
            fail_msg("%s %s is missing: %.3000s", first, last, all);
    }
    for (const char *at = strstr(all, ", z: "); at && *at; at++)
        stars += *at == '*';
    assert_int_equal(stars, 8000);
    assert_null(strchr(strstr(all, ", z: "), '\\')); /* of an escape that was cut in two */
}

static void test_an_export_reads_like_a_letter(void **state)
{
    struct rig *rig = *state;
    fill(rig);
    rig_play(rig,
             "timezone Asia/Tokyo\nexport\n"
             "< dm ana: Who you are here.*I've known you since 20[0-9-]{8} "
             "[0-9:]{5}.*What you agreed to.*nudges in .*: yes, since.*What you told me.*boat: a "
             "small");
}

static void test_export_of_others_is_not_shown(void **state)
{
    struct rig *rig = *state;
    fill(rig);
    rig_play(rig, "/as ben\n/dm\nexport\n! dm ben: calm");
}

static void test_forget_asks_first(void **state)
{
    struct rig *rig = *state;
    fill(rig);
    uint64_t member = rig_member(rig, "ana");
    rig_play(rig, "forget\n< dm ana: Shall I\n2\n< dm ana: All right");
    assert_true(rig_member(rig, "ana") == member);
}

static void test_forget_me_answers_and_the_member_is_gone(void **state)
{
    struct rig *rig = *state;
    fill(rig);
    uint64_t member = rig_member(rig, "ana");
    rig_play(rig, "forget me\n< dm ana: I know nothing about you any more\n< nothing");
    assert_int_equal(rig_member(rig, "ana"), 0);
    rig_play(rig, "/kill");
    assert_int_equal(rig_member(rig, "ana"), 0);
    rig_play(rig, "export\n! dm ana: calm\ntimezone\n< dm ana: America/New_York");
    assert_true(rig_member(rig, "ana") != member);
}

static void test_forget_by_choice(void **state)
{
    struct rig *rig = *state;
    fill(rig);
    rig_play(rig, "forget\n1\n< dm ana: I know nothing about you");
    assert_int_equal(rig_member(rig, "ana"), 0);
}

static void test_forget_takes_timers_and_questions_along(void **state)
{
    struct rig *rig = *state;
    fill(rig);
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .at = RIG_START_AT + CLOCK_HOUR_MS};
    const struct mooring_owner owner = {.kind = MOORING_OWN_MEMBER, .id = rig_member(rig, "ana")};
    assert_true(rig->puppet->host->timer->set(rig->puppet->host->self, owner, MOORING_STR("later"),
                                              &when) >= 0);
    assert_true(store_commit(rig->stage.ground.store) >= 0);
    rig_play(rig, "forget me\n/wait 2h");
    assert_int_equal(rig->puppet->timers, 0);
}

/* ---- sos, audit ------------------------------------------------------------------------------ */

static void test_sos_from_anywhere(void **state)
{
    rig_play(*state, "!sos\n< dm ana: 988\n< room bridge: ana\n! room harbor: .\n/as "
                     "ben\n/dm\nsos\n< dm ben: 988\n< room bridge: ben");
}

static void test_sos_says_more_than_the_word(void **state)
{
    rig_play(*state, "!sos he took the whole bottle of pills and is not waking up\n< dm ana: 911");
}

static void test_a_member_reads_only_what_concerns_them(void **state)
{
    rig_play(*state, "/dm\nconsent nudges on\naudit\n< dm ana: consent_given\n/as ben\naudit\n! dm "
                     "ben: consent_given\n"
                     "audit 0\n< dm ben: How many rows\naudit many\n< dm ben: How many rows\naudit "
                     "51\n< dm ben: How many rows");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_help_lists_what_a_member_may_use),
        TEST(test_help_lists_a_moderators_commands_to_moderators),
        TEST(test_help_in_a_room_is_short),
        TEST(test_help_about_one),
        TEST(test_help_about_what_there_is_not),
        TEST(test_about_names_the_rooms_and_the_team),
        TEST(test_about_is_for_strangers_too),
        TEST(test_no),
        TEST(test_consent_lists_each_scope),
        TEST(test_consent_is_given_and_taken_back),
        TEST(test_consent_survives_a_kill_and_is_audited),
        TEST(test_consent_to_what_there_is_not),
        TEST(test_consent_in_a_room_is_answered_in_private),
        TEST(test_timezone),
        TEST(test_a_near_timezone_is_offered),
        TEST(test_a_timezone_that_there_is_not),
        TEST(test_language),
        TEST(test_quiet),
        TEST(test_quiet_after_off_is_none),
        TEST(test_export_is_complete),
        TEST(test_export_goes_to_private_alone),
        TEST(test_an_export_lets_others_go_first),
        TEST(test_export_goes_by_time),
        TEST(test_a_long_export_loses_nothing),
        TEST(test_an_export_reads_like_a_letter),
        TEST(test_export_of_others_is_not_shown),
        TEST(test_forget_asks_first),
        TEST(test_forget_me_answers_and_the_member_is_gone),
        TEST(test_forget_by_choice),
        TEST(test_forget_takes_timers_and_questions_along),
        TEST(test_sos_from_anywhere),
        TEST(test_sos_says_more_than_the_word),
        TEST(test_a_member_reads_only_what_concerns_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
