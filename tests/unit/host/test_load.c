/* SPDX-License-Identifier: MIT */
/* test_load.c: which plugins are refused and with what sentence; grants; data versions; unloading.
 */
#include "rig.h"

#include <errno.h>

#include "observe/log.h"

/* ---- refusals -------------------------------------------------------------------------------- */

struct told {
    char text[4096];
    size_t count;
};

static void tell(void *ctx, const struct error *mistake)
{
    struct told *told = ctx;
    size_t used = strlen(told->text);
    (void)snprintf(told->text + used, sizeof told->text - used, "%s\n", mistake->text);
    told->count++;
}

/* Loads a configuration that names these plugins, as mooring check does. */
static void assert_refused(const char *plugins, const char *sentence)
{
    struct rig rig;
    struct told told = {0};
    struct setup *setup = NULL;
    rig_write(&rig, &(struct rig_options){.plugins = plugins});
    struct zones *zones = zones_create(NULL);
    assert_true(setup_load(rig.config, zones, tell, &told, &setup) < 0);
    zones_destroy(zones);
    rig_remove(&rig);
    if (told.count != 1 || !strstr(told.text, sentence))
        fail_msg("\"%s\" told %zu: %s", plugins, told.count, told.text);
}

static void test_a_missing_file(void **state)
{
    (void)state;
    assert_refused("absent", "plugin \"absent\" cannot be loaded");
}

static void test_no_entry(void **state)
{
    (void)state;
    assert_refused("no-entry", "plugin \"no-entry\": it does not export mooring_plugin_entry");
}

static void test_another_major_version(void **state)
{
    (void)state;
    assert_refused(
        "other-major",
        "was built for version 2 of the plugin interface, this is version 1: build it again");
}

static void test_a_wrong_name(void **state)
{
    (void)state;
    assert_refused("misnamed",
                   "plugin \"misnamed\" calls itself \"somebody\": file and name must be the same");
}

static void test_an_entry_that_returns_nothing(void **state)
{
    (void)state;
    assert_refused("unwilling",
                   "plugin \"unwilling\" cannot work with version 1.1 of the plugin interface");
}

static void test_a_short_descriptor(void **state)
{
    (void)state;
    assert_refused("too-short", "plugin \"too-short\": its descriptor is too short");
}

static void test_named_twice(void **state)
{
    (void)state;
    assert_refused("puppet puppet", "plugin \"puppet\" is named twice");
}

static void test_names_that_are_none(void **state)
{
    static const char *const names[] = {"Puppet", "p", "../puppet", "2nd", "with_underscore"};
    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        assert_refused(names[i], "a plugin's name must match [a-z][a-z0-9-]{1,30}");
}

static void test_the_sections_of_a_missing_plugin_are_no_mistakes_of_their_own(void **state)
{
    struct rig rig;
    struct told told = {0};
    struct setup *setup = NULL;
    (void)state;
    rig_write(&rig, &(struct rig_options){.plugins = "absent",
                                          .group = "absent = { level = 3; };",
                                          .more = "absent = { level = 1; };\n"});
    struct zones *zones = zones_create(NULL);
    assert_true(setup_load(rig.config, zones, tell, &told, &setup) < 0);
    zones_destroy(zones);
    rig_remove(&rig);
    if (told.count != 1)
        fail_msg("%s", told.text);
}

static void test_a_plugin_that_cannot_start_stops_the_start(void **state)
{
    struct rig rig;
    struct error error = {0};
    struct setup *setup = NULL;
    struct bot *bot = NULL;
    (void)state;
    rig_write(&rig, &(struct rig_options){.plugins = "no-start"});
    struct bot_ground ground;
    struct bot_ground_options options = {.virtual_at = RIG_START_AT};
    log_set_level(LOG_LEVEL_ERROR);
    assert_int_equal(bot_ground_open(&ground, &options, &error), 0);
    assert_int_equal(setup_load(rig.config, ground.zones, NULL, NULL, &setup), 0);
    assert_int_equal(bot_create(&ground, rig.config, setup, &bot, &error), -EIO);
    assert_non_null(strstr(error.text, "plugin \"no-start\" could not start"));
    assert_null(bot);
    bot_ground_close(&ground);
    rig_remove(&rig);
}

/* ---- what is lent ---------------------------------------------------------------------------- */

static int setup(void **state)
{
    return rig_setup_with(
        state, &(struct rig_options){
                   .plugins = "puppet shadow",
                   .more = "grants = ( { plugin = \"puppet\"; hosts = [\"example.org\"]; } );"});
}

static void test_what_was_not_asked_for_is_not_lent(void **state)
{
    struct rig *rig = *state;
    const struct mooring_host *host = rig->shadow->host;
    assert_non_null(host->say);
    assert_non_null(host->store);
    assert_null(host->ask);
    assert_null(host->people);
    assert_null(host->series);
    assert_null(host->timer);
    assert_null(host->http);
    assert_null(host->work);
    assert_null(host->alerts);
    assert_null(host->safety);
    assert_null(host->audit);
}

