/* SPDX-License-Identifier: MIT */
/* homeserver_routes.c: which request does what; discovery and media. */
#include "homeserver_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void well_known(struct hs_request *request)
{
    const char *own = request->hs->knobs.well_known;
    if (own)
        hs_answer_bytes(request, 200, "application/json", str_of(own));
    else
        hs_answer(request, 200,
                  json_pack("{s:{s:s}}", "m.homeserver", "base_url", "memory://home"));
}

static void versions(struct hs_request *request)
{
    const struct hs_knobs *knobs = &request->hs->knobs;
    json_t *list = json_array(), *features = json_object();
    for (size_t i = 0; knobs->versions && knobs->versions[i]; i++)
        json_array_append_new(list, json_string(knobs->versions[i]));
    for (int minor = 1; !knobs->versions && minor <= 19; minor++) {
        char *version = hs_printf("v1.%d", minor);
        json_array_append_new(list, json_string(version));
        free(version);
    }
    for (size_t i = 0; knobs->features && knobs->features[i]; i++)
        json_object_set_new(features, knobs->features[i], json_true());
    hs_answer(request, 200,
              json_pack("{s:o, s:o}", "versions", list, "unstable_features", features));
}

static void auth_metadata(struct hs_request *request)
{
    if (request->hs->knobs.auth_metadata)
        hs_answer_bytes(request, 200, "application/json", str_of(request->hs->knobs.auth_metadata));
    else
        hs_error(request, 404, "M_UNRECOGNIZED");
}

static void capabilities(struct hs_request *request)
{
    hs_answer(request, 200,
              json_pack("{s:{s:{s:s}}}", "capabilities", "m.room_versions", "default",
                        request->hs->knobs.room_version));
}

static void nothing(struct hs_request *request)
{
    hs_answer(request, 200, json_object());
}

/* ---- media ----------------------------------------------------------------------------------- */

static void media_config(struct hs_request *request)
{
    hs_answer(request, 200,
              json_pack("{s:I}", "m.upload.size", (json_int_t)request->hs->knobs.upload_max));
}

static void upload(struct hs_request *request)
{
    struct homeserver *hs = request->hs;
    if (request->body.len > hs->knobs.upload_max) {
        hs_error(request, 413, "M_TOO_LARGE");
        return;
    }
    hs->media = hs_more(hs->media, &hs->media_room, hs->media_count, sizeof *hs->media);
    struct hs_media_item *item = &hs->media[hs->media_count++];
    *item = (struct hs_media_item){.len = request->body.len,
                                   .bytes = malloc(request->body.len + 1)};
    assert(item->bytes);
    memcpy(item->bytes, request->body.ptr, request->body.len);
    char *uri = hs_printf("mxc://%s/media%zu", hs->knobs.server_name, hs->media_count);
    hs_answer(request, 200, json_pack("{s:s}", "content_uri", uri));
    free(uri);
}

static void download(struct hs_request *request) /* parts: server, id, maybe a name */
{
    size_t number = 0;
    if (sscanf(request->parts[1], "media%zu", &number) != 1 || number == 0 ||
        number > request->hs->media_count) {
        hs_error(request, 404, "M_NOT_FOUND");
        return;
    }
    const struct hs_media_item *item = &request->hs->media[number - 1];
    hs_answer_bytes(request, 200, "application/octet-stream", (struct str){item->bytes, item->len});
}

size_t hs_media_count(struct homeserver *hs)
{
    return hs->media_count;
}

struct str hs_media(struct homeserver *hs, size_t index)
{
    return index < hs->media_count ? (struct str){hs->media[index].bytes, hs->media[index].len}
                                   : STR("");
}

size_t hs_typing_count(struct homeserver *hs)
{
    return hs->typing_count;
}

/* ---- routes ---------------------------------------------------------------------------------- */

struct route {
    const char *method, *path;
    bool is_open; /* without a token */
    void (*act)(struct hs_request *request);
};

#define CLIENT "/_matrix/client/v3"
#define ROOM   CLIENT "/rooms/{}"

