/* SPDX-License-Identifier: MIT */
/* coping_library.h: the library of tips, and what the glue's two files share. */
#ifndef COPING_LIBRARY_H
#define COPING_LIBRARY_H

#include "mooring.h"

/* `!tip [kind]`. */
int coping_library_tip(void *state, const struct mooring_event *event, struct mooring_str args);

/* Lent by coping.c. */
const struct mooring_host *coping_host(void);
/* Where it was asked for. */
int coping_answer(const struct mooring_event *event, const char *msgid,
                  const struct mooring_arg *args, size_t arg_count,
                  const struct mooring_choice *choices, size_t choice_count);
struct mooring_str coping_trim(struct mooring_str text);

#endif
