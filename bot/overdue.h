/* SPDX-License-Identifier: MIT */
/* overdue.h: where backups were made and are made no more, the teams hear of it. */
#ifndef OVERDUE_H
#define OVERDUE_H

#include "alerts/alerts.h"

/* A core job, each day. */
#define OVERDUE_KEY "backup-overdue"

/* Inside a turn.  The third day after the last good backup, and each week from then on: an error
 * line and a word to every team.  Where there never was one, `mooring status` and `mooring doctor`
 * say so, and nobody else.  Negative: the word could not be queued. */
int overdue_tell(struct store *store, struct alerts *alerts) MUST_CHECK;

#endif
