/* SPDX-License-Identifier: MIT */
/* test_die.c: the process ends by SIGKILL at the named point, at the n-th time, and nowhere else. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"

/* The signal a child dies of that passes `point` `times` times; 0: it lives. */
static int dies_of(const char *text, enum die_point point, int times)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        if (text && die_arm(text, NULL) < 0)
            _exit(1);
        for (int i = 0; i < times; i++)
            DIE_AT(point);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

static void dies_at_the_point_that_was_named(void **state)
{
    (void)state;
    assert_int_equal(dies_of("before-commit", DIE_BEFORE_COMMIT, 1), SIGKILL);
    assert_int_equal(dies_of("before-commit", DIE_AFTER_COMMIT, 5), 0);
    assert_int_equal(dies_of(NULL, DIE_BEFORE_COMMIT, 5), 0);
}

static void dies_at_the_nth_time(void **state)
{
    (void)state;
    assert_int_equal(dies_of("timer-due:3", DIE_TIMER_DUE, 2), 0);
    assert_int_equal(dies_of("timer-due:3", DIE_TIMER_DUE, 3), SIGKILL);
}

static void of_several_points_the_first_counts(void **state)
{
    (void)state;
    assert_int_equal(dies_of("timer-due:3,in-plugin", DIE_IN_PLUGIN, 1), SIGKILL);
    assert_int_equal(dies_of("timer-due:3,in-plugin", DIE_TIMER_DUE, 3), SIGKILL);
    assert_int_equal(dies_of("timer-due:3,in-plugin", DIE_TIMER_DUE, 2), 0);
}

static void an_unknown_name_is_answered_with_the_names(void **state)
{
    (void)state;
    static const char *const wrong[] = {"", "lunch", "before-commit:", "before-commit:0",
                                        "before-commit:-1", "before-commit:x", ":1", "in-plugin,lunch",
                                        ",in-plugin"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct error error = {0};
        assert_int_equal(die_arm(wrong[i], &error), -EINVAL);
        assert_non_null(strstr(error.text, "body-received, event-read"));
        assert_non_null(strstr(error.text, "backup-half"));
        assert_null(strchr(error.text, '\n'));
    }
}

static void what_was_passed_is_reported(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    DIE_AT(DIE_EVENT_READ); /* before it is armed: not counted */
    assert_int_equal(die_arm("event-read:100", NULL), 0);
    DIE_AT(DIE_EVENT_READ);
    DIE_AT(DIE_EVENT_READ);
    die_report(out);
    fclose(out);
    assert_string_equal(text, "event-read 2\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dies_at_the_point_that_was_named),
        cmocka_unit_test(dies_at_the_nth_time),
        cmocka_unit_test(of_several_points_the_first_counts),
        cmocka_unit_test(an_unknown_name_is_answered_with_the_names),
        cmocka_unit_test(what_was_passed_is_reported), /* arms this process: the last */
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
