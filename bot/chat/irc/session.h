/* SPDX-License-Identifier: MIT */
/* session.h: one connection to one IRC network and all that is known through it.  Private to
 * bot/chat/irc/, its tests and `mooring doctor`.
 *
 * connect.c lives through connect, loss and return; registration.c and login.c get us in, sts.c
 * sees that it is over TLS; inbound.c reads lines and hands them to presence.c (who is where),
 * rooms.c (where we are), events.c (what people said) and outbound.c (what became of ours). */
#ifndef CHAT_IRC_SESSION_H
#define CHAT_IRC_SESSION_H

#include "chat/chat.h"
#include "chat/irc/caps.h"
#include "chat/irc/flood.h"
#include "chat/irc/history.h"
#include "chat/irc/isupport.h"
#include "chat/irc/nickname.h"
#include "chat/irc/numerics.h"
#include "chat/irc/options.h"
#include "chat/irc/parse.h"
#include "chat/irc/reactions.h"
#include "chat/irc/sasl.h"
#include "chat/irc/sts.h"
#include "chat/irc/users.h"
#include "net/backoff.h"
#include "net/stream.h"

enum {
    IRC_EVENTS_MAX = 64, /* handed over at once */
    IRC_BATCHES_MAX = 16,
    IRC_OUT_MAX = 64, /* messages under way; crisis messages may be as many again */
    IRC_NAME_BYTES =
        128, /* nick, user, host: longer ones are cut, which only makes our lines shorter */
    IRC_LINE_LIMIT = 8191 + 4096
};
/* All in milliseconds on the elapsed clock. */
enum {
    IRC_CONNECT_MS = 30 * 1000,
    IRC_CAP_MS = 10 * 1000, /* a server that never answers CAP LS */
    IRC_SASL_MS = 20 * 1000,
    /* in, but not logged in: services are away.  The first and the longest wait until we look
     * again; and how seldom a logout must come for a login to follow at once. */
    IRC_LOGIN_AGAIN_MS = 60 * 1000,
    IRC_LOGIN_LONGEST_MS = 600 * 1000,
    IRC_LOGIN_STABLE_MS = 60 * 1000,
    IRC_REGISTER_MS =
        90 * 1000, /* some take 11 s when their DNS does not answer, and some ask for a PONG */
    IRC_MOTD_MS = 10 * 1000,
    IRC_SILENCE_MS = 120 * 1000, /* then we ask whether the server is there ... */
    IRC_PING_MS = 30 * 1000,     /* ... twice, waiting this long */
    IRC_LAG_MS = 300 * 1000,     /* a busy one is asked so often, for the lag alone */
    IRC_QUIT_MS = 2 * 1000,
    IRC_STABLE_MS = 120 * 1000, /* up for so long: the next wait begins small again */
    IRC_BACKOFF_FIRST_MS = 5 * 1000,
    IRC_BACKOFF_LONGEST_MS = 600 * 1000,
    IRC_THROTTLED_MS = 120 * 1000,
    IRC_REFUSED_FIRST_MS = 1200 *
                           1000, /* a wrong password, a ban: 10 to 20 minutes, then up to 2 hours */
    IRC_REFUSED_LONGEST_MS = 7200 * 1000,
    IRC_JOIN_MS = 30 * 1000,
    IRC_WHO_MS = 60 * 1000, /* a list of people that does not end, or was put off */
    IRC_JOIN_LONGEST_MS = 3600 * 1000,
    IRC_KICKED_MS = 30 * 1000,
    IRC_CONFIRM_MS = 45 * 1000,
    IRC_WHOIS_MS = 20 * 1000,
    IRC_TRUST_MS = 60 *
                   1000, /* how long "logged in as" holds when nothing would tell us of a change */
    IRC_SPLIT_MS = 3600 * 1000 /* who comes back later than this is news */
};

enum irc_phase {
    IRC_OFF,
    IRC_WAITING,
    IRC_OPENING,
    IRC_REGISTERING,
    IRC_UP,
    IRC_LEAVING,
    IRC_PHASE_COUNT
};
enum irc_wait { IRC_WAIT_NORMAL, IRC_WAIT_THROTTLED, IRC_WAIT_REFUSED, IRC_WAIT_COUNT };
enum irc_login {
    IRC_LOGIN_NONE,
    IRC_LOGIN_ASKED,
    IRC_LOGIN_DONE,
    IRC_LOGIN_FAILED,
    IRC_LOGIN_COUNT
};
/* What a FAIL said of the login under way. */
enum irc_login_fail { IRC_LOGIN_FAIL_NONE, IRC_LOGIN_FAIL_TRANSIENT, IRC_LOGIN_FAIL_FINAL };

