/* SPDX-License-Identifier: MIT */
/* network.c: the bot's side of the whole Matrix network. */
#include "network.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "observe/log.h"
#include "store/events.h"

enum { AGAIN_MS = 2000 };

static void copy(char *out, size_t size, struct str text)
{
    str_to_c(str_upto(text, size - 1), out, size);
}

/* ---- the outbox ------------------------------------------------------------------------------ */

static int give(struct network *n, size_t index)
{
    struct network_message *kept = &n->messages[index];
    char transaction[40];
    snprintf(transaction, sizeof transaction, "mooring-%zu", index);
    struct str line = str_of(kept->text);
    struct chat_message message = {
        .token = index,
        .flags = kept->flags,
        .room = str_of(kept->room),
        .user = str_of(kept->user),
        .identity = str_of(kept->user),
        .answers_id = str_of(kept->answers),
        .transaction_id = str_of(transaction),
        .may_be_sent = kept->may_be_sent,
        .created_at = kept->created_at,
        .markdown = str_of(kept->text),
        .lines = &line,
        .line_count = 1,
    };
    return n->chat->class->send(n->chat, &message);
}

/* A first of each place goes before its second: as the outbox orders them. */
static bool is_behind(const struct network *n, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (!n->messages[i].over && !n->messages[i].given &&
            strcmp(n->messages[i].room, n->messages[index].room) == 0 &&
            strcmp(n->messages[i].user, n->messages[index].user) == 0)
            return true;
    return false;
}

static void give_all(struct network *n)
{
    bool left = false;
    for (size_t i = 0; i < n->message_count; i++) {
        struct network_message *message = &n->messages[i];
        if (message->over || message->given)
            continue;
        if (!is_behind(n, i) && n->chat && give(n, i) == 0) {
            message->given = true;
            message->may_be_sent = true;
        } else {
            left = true;
        }
    }
    if (left && !loop_timer_armed(&n->again))
        assert_int_equal(loop_timer_arm_in(n->loop, &n->again, AGAIN_MS), 0);
}

static void on_again(struct loop_timer *timer)
{
    give_all(CONTAINER_OF(timer, struct network, again));
}

static size_t add_message(struct network *n, const char *room, const char *user, const char *text,
                          unsigned flags, const char *answers)
{
    assert_true(n->message_count < NETWORK_MESSAGES);
    struct network_message *message = &n->messages[n->message_count];
    *message = (struct network_message){.flags = flags, .created_at = clock_wall_at(&n->clock)};
    snprintf(message->room, sizeof message->room, "%s", room);
    snprintf(message->user, sizeof message->user, "%s", user);
    snprintf(message->text, sizeof message->text, "%s", text);
    snprintf(message->answers, sizeof message->answers, "%s", answers);
    return n->message_count++;
}

size_t network_say(struct network *n, const char *room, const char *text)
{
    size_t index = add_message(n, room, "", text, 0, "");
    give_all(n);
    return index;
}

bool network_all_said(const struct network *n)
{
    for (size_t i = 0; i < n->message_count; i++)
        if (!n->messages[i].over)
            return false;
    return true;
}

static void on_sent(void *ctx, struct chat_network *network, uint64_t token,
                    enum chat_outcome outcome, struct str id)
{
    struct network *n = ctx;
    (void)network;
    assert_true(token < n->message_count);
    struct network_message *message = &n->messages[token];
    assert_true(message->given && !message->over); /* told exactly once for each giving */
    message->given = false;
    message->over = outcome != CHAT_FAILED;
    message->outcome = outcome;
    copy(message->id, sizeof message->id, id);
    if (!message->over && !loop_timer_armed(&n->again))
        assert_int_equal(loop_timer_arm_in(n->loop, &n->again, AGAIN_MS), 0);
}

static void on_ready(void *ctx, struct chat_network *network)
{
    struct network *n = ctx;
    (void)network;
    if (!loop_timer_armed(&n->again))
        assert_int_equal(loop_timer_arm_in(n->loop, &n->again, 0), 0);
}

/* ---- the inbox ------------------------------------------------------------------------------- */

