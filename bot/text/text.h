/* SPDX-License-Identifier: MIT */
/* text.h: what people read: messages by id, in their language, with arguments and plurals. */
#ifndef TEXT_TEXT_H
#define TEXT_TEXT_H

#include <stdint.h>

#include "base/abi.h"
#include "base/error.h"

struct text;

/* Reads <folder>/text/<language>/<area>.cfg of each folder in turn; of the same file the first
 * folder's counts.  Each mistake is told with file:line; a language that lacks an id falls back to
 * "en".  -EINVAL when mistakes were told, -ENOENT (told) when there is no "en" at all: then
 * *ret_text is untouched. */
typedef void (*text_mistake_fn)(void *ctx, const struct error *mistake);
int text_load(const char *const *folders, size_t count, text_mistake_fn tell, void *ctx,
              struct text **ret_text) MUST_CHECK;
void text_destroy(struct text *text);
bool text_has(const struct text *text, struct str language, struct str msgid);
/* "en", "es" ... */
size_t text_languages(const struct text *text, struct str *ret_list, size_t room);

/* How names and local times of arguments are found; the outbox gives these for the reader of the
 * message. */
struct text_reader {
    struct str language;
    void *ctx;
    /* MEMBER, ROOM: the name to show.  TIME, DATE, WHEN: civil time in the reader's zone.  Both may
     * be NULL (then ids). */
    int (*name)(void *ctx, uint32_t kind, uint64_t id, struct buf *out);
    int (*local)(void *ctx, int64_t at, struct mooring_civil *ret_local);
};

/* Renders "area.key" to Markdown.  Args' texts are escaped so that they are never read as Markdown.
 * `wording` picks among several (modulo).  -ENOENT: no such id in any language (nothing is
 * written); a missing argument shows as {name} and is
 * -EINVAL only in dev builds. */
int text_render(const struct text *text, const struct text_reader *reader, struct str msgid,
                const struct mooring_arg *args, size_t count, uint64_t wording,
                struct buf *out) MUST_CHECK;
/* Escapes a person's text so that Markdown leaves it as it is, to the last space; CR LF and CR
 * become LF, ill-formed bytes and control characters but LF and tab U+FFFD each. */
void text_escape(struct buf *out, struct str s);
/* Lists the argument names that a pattern uses; -EINVAL with a sentence when its braces are
 * wrong. */
int text_pattern_check(struct str pattern, void (*argument)(void *ctx, struct str name), void *ctx,
                       struct error *error) MUST_CHECK;

#endif
