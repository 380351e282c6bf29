/* SPDX-License-Identifier: MIT */
/* peer.h: servers on loopback for tests (peer.py), and certificates for them (certificates.sh). */
#ifndef SUPPORT_PEER_H
#define SUPPORT_PEER_H

#include <sys/types.h>

struct peer {
    pid_t pid;
    int port;
    int stdin_fd; /* closing it ends the peer, even when the test crashes */
};
/* `kind` is "lines", "http", "irc CAPS", or "hang" (accepts, and says nothing); `certificate` is the name of one in peer_directory(), NULL: no TLS.
 * Asserts. */
void peer_start(struct peer *peer, const char *kind, const char *certificate);
void peer_stop(struct peer *peer);

/* A fresh directory with the certificates; made once, removed by peer_clean(). */
const char *peer_directory(void);
void peer_clean(void);
/* "DIR/NAME", in a buffer that four more calls leave alone. */
const char *peer_path(const char *name);
/* A port of 127.0.0.1 where nobody listens. */
int peer_free_port(void);

#endif
