/* SPDX-License-Identifier: MIT */
/* cross_networks.c: each network by itself: what its kind needs, and what is another kind's;
 * nothing in the clear but to this machine. */
#include <errno.h>

#include "base/ascii.h"
#include "settings/cross.h"

static bool is_fingerprint(struct str text)
{
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = strchr("0123456789abcdefABCDEF", text.ptr[i]) != NULL;
        if (!digit && text.ptr[i] != ':')
            return false;
        digits += digit;
    }
    return digits == 64;
}

/* RFC 2812's letters, and UTF-8 for the servers that allow it. */
static bool is_nick(struct str nick)
{
    if (str_empty(nick) || ascii_is_digit(nick.ptr[0]) || nick.ptr[0] == '-')
        return false;
    for (size_t i = 0; i < nick.len; i++)
        if ((unsigned char)nick.ptr[i] <= ' ' || strchr("!@#&:,*?.$~%+\"'()/<=>;", nick.ptr[i]))
            return false;
    return true;
}

static void check_nicks(const struct cross *cross, const struct settings_node *network,
                        size_t index)
{
    const struct settings_node *nicks = settings_at(network, "nicks");
    struct error error;
    for (size_t i = 0; i < settings_count(nicks); i++) {
        const struct settings_node *nick = settings_item(nicks, i);
        if (!settings_is_set(nick) || str_empty(nick->text) || is_nick(nick->text))
            continue;
        error_set(
            &error, -EINVAL,
            "\"%.*s\" is not an IRC nick. Use letters, digits, - and _, beginning with a letter.",
            STR_ARG(nick->text));
        cross_note(cross, nick, &error, "networks[%zu].nicks[%zu]", index, i);
    }
    if (settings_is_set(nicks) && settings_count(nicks) == 0) {
        error_set(&error, -EINVAL, "the bot needs at least one nick.");
        cross_note(cross, nicks, &error, "networks[%zu].nicks", index);
    }
}

/* Each of the network's servers: in the clear only on this machine. */
static void check_hosts(const struct cross *cross, const struct settings_node *network,
                        size_t index)
{
    const struct settings_node *hosts = settings_at(network, "hosts");
    struct error error;
    for (size_t i = 0; !settings_boolean(network, "tls") && i < settings_count(hosts); i++) {
        const struct settings_node *host = settings_item(hosts, i);
        if (cross_is_loopback(host->text))
            continue;
        error_set(&error, -EINVAL,
                  "without TLS anyone on the way can read what people say. It can be off only for "
                  "servers on this machine.");
        cross_note(cross, host, &error, "networks[%zu].hosts[%zu]", index, i);
    }
}

/* Something has to log in: a password, or a certificate that the account knows. */
static void check_login(const struct cross *cross, const struct settings_node *network,
                        size_t index)
{
    const struct settings_node *sasl = settings_at(network, "sasl");
    bool has_certificate = !str_empty(settings_text(network, "client_certificate"));
    struct error error;
    if (settings_is_set(settings_at(sasl, "password_credential")) && !has_certificate &&
        str_empty(settings_text(sasl, "password_credential"))) {
        error_set(&error, -EINVAL,
                  "without it the network needs a client_certificate to log in with.");
        cross_note(cross, sasl, &error, "networks[%zu].sasl.password_credential", index);
    }
    if (!has_certificate && !str_empty(settings_text(network, "client_key_credential"))) {
        error_set(&error, -EINVAL, "a key is of no use without its client_certificate.");
        cross_note(cross, cross_spot(network, "client_key_credential"), &error,
                   "networks[%zu].client_key_credential", index);
    }
}

static void check_irc(const struct cross *cross, const struct settings_node *network, size_t index)
{
    struct str host = settings_text(network, "host"), pin = settings_text(network, "pinned_sha256");
    struct error error;
    if (str_empty(host)) {
        error_set(&error, -EINVAL,
                  "this is missing. An IRC network needs its server's name or address.");
        cross_note(cross, cross_spot(network, "host"), &error, "networks[%zu].host", index);
    } else if (!settings_boolean(network, "tls") && !cross_is_loopback(host)) {
        error_set(&error, -EINVAL,
                  "without TLS anyone on the way can read what people say. It can be off only for "
                  "a server on this "
                  "machine (localhost), and \"%.*s\" is not one.",
                  STR_ARG(host));
        cross_note(cross, cross_spot(network, "tls"), &error, "networks[%zu].tls", index);
    }
    if (!str_empty(pin) && !settings_boolean(network, "tls")) {
        error_set(&error, -EINVAL, "there is no certificate to compare without TLS.");
        cross_note(cross, cross_spot(network, "pinned_sha256"), &error,
                   "networks[%zu].pinned_sha256", index);
    } else if (!str_empty(pin) && !is_fingerprint(pin)) {
        error_set(&error, -EINVAL,
                  "a SHA-256 fingerprint has 64 hexadecimal digits, with or without colons.");
        cross_note(cross, cross_spot(network, "pinned_sha256"), &error,
                   "networks[%zu].pinned_sha256", index);
    }
    check_nicks(cross, network, index);
    check_hosts(cross, network, index);
    check_login(cross, network, index);
}

