/* SPDX-License-Identifier: MIT */
/* test_grants.c: a plugin has what it asks for and the administrator lets it have, and nothing else. */
#include "rig.h"

#include <errno.h>

#include "host/internal.h"

static void open_with(struct rig *rig, const char *grants)
{
    rig_open(rig, &(struct rig_options){.more = grants});
}

static void test_without_an_entry_all_but_the_web_is_granted(void **state)
{
    struct rig rig;
    (void)state;
    open_with(&rig, NULL);
    assert_non_null(rig.puppet->host->say);
    assert_non_null(rig.puppet->host->store);
    assert_null(rig.puppet->host->http);
    rig_close(&rig);
}

static void test_what_is_denied_is_a_null_table(void **state)
{
    struct rig rig;
    (void)state;
    open_with(&rig, "grants = ( { plugin = \"puppet\"; deny = [\"series\", \"audit\"]; } );");
    assert_null(rig.puppet->host->series);
    assert_null(rig.puppet->host->audit);
    assert_non_null(rig.puppet->host->store);
    rig_close(&rig);
}

static void test_requests_go_to_the_named_hosts_alone(void **state)
{
    struct rig rig;
    (void)state;
    open_with(&rig, "grants = ( { plugin = \"puppet\"; hosts = [\"meet.example.org\"]; } );");
    const struct host *host = bot_host(rig.stage.bot);
    assert_non_null(rig.puppet->host->http);
    assert_true(host_may_reach(host, STR("puppet"), STR("https://meet.example.org/feed.ics")));
    assert_true(host_may_reach(host, STR("puppet"), STR("HTTPS://Meet.Example.org")));
    assert_false(host_may_reach(host, STR("puppet"), STR("http://meet.example.org/")));
    assert_false(host_may_reach(host, STR("puppet"), STR("https://meet.example.org.evil.example/")));
    assert_false(host_may_reach(host, STR("puppet"), STR("https://meet.example.org@evil.example/")));
    assert_false(host_may_reach(host, STR("puppet"), STR("https://meet.example.org:8443/")));
    assert_false(host_may_reach(host, STR("other"), STR("https://meet.example.org/")));
    rig_close(&rig);
}

static void test_a_refused_request_says_so(void **state)
{
    struct rig rig;
    (void)state;
    open_with(&rig, "grants = ( { plugin = \"puppet\"; hosts = [\"meet.example.org\"]; } );");
    const struct mooring_host *lent = rig.puppet->host;
    const struct mooring_request page = {.struct_size = sizeof page, .url = MOORING_STR("https://example.com/")};
    assert_int_equal(lent->http->request(lent->self, &page, 1), -EPERM);
    rig_close(&rig);
}

static void test_a_plugin_that_cannot_do_without_is_not_started(void **state)
{
    struct mooring_plugin needy = {.name = "needy", .needs = MOORING_USES_HTTP | MOORING_USES_SAY};
    struct rig rig;
    (void)state;
    open_with(&rig, NULL);
    const struct host *host = bot_host(rig.stage.bot);
    assert_int_equal(needy.needs & ~host_granted(host, STR("needy")), MOORING_USES_HTTP);
    assert_string_equal(host_service_name(MOORING_USES_HTTP), "http");
    rig_close(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_without_an_entry_all_but_the_web_is_granted),
        cmocka_unit_test(test_what_is_denied_is_a_null_table),
        cmocka_unit_test(test_requests_go_to_the_named_hosts_alone),
        cmocka_unit_test(test_a_refused_request_says_so),
        cmocka_unit_test(test_a_plugin_that_cannot_do_without_is_not_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
