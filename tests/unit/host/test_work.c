/* SPDX-License-Identifier: MIT */
/* test_work.c: work and requests begin after the commit, and their results are turns of their own.
 */
#include "rig.h"

#include <errno.h>

static int setup(void **state)
{
    return rig_setup_with(
        state, &(struct rig_options){
                   .more = "grants = ( { plugin = \"puppet\"; hosts = [\"127.0.0.1:9\"]; } );"});
}

static int shout(struct mooring_str input, void *ret_output, size_t size)
{
    char *out = ret_output;
    for (size_t i = 0; i < input.len && i < size; i++)
        out[i] = (char)(input.ptr[i] >= 'a' && input.ptr[i] <= 'z' ? input.ptr[i] - 32
                                                                   : input.ptr[i]);
    return 0;
}

static int refuse_work(struct mooring_str input, void *ret_output, size_t size)
{
    (void)input;
    (void)ret_output;
    (void)size;
    return -EDOM;
}

/* "fail": asks for work, and fails after it. */
static int ask_work(struct puppet *puppet, const struct mooring_event *event,
                    struct mooring_str args)
{
    (void)event;
    int r = puppet->host->work->run(puppet->host->self, shout, MOORING_STR("calm"), 4, 17);
    return r < 0 ? r : args.len ? -EBADMSG : 0;
}

struct result {
    uint64_t token;
    int result;
    uint32_t status;
    char text[64];
};

static int note_work(struct puppet *puppet, uint64_t token, int result, struct mooring_str output)
{
    struct result *seen = puppet->ctx;
    seen->token = token;
    seen->result = result;
    (void)snprintf(seen->text, sizeof seen->text, "%.*s", (int)output.len, output.ptr);
    return puppet->host->store->put(puppet->host->self,
                                    (struct mooring_owner){.kind = MOORING_OWN_PLUGIN},
                                    MOORING_STR("result"), output, 0);
}

static void test_work_ends_in_a_turn_of_its_own(void **state)
{
    struct rig *rig = *state;
    struct result seen = {0};
    rig->puppet->ctx = &seen;
    rig->puppet->run = ask_work;
    rig->puppet->worked = note_work;
    rig_play(rig, "!pull\n/wait 1s");
    assert_int_equal(rig->puppet->worked_count, 1);
    assert_int_equal(seen.token, 17);
    assert_int_equal(seen.result, 0);
    assert_string_equal(seen.text, "CALM");
    rig_assert_quiet(rig);
    /* What the turn wrote survives a kill: it was committed. */
    rig_play(rig, "/kill");
    struct mooring_str value;
    assert_int_equal(
        rig->puppet->host->store->get(rig->puppet->host->self,
                                      (struct mooring_owner){.kind = MOORING_OWN_PLUGIN},
                                      MOORING_STR("result"), &value),
        0);
}

static void test_a_call_that_fails_asks_for_nothing(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = ask_work;
    rig_play(rig, "!pull fail\n/wait 1s");
    assert_int_equal(rig->puppet->worked_count, 0);
}

static int ask_refused(struct puppet *puppet, const struct mooring_event *event,
                       struct mooring_str args)
{
    (void)event;
    (void)args;
    return puppet->host->work->run(puppet->host->self, refuse_work, (struct mooring_str){0}, 0, 5);
}

static void test_an_error_of_the_work_is_its_result(void **state)
{
    struct rig *rig = *state;
    struct result seen = {.text = "x"};
    rig->puppet->ctx = &seen;
    rig->puppet->run = ask_refused;
    rig->puppet->worked = note_work;
    rig_play(rig, "!pull\n/wait 1s");
    assert_int_equal(seen.token, 5);
    assert_int_equal(seen.result, -EDOM);
    assert_string_equal(seen.text, "");
}

enum { MANY = 60 };

static int ask_many(struct puppet *puppet, const struct mooring_event *event,
                    struct mooring_str args)
{
    (void)event;
    (void)args;
    int r = 0;
    for (uint64_t i = 0; i < MANY && r == 0; i++)
        r = puppet->host->work->run(puppet->host->self, refuse_work, (struct mooring_str){0}, 0, i);
    return r;
}

static int count_refused(struct puppet *puppet, uint64_t token, int result,
                         struct mooring_str output)
{
    (void)token;
    (void)output;
    int *refused = puppet->ctx;
    *refused += result == -EDOM;
    return 0;
}

/* Some end on the pool before the loop has begun the next. */
static void test_what_ends_at_once_keeps_its_result(void **state)
{
    struct rig *rig = *state;
    int refused = 0;
    rig->puppet->ctx = &refused;
    rig->puppet->run = ask_many;
    rig->puppet->worked = count_refused;
    for (int round = 0; round < 5; round++)
        rig_play(rig, "!pull\n/wait 1m");
    assert_int_equal(rig->puppet->worked_count, 5 * MANY);
    assert_int_equal(refused, 5 * MANY);
}

