/* SPDX-License-Identifier: MIT */
/* test_walk.c: bodies of /sync in any shape: key orders, windows, cuts, what is too large or too
 * deep. */
#include "unit.h"

#include "chat/matrix/walk.h"

#include <errno.h>
#include <stdio.h>

struct body {
    struct str text;
    size_t piece; /* never more at once; 0: as asked */
};
struct fixture {
    struct body body;
    struct walk *walk;
    struct walk_item item;
};

static int read_body(void *ctx, uint64_t offset, char *out, size_t size)
{
    const struct body *body = ctx;
    struct str rest = str_from(body->text, (size_t)offset);
    size_t count = MIN_OF(rest.len, size);
    if (count > 0)
        memcpy(out, rest.ptr, count);
    return (int)count;
}

static void begin(struct fixture *f, struct str text, size_t window)
{
    *f = (struct fixture){.body = {text, 0}};
    struct walk_source source = {.read = read_body, .ctx = &f->body};
    assert_int_equal(walk_create(&source, window, &f->walk), 0);
}

/* All items as one line each; the result of the walk. */
static int listed(struct fixture *f, struct buf *out)
{
    static const char *const names[] = {"end",   "next", "account", "room",
                                        "state", "done", "line",    "bad"};
    int r = walk_next(f->walk, &f->item);
    for (; r == 0 && f->item.what != WALK_END; r = walk_next(f->walk, &f->item)) {
        const struct walk_item *item = &f->item;
        buf_add_format(out, "%s %d [%.*s] %.*s%.*s%.*s", names[item->what], (int)item->section,
                       STR_ARG(item->room), STR_ARG(item->text), STR_ARG(item->type),
                       STR_ARG(item->prev_batch));
        if (item->what == WALK_ROOM_END)
            buf_add_format(out, " limited=%d joined=%d invited=%d after=%d timeline=%d",
                           item->is_limited, (int)item->joined_count, (int)item->invited_count,
                           item->has_state_after, item->timeline > 0);
        buf_add_byte(out, '\n');
    }
    return r;
}

static void assert_items(const char *body, const char *wanted)
{
    static const size_t windows[] = {16, 17, 31, 64, 4096, WALK_WINDOW_BYTES};
    for (size_t i = 0; i < COUNT_OF(windows); i++) {
        struct fixture f;
        AUTO_BUF got;
        buf_init(&got, 1 << 20);
        begin(&f, str_of(body), windows[i]);
        assert_int_equal(listed(&f, &got), 0);
        buf_add_byte(&got, '\0');
        assert_string_equal(got.ptr, wanted);
        walk_destroy(f.walk);
    }
}

static void everything_of_a_body_comes_in_its_order(void **state)
{
    (void)state;
    assert_items(
        "{\"next_batch\":\"s72_1\", \"presence\":{\"events\":[{\"type\":\"m.presence\"}]},"
        "\"account_data\":{\"events\":[{\"content\":{},\"type\":\"m.direct\"}]},"
        "\"rooms\":{\"join\":{\"!a:x\":{\"state\":{\"events\":[{\"type\":\"m.room.create\"}]},"
        "\"timeline\":{\"events\":[{\"type\":\"m.room.message\"}],\"limited\":true,"
        "\"prev_batch\":\"p1\"},\"summary\":{\"m.joined_member_count\":3,"
        "\"m.invited_member_count\":0},\"ephemeral\":{\"events\":[]}}},"
        "\"invite\":{\"!b\":{\"invite_state\":{\"events\":[{\"type\":\"m.room.member\"}]}}},"
        "\"leave\":{\"!c:x\":{\"timeline\":{\"events\":[]}}}}}\n",
        "next 0 [] s72_1\naccount 0 [] m.direct\nroom 0 [!a:x] \n"
        "state 0 [!a:x] m.room.create\n"
        "done 0 [!a:x] p1 limited=1 joined=3 invited=0 after=0 timeline=1\n"
        "room 1 [!b] \nstate 1 [!b] m.room.member\n"
        "done 1 [!b]  limited=0 joined=-1 invited=-1 after=0 timeline=0\n"
        "room 3 [!c:x] \n"
        "done 3 [!c:x]  limited=0 joined=-1 invited=-1 after=0 timeline=1\n");
}

