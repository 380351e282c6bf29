/* SPDX-License-Identifier: MIT */
/* request.h: one line of the control socket, read: {"verb":"status","folder":"/var/lib/mooring",
 * "arguments":{}}. */
#ifndef CONTROL_REQUEST_H
#define CONTROL_REQUEST_H

#include <jansson.h>

#include "base/error.h"
#include "base/str.h"

enum { CONTROL_VERB_BYTES = 32, CONTROL_REQUEST_BYTES = 64 * 1024, CONTROL_FDS_MAX = 2 };

static inline void control_json_cleanup(json_t **json)
{
    json_decref(*json);
}
#define AUTO_JSON CLEANUP(control_json_cleanup) json_t

struct control_request {
    char verb[CONTROL_VERB_BYTES]; /* letters, digits, "-" and "." */
    json_t *whole;                 /* owns what the others point into */
    struct str folder;             /* the state folder that is meant; empty: whichever */
    const json_t *arguments;       /* an object */
};
/* `line` without its newline, any bytes.  -EINVAL with a sentence, -ENOMEM. */
int control_request_read(struct str line, struct control_request *ret_request,
                         struct error *error) MUST_CHECK;
void control_request_done(struct control_request *request);
/* A line with its newline.  Borrows `arguments` (NULL: none).  -ENOMEM, -E2BIG. */
int control_request_write(const char *verb, struct str folder, const json_t *arguments,
                          struct buf *out) MUST_CHECK;

#endif
