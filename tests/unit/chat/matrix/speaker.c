/* SPDX-License-Identifier: MIT */
/* speaker.c: the session around what speaks: an account that is logged in, rooms as told. */
#include "speaker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "chat/matrix/account.h"
#include "observe/log.h"

/* ---- an account ------------------------------------------------------------------------------ */

static struct speaker *of(const void *account)
{
    return (struct speaker *)(uintptr_t)account;
}

struct str matrix_account_user(const struct matrix_account *account)
{
    (void)account;
    return STR(BOT);
}

struct str matrix_account_token(const struct matrix_account *account)
{
    return str_of(of(account)->token);
}

struct str matrix_account_base(const struct matrix_account *account)
{
    (void)account;
    return STR("memory://home");
}

void matrix_account_unknown_token(struct matrix_account *account, bool soft)
{
    (void)soft;
    matrix_requests_refuse(&of(account)->session);
}

void matrix_account_refused(struct matrix_account *account, struct str errcode)
{
    (void)account, (void)errcode;
}

bool matrix_account_is_service(const struct matrix_account *account)
{
    (void)account;
    return false;
}

void matrix_account_add_identity(const struct matrix_account *account, struct buf *url)
{
    (void)account;
    (void)url;
}

void matrix_account_spoke(struct matrix_account *account)
{
    (void)account;
}

/* ---- rooms ----------------------------------------------------------------------------------- */

static struct matrix_room_state *find(const struct matrix_rooms *rooms, struct str id)
{
    struct speaker *s = of(rooms);
    for (size_t i = 0; i < s->room_count; i++)
        if (str_eq_c(id, s->rooms[i].id))
            return &s->rooms[i];
    return NULL;
}

struct matrix_room *matrix_rooms_by_id(const struct matrix_rooms *rooms, struct str id)
{
    struct matrix_room_state *state = find(rooms, id);
    return state ? &state->room : NULL;
}

struct matrix_room *matrix_rooms_by_name(const struct matrix_rooms *rooms, struct str name)
{
    struct speaker *s = of(rooms);
    for (size_t i = 0; i < s->room_count; i++)
        if (str_eq_c(name, s->rooms[i].name))
            return &s->rooms[i].room;
    return NULL;
}

struct matrix_room *matrix_rooms_with(const struct matrix_rooms *rooms, struct str user)
{
    struct speaker *s = of(rooms);
    for (size_t i = s->room_count; i > 0; i--)
        if (str_eq_c(user, s->rooms[i - 1].with) && s->rooms[i - 1].room.membership == MATRIX_IN)
            return &s->rooms[i - 1].room;
    return NULL;
}

struct matrix_room *matrix_rooms_add(struct matrix_rooms *rooms, struct str id)
{
    struct speaker *s = of(rooms);
    struct matrix_room_state *state = find(rooms, id);
    if (state)
        return &state->room;
    assert_true(s->room_count < SPEAKER_ROOMS_MAX);
    state = &s->rooms[s->room_count++];
    *state = (struct matrix_room_state){.room.state = state};
    assert_true(str_to_c(id, state->id, sizeof state->id));
    state->room.id = str_of(state->id);
    return &state->room;
}

int matrix_rooms_private(struct matrix_rooms *rooms, struct matrix_room *room, struct str user)
{
    (void)rooms;
    assert_true(str_to_c(user, room->state->with, sizeof room->state->with));
    room->with = str_of(room->state->with);
    return 0;
}

struct matrix_room *matrix_rooms_made(struct matrix_rooms *rooms, struct str id, struct str user)
{
    struct matrix_room *room = matrix_rooms_add(rooms, id);
    room->membership = MATRIX_IN;
    return matrix_rooms_private(rooms, room, user) < 0 ? NULL : room;
}

enum matrix_membership matrix_rooms_member(const struct matrix_room *room, struct str user)
{
    for (size_t i = 0; i < SPEAKER_MEMBERS_MAX; i++)
        if (str_eq_c(user, room->state->members[i].user))
            return room->state->members[i].membership;
    return MATRIX_OUT;
}

void matrix_rooms_leave(struct matrix_rooms *rooms, struct matrix_room *room)
{
    struct speaker *s = of(rooms);
    room->state->is_left = true;
    room->membership = MATRIX_OUT;
    hs_leave(s->hs, room->state->id, BOT);
}

