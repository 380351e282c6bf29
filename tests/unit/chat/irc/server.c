/* SPDX-License-Identifier: MIT */
/* server.c: the scripted server's good manners; a test switches off those that it wants to be bad.
 */
#include "server.h"

#include "observe/log.h"
#include "store/store.h"

/* ---- the bot's side -------------------------------------------------------------------------- */

static void copy(char *out, size_t size, struct str text)
{
    str_to_c(str_upto(text, size - 1), out, size);
}

/* As a turn does it: what the network keeps is committed behind the events. */
static int keep(struct server *server, const struct chat_batch *batch)
{
    int r = batch->keep ? batch->keep(batch->keep_ctx) : 0;
    if (server->store && r >= 0)
        r = store_commit(server->store);
    else if (server->store)
        store_rollback(server->store);
    return MIN_OF(r, 0);
}

static struct store *store_of(void *ctx)
{
    return ((struct server *)ctx)->store;
}

static int on_batch(void *ctx, const struct chat_batch *batch)
{
    struct server *server = ctx;
    for (size_t i = 0; i < batch->count; i++) {
        const struct chat_event *event = &batch->events[i];
        if (server->event) {
            server->event(server, event);
            continue;
        }
        assert_true(server->event_count < SERVER_EVENTS_MAX);
        struct server_event *kept = &server->events[server->event_count++];
        *kept = (struct server_event){
            .kind = event->kind, .flags = event->flags, .sent_at = event->sent_at};
        copy(kept->room, sizeof(kept->room), event->room);
        copy(kept->sender, sizeof(kept->sender), event->sender);
        copy(kept->account, sizeof(kept->account), event->account);
        copy(kept->id, sizeof(kept->id), event->id);
        copy(kept->relates_to, sizeof(kept->relates_to), event->relates_to);
        copy(kept->called, sizeof(kept->called), event->called);
        copy(kept->text, sizeof(kept->text), event->text);
    }
    return keep(server, batch);
}

static void on_sent(void *ctx, struct chat_network *network, uint64_t token,
                    enum chat_outcome outcome, struct str id)
{
    struct server *server = ctx;
    (void)network;
    assert_true(server->sent_count < SERVER_SENT_MAX);
    struct server_sent *sent = &server->sent[server->sent_count++];
    *sent = (struct server_sent){.token = token, .outcome = outcome};
    copy(sent->id, sizeof(sent->id), id);
}

static void on_ready(void *ctx, struct chat_network *network)
{
    (void)network;
    ((struct server *)ctx)->ready_count++;
}

static void on_notice(void *ctx, struct chat_network *network, enum chat_notice what,
                      struct str room, size_t count)
{
    (void)network, (void)room, (void)count;
    ((struct server *)ctx)->notices[what]++;
}

static void on_state(void *ctx, struct chat_network *network, enum chat_state state)
{
    static const char *const names[CHAT_STATE_COUNT] = {"down ", "connecting ", "up "};
    struct server *server = ctx;
    size_t used = strlen(server->states);
    (void)network;
    snprintf(server->states + used, sizeof(server->states) - used, "%s", names[state]);
}

static void each_room(void *ctx, struct str network, void (*each)(void *each_ctx, struct str room),
                      void *each_ctx)
{
    struct server *server = ctx;
    assert_true(str_eq_c(network, "sea"));
    for (size_t i = 0; i < COUNT_OF(server->rooms) && server->rooms[i]; i++)
        each(each_ctx, str_of(server->rooms[i]));
    for (size_t i = 0; i < server->more_rooms; i++) {
        char name[32];
        snprintf(name, sizeof(name), "#room%zu", i);
        each(each_ctx, str_of(name));
    }
}

static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    struct server *server = ctx;
    if (!server->secret)
        return error_set(error, -ENOENT, "no credential \"%.*s\"", STR_ARG(name));
    buf_add_c(ret_secret, server->secret);
    return 0;
}

static void on_log(void *ctx, enum log_level level, struct str line)
{
    struct server *server = ctx;
    (void)level;
    buf_add(&server->log, line);
    buf_add_byte(&server->log, '\n');
}

/* ---- the server's side ----------------------------------------------------------------------- */