static bool is_seen(const struct network *n, struct str id)
{
    for (size_t i = 0; !str_empty(id) && i < n->event_count; i++)
        if (str_eq_c(id, n->events[i].id))
            return true;
    return false;
}

static void take_event(struct network *n, const struct chat_event *event)
{
    if (is_seen(n, event->id)) {
        n->repeats++;
        return;
    }
    assert_true(n->event_count < NETWORK_EVENTS);
    struct network_event *kept = &n->events[n->event_count++];
    *kept = (struct network_event){
        .kind = event->kind, .flags = event->flags, .sent_at = event->sent_at};
    copy(kept->room, sizeof kept->room, event->room);
    copy(kept->sender, sizeof kept->sender, event->sender);
    copy(kept->id, sizeof kept->id, event->id);
    copy(kept->relates_to, sizeof kept->relates_to, event->relates_to);
    copy(kept->display, sizeof kept->display, event->display);
    copy(kept->text, sizeof kept->text, event->text);
    unsigned never = CHAT_OWN | CHAT_NOTICE | CHAT_FROM_BOT;
    if (!n->answers || event->kind != CHAT_MESSAGE || (event->flags & never) ||
        strncmp(kept->text, "!ping ", 6) != 0)
        return;
    char text[40];
    snprintf(text, sizeof text, "pong %.20s", kept->text + 6);
    bool is_private = event->flags & CHAT_PRIVATE;
    add_message(n, is_private ? "" : kept->room, is_private ? kept->sender : "", text,
                CHAT_SEND_ANSWER, kept->id);
}

/* As a turn does it: everything or nothing. */
static int on_batch(void *ctx, const struct chat_batch *batch)
{
    struct network *n = ctx;
    for (size_t i = 0; n->disk_full && i < batch->count; i++)
        n->past_disk += batch->events[i].kind == CHAT_MESSAGE;
    if (n->disk_full)
        return -ENOSPC;
    for (size_t i = 0; i < batch->count; i++)
        take_event(n, &batch->events[i]);
    int r = 0;
    if (!str_empty(batch->cursor))
        r = store_events_put_cursor(n->store, str_of(n->chat->name), batch->cursor_target,
                                    batch->cursor);
    if (r >= 0 && batch->keep)
        r = batch->keep(batch->keep_ctx);
    if (r >= 0)
        r = store_commit(n->store);
    else
        store_rollback(n->store);
    on_ready(n, n->chat); /* answers are given behind the commit */
    return MIN_OF(r, 0);
}

/* ---- what else the network asks and tells ---------------------------------------------------- */

static void on_state(void *ctx, struct chat_network *network, enum chat_state state)
{
    static const char *const NAMES[CHAT_STATE_COUNT] = {"down ", "connecting ", "up "};
    struct network *n = ctx;
    size_t used = strlen(n->states);
    (void)network;
    snprintf(n->states + used, sizeof n->states - used, "%s", NAMES[state]);
}

static void on_notice(void *ctx, struct chat_network *network, enum chat_notice what,
                      struct str room, size_t count)
{
    struct network *n = ctx;
    (void)network;
    if (n->notice_count == NETWORK_NOTICES)
        return;
    n->notices[n->notice_count].what = what;
    n->notices[n->notice_count].count = count;
    copy(n->notices[n->notice_count].room, sizeof n->notices[0].room, room);
    n->notice_count++;
}

static void on_listed(void *ctx, struct chat_network *network, struct str space, struct str room,
                      bool there)
{
    (void)ctx, (void)network, (void)space, (void)room, (void)there;
}

static void each_room(void *ctx, struct str name, void (*each)(void *each_ctx, struct str room),
                      void *each_ctx)
{
    struct network *n = ctx;
    (void)name;
    for (size_t i = 0; i < NETWORK_ROOMS && n->rooms[i]; i++)
        each(each_ctx, str_of(n->rooms[i]));
}

static bool held_before(void *ctx, struct str name, struct str room)
{
    const struct network *n = ctx;
    (void)name;
    return n->held && str_eq_c(room, n->held);
}

static void each_space(void *ctx, struct str name, void (*each)(void *each_ctx, struct str space),
                       void *each_ctx)
{
    (void)ctx, (void)name, (void)each, (void)each_ctx;
}

