/* SPDX-License-Identifier: MIT */
/* ask.c: sub-commands that ask the running daemon: to read its configuration again, how it is. */
#include <errno.h>
#include <stdio.h>

#include "tools/client.h"
#include "main.h"
#include "status.h"

static int ask(const struct arguments *arguments, const char *verb, json_t **ret_answer,
               struct error *error)
{
    struct client client;
    struct control_ask ask = {.verb = verb};
    client_load(arguments->config, &client);
    return client_ask(&client, &ask, ret_answer, error);
}

int ask_reload(const struct arguments *arguments)
{
    struct error error = {0};
    AUTO_JSON *answer = NULL;
    int r = ask(arguments, "reload", &answer, &error);
    if (r < 0)
        fprintf(stderr, "mooring: %s\n", error.text);
    else if (json_is_true(json_object_get(answer, "restart")))
        puts("taken over, but for what changed about networks and plugins: that holds from the "
             "next start (systemctl restart mooring)");
    return r < 0 ? 1 : 0;
}

/* As an init script's status. */
enum { NOT_RUNNING = 3 };

static int refused(int code, const struct error *error)
{
    fprintf(stderr, "mooring: %s\n", error->text);
    return code == -ENOENT || code == -ECONNREFUSED ? NOT_RUNNING : 1;
}

/* 0 well, 1 to be looked at, 3 not running. */
int ask_status(const struct arguments *arguments)
{
    struct error error = {0};
    AUTO_JSON *answer = NULL;
    AUTO_BUF text;
    buf_init(&text, 1024 * 1024);
    int r = ask(arguments, "status", &answer, &error);
    if (r < 0)
        return refused(r, &error);
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

int ask_selftest(const struct arguments *arguments)
{
    struct error error = {0};
    AUTO_JSON *answer = NULL;
    int r = ask(arguments, "selftest", &answer, &error);
    if (r < 0)
        return refused(r, &error);
    const char *what = json_string_value(json_object_get(answer, "what"));
    bool well = !what || !*what;
    printf("%s%s\n",
           well ? "all is well between a call for help and a person" : "found: ", well ? "" : what);
    if (!well)
        puts("docs/SAFETY.md says what each part is; mooring doctor looks closer.");
    return well ? 0 : 1;
}
