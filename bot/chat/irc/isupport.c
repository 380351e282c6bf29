/* SPDX-License-Identifier: MIT */
/* isupport.c: a table of tokens; each sets one field, and can be taken back. */
#include "chat/irc/isupport.h"

#include <errno.h>

#include "base/number.h"

enum { VALUE_BYTES = 512, NUMBER_MAX = 65536 };

void irc_isupport_init(struct irc_isupport *isupport)
{
    *isupport = (struct irc_isupport){.casemap = IRC_CASEMAP_RFC1459,
                                      .chantypes = "#&",
                                      .prefix_modes = "ov",
                                      .prefix_signs = "@+",
                                      .linelen = 512,
                                      .nicklen = 9,
                                      .channellen = 200,
                                      .userlen = 10,
                                      .hostlen = 63,
                                      .topiclen = 390,
                                      .modes = 3,
                                      .history_by_id = true,
                                      .targets = {SIZE_MAX, 1, 1, 1, 1}};
}

static void set_casemap(struct irc_isupport *isupport, struct str value)
{
    int map = irc_casemap_from(value);
    if (map >= 0)
        isupport->casemap = (enum irc_casemap)map;
}

/* "(ov)@+"; both halves as long as each other, or the token is ignored. */
static void set_prefix(struct irc_isupport *isupport, struct str value)
{
    size_t close = str_find(value, STR(")"), 0);
    if (str_empty(value)) {
        isupport->prefix_modes[0] = isupport->prefix_signs[0] = '\0';
        return;
    }
    if (value.ptr[0] != '(' || close == SIZE_MAX)
        return;
    struct str modes = str_from(str_upto(value, close), 1), signs = str_from(value, close + 1);
    if (modes.len != signs.len || modes.len >= sizeof(isupport->prefix_modes))
        return;
    str_to_c(modes, isupport->prefix_modes, sizeof(isupport->prefix_modes));
    str_to_c(signs, isupport->prefix_signs, sizeof(isupport->prefix_signs));
}

static void set_chanmodes(struct irc_isupport *isupport, struct str value)
{
    struct str piece;
    for (size_t i = 0; i < COUNT_OF(isupport->chanmodes) && str_split(&value, ',', &piece); i++)
        str_to_c(piece, isupport->chanmodes[i], sizeof(isupport->chanmodes[i]));
}

/* "PRIVMSG:4,NOTICE:,JOIN:4": an empty number is no limit. */
static void set_targmax(struct irc_isupport *isupport, struct str value)
{
    static const char *const names[IRC_TARGETS_COUNT] = {"JOIN", "NAMES", "PRIVMSG", "NOTICE",
                                                         "WHOIS"};
    struct str piece;
    while (str_split(&value, ',', &piece)) {
        size_t colon = str_find(piece, STR(":"), 0);
        struct str number = colon == SIZE_MAX ? STR("") : str_from(piece, colon + 1);
        int64_t count = 0;
        if (number.len && (number_parse(number, 1, NUMBER_MAX, &count) < 0))
            continue;
        for (size_t i = 0; i < IRC_TARGETS_COUNT; i++)
            if (str_eq_nocase(str_upto(piece, colon), str_of(names[i])))
                isupport->targets[i] = number.len ? (size_t)count : SIZE_MAX;
    }
}

static void set_monitor(struct irc_isupport *isupport, struct str value)
{
    int64_t count;
    if (str_empty(value))
        isupport->monitor = SIZE_MAX;
    else if (number_parse(value, 0, NUMBER_MAX, &count) == 0)
        isupport->monitor = (size_t)count;
}

static void set_bot(struct irc_isupport *isupport, struct str value)
{
    bool letter = value.len == 1 && ((value.ptr[0] | 0x20) >= 'a' && (value.ptr[0] | 0x20) <= 'z');
    if (letter)
        isupport->bot_mode = value.ptr[0];
}

static void set_history_by_id(struct irc_isupport *isupport, struct str value)
{
    struct str piece;
    isupport->history_by_id = false;
    while (str_split(&value, ',', &piece))
        isupport->history_by_id |= str_eq_nocase(piece, STR("msgid"));
}

/* How a token's value becomes a field: a number in a range, a short text, a flag, or a function of
 * its own. */
struct rule {
    const char *name;
    size_t offset, size; /* of the field; size 0: `set` does it alone */
    int64_t min;         /* of a number */
    enum { NUMBER, TEXT, FLAG, OWN } kind;
    void (*set)(struct irc_isupport *isupport, struct str value);
};
#define FIELD(name_, field_, kind_, min_)                                                          \
    {                                                                                              \
        name_, offsetof(struct irc_isupport, field_), sizeof(((struct irc_isupport *)0)->field_),  \
            min_, kind_, NULL                                                                      \
    }
#define FIELD_BY(name_, field_, set_)                                                              \
    {                                                                                              \
        name_, offsetof(struct irc_isupport, field_), sizeof(((struct irc_isupport *)0)->field_),  \
            0, OWN, set_                                                                           \
    }
