/* SPDX-License-Identifier: MIT */
/* test_poison.c: events, timers and plugins that take the whole bot away, over lives of it in one
 * state folder: each life is a process of its own. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "crash.h"
#include "host/guard.h"
#include "host/internal.h"
#include "internal.h"
#include "observe/log.h"
#include "store/events.h"

#define SECRET "the-secret-words-of-one-person"

/* What a life saw, for the parent to assert on: an assertion in the child would run the tests
 * twice. */
struct seen {
    int ended, good_timers, puppet_calls, shadow_calls, answers, cards, notices, resting, absent;
    int64_t buried, rest_left_ms;
    char notice[512];
};
static struct seen *seen;
static bool in_child;

static int setup_with(void **state, const char *plugins, const char *more)
{
    static struct rig rig;
    if (in_child) /* an assertion failed there, and the runner would go on with the next test */
        _exit(9);
    rig_write(&rig, &(struct rig_options){.plugins = plugins, .more = more});
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(seen != MAP_FAILED);
    *state = &rig;
    return 0;
}

static int setup(void **state)
{
    return setup_with(state, "puppet shadow", NULL);
}

static int teardown(void **state)
{
    if (in_child)
        _exit(9);
    rig_remove(*state);
    return munmap(seen, sizeof *seen);
}

static const struct mooring_owner OWN = {.kind = MOORING_OWN_PLUGIN};

/* ---- a life -----------------------------------------------------------------------------------
 */

static void count_rest(void *ctx, const struct host_rest *rest)
{
    (void)ctx;
    seen->resting++;
    seen->absent += rest->is_absent;
    seen->rest_left_ms = rest->left_ms;
}

static void look(struct rig *rig)
{
    for (size_t i = 0; i < rig->stage.line_count; i++) {
        const struct stage_line *line = &rig->stage.lines[i];
        seen->answers += strstr(line->text, "said ") != NULL;
        seen->cards += strcmp(line->place, "dm ana") == 0 && strstr(line->text, "988");
        if (strcmp(line->place, "room bridge") == 0 && strstr(line->text, "Whoever")) {
            seen->notices++;
            (void)snprintf(seen->notice, sizeof seen->notice, "%s", line->text);
        }
        if (strcmp(line->place, "room bridge") == 0 && strstr(line->text, "put it aside"))
            (void)snprintf(seen->notice, sizeof seen->notice, "%s", line->text);
    }
    seen->puppet_calls =
        rig->puppet ? (int)(rig->puppet->messages + rig->puppet->timers + rig->puppet->runs) : 0;
    seen->shadow_calls = (int)(rig->shadow->messages + rig->shadow->timers + rig->shadow->runs);
    if (store_events_buried_count(rig->stage.ground.store, &seen->buried) < 0)
        seen->buried = -1;
    stage_forget_lines(&rig->stage);
}

/* Its log and the sanitizer's word about its end go to a file. */
static void become_child(const char *log_path)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    (void)dup2(log, STDERR_FILENO);
    (void)dup2(log, STDOUT_FILENO);
    in_child = true;
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        (void)signal(signals[i], SIG_DFL); /* the runner's own handlers would go on too */
    alarm(30);
}

static void live_in_child(struct rig *rig, void (*begin)(struct rig *), void (*play)(struct rig *))
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/log", rig->folder);
    become_child(path);
    rig_raise_with(rig, true, begin);
    guard_catch_faults(rig->stage.ground.marker);
    look(rig);
    play(rig);
    look(rig);
    seen->resting = 0;
    (void)host_each_rest(rig->stage.bot->host, count_rest, NULL);
    seen->ended = 1;
    guard_catch_faults(NULL);
    stage_close(&rig->stage);
    _exit(0);
}

/* True when it came to its end. */
static bool live(struct rig *rig, void (*begin)(struct rig *), void (*play)(struct rig *))
{
    int status;
    *seen = (struct seen){0};
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        live_in_child(rig, begin, play);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_false(WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM);
    return seen->ended != 0;
}

static void read_log(const struct rig *rig, char text[65536])
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/log", rig->folder);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    size_t count = fread(text, 1, 65535, file);
    text[count] = '\0';
    (void)fclose(file);
}

static void assert_log_says(const struct rig *rig, const char *word)
{
    char text[65536];
    read_log(rig, text);
    if (!strstr(text, word))
        fail_msg("the log has no \"%s\":\n%s", word, text);
}

