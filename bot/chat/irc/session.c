/* SPDX-License-Identifier: MIT */
/* session.c: connects, notices when it is gone, and comes back at a pace that no server minds. */
#include "chat/irc/session.h"

#include <errno.h>
#include <stdio.h>

#include "chat/irc/write.h"
#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

enum { QUEUE_LIMIT = 64 * 1024 };

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

static void tell_state(struct irc_session *session, enum chat_state state)
{
    session->network.state = state;
    if (session->up)
        metric_set(session->up, state == CHAT_UP);
    if (session->env.sink.state)
        session->env.sink.state(session->env.sink.ctx, &session->network, state);
}

static void set_state(struct irc_session *session, enum chat_state state)
{
    if (session->network.state != state)
        tell_state(session, state);
}

/* ---- the stream ------------------------------------------------------------------------------ */

/* What a connection taught us while memory was short is not to be relied on (who is there, which
 * rooms we want, what was asked): all of it is learnt anew on the next. */
static void drop_when_short(struct irc_session *session, unsigned long shortages)
{
    if (mem_dealt_with(shortages))
        irc_session_drop(session, IRC_WAIT_NORMAL, "out of memory");
}

static void stream_opened(void *ctx)
{
    struct irc_session *session = ctx;
    unsigned long shortages = mem_shortages();
    if (session->phase != IRC_OPENING)
        return;
    session->phase = IRC_REGISTERING;
    irc_session_arm(session, &session->phase_timer, IRC_REGISTER_MS);
    irc_registration_begin(session);
    drop_when_short(session, shortages);
}

static void stream_line(void *ctx, struct str line)
{
    struct irc_session *session = ctx;
    unsigned long shortages = mem_shortages();
    if (irc_session_now_ms(session) - session->heard_ms > IRC_SILENCE_MS)
        irc_outbound_wake(session); /* it may have held back for this */
    session->heard_ms = irc_session_now_ms(session);
    session->pings = 0;
    if (session->lines_in)
        metric_add(session->lines_in, 1);
    irc_inbound_line(session, line);
    drop_when_short(session, shortages);
}

static void stream_batch_end(void *ctx)
{
    irc_events_flush(ctx);
}

/* Three paces: a server that says our login is wrong will say so again in a second, and one that
 * throttles counts each try; both are left alone for longer.  Jitter in all, so that bots that lost
 * one server do not come back in step. */
static int64_t wait_ms(struct irc_session *session)
{
    int64_t ms;
    switch (session->wait) {
    case IRC_WAIT_REFUSED:
        return backoff_next_ms(&session->refused_backoff, session->env.random);
    case IRC_WAIT_THROTTLED:
        ms = backoff_next_ms(&session->backoff, session->env.random);
        return MAX_OF(ms, IRC_THROTTLED_MS +
                              (int64_t)random_below(session->env.random, IRC_THROTTLED_MS));
    case IRC_WAIT_NORMAL:
    case IRC_WAIT_COUNT:
        break;
    }
    return backoff_next_ms(&session->backoff, session->env.random);
}

static void disarm_all(struct irc_session *session)
{
    struct loop_timer *const timers[] = {&session->phase_timer, &session->cap_timer,
                                         &session->lag_timer,   &session->flood_timer,
                                         &session->join_timer,  &session->confirm_timer};
    for (size_t i = 0; i < COUNT_OF(timers); i++)
        loop_timer_disarm(session->env.loop, timers[i]);
}

/* Everything that belonged to this connection ends here, whoever ended it. */
static void lost(struct irc_session *session)
{
    bool leaving = session->phase == IRC_LEAVING;
    if (session->phase == IRC_UP && irc_session_now_ms(session) - session->up_ms >= IRC_STABLE_MS) {
        backoff_reset(&session->backoff);
        backoff_reset(&session->refused_backoff);
    }
    disarm_all(session);
    stream_destroy(TAKE(session->stream));
    irc_events_flush(session);
    session->phase = leaving ? IRC_OFF : IRC_WAITING;
    irc_outbound_lost(session);
    irc_sasl_done(&session->sasl);
    irc_flood_done(&session->flood);
    irc_users_forget(&session->users);
    if (session->phase == IRC_WAITING) {
        int64_t ms = wait_ms(session);
        log_event(LOG_LEVEL_INFO, "irc_waits", NETWORK(session), LOG_INT("ms", ms));
        irc_session_arm(session, &session->phase_timer, ms);
        if (session->reconnects)
            metric_add(session->reconnects, 1);
    }
    if (leaving)
        tell_state(session, CHAT_DOWN); /* who asked us to stop waits for this word, down or not */
    else
        set_state(session, CHAT_DOWN);
}

static void stream_closed(void *ctx, const struct error *why)
{
    struct irc_session *session = ctx;
    if (session->phase != IRC_LEAVING)
        log_event(LOG_LEVEL_WARNING, "irc_connection_lost", NETWORK(session), LOG_ERRNO(why->code),
                  LOG_TEXT("why", why->code ? why->text : "the server closed the connection"));
    lost(session);
}

/* The longest wait that anything asked for on this connection holds: an ERROR that follows a
 * refusal must not shorten it. */
