/* SPDX-License-Identifier: MIT */
/* test_log.c: the lines that people and journald read. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/log.h"

static char last[8192];
static int last_level, line_count;

static void sink(void *ctx, enum log_level level, struct str line)
{
    assert_ptr_equal(ctx, last);
    assert_true(str_to_c(line, last, sizeof last));
    last_level = (int)level;
    line_count++;
}

static int set_up(void **state)
{
    (void)state;
    last[0] = '\0';
    line_count = 0;
    log_set_level(LOG_LEVEL_INFO);
    log_set_sink(sink, last);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    log_set_sink(NULL, NULL);
    return 0;
}

static void an_event_is_its_fields(void **state)
{
    (void)state;
    log_event(LOG_LEVEL_WARNING, "outbox_failed", LOG_TEXT("network", "libera"),
              LOG_INT("tries", 3), LOG_ERRNO(-ENOSPC));
    assert_string_equal(last, "event=outbox_failed network=libera tries=3 error=ENOSPC");
    assert_int_equal(last_level, LOG_LEVEL_WARNING);
}

static void an_event_needs_no_fields(void **state)
{
    (void)state;
    log_event(LOG_LEVEL_INFO, "started");
    assert_string_equal(last, "event=started");
}

static void numbers_have_their_whole_range(void **state)
{
    (void)state;
    log_event(LOG_LEVEL_INFO, "n", LOG_INT("least", INT64_MIN), LOG_INT("most", INT64_MAX));
    assert_string_equal(last, "event=n least=-9223372036854775808 most=9223372036854775807");
}

static void check_text(struct str text, const char *shown)
{
    char expected[1024];
    snprintf(expected, sizeof expected, "event=e t=%s", shown);
    log_event(LOG_LEVEL_INFO, "e", LOG_STR("t", text));
    assert_string_equal(last, expected);
}

static void text_is_quoted_only_where_needed(void **state)
{
    (void)state;
    check_text(STR("plain-1.2/x:y"), "plain-1.2/x:y");
    check_text(STR("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
    check_text(STR("two words"), "\"two words\"");
    check_text(STR("a=b"), "\"a=b\"");
    check_text(STR(""), "\"\"");
    check_text((struct str){NULL, 0}, "\"\"");
    check_text(STR("say \"hi\" \\"), "\"say \\\"hi\\\" \\\\\"");
}

static void nothing_can_end_the_line_or_steer_a_terminal(void **state)
{
    (void)state;
    check_text(STR("a\nb\rc\td"), "\"a\\nb\\rc\\td\"");
    check_text(STR("\x1b[31mred"), "\"\\x1b[31mred\"");
    check_text(STR("a\0b\x7f"), "\"a\\x00b\\x7f\"");
    check_text(STR("\xc2\x9b"
                   "1m"),
               "\"\\u009b1m\""); /* the 8-bit CSI */
    check_text(STR("\xe2\x80\xae"
                   "abc"),
               "\"\\u202eabc\""); /* right-to-left override */
    check_text(STR("\xe2\x80\xa8"
                   "x"),
               "\"\\u2028x\"");                            /* line separator */
    check_text(STR("bad \xff\xc3"), "\"bad \\xff\\xc3\""); /* not UTF-8 */
    check_text(STR("\xef\xbf\xbd"), "\"\xef\xbf\xbd\"");   /* a real U+FFFD stays */
}

static void text_is_cut_at_256_bytes_on_a_character(void **state)
{
    (void)state;
    char text[400], shown[400];
    memset(text, 'a', sizeof text);
    memcpy(text + 255, "\xc3\xbc", 2); /* begins at the last byte that fits */
    memset(shown, 'a', sizeof shown);
    shown[255] = '\0';
    check_text((struct str){text, sizeof text}, shown);
}

static void a_line_has_a_ceiling_and_stays_whole_fields_of_text(void **state)
{
    (void)state;
    char text[256];
    memset(text, '\x01', sizeof text); /* four bytes each when escaped */
    struct log_field fields[10];
    for (int i = 0; i < 9; i++)
        fields[i] = LOG_STR("field", ((struct str){text, sizeof text}));
    fields[9] = LOG_END_;
    log_event_fields(LOG_LEVEL_INFO, "long", fields);
    assert_true(strlen(last) < 4096);
    assert_int_equal(line_count, 1);
}

static void levels_below_the_chosen_one_are_silent(void **state)
{
    (void)state;
    log_event(LOG_LEVEL_DEBUG, "quiet");
    assert_int_equal(line_count, 0);
    assert_false(log_enabled(LOG_LEVEL_DEBUG));
    log_set_level(LOG_LEVEL_DEBUG);
    log_event(LOG_LEVEL_DEBUG, "loud");
    assert_int_equal(line_count, 1);
    log_set_level(LOG_LEVEL_ERROR);
    log_event(LOG_LEVEL_WARNING, "quiet");
    assert_int_equal(line_count, 1);
}

