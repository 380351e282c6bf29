/* SPDX-License-Identifier: MIT */
/* test_setup.c: a configuration as a whole: mistakes told, texts and plugins found, credentials
 * read. */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static int load(struct rig *rig, struct told *told, struct setup **ret_setup)
{
    struct zones *zones = zones_create(NULL);
    assert_non_null(zones);
    int r = setup_load(rig->config, zones, tell, told, ret_setup);
    zones_destroy(zones);
    return r;
}

static void assert_told(const struct rig_options *options, size_t count, const char *sentence)
{
    struct rig rig;
    struct told told = {0};
    struct setup *setup = NULL;
    rig_write(&rig, options);
    assert_true(load(&rig, &told, &setup) < 0);
    assert_null(setup);
    rig_remove(&rig);
    if (told.count != count || !strstr(told.text, sentence))
        fail_msg("%zu told: %s", told.count, told.text);
}

static void test_a_good_one(void **state)
{
    struct rig rig;
    struct told told = {0};
    struct setup *setup = NULL;
    (void)state;
    rig_write(&rig, &(struct rig_options){.plugins = "checkin puppet"});
    assert_int_equal(load(&rig, &told, &setup), 0);
    assert_int_equal(told.count, 0);
    assert_int_equal(setup->plugin_count, 2);
    assert_string_equal(setup->plugin_names[0], "checkin");
    assert_int_equal(setup->schema.table_count, 3);
    assert_true(str_starts(str_of(setup->folders[0]),
                           str_of(rig.folder))); /* the texts beside the file come first */
    setup_destroy(setup);
    rig_remove(&rig);
}

static void test_mistakes_name_file_line_and_option(void **state)
{
    (void)state;
    assert_told(&(struct rig_options){.more = "colour = 3;\n"}, 1,
                "mooring.cfg:11: colour: unknown option");
    assert_told(&(struct rig_options){.more = "prefx = \"!\";\n"}, 1, "Did you mean \"prefix\"?");
    assert_told(&(struct rig_options){.more = "puppet = { levle = 3; };\n"}, 1,
                "mooring.cfg:11: puppet.levle: unknown option. Did you mean \"level\"?");
    assert_told(&(struct rig_options){.group = "puppet = { level = 30; };"}, 1,
                "mooring.cfg:7: groups[0].puppet.level: ");
}

static void test_all_mistakes_are_told(void **state)
{
    (void)state;
    assert_told(&(struct rig_options){.plugins = "absent puppet",
                                      .more = "colour = 3;\npuppet = { level = 11; };\n"},
                3, "plugin \"absent\" cannot be loaded");
}

static void test_a_syntax_error(void **state)
{
    (void)state;
    assert_told(&(struct rig_options){.base = "networks = (\n  { name = ;\n"}, 1,
                "mooring.cfg:2: ");
}

static void test_no_file(void **state)
{
    struct rig rig;
    struct told told = {0};
    struct setup *setup = NULL;
    (void)state;
    rig_write(&rig, &(struct rig_options){0});
    assert_int_equal(unlink(rig.config), 0);
    assert_true(load(&rig, &told, &setup) < 0);
    assert_int_equal(told.count, 1);
    assert_non_null(strstr(told.text, rig.config));
    rig_remove(&rig);
}

/* ---- credentials ----------------------------------------------------------------------------- */

static void write_secret(const struct rig *rig, const char *name, const char *bytes, size_t size)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", rig->folder, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static int read_secret(const char *folder, const char *name, struct buf *secret,
                       struct error *error)
{
    struct setup setup = {0};
    str_to_c(str_of(folder), setup.credentials_folder, sizeof setup.credentials_folder);
    return setup_credential(&setup, str_of(name), secret, error);
}

static void test_a_credential_without_its_newline(void **state)
{
    struct rig rig;
    struct error error = {0};
    struct buf secret CLEANUP(buf_wipe);
    (void)state;
    buf_init(&secret, 4096);
    rig_write(&rig, &(struct rig_options){0});
    write_secret(&rig, "libera-password", "hunter two\n", 11);
    assert_int_equal(read_secret(rig.folder, "libera-password", &secret, &error), 0);
    assert_true(str_eq_c(buf_str(&secret), "hunter two"));
    rig_remove(&rig);
}

