/* SPDX-License-Identifier: MIT */
/* render.h: a message on its way from pattern to Markdown; shared by render.c and format.c. */
#ifndef TEXT_RENDER_H
#define TEXT_RENDER_H

#include "text/catalogue.h"

struct text_rendering {
    const struct text *text;
    const struct text_reader *reader;
    struct text_language *language; /* of the pattern in hand */
    const struct mooring_arg *args;
    size_t count;
    struct buf *out;
    int64_t number; /* what # is */
    unsigned depth; /* messages within messages */
    bool in_code;   /* then nothing is escaped, see render.c */
    bool missing;   /* an argument was */
};

/* A person's words, or other text that is no Markdown. */
void text_render_plain(struct text_rendering *rendering, struct str s);
/* Another message in this one's place, with arguments of its own.  False: no such id. */
bool text_render_inner(struct text_rendering *rendering, struct str msgid,
                       const struct mooring_arg *args, size_t count, uint64_t wording);

/* The reader's ways with times; see format.c. */
void text_format_moment(struct text_rendering *rendering, uint32_t kind, int64_t at);
void text_format_duration(struct text_rendering *rendering, int64_t ms);

#endif