static void levels_have_names(void **state)
{
    (void)state;
    assert_int_equal(log_level_from(STR("error")), LOG_LEVEL_ERROR);
    assert_int_equal(log_level_from(STR("warning")), LOG_LEVEL_WARNING);
    assert_int_equal(log_level_from(STR("notice")), LOG_LEVEL_NOTICE);
    assert_int_equal(log_level_from(STR("info")), LOG_LEVEL_INFO);
    assert_int_equal(log_level_from(STR("debug")), LOG_LEVEL_DEBUG);
    assert_int_equal(log_level_from(STR("loud")), -EINVAL);
    assert_int_equal(log_level_from(STR("")), -EINVAL);
}

static void errors_have_names(void **state)
{
    (void)state;
    assert_string_equal(log_errno_name(-EACCES), "EACCES");
    assert_string_equal(log_errno_name(EACCES), "EACCES");
    assert_string_equal(log_errno_name(-99999), "unknown");
    assert_string_equal(log_errno_name(INT32_MIN), "unknown");
}

static void logging_leaves_errno_alone(void **state)
{
    (void)state;
    errno = EINTR;
    log_event(LOG_LEVEL_INFO, "x");
    assert_int_equal(errno, EINTR);
}

/* ---- stderr ---------------------------------------------------------------------------------- */

/* What logging wrote to a stderr that is a pipe. */
struct capture {
    int fds[2], saved;
};

static void capture_start(struct capture *capture)
{
    log_set_sink(NULL, NULL);
    assert_int_equal(pipe2(capture->fds, O_CLOEXEC), 0);
    capture->saved = dup(STDERR_FILENO);
    assert_true(dup2(capture->fds[1], STDERR_FILENO) >= 0);
}

static void capture_read(struct capture *capture, char *out, size_t size)
{
    ssize_t got = read(capture->fds[0], out, size - 1);
    out[got > 0 ? got : 0] = '\0';
}

static void capture_end(struct capture *capture)
{
    dup2(capture->saved, STDERR_FILENO);
    close(capture->saved);
    close(capture->fds[0]);
    close(capture->fds[1]);
}

static void journald_gets_priorities(void **state)
{
    (void)state;
    struct capture capture;
    char text[256];
    log_set_journal(true);
    capture_start(&capture);
    log_event(LOG_LEVEL_ERROR, "a");
    log_event(LOG_LEVEL_INFO, "b");
    capture_read(&capture, text, sizeof text);
    capture_end(&capture);
    assert_string_equal(text, "<3>event=a\n<6>event=b\n");
}

static void others_get_the_level_by_name(void **state)
{
    (void)state;
    struct capture capture;
    char text[256];
    log_set_journal(false);
    capture_start(&capture);
    log_event(LOG_LEVEL_WARNING, "a", LOG_INT("n", 1));
    capture_read(&capture, text, sizeof text);
    capture_end(&capture);
    assert_string_equal(text, "level=warning event=a n=1\n");
}

static void what_a_full_pipe_refused_is_counted(void **state)
{
    (void)state;
    struct capture capture;
    static char text[1 << 20];
    log_set_journal(false);
    capture_start(&capture);
    int fill = fcntl(capture.fds[1], F_GETPIPE_SZ);
    memset(text, 'x', sizeof text);
    ssize_t filled = write(capture.fds[1], text, (size_t)fill);
    log_event(LOG_LEVEL_INFO, "lost");
    log_event(LOG_LEVEL_INFO, "lost");
    ssize_t drained = read(capture.fds[0], text, sizeof text);
    log_event(LOG_LEVEL_INFO, "kept");
    log_event(LOG_LEVEL_INFO, "fine");
    capture_read(&capture, text, sizeof text);
    capture_end(&capture);
    assert_int_equal(filled, fill);
    assert_int_equal(drained, fill);
    assert_string_equal(text, "level=info event=kept lines_lost=2\nlevel=info event=fine\n");
}

static void journal_stream_counts_only_for_our_own_stderr(void **state)
{
    (void)state;
    char text[256], variable[64];
    struct stat stat;
    for (int ours = 0; ours < 2; ours++) {
        struct capture capture;
        capture_start(&capture);
        assert_int_equal(fstat(STDERR_FILENO, &stat), 0);
        snprintf(variable, sizeof variable, "%llu:%llu", (unsigned long long)stat.st_dev,
                 (unsigned long long)stat.st_ino + (ours ? 0 : 1));
        setenv("JOURNAL_STREAM", variable, 1);
        log_detect_journal();
        log_event(LOG_LEVEL_INFO, "x");
        capture_read(&capture, text, sizeof text);
        capture_end(&capture);
        assert_string_equal(text, ours ? "<6>event=x\n" : "level=info event=x\n");
    }
    unsetenv("JOURNAL_STREAM");
    log_detect_journal();
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_its_fields),
        TEST(an_event_needs_no_fields),
        TEST(numbers_have_their_whole_range),
        TEST(text_is_quoted_only_where_needed),
        TEST(nothing_can_end_the_line_or_steer_a_terminal),
        TEST(text_is_cut_at_256_bytes_on_a_character),
        TEST(a_line_has_a_ceiling_and_stays_whole_fields_of_text),
        TEST(levels_below_the_chosen_one_are_silent),
        TEST(levels_have_names),
        TEST(errors_have_names),
        TEST(logging_leaves_errno_alone),
        TEST(journald_gets_priorities),
        TEST(others_get_the_level_by_name),
        TEST(what_a_full_pipe_refused_is_counted),
        TEST(journal_stream_counts_only_for_our_own_stderr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