static void reply(struct server *server, const char *format, ...) PRINTF_LIKE(2, 3);
static void reply(struct server *server, const char *format, ...)
{
    AUTO_BUF line = {.limit = 20000};
    va_list args;
    if (!server->connection)
        return;
    va_start(args, format);
    buf_add_format_args(&line, format, args);
    va_end(args);
    buf_add_c(&line, "\r\n");
    assert_int_equal(line.failed, 0);
    assert_true(memory_write(server->connection, buf_str(&line)) >= 0);
}

static void welcome(struct server *server)
{
    if (server->welcomed || server->cap_open || !server->has_user || server->no_welcome ||
        !server->nick[0])
        return;
    server->welcomed = true;
    if (server->motd_time)
        reply(server, "@time=%s :irc.sea.example 001 %s :Welcome", server->motd_time, server->nick);
    else
        reply(server, ":irc.sea.example 001 %s :Welcome", server->nick);
    reply(server, ":irc.sea.example 005 %s %s :are supported by this server", server->nick,
          server->isupport);
    reply(server, ":irc.sea.example 422 %s :no motd", server->nick);
}

static void on_cap(struct server *server, struct str rest)
{
    if (!server->caps)
        return;
    if (str_starts(rest, STR("LS"))) {
        server->cap_open = true;
        reply(server, ":irc.sea.example CAP * LS :%s", server->caps);
    } else if (str_starts(rest, STR("REQ ")) && !server->no_ack) {
        struct str list = str_from(rest, 4);
        reply(server, ":irc.sea.example CAP * ACK %s%.*s", list.ptr[0] == ':' ? "" : ":",
              STR_ARG(list));
    } else if (str_starts(rest, STR("END"))) {
        server->cap_open = false;
        welcome(server);
    }
}

static void on_authenticate(struct server *server, struct str rest)
{
    if (server->authenticate)
        server->authenticate(server, rest);
    if (server->no_login || server->authenticate)
        return;
    if (str_eq_c(rest, "PLAIN")) {
        reply(server, "AUTHENTICATE +");
        return;
    }
    reply(server, ":irc.sea.example 900 * * harbor-bot :You are now logged in");
    reply(server, ":irc.sea.example 903 * :ok");
}

static void on_join(struct server *server, struct str list)
{
    struct str channel;
    while (!server->no_join && str_split(&list, ',', &channel)) {
        reply(server, ":%s!~bot@host.example JOIN %.*s * :bot", server->nick, STR_ARG(channel));
        reply(server, ":irc.sea.example 366 %s %.*s :end", server->nick, STR_ARG(channel));
    }
}

/* "WHO #harbor %tna,77": nobody is there. */
static void on_who(struct server *server, struct str rest)
{
    struct str channel;
    if (!server->no_who && str_word(&rest, &channel))
        reply(server, ":irc.sea.example 315 %s %.*s :end", server->nick, STR_ARG(channel));
}

static void on_say(struct server *server, struct str tags, struct str line)
{
    if (server->no_echo || !server->caps || !strstr(server->caps, "echo-message"))
        return;
    if (tags.len)
        reply(server, "@%.*s;msgid=id-%zu :%s!~bot@host.example %.*s", STR_ARG(tags),
              server->line_count, server->nick, STR_ARG(line));
    else
        reply(server, ":%s!~bot@host.example %.*s", server->nick, STR_ARG(line));
}

