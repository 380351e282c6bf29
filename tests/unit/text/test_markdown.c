/* SPDX-License-Identifier: MIT */
/* test_markdown.c: light Markdown in four forms; a person's words come out as they went in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/random.h"
#include "base/utf8.h"
#include "text/markdown.h"
#include "text/text.h"

static void expect(enum markdown_form form, const char *markdown, const char *expected)
{
    AUTO_BUF out;
    buf_init(&out, 1 << 20);
    buf_add_c(&out, "");
    assert_int_equal(markdown_render(str_of(markdown), form, &out), 0);
    assert_string_equal(out.ptr, expected);
}

static void plain_text_is_itself_in_every_form(void **state)
{
    (void)state;
    for (enum markdown_form form = 0; form < MARKDOWN_FORM_COUNT; form++)
        expect(form, "Good morning. Mood today, 0 to 10?", "Good morning. Mood today, 0 to 10?");
}

static void styles(void **state)
{
    (void)state;
    const char *markdown = "a **bold** *it* `code` b";
    expect(MARKDOWN_PLAIN, markdown, "a bold it code b");
    expect(MARKDOWN_IRC, markdown,
           "a \x02"
           "bold\x02 \x1dit\x1d \x11"
           "code\x11 b");
    expect(MARKDOWN_ANSI, markdown,
           "a \x1b[1mbold\x1b[22m \x1b[3mit\x1b[23m \x1b[36mcode\x1b[39m b");
    expect(MARKDOWN_HTML, markdown, "a <strong>bold</strong> <em>it</em> <code>code</code> b");
}

static void styles_end_with_their_line(void **state)
{
    (void)state;
    expect(MARKDOWN_IRC, "**a\nb** c",
           "\x02"
           "a\x02\n\x02"
           "b\x02 c");
    expect(MARKDOWN_IRC, "**a *b* c**",
           "\x02"
           "a \x1d"
           "b\x1d c\x02");
    expect(MARKDOWN_IRC, "**a __b__ c**",
           "\x02"
           "a b c\x02");
}

static void line_breaks_stay(void **state)
{
    (void)state;
    expect(MARKDOWN_PLAIN, "one\ntwo\n\nthree", "one\ntwo\n\nthree");
    expect(MARKDOWN_IRC, "one\ntwo\n\nthree", "one\ntwo\nthree");
    expect(MARKDOWN_HTML, "one\ntwo", "one<br/>two");
    expect(MARKDOWN_HTML, "one\n\ntwo", "<p>one</p><p>two</p>");
}

static void lists(void **state)
{
    (void)state;
    const char *markdown =
        "Today:\n- one\n- two\n  more\n  - deep\n\nThen:\n\n3. three\n4. four\n\nend";
    expect(MARKDOWN_PLAIN, markdown,
           "Today:\n- one\n- two\n  more\n  - deep\n\nThen:\n3. three\n4. four\n\nend");
    expect(MARKDOWN_IRC, markdown,
           "Today:\n- one\n- two\n  more\n  - deep\nThen:\n3. three\n4. four\nend");
    expect(
        MARKDOWN_HTML, markdown,
        "<p>Today:</p><ul><li>one</li><li>two<br/>more<ul><li>deep</li></ul></li></ul><p>Then:</p>"
        "<ol start=\"3\"><li>three</li><li>four</li></ol><p>end</p>");
}

static void headings_quotes_rules_and_code(void **state)
{
    (void)state;
    const char *markdown = "# Title\ntext\n\n> said\n> twice\n\n---\n\n```\na  *b*\n\n c\n```\nend";
    expect(MARKDOWN_PLAIN, markdown,
           "Title\ntext\n\n> said\n> twice\n\n---\n\na  *b*\n\n c\n\nend");
    expect(MARKDOWN_IRC, markdown,
           "\x02Title\x02\ntext\n> said\n> twice\n---\n\x11"
           "a  *b*\x11\n\n\x11 c\x11\nend");
    expect(MARKDOWN_HTML, markdown,
           "<h1>Title</h1><p>text</p><blockquote><p>said<br/>twice</p></blockquote><hr/"
           "><pre><code>a  *b*\n\n c\n"
           "</code></pre><p>end</p>");
}

static void bare_links_stay_bare(void **state)
{
    (void)state;
    const char *markdown = "here: https://meet.example.org/a_b_c?x=1&y=_2_ . React";
    expect(MARKDOWN_PLAIN, markdown, "here: https://meet.example.org/a_b_c?x=1&y=_2_ . React");
    expect(MARKDOWN_IRC, markdown, "here: https://meet.example.org/a_b_c?x=1&y=_2_ . React");
    expect(MARKDOWN_HTML, markdown,
           "here: <a "
           "href=\"https://meet.example.org/a_b_c?x=1&amp;y=_2\">https://meet.example.org/"
           "a_b_c?x=1&amp;y=_2</a>_ . React");
}

static void named_links_show_their_target(void **state)
{
    (void)state;
    expect(MARKDOWN_PLAIN, "see [the page](https://example.org/x).",
           "see the page (https://example.org/x).");
    expect(MARKDOWN_HTML, "see [the page](https://example.org/x).",
           "see <a href=\"https://example.org/x\">the page</a>.");
    expect(MARKDOWN_PLAIN, "<https://example.org>", "https://example.org");
    expect(MARKDOWN_PLAIN, "<ana@example.org>", "ana@example.org");
}

static void links_in_code_and_in_styles(void **state)
{
    (void)state;
    expect(MARKDOWN_PLAIN,
           "`https://a_b_*c*` **https://a.example/_x_** [l](https://a.example/_y_) end",
           "https://a_b_*c* https://a.example/_x_ l (https://a.example/_y_) end");
    expect(MARKDOWN_HTML, "**https://a.example/_x_**",
           "<strong><a href=\"https://a.example/_x\">https://a.example/_x</a>_</strong>");
    expect(MARKDOWN_HTML, "`https://a.example`", "<code>https://a.example</code>");
    expect(MARKDOWN_PLAIN, "` https://a.example/_x_ *b*", "` https://a.example/_x_ b");
}

/* A member's link becomes an anchor too, and the sentence's own full stop stays outside. */
static void escaped_links_are_anchors_in_html(void **state)
{
    (void)state;
    AUTO_BUF escaped;
    buf_init(&escaped, 4096);
    text_escape(&escaped, STR("at https://example.org/a_(b)_c. (https://x.example) http https://"));
    expect(MARKDOWN_PLAIN, escaped.ptr,
           "at https://example.org/a_(b)_c. (https://x.example) http https://");
    expect(MARKDOWN_HTML, escaped.ptr,
           "at <a href=\"https://example.org/a_(b)_c\">https://example.org/a_(b)_c</a>. "
           "(<a href=\"https://x.example\">https://x.example</a>) http https://");
}

