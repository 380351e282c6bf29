/* SPDX-License-Identifier: MIT */
/* lines.c: the line splitter. */
#include "net/lines.h"

#include <errno.h>
#include <stdint.h>

int lines_init(struct lines *lines, size_t limit)
{
    if (limit > SIZE_MAX - 1)
        return -ENOMEM;
    char *partial = mem_alloc(limit + 1);
    if (!partial)
        return -ENOMEM;
    *lines = (struct lines){.partial = partial, .limit = limit};
    return 0;
}

void lines_done(struct lines *lines)
{
    mem_free(lines->partial);
    *lines = (struct lines){0};
}

/* Keeps what fits; more than that marks the line as too long. */
static void keep(struct lines *lines, struct str piece)
{
    size_t room = lines->limit + 1 - lines->len;
    if (piece.len > room)
        lines->over = true;
    piece = str_upto(piece, room);
    if (piece.len)
        memcpy(lines->partial + lines->len, piece.ptr, piece.len);
    lines->len += piece.len;
}

/* Off with the CR of a CR LF, then with what is too long.  The CR of an over-long line was dropped
 * already. */
static struct str finish(struct lines *lines, struct str line)
{
    if (!lines->over && line.len && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (lines->over || line.len > lines->limit) {
        lines->cut_count++;
        line = str_upto(line, lines->limit);
    }
    lines->over = false;
    return line;
}

bool lines_next(struct lines *lines, struct str *input, struct str *ret_line)
{
    if (lines->given) {
        lines->given = false;
        lines->len = 0;
    }
    if (str_empty(*input))
        return false;
    const char *end = memchr(input->ptr, '\n', input->len);
    struct str piece = str_upto(*input, end ? (size_t)(end - input->ptr) : input->len);
    *input = str_from(*input, piece.len + (end ? 1 : 0));
    if (end && !lines->len && !lines->over) { /* whole in the input: no copy */
        *ret_line = finish(lines, piece);
        return true;
    }
    keep(lines, piece);
    if (!end)
        return false;
    lines->given = true;
    *ret_line = finish(lines, (struct str){lines->partial, lines->len});
    return true;
}
