/* SPDX-License-Identifier: MIT */
/* test_settings.c: values, defaults and places of a good file; content files; single values. */
#include "files.h"

#include <errno.h>

static const char good[] = "networks = (\n"
                           "  { name = \"libera\"; kind = \"irc\"; host = \"irc.libera.chat\"; "
                           "nicks = [\"a\", \"b\"]; },\n"
                           "  { name = \"home\"; kind = \"console\"; }\n"
                           ");\n"
                           "groups = (\n"
                           "  { name = \"harbor\"; zone = \"America/New_York\"; country = \"US\";\n"
                           "    rooms = ( { network = \"libera\"; room = \"#harbor\"; } );\n"
                           "    moderators = ( { network = \"libera\"; account = \"mara\"; } );\n"
                           "    on_call = ( { who = \"mara\"; from = \"17:00\"; } );\n"
                           "    checkin = { prompt_at = \"10:30\"; private = false; };\n"
                           "    meetings = ( { title = \"Evening IOP\"; at = \"18:00\"; } );\n"
                           "  }\n"
                           ");\n"
                           "checkin = { history_days = 30; };\n";

static struct settings *load_good(void **state)
{
    struct files *files = *state;
    struct settings *settings = NULL;
    int r = files_load(files, good, &settings);
    if (files->mistake_count)
        print_error("%s\n", files->mistakes[0]);
    assert_int_equal(r, 0);
    return settings;
}

static void assert_text(struct str actual, const char *expected)
{
    char text[512];
    assert_true(str_to_c(actual, text, sizeof text));
    assert_string_equal(text, expected);
}

static const struct settings_node *group_of(const struct settings *settings)
{
    return settings_item(settings_at(settings_root(settings), "groups"), 0);
}

static void values_are_read(void **state)
{
    struct settings *settings = load_good(state);
    const struct settings_node *networks = settings_at(settings_root(settings), "networks");
    assert_int_equal(settings_count(networks), 2);
    assert_text(settings_text(settings_item(networks, 1), "name"), "home");
    assert_text(settings_text(group_of(settings), "zone"), "America/New_York");
    assert_int_equal(settings_count(settings_at(settings_item(networks, 0), "nicks")), 2);
    assert_text(
        settings_value_text(settings_item(settings_at(settings_item(networks, 0), "nicks"), 1)),
        "b");
    settings_destroy(settings);
}

static void defaults_stand_where_the_file_is_silent(void **state)
{
    struct settings *settings = load_good(state);
    const struct settings_node *root = settings_root(settings);
    const struct settings_node *network = settings_item(settings_at(root, "networks"), 0);
    assert_int_equal(settings_integer(network, "port"), 6697);
    assert_true(settings_boolean(network, "tls"));
    assert_text(settings_text(root, "state_folder"), "/var/lib/mooring");
    assert_int_equal(settings_count(settings_at(root, "plugins")), 4);
    assert_text(settings_value_text(settings_at(root, "plugins")),
                "checkin,coping,meetings,crisis");
    assert_false(settings_is_set(settings_at(network, "port")));
    assert_int_equal(settings_integer(root, "inbox.late_command_minutes"), 10);
    settings_destroy(settings);
}

/* The default_text of a required option is an example: it must never leak into an unset section. */
static void examples_of_required_options_are_no_values(void **state)
{
    struct settings *settings = load_good(state);
    const struct settings_node *network = settings_item(
        settings_at(settings_root(settings), "networks"), 0);
    assert_text(settings_text(network, "sasl.account"), "");
    assert_false(settings_is_set(settings_at(network, "sasl")));
    settings_destroy(settings);
}

static void times_are_minutes_and_booleans_numbers(void **state)
{
    struct settings *settings = load_good(state);
    const struct settings_node *group = group_of(settings);
    assert_int_equal(settings_integer(group, "checkin.prompt_at"), 10 * 60 + 30);
    assert_text(settings_text(group, "checkin.prompt_at"), "10:30");
    assert_false(settings_boolean(group, "checkin.private"));
    assert_text(settings_text(group, "checkin.private"), "false");
    const struct settings_node *shift = settings_item(settings_at(group, "on_call"), 0);
    assert_int_equal(settings_integer(shift, "from"), 17 * 60);
    assert_int_equal(settings_count(settings_at(shift, "days")), 7);
    settings_destroy(settings);
}

