/* SPDX-License-Identifier: MIT */
/* payload.h: what a queued message carries, as the sealed JSON of its row: all that is needed to
 * render, route and report it after a restart. */
#ifndef OUTBOX_PAYLOAD_H
#define OUTBOX_PAYLOAD_H

#include <stdint.h>

#include "mooring.h"
#include "base/str.h"

enum {
    PAYLOAD_BYTES_MAX = 384 * 1024,
    PAYLOAD_FILE_BYTES_MAX = 128 * 1024,
    PAYLOAD_ARGS_MAX = 32,
    PAYLOAD_CHOICES_MAX = 9, /* one digit answers */
};

struct payload_choice {
    struct str label_msgid, reaction, command;
};
struct payload {
    uint64_t flags; /* enum mooring_say_flags */
    bool is_answer; /* to a command just typed */
    bool is_again;  /* said before, perhaps */
    bool taps_only; /* its choices are neither said nor offered in their place */

    /* What: */
    struct str msgid, verbatim, alt_msgid;
    struct mooring_arg *args; /* names end in NUL */
    size_t arg_count;
    struct payload_choice *choices;
    size_t choice_count;
    uint64_t wording, alert;
    uint64_t
        replaces; /* the outbox's number of an earlier message that this one is a new form of */
    struct str file_name, file_mime, file_bytes; /* a picture for networks that take such */

    /* Where to: room empty is private, to `user`.  The ids are 0 where there is none. */
    struct str network, room, user, identity, mention, mention_identity, answers_id, thread,
        transaction_id;
    /* The event that it goes back to, whether or not it is a reply to it; empty: none. */
    struct str cause;
    struct str message_id; /* of one that was said: the network's id of it */
    struct str other_ids;  /* of its other parts, blanks between */
    uint64_t member, room_id, group;
    /* Where it was asked, when the answer goes elsewhere (a room's question, answered in private).
     */
    struct str source_room;
    uint64_t source_room_id;
};

/* Texts that are not UTF-8 are repaired.  -E2BIG, -ENOMEM. */
int payload_encode(const struct payload *payload, struct buf *out) MUST_CHECK;
/* Pure: everything lies in the arena.  Unknown members are left alone.  -EINVAL: not a payload;
 * -E2BIG; -ENOMEM. */
int payload_decode(struct str json, struct arena *arena, struct payload *ret_payload) MUST_CHECK;

#endif
