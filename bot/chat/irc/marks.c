/* SPDX-License-Identifier: MIT */
/* marks.c: what is known of each room: how far it was read, kept beside what the lines caused: one
 * row a room, "time msgid", in the server's time. */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "base/number.h"
#include "chat/irc/history.h"
#include "chat/irc/session.h"
#include "store/events.h"

enum { SAVE_EVERY_MS = 1000, MARK_BYTES = 192 };

void irc_past_free(struct irc_past *past)
{
    if (past)
        mem_free(past->name);
    mem_free(past);
}

/* `name` is folded.  NULL: out of memory. */
struct irc_past *irc_past_make(struct irc_history *history, struct str name)
{
    struct irc_past *past = map_get(&history->pasts, name);
    if (past)
        return past;
    past = mem_zalloc(sizeof(*past));
    if (past)
        past->name = str_copy(name);
    if (!past || !past->name || map_put(&history->pasts, name, past) < 0) {
        irc_past_free(past);
        return NULL;
    }
    return past;
}

struct irc_past *irc_past_find(struct irc_session *session, struct str name)
{
    AUTO_BUF folded = {.limit = 1024};
    if (irc_casemap_fold(session->isupport.casemap, name, &folded) < 0)
        return NULL;
    return map_get(&session->history.pasts, buf_str(&folded));
}

void irc_mark_set(struct irc_mark *mark, int64_t at, struct str msgid)
{
    if (at < mark->at)
        return;
    mark->at = at;
    (void)str_to_c(msgid, mark->msgid, sizeof(mark->msgid));
}

void irc_mark_add_time(struct buf *out, int64_t at)
{
    struct tm tm;
    time_t seconds = (time_t)(at / 1000);
    if (!gmtime_r(&seconds, &tm)) /* pure arithmetic */
        return;
    buf_add_format(out, "timestamp=%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(at % 1000));
}

/* ---- where pages meet ------------------------------------------------------------------------ */

static uint64_t hash_of(struct str msgid) /* FNV-1a: two of a handful are told apart */
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < msgid.len; i++)
        hash = (hash ^ (unsigned char)msgid.ptr[i]) * 0x100000001b3u;
    return hash;
}

bool irc_past_line(struct irc_past *past, size_t page_lines, int64_t at, struct str msgid)
{
    uint64_t hash = hash_of(msgid);
    bool is_known = false;
    for (size_t i = 0; i < past->known_count && msgid.len; i++)
        is_known |= past->known[i] == hash;
    past->lines++;
    if (past->lines + IRC_PAGE_OVERLAP == page_lines) {
        past->anchor = (struct irc_mark){.at = at};
        (void)str_to_c(msgid, past->anchor.msgid, sizeof past->anchor.msgid);
    } else if (past->anchor.at && past->behind_count < IRC_PAGE_OVERLAP) {
        past->behind[past->behind_count++] = hash;
    }
    irc_mark_set(&past->read, at, msgid);
    past->is_dirty = true;
    return is_known;
}

struct str irc_past_next_id(struct irc_past *past, struct irc_mark *ret_anchor)
{
    bool is_full = past->anchor.msgid[0] && past->behind_count == IRC_PAGE_OVERLAP;
    *ret_anchor = past->anchor;
    past->known_count = is_full ? IRC_PAGE_OVERLAP : 0;
    memcpy(past->known, past->behind, sizeof past->known);
    past->anchor = (struct irc_mark){0};
    past->behind_count = 0;
    return str_of(is_full ? ret_anchor->msgid : past->read.msgid);
}

/* No channel has a space in its name. */
static void target_of(const struct irc_past *past, struct buf *out)
{
    buf_add_c(out, "past ");
    buf_add_c(out, past->name);
}

static struct store *store_of(const struct irc_session *session)
{
    return session->env.store ? session->env.store(session->env.ctx) : NULL;
}

void irc_history_load(struct irc_session *session, struct irc_past *past)
{
    struct store *store = store_of(session);
    struct str text, word;
    struct arena arena;
    AUTO_BUF target = {.limit = 1024};
    if (past->is_loaded || !store)
        return;
    past->is_loaded = true;
    arena_init(&arena, 64 * 1024);
    target_of(past, &target);
    if (store_events_get_cursor(store, str_of(session->network.name), buf_str(&target), &arena,
                                &text) >= 0 &&
        str_word(&text, &word) && number_parse(word, 1, INT64_MAX / 2, &past->read.at) == 0 &&
        str_word(&text, &word))
        (void)str_to_c(word, past->read.msgid, sizeof(past->read.msgid));
    arena_done(&arena);
}

static int save_past(struct irc_session *session, struct store *store, struct irc_past *past)
{
    AUTO_BUF target = {.limit = 1024}, text = {.limit = MARK_BYTES};
    target_of(past, &target);
    buf_add_format(&text, "%lld %s", (long long)(past->left_at ? past->left_at : past->read.at),
                   past->read.msgid);
    if (target.failed || text.failed)
        return -ENOMEM;
    int r = store_events_put_cursor(store, str_of(session->network.name), buf_str(&target),
                                    buf_str(&text));
    past->is_saving = r >= 0;
    return r;
}

/* What an attempt at a turn wrote is gone when it is run again. */
static void begin_saving(struct irc_history *history)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&history->pasts, &cursor, &key, &value))
        ((struct irc_past *)value)->is_saving = false;
    history->is_saving = false;
}

/* Beside something that is written anyway, or once a second: quiet talk costs no disk of its own.
 * What is not saved is read again after a kill, and known again by its id. */
int irc_history_keep(void *ctx)
{
    struct irc_session *session = ctx;
    struct irc_history *history = &session->history;
    struct store *store = store_of(session);
    int64_t now_ms = irc_session_now_ms(session);
    size_t cursor = 0;
    struct str key;
    void *value;
    int r = 0;
    if (history->is_saving)
        begin_saving(history);
    if (!store || (!history->is_forced && !store_in_transaction(store) &&
                   now_ms - history->saved_ms < SAVE_EVERY_MS))
        return 0;
    history->is_saving = true;
    while (r >= 0 && map_next(&history->pasts, &cursor, &key, &value)) {
        struct irc_past *past = value;
        if (past->is_dirty && !past->is_person)
            r = save_past(session, store, past);
    }
    return MIN_OF(r, 0);
}

void irc_history_kept(struct irc_session *session, bool is_committed)
{
    struct irc_history *history = &session->history;
    size_t cursor = 0;
    struct str key;
    void *value;
    if (!TAKE(history->is_saving))
        return;
    if (is_committed)
        history->saved_ms = irc_session_now_ms(session);
    while (map_next(&history->pasts, &cursor, &key, &value)) {
        struct irc_past *past = value;
        if (TAKE(past->is_saving) && is_committed)
            past->is_dirty = false;
    }
}

static bool has_dirty(const struct irc_history *history)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&history->pasts, &cursor, &key, &value))
        if (((struct irc_past *)value)->is_dirty && !((struct irc_past *)value)->is_person)
            return true;
    return false;
}

void irc_history_save(struct irc_session *session)
{
    const struct chat_batch batch = {
        .network = &session->network, .keep = irc_history_keep, .keep_ctx = session};
    if (!session->env.sink.batch || !has_dirty(&session->history))
        return;
    session->history.is_forced = true;
    int r = session->env.sink.batch(session->env.sink.ctx, &batch);
    session->history.is_forced = false;
    irc_history_kept(session, r >= 0);
}