static void a_plugins_section_stands_at_the_top_and_in_groups(void **state)
{
    struct settings *settings = load_good(state);
    const struct settings_node *top = settings_at(settings_root(settings), "checkin.history_days");
    const struct settings_node *own = settings_at(group_of(settings), "checkin.history_days");
    assert_true(settings_is_set(top));
    assert_int_equal(settings_integer(top, ""), 30);
    assert_false(settings_is_set(own));
    assert_int_equal(settings_integer(own, ""), 14);
    settings_destroy(settings);
}

static void a_list_in_a_sections_place_is_its_own_list(void **state)
{
    struct settings *settings = load_good(state);
    const struct settings_node *meetings = settings_at(group_of(settings), "meetings.meetings");
    assert_int_equal(settings_count(meetings), 1);
    assert_text(settings_text(settings_item(meetings, 0), "title"), "Evening IOP");
    assert_text(settings_text(settings_item(meetings, 0), "remind_minutes"), "60,10");
    assert_int_equal(settings_integer(group_of(settings), "meetings.late_minutes"), 20);
    settings_destroy(settings);
}

static void the_full_form_of_a_section_is_the_same(void **state)
{
    struct files *files = *state;
    struct settings *settings = NULL;
    assert_int_equal(
        files_load(
            files,
            "meetings = { late_minutes = 5;\n"
            "  meetings = ( { title = \"A\"; at = \"8:05\"; remind_minutes = [30]; } ); };\n",
            &settings),
        0);
    const struct settings_node *meetings = settings_at(settings_root(settings),
                                                       "meetings.meetings");
    assert_int_equal(settings_count(meetings), 1);
    assert_int_equal(settings_integer(settings_item(meetings, 0), "at"), 485);
    assert_text(settings_text(settings_item(meetings, 0), "at"), "08:05");
    assert_int_equal(settings_integer(settings_root(settings), "meetings.late_minutes"), 5);
    settings_destroy(settings);
}

static void where_names_the_line_or_the_default(void **state)
{
    struct settings *settings = load_good(state);
    AUTO_BUF out;
    buf_init(&out, 256);
    settings_where(settings_at(group_of(settings), "checkin.prompt_at"), &out);
    assert_string_equal(out.ptr, "mooring.cfg:10");
    buf_clear(&out);
    settings_where(settings_at(group_of(settings), "checkin.history_days"), &out);
    assert_string_equal(out.ptr, "default");
    settings_destroy(settings);
}

static void unknown_paths_are_null(void **state)
{
    struct settings *settings = load_good(state);
    assert_null(settings_at(settings_root(settings), "nothing"));
    assert_null(settings_at(settings_root(settings), "metrics.listen.more"));
    assert_null(settings_at(settings_root(settings),
                            "networks.name")); /* a list's records are reached by index */
    assert_null(settings_item(settings_at(settings_root(settings), "networks"), 2));
    assert_text(settings_text(settings_root(settings), "nothing"), "");
    settings_destroy(settings);
}

/* A plugin may be unloaded while the settings live: nothing of its tables may be borrowed. */
static void the_tables_may_go_before_the_settings(void **state)
{
    struct files *files = *state;
    struct mooring_option *option = mem_zalloc(sizeof *option);
    char *name = mem_copy_text("pace", 4);
    assert_non_null(option);
    *option = (struct mooring_option){
        .struct_size = sizeof *option, .name = name, .kind = MOORING_OPTION_INTEGER};
    const struct mooring_option *const options[] = {option, NULL};
    const struct settings_table tables[] = {{"walk", options}};
    const struct settings_schema schema = {.tables = tables, .table_count = 1};
    struct settings *settings = NULL;
    assert_int_equal(settings_load(files_write(files, "a.cfg", "walk = { pace = 3; };"), &schema,
                                   files_tell, files, &settings),
                     0);
    mem_free(option);
    mem_free(name);
    assert_int_equal(settings_integer(settings_root(settings), "walk.pace"), 3);
    settings_destroy(settings);
}

/* A plugin built with an older header has shorter structs. */
static void an_older_plugins_options_are_read(void **state)
{
    struct files *files = *state;
    const struct mooring_option old = {.struct_size = offsetof(struct mooring_option, min),
                                       .name = "pace",
                                       .kind = MOORING_OPTION_INTEGER,
                                       .min = 7,
                                       .max = 9};
    const struct mooring_option *const options[] = {&old, NULL};
    const struct settings_table tables[] = {{"walk", options}};
    const struct settings_schema schema = {.tables = tables, .table_count = 1};
    struct settings *settings = NULL;
    assert_int_equal(settings_load(files_write(files, "a.cfg", "walk = { pace = 3; };"), &schema,
                                   files_tell, files, &settings),
                     0);
    settings_destroy(settings);
}