static const struct route ROUTES[] = {
    {"GET", "/.well-known/matrix/client", true, well_known},
    {"GET", "/_matrix/client/versions", true, versions},
    {"GET", "/_matrix/client/v1/auth_metadata", true, auth_metadata},
    {"GET", "/_matrix/client/unstable/org.matrix.msc2965/auth_metadata", true, auth_metadata},
    {"GET", CLIENT "/login", true, hs_login_flows},
    {"POST", CLIENT "/login", true, hs_login},
    {"POST", CLIENT "/refresh", true, hs_refresh},
    {"POST", CLIENT "/logout", false, hs_logout},
    {"GET", CLIENT "/account/whoami", false, hs_whoami},
    {"GET", CLIENT "/capabilities", false, capabilities},
    {"GET", CLIENT "/pushrules/", false, nothing},
    {"PUT", CLIENT "/presence/{}/status", false, nothing},
    {"POST", CLIENT "/user/{}/filter", false, hs_post_filter},
    {"GET", CLIENT "/sync", false, hs_sync},
    {"PUT", CLIENT "/user/{}/account_data/{}", false, hs_put_account_data},
    {"GET", CLIENT "/user/{}/account_data/{}", false, hs_get_account_data},
    {"GET", CLIENT "/profile/{}", false, hs_get_profile},
    {"GET", CLIENT "/profile/{}/{}", false, hs_get_profile},
    {"PUT", CLIENT "/profile/{}/{}", false, hs_put_profile},
    {"POST", CLIENT "/createRoom", false, hs_create_room},
    {"POST", CLIENT "/join/{}", false, hs_post_join},
    {"GET", CLIENT "/joined_rooms", false, hs_get_joined_rooms},
    {"GET", CLIENT "/directory/room/{}", false, hs_get_alias},
    {"POST", ROOM "/join", false, hs_post_join},
    {"POST", ROOM "/leave", false, hs_post_leave},
    {"POST", ROOM "/forget", false, hs_post_forget},
    {"POST", ROOM "/upgrade", false, hs_post_upgrade},
    {"POST", ROOM "/read_markers", false, nothing},
    {"GET", ROOM "/messages", false, hs_get_messages},
    {"GET", ROOM "/state", false, hs_get_state},
    {"GET", ROOM "/state/{}", false, hs_get_state},
    {"GET", ROOM "/state/{}/", false, hs_get_state},
    {"GET", ROOM "/state/{}/{}", false, hs_get_state},
    {"PUT", ROOM "/state/{}", false, hs_put_state},
    {"PUT", ROOM "/state/{}/", false, hs_put_state},
    {"PUT", ROOM "/state/{}/{}", false, hs_put_state},
    {"PUT", ROOM "/send/{}/{}", false, hs_put_send},
    {"PUT", ROOM "/redact/{}/{}", false, hs_put_redact},
    {"PUT", ROOM "/typing/{}", false, hs_put_typing},
    {"POST", ROOM "/receipt/{}/{}", false, hs_post_receipt},
    {"GET", ROOM "/event/{}", false, hs_get_event},
    {"GET", ROOM "/{}", false, hs_get_members},  /* members, joined_members */
    {"POST", ROOM "/{}", false, hs_post_member}, /* invite, kick, ban, unban */
    {"GET", "/_matrix/client/v1/rooms/{}/hierarchy", false, hs_get_hierarchy},
    {"POST", "/_matrix/media/v3/upload", false, upload},
    {"GET", "/_matrix/client/v1/media/config", false, media_config},
    {"GET", "/_matrix/client/v1/media/download/{}/{}", false, download},
    {"GET", "/_matrix/client/v1/media/download/{}/{}/{}", false, download},
};

static char *decoded(struct str text)
{
    char *out = malloc(text.len + 1), *at = out;
    assert(out);
    for (size_t i = 0; i < text.len; i++) {
        unsigned byte;
        char digits[3] = {0};
        if (text.ptr[i] == '%' && i + 2 < text.len) {
            memcpy(digits, text.ptr + i + 1, 2);
            if (sscanf(digits, "%2x", &byte) == 1) {
                *at++ = (char)byte;
                i += 2;
                continue;
            }
        }
        *at++ = text.ptr[i];
    }
    *at = '\0';
    return out;
}

static bool matches(struct str pattern, struct str path, struct str *parts, size_t *ret_count)
{
    struct str wanted, piece;
    size_t count = 0;
    while (pattern.ptr && path.ptr) {
        str_split(&pattern, '/', &wanted);
        str_split(&path, '/', &piece);
        if (str_eq_c(wanted, "{}")) {
            if (str_empty(piece) || count == HS_PARTS)
                return false;
            parts[count++] = piece;
        } else if (!str_eq(wanted, piece)) {
            return false;
        }
    }
    *ret_count = count;
    return !pattern.ptr && !path.ptr;
}

void hs_route(struct hs_request *request)
{
    struct str path = str_of(request->target), parts[HS_PARTS];
    path = str_upto(path, str_find(path, STR("?"), 0));
    for (size_t i = 0; i < COUNT_OF(ROUTES); i++) {
        const struct route *route = &ROUTES[i];
        size_t count;
        if (strcmp(route->method, request->method) != 0 ||
            !matches(str_of(route->path), path, parts, &count))
            continue;
        if (!route->is_open && !request->device) {
            hs_error(request, 401, "M_MISSING_TOKEN");
            return;
        }
        for (size_t k = 0; k < count; k++)
            request->parts[k] = decoded(parts[k]);
        route->act(request);
        return;
    }
    hs_error(request, 404, "M_UNRECOGNIZED");
}
