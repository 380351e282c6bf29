/* SPDX-License-Identifier: MIT */
/* fuzz_matrix_content.c: any text, names and ids as Matrix events: each is JSON of a bounded size,
 * says whom it mentions, and holds no tag that is not ours; any JSON as a poll's answer. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "chat/matrix/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* The tags that Matrix's subset has and that our Markdown makes. */
static bool is_tag(const char *at)
{
    static const char *const tags[] = {
        "<p>",    "</p>",    "<br/>",       "<strong>",     "</strong>",     "<em>",   "</em>",
        "<code>", "</code>", "<pre><code>", "<pre>",        "</pre>",        "<ul>",   "</ul>",
        "<ol",    "</ol>",   "<li>",        "</li>",        "<hr/>",         "<hr />", "<h",
        "</h",    "</a>",    "<a href=\"",  "<blockquote>", "</blockquote>", "<br />"};
    for (size_t i = 0; i < COUNT_OF(tags); i++)
        if (strncmp(at, tags[i], strlen(tags[i])) == 0)
            return true;
    return false;
}

static void check_html(const json_t *content)
{
    const char *html = json_string_value(json_object_get(content, "formatted_body"));
    for (const char *at = html ? strchr(html, '<') : NULL; at; at = strchr(at + 1, '<'))
        check(is_tag(at));
}

static void check_part(const struct matrix_part *part)
{
    check(part->json.len <= MATRIX_CONTENT_BYTES);
    json_t *content = json_loadb(part->json.ptr, part->json.len, JSON_ALLOW_NUL, NULL);
    check(json_is_object(content));
    check(json_is_object(json_object_get(content, "m.mentions")));
    check(json_is_string(json_object_get(content, "body")));
    check_html(content);
    json_t *inner = json_object_get(content, "m.new_content");
    check(!inner || json_is_object(json_object_get(inner, "m.mentions")));
    json_decref(content);
}

static struct str next_field(struct str *rest)
{
    struct str field = {0};
    return str_split(rest, '\x1f', &field) ? field : (struct str){0};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    struct str rest = {(const char *)data + 2, size - 2};
    struct chat_choice choices[2] = {0};
    struct chat_message message = {.flags = data[0] & 7};
    struct str *const fields[] = {&message.mention, &message.mention_identity, &message.answers_id,
                                  &message.thread,  &message.replaces_id,      &choices[0].label,
                                  &choices[1].label};
    for (size_t i = 0; i < COUNT_OF(fields); i++)
        *fields[i] = str_upto(next_field(&rest), 1024);
    message.markdown = rest;
    message.choices = choices;
    message.choice_count = data[0] & 8 ? 2 : 0;
    struct matrix_place place = {.threads = (enum matrix_threads)(data[1] % 3),
                                 .is_private = data[1] & 64,
                                 .has_polls = data[1] & 128};
    struct arena arena = {0};
    struct matrix_parts parts;
    int r = matrix_content_make(&message, &place, &arena, &parts);
    check(r == 0 || r == -EINVAL || r == -E2BIG);
    for (size_t i = 0; r == 0 && i < parts.count; i++)
        check_part(&parts.parts[i]);
    arena_done(&arena);
    return 0;
}
