/* SPDX-License-Identifier: MIT */
/* session.c: one network from its start to its end: what it writes, its timers, whether the server
 * is still there. */
#include "chat/irc/session.h"

#include <errno.h>
#include <stdio.h>

#include "chat/irc/write.h"
#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

int64_t irc_session_now_ms(const struct irc_session *session)
{
    return clock_elapsed_ms(loop_clock(session->env.loop));
}

void irc_session_arm(struct irc_session *session, struct loop_timer *timer, int64_t in_ms)
{
    int r = loop_timer_arm_in(session->env.loop, timer, in_ms);
    if (r < 0)
        log_event(LOG_LEVEL_ERROR, "irc_timer_failed", NETWORK(session), LOG_ERRNO(r));
}

void irc_session_tell_state(struct irc_session *session, enum chat_state state)
{
    session->network.state = state;
    if (state == CHAT_UP && session->login != IRC_LOGIN_FAILED)
        session->trouble = (struct error){0};
    if (session->up)
        metric_set(session->up, state == CHAT_UP);
    if (session->env.sink.state)
        session->env.sink.state(session->env.sink.ctx, &session->network, state);
}

void irc_session_set_state(struct irc_session *session, enum chat_state state)
{
    if (session->network.state != state)
        irc_session_tell_state(session, state);
}

int irc_session_write(struct irc_session *session, struct str line)
{
    if (!session->stream)
        return -ENOTCONN;
    int r = stream_write_line(session->stream, line);
    if (r >= 0 && session->lines_out)
        metric_add(session->lines_out, 1);
    return r;
}

static bool compose(struct irc_session *session, const char *command, const struct str *params,
                    size_t count)
{
    struct irc_write write = {.command = str_of(command), .params = params, .param_count = count};
    int r = irc_write_line(&write, &session->line);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "irc_line_refused", NETWORK(session),
                  LOG_TEXT("command", command), LOG_ERRNO(r));
    return r >= 0;
}

/* Past the queue, for what keeps the connection alive (PONG, CAP, QUIT); it still counts against
 * the flood limit, for the server counts it. */
void irc_session_now(struct irc_session *session, const char *command, const struct str *params,
                     size_t count)
{
    if (!session->stream || !compose(session, command, params, count))
        return;
    irc_flood_force(&session->flood, session->line.len, irc_session_now_ms(session));
    int r = irc_session_write(session, buf_str(&session->line));
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "irc_write_failed", NETWORK(session),
                  LOG_TEXT("command", command), LOG_ERRNO(r));
}

/* At the pace that the server allows.  A visitor says no more than what gets it in: where a server
 * makes one client of all who log in to an account (Ergo), what it said would be the bot's. */
static void push(struct irc_session *session, const char *command, const struct str *params,
                 size_t count, bool is_urgent)
{
    if (session->options.is_visit || !session->stream || !compose(session, command, params, count))
        return;
    int r = irc_flood_push(&session->flood, buf_str(&session->line), is_urgent);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "irc_queue_full", NETWORK(session),
                  LOG_TEXT("command", command), LOG_ERRNO(r));
    irc_outbound_wake(session);
}

void irc_session_later(struct irc_session *session, const char *command, const struct str *params,
                       size_t count)
{
    push(session, command, params, count, false);
}

void irc_session_soon(struct irc_session *session, const char *command, const struct str *params,
                      size_t count)
{
    push(session, command, params, count, true);
}

bool irc_session_is_us(const struct irc_session *session, struct str nick)
{
    return irc_casemap_same(session->isupport.casemap, nick, str_of(session->nick));
}

static void set_name(char *name, struct str value)
{
    if (value.len)
        str_to_c(str_upto(value, IRC_NAME_BYTES - 1), name, IRC_NAME_BYTES);
}

void irc_session_set_self(struct irc_session *session, struct str nick, struct str user,
                          struct str host)
{
    set_name(session->nick, nick);
    set_name(session->user, user);
    set_name(session->host, host);
}

/* Before we are seen anywhere: networks want to know, and other bots that read it do not answer us.
 */
static void mark_as_bot(struct irc_session *session)
{
    const char mode[3] = {'+', session->isupport.bot_mode, '\0'};
    if (!session->isupport.bot_mode || session->options.is_visit)
        return;
    irc_session_now(session, "MODE", IRC_PARAMS(str_of(session->nick), str_of(mode)));
    irc_flood_forgive(&session->flood); /* a part of getting in */
}

