/* SPDX-License-Identifier: MIT */
/* test_account.c: getting in and staying in, against the scripted homeserver. */
#include "entry.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chat/matrix/discover.h"

#define LOGIN   "POST /_matrix/client/v3/login*"
#define REFRESH "POST /_matrix/client/v3/refresh*"
#define WHOAMI  "/_matrix/client/v3/account/whoami"
enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static void begin(struct entry *entry)
{
    entry_begin(entry, "memory:home", "bot", MATRIX_LOGIN_PASSWORD);
    entry_run(entry, SECOND);
}

static size_t nth_request(struct entry *entry, const char *prefix, size_t n)
{
    for (size_t i = 0; i < hs_request_count(entry->hs); i++)
        if (strncmp(hs_request_at(entry->hs, i), prefix, strlen(prefix)) == 0 && n-- == 0)
            return i;
    fail_msg("no such request: %s", prefix);
    return 0;
}

static struct str body_of(struct entry *entry, const char *prefix, size_t n)
{
    return hs_request_body_at(entry->hs, nth_request(entry, prefix, n));
}

static bool is_in(const struct entry *entry)
{
    return strcmp(entry->told, "in ") == 0;
}

static int ask(struct entry *entry)
{
    struct entry_asked asked;
    entry_ask(entry, &asked, WHOAMI);
    entry_run(entry, 10 * SECOND);
    assert_true(asked.done);
    return asked.result;
}

/* ---- M3, M4 ---------------------------------------------------------------------------------- */

static void m3_the_token_is_in_the_header_alone(void **state)
{
    struct entry *entry = *state;
    begin(entry);
    assert_int_equal(ask(entry), 0); /* the server takes it from the header and nowhere else */
    for (size_t i = 0; i < hs_request_count(entry->hs); i++)
        assert_null(strstr(hs_request_at(entry->hs, i), "access"));
}

static void m4_the_name_leads_to_the_server(void **state)
{
    struct entry *entry = *state;
    begin(entry);
    assert_true(is_in(entry));
    assert_int_equal(hs_requests(entry->hs, "GET /.well-known/matrix/client"), 1);
    assert_true(str_eq_c(matrix_account_base(entry->session.account), "memory://home"));
    assert_true(str_eq_c(matrix_account_user(entry->session.account), ENTRY_BOT));
    assert_true(matrix_account_has(entry->session.account, "v1.19"));
    assert_false(matrix_account_has(entry->session.account, "v1.20"));
}

static void m4_without_well_known_the_name_is_the_server(void **state)
{
    struct entry *entry = *state;
    hs_fault(entry->hs, &(struct hs_fault){.match = "GET /.well-known/*",
                                           .kind = HS_ANSWER,
                                           .status = 404,
                                           .body = STR("{}")});
    begin(entry);
    assert_true(is_in(entry));
}

static void m4_a_useless_well_known_is_told_and_tried_again(void **state)
{
    struct entry *entry = *state;
    hs_knobs(entry->hs)->well_known = "{\"m.homeserver\":{\"base_url\":\"http://evil.example\"}}";
    begin(entry);
    assert_string_equal(entry->told, "");
    assert_non_null(strstr(entry->log.ptr, "matrix_homeserver_unreachable"));
    assert_non_null(strstr(entry->log.ptr, "Give its address"));
    assert_int_equal(hs_requests(entry->hs, LOGIN), 0);
    hs_knobs(entry->hs)->well_known = NULL;
    entry_run(entry, 5 * MINUTE);
    assert_true(is_in(entry));
}

