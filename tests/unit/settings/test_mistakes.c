/* SPDX-License-Identifier: MIT */
/* test_mistakes.c: what the administrator reads when something in the file is wrong. */
#include "files.h"

#include <errno.h>

#define NETWORK "networks = ( { name = \"n\"; kind = \"console\"; } );\n"
#define GROUP                                                                                      \
    "groups = ( { name = \"g\"; zone = \"UTC\"; rooms = ( { network = \"n\"; room = \"r\"; } );\n"
#define END "} );\n"

static void an_unknown_option_names_the_nearest(void **state)
{
    files_expect(state, "networks = (\n{ name = \"n\"; kind = \"console\";\n  portt = 1; } );\n",
                 "mooring.cfg:3: networks[0].portt: unknown option. Did you mean \"port\"?");
}

static void an_unknown_zone_names_the_nearest(void **state)
{
    files_expect(state,
                 NETWORK "groups = ( { name = \"g\"; rooms = ( { network = \"n\"; room = \"r\"; } "
                         ");\nzone = \"America/Newyork\"; } );",
                 "mooring.cfg:3: groups[0].zone: \"America/Newyork\" is not a time zone. Did you "
                 "mean \"America/New_York\"?");
}

static void an_option_in_the_wrong_place_names_the_right_one(void **state)
{
    files_expect(state, "country = \"US\";",
                 "mooring.cfg:1: country: unknown option. \"country\" belongs in \"groups\".");
}

static void an_option_of_the_top_is_sent_there(void **state)
{
    files_expect(state, NETWORK GROUP "state_folder = \"x\";" END,
                 "mooring.cfg:3: groups[0].state_folder: unknown option. \"state_folder\" belongs "
                 "at the top of the file.");
}

static void a_section_of_no_plugin_is_explained(void **state)
{
    files_expect(state, "gardening = { water_at = \"07:00\"; };",
                 "mooring.cfg:1: gardening: unknown option. If this is a plugin's section, name "
                 "the plugin in \"plugins\".");
}

static void a_content_list_is_sent_to_its_files(void **state)
{
    files_expect(state, "coping = { tips = ( ); };",
                 "mooring.cfg:1: coping.tips: this list is kept in files of its own, "
                 "coping/<language>.cfg, and not here.");
}

static void a_missing_option_says_what_it_is_for(void **state)
{
    files_expect(state, "networks = (\n  { kind = \"console\"; }\n);",
                 "mooring.cfg:2: networks[0].name: this is missing. Your own name for the network. "
                 "Groups refer to it by this name.");
}

static void a_plugins_missing_option_is_told_in_its_list(void **state)
{
    files_expect(state, NETWORK GROUP "meetings = (\n{ title = \"A\"; } );" END,
                 "mooring.cfg:4: groups[0].meetings[0].at: this is missing. Help.");
}

static void an_empty_required_list_is_told(void **state)
{
    files_expect(state, NETWORK "groups = ( { name = \"g\"; zone = \"UTC\";\nrooms = ( ); } );",
                 "mooring.cfg:3: groups[0].rooms: this list cannot be empty. The rooms and "
                 "channels where the group meets.");
}

/* ---- types and ranges ------------------------------------------------------------------------ */

static void numbers_outside_their_range(void **state)
{
    files_expect(state, "inbox = { seen_days = 0; };",
                 "mooring.cfg:1: inbox.seen_days: 0 is outside 1 to 365 days.");
}

/* libconfig alone would read 5. */
static void numbers_beyond_32_bits(void **state)
{
    files_expect(state, "inbox = { seen_days = 4294967301; };",
                 "mooring.cfg:1: inbox.seen_days: 4294967301 is outside 1 to 365 days.");
}

static void numbers_beyond_64_bits(void **state)
{
    files_expect(state, "inbox = { seen_days = 18446744073709551621; };",
                 "mooring.cfg:1: inbox.seen_days: this number is outside 1 to 365 days.");
}

static void texts_for_numbers(void **state)
{
    files_expect(state, "inbox = { seen_days = \"5\"; };",
                 "mooring.cfg:1: inbox.seen_days: \"5\" is not a number: take the quotes away.");
}

