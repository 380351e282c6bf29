/* SPDX-License-Identifier: MIT */
/* casemap.h: which names are the same on this network (ISUPPORT CASEMAPPING). */
#ifndef CHAT_IRC_CASEMAP_H
#define CHAT_IRC_CASEMAP_H

#include "base/str.h"

enum irc_casemap {
    IRC_CASEMAP_RFC1459,        /* the protocol's default: {}|~ are the lower case of []\^ */
    IRC_CASEMAP_RFC1459_STRICT, /* without ~ and ^ */
    IRC_CASEMAP_ASCII,
    IRC_CASEMAP_RFC7613, /* PRECIS, approximated by NFKC case folding; also "rfc8265" */
    IRC_CASEMAP_COUNT
};
int irc_casemap_from(struct str name); /* -EINVAL: unknown */
/* Replaces what is in `out`.  -ENOMEM, -E2BIG. */
int irc_casemap_fold(enum irc_casemap map, struct str name, struct buf *out) MUST_CHECK;
bool irc_casemap_same(enum irc_casemap map, struct str a, struct str b);

#endif
