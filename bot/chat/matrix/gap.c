/* SPDX-License-Identifier: MIT */
/* gap.c: what a `limited` timeline left out (client-server API, "GET /rooms/{roomId}/messages").
 *
 * A gap is a row from the turn that moves the cursor past it to the turn of its last event.  It is
 * read backwards, the newest first, since a ceiling must not cut off what was said last; handed
 * over oldest first. */
#include <errno.h>
#include <stdlib.h>

#include "chat/matrix/account.h"
#include "chat/matrix/sync_internal.h"
#include "observe/log.h"
#include "store/matrix_rooms.h"

enum {
    GAPS_MAX = 1000,
    PAGE = 100,
    EVENTS_MAX = 5000,
    BYTES_MAX = 8 * 1024 * 1024,
    ANSWER_BYTES = 16 * 1024 * 1024,
    OLDEST_MS = 24 * 60 * 60 * 1000,
    PAGES_MAX = 500,  /* of events that interest nobody */
    MEMORY_TRIES = 8, /* over one event, a second between them */
};

#define GAP_FILTER                                                                                 \
    "{\"types\":[\"m.room.message\",\"m.reaction\",\"m.room.redaction\",\"m.poll.response\","      \
    "\"org.matrix.msc3381.poll.response\"],\"lazy_load_members\":true}"

struct gap {
    char *room, *from, *to; /* `from` empty: from now */
    int64_t noted_at;
    bool is_kept; /* there is a row */
    bool is_done;
};
struct matrix_gaps {
    struct matrix_session *session;
    struct gap *gaps;
    size_t count, capacity;

    /* of the first that is not done */
    struct matrix_call *call;
    struct loop_timer timer;
    struct loop_call step;
    char *at; /* where the next page begins; NULL: at the gap's end */
    char **events;
    size_t event_count, event_capacity, bytes;
    unsigned failures, pages, limit;
    bool hands_over;
    struct arena arena; /* of the event that is read */
    struct matrix_chunk chunk;
    struct metric *filled;
};

/* ---- rows ----------------------------------------------------------------------------------- */

static void free_gap(struct gap *gap)
{
    mem_free(gap->room);
    mem_free(gap->from);
    mem_free(gap->to);
}

static int row_id(const struct gap *gap, struct buf *out)
{
    buf_add_c(out, gap->room);
    buf_add_byte(out, '\n');
    buf_add_c(out, gap->from);
    return out->failed;
}

static int add(struct matrix_gaps *gaps, struct str room, struct str from, struct str to,
               int64_t noted_at)
{
    int r = mem_grow(&gaps->gaps, &gaps->capacity, gaps->count, sizeof *gaps->gaps, GAPS_MAX);
    if (r < 0)
        return r;
    struct gap gap = {
        .room = str_copy(room), .from = str_copy(from), .to = str_copy(to), .noted_at = noted_at};
    if (!gap.room || !gap.from || !gap.to) {
        free_gap(&gap);
        return -ENOMEM;
    }
    gaps->gaps[gaps->count++] = gap;
    return 0;
}

static int put_row(struct matrix_gaps *gaps, struct store *store, const struct gap *gap)
{
    AUTO_BUF id;
    buf_init(&id, 64 * 1024);
    json_t *row = json_pack("{s:s, s:s, s:s, s:I}", "room", gap->room, "from", gap->from, "to",
                            gap->to, "at", (json_int_t)gap->noted_at);
    char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;
    json_decref(row);
    int r = text ? row_id(gap, &id) : -ENOMEM;
    struct str network = str_of(gaps->session->network.name);
    if (!text)
        mem_note_shortage();
    if (r == 0)
        r = store_matrix_put(store, STORE_MATRIX_GAP, network, buf_str(&id), str_of(text));
    free(text); /* jansson's own */
    return r;
}

static int remove_row(struct matrix_gaps *gaps, struct store *store, const struct gap *gap)
{
    AUTO_BUF id;
    buf_init(&id, 64 * 1024);
    int r = row_id(gap, &id);
    return r < 0 ? r
                 : store_matrix_remove(store, STORE_MATRIX_GAP, str_of(gaps->session->network.name),
                                       buf_str(&id));
}