static void set_member(struct matrix_room *room, const char *user,
                       enum matrix_membership membership)
{
    for (size_t i = 0; i < SPEAKER_MEMBERS_MAX; i++) {
        char *name = room->state->members[i].user;
        if (name[0] && strcmp(name, user) != 0)
            continue;
        snprintf(name, sizeof room->state->members[i].user, "%s", user);
        room->state->members[i].membership = membership;
        return;
    }
}

/* ---- what the bot is told -------------------------------------------------------------------- */

static int on_batch(void *ctx, const struct chat_batch *batch)
{
    struct speaker *s = ctx;
    s->batch_count++;
    if (s->no_batches)
        return -EROFS;
    int r = batch->keep ? batch->keep(batch->keep_ctx) : 0;
    if (r == 0)
        r = store_commit(s->store);
    return r < 0 ? r : 0;
}

static void on_sent(void *ctx, struct chat_network *network, uint64_t token,
                    enum chat_outcome outcome, struct str id)
{
    struct speaker *s = ctx;
    (void)network;
    assert_true(s->sent_count < SPEAKER_SENT_MAX);
    s->sent[s->sent_count].token = token;
    s->sent[s->sent_count].outcome = outcome;
    assert_true(str_to_c(id, s->sent[s->sent_count].id, sizeof s->sent[0].id));
    s->sent_count++;
}

static void on_ready(void *ctx, struct chat_network *network)
{
    (void)network;
    of(ctx)->ready_count++;
}

static void on_notice(void *ctx, struct chat_network *network, enum chat_notice what,
                      struct str room, size_t count)
{
    (void)network, (void)room, (void)count;
    of(ctx)->notice_count++;
    of(ctx)->notice = what;
}

static struct store *on_store(void *ctx)
{
    return of(ctx)->store;
}

static void on_log(void *ctx, enum log_level level, struct str line)
{
    struct speaker *s = ctx;
    (void)level;
    buf_add(&s->log, line);
    buf_add_byte(&s->log, '\n');
}

/* ---- life ------------------------------------------------------------------------------------ */

static void create_parts(struct speaker *s)
{
    s->session = (struct matrix_session){.network = {.name = "home", .state = CHAT_UP}};
    s->session.options = (struct matrix_options){.threads = MATRIX_THREADS_FOLLOW,
                                                 .has_receipts = true};
    s->session.env = (struct chat_env){
        .loop = s->loop,
        .net = s->net,
        .metrics = s->metrics,
        .random = &s->random,
        .ctx = s,
        .store = on_store,
        .sink =
            {.ctx = s, .batch = on_batch, .sent = on_sent, .ready = on_ready, .notice = on_notice},
    };
    s->session.account = (struct matrix_account *)(void *)s;
    s->session.rooms = (struct matrix_rooms *)(void *)s;
    assert_int_equal(matrix_requests_create(&s->session, &s->session.requests), 0);
    assert_int_equal(matrix_direct_create(&s->session, &s->session.direct), 0);
    assert_int_equal(matrix_outbound_create(&s->session, &s->session.outbound), 0);
    matrix_requests_go(&s->session, true);
}

static void destroy_parts(struct speaker *s)
{
    matrix_outbound_destroy(s->session.outbound);
    matrix_direct_destroy(s->session.direct);
    matrix_requests_destroy(s->session.requests);
}

int speaker_setup(void **state)
{
    struct speaker *s = mem_zalloc(sizeof *s);
    assert_non_null(s);
    buf_init(&s->log, 1 << 20);
    log_set_sink(on_log, s);
    clock_init_virtual(&s->clock, SPEAKER_START);
    random_seed(&s->random, 7);
    assert_int_equal(loop_create(&s->clock, &s->loop), 0);
    struct error error = {0};
    assert_int_equal(net_create(s->loop, &s->net, &error), 0);
    s->metrics = metrics_create();
    struct store_options options = {.clock = &s->clock, .in_memory = true};
    assert_int_equal(store_open(&options, &s->store, &error), 0);
    s->hs = hs_start(s->net, s->loop);
    hs_account(s->hs, BOT, "secret");
    snprintf(s->token, sizeof s->token, "%s", hs_token(s->hs, BOT, "DEVICE"));
    create_parts(s);
    *state = s;
    return 0;
}

