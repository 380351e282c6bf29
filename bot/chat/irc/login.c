/* SPDX-License-Identifier: MIT */
/* login.c: the login to the network's services (IRCv3 SASL): one mechanism after the other, and
 * what each refusal means. */
#include "chat/irc/session.h"

#include <errno.h>

#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

/* So often services that took our secret before may say that it is wrong: theirs is the trouble
 * then (a database that is not loaded yet), and a long wait would be for nothing. */
enum { DOUBTS = 3 };

/* The derivation of a key, on the pool.  It outlives the connection that wanted it. */
struct irc_login_work {
    struct loop_work work;
    struct irc_session *session; /* NULL: nobody waits any more */
    struct irc_scram_job job;
};

bool irc_login_is_wanted(const struct irc_session *session)
{
    return session->options.account.len && session->login == IRC_LOGIN_NONE;
}

/* What crosses loopback or an in-process peer is not in the clear for anybody else. */
static unsigned what_we_have(const struct irc_session *session)
{
    const struct irc_options *options = &session->options;
    bool is_private = session->here_tls || irc_options_is_loopback(session->here.name);
    return (is_private ? IRC_SASL_TLS : 0u) |
           (session->has_certificate ? IRC_SASL_CERTIFICATE : 0u) |
           (options->account_credential.len ? IRC_SASL_PASSWORD : 0u);
}

/* A list that names no mechanism ("sasl" alone) leaves it to us to try. */
static bool begin_next(struct irc_session *session)
{
    const struct irc_sasl_mechanism *mechanism = irc_sasl_choose(
        str_of(session->caps.sasl_mechanisms), session->options.mechanism, what_we_have(session),
        session->sasl_tried);
    if (!mechanism)
        return false;
    irc_login_abandon(session);
    session->login = IRC_LOGIN_ASKED;
    session->login_fail = IRC_LOGIN_FAIL_NONE;
    session->sasl_tried |= irc_sasl_bit(mechanism);
    irc_sasl_begin(&session->sasl, mechanism);
    irc_session_now(session, "AUTHENTICATE", IRC_PARAMS(str_of(mechanism->name)));
    irc_session_arm(session, &session->cap_timer, IRC_SASL_MS);
    return true;
}

/* ---- while we are in without our account ----------------------------------------------------- */

/* Not every server tells when its services are back (CAP NEW): we ask for its list again, ever more
 * slowly.  One that has no capabilities has no login either. */
static void look_later(struct irc_session *session, struct backoff *backoff)
{
    if (session->phase == IRC_UP && session->options.account.len && session->cap_listed)
        irc_session_arm(session, &session->cap_timer,
                        backoff_next_ms(backoff, session->env.random));
}

void irc_login_look(struct irc_session *session)
{
    session->caps.asked = 0; /* the answer to that went missing */
    look_later(session, &session->login_backoff);
    irc_session_now(session, "CAP", IRC_PARAMS(STR("LS"), STR("302")));
}

void irc_login_listed(struct irc_session *session)
{
    if (session->phase == IRC_UP && session->login == IRC_LOGIN_FAILED)
        session->login = IRC_LOGIN_NONE;
}

/* Said once for each connection: people are heard without a login too. */
void irc_login_impossible(struct irc_session *session, const char *why)
{
    session->login = IRC_LOGIN_FAILED;
    error_set(&session->login_why, -EOPNOTSUPP, "%s", why);
    if (!session->login_is_impossible)
        log_event(LOG_LEVEL_WARNING, "irc_login_impossible", NETWORK(session),
                  LOG_TEXT("why", why));
    session->login_is_impossible = true;
    irc_registration_end_caps(session);
    look_later(session, &session->login_backoff);
}

void irc_login_came_up(struct irc_session *session)
{
    if (session->login == IRC_LOGIN_ASKED) /* a server that did not wait for the end of it */
        irc_session_arm(session, &session->cap_timer, IRC_SASL_MS);
    else if (session->login != IRC_LOGIN_DONE)
        look_later(session, &session->login_backoff);
}

