/* SPDX-License-Identifier: MIT */
/* options.h: one IRC network as the administrator configured it. */
#ifndef CHAT_IRC_OPTIONS_H
#define CHAT_IRC_OPTIONS_H

#include "base/error.h"
#include "settings/settings.h"

enum { IRC_NICKS_MAX = 8 };

struct irc_options {
    struct str name, host;
    uint16_t port;
    bool tls;
    struct str ca_file, pinned_sha256;
    struct str nicks[IRC_NICKS_MAX];
    size_t nick_count;
    struct str username, realname;
    bool nick_is_identity;
    struct str account, account_credential; /* empty: no login */
    struct str server_credential;           /* the server's own password; empty: none */
    int64_t flood_lines, flood_line_ms;
};
/* Texts are copied into the arena.  -EINVAL with a sentence: what is missing or cannot go together.
 */
int irc_options_read(const struct settings_node *node, struct arena *arena,
                     struct irc_options *ret_options, struct error *error) MUST_CHECK;
int irc_options_copy(const struct irc_options *options, struct arena *arena,
                     struct irc_options *ret_options, struct error *error) MUST_CHECK;
bool irc_options_is_loopback(struct str host);

#endif
