/* SPDX-License-Identifier: MIT */
/* doctor_irc.c: whether an IRC network lets the bot in and its services know it: the bot's own way
 * in (chat/irc), up to the login, then QUIT.  It enters no room, takes a nick that nobody else has,
 * and asks for no other back: the bot may be there at the same time. */
#include <errno.h>
#include <stdio.h>

#include "chat/irc/irc.h"
#include "chat/irc/session.h"
#include "observe/log.h"
#include "tools/doctor.h"

enum { LOOK_MS = 50, CEILING_MS = 15 * 1000, GOODBYE_MS = 2500, SECRET_BYTES = 1024 };

struct visit {
    struct doctor *doctor;
    const char *place; /* "irc.example.org:6697" */
    struct clock clock;
    struct loop *loop;
    struct net *net;
    struct random random;
    struct irc_session *session;
    struct loop_timer timer;
    int64_t began_ms;
    bool is_over; /* told; what is left is the good-bye */
};

/* The server wants to be reached otherwise than configured, and was. */
static uint16_t sts_port(const struct visit *visit)
{
    return visit->session->options.tls ? 0 : visit->session->sts[0].upgrade_port;
}

static void tell_let_in(const struct visit *visit)
{
    const struct irc_session *session = visit->session;
    uint16_t port = sts_port(visit);
    if (port)
        doctor_say(
            visit->doctor, DOCTOR_WARNING, "login",
            "Set tls = true and that port: the first connection of all is in the clear else.",
            "%s: the server wants to be reached over TLS on port %u (STS), and was", visit->place,
            (unsigned)port);
    if (session->login == IRC_LOGIN_DONE)
        doctor_say(
            visit->doctor, DOCTOR_OK, "login", NULL,
            "%s: it lets the bot in, and the account is logged in (tried under another nick, "
            "in no room)",
            visit->place);
    else
        doctor_say(visit->doctor, DOCTOR_OK, "login", NULL,
                   "%s: it lets the bot in; no account is configured (sasl)", visit->place);
}

/* The account: wrong, away, or no way to log in. */
static void tell_no_login(const struct visit *visit)
{
    const struct error *why = &visit->session->login_why;
    if (why->code == -EOPNOTSUPP)
        doctor_say(
            visit->doctor, DOCTOR_PROBLEM, "login",
            "Is it the right network? Look at sasl.mechanism; without TLS only SCRAM is used. "
            "Where the network has no SASL, name its profile.",
            "%s: it lets the bot in, but %s", visit->place, why->text);
    else if (why->code == -EAGAIN)
        doctor_say(visit->doctor, DOCTOR_WARNING, "login",
                   "Try again in some minutes: the bot goes in without and logs in when they are "
                   "back.",
                   "%s: no login just now: %s", visit->place, why->text);
    else
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login",
                   "Mend sasl.account or its credential, then: systemctl restart mooring",
                   "%s: the login failed: %s", visit->place,
                   why->code ? why->text : "services do not answer");
}

static void tell_lost(const struct visit *visit)
{
    const struct irc_session *session = visit->session;
    uint16_t port = sts_port(visit);
    if (session->login == IRC_LOGIN_FAILED && session->wait == IRC_WAIT_REFUSED)
        tell_no_login(visit);
    else if (session->wait == IRC_WAIT_REFUSED)
        doctor_say(
            visit->doctor, DOCTOR_PROBLEM, "login",
            "A ban (K-line) is lifted by the network's people alone: write to them, with this "
            "machine's address.",
            "%s: it turns the bot away: %s", visit->place,
            session->trouble.code ? session->trouble.text : "refused");
    else if (session->wait == IRC_WAIT_THROTTLED)
        doctor_say(visit->doctor, DOCTOR_WARNING, "login",
                   "Try again in some minutes. If the bot is turned away too, ask the network's "
                   "people to allow this machine more.",
                   "%s: it takes no more connections from this machine just now", visit->place);
    else if (port)
        doctor_say(
            visit->doctor, DOCTOR_PROBLEM, "login",
            "Ask the network's people: the bot does not go back to a connection in the clear.",
            "%s: the server wants to be reached over TLS on port %u (STS), and that fails: %s",
            visit->place, (unsigned)port, session->lost.code ? session->lost.text : "it hung up");
    else
        doctor_say(visit->doctor, DOCTOR_PROBLEM, "login",
                   "Try again; if it stays so, ask the network's people.",
                   "%s: it hung up before the bot was in (%s)", visit->place,
                   session->lost.code ? session->lost.text : "without a word");
}

static void tell_late(const struct visit *visit)
{
    bool is_asked = visit->session->login == IRC_LOGIN_ASKED ||
                    visit->session->services.is_waited_for;
    doctor_say(visit->doctor, DOCTOR_PROBLEM, "login",
               is_asked ? "Services may be away: try again in some minutes."
                        : "Some servers look machines up for long: try again. If it stays so, ask "
                          "the network's people.",
               "%s: %s within %d s", visit->place,
               is_asked ? "services did not answer the login" : "the server did not let the bot in",
               CEILING_MS / 1000);
}

