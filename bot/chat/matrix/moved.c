/* SPDX-License-Identifier: MIT */
/* moved.c: rooms that were upgraded (client-server API, section "Room upgrades"): the tombstone's
 * sender had the right, the new room says where it comes from, and then the configured name stands
 * for the new room, in the turn that tells of it. */
#include <errno.h>

#include "chat/matrix/outbound.h"
#include "chat/matrix/sync_internal.h"
#include "observe/log.h"

enum {
    MOVES_MAX = 1000,
    CHECKS_AT_ONCE = 2,
    REFUSED_AFTER_MS = 10 * 60 * 1000,
    LEAVE_AFTER_MS = 60 * 60 * 1000, /* who comes late sees for a while that we were there */
};

enum step { TO_JOIN, JOINING, READING, MOVED, REFUSED };
struct move {
    struct matrix_moves *moves;
    struct move *next;
    char *from, *to; /* room ids */
    char *since;     /* the cursor before we joined: from there on it was said to us */
    enum step step;
    struct matrix_call *call;
    unsigned failures;
    int64_t due_ms; /* elapsed */
};
struct check {
    struct matrix_moves *moves;
    struct check *next;
    char *room;
    struct matrix_call *call;
};
struct matrix_moves {
    struct matrix_session *session;
    struct matrix_gaps *gaps;
    struct move *first;
    size_t count;
    struct check *checks;
    struct matrix_chunk chunk;
};

static int64_t now_ms(const struct matrix_moves *moves)
{
    return clock_elapsed_ms(loop_clock(moves->session->env.loop));
}

static void put_off(struct move *move, const struct matrix_answer *answer)
{
    bool not_now = answer->result == -EAGAIN || answer->result == -EBADMSG;
    move->failures++;
    move->step = TO_JOIN;
    move->due_ms = now_ms(move->moves) +
                   (not_now ? matrix_retry_ms(move->moves->session, answer, move->failures)
                            : REFUSED_AFTER_MS);
}

/* ---- the new room --------------------------------------------------------------------------- */

static void tell(struct matrix_moves *moves, struct matrix_room *room, struct str sender)
{
    struct matrix_session *session = moves->session;
    struct chat_event event = {
        .kind = CHAT_TOMBSTONE,
        .flags = room->with.len ? CHAT_PRIVATE : 0u,
        .room = room->with.len ? (struct str){0} : room->name,
        .sender = sender,
        .account = sender,
        .sent_at = clock_wall_at(loop_clock(session->env.loop)),
    };
    matrix_chunk_put(&moves->chunk, &event);
    (void)!matrix_chunk_hand_over(&moves->chunk, (struct str){0}); /* what is not kept now is dirty
                                                                      still */
    if (room->name.len == 0)
        return;
    log_event(LOG_LEVEL_NOTICE, "matrix_room_moved", LOG_TEXT("network", session->network.name),
              LOG_STR("room", matrix_log_name(room->name)));
    matrix_session_notice(session, CHAT_NOTICE_ROOM_MOVED, room->name, 1);
}

/* What the room is to us goes over; nothing of it is copied, since all is stored under its name. */
static int hand_name_over(struct matrix_moves *moves, struct matrix_room *from,
                          struct matrix_room *to)
{
    struct matrix_rooms *rooms = moves->session->rooms;
    int r = 0;
    if (from->name.len > 0)
        return matrix_rooms_name(rooms, to, from->name);
    char *with = str_copy(from->with);
    if (!with)
        return -ENOMEM;
    r = matrix_rooms_private(rooms, from, (struct str){0});
    if (r == 0)
        r = matrix_rooms_private(rooms, to, str_of(with));
    mem_free(with);
    return r;
}

static int complete(struct move *move, struct matrix_room *from, struct matrix_room *to)
{
    struct matrix_moves *moves = move->moves;
    struct matrix_session *session = moves->session;
    AUTO_BUF sender;
    buf_init(&sender, MATRIX_ID_MAX);
    buf_add(&sender, str_of(from->state->tombstone_sender));
    int r = hand_name_over(moves, from, to);
    if (r < 0)
        return r;
    /* what was said there before we knew that it was ours */
    if (move->since)
        r = matrix_gaps_add(moves->gaps, to, (struct str){0}, str_of(move->since));
    tell(moves, to, buf_str(&sender));
    if (session->outbound) {
        matrix_outbound_room_changed(session->outbound, from);
        matrix_outbound_room_changed(session->outbound, to);
    }
    move->step = MOVED;
    move->due_ms = now_ms(moves) + LEAVE_AFTER_MS;
    return r;
}