static void on_line(struct server *server, struct str line)
{
    struct str tags = STR("");
    assert_true(server->line_count < SERVER_LINES_MAX);
    server->lines[server->line_count] = str_copy(line);
    assert_non_null(server->lines[server->line_count++]);
    if (line.len && line.ptr[0] == '@') {
        size_t space = str_find(line, STR(" "), 0);
        tags = str_from(str_upto(line, space), 1);
        line = str_from(line, space + 1);
    }
    if (str_starts(line, STR("CAP ")))
        on_cap(server, str_from(line, 4));
    else if (str_starts(line, STR("NICK ")) && !server->welcomed)
        copy(server->nick, sizeof(server->nick), str_from(line, 5));
    else if (str_starts(line, STR("USER ")))
        server->has_user = true;
    else if (str_starts(line, STR("CHATHISTORY ")) && server->history)
        server->history(server, str_from(line, 12));
    else if (str_starts(line, STR("AUTHENTICATE ")))
        on_authenticate(server, str_from(line, 13));
    else if (str_starts(line, STR("JOIN ")))
        on_join(server, str_from(line, 5));
    else if (str_starts(line, STR("WHO ")))
        on_who(server, str_from(line, 4));
    else if (str_starts(line, STR("PING ")) && !server->no_pong)
        reply(server, ":irc.sea.example PONG irc.sea.example :%.*s", STR_ARG(str_from(line, 5)));
    else if (str_starts(line, STR("PRIVMSG ")) || str_starts(line, STR("NOTICE ")))
        on_say(server, tags, line);
    if (str_starts(line, STR("USER ")))
        welcome(server);
}

static void on_bytes(void *ctx, struct memory_connection *connection, struct str bytes)
{
    struct server *server = ctx;
    (void)connection;
    buf_add(&server->partial, bytes);
    for (;;) {
        size_t end = str_find(buf_str(&server->partial), STR("\r\n"), 0);
        if (end == SIZE_MAX)
            return;
        assert_true(end <= 510 || server->partial.ptr[0] == '@');
        on_line(server, str_upto(buf_str(&server->partial), end));
        buf_drop(&server->partial, end + 2);
    }
}

static void on_accepted(void *ctx, struct memory_connection *connection)
{
    struct server *server = ctx;
    server->connection = connection;
    server->connections++;
    server->cap_open = server->has_user = server->welcomed = false;
    server->nick[0] = '\0';
    buf_clear(&server->partial);
}

static void on_closed(void *ctx, struct memory_connection *connection)
{
    struct server *server = ctx;
    if (server->connection == connection)
        server->connection = NULL;
}

/* ---- the harness ----------------------------------------------------------------------------- */

struct server *server_make(void)
{
    struct server *server = mem_zalloc(sizeof(*server));
    assert_non_null(server);
    server->caps = SERVER_CAPS;
    server->isupport = "CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+ NICKLEN=16 STATUSMSG=@+";
    server->rooms[0] = "#harbor";
    server->secret = "secret";
    snprintf(server->content, sizeof(server->content), "%s/config", getenv("MOORING_SOURCE_DIR"));
    server->content_folders[0] = server->content;
    server->options = (struct irc_options){.name = STR("sea"),
                                           .host = STR("memory:sea"),
                                           .port = 6667,
                                           .nicks = {STR("harbor-bot"), STR("harbor-bot2")},
                                           .nick_count = 2,
                                           .username = STR("mooring"),
                                           .realname = STR("Peer-support bot"),
                                           .flood_lines = 4};
    buf_init(&server->partial, 1024 * 1024);
    buf_init(&server->log, 1024 * 1024);
    random_seed(&server->random, 1);
    clock_init_virtual(&server->clock, SERVER_START_AT);
    return server;
}

void server_open(struct server *server)
{
    struct error error = {0};
    struct memory_peer_events events = {
        .accepted = on_accepted, .bytes = on_bytes, .closed = on_closed, .ctx = server};
    log_set_level(LOG_LEVEL_DEBUG);
    log_set_sink(on_log, server);
    assert_int_equal(loop_create(&server->clock, &server->loop), 0);
    assert_int_equal(net_create(server->loop, &server->net, &error), 0);
    assert_int_equal(memory_listen(server->net, STR("sea"), &events, &server->peer), 0);
    struct chat_env env = {.loop = server->loop,
                           .net = server->net,
                           .random = &server->random,
                           .sink = {server, on_batch, on_sent, on_ready, on_state, on_notice},
                           .content_folders = server->content_folders,
                           .content_folder_count = server->content[0] ? 1 : 0,
                           .ctx = server,
                           .each_room = each_room,
                           .credential = credential,
                           .store = store_of};
    assert_int_equal(
        irc_session_create(&env, &server->options, &irc_class, &server->session, &error), 0);
    assert_int_equal(irc_class.start(&server->session->network), 0);
    server_run(server, 0);
}