/* True: there is a result, and it was told. */
static bool tell(const struct visit *visit, int64_t elapsed_ms)
{
    const struct irc_session *session = visit->session;
    bool is_late = elapsed_ms >= CEILING_MS;
    bool is_on_its_way = sts_port(visit) && !session->here_tls; /* over TLS this time */
    if (session->phase == IRC_WAITING && !is_on_its_way)
        tell_lost(visit);
    else if (session->phase == IRC_UP &&
             (session->login == IRC_LOGIN_DONE || str_empty(session->options.account)))
        tell_let_in(visit);
    else if (session->phase == IRC_UP && session->login != IRC_LOGIN_ASKED &&
             !session->services.is_waited_for)
        tell_no_login(visit);
    else if (is_late)
        tell_late(visit);
    else
        return false;
    return true;
}

/* Looked at, and not told of: the session knows of nobody but the bot. */
static void look(struct loop_timer *timer)
{
    struct visit *visit = CONTAINER_OF(timer, struct visit, timer);
    struct irc_session *session = visit->session;
    int64_t elapsed_ms = clock_elapsed_ms(loop_clock(visit->loop)) - visit->began_ms;
    if (!visit->is_over && tell(visit, elapsed_ms)) {
        visit->is_over = true;
        visit->began_ms += elapsed_ms;
        elapsed_ms = 0;
        irc_session_stop(session);
    }
    bool is_gone = session->phase == IRC_OFF || session->phase == IRC_WAITING;
    if (visit->is_over && (is_gone || elapsed_ms >= GOODBYE_MS))
        loop_stop(visit->loop);
    else if (loop_timer_arm_in(visit->loop, timer, LOOK_MS) < 0)
        loop_stop(visit->loop);
}

static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    const struct visit *visit = ctx;
    char text[128];
    int r = str_to_c(name, text, sizeof text) ? doctor_credential(visit->doctor, text, ret_secret)
                                              : -ENOENT;
    return r < 0 ? error_set(error, r, "the credential cannot be read") : 0;
}

/* A secret that cannot be had from here is no reason to say that it is wrong. */
static bool has_secrets(struct visit *visit, const struct irc_options *options)
{
    const struct str names[] = {options->account_credential, options->server_credential,
                                options->client_key_credential};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct buf secret CLEANUP(buf_wipe);
        struct error error = {0};
        buf_init(&secret, 64 * 1024);
        int r = str_empty(names[i]) ? 0 : credential(visit, names[i], &secret, &error);
        if (r == 0)
            continue;
        doctor_say(visit->doctor, DOCTOR_WARNING, "login",
                   r == -EACCES ? "Run mooring doctor as root, or as the bot's own user." : NULL,
                   "%s: not tried: the credential \"%.*s\" cannot be read from here (%s)",
                   visit->place, STR_ARG(names[i]), strerrordesc_np(-r));
        return false;
    }
    return true;
}

/* 9 letters, the most that every server takes; by chance, so that two who look do not meet. */
static void make_nick(struct visit *visit, char nick[16])
{
    (void)snprintf(nick, 16, "moor%05u", (unsigned)random_below(&visit->random, 100000));
}

static int run_visit(struct visit *visit, const struct irc_options *options, struct error *error)
{
    const struct setup *setup = visit->doctor->setup;
    const struct chat_env env = {.loop = visit->loop,
                                 .net = visit->net,
                                 .random = &visit->random,
                                 .content_folders = setup->folders,
                                 .content_folder_count = setup->folder_count,
                                 .ctx = visit,
                                 .credential = credential};
    int r = irc_session_create(&env, options, &irc_class, &visit->session, error);
    if (r < 0)
        return r;
    visit->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = look};
    visit->began_ms = clock_elapsed_ms(loop_clock(visit->loop));
    r = irc_session_start(visit->session);
    if (r == 0)
        r = loop_timer_arm_in(visit->loop, &visit->timer, LOOK_MS);
    if (r == 0)
        r = loop_run(visit->loop);
    loop_timer_disarm(visit->loop, &visit->timer);
    irc_session_destroy(visit->session);
    return r;
}

static void hush(void *ctx, enum log_level level, struct str line)
{
    (void)ctx, (void)level, (void)line; /* it is told in sentences */
}

void doctor_irc(struct doctor *doctor, const struct irc_options *network, const char *place)
{
    struct irc_options options = *network;
    struct visit visit = {.doctor = doctor, .place = place};
    struct error error = {0};
    char nick[16];
    random_seed_from_system(&visit.random);
    make_nick(&visit, nick);
    options.nicks[0] = str_of(nick);
    options.nick_count = 1;
    options.other_count = 0;
    options.is_visit = true;
    if (!has_secrets(&visit, &options))
        return;
    clock_init(&visit.clock);
    clock_refresh(&visit.clock);
    log_set_sink(hush, NULL);
    int r = loop_create(&visit.clock, &visit.loop);
    if (r == 0)
        r = net_create(visit.loop, &visit.net, &error);
    if (r == 0)
        r = run_visit(&visit, &options, &error);
    net_destroy(visit.net);
    loop_destroy(visit.loop);
    log_set_sink(NULL, NULL);
    if (r < 0)
        doctor_say(doctor, DOCTOR_WARNING, "login", NULL, "%s: could not be tried (%s)", place,
                   error.code ? error.text : strerrordesc_np(-r));
}