enum { IRC_REPLAY_HEARD_MAX = 512, IRC_CLOCK_SLACK_MS = 2000 };
/* Rooms entered where lines have no time (replay.c); `heard` outlives connections. */
struct irc_replay {
    uint64_t entered, asked, over; /* rooms, counted; up to `over` nothing of the past comes */
    int64_t entered_at;            /* the last of them */
    uint64_t heard[IRC_REPLAY_HEARD_MAX];
    size_t next;
};

struct irc_multiline;
struct irc_batch {
    char ref[64];                    /* empty: free */
    bool is_history, is_net;         /* replayed lines; a netsplit or its end */
    bool is_page, is_targets;        /* of draft/chathistory: what we asked for */
    struct irc_multiline *multiline; /* lines of one message that is coming; NULL: none */
    char target[IRC_NAME_BYTES];     /* of a page, also inside of it; "": none */
};
struct irc_out;
struct irc_login_work;
struct irc_session {
    struct chat_network network; /* first */
    struct chat_env env;
    struct arena kept; /* options */
    struct irc_options options;
    enum irc_phase phase;
    struct stream *stream;
    /* Which of the network's servers, and how: as configured, or as its STS policy wants. */
    size_t host_index, host_tries;
    struct irc_host here;
    bool here_tls, has_certificate;
    bool reopen; /* this connection ends so that another can begin at once */
    struct irc_sts_policy sts[IRC_HOSTS_MAX];
    bool sts_loaded;
    size_t sts_saving;         /* index; of the batch under way */
    unsigned long sts_unsaved; /* bits by index */

    /* of this connection */
    struct irc_caps caps;
    struct irc_isupport isupport;
    struct irc_sasl sasl;
    enum irc_login login;
    uint32_t sasl_tried;  /* mechanisms, by irc_sasl_bit */
    unsigned sasl_aborts; /* "AUTHENTICATE *" that no 906 has answered yet */
    enum irc_login_fail login_fail;
    int64_t login_again_ms;            /* when we last did so because of a logout; 0: never */
    bool login_is_impossible;          /* and that was said */
    struct irc_login_work *login_work; /* on the pool */
    struct error trouble;              /* what waits for a person; code 0: nothing */
    /* Why there is no login on this connection: -EACCES refused, -EAGAIN services are away,
     * -EOPNOTSUPP none is offered; code 0: it was not asked, or worked. */
    struct error login_why;
    struct error lost;  /* why the last connection ended; code 0: the server closed it */
    enum irc_wait wait; /* what the server said about coming back */
    bool cap_listed, cap_ended;
    size_t nick_tries;
    char nick[IRC_NAME_BYTES], user[IRC_NAME_BYTES],
        host[IRC_NAME_BYTES]; /* ourselves, as others see us; "": not known */
    struct irc_batch batches[IRC_BATCHES_MAX];
    int64_t welcome_at,
        clock_ahead_ms; /* when we came in, ours; how far the server's clock is ahead of ours */
    int64_t up_ms, heard_ms;
    unsigned pings;
    int64_t asked_ms, lag_ms; /* when a PING that is not answered was sent, 0: none; the last
                                 round trip, -1: not measured */
    int64_t measured_ms;      /* when we last asked */
    size_t line_cut;     /* bytes of a line, as LINELEN, behind which others see nothing; 0: all */
    bool takes_no_codes; /* a channel refused formatting (408): plain from there on */
    unsigned cuts;       /* lines of ours that came back cut */
    int64_t split_ms;    /* when a netsplit last took somebody; 0: never */
    struct irc_users users;
    bool has_bots;             /* one of them is */
    struct irc_room *who_room; /* whose people were asked for, and when; NULL: none */
    int64_t who_asked_ms;
    bool rooms_want_turn, queue_had_turn;
    unsigned crisis_row; /* lines for help since anything else was written */
    struct irc_flood flood;
    struct irc_history history;
    struct irc_reactions reactions;
    struct irc_replay replay;
    struct irc_nickname nickname;
    struct irc_services services;

