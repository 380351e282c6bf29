/* SPDX-License-Identifier: MIT */
/* sync.c: /sync as a long poll (client-server API, section "Syncing").
 *
 * The cursor moves in memory with each answer that was read, on disk with the turn of its last
 * event: what is read twice after a death is dropped by what the inbox has seen. */
#include "chat/matrix/sync.h"

#include <errno.h>

#include "base/die.h"
#include "chat/matrix/account.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/sync_internal.h"
#include "observe/log.h"
#include "store/events.h"

enum {
    FIRST_SYNC_MS = 10 * 60 * 1000, /* a homeserver may take that long over a large account */
    FIRST_MS = 5 * 1000,
    FIRST_LOOK_MS = 20,
    DOWN_AFTER_MS = 2 * 60 * 1000,
    UNREACHED_MS = 10 * 1000, /* the longest wait while nobody answers */
    BODY_MAX = 1024 * 1024 * 1024,
    TOKEN_REFUSED = 2, /* so often in a row, and the cursor is given up */
    NAME_TRIES = 5,    /* so many polls that name the filter fail, and none goes well */
};

static void ask(struct matrix_sync *sync);

static int64_t now_ms(const struct matrix_sync *sync)
{
    return clock_elapsed_ms(loop_clock(sync->session->env.loop));
}

static void ask_in(struct matrix_sync *sync, int64_t in_ms)
{
    if (!sync->running)
        return;
    loop_timer_disarm(sync->session->env.loop, &sync->timer);
    int r = loop_timer_arm_in(sync->session->env.loop, &sync->timer, in_ms);
    if (r < 0)
        log_event(LOG_LEVEL_ERROR, "matrix_sync_stuck",
                  LOG_TEXT("network", sync->session->network.name), LOG_ERRNO(r));
}

/* ---- an answer ------------------------------------------------------------------------------ */

static int body_bytes(void *ctx, struct str bytes)
{
    struct matrix_sync *sync = ctx;
    return spool_add(sync->spool, bytes);
}

/* A token that the server does not know any more: everything is asked anew; what is said meanwhile
 * comes with the first sync. */
static void give_up_cursor(struct matrix_sync *sync)
{
    log_event(LOG_LEVEL_WARNING, "matrix_cursor_refused",
              LOG_TEXT("network", sync->session->network.name));
    mem_free(TAKE(sync->since));
    sync->refusals = 0;
}

static void failed(struct matrix_sync *sync, const struct matrix_answer *answer, int r)
{
    struct matrix_session *session = sync->session;
    sync->failures++;
    spool_clear(sync->spool);
    if (sync->failing_since_ms < 0)
        sync->failing_since_ms = now_ms(sync);
    if ((r == -ENOSPC || r == -EMSGSIZE) && sync->limit > 1)
        sync->limit /= 2;
    bool is_refused = r == -EINVAL || r == -ENOENT;
    bool is_named = sync->names_filter;
    sync->name_failures += is_named;
    /* it may be that alone which it does not know, or breaks over: each time, as the next poll
     * holds all of the filter and goes well */
    if (is_named && (is_refused || sync->name_failures >= NAME_TRIES))
        matrix_filter_forget(sync->filter);
    if (!is_named || !is_refused)
        sync->refusals = is_refused ? sync->refusals + 1 : 0;
    if (sync->refusals >= TOKEN_REFUSED && sync->since)
        give_up_cursor(sync);
    log_event(LOG_LEVEL_WARNING, "matrix_sync_failed", LOG_TEXT("network", session->network.name),
              LOG_INT("status", answer->status), LOG_INT("tries", sync->failures), LOG_ERRNO(r));
    if (now_ms(sync) - sync->failing_since_ms >= DOWN_AFTER_MS && sync->is_up) {
        sync->is_up = false;
        matrix_session_state(session, CHAT_DOWN);
    }
    sync->has_absence = true;
    int64_t wait_ms = matrix_retry_ms(session, answer, sync->failures);
    /* Nobody answered at all: it costs a server that is starting nothing, and people are waiting.
     */
    ask_in(sync, answer->status == 0 ? MIN_OF(wait_ms, (int64_t)UNREACHED_MS) : wait_ms);
}

static void answered(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_sync *sync = ctx;
    int r = answer->result;
    sync->call = NULL;
    if (r == -ECANCELED || !sync->running)
        return;
    if (r == 0) {
        DIE_AT(DIE_BODY_RECEIVED);
        r = spool_end(sync->spool);
    }
    if (r == 0)
        r = matrix_sync_read(sync);
    if (r < 0) {
        failed(sync, answer, r);
        return;
    }
    sync->lag_ms = now_ms(sync) - sync->asked_ms;
}

