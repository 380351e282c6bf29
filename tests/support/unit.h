/* SPDX-License-Identifier: MIT */
/* unit.h: what every cmocka test includes, in the order cmocka wants. */
#ifndef TESTS_SUPPORT_UNIT_H
#define TESTS_SUPPORT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
