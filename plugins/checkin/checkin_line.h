/* SPDX-License-Identifier: MIT */
/* checkin_line.h: reads a check-in typed in one line: m6 c3 k8 tired "walk after lunch". */
#ifndef CHECKIN_LINE_H
#define CHECKIN_LINE_H

#include "checkin_entry.h"

enum checkin_trouble_kind {
    CHECKIN_TROUBLE_NOTHING, /* the line says nothing */
    CHECKIN_TROUBLE_WORD,  /* `word` was not understood; `suggestion`, when not NULL, is what may be
                              meant */
    CHECKIN_TROUBLE_RANGE, /* `word` is outside 0 to 10, or no whole number */
    CHECKIN_TROUBLE_NUMBER, /* `word` names an item without its number */
    CHECKIN_TROUBLE_TWICE,  /* `word` gives an item a second, different number */
    CHECKIN_TROUBLE_LONG,   /* the intention is too long */
    CHECKIN_TROUBLE_KIND_COUNT
};
struct checkin_trouble {
    enum checkin_trouble_kind kind;
    struct mooring_str word; /* borrows from the line */
    const char *suggestion;
};

/* Any order, any case: m6, m=6, mood: 6, "mood is 6/10", "c -" (skipped), three bare numbers in the
 * dialogue's order, HALT words, the intention in any quotes or as the last words.  0: *ret_entry is
 * written; -EINVAL: *ret_trouble is. */
int checkin_line_parse(struct mooring_str line, struct checkin_entry *ret_entry,
                       struct checkin_trouble *ret_trouble);

#endif