static int put_since(struct matrix_sync *sync)
{
    mem_free(sync->since);
    sync->since = TAKE(sync->next);
    return sync->since ? 0 : -EBADMSG;
}

void matrix_sync_read_done(struct matrix_sync *sync, int r)
{
    static const struct matrix_answer again = {.result = -EAGAIN, .retry_after_ms = -1};
    if (r == 0)
        r = put_since(sync);
    spool_clear(sync->spool);
    mem_free(TAKE(sync->next));
    if (r < 0) {
        failed(sync, &again, r);
        return;
    }
    sync->failures = sync->refusals = 0;
    if (sync->names_filter)
        sync->name_failures = 0;
    sync->failing_since_ms = -1;
    sync->has_absence = false;
    sync->limit = MATRIX_TIMELINE_LIMIT;
    if (!sync->is_up) {
        sync->is_up = true;
        matrix_session_state(sync->session, CHAT_UP);
        matrix_filter_upload(sync->filter);
        matrix_moves_check(sync->moves);
        matrix_spaces_changed(sync->spaces);
    }
    matrix_moves_follow(sync->moves);
    matrix_rooms_tick(sync->session->rooms);
    matrix_gaps_fill(sync->gaps);
    ask_in(sync, 0);
}

/* ---- asking --------------------------------------------------------------------------------- */

static int add_after(struct matrix_sync *sync, struct buf *path)
{
    const struct matrix_account *account = sync->session->account;
    if (matrix_account_has(account, "v1.16"))
        buf_add_c(path, "&use_state_after=true");
    else if (matrix_account_has(account, "org.matrix.msc4222"))
        buf_add_c(path, "&org.matrix.msc4222.use_state_after=true");
    return path->failed;
}

static int make_path(struct matrix_sync *sync, bool waits, struct buf *path)
{
    AUTO_BUF filter;
    buf_init(&filter, 4096);
    int r = matrix_filter_add(sync->filter, sync->limit, sync->failures > 0, &filter);
    sync->names_filter = buf_str(&filter).len > 0 && filter.ptr[0] != '{';
    struct str parts[] = {buf_str(&filter), str_of(sync->since)};
    const char *pattern = sync->since ? "/_matrix/client/v3/sync?filter={}&since={}"
                                      : "/_matrix/client/v3/sync?filter={}";
    if (r == 0)
        r = matrix_path(path, pattern, parts, sync->since ? 2 : 1);
    if (r < 0)
        return r;
    buf_add_format(path, "&timeout=%d", waits ? (int)MATRIX_POLL_MS : 0);
    return add_after(sync, path);
}

/* The first of this life does not wait for news: that it is answered says that we are there. */
static void ask(struct matrix_sync *sync)
{
    AUTO_BUF path;
    bool waits = sync->since && sync->is_up;
    buf_init(&path, 32 * 1024);
    if (!sync->running || sync->call || sync->walk)
        return;
    int r = make_path(sync, waits, &path);
    struct matrix_request request = {
        .method = "GET",
        .path = buf_str(&path),
        .timeout_ms = sync->since ? MATRIX_POLL_MS + MATRIX_POLL_MARGIN_MS : FIRST_SYNC_MS,
        .max_bytes = BODY_MAX,
        .is_long = true,
        .bytes = body_bytes,
    };
    spool_clear(sync->spool);
    sync->asked_ms = now_ms(sync);
    if (r == 0)
        r = matrix_request(sync->session, &request, answered, sync, &sync->call);
    if (r < 0)
        ask_in(sync, CLOCK_SECOND_MS);
}

/* Everything of rooms that are not known to be ours is passed over.  So which are private is read
 * first, and without a cursor joining comes first, both for a moment. */
static bool waits_first(struct matrix_sync *sync)
{
    const struct matrix_session *session = sync->session;
    if (sync->is_up || now_ms(sync) >= sync->first_until_ms)
        return false;
    return !matrix_direct_is_read(session->direct) || (!sync->since && session->rooms->joining > 0);
}

static void on_timer(struct loop_timer *timer)
{
    struct matrix_sync *sync = CONTAINER_OF(timer, struct matrix_sync, timer);
    if (waits_first(sync))
        ask_in(sync, FIRST_LOOK_MS);
    else
        ask(sync);
}

/* A private room in which nobody is any more; one that was too new then to be sure is seen here.
 * What we are not in any more is forgotten here too. */
static void leave_deserted(struct matrix_sync *sync)
{
    struct matrix_rooms *rooms = sync->session->rooms;
    size_t cursor = 0;
    void *item;
    while (map_next(&rooms->by_id, &cursor, NULL, &item)) {
        struct matrix_room *room = item;
        const struct matrix_room_state *state = room->state;
        if (room->with.len > 0 && state->is_joined && state->joined_count == 1 &&
            state->invited_count == 0 && matrix_direct_may_leave(sync->session->direct, room->id))
            matrix_rooms_leave(rooms, room);
        else if (room->name.len == 0 && state->is_known && !state->is_joined && !state->call &&
                 !state->in_store && !state->join_via)
            matrix_rooms_remove(rooms, room);
    }
}

