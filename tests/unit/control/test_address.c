/* SPDX-License-Identifier: MIT */
/* test_address.c: where the control socket lies. */
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

#include "control/address.h"

static int no_runtime(void **state)
{
    (void)state;
    return unsetenv("RUNTIME_DIRECTORY");
}

static void the_named_one_comes_first(void **state)
{
    (void)state;
    char path[CONTROL_PATH_BYTES];
    setenv("RUNTIME_DIRECTORY", "/run/mooring", 1);
    assert_int_equal(control_path(STR("/tmp/own"), STR("/srv/state"), path, NULL), 0);
    assert_string_equal(path, "/tmp/own");
}

static void then_the_runtime_folder_then_the_state_folder(void **state)
{
    (void)state;
    char path[CONTROL_PATH_BYTES];
    assert_int_equal(control_path((struct str){0}, STR("/srv/state"), path, NULL), 0);
    assert_string_equal(path, "/srv/state/control");
    setenv("RUNTIME_DIRECTORY", "/run/mooring:/run/other", 1);
    assert_int_equal(control_path((struct str){0}, STR("/srv/state"), path, NULL), 0);
    assert_string_equal(path, "/run/mooring/control");
}

static void a_path_that_does_not_fit_is_said(void **state)
{
    (void)state;
    char path[CONTROL_PATH_BYTES], folder[CONTROL_PATH_BYTES + 1];
    struct error error = {0};
    memset(folder, 'x', sizeof folder);
    folder[sizeof folder - 1] = '\0';
    assert_int_equal(control_path((struct str){0}, str_of(folder), path, &error), -ENAMETOOLONG);
    assert_non_null(strstr(error.text, "control_socket"));
    folder[CONTROL_PATH_BYTES - 1] = '\0'; /* the longest that fits */
    assert_int_equal(control_path(str_of(folder), STR("/srv"), path, NULL), 0);
}

static void a_client_looks_in_both_places(void **state)
{
    (void)state;
    char path[CONTROL_PATH_BYTES];
    assert_true(control_path_guess((struct str){0}, STR("/srv/state"), 0, path));
    assert_string_equal(path, "/srv/state/control");
    assert_true(control_path_guess((struct str){0}, STR("/srv/state"), 1, path));
    assert_string_equal(path, "/run/mooring/control");
    assert_false(control_path_guess((struct str){0}, STR("/srv/state"), 2, path));
    assert_true(control_path_guess(STR("/tmp/own"), STR("/srv/state"), 0, path));
    assert_string_equal(path, "/tmp/own");
    assert_false(control_path_guess(STR("/tmp/own"), STR("/srv/state"), 1, path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_named_one_comes_first, no_runtime),
        cmocka_unit_test_setup(then_the_runtime_folder_then_the_state_folder, no_runtime),
        cmocka_unit_test_setup(a_path_that_does_not_fit_is_said, no_runtime),
        cmocka_unit_test_setup(a_client_looks_in_both_places, no_runtime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