static void assert_log_is_silent_about(const struct rig *rig, const char *word)
{
    char text[65536];
    read_log(rig, text);
    assert_null(strstr(text, word));
    assert_non_null(strstr(text, "event=")); /* it says something */
}

/* ---- how to die -------------------------------------------------------------------------------
 */

static int crash_on_message(struct puppet *puppet, const struct mooring_event *event)
{
    (void)puppet;
    (void)event;
    return crash();
}

static int crash_on_secret(struct puppet *puppet, const struct mooring_event *event)
{
    (void)puppet;
    return event->text.len == sizeof SECRET - 1 ? crash() : 0;
}

static int crash_on_timer(struct puppet *puppet, struct mooring_owner owner, struct mooring_str key,
                          int late)
{
    (void)puppet;
    (void)owner;
    (void)late;
    seen->good_timers += key.len != 3;
    return key.len == 3 ? crash() : 0;
}

static int crash_on_init(struct puppet *puppet)
{
    (void)puppet;
    return crash();
}

static int answer(struct puppet *puppet, const struct mooring_event *event)
{
    if (event->verdict.tier > 0 || event->text.len == sizeof "sos" - 1)
        return 0; /* left to the floor */
    int r = rig_say(puppet, event, "hello");
    return r < 0 ? r : 1;
}

static void bring(struct rig *rig, const char *text, const char *id)
{
    struct chat_event event = rig_event(rig, "ana", NULL, text);
    event.id = str_of(id);
    rig_bring(rig, &event, 1);
    look(rig);
}

static void good_shadow(struct rig *rig)
{
    rig->shadow->message = answer;
}

static void play_nothing(struct rig *rig)
{
    (void)rig;
}

/* ---- events -----------------------------------------------------------------------------------
 */

static void begin_poisoned(struct rig *rig)
{
    good_shadow(rig);
    rig->puppet->message = crash_on_secret;
}

static void play_poison(struct rig *rig)
{
    bring(rig, "sos", "$help");
    rig_bring(rig, (struct chat_event[]){rig_event(rig, "ben", NULL, "another day")}, 1);
    bring(rig, SECRET, "$bad");
}

static void test_an_event_that_kills_is_buried_at_the_third_start(void **state)
{
    struct rig *rig = *state;
    assert_false(live(rig, begin_poisoned, play_poison));
    assert_true(seen->cards >= 1); /* a call for help was answered before */
    assert_false(live(rig, begin_poisoned, play_poison));
    assert_true(live(rig, begin_poisoned, play_poison));
    assert_int_equal(seen->buried, 1);
    assert_int_equal(seen->resting, 0); /* the plugin goes on ... */
    assert_int_equal(seen->puppet_calls, 1);
    assert_int_equal(seen->shadow_calls, 2); /* ... and the others heard it */
    assert_non_null(strstr(seen->notice, "member "));
    assert_non_null(strstr(seen->notice, "puppet"));
    assert_null(strstr(seen->notice, "ana"));
    assert_log_is_silent_about(rig, SECRET);
    /* And never again, neither told nor tried. */
    assert_true(live(rig, begin_poisoned, play_poison));
    assert_int_equal(seen->buried, 1);
}

static void begin_crashing(struct rig *rig)
{
    good_shadow(rig);
    rig->puppet->message = crash_on_message;
}

static void play_one(struct rig *rig)
{
    bring(rig, "sos", "$help");
    bring(rig, "one more day", "$one");
}

static void play_two(struct rig *rig)
{
    bring(rig, "two more days", "$two");
}

static void test_whatever_the_event_the_plugin_rests(void **state)
{
    struct rig *rig = *state;
    assert_false(live(rig, begin_crashing, play_one));
    assert_false(live(rig, begin_crashing, play_two));
    assert_true(live(rig, begin_crashing, play_two));
    assert_int_equal(seen->resting, 1);
    assert_in_range(seen->rest_left_ms, CLOCK_MINUTE_MS, 10 * CLOCK_MINUTE_MS);
    assert_int_equal(seen->puppet_calls, 0);
    assert_int_equal(seen->shadow_calls, 1);
    assert_non_null(strstr(seen->notice, "puppet"));
}

