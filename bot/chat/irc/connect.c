/* SPDX-License-Identifier: MIT */
/* connect.c: which server and when: connects, notices when it is gone, and comes back at a pace
 * that no server minds. */
#include "chat/irc/session.h"

#include <errno.h>

#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

enum { QUEUE_LIMIT = 64 * 1024, KEY_BYTES = 64 * 1024 };

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

/* ---- the pace -------------------------------------------------------------------------------- */

/* The network's other servers are tried soon: only a whole round of them slows us down. */
static int64_t normal_wait_ms(struct irc_session *session)
{
    size_t count = 1 + session->options.other_count;
    const int64_t half_ms = IRC_BACKOFF_FIRST_MS / 2;
    session->host_index = (session->host_index + 1) % count;
    session->host_tries++;
    if (session->host_tries % count)
        return half_ms + (int64_t)random_below(session->env.random, (uint64_t)half_ms + 1);
    return backoff_next_ms(&session->backoff, session->env.random);
}

/* Three paces: a server that says our login is wrong will say so again in a second, and one that
 * throttles counts each try; both are left alone for longer.  Jitter in all, so that bots that lost
 * one server do not come back in step. */
static int64_t wait_ms(struct irc_session *session)
{
    int64_t ms;
    if (TAKE(session->reopen))
        return 0;
    ms = normal_wait_ms(session);
    switch (session->wait) {
    case IRC_WAIT_REFUSED:
        return backoff_next_ms(&session->refused_backoff, session->env.random);
    case IRC_WAIT_THROTTLED:
        return MAX_OF(ms, IRC_THROTTLED_MS +
                              (int64_t)random_below(session->env.random, IRC_THROTTLED_MS));
    case IRC_WAIT_NORMAL:
    case IRC_WAIT_COUNT:
        break;
    }
    return ms;
}

void irc_connect_disarm(struct irc_session *session)
{
    struct loop_timer *const timers[] = {&session->phase_timer,    &session->cap_timer,
                                         &session->lag_timer,      &session->flood_timer,
                                         &session->join_timer,     &session->confirm_timer,
                                         &session->nickname.timer, &session->services.timer};
    for (size_t i = 0; i < COUNT_OF(timers); i++)
        loop_timer_disarm(session->env.loop, timers[i]);
}

void irc_connect_lost(struct irc_session *session)
{
    bool leaving = session->phase == IRC_LEAVING;
    if (session->phase == IRC_UP && irc_session_now_ms(session) - session->up_ms >= IRC_STABLE_MS) {
        backoff_reset(&session->backoff);
        backoff_reset(&session->refused_backoff);
        session->host_tries = 0;
    }
    irc_sts_left(session);
    irc_connect_disarm(session);
    stream_destroy(TAKE(session->stream));
    irc_multiline_close_all(session);
    irc_events_flush(session);
    irc_history_lost(session);
    session->phase = leaving ? IRC_OFF : IRC_WAITING;
    irc_outbound_lost(session);
    irc_login_abandon(session);
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
        irc_session_tell_state(
            session, CHAT_DOWN); /* who asked us to stop waits for this word, down or not */
    else
        irc_session_set_state(session, CHAT_DOWN);
}

static void stream_closed(void *ctx, const struct error *why)
{
    struct irc_session *session = ctx;
    if (session->phase != IRC_LEAVING)
        log_event(LOG_LEVEL_WARNING, "irc_connection_lost", NETWORK(session), LOG_ERRNO(why->code),
                  LOG_TEXT("why", why->code ? why->text : "the server closed the connection"));
    session->lost = *why;
    irc_connect_lost(session);
}

/* The longest wait that anything asked for on this connection holds: an ERROR that follows a
 * refusal must not shorten it. */
void irc_session_drop(struct irc_session *session, enum irc_wait wait, const char *log_reason)
{
    log_event(LOG_LEVEL_WARNING, "irc_connection_dropped", NETWORK(session),
              LOG_TEXT("why", log_reason));
    session->wait = MAX_OF(wait, session->wait);
    error_set(&session->lost, -ECONNABORTED, "%s", log_reason);
    if (session->phase != IRC_OFF && session->phase != IRC_WAITING)
        irc_connect_lost(session);
}

