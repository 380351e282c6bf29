/* SPDX-License-Identifier: MIT */
/* fits.h: masks, as IRC and bridges have them. */
#ifndef BASE_FITS_H
#define BASE_FITS_H

#include "base/str.h"

/* The whole of `s`, ASCII case ignored; * is any run of bytes, ? any one. */
bool fits(struct str s, struct str mask);

#endif
