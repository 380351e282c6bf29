/* SPDX-License-Identifier: MIT */
/* discover.c: .well-known with its rules, then /versions. */
#include "chat/matrix/discover.h"

#include <errno.h>

enum { LOOK_MS = 15 * 1000, WELL_KNOWN_BYTES = 64 * 1024, URL_BYTES = 1024 };

/* ---- pure ------------------------------------------------------------------------------------ */

struct str matrix_answer_text(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    struct str text = {json_string_value(value), json_string_length(value)};
    return text.ptr && strlen(text.ptr) == text.len ? text : (struct str){0};
}

bool matrix_url_take(struct str text, char ret_url[MATRIX_TOKEN_URL_BYTES])
{
    while (str_ends(text, STR("/")))
        text.len--;
    return str_to_c(text, ret_url, MATRIX_TOKEN_URL_BYTES);
}

int matrix_well_known_read(const json_t *json, bool is_memory,
                           char ret_base[MATRIX_TOKEN_URL_BYTES])
{
    struct str base = matrix_answer_text(json_object_get(json, "m.homeserver"), "base_url");
    size_t host_at = is_memory && str_starts(base, STR("memory://")) ? 9 : 8;
    bool is_fine = (host_at == 9 || str_starts(base, STR("https://"))) && base.len > host_at &&
                   base.ptr[host_at] != '/';
    for (size_t i = 0; i < base.len; i++)
        is_fine = is_fine && (unsigned char)base.ptr[i] > ' ' && !strchr("@?#\\\"", base.ptr[i]);
    return is_fine && matrix_url_take(base, ret_base) ? 0 : -EBADMSG;
}

bool matrix_versions_will_do(const json_t *json)
{
    size_t i;
    json_t *version;
    json_array_foreach(json_object_get(json, "versions"), i, version)
    {
        const char *text = json_string_value(version);
        if (text && strncmp(text, "v1.", 3) == 0 && text[3] >= '1' && text[3] <= '9')
            return true;
    }
    return false;
}

