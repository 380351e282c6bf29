/* SPDX-License-Identifier: MIT */
/* ask.c: sub-commands that ask the running daemon: to read its configuration again, how it is. */
#include <errno.h>
#include <stdio.h>

#include "control/client.h"
#include "main.h"
#include "status.h"

/* Where the daemon's socket may be. */
struct place {
    char text[SETUP_PATH_BYTES];
};

static void take_text(void *ctx, struct str value)
{
    struct place *place = ctx;
    (void)str_to_c(value, place->text, sizeof place->text);
}

/* What the file says of one option, however many mistakes stand elsewhere in it. */
static void peek(const char *path, const char *option, const char *standard, struct place *place)
{
    struct error error = {0};
    (void)snprintf(place->text, sizeof place->text, "%s", standard);
    if (settings_peek_texts(path, option, take_text, place, &error) < 0)
        (void)snprintf(place->text, sizeof place->text, "%s", standard);
}

static const char *standard_of(const char *option)
{
    const struct settings_schema schema = {.tables = &settings_core, .table_count = 1};
    const struct mooring_option *found = settings_option(&schema, str_of(option));
    return found && found->default_text ? found->default_text : "";
}

static int ask(const struct arguments *arguments, const char *verb, json_t **ret_answer,
               struct error *error)
{
    struct place control_socket, state_folder;
    peek(arguments->config, "control_socket", standard_of("control_socket"), &control_socket);
    peek(arguments->config, "state_folder", standard_of("state_folder"), &state_folder);
    struct control_ask ask = {.verb = verb,
                              .configured = str_of(control_socket.text),
                              .state_folder = str_of(state_folder.text)};
    return control_ask(&ask, ret_answer, error);
}

int ask_reload(const struct arguments *arguments)
{
    struct error error = {0};
    AUTO_JSON *answer = NULL;
    int r = ask(arguments, "reload", &answer, &error);
    if (r < 0)
        fprintf(stderr, "mooring: %s\n", error.text);
    return r < 0 ? 1 : 0;
}

/* As an init script's status: 0 well, 1 to be looked at, 3 not running. */
int ask_status(const struct arguments *arguments)
{
    enum { NOT_RUNNING = 3 };
    struct error error = {0};
    AUTO_JSON *answer = NULL;
    AUTO_BUF text;
    buf_init(&text, 1024 * 1024);
    int r = ask(arguments, "status", &answer, &error);
    if (r < 0) {
        fprintf(stderr, "mooring: %s\n", error.text);
        return r == -ENOENT || r == -ECONNREFUSED ? NOT_RUNNING : 1;
    }
    bool well = status_print(answer, &text);
    if (arguments->json) {
        json_object_del(answer, "ok");
        json_dumpf(answer, stdout, JSON_INDENT(2));
        putchar('\n');
    } else {
        fwrite(text.ptr, 1, text.len, stdout);
    }
    return well ? 0 : 1;
}