static void test_credentials_that_cannot_be(void **state)
{
    static char big[5000];
    static const struct {
        const char *name;
        int code;
        const char *sentence;
    } cases[] = {
        {"absent", -ENOENT, "the credential \"absent\" cannot be read"},
        {"../mooring.cfg", -EINVAL, "cannot be a credential's name"},
        {"a/b", -EINVAL, "cannot be a credential's name"},
        {"big", -E2BIG, "longer than 4095 bytes"},
        {"empty", -EINVAL, "is empty"},
        {"plugins", -E2BIG, "cannot be read"}, /* a folder */
    };
    struct rig rig;
    (void)state;
    rig_write(&rig, &(struct rig_options){0});
    memset(big, 'x', sizeof big);
    write_secret(&rig, "big", big, sizeof big);
    write_secret(&rig, "empty", "\n", 1);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct error error = {0};
        struct buf secret CLEANUP(buf_wipe);
        buf_init(&secret, 8192);
        assert_int_equal(read_secret(rig.folder, cases[i].name, &secret, &error), cases[i].code);
        if (!strstr(error.text, cases[i].sentence))
            fail_msg("%s: %s", cases[i].name, error.text);
        assert_int_equal(secret.len, 0);
    }
    rig_remove(&rig);
}

static void test_without_any_folder(void **state)
{
    struct error error = {0};
    struct buf secret CLEANUP(buf_wipe);
    (void)state;
    buf_init(&secret, 4096);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(read_secret("", "master-key", &secret, &error), -ENOENT);
    assert_non_null(strstr(error.text, "LoadCredential=master-key:FILE"));
}

static void test_systemds_folder(void **state)
{
    struct rig rig;
    struct error error = {0};
    struct buf secret CLEANUP(buf_wipe);
    (void)state;
    buf_init(&secret, 4096);
    rig_write(&rig, &(struct rig_options){0});
    write_secret(&rig, "master-key", "0123", 4);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", rig.folder, 1), 0);
    int r = read_secret("", "master-key", &secret, &error);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    rig_remove(&rig);
    assert_int_equal(r, 0);
    assert_true(str_eq_c(buf_str(&secret), "0123"));
}

#define ON_IRC(profile)                                                                            \
    "networks = ( { name = \"shore\"; kind = \"irc\"; host = \"memory:shore\"; tls = false;\n"     \
    "  profile = \"" profile "\"; } );\n"                                                          \
    "groups = ( { name = \"harbor\"; zone = \"Etc/UTC\"; rooms = ( { network = \"shore\";\n"       \
    "  room = \"#harbor\"; } ); } );\nplugins = [];\n"

/* Beside a profile of the administrator's own that has a mistake in its second line. */
static void assert_profile_told(const char *base, const char *sentence)
{
    struct rig rig;
    struct told told = {0};
    struct setup *setup = NULL;
    char folder[128], path[160];
    rig_write(&rig, &(struct rig_options){.base = base});
    (void)snprintf(folder, sizeof folder, "%s/networks", rig.folder);
    (void)snprintf(path, sizeof path, "%s/shoreline.cfg", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    (void)fputs("title = \"Shore\";\nrecover = [\"GHOST {nik}\"];\n", file);
    (void)fclose(file);
    assert_int_equal(load(&rig, &told, &setup), -EINVAL);
    (void)unlink(path);
    (void)rmdir(folder);
    rig_remove(&rig);
    if (told.count != 1 || !strstr(told.text, sentence))
        fail_msg("%zu told: %s", told.count, told.text);
}

static void test_a_profile_is_there_and_good(void **state)
{
    (void)state;
    assert_profile_told(ON_IRC("shorline"),
                        "mooring.cfg:2: networks[0].profile: there is no profile \"shorline\". "
                        "Did you mean \"shoreline\"?");
    assert_profile_told(ON_IRC("shoreline"), "shoreline.cfg:2: \"GHOST {nik}\": in braces only");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_good_one),
        cmocka_unit_test(test_a_profile_is_there_and_good),
        cmocka_unit_test(test_mistakes_name_file_line_and_option),
        cmocka_unit_test(test_all_mistakes_are_told),
        cmocka_unit_test(test_a_syntax_error),
        cmocka_unit_test(test_no_file),
        cmocka_unit_test(test_a_credential_without_its_newline),
        cmocka_unit_test(test_credentials_that_cannot_be),
        cmocka_unit_test(test_without_any_folder),
        cmocka_unit_test(test_systemds_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
