/* SPDX-License-Identifier: MIT */
/* export.h: a row of the store as a line that its owner can read. */
#ifndef COMMANDS_EXPORT_H
#define COMMANDS_EXPORT_H

#include "commands/internal.h"

struct export_reader { /* all borrowed */
    const struct commands *commands;
    struct str language, zone;
};
/* Appends Markdown: a sentence of the catalogue ("export.alert"), and one more for each field that
 * has something in it and a sentence of its own ("export.alert-words"). */
int export_add_row(const struct export_reader *reader, const struct store_export_row *row,
                   struct buf *out) MUST_CHECK;
int export_add_text(const struct export_reader *reader, const char *msgid,
                    const struct mooring_arg *args, size_t count, struct buf *out) MUST_CHECK;

#endif
