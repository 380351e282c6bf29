/* SPDX-License-Identifier: MIT */
/* expect.c: what a script expects of the bot. */
#include <errno.h>
#include <regex.h>

#include "base/utf8.h"
#include "stage/stage.h"

void stage_forget_lines(struct stage *stage)
{
    for (size_t i = 0; i < stage->line_count; i++) {
        mem_free(stage->lines[i].place);
        mem_free(stage->lines[i].text);
    }
    stage->line_count = 0;
}

void stage_note(struct stage *stage, struct str place, struct str text)
{
    enum { LINES_MAX = 100000 };
    if (mem_grow(&stage->lines, &stage->line_capacity, stage->line_count, sizeof *stage->lines,
                 LINES_MAX) < 0)
        return;
    struct stage_line line = {.place = str_copy(place), .text = str_copy(text)};
    if (line.place && line.text)
        stage->lines[stage->line_count++] = line;
}

/* What is there, for the person who reads why a script failed. */
static void tell_lines(const struct stage *stage, struct error *error, const char *what,
                       struct str line)
{
    enum { ALL_BYTES = 400, ONE_BYTES = 100, PLACE_BYTES = 60 };
    AUTO_BUF came;
    buf_init(&came, ALL_BYTES);
    for (size_t i = 0; i < stage->line_count && came.len + ONE_BYTES + PLACE_BYTES < ALL_BYTES;
         i++) {
        struct str text = str_of(stage->lines[i].text);
        if (!stage->lines[i].taken)
            buf_add_format(&came, "\n  %.*s: %.*s", PLACE_BYTES - 8, stage->lines[i].place,
                           (int)utf8_floor(text.ptr, text.len, MIN_OF(text.len, (size_t)ONE_BYTES)),
                           text.ptr);
    }
    error_set(error, -EBADMSG, "%s: %.*s\nwhat came:%s", what, STR_ARG(str_upto(line, 200)),
              came.len ? came.ptr : "\n  nothing");
}

/* "room harbor: ..." into place and pattern; false when it has no such form. */
static bool parse(struct str line, struct str *ret_place, struct str *ret_pattern)
{
    static const char *const kinds[] = {"room ", "dm ", "peer "};
    line = str_trim(line);
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!str_starts(line, str_of(kinds[i])))
            continue;
        size_t colon = str_find(line, STR(":"), strlen(kinds[i]));
        if (colon == SIZE_MAX ||
            str_has_byte(str_from(str_upto(line, colon), strlen(kinds[i])), ' '))
            return false;
        *ret_place = str_upto(line, colon);
        *ret_pattern = str_trim(str_from(line, colon + 1));
        return true;
    }
    return false;
}

static struct stage_line *find(struct stage *stage, struct str place, const regex_t *regex)
{
    for (size_t i = 0; i < stage->line_count; i++) {
        struct stage_line *line = &stage->lines[i];
        if (!line->taken && str_eq_c(place, line->place) &&
            regexec(regex, line->text, 0, NULL, 0) == 0)
            return line;
    }
    return NULL;
}

static int expect_nothing(struct stage *stage, struct str line, struct error *error)
{
    for (size_t i = 0; i < stage->line_count; i++) {
        if (stage->lines[i].taken)
            continue;
        tell_lines(stage, error, "expected that nothing more was said", line);
        return -EBADMSG;
    }
    return 1;
}

int stage_expect(struct stage *stage, struct str line, struct error *error)
{
    struct str place, pattern;
    bool wanted = str_starts(line, STR("<"));
    if ((!wanted && !str_starts(line, STR("! "))) || line.len < 3)
        return 0;
    struct str rest = str_trim(str_from(line, 1));
    if (wanted && str_eq_c(rest, "nothing"))
        return expect_nothing(stage, line, error);
    if (!parse(rest, &place, &pattern))
        return 0;
    char *text AUTO_FREE = str_copy(pattern);
    regex_t regex;
    int r = text ? regcomp(&regex, text, REG_EXTENDED | REG_NOSUB) : REG_ESPACE;
    if (r != 0) {
        char why[128];
        regerror(r, &regex, why, sizeof why);
        return error_set(error, -EINVAL, "the pattern is wrong: %s", why);
    }
    struct stage_line *found = find(stage, place, &regex);
    regfree(&regex);
    if (wanted && found)
        found->taken = true;
    if (wanted == (found != NULL))
        return 1;
    tell_lines(stage, error, wanted ? "expected" : "expected that this is not said", line);
    return -EBADMSG;
}