static const struct rule rules[] = {
    FIELD_BY("CASEMAPPING", casemap, set_casemap),
    FIELD_BY("PREFIX", prefix_modes, set_prefix), /* prefix_signs follows: see restore() */
    FIELD_BY("CHANMODES", chanmodes, set_chanmodes),
    FIELD_BY("TARGMAX", targets, set_targmax),
    FIELD_BY("MONITOR", monitor, set_monitor),
    FIELD_BY("BOT", bot_mode, set_bot),
    FIELD_BY("MSGREFTYPES", history_by_id, set_history_by_id),
    FIELD("MAXTARGETS", targets[IRC_TARGETS_PRIVMSG], NUMBER, 1), /* older than TARGMAX */
    FIELD("CHATHISTORY", chathistory, NUMBER, 0),
    FIELD("CHANTYPES", chantypes, TEXT, 0),
    FIELD("STATUSMSG", statusmsg, TEXT, 0),
    FIELD("NETWORK", network, TEXT, 0),
    FIELD("CLIENTTAGDENY", tags_denied, TEXT, 0),
    FIELD("WHOX", whox, FLAG, 0),
    FIELD("UTF8ONLY", utf8_only, FLAG, 0),
    FIELD("SAFELIST", safelist, FLAG, 0),
    FIELD("NAMESX", namesx, FLAG, 0),
    FIELD("LINELEN", linelen, NUMBER, 512),
    FIELD("NICKLEN", nicklen, NUMBER, 1),
    FIELD("MAXNICKLEN", nicklen, NUMBER, 1),
    FIELD("CHANNELLEN", channellen, NUMBER, 1),
    FIELD("USERLEN", userlen, NUMBER, 1),
    FIELD("HOSTLEN", hostlen, NUMBER, 1),
    FIELD("TOPICLEN", topiclen, NUMBER, 1),
    FIELD("MODES", modes, NUMBER, 1),
};

static void restore(struct irc_isupport *isupport, const struct rule *rule)
{
    struct irc_isupport fresh;
    irc_isupport_init(&fresh);
    memcpy((char *)isupport + rule->offset, (const char *)&fresh + rule->offset, rule->size);
    if (rule->set == set_prefix)
        memcpy(isupport->prefix_signs, fresh.prefix_signs, sizeof(fresh.prefix_signs));
}

static void apply(struct irc_isupport *isupport, const struct rule *rule, struct str value)
{
    char *field = (char *)isupport + rule->offset;
    int64_t number;
    switch (rule->kind) {
    case NUMBER:
        if (number_parse(value, rule->min, NUMBER_MAX, &number) == 0)
            *(size_t *)(void *)field = (size_t)number;
        return;
    case TEXT:
        if (value.len < rule->size)
            str_to_c(value, field, rule->size);
        return;
    case FLAG:
        *(bool *)(void *)field = true;
        return;
    case OWN:
        rule->set(isupport, value);
        return;
    }
}

/* "\x20" and its like: how a space stands in a value. */
static void unescape(struct str value, struct buf *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '\\' && i + 3 < value.len && value.ptr[i + 1] == 'x') {
            const char *high = memchr(digits, value.ptr[i + 2] | 0x20, 16);
            const char *low = memchr(digits, value.ptr[i + 3] | 0x20, 16);
            if (high && low) {
                buf_add_byte(out, (char)((high - digits) * 16 + (low - digits)));
                i += 3;
                continue;
            }
        }
        buf_add_byte(out, value.ptr[i]);
    }
}

void irc_isupport_token(struct irc_isupport *isupport, struct str token)
{
    AUTO_BUF value = {.limit = VALUE_BYTES};
    bool negated = token.len > 1 && token.ptr[0] == '-';
    if (negated)
        token = str_from(token, 1);
    size_t equals = str_find(token, STR("="), 0);
    struct str name = equals == SIZE_MAX ? token : str_upto(token, equals);
    if (equals != SIZE_MAX)
        unescape(str_from(token, equals + 1), &value);
    if (value.failed || str_has_byte(buf_str(&value), '\0'))
        return;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        if (!str_eq_c(name, rules[i].name))
            continue;
        if (negated)
            restore(isupport, &rules[i]);
        else
            apply(isupport, &rules[i], buf_str(&value));
        return;
    }
    isupport->unknown++;
}

bool irc_isupport_channel(const struct irc_isupport *isupport, struct str target,
                          struct str *ret_channel)
{
    if (target.len > 1 && strchr(isupport->statusmsg, target.ptr[0]) && target.ptr[0])
        target = strchr(isupport->chantypes, target.ptr[0]) ? target : str_from(target, 1);
    if (str_empty(target) || !target.ptr[0] || !strchr(isupport->chantypes, target.ptr[0]))
        return false;
    *ret_channel = target;
    return true;
}

/* The last word on a name counts, and a name counts more than "*". */
bool irc_isupport_takes_tag(const struct irc_isupport *isupport, struct str name)
{
    struct str list = str_of(isupport->tags_denied), item;
    bool all_denied = false, is_named = false, is_denied = false;
    while (str_split(&list, ',', &item)) {
        bool is_allowed = str_starts(item, STR("-"));
        if (str_eq_c(item, "*"))
            all_denied = true;
        if (!str_eq(is_allowed ? str_from(item, 1) : item, name))
            continue;
        is_named = true;
        is_denied = !is_allowed;
    }
    return is_named ? !is_denied : !all_denied;
}