static int ask_wrongly(struct puppet *puppet, const struct mooring_event *event,
                       struct mooring_str args)
{
    (void)event;
    (void)args;
    int *results = puppet->ctx;
    const struct mooring_host *host = puppet->host;
    results[0] = host->work->run(host->self, NULL, (struct mooring_str){0}, 0, 1);
    results[1] = host->work->run(host->self, shout, (struct mooring_str){0}, (size_t)1 << 30, 1);
    const struct mooring_request plain = {.struct_size = sizeof plain,
                                          .url = MOORING_STR("http://example.org/")};
    results[2] = host->http->request(host->self, &plain, 1);
    results[3] = host->http->request(host->self, NULL, 1);
    return 0;
}

static void test_what_is_refused_at_once(void **state)
{
    struct rig *rig = *state;
    int results[4] = {0};
    rig->puppet->ctx = results;
    rig->puppet->run = ask_wrongly;
    rig_play(rig, "!pull");
    assert_int_equal(results[0], -EINVAL);
    assert_int_equal(results[1], -EINVAL);
    assert_int_equal(results[2], -EPERM);
    assert_int_equal(results[3], -EPERM);
}

static int ask_much(struct puppet *puppet, const struct mooring_event *event,
                    struct mooring_str args)
{
    int r = 0, count = 0;
    (void)event;
    (void)args;
    for (; r >= 0 && count < 1000; count++)
        r = puppet->host->work->run(puppet->host->self, shout, MOORING_STR("x"), 1, 1);
    *(int *)puppet->ctx = r < 0 ? count - 1 : count;
    return 0;
}

static void test_there_is_a_ceiling(void **state)
{
    struct rig *rig = *state;
    int count = 0;
    rig->puppet->ctx = &count;
    rig->puppet->run = ask_much;
    rig_play(rig, "!pull");
    assert_int_equal(count, 64);
    rig->puppet->ctx = NULL;
    rig_play(rig, "/wait 1s");
    assert_int_equal(rig->puppet->worked_count, 64);
}

static void test_unloading_forgets_work_under_way(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = ask_work;
    struct chat_event event = rig_event(rig, "ana", "harbor", "!pull");
    struct chat_batch batch = {
        .network = bot_network_at(rig->stage.bot, 0), .events = &event, .count = 1};
    turn_run(rig->stage.bot->turn, &batch); /* without settling: the pool has it */
    rig_play(rig, "/kill\n/wait 1s");
    assert_int_equal(rig->puppet->worked_count, 0);
}

static int ask_page(struct puppet *puppet, const struct mooring_event *event,
                    struct mooring_str args)
{
    /* A port where nobody listens: the answer is a refusal, without leaving the machine. */
    const struct mooring_request page = {.struct_size = sizeof page,
                                         .url = MOORING_STR("https://127.0.0.1:9/x"),
                                         .timeout_ms = 2000};
    (void)event;
    int r = puppet->host->http->request(puppet->host->self, &page, 23);
    return r < 0 ? r : args.len ? -EBADMSG : 0;
}

static int note_page(struct puppet *puppet, uint64_t token, int result, uint32_t status,
                     struct mooring_str body)
{
    struct result *seen = puppet->ctx;
    (void)body;
    *seen = (struct result){.token = token, .result = result, .status = status};
    return 0;
}

static void test_a_request_ends_in_a_turn_of_its_own(void **state)
{
    struct rig *rig = *state;
    struct result seen = {0};
    rig->puppet->ctx = &seen;
    rig->puppet->run = ask_page;
    rig->puppet->fetched = note_page;
    rig_play(rig, "!pull");
    for (int i = 0; i < 200 && rig->puppet->fetched_count == 0; i++)
        loop_wait(rig->stage.ground.loop);
    assert_int_equal(rig->puppet->fetched_count, 1);
    assert_int_equal(seen.token, 23);
    assert_true(seen.result < 0);
    assert_int_equal(seen.status, 0);
}

static void test_a_request_of_a_failed_call_is_never_made(void **state)
{
    struct rig *rig = *state;
    rig->puppet->run = ask_page;
    rig_play(rig, "!pull fail\n/wait 5s");
    assert_true(loop_idle(rig->stage.ground.loop));
    assert_int_equal(rig->puppet->fetched_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_work_ends_in_a_turn_of_its_own),
        TEST(test_a_call_that_fails_asks_for_nothing),
        TEST(test_an_error_of_the_work_is_its_result),
        TEST(test_what_ends_at_once_keeps_its_result),
        TEST(test_what_is_refused_at_once),
        TEST(test_there_is_a_ceiling),
        TEST(test_unloading_forgets_work_under_way),
        TEST(test_a_request_ends_in_a_turn_of_its_own),
        TEST(test_a_request_of_a_failed_call_is_never_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
