/* SPDX-License-Identifier: MIT */
/* fuzz_recur.c: any text as a repeat rule: it is refused with a sentence, or its instances go
 * forward and end. */
#include <assert.h>
#include <errno.h>
#include <stdint.h>

#include "schedule/recur.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INSTANCES = 8 };

static void walk(struct str rule, const struct civil *start)
{
    struct civil last, next;
    for (int i = 0; i < INSTANCES; i++) {
        int r = recur_next(rule, start, i > 0 ? &last : NULL, &next);
        assert(r == 0 || r == -ENOENT || r == -ELOOP);
        if (r < 0)
            return;
        assert(civil_valid(&next) && civil_compare(&next, start) >= 0);
        assert(i == 0 || civil_compare(&next, &last) > 0);
        last = next;
    }
}

/* The first line is a start, the second the rule. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str rest = {(const char *)data, size}, line;
    struct civil start = {2026, 11, 23, 9, 0, 0};
    struct error error = {0};
    if (!str_split(&rest, '\n', &line))
        return 0;
    if (civil_parse(line, &start) < 0)
        start = (struct civil){2026, 11, 23, 9, 0, 0};
    if (recur_check(rest, &error) < 0)
        assert(error.text[0] != '\0');
    else
        walk(rest, &start);
    return 0;
}
