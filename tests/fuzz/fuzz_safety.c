/* SPDX-License-Identifier: MIT */
/* fuzz_safety.c: any bytes, as one text and cut into turns at each 0xFF. */
#include <stdint.h>
#include <stdlib.h>

#include "safety/safety.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct safety_verdict *verdict)
{
    if (verdict->tier < 0 || verdict->tier > 4 || verdict->kind >= SAFETY_KIND_COUNT ||
        verdict->rule_count > SAFETY_RULES_MAX || (verdict->tier > 0 && verdict->rule_count == 0))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct safety *safety; /* one for the whole run */
    if (!safety)
        safety = safety_create();
    if (!safety)
        return 0;
    struct safety_verdict verdict;
    struct str text = {(const char *)data, size}, rest = text, turns[64];
    size_t count = 0;
    safety_classify(safety, text, SAFETY_PLAN_TEXT, &verdict);
    check(&verdict);
    safety_classify(safety, text, SAFETY_ACTION, &verdict);
    check(&verdict);
    while (count < COUNT_OF(turns) && str_split(&rest, (char)0xFF, &turns[count]))
        count++;
    safety_classify_turns(safety, turns, count, &verdict);
    check(&verdict);
    return 0;
}