bool matrix_versions_have(const json_t *json, const char *what)
{
    size_t i;
    json_t *version;
    json_array_foreach(json_object_get(json, "versions"), i, version)
    {
        const char *text = json_string_value(version);
        if (text && strcmp(text, what) == 0)
            return true;
    }
    return json_is_true(json_object_get(json_object_get(json, "unstable_features"), what));
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void end(struct matrix_discovery *discovery, int result, const struct matrix_answer *answer,
                const struct error *error)
{
    discovery->done(discovery, result, answer, error);
}

static int ask(struct matrix_discovery *discovery, struct str url, size_t max_bytes,
               matrix_done_fn done)
{
    const struct matrix_request request = {.method = "GET",
                                           .path = url,
                                           .timeout_ms = LOOK_MS,
                                           .max_bytes = max_bytes,
                                           .without_token = true};
    return matrix_request(discovery->session, &request, done, discovery, &discovery->call);
}

static void on_versions(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_discovery *discovery = ctx;
    struct error error = {0};
    discovery->call = NULL;
    if (answer->result == -EAGAIN || answer->result == -ENOMEM) {
        error_set(&error, -EAGAIN, "%s does not answer (%.*s)", discovery->base,
                  STR_ARG(answer->error));
        end(discovery, -EAGAIN, answer, &error);
        return;
    }
    if (answer->result < 0 || !json_is_array(json_object_get(answer->json, "versions"))) {
        error_set(&error, -EBADMSG,
                  "%s is no Matrix homeserver: /_matrix/client/versions does not list what it "
                  "speaks. Is \"homeserver\" right?",
                  discovery->base);
        end(discovery, -EBADMSG, answer, &error);
        return;
    }
    if (!matrix_versions_will_do(answer->json)) {
        error_set(&error, -EBADMSG,
                  "%s speaks only versions of Matrix from before v1.1. It has to be updated, or "
                  "the bot needs an account elsewhere.",
                  discovery->base);
        end(discovery, -EBADMSG, answer, &error);
        return;
    }
    json_decref(discovery->versions);
    discovery->versions = json_incref(answer->json);
    end(discovery, 0, answer, &error);
}

static int ask_versions(struct matrix_discovery *discovery)
{
    AUTO_BUF url;
    buf_init(&url, URL_BYTES);
    buf_add_format(&url, "%s/_matrix/client/versions", discovery->base);
    return url.failed ? url.failed : ask(discovery, buf_str(&url), 0, on_versions);
}

/* "example.org", or with "memory:" before it; how its addresses begin. */
static struct str name_of(const struct matrix_discovery *discovery, const char **ret_scheme)
{
    struct str name = str_of(discovery->session->options.homeserver);
    bool is_memory = str_starts(name, STR("memory:"));
    *ret_scheme = is_memory ? "memory://" : "https://";
    return is_memory ? str_from(name, 7) : name;
}

static void go_on(struct matrix_discovery *discovery, const struct matrix_answer *answer)
{
    struct error error;
    int r = ask_versions(discovery);
    if (r < 0)
        end(discovery, -EAGAIN, answer, error_set(&error, r, "memory is short") ? &error : NULL);
}

/* 404: the name itself is the server.  Whatever else is no answer of use: somebody has to say where
 * it is (the specification's FAIL_PROMPT), and it is looked up again, for it may be mended there.
 */
static void on_well_known(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_discovery *discovery = ctx;
    struct error error = {0};
    const char *scheme;
    struct str name = name_of(discovery, &scheme);
    AUTO_BUF base;
    buf_init(&base, MATRIX_TOKEN_URL_BYTES);
    discovery->call = NULL;
    if (answer->status == 404) {
        buf_add_format(&base, "%s%.*s", scheme, STR_ARG(name));
        if (!base.failed && matrix_url_take(buf_str(&base), discovery->base)) {
            go_on(discovery, answer);
            return;
        }
    }
    if (answer->result == 0 &&
        matrix_well_known_read(answer->json, scheme[0] == 'm', discovery->base) == 0) {
        go_on(discovery, answer);
        return;
    }
    if (answer->result == -EAGAIN) {
        error_set(&error, -EAGAIN,
                  "%.*s does not answer (%.*s). If the homeserver is elsewhere, give its address "
                  "in \"homeserver\", such as \"https://matrix.example.org\".",
                  STR_ARG(name), STR_ARG(answer->error));
        end(discovery, -EAGAIN, answer, &error);
        return;
    }
    error_set(&error, -EBADMSG,
              "%.*s/.well-known/matrix/client does not say where the homeserver is. Give its "
              "address in \"homeserver\", such as \"https://matrix.example.org\".",
              STR_ARG(name));
    end(discovery, -EBADMSG, answer, &error);
}

int matrix_discover(struct matrix_discovery *discovery, struct str known)
{
    struct str server = str_of(discovery->session->options.homeserver);
    const char *scheme;
    bool is_address = str_starts(server, STR("https://")) || str_starts(server, STR("http://")) ||
                      str_starts(server, STR("memory://"));
    if (is_address || known.len > 0) {
        if (!matrix_url_take(is_address ? server : known, discovery->base))
            return -E2BIG;
        return ask_versions(discovery);
    }
    AUTO_BUF url;
    buf_init(&url, URL_BYTES);
    struct str name = name_of(discovery, &scheme);
    buf_add_format(&url, "%s%.*s/.well-known/matrix/client", scheme, STR_ARG(name));
    return url.failed ? url.failed : ask(discovery, buf_str(&url), WELL_KNOWN_BYTES, on_well_known);
}

void matrix_discovery_done(struct matrix_discovery *discovery)
{
    matrix_cancel(TAKE(discovery->call));
    json_decref(discovery->versions);
    discovery->versions = NULL;
}
