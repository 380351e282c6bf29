/* SPDX-License-Identifier: MIT */
/* libraries.c: libuv ends the process when the table of its watches cannot grow, and ICU runs into
 * NULL, so they get ours with its reserve; jansson does not, but what it could not make must be
 * counted. */
#include "libraries.h"

#include <errno.h>

#include <jansson.h>
#include <sodium.h>
#include <unicode/uclean.h>
#include <uv.h>

#include "base/memory.h"

/* ---- from the reserve when need be ------------------------------------------------------------
 */

static void *alloc(size_t size)
{
    mem_reserve_begin();
    void *block = mem_alloc(size);
    mem_reserve_end();
    return block;
}

static void *zalloc(size_t count, size_t size)
{
    mem_reserve_begin();
    void *block = mem_zalloc_array(count, size);
    mem_reserve_end();
    return block;
}

static void *resize(void *old, size_t size)
{
    mem_reserve_begin();
    void *block = mem_resize(old, 1, size);
    mem_reserve_end();
    return block;
}

static void *icu_alloc(const void *ctx, size_t size)
{
    (void)ctx;
    return alloc(size);
}

static void *icu_resize(const void *ctx, void *block, size_t size)
{
    (void)ctx;
    return resize(block, size);
}

static void icu_free(const void *ctx, void *block)
{
    (void)ctx;
    mem_free(block);
}

int libraries_init(struct error *error)
{
    UErrorCode status = U_ZERO_ERROR;
    json_set_alloc_funcs(mem_alloc, mem_free);
    u_setMemoryFunctions(NULL, icu_alloc, icu_resize, icu_free, &status);
    int r = uv_replace_allocator(alloc, resize, zalloc, mem_free);
    if (r < 0 || U_FAILURE(status))
        return error_set(error, -ENOTSUP, "libuv or ICU was in use before the start");
    if (sodium_init() < 0)
        return error_set(error, -EIO, "libsodium cannot start");
    return 0;
}
