/* SPDX-License-Identifier: MIT */
/* test_wires_chat.c: what networks tell the bot, and what they ask of it. */
#include "rig.h"

static int answer(struct puppet *puppet, const struct mooring_event *event, struct mooring_str args)
{
    (void)args;
    return rig_say(puppet, event, puppet->command);
}

static int setup(void **state)
{
    static struct rig rig;
    rig_open(&rig, &(struct rig_options){
                       .group = "spaces = ( { network = \"console\"; room = \"#all\"; } ); "
                                "moderators_by_power = true;"});
    rig.puppet->run = answer;
    *state = &rig;
    return 0;
}

static struct bot *bot_of(struct rig *rig)
{
    return rig->stage.bot;
}

static struct chat_network *console(struct rig *rig)
{
    return bot_network_at(bot_of(rig), 0);
}

static void notice(struct rig *rig, enum chat_notice what, const char *room, size_t count)
{
    struct chat_env env = wires_chat_env(bot_of(rig));
    env.sink.notice(env.sink.ctx, console(rig), what, str_of(room), count);
    stage_settle(&rig->stage);
}

/* ---- words about the house ------------------------------------------------------------------- */

static void m32_the_team_hears_of_a_kick_once_in_six_hours(void **state)
{
    struct rig *rig = *state;
    notice(rig, CHAT_NOTICE_KICKED, "harbor", 0);
    const char *heard = rig_heard(rig, "room bridge");
    assert_non_null(heard);
    assert_non_null(strstr(heard, "I was put out of harbor on console"));
    notice(rig, CHAT_NOTICE_KICKED, "harbor", 0);
    assert_null(rig_heard(rig, "room bridge"));
    notice(rig, CHAT_NOTICE_BANNED, "harbor", 0); /* another word */
    assert_non_null(rig_heard(rig, "room bridge"));
    rig_play(rig, "/wait 361m");
    notice(rig, CHAT_NOTICE_KICKED, "harbor", 0);
    assert_non_null(rig_heard(rig, "room bridge"));
}

static void each_kind_has_its_words(void **state)
{
    struct rig *rig = *state;
    for (int what = 0; what < CHAT_NOTICE_COUNT; what++) {
        bool in_room = what != CHAT_NOTICE_INVITES && what != CHAT_NOTICE_NICK &&
                       what > CHAT_NOTICE_SUSPENDED;
        notice(rig, (enum chat_notice)what, in_room ? "harbor" : "", 3);
        const char *heard = rig_heard(rig, "room bridge");
        assert_non_null(heard);
        assert_non_null(strstr(heard, "console"));
        assert_int_equal(strstr(heard, "harbor") != NULL, in_room);
        assert_null(strchr(heard, '{'));
    }
}

static enum chat_why why_it_is_out;
static enum chat_why says_why(struct chat_network *network, struct str room)
{
    (void)network;
    assert_true(str_eq(room, STR("harbor")));
    return why_it_is_out;
}

