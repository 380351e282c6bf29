/* SPDX-License-Identifier: MIT */
/* marker_now.c: what runs at this moment, written at each call; and the last word of a process. */
#include <string.h>

#include "host/marker_file.h"

/* The work slot of this thread + 1; 0: the loop's thread, or one that is not ours. */
static _Thread_local int work_slot;

/* ---- the moment ------------------------------------------------------------------------------ */

static void store_what(struct marker_moment *now, const char *what)
{
    size_t i = 0;
    for (; i < MARKER_WHAT_BYTES - 1 && what[i]; i++)
        now->what[i] = what[i];
    now->what[i] = '\0';
}

void marker_subject(struct marker *marker, uint64_t subject)
{
    atomic_store_explicit(&marker->file->now.subject, subject, memory_order_relaxed);
}

struct marker_was marker_enter(struct marker *marker, marker_who who, const char *what)
{
    struct marker_moment *now = &marker->file->now;
    struct marker_was was = {atomic_load_explicit(&now->who, memory_order_relaxed), marker->what};
    marker->what = what;
    store_what(now, what);
    /* in this order also for who reads it after us: a compiler may not move it */
    atomic_store_explicit(&now->who, who, memory_order_release);
    if (who >= MARKER_FIRST_PLUGIN && was.who < MARKER_FIRST_PLUGIN)
        atomic_fetch_add_explicit(&marker->beat, 1, memory_order_relaxed);
    return was;
}

void marker_leave(struct marker *marker, struct marker_was was)
{
    struct marker_moment *now = &marker->file->now;
    marker_who who = atomic_load_explicit(&now->who, memory_order_relaxed);
    atomic_store_explicit(&now->who, was.who, memory_order_release);
    marker->what = was.what;
    store_what(now, was.what ? was.what : "");
    if (who >= MARKER_FIRST_PLUGIN && was.who < MARKER_FIRST_PLUGIN)
        atomic_fetch_add_explicit(&marker->beat, 1, memory_order_relaxed);
}

int marker_work_begin(struct marker *marker, marker_who who)
{
    for (int i = 0; i < MARKER_WORKS; i++) {
        marker_who nobody = MARKER_NOBODY;
        if (!atomic_compare_exchange_strong(&marker->file->now.works[i], &nobody, who))
            continue;
        atomic_fetch_add(&marker->works[i].serial, 1);
        work_slot = i + 1;
        return i;
    }
    return -1;
}

void marker_work_end(struct marker *marker, int slot)
{
    work_slot = 0;
    if (slot >= 0)
        atomic_store(&marker->file->now.works[slot], MARKER_NOBODY);
}

bool marker_poisonous(const struct marker *marker, marker_who who, uint64_t subject)
{
    const struct marker_suspect_row *row = marker_suspect(marker, who, subject);
    return row && row->points >= MARKER_ENOUGH;
}

bool marker_suspected(const struct marker *marker, marker_who who, uint64_t subject)
{
    const struct marker_suspect_row *row = marker_suspect(marker, who, subject);
    return row && row->points < MARKER_ENOUGH;
}

const char *marker_poison_place(const struct marker *marker, marker_who who, uint64_t subject)
{
    const struct marker_suspect_row *row = marker_suspect(marker, who, subject);
    return row ? row->what : "";
}

void marker_survived(struct marker *marker, marker_who who, uint64_t subject)
{
    struct marker_suspect_row *row = marker_suspect(marker, who, subject);
    if (!row || row->points >= MARKER_ENOUGH)
        return; /* what is buried stays buried until its row is over */
    *row = (struct marker_suspect_row){0};
    marker_sum_up(marker);
}

/* ---- the end --------------------------------------------------------------------------------- */

static marker_who runs_here(const struct marker *marker)
{
    const struct marker_moment *now = &marker->file->now;
    return work_slot ? now->works[work_slot - 1] : now->who;
}

void marker_blame(struct marker *marker, enum marker_fault fault)
{
    struct marker_moment *now = &marker->file->now;
    uint32_t unknown = MARKER_FAULT_UNKNOWN;
    if (atomic_compare_exchange_strong(&now->fault, &unknown, fault))
        now->culprit = runs_here(marker);
}

const char *marker_blame_work(struct marker *marker, int slot, enum marker_fault fault)
{
    struct marker_moment *now = &marker->file->now;
    now->culprit = now->works[slot];
    now->fault = fault;
    const struct marker_plugin_row *row = marker_row(marker, now->culprit);
    return row ? row->name : "none";
}

uint64_t marker_beat(const struct marker *marker)
{
    return atomic_load_explicit(&marker->beat, memory_order_relaxed);
}

void marker_current(const struct marker *marker, const char **ret_name, const char **ret_what)
{
    const struct marker_plugin_row *row = marker_row(marker, runs_here(marker));
    *ret_name = row ? row->name : runs_here(marker) == MARKER_CORE ? "core" : "none";
    *ret_what = work_slot ? "work" : marker->file->now.what;
}

int marker_work_tick(struct marker *marker, unsigned *ret_ticks)
{
    int longest = -1;
    for (int i = 0; i < MARKER_WORKS; i++) {
        uint32_t serial = atomic_load(&marker->works[i].serial);
        bool same = marker->file->now.works[i] != MARKER_NOBODY &&
                    serial == marker->works[i].last_serial;
        marker->works[i].ticks = same ? marker->works[i].ticks + 1 : 0;
        marker->works[i].last_serial = serial;
        if (same && (longest < 0 || marker->works[i].ticks > marker->works[longest].ticks))
            longest = i;
    }
    *ret_ticks = longest < 0 ? 0 : marker->works[longest].ticks;
    return longest;
}
