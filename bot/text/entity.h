/* SPDX-License-Identifier: MIT */
/* entity.h: HTML's character references, as far as Markdown texts need them. */
#ifndef TEXT_ENTITY_H
#define TEXT_ENTITY_H

#include "base/str.h"

/* Appends what "&#10;", "&#x1F30A;", "&amp;" stand for; a name that is not known stays as it is
 * written. */
void entity_add(struct buf *out, struct str entity);

#endif