/* 1.1 is the first that will do, whatever else is on the list. */
static void m4_versions_from_1_1_on_will_do(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        bool will_do;
    } cases[] = {
        {"{\"versions\":[\"v1.1\"]}", true},
        {"{\"versions\":[\"r0.6.1\",\"v1.0\",\"v1.9\"]}", true},
        {"{\"versions\":[\"v1.10\"]}", true},
        {"{\"versions\":[\"v1.0\"]}", false},
        {"{\"versions\":[\"v1.\",\"v1.x\",\"1.1\",\"v0.9\",\"r1.1\",11,null]}", false},
        {"{\"versions\":[]}", false},
        {"{\"versions\":{\"a\":\"v1.1\"}}", false},
        {"{}", false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        json_t *json = json_loads(cases[i].json, 0, NULL);
        assert_non_null(json);
        if (matrix_versions_will_do(json) != cases[i].will_do)
            fail_msg("%s", cases[i].json);
        json_decref(json);
    }
}

static void m4_a_server_that_is_too_old_gets_no_password(void **state)
{
    struct entry *entry = *state;
    static const char *const old[] = {"r0.5.0", "r0.6.1", "v1.0", NULL};
    hs_knobs(entry->hs)->versions = old;
    begin(entry);
    entry_run(entry, HOUR);
    assert_string_equal(entry->told, "");
    assert_int_equal(hs_requests(entry->hs, LOGIN), 0);
    assert_non_null(strstr(entry->log.ptr, "has to be updated"));
}

static void m2_a_server_that_is_down_is_tried_with_growing_waits(void **state)
{
    struct entry *entry = *state;
    hs_set_mode(entry->hs, MEMORY_HTTP_REFUSE);
    entry_begin(entry, "memory://home", "bot", MATRIX_LOGIN_PASSWORD);
    entry_run(entry, HOUR);
    assert_string_equal(entry->told, "");
    hs_set_mode(entry->hs, MEMORY_HTTP_TAKE);
    entry_run(entry, MINUTE + SECOND); /* the longest wait */
    assert_true(is_in(entry));
}

static void m2_many_failures_are_few_requests(void **state)
{
    struct entry *entry = *state;
    hs_fault(entry->hs, &(struct hs_fault){.match = "*", .kind = HS_ANSWER, .status = 502});
    entry_begin(entry, "memory://home", "bot", MATRIX_LOGIN_PASSWORD);
    entry_run(entry, HOUR);
    assert_in_range(hs_request_count(entry->hs), 55, 140);
}

/* ---- M5 -------------------------------------------------------------------------------------- */

static void m5_a_login_asks_for_a_refresh_token(void **state)
{
    struct entry *entry = *state;
    begin(entry);
    struct str body = body_of(entry, "POST /_matrix/client/v3/login", 0);
    assert_true(str_find(body, STR("\"refresh_token\":true"), 0) != SIZE_MAX);
    assert_true(str_find(body, STR("m.login.password"), 0) != SIZE_MAX);
}

static void m5_a_token_is_asked_whose_it_is(void **state)
{
    struct entry *entry = *state;
    snprintf(entry->secret, sizeof entry->secret, "%s", hs_token(entry->hs, ENTRY_BOT, "HAND"));
    entry_begin(entry, "memory:home", "", MATRIX_LOGIN_TOKEN);
    entry_run(entry, SECOND);
    assert_true(is_in(entry));
    assert_int_equal(hs_requests(entry->hs, LOGIN), 0);
    assert_true(str_eq_c(matrix_account_user(entry->session.account), ENTRY_BOT));
    assert_true(str_eq_c(matrix_account_device(entry->session.account), "HAND"));
}

/* What `mooring status` says of it. */
static const char *trouble(const struct entry *entry)
{
    const char *sentence = matrix_account_trouble(entry->session.account);
    return sentence ? sentence : "";
}

static void m5_a_token_of_somebody_else_is_not_used(void **state)
{
    struct entry *entry = *state;
    snprintf(entry->secret, sizeof entry->secret, "%s", hs_token(entry->hs, "@eve:home", "HAND"));
    entry_begin(entry, "memory:home", "bot", MATRIX_LOGIN_TOKEN);
    entry_run(entry, DAY);
    assert_string_equal(entry->told, "");
    assert_int_equal(entry->notices[CHAT_NOTICE_LOGGED_OUT], 1);
    assert_int_equal(hs_requests(entry->hs, "GET *whoami*"), 1);
}