static void keys_come_in_any_order(void **state)
{
    (void)state;
    assert_items(
        "{\"rooms\":{\"leave\":{},\"join\":{\"!a\":{\"timeline\":{\"prev_batch\":\"p\","
        "\"limited\":false,\"events\":[{\"content\":{\"type\":\"no\"},\"type\":\"x\"}]},"
        "\"org.matrix.msc4222.state_after\":{\"events\":[{\"state_key\":\"\","
        "\"content\":{\"a\":[1,{\"type\":\"deep\"}]},\"type\":\"m.room.topic\"}]}}}},"
        "\"account_data\":{\"events\":[]},\"next_batch\":\"last\"}",
        "room 0 [!a] \nstate 0 [!a] m.room.topic\n"
        "done 0 [!a] p limited=0 joined=-1 invited=-1 after=1 timeline=1\nnext 0 [] last\n");
}

static void what_is_escaped_is_decoded(void **state)
{
    (void)state;
    assert_items(
        "{\"next\\u005fbatch\":\"a\\\"\\\\\\u00e9\\ud83d\\ude00\\n\",\"rooms\":{\"join\":{"
        "\"!\\/q\":{\"state\":{\"events\":[{\"ty\\u0070e\":\"m.room.create\"},"
        "{\"type\":\"m.room.cr\\u0065ate\"}]}}}}}",
        "next 0 [] a\"\\\xc3\xa9\xf0\x9f\x98\x80\n\nroom 0 [!/q] \nstate 0 [!/q] \n"
        "state 0 [!/q] \ndone 0 [!/q]  limited=0 joined=-1 invited=-1 after=0 timeline=0\n");
}

/* An escape may begin in one window and end in the next. */
static void backslashes_count_over_the_edge_of_a_window(void **state)
{
    (void)state;
    AUTO_BUF body, wanted;
    buf_init(&body, 4096);
    buf_init(&wanted, 4096);
    for (int count = 1; count < 60; count++) {
        buf_clear(&body);
        buf_clear(&wanted);
        buf_add_c(&body, "{\"x\":{\"y\":\"");
        for (int i = 0; i < count; i++)
            buf_add_c(&body, "\\\\");
        buf_add_c(&body, "\\\"}\"},\"next_batch\":\"");
        buf_add_c(&wanted, "next 0 [] ");
        for (int i = 0; i < count; i++) {
            buf_add_c(&body, "\\\\");
            buf_add_c(&wanted, "\\");
        }
        buf_add_c(&body, "\"}");
        buf_add_c(&wanted, "\n");
        assert_items(body.ptr, wanted.ptr);
    }
}

static void a_lone_surrogate_is_replaced(void **state)
{
    (void)state;
    AUTO_BUF out;
    buf_init(&out, 100);
    walk_unescape(STR("a\\ud800b\\udc00c\\ud83dx\\u12"), &out);
    assert_true(str_eq(buf_str(&out), STR("a\xef\xbf\xbd"
                                          "b\xef\xbf\xbd"
                                          "c\xef\xbf\xbdx\xef\xbf\xbd"
                                          "12")));
}

