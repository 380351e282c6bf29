/* SPDX-License-Identifier: MIT */
/* saslprep.h: names and passwords as both sides must spell them before they hash them. */
#ifndef CHAT_IRC_SASLPREP_H
#define CHAT_IRC_SASLPREP_H

#include "base/str.h"

/* RFC 4013: full-width and composed forms become one (NFKC), spaces a space, soft hyphens nothing.
 * Appends to `out`, which the caller wipes.  -EILSEQ: no UTF-8; -EINVAL: control characters, or
 * directions mixed; -E2BIG, -ENOMEM. */
int irc_saslprep(struct str text, struct buf *out) MUST_CHECK;

#endif
