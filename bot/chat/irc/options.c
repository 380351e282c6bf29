/* SPDX-License-Identifier: MIT */
/* options.c: settings to options; what would send a password or a person's words in the clear is
 * refused. */
#include "chat/irc/options.h"

#include <errno.h>

#include "base/number.h"

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

struct irc_host irc_options_host(const struct irc_options *options, size_t index)
{
    return index ? options->others[index - 1] : (struct irc_host){options->host, options->port};
}

/* One colon parts a port from a name; more than one, and no brackets, are an IPv6 address. */
int irc_options_parse_host(struct str text, uint16_t port, struct irc_host *ret_host)
{
    struct irc_host host = {text, port};
    int64_t number = port;
    size_t colon = str_find(text, STR(":"), 0);
    bool is_bracketed = str_starts(text, STR("["));
    if (is_bracketed) {
        size_t end = str_find(text, STR("]"), 0);
        if (end == SIZE_MAX)
            return -EINVAL;
        host.name = str_from(str_upto(text, end), 1);
        colon = end + 1 < text.len ? end + 1 : SIZE_MAX;
        if (colon != SIZE_MAX && text.ptr[colon] != ':')
            return -EINVAL;
    } else if (str_starts(text, STR("memory:"))) {
        colon = SIZE_MAX; /* an in-process peer */
    } else if (colon != SIZE_MAX && str_find(text, STR(":"), colon + 1) != SIZE_MAX) {
        colon = SIZE_MAX;
    } else {
        host.name = str_upto(text, colon);
    }
    if (colon != SIZE_MAX && number_parse(str_from(text, colon + 1), 1, UINT16_MAX, &number) < 0)
        return -EINVAL;
    if (str_empty(host.name) || str_has_byte(host.name, ' '))
        return -EINVAL;
    host.port = (uint16_t)number;
    *ret_host = host;
    return 0;
}

/* Plain text to any of them would be plain text. */
static int check_hosts(const struct irc_options *options, struct error *error)
{
    for (size_t i = 0; !options->tls && i <= options->other_count; i++)
        if (!irc_options_is_loopback(irc_options_host(options, i).name))
            return error_set(
                error, -EINVAL,
                "network \"%.*s\": tls = false is only for a server on this machine (localhost)",
                STR_ARG(options->name));
    if (!options->tls && !str_empty(options->pinned_sha256))
        return error_set(error, -EINVAL, "network \"%.*s\": pinned_sha256 needs tls = true",
                         STR_ARG(options->name));
    if (str_empty(options->client_certificate) && !str_empty(options->client_key_credential))
        return error_set(error, -EINVAL,
                         "network \"%.*s\": client_key_credential needs client_certificate",
                         STR_ARG(options->name));
    if (options->account.len && str_empty(options->account_credential) &&
        str_empty(options->client_certificate))
        return error_set(error, -EINVAL,
                         "network \"%.*s\": sasl needs password_credential, or a "
                         "client_certificate that the account knows",
                         STR_ARG(options->name));
    return 0;
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
    return check_hosts(options, error);
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
                                 &copy.client_certificate,
                                 &copy.client_key_credential,
                                 &copy.username,
                                 &copy.realname,
                                 &copy.profile,
                                 &copy.account,
                                 &copy.account_credential,
                                 &copy.server_credential};
    int r = check(options, error);
    for (size_t i = 0; r == 0 && i < COUNT_OF(texts); i++)
        r = keep(arena, texts[i]);
    for (size_t i = 0; r == 0 && i < copy.nick_count; i++)
        r = keep(arena, &copy.nicks[i]);
    for (size_t i = 0; r == 0 && i < copy.other_count; i++)
        r = keep(arena, &copy.others[i].name);
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

static int read_hosts(const struct settings_node *node, struct irc_options *options,
                      struct error *error)
{
    const struct settings_node *hosts = settings_at(node, "hosts");
    size_t count = hosts ? settings_count(hosts) : 0;
    if (count > COUNT_OF(options->others))
        return error_set(error, -EINVAL, "network \"%.*s\": hosts has more than %zu",
                         STR_ARG(options->name), COUNT_OF(options->others));
    for (size_t i = 0; i < count; i++) {
        struct str text = settings_value_text(settings_item(hosts, i));
        int r = irc_options_parse_host(text, options->port,
                                       &options->others[options->other_count++]);
        if (r < 0)
            return error_set(
                error, r, "network \"%.*s\": hosts: \"%.*s\" is neither a name nor \"name:port\"",
                STR_ARG(options->name), STR_ARG(text));
    }
    return 0;
}

static enum irc_sasl_policy read_policy(struct str text)
{
    static const char *const names[IRC_SASL_POLICY_COUNT] = {
        [IRC_SASL_BEST] = "best",
        [IRC_SASL_ONLY_EXTERNAL] = "external",
        [IRC_SASL_ONLY_SCRAM] = "scram",
        [IRC_SASL_ONLY_PLAIN] = "plain",
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq_c(text, names[i]))
            return (enum irc_sasl_policy)i;
    return IRC_SASL_BEST;
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
        .client_certificate = text_at(node, "client_certificate"),
        .client_key_credential = text_at(node, "client_key_credential"),
        .username = text_at(node, "username"),
        .realname = text_at(node, "realname"),
        .profile = text_at(node, "profile"),
        .nick_is_identity = str_eq_c(text_at(node, "identity"), "nick"),
        .server_credential = text_at(node, "password_credential"),
        .flood_lines = settings_integer(node, "flood_lines"),
        .flood_line_ms = settings_integer(node, "flood_seconds") * 1000,
        .is_plain = !settings_boolean(node, "formatting"),
    };
    const struct settings_node *sasl = settings_at(node, "sasl");
    if (sasl && settings_is_set(sasl)) {
        options.account = text_at(sasl, "account");
        options.account_credential = text_at(sasl, "password_credential");
        options.mechanism = read_policy(text_at(sasl, "mechanism"));
    }
    read_nicks(node, &options);
    int r = read_hosts(node, &options, error);
    return r < 0 ? r : irc_options_copy(&options, arena, ret_options, error);
}
