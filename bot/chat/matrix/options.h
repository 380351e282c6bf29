/* SPDX-License-Identifier: MIT */
/* options.h: networks[] of the kind matrix, read and checked. */
#ifndef CHAT_MATRIX_OPTIONS_H
#define CHAT_MATRIX_OPTIONS_H

#include "base/error.h"
#include "settings/settings.h"

enum matrix_login_how {
    MATRIX_LOGIN_PASSWORD,
    MATRIX_LOGIN_TOKEN,
    MATRIX_LOGIN_OAUTH,
    MATRIX_LOGIN_APPSERVICE,
    MATRIX_LOGIN_HOW_COUNT
};
enum matrix_threads {
    MATRIX_THREADS_FOLLOW,
    MATRIX_THREADS_ALWAYS,
    MATRIX_THREADS_NEVER,
    MATRIX_THREADS_COUNT
};
/* Copies, owned. */
struct matrix_options {
    char
        *homeserver; /* "example.org" (discovered by .well-known) or "https://matrix.example.org" */
    char *user;      /* "mooring" or "@mooring:example.org" */
    enum matrix_login_how how;
    char *credential;              /* of the password or token; empty with oauth */
    char *device_id, *device_name; /* device_id empty: the server chooses at the first login */
    char *ca_file;
    enum matrix_threads threads;
    char **invite_from; /* users, "example.org" servers, spaces; beside moderators and members */
    size_t invite_from_count;
    bool has_receipts, has_polls;
};
int matrix_options_read(const struct settings_node *node, struct matrix_options *ret_options,
                        struct error *error) MUST_CHECK;
void matrix_options_done(struct matrix_options *options);

#endif
