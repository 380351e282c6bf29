/* SPDX-License-Identifier: MIT */
/* test_turn.c: one batch, one turn, one transaction; and the floor under it. */
#include "rig.h"

#include <errno.h>

#include "observe/log.h"
#include "store/events.h"
#include "store/internal.h"

#define CRISIS "I want to kill myself tonight"

static int open_rig(void **state, const char *plugins)
{
    return rig_setup_with(state, &(struct rig_options){.plugins = plugins});
}

static int setup(void **state)
{
    return open_rig(state, "puppet");
}

static int setup_with_crisis(void **state)
{
    return open_rig(state, "crisis puppet");
}

static int writes(struct puppet *puppet, const struct mooring_event *event, struct mooring_str args)
{
    int r = puppet->host->store->put(puppet->host->self,
                                     (struct mooring_owner){.kind = MOORING_OWN_PLUGIN},
                                     MOORING_STR("key"), MOORING_STR("value"), 0);
    if (r >= 0)
        r = rig_say(puppet, event, "done");
    return r < 0 ? r : args.len ? -EBADMSG : 0;
}

static void count_commit(void *ctx)
{
    ++*(int *)ctx;
}

/* ---- what costs nothing ---------------------------------------------------------------------- */

static void test_a_quiet_message_writes_nothing(void **state)
{
    struct rig *rig = *state;
    int commits = 0;
    rig_play(rig, "good morning everyone"); /* whatever a first message warms up */
    assert_int_equal(store_on_commit(rig->stage.ground.store, count_commit, &commits), 0);
    struct chat_event event = rig_event(rig, "ana", "harbor",
                                        "the meeting was good yesterday, thank you all");
    event.id = STR("$quiet");
    struct chat_batch batch = {
        .network = bot_network_at(rig->stage.bot, 0), .events = &event, .count = 1};
    struct arena *arena = host_arena(rig->stage.bot->host);
    struct inbox_item item;
    struct dispatch_route route;
    assert_int_equal(inbox_accept(rig->stage.bot->inbox, batch.network, &event, &item), 1);
    inbox_read(rig->stage.bot->inbox, &item);
    dispatch_route(rig->stage.bot->dispatch, &item, arena, &route);
    assert_int_equal(route.kind, DISPATCH_NOTHING);
    assert_int_equal(arena->used_bytes, 0);
    turn_run(rig->stage.bot->turn, &batch);
    rig_assert_quiet(rig);
    assert_int_equal(commits, 0);
    assert_int_equal(store_events_seen(rig->stage.ground.store, STR("console"), STR("$quiet")), 0);
    assert_int_equal(rig_member(rig, "ana"), 0);
}

/* After an absence many minutes are read at once. */
static void test_who_spoke_slowly_is_not_too_fast_when_read_late(void **state)
{
    struct rig *rig = *state;
    struct chat_event events[30];
    for (size_t i = 0; i < COUNT_OF(events); i++) {
        events[i] = rig_event(rig, "ana", "harbor", "!pull");
        events[i].sent_at -= (int64_t)(COUNT_OF(events) - i) * 3000;
    }
    struct chat_batch batch = {
        .network = bot_network_at(rig->stage.bot, 0), .events = events, .count = COUNT_OF(events)};
    assert_int_equal(turn_run(rig->stage.bot->turn, &batch), 0);
    assert_int_equal(rig->puppet->runs, 30);
    for (size_t i = 0; i < COUNT_OF(events); i++) /* a gap is read behind what came after it */
        events[i].flags |= CHAT_HISTORY;
    assert_int_equal(turn_run(rig->stage.bot->turn, &batch), 0);
    assert_int_equal(rig->puppet->runs, 60);
    for (size_t i = 0; i < COUNT_OF(events); i++) { /* and nobody's clock makes them slower */
        events[i] = rig_event(rig, "ben", "harbor", "!pull");
        events[i].sent_at += (int64_t)i * 60000;
    }
    assert_int_equal(turn_run(rig->stage.bot->turn, &batch), 0);
    assert_int_equal(rig->puppet->runs, 70);
    stage_settle(&rig->stage);
}