static void refuse(struct move *move, struct matrix_room *to)
{
    struct matrix_session *session = move->moves->session;
    log_event(LOG_LEVEL_WARNING, "matrix_move_refused", LOG_TEXT("network", session->network.name));
    move->step = REFUSED;
    if (to && !matrix_room_matters(to))
        matrix_rooms_leave(session->rooms, to);
}

static void state_read(void *ctx, const struct matrix_answer *answer)
{
    struct move *move = ctx;
    struct matrix_rooms *rooms = move->moves->session->rooms;
    struct matrix_room *from = matrix_rooms_by_id(rooms, str_of(move->from));
    struct matrix_room *to = matrix_rooms_by_id(rooms, str_of(move->to));
    move->call = NULL;
    int r = answer->result;
    if (r == -ECANCELED)
        return;
    if (r == 0)
        r = from && to && json_is_array(answer->json)
                ? matrix_rooms_read_whole(rooms, to, answer->json)
                : -EBADMSG;
    if (r < 0) {
        put_off(move, answer);
        return;
    }
    matrix_room_settle(to);
    struct str before = str_of(to->state->predecessor);
    if (!str_eq_c(before, move->from))
        refuse(move, to);
    else if (complete(move, from, to) < 0)
        put_off(move, answer);
    matrix_gaps_fill(move->moves->gaps);
}

static int read_state(struct move *move, struct matrix_room *to)
{
    AUTO_BUF path;
    buf_init(&path, 8 * 1024);
    struct matrix_request request = {
        .method = "GET", .timeout_ms = MATRIX_STATE_MS, .max_bytes = MATRIX_STATE_BYTES};
    int r = matrix_path(&path, "/_matrix/client/v3/rooms/{}/state", &to->id, 1);
    request.path = buf_str(&path);
    move->step = READING;
    return r < 0 ? r
                 : matrix_request(move->moves->session, &request, state_read, move, &move->call);
}

/* ---- joining -------------------------------------------------------------------------------- */

static void join_done(void *ctx, const struct matrix_answer *answer)
{
    struct move *move = ctx;
    struct matrix_session *session = move->moves->session;
    struct matrix_room *from = matrix_rooms_by_id(session->rooms, str_of(move->from));
    move->call = NULL;
    if (answer->result == -ECANCELED)
        return;
    if (answer->result < 0) {
        put_off(move, answer);
        if (answer->result != -EAGAIN && from && from->name.len)
            matrix_session_notice(session, CHAT_NOTICE_ROOM_GONE, from->name, 1);
        return;
    }
    struct matrix_room *to = matrix_rooms_add(session->rooms, str_of(move->to));
    if (!to) {
        put_off(move, answer);
        return;
    }
    to->state->is_joined = true;
    if (read_state(move, to) < 0)
        put_off(move, answer);
}

/* Through the server of who upgraded it: that one is in the new room.  `server_name` is what
 * servers before v1.12 of the API read. */
static void join(struct move *move, const struct matrix_room *from)
{
    AUTO_BUF path;
    buf_init(&path, 8 * 1024);
    struct str via = str_of(from->state->via), parts[] = {str_of(move->to), via, via};
    struct matrix_request request = {.method = "POST"};
    int r = via.len > 0
                ? matrix_path(&path, "/_matrix/client/v3/join/{}?via={}&server_name={}", parts, 3)
                : matrix_path(&path, "/_matrix/client/v3/join/{}", parts, 1);
    request.path = buf_str(&path);
    const struct matrix_sync *sync = move->moves->session->sync;
    move->step = JOINING;
    if (r == 0 && !move->since && sync)
        r = matrix_replace_text(&move->since, str_of(sync->since));
    if (r == 0)
        r = matrix_request(move->moves->session, &request, join_done, move, &move->call);
    if (r < 0) {
        move->step = TO_JOIN;
        move->due_ms = now_ms(move->moves) + CLOCK_SECOND_MS;
    }
}

/* ---- following ------------------------------------------------------------------------------ */

static struct move *find_move(struct matrix_moves *moves, struct str from, struct str to)
{
    for (struct move *move = moves->first; move; move = move->next)
        if (str_eq_c(from, move->from) && str_eq_c(to, move->to))
            return move;
    return NULL;
}