int matrix_gaps_keep(struct matrix_gaps *gaps)
{
    const struct chat_env *env = &gaps->session->env;
    struct store *store = env->store ? env->store(env->ctx) : NULL;
    int r = 0;
    for (size_t i = 0; store && i < gaps->count && r >= 0; i++) {
        const struct gap *gap = &gaps->gaps[i];
        if (gap->is_done && gap->is_kept)
            r = remove_row(gaps, store, gap);
        else if (!gap->is_done && !gap->is_kept)
            r = put_row(gaps, store, gap);
    }
    return MIN_OF(r, 0);
}

void matrix_gaps_kept(struct matrix_gaps *gaps)
{
    size_t left = 0;
    for (size_t i = 0; i < gaps->count; i++) {
        gaps->gaps[i].is_kept = true;
        if (gaps->gaps[i].is_done)
            free_gap(&gaps->gaps[i]);
        else
            gaps->gaps[left++] = gaps->gaps[i];
    }
    gaps->count = left;
}

static int read_row(void *ctx, struct str id, struct str value)
{
    struct matrix_gaps *gaps = ctx;
    (void)id;
    json_t *row = json_loadb(value.ptr, value.len, 0, NULL);
    int r = 0;
    if (json_is_object(row))
        r = add(gaps, matrix_event_text(row, "room"), matrix_event_text(row, "from"),
                matrix_event_text(row, "to"), json_integer_value(json_object_get(row, "at")));
    json_decref(row);
    if (r == 0 && gaps->count > 0)
        gaps->gaps[gaps->count - 1].is_kept = true;
    return r;
}

/* ---- filling -------------------------------------------------------------------------------- */

static struct gap *present(struct matrix_gaps *gaps)
{
    for (size_t i = 0; i < gaps->count; i++)
        if (!gaps->gaps[i].is_done)
            return &gaps->gaps[i];
    return NULL;
}

static void forget_progress(struct matrix_gaps *gaps)
{
    for (size_t i = 0; i < gaps->event_count; i++)
        mem_free(gaps->events[i]);
    mem_free(TAKE(gaps->events));
    mem_free(TAKE(gaps->at));
    gaps->event_count = gaps->event_capacity = gaps->bytes = 0;
    gaps->failures = gaps->pages = 0;
    gaps->limit = PAGE;
    gaps->hands_over = false;
}

/* Everything was handed over, or cannot be had: the row goes. */
static void close_gap(struct matrix_gaps *gaps)
{
    struct gap *gap = present(gaps);
    if (gap)
        gap->is_done = true;
    forget_progress(gaps);
    (void)!matrix_chunk_hand_over(&gaps->chunk, (struct str){0}); /* not now: with the next turn */
    matrix_gaps_fill(gaps);
}

/* A real, where a number of the answer was too large. */
static int64_t sent_at(const json_t *event, int64_t otherwise)
{
    double at = json_number_value(json_object_get(event, "origin_server_ts"));
    return at >= 1 && at < (double)(1LL << 53) ? (int64_t)at : otherwise;
}

static bool is_wanted(const struct matrix_room *room, const json_t *event)
{
    if (!matrix_event_interests(matrix_event_text(event, "type")) ||
        str_eq_c(matrix_event_text(event, "type"), "m.room.member"))
        return false;
    return sent_at(event, 0) >= room->state->joined_at;
}

static void again_in(struct matrix_gaps *gaps, int64_t in_ms)
{
    if (!loop_timer_armed(&gaps->timer))
        (void)!loop_timer_arm_in(gaps->session->env.loop, &gaps->timer, in_ms);
}

/* 1: into the chunk; 0, -EBADMSG: of no interest. */
static int take_event(struct matrix_gaps *gaps, struct matrix_room *room, const char *text)
{
    const struct tree *event;
    arena_reset(&gaps->arena);
    int r = matrix_event_parse(&gaps->arena, str_of(text), &event);
    return r < 0 ? r : matrix_chunk_add(&gaps->chunk, room, event, true);
}

/* A chunk's worth, oldest first. */
static void on_step(struct loop_call *call)
{
    struct matrix_gaps *gaps = CONTAINER_OF(call, struct matrix_gaps, step);
    struct gap *gap = present(gaps);
    struct matrix_room *room = gap ? matrix_rooms_by_id(gaps->session->rooms, str_of(gap->room))
                                   : NULL;
    bool is_short = false;
    for (size_t i = 0; room && gaps->event_count > 0 && i < MATRIX_EVENTS_MAX; i++) {
        int r = take_event(gaps, room, gaps->events[gaps->event_count - 1]);
        is_short = r == -ENOMEM && gaps->failures < MEMORY_TRIES;
        if (is_short)
            break;
        gaps->failures = 0;
        mem_free(gaps->events[--gaps->event_count]);
        metric_add(gaps->filled, r > 0);
    }
    if (!room || gaps->event_count == 0) {
        close_gap(gaps);
        return;
    }
    (void)!matrix_chunk_hand_over(&gaps->chunk, (struct str){0});
    gaps->failures += is_short;
    if (is_short)
        again_in(gaps, CLOCK_SECOND_MS);
    else
        loop_defer(gaps->session->env.loop, call);
}