void irc_login_begin(struct irc_session *session)
{
    session->sasl_tried = 0;
    session->sasl_aborts = 0;
    if (!begin_next(session))
        irc_login_impossible(session,
                             "the server offers no login that we can and may do: going on without");
}

void irc_login_forget(struct irc_session *session)
{
    if (session->login == IRC_LOGIN_ASKED)
        return;
    session->login = IRC_LOGIN_NONE;
    look_later(session, &session->login_backoff); /* the answer to CAP REQ may go missing */
}

void irc_login_abandon(struct irc_session *session)
{
    if (session->login_work)
        session->login_work->session = NULL;
    session->login_work = NULL;
    irc_sasl_done(&session->sasl);
}

/* ---- how it ends ----------------------------------------------------------------------------- */

/* A call for help is heard without a login too: while services are away we go in as we are, and
 * log in when they are back. */
static void go_on_without(struct irc_session *session)
{
    if (session->welcome_at) /* let in already: what is left is the message of the day */
        irc_session_arm(session, &session->cap_timer, IRC_MOTD_MS);
    else
        irc_registration_end_caps(session);
}

/* A wrong password stays wrong: somebody has to mend it, and a long wait keeps the account from
 * being locked.  Whoever is in already stays in. */
static void failed(struct irc_session *session, bool is_transient, const char *why)
{
    session->login = IRC_LOGIN_FAILED;
    irc_login_abandon(session);
    loop_timer_disarm(session->env.loop, &session->cap_timer);
    log_event(is_transient ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, "irc_login_failed",
              NETWORK(session), LOG_TEXT("why", why), LOG_INT("transient", is_transient));
    error_set(&session->login_why, is_transient ? -EAGAIN : -EACCES, "%s", why);
    if (!is_transient)
        error_set(&session->trouble, -EACCES,
                  "the login failed: %s. Mend the account or its credential, then systemctl "
                  "restart mooring",
                  why);
    if (session->phase == IRC_REGISTERING && is_transient)
        go_on_without(session);
    else if (session->phase == IRC_REGISTERING)
        irc_session_drop(session, IRC_WAIT_REFUSED, "not logged in");
    else
        look_later(session, is_transient ? &session->login_backoff : &session->refused_backoff);
}

static void done(struct irc_session *session)
{
    if (session->login == IRC_LOGIN_DONE)
        return;
    session->services.is_late = session->login == IRC_LOGIN_ASKED && session->welcome_at;
    session->login = IRC_LOGIN_DONE;
    backoff_reset(&session->login_backoff);
    session->was_logged_in = true;
    session->trouble = session->login_why = (struct error){0};
    session->login_doubts = 0;
    irc_login_abandon(session);
    loop_timer_disarm(session->env.loop, &session->cap_timer);
    irc_registration_end_caps(session);
    if (session->phase == IRC_UP) {
        log_event(LOG_LEVEL_NOTICE, "irc_logged_in_late", NETWORK(session));
        irc_rooms_logged_in(session);
    }
    irc_services_logged_in(session);
}

void irc_login_identified(struct irc_session *session)
{
    done(session);
}

static void abort_login(struct irc_session *session)
{
    session->sasl_aborts++;
    irc_session_now(session, "AUTHENTICATE", IRC_PARAMS(STR("*")));
    if (session->stream)
        stream_flush(session->stream); /* it may end now */
}

/* Whoever does not know the password is not the services that we know, whatever else they say. */
static void lied(struct irc_session *session)
{
    abort_login(session);
    failed(session, false,
           "the server did not prove that it knows the account's password: it may not be the one "
           "that it says it is; ask the network's staff");
}

static void wrong(struct irc_session *session, const char *why)
{
    bool is_doubtful = session->was_logged_in && session->login_doubts++ < DOUBTS;
    failed(session, is_doubtful,
           is_doubtful ? "refused, although it was right before: services may be starting" : why);
}

/* The one number for a wrong password, for services that are away, and for a mechanism that this
 * account has not: the words tell, and what we had said until then. */