static void on_minute(struct loop_timer *timer)
{
    struct matrix_sync *sync = CONTAINER_OF(timer, struct matrix_sync, minute);
    if (loop_timer_arm_in(sync->session->env.loop, timer, CLOCK_MINUTE_MS) < 0)
        return;
    matrix_rooms_join_configured(sync->session->rooms);
    matrix_rooms_look(sync);
    leave_deserted(sync);
    matrix_moves_follow(sync->moves);
    matrix_spaces_tick(sync->spaces);
    matrix_gaps_fill(sync->gaps);
}

/* ---- life ----------------------------------------------------------------------------------- */

static void read_cursor(struct matrix_sync *sync)
{
    const struct chat_env *env = &sync->session->env;
    struct store *store = env->store ? env->store(env->ctx) : NULL;
    struct arena arena = {0};
    struct str cursor;
    if (store && store_events_get_cursor(store, str_of(sync->session->network.name),
                                         (struct str){0}, &arena, &cursor) == 0)
        sync->since = str_copy(cursor);
    arena_done(&arena);
}

void matrix_sync_start(struct matrix_sync *sync)
{
    if (sync->running)
        return;
    sync->running = true;
    sync->has_absence = true;
    if (!sync->since)
        read_cursor(sync);
    sync->first_until_ms = now_ms(sync) + FIRST_MS;
    matrix_rooms_join_configured(sync->session->rooms);
    (void)!loop_timer_arm_in(sync->session->env.loop, &sync->minute, CLOCK_MINUTE_MS);
    ask_in(sync, 0);
}

void matrix_sync_stop(struct matrix_sync *sync)
{
    struct loop *loop = sync->session->env.loop;
    sync->running = sync->is_up = false;
    matrix_cancel(TAKE(sync->call));
    matrix_cancel(TAKE(sync->look));
    matrix_filter_stop(sync->filter);
    matrix_sync_read_stop(sync);
    loop_timer_disarm(loop, &sync->timer);
    loop_timer_disarm(loop, &sync->minute);
    spool_clear(sync->spool);
}

int64_t matrix_sync_lag_ms(const struct matrix_sync *sync)
{
    return sync->lag_ms;
}

static int create_parts(struct matrix_sync *sync)
{
    struct matrix_session *session = sync->session;
    int r = spool_create(session->env.state_folder, &sync->spool);
    if (r == 0)
        r = matrix_filter_create(session, &sync->filter);
    if (r == 0)
        r = matrix_gaps_create(session, &sync->gaps);
    if (r == 0)
        r = matrix_moves_create(session, sync->gaps, &sync->moves);
    if (r == 0)
        r = matrix_spaces_create(session, &sync->spaces);
    if (r == 0)
        r = matrix_zones_create(session, &sync->zones);
    matrix_chunk_init(&sync->chunk, session, sync->gaps);
    return r;
}

int matrix_sync_create(struct matrix_session *session, struct matrix_sync **ret_sync)
{
    struct matrix_sync *sync = mem_zalloc(sizeof *sync);
    if (!sync)
        return -ENOMEM;
    *sync = (struct matrix_sync){
        .session = session,
        .timer = {.clock = LOOP_TIMER_ELAPSED, .fire = on_timer},
        .minute = {.clock = LOOP_TIMER_ELAPSED, .fire = on_minute},
        .limit = MATRIX_TIMELINE_LIMIT,
        .lag_ms = -1,
        .failing_since_ms = -1,
    };
    sync->bad_events = metrics_counter(session->env.metrics, "mooring_matrix_bad_events_total",
                                       "Events that could not be read, and were passed over.",
                                       "network", str_of(session->network.name));
    int r = create_parts(sync);
    if (r < 0) {
        matrix_sync_destroy(sync);
        return r;
    }
    *ret_sync = sync;
    return 0;
}

void matrix_sync_destroy(struct matrix_sync *sync)
{
    if (!sync)
        return;
    if (sync->filter)
        matrix_sync_stop(sync);
    matrix_chunk_done(&sync->chunk);
    arena_done(&sync->arena);
    matrix_zones_destroy(sync->zones);
    matrix_spaces_destroy(sync->spaces);
    matrix_moves_destroy(sync->moves);
    matrix_gaps_destroy(sync->gaps);
    matrix_filter_destroy(sync->filter);
    spool_destroy(sync->spool);
    mem_free(sync->since);
    mem_free(sync->next);
    mem_free(sync);
}