static void fractions_for_numbers(void **state)
{
    files_expect(state, "inbox = { seen_days = 1.5; };",
                 "mooring.cfg:1: inbox.seen_days: a number with a point is not a whole number. It "
                 "is one from 1 to 365 days.");
}

static void numbers_for_texts(void **state)
{
    files_expect(state, "prefix = 5;",
                 "mooring.cfg:1: prefix: 5 is not a text. Write it in quotes.");
}

static void numbers_for_times(void **state)
{
    files_expect(
        state, "checkin = { prompt_at = 9; };",
        "mooring.cfg:1: checkin.prompt_at: 9 is not a time. Write it in quotes, like \"09:00\".");
}

static void quoted_booleans(void **state)
{
    files_expect(
        state, "checkin = { private = \"true\"; };",
        "mooring.cfg:1: checkin.private: \"true\" is not true or false: take the quotes away.");
}

static void choices_name_the_nearest(void **state)
{
    files_expect(state, "log = { level = \"warn\"; };",
                 "mooring.cfg:1: log.level: \"warn\" is not one of error, warning, info, debug. "
                 "Did you mean \"warning\"?");
}

static void one_value_where_several_stand(void **state)
{
    files_expect(state, "plugins = \"checkin\";",
                 "mooring.cfg:1: plugins: several values may stand here: put them in brackets, as "
                 "in plugins = [\"one\", \"two\"];");
}

static void a_list_where_one_value_stands(void **state)
{
    files_expect(state, "prefix = [\"a\"];",
                 "mooring.cfg:1: prefix: one value is needed here, not a list or a section.");
}

static void a_value_where_a_section_stands(void **state)
{
    files_expect(state, "log = \"debug\";",
                 "mooring.cfg:1: log: a section is needed here: log = { ... };");
}

static void a_section_where_a_list_stands(void **state)
{
    files_expect(state, "groups = { };",
                 "mooring.cfg:1: groups: a list is needed here: groups = ( { ... }, { ... } );");
}

static void a_value_where_a_record_stands(void **state)
{
    files_expect(state,
                 "meetings = ( { title = \"A\"; at = \"08:00\"; days = [\"mon\", \"tus\"]; } );",
                 "mooring.cfg:1: meetings[0].days[1]: \"tus\" is not one of mon, tue, wed, thu, "
                 "fri, sat, sun. Did you mean \"tue\"?");
}

static void empty_and_long_texts(void **state)
{
    files_expect(state, "prefix = \"\";", "mooring.cfg:1: prefix: this cannot be empty.");
}

static void long_texts(void **state)
{
    files_expect(state, "prefix = \"123456789\";",
                 "mooring.cfg:1: prefix: this is 9 bytes long; at most 8 fit.");
}

/* A realname with a line end in it would be a second IRC command. */
static void control_characters(void **state)
{
    files_expect(state, "bot_name = \"a\\rb\";",
                 "mooring.cfg:1: bot_name: the text holds a control character (13). Remove it.");
}

static void texts_made_of_bytes(void **state)
{
    files_expect(state, "bot_name = \"a\\xffb\";",
                 "mooring.cfg:1: bot_name: this is not UTF-8 text. Write the letters themselves.");
}

static void countries(void **state)
{
    files_expect(
        state, NETWORK GROUP "country = \"UK\";" END,
        "mooring.cfg:3: groups[0].country: \"UK\" is not a country's code. Did you mean \"GB\"?");
}

static void countries_by_name(void **state)
{
    files_expect(state, NETWORK GROUP "country = \"Germany\";" END,
                 "mooring.cfg:3: groups[0].country: \"Germany\" is not a country's code. Did you "
                 "mean \"DE\"?");
}

static void languages(void **state)
{
    files_expect(state, NETWORK GROUP "language = \"english\";" END,
                 "mooring.cfg:3: groups[0].language: \"english\" is not a language's tag. Did you "
                 "mean \"en\"?");
}

