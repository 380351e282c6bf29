/* SPDX-License-Identifier: MIT */
/* services.c: the network's services, as its profile describes them: which profile it is, what is
 * said to them, what they answer, a login where there is no SASL. */
#include <errno.h>

#include "chat/irc/session.h"
#include "observe/log.h"

#define NETWORK(session) LOG_TEXT("network", (session)->network.name)

enum {
    LOGIN_WAIT_MS = 10 * 1000,   /* that long joins wait for it ... */
    LOGIN_AGAIN_MS = 300 * 1000, /* ... and so long after it did not come, it is tried again */
    LINE_BYTES = 400
};

/* ---- which profile --------------------------------------------------------------------------- */

struct loading {
    struct irc_session *session;
    struct error *error; /* the first mistake; NULL: they are logged */
};

static void tell_mistake(void *ctx, const struct error *mistake)
{
    struct loading *loading = ctx;
    if (loading->error && !loading->error->code)
        *loading->error = *mistake;
    else if (!loading->error)
        log_event(LOG_LEVEL_ERROR, "profile_mistake", LOG_TEXT("what", mistake->text));
}

/* One that cannot be read keeps nobody from using the others. */
static void add_profile(void *ctx, struct str name)
{
    struct loading *loading = ctx;
    struct irc_session *session = loading->session;
    struct irc_services *services = &session->services;
    if (services->known_count < IRC_PROFILES_MAX &&
        irc_profile_read(session->env.content_folders, session->env.content_folder_count, name,
                         tell_mistake, loading, &session->kept,
                         &services->known[services->known_count]) == 0)
        services->known_count++;
}

int irc_services_load(struct irc_session *session, struct error *error)
{
    struct irc_services *services = &session->services;
    const struct chat_env *env = &session->env;
    struct str name = session->options.profile;
    struct loading loading = {.session = session, .error = name.len ? error : NULL};
    if (env->content_folder_count == 0)
        return 0;
    services->known = arena_alloc(&session->kept, IRC_PROFILES_MAX * sizeof(services->known[0]));
    if (!services->known)
        return error_set(error, -ENOMEM, "out of memory");
    if (str_empty(name)) {
        irc_profile_each(env->content_folders, env->content_folder_count, add_profile, &loading);
        return 0;
    }
    error->code = 0;
    int r = irc_profile_read(env->content_folders, env->content_folder_count, name, tell_mistake,
                             &loading, &session->kept, &services->known[0]);
    if (r == -ENOENT)
        return irc_profile_unknown(env->content_folders, env->content_folder_count, name, error);
    if (r < 0)
        return error->code ? r : error_set(error, r, "out of memory");
    services->known_count = 1;
    return 0;
}

static bool has(const struct irc_profile_list *list, struct str text, bool beginning)
{
    for (size_t i = 0; i < list->count; i++)
        if (beginning ? str_starts_nocase(text, list->items[i])
                      : str_eq_nocase(text, list->items[i]))
            return true;
    return false;
}

/* The one that was named; else by the network's name, which says more than the server's kind. */
static const struct irc_profile *choose(const struct irc_session *session)
{
    const struct irc_services *services = &session->services;
    struct str network = str_of(session->isupport.network), version = str_of(services->version);
    if (session->options.profile.len)
        return services->known_count ? &services->known[0] : NULL;
    for (size_t i = 0; i < services->known_count; i++)
        if (has(&services->known[i].networks, network, false))
            return &services->known[i];
    for (size_t i = 0; i < services->known_count; i++)
        if (version.len && has(&services->known[i].versions, version, true))
            return &services->known[i];
    return NULL;
}

/* "004 us irc.example.org ergo-2.13.0 modes ..." */
void irc_services_version(struct irc_session *session, const struct irc_message *message)
{
    char *version = session->services.version;
    str_to_c(str_upto(message->params[2], sizeof(session->services.version) - 1), version,
             sizeof(session->services.version));
}