/* The case mapping is fixed from here on: names are keys folded by it. */
void irc_session_came_up(struct irc_session *session)
{
    if (session->phase != IRC_REGISTERING)
        return;
    session->phase = IRC_UP;
    session->up_ms = irc_session_now_ms(session);
    loop_timer_disarm(session->env.loop, &session->phase_timer);
    loop_timer_disarm(session->env.loop, &session->cap_timer);
    irc_session_arm(session, &session->lag_timer, IRC_SILENCE_MS);
    log_event(LOG_LEVEL_NOTICE, "irc_up", NETWORK(session),
              LOG_INT("logged_in", session->login == IRC_LOGIN_DONE),
              LOG_INT("epoch", session->network.epoch));
    session->casemap = session->isupport.casemap;
    session->want_ready = true;
    irc_session_set_state(session, CHAT_UP);
    irc_login_came_up(session);
    mark_as_bot(session);
    if (!irc_services_begin(session))
        irc_session_enter(session);
}

void irc_session_enter(struct irc_session *session)
{
    if (session->options.is_visit)
        return;
    irc_rooms_begin(session);
    irc_history_begin(session);
    irc_nickname_begin(session);
}

/* ---- timers and deferred calls --------------------------------------------------------------- */

static void phase_fired(struct loop_timer *timer)
{
    struct irc_session *session = CONTAINER_OF(timer, struct irc_session, phase_timer);
    switch (session->phase) {
    case IRC_WAITING:
        irc_connect_open(session);
        return;
    case IRC_OPENING:
        irc_session_drop(session, IRC_WAIT_NORMAL, "no connection in time");
        return;
    case IRC_REGISTERING:
        irc_session_drop(session, IRC_WAIT_NORMAL, "the server did not let us in in time");
        return;
    case IRC_LEAVING:
        irc_connect_lost(session);
        return;
    case IRC_OFF:
    case IRC_UP:
    case IRC_PHASE_COUNT:
        return;
    }
}

static void cap_fired(struct loop_timer *timer)
{
    irc_registration_timeout(CONTAINER_OF(timer, struct irc_session, cap_timer));
}

static void ask_lag(struct irc_session *session)
{
    session->measured_ms = irc_session_now_ms(session);
    if (!session->asked_ms)
        session->asked_ms = session->measured_ms;
    irc_session_now(session, "PING", IRC_PARAMS(STR("lag")));
}

/* A connection that lost its other end says nothing at all: ask twice, then believe it. */
static void lag_fired(struct loop_timer *timer)
{
    struct irc_session *session = CONTAINER_OF(timer, struct irc_session, lag_timer);
    int64_t silence_ms = irc_session_now_ms(session) - session->heard_ms;
    if (session->pings == 0 && silence_ms < IRC_SILENCE_MS) {
        if (irc_session_now_ms(session) - session->measured_ms >= IRC_LAG_MS)
            ask_lag(session);
        irc_sts_tend(session);
        irc_history_save(session);
        irc_session_arm(session, timer, IRC_SILENCE_MS - silence_ms);
        return;
    }
    if (session->pings >= 2) {
        irc_session_drop(session, IRC_WAIT_NORMAL, "the server is silent");
        return;
    }
    session->pings++;
    ask_lag(session);
    irc_session_arm(session, timer, IRC_PING_MS);
}