static void a_timeline_is_read_again(void **state)
{
    (void)state;
    static const char body[] =
        "{\"rooms\":{\"join\":{\"!a\":{\"timeline\":{\"events\":[{\"type\":\"one\",\"x\":\"]}\"},"
        "7,{\"type\":\"two\"}]}},\"!b\":{\"timeline\":{\"events\":[{\"type\":\"three\"}]}}}},"
        "\"next_batch\":\"n\"}";
    static const size_t windows[] = {16, WALK_WINDOW_BYTES};
    for (size_t w = 0; w < COUNT_OF(windows); w++) {
        struct fixture f;
        uint64_t timelines[2];
        size_t count = 0;
        begin(&f, str_of(body), windows[w]);
        do {
            assert_int_equal(walk_next(f.walk, &f.item), 0);
            if (f.item.what == WALK_ROOM_END)
                timelines[count++] = f.item.timeline;
        } while (f.item.what != WALK_END);
        AUTO_BUF got;
        buf_init(&got, 4096);
        for (size_t i = 0; i < 2; i++) {
            walk_timeline(f.walk, timelines[i]);
            assert_int_equal(listed(&f, &got), 0);
        }
        buf_add_byte(&got, '\0');
        assert_string_equal(got.ptr, "line 0 [] one\nbad 0 [] \nline 0 [] two\nline 0 [] three\n");
        walk_destroy(f.walk);
    }
}

static void a_room_that_interests_nobody_is_passed_over(void **state)
{
    (void)state;
    struct fixture f;
    begin(
        &f,
        STR("{\"rooms\":{\"join\":{\"!a\":{\"state\":{\"events\":[{\"type\":\"t\"}]},\"summary\":{"
            "\"m.joined_member_count\":1}},\"!b\":{\"state\":{\"events\":[{\"type\":\"u\"}]}}}}}"),
        64);
    assert_int_equal(walk_next(f.walk, &f.item), 0);
    assert_int_equal(f.item.what, WALK_ROOM);
    walk_skip_room(f.walk);
    assert_int_equal(walk_next(f.walk, &f.item), 0);
    assert_int_equal(f.item.what, WALK_ROOM_END);
    assert_int_equal(f.item.joined_count, 1);
    assert_int_equal(walk_next(f.walk, &f.item), 0);
    assert_int_equal(walk_next(f.walk, &f.item), 0);
    assert_int_equal(f.item.what, WALK_STATE);
    walk_destroy(f.walk);
}

/* Also in the middle of an escape, of a character, of a key. */
static void a_body_cut_anywhere_is_no_body(void **state)
{
    (void)state;
    static const char body[] =
        "{\"next_batch\":\"s\\\\\\u00e9\xc3\xa9\",\"rooms\":{\"join\":{\"!a\":{\"summary\":{"
        "\"m.joined_member_count\":12},\"timeline\":{\"events\":[{\"type\":\"a\\\\\",\"n\":-1.5e3,"
        "\"c\":{\"b\":[true,null]}}],\"limited\":true}}}}}";
    for (size_t len = 0; len < sizeof body - 1; len++) {
        struct fixture f;
        AUTO_BUF got;
        buf_init(&got, 4096);
        begin(&f, (struct str){body, len}, 16 + len % 50);
        assert_int_equal(listed(&f, &got), -EBADMSG);
        assert_int_equal(walk_next(f.walk, &f.item), -EBADMSG);
        walk_destroy(f.walk);
    }
}

static void what_is_no_body_is_refused(void **state)
{
    (void)state;
    static const char *const bodies[] = {
        "",          " ",     "[]",    "null",   "\"x\"",
        "{\"a\" 1}", "{1:2}", "{} {}", "<html>", "{\"rooms\":{\"join\":]}}"};
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct fixture f;
        AUTO_BUF got;
        buf_init(&got, 4096);
        begin(&f, str_of(bodies[i]), 16);
        assert_int_equal(listed(&f, &got), -EBADMSG);
        walk_destroy(f.walk);
    }
}

static void of_wrong_kinds_nothing_is_taken(void **state)
{
    (void)state;
    assert_items(
        "{\"next_batch\":7,\"account_data\":[],\"rooms\":{\"join\":{\"!a\":5,\"!b\":{"
        "\"state\":null,\"timeline\":\"x\",\"summary\":{\"m.joined_member_count\":\"2\"}},"
        "\"!c\":{\"timeline\":{\"events\":{},\"limited\":\"true\",\"prev_batch\":[]}},\"\":{}}}}",
        "next 0 [] \nroom 0 [!b] \n"
        "done 0 [!b]  limited=0 joined=-1 invited=-1 after=0 timeline=0\n"
        "room 0 [!c] \n"
        "done 0 [!c]  limited=0 joined=-1 invited=-1 after=0 timeline=0\n");
}