static void test_one_commit_a_batch(void **state)
{
    struct rig *rig = *state;
    int commits = 0;
    rig->puppet->run = writes;
    struct chat_event events[20];
    for (size_t i = 0; i < COUNT_OF(events); i++)
        events[i] = rig_event(rig, i % 2 ? "ana" : "ben", NULL, "!pull");
    struct chat_batch batch = {
        .network = bot_network_at(rig->stage.bot, 0), .events = events, .count = COUNT_OF(events)};
    assert_int_equal(store_on_commit(rig->stage.ground.store, count_commit, &commits), 0);
    turn_run(rig->stage.bot->turn, &batch);
    assert_int_equal(commits, 1);
    assert_int_equal(rig->puppet->runs, 20);
    rig_assert_quiet(rig);
    stage_settle(&rig->stage);
}

/* ---- cursors --------------------------------------------------------------------------------- */

static void assert_cursor(struct rig *rig, const char *expected)
{
    struct str cursor = {0};
    struct arena arena;
    arena_init(&arena, 0);
    assert_int_equal(store_events_get_cursor(rig->stage.ground.store, STR("console"),
                                             (struct str){0}, &arena, &cursor),
                     0);
    assert_true(str_eq_c(cursor, expected));
    arena_done(&arena);
}

static void test_the_cursor_is_committed_with_the_effects(void **state)
{
    struct rig *rig = *state;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    struct chat_batch batch = {.network = bot_network_at(rig->stage.bot, 0),
                               .events = &event,
                               .count = 1,
                               .cursor = STR("s1")};
    turn_run(rig->stage.bot->turn, &batch);
    rig_play(rig, "/kill");
    assert_cursor(rig, "s1");
}

static void test_a_quiet_cursor_is_saved_once_a_second(void **state)
{
    struct rig *rig = *state;
    int commits = 0;
    rig_play(rig, "/wait 5s");
    struct chat_event event = rig_event(rig, "ana", "harbor", "good morning");
    struct chat_batch batch = {.network = bot_network_at(rig->stage.bot, 0),
                               .events = &event,
                               .count = 1,
                               .cursor = STR("s1")};
    assert_int_equal(store_on_commit(rig->stage.ground.store, count_commit, &commits), 0);
    for (int i = 0; i < 50; i++)
        turn_run(rig->stage.bot->turn, &batch);
    assert_int_equal(commits, 1);
    rig_play(rig, "/wait 1s");
    turn_run(rig->stage.bot->turn, &batch);
    assert_int_equal(commits, 2);
}

/* ---- what fails ------------------------------------------------------------------------------ */

static int lose_store(struct puppet *puppet, const struct mooring_event *event,
                      struct mooring_str args)
{
    struct rig *rig = puppet->ctx;
    (void)event;
    if (args.len)
        return writes(puppet, event, (struct mooring_str){0});
    /* As when SQLite gives up on this one event alone, and it is not the disk. */
    int r = writes(puppet, event, (struct mooring_str){0});
    if (store_in_transaction(rig->stage.ground.store))
        assert_int_equal(sqlite3_exec(rig->stage.ground.store->db, "ROLLBACK", NULL, NULL, NULL),
                         SQLITE_OK);
    return r;
}

static void test_one_bad_event_does_not_take_the_others_answers(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = lose_store;
    rig->puppet->ctx = rig;
    struct chat_event events[] = {rig_event(rig, "ana", "harbor", "!pull good"),
                                  rig_event(rig, "ben", "harbor", "!pull"),
                                  rig_event(rig, "cleo", "harbor", "!pull good")};
    rig_bring(rig, events, 3);
    int answers = 0;
    for (const char *heard = rig_heard(rig, "room harbor"); heard;
         heard = rig_heard(rig, "room harbor"))
        answers += strstr(heard, "said done") != NULL;
    assert_int_equal(answers, 2);
    rig_assert_quiet(rig);
}