static void test_some_services_are_always_there(void **state)
{
    struct rig *rig = *state;
    const struct mooring_host *host = rig->shadow->host;
    assert_non_null(host->log);
    assert_non_null(host->clock);
    assert_non_null(host->settings);
    assert_non_null(host->text);
    assert_int_equal(host->abi_major, MOORING_ABI_MAJOR);
    assert_int_equal(host->call_budget_ms, 50);
    assert_int_equal(host->struct_size, sizeof *host);
}

static void test_all_that_was_asked_for_is_lent(void **state)
{
    struct rig *rig = *state;
    const struct mooring_host *host = rig->puppet->host;
    assert_true(host->say && host->ask && host->people && host->series && host->store &&
                host->timer && host->http && host->work && host->alerts && host->safety &&
                host->audit);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void test_starting_arranges_each_group(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(rig->puppet->inits, 1);
    assert_int_equal(rig->puppet->groups, 1);
}

static void test_a_restart_ends_one_life_and_begins_another(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/restart");
    assert_int_equal(rig->puppet->finis, 1);
    assert_int_equal(rig->puppet->inits, 2);
}

static void test_a_setting_changed_by_command_is_told(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/as mara\n/room bridge\n!group set puppet.level 5");
    assert_int_equal(rig->puppet->reloads, 2); /* the start's, and this */
    assert_int_equal(rig->puppet->groups, 2);
}

static int set_volatile(struct puppet *puppet, const struct mooring_event *event,
                        struct mooring_str args)
{
    const struct mooring_when when = {
        .struct_size = sizeof when, .flags = MOORING_WHEN_VOLATILE, .at = event->sent_at + 60000};
    (void)args;
    return puppet->host->timer->set(puppet->host->self,
                                    (struct mooring_owner){.kind = MOORING_OWN_PLUGIN},
                                    MOORING_STR("tick"), &when);
}

static void test_unloading_drops_volatile_timers(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = set_volatile;
    rig_play(rig, "!pull\n/wait 30s\n/restart\n/wait 5m");
    assert_int_equal(rig->puppet->timers, 0);
    rig_play(rig, "!pull\n/wait 5m");
    assert_int_equal(rig->puppet->timers, 1);
}

static int never(struct puppet *puppet, uint32_t from_version)
{
    (void)puppet;
    return from_version ? -EIO : 0;
}

static void test_data_of_this_version_is_not_migrated(void **state)
{
    struct rig *rig = *state;
    rig->puppet->migrate = never;
    rig_play(rig, "/restart");
    assert_int_equal(rig->puppet->inits, 2);
}

static void set_data_version(struct rig *rig, const char *version)
{
    struct store *store = rig->stage.ground.store;
    assert_int_equal(store_meta_put(store, STR("plugin-data/puppet"), str_of(version)), 0);
    assert_true(store_commit(store) >= 0);
}

static int note_version(struct puppet *puppet, uint32_t from_version)
{
    *(uint32_t *)puppet->ctx = *(uint32_t *)puppet->ctx * 10 + from_version + 1;
    return 0;
}

static void test_older_data_is_brought_up_step_by_step(void **state)
{
    struct rig *rig = *state;
    uint32_t versions = 0;
    set_data_version(rig, "0");
    rig->puppet->ctx = &versions;
    rig->puppet->migrate = note_version;
    rig_play(rig, "/restart\n/restart");
    assert_int_equal(versions, 1); /* once, from 0 */
}

static void test_newer_data_is_refused(void **state)
{
    struct rig *rig = *state;
    set_data_version(rig, "7");
    const char *why = rig_refused(rig, "/restart");
    assert_non_null(strstr(why, "stored data is of a newer version (7) than it knows (1)"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_missing_file),
        cmocka_unit_test(test_no_entry),
        cmocka_unit_test(test_another_major_version),
        cmocka_unit_test(test_a_wrong_name),
        cmocka_unit_test(test_an_entry_that_returns_nothing),
        cmocka_unit_test(test_a_short_descriptor),
        cmocka_unit_test(test_named_twice),
        cmocka_unit_test(test_names_that_are_none),
        cmocka_unit_test(test_the_sections_of_a_missing_plugin_are_no_mistakes_of_their_own),
        cmocka_unit_test(test_a_plugin_that_cannot_start_stops_the_start),
        TEST(test_what_was_not_asked_for_is_not_lent),
        TEST(test_some_services_are_always_there),
        TEST(test_all_that_was_asked_for_is_lent),
        TEST(test_starting_arranges_each_group),
        TEST(test_a_restart_ends_one_life_and_begins_another),
        TEST(test_a_setting_changed_by_command_is_told),
        TEST(test_unloading_drops_volatile_timers),
        TEST(test_data_of_this_version_is_not_migrated),
        TEST(test_older_data_is_brought_up_step_by_step),
        TEST(test_newer_data_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
