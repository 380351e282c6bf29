/* SPDX-License-Identifier: MIT */
/* fuzz_matrix_login.c: any JSON as a homeserver's or login server's word before we are in, and any
 * bytes as a stored login.  What is taken is whole: it ends in a NUL, is one line, and leads only
 * where it may. */
#include <assert.h>
#include <stdint.h>

#include "chat/matrix/discover.h"
#include "chat/matrix/login.h"
#include "chat/matrix/oauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_line(const char *text)
{
    for (; *text; text++)
        assert((unsigned char)*text > ' ' && (unsigned char)*text < 0x7f);
}

static void read_tokens(const json_t *json, struct matrix_tokens *tokens)
{
    if (matrix_tokens_take(json, 1000, tokens) == 0) {
        assert(tokens->access[0]);
        assert(tokens->expires_at == 0 || tokens->expires_at > 1000);
        is_line(tokens->access);
        is_line(tokens->refresh);
    }
    if (matrix_login_read(json, 1000, tokens) == 0)
        assert(tokens->user[0] == '@' && tokens->device[0]);
    if (matrix_whoami_read(json, tokens) == 0)
        (void)matrix_user_is(tokens->user, "mooring");
}

static void read_server(const json_t *json)
{
    char base[MATRIX_TOKEN_URL_BYTES], client[MATRIX_TOKEN_NAME_BYTES];
    struct matrix_oauth_server server;
    struct matrix_oauth_device device;
    if (matrix_well_known_read(json, false, base) == 0)
        assert(strncmp(base, "https://", 8) == 0 && base[strlen(base) - 1] != '/');
    if (matrix_oauth_server_read(json, false, &server) == 0)
        assert(strncmp(server.token, "https://", 8) == 0);
    if (matrix_oauth_device_read(json, &device) == 0)
        assert(device.code[0] && device.interval_ms >= 1000 && device.expires_ms >= 1000);
    (void)!matrix_oauth_client_read(json, client);
    (void)matrix_oauth_poll_read(json);
    (void)matrix_versions_will_do(json);
    (void)matrix_versions_have(json, "v1.16");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct matrix_tokens *tokens;
    if (!tokens)
        tokens = matrix_tokens_create();
    if (!tokens)
        return 0;
    memset(tokens, 0, sizeof *tokens);
    if (matrix_tokens_unpack(data, size, tokens) == 0)
        assert(strlen(tokens->access) < sizeof tokens->access);
    memset(tokens, 0, sizeof *tokens);
    json_t *json = json_loadb((const char *)data, size, JSON_ALLOW_NUL, NULL);
    if (json) {
        read_tokens(json, tokens);
        read_server(json);
    }
    json_decref(json);
    return 0;
}