static const unsigned char MASTER[32] = "a key for tests, nothing else..";

static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    struct network *n = ctx;
    if (str_eq(name, STR("pw"))) {
        buf_add_c(ret_secret, n->secret);
    } else if (str_eq(name, STR("master-key"))) {
        for (size_t i = 0; i < sizeof MASTER; i++)
            buf_add_format(ret_secret, "%02x", MASTER[i]);
    } else {
        return error_set(error, -ENOENT, "no such credential");
    }
    return ret_secret->failed;
}

static struct store *store_of(void *ctx)
{
    return ((struct network *)ctx)->store;
}

/* Anna looks after the rooms, ben is known. */
static enum chat_standing standing(void *ctx, struct str network, struct str identity)
{
    (void)ctx, (void)network;
    return str_eq_c(identity, ANNA)  ? CHAT_MODERATOR
           : str_eq_c(identity, BEN) ? CHAT_MEMBER
                                     : CHAT_STRANGER;
}

static void on_log(void *ctx, enum log_level level, struct str line)
{
    struct network *n = ctx;
    (void)level;
    if (n->log.len > (1u << 20)) /* tests look at what is new */
        buf_clear(&n->log);
    buf_add(&n->log, line);
    buf_add_byte(&n->log, '\n');
}

/* ---- life ------------------------------------------------------------------------------------ */

struct network *network_make(void)
{
    struct network *n = calloc(1, sizeof *n);
    struct error error = {0};
    assert_non_null(n);
    buf_init(&n->log, 4u << 20);
    log_set_sink(on_log, n);
    n->login = "password";
    n->options = "";
    n->answers = true;
    snprintf(n->secret, sizeof n->secret, "secret");
    snprintf(n->folder, sizeof n->folder, "/tmp/mooring-matrix-XXXXXX");
    assert_non_null(mkdtemp(n->folder));
    clock_init_virtual(&n->clock, NETWORK_START);
    random_seed(&n->random, 7);
    n->again = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_again};
    assert_int_equal(loop_create(&n->clock, &n->loop), 0);
    assert_int_equal(net_create(n->loop, &n->net, &error), 0);
    n->metrics = metrics_create();
    struct store_options options = {.clock = &n->clock, .folder = n->folder, .master_key = MASTER};
    assert_int_equal(store_open(&options, &n->store, &error), 0);
    n->hs = hs_start(n->net, n->loop);
    hs_account(n->hs, BOT, "secret");
    hs_account(n->hs, ANNA, NULL);
    hs_account(n->hs, BEN, NULL);
    return n;
}

static void on_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    print_message("    %s\n", mistake->text);
}

static void load_settings(struct network *n)
{
    char path[] = "/tmp/mooring-matrix-XXXXXX";
    int fd = mkstemp(path);
    struct settings_schema schema = {.tables = &settings_core, .table_count = 1};
    assert_true(fd >= 0);
    assert_true(dprintf(fd,
                        "networks = ( { name = \"home\"; kind = \"matrix\"; homeserver = "
                        "\"memory://home\"; user = \"bot\"; login = \"%s\"; password_credential = "
                        "\"pw\"; %s } );\ngroups = ( { name = \"harbor\"; zone = \"Etc/UTC\"; "
                        "rooms = ( { network = \"home\"; room = \"#harbor:home\"; } ); } );\n"
                        "plugins = [\"checkin\"];\n",
                        n->login, n->options) > 0);
    close(fd);
    int r = settings_load(path, &schema, on_mistake, NULL, &n->settings);
    unlink(path);
    assert_int_equal(r, 0);
}

void network_open(struct network *n)
{
    if (!n->settings)
        load_settings(n);
    const struct chat_env env = {
        .loop = n->loop,
        .net = n->net,
        .metrics = n->metrics,
        .random = &n->random,
        .content_folders = NULL,
        .sink = {.ctx = n,
                 .batch = on_batch,
                 .sent = on_sent,
                 .ready = on_ready,
                 .state = on_state,
                 .notice = on_notice,
                 .listed = on_listed},
        .ctx = n,
        .each_room = each_room,
        .credential = credential,
        .state_folder = str_of(n->folder),
        .store = store_of,
        .standing = standing,
        .each_space = each_space,
        .held_before = held_before,
    };
    struct error error = {0};
    const struct chat_class *class = chat_class_find(STR("matrix"));
    assert_non_null(class);
    const struct settings_node *list = settings_at(settings_root(n->settings), "networks");
    int r = class->create(&env, settings_item(list, 0), &n->chat, &error);
    if (r < 0)
        fail_msg("%s", error.text);
    assert_int_equal(class->start(n->chat), 0);
}

