/* SPDX-License-Identifier: MIT */
/* account.c: one step after the other until we are in, and back there after each way of falling
 * out: an expired token is refreshed, a session that was soft-logged-out is logged in again as the
 * same device, a locked account is waited for, and what is over for good is told once and left
 * alone. */
#include "chat/matrix/account_internal.h"

#include <errno.h>

#include <sodium.h>

#include "chat/matrix/request.h"
#include "store/keyring.h"

enum {
    AHEAD_MS = 60 * 1000,     /* so long before its end a token is renewed, or earlier: */
    AHEAD_PART = 5,           /* a fifth of its life */
    SAVE_AGAIN_MS = 5 * 1000, /* while new tokens cannot be stored */
    SAVE_TRIES = 12,          /* while another process holds the file */
    STORM_MS = 60 * 1000,     /* a token that lived shorter was no good */
    LOCKED_MS = 60 * 1000,    /* between looks at a locked account, doubling up to: */
    LOCKED_MAX_MS = 15 * 60 * 1000,
    SUSPENDED_EVERY_MS = 3600 * 1000, /* how often that is told */
    SECRET_BYTES = 4096,
};

static int64_t elapsed_ms(const struct matrix_account *account)
{
    return clock_elapsed_ms(loop_clock(account_loop(account)));
}

/* A sentence that ends in a colon is followed by what to run. */
static void advise(const struct matrix_account *account, const char *sentence, struct error *error)
{
    size_t length = strlen(sentence);
    bool has_advice = length > 0 && sentence[length - 1] == ':';
    error_set(error, -EINVAL, "%s%s%s", sentence, has_advice ? " mooring login " : "",
              has_advice ? account->session->network.name : "");
}

void account_complain(const struct matrix_account *account, enum log_level level, const char *event,
                      const char *sentence)
{
    struct error error;
    advise(account, sentence, &error);
    log_event(level, event, NETWORK(account), LOG_TEXT("what", error.text));
}

/* What only a person can end: said in the log, and in `mooring status` for as long as it lasts. */
static void lament(struct matrix_account *account, const char *event, const char *sentence)
{
    account_complain(account, LOG_LEVEL_ERROR, event, sentence);
    advise(account, sentence, &account->trouble);
}

void account_arm(struct matrix_account *account, int64_t in_ms)
{
    if (loop_timer_arm_in(account_loop(account), &account->timer, in_ms) < 0) /* at the next word */
        account_complain(account, LOG_LEVEL_WARNING, "matrix_account_timer", "memory is short");
}

/* Not now: again, later each time. */
void account_try_later(struct matrix_account *account, const struct matrix_answer *answer)
{
    account->failures++;
    account_arm(account, matrix_retry_ms(account->session, answer, account->failures));
}

void account_try_later_saying(struct matrix_account *account, const struct matrix_answer *answer,
                              const char *sentence)
{
    account_complain(account, account->failures == 0 ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
                     "matrix_login_waits", sentence);
    account_try_later(account, answer);
}

/* ---- out ---------------------------------------------------------------------------------------
 */

static void tell_out(struct matrix_account *account)
{
    if (account->is_told)
        matrix_session_logged_out(account->session);
    else
        matrix_session_state(account->session, CHAT_DOWN);
    account->is_told = false;
}

/* Over, until somebody acts: told once, and nothing is asked any more. */
void account_out(struct matrix_account *account, const char *sentence)
{
    account->stage = STAGE_OUT;
    matrix_cancel(TAKE(account->call));
    loop_timer_disarm(account_loop(account), &account->timer);
    lament(account, "matrix_logged_out", sentence);
    tell_out(account); /* first: what is under way is kept for later */
    matrix_requests_refuse(account->session);
    matrix_session_notice(account->session, CHAT_NOTICE_LOGGED_OUT, (struct str){0}, 0);
}

/* The session is gone at the homeserver, and so is what it gave us. */
void account_discard(struct matrix_account *account)
{
    sodium_memzero(account->tokens, sizeof *account->tokens);
    account->has_fresh = false;
    int r = matrix_token_file_erase(account->file);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "matrix_tokens_kept", NETWORK(account), LOG_ERRNO(r));
}

/* ---- in ----------------------------------------------------------------------------------------
 */

/* Ahead of the end, so that no request meets a dead token. */
static void arm_renewal(struct matrix_account *account)
{
    const struct matrix_tokens *tokens = account->tokens;
    if (!tokens->expires_at || !tokens->refresh[0])
        return;
    int64_t left_ms = tokens->expires_at - account_wall_at(account);
    int64_t ahead_ms = MIN_OF((int64_t)AHEAD_MS, left_ms / AHEAD_PART);
    account_arm(account, MAX_OF(left_ms - ahead_ms, (int64_t)0));
}

