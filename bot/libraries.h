/* SPDX-License-Identifier: MIT */
/* libraries.h: what the libraries under us are told once, before their first use. */
#ifndef LIBRARIES_H
#define LIBRARIES_H

#include "base/error.h"

/* First in main: random numbers, and where memory comes from. */
int libraries_init(struct error *error) MUST_CHECK;

#endif
