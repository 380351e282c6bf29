/* SPDX-License-Identifier: MIT */
/* numerics.c: tables (RFC 1459, RFC 2812, and what Libera, OFTC, InspIRCd, UnrealIRCd and Ergo
 * send). */
#include "chat/irc/numerics.h"

enum {
    GONE = IRC_NUMERIC_UNDELIVERED,
    JOIN = IRC_NUMERIC_NOT_JOINED,
    NICK = IRC_NUMERIC_NICK,
    BANNED = IRC_NUMERIC_BANNED,
    LATER = IRC_NUMERIC_LATER
};

static const struct irc_numeric numerics[] = {
    {401, 2, GONE, "nobody with that nick is here"},
    {402, 2, GONE, "no such server"},
    {403, 2, GONE | JOIN, "no such channel", CHAT_WHY_MISSING},
    {404, 2, GONE, "the channel does not take our messages (moderated, banned, or not joined)"},
    {405, 2, JOIN, "too many channels: this server allows no more for one client", CHAT_WHY_LIMIT},
    {407, 2, GONE | JOIN, "too many targets", CHAT_WHY_BUSY},
    {408, 2, GONE | LATER, "the channel does not take formatting codes: it gets plain text"},
    {411, 1, 0, "no recipient"},
    {412, 1, 0, "no text to send"},
    {415, 2, GONE, "the server does not allow such a recipient"},
    {416, 2, GONE, "too many recipients"},
    {432, 2, NICK, "the nick is not allowed here"},
    {433, 2, NICK, "the nick is in use"},
    {435, 2, NICK, "no change of nick while banned in a channel"},
    {436, 2, NICK, "the nick collided with another server's"},
    {437, 2, NICK | JOIN, "the nick or channel is held for the moment", CHAT_WHY_BUSY},
    {438, 2, NICK, "too fast: the server wants us to wait before the next change of nick"},
    {439, 2, GONE | JOIN | LATER, "too fast: the server wants us to wait before the next recipient",
     CHAT_WHY_BUSY},
    {442, 2, GONE, "not on that channel"},
    {447, 2, NICK, "no change of nick in that channel"},
    {448, 2, JOIN, "the server does not allow that channel name", CHAT_WHY_NAME},
    {461, 2, 0, "the server wants more parameters"},
    {464, 1, BANNED, "the server's password is wrong: see password_credential"},
    {465, 1, BANNED, "this server has banned us"},
    {466, 1, BANNED, "this server is about to ban us"},
    {470, 2, JOIN, "the channel forwards to another one, where we were not asked to be",
     CHAT_WHY_FORWARDED},
    {471, 2, JOIN, "the channel is full", CHAT_WHY_FULL},
    {472, 2, 0, "the server does not know that mode"},
    {473, 2, JOIN, "the channel is for invited people only: ask an operator to invite the bot",
     CHAT_WHY_INVITE},
    {474, 2, JOIN, "we are banned from the channel: ask an operator", CHAT_WHY_BANNED},
    {475, 2, JOIN, "the channel has a key", CHAT_WHY_KEY},
    {476, 2, JOIN, "not a channel name", CHAT_WHY_NAME},
    {477, 2, GONE | JOIN, "the channel is for registered accounts: set sasl for this network",
     CHAT_WHY_ACCOUNT},
    {479, 2, JOIN, "the server does not allow that channel", CHAT_WHY_NAME},
    {480, 2, GONE | JOIN, "the channel wants TLS, or is too busy for now", CHAT_WHY_TLS},
    {482, 2, GONE, "that needs channel operator status"},
    {484, 2, 0, "our connection is restricted"},
    {486, 2, GONE, "the recipient takes private messages from registered accounts only (+R)"},
    {488, 2, GONE, "the recipient takes private messages over TLS only"},
    {489, 2, GONE | JOIN, "TLS only, or the channel needs voice", CHAT_WHY_TLS},
    {492, 2, GONE, "the recipient does not take CTCP"},
    {494, 2, GONE, "the recipient's own settings do not let them hear from us"},
    {508, 2, GONE, "no such recipient"},
    {520, 2, GONE | JOIN, "for server operators only, or refused by the recipient",
     CHAT_WHY_OPERATORS},
    {531, 2, GONE,
     "the recipient does not take private messages from us (+D, +g or a silence list)"},
    {716, 2, GONE, "the recipient takes no private messages from strangers (+g)"},
    {717, 2, GONE,
     "the recipient takes no private messages from strangers (+g), and was told of ours"},
    {707, 2, GONE | LATER,
     "too many different recipients in a short time: the message was dropped"},
};

const struct irc_numeric *irc_numerics_find(unsigned number)
{
    for (size_t i = 0; i < COUNT_OF(numerics); i++)
        if (numerics[i].number == number)
            return &numerics[i];
    return NULL;
}

/* Busiest first. */
static const struct {
    const char *command;
    size_t min_params;
} words[] = {
    {"PRIVMSG", 2}, {"NOTICE", 2}, {"JOIN", 1},        {"QUIT", 0},         {"PART", 1},
    {"NICK", 1},    {"PING", 0},   {"PONG", 1},        {"ACCOUNT", 1},      {"CHGHOST", 2},
    {"TAGMSG", 1},  {"REDACT", 2}, {"CHATHISTORY", 2}, {"KICK", 2},         {"TOPIC", 2},
    {"INVITE", 2},  {"BATCH", 1},  {"CAP", 2},         {"AUTHENTICATE", 1}, {"ERROR", 0},
    {"FAIL", 2},    {"WARN", 2},   {"NOTE", 2},        {"AWAY", 0},         {"MODE", 1},
    {"KILL", 1},    {"001", 1},    {"005", 2},         {"263", 2},          {"315", 2},
    {"318", 2},     {"330", 3},    {"353", 4},         {"354", 3},          {"366", 2},
    {"376", 1},     {"396", 2},    {"422", 1},         {"900", 3},          {"901", 1},
    {"902", 1},     {"903", 1},    {"904", 1},         {"905", 1},          {"906", 1},
    {"907", 1},     {"908", 2},    {"410", 1},         {"421", 2},          {"451", 1},
    {"004", 3},     {"303", 2},    {"731", 2},
};

size_t irc_numerics_min_params(const struct irc_message *message)
{
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_eq_nocase(message->command, str_of(words[i].command)))
            return words[i].min_params;
    const struct irc_numeric *numeric = irc_numerics_find(message->numeric);
    return numeric ? numeric->min_params : SIZE_MAX;
}

static bool mentions(struct str text, const char *const *needles)
{
    for (; *needles; needles++)
        for (size_t i = 0; i < text.len; i++)
            if (str_starts_nocase(str_from(text, i), str_of(*needles)))
                return true;
    return false;
}

enum irc_goodbye irc_numerics_goodbye(struct str text)
{
    /* "lined" is in every K-, G-, D-, X- and Z-line's message. */
    static const char *const banned[] = {"lined",     "banned", "akill", "not welcome",
                                         "blacklist", "dnsbl",  NULL};
    static const char *const throttled[] = {"throttl",   "too fast",  "too many",
                                            "reconnect", "try again", NULL};
    if (mentions(text, banned))
        return IRC_GOODBYE_BANNED;
    return mentions(text, throttled) ? IRC_GOODBYE_THROTTLED : IRC_GOODBYE_ANY;
}

bool irc_numerics_is_transient(struct str text)
{
    static const char *const words_of_hope[] = {
        "unavailable", "temporar",      "try again", "later",    "timed out", "timeout",
        "services",    "not available", "offline",   "internal", NULL};
    return mentions(text, words_of_hope);
}
