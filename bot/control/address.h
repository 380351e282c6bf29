/* SPDX-License-Identifier: MIT */
/* address.h: where the control socket lies. */
#ifndef CONTROL_ADDRESS_H
#define CONTROL_ADDRESS_H

#include <sys/un.h>

#include "base/error.h"
#include "base/str.h"

enum { CONTROL_PATH_BYTES = sizeof((struct sockaddr_un *)NULL)->sun_path };

/* The daemon's: `configured` (control_socket), else $RUNTIME_DIRECTORY/control, else
 * `state_folder`/control.  -ENAMETOOLONG with a sentence. */
int control_path(struct str configured, struct str state_folder, char ret_path[CONTROL_PATH_BYTES],
                 struct error *error) MUST_CHECK;
/* Where a client looks, in turn: `index` 0, 1 ...; false at the end.  What systemd tells the daemon
 * alone is guessed: /run/mooring. */
bool control_path_guess(struct str configured, struct str state_folder, size_t index,
                        char ret_path[CONTROL_PATH_BYTES]);

#endif