int speaker_done(void **state)
{
    struct speaker *s = *state;
    destroy_parts(s);
    hs_stop(s->hs);
    store_close(s->store);
    net_destroy(s->net);
    metrics_destroy(s->metrics);
    loop_destroy(s->loop);
    log_set_sink(NULL, NULL);
    buf_done(&s->log);
    mem_free(s);
    return 0;
}

void speaker_run(struct speaker *s, int64_t ms)
{
    loop_advance(s->loop, clock_wall_at(&s->clock) + ms);
}

void speaker_state(struct speaker *s, enum chat_state state)
{
    bool was_up = s->session.network.state == CHAT_UP;
    s->session.network.state = state;
    if (was_up && state != CHAT_UP)
        matrix_outbound_down(s->session.outbound);
    speaker_run(s, 0);
}

/* Rooms of groups are read from their rows again; private ones are direct.c's to know. */
void speaker_die(struct speaker *s)
{
    destroy_parts(s);
    assert_int_equal(store_crash(s->store), 0);
    size_t kept = 0;
    for (size_t i = 0; i < s->room_count; i++) {
        if (!s->rooms[i].name[0])
            continue;
        s->rooms[kept] = s->rooms[i];
        s->rooms[kept].room.state = &s->rooms[kept];
        s->rooms[kept].room.id = str_of(s->rooms[kept].id);
        s->rooms[kept].room.name = str_of(s->rooms[kept].name);
        kept++;
    }
    s->room_count = kept;
    s->sent_count = 0;
    create_parts(s);
}

/* ---- a room's life --------------------------------------------------------------------------- */

const char *speaker_room(struct speaker *s, const char *name, const char *user)
{
    const char *id = hs_room(s->hs, "@owner:home", NULL, NULL);
    hs_join(s->hs, id, BOT);
    if (user)
        hs_join(s->hs, id, user);
    struct matrix_room *room = matrix_rooms_add(s->session.rooms, str_of(id));
    room->membership = MATRIX_IN;
    snprintf(room->state->name, sizeof room->state->name, "%s", name);
    room->name = str_of(room->state->name);
    return id;
}

struct matrix_room *speaker_find(struct speaker *s, const char *id)
{
    return matrix_rooms_by_id(s->session.rooms, str_of(id));
}

static void tell(struct speaker *s, const char *id, const char *user,
                 enum matrix_membership membership)
{
    struct matrix_room *room = speaker_find(s, id);
    if (!room)
        return;
    set_member(room, user, membership);
    if (room->with.len)
        matrix_direct_member(s->session.direct, room, str_of(user), membership);
    speaker_run(s, 0);
}

void speaker_join(struct speaker *s, const char *room, const char *user)
{
    hs_join(s->hs, room, user);
    tell(s, room, user, MATRIX_IN);
}

void speaker_leave(struct speaker *s, const char *room, const char *user)
{
    hs_leave(s->hs, room, user);
    tell(s, room, user, MATRIX_OUT);
}

/* ---- what it says ---------------------------------------------------------------------------- */

struct chat_message speaker_message(uint64_t token, const char *room, const char *markdown)
{
    return (struct chat_message){
        .token = token, .room = str_of(room), .markdown = str_of(markdown)};
}

struct chat_message speaker_private(uint64_t token, const char *user, const char *markdown)
{
    return (struct chat_message){
        .token = token, .user = str_of(user), .markdown = str_of(markdown)};
}

int speaker_outcome(const struct speaker *s, uint64_t token)
{
    int found = -1;
    for (size_t i = 0; i < s->sent_count; i++)
        if (s->sent[i].token == token)
            found = found == -1 ? (int)s->sent[i].outcome : -2;
    return found;
}

const char *speaker_id(const struct speaker *s, uint64_t token)
{
    for (size_t i = 0; i < s->sent_count; i++)
        if (s->sent[i].token == token)
            return s->sent[i].id;
    return "";
}

bool speaker_logged(const struct speaker *s, const char *event)
{
    return str_find(buf_str(&s->log), str_of(event), 0) != SIZE_MAX;
}

const char *speaker_private_room(struct speaker *s)
{
    const char *found = NULL;
    for (size_t i = 0; i < hs_room_count(s->hs); i++) {
        const char *id = hs_room_at(s->hs, i);
        json_t *create = hs_state_of(s->hs, id, "m.room.create", "");
        if (!json_object_get(json_object_get(create, "content"), "org.mooring.wish"))
            continue;
        if (found)
            fail_msg("more than one private room was made");
        found = id;
    }
    return found;
}