void irc_session_drop(struct irc_session *session, enum irc_wait wait, const char *log_reason)
{
    log_event(LOG_LEVEL_WARNING, "irc_connection_dropped", NETWORK(session),
              LOG_TEXT("why", log_reason));
    session->wait = MAX_OF(wait, session->wait);
    if (session->phase != IRC_OFF && session->phase != IRC_WAITING)
        lost(session);
}

/* Nothing that one connection taught us is believed on the next: it may be another server of the
 * network with other limits. */
static void reset_connection(struct irc_session *session)
{
    session->caps = (struct irc_caps){.offered = 0};
    irc_isupport_init(&session->isupport);
    /* rooms as well: the next server may fold their names another way */
    irc_users_done(&session->users);
    irc_users_init(&session->users);
    session->welcome_at = 0;
    session->login = IRC_LOGIN_NONE;
    session->wait = IRC_WAIT_NORMAL;
    session->cap_listed = session->cap_ended = false;
    session->nick_tries = 0;
    session->pings = 0;
    session->asked_ms = 0;
    session->lag_ms = -1;
    session->measured_ms = irc_session_now_ms(session);
    session->clock_ahead_ms = 0;
    session->user[0] = session->host[0] = '\0';
    memset(session->batches, 0, sizeof(session->batches));
    irc_flood_init(&session->flood, session->options.flood_lines, session->options.flood_line_ms,
                   irc_session_now_ms(session));
}

/* The epoch goes up with each try: an outcome that belongs to an older connection is known by
 * it. */
static void open_stream(struct irc_session *session)
{
    const struct irc_options *options = &session->options;
    struct stream_options wanted = {.host = options->host,
                                    .port = options->port,
                                    .tls = options->tls,
                                    .ca_file = options->ca_file,
                                    .pinned_sha256 = options->pinned_sha256,
                                    .connect_timeout_ms = IRC_CONNECT_MS,
                                    .line_limit = IRC_LINE_LIMIT,
                                    .queue_limit = QUEUE_LIMIT};
    struct stream_events events = {.opened = stream_opened,
                                   .line = stream_line,
                                   .closed = stream_closed,
                                   .batch_end = stream_batch_end,
                                   .ctx = session};
    reset_connection(session);
    session->network.epoch++;
    session->phase = IRC_OPENING;
    set_state(session, CHAT_CONNECTING);
    int r = stream_open(session->env.net, &wanted, &events, &session->stream);
    if (r < 0) {
        log_event(LOG_LEVEL_WARNING, "irc_connect_failed", NETWORK(session), LOG_ERRNO(r));
        lost(session);
        return;
    }
    /* The stream has a time-out of its own; this one stands behind it. */
    irc_session_arm(session, &session->phase_timer, IRC_CONNECT_MS + IRC_REGISTER_MS);
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

/* At the pace that the server allows. */
void irc_session_later(struct irc_session *session, const char *command, const struct str *params,
                       size_t count)
{
    if (!session->stream || !compose(session, command, params, count))
        return;
    int r = irc_flood_push(&session->flood, buf_str(&session->line));
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "irc_queue_full", NETWORK(session),
                  LOG_TEXT("command", command), LOG_ERRNO(r));
    irc_outbound_wake(session);
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
    set_state(session, CHAT_UP);
    irc_rooms_begin(session);
}

/* ---- timers and deferred calls --------------------------------------------------------------- */

static void phase_fired(struct loop_timer *timer)
{
    struct irc_session *session = CONTAINER_OF(timer, struct irc_session, phase_timer);
    switch (session->phase) {
    case IRC_WAITING:
        open_stream(session);
        return;
    case IRC_OPENING:
        irc_session_drop(session, IRC_WAIT_NORMAL, "no connection in time");
        return;
    case IRC_REGISTERING:
        irc_session_drop(session, IRC_WAIT_NORMAL, "the server did not let us in in time");
        return;
    case IRC_LEAVING:
        lost(session);
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
        open_stream(session);
}
static void stop_called(struct loop_call *call)
{
    struct irc_session *session = CONTAINER_OF(call, struct irc_session, stop_call);
    if (session->phase == IRC_OFF) {
        tell_state(session, CHAT_DOWN);
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
    lost(session);
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
    arena_init(&session->kept, 64 * 1024);
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
    limits_init(&session->ctcp_bucket, 3, 100, irc_session_now_ms(session));
    make_timers(session);
    int r = irc_options_copy(options, &session->kept, &session->options, error);
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
    disarm_all(session);
    loop_undefer(session->env.loop, &session->pump_call);
    loop_undefer(session->env.loop, &session->begin_call);
    loop_undefer(session->env.loop, &session->stop_call);
    stream_destroy(session->stream);
    irc_outbound_forget(session);
    irc_sasl_done(&session->sasl);
    irc_flood_done(&session->flood);
    irc_users_done(&session->users);
    arena_done(&session->event_texts);
    arena_done(&session->kept);
    buf_done(&session->line);
    buf_done(&session->text);
    buf_done(&session->scratch);
    mem_free(session);
}
