/* SPDX-License-Identifier: MIT */
/* test_selftest.c: each part of the way from a call for help to a person is broken in turn, and the
 * self-test of the night finds it and tells; whole, it is silent. */
#include "rig.h"

#include <errno.h>

#include "observe/log.h"

struct trial {
    struct rig *rig;
    struct selftest_parts parts;
    struct selftest last;
};

static int run(void *ctx)
{
    struct trial *trial = ctx;
    return selftest_run(&trial->parts, true, &trial->last);
}

static void try(struct trial *trial)
{
    struct bot *bot = trial->rig->stage.bot;
    assert_true(turn_call(bot->turn, run, trial) >= 0);
    stage_settle(&trial->rig->stage);
}

static struct trial of(void *state)
{
    struct rig *rig = state;
    rig_play(rig, "/as mara\n/dm\nhello"); /* known, and reachable */
    return (struct trial){.rig = rig, .parts = bot_selftest_parts(rig->stage.bot)};
}

static void assert_found(struct trial *trial, const char *what, const char *notice)
{
    try(trial);
    assert_string_equal(trial->last.what, what);
    const char *text = rig_heard(trial->rig, "room bridge");
    assert_non_null(text);
    if (!strstr(text, notice))
        fail_msg("not in it: \"%s\"\n%s", notice, text);
    rig_assert_quiet(trial->rig);
}

static void test_whole_it_is_silent(void **state)
{
    struct trial trial = of(*state);
    while (rig_heard(trial.rig, "dm mara"))
        continue;
    try(&trial);
    assert_int_equal(trial.last.failed, 0);
    assert_int_equal(trial.last.warned, 0);
    assert_string_equal(trial.last.what, "");
    assert_true(trial.last.at > 0);
    assert_null(rig_heard(trial.rig, "room bridge"));
    assert_null(rig_heard(trial.rig, "room harbor"));
    assert_null(rig_heard(trial.rig, "dm mara"));
    struct selftest kept;
    selftest_load(trial.rig->stage.ground.store, &kept);
    assert_int_equal(kept.at, trial.last.at);
    assert_string_equal(kept.what, "");
}

static void read_nothing(void *ctx, struct str text, struct safety_verdict *ret_verdict)
{
    (void)ctx, (void)text;
    *ret_verdict = (struct safety_verdict){.tier = 0};
}

static void read_everything(void *ctx, struct str text, struct safety_verdict *ret_verdict)
{
    (void)ctx, (void)text;
    *ret_verdict = (struct safety_verdict){.tier = 4};
}

static void test_a_reading_that_is_deaf(void **state)
{
    struct trial trial = of(*state);
    trial.parts.read = read_nothing;
    assert_found(&trial, "harbor: reading", "no longer read a known call");
}

static void test_a_reading_that_cries_at_everything(void **state)
{
    struct trial trial = of(*state);
    trial.parts.read = read_everything;
    assert_found(&trial, "harbor: reading", "no longer read a known call");
}

static struct str another_country(struct str country, struct str language, enum card_kind kind,
                                  unsigned wording)
{
    (void)country;
    return card_text(STR("IE"), language, kind, wording);
}

static struct str no_card(struct str country, struct str language, enum card_kind kind,
                          unsigned wording)
{
    (void)country, (void)language, (void)kind, (void)wording;
    return (struct str){0};
}

static void test_a_card_of_another_country(void **state)
{
    struct trial trial = of(*state);
    trial.parts.card = another_country;
    assert_found(&trial, "harbor: card", "the card with the crisis numbers");
}

static void test_a_card_that_is_empty(void **state)
{
    struct trial trial = of(*state);
    trial.parts.card = no_card;
    assert_found(&trial, "harbor: card", "the card with the crisis numbers");
}

static void test_every_country_has_its_cards(void **state)
{
    struct trial trial = of(*state);
    struct group *group = groups_at(trial.rig->stage.bot->groups, 0);
    struct str country;
    for (size_t i = 0; card_country_at(i, &country); i++) {
        group->country = country;
        try(&trial);
        assert_string_equal(trial.last.what, "");
    }
    group->country = (struct str){0};
    try(&trial);
    assert_string_equal(trial.last.what, "");
}