static void m5_a_wrong_password_is_told_once_and_not_tried_again(void **state)
{
    struct entry *entry = *state;
    snprintf(entry->secret, sizeof entry->secret, "wrong");
    begin(entry);
    entry_run(entry, DAY);
    assert_int_equal(hs_requests(entry->hs, LOGIN), 1);
    assert_int_equal(entry->notices[CHAT_NOTICE_LOGGED_OUT], 1);
    assert_int_equal(entry->session.network.state, CHAT_DOWN);
    assert_non_null(strstr(entry->log.ptr, "mooring login shore"));
    assert_non_null(strstr(trouble(entry), "the password."));
    assert_non_null(strstr(trouble(entry), "mooring login shore"));
    /* and it is mended */
    snprintf(entry->secret, sizeof entry->secret, ENTRY_SECRET);
    matrix_account_reload(entry->session.account);
    entry_run(entry, SECOND);
    assert_true(is_in(entry));
    assert_string_equal(trouble(entry), "");
}

static void m5_a_token_is_renewed_before_it_ends(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked;
    hs_knobs(entry->hs)->token_life_ms = 5 * MINUTE;
    begin(entry);
    for (int i = 0; i < 120; i++) {
        entry_ask(entry, &asked, WHOAMI);
        entry_run(entry, 30 * SECOND);
        assert_true(asked.done);
        assert_int_equal(asked.result, 0);
    }
    assert_in_range(hs_requests(entry->hs, REFRESH), 12, 17);
    assert_int_equal(hs_requests(entry->hs, LOGIN), 1);
    assert_true(is_in(entry));
    /* none met a dead token: each was asked once */
    assert_int_equal(hs_requests(entry->hs, "GET *whoami*"), 120);
}

static void m5_a_lost_answer_is_asked_for_with_the_same_token(void **state)
{
    struct entry *entry = *state;
    hs_knobs(entry->hs)->token_life_ms = 5 * MINUTE;
    hs_fault(entry->hs, &(struct hs_fault){.match = REFRESH, .kind = HS_LOSE, .times = 2});
    begin(entry);
    entry_run(entry, 6 * MINUTE);
    assert_true(is_in(entry));
    assert_in_range(hs_requests(entry->hs, REFRESH), 3, 4);
    struct str first = body_of(entry, "POST /_matrix/client/v3/refresh", 0);
    assert_true(str_eq(first, body_of(entry, "POST /_matrix/client/v3/refresh", 1)));
    assert_true(str_eq(first, body_of(entry, "POST /_matrix/client/v3/refresh", 2)));
    assert_int_equal(hs_requests(entry->hs, LOGIN), 1);
    assert_int_equal(ask(entry), 0);
}

static void m5_many_dead_answers_are_one_refresh(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked[40];
    hs_knobs(entry->hs)->token_life_ms = HOUR;
    begin(entry);
    hs_expire(entry->hs, ENTRY_BOT, true);
    for (size_t i = 0; i < COUNT_OF(asked); i++)
        entry_ask(entry, &asked[i], WHOAMI);
    entry_run(entry, 10 * SECOND);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        assert_true(asked[i].done);
        assert_int_equal(asked[i].result, 0);
    }
    assert_int_equal(hs_requests(entry->hs, REFRESH), 1);
    assert_true(is_in(entry)); /* the other parts did not even hear of it */
}

/* A refusal of the old token that is late: the new one is as good as it was. */
static void m5_a_late_refusal_is_no_reason_to_renew_again(void **state)
{
    struct entry *entry = *state;
    struct entry_asked late, early;
    hs_knobs(entry->hs)->token_life_ms = HOUR;
    begin(entry);
    hs_expire(entry->hs, ENTRY_BOT, true);
    hs_fault(
        entry->hs,
        &(struct hs_fault){.match = "GET *whoami*", .kind = HS_SLOW, .at = 5 * SECOND, .times = 1});
    entry_ask(entry, &late, WHOAMI);
    entry_ask(entry, &early, WHOAMI);
    entry_run(entry, SECOND);
    assert_true(early.done);
    assert_false(late.done);
    entry_run(entry, 10 * SECOND);
    assert_int_equal(late.result, 0);
    assert_int_equal(hs_requests(entry->hs, REFRESH), 1);
}