    bool was_logged_in;       /* in this life: the secret was right once ... */
    unsigned login_doubts;    /* ... and was refused so often since */
    enum irc_casemap casemap; /* as last heard: names stay the same while we are away */

    /* what goes out */
    struct irc_out *outs;
    size_t out_count;
    uint64_t next_serial;
    bool want_ready, want_long; /* something was not taken; something long */
    struct loop_call pump_call, begin_call, stop_call;

    /* what came in and is not handed over yet */
    struct chat_event events[IRC_EVENTS_MAX];
    size_t event_count;
    struct arena event_texts;

    struct backoff backoff, refused_backoff, login_backoff;
    struct limits_bucket ctcp_bucket;
    struct loop_timer phase_timer, cap_timer, lag_timer, flood_timer, join_timer, confirm_timer;
    struct buf line, text, scratch; /* used at once, never across calls */
    struct metric *lines_in, *lines_out, *reconnects, *up;
};

/* session.c */
int irc_session_create(const struct chat_env *env, const struct irc_options *options,
                       const struct chat_class *class, struct irc_session **ret_session,
                       struct error *error) MUST_CHECK;
void irc_session_destroy(struct irc_session *session);
int irc_session_start(struct irc_session *session);
void irc_session_stop(struct irc_session *session);
/* Leaves this connection at once; comes back after a wait of that kind. */
void irc_session_drop(struct irc_session *session, enum irc_wait wait, const char *log_reason);
/* At once, to the same server. */
void irc_session_reopen(struct irc_session *session, const char *log_reason);
void irc_session_came_up(struct irc_session *session);
void irc_session_enter(struct irc_session *session); /* up, and as whom we are there is known */
void irc_session_arm(struct irc_session *session, struct loop_timer *timer, int64_t in_ms);
int64_t irc_session_now_ms(const struct irc_session *session);
/* Composes a line and writes it at once, or behind what waits. */
void irc_session_now(struct irc_session *session, const char *command, const struct str *params,
                     size_t count);
void irc_session_later(struct irc_session *session, const char *command, const struct str *params,
                       size_t count);
void irc_session_soon(struct irc_session *session, const char *command, const struct str *params,
                      size_t count); /* before those: what brings us to where people are heard */
#define IRC_PARAMS(...)                                                                            \
    (const struct str[]){__VA_ARGS__}, COUNT_OF(((const struct str[]){__VA_ARGS__}))
int irc_session_write(struct irc_session *session, struct str line) MUST_CHECK; /* no pacing */
bool irc_session_is_us(const struct irc_session *session, struct str nick);
void irc_session_set_self(struct irc_session *session, struct str nick, struct str user,
                          struct str host); /* empty: as it was */

void irc_session_set_state(struct irc_session *session, enum chat_state state);
void irc_session_tell_state(struct irc_session *session, enum chat_state state); /* even if old */

/* connect.c */
void irc_connect_open(struct irc_session *session);
/* Everything that belonged to this connection ends here, whoever ended it. */
void irc_connect_lost(struct irc_session *session);
void irc_connect_disarm(struct irc_session *session);

/* registration.c */
void irc_registration_begin(struct irc_session *session);
void irc_registration_cap(struct irc_session *session, const struct irc_message *message);
void irc_registration_numeric(struct irc_session *session, const struct irc_message *message);
void irc_registration_timeout(struct irc_session *session); /* cap_timer */

void irc_registration_end_caps(struct irc_session *session);

/* login.c */
bool irc_login_is_wanted(const struct irc_session *session);
void irc_login_begin(struct irc_session *session);
void irc_login_impossible(struct irc_session *session, const char *why); /* for now */
void irc_login_came_up(struct irc_session *session);
void irc_login_look(struct irc_session *session);    /* in, without our account: can it be had? */
void irc_login_listed(struct irc_session *session);  /* the answer to that */
void irc_login_forget(struct irc_session *session);  /* whatever the services knew of us is void */
void irc_login_gone(struct irc_session *session);    /* "sasl" was withdrawn */
void irc_login_overdue(struct irc_session *session); /* cap_timer */
/* The account that the server says we have; "*": none. */
void irc_login_account(struct irc_session *session, struct str account);
void irc_login_failed(struct irc_session *session, const struct irc_message *message); /* FAIL */
void irc_login_abandon(struct irc_session *session); /* the connection went */
void irc_login_authenticate(struct irc_session *session, const struct irc_message *message);
void irc_login_numeric(struct irc_session *session, const struct irc_message *message);
void irc_login_identified(struct irc_session *session); /* without SASL */

