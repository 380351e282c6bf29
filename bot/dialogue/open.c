/* SPDX-License-Identifier: MIT */
/* open.c: who has a question open, from memory: no disk for people without one. */
#include <errno.h>

#include "dialogue/internal.h"
#include "safety/safety.h"

enum {
    MEMBERS_MAX = 65536,
    SWEEP_COUNT = 2,
    /* Questions of one moment are numbered apart (ask.c); nobody answers one within so little. */
    NUMBERED_APART_MS = 100,
};

static void forget_all(struct dialogue_memory *open)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&open->members, &cursor, &key, &value))
        mem_free(value);
    map_done(&open->members);
    open->members = (struct map){0};
    open->sweep_cursor = 0;
}

void dialogue_open_done(struct dialogues *dialogues)
{
    forget_all(&dialogues->open);
}

/* Known members stay as they are; the ceiling keeps memory bounded, and beyond it the store is
 * asked (`is_full`). */
static int add(struct dialogue_memory *open, uint64_t member, struct dialogue_open **ret_entry)
{
    struct dialogue_open *entry = map_get_id(&open->members, member);
    if (!entry) {
        if (open->members.count >= MEMBERS_MAX)
            return -E2BIG;
        entry = mem_zalloc(sizeof *entry);
        if (!entry)
            return -ENOMEM;
        entry->member = member;
        int r = map_put_id(&open->members, member, entry);
        if (r < 0) {
            mem_free(entry);
            return r;
        }
    }
    *ret_entry = entry;
    return 0;
}

struct loading {
    struct dialogue_memory *open;
    int result;
};

static void load_one(void *ctx, uint64_t member)
{
    struct loading *loading = ctx;
    struct dialogue_open *entry;
    int r = add(loading->open, member, &entry);
    if (r == -E2BIG)
        loading->open->is_full = true;
    else if (r < 0)
        loading->result = r;
}

int dialogue_open_load(struct dialogues *dialogues)
{
    struct loading loading = {.open = &dialogues->open};
    forget_all(&dialogues->open);
    dialogues->open.is_full = false;
    dialogues->open.is_stale = true;
    int r = store_dialogues_each_member(dialogues->parts.store, load_one, &loading);
    if (r < 0 || loading.result < 0)
        return r < 0 ? r : loading.result;
    dialogues->open.is_stale = false;
    return 0;
}

/* NULL: the plugin is gone, or has other questions now. */
static const struct mooring_step *step_of(const struct dialogues *dialogues,
                                          const struct store_dialogue *row, struct arena *arena)
{
    struct dialogue_state state;
    const struct mooring_dialogue *dialogue = dialogues->parts.find(dialogues->parts.ctx,
                                                                    row->plugin, row->name);
    if (!dialogue || dialogue_state_decode(row->state, arena, &state) < 0 ||
        state.step >= dialogue->step_count)
        return NULL;
    return &dialogue->steps[state.step];
}

/* From the store: the latest question that has not expired. */
static int fill(const struct dialogues *dialogues, struct dialogue_open *entry, size_t *ret_rows)
{
    DIALOGUE_ARENA arena = {0};
    struct dialogue_rows rows;
    int64_t now = clock_wall_at(dialogues->parts.clock);
    int r = dialogue_rows_load(dialogues->parts.store, entry->member, &arena, &rows);
    if (r < 0)
        return r;
    *entry = (struct dialogue_open){.member = entry->member, .known = true};
    for (size_t i = 0; i < rows.count; i++) {
        const struct store_dialogue *row = &rows.items[i];
        if (row->expires_at <= now || entry->count++ > 0)
            continue;
        entry->asked_at = row->asked_at;
        entry->expires_at = row->expires_at;
        const struct mooring_step *step = step_of(dialogues, row, &arena);
        entry->context = step && step->flags & MOORING_STEP_PLAN_TEXT ? SAFETY_PLAN_TEXT : 0;
        entry->asks_number = step && (step->kind == MOORING_ASK_NUMBER ||
                                      step->kind == MOORING_ASK_CHOICES);
    }
    *ret_rows = rows.count;
    return 0;
}

static void remove_entry(struct dialogue_memory *open, struct dialogue_open *entry)
{
    (void)map_remove_id(&open->members, entry->member);
    mem_free(entry);
}

/* No disk for people without a question, which is nearly everybody: absent from a map that is whole
 * means no.  An entry that is not `known`, or whose time is over, is read from the store first. */
static int look(struct dialogues *dialogues, uint64_t member, struct dialogue_open *ret_open)
{
    struct dialogue_memory *open = &dialogues->open;
    int r = open->is_stale ? dialogue_open_load(dialogues) : 0;
    if (r < 0)
        return r;
    struct dialogue_open *entry = map_get_id(&open->members, member);
    struct dialogue_open beyond = {.member = member};
    struct dialogue_open *filled = entry ? entry : &beyond;
    size_t rows = 1;
    if (!entry && !open->is_full)
        return -ENOENT;
    if (!filled->known ||
        (filled->count > 0 && filled->expires_at <= clock_wall_at(dialogues->parts.clock)))
        r = fill(dialogues, filled, &rows);
    if (r < 0)
        return r;
    *ret_open = *filled;
    if (entry && rows == 0)
        remove_entry(open, entry);
    return ret_open->count > 0 ? 0 : -ENOENT;
}

int dialogues_open(struct dialogues *dialogues, uint64_t member, int64_t *ret_asked_at)
{
    struct dialogue_open found;
    int r = look(dialogues, member, &found);
    if (r == 0)
        *ret_asked_at = found.asked_at;
    return r;
}

unsigned dialogues_context(struct dialogues *dialogues, uint64_t member)
{
    struct dialogue_open found;
    return look(dialogues, member, &found) == 0 ? found.context : 0;
}

bool dialogues_asks_number(struct dialogues *dialogues, uint64_t member, int64_t said_at)
{
    struct dialogue_open found;
    return look(dialogues, member, &found) == 0 && found.asks_number &&
           found.asked_at <= said_at + NUMBERED_APART_MS;
}

/* Which of the entries were touched in the lost turn is not kept: all are read again at the next
 * question. */
void dialogues_rolled_back(struct dialogues *dialogues)
{
    dialogues->open.is_stale = true;
}

int dialogue_open_touch(struct dialogues *dialogues, uint64_t member)
{
    struct dialogue_open *entry;
    if (dialogues->open.is_stale)
        return 0; /* all of it is read again */
    int r = add(&dialogues->open, member, &entry);
    if (r == -E2BIG) {
        dialogues->open.is_full = true;
        return 0;
    }
    if (r == 0)
        entry->known = false;
    return r;
}

int dialogue_open_sweep(struct dialogues *dialogues)
{
    struct dialogue_memory *open = &dialogues->open;
    struct str key;
    void *value;
    for (int i = 0; i < SWEEP_COUNT && !open->is_stale; i++) {
        DIALOGUE_ARENA arena = {0};
        struct dialogue_rows rows;
        if (!map_next(&open->members, &open->sweep_cursor, &key, &value)) {
            open->sweep_cursor = 0;
            return 0;
        }
        struct dialogue_open *entry = value;
        int r = dialogue_rows_load(dialogues->parts.store, entry->member, &arena, &rows);
        if (r == 0)
            r = dialogue_rows_drop_expired(dialogues->parts.store, &rows,
                                           clock_wall_at(dialogues->parts.clock));
        if (r < 0)
            return r;
        if (rows.count == 0)
            remove_entry(open, entry);
        else
            entry->known = false;
    }
    return 0;
}