static void m5_new_tokens_are_on_the_disk_before_they_are_used(void **state)
{
    struct entry *entry = *state;
    char path[128], aside[140];
    hs_knobs(entry->hs)->token_life_ms = 10 * MINUTE;
    begin(entry);
    char before[256];
    assert_true(str_to_c(matrix_account_token(entry->session.account), before, sizeof before));
    /* a disk that cannot be written: a folder stands where the file was */
    snprintf(path, sizeof path, "%s/matrix-shore.session", entry->folder);
    snprintf(aside, sizeof aside, "%s.aside", path);
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    entry_run(entry, 9 * MINUTE + 30 * SECOND);
    assert_int_equal(hs_requests(entry->hs, REFRESH), 1);
    assert_true(str_eq_c(matrix_account_token(entry->session.account), before));
    /* it is mended: then they are */
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rename(aside, path), 0);
    entry_run(entry, 10 * SECOND);
    assert_false(str_eq_c(matrix_account_token(entry->session.account), before));
    assert_int_equal(hs_requests(entry->hs, REFRESH), 1);
    assert_true(is_in(entry));
}

static void m5_without_a_disk_it_goes_on_all_the_same(void **state)
{
    struct entry *entry = *state;
    char path[128];
    hs_knobs(entry->hs)->token_life_ms = 10 * MINUTE;
    snprintf(path, sizeof path, "%s/matrix-shore.session", entry->folder);
    assert_int_equal(mkdir(path, 0700), 0);
    begin(entry);
    assert_true(is_in(entry));
    entry_run(entry, 30 * MINUTE);
    assert_int_equal(ask(entry), 0);
    assert_non_null(strstr(entry->log.ptr, "matrix_tokens_not_stored"));
    assert_int_equal(hs_requests(entry->hs, LOGIN), 1);
}

static void m5_a_restart_goes_on_with_what_is_stored(void **state)
{
    struct entry *entry = *state;
    hs_knobs(entry->hs)->token_life_ms = 5 * MINUTE;
    begin(entry);
    entry->told[0] = '\0';
    begin(entry);
    assert_true(is_in(entry));
    entry_end(entry);
    entry_run(entry, HOUR); /* expired meanwhile */
    entry->told[0] = '\0';
    begin(entry);
    assert_true(is_in(entry));
    assert_int_equal(ask(entry), 0);
    assert_int_equal(hs_requests(entry->hs, LOGIN), 1);
    assert_int_equal(hs_device_count(entry->hs, ENTRY_BOT), 1);
}

static void m5_a_login_is_never_used_for_another_account(void **state)
{
    struct entry *entry = *state;
    hs_account(entry->hs, "@other:home", ENTRY_SECRET);
    begin(entry);
    entry->told[0] = '\0';
    entry_begin(entry, "memory:home", "other", MATRIX_LOGIN_PASSWORD);
    entry_run(entry, SECOND);
    assert_true(is_in(entry));
    assert_true(str_eq_c(matrix_account_user(entry->session.account), "@other:home"));
}

static void m5_oauth_waits_for_mooring_login(void **state)
{
    struct entry *entry = *state;
    entry_begin(entry, "memory:home", "bot", MATRIX_LOGIN_OAUTH);
    entry_run(entry, DAY);
    assert_int_equal(entry->notices[CHAT_NOTICE_LOGGED_OUT], 1);
    assert_non_null(strstr(entry->log.ptr, "mooring login shore"));
}