static void look_at(void *ctx, struct matrix_room *room)
{
    struct matrix_moves *moves = ctx;
    struct str to = str_of(room->state->replacement);
    if (!room->is_tombstoned || str_empty(to) || !matrix_room_matters(room) ||
        !room->state->is_known || !matrix_room_may_move(room) || moves->count >= MOVES_MAX ||
        find_move(moves, room->id, to))
        return;
    struct move *move = mem_zalloc(sizeof *move);
    if (!move)
        return;
    *move = (struct move){
        .moves = moves, .next = moves->first, .from = str_copy(room->id), .to = str_copy(to)};
    if (!move->from || !move->to) {
        mem_free(move->from);
        mem_free(move->to);
        mem_free(move);
        return;
    }
    moves->first = move;
    moves->count++;
}

void matrix_moves_follow(struct matrix_moves *moves)
{
    struct matrix_rooms *rooms = moves->session->rooms;
    matrix_rooms_each(rooms, look_at, moves);
    for (struct move *move = moves->first; move; move = move->next) {
        struct matrix_room *from = matrix_rooms_by_id(rooms, str_of(move->from));
        if (!from || move->due_ms > now_ms(moves))
            continue;
        if (move->step == TO_JOIN)
            join(move, from);
        if (move->step == MOVED && from->state->is_joined)
            matrix_rooms_leave(rooms, from);
    }
}

/* ---- what was missed ------------------------------------------------------------------------ */

static void check_more(struct matrix_moves *moves);

static void drop_check(struct check *check)
{
    struct check **link = &check->moves->checks;
    while (*link && *link != check)
        link = &(*link)->next;
    if (*link)
        *link = check->next;
    matrix_cancel(check->call);
    mem_free(check->room);
    mem_free(check);
}

/* There is one that we do not know of: its whole state is read, and with it who set it. */
static void checked(void *ctx, const struct matrix_answer *answer)
{
    struct check *check = ctx;
    struct matrix_moves *moves = check->moves;
    struct matrix_rooms *rooms = moves->session->rooms;
    struct matrix_room *room = matrix_rooms_by_id(rooms, str_of(check->room));
    check->call = NULL;
    if (answer->result == -ECANCELED)
        return;
    struct str to = answer->result == 0 ? matrix_event_text(answer->json, "replacement_room")
                                        : (struct str){0};
    if (room && !str_empty(to) && !str_eq(to, str_of(room->state->replacement)))
        matrix_rooms_ask_state(rooms, room);
    drop_check(check);
    check_more(moves);
}

static void check_more(struct matrix_moves *moves)
{
    size_t under_way = 0;
    for (struct check *check = moves->checks, *next; check; check = next) {
        next = check->next;
        AUTO_BUF path;
        buf_init(&path, 8 * 1024);
        struct str room = str_of(check->room);
        struct matrix_request request = {.method = "GET"};
        if (under_way >= CHECKS_AT_ONCE)
            return;
        under_way++;
        if (check->call)
            continue;
        int r = matrix_path(&path, "/_matrix/client/v3/rooms/{}/state/m.room.tombstone/", &room, 1);
        request.path = buf_str(&path);
        if (r < 0 || matrix_request(moves->session, &request, checked, check, &check->call) < 0)
            drop_check(check);
    }
}

static void add_check(void *ctx, struct matrix_room *room)
{
    struct matrix_moves *moves = ctx;
    if (room->name.len == 0 || !room->state->is_joined)
        return;
    struct check *check = mem_zalloc(sizeof *check);
    char *id = check ? str_copy(room->id) : NULL;
    if (!id) {
        mem_free(check);
        return;
    }
    *check = (struct check){.moves = moves, .next = moves->checks, .room = id};
    moves->checks = check;
}

void matrix_moves_check(struct matrix_moves *moves)
{
    if (!moves->checks)
        matrix_rooms_each(moves->session->rooms, add_check, moves);
    check_more(moves);
}

/* ---- life ----------------------------------------------------------------------------------- */

int matrix_moves_create(struct matrix_session *session, struct matrix_gaps *gaps,
                        struct matrix_moves **ret_moves)
{
    struct matrix_moves *moves = mem_zalloc(sizeof *moves);
    if (!moves)
        return -ENOMEM;
    *moves = (struct matrix_moves){.session = session, .gaps = gaps};
    matrix_chunk_init(&moves->chunk, session, gaps);
    *ret_moves = moves;
    return 0;
}

void matrix_moves_destroy(struct matrix_moves *moves)
{
    if (!moves)
        return;
    while (moves->checks)
        drop_check(moves->checks);
    while (moves->first) {
        struct move *move = moves->first;
        moves->first = move->next;
        matrix_cancel(move->call);
        mem_free(move->from);
        mem_free(move->to);
        mem_free(move->since);
        mem_free(move);
    }
    matrix_chunk_done(&moves->chunk);
    mem_free(moves);
}