static void wait_it_out(struct rig *rig)
{
    rig_play(rig, "/wait 11m");
    rig->puppet->message = NULL;
    bring(rig, "two more days", "$three");
}

static void test_a_rest_ends_by_itself(void **state)
{
    struct rig *rig = *state;
    assert_false(live(rig, begin_crashing, play_one));
    assert_false(live(rig, begin_crashing, play_two));
    assert_true(live(rig, begin_crashing, wait_it_out));
    assert_int_equal(seen->resting, 0);
    assert_int_equal(seen->puppet_calls, 1);
}

/* ---- plugins that cannot even begin ------------------------------------------------------------
 */

static void begin_init_crash(struct rig *rig)
{
    good_shadow(rig);
    rig->puppet->init = crash_on_init;
}

static void test_one_that_dies_in_init_sleeps_through_the_third_start(void **state)
{
    struct rig *rig = *state;
    /* before anybody could catch the fault: three deaths without a word */
    for (int i = 0; i < 3; i++)
        assert_false(live(rig, begin_init_crash, play_two));
    assert_true(live(rig, begin_init_crash, play_two));
    assert_int_equal(seen->resting, 1);
    assert_int_equal(seen->answers, 1);
}

static void wake_mended(struct rig *rig)
{
    rig->puppet->init = NULL;
    rig_play(rig, "/wait 11m");
    rig->puppet->message = answer;
    bring(rig, "two more days", "$three");
}

static void test_one_that_slept_through_the_start_is_started_when_it_wakes(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 3; i++)
        assert_false(live(rig, begin_init_crash, play_two));
    assert_true(live(rig, begin_init_crash, wake_mended));
    assert_int_equal(seen->resting, 0);
    assert_int_equal(seen->puppet_calls, 1);
}

static int refuse(struct puppet *puppet)
{
    (void)puppet;
    return -EIO;
}

static void begin_refusing(struct rig *rig)
{
    good_shadow(rig);
    rig->puppet->init = refuse;
}

/* Somebody at the keyboard reads a sentence twice; a service manager gets its bot. */
static void test_one_that_refuses_to_start_is_left_out_at_the_third(void **state)
{
    struct rig *rig = *state;
    assert_false(live(rig, begin_refusing, play_two));
    assert_false(live(rig, begin_refusing, play_two));
    assert_true(live(rig, begin_refusing, play_two));
    assert_int_equal(seen->resting, 1);
    assert_int_equal(seen->answers, 1);
}

static int setup_bomb(void **state)
{
    return setup_with(state, "bomb shadow", "bomb = { loud = true; };\n");
}

static int set_for_bomb(void *ctx)
{
    struct bot *bot = ctx;
    struct mooring_when when = {.struct_size = sizeof when, .at = RIG_START_AT + 1000};
    return jobs_set(bot->jobs, STR("bomb"), OWN, STR("once"), &when);
}

/* As the daemon opens: the marker before any plugin's code. */
static void open_in_child(struct rig *rig)
{
    struct error error = {0};
    struct bot_ground ground;
    struct setup *setup = NULL;
    struct bot *bot = NULL;
    struct bot_ground_options options = {.virtual_at = RIG_START_AT};
    if (marker_open(rig->folder, RIG_START_AT, &options.marker) < 0)
        _exit(2);
    guard_catch_faults(options.marker);
    struct zones *zones = zones_create(NULL);
    if (setup_load_marked(rig->config, zones, options.marker, NULL, NULL, &setup) < 0)
        _exit(3);
    setup_destroy(setup);
    zones_destroy(zones);
    if (bot_ground_open(&ground, &options, &error) < 0 ||
        setup_load_marked(rig->config, ground.zones, options.marker, NULL, NULL, &setup) < 0 ||
        bot_create(&ground, rig->config, setup, &bot, &error) < 0)
        _exit(4);
    (void)host_each_rest(bot_host(bot), count_rest, NULL);
    seen->shadow_calls = (int)host_plugin_count(bot_host(bot));
    if (turn_call(bot->turn, set_for_bomb, bot) < 0)
        _exit(5);
    loop_advance(ground.loop, RIG_START_AT + CLOCK_MINUTE_MS);
    struct mooring_owner own = OWN;
    seen->good_timers = jobs_next(bot->jobs, STR("bomb"), own, STR("once"), &seen->buried) == 0;
    seen->ended = 1;
    bot_destroy(bot);
    guard_catch_faults(NULL);
    bot_ground_close(&ground);
    _exit(0);
}