/* Of "http://127.0.0.1:8008/". */
static struct str host_of(struct str address)
{
    struct str rest = str_from(address, sizeof "http://" - 1);
    if (str_starts(rest, STR("[::1]")))
        return STR("::1");
    return str_upto(rest, MIN_OF(str_find(rest, STR(":"), 0), str_find(rest, STR("/"), 0)));
}

/* http only to this machine: a token would go in the clear.  matrix_options_read checks the rest.
 */
static void check_matrix(const struct cross *cross, const struct settings_node *network,
                         size_t index)
{
    struct str homeserver = settings_text(network, "homeserver");
    struct error error;
    if (str_empty(homeserver)) {
        error_set(&error, -EINVAL,
                  "this is missing. A Matrix network needs its homeserver's name, such as "
                  "\"example.org\".");
        cross_note(cross, cross_spot(network, "homeserver"), &error, "networks[%zu].homeserver",
                   index);
    } else if (str_starts(homeserver, STR("http://")) && !cross_is_loopback(host_of(homeserver))) {
        error_set(&error, -EINVAL,
                  "http:// is only for a homeserver on this machine: anyone on the way could read "
                  "what people say. Write https://.");
        cross_note(cross, cross_spot(network, "homeserver"), &error, "networks[%zu].homeserver",
                   index);
    }
    if (str_eq_c(settings_text(network, "login"), "password") &&
        str_empty(settings_text(network, "user"))) {
        error_set(&error, -EINVAL, "this is missing. Name the account, such as \"mooring\".");
        cross_note(cross, cross_spot(network, "user"), &error, "networks[%zu].user", index);
    }
    if (!str_eq_c(settings_text(network, "login"), "oauth") &&
        str_empty(settings_text(network, "password_credential"))) {
        error_set(&error, -EINVAL,
                  "this is missing. Name the credential that holds the account's password or "
                  "token, or choose login = \"oauth\" and run mooring login.");
        cross_note(cross, cross_spot(network, "password_credential"), &error,
                   "networks[%zu].password_credential", index);
    }
}

/* What is for one kind of network alone was meant for another network, or for another kind. */
static void check_kind(const struct cross *cross, const struct settings_node *network, size_t index)
{
    static const struct {
        const char *kind, *options; /* with a space around each */
    } owned[] = {{"irc",
                  " host port hosts tls pinned_sha256 client_certificate client_key_credential "
                  "nicks username realname profile identity sasl flood_lines flood_seconds "},
                 {"matrix", " homeserver user login device_id device_name threads invite_from "
                            "receipts polls "}};
    struct str kind = settings_text(network, "kind");
    if (str_eq_c(kind, "console")) /* the stage plays any of them */
        return;
    for (size_t i = 0; i < COUNT_OF(owned); i++) {
        struct str rest = str_of(owned[i].options), word;
        while (!str_eq_c(kind, owned[i].kind) && str_word(&rest, &word)) {
            char name[64];
            const struct settings_node *option = str_to_c(word, name, sizeof name)
                                                     ? settings_at(network, name)
                                                     : NULL;
            if (!settings_is_set(option))
                continue;
            struct error error;
            error_set(&error, -EINVAL,
                      "this is for a network of the kind \"%s\", and this one is of the kind "
                      "\"%.*s\". Take it out, or set kind = \"%s\".",
                      owned[i].kind, STR_ARG(kind), owned[i].kind);
            cross_note(cross, option, &error, "networks[%zu].%s", index, name);
        }
    }
}

void cross_check_networks(const struct cross *cross)
{
    for (size_t i = 0; i < settings_count(cross->networks); i++) {
        const struct settings_node *network = settings_item(cross->networks, i);
        if (str_eq_c(settings_text(network, "kind"), "irc"))
            check_irc(cross, network, i);
        if (str_eq_c(settings_text(network, "kind"), "matrix"))
            check_matrix(cross, network, i);
        check_kind(cross, network, i);
    }
}