static void no_markup_and_no_script_passes(void **state)
{
    (void)state;
    expect(MARKDOWN_HTML, "<script>x</script> <b>\"&",
           "&lt;script&gt;x&lt;/script&gt; &lt;b&gt;&quot;&amp;");
    expect(MARKDOWN_HTML, "[x](javascript:alert(1))", "x");
    expect(MARKDOWN_HTML, "[x](https://a\"b)", "<a href=\"https://a%22b\">x</a>");
    expect(MARKDOWN_HTML, "[x](https://a.example/\xff)", "<a href=\"https://a.example/%FF\">x</a>");
    expect(MARKDOWN_HTML, "![cat](https://example.org/cat.png)", "cat");
}

static void control_characters_do_not_pass(void **state)
{
    (void)state;
    expect(MARKDOWN_ANSI, "a\x1b[2Jb", "a\xEF\xBF\xBD[2Jb");
    expect(MARKDOWN_IRC,
           "a\x02"
           "b\xC2\x9B",
           "a\xEF\xBF\xBD"
           "b\xEF\xBF\xBD");
    expect(MARKDOWN_IRC, "&#2;&#0;", "\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void entities(void **state)
{
    (void)state;
    expect(MARKDOWN_PLAIN, "&amp; &lt; &#x1F30A; &hellip; &unknown;",
           "& < \xF0\x9F\x8C\x8A \xE2\x80\xA6 &unknown;");
    expect(MARKDOWN_HTML, "&amp; &lt;", "&amp; &lt;");
}

static void odd_input_is_survived(void **state)
{
    (void)state;
    for (enum markdown_form form = 0; form < MARKDOWN_FORM_COUNT; form++) {
        expect(form, "", "");
        AUTO_BUF out;
        buf_init(&out, 1 << 20);
        AUTO_BUF deep;
        buf_init(&deep, 1 << 16);
        for (int i = 0; i < 200; i++)
            buf_add_c(&deep, "> - ");
        buf_add_c(&deep, "x");
        assert_int_equal(markdown_render(buf_str(&deep), form, &out), 0);
        assert_int_equal(markdown_render((struct str){NULL, 0}, form, &out), 0);
        assert_int_equal(markdown_render((struct str){deep.ptr, 1 << 20}, form, &out), -E2BIG);
        AUTO_BUF small;
        buf_init(&small, 3);
        assert_int_equal(markdown_render(STR("**four**"), form, &small), -E2BIG);
    }
}

/* ---- a person's words ------------------------------------------------------------------------ */

/* The changes that text_escape promises, and no other. */
static void promised(struct str s, struct buf *out)
{
    size_t at = 0;
    while (at < s.len) {
        uint32_t c = utf8_next(s, &at);
        if (c == '\r') {
            at += at < s.len && s.ptr[at] == '\n';
            c = '\n';
        }
        bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
        utf8_add(out, control && c != '\n' && c != '\t' ? 0xFFFD : c);
    }
}

/* HTML back to text: tags away, <br/> a line end, references resolved. */
static void strip(struct str html, struct buf *out)
{
    static const char *const known[][2] = {
        {"<br/>", "\n"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}};
    while (html.len) {
        size_t taken = 0;
        for (size_t i = 0; i < COUNT_OF(known) && !taken; i++)
            if (str_starts(html, str_of(known[i][0]))) {
                buf_add_c(out, known[i][1]);
                taken = strlen(known[i][0]);
            }
        if (!taken && html.ptr[0] == '<')
            taken = str_find(html, STR(">"), 0) + 1;
        if (!taken) {
            buf_add_byte(out, html.ptr[0]);
            taken = 1;
        }
        html = str_from(html, taken);
    }
}

static void expect_verbatim(struct str words, enum markdown_form form)
{
    AUTO_BUF escaped;
    AUTO_BUF out;
    AUTO_BUF text;
    AUTO_BUF expected;
    buf_init(&escaped, 1 << 20);
    buf_init(&out, 1 << 20);
    buf_init(&text, 1 << 20);
    buf_init(&expected, 1 << 20);
    text_escape(&escaped, words);
    promised(words, &expected);
    assert_int_equal(markdown_render(buf_str(&escaped), form, &out), 0);
    if (form == MARKDOWN_HTML)
        strip(buf_str(&out), &text);
    else
        buf_add(&text, buf_str(&out));
    if (!str_eq(buf_str(&text), buf_str(&expected)))
        print_error("form %d\nwords    <%.*s>\nescaped  <%s>\nshown    <%s>\n", (int)form,
                    STR_ARG(words), escaped.ptr ? escaped.ptr : "", text.ptr ? text.ptr : "");
    assert_true(str_eq(buf_str(&text), buf_str(&expected)));
}

static void words_come_out_as_they_went_in(void **state)
{
    (void)state;
    static const char *const words[] = {
        "",
        " ",
        "\n",
        "\n\n",
        "  two  spaces  ",
        "\ttab\t",
        "a\n\n\nb\n",
        "\r\n\r",
        "1. one",
        "1) one",
        "- one",
        "+ one",
        "* one",
        "# one",
        "> one",
        "    four spaces",
        "```\ncode\n```",
        "~~~",
        "---",
        "***",
        "===",
        "a\n===",
        "a\n---",
        "**b**",
        "_i_",
        "`c`",
        "[a](b)",
        "![a](b)",
        "[a]: b",
        "<b>",
        "<!-- x -->",
        "<?php",
        "&amp;",
        "&#65;",
        "\\",
        "\\\\*",
        "a\\",
        "a  \nb",
        "a\\\nb",
        "https://example.org/*a*_b_",
        "ana@example.org",
        "www.example.org",
        "<https://x>",
        "| a | b |\n|---|---|",
        "- [ ] x",
        "\x01\x02\x1b[0m\x7f",
        "\xC2\x85",
        "\xff\xfe",
        "\xE2\x80\xA8\xC2\xA0",
        "\xF0\x9F\x8C\x8A",
        "a &nbsp; b",
        "$x$ $$y$$",
        "^a^ ~b~",
        "'quoted' \"double\"",
        "x*",
        "*",
        "``",
        "a`",
        "!",
        "[",
        "](",
        "<",
        "&",
        "#",
        ":",
        "@",
        "=",
    };
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        expect_verbatim(str_of(words[i]), MARKDOWN_PLAIN);
        expect_verbatim(str_of(words[i]), MARKDOWN_IRC);
        expect_verbatim(str_of(words[i]), MARKDOWN_ANSI);
        expect_verbatim(str_of(words[i]), MARKDOWN_HTML);
    }
}

/* Random texts made of what Markdown cares about. */
static void any_words_come_out_as_they_went_in(void **state)
{
    (void)state;
    static const char *const pieces[] = {"*",
                                         "_",
                                         "`",
                                         "[",
                                         "]",
                                         "(",
                                         ")",
                                         "<",
                                         ">",
                                         "#",
                                         "+",
                                         "-",
                                         ".",
                                         "!",
                                         "&",
                                         ";",
                                         "\\",
                                         "~",
                                         "|",
                                         ":",
                                         "@",
                                         "=",
                                         "\n",
                                         "\r",
                                         " ",
                                         "  ",
                                         "\t",
                                         "a",
                                         "1",
                                         "http://",
                                         "www.",
                                         "\"",
                                         "'",
                                         "{",
                                         "}",
                                         "\x02",
                                         "\xC3\xA9",
                                         "\xff",
                                         "&#10;",
                                         "x",
                                         "\xE2\x80\xA8",
                                         "/",
                                         "?",
                                         "    "};
    struct random random;
    random_seed(&random, 7);
    for (int round = 0; round < 4000; round++) {
        AUTO_BUF words;
        buf_init(&words, 4096);
        for (uint64_t i = random_below(&random, 14) + 1; i > 0; i--)
            buf_add_c(&words, pieces[random_below(&random, COUNT_OF(pieces))]);
        expect_verbatim(buf_str(&words), (enum markdown_form)(round % MARKDOWN_FORM_COUNT));
    }
}

static void words_with_nul_bytes_too(void **state)
{
    (void)state;
    expect_verbatim((struct str){"a\0b\0", 4}, MARKDOWN_PLAIN);
    expect_verbatim((struct str){"\0", 1}, MARKDOWN_HTML);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_is_itself_in_every_form),
        cmocka_unit_test(styles),
        cmocka_unit_test(styles_end_with_their_line),
        cmocka_unit_test(line_breaks_stay),
        cmocka_unit_test(lists),
        cmocka_unit_test(headings_quotes_rules_and_code),
        cmocka_unit_test(bare_links_stay_bare),
        cmocka_unit_test(named_links_show_their_target),
        cmocka_unit_test(links_in_code_and_in_styles),
        cmocka_unit_test(escaped_links_are_anchors_in_html),
        cmocka_unit_test(no_markup_and_no_script_passes),
        cmocka_unit_test(control_characters_do_not_pass),
        cmocka_unit_test(entities),
        cmocka_unit_test(odd_input_is_survived),
        cmocka_unit_test(words_come_out_as_they_went_in),
        cmocka_unit_test(any_words_come_out_as_they_went_in),
        cmocka_unit_test(words_with_nul_bytes_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