/* One event of that many bytes between two small ones. */
static void large_body(struct buf *out, size_t size)
{
    buf_add_c(out, "{\"rooms\":{\"join\":{\"!a\":{\"state\":{\"events\":[{\"type\":\"one\"},"
                   "{\"type\":\"large\",\"x\":\"");
    for (size_t i = 0; i < size; i++)
        buf_add_byte(out, i % 7 ? 'x' : ' ');
    buf_add_c(out, "\"},{\"type\":\"two\"}]}}}}}");
}

static void an_event_of_any_size_hides_no_other(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        const char *wanted;
    } cases[] = {{200 * 1000, "state 0 [!a] large\n"}, {WALK_EVENT_MAX + 1, "bad 0 [!a] \n"}};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture f;
        AUTO_BUF body, got;
        buf_init(&body, 4 << 20);
        buf_init(&got, 4096);
        large_body(&body, cases[i].size);
        begin(&f, buf_str(&body), 4096);
        assert_int_equal(listed(&f, &got), 0);
        assert_true(str_find(buf_str(&got), STR("state 0 [!a] one\n"), 0) != SIZE_MAX);
        assert_true(str_find(buf_str(&got), str_of(cases[i].wanted), 0) != SIZE_MAX);
        assert_true(str_find(buf_str(&got), STR("state 0 [!a] two\n"), 0) != SIZE_MAX);
        walk_destroy(f.walk);
    }
}

static void an_event_too_deep_hides_no_other(void **state)
{
    (void)state;
    AUTO_BUF body;
    buf_init(&body, 4 << 20);
    buf_add_c(&body, "{\"rooms\":{\"join\":{\"!a\":{\"state\":{\"events\":[{\"type\":\"d\",\"c\":");
    for (int i = 0; i < 100000; i++)
        buf_add_byte(&body, '[');
    for (int i = 0; i < 100000; i++)
        buf_add_byte(&body, ']');
    buf_add_c(&body, "},{\"type\":\"two\"}]}}}}}");
    buf_add_byte(&body, '\0');
    assert_items(body.ptr, "room 0 [!a] \nbad 0 [!a] \nstate 0 [!a] two\n"
                           "done 0 [!a]  limited=0 joined=-1 invited=-1 after=0 timeline=0\n");
}

static int fails(void *ctx, uint64_t offset, char *out, size_t size)
{
    (void)ctx, (void)out, (void)size;
    return offset == 0 ? -EIO : 0;
}

static void what_the_disk_says_is_passed_on(void **state)
{
    (void)state;
    struct walk *walk;
    struct walk_item item;
    struct walk_source source = {.read = fails};
    assert_int_equal(walk_create(&source, 64, &walk), 0);
    assert_int_equal(walk_next(walk, &item), -EIO);
    assert_int_equal(walk_next(walk, &item), -EIO);
    walk_destroy(walk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_of_a_body_comes_in_its_order),
        cmocka_unit_test(keys_come_in_any_order),
        cmocka_unit_test(what_is_escaped_is_decoded),
        cmocka_unit_test(backslashes_count_over_the_edge_of_a_window),
        cmocka_unit_test(a_lone_surrogate_is_replaced),
        cmocka_unit_test(a_timeline_is_read_again),
        cmocka_unit_test(a_room_that_interests_nobody_is_passed_over),
        cmocka_unit_test(a_body_cut_anywhere_is_no_body),
        cmocka_unit_test(what_is_no_body_is_refused),
        cmocka_unit_test(of_wrong_kinds_nothing_is_taken),
        cmocka_unit_test(an_event_of_any_size_hides_no_other),
        cmocka_unit_test(an_event_too_deep_hides_no_other),
        cmocka_unit_test(what_the_disk_says_is_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