static void test_one_that_cannot_be_loaded_is_passed_over(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 3; i++) {
        int status;
        *seen = (struct seen){0};
        pid_t child = fork();
        if (child == 0) {
            become_child("/dev/null");
            open_in_child(rig);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(seen->ended, i == 2);
    }
    assert_int_equal(seen->absent, 1);
    assert_int_equal(seen->shadow_calls, 2); /* the core and the other one */
    assert_int_equal(seen->good_timers, 1);  /* what it was to do once waits for it */
    assert_in_range(seen->buried, RIG_START_AT + CLOCK_HOUR_MS, RIG_START_AT + 2 * CLOCK_HOUR_MS);
}

/* ---- timers -----------------------------------------------------------------------------------
 */

static void set_once(struct puppet *puppet, struct mooring_str key, int64_t in_ms)
{
    const struct mooring_host *host = puppet->host;
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .at = host->clock->now_at(host->self) + in_ms};
    (void)host->timer->set(host->self, OWN, key, &when);
}

static int set_timers(struct puppet *puppet, const struct mooring_event *event,
                      struct mooring_str args)
{
    (void)event;
    (void)args;
    set_once(puppet, MOORING_STR("bad"), 60000);
    set_once(puppet, MOORING_STR("good"), 61000);
    return 0;
}

static void begin_bad_timer(struct rig *rig)
{
    good_shadow(rig);
    rig->puppet->run = set_timers;
    rig->puppet->timer = crash_on_timer;
}

static void play_set(struct rig *rig)
{
    bring(rig, "pull", "$set");
    rig_play(rig, "/wait 2m");
}

static void play_wait(struct rig *rig)
{
    rig_play(rig, "/wait 2m");
}

static void test_a_timer_that_kills_is_taken_off_at_the_third_start(void **state)
{
    struct rig *rig = *state;
    assert_false(live(rig, begin_bad_timer, play_set));
    assert_int_equal(seen->good_timers, 0);
    assert_false(live(rig, begin_bad_timer, play_wait));
    assert_int_equal(seen->good_timers, 1); /* which waited a while for the others' sake */
    assert_true(live(rig, begin_bad_timer, play_wait));
    assert_int_equal(seen->buried, 1);
    assert_int_equal(seen->good_timers, 0);
    assert_int_equal(seen->resting, 0);
    assert_non_null(strstr(seen->notice, "puppet"));
    assert_true(live(rig, begin_bad_timer, play_wait));
    assert_int_equal(seen->buried, 1);
    assert_int_equal(seen->puppet_calls, 0);
}

static int set_daily(struct puppet *puppet, const struct mooring_event *event,
                     struct mooring_str args)
{
    const struct mooring_host *host = puppet->host;
    const struct mooring_when when = {.struct_size = sizeof when,
                                      .rrule = MOORING_STR("FREQ=DAILY"),
                                      .zone = MOORING_STR("America/New_York"),
                                      .start_local = MOORING_STR("2026-11-23T09:00")};
    (void)event;
    (void)args;
    return host->timer->set(host->self, OWN, MOORING_STR("bad"), &when);
}

static void begin_daily(struct rig *rig)
{
    good_shadow(rig);
    rig->puppet->run = set_daily;
    rig->puppet->timer = crash_on_timer;
}

static void play_daily(struct rig *rig)
{
    bring(rig, "pull", "$set");
    rig_play(rig, "/wait 10m");
}

static void play_next_day(struct rig *rig)
{
    rig_play(rig, "/wait 10m");
    rig->puppet->timer = NULL;
    rig_play(rig, "/wait 24h");
}

static void test_what_recurs_goes_on_at_its_next_time(void **state)
{
    struct rig *rig = *state;
    assert_false(live(rig, begin_daily, play_daily));
    assert_false(live(rig, begin_daily, play_daily));
    assert_true(live(rig, begin_daily, play_next_day));
    assert_int_equal(seen->buried, 1);
    assert_int_equal(seen->puppet_calls, 1);
}

/* ---- memory -----------------------------------------------------------------------------------
 */