void irc_session_reopen(struct irc_session *session, const char *log_reason)
{
    session->reopen = true;
    irc_session_drop(session, IRC_WAIT_NORMAL, log_reason);
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
    session->has_bots = false;
    irc_replay_forget_rooms(session);
    irc_rooms_forget_who(session);
    session->rooms_want_turn = false;
    session->welcome_at = 0;
    session->login = IRC_LOGIN_NONE;
    session->login_why = (struct error){0};
    session->sasl_tried = 0;
    session->login_is_impossible = false;
    backoff_reset(&session->login_backoff);
    session->sasl_aborts = 0;
    session->wait = IRC_WAIT_NORMAL;
    session->cap_listed = session->cap_ended = false;
    session->nick_tries = irc_nickname_first(session);
    session->nickname.step = IRC_NICK_RESTS;
    session->services.is_waited_for = session->services.is_late = false;
    session->services.version[0] = '\0';
    session->pings = 0;
    session->asked_ms = 0;
    session->lag_ms = -1;
    session->measured_ms = irc_session_now_ms(session);
    session->clock_ahead_ms = 0;
    session->line_cut = session->cuts = 0;
    session->takes_no_codes = false;
    session->split_ms = 0;
    session->user[0] = session->host[0] = '\0';
    memset(session->batches, 0, sizeof(session->batches));
    irc_flood_init(&session->flood, session->options.flood_lines, session->options.flood_line_ms,
                   irc_session_now_ms(session));
}

/* A server's own policy counts for more than a configuration that does not ask for TLS.  Whatever
 * becomes of the connection: there is no way back to the clear, and no certificate is excused. */
static void choose_server(struct irc_session *session)
{
    int64_t now_at = clock_wall_at(loop_clock(session->env.loop));
    session->here = irc_options_host(&session->options, session->host_index);
    session->here_tls = session->options.tls;
    uint16_t port = irc_sts_port(&session->sts[session->host_index], now_at);
    if (session->here_tls || !port)
        return;
    session->here_tls = true;
    session->here.port = port;
}

/* Without its key the certificate is not shown: people are heard without a login too. */
static int add_certificate(struct irc_session *session, struct stream_options *wanted,
                           struct buf *key)
{
    const struct irc_options *options = &session->options;
    struct error error = {0};
    if (!session->here_tls || str_empty(options->client_certificate))
        return 0;
    if (options->client_key_credential.len) {
        int r = session->env.credential(session->env.ctx, options->client_key_credential, key,
                                        &error);
        if (r < 0) {
            log_event(LOG_LEVEL_ERROR, "irc_credential_missing", NETWORK(session),
                      LOG_TEXT("why", error.text));
            return r;
        }
        wanted->client_key = buf_str(key);
    }
    wanted->client_cert_file = options->client_certificate;
    return 0;
}

static int open_stream(struct irc_session *session)
{
    struct buf key = {.limit = KEY_BYTES};
    struct stream_options wanted = {.host = session->here.name,
                                    .port = session->here.port,
                                    .tls = session->here_tls,
                                    .ca_file = session->options.ca_file,
                                    .pinned_sha256 = session->options.pinned_sha256,
                                    .connect_timeout_ms = IRC_CONNECT_MS,
                                    .line_limit = IRC_LINE_LIMIT,
                                    .queue_limit = QUEUE_LIMIT};
    struct stream_events events = {.opened = stream_opened,
                                   .line = stream_line,
                                   .closed = stream_closed,
                                   .batch_end = stream_batch_end,
                                   .ctx = session};
    session->has_certificate = add_certificate(session, &wanted, &key) >= 0 &&
                               wanted.client_cert_file.len;
    int r = stream_open(session->env.net, &wanted, &events, &session->stream);
    buf_wipe(&key);
    return r;
}

/* The epoch goes up with each try: an outcome that belongs to an older connection is known by
 * it. */
void irc_connect_open(struct irc_session *session)
{
    irc_sts_load(session);
    choose_server(session);
    reset_connection(session);
    session->network.epoch++;
    session->phase = IRC_OPENING;
    irc_session_set_state(session, CHAT_CONNECTING);
    int r = open_stream(session);
    if (r < 0) {
        log_event(LOG_LEVEL_WARNING, "irc_connect_failed", NETWORK(session), LOG_ERRNO(r));
        irc_connect_lost(session);
        return;
    }
    /* The stream has a time-out of its own; this one stands behind it. */
    irc_session_arm(session, &session->phase_timer, IRC_CONNECT_MS + IRC_REGISTER_MS);
}
