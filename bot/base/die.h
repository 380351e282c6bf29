/* SPDX-License-Identifier: MIT */
/* die.h: named moments at which a development build can end itself with SIGKILL, so that tests can
 * take the process away exactly there.  In every other build the points are nothing. */
#ifndef BASE_DIE_H
#define BASE_DIE_H

#include <stdio.h>

#include "base/error.h"

enum die_point {
    DIE_BODY_RECEIVED,       /* bytes of a network were read, and nothing was made of them */
    DIE_EVENT_READ,          /* an event was accepted and read for crisis words */
    DIE_IN_MID_BATCH,        /* an event's effects are written, its batch is not at its end */
    DIE_IN_PLUGIN,           /* a plugin's call did its work and has not returned to the turn */
    DIE_BEFORE_COMMIT,       /* all of a transaction stands but its COMMIT */
    DIE_AFTER_COMMIT,        /* the COMMIT stands, and nobody was told */
    DIE_BEFORE_SEND,         /* a message is marked in flight, its network does not have it */
    DIE_SENT_UNCONFIRMED,    /* its last line was written */
    DIE_CONFIRMATION_UNREAD, /* the network's word about it came, and was not taken up */
    DIE_TIMER_DUE,           /* a job was taken because it is due, and has not run */
    DIE_DIALOGUE_STEP,       /* the next question's row is written */
    DIE_KEYRING_SLOT,        /* a slot of the keyring was written, not yet synced */
    DIE_MIGRATION_HALF,      /* a migration's statements ran, its version is not committed */
    DIE_BACKUP_HALF,         /* a part of a backup's copy is written */
    DIE_PUT_SENT,            /* an HTTP request with PUT is written, its answer has not come */
    DIE_RESPONSE_UNREAD,     /* a homeserver's answer is here, and nothing was made of it */
    DIE_ROOM_CREATED,        /* a private room was made, and is not recorded */
    DIE_TOKEN_REFRESHED,     /* new tokens came, and are not stored */
    DIE_POINT_COUNT
};

#ifdef MOORING_FAULTS
#define DIE_AT(point) die_here(point)
#else
#define DIE_AT(point) ((void)0)
#endif

/* "before-commit", or "before-commit:3" for the third time; of "keyring-slot,in-plugin:9" the one
 * that is reached first.  -EINVAL with a sentence that lists the names. */
int die_arm(const char *text, struct error *error) MUST_CHECK;
void die_here(enum die_point point);
/* "before-commit 17" a line, for each point that was passed since die_arm; nothing without it. */
void die_report(FILE *out);

#endif