static void test_a_room_that_is_not_there(void **state)
{
    struct trial trial = of(*state);
    struct group *group = groups_at(trial.rig->stage.bot->groups, 0);
    group->alert_room.network = STR("gone");
    try(&trial);
    assert_string_equal(trial.last.what, "harbor: room");
    assert_int_equal(trial.last.failed, 1);
}

static void test_a_network_that_is_down(void **state)
{
    struct trial trial = of(*state);
    console_set_down(bot_network_at(trial.rig->stage.bot, 0), true);
    try(&trial);
    assert_string_equal(trial.last.what, "harbor: room, team");
    console_set_down(bot_network_at(trial.rig->stage.bot, 0), false);
    stage_settle(&trial.rig->stage);
    assert_non_null(rig_heard(trial.rig, "room bridge")); /* as soon as it can be said */
}

static void test_a_team_that_nobody_knows(void **state)
{
    struct trial trial = of(*state);
    struct group *group = groups_at(trial.rig->stage.bot->groups, 0);
    for (size_t i = 0; i < group->moderator_count; i++)
        group->moderators[i].member = 0;
    group->shift_count = 0;
    try(&trial);
    assert_string_equal(trial.last.what, "harbor: team, rota");
}

static void test_a_rota_with_a_hole_of_a_day(void **state)
{
    struct trial trial = of(*state);
    struct group *group = groups_at(trial.rig->stage.bot->groups, 0);
    struct groups_shift *kept = group->shifts;
    struct groups_shift shift = {.days = 1u << 4, .from_minutes = 0, .to_minutes = 600};
    group->shifts = &shift; /* on Fridays only, and it is Monday */
    group->shift_count = 1;
    assert_found(&trial, "harbor: rota", "nobody is on call within the next 24 hours");
    assert_int_equal(trial.last.failed, 0);
    assert_int_equal(trial.last.warned, 1);
    group->shifts = kept;
    group->shift_count = 0;
}

/* A text that is missing in every language, as after a bad translation. */
static void test_a_page_that_cannot_be_written(void **state)
{
    struct trial trial = of(*state);
    char path[256];
    (void)snprintf(path, sizeof path, "%s/text/en/alerts.cfg", trial.rig->folder);
    assert_int_equal(remove(path), 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs("choice-ack = \"I have it\";\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(bot_reload(trial.rig->stage.bot, 0, NULL), 0);
    trial.parts = bot_selftest_parts(trial.rig->stage.bot);
    assert_found(&trial, "harbor: page", "I can't write the page");
}

/* So many that wait that not even a call for help gets a place. */
static void test_a_lane_that_is_full(void **state)
{
    struct trial trial = of(*state);
    struct outbox *outbox = trial.rig->stage.bot->outbox;
    struct mooring_message message = {.struct_size = sizeof message,
                                      .flags = MOORING_SAY_CRISIS,
                                      .msgid = "commands.no",
                                      .to = {.group = {rig_group(trial.rig)}}};
    struct outbox_item item = {.message = &message, .plugin = STR("puppet")};
    console_set_down(bot_network_at(trial.rig->stage.bot, 0), true);
    int r = 0;
    for (size_t i = 0; i < 8000 && r == 0; i++)
        r = outbox_enqueue(outbox, &item, NULL);
    assert_int_equal(r, -ENOBUFS);
    assert_int_equal(selftest_run(&trial.parts, false, &trial.last), 0);
    assert_string_equal(trial.last.what, "harbor: lane");
    store_rollback(trial.rig->stage.ground.store);
    console_set_down(bot_network_at(trial.rig->stage.bot, 0), false);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)

int main(void)
{
    log_set_level(LOG_LEVEL_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(test_whole_it_is_silent),
        TEST(test_a_reading_that_is_deaf),
        TEST(test_a_reading_that_cries_at_everything),
        TEST(test_a_card_of_another_country),
        TEST(test_a_card_that_is_empty),
        TEST(test_every_country_has_its_cards),
        TEST(test_a_room_that_is_not_there),
        TEST(test_a_network_that_is_down),
        TEST(test_a_team_that_nobody_knows),
        TEST(test_a_rota_with_a_hole_of_a_day),
        TEST(test_a_page_that_cannot_be_written),
        TEST(test_a_lane_that_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