/* ---- plugins' names before their tables ------------------------------------------------------ */

static void collect(void *ctx, struct str value)
{
    struct buf *out = ctx;
    buf_add(out, value);
    buf_add_byte(out, ';');
}

static void peek_reads_one_option_whatever_else_is_wrong(void **state)
{
    struct files *files = *state;
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 256);
    const char *path = files_write(files, "a.cfg",
                                   "nonsense = 1; plugins = [\"checkin\", \"other\"];");
    assert_int_equal(settings_peek_texts(path, "plugins", collect, &out, &error), 0);
    assert_string_equal(out.ptr, "checkin;other;");
}

/* What must be known when the file has just been spoilt: where the bot is. */
static void peek_reads_a_line_of_a_spoilt_file(void **state)
{
    struct files *files = *state;
    struct error error = {0};
    AUTO_BUF out;
    buf_init(&out, 256);
    const char *path = files_write(files, "a.cfg",
                                   "#state_folder = \"/b\";\nstate_folder_x = \"/c\";\n"
                                   "  state_folder = \"/a\";\ncontrol_socket = /d\ngroups = (\n");
    assert_true(settings_peek_texts(path, "state_folder", collect, &out, &error) < 0);
    assert_int_equal(settings_peek_line(path, "state_folder", collect, &out), 0);
    assert_string_equal(out.ptr, "/a;");
    assert_int_equal(settings_peek_line(path, "control_socket", collect, &out), -ENOENT);
    assert_int_equal(settings_peek_line("/nonexistent", "state_folder", collect, &out), -ENOENT);
}

static void peek_gives_the_default(void **state)
{
    struct files *files = *state;
    struct error error;
    AUTO_BUF out;
    buf_init(&out, 256);
    assert_int_equal(
        settings_peek_texts(files_write(files, "a.cfg", ""), "plugins", collect, &out, &error), 0);
    assert_string_equal(out.ptr, "checkin;coping;meetings;crisis;");
    assert_int_equal(settings_peek_texts("/nonexistent", "plugins", collect, &out, &error),
                     -ENOENT);
}

/* ---- content files --------------------------------------------------------------------------- */

static void content_is_the_named_list_alone(void **state)
{
    struct files *files = *state;
    const struct settings_table table = {"coping", files_coping};
    struct settings *settings = NULL;
    const char *path = files_write(
        files, "en.cfg",
        "verified_on = \"2026-11-01\";\n"
        "other = ( { x = 1; } );\n"
        "tips = ( { text = \"Walk.\"; }, { text = \"Rest.\"; kind = \"sleep\"; } );\n");
    assert_int_equal(settings_load_content(path, &table, "tips", files_tell, files, &settings), 0);
    const struct settings_node *tips = settings_root(settings);
    assert_int_equal(settings_count(tips), 2);
    assert_text(settings_text(settings_item(tips, 0), "kind"), "craving");
    assert_text(settings_text(settings_item(tips, 1), "text"), "Rest.");
    settings_destroy(settings);
}

static void contents_mistakes_are_told(void **state)
{
    struct files *files = *state;
    const struct settings_table table = {"coping", files_coping};
    struct settings *settings = NULL;
    const char *path = files_write(
        files, "en.cfg",
        "tips = (\n{ txt = \"Walk.\"; },\n{ text = \"Rest.\"; kind = \"sleap\"; } );\n");
    assert_int_equal(settings_load_content(path, &table, "tips", files_tell, files, &settings),
                     -EINVAL);
    assert_int_equal(files->mistake_count, 3);
    assert_string_equal(files->mistakes[0],
                        "en.cfg:2: tips[0].txt: unknown option. Did you mean \"text\"?");
    assert_string_equal(files->mistakes[1], "en.cfg:2: tips[0].text: this is missing. Help.");
    assert_string_equal(files->mistakes[2], "en.cfg:3: tips[1].kind: \"sleap\" is not one of "
                                            "craving, sleep, anger. Did you mean \"sleep\"?");
}

static void a_missing_content_list_is_told(void **state)
{
    struct files *files = *state;
    const struct settings_table table = {"coping", files_coping};
    struct settings *settings = NULL;
    const char *path = files_write(files, "en.cfg", "tipps = ( );\n");
    assert_int_equal(settings_load_content(path, &table, "tips", files_tell, files, &settings),
                     -EINVAL);
    assert_string_equal(files->mistakes[0],
                        "en.cfg:1: tips: this list is missing. Is it \"tipps\" that was meant?");
}

