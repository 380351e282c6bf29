/* SPDX-License-Identifier: MIT */
/* paper.h: a master key as lines that are typed in from paper, each with a check of its own. */
#ifndef PAPER_H
#define PAPER_H

#include "store/store.h"

enum {
    PAPER_LINES = 4,
    PAPER_PIECE_BYTES = 8, /* of the key in a line; two bytes of check behind them */
    PAPER_LINE_BYTES = 256,
    PAPER_MARK_BYTES = 20,
    PAPER_BYTES = 2048,
};
/* The whole sheet; returns its length.  `date` as it is to be printed. */
size_t paper_write(const unsigned char key[32], const char *date, char out[PAPER_BYTES]);
/* `line` 0 .. 3, as typed: blanks, dashes and case do not matter, O is 0 and l is 1.  -EINVAL: not
 * 20 digits; -EBADMSG: they do not add up, or are another line's. */
int paper_read_line(unsigned line, struct str typed,
                    unsigned char ret_piece[PAPER_PIECE_BYTES]) MUST_CHECK;
/* "1a2b-3c4d-5e6f-7a8b": tells keys apart, and gives nothing of them away. */
void paper_mark(const unsigned char key[32], char out[PAPER_MARK_BYTES]);

#endif