void account_enter(struct matrix_account *account)
{
    struct matrix_session *session = account->session;
    bool is_new = account->stage != STAGE_IN;
    account->stage = STAGE_IN;
    account->is_dead = false;
    account->failures = 0;
    account->locked_ms = 0;
    if (is_new)
        account->trouble = (struct error){0};
    account->in_since_ms = elapsed_ms(account);
    loop_timer_disarm(account_loop(account), &account->timer);
    arm_renewal(account);
    if (!account->is_told) {
        account->is_told = true;
        log_event(LOG_LEVEL_NOTICE, "matrix_logged_in", LOG_TEXT("network", session->network.name),
                  LOG_INT("renewed", account->tokens->refresh[0] != '\0'));
        matrix_session_logged_in(session);
        return;
    }
    log_event(is_new ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "matrix_token_renewed",
              LOG_TEXT("network", session->network.name), LOG_INT("ahead", !is_new));
    matrix_requests_go(session, false); /* with another token from here on */
    matrix_requests_go(session, true);
}

/* Durable before their first use: the first use is what ends the old ones.  While the old ones live
 * they are used on, and storing is tried again; a bot that cannot store (a broken disk) goes on all
 * the same, for somebody may call for help. */
void account_take_fresh(struct matrix_account *account)
{
    bool can_wait = !account->is_dead && account->tokens->access[0] &&
                    account->tokens->expires_at > account_wall_at(account);
    int r = matrix_token_file_save(account->file, account->fresh);
    if (r == -ESTALE) { /* `mooring login` was quicker: its login counts */
        matrix_account_reload(account);
        return;
    }
    if (r < 0 && (can_wait || (r == -EAGAIN && account->failures++ < SAVE_TRIES))) {
        account_arm(account, SAVE_AGAIN_MS);
        return;
    }
    if (r < 0)
        log_event(LOG_LEVEL_ERROR, "matrix_tokens_not_stored", NETWORK(account), LOG_ERRNO(r),
                  LOG_TEXT("meanwhile", "used all the same; a restart would log in anew"));
    *account->tokens = *account->fresh;
    sodium_memzero(account->fresh, sizeof *account->fresh);
    account->has_fresh = false;
    account_enter(account);
}

/* ---- what comes next ---------------------------------------------------------------------------
 */

void account_begun(struct matrix_account *account, int r)
{
    if (r < 0)
        account_try_later(account, NULL);
}

static void on_discovered(struct matrix_discovery *discovery, int result,
                          const struct matrix_answer *answer, const struct error *error)
{
    struct matrix_account *account = CONTAINER_OF(discovery, struct matrix_account, discovery);
    account->is_discovering = false;
    if (result < 0) {
        if (account->failures == 0 && error)
            log_event(LOG_LEVEL_WARNING, "matrix_homeserver_unreachable", NETWORK(account),
                      LOG_TEXT("what", error->text));
        account_try_later(account, answer);
        return;
    }
    account->is_discovered = true;
    json_decref(account->versions);
    account->versions = json_incref(discovery->versions);
    (void)str_to_c(str_of(discovery->base), account->tokens->base, sizeof account->tokens->base);
    account->failures = 0;
    account_go_on(account);
}

/* Where it was the last time, for a quick start; after a failure it is looked up anew. */
static void discover(struct matrix_account *account)
{
    struct str known = account->failures % 2 == 0 ? str_of(account->tokens->base) : STR("");
    account->is_discovering = true;
    int r = matrix_discover(&account->discovery, known);
    if (r < 0)
        account->is_discovering = false;
    account_begun(account, r);
}

/* The next step, by what is known. */
void account_go_on(struct matrix_account *account)
{
    const struct matrix_tokens *tokens = account->tokens;
    struct matrix_session *session = account->session;
    if (account->stage == STAGE_OFF || account->stage == STAGE_OUT || session->stopping ||
        account->call || account->is_discovering)
        return;
    if (account->has_fresh)
        account_take_fresh(account);
    else if (!account->is_discovered)
        discover(account);
    else if (account->is_dead)
        account_revive(account);
    else if (!tokens->access[0])
        account_log_in(account);
    else if (tokens->refresh[0] && tokens->expires_at &&
             tokens->expires_at <= account_wall_at(account))
        account_refresh(account);
    else if (!tokens->user[0] || !account->is_checked)
        account_whoami(account);
    else
        account_enter(account);
}

static void fire(struct loop_timer *timer)
{
    struct matrix_account *account = CONTAINER_OF(timer, struct matrix_account, timer);
    if (account->stage == STAGE_IN && !account->has_fresh && !account->call)
        account_refresh(account); /* it is armed for nothing else then */
    else
        account_go_on(account);
}

/* ---- what others hear ------------------------------------------------------------------------ */