static void hand_over(struct matrix_gaps *gaps)
{
    gaps->hands_over = true;
    gaps->step.run = on_step;
    loop_defer(gaps->session->env.loop, &gaps->step);
}

static int keep_event(struct matrix_gaps *gaps, const json_t *event)
{
    int r = mem_grow(&gaps->events, &gaps->event_capacity, gaps->event_count, sizeof *gaps->events,
                     EVENTS_MAX);
    if (r < 0)
        return r;
    char *text = json_dumps(event, JSON_COMPACT);
    if (!text) {
        mem_note_shortage();
        return -ENOMEM;
    }
    char *copy = str_copy(str_of(text));
    free(text); /* jansson's own */
    if (!copy)
        return -ENOMEM;
    gaps->events[gaps->event_count++] = copy;
    gaps->bytes += strlen(copy);
    return 0;
}

/* The names of who spoke then, unless they are known as of today. */
static int take_members(struct matrix_gaps *gaps, struct matrix_room *room, const json_t *events)
{
    size_t i;
    json_t *event;
    struct arena arena = {0};
    int r = 0;
    json_array_foreach(events, i, event)
    {
        struct str user = matrix_event_text(event, "state_key");
        if (r == 0 && str_eq_c(matrix_event_text(event, "type"), "m.room.member") &&
            !map_get(&room->state->members, user) &&
            !str_eq(user, matrix_account_user(gaps->session->account)))
            r = matrix_rooms_state_json(gaps->session->rooms, room, &arena, event);
    }
    arena_done(&arena);
    return r;
}

/* 1: that was all there is, or all that is wanted. */
static int take_page(struct matrix_gaps *gaps, const struct gap *gap, struct matrix_room *room,
                     const json_t *page)
{
    size_t i;
    json_t *event;
    int64_t oldest_at = INT64_MAX;
    const json_t *events = json_object_get(page, "chunk");
    struct str end = matrix_event_text(page, "end");
    int r = take_members(gaps, room, json_object_get(page, "state"));
    json_array_foreach(events, i, event)
    {
        oldest_at = MIN_OF(oldest_at, sent_at(event, oldest_at));
        if (r == 0 && is_wanted(room, event))
            r = keep_event(gaps, event);
        if (r == -E2BIG)
            return 1;
    }
    if (r < 0)
        return r;
    bool is_over = str_empty(end) || str_eq_c(end, gap->to) ||
                   (gaps->at && str_eq_c(end, gaps->at)) || json_array_size(events) == 0 ||
                   oldest_at < gap->noted_at - OLDEST_MS || gaps->bytes >= BYTES_MAX ||
                   ++gaps->pages >= PAGES_MAX;
    return is_over ? 1 : matrix_replace_text(&gaps->at, end);
}

static void page_failed(struct matrix_gaps *gaps, const struct matrix_answer *answer, int r)
{
    bool can_be_smaller = r == -EMSGSIZE && gaps->limit > 1;
    if (can_be_smaller)
        gaps->limit = MAX_OF(gaps->limit / 8, 1u);
    if (can_be_smaller || r == -EAGAIN || r == -ENOMEM) {
        again_in(gaps, matrix_retry_ms(gaps->session, answer, ++gaps->failures));
        return;
    }
    log_event(LOG_LEVEL_WARNING, "matrix_gap_lost",
              LOG_TEXT("network", gaps->session->network.name), LOG_INT("status", answer->status),
              LOG_ERRNO(r));
    if (gaps->event_count > 0)
        hand_over(gaps); /* as far as it was read */
    else
        close_gap(gaps);
}

