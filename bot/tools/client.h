/* SPDX-License-Identifier: MIT */
/* client.h: what the sub-commands that ask the daemon share: where it is, which key is its own. */
#ifndef CLIENT_H
#define CLIENT_H

#include "control/client.h"
#include "main.h"
#include "store/store.h"

/* What of the configuration they need, read even when the file is full of mistakes elsewhere. */
struct client {
    char state_folder[SETUP_PATH_BYTES], control_socket[SETUP_PATH_BYTES];
    char credentials_folder[SETUP_PATH_BYTES];
    struct error mistake; /* why one of them is but the usual place */
};
void client_load(const char *config_path, struct client *ret_client);
/* `ask` with the two places filled in. */
int client_ask(const struct client *client, struct control_ask *ask, json_t **ret_answer,
               struct error *error) MUST_CHECK;
/* A file of 64 hexadecimal digits.  -ENOENT ... with a sentence. */
int client_read_key(const char *path, unsigned char ret_key[32], struct error *error) MUST_CHECK;
/* The key that the daemon would use: `given`, else in credentials_folder, else the installed one.
 * `ret_path` says which file it was. */
int client_find_key(const struct client *client, const char *given, char ret_path[SETUP_PATH_BYTES],
                    unsigned char ret_key[32], struct error *error) MUST_CHECK;
/* Overwrites a file with zeros, synced, and removes it. */
int client_wipe_file(const char *path) MUST_CHECK;
int client_sync_folder_of(const char *path) MUST_CHECK;
int64_t client_now(void);
/* "2026-11-26 15:10 UTC" */
void client_date(int64_t at, char out[32]);

#endif
