/* SPDX-License-Identifier: MIT */
/* caps.c: sets of capabilities, as bits. */
#include "chat/irc/caps.h"

#include "base/number.h"

static const char *const names[IRC_CAP_COUNT] = {
    [IRC_CAP_SASL] = "sasl",
    [IRC_CAP_MESSAGE_TAGS] = "message-tags",
    [IRC_CAP_SERVER_TIME] = "server-time",
    [IRC_CAP_ACCOUNT_TAG] = "account-tag",
    [IRC_CAP_ACCOUNT_NOTIFY] = "account-notify",
    [IRC_CAP_EXTENDED_JOIN] = "extended-join",
    [IRC_CAP_MULTI_PREFIX] = "multi-prefix",
    [IRC_CAP_USERHOST_IN_NAMES] = "userhost-in-names",
    [IRC_CAP_ECHO_MESSAGE] = "echo-message",
    [IRC_CAP_LABELED_RESPONSE] = "labeled-response",
    [IRC_CAP_BATCH] = "batch",
    [IRC_CAP_CHGHOST] = "chghost",
    [IRC_CAP_CAP_NOTIFY] = "cap-notify",
    [IRC_CAP_INVITE_NOTIFY] = "invite-notify",
    [IRC_CAP_SETNAME] = "setname",
    [IRC_CAP_CHATHISTORY] = "draft/chathistory",
    [IRC_CAP_EVENT_PLAYBACK] = "draft/event-playback",
    [IRC_CAP_REDACTION] = "draft/message-redaction",
    [IRC_CAP_MULTILINE] = "draft/multiline",
    [IRC_CAP_AWAY_NOTIFY] = "away-notify",
    [IRC_CAP_NO_IMPLICIT_NAMES] = "no-implicit-names",
    [IRC_CAP_NO_IMPLICIT_NAMES_DRAFT] = "draft/no-implicit-names",
};

/* The next known capability of a list; unknown ones are passed over.  `negated` for "-name" in an
 * ACK. */
static bool next_known(struct str *list, uint32_t *ret_bit, struct str *ret_value,
                       bool *ret_negated)
{
    struct str word;
    while (str_word(list, &word)) {
        *ret_negated = word.ptr[0] == '-';
        /* "~" and "=" once marked capabilities that need an answer or stay for good; old servers
         * still send them. */
        while (word.len && strchr("-~=", word.ptr[0]))
            word = str_from(word, 1);
        size_t equals = str_find(word, STR("="), 0);
        *ret_value = equals == SIZE_MAX ? (struct str){NULL, 0} : str_from(word, equals + 1);
        for (size_t i = 0; i < IRC_CAP_COUNT; i++) {
            if (!str_eq_c(str_upto(word, equals), names[i]))
                continue;
            *ret_bit = 1u << i;
            return true;
        }
    }
    return false;
}

/* "max-bytes=4096,max-lines=24" */
static void read_multiline(struct irc_caps *caps, struct str value)
{
    struct str item;
    int64_t number;
    caps->multiline_bytes = caps->multiline_lines = 0;
    while (str_split(&value, ',', &item)) {
        size_t equals = str_find(item, STR("="), 0);
        if (equals == SIZE_MAX ||
            number_parse(str_from(item, equals + 1), 1, 1024 * 1024, &number) < 0)
            continue;
        if (str_eq_c(str_upto(item, equals), "max-bytes"))
            caps->multiline_bytes = (size_t)number;
        else if (str_eq_c(str_upto(item, equals), "max-lines"))
            caps->multiline_lines = (size_t)number;
    }
}

uint32_t irc_caps_offer(struct irc_caps *caps, struct str list)
{
    uint32_t bit, bits = 0;
    struct str value;
    bool negated;
    while (next_known(&list, &bit, &value, &negated)) {
        bool is_sasl = bit == 1u << IRC_CAP_SASL;
        if (is_sasl && value.ptr && str_empty(value)) /* "sasl=": no mechanism, services are away */
            continue;
        bits |= bit;
        caps->offered |= bit;
        caps->refused &= ~bit; /* offered anew: worth asking again */
        if (is_sasl)
            str_to_c(value, caps->sasl_mechanisms, sizeof(caps->sasl_mechanisms));
        if (bit == 1u << IRC_CAP_MULTILINE)
            read_multiline(caps, value);
    }
    return bits;
}

static void take_away(struct irc_caps *caps, uint32_t bits)
{
    caps->offered &= ~bits;
    caps->enabled &= ~bits;
    caps->asked &= ~bits;
}

void irc_caps_list(struct irc_caps *caps, struct str list, bool is_last)
{
    caps->listed |= irc_caps_offer(caps, list);
    if (is_last && !(TAKE(caps->listed) & (1u << IRC_CAP_SASL)))
        take_away(caps, 1u << IRC_CAP_SASL);
}

uint32_t irc_caps_withdraw(struct irc_caps *caps, struct str list)
{
    uint32_t bit, bits = 0;
    struct str value;
    bool negated;
    while (next_known(&list, &bit, &value, &negated))
        bits |= bit;
    uint32_t were_on = bits & (caps->enabled | caps->asked);
    take_away(caps, bits);
    return were_on;
}

void irc_caps_accept(struct irc_caps *caps, struct str list)
{
    uint32_t bit;
    struct str value;
    bool negated;
    while (next_known(&list, &bit, &value, &negated)) {
        caps->asked &= ~bit;
        caps->enabled = negated ? caps->enabled & ~bit : caps->enabled | bit;
    }
}

void irc_caps_refuse(struct irc_caps *caps, struct str list)
{
    uint32_t bits = 0, bit;
    struct str value;
    bool negated;
    while (next_known(&list, &bit, &value, &negated))
        bits |= bit;
    if (bits == 0) /* a server that does not repeat the list: it means all that was asked */
        bits = caps->asked;
    caps->asked &= ~bits;
    if (bits & (bits - 1)) /* one of several was refused, and with it all */
        caps->one_by_one = true;
    else
        caps->refused |= bits;
}

bool irc_caps_request(struct irc_caps *caps, uint32_t unwanted, struct buf *out)
{
    uint32_t open = caps->offered & ~(caps->enabled | caps->asked | caps->refused | unwanted);
    buf_clear(out);
    for (size_t i = 0; i < IRC_CAP_COUNT; i++) {
        if (!(open & (1u << i)) || out->len + strlen(names[i]) > IRC_CAPS_REQUEST_BYTES)
            continue;
        if (out->len)
            buf_add_byte(out, ' ');
        buf_add_c(out, names[i]);
        caps->asked |= 1u << i;
        if (caps->one_by_one)
            break;
    }
    return out->len > 0;
}
