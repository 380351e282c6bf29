/* SPDX-License-Identifier: MIT */
/* test_content.c: a message as Matrix events. */
#include "unit.h"

#include <errno.h>

#include "base/utf8.h"
#include "chat/matrix/content.h"

struct made {
    struct arena arena;
    struct matrix_parts parts;
    json_t *json[MATRIX_PARTS_MAX];
};

static const struct matrix_place ROOM = {.threads = MATRIX_THREADS_FOLLOW};
static const struct matrix_place PRIVATE = {.threads = MATRIX_THREADS_FOLLOW, .is_private = true};

static void make(struct made *made, const struct chat_message *message,
                 const struct matrix_place *place)
{
    *made = (struct made){.parts.count = 0};
    assert_int_equal(matrix_content_make(message, place, &made->arena, &made->parts), 0);
    for (size_t i = 0; i < made->parts.count; i++) {
        struct str json = made->parts.parts[i].json;
        made->json[i] = json_loadb(json.ptr, json.len, JSON_ALLOW_NUL, NULL);
        assert_non_null(made->json[i]);
    }
}

static void done(struct made *made)
{
    for (size_t i = 0; i < made->parts.count; i++)
        json_decref(made->json[i]);
    arena_done(&made->arena);
}

static const char *text(const json_t *json, const char *key)
{
    const char *value = json_string_value(json_object_get(json, key));
    return value ? value : "(none)";
}

static const json_t *relation(const json_t *json)
{
    return json_object_get(json, "m.relates_to");
}

/* The ids in m.mentions; "-" where the member itself is missing, which is not the same as {}. */
static const char *rung(const json_t *json)
{
    const json_t *mentions = json_object_get(json, "m.mentions");
    if (!json_is_object(mentions))
        return "-";
    const json_t *first = json_array_get(json_object_get(mentions, "user_ids"), 0);
    return first ? json_string_value(first) : "";
}

static struct chat_message says(const char *markdown)
{
    return (struct chat_message){.room = STR("#harbor:home"), .markdown = str_of(markdown)};
}

/* ---- M16, M19, M20 --------------------------------------------------------------------------- */