static void languages_that_nobody_speaks(void **state)
{
    files_expect(state, NETWORK GROUP "language = \"qq-$\";" END,
                 "mooring.cfg:3: groups[0].language: \"qq-$\" is not a language's tag. Write it "
                 "like \"en\" or \"es-AR\".");
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void all_mistakes_are_told_in_the_order_of_the_file(void **state)
{
    struct files *files = *state;
    struct settings *settings = NULL;
    files_write(files, "more.cfg", "log = {\n  level = 3;\n};\n");
    assert_int_equal(files_load(files,
                                "prefiks = 1;\n"
                                "groups = (\n"
                                "  { name = \"g\"; zone = 5;\n"
                                "    rooms = ( { network = \"n\"; room = \"r\"; } ); } );\n"
                                "@include \"more.cfg\"\n"
                                "metrics = { listen = \"0.0.0.0:80\"; };\n"
                                "networks = ( { name = \"n\"; kind = \"consol\"; } );\n",
                                &settings),
                     -EINVAL);
    assert_int_equal(files->mistake_count, 5);
    assert_non_null(strstr(files->mistakes[0],
                           "mooring.cfg:1: prefiks: unknown option. Did you mean \"prefix\"?"));
    assert_non_null(strstr(files->mistakes[1], "mooring.cfg:3: groups[0].zone: 5 is not a text."));
    assert_non_null(strstr(files->mistakes[2], "more.cfg:2: log.level: 3 is not a text."));
    assert_non_null(
        strstr(files->mistakes[3],
               "mooring.cfg:6: metrics.listen: \"0.0.0.0:80\" is not a loopback address"));
    assert_non_null(
        strstr(files->mistakes[4],
               "mooring.cfg:7: networks[0].kind: \"consol\" is not one of irc, matrix, console."));
}

static void many_mistakes_have_an_end(void **state)
{
    struct files *files = *state;
    AUTO_BUF text;
    buf_init(&text, 65536);
    for (int i = 0; i < 50; i++)
        buf_add_format(&text, "wrong-option-%d = 1;\n", i);
    struct settings *settings = NULL;
    assert_int_equal(files_load(files, text.ptr, &settings), -EINVAL);
    assert_int_equal(files->mistake_count, 50);
    assert_non_null(
        strstr(files->mistakes[49], "mooring.cfg:50: wrong-option-49: unknown option."));
}

static void a_syntax_error_is_the_only_one(void **state)
{
    files_expect(state, "prefix = 1;\nlog = { level = ;\n};\n",
                 "mooring.cfg:2: the file cannot be understood from here on. Look, on this line "
                 "and the one before, for a "
                 "missing quote, equals sign, comma or semicolon.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILES_TEST(an_unknown_option_names_the_nearest),
        FILES_TEST(an_unknown_zone_names_the_nearest),
        FILES_TEST(an_option_in_the_wrong_place_names_the_right_one),
        FILES_TEST(an_option_of_the_top_is_sent_there),
        FILES_TEST(a_section_of_no_plugin_is_explained),
        FILES_TEST(a_content_list_is_sent_to_its_files),
        FILES_TEST(a_missing_option_says_what_it_is_for),
        FILES_TEST(a_plugins_missing_option_is_told_in_its_list),
        FILES_TEST(an_empty_required_list_is_told),
        FILES_TEST(numbers_outside_their_range),
        FILES_TEST(numbers_beyond_32_bits),
        FILES_TEST(numbers_beyond_64_bits),
        FILES_TEST(texts_for_numbers),
        FILES_TEST(fractions_for_numbers),
        FILES_TEST(numbers_for_texts),
        FILES_TEST(numbers_for_times),
        FILES_TEST(quoted_booleans),
        FILES_TEST(choices_name_the_nearest),
        FILES_TEST(one_value_where_several_stand),
        FILES_TEST(a_list_where_one_value_stands),
        FILES_TEST(a_value_where_a_section_stands),
        FILES_TEST(a_section_where_a_list_stands),
        FILES_TEST(a_value_where_a_record_stands),
        FILES_TEST(empty_and_long_texts),
        FILES_TEST(long_texts),
        FILES_TEST(control_characters),
        FILES_TEST(texts_made_of_bytes),
        FILES_TEST(countries),
        FILES_TEST(countries_by_name),
        FILES_TEST(languages),
        FILES_TEST(languages_that_nobody_speaks),
        FILES_TEST(all_mistakes_are_told_in_the_order_of_the_file),
        FILES_TEST(many_mistakes_have_an_end),
        FILES_TEST(a_syntax_error_is_the_only_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
