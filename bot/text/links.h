/* SPDX-License-Identifier: MIT */
/* links.h: bare links: where they end, and how they come through Markdown unharmed. */
#ifndef TEXT_LINKS_H
#define TEXT_LINKS_H

#include "base/str.h"

/* The length of the link that begins `text` ("https://..." or "http://..."): up to white space,
 * without the sentence's own punctuation behind it.  0: none. */
size_t links_length(struct str text);
/* Appends Markdown in which what stands in bare links has no meaning to Markdown: "https://a/_b_"
 * keeps its underscores. */
void links_protect(struct str markdown, struct buf *out);

#endif
