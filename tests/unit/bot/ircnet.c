/* SPDX-License-Identifier: MIT */
/* ircnet.c: the network's side of the protocol, and the book of what it took. */
#include "ircnet_internal.h"

#include <time.h>

#include "base/number.h"
#include "chat/irc/parse.h"

int64_t ircnet_now(const struct ircnet *net)
{
    return clock_wall_at(net->clock);
}

uint64_t ircnet_dice(struct ircnet *net, uint64_t sides)
{
    return random_below(&net->random, sides);
}

void ircnet_pass(struct ircnet *net, int64_t ms)
{
    loop_advance(net->loop, ircnet_now(net) + ms);
}

static void trace(const struct ircnet *net, const char *who, struct str line);

void ircnet_write(struct ircnet *net, const char *format, ...)
{
    AUTO_BUF line = {.limit = 4096};
    va_list args;
    if (!net->connection || net->is_dead)
        return;
    va_start(args, format);
    buf_add_format_args(&line, format, args);
    va_end(args);
    trace(net, "<", buf_str(&line));
    buf_add_c(&line, "\r\n");
    assert_int_equal(line.failed, 0);
    assert_true(memory_write(net->connection, buf_str(&line)) >= 0);
}

void ircnet_time_text(int64_t at, char text[40])
{
    struct tm tm;
    time_t seconds = (time_t)(at / 1000);
    char day[32];
    strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", gmtime_r(&seconds, &tm));
    snprintf(text, 40, "%s.%03dZ", day, (int)(at % 1000));
}

/* With MOORING_TRACE in the environment: both sides, with the minute of the day. */
static void trace(const struct ircnet *net, const char *who, struct str line)
{
    if (net->is_traced)
        print_message("%7.2f %s %.*s\n", (double)(ircnet_now(net) - RIG_START_AT) / CLOCK_MINUTE_MS,
                      who, STR_ARG(line));
}

bool ircnet_live(const struct ircnet *net)
{
    return net->connection && !net->is_dead && net->welcomed;
}

struct net_member *ircnet_member(struct ircnet *net, struct str nick)
{
    for (size_t i = 0; i < NET_MEMBERS; i++)
        if (str_eq_nocase(nick, str_of(net->members[i].nick)))
            return &net->members[i];
    return NULL;
}

bool ircnet_is_here(const struct net_member *member)
{
    return member->is_online && !member->is_split;
}

/* ---- what the bot says ----------------------------------------------------------------------- */

void ircnet_drop(struct ircnet *net, const char *words)
{
    ircnet_write(net, "ERROR :Closing Link: %s", words);
    struct memory_connection *connection = TAKE(net->connection);
    if (connection)
        memory_close(connection, 0);
    net->welcomed = net->in_harbor = net->in_bridge = net->logged_in = false;
}

static void welcome(struct ircnet *net)
{
    if (net->welcomed || net->cap_open || !net->has_user || !net->nick[0])
        return;
    if (ircnet_now(net) < net->banned_until) {
        ircnet_write(net, SERVER " 465 %s :You are banned from this server- abuse", net->nick);
        ircnet_drop(net, "host (K-Lined)");
        return;
    }
    if (ircnet_now(net) < net->throttled_until) {
        ircnet_drop(net, "host (Throttled: Reconnecting too fast)");
        return;
    }
    net->welcomed = true;
    net->welcomes++;
    ircnet_write(net, SERVER " 001 %s :Welcome to the Sea %s!~bot@host.example", net->nick,
                 net->nick);
    ircnet_write(net,
                 SERVER " 005 %s CASEMAPPING=rfc1459 CHANTYPES=# PREFIX=(ov)@+ NICKLEN=30 WHOX "
                        "MONITOR=100 NETWORK=Sea CHATHISTORY=50 :are supported by this server",
                 net->nick);
    ircnet_write(net, SERVER " 422 %s :no motd", net->nick);
}

static void list_caps(struct ircnet *net, char *caps, size_t size)
{
    snprintf(caps, size,
             "message-tags server-time account-tag account-notify extended-join multi-prefix "
             "cap-notify away-notify%s%s%s%s",
             net->has_batches || net->has_history ? " batch" : "",
             net->has_echo ? " echo-message labeled-response" : "",
             net->has_history ? " draft/chathistory" : "",
             net->services != NET_SERVICES_NO_SASL ? " sasl=PLAIN" : "");
}

static bool has_word(struct str list, const char *wanted)
{
    struct str word;
    while (str_word(&list, &word))
        if (str_eq_c(word.len && word.ptr[0] == ':' ? str_from(word, 1) : word, wanted))
            return true;
    return false;
}