static void m32_the_team_hears_why_and_what_to_do(void **state)
{
    struct rig *rig = *state;
    struct chat_network *network = console(rig);
    const struct chat_class *own = network->class;
    struct chat_class other = *own;
    other.why_out = says_why;
    network->class = &other;
    static const struct {
        enum chat_why why;
        const char *words;
    } cases[] = {
        {CHAT_WHY_INVITE, "please invite me, or put me on its access list"},
        {CHAT_WHY_BANNED, "lift the ban"},
        {CHAT_WHY_FORBIDDEN, "invited people only, or I'm banned there"},
        {CHAT_WHY_KEY, "take the key off"},
        {CHAT_WHY_MISSING, "compare the name"},
        {CHAT_WHY_UNKNOWN, "If it still exists, please invite me"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        why_it_is_out = cases[i].why;
        notice(rig, CHAT_NOTICE_ROOM_GONE, "harbor", 1);
        const char *heard = rig_heard(rig, "room bridge");
        assert_non_null(heard);
        assert_non_null(strstr(heard, cases[i].words));
        rig_play(rig, "/wait 361m");
    }
    network->class = own;
}

static void a_room_that_is_no_group_s_is_not_named(void **state)
{
    struct rig *rig = *state;
    notice(rig, CHAT_NOTICE_KICKED, "somebody-s-own", 0);
    const char *heard = rig_heard(rig, "room bridge");
    assert_non_null(heard);
    assert_null(strstr(heard, "somebody"));
}

static size_t waiting(struct rig *rig)
{
    struct outbox_report report;
    outbox_report(bot_of(rig)->outbox, STR("console"), &report);
    return report.waiting[OUTBOX_REPLY];
}

static void m6_what_became_untrue_before_it_could_be_said_is_not_said(void **state)
{
    struct rig *rig = *state;
    for (int round = 0; round < 2; round++) { /* and the next time it is told anew */
        console_set_down(console(rig), true);
        stage_settle(&rig->stage);
        notice(rig, CHAT_NOTICE_LOGGED_OUT, "", 0);
        notice(rig, CHAT_NOTICE_KICKED, "harbor", 0);
        assert_int_equal(waiting(rig), round == 0 ? 2 : 1);
        console_set_down(console(rig), false);
        stage_settle(&rig->stage);
        assert_int_equal(waiting(rig), 0);
        const char *heard = rig_heard(rig, "room bridge");
        assert_int_equal(heard != NULL, round == 0);
        if (heard)
            assert_non_null(strstr(heard, "put out of harbor")); /* that is true still */
        rig_play(rig, "/wait 1m");
        rig_assert_quiet(rig);
    }
}

/* ---- rooms of spaces ------------------------------------------------------------------------- */

static void list_rooms(void *ctx, struct str room)
{
    buf_add_format(ctx, "%.*s ", STR_ARG(room));
}

static void list_into(struct rig *rig, struct buf *out)
{
    struct chat_env env = wires_chat_env(bot_of(rig));
    buf_init(out, 1024);
    env.each_room(env.ctx, STR("console"), list_rooms, out);
}

static void what_a_space_lists_joins_the_group(void **state)
{
    struct rig *rig = *state;
    struct chat_env env = wires_chat_env(bot_of(rig));
    env.sink.listed(env.sink.ctx, console(rig), STR("#all"), STR("lounge"), true);
    AUTO_BUF rooms;
    list_into(rig, &rooms);
    assert_true(str_eq_c(buf_str(&rooms), "harbor lounge bridge "));
    rig_play(rig, "/room lounge\n!pull\n< room lounge: said\n"
                  "/as mara\n/room bridge\n!group show\n< room bridge: meets in harbor, "
                  "lounge\\*.*#all.*power levels");
    assert_int_equal(bot_reload(bot_of(rig), 0, NULL), 0);
    rig_play(rig, "/as ana\n/room lounge\n!pull\n< room lounge: said");
    env = wires_chat_env(bot_of(rig));
    env.sink.listed(env.sink.ctx, console(rig), STR("#all"), STR("lounge"), false);
    rig_play(rig, "!pull\n< nothing");
}

static void spaces_are_named_to_their_network(void **state)
{
    struct rig *rig = *state;
    struct chat_env env = wires_chat_env(bot_of(rig));
    AUTO_BUF spaces;
    buf_init(&spaces, 1024);
    env.each_space(env.ctx, STR("console"), list_rooms, &spaces);
    env.each_space(env.ctx, STR("other"), list_rooms, &spaces);
    assert_true(str_eq_c(buf_str(&spaces), "#all "));
}

/* ---- a room of two accounts -------------------------------------------------------------------
 */

static bool holds_shore(struct chat_network *network, struct str room_id)
{
    (void)network;
    return str_eq(room_id, STR("!shore"));
}

static void m5_of_two_accounts_in_one_room_the_first_has_it(void **state)
{
    struct rig *rig = *state;
    struct bot *bot = bot_of(rig);
    struct chat_env env = wires_chat_env(bot);
    const struct chat_class *class = console(rig)->class;
    struct chat_class first = *class, other_kind = *class;
    struct chat_network second = {.class = &first, .name = "second"};
    first.holds = holds_shore;
    console(rig)->class = &first;
    bot->networks[bot->network_count++] = &second;
    assert_true(env.held_before(env.ctx, STR("second"), STR("!shore")));
    assert_false(env.held_before(env.ctx, STR("second"), STR("!bay")));
    assert_false(env.held_before(env.ctx, STR("console"), STR("!shore")));
    assert_false(env.held_before(env.ctx, STR("third"), STR("!shore")));
    second.class = &other_kind;
    assert_false(env.held_before(env.ctx, STR("second"), STR("!shore")));
    bot->network_count--;
    console(rig)->class = class;
}

/* ---- people ---------------------------------------------------------------------------------- */

static void m30_who_invites_is_known_by_their_standing(void **state)
{
    struct rig *rig = *state;
    struct chat_env env = wires_chat_env(bot_of(rig));
    rig_play(rig, "!pull\n< room harbor: said");
    assert_int_equal(env.standing(env.ctx, STR("console"), STR("mara")), CHAT_MODERATOR);
    assert_int_equal(env.standing(env.ctx, STR("console"), STR("ana")), CHAT_MEMBER);
    assert_int_equal(env.standing(env.ctx, STR("console"), STR("nobody")), CHAT_STRANGER);
    assert_int_equal(env.standing(env.ctx, STR("other"), STR("mara")), CHAT_STRANGER);
}

static struct str zone_of(struct rig *rig)
{
    return people_zone(bot_of(rig)->people, rig_member(rig, "ana"),
                       groups_at(bot_groups(bot_of(rig)), 0), host_arena(bot_host(bot_of(rig))));
}

static void m48_the_zone_of_the_profile_is_the_default(void **state)
{
    struct rig *rig = *state;
    struct chat_env env = wires_chat_env(bot_of(rig));
    env.sink.zone(env.sink.ctx, console(rig), STR("ana"), STR("Europe/Lisbon"));
    assert_int_equal(rig_member(rig, "ana"), 0); /* it makes nobody a member */
    rig_play(rig, "!pull\n< room harbor: said");
    assert_true(str_eq_c(zone_of(rig), "America/New_York"));
    env.sink.zone(env.sink.ctx, console(rig), STR("ana"), STR("Middle/Earth"));
    assert_true(str_eq_c(zone_of(rig), "America/New_York"));
    env.sink.zone(env.sink.ctx, console(rig), STR("ana"), STR("Europe/Lisbon"));
    assert_true(str_eq_c(zone_of(rig), "Europe/Lisbon"));
    rig_play(rig, "/dm\ntimezone Europe/Berlin\n< dm ana: Berlin");
    env.sink.zone(env.sink.ctx, console(rig), STR("ana"), STR("Asia/Tokyo"));
    assert_true(str_eq_c(zone_of(rig), "Europe/Berlin"));
    rig_assert_quiet(rig);
}

static void m27_power_in_the_room_makes_a_moderator_there(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ben", "harbor", "!team");
    rig_bring(rig, &event, 1);
    assert_non_null(strstr(rig_heard(rig, "room harbor"), "Only moderators"));
    event.flags = CHAT_HAS_POWER;
    rig_bring(rig, &event, 1);
    assert_non_null(strstr(rig_heard(rig, "room harbor"), "said"));
    event.flags = CHAT_HAS_POWER | CHAT_PRIVATE; /* in a room of two everybody has it */
    event.room = (struct str){0};
    rig_bring(rig, &event, 1);
    assert_non_null(strstr(rig_heard(rig, "dm ben"), "Only moderators"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        TEST(m32_the_team_hears_of_a_kick_once_in_six_hours),
        TEST(each_kind_has_its_words),
        TEST(a_room_that_is_no_group_s_is_not_named),
        TEST(m32_the_team_hears_why_and_what_to_do),
        TEST(m6_what_became_untrue_before_it_could_be_said_is_not_said),
        TEST(what_a_space_lists_joins_the_group),
        TEST(spaces_are_named_to_their_network),
        TEST(m5_of_two_accounts_in_one_room_the_first_has_it),
        TEST(m30_who_invites_is_known_by_their_standing),
        TEST(m48_the_zone_of_the_profile_is_the_default),
        TEST(m27_power_in_the_room_makes_a_moderator_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