static void m16_notice_only_for_answers_to_a_command(void **state)
{
    (void)state;
    static const struct {
        unsigned flags;
        const char *msgtype;
    } cases[] = {
        {CHAT_SEND_ANSWER, "m.notice"},
        {0, "m.text"},
        {CHAT_SEND_CONFIRM, "m.text"},
        {CHAT_SEND_CRISIS, "m.text"},
        {CHAT_SEND_CRISIS | CHAT_SEND_ANSWER, "m.text"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct chat_message message = says("Good morning");
        message.flags = cases[i].flags;
        message.answers_id = STR("$asked");
        message.mention_identity = STR("@ana:home");
        struct made made;
        make(&made, &message, &ROOM);
        assert_string_equal(text(made.json[0], "msgtype"), cases[i].msgtype);
        bool rings = strcmp(cases[i].msgtype, "m.text") == 0;
        assert_string_equal(rung(made.json[0]), rings ? "@ana:home" : "");
        done(&made);
    }
}

static void m19_mentions_on_every_event(void **state)
{
    (void)state;
    struct chat_message message = says("It is your turn.");
    struct made made;
    make(&made, &message, &ROOM);
    assert_string_equal(rung(made.json[0]), "");
    done(&made);

    message.mention = STR("Ana");
    message.mention_identity = STR("@ana:home");
    make(&made, &message, &ROOM);
    assert_string_equal(rung(made.json[0]), "@ana:home");
    assert_string_equal(text(made.json[0], "body"), "Ana: It is your turn.");
    assert_string_equal(text(made.json[0], "formatted_body"),
                        "<a href=\"https://matrix.to/#/@ana:home\">Ana</a>: It is your turn.");
    done(&made);
}

static void m19_an_edit_has_mentions_at_both_levels(void **state)
{
    (void)state;
    struct chat_message message = says("At eight.");
    message.mention_identity = STR("@ana:home");
    message.replaces_id = STR("$old");
    struct made made;
    make(&made, &message, &ROOM);

    assert_string_equal(rung(made.json[0]), ""); /* nobody is rung twice */
    const json_t *inner = json_object_get(made.json[0], "m.new_content");
    assert_string_equal(rung(inner), "@ana:home");
    assert_string_equal(text(inner, "body"), "At eight.");
    assert_string_equal(text(made.json[0], "body"), "* At eight.");
    assert_string_equal(text(relation(made.json[0]), "rel_type"), "m.replace");
    assert_string_equal(text(relation(made.json[0]), "event_id"), "$old");
    assert_null(json_object_get(inner, "m.relates_to"));
    done(&made);
}

static void m19_in_private_nobody_needs_a_name(void **state)
{
    (void)state;
    struct chat_message message = says("Hello");
    message.room = (struct str){0};
    message.mention = STR("Ana");
    message.mention_identity = STR("@ana:home");
    struct made made;
    make(&made, &message, &PRIVATE);
    assert_string_equal(text(made.json[0], "body"), "Hello");
    assert_string_equal(rung(made.json[0]), "");
    done(&made);
}

static void m20_a_reply_has_no_fallback(void **state)
{
    (void)state;
    struct chat_message message = says("Thursday");
    message.answers_id = STR("$asked");
    message.mention = STR("Ana");
    message.mention_identity = STR("@ana:home");
    struct made made;
    make(&made, &message, &ROOM);

    assert_string_equal(text(json_object_get(relation(made.json[0]), "m.in_reply_to"), "event_id"),
                        "$asked");
    assert_null(json_object_get(relation(made.json[0]), "rel_type"));
    assert_string_equal(text(made.json[0], "body"), "Thursday"); /* no quote, no name */
    assert_string_equal(text(made.json[0], "formatted_body"), "Thursday");
    assert_string_equal(rung(made.json[0]), "@ana:home");
    done(&made);
}

/* ---- M21 ------------------------------------------------------------------------------------- */

static void m21_the_thread_of_the_question(void **state)
{
    (void)state;
    static const struct {
        enum matrix_threads threads;
        bool is_private;
        const char *thread, *answers, *want_thread, *want_reply;
    } cases[] = {
        {MATRIX_THREADS_FOLLOW, false, "$root", "$asked", "$root", "$asked"},
        {MATRIX_THREADS_FOLLOW, false, "$root", "", "$root", "$root"},
        {MATRIX_THREADS_FOLLOW, false, "", "$asked", "(none)", "$asked"},
        {MATRIX_THREADS_FOLLOW, false, "", "", "(none)", "(none)"},
        {MATRIX_THREADS_ALWAYS, false, "", "$asked", "$asked", "$asked"},
        {MATRIX_THREADS_ALWAYS, false, "$root", "$asked", "$root", "$asked"},
        {MATRIX_THREADS_ALWAYS, false, "", "", "(none)", "(none)"},
        {MATRIX_THREADS_ALWAYS, true, "", "$asked", "(none)", "(none)"},
        {MATRIX_THREADS_NEVER, false, "$root", "$asked", "(none)", "$asked"},
        {MATRIX_THREADS_FOLLOW, true, "$root", "$asked", "$root", "$asked"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct chat_message message = says("Yes");
        message.thread = str_of(cases[i].thread);
        message.answers_id = str_of(cases[i].answers);
        struct matrix_place place = {cases[i].threads, cases[i].is_private, false};
        struct made made;
        make(&made, &message, &place);
        const json_t *found = relation(made.json[0]);
        bool in_thread = strcmp(cases[i].want_thread, "(none)") != 0;
        assert_string_equal(text(found, "event_id"), cases[i].want_thread);
        assert_string_equal(text(found, "rel_type"), in_thread ? "m.thread" : "(none)");
        assert_int_equal(json_is_true(json_object_get(found, "is_falling_back")), in_thread);
        assert_string_equal(text(json_object_get(found, "m.in_reply_to"), "event_id"),
                            cases[i].want_reply);
        done(&made);
    }
}

/* ---- M22, M23 -------------------------------------------------------------------------------- */

static const struct chat_choice CHOICES[] = {{{"yes", 3}, {"1", 1}}, {{"no", 2}, {"2", 1}}};

static void m22_a_reaction_says_what_it_is_on(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct matrix_part part;
    assert_int_equal(matrix_content_reaction(STR("$e"), STR("\U0001F44D"), &arena, &part), 0);
    json_t *json = json_loadb(part.json.ptr, part.json.len, 0, NULL);
    assert_string_equal(part.type.ptr, "m.reaction");
    assert_string_equal(text(relation(json), "rel_type"), "m.annotation");
    assert_string_equal(text(relation(json), "event_id"), "$e");
    assert_string_equal(text(relation(json), "key"), "\U0001F44D");
    assert_string_equal(rung(json), "");
    json_decref(json);
    arena_done(&arena);
}

static void m23_a_poll_has_both_forms_and_its_text(void **state)
{
    (void)state;
    struct chat_message message = says("Did you sleep? (1) yes (2) no");
    message.choices = CHOICES;
    message.choice_count = COUNT_OF(CHOICES);
    struct matrix_place place = {.threads = MATRIX_THREADS_FOLLOW, .has_polls = true};
    struct made made;
    make(&made, &message, &place);

    assert_true(made.parts.is_poll);
    assert_true(str_eq_c(made.parts.parts[0].type, "org.matrix.msc3381.poll.start"));
    static const char *const forms[] = {"org.matrix.msc3381.poll.start", "m.poll"};
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        const json_t *poll = json_object_get(made.json[0], forms[i]);
        const json_t *answers = json_object_get(poll, "answers");
        assert_int_equal(json_array_size(answers), 2);
        assert_string_equal(text(json_array_get(answers, 1), i ? "m.id" : "id"), "2");
        assert_string_equal(text(json_array_get(answers, 1), "org.matrix.msc1767.text"), "no");
        assert_string_equal(text(json_object_get(poll, "question"), "org.matrix.msc1767.text"),
                            "Did you sleep?");
    }
    assert_string_equal(text(made.json[0], "body"), "Did you sleep? (1) yes (2) no");
    assert_string_equal(text(made.json[0], "org.matrix.msc1767.text"),
                        "Did you sleep? (1) yes (2) no");
    assert_string_equal(rung(made.json[0]), "");
    done(&made);
}

static void m23_a_poll_only_where_it_fits(void **state)
{
    (void)state;
    struct matrix_place place = {.has_polls = true};
    struct chat_message message = says("? (1) yes (2) no");
    message.choices = CHOICES;
    message.choice_count = COUNT_OF(CHOICES);
    assert_true(matrix_poll_fits(&message, &place));
    place.has_polls = false;
    assert_false(matrix_poll_fits(&message, &place));
    place = (struct matrix_place){.has_polls = true, .is_private = true};
    assert_false(matrix_poll_fits(&message, &place));
    place.is_private = false;
    message.flags = CHAT_SEND_CRISIS;
    assert_false(matrix_poll_fits(&message, &place));
    message.flags = 0;
    message.choice_count = 1;
    assert_false(matrix_poll_fits(&message, &place));
}

/* ---- M24 ------------------------------------------------------------------------------------- */

static void m24_both_bodies_from_the_same_markdown(void **state)
{
    (void)state;
    struct chat_message message = says("**Meeting** at `8`\n\n- one\n- two");
    struct made made;
    make(&made, &message, &ROOM);
    assert_int_equal(made.parts.count, 1);
    assert_string_equal(text(made.json[0], "body"), "Meeting at 8\n- one\n- two");
    assert_string_equal(text(made.json[0], "format"), "org.matrix.custom.html");
    assert_non_null(strstr(text(made.json[0], "formatted_body"), "<strong>Meeting</strong>"));
    assert_non_null(strstr(text(made.json[0], "formatted_body"), "<li>one</li>"));
    done(&made);
}

static void m24_names_and_text_are_escaped(void **state)
{
    (void)state;
    struct chat_message message = says("a <b>bold</b> & <script>x</script>");
    message.mention = STR("<img src=x onerror=y>\"\n");
    message.mention_identity = STR("@a/\"><b>:home");
    struct made made;
    make(&made, &message, &ROOM);
    const char *html = text(made.json[0], "formatted_body");
    assert_null(strstr(html, "<b>"));
    assert_null(strstr(html, "<script"));
    assert_null(strstr(html, "<img"));
    assert_non_null(strstr(html, "&lt;img src=x onerror=y&gt;&quot; </a>: "));
    assert_non_null(strstr(html, "https://matrix.to/#/@a%2F%22%3E%3Cb%3E:home\">"));
    assert_non_null(strstr(text(made.json[0], "body"), "<img src=x onerror=y>\" : a <b>"));
    done(&made);
}

static void m24_a_long_text_is_cut_at_paragraphs(void **state)
{
    (void)state;
    AUTO_BUF markdown;
    buf_init(&markdown, 256 * 1024);
    for (int i = 0; i < 1500; i++)
        buf_add_format(&markdown, "Paragraph number %04d has *some* <words> and ends here.\n\n", i);
    struct chat_message message = says("");
    message.markdown = buf_str(&markdown);
    message.answers_id = STR("$asked");
    message.mention_identity = STR("@ana:home");
    struct made made;
    make(&made, &message, &ROOM);

    assert_true(made.parts.count > 1);
    int next = 0;
    for (size_t i = 0; i < made.parts.count; i++) {
        const char *body = text(made.json[i], "body");
        assert_true(made.parts.parts[i].json.len <= MATRIX_CONTENT_BYTES);
        assert_memory_equal(body, "Paragraph", 9);
        for (const char *at = body; (at = strstr(at, "number ")); at += 7) {
            assert_int_equal(strtol(at + 7, NULL, 10), next);
            next++;
        }
        assert_non_null(strstr(text(made.json[i], "formatted_body"), "<em>some</em>"));
        assert_string_equal(rung(made.json[i]), i == 0 ? "@ana:home" : "");
        assert_int_equal(relation(made.json[i]) != NULL, i == 0);
    }
    assert_int_equal(next, 1500);
    done(&made);
}

static void m24_one_endless_word_is_cut_between_characters(void **state)
{
    (void)state;
    AUTO_BUF markdown;
    buf_init(&markdown, 256 * 1024);
    for (int i = 0; i < 30000; i++)
        buf_add_c(&markdown, "\U0001F30A");
    struct chat_message message = says("");
    message.markdown = buf_str(&markdown);
    struct made made;
    make(&made, &message, &ROOM);
    size_t total = 0;
    for (size_t i = 0; i < made.parts.count; i++) {
        struct str body = str_of(text(made.json[i], "body"));
        assert_true(utf8_valid(body) && str_find(body, STR("\xEF\xBF\xBD"), 0) == SIZE_MAX);
        total += body.len;
    }
    assert_int_equal(total, 120000);
    done(&made);
}

static void m24_what_is_in_a_thread_stays_in_it(void **state)
{
    (void)state;
    AUTO_BUF markdown;
    buf_init(&markdown, 256 * 1024);
    for (int i = 0; i < 2000; i++)
        buf_add_c(&markdown, "Some words that fill a line of a paragraph.\n\n");
    struct chat_message message = says("");
    message.markdown = buf_str(&markdown);
    message.thread = STR("$root");
    message.answers_id = STR("$asked");
    struct made made;
    make(&made, &message, &ROOM);
    assert_true(made.parts.count > 1);
    for (size_t i = 0; i < made.parts.count; i++)
        assert_string_equal(text(relation(made.json[i]), "event_id"), "$root");
    done(&made);
}

static void nothing_to_say_is_an_error(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct matrix_parts parts;
    struct chat_message message = says(" \n");
    assert_int_equal(matrix_content_make(&message, &ROOM, &arena, &parts), -EINVAL);
    arena_done(&arena);
}

/* ---- M25 ------------------------------------------------------------------------------------- */

static void m25_a_picture_has_words_and_a_size(void **state)
{
    (void)state;
    static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\x40\x08\x02";
    struct chat_message message = says("Your week");
    message.file_name = STR("week.png");
    message.file_mime = STR("image/png");
    message.file_alt = STR("A line that rises from 4 to 7.");
    message.file_bytes = (struct str){png, sizeof png};
    message.thread = STR("$root");
    struct arena arena = {0};
    struct matrix_part part;
    assert_int_equal(matrix_content_picture(&message, &ROOM, STR("mxc://home/abc"), &arena, &part),
                     0);
    json_t *json = json_loadb(part.json.ptr, part.json.len, 0, NULL);
    assert_string_equal(text(json, "msgtype"), "m.image");
    assert_string_equal(text(json, "body"), "A line that rises from 4 to 7.");
    assert_string_equal(text(json, "filename"), "week.png");
    assert_string_equal(text(json, "url"), "mxc://home/abc");
    const json_t *info = json_object_get(json, "info");
    assert_string_equal(text(info, "mimetype"), "image/png");
    assert_int_equal(json_integer_value(json_object_get(info, "size")), sizeof png);
    assert_int_equal(json_integer_value(json_object_get(info, "w")), 640);
    assert_int_equal(json_integer_value(json_object_get(info, "h")), 320);
    assert_string_equal(rung(json), "");
    assert_string_equal(text(relation(json), "event_id"), "$root");
    json_decref(json);
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(m16_notice_only_for_answers_to_a_command),
        cmocka_unit_test(m19_mentions_on_every_event),
        cmocka_unit_test(m19_an_edit_has_mentions_at_both_levels),
        cmocka_unit_test(m19_in_private_nobody_needs_a_name),
        cmocka_unit_test(m20_a_reply_has_no_fallback),
        cmocka_unit_test(m21_the_thread_of_the_question),
        cmocka_unit_test(m22_a_reaction_says_what_it_is_on),
        cmocka_unit_test(m23_a_poll_has_both_forms_and_its_text),
        cmocka_unit_test(m23_a_poll_only_where_it_fits),
        cmocka_unit_test(m24_both_bodies_from_the_same_markdown),
        cmocka_unit_test(m24_names_and_text_are_escaped),
        cmocka_unit_test(m24_a_long_text_is_cut_at_paragraphs),
        cmocka_unit_test(m24_one_endless_word_is_cut_between_characters),
        cmocka_unit_test(m24_what_is_in_a_thread_stays_in_it),
        cmocka_unit_test(nothing_to_say_is_an_error),
        cmocka_unit_test(m25_a_picture_has_words_and_a_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
