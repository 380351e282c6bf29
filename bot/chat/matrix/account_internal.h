/* SPDX-License-Identifier: MIT */
/* account_internal.h: an account, for the files that are it. */
#ifndef CHAT_MATRIX_ACCOUNT_INTERNAL_H
#define CHAT_MATRIX_ACCOUNT_INTERNAL_H

#include "chat/matrix/account.h"
#include "chat/matrix/discover.h"
#include "chat/matrix/tokens.h"
#include "observe/log.h"

#define NETWORK(self) LOG_TEXT("network", (self)->session->network.name)

/* Where we are.  Requests go only in STAGE_IN. */
enum stage { STAGE_OFF, STAGE_WAY_IN, STAGE_IN, STAGE_LOCKED, STAGE_OUT };

struct matrix_account {
    struct matrix_session *session;
    enum stage stage;
    struct matrix_tokens *tokens; /* in use */
    struct matrix_tokens *fresh;  /* refreshed, and not stored yet */
    bool has_fresh;
    struct matrix_token_file *file;
    struct matrix_discovery discovery;
    bool is_discovering, is_discovered;
    json_t *versions;
    struct matrix_call *call; /* at most one: login, refresh or whoami */
    struct loop_timer timer;  /* to try again, to renew, to look whether it is unlocked */
    struct loop_call act;     /* what was heard while a request was on the stack */
    unsigned failures, storms;
    bool is_dead;                 /* the access token was refused */
    bool is_soft;                 /* ... and the session is still there */
    bool is_checked;              /* whoami said who we are, with this token */
    bool is_asserted;             /* with a service's own token: each request says who speaks */
    bool is_told;                 /* the other parts know that we are in */
    bool is_locked, is_gone;      /* heard, to be acted upon */
    int64_t in_since_ms;          /* elapsed */
    int64_t locked_ms;            /* the next wait */
    struct error trouble;         /* what waits for a person; code 0: nothing */
    int64_t suspended_told_ms;    /* elapsed; 0: never */
    unsigned char credential[32]; /* hash of what was last tried (login = "token") */
};

static inline struct loop *account_loop(const struct matrix_account *account)
{
    return account->session->env.loop;
}
static inline int64_t account_wall_at(const struct matrix_account *account)
{
    return clock_wall_at(loop_clock(account_loop(account)));
}

/* account.c */
void account_complain(const struct matrix_account *account, enum log_level level, const char *event,
                      const char *sentence);
void account_arm(struct matrix_account *account, int64_t in_ms);
/* Not now: again, later each time. */
void account_try_later(struct matrix_account *account, const struct matrix_answer *answer);
void account_try_later_saying(struct matrix_account *account, const struct matrix_answer *answer,
                              const char *sentence);
/* What came of beginning a request. */
void account_begun(struct matrix_account *account, int r);
/* Over, until somebody acts: told once, and nothing is asked any more.  A sentence that ends in a
 * colon is followed by what to run. */
void account_out(struct matrix_account *account, const char *sentence);
/* The session is gone at the homeserver, and so is what it gave us. */
void account_discard(struct matrix_account *account);
/* Tokens in account->fresh are to be used. */
void account_take_fresh(struct matrix_account *account);
void account_enter(struct matrix_account *account);
void account_go_on(struct matrix_account *account); /* the next step, by what is known */

/* account_steps.c: each begins one request, or ends it all */
void account_log_in(struct matrix_account *account);
void account_ask_login(struct matrix_account *account, struct str secret); /* POST /login */
void account_refresh(struct matrix_account *account);
void account_whoami(struct matrix_account *account);
void account_revive(struct matrix_account *account); /* what a dead token leaves to do */

/* account_service.c: login = "appservice" */
void account_service_log_in(struct matrix_account *account, struct str secret);
/* Its own token is used, for it is given no login. */
void account_service_speak(struct matrix_account *account);

#endif