static void wait_for_unlock(struct matrix_account *account)
{
    int64_t next_ms = account->locked_ms ? account->locked_ms * 2 : (int64_t)LOCKED_MS;
    bool is_new = account->locked_ms == 0;
    account->is_locked = false;
    account->stage = STAGE_LOCKED;
    account->is_checked = false; /* whoami asks whether it is over */
    account->locked_ms = MIN_OF(next_ms, (int64_t)LOCKED_MAX_MS);
    if (is_new) {
        lament(account, "matrix_account_locked",
               "the homeserver's people locked this account. It is kept, and looked at again "
               "until they unlock it: ask them");
        tell_out(account);
        matrix_session_notice(account->session, CHAT_NOTICE_LOCKED, (struct str){0}, 0);
    }
    account_arm(account, account->locked_ms);
}

/* Outside of any request's end: the parts are told, and give up their requests. */
static void act(struct loop_call *call)
{
    struct matrix_account *account = CONTAINER_OF(call, struct matrix_account, act);
    if (account->stage == STAGE_OFF || account->stage == STAGE_OUT)
        return;
    if (account->is_gone)
        account_out(account, "the account is deactivated. The bot needs another one.");
    else if (account->is_locked)
        wait_for_unlock(account);
    else
        account_go_on(account);
}

/* A token that is refused as soon as it came: not again at once. */
void matrix_account_unknown_token(struct matrix_account *account, bool soft)
{
    if (account->stage != STAGE_IN)
        return; /* it is being seen to */
    int64_t lived_ms = elapsed_ms(account) - account->in_since_ms;
    account->stage = STAGE_WAY_IN;
    account->is_dead = true;
    account->is_soft = soft;
    matrix_requests_go(account->session, false);
    account->storms = lived_ms >= STORM_MS ? 0 : account->storms + 1;
    if (account->storms > 1 && lived_ms < 1000)
        account_arm(account, matrix_retry_ms(account->session, NULL, account->storms));
    else
        loop_defer(account_loop(account), &account->act);
}

void matrix_account_refused(struct matrix_account *account, struct str errcode)
{
    if (account->stage == STAGE_OFF || account->stage == STAGE_OUT)
        return;
    if (str_eq_c(errcode, "M_USER_SUSPENDED")) {
        int64_t now_ms = elapsed_ms(account);
        if (account->suspended_told_ms && now_ms - account->suspended_told_ms < SUSPENDED_EVERY_MS)
            return;
        account->suspended_told_ms = MAX_OF(now_ms, (int64_t)1);
        lament(account, "matrix_account_suspended",
               "the homeserver's people suspended this account: it may read, and say nothing. "
               "What is to be said waits: ask them");
        matrix_session_notice(account->session, CHAT_NOTICE_SUSPENDED, (struct str){0}, 0);
        return;
    }
    if (account->stage != STAGE_IN && !str_eq_c(errcode, "M_USER_DEACTIVATED"))
        return;
    account->is_gone = str_eq_c(errcode, "M_USER_DEACTIVATED");
    account->is_locked = !account->is_gone;
    if (account->stage == STAGE_IN)
        matrix_requests_go(account->session, false);
    loop_defer(account_loop(account), &account->act);
}

void matrix_account_spoke(struct matrix_account *account)
{
    if (account->stage == STAGE_IN)
        account->trouble = (struct error){0};
}

/* ---- what they ask --------------------------------------------------------------------------- */

struct str matrix_account_user(const struct matrix_account *account)
{
    return str_of(account->tokens->user);
}

struct str matrix_account_device(const struct matrix_account *account)
{
    return str_of(account->tokens->device);
}

struct str matrix_account_token(const struct matrix_account *account)
{
    return str_of(account->tokens->access);
}

struct str matrix_account_base(const struct matrix_account *account)
{
    return str_of(account->tokens->base);
}

const char *matrix_account_trouble(const struct matrix_account *account)
{
    return account->trouble.code ? account->trouble.text : NULL;
}

bool matrix_account_has(const struct matrix_account *account, const char *version_or_feature)
{
    return matrix_versions_have(account->versions, version_or_feature);
}

/* ---- life ------------------------------------------------------------------------------------ */

static bool read_key(const struct matrix_session *session, const char *name,
                     unsigned char key[KEYRING_KEY_BYTES])
{
    struct buf text CLEANUP(buf_wipe);
    struct error none = {0};
    size_t length = 0;
    buf_init(&text, SECRET_BYTES);
    return session->env.credential(session->env.ctx, str_of(name), &text, &none) == 0 &&
           sodium_hex2bin(key, KEYRING_KEY_BYTES, text.ptr, text.len, " \t\r\n", &length, NULL) ==
               0 &&
           length == KEYRING_KEY_BYTES;
}

