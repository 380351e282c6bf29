/* SPDX-License-Identifier: MIT */
/* error.c: errors with a text for the person who reads them. */
#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/memory.h"
#include "base/utf8.h"

/* Formatting stops at the ceiling; what was cut must still be whole characters. */
static void trim(char *text, size_t size, int length)
{
    if (length < 0)
        text[0] = '\0';
    else if ((size_t)length >= size)
        text[utf8_whole((struct str){text, size - 1})] = '\0';
}

int error_set(struct error *error, int code, const char *format, ...)
{
    assert(code < 0);
    if (!error)
        return code;
    va_list args;
    va_start(args, format);
    int length = vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
    trim(error->text, sizeof error->text, length);
    error->code = code;
    return code;
}

int error_prefix(struct error *error, const char *format, ...)
{
    char context[ERROR_TEXT_BYTES];
    char whole[ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(context, sizeof context, format, args);
    va_end(args);
    trim(context, sizeof context, length);
    length = snprintf(whole, sizeof whole, "%s: %s", context, error->text);
    trim(whole, sizeof whole, length);
    memcpy(error->text, whole, sizeof whole);
    return error->code;
}

int error_blame_memory(struct error *error, unsigned long shortages, int code)
{
    if (code >= 0 || mem_shortages() == shortages)
        return code;
    if (error && error->code == 0)
        return error_set(error, -ENOMEM, "out of memory");
    if (error)
        error_prefix(error, "out of memory");
    if (error)
        error->code = -ENOMEM;
    return -ENOMEM;
}