bool network_is_up(const struct network *n)
{
    return n->chat->state == CHAT_UP;
}

void network_up(struct network *n)
{
    network_open(n);
    for (int i = 0; i < 600 && !network_is_up(n); i++)
        network_run(n, 100);
    if (!network_is_up(n)) {
        for (size_t i = 0; i < hs_request_count(n->hs); i++)
            print_message("    %s\n", hs_request_at(n->hs, i));
        fail_msg("it does not come up:\n%.*s", STR_ARG(buf_str(&n->log)));
    }
    network_run(n, 2000); /* rooms are joined */
}

static void drop_chat(struct network *n)
{
    if (n->chat)
        n->chat->class->destroy(n->chat);
    n->chat = NULL;
}

void network_die(struct network *n)
{
    loop_timer_disarm(n->loop, &n->again);
    drop_chat(n);
    assert_int_equal(store_crash(n->store), 0);
    for (size_t i = 0; i < n->message_count; i++)
        n->messages[i].given = false;
    hs_cut_all(n->hs);
    network_open(n);
    on_ready(n, n->chat);
}

static int remove_one(const char *path, const struct stat *info, int flag, struct FTW *where)
{
    (void)info, (void)flag, (void)where;
    return remove(path);
}

void network_close(struct network *n)
{
    loop_timer_disarm(n->loop, &n->again);
    drop_chat(n);
    hs_stop(n->hs);
    store_close(n->store);
    net_destroy(n->net);
    metrics_destroy(n->metrics);
    settings_destroy(n->settings);
    loop_destroy(n->loop);
    log_set_sink(NULL, NULL);
    buf_done(&n->log);
    nftw(n->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(n);
}

void network_run(struct network *n, int64_t ms)
{
    loop_advance(n->loop, clock_wall_at(&n->clock) + ms);
}

const char *network_room(struct network *n, const char *alias)
{
    const char *id = hs_room(n->hs, ANNA, NULL, alias);
    hs_join(n->hs, id, BOT);
    hs_join(n->hs, id, BEN);
    size_t i = 0;
    while (n->rooms[i])
        i++;
    assert_true(i + 1 < NETWORK_ROOMS);
    n->rooms[i] = alias;
    return id;
}

/* ---- what came of it ------------------------------------------------------------------------- */

size_t network_heard(const struct network *n, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < n->event_count; i++)
        count += n->events[i].kind == CHAT_MESSAGE && strcmp(n->events[i].text, text) == 0;
    return count;
}

const struct network_event *network_find(const struct network *n, const char *text)
{
    for (size_t i = 0; i < n->event_count; i++)
        if (strcmp(n->events[i].text, text) == 0)
            return &n->events[i];
    return NULL;
}

size_t network_noticed(const struct network *n, enum chat_notice what)
{
    size_t count = 0;
    for (size_t i = 0; i < n->notice_count; i++)
        count += n->notices[i].what == what;
    return count;
}

bool network_logged(const struct network *n, const char *piece)
{
    return str_find(buf_str(&n->log), str_of(piece), 0) != SIZE_MAX;
}

void network_expect_row(struct network *n, const char *room, const char *prefix, int from, int to)
{
    size_t count = hs_count(n->hs, room, BOT, "m.room.message");
    char expected[80];
    for (int i = from; i <= to; i++) {
        snprintf(expected, sizeof expected, "%s%d", prefix, i);
        const char *body = hs_body(n->hs, room, BOT, (size_t)(i - from));
        if (strcmp(body, expected) != 0)
            fail_msg("message %d is \"%s\", not \"%s\" (of %zu)", i - from, body, expected, count);
    }
    assert_int_equal(count, to - from + 1);
}