static void flood_fired(struct loop_timer *timer)
{
    irc_outbound_pump(CONTAINER_OF(timer, struct irc_session, flood_timer));
}
static void join_fired(struct loop_timer *timer)
{
    irc_rooms_due(CONTAINER_OF(timer, struct irc_session, join_timer));
}
static void nickname_fired(struct loop_timer *timer)
{
    irc_nickname_due(CONTAINER_OF(timer, struct irc_session, nickname.timer));
}
static void services_fired(struct loop_timer *timer)
{
    irc_services_due(CONTAINER_OF(timer, struct irc_session, services.timer));
}
static void confirm_fired(struct loop_timer *timer)
{
    irc_outbound_overdue(CONTAINER_OF(timer, struct irc_session, confirm_timer));
}
static void pump_called(struct loop_call *call)
{
    irc_outbound_pump(CONTAINER_OF(call, struct irc_session, pump_call));
}
static void begin_called(struct loop_call *call)
{
    struct irc_session *session = CONTAINER_OF(call, struct irc_session, begin_call);
    if (session->phase == IRC_OFF)
        irc_connect_open(session);
}
static void stop_called(struct loop_call *call)
{
    struct irc_session *session = CONTAINER_OF(call, struct irc_session, stop_call);
    if (session->phase == IRC_OFF) {
        irc_session_tell_state(session, CHAT_DOWN);
        return;
    }
    if (session->phase == IRC_UP || session->phase == IRC_REGISTERING) {
        session->phase = IRC_LEAVING;
        irc_session_now(session, "QUIT", IRC_PARAMS(STR("bye")));
        irc_session_arm(session, &session->phase_timer, IRC_QUIT_MS);
        return;
    }
    if (session->phase == IRC_LEAVING)
        return;
    session->phase = IRC_LEAVING;
    irc_connect_lost(session);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void make_metrics(struct irc_session *session)
{
    struct metrics *metrics = session->env.metrics;
    struct str name = session->options.name;
    if (!metrics)
        return;
    session->lines_in = metrics_counter(metrics, "mooring_irc_lines_received_total",
                                        "Lines read from an IRC server", "network", name);
    session->lines_out = metrics_counter(metrics, "mooring_irc_lines_sent_total",
                                         "Lines written to an IRC server", "network", name);
    session->reconnects = metrics_counter(metrics, "mooring_irc_reconnects_total",
                                          "Connections that were lost", "network", name);
    session->up = metrics_gauge(metrics, "mooring_irc_up", "1 while registered with the IRC server",
                                "network", name);
}

static void make_timers(struct irc_session *session)
{
    session->phase_timer.fire = phase_fired;
    session->cap_timer.fire = cap_fired;
    session->lag_timer.fire = lag_fired;
    session->flood_timer.fire = flood_fired;
    session->join_timer.fire = join_fired;
    session->confirm_timer.fire = confirm_fired;
    session->nickname.timer.fire = nickname_fired;
    session->nickname.round_ms = session->nickname.try_ms = INT64_MIN;
    session->services.timer.fire = services_fired;
    session->pump_call.run = pump_called;
    session->begin_call.run = begin_called;
    session->stop_call.run = stop_called;
}

int irc_session_create(const struct chat_env *env, const struct irc_options *options,
                       const struct chat_class *class, struct irc_session **ret_session,
                       struct error *error)
{
    struct irc_session *session = mem_zalloc(sizeof(*session));
    if (!session)
        return error_set(error, -ENOMEM, "out of memory");
    session->env = *env;
    arena_init(&session->kept, 256 * 1024);
    arena_init(&session->event_texts, 4 * 1024 * 1024);
    buf_init(&session->line, IRC_LINE_LIMIT);
    buf_init(&session->text, IRC_LINE_LIMIT * 2);
    buf_init(&session->scratch, IRC_LINE_LIMIT * 2);
    irc_users_init(&session->users);
    irc_isupport_init(&session->isupport);
    session->backoff = (struct backoff){.first_ms = IRC_BACKOFF_FIRST_MS,
                                        .longest_ms = IRC_BACKOFF_LONGEST_MS};
    session->refused_backoff = (struct backoff){.first_ms = IRC_REFUSED_FIRST_MS,
                                                .longest_ms = IRC_REFUSED_LONGEST_MS};
    session->login_backoff = (struct backoff){.first_ms = IRC_LOGIN_AGAIN_MS,
                                              .longest_ms = IRC_LOGIN_LONGEST_MS};
    limits_init(&session->ctcp_bucket, 3, 100, irc_session_now_ms(session));
    make_timers(session);
    irc_history_init(session);
    int r = irc_options_copy(options, &session->kept, &session->options, error);
    if (r >= 0)
        r = irc_services_load(session, error);
    if (r < 0) {
        irc_session_destroy(session);
        return r;
    }
    session->network = (struct chat_network){.class = class, .state = CHAT_DOWN};
    str_to_c(session->options.name, session->network.name, sizeof(session->network.name));
    set_name(session->nick, session->options.nicks[0]);
    make_metrics(session);
    *ret_session = session;
    return 0;
}

int irc_session_start(struct irc_session *session)
{
    loop_defer(session->env.loop, &session->begin_call);
    return 0;
}

void irc_session_stop(struct irc_session *session)
{
    loop_undefer(session->env.loop, &session->begin_call);
    loop_defer(session->env.loop, &session->stop_call);
}

void irc_session_destroy(struct irc_session *session)
{
    if (!session)
        return;
    irc_connect_disarm(session);
    loop_undefer(session->env.loop, &session->pump_call);
    loop_undefer(session->env.loop, &session->begin_call);
    loop_undefer(session->env.loop, &session->stop_call);
    stream_destroy(session->stream);
    irc_outbound_forget(session);
    irc_login_abandon(session);
    irc_flood_done(&session->flood);
    irc_users_done(&session->users);
    irc_history_done(session);
    irc_multiline_forget(session);
    arena_done(&session->event_texts);
    arena_done(&session->kept);
    buf_done(&session->line);
    buf_done(&session->text);
    buf_done(&session->scratch);
    mem_free(session);
}
