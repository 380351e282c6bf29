/* SPDX-License-Identifier: MIT */
/* status.h: how the bot is, for who looks after it: numbers and times, nobody's name and no word.
 */
#ifndef STATUS_H
#define STATUS_H

#include <jansson.h>

#include "bot.h"

/* All of it as an object (docs/ADMIN.md names the members); "look_at" lists, in whole sentences,
 * what a person has to look at, the worst first: empty when all is well.  Moments are Unix seconds,
 * spans "_s" and "_ms".  New; NULL: out of memory. */
json_t *status_collect(struct bot *bot, const char *version);
/* The same as lines for a person at night.  Pure.  false: something is to be looked at. */
bool status_print(const json_t *status, struct buf *out);
/* Why it is not in a room, and what to do: the end of a sentence, for who runs the bot.  NULL: it
 * is on its way in. */
const char *status_why(enum chat_why why);

#endif