static int64_t buried(struct rig *rig)
{
    return rig_metric(rig, "mooring_events_buried_total", NULL, "");
}

static void test_what_fails_twice_is_buried_and_the_cursor_moves_on(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = lose_store;
    rig->puppet->ctx = rig;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    event.id = STR("$bad");
    struct chat_batch batch = {.network = bot_network_at(rig->stage.bot, 0),
                               .events = &event,
                               .count = 1,
                               .cursor = STR("s9")};
    log_set_level(LOG_LEVEL_ERROR);
    turn_run(rig->stage.bot->turn, &batch);
    assert_int_equal(buried(rig), 1);
    assert_int_equal(rig->puppet->runs, 2);
    rig_assert_quiet(rig);
    assert_cursor(rig, "s9");
}

static void test_the_cursor_never_moves_over_what_was_not_handled(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = lose_store;
    rig->puppet->ctx = rig;
    struct chat_event events[] = {rig_event(rig, "ana", "harbor", "!pull good"),
                                  rig_event(rig, "ben", "harbor", "!pull")};
    struct chat_batch batch = {.network = bot_network_at(rig->stage.bot, 0),
                               .events = events,
                               .count = 2,
                               .cursor = STR("s9")};
    log_set_level(LOG_LEVEL_ERROR);
    turn_run(rig->stage.bot->turn, &batch);
    /* With the disk full for good not even the burial is written: then the cursor stays. */
    store_inject(rig->stage.ground.store, STORE_FAULT_DISK_FULL);
    batch.cursor = STR("s10");
    turn_run(rig->stage.bot->turn, &batch);
    store_inject(rig->stage.ground.store, STORE_FAULT_NONE);
    assert_cursor(rig, "s9");
}

/* While the last event of a batch is still to be handled, the cursor of that batch is not there. */
static int look_for_cursor(struct puppet *puppet, const struct mooring_event *event,
                           struct mooring_str args)
{
    struct rig *rig = puppet->ctx;
    struct str cursor;
    struct arena arena;
    arena_init(&arena, 0);
    if (args.len == 0)
        assert_int_equal(store_events_get_cursor(rig->stage.ground.store, STR("console"),
                                                 (struct str){0}, &arena, &cursor),
                         -ENOENT);
    arena_done(&arena);
    return lose_store(puppet, event, args);
}

static void test_one_by_one_the_cursor_waits_for_the_last(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = look_for_cursor;
    rig->puppet->ctx = rig;
    struct chat_event events[] = {rig_event(rig, "ana", "harbor", "!pull good"),
                                  rig_event(rig, "ben", "harbor", "!pull")};
    struct chat_batch batch = {.network = bot_network_at(rig->stage.bot, 0),
                               .events = events,
                               .count = 2,
                               .cursor = STR("s9")};
    log_set_level(LOG_LEVEL_ERROR);
    turn_run(rig->stage.bot->turn, &batch);
    assert_int_equal(rig->puppet->runs, 4);
    assert_cursor(rig, "s9");
}

/* Somewhere below memory was short, and whoever noticed could not say so. */
static int short_of_memory(struct puppet *puppet, const struct mooring_event *event,
                           struct mooring_str args)
{
    if (puppet->runs == 1 || args.len)
        mem_note_shortage();
    return writes(puppet, event, (struct mooring_str){0});
}

static void test_a_turn_that_was_short_of_memory_runs_again(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = short_of_memory;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    log_set_level(LOG_LEVEL_ERROR);
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 2);
    assert_non_null(rig_heard(rig, "room harbor"));
    assert_null(rig_heard(rig, "room harbor"));
    assert_int_equal(buried(rig), 0);
    assert_int_equal(mem_shortages(), 0);
    rig_assert_quiet(rig);
}

