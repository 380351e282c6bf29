/* SPDX-License-Identifier: MIT */
/* reader.h: inside the folder: reading with a count of the work. */
#ifndef SAFETY_READER_H
#define SAFETY_READER_H

#include "safety/safety.h"

/* An action in the first person: "is cutting herself" as "I am cutting myself".  0: it says nothing of its speaker
 * that it does not say as it stands, or is too long. */
size_t safety_action_text(struct str text, char *out, size_t size);
/* As safety_classify with no context; returns the steps that it took, which grow as the text does. */
unsigned long safety_read_counted(const struct safety *safety, struct str text, struct safety_verdict *ret_verdict);

#endif
