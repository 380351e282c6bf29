/* SPDX-License-Identifier: MIT */
/* options.h: one IRC network as the administrator configured it. */
#ifndef CHAT_IRC_OPTIONS_H
#define CHAT_IRC_OPTIONS_H

#include "base/error.h"
#include "settings/settings.h"

#include "chat/irc/sasl.h"

enum { IRC_NICKS_MAX = 8, IRC_HOSTS_MAX = 8 };

struct irc_host {
    struct str name;
    uint16_t port;
};
struct irc_options {
    struct str name, host;
    uint16_t port;
    /* Other servers of the same network, tried in turn when one is lost. */
    struct irc_host others[IRC_HOSTS_MAX - 1];
    size_t other_count;
    bool tls;
    struct str ca_file, pinned_sha256;
    /* A file (PEM), and the credential that holds its key; empty: in that file too. */
    struct str client_certificate, client_key_credential;
    struct str nicks[IRC_NICKS_MAX];
    size_t nick_count;
    struct str username, realname;
    bool nick_is_identity;
    struct str profile;                     /* of networks/; empty: whichever fits */
    struct str account, account_credential; /* empty: no login; no password */
    enum irc_sasl_policy mechanism;
    struct str server_credential; /* the server's own password; empty: none */
    int64_t flood_lines, flood_line_ms;
    bool is_plain; /* no formatting codes */
    bool is_visit; /* only to see whether we are let in: nothing is said to anybody there */
};
/* Texts are copied into the arena.  -EINVAL with a sentence: what is missing or cannot go together.
 */
int irc_options_read(const struct settings_node *node, struct arena *arena,
                     struct irc_options *ret_options, struct error *error) MUST_CHECK;
int irc_options_copy(const struct irc_options *options, struct arena *arena,
                     struct irc_options *ret_options, struct error *error) MUST_CHECK;
/* Number 0 is `host`; there are 1 + other_count. */
struct irc_host irc_options_host(const struct irc_options *options, size_t index);
/* "irc.example.org", "irc.example.org:6697", "[2001:db8::1]:6697", "2001:db8::1"; without a port
 * it has `port`.  The name is borrowed from `text`.  -EINVAL. */
int irc_options_parse_host(struct str text, uint16_t port, struct irc_host *ret_host) MUST_CHECK;
bool irc_options_is_loopback(struct str host);

#endif