static void on_cap(struct ircnet *net, struct str rest)
{
    char caps[400];
    if (str_starts(rest, STR("LS"))) {
        net->cap_open = !net->welcomed;
        list_caps(net, caps, sizeof(caps));
        ircnet_write(net, SERVER " CAP * LS :%s", caps);
    } else if (str_starts(rest, STR("REQ "))) {
        struct str list = str_from(rest, 4);
        net->caps_tags |= has_word(list, "message-tags");
        net->caps_labels |= has_word(list, "labeled-response");
        net->caps_echo |= has_word(list, "echo-message");
        net->caps_batch |= has_word(list, "batch");
        net->caps_history |= has_word(list, "draft/chathistory");
        net->caps_notify |= has_word(list, "cap-notify");
        ircnet_write(net, SERVER " CAP * ACK :%.*s",
                     STR_ARG(list.ptr[0] == ':' ? str_from(list, 1) : list));
    } else if (str_starts(rest, STR("END"))) {
        net->cap_open = false;
        welcome(net);
    }
}

static void on_authenticate(struct ircnet *net, struct str rest)
{
    if (net->services == NET_SERVICES_SILENT)
        return;
    if (net->services == NET_SERVICES_AWAY) {
        ircnet_write(net, SERVER " 904 * :SASL authentication failed: services are unavailable");
    } else if (str_eq_c(rest, "PLAIN")) {
        ircnet_write(net, "AUTHENTICATE +");
    } else if (!str_eq_c(rest, "*")) {
        net->logged_in = true;
        net->logins++;
        ircnet_write(net, SERVER " 900 * * harbor-bot :You are now logged in as harbor-bot");
        ircnet_write(net, SERVER " 903 * :SASL authentication successful");
    }
}

static void on_nick(struct ircnet *net, struct str nick)
{
    if (str_eq_nocase(nick, STR("harbor-bot")) && net->is_held) {
        ircnet_write(net, SERVER " 433 %s harbor-bot :Nickname is already in use",
                     net->welcomed ? net->nick : "*");
        return;
    }
    if (net->welcomed)
        ircnet_write(net, ":%s!~bot@host.example NICK :%.*s", net->nick, STR_ARG(nick));
    str_to_c(nick, net->nick, sizeof(net->nick));
    welcome(net);
}

static void on_join(struct ircnet *net, struct str list)
{
    struct str channel;
    while (str_split(&list, ',', &channel)) {
        bool is_harbor = str_eq_c(channel, "#harbor");
        bool *is_in = is_harbor ? &net->in_harbor : &net->in_bridge;
        if (is_harbor && ircnet_now(net) < net->refused_until) {
            ircnet_write(net, SERVER " %d %s #harbor :Cannot join channel", net->refusal,
                         net->nick);
            continue;
        }
        if (!is_harbor && !str_eq_c(channel, "#bridge"))
            fail_msg("joins %.*s", STR_ARG(channel));
        *is_in = true;
        net->joins++;
        char now[40];
        ircnet_time_text(ircnet_now(net), now);
        ircnet_write(net, "@time=%s :%s!~bot@host.example JOIN %.*s * :bot", now, net->nick,
                     STR_ARG(channel));
        for (size_t i = 0; i < NET_MEMBERS; i++)
            if (ircnet_is_here(&net->members[i]) && (is_harbor || i == 0))
                ircnet_write(net, SERVER " 353 %s = %.*s :%s", net->nick, STR_ARG(channel),
                             net->members[i].nick);
        ircnet_write(net, SERVER " 366 %s %.*s :End of /NAMES list", net->nick, STR_ARG(channel));
    }
}

/* ---- the book -------------------------------------------------------------------------------- */

static struct net_asked *newest_call(struct ircnet *net, struct str nick)
{
    for (size_t i = net->asked_count; i > 0; i--) {
        struct net_asked *asked = &net->asked[i - 1];
        if (asked->is_crisis && asked->is_heard &&
            str_eq_nocase(nick, str_of(net->members[asked->member].nick)))
            return asked;
    }
    return NULL;
}

/* Who is not here reads the room's card when they are back; one serves all of ten minutes. */
void ircnet_not_here(struct ircnet *net, struct str nick)
{
    struct net_asked *call = newest_call(net, nick);
    if (call && net->card_at && ircnet_now(net) - net->card_at < 10 * CLOCK_MINUTE_MS)
        call->is_told_in_room = true;
    ircnet_write(net, SERVER " 401 %s %.*s :No such nick/channel", net->nick, STR_ARG(nick));
}

/* Said to the room, naming nobody: it is for all who could not be reached alone. */
static void note_card_for_all(struct ircnet *net)
{
    for (size_t i = 0; i < net->asked_count; i++)
        if (net->asked[i].is_crisis && net->asked[i].is_heard && !net->asked[i].taken)
            net->asked[i].is_told_in_room = true;
    net->card_at = ircnet_now(net);
}

