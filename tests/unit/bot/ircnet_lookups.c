/* SPDX-License-Identifier: MIT */
/* ircnet_lookups.c: what the network answers to questions: who is there, and what was said before.
 */
#include "ircnet_internal.h"

#include "base/number.h"
#include "chat/irc/parse.h"

static bool is_on(struct ircnet *net, struct str nick)
{
    const struct net_member *member = ircnet_member(net, nick);
    return (member && ircnet_is_here(member)) || str_eq_nocase(nick, str_of(net->nick)) ||
           (net->is_held && str_eq_nocase(nick, STR("harbor-bot")));
}

/* One nick at a time is all that the bot asks. */
void ircnet_monitor(struct ircnet *net, struct str rest)
{
    struct str nick = str_from(rest, 2);
    net->monitors = rest.ptr[0] == '+';
    if (net->monitors)
        ircnet_write(net, SERVER " %d %s :%.*s", is_on(net, nick) ? 730 : 731, net->nick,
                     STR_ARG(nick));
}

void ircnet_ison(struct ircnet *net, struct str nick)
{
    if (nick.len && nick.ptr[0] == ':')
        nick = str_from(nick, 1);
    ircnet_write(net, SERVER " 303 %s :%.*s", net->nick, is_on(net, nick) ? (int)nick.len : 0,
                 nick.ptr);
}

void ircnet_who(struct ircnet *net)
{
    for (size_t i = 0; i < NET_MEMBERS; i++)
        if (ircnet_is_here(&net->members[i]))
            ircnet_write(net, SERVER " 354 %s 77 %s %s", net->nick, net->members[i].nick,
                         net->members[i].is_known ? net->members[i].nick : "0");
}

void ircnet_whois(struct ircnet *net, struct str nick)
{
    const struct net_member *member = ircnet_member(net, nick);
    if (!member || !ircnet_is_here(member)) {
        ircnet_not_here(net, nick);
        return;
    }
    if (member->is_known)
        ircnet_write(net, SERVER " 330 %s %.*s %s :is logged in as", net->nick, STR_ARG(nick),
                     member->nick);
    ircnet_write(net, SERVER " 318 %s %.*s :End of /WHOIS list", net->nick, STR_ARG(nick));
}

/* ---- the past -------------------------------------------------------------------------------- */

static bool is_after(const struct ircnet *net, struct str from, size_t i)
{
    int64_t number;
    if (str_starts(from, STR("msgid=id-")))
        return number_parse(str_from(from, 9), 0, INT64_MAX, &number) == 0 && (int64_t)i > number;
    if (!str_starts(from, STR("timestamp=")) || irc_parse_time(str_from(from, 10), &number) < 0)
        fail_msg("asks for the past by %.*s", STR_ARG(from));
    return net->said[i].at > number;
}

void ircnet_history(struct ircnet *net, struct str params)
{
    struct str how, target, from, count;
    int64_t limit;
    char now[40];
    if (!str_word(&params, &how) || !str_word(&params, &target) || !str_word(&params, &from) ||
        !str_word(&params, &count) || number_parse(count, 1, 1000, &limit) < 0)
        fail_msg("a request for the past that is none");
    size_t ref = ++net->batch_count;
    if (str_eq_c(how, "TARGETS")) {
        ircnet_write(net, SERVER " BATCH +b%zu draft/chathistory-targets", ref);
        ircnet_write(net, SERVER " BATCH -b%zu", ref);
        return;
    }
    ircnet_write(net, SERVER " BATCH +b%zu chathistory %.*s", ref, STR_ARG(target));
    for (size_t i = 0; i < net->said_count && limit > 0; i++) {
        const struct net_said *said = &net->said[i];
        if (!str_eq_c(target, said->target) || !is_after(net, from, i))
            continue;
        limit--;
        const struct net_member *member = ircnet_member(net, str_of(said->nick));
        ircnet_time_text(said->at, now);
        ircnet_write(net, "@batch=b%zu;time=%s;msgid=id-%zu%s%s :%s!u@h PRIVMSG %s :%s", ref, now,
                     i, member && member->is_known ? ";account=" : "",
                     member && member->is_known ? member->nick : "", said->nick, said->target,
                     said->text);
        if (said->asked && ircnet_live(net) && !net->asked[said->asked - 1].is_heard) {
            net->asked[said->asked - 1].is_heard = true;
            net->asked[said->asked - 1].is_late = true;
        }
    }
    ircnet_write(net, SERVER " BATCH -b%zu", ref);
}
