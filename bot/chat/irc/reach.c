/* SPDX-License-Identifier: MIT */
/* reach.c: a nick is not a person.  Private words go only to whoever is logged in to the account
 * they are meant for. */
#include "chat/irc/out.h"

#include "observe/log.h"

enum { ASK_AT_ONCE = 4 }; /* questions ahead of the queue; a server counts them like all lines */

static bool same(const struct irc_session *session, struct str a, struct str b)
{
    return irc_casemap_same(session->isupport.casemap, a, b);
}

static void write_to(struct irc_session *session, struct irc_out *out, struct str nick)
{
    if (irc_out_set_target(out, nick) < 0) {
        irc_out_end(session, out, CHAT_FAILED);
        return;
    }
    out->state = IRC_OUT_READY;
    irc_outbound_wake(session);
}

/* How many wait for a word about this nick, and about anybody.  Who calls for help does not wait
 * with those whose question is still in the queue. */
static size_t count_asking(const struct irc_session *session, const struct irc_out *wanted,
                           size_t *ret_all)
{
    size_t count = 0;
    *ret_all = 0;
    for (const struct irc_out *out = session->outs; out; out = out->next) {
        if (out == wanted || out->state != IRC_OUT_ASKING)
            continue;
        ++*ret_all;
        count += irc_out_is_crisis(out) >= irc_out_is_crisis(wanted) &&
                 same(session, str_of(out->target), str_of(wanted->target));
    }
    return count;
}

/* One question for all who wait for the same word: after an absence twenty pages may wait for one
 * moderator.  The answer comes as 330 (the account), 318 (the end) or 401 (nobody). */
static void ask(struct irc_session *session, struct irc_out *out, struct str nick)
{
    struct irc_user *user = irc_users_find(&session->users, nick);
    if (out->asked++ >= IRC_OUT_ASKED_MAX || irc_out_set_target(out, nick) < 0) {
        irc_out_end(session, out, CHAT_REFUSED);
        return;
    }
    if (user)
        user->account_known = false; /* what the answer does not say is not so */
    size_t all, others = count_asking(session, out, &all);
    out->state = IRC_OUT_ASKING;
    out->due_ms = irc_session_now_ms(session) + IRC_WHOIS_MS;
    irc_out_arm(session);
    if (others)
        return;
    if (irc_out_is_crisis(out) && all < ASK_AT_ONCE)
        irc_session_now(session, "WHOIS", IRC_PARAMS(str_of(out->target)));
    else
        irc_session_soon(session, "WHOIS", IRC_PARAMS(str_of(out->target)));
}

static bool is_them(const struct irc_session *session, const struct irc_user *user,
                    struct str identity)
{
    return user && user->account_known && user->account &&
           same(session, str_of(user->account), identity);
}

/* On an account's network: the nick that spoke, if it is still theirs; else another one of theirs.
 */
static void find_account(struct irc_session *session, struct irc_out *out,
                         const struct irc_user *not_this)
{
    struct str identity = str_of(out->identity);
    struct irc_user *user = irc_users_find(&session->users, str_of(out->user));
    if (user != not_this && irc_presence_trusts(session, user) &&
        is_them(session, user, identity)) {
        write_to(session, out, str_of(user->nick));
        return;
    }
    if (!irc_presence_trusts(session, user) && out->asked == 0) {
        ask(session, out, str_of(out->user));
        return;
    }
    user = irc_users_with_account(&session->users, identity, not_this);
    if (!user)
        irc_out_end(session, out, CHAT_REFUSED);
    else if (irc_presence_trusts(session, user))
        write_to(session, out, str_of(user->nick));
    else
        ask(session, out, str_of(user->nick));
}

void irc_reach_find(struct irc_session *session, struct irc_out *out)
{
    struct str user = str_of(out->user), identity = str_of(out->identity);
    if (str_empty(identity)) {
        write_to(session, out, user);
    } else if (session->options.nick_is_identity) {
        struct irc_user *known = irc_users_find(&session->users, identity);
        struct str nick = known                           ? str_of(known->nick)
                          : same(session, user, identity) ? user
                                                          : identity;
        write_to(session, out, nick);
    } else {
        find_account(session, out, NULL);
    }
}

void irc_reach_whois_account(struct irc_session *session, const struct irc_message *message)
{
    struct irc_user *user;
    if (irc_users_see(&session->users, message->params[1], &user) < 0 ||
        irc_users_set_account(&session->users, user, message->params[2],
                              irc_session_now_ms(session)) < 0)
        log_event(LOG_LEVEL_WARNING, "irc_memory_short",
                  LOG_TEXT("network", session->network.name));
}

bool irc_reach_whois_end(struct irc_session *session, struct str nick, bool is_gone)
{
    struct irc_user *user = irc_users_find(&session->users, nick);
    if (user && !user->account_known && !is_gone &&
        irc_users_set_account(&session->users, user, STR(""), irc_session_now_ms(session)) < 0)
        return true;
    bool is_ours = false;
    for (struct irc_out *out = session->outs; out; out = out->next) {
        if (out->state != IRC_OUT_ASKING || !same(session, str_of(out->target), nick))
            continue;
        is_ours = true;
        if (!is_gone && is_them(session, user, str_of(out->identity)))
            write_to(session, out, nick);
        else
            find_account(session, out, user);
    }
    irc_out_arm(session);
    return is_ours;
}