/* Which request a line of the bot answers: "said n12" is of number 12, a card of the last call of
 * the one it is sent to. */
static struct net_asked *answered(struct ircnet *net, struct str target, struct str text)
{
    size_t at = str_find(text, STR("said n"), 0);
    int64_t number;
    if (at != SIZE_MAX) {
        struct str rest = str_from(text, at + 6), word;
        if (str_word(&rest, &word) && number_parse(word, 0, NET_ASKED_MAX, &number) == 0 &&
            (size_t)number < net->asked_count && !net->asked[number].is_crisis)
            return &net->asked[number];
        return NULL;
    }
    if (str_find(text, STR("988"), 0) == SIZE_MAX)
        return NULL;
    return target.ptr[0] == '#' ? NULL : newest_call(net, target);
}

static void note_alert(struct ircnet *net, struct str text)
{
    size_t at = str_find(text, STR("ALERT "), 0), from = str_find(text, STR(" from "), 0);
    struct str rest = at == SIZE_MAX ? STR("") : str_from(text, at + 6), word;
    if (from == SIZE_MAX || !str_word(&rest, &word))
        return;
    int64_t number;
    struct str who = str_from(text, from + 6), nick;
    if (number_parse(str_upto(word, word.len - 1), 1, 100000, &number) < 0 ||
        !str_word(&who, &nick))
        return;
    while (nick.len && strchr(",.:", nick.ptr[nick.len - 1]))
        nick = str_upto(nick, nick.len - 1);
    struct net_asked *call = newest_call(net, nick);
    if (call)
        call->is_alerted = true;
    net->alert = (unsigned)number;
    net->alert_at = ircnet_now(net);
}

static void keep_pace(struct ircnet *net)
{
    /* 4 at once, one each two seconds; a bucket of debt for help; some slack for what keeps us in
     */
    enum { WINDOW_MS = 20 * 1000, MOST = 4 + 10 + 4 + 4 };
    net->line_at[net->line_count++ % COUNT_OF(net->line_at)] = ircnet_now(net);
    if (net->line_count > MOST &&
        ircnet_now(net) - net->line_at[(net->line_count - 1 - MOST) % COUNT_OF(net->line_at)] <
            WINDOW_MS)
        net->too_fast++;
}

void ircnet_remember(struct ircnet *net, const char *nick, const char *target, struct str text,
                     size_t asked)
{
    assert_true(net->said_count < NET_SAID_MAX);
    struct net_said *said = &net->said[net->said_count++];
    *said = (struct net_said){.at = ircnet_now(net), .asked = asked};
    snprintf(said->nick, sizeof(said->nick), "%s", nick);
    snprintf(said->target, sizeof(said->target), "%s", target);
    str_to_c(str_upto(text, sizeof(said->text) - 1), said->text, sizeof(said->text));
}

static void on_say(struct ircnet *net, struct str label, struct str line)
{
    struct str command, target, text = line;
    if (!str_word(&text, &command) || !str_word(&text, &target))
        fail_msg("half a line: %.*s", STR_ARG(line));
    text = str_trim(text);
    text = text.len && text.ptr[0] == ':' ? str_from(text, 1) : text;
    bool is_room = target.ptr[0] == '#';
    bool is_taken = is_room
                        ? (str_eq_c(target, "#harbor") ? net->in_harbor : net->in_bridge)
                        : ircnet_member(net, target) && ircnet_is_here(ircnet_member(net, target));
    char tag[64] = "", id[32], now[40];
    if (label.len && net->caps_labels)
        snprintf(tag, sizeof(tag), "label=%.*s;", STR_ARG(label));
    if (!is_taken) {
        ircnet_write(net, "%s%.*s%s" SERVER " %d %s %.*s :no", tag[0] ? "@" : "",
                     tag[0] ? (int)strlen(tag) - 1 : 0, tag, tag[0] ? " " : "", is_room ? 404 : 401,
                     net->nick, STR_ARG(target));
        return;
    }
    struct net_asked *asked = answered(net, target, text);
    if (str_eq_c(target, "#harbor") && str_find(text, STR("988"), 0) != SIZE_MAX)
        note_card_for_all(net);
    if (asked && str_find(text, STR("(again)"), 0) != SIZE_MAX)
        asked->repeated++;
    if (asked && asked->taken++ == 0 && asked->connection == net->connections)
        asked->took_ms = ircnet_now(net) - asked->at;
    if (!asked && str_find(text, STR("said n"), 0) != SIZE_MAX)
        net->strange++;
    if (str_eq_c(target, "#bridge"))
        note_alert(net, text);
    if (is_room) {
        char room[16];
        str_to_c(target, room, sizeof(room));
        ircnet_remember(net, net->nick, room, text, 0);
    }
    if (!net->caps_echo)
        return;
    snprintf(id, sizeof(id), "id-%zu", is_room ? net->said_count - 1 : 900000 + net->line_count);
    ircnet_time_text(ircnet_now(net), now);
    ircnet_write(net, "@%smsgid=%s;time=%s :%s!~bot@host.example %.*s", tag, id, now, net->nick,
                 STR_ARG(line));
}

