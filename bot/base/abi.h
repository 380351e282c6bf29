/* SPDX-License-Identifier: MIT */
/* abi.h: the plugin interface's text type and ours are the same two words; these name the
 * crossing.  And the arguments of texts, by kind: they borrow. */
#ifndef BASE_ABI_H
#define BASE_ABI_H

#include "base/str.h"
#include "mooring.h"

static inline struct mooring_str abi_lend(struct str s)
{
    return (struct mooring_str){s.ptr, s.len};
}
static inline struct str abi_take(struct mooring_str s)
{
    return (struct str){s.ptr, s.len};
}

static inline struct mooring_arg abi_text(const char *name, struct str text)
{
    return (struct mooring_arg){.name = name, .kind = MOORING_ARG_TEXT, .text = abi_lend(text)};
}
static inline struct mooring_arg abi_int(const char *name, int64_t number)
{
    return (struct mooring_arg){.name = name, .kind = MOORING_ARG_INT, .number = number};
}
static inline struct mooring_arg abi_time(const char *name, int64_t at)
{
    return (struct mooring_arg){.name = name, .kind = MOORING_ARG_TIME, .number = at};
}
static inline struct mooring_arg abi_when(const char *name, int64_t at)
{
    return (struct mooring_arg){.name = name, .kind = MOORING_ARG_WHEN, .number = at};
}
static inline struct mooring_arg abi_duration(const char *name, int64_t ms)
{
    return (struct mooring_arg){.name = name, .kind = MOORING_ARG_DURATION, .number = ms};
}
static inline struct mooring_arg abi_member(const char *name, uint64_t member)
{
    return (struct mooring_arg){
        .name = name, .kind = MOORING_ARG_MEMBER, .number = (int64_t)member};
}
static inline struct mooring_arg abi_msgid(const char *name, struct str msgid)
{
    return (struct mooring_arg){.name = name, .kind = MOORING_ARG_MSGID, .text = abi_lend(msgid)};
}

#endif