bool irc_services_account_help(const struct irc_session *session,
                               struct chat_account_help *ret_help)
{
    const struct irc_profile *profile = session->services.profile;
    if (session->options.nick_is_identity || !profile || str_empty(profile->account_new))
        return false;
    struct str own = str_of(session->isupport.network);
    *ret_help = (struct chat_account_help){
        .title = profile->title.len ? profile->title
                 : own.len          ? own
                                    : session->options.name,
        .create = profile->account_new,
        .confirm = profile->account_confirm,
        .login = profile->account_login,
    };
    return true;
}

/* ---- speaking to them ------------------------------------------------------------------------ */

static bool is_private_line(const struct irc_session *session)
{
    return session->here_tls || irc_options_is_loopback(session->here.name);
}

/* A password goes over TLS alone, and only where the server itself hands it to services. */
static bool may_say_password(const struct irc_session *session)
{
    return is_private_line(session) && irc_profile_is_safe(session->services.profile) &&
           session->options.account_credential.len;
}

/* "/NS" is a command with the words as its parameters, the rest a message. */
static void write_line(struct irc_session *session, struct str line, bool at_once)
{
    struct str to = session->services.profile->services_to, params[8], word;
    void (*write)(struct irc_session *, const char *, const struct str *,
                  size_t) = at_once ? irc_session_now : irc_session_later;
    char command[32];
    size_t count = 0;
    if (!str_starts(to, STR("/"))) {
        write(session, "PRIVMSG", IRC_PARAMS(to, line));
        return;
    }
    while (count < COUNT_OF(params) && str_word(&line, &word))
        params[count++] = word;
    if (str_to_c(str_from(to, 1), command, sizeof(command)))
        write(session, command, params, count);
}

bool irc_services_say(struct irc_session *session, struct str line)
{
    const struct irc_profile *profile = session->services.profile;
    bool needs_password = irc_profile_needs_password(line);
    struct buf secret = {.limit = LINE_BYTES}, filled = {.limit = LINE_BYTES};
    struct error error = {0};
    if (!profile || str_empty(profile->services_to) ||
        (needs_password && !may_say_password(session)))
        return false;
    int r = needs_password
                ? session->env.credential(session->env.ctx, session->options.account_credential,
                                          &secret, &error)
                : 0;
    struct irc_profile_words words = {session->options.nicks[0], session->options.account,
                                      buf_str(&secret)};
    if (r >= 0)
        r = irc_profile_fill(line, &words, &filled);
    if (r >= 0)
        write_line(session, buf_str(&filled), needs_password);
    else if (error.code)
        log_event(LOG_LEVEL_ERROR, "irc_services_unsaid", NETWORK(session),
                  LOG_TEXT("why", error.text));
    else
        log_event(LOG_LEVEL_ERROR, "irc_services_unsaid", NETWORK(session), LOG_ERRNO(r),
                  LOG_TEXT("why", "one of the profile's words is empty here, or several"));
    buf_wipe(&secret);
    buf_wipe(&filled);
    if (needs_password)
        mem_wipe(session->line.ptr, session->line.capacity);
    return r >= 0;
}

/* ---- a login without SASL -------------------------------------------------------------------- */

static bool is_without_login(const struct irc_session *session)
{
    return session->options.account.len && session->login != IRC_LOGIN_DONE &&
           session->login != IRC_LOGIN_ASKED && !irc_caps_has(&session->caps, IRC_CAP_SASL) &&
           session->services.profile && !session->services.has_refused;
}

static bool identify(struct irc_session *session)
{
    struct str line = session->services.profile->identify;
    return line.len && irc_services_say(session, line);
}

/* The network knows us then, but not all services do (Atheme 7.2 tells its NickServ of a login by
 * SASL only when somebody comes): they would go on to take our nick from us as from a stranger. */
static void tell_late(struct irc_session *session)
{
    struct irc_services *services = &session->services;
    if (session->phase == IRC_UP && TAKE(services->is_late) && services->profile &&
        services->profile->identify_late.len)
        (void)irc_services_say(session, services->profile->identify_late);
}

