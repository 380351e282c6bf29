/* SPDX-License-Identifier: MIT */
/* attr.h: compiler attributes and the few macros that every file uses. */
#ifndef BASE_ATTR_H
#define BASE_ATTR_H

#include <stddef.h>

#define MUST_CHECK                    __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a)             __attribute__((format(printf, f, a)))
#define CLEANUP(function)             __attribute__((cleanup(function)))
#define UNUSED                        __attribute__((unused))
#define COUNT_OF(array)               (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(p, type, member) ((type *)(void *)((char *)(p)-offsetof(type, member)))

/* Hands over what a CLEANUP variable owns: the variable is left empty. */
#define TAKE(variable)                                                                             \
    (__extension__({                                                                               \
        __typeof__(variable) taken_ = (variable);                                                  \
        (variable) = (__typeof__(variable)){0};                                                    \
        taken_;                                                                                    \
    }))

#define MIN_OF(a, b) ((a) < (b) ? (a) : (b))
#define MAX_OF(a, b) ((a) > (b) ? (a) : (b))

#endif
