/* SPDX-License-Identifier: MIT */
/* generate.h: what the generated file and the manual page have in common. */
#ifndef SETTINGS_GENERATE_H
#define SETTINGS_GENERATE_H

#include "settings/spec.h"

/* The value to show, as libconfig writes it: `example` when given, else the default, else something
 * that would pass. */
void settings_generate_value(const struct settings_spec *spec, const char *example,
                             struct buf *out);
/* The bounds in words: "From 1 to 60 minutes.", "One of irc, console."; nothing where there are
 * none. */
void settings_generate_range(const struct settings_spec *spec, struct buf *out);

/* The help as a sentence, whatever its author's habits: a capital at its beginning, a full stop at
 * its end. */
void settings_generate_help(const struct settings_spec *spec, struct buf *out);

#endif
