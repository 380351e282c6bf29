/* SPDX-License-Identifier: MIT */
/* test_generate.c: the generated file is a good configuration, as it stands and with every option
 * uncommented. */
#include "files.h"

static struct settings_schema schema; /* set in main */

static void load_generated(struct files *files, struct str text, struct settings **ret_settings)
{
    const char *path = files_write_bytes(files, "mooring.cfg", text.ptr, text.len);
    int r = settings_load(path, &schema, files_tell, files, ret_settings);
    for (size_t i = 0; i < files->mistake_count; i++)
        print_error("%s\n", files->mistakes[i]);
    assert_int_equal(r, 0);
}

static void the_file_passes_its_own_check(void **state)
{
    struct files *files = *state;
    struct settings *settings = NULL;
    AUTO_BUF text;
    buf_init(&text, 1 << 20);
    settings_generate_file(&schema, &text);
    load_generated(files, buf_str(&text), &settings);
    assert_int_equal(settings_count(settings_at(settings_root(settings), "groups")), 1);
    assert_false(settings_is_set(settings_at(settings_root(settings), "safety")));
    settings_destroy(settings);
}

/* The network that is shown is one of IRC; what is for Matrix alone would be a mistake in it. */
static bool is_for_matrix(struct str line)
{
    static const char *const names[] = {"homeserver",  "user",        "login",
                                        "device_id",   "device_name", "threads",
                                        "invite_from", "receipts",    "polls"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct str name = str_of(names[i]);
        if (str_starts(line, name) && line.len > name.len && line.ptr[name.len] == ' ')
            return true;
    }
    return false;
}

/* "#option" is an option, "# words" are words. */
static void uncomment(struct str text, struct buf *out)
{
    struct str line;
    while (str_split(&text, '\n', &line)) {
        struct str trimmed = str_trim(line);
        bool option = trimmed.len > 1 && trimmed.ptr[0] == '#' && trimmed.ptr[1] != ' ' &&
                      !is_for_matrix(str_from(trimmed, 1));
        buf_add(out, option ? str_from(trimmed, 1) : line);
        buf_add_byte(out, '\n');
    }
}

static void every_option_shown_can_be_uncommented(void **state)
{
    struct files *files = *state;
    struct settings *settings = NULL;
    AUTO_BUF text;
    AUTO_BUF bare;
    buf_init(&text, 1 << 20);
    buf_init(&bare, 1 << 20);
    settings_generate_file(&schema, &text);
    uncomment(buf_str(&text), &bare);
    load_generated(files, buf_str(&bare), &settings);
    const struct settings_node *root = settings_root(settings);
    assert_true(settings_is_set(settings_at(root, "safety.page_again_minutes")));
    assert_int_equal(settings_count(settings_at(root, "meetings.meetings")), 1);
    const struct settings_node *group = settings_item(settings_at(root, "groups"), 0);
    assert_int_equal(settings_count(settings_at(group, "on_call")), 1);
    settings_destroy(settings);
}

/* What is shown as a default is the default: uncommenting changes nothing. */
static void uncommented_scalars_equal_the_defaults(void **state)
{
    struct files *files = *state;
    struct settings *settings = NULL, *empty = NULL;
    AUTO_BUF text;
    AUTO_BUF bare;
    buf_init(&text, 1 << 20);
    buf_init(&bare, 1 << 20);
    settings_generate_file(&schema, &text);
    uncomment(buf_str(&text), &bare);
    load_generated(files, buf_str(&bare), &settings);
    load_generated(files, STR("\n"), &empty);
    for (const struct mooring_option *const *at = settings_core.options; *at; at++) {
        if (strncmp((*at)->name, "networks", 8) == 0 || strncmp((*at)->name, "groups", 6) == 0)
            continue;
        struct str shown = settings_text(settings_root(settings), (*at)->name);
        struct str silent = settings_text(settings_root(empty), (*at)->name);
        if (!str_eq(shown, silent))
            print_error("%s\n", (*at)->name);
        assert_true(str_eq(shown, silent));
    }
    settings_destroy(settings);
    settings_destroy(empty);
}

static void file_and_page_name_every_option_of_the_core(void **state)
{
    (void)state;
    AUTO_BUF file;
    AUTO_BUF page;
    buf_init(&file, 1 << 20);
    buf_init(&page, 1 << 20);
    settings_generate_file(&schema, &file);
    settings_generate_man(&schema, &page);
    for (const struct mooring_option *const *at = settings_core.options; *at; at++) {
        const char *dot = strrchr((*at)->name, '.');
        char needle[128];
        snprintf(needle, sizeof needle, "%s = ", dot ? dot + 1 : (*at)->name);
        assert_non_null(strstr(file.ptr, needle));
        snprintf(needle, sizeof needle, "%s\\fR (", dot ? dot + 1 : (*at)->name);
        assert_non_null(strstr(page.ptr, needle));
    }
    assert_non_null(strstr(page.ptr, "\\fBnetworks[].port\\fR (number; default 6697)"));
    assert_non_null(strstr(page.ptr, "\\fBcoping.tips[].text\\fR (text; required)"));
    assert_null(strstr(file.ptr, "tips"));
}

static void every_option_has_help_and_numbers_have_bounds(void **state)
{
    (void)state;
    for (const struct mooring_option *const *at = settings_core.options; *at; at++) {
        const char *help = (*at)->help;
        assert_true(help && strlen(help) > 10 && help[strlen(help) - 1] == '.');
        if ((*at)->kind == MOORING_OPTION_INTEGER)
            assert_true((*at)->max > (*at)->min && (*at)->default_text);
    }
}

static void lines_fit_a_page(void **state)
{
    (void)state;
    AUTO_BUF text;
    buf_init(&text, 1 << 20);
    settings_generate_file(&schema, &text);
    struct str rest = buf_str(&text), line;
    while (str_split(&rest, '\n', &line))
        assert_true(line.len <= 100);
}

/* groff takes a line that begins with a point or an apostrophe for a request. */
static void a_help_text_cannot_break_the_page(void **state)
{
    (void)state;
    const struct mooring_option odd = {.struct_size = sizeof odd,
                                       .name = "odd",
                                       .kind = MOORING_OPTION_TEXT,
                                       .help = ".sh\n'x \\fB a-b 'quoted'.",
                                       .default_text = "\"\\"};
    const struct mooring_option *const options[] = {&odd, NULL};
    const struct settings_table table = {"walk", options};
    const struct settings_schema one = {.tables = &table, .table_count = 1};
    AUTO_BUF page;
    buf_init(&page, 1 << 16);
    settings_generate_man(&one, &page);
    assert_non_null(strstr(page.ptr, "\n\\&.sh\n\\&\\(aqx \\efB a\\-b \\(aqquoted\\(aq.\n"));
    assert_non_null(strstr(page.ptr, "default \"\\e\"\\e\\e\")"));
}

int main(void)
{
    schema = files_schema();
    const struct CMUnitTest tests[] = {
        FILES_TEST(the_file_passes_its_own_check),
        FILES_TEST(every_option_shown_can_be_uncommented),
        FILES_TEST(uncommented_scalars_equal_the_defaults),
        cmocka_unit_test(file_and_page_name_every_option_of_the_core),
        cmocka_unit_test(every_option_has_help_and_numbers_have_bounds),
        cmocka_unit_test(lines_fit_a_page),
        cmocka_unit_test(a_help_text_cannot_break_the_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