static void refused(struct irc_session *session, struct str text)
{
    bool is_unproved = irc_sasl_is_unproved(&session->sasl);
    bool is_external = session->sasl.mechanism->kind == IRC_SASL_ONLY_EXTERNAL;
    if (session->login_fail == IRC_LOGIN_FAIL_TRANSIENT || irc_numerics_is_transient(text)) {
        failed(session, true, "services are away");
        return;
    }
    if (is_external && !is_unproved)
        log_event(LOG_LEVEL_WARNING, "irc_certificate_unknown", NETWORK(session),
                  LOG_TEXT("why", "the account does not know our certificate: CERT ADD tells it"));
    if ((is_external || is_unproved) && begin_next(session))
        return;
    if (is_unproved)
        failed(session, true, "services did not look at our login: they may be away");
    else if (is_external)
        wrong(session, "the account does not know our client certificate");
    else
        wrong(session, "wrong account or password: check sasl.account and the credential");
}

void irc_login_overdue(struct irc_session *session)
{
    abort_login(session);
    if (session->login_fail != IRC_LOGIN_FAIL_NONE) /* that was the answer */
        refused(session, STR(""));
    else
        failed(session, true, "services did not answer in time");
}

/* Standard replies: "FAIL AUTHENTICATE CODE context... :words"; mostly a number follows that says
 * less. */
void irc_login_failed(struct irc_session *session, const struct irc_message *message)
{
    struct str text = message->params[message->param_count - 1];
    if (session->login != IRC_LOGIN_ASKED)
        return;
    session->login_fail = irc_numerics_is_transient(message->params[1]) ||
                                  irc_numerics_is_transient(text)
                              ? IRC_LOGIN_FAIL_TRANSIENT
                              : IRC_LOGIN_FAIL_FINAL;
}

/* ---- the dialogue ---------------------------------------------------------------------------- */

static void send_response(struct irc_session *session, struct str response)
{
    size_t sent = 0;
    struct str piece;
    while (irc_sasl_next_piece(response, &sent, &piece))
        irc_session_now(session, "AUTHENTICATE", IRC_PARAMS(piece));
    mem_wipe(session->line.ptr, session->line.capacity);
}

/* What the server's part, or our own, made of it. */
static void went_wrong(struct irc_session *session, int r)
{
    switch (r) {
    case -EBADMSG:
        lied(session);
        return;
    case -EACCES:
        wrong(session, "wrong account or password: check sasl.account and the credential");
        return;
    case -EAGAIN:
        failed(session, true, "services have a trouble of their own, or the bot is too busy");
        return;
    case -ENOMEM:
        failed(session, true, "out of memory");
        return;
    case -EINVAL:
    case -EILSEQ:
        abort_login(session);
        if (!begin_next(session))
            failed(session, false,
                   "the account or password has characters that cannot be said in this login");
        return;
    default:
        abort_login(session);
        failed(session, false, "the server's part of the login makes no sense");
    }
}

static void derive(struct loop_work *work)
{
    irc_scram_derive(&CONTAINER_OF(work, struct irc_login_work, work)->job);
}

static void derived(struct loop_work *work)
{
    AUTO_FREE struct irc_login_work *self = CONTAINER_OF(work, struct irc_login_work, work);
    struct irc_session *session = self->session;
    struct buf response = {.limit = IRC_SASL_MESSAGE_BYTES * 2};
    if (session) {
        session->login_work = NULL;
        int r = irc_sasl_derived(&session->sasl, &self->job, &response);
        if (r < 0)
            went_wrong(session, r);
        else
            send_response(session, buf_str(&response));
    }
    buf_wipe(&response);
    irc_scram_job_done(&self->job);
}

/* Thousands of rounds take longer than the loop may. */
static int start_derive(struct irc_session *session)
{
    struct irc_login_work *self = mem_zalloc(sizeof(*self));
    if (!self)
        return -ENOMEM;
    self->work = (struct loop_work){.run = derive, .done = derived};
    self->session = session;
    self->job = session->sasl.job;
    session->sasl.job = (struct irc_scram_job){.rounds = 0};
    int r = loop_work_start(session->env.loop, &self->work);
    if (r < 0) {
        irc_scram_job_done(&self->job);
        mem_free(self);
        return r;
    }
    session->login_work = self;
    return 0;
}