/* sts.c: its part that knows sessions */
/* A list of capabilities.  True: this connection has ended in favour of one over TLS. */
bool irc_sts_heard(struct irc_session *session, struct str list);
void irc_sts_load(struct irc_session *session);
/* The policies hold for their time from the end of the last connection on. */
void irc_sts_left(struct irc_session *session);
/* From time to time: what could not be saved before, what would run out under us. */
void irc_sts_tend(struct irc_session *session);

/* nickname.c */
size_t irc_nickname_first(const struct irc_session *session); /* with which of ours to begin */
/* The nick for that many refusals; false: enough of them. */
bool irc_nickname_choice(const struct irc_session *session, size_t tries, struct buf *out);
void irc_nickname_begin(struct irc_session *session);
void irc_nickname_wake(struct irc_session *session); /* there is more that we can do about it */
void irc_nickname_due(struct irc_session *session);
void irc_nickname_changed(struct irc_session *session, struct str before); /* ours */
void irc_nickname_freed(struct irc_session *session, struct str nick);     /* somebody else's */
void irc_nickname_refused(struct irc_session *session);
void irc_nickname_offline(struct irc_session *session, const struct irc_message *message);
void irc_nickname_ison(struct irc_session *session, const struct irc_message *message);
void irc_nickname_killed(struct irc_session *session);

/* services.c */
int irc_services_load(struct irc_session *session, struct error *error) MUST_CHECK;
/* We are in.  True: the rooms wait for a login. */
bool irc_services_begin(struct irc_session *session);
void irc_services_due(struct irc_session *session);
void irc_services_logged_in(struct irc_session *session);
/* One of the profile's lines; false: it cannot be said, or not safely. */
bool irc_services_say(struct irc_session *session, struct str line);
void irc_services_version(struct irc_session *session, const struct irc_message *message);
void irc_services_mode(struct irc_session *session, const struct irc_message *message);
/* True: it is the services who speak to us, however they do; a program that nobody answers. */
bool irc_services_heard(struct irc_session *session, const struct irc_message *message);
/* False: nobody needs an account here, or we do not know how one is had. */
bool irc_services_account_help(const struct irc_session *session,
                               struct chat_account_help *ret_help);

/* inbound.c */
void irc_inbound_line(struct irc_session *session, struct str line);

/* presence.c: each reads one command */
void irc_presence_join(struct irc_session *session, const struct irc_message *message);
void irc_presence_part(struct irc_session *session, const struct irc_message *message);
void irc_presence_kick(struct irc_session *session, const struct irc_message *message);
void irc_presence_quit(struct irc_session *session, const struct irc_message *message);
void irc_presence_nick(struct irc_session *session, const struct irc_message *message);
void irc_presence_account(struct irc_session *session, const struct irc_message *message);
void irc_presence_away(struct irc_session *session, const struct irc_message *message);
void irc_presence_chghost(struct irc_session *session, const struct irc_message *message);
void irc_presence_names(struct irc_session *session, const struct irc_message *message);
void irc_presence_whox(struct irc_session *session, const struct irc_message *message);
/* Whether the table's word on this person's account can be relied on now. */
bool irc_presence_trusts(const struct irc_session *session, const struct irc_user *user);

/* rooms.c */
void irc_rooms_begin(struct irc_session *session); /* we came up */
void irc_rooms_entered(struct irc_session *session, struct str channel);
void irc_rooms_left(struct irc_session *session, struct irc_room *room, bool kicked);
bool irc_rooms_refused(struct irc_session *session, struct str channel,
                       const struct irc_numeric *numeric); /* true: a JOIN of ours */
/* `account`: of who invites; empty: none that the server vouches for. */
void irc_rooms_invited(struct irc_session *session, struct str channel, struct str account);
void irc_rooms_names_end(struct irc_session *session, const struct irc_message *message);
void irc_rooms_names_later(struct irc_session *session, const struct irc_message *message);
void irc_rooms_forget_who(struct irc_session *session);
void irc_rooms_queue_moved(struct irc_session *session); /* there may be room for a question */
void irc_rooms_due(struct irc_session *session);         /* join_timer */
void irc_rooms_logged_in(struct irc_session *session); /* late: what refused us may not any more */

