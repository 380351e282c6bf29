/* SPDX-License-Identifier: MIT */
/* everything.h: fills every table that can hold a person, with texts that can be looked for. */
#ifndef STORE_EVERYTHING_H
#define STORE_EVERYTHING_H

#include "fixture.h"

#define SECRET_ACCOUNT "zephyrine"
#define SECRET_WORDS   "quicksilver marmalade"
#define SECRET_KEY     "harvestmoon"

/* Committed.  A row or more of `member` in each table with a person's column. */
void everything_of(struct fixture *f, uint64_t member);

#endif