static void m5_several_accounts_live_in_one_process(void **state)
{
    struct entry *entry = *state;
    struct matrix_session other;
    hs_account(entry->hs, "@other:home", ENTRY_SECRET);
    begin(entry);
    entry_open_session(entry, &other, "second", "memory:home", "other", MATRIX_LOGIN_PASSWORD);
    entry_run(entry, SECOND);
    assert_true(str_eq_c(matrix_account_user(entry->session.account), ENTRY_BOT));
    assert_true(str_eq_c(matrix_account_user(other.account), "@other:home"));
    hs_expire(entry->hs, "@other:home", false);
    matrix_account_unknown_token(other.account, false);
    entry_run(entry, SECOND);
    assert_int_equal(ask(entry), 0); /* the one's end is not the other's */
    entry_close_session(&other);
}

/* ---- M6 -------------------------------------------------------------------------------------- */

static void m6_a_soft_logout_keeps_the_device(void **state)
{
    struct entry *entry = *state;
    char device[64];
    begin(entry);
    assert_true(str_to_c(matrix_account_device(entry->session.account), device, sizeof device));
    hs_expire(entry->hs, ENTRY_BOT, true);
    hs_fault(entry->hs, &(struct hs_fault){.match = REFRESH,
                                           .kind = HS_ANSWER,
                                           .status = 403,
                                           .body = STR("{\"errcode\":\"M_FORBIDDEN\"}")});
    assert_int_equal(ask(entry), 0);
    assert_int_equal(hs_requests(entry->hs, LOGIN), 2);
    assert_int_equal(hs_device_count(entry->hs, ENTRY_BOT), 1);
    assert_true(str_eq_c(matrix_account_device(entry->session.account), device));
    assert_true(is_in(entry));
}

static void m6_a_hard_logout_is_told_once_and_left_alone(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked, later;
    begin(entry);
    hs_expire(entry->hs, ENTRY_BOT, false);
    entry_ask(entry, &asked, WHOAMI);
    entry_run(entry, MINUTE);
    assert_true(asked.done);
    assert_int_equal(asked.result, -EACCES);
    assert_string_equal(entry->told, "in out ");
    size_t requests = hs_request_count(entry->hs);
    entry_ask(entry, &later, WHOAMI);
    entry_run(entry, DAY);
    assert_int_equal(later.result, -EACCES);
    assert_int_equal(hs_request_count(entry->hs), requests);
    assert_int_equal(entry->notices[CHAT_NOTICE_LOGGED_OUT], 1);
    assert_int_equal(hs_requests(entry->hs, LOGIN), 1);
    /* what it left is gone from the disk too: a restart does not try it */
    entry->told[0] = '\0';
    begin(entry);
    assert_true(is_in(entry));
    assert_int_equal(hs_requests(entry->hs, LOGIN), 2);
    assert_int_equal(hs_device_count(entry->hs, ENTRY_BOT), 2);
}

static void m6_a_refused_refresh_ahead_of_time_ends_nothing(void **state)
{
    struct entry *entry = *state;
    hs_knobs(entry->hs)->token_life_ms = 10 * MINUTE;
    begin(entry);
    hs_fault(entry->hs, &(struct hs_fault){.match = REFRESH,
                                           .kind = HS_ANSWER,
                                           .status = 401,
                                           .body = STR("{\"errcode\":\"M_UNKNOWN_TOKEN\"}")});
    entry_run(entry, 9 * MINUTE + 30 * SECOND);
    assert_int_equal(hs_requests(entry->hs, REFRESH), 1);
    assert_int_equal(ask(entry), 0);
    entry_run(entry, MINUTE); /* now it has ended, softly */
    assert_int_equal(ask(entry), 0);
    assert_int_equal(hs_requests(entry->hs, LOGIN), 2);
    assert_true(is_in(entry));
}

