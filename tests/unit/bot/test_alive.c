/* SPDX-License-Identifier: MIT */
/* test_alive.c: when the watchdog is fed, and what the service manager's status line says. */
#include "rig.h"

#include "store/internal.h"

#include <sys/stat.h>
#include <unistd.h>

/* What bot_alive says; "" when the watchdog is fed. */
static const char *why_not(struct rig *rig)
{
    static char text[256];
    AUTO_BUF line;
    buf_init(&line, sizeof text);
    bool alive = bot_alive(rig->stage.bot, &line);
    assert_int_equal(alive, line.len == 0);
    str_to_c(buf_str(&line), text, sizeof text);
    return text;
}

static const char *status(struct rig *rig)
{
    static char text[512];
    AUTO_BUF line;
    buf_init(&line, sizeof text);
    bot_status(rig->stage.bot, &line);
    str_to_c(buf_str(&line), text, sizeof text);
    return text;
}

static bool healthy(struct rig *rig)
{
    AUTO_BUF line;
    buf_init(&line, 512);
    return bot_healthy(rig->stage.bot, &line);
}

/* ---- what a restart would not help ------------------------------------------------------------
 */

static void a_bot_at_rest_is_alive(void **state)
{
    struct rig *rig = *state;
    assert_string_equal(why_not(rig), "");
    rig_play(rig, "/wait 8h");
    assert_string_equal(why_not(rig), "");
}

/* It still answers a call for help: it must not be started again and again. */
static void a_full_disk_is_ill_but_alive(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/as ana\nI want to kill myself tonight\n/fail disk-full\n!pull");
    assert_false(healthy(rig));
    assert_string_equal(why_not(rig), "");
    rig_play(rig, "/fail none\n/wait 20s\n!pull");
    assert_true(healthy(rig));
    assert_string_equal(why_not(rig), "");
}

static void a_network_that_is_down_is_alive(void **state)
{
    struct rig *rig = *state;
    rig_play(rig, "/fail network-down console");
    assert_string_equal(why_not(rig), "");
}

/* ---- what only a restart helps ----------------------------------------------------------------
 */

static void never(struct loop_timer *timer)
{
    (void)timer;
}

/* As when the kernel never told that the clock was set, or a timerfd was armed wrongly. */
static void timers_that_do_not_fire_are_not(void **state)
{
    struct rig *rig = *state;
    struct loop_timer timer = {.clock = LOOP_TIMER_WALL, .fire = never};
    struct bot_ground *ground = &rig->stage.ground;
    assert_int_equal(loop_timer_arm(ground->loop, &timer, clock_wall_at(&ground->clock) + 1), 0);
    clock_step(&ground->clock, 10001);
    assert_string_equal(why_not(rig), "");
    clock_step(&ground->clock, 50000);
    assert_string_equal(why_not(rig), "a timer has been due for 60 s");
    loop_timer_disarm(ground->loop, &timer);
    assert_string_equal(why_not(rig), "");
}

static int count_statement(unsigned what, void *ctx, void *statement, void *text)
{
    (void)what;
    (void)statement;
    (void)text;
    ++*(int *)ctx;
    return 0;
}

/* A disk that hangs holds whoever asks it, and so the watchdog's word: that is how it is followed.
 */
static void the_store_is_asked_each_time(void **state)
{
    struct rig *rig = *state;
    sqlite3 *db = rig->stage.ground.store->db;
    int asked = 0;
    assert_int_equal(sqlite3_trace_v2(db, SQLITE_TRACE_STMT, count_statement, &asked), SQLITE_OK);
    assert_string_equal(why_not(rig), "");
    assert_int_equal(asked, 1);
    assert_string_equal(why_not(rig), "");
    assert_int_equal(asked, 2);
    sqlite3_trace_v2(db, 0, NULL, NULL);
}

static void a_turn_that_never_ended_is_not(void **state)
{
    struct rig *rig = *state;
    assert_int_equal(store_begin(rig->stage.ground.store), 0);
    assert_string_equal(why_not(rig), "a turn was never ended");
    store_rollback(rig->stage.ground.store);
    assert_string_equal(why_not(rig), "");
}

/* ---- the status line --------------------------------------------------------------------------
 */

static void append(struct rig *rig, const char *line)
{
    FILE *file = fopen(rig->config, "a");
    assert_non_null(file);
    fputs(line, file);
    fclose(file);
}

static void a_refused_reload_stays_in_the_status_line(void **state)
{
    struct rig *rig = *state;
    struct stat good;
    struct error error = {0};
    assert_int_equal(stat(rig->config, &good), 0);
    assert_string_equal(status(rig), "ok");
    append(rig, "colour = 3;\n");
    assert_true(bot_reload(rig->stage.bot, 0, &error) < 0);
    assert_string_equal(status(rig), "ok; the last reload was refused (1 mistake, see the log): "
                                     "the configuration before it goes on");
    assert_non_null(strstr(error.text, "has 1 mistake and was not taken"));
    assert_non_null(strstr(error.text, "mooring.cfg:11: colour: unknown option"));
    assert_true(healthy(rig));
    append(rig, "# and a slip of the pen: \"\n");
    assert_true(bot_reload(rig->stage.bot, 0, NULL) < 0);
    rig_play(rig, "/as ana\n!pull"); /* it works as before */
    assert_int_equal(truncate(rig->config, good.st_size), 0);
    assert_int_equal(bot_reload(rig->stage.bot, 0, NULL), 0);
    assert_string_equal(status(rig), "ok");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bot_at_rest_is_alive),
        TEST(a_full_disk_is_ill_but_alive),
        TEST(a_network_that_is_down_is_alive),
        TEST(timers_that_do_not_fire_are_not),
        TEST(the_store_is_asked_each_time),
        TEST(a_turn_that_never_ended_is_not),
        TEST(a_refused_reload_stays_in_the_status_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