/* ---- moderators' values ---------------------------------------------------------------------- */

static int check_value(const char *option, const char *value, struct error *error)
{
    const struct settings_schema schema = files_schema();
    *error = (struct error){0, ""};
    return settings_check_value(&schema, str_of(option), str_of(value), error);
}

static void good_values_pass(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(check_value("checkin.prompt_at", "10:00", &error), 0);
    assert_int_equal(check_value("checkin.private", "no", &error), 0);
    assert_int_equal(check_value("checkin.history_days", " 20 ", &error), 0);
    assert_int_equal(check_value("meetings.meetings.zone", "Europe/Berlin", &error), 0);
}

/* What the group is stands in the file alone; only plugins' options are moderators' to change. */
static void no_option_of_the_group_itself_can_be_changed(void **state)
{
    (void)state;
    static const char *const options[][2] = {{"groups.zone", "Europe/Berlin"},
                                             {"groups.language", "es-AR"},
                                             {"groups.title", "Harbor"},
                                             {"groups.country", "US"},
                                             {"groups.quiet.from", "21:30"}};
    struct error error;
    for (size_t i = 0; i < COUNT_OF(options); i++)
        assert_int_equal(check_value(options[i][0], options[i][1], &error), -EACCES);
}

static void bad_values_get_a_sentence(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(check_value("checkin.prompt_at", "25:00", &error), -EINVAL);
    assert_string_equal(error.text, "checkin.prompt_at: \"25:00\" is not a time of day. Write it "
                                    "like \"09:00\", up to \"23:59\".");
    assert_int_equal(check_value("checkin.history_days", "91", &error), -EINVAL);
    assert_string_equal(error.text, "checkin.history_days: 91 is outside 1 to 90 days.");
    assert_int_equal(check_value("checkin.history_days", "99999999999999999999", &error), -EINVAL);
    assert_string_equal(error.text, "checkin.history_days: this number is outside 1 to 90 days.");
    assert_int_equal(check_value("checkin.private", "maybe", &error), -EINVAL);
    assert_string_equal(error.text, "checkin.private: \"maybe\" is not true or false.");
}

static void unknown_and_fixed_options_are_refused(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(check_value("checkin.promt_at", "10:00", &error), -ENOENT);
    assert_string_equal(error.text,
                        "checkin.promt_at: unknown option. Did you mean \"checkin.prompt_at\"?");
    assert_int_equal(check_value("networks.port", "1", &error), -EACCES);
    assert_string_equal(error.text,
                        "networks.port: this can only be changed in the configuration file.");
    assert_int_equal(check_value("meetings.meetings", "x", &error), -EACCES);
}

static void arrays_are_checked_value_by_value(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(check_value("meetings.meetings.remind_minutes", "60, 10", &error), 0);
    assert_int_equal(check_value("meetings.meetings.remind_minutes", "60,0", &error), -EINVAL);
    assert_int_equal(check_value("meetings.meetings.days", "mon,thur", &error), -EINVAL);
    assert_non_null(strstr(error.text, "Did you mean \"thu\"?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(values_are_read),
        FILES_TEST(defaults_stand_where_the_file_is_silent),
        FILES_TEST(examples_of_required_options_are_no_values),
        FILES_TEST(times_are_minutes_and_booleans_numbers),
        FILES_TEST(a_plugins_section_stands_at_the_top_and_in_groups),
        FILES_TEST(a_list_in_a_sections_place_is_its_own_list),
        FILES_TEST(the_full_form_of_a_section_is_the_same),
        FILES_TEST(where_names_the_line_or_the_default),
        FILES_TEST(unknown_paths_are_null),
        FILES_TEST(the_tables_may_go_before_the_settings),
        FILES_TEST(an_older_plugins_options_are_read),
        FILES_TEST(peek_reads_one_option_whatever_else_is_wrong),
        FILES_TEST(peek_reads_a_line_of_a_spoilt_file),
        FILES_TEST(peek_gives_the_default),
        FILES_TEST(content_is_the_named_list_alone),
        FILES_TEST(contents_mistakes_are_told),
        FILES_TEST(a_missing_content_list_is_told),
        cmocka_unit_test(good_values_pass),
        cmocka_unit_test(no_option_of_the_group_itself_can_be_changed),
        cmocka_unit_test(bad_values_get_a_sentence),
        cmocka_unit_test(unknown_and_fixed_options_are_refused),
        cmocka_unit_test(arrays_are_checked_value_by_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