/* ---- lines of the bot ------------------------------------------------------------------------ */

/* Into a line that is dead: nobody has it, and the bot cannot know. */
static void lose(struct ircnet *net, struct str line)
{
    struct str command, target, text = line;
    if (!str_word(&text, &command) || !str_word(&text, &target))
        return;
    struct net_asked *asked = answered(net, target, text);
    if (asked)
        asked->lost++;
}

static struct str without_tags(struct str line, struct str *ret_label)
{
    *ret_label = STR("");
    if (!line.len || line.ptr[0] != '@')
        return line;
    size_t space = str_find(line, STR(" "), 0), at = str_find(line, STR("label="), 0);
    if (at < space) {
        struct str rest = str_upto(str_from(line, at + 6), space - at - 6);
        *ret_label = str_upto(rest, MIN_OF(str_find(rest, STR(";"), 0), rest.len));
    }
    return str_from(line, space + 1);
}

static void on_line(struct ircnet *net, struct str whole)
{
    struct str label, line = without_tags(whole, &label);
    trace(net, net->is_dead ? "x" : ">", whole);
    if (net->is_dead) {
        lose(net, line);
        return;
    }
    if (!str_starts(line, STR("PONG")) && !str_starts(line, STR("PING")) && net->welcomed)
        keep_pace(net);
    if (str_starts(line, STR("CAP ")))
        on_cap(net, str_from(line, 4));
    else if (str_starts(line, STR("NICK ")))
        on_nick(net, str_from(line, 5));
    else if (str_starts(line, STR("AUTHENTICATE ")))
        on_authenticate(net, str_from(line, 13));
    else if (str_starts(line, STR("JOIN ")))
        on_join(net, str_from(line, 5));
    else if (str_starts(line, STR("WHOIS ")))
        ircnet_whois(net, str_from(line, 6));
    else if (str_starts(line, STR("WHO ")))
        ircnet_who(net);
    else if (str_starts(line, STR("MONITOR ")))
        ircnet_monitor(net, str_from(line, 8));
    else if (str_starts(line, STR("ISON ")))
        ircnet_ison(net, str_from(line, 5));
    else if (str_starts(line, STR("CHATHISTORY ")))
        ircnet_history(net, str_from(line, 12));
    else if (str_starts(line, STR("PING ")))
        ircnet_write(net, SERVER " PONG irc.sea.example :%.*s", STR_ARG(str_from(line, 5)));
    else if (str_starts(line, STR("PONG ")))
        net->pongs++;
    else if (str_starts(line, STR("PRIVMSG ")) || str_starts(line, STR("NOTICE ")))
        on_say(net, label, line);
    else if (str_starts(line, STR("USER "))) {
        net->has_user = true;
        welcome(net);
    }
}

static void on_bytes(void *ctx, struct memory_connection *connection, struct str bytes)
{
    struct ircnet *net = ctx;
    if (net->connection != connection)
        return;
    buf_add(&net->in, bytes);
    for (;;) {
        size_t end = str_find(buf_str(&net->in), STR("\r\n"), 0);
        if (end == SIZE_MAX || net->connection != connection)
            return;
        on_line(net, str_upto(buf_str(&net->in), end));
        buf_drop(&net->in, end + 2);
    }
}

static void on_accepted(void *ctx, struct memory_connection *connection)
{
    struct ircnet *net = ctx;
    net->connection = connection;
    net->connections++;
    net->cap_open = net->has_user = net->welcomed = net->logged_in = net->is_dead = false;
    net->caps_labels = net->caps_tags = net->caps_echo = net->caps_batch = false;
    net->caps_history = net->caps_notify = net->monitors = false;
    net->in_harbor = net->in_bridge = false;
    net->nick[0] = '\0';
    buf_clear(&net->in);
}

static void on_closed(void *ctx, struct memory_connection *connection)
{
    struct ircnet *net = ctx;
    if (net->connection != connection)
        return;
    net->connection = NULL;
    net->welcomed = net->logged_in = net->in_harbor = net->in_bridge = false;
}

const struct memory_peer_events ircnet_events = {
    .accepted = on_accepted, .bytes = on_bytes, .closed = on_closed};
