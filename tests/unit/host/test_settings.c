/* SPDX-License-Identifier: MIT */
/* test_settings.c: whose value counts and where it comes from; lists by language and country; a
 * group's own facts. */
#include "rig.h"

#include <errno.h>
#include <sys/stat.h>

static int64_t integer(struct rig *rig, const char *name)
{
    const struct mooring_host *host = rig->puppet->host;
    int64_t value = -1;
    assert_int_equal(
        host->settings->integer(host->self, (struct mooring_group){rig_group(rig)}, name, &value),
        0);
    return value;
}

static enum host_origin origin(struct rig *rig, const char *option, char where[64])
{
    struct str value, place;
    enum host_origin from = HOST_ORIGIN_DEFAULT;
    struct host *host = rig->stage.bot->host;
    assert_int_equal(host_setting(host, rig_group(rig), STR("puppet"), str_of(option),
                                  host_arena(host), &value, &from, &place),
                     0);
    str_to_c(place, where, 64);
    return from;
}

static void test_the_default(void **state)
{
    struct rig rig;
    char where[64];
    (void)state;
    rig_open(&rig, &(struct rig_options){0});
    assert_int_equal(integer(&rig, "level"), 3);
    assert_int_equal(origin(&rig, "level", where), HOST_ORIGIN_DEFAULT);
    rig_close(&rig);
}

static void test_the_plugins_own_section(void **state)
{
    struct rig rig;
    char where[64];
    (void)state;
    rig_open(&rig, &(struct rig_options){.more = "puppet = { level = 4; };\n"});
    assert_int_equal(integer(&rig, "level"), 4);
    assert_int_equal(origin(&rig, "level", where), HOST_ORIGIN_PLUGIN);
    assert_string_equal(where, "mooring.cfg:11");
    rig_close(&rig);
}

static void test_the_groups_section_wins(void **state)
{
    struct rig rig;
    char where[64];
    (void)state;
    rig_open(&rig, &(struct rig_options){.group = "puppet = { level = 5; };",
                                         .more = "puppet = { level = 4; };\n"});
    assert_int_equal(integer(&rig, "level"), 5);
    assert_int_equal(origin(&rig, "level", where), HOST_ORIGIN_GROUP);
    assert_string_equal(where, "mooring.cfg:7");
    rig_close(&rig);
}

static void test_a_command_wins_over_all(void **state)
{
    struct rig rig;
    char where[64];
    (void)state;
    rig_open(&rig, &(struct rig_options){.group = "puppet = { level = 5; };",
                                         .more = "puppet = { level = 4; };\n"});
    rig_play(
        &rig,
        "/as mara\n/room bridge\n!group set puppet.level 6\n< room bridge: puppet.level is 6 now");
    assert_int_equal(integer(&rig, "level"), 6);
    assert_int_equal(origin(&rig, "level", where), HOST_ORIGIN_COMMAND);
    rig_play(&rig, "/kill");
    assert_int_equal(integer(&rig, "level"), 6);
    rig_play(&rig, "!undo\n< room bridge: Taken back");
    assert_int_equal(integer(&rig, "level"), 5);
    rig_close(&rig);
}

static void test_without_a_group_only_the_plugins_section_counts(void **state)
{
    struct rig rig;
    int64_t value = 0;
    (void)state;
    rig_open(&rig, &(struct rig_options){.group = "puppet = { level = 5; };",
                                         .more = "puppet = { level = 4; };\n"});
    const struct mooring_host *host = rig.puppet->host;
    assert_int_equal(
        host->settings->integer(host->self, (struct mooring_group){0}, "level", &value), 0);
    assert_int_equal(value, 4);
    rig_close(&rig);
}

static void test_kinds(void **state)
{
    struct rig rig;
    struct mooring_str text;
    int64_t value;
    (void)state;
    rig_open(&rig, &(struct rig_options){.group = "puppet = { at = \"21:30\"; loud = true; };"});
    const struct mooring_host *host = rig.puppet->host;
    const struct mooring_group group = {rig_group(&rig)};
    assert_int_equal(integer(&rig, "at"), 21 * 60 + 30);
    assert_int_equal(integer(&rig, "loud"), 1);
    assert_int_equal(host->settings->text(host->self, group, "at", &text), 0);
    assert_true(str_eq_c(abi_take(text), "21:30"));
    assert_int_equal(host->settings->text(host->self, group, "fixed", &text), 0);
    assert_true(str_eq_c(abi_take(text), "stone"));
    assert_true(host->settings->integer(host->self, group, "fixed", &value) < 0);
    assert_int_equal(host->settings->integer(host->self, group, "nothing", &value), -ENOENT);
    rig_close(&rig);
}