static void test_a_turn_that_stays_short_of_memory_leaves_nothing(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = short_of_memory;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull always");
    log_set_level(LOG_LEVEL_ERROR);
    rig_bring(rig, &event, 1);
    assert_int_equal(rig->puppet->runs, 2);
    assert_null(rig_heard(rig, "room harbor"));
    assert_int_equal(buried(rig), 1);
    rig_assert_quiet(rig);
}

/* ---- the floor ------------------------------------------------------------------------------- */

static void assert_helped(struct rig *rig)
{
    bool card = false, page = false;
    for (size_t i = 0; i < rig->stage.line_count; i++) {
        const struct stage_line *line = &rig->stage.lines[i];
        card = card || (strcmp(line->place, "dm ana") == 0 && strstr(line->text, "988"));
        page = page || strcmp(line->place, "room bridge") == 0;
        assert_null(strstr(line->text, CRISIS));
        assert_string_not_equal(line->place, "room harbor"); /* the room sees nothing at all */
    }
    assert_true(card);
    assert_true(page);
}

static size_t cards(const struct rig *rig)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->stage.line_count; i++)
        count += strcmp(rig->stage.lines[i].place, "dm ana") == 0 &&
                 strstr(rig->stage.lines[i].text, "988");
    return count;
}

static void test_the_floor_without_the_crisis_plugin(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, CRISIS);
    assert_helped(rig);
}

static void test_the_floor_when_the_crisis_plugin_fails(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/fail plugin crisis\n" CRISIS);
    assert_helped(rig);
    assert_int_equal(cards(rig), 1);
}

static void test_the_floor_when_the_crisis_plugin_is_in_quarantine(void **state)
{
    struct rig *rig = *state;
    log_set_level(LOG_LEVEL_ERROR);
    rig_play(rig, "/fail plugin crisis\n/as ben\n/dm\none\ntwo\nthree\nfour\nfive");
    rig_play(rig, "/as ana\n/room harbor\n" CRISIS);
    assert_helped(rig);
}

static void test_with_the_crisis_plugin(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, CRISIS);
    assert_helped(rig);
}

static void broken_store(struct rig *rig, const char *fault)
{
    log_set_level(LOG_LEVEL_ERROR);
    rig_play(rig, "hello"); /* the room is known */
    rig_play(rig, fault);
    struct chat_event event = rig_event(rig, "ana", "harbor", CRISIS);
    event.id = STR("$cry");
    rig_bring(rig, &event, 1);
    assert_helped(rig);
    assert_int_equal(cards(rig), 1);
    /* A cursor that cannot move brings it again: it was answered. */
    rig_bring(rig, &event, 1);
    assert_int_equal(cards(rig), 0);
    rig_assert_quiet(rig);
}

static void test_the_floor_with_a_full_disk(void **state)
{
    broken_store(*state, "/fail disk-full");
}

static void test_the_floor_with_a_read_only_disk(void **state)
{
    broken_store(*state, "/fail read-only");
}

static void test_sos_with_a_full_disk(void **state)
{
    struct rig *rig = *state;
    log_set_level(LOG_LEVEL_ERROR);
    rig_play(rig, "/fail disk-full\n!sos");
    assert_helped(rig);
}

/* A plugin that does not look whether its write worked. */
static int claims(struct puppet *puppet, const struct mooring_event *event, struct mooring_str args)
{
    (void)writes(puppet, event, args);
    return rig_say(puppet, event, "done");
}

static void test_nobody_hears_that_it_is_done_when_it_is_not(void **state)
{
    struct rig *rig = *state;
    log_set_level(LOG_LEVEL_ERROR);
    rig->puppet->run = claims;
    rig_play(rig, "!pull\n/fail disk-full\n!pull\n!pull\n! room harbor: said done\n"
                  "< room harbor: can't save");
}

