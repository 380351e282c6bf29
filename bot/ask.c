/* SPDX-License-Identifier: MIT */
/* ask.c: the sub-command that has the running daemon read its configuration again. */
#include <stdio.h>

#include "control/client.h"
#include "main.h"

static void no_mistake(void *ctx, const struct error *mistake)
{
    (void)ctx;
    (void)mistake; /* the daemon reads the same file, and tells */
}

/* The file may be full of mistakes: then the socket is looked for in its usual places. */
int ask_reload(const struct arguments *arguments)
{
    struct setup *setup = NULL;
    struct error error = {0};
    struct control_ask ask = {.verb = "reload"};
    AUTO_JSON *answer = NULL;
    struct zones *zones = zones_create(NULL);
    if (zones && setup_load(arguments->config, zones, no_mistake, NULL, &setup) == 0) {
        ask.configured = settings_text(settings_root(setup->settings), "control_socket");
        ask.state_folder = settings_text(settings_root(setup->settings), "state_folder");
    }
    int r = control_ask(&ask, &answer, &error);
    if (r < 0)
        fprintf(stderr, "mooring: %s\n", error.text);
    setup_destroy(setup);
    zones_destroy(zones);
    return r < 0 ? 1 : 0;
}
