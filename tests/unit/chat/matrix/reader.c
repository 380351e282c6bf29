/* SPDX-License-Identifier: MIT */
/* reader.c: the session around what reads: an account that is logged in, a bot that takes note. */
#include "reader.h"

#include <errno.h>
#include <stdio.h>

#include "chat/matrix/account.h"
#include "observe/log.h"
#include "store/events.h"

/* ---- an account ------------------------------------------------------------------------------ */

static struct reader *of(const void *account)
{
    return (struct reader *)(uintptr_t)account;
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

bool matrix_account_has(const struct matrix_account *account, const char *feature)
{
    return of(account)->feature && strcmp(of(account)->feature, feature) == 0;
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

void matrix_session_state(struct matrix_session *session, enum chat_state state)
{
    session->network.state = state;
}

/* ---- a bot ----------------------------------------------------------------------------------- */

static void copy(struct str from, char *out, size_t size)
{
    (void)str_to_c(str_upto(from, size - 1), out, size);
}

static void note(struct reader *r, const struct chat_event *event)
{
    assert_true(r->event_count < READER_EVENTS_MAX);
    struct reader_event *to = &r->events[r->event_count++];
    *to = (struct reader_event){
        .kind = event->kind, .flags = event->flags, .sent_at = event->sent_at};
    copy(event->room, to->room, sizeof to->room);
    copy(event->sender, to->sender, sizeof to->sender);
    copy(event->display, to->display, sizeof to->display);
    copy(event->id, to->id, sizeof to->id);
    copy(event->relates_to, to->relates_to, sizeof to->relates_to);
    copy(event->thread, to->thread, sizeof to->thread);
    copy(event->text, to->text, sizeof to->text);
}

static int on_batch(void *ctx, const struct chat_batch *batch)
{
    struct reader *r = ctx;
    assert_true(batch->count <= MATRIX_EVENTS_MAX);
    for (size_t i = 0; i < batch->count; i++)
        note(r, &batch->events[i]);
    r->batch_count++;
    if (r->no_batches)
        return -EROFS;
    int result = batch->keep ? batch->keep(batch->keep_ctx) : 0;
    if (result == 0 && batch->cursor.len > 0) {
        r->cursor_count++;
        result = store_events_put_cursor(r->store, STR("home"), batch->cursor_target,
                                         batch->cursor);
    }
    if (result == 0)
        result = store_commit(r->store);
    return MIN_OF(result, 0);
}

static void on_sent(void *ctx, struct chat_network *network, uint64_t token,
                    enum chat_outcome outcome, struct str id)
{
    (void)ctx, (void)network, (void)token, (void)outcome, (void)id;
}

static void on_ready(void *ctx, struct chat_network *network)
{
    (void)ctx, (void)network;
}

static void on_notice(void *ctx, struct chat_network *network, enum chat_notice what,
                      struct str room, size_t count)
{
    struct reader *r = ctx;
    (void)network;
    assert_true(r->notice_count < READER_NOTICES_MAX);
    r->notices[r->notice_count].what = what;
    copy(room, r->notices[r->notice_count].room, sizeof r->notices[0].room);
    r->notices[r->notice_count++].count = count;
}

static void on_listed(void *ctx, struct chat_network *network, struct str space, struct str room,
                      bool there)
{
    struct reader *r = ctx;
    (void)network, (void)space;
    size_t len = strlen(r->listed);
    snprintf(r->listed + len, sizeof r->listed - len, "%c%.*s ", there ? '+' : '-', STR_ARG(room));
    for (size_t i = 0; there && i < READER_NAMES_MAX - 1; i++) {
        if (r->rooms[i] && str_eq_c(room, r->rooms[i]))
            return;
        if (!r->rooms[i]) { /* the group has it now */
            copy(room, r->names[i], sizeof r->names[i]);
            r->rooms[i] = r->names[i];
            return;
        }
    }
}

static void on_zone(void *ctx, struct chat_network *network, struct str identity, struct str zone)
{
    struct reader *r = ctx;
    (void)network;
    size_t len = strlen(r->zones);
    snprintf(r->zones + len, sizeof r->zones - len, "%.*s=%.*s ", STR_ARG(identity), STR_ARG(zone));
}

static void each(const char *const *names, void (*call)(void *ctx, struct str name), void *ctx)
{
    for (size_t i = 0; i < READER_NAMES_MAX && names[i]; i++)
        call(ctx, str_of(names[i]));
}

static void each_room(void *ctx, struct str network, void (*call)(void *ctx, struct str room),
                      void *call_ctx)
{
    (void)network;
    each(of(ctx)->rooms, call, call_ctx);
}

static void each_space(void *ctx, struct str network, void (*call)(void *ctx, struct str space),
                       void *call_ctx)
{
    (void)network;
    each(of(ctx)->spaces, call, call_ctx);
}

static enum chat_standing standing(void *ctx, struct str network, struct str identity)
{
    const struct reader *r = ctx;
    (void)network;
    if (r->moderator && str_eq_c(identity, r->moderator))
        return CHAT_MODERATOR;
    return r->member && str_eq_c(identity, r->member) ? CHAT_MEMBER : CHAT_STRANGER;
}

static struct store *on_store(void *ctx)
{
    return of(ctx)->store;
}

static void on_log(void *ctx, enum log_level level, struct str line)
{
    struct reader *r = ctx;
    (void)level;
    buf_add(&r->log, line);
    buf_add_byte(&r->log, '\n');
}

/* ---- life ------------------------------------------------------------------------------------ */

static void create_parts(struct reader *r)
{
    struct matrix_session *session = &r->session;
    *session = (struct matrix_session){.network = {.name = "home", .state = CHAT_CONNECTING}};
    session->options = (struct matrix_options){.threads = MATRIX_THREADS_FOLLOW};
    session->env = (struct chat_env){
        .loop = r->loop,
        .net = r->net,
        .metrics = r->metrics,
        .random = &r->random,
        .ctx = r,
        .store = on_store,
        .each_room = each_room,
        .each_space = each_space,
        .standing = standing,
        .sink = {.ctx = r,
                 .batch = on_batch,
                 .sent = on_sent,
                 .ready = on_ready,
                 .notice = on_notice,
                 .listed = on_listed,
                 .zone = on_zone},
    };
    session->account = (struct matrix_account *)(void *)r;
    assert_int_equal(matrix_requests_create(session, &session->requests), 0);
    assert_int_equal(matrix_rooms_create(session, &session->rooms), 0);
    assert_int_equal(matrix_direct_create(session, &session->direct), 0);
    assert_int_equal(matrix_outbound_create(session, &session->outbound), 0);
    assert_int_equal(matrix_invites_create(session, &session->invites), 0);
    assert_int_equal(matrix_sync_create(session, &session->sync), 0);
    matrix_requests_go(session, true);
}

static void destroy_parts(struct reader *r)
{
    struct matrix_session *session = &r->session;
    matrix_sync_destroy(session->sync);
    matrix_invites_destroy(session->invites);
    matrix_outbound_destroy(session->outbound);
    matrix_direct_destroy(session->direct);
    matrix_rooms_destroy(session->rooms);
    matrix_requests_destroy(session->requests);
}

int reader_setup(void **state)
{
    struct reader *r = mem_zalloc(sizeof *r);
    assert_non_null(r);
    r->events = mem_zalloc_array(READER_EVENTS_MAX, sizeof *r->events);
    buf_init(&r->log, 1 << 20);
    log_set_sink(on_log, r);
    clock_init_virtual(&r->clock, READER_START);
    random_seed(&r->random, 7);
    assert_int_equal(loop_create(&r->clock, &r->loop), 0);
    struct error error = {0};
    assert_int_equal(net_create(r->loop, &r->net, &error), 0);
    r->metrics = metrics_create();
    struct store_options options = {.clock = &r->clock, .in_memory = true};
    assert_int_equal(store_open(&options, &r->store, &error), 0);
    r->hs = hs_start(r->net, r->loop);
    hs_account(r->hs, BOT, "secret");
    snprintf(r->token, sizeof r->token, "%s", hs_token(r->hs, BOT, "DEVICE"));
    create_parts(r);
    *state = r;
    return 0;
}

int reader_done(void **state)
{
    struct reader *r = *state;
    destroy_parts(r);
    hs_stop(r->hs);
    store_close(r->store);
    net_destroy(r->net);
    metrics_destroy(r->metrics);
    loop_destroy(r->loop);
    log_set_sink(NULL, NULL);
    buf_done(&r->log);
    mem_free(r->events);
    mem_free(r);
    return 0;
}

void reader_run(struct reader *r, int64_t ms)
{
    loop_advance(r->loop, clock_wall_at(&r->clock) + ms);
}

void reader_start(struct reader *r)
{
    matrix_direct_start(r->session.direct);
    matrix_sync_start(r->session.sync);
    reader_run(r, 1000);
}

void reader_die(struct reader *r)
{
    destroy_parts(r);
    assert_int_equal(store_crash(r->store), 0);
    create_parts(r);
}

/* ---- rooms, events --------------------------------------------------------------------------- */

static void configure(struct reader *r, const char *name)
{
    size_t i = 0;
    while (r->rooms[i])
        i++;
    assert_true(i < READER_NAMES_MAX - 1);
    r->rooms[i] = name;
}

const char *reader_room(struct reader *r, const char *user)
{
    const char *id = hs_room(r->hs, "@owner:home", NULL, NULL);
    hs_join(r->hs, id, BOT);
    if (user)
        hs_join(r->hs, id, user);
    configure(r, id);
    return id;
}

struct matrix_room *reader_find(struct reader *r, const char *id)
{
    return matrix_rooms_by_id(r->session.rooms, str_of(id));
}

const struct reader_event *reader_said(const struct reader *r, const char *text)
{
    const struct reader_event *found = NULL;
    for (size_t i = 0; i < r->event_count; i++) {
        if (strcmp(r->events[i].text, text) != 0)
            continue;
        assert_null(found);
        found = &r->events[i];
    }
    return found;
}

const struct reader_event *reader_nth(const struct reader *r, enum chat_kind kind, size_t n)
{
    for (size_t i = 0; i < r->event_count; i++)
        if (r->events[i].kind == kind && n-- == 0)
            return &r->events[i];
    return NULL;
}

size_t reader_count(const struct reader *r, enum chat_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < r->event_count; i++)
        count += r->events[i].kind == kind;
    return count;
}

size_t reader_notices(const struct reader *r, enum chat_notice what)
{
    size_t count = 0;
    for (size_t i = 0; i < r->notice_count; i++)
        count += r->notices[i].what == what;
    return count;
}

bool reader_logged(const struct reader *r, const char *event)
{
    AUTO_BUF wanted;
    buf_init(&wanted, 256);
    buf_add_format(&wanted, "event=%s", event);
    return str_find(buf_str(&r->log), buf_str(&wanted), 0) != SIZE_MAX;
}

int reader_read(struct reader *r, struct matrix_room *room, const char *text)
{
    struct arena arena = {0};
    struct chat_event event;
    const struct tree *tree;
    int result = matrix_event_parse(&arena, str_of(text), &tree);
    if (result == 0)
        result = matrix_event_read(&r->session, room, tree, false, &arena, &event);
    if (result > 0)
        note(r, &event);
    arena_done(&arena);
    return result;
}

const struct reader_event *reader_last(const struct reader *r)
{
    assert_true(r->event_count > 0);
    return &r->events[r->event_count - 1];
}

struct matrix_room *reader_known(struct reader *r, const char *id, const char *name,
                                 const char *with)
{
    struct matrix_room *room = matrix_rooms_add(r->session.rooms, str_of(id));
    assert_non_null(room);
    if (name)
        assert_int_equal(matrix_rooms_name(r->session.rooms, room, str_of(name)), 0);
    if (with)
        assert_int_equal(matrix_rooms_private(r->session.rooms, room, str_of(with)), 0);
    room->state->is_joined = room->state->is_known = true;
    matrix_room_settle(room);
    return room;
}

void reader_state(struct reader *r, struct matrix_room *room, const char *text)
{
    struct arena arena = {0};
    const struct tree *tree;
    assert_int_equal(matrix_event_parse(&arena, str_of(text), &tree), 0);
    assert_int_equal(matrix_rooms_state(r->session.rooms, room, tree), 0);
    arena_done(&arena);
}