static void test_after_a_full_disk_all_is_as_before(void **state)
{
    struct rig *rig = *state;
    log_set_level(LOG_LEVEL_ERROR);
    rig->puppet->run = writes;
    rig_play(rig, "/fail disk-full\n!pull\n! room harbor: said done\n< room harbor: can't save\n"
                  "/fail none\n/wait 20s\n!pull\n< room harbor: said done");
}

static int cry_then_fail(struct puppet *puppet, const struct mooring_event *event)
{
    (void)event;
    struct rig *rig = puppet->ctx;
    store_inject(rig->stage.ground.store, STORE_FAULT_DISK_FULL);
    int r = puppet->host->store->put(puppet->host->self,
                                     (struct mooring_owner){.kind = MOORING_OWN_PLUGIN},
                                     MOORING_STR("k"), MOORING_STR("v"), 0);
    return r < 0 ? r : -EBADMSG;
}

static void test_a_crisis_in_a_batch_that_fails_is_answered(void **state)
{
    struct rig *rig = *state;
    log_set_level(LOG_LEVEL_ERROR);
    rig->puppet->ctx = rig;
    rig->puppet->message = cry_then_fail;
    struct chat_event events[] = {rig_event(rig, "ben", "harbor", "!pull"),
                                  rig_event(rig, "ana", "harbor", CRISIS)};
    rig_bring(rig, events, 2);
    assert_helped(rig);
    assert_int_equal(cards(rig), 1);
}

/* ---- other work ------------------------------------------------------------------------------ */

static int fail_work(void *ctx)
{
    struct store *store = ctx;
    assert_int_equal(store_meta_put(store, STR("test"), STR("x")), 0);
    return -EDOM;
}

static void test_a_turn_that_fails_leaves_nothing(void **state)
{
    struct rig *rig = *state;
    struct str value;
    struct arena arena;
    arena_init(&arena, 0);
    assert_int_equal(turn_call(rig->stage.bot->turn, fail_work, rig->stage.ground.store), -EDOM);
    assert_int_equal(store_meta_get(rig->stage.ground.store, STR("test"), &arena, &value), -ENOENT);
    rig_assert_quiet(rig);
    arena_done(&arena);
}

#define TEST(name)        cmocka_unit_test_setup_teardown(name, setup, rig_teardown)
#define CRISIS_TEST(name) cmocka_unit_test_setup_teardown(name, setup_with_crisis, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_quiet_message_writes_nothing),
        TEST(test_who_spoke_slowly_is_not_too_fast_when_read_late),
        TEST(test_one_commit_a_batch),
        TEST(test_the_cursor_is_committed_with_the_effects),
        TEST(test_a_quiet_cursor_is_saved_once_a_second),
        TEST(test_one_bad_event_does_not_take_the_others_answers),
        TEST(test_what_fails_twice_is_buried_and_the_cursor_moves_on),
        TEST(test_the_cursor_never_moves_over_what_was_not_handled),
        TEST(test_one_by_one_the_cursor_waits_for_the_last),
        TEST(test_a_turn_that_was_short_of_memory_runs_again),
        TEST(test_a_turn_that_stays_short_of_memory_leaves_nothing),
        TEST(test_the_floor_without_the_crisis_plugin),
        CRISIS_TEST(test_with_the_crisis_plugin),
        CRISIS_TEST(test_the_floor_when_the_crisis_plugin_fails),
        CRISIS_TEST(test_the_floor_when_the_crisis_plugin_is_in_quarantine),
        TEST(test_the_floor_with_a_full_disk),
        CRISIS_TEST(test_the_floor_with_a_full_disk),
        TEST(test_the_floor_with_a_read_only_disk),
        CRISIS_TEST(test_the_floor_with_a_read_only_disk),
        CRISIS_TEST(test_sos_with_a_full_disk),
        TEST(test_nobody_hears_that_it_is_done_when_it_is_not),
        TEST(test_after_a_full_disk_all_is_as_before),
        TEST(test_a_crisis_in_a_batch_that_fails_is_answered),
        TEST(test_a_turn_that_fails_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