/* By the keyring's header alone: the floor has no other key, and the file must be read there too.
 * While the master key is changed the next one may be the one. */
static int open_file(struct matrix_account *account)
{
    static const char *const names[] = {"master-key", "master-key-next"};
    const struct matrix_session *session = account->session;
    unsigned char master[KEYRING_KEY_BYTES], key[KEYRING_KEY_BYTES];
    char folder[1024];
    bool has_key = false;
    bool has_folder = session->env.state_folder.len > 0 &&
                      str_to_c(session->env.state_folder, folder, sizeof folder);
    for (size_t i = 0; has_folder && !has_key && i < COUNT_OF(names); i++)
        has_key = read_key(session, names[i], master) &&
                  keyring_peek(folder, master, KEYRING_LOGIN, key) == 0;
    if (has_folder && !has_key)
        account_complain(account, LOG_LEVEL_WARNING, "matrix_tokens_no_key",
                         "the keyring cannot be read: the login is not kept over a restart");
    int r = matrix_token_file_open(session->env.state_folder, str_of(session->network.name),
                                   has_key ? key : NULL, &account->file);
    mem_wipe(master, sizeof master);
    mem_wipe(key, sizeof key);
    return r;
}

/* A login of another server or account is left alone, and overwritten by the next. */
static void load(struct matrix_account *account)
{
    const struct matrix_options *options = &account->session->options;
    struct matrix_tokens *tokens = account->tokens;
    sodium_memzero(tokens, sizeof *tokens);
    int r = matrix_token_file_load(account->file, tokens);
    if (r < 0 && r != -ENOENT)
        log_event(LOG_LEVEL_WARNING, "matrix_tokens_unreadable", NETWORK(account), LOG_ERRNO(r));
    bool is_ours = r == 0 && strcmp(tokens->homeserver, options->homeserver) == 0 &&
                   strcmp(tokens->account, options->user) == 0 &&
                   options->how != MATRIX_LOGIN_TOKEN;
    if (is_ours) {
        account->is_checked = tokens->user[0] != '\0';
        return;
    }
    sodium_memzero(tokens, sizeof *tokens);
    (void)str_to_c(str_of(options->homeserver), tokens->homeserver, sizeof tokens->homeserver);
    (void)str_to_c(str_of(options->user), tokens->account, sizeof tokens->account);
    (void)str_to_c(str_of(options->device_id), tokens->device, sizeof tokens->device);
}

static void forget(struct matrix_account *account)
{
    matrix_cancel(TAKE(account->call));
    matrix_discovery_done(&account->discovery);
    loop_timer_disarm(account_loop(account), &account->timer);
    loop_undefer(account_loop(account), &account->act);
    account->is_discovering = account->is_discovered = account->has_fresh = false;
    account->is_dead = account->is_soft = account->is_checked = account->is_asserted = false;
    account->is_locked = account->is_gone = false;
    account->failures = account->storms = 0;
    account->trouble = (struct error){0};
    account->locked_ms = 0;
    sodium_memzero(account->credential, sizeof account->credential);
}

int matrix_account_start(struct matrix_account *account)
{
    forget(account);
    load(account);
    account->stage = STAGE_WAY_IN;
    loop_defer(account_loop(account), &account->act);
    return 0;
}

void matrix_account_stop(struct matrix_account *account)
{
    forget(account);
    account->stage = STAGE_OFF;
    account->is_told = false;
    matrix_requests_go(account->session, false);
}

void matrix_account_reload(struct matrix_account *account)
{
    if (account->stage == STAGE_OFF)
        return;
    forget(account);
    if (account->is_told)
        tell_out(account);
    if (matrix_account_start(account) == 0)
        matrix_session_state(account->session, CHAT_CONNECTING);
}

int matrix_account_create(struct matrix_session *session, struct matrix_account **ret_account)
{
    struct matrix_account *account = mem_zalloc(sizeof *account);
    if (!account)
        return -ENOMEM;
    account->session = session;
    account->discovery = (struct matrix_discovery){.session = session, .done = on_discovered};
    account->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = fire};
    account->act = (struct loop_call){.run = act};
    account->tokens = matrix_tokens_create();
    account->fresh = matrix_tokens_create();
    int r = account->tokens && account->fresh ? open_file(account) : -ENOMEM;
    if (r < 0) {
        matrix_account_destroy(account);
        return r;
    }
    *ret_account = account;
    return 0;
}

void matrix_account_destroy(struct matrix_account *account)
{
    if (!account)
        return;
    forget(account);
    json_decref(account->versions);
    matrix_token_file_close(account->file);
    matrix_tokens_destroy(account->tokens);
    matrix_tokens_destroy(account->fresh);
    mem_free(account);
}