static void page_came(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_gaps *gaps = ctx;
    struct gap *gap = present(gaps);
    gaps->call = NULL;
    int r = answer->result;
    if (r == -ECANCELED || !gap)
        return;
    struct matrix_room *room = matrix_rooms_by_id(gaps->session->rooms, str_of(gap->room));
    if (r == 0 && room)
        r = take_page(gaps, gap, room, answer->json);
    if (r < 0) {
        page_failed(gaps, answer, r);
        return;
    }
    gaps->failures = 0;
    if (r > 0 || !room)
        hand_over(gaps);
    else
        matrix_gaps_fill(gaps);
}

static int make_path(const struct matrix_gaps *gaps, const struct gap *gap, struct buf *path)
{
    const char *from = gaps->at ? gaps->at : gap->from;
    struct str parts[] = {str_of(gap->room), str_of(gap->to), STR(GAP_FILTER), str_of(from)};
    bool from_now = from[0] == '\0';
    int r = matrix_path(path,
                        from_now
                            ? "/_matrix/client/v3/rooms/{}/messages?dir=b&to={}&filter={}"
                            : "/_matrix/client/v3/rooms/{}/messages?dir=b&to={}&filter={}&from={}",
                        parts, from_now ? 3 : 4);
    buf_add_format(path, "&limit=%u", gaps->limit);
    return r < 0 ? r : path->failed;
}

void matrix_gaps_fill(struct matrix_gaps *gaps)
{
    AUTO_BUF path;
    const struct gap *gap = present(gaps);
    buf_init(&path, 64 * 1024);
    if (!gap || gaps->call || gaps->hands_over || loop_timer_armed(&gaps->timer))
        return;
    int r = make_path(gaps, gap, &path);
    struct matrix_request request = {
        .method = "GET", .path = buf_str(&path), .max_bytes = ANSWER_BYTES};
    if (r == 0)
        r = matrix_request(gaps->session, &request, page_came, gaps, &gaps->call);
    if (r < 0)
        again_in(gaps, CLOCK_SECOND_MS);
}

static void on_timer(struct loop_timer *timer)
{
    struct matrix_gaps *gaps = CONTAINER_OF(timer, struct matrix_gaps, timer);
    if (gaps->hands_over)
        loop_defer(gaps->session->env.loop, &gaps->step);
    else
        matrix_gaps_fill(gaps);
}

/* ---- life ----------------------------------------------------------------------------------- */

int matrix_gaps_add(struct matrix_gaps *gaps, struct matrix_room *room, struct str prev_batch,
                    struct str since)
{
    int64_t now_at = clock_wall_at(loop_clock(gaps->session->env.loop));
    int r = add(gaps, room->id, prev_batch, since, now_at);
    log_event(LOG_LEVEL_NOTICE, "matrix_gap", LOG_TEXT("network", gaps->session->network.name),
              LOG_INT("gaps", gaps->count));
    return r == -E2BIG ? 0 : r; /* a thousand wait: the newest is the one to do without */
}

int matrix_gaps_create(struct matrix_session *session, struct matrix_gaps **ret_gaps)
{
    const struct chat_env *env = &session->env;
    struct store *store = env->store ? env->store(env->ctx) : NULL;
    struct matrix_gaps *gaps = mem_zalloc(sizeof *gaps);
    if (!gaps)
        return -ENOMEM;
    *gaps = (struct matrix_gaps){.session = session,
                                 .limit = PAGE,
                                 .timer = {.clock = LOOP_TIMER_ELAPSED, .fire = on_timer}};
    matrix_chunk_init(&gaps->chunk, session, gaps);
    gaps->filled = metrics_counter(env->metrics, "mooring_matrix_gap_events_total",
                                   "Events read behind a limited timeline.", "network",
                                   str_of(session->network.name));
    int r = store ? store_matrix_each(store, STORE_MATRIX_GAP, str_of(session->network.name),
                                      read_row, gaps)
                  : 0;
    if (r == -ENOMEM) {
        matrix_gaps_destroy(gaps);
        return r;
    }
    *ret_gaps = gaps;
    return 0;
}

void matrix_gaps_destroy(struct matrix_gaps *gaps)
{
    if (!gaps)
        return;
    struct loop *loop = gaps->session->env.loop;
    matrix_cancel(gaps->call);
    loop_undefer(loop, &gaps->step);
    loop_timer_disarm(loop, &gaps->timer);
    forget_progress(gaps);
    matrix_chunk_done(&gaps->chunk);
    arena_done(&gaps->arena);
    for (size_t i = 0; i < gaps->count; i++)
        free_gap(&gaps->gaps[i]);
    mem_free(gaps->gaps);
    mem_free(gaps);
}
