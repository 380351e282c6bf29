/* SPDX-License-Identifier: MIT */
/* options.c: settings to options; what would send a password or a person's words in the clear is
 * refused. */
#include "chat/irc/options.h"

#include <errno.h>

/* "127.1.2.3": nothing but digits and dots, so that no name of somebody's passes for it. */
static bool is_loopback_address(struct str host)
{
    for (size_t i = 0; i < host.len; i++)
        if (host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9'))
            return false;
    return str_starts(host, STR("127."));
}

bool irc_options_is_loopback(struct str host)
{
    return str_eq_nocase(host, STR("localhost")) || is_loopback_address(host) ||
           str_eq_c(host, "::1") || str_starts(host, STR("memory:"));
}

static bool is_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == 0x7f || strchr(",:!@", s.ptr[i]))
            return false;
    return s.len > 0;
}

static int check(const struct irc_options *options, struct error *error)
{
    if (str_empty(options->host))
        return error_set(error, -EINVAL, "network \"%.*s\": host is missing: name the IRC server",
                         STR_ARG(options->name));
    if (options->nick_count == 0)
        return error_set(error, -EINVAL,
                         "network \"%.*s\": nicks is empty: give the bot at least one nick",
                         STR_ARG(options->name));
    for (size_t i = 0; i < options->nick_count; i++)
        if (!is_word(options->nicks[i]))
            return error_set(error, -EINVAL,
                             "network \"%.*s\": nick %zu is not a nick: no spaces, no , : ! @",
                             STR_ARG(options->name), i + 1);
    if (!is_word(options->username))
        return error_set(error, -EINVAL,
                         "network \"%.*s\": username must be one word without , : ! @",
                         STR_ARG(options->name));
    if (!options->tls && !irc_options_is_loopback(options->host))
        return error_set(
            error, -EINVAL,
            "network \"%.*s\": tls = false is only for a server on this machine (localhost)",
            STR_ARG(options->name));
    return 0;
}

static int keep(struct arena *arena, struct str *text)
{
    if (str_empty(*text))
        return 0;
    *text = str_keep(arena, *text);
    return text->ptr ? 0 : -ENOMEM;
}

int irc_options_copy(const struct irc_options *options, struct arena *arena,
                     struct irc_options *ret_options, struct error *error)
{
    struct irc_options copy = *options;
    struct str *const texts[] = {&copy.name,
                                 &copy.host,
                                 &copy.ca_file,
                                 &copy.pinned_sha256,
                                 &copy.username,
                                 &copy.realname,
                                 &copy.account,
                                 &copy.account_credential,
                                 &copy.server_credential};
    int r = check(options, error);
    for (size_t i = 0; r == 0 && i < COUNT_OF(texts); i++)
        r = keep(arena, texts[i]);
    for (size_t i = 0; r == 0 && i < copy.nick_count; i++)
        r = keep(arena, &copy.nicks[i]);
    if (r < 0)
        return error && error->code ? r : error_set(error, r, "out of memory");
    *ret_options = copy;
    return 0;
}

static struct str text_at(const struct settings_node *node, const char *path)
{
    return settings_at(node, path) ? settings_text(node, path) : STR("");
}

static void read_nicks(const struct settings_node *node, struct irc_options *options)
{
    const struct settings_node *nicks = settings_at(node, "nicks");
    size_t count = nicks ? settings_count(nicks) : 0;
    for (size_t i = 0; i < count && options->nick_count < IRC_NICKS_MAX; i++)
        options->nicks[options->nick_count++] = settings_value_text(settings_item(nicks, i));
}

int irc_options_read(const struct settings_node *node, struct arena *arena,
                     struct irc_options *ret_options, struct error *error)
{
    struct irc_options options = {
        .name = text_at(node, "name"),
        .host = text_at(node, "host"),
        .port = (uint16_t)settings_integer(node, "port"),
        .tls = settings_boolean(node, "tls"),
        .ca_file = text_at(node, "ca_file"),
        .pinned_sha256 = text_at(node, "pinned_sha256"),
        .username = text_at(node, "username"),
        .realname = text_at(node, "realname"),
        .nick_is_identity = str_eq_c(text_at(node, "identity"), "nick"),
        .server_credential = text_at(node, "password_credential"),
        .flood_lines = settings_integer(node, "flood_lines"),
        .flood_line_ms = settings_integer(node, "flood_seconds") * 1000,
    };
    const struct settings_node *sasl = settings_at(node, "sasl");
    if (sasl && settings_is_set(sasl)) {
        options.account = text_at(sasl, "account");
        options.account_credential = text_at(sasl, "password_credential");
    }
    read_nicks(node, &options);
    return irc_options_copy(&options, arena, ret_options, error);
}
