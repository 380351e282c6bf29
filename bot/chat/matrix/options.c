/* SPDX-License-Identifier: MIT */
/* options.c: settings to options; what would send a token in the clear is refused. */
#include "chat/matrix/options.h"

#include <errno.h>

#include "base/memory.h"

static const char *const hows[] = {"password", "token", "oauth", "appservice"};
static const char *const threads[] = {"follow", "always", "never"};
_Static_assert(COUNT_OF(hows) == MATRIX_LOGIN_HOW_COUNT, "each way to log in has a word");
_Static_assert(COUNT_OF(threads) == MATRIX_THREADS_COUNT, "each way with threads has a word");

static struct str text_at(const struct settings_node *node, const char *path)
{
    return settings_at(node, path) ? settings_text(node, path) : STR("");
}

static size_t index_of(struct str word, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(word, words[i]))
            return i;
    return 0; /* the table lets no other word pass */
}

static bool is_loopback(struct str rest)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
    for (size_t i = 0; i < COUNT_OF(hosts); i++) {
        struct str host = str_of(hosts[i]);
        if (str_starts(rest, host) && (rest.len == host.len || strchr(":/", rest.ptr[host.len])))
            return true;
    }
    return false;
}

static bool has_space(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ')
            return true;
    return false;
}

/* "example.org", "example.org:8448", "https://matrix.example.org"; http only to this machine. */
static const char *mistake_in_homeserver(struct str homeserver)
{
    if (str_empty(homeserver))
        return "homeserver is missing: name it, as in \"example.org\"";
    if (has_space(homeserver))
        return "homeserver has a space in it";
    if (str_starts(homeserver, STR("http://")) && !is_loopback(str_from(homeserver, 7)))
        return "homeserver begins with http://, which is only for a server on this machine: write "
               "https://";
    return NULL;
}

static int check(const struct settings_node *node, const struct matrix_options *options,
                 struct error *error)
{
    const char *mistake = mistake_in_homeserver(str_of(options->homeserver));
    bool needs_secret = options->how != MATRIX_LOGIN_OAUTH;
    if (!mistake && needs_secret && !*options->credential)
        mistake = "password_credential is missing: it names the credential with the password or "
                  "token";
    bool needs_user = options->how == MATRIX_LOGIN_PASSWORD ||
                      options->how == MATRIX_LOGIN_APPSERVICE;
    if (!mistake && needs_user && !*options->user)
        mistake = "user is missing: the account's name, as in \"mooring\"";
    if (!mistake)
        return 0;
    return error_set(error, -EINVAL, "network \"%.*s\": %s", STR_ARG(text_at(node, "name")),
                     mistake);
}

static int copy_list(const struct settings_node *list, struct matrix_options *options)
{
    size_t count = list ? settings_count(list) : 0;
    options->invite_from = mem_zalloc((count + 1) * sizeof *options->invite_from);
    if (!options->invite_from)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        options->invite_from[i] = str_copy(settings_value_text(settings_item(list, i)));
        if (!options->invite_from[i])
            return -ENOMEM;
        options->invite_from_count++;
    }
    return 0;
}

int matrix_options_read(const struct settings_node *node, struct matrix_options *ret_options,
                        struct error *error)
{
    struct matrix_options options = {
        .homeserver = str_copy(text_at(node, "homeserver")),
        .user = str_copy(text_at(node, "user")),
        .how = (enum matrix_login_how)index_of(text_at(node, "login"), hows, COUNT_OF(hows)),
        .credential = str_copy(text_at(node, "password_credential")),
        .device_id = str_copy(text_at(node, "device_id")),
        .device_name = str_copy(text_at(node, "device_name")),
        .ca_file = str_copy(text_at(node, "ca_file")),
        .threads = (enum matrix_threads)index_of(text_at(node, "threads"), threads,
                                                 COUNT_OF(threads)),
        .has_receipts = settings_boolean(node, "receipts"),
        .has_polls = settings_boolean(node, "polls"),
    };
    int r = copy_list(settings_at(node, "invite_from"), &options);
    if (!options.homeserver || !options.user || !options.credential || !options.device_id ||
        !options.device_name || !options.ca_file)
        r = -ENOMEM;
    if (r < 0)
        error_set(error, r, "out of memory");
    else
        r = check(node, &options, error);
    if (r < 0) {
        matrix_options_done(&options);
        return r;
    }
    *ret_options = options;
    return 0;
}

void matrix_options_done(struct matrix_options *options)
{
    char *const texts[] = {options->homeserver, options->user,        options->credential,
                           options->device_id,  options->device_name, options->ca_file};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        mem_free(texts[i]);
    for (size_t i = 0; i < options->invite_from_count; i++)
        mem_free(options->invite_from[i]);
    mem_free(options->invite_from);
    *options = (struct matrix_options){0};
}
