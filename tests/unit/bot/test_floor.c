/* SPDX-License-Identifier: MIT */
/* test_floor.c: floor-only mode: how it is told, and how the bot goes over to another store and
 * takes with it what only memory knows. */
#include "rig.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/log.h"

/* Where the store is that the bot goes over to when it opens. */
struct other {
    char folder[64];
    bool is_closed; /* not yet */
    int tries;
};
static struct other other;

static int open_other(void *ctx, const struct clock *clock, struct store **ret_store,
                      struct error *error)
{
    static const unsigned char key[32] = {7};
    struct other *where = ctx;
    where->tries++;
    if (where->is_closed)
        return error_set(error, -EUCLEAN, "the database is damaged");
    struct store_options options = {.folder = where->folder, .clock = clock, .master_key = key};
    return store_open(&options, ret_store, error);
}

static int setup(void **state)
{
    static struct rig rig;
    rig_open(&rig, &(struct rig_options){.plugins = "crisis checkin"});
    other = (struct other){.folder = "/tmp/mooring-floor-XXXXXX"};
    assert_non_null(mkdtemp(other.folder));
    rig.stage.ground.open_store = open_other;
    rig.stage.ground.open_ctx = &other;
    log_set_level((enum log_level)(LOG_LEVEL_ERROR));
    *state = &rig;
    return 0;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int teardown(void **state)
{
    rig_teardown(state);
    assert_int_equal(nftw(other.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
    return 0;
}

static size_t heard(const struct rig *rig, const char *place, const char *part)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->stage.line_count; i++)
        count += strcmp(rig->stage.lines[i].place, place) == 0 &&
                 strstr(rig->stage.lines[i].text, part) != NULL;
    return count;
}

#define DAMAGED "/as ana\n/room harbor\n/fail torn-database\nI want to die"

static void test_damage_leads_to_a_store_that_is_whole(void **state)
{
    struct rig *rig = *state;
    other.is_closed = true;
    rig_play(rig, DAMAGED);
    assert_int_equal(heard(rig, "dm ana", "988"), 1);
    assert_true(heard(rig, "room bridge", "ALERT without a number") >= 1);
    assert_int_equal(heard(rig, "room bridge", "damaged"), 1);
    assert_int_equal(rig->stage.ground.stands_in, STORE_DAMAGED);
    assert_false(store_writable(rig->stage.ground.store));
    /* That one can be read: the moderators are known, and paged. */
    rig_play(rig, "/as ben\n/dm\n!sos");
    assert_int_equal(heard(rig, "dm ben", "988"), 1);
    assert_true(heard(rig, "dm mara", "ALERT without a number") >= 1);
}

static void test_the_calls_go_over_by_name(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, DAMAGED "\n/wait 20s");
    assert_int_equal(rig->stage.ground.stands_in, STORE_WELL);
    assert_true(store_writable(rig->stage.ground.store));
    assert_int_equal(
        heard(rig, "room bridge", "ALERT 1, tier 3, suicide, from ana in harbor, 08:55"), 1);
    assert_int_equal(heard(rig, "room bridge", "I can save again"), 1);
    assert_int_equal(heard(rig, "dm ana", "988"), 0); /* not a second time */
    struct mooring_alert_status status;
    assert_int_equal(alerts_status_of(rig->stage.bot->alerts, rig_member(rig, "ana"), &status), 0);
    rig_play(rig, "/as mara\n/room bridge\n!ack 1\n< room bridge: ALERT 1: [Mm]ara has it");
    rig_assert_quiet(rig);
}

static void test_it_is_tried_again_with_a_backoff(void **state)
{
    struct rig *rig = *state;
    other.is_closed = true;
    rig_play(rig, DAMAGED "\n/wait 10m");
    assert_true(other.tries >= 20 && other.tries <= 60);
    assert_int_equal(rig->stage.ground.stands_in, STORE_DAMAGED);
    other.is_closed = false;
    rig_play(rig, "/wait 20s");
    assert_int_equal(rig->stage.ground.stands_in, STORE_WELL);
}

static void test_an_event_is_not_handled_twice(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "I want to die");
    event.id = STR("$1");
    rig_play(rig, "/fail torn-database\n/as kim\n/dm\n!about");
    rig_bring(rig, &event, 1);
    assert_int_equal(heard(rig, "dm ana", "988"), 1);
    rig_bring(rig, &event, 1);
    assert_int_equal(heard(rig, "dm ana", "988"), 0);
    rig_play(rig, "/wait 20s");
    assert_int_equal(rig->stage.ground.stands_in, STORE_WELL);
    /* the network brings it once more, as after a cursor that could not be saved */
    stage_forget_lines(&rig->stage);
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->stage.line_count, 0);
}

static void assert_scraped(struct rig *rig, const char *floor_only, const char *writable)
{
    AUTO_BUF page;
    buf_init(&page, 256 * 1024);
    bot_refresh_metrics(rig->stage.bot);
    metrics_print(rig->stage.ground.metrics, &page);
    assert_false(page.failed);
    assert_non_null(strstr(page.ptr, floor_only));
    assert_non_null(strstr(page.ptr, writable));
}

/* The disk goes and comes back in the same store: begin and end are told, the line says why. */
static void test_it_is_told_while_it_lasts(void **state)
{
    struct rig *rig = *state;
    AUTO_BUF line;
    buf_init(&line, 1024);
    rig->stage.ground.open_store = NULL;
    rig_play(rig, "/as ana\n/dm\n/fail disk-full\ncheckin m6 c3 k8\n< dm ana: can't save anything\n"
                  "< room bridge: My disk is full");
    assert_false(bot_healthy(rig->stage.bot, &line));
    assert_non_null(strstr(line.ptr, "floor only"));
    assert_non_null(strstr(line.ptr, "the disk is full"));
    assert_scraped(rig, "\nmooring_floor_only 1\n", "\nmooring_store_writable 0\n");
    rig_play(rig, "/fail none\n/wait 20s\n< room bridge: can save again");
    buf_clear(&line);
    assert_true(bot_healthy(rig->stage.bot, &line));
    assert_scraped(rig, "\nmooring_floor_only 0\n", "\nmooring_store_writable 1\n");
}

/* An alert that was there before goes on being called out, and goes on by its own clock after. */
static void test_an_open_alert_is_still_paged(void **state)
{
    struct rig *rig = *state;
    rig->stage.ground.open_store = NULL;
    rig_play(rig, "/as ana\n/room harbor\nI want to die\n/fail disk-full\n/as ben\n/dm\n"
                  "checkin m6 c3 k8\n/wait 6m");
    assert_true(heard(rig, "room bridge", "ALERT 1, tier 3, suicide, from ana in harbor") >= 1);
    rig_play(rig, "/fail none\n/wait 20s\n/as mara\n/room bridge\n!ack 1\n"
                  "< room bridge: ALERT 1: [Mm]ara has it\n/wait 30m");
    assert_int_equal(heard(rig, "room bridge", "ALERT 1, tier 3"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_damage_leads_to_a_store_that_is_whole),
        TEST(test_the_calls_go_over_by_name),
        TEST(test_it_is_tried_again_with_a_backoff),
        TEST(test_an_event_is_not_handled_twice),
        TEST(test_it_is_told_while_it_lasts),
        TEST(test_an_open_alert_is_still_paged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