/* events.c */
void irc_events_message(struct irc_session *session, const struct irc_message *message,
                        bool is_notice);
void irc_events_tagmsg(struct irc_session *session, const struct irc_message *message);
void irc_events_redact(struct irc_session *session, const struct irc_message *message);
void irc_events_invite(struct irc_session *session, const struct irc_message *message);
void irc_events_topic(struct irc_session *session, const struct irc_message *message);
/* Somebody came to or left a room. */
void irc_events_moved(struct irc_session *session, const struct irc_message *message,
                      enum chat_kind kind, const struct irc_room *room, struct str nick);
void irc_events_batch(struct irc_session *session, const struct irc_message *message);
bool irc_events_in_net_batch(const struct irc_session *session, const struct irc_message *message);
/* A part of history that is nothing anybody said: noted, and not to be acted on. */
bool irc_events_is_past(struct irc_session *session, const struct irc_message *message);
void irc_events_flush(struct irc_session *session);

void irc_events_batches_gone(struct irc_session *session); /* "batch" was withdrawn */

/* replay.c */
enum irc_replay_what { IRC_REPLAY_LIVE, IRC_REPLAY_PAST, IRC_REPLAY_KNOWN };
void irc_replay_entered(struct irc_session *session, struct irc_room *room);
void irc_replay_pong(struct irc_session *session, struct str token);
/* Said before we entered that room, as its time says. */
bool irc_replay_is_old(struct irc_session *session, const struct irc_message *message, int64_t at);
enum irc_replay_what irc_replay_look(struct irc_session *session, const struct irc_message *message,
                                     int64_t *at);
void irc_replay_forget_rooms(struct irc_session *session);

/* ctcp.c */
void irc_ctcp_answer(struct irc_session *session, struct str nick, struct str command,
                     struct str args);

/* outbound.c */
int irc_outbound_send(struct irc_session *session, const struct chat_message *message);
void irc_outbound_pump(struct irc_session *session);      /* writes what may go, tells what ended */
void irc_outbound_wake(struct irc_session *session);      /* the same, deferred */
void irc_outbound_lost(struct irc_session *session);      /* the connection went */
void irc_outbound_echo_gone(struct irc_session *session); /* "echo-message" was withdrawn */
void irc_outbound_left(struct irc_session *session, struct str room); /* we are out of it */
void irc_outbound_forget(struct irc_session *session);                /* without telling anybody */
void irc_outbound_overdue(struct irc_session *session);               /* confirm_timer */

/* budget.c */
size_t
irc_budget_mention_bytes(const struct irc_session *session); /* kept free on a channel's line */
size_t irc_budget_line_bytes(struct irc_session *session, struct str room, struct str user);
/* So much of a text to that target came through, and no more.  True: lines are shorter from here
 * on, so that saying it again is of use. */
bool irc_budget_was_cut(struct irc_session *session, struct str target, size_t text_bytes);

/* multiline.c */
void irc_multiline_open(struct irc_batch *batch, const struct irc_message *message);
void irc_multiline_add(struct irc_batch *batch, const struct irc_message *message, bool is_notice);
void irc_multiline_close(struct irc_session *session, struct irc_batch *batch);
void irc_multiline_close_all(struct irc_session *session);
void irc_multiline_forget(struct irc_session *session); /* without telling anybody */

/* confirm.c: what the server says of our messages */
void irc_confirm_echo(struct irc_session *session, const struct irc_message *message);
void irc_confirm_pong(struct irc_session *session, const struct irc_message *message);
/* True: it was of one of ours. */
bool irc_confirm_error(struct irc_session *session, const struct irc_message *message,
                       const struct irc_numeric *numeric);
void irc_confirm_fail(struct irc_session *session, const struct irc_message *message);
void irc_confirm_warn(struct irc_session *session, const struct irc_message *message);
void irc_confirm_note(struct irc_session *session, const struct irc_message *message);

/* reach.c: who a private message is really for */
void irc_reach_find(struct irc_session *session, struct irc_out *out);
void irc_reach_whois_account(struct irc_session *session, const struct irc_message *message);
/* True: somebody waited for it. */
bool irc_reach_whois_end(struct irc_session *session, struct str nick, bool is_gone);

#endif