static void test_what_a_group_is(void **state)
{
    static const char *const pairs[][2] = {{"group.zone", "America/New_York"},
                                           {"group.country", "US"},
                                           {"group.language", "en"},
                                           {"group.title", "Harbor"},
                                           {"group.name", "harbor"}};
    struct rig rig;
    struct mooring_str text;
    (void)state;
    rig_open(&rig, &(struct rig_options){0});
    const struct mooring_host *host = rig.puppet->host;
    for (size_t i = 0; i < COUNT_OF(pairs); i++) {
        assert_int_equal(host->settings->text(host->self, (struct mooring_group){rig_group(&rig)},
                                              pairs[i][0], &text),
                         0);
        assert_true(str_eq_c(abi_take(text), pairs[i][1]));
    }
    assert_int_equal(host->settings->text(host->self, (struct mooring_group){rig_group(&rig)},
                                          "group.secret", &text),
                     -ENOENT);
    assert_int_equal(
        host->settings->text(host->self, (struct mooring_group){0}, "group.zone", &text), -ENOENT);
    rig_close(&rig);
}

/* ---- lists of content ------------------------------------------------------------------------ */

static void write_content(struct rig *rig, const char *name, const char *text)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/puppet", rig->folder);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/puppet/%s.cfg", rig->folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

struct collected {
    struct puppet *puppet;
    char text[256];
};

static int collect(void *ctx, struct mooring_record record)
{
    struct collected *all = ctx;
    struct mooring_str text;
    size_t used = strlen(all->text);
    assert_int_equal(
        all->puppet->host->settings->field(all->puppet->host->self, record, "text", &text), 0);
    assert_int_equal(
        all->puppet->host->settings->field(all->puppet->host->self, record, "colour", &text),
        -ENOENT);
    assert_int_equal(
        all->puppet->host->settings->field(all->puppet->host->self, record, "text", &text), 0);
    (void)snprintf(all->text + used, sizeof all->text - used, "%.*s ", (int)text.len, text.ptr);
    return 0;
}

static void assert_list(struct rig *rig, const char *list, int count, const char *expected)
{
    struct collected all = {.puppet = rig->puppet};
    const struct mooring_host *host = rig->puppet->host;
    assert_int_equal(host->settings->each(host->self, (struct mooring_group){rig_group(rig)}, list,
                                          collect, &all),
                     count);
    assert_string_equal(all.text, expected);
    host_turn_end(rig->stage.bot->host, true);
}

static void test_a_list_in_the_groups_language(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, &(struct rig_options){0});
    write_content(&rig, "en", "words = ( { text = \"calm\"; }, { text = \"tide\"; } );\n");
    assert_list(&rig, "words", 2, "calm tide ");
    rig_close(&rig);
}

static void test_a_list_by_country(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, &(struct rig_options){0});
    write_content(&rig, "north",
                  "countries = [\"CA\", \"US\"];\nlines = ( { text = \"988\"; } );\n");
    write_content(&rig, "rest", "countries = [\"XX\"];\nlines = ( { text = \"112\"; } );\n");
    assert_list(&rig, "lines", 1, "988 ");
    rig_close(&rig);
}

static void test_a_country_that_no_file_has_falls_back(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, &(struct rig_options){0});
    write_content(&rig, "rest", "countries = [\"XX\"];\nlines = ( { text = \"112\"; } );\n");
    assert_list(&rig, "lines", 1, "112 ");
    rig_close(&rig);
}

static void test_no_file_is_an_empty_list(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, &(struct rig_options){0});
    assert_list(&rig, "words", 0, "");
    assert_list(&rig, "lines", 0, "");
    rig_close(&rig);
}

static void test_a_reload_reads_the_lists_again(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, &(struct rig_options){0});
    write_content(&rig, "en", "words = ( { text = \"calm\"; } );\n");
    assert_list(&rig, "words", 1, "calm ");
    write_content(&rig, "en", "words = ( { text = \"storm\"; } );\n");
    assert_list(&rig, "words", 1, "calm ");
    rig_play(&rig, "/as mara\n/room bridge\n!reload\n< room bridge: new configuration holds");
    assert_list(&rig, "words", 1, "storm ");
    rig_close(&rig);
}

static void test_only_lists_are_walked(void **state)
{
    struct rig rig;
    (void)state;
    rig_open(&rig, &(struct rig_options){0});
    const struct mooring_host *host = rig.puppet->host;
    struct collected all = {.puppet = rig.puppet};
    assert_int_equal(host->settings->each(host->self, (struct mooring_group){rig_group(&rig)},
                                          "level", collect, &all),
                     -ENOENT);
    assert_int_equal(host->settings->each(host->self, (struct mooring_group){rig_group(&rig)},
                                          "nothing", collect, &all),
                     -ENOENT);
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_default),
        cmocka_unit_test(test_the_plugins_own_section),
        cmocka_unit_test(test_the_groups_section_wins),
        cmocka_unit_test(test_a_command_wins_over_all),
        cmocka_unit_test(test_without_a_group_only_the_plugins_section_counts),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_what_a_group_is),
        cmocka_unit_test(test_a_list_in_the_groups_language),
        cmocka_unit_test(test_a_list_by_country),
        cmocka_unit_test(test_a_country_that_no_file_has_falls_back),
        cmocka_unit_test(test_no_file_is_an_empty_list),
        cmocka_unit_test(test_a_reload_reads_the_lists_again),
        cmocka_unit_test(test_only_lists_are_walked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