static void m6_a_locked_account_is_waited_for(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked;
    begin(entry);
    hs_trouble(entry->hs, ENTRY_BOT, "M_USER_LOCKED");
    entry_ask(entry, &asked, WHOAMI);
    entry_run(entry, MINUTE);
    assert_int_equal(asked.result, -EAGAIN); /* nothing that is to be said is given up */
    assert_string_equal(entry->told, "in out ");
    size_t requests = hs_request_count(entry->hs);
    entry_run(entry, DAY);
    assert_in_range(hs_request_count(entry->hs) - requests, 90, 110);
    assert_int_equal(entry->notices[CHAT_NOTICE_LOCKED], 1);
    hs_trouble(entry->hs, ENTRY_BOT, NULL);
    entry_run(entry, 16 * MINUTE);
    assert_string_equal(entry->told, "in out in ");
    assert_int_equal(hs_requests(entry->hs, LOGIN), 1);
    assert_int_equal(entry->notices[CHAT_NOTICE_LOGGED_OUT], 0);
}

static void m6_a_suspended_account_reads_on_and_keeps_what_it_has_to_say(void **state)
{
    struct entry *entry = *state;
    begin(entry);
    hs_fault(entry->hs, &(struct hs_fault){.match = "GET *whoami*",
                                           .kind = HS_ANSWER,
                                           .status = 403,
                                           .body = STR("{\"errcode\":\"M_USER_SUSPENDED\"}")});
    for (int i = 0; i < 20; i++)
        assert_int_equal(ask(entry), -EAGAIN);
    assert_int_equal(entry->notices[CHAT_NOTICE_SUSPENDED], 1);
    assert_true(is_in(entry));
    assert_non_null(strstr(trouble(entry), "suspended"));
    matrix_account_spoke(entry->session.account);
    assert_string_equal(trouble(entry), "");
}

static void m6_a_deactivated_account_is_over(void **state)
{
    struct entry *entry = *state;
    begin(entry);
    hs_fault(entry->hs, &(struct hs_fault){.match = "GET *whoami*",
                                           .kind = HS_ANSWER,
                                           .status = 403,
                                           .body = STR("{\"errcode\":\"M_USER_DEACTIVATED\"}")});
    assert_int_equal(ask(entry), -EACCES);
    size_t requests = hs_request_count(entry->hs);
    entry_run(entry, DAY);
    assert_int_equal(hs_request_count(entry->hs), requests);
    assert_int_equal(entry->notices[CHAT_NOTICE_LOGGED_OUT], 1);
    assert_non_null(strstr(entry->log.ptr, "deactivated"));
}

/* A server that forgets each token at once would be asked for new ones for ever. */
static void m6_tokens_that_die_at_once_are_no_storm(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked[60];
    hs_fault(entry->hs, &(struct hs_fault){.match = "GET *whoami*", .kind = HS_EXPIRE});
    begin(entry);
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        entry_ask(entry, &asked[i], WHOAMI);
        entry_run(entry, MINUTE);
    }
    assert_in_range(hs_requests(entry->hs, LOGIN) + hs_requests(entry->hs, REFRESH), 10, 260);
}

/* Each token dies with its first use, and somebody always asks: the waits grow.  Once tokens live
 * again, one that dies is renewed at once. */
static void m6_the_waits_of_a_storm_grow_and_are_forgotten(void **state)
{
    struct entry *entry = *state;
    struct entry_asked asked[300];
    begin(entry);
    hs_fault(entry->hs, &(struct hs_fault){.match = "GET *whoami*", .kind = HS_EXPIRE});
    for (size_t i = 0; i < COUNT_OF(asked); i++) {
        entry_ask(entry, &asked[i], WHOAMI);
        entry_run(entry, SECOND);
    }
    size_t renewed = hs_requests(entry->hs, LOGIN) + hs_requests(entry->hs, REFRESH);
    assert_in_range(renewed, 3, 30);
    hs_mend(entry->hs);
    entry_run(entry, 2 * HOUR);
    renewed = hs_requests(entry->hs, LOGIN) + hs_requests(entry->hs, REFRESH);
    for (size_t i = 1; i <= 2; i++) {
        hs_expire(entry->hs, ENTRY_BOT, true);
        entry_ask(entry, &asked[i], WHOAMI);
        entry_run(entry, 500);
        assert_true(asked[i].done);
        assert_int_equal(hs_requests(entry->hs, LOGIN) + hs_requests(entry->hs, REFRESH),
                         renewed + i);
    }
}