struct server *server_opened(const char *caps)
{
    struct server *server = server_make();
    server->caps = caps;
    server->options.flood_line_ms = 0;
    server_open(server);
    server_forget(server);
    return server;
}

size_t server_budget(struct server *server)
{
    return irc_class.line_bytes(&server->session->network, STR("#harbor"), STR(""));
}

void server_close(struct server *server)
{
    if (server->session)
        irc_class.destroy(&server->session->network);
    if (server->peer)
        memory_unlisten(server->peer);
    net_destroy(server->net);
    loop_destroy(server->loop);
    log_set_sink(NULL, NULL);
    for (size_t i = 0; i < server->line_count; i++)
        mem_free(server->lines[i]);
    buf_done(&server->partial);
    buf_done(&server->log);
    mem_free(server);
}

void server_run(struct server *server, int64_t ms)
{
    loop_advance(server->loop, clock_wall_at(&server->clock) + ms);
}

void server_says(struct server *server, const char *format, ...)
{
    AUTO_BUF line = {.limit = 20000};
    va_list args;
    va_start(args, format);
    buf_add_format_args(&line, format, args);
    va_end(args);
    buf_add_c(&line, "\r\n");
    assert_non_null(server->connection);
    assert_true(memory_write(server->connection, buf_str(&line)) >= 0);
    server_run(server, 0);
}

void server_replies(struct server *server, const char *format, ...)
{
    AUTO_BUF line = {.limit = 20000};
    va_list args;
    va_start(args, format);
    buf_add_format_args(&line, format, args);
    va_end(args);
    reply(server, "%s", line.ptr);
}

void server_hang_up(struct server *server)
{
    struct memory_connection *connection = TAKE(server->connection);
    assert_non_null(connection);
    memory_close(connection, -ECONNRESET);
    server_run(server, 0);
}

const char *server_next(struct server *server)
{
    return server->taken < server->line_count ? server->lines[server->taken++] : NULL;
}

bool server_heard(struct server *server, const char *line)
{
    for (size_t i = server->taken; i < server->line_count; i++) {
        if (strcmp(server->lines[i], line) != 0)
            continue;
        server->taken = i + 1;
        return true;
    }
    for (size_t i = server->taken; i < server->line_count; i++)
        print_message("    not that: %s\n", server->lines[i]);
    return false;
}

size_t server_count(const struct server *server, const char *beginning)
{
    size_t count = 0;
    for (size_t i = 0; i < server->line_count; i++)
        count += strncmp(server->lines[i], beginning, strlen(beginning)) == 0;
    return count;
}

bool server_ever_heard(const struct server *server, const char *beginning)
{
    return server_count(server, beginning) > 0;
}

void server_forget(struct server *server)
{
    server->taken = server->line_count;
    server->event_count = 0;
}

int server_send(struct server *server, const struct chat_message *message, const char *const *lines)
{
    struct chat_message whole = *message;
    struct str views[64];
    for (whole.line_count = 0; lines[whole.line_count]; whole.line_count++)
        views[whole.line_count] = str_of(lines[whole.line_count]);
    whole.lines = views;
    int r = irc_class.send(&server->session->network, &whole);
    server_run(server, 0);
    return r;
}

int server_send_room(struct server *server, uint64_t token, unsigned flags, const char *text)
{
    struct chat_message message = {.token = token, .flags = flags, .room = STR("#harbor")};
    return server_send(server, &message, (const char *const[]){text, NULL});
}

int server_send_private(struct server *server, uint64_t token, unsigned flags, const char *user,
                        const char *identity, const char *text)
{
    struct chat_message message = {
        .token = token, .flags = flags, .user = str_of(user), .identity = str_of(identity)};
    return server_send(server, &message, (const char *const[]){text, NULL});
}

int server_outcome(const struct server *server, uint64_t token)
{
    int outcome = -1;
    for (size_t i = 0; i < server->sent_count; i++) {
        if (server->sent[i].token != token)
            continue;
        assert_int_equal(outcome, -1); /* exactly once */
        outcome = (int)server->sent[i].outcome;
    }
    return outcome;
}

bool server_logged(const struct server *server, const char *piece)
{
    return server->log.ptr && strstr(server->log.ptr, piece) != NULL;
}
