/* SPDX-License-Identifier: MIT */
/* format.h: mIRC formatting codes taken off, CTCP recognised. */
#ifndef CHAT_IRC_FORMAT_H
#define CHAT_IRC_FORMAT_H

#include "base/str.h"

/* Appends the text without bold, colour, italics, underline and their like, and as UTF-8 (else read
 * as Latin-1). */
void irc_format_strip(struct str text, struct buf *out);
/* "\001ACTION waves\001" -> "ACTION" and "waves"; the closing byte may be missing. */
bool irc_format_ctcp(struct str text, struct str *ret_command, struct str *ret_args);

#endif
