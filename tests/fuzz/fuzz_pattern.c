/* SPDX-License-Identifier: MIT */
/* fuzz_pattern.c: any text as a message's pattern: it is refused with a sentence or rendered, and
 * nothing crashes. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "text/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATTERN_BYTES = 4096 };

static void count_argument(void *ctx, struct str name)
{
    *(size_t *)ctx += name.len > 0;
}

/* The last byte decides the number; the arguments are called n, s and t. */
static void render(struct text_part *parts, int64_t number)
{
    static const struct mooring_arg given[] = {
        {.name = "s", .kind = MOORING_ARG_TEXT, .text = MOORING_STR("`a` *b*\n")},
        {.name = "t", .kind = MOORING_ARG_WHEN, .number = 1}};
    const struct mooring_arg args[] = {
        {.name = "n", .kind = MOORING_ARG_INT, .number = number}, given[0], given[1]};
    struct text text = {.language_count = 0};
    arena_init(&text.arena, 0);
    struct text_language *language;
    if (text_language_create(&text, STR("en"), &language) < 0)
        abort();
    struct text_entry entry = {.id = STR("t.a"), .count = 1};
    struct text_wording wording = {.parts = parts};
    entry.wordings = &wording;
    if (map_put(&language->ids, entry.id, &entry) < 0)
        abort();
    AUTO_BUF out;
    buf_init(&out, 1 << 20);
    int r = text_render(&text, NULL, STR("t.a"), args, COUNT_OF(args), 0, &out);
    if (r < 0 && r != -EINVAL && r != -E2BIG)
        abort();
    text_language_done(language);
    arena_done(&text.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str pattern = {(const char *)data, MIN_OF(size, (size_t)PATTERN_BYTES)};
    struct arena arena;
    struct error error = {0, ""};
    struct text_part *parts = NULL;
    size_t arguments = 0;
    arena_init(&arena, 0);
    int r = text_pattern_parse(pattern, &arena, &parts, &error);
    if (r < 0 && !error.text[0])
        abort();
    if (text_pattern_check(pattern, count_argument, &arguments, NULL) != r)
        abort();
    if (r >= 0)
        render(parts, size ? (int64_t)data[size - 1] - 128 : 0);
    arena_done(&arena);
    return 0;
}