/* The certificate may have done it already, or does it within a moment. */
bool irc_services_begin(struct irc_session *session)
{
    struct irc_services *services = &session->services;
    services->profile = choose(session);
    services->has_refused = false;
    if (services->profile)
        log_event(LOG_LEVEL_INFO, "irc_profile", NETWORK(session),
                  LOG_STR("profile", services->profile->name));
    tell_late(session);
    if (!is_without_login(session))
        return false;
    services->is_waited_for = identify(session) ||
                              (session->has_certificate && services->profile->identified_mode);
    if (services->is_waited_for)
        irc_session_arm(session, &services->timer, LOGIN_WAIT_MS);
    return services->is_waited_for;
}

static void no_more_waiting(struct irc_session *session)
{
    if (!TAKE(session->services.is_waited_for))
        return;
    irc_session_enter(session);
}

void irc_services_due(struct irc_session *session)
{
    struct irc_services *services = &session->services;
    if (session->phase != IRC_UP)
        return;
    if (services->is_waited_for) {
        error_set(&session->login_why, -EAGAIN, "services did not log us in");
        log_event(LOG_LEVEL_WARNING, "irc_login_failed", NETWORK(session),
                  LOG_TEXT("why", "services did not log us in: going on without, trying again"),
                  LOG_INT("transient", 1));
    } else if (is_without_login(session))
        (void)identify(session);
    no_more_waiting(session);
    if (is_without_login(session))
        irc_session_arm(session, &services->timer, LOGIN_AGAIN_MS);
}

void irc_services_logged_in(struct irc_session *session)
{
    tell_late(session);
    no_more_waiting(session);
    irc_nickname_wake(session);
}

/* Our own modes are the server's to tell: "MODE us +R". */
void irc_services_mode(struct irc_session *session, const struct irc_message *message)
{
    const struct irc_profile *profile = session->services.profile;
    bool on = true;
    if (!profile || !profile->identified_mode || message->param_count < 2 ||
        !irc_session_is_us(session, message->params[0]))
        return;
    struct str modes = message->params[1];
    for (size_t i = 0; i < modes.len; i++) {
        if (modes.ptr[i] == '+' || modes.ptr[i] == '-')
            on = modes.ptr[i] == '+';
        else if (modes.ptr[i] != profile->identified_mode || !session->options.account.len)
            continue;
        else if (on)
            irc_login_identified(session);
        else if (!irc_caps_has(&session->caps, IRC_CAP_SASL) && session->login == IRC_LOGIN_DONE) {
            session->login = IRC_LOGIN_FAILED; /* services restarted, or our nick changed */
            irc_session_arm(session, &session->services.timer, LOGIN_WAIT_MS);
        }
    }
}

static bool mentions(struct str text, const struct irc_profile_list *list)
{
    for (size_t k = 0; k < list->count; k++)
        for (size_t i = 0; i < text.len; i++)
            if (str_starts_nocase(str_from(text, i), list->items[k]))
                return true;
    return false;
}

/* What somebody under their name says who is not they changes nothing: a lie could keep us from our
 * nick. */
bool irc_services_heard(struct irc_session *session, const struct irc_message *message)
{
    struct irc_services *services = &session->services;
    bool asked = session->nickname.step != IRC_NICK_RESTS || services->is_waited_for;
    if (!services->profile || !irc_session_is_us(session, message->params[0]) ||
        !irc_profile_is_services(services->profile, message->nick, message->user, message->host))
        return false;
    if (!asked || services->has_refused ||
        !mentions(message->params[1], &services->profile->refuses))
        return true;
    services->has_refused = true;
    static const char *const causes[] = {
        "the nick does not belong to our account: register or group it, or choose another",
        "the password or the account is wrong: check sasl"};
    log_event(LOG_LEVEL_ERROR, "irc_services_refuse", NETWORK(session),
              LOG_TEXT("why", causes[services->is_waited_for]));
    if (services->is_waited_for)
        error_set(&session->login_why, -EACCES, "%s", causes[1]);
    no_more_waiting(session);
    return true;
}