/* ---- M8 -------------------------------------------------------------------------------------- */

static void m8_the_token_file_shows_nothing(void **state)
{
    struct entry *entry = *state;
    char path[128];
    char bytes[64 * 1024];
    struct stat status;
    hs_knobs(entry->hs)->token_life_ms = HOUR;
    begin(entry);
    snprintf(path, sizeof path, "%s/matrix-shore.session", entry->folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    ssize_t size = read(fd, bytes, sizeof bytes);
    close(fd);
    assert_true(size > 0);
    struct str file = {bytes, (size_t)size};
    assert_true(str_find(file, STR("access-"), 0) == SIZE_MAX);
    assert_true(str_find(file, STR("refresh-"), 0) == SIZE_MAX);
    assert_true(str_find(file, STR("home"), 0) == SIZE_MAX);
}

static void m8_a_missing_credential_is_told_with_its_name(void **state)
{
    struct entry *entry = *state;
    entry->secret[0] = '\0';
    begin(entry);
    entry_run(entry, DAY);
    assert_int_equal(entry->notices[CHAT_NOTICE_LOGGED_OUT], 1);
    assert_non_null(strstr(entry->log.ptr, "the credential is missing"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENTRY_TEST(m2_a_server_that_is_down_is_tried_with_growing_waits),
        ENTRY_TEST(m2_many_failures_are_few_requests),
        ENTRY_TEST(m3_the_token_is_in_the_header_alone),
        ENTRY_TEST(m4_the_name_leads_to_the_server),
        ENTRY_TEST(m4_without_well_known_the_name_is_the_server),
        ENTRY_TEST(m4_a_useless_well_known_is_told_and_tried_again),
        cmocka_unit_test(m4_versions_from_1_1_on_will_do),
        ENTRY_TEST(m4_a_server_that_is_too_old_gets_no_password),
        ENTRY_TEST(m5_a_login_asks_for_a_refresh_token),
        ENTRY_TEST(m5_a_token_is_asked_whose_it_is),
        ENTRY_TEST(m5_a_token_of_somebody_else_is_not_used),
        ENTRY_TEST(m5_a_wrong_password_is_told_once_and_not_tried_again),
        ENTRY_TEST(m5_a_token_is_renewed_before_it_ends),
        ENTRY_TEST(m5_a_lost_answer_is_asked_for_with_the_same_token),
        ENTRY_TEST(m5_many_dead_answers_are_one_refresh),
        ENTRY_TEST(m5_a_late_refusal_is_no_reason_to_renew_again),
        ENTRY_TEST(m5_new_tokens_are_on_the_disk_before_they_are_used),
        ENTRY_TEST(m5_without_a_disk_it_goes_on_all_the_same),
        ENTRY_TEST(m5_a_restart_goes_on_with_what_is_stored),
        ENTRY_TEST(m5_a_login_is_never_used_for_another_account),
        ENTRY_TEST(m5_oauth_waits_for_mooring_login),
        ENTRY_TEST(m5_several_accounts_live_in_one_process),
        ENTRY_TEST(m6_a_soft_logout_keeps_the_device),
        ENTRY_TEST(m6_a_hard_logout_is_told_once_and_left_alone),
        ENTRY_TEST(m6_a_refused_refresh_ahead_of_time_ends_nothing),
        ENTRY_TEST(m6_a_locked_account_is_waited_for),
        ENTRY_TEST(m6_a_suspended_account_reads_on_and_keeps_what_it_has_to_say),
        ENTRY_TEST(m6_a_deactivated_account_is_over),
        ENTRY_TEST(m6_tokens_that_die_at_once_are_no_storm),
        ENTRY_TEST(m6_the_waits_of_a_storm_grow_and_are_forgotten),
        ENTRY_TEST(m8_the_token_file_shows_nothing),
        ENTRY_TEST(m8_a_missing_credential_is_told_with_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