void irc_login_authenticate(struct irc_session *session, const struct irc_message *message)
{
    struct buf secret = {.limit = 1024}, response = {.limit = IRC_SASL_MESSAGE_BYTES * 2};
    struct error error = {0};
    int r = 0;
    if (session->login != IRC_LOGIN_ASKED || session->login_work)
        return;
    if (str_eq_c(message->params[0], "*")) {
        abort_login(session);
        failed(session, true, "the server aborted the login");
        return;
    }
    if (session->sasl.mechanism->needs & IRC_SASL_PASSWORD)
        r = session->env.credential(session->env.ctx, session->options.account_credential, &secret,
                                    &error);
    if (r < 0) {
        buf_wipe(&secret);
        failed(session, false, error.text);
        return;
    }
    struct irc_sasl_login login = {session->options.account, buf_str(&secret)};
    r = irc_sasl_take(&session->sasl, message->params[0], &login, &response);
    buf_wipe(&secret);
    if (r == IRC_SASL_ANSWERS)
        send_response(session, buf_str(&response));
    buf_wipe(&response);
    if (r == IRC_SASL_DERIVES)
        r = start_derive(session);
    if (r < 0)
        went_wrong(session, r);
}

/* Success counts only from a server that has shown in SCRAM that it knows the password. */
static void accepted(struct irc_session *session)
{
    if (session->login == IRC_LOGIN_ASKED && irc_sasl_is_doubtful(&session->sasl))
        lied(session);
    else
        done(session);
}

/* At once, unless somebody logs us out as often as we log in. */
static void logged_out(struct irc_session *session)
{
    if (session->login != IRC_LOGIN_DONE)
        return;
    int64_t now_ms = irc_session_now_ms(session);
    bool is_seldom = !session->login_again_ms ||
                     now_ms - session->login_again_ms >= IRC_LOGIN_STABLE_MS;
    session->login = IRC_LOGIN_FAILED;
    log_event(LOG_LEVEL_WARNING, "irc_logged_out", NETWORK(session),
              LOG_TEXT("why", "the services do not know us any more: logging in again"));
    if (session->phase != IRC_UP || !is_seldom || !irc_caps_has(&session->caps, IRC_CAP_SASL)) {
        look_later(session, &session->login_backoff);
        return;
    }
    session->login_again_ms = now_ms;
    irc_login_begin(session);
}

/* The services are away: whom they knew is not sure when they are back. */
void irc_login_gone(struct irc_session *session)
{
    if (session->login == IRC_LOGIN_ASKED)
        failed(session, true, "services went away");
    else
        logged_out(session);
}

void irc_login_account(struct irc_session *session, struct str account)
{
    if (str_eq_c(account, "*"))
        logged_out(session);
    else if (session->login == IRC_LOGIN_FAILED &&
             irc_casemap_same(session->isupport.casemap, account, session->options.account))
        done(session); /* the services knew us again by themselves */
}

/* What the services say of our login (IRCv3 SASL, numerics 900 to 908). */
void irc_login_numeric(struct irc_session *session, const struct irc_message *message)
{
    bool is_asked = session->login == IRC_LOGIN_ASKED;
    struct str text = message->param_count ? message->params[message->param_count - 1] : STR("");
    switch (message->numeric) {
    case 900:
    case 903:
    case 907: /* logged in already: as good */
        accepted(session);
        return;
    case 901:
        logged_out(session);
        return;
    case 902:
        if (is_asked)
            failed(session, false, "the account is locked: ask the network's staff");
        return;
    case 904:
        if (is_asked)
            refused(session, text);
        return;
    case 905:
        if (is_asked)
            failed(session, irc_numerics_is_transient(text), "the server finds our login too long");
        return;
    case 906:
        if (session->sasl_aborts)
            session->sasl_aborts--;
        else if (is_asked)
            failed(session, true, "the server aborted the login");
        return;
    case 908: /* what it would take instead; 904 follows */
        str_to_c(message->params[1], session->caps.sasl_mechanisms,
                 sizeof(session->caps.sasl_mechanisms));
        return;
    default:
        return;
    }
}