/* Takes and keeps, and says that all is well: no bound stands in its way. */
static int keep_memory(struct puppet *puppet, const struct mooring_event *event)
{
    enum { MORE = 96 * 1024 * 1024 };
    static char *kept;
    (void)event;
    kept = malloc(MORE);
    if (!kept)
        return -ENOMEM;
    kept[0] = 1;
    return puppet->host->store->put(puppet->host->self, OWN, MOORING_STR("kept"), MOORING_STR("1"),
                                    0);
}

static void begin_keeping(struct rig *rig)
{
    good_shadow(rig);
    rig->puppet->message = keep_memory;
}

/* A sanitizer's shadow counts as data: then the process is near any bound that 96 MB are a quarter
 * of. */
static void play_bounded(struct rig *rig)
{
    struct host *host = rig->stage.bot->host;
    host->memory_fd = guard_memory_open();
    host->memory_bound = 256 * 1024 * 1024;
    bring(rig, "one more day", "$keep");
}

static void test_what_a_plugin_takes_is_its_own(void **state)
{
    struct rig *rig = *state;
    bool ended = live(rig, begin_keeping, play_bounded);
    assert_log_says(rig, "event=plugin_memory plugin=puppet");
    assert_log_says(rig, "event=plugin_quarantined plugin=puppet why=memory minutes=10");
#ifdef __SANITIZE_ADDRESS__
    assert_false(ended); /* after the turn's commit, with a line */
    assert_log_says(rig, "event=process_memory plugin=puppet call=memory");
#else
    assert_true(ended);
#endif
    assert_true(live(rig, begin_keeping, play_nothing));
    assert_int_equal(seen->resting, 1); /* the rest outlives the process */
}

/* ---- our own hands ----------------------------------------------------------------------------
 */

/* As if reading had died of it: what the next life sees is the marker. */
static void die_reading(struct rig *rig, const char *stage)
{
    struct host *host = rig->stage.bot->host;
    struct chat_event event = rig_event(rig, "ana", NULL, "I want to kill myself tonight");
    event.id = STR("$cry");
    if (host_event_begin(host, STR("console"), &event) == HOST_SOUND) {
        host_event_stage(host, stage);
        (void)crash();
    }
    rig_bring(rig, &event, 1);
    look(rig);
    rig_bring(rig, (struct chat_event[]){rig_event(rig, "ben", NULL, "another day")}, 1);
}

static void play_die_acting(struct rig *rig)
{
    die_reading(rig, "act");
}

static void play_die_reading(struct rig *rig)
{
    die_reading(rig, "read");
}

static void test_what_kills_the_core_is_buried_but_the_floor_reads_it(void **state)
{
    struct rig *rig = *state;
    assert_false(live(rig, good_shadow, play_die_acting));
    assert_false(live(rig, good_shadow, play_die_acting));
    assert_true(live(rig, good_shadow, play_die_acting));
    assert_int_equal(seen->buried, 1);
    assert_true(seen->cards >= 1);
    assert_int_equal(seen->puppet_calls, 1); /* only what came after it */
}

static void test_what_kills_the_reading_is_not_even_read(void **state)
{
    struct rig *rig = *state;
    assert_false(live(rig, good_shadow, play_die_reading));
    assert_false(live(rig, good_shadow, play_die_reading));
    assert_true(live(rig, good_shadow, play_die_reading));
    assert_int_equal(seen->buried, 1);
    assert_int_equal(seen->cards, 0);
    assert_int_equal(seen->answers, 1); /* all else goes on */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_an_event_that_kills_is_buried_at_the_third_start),
        TEST(test_whatever_the_event_the_plugin_rests),
        TEST(test_a_rest_ends_by_itself),
        TEST(test_one_that_dies_in_init_sleeps_through_the_third_start),
        TEST(test_one_that_slept_through_the_start_is_started_when_it_wakes),
        TEST(test_one_that_refuses_to_start_is_left_out_at_the_third),
        cmocka_unit_test_setup_teardown(test_one_that_cannot_be_loaded_is_passed_over, setup_bomb,
                                        teardown),
        TEST(test_a_timer_that_kills_is_taken_off_at_the_third_start),
        TEST(test_what_recurs_goes_on_at_its_next_time),
        TEST(test_what_a_plugin_takes_is_its_own),
        TEST(test_what_kills_the_core_is_buried_but_the_floor_reads_it),
        TEST(test_what_kills_the_reading_is_not_even_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
