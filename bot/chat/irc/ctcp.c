/* SPDX-License-Identifier: MIT */
/* ctcp.c: short answers to clients that ask what we are; few of them, so that nobody can make us
 * flood. */
#include "chat/irc/session.h"

#include <time.h>

enum { PING_BYTES = 64 };

static void add_time(struct irc_session *session, struct buf *out)
{
    time_t seconds = (time_t)(clock_wall_at(loop_clock(session->env.loop)) / 1000);
    struct tm tm;
    char text[40];
    gmtime_r(&seconds, &tm);
    if (strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) > 0)
        buf_add_c(out, text);
}

void irc_ctcp_answer(struct irc_session *session, struct str nick, struct str command,
                     struct str args)
{
    AUTO_BUF reply = {.limit = 300};
    buf_add_byte(&reply, '\001');
    if (str_eq_nocase(command, STR("VERSION"))) {
        buf_add_c(&reply, "VERSION mooring");
    } else if (str_eq_nocase(command, STR("PING"))) {
        buf_add_c(&reply, "PING ");
        buf_add(&reply, str_upto(args, PING_BYTES));
    } else if (str_eq_nocase(command, STR("TIME"))) {
        buf_add_c(&reply, "TIME ");
        add_time(session, &reply);
    } else if (str_eq_nocase(command, STR("SOURCE"))) {
        buf_add_c(&reply, "SOURCE mooring");
    } else if (str_eq_nocase(command, STR("CLIENTINFO"))) {
        buf_add_c(&reply, "CLIENTINFO ACTION CLIENTINFO PING SOURCE TIME VERSION");
    } else {
        return;
    }
    buf_add_byte(&reply, '\001');
    if (limits_take(&session->ctcp_bucket, 1000, irc_session_now_ms(session)) == 0)
        irc_session_later(session, "NOTICE", IRC_PARAMS(nick, buf_str(&reply)));
}
