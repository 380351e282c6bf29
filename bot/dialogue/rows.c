/* SPDX-License-Identifier: MIT */
/* rows.c: the member's dialogues that wait for an answer, read from the store. */
#include <errno.h>

#include "dialogue/internal.h"

static void keep_row(void *ctx, const struct store_dialogue *given)
{
    struct dialogue_rows *rows = ctx;
    if (rows->result < 0 || rows->count >= COUNT_OF(rows->items))
        return;
    struct store_dialogue row = *given;
    struct str *const texts[] = {&row.plugin, &row.name, &row.state};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        *texts[i] = str_keep(rows->arena, *texts[i]);
        if (!texts[i]->ptr)
            rows->result = -ENOMEM;
    }
    rows->items[rows->count++] = row;
}

int dialogue_rows_load(struct store *store, uint64_t member, struct arena *arena,
                       struct dialogue_rows *ret_rows)
{
    struct dialogue_rows rows = {.arena = arena};
    int r = store_dialogues_each(store, member, keep_row, &rows);
    /* Nobody can read them any more: the key is gone, and with it the questions. */
    if (r == -ENOKEY || r == -EBADMSG || r == -ENOENT)
        r = 0;
    if (r < 0 || rows.result < 0)
        return r < 0 ? r : rows.result;
    *ret_rows = rows;
    return 0;
}

int dialogue_rows_remove(struct store *store, struct dialogue_rows *rows, size_t at)
{
    struct store_dialogue row = rows->items[at];
    for (size_t i = at + 1; i < rows->count; i++)
        rows->items[i - 1] = rows->items[i];
    rows->count--;
    return store_dialogues_remove(store, row.member, row.plugin, row.name);
}

int dialogue_rows_drop_expired(struct store *store, struct dialogue_rows *rows, int64_t now)
{
    for (size_t i = rows->count; i-- > 0;) {
        if (rows->items[i].expires_at > now)
            continue;
        int r = dialogue_rows_remove(store, rows, i);
        if (r < 0)
            return r;
    }
    return 0;
}
