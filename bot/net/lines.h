/* SPDX-License-Identifier: MIT */
/* lines.h: bytes in, lines out: the splitter of every line protocol. */
#ifndef NET_LINES_H
#define NET_LINES_H

#include <stdint.h>

#include "base/str.h"

/* Lines end in LF or CR LF; other bytes, NUL and lone CR included, are theirs.  A line over the
 * limit is cut there, the rest of it dropped and the cut counted.  All memory is taken at the
 * start: nothing fails later. */
struct lines {
    char *partial; /* limit + 1 bytes: a CR may stand behind a line of full length */
    size_t len, limit;
    bool given; /* the last line given was `partial` */
    bool over;  /* the present line is longer than the limit */
    uint64_t cut_count;
};
int lines_init(struct lines *lines, size_t limit) MUST_CHECK; /* -ENOMEM */
void lines_done(struct lines *lines);
/* Takes bytes off the front of `*input`: true with a line (without its end; valid until the next
 * call and as long as the input is), false when the input is used up; an unfinished line is kept
 * for the next input. */
bool lines_next(struct lines *lines, struct str *input, struct str *ret_line);

#endif
