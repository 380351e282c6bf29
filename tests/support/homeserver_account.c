/* SPDX-License-Identifier: MIT */
/* homeserver_account.c: accounts, devices and their tokens, what is kept for an account. */
#include "homeserver_internal.h"

#include <assert.h>
#include <stdlib.h>

struct hs_account *hs_find_account(struct homeserver *hs, const char *user)
{
    for (size_t i = 0; i < hs->account_count; i++)
        if (strcmp(hs->accounts[i]->user, user) == 0)
            return hs->accounts[i];
    return NULL;
}

void hs_account(struct homeserver *hs, const char *user, const char *password)
{
    struct hs_account *account = hs_find_account(hs, user);
    if (!account) {
        account = calloc(1, sizeof *account);
        assert(account);
        hs->accounts = hs_more(hs->accounts, &hs->account_room, hs->account_count, sizeof account);
        hs->accounts[hs->account_count++] = account;
        account->user = hs_printf("%s", user);
        account->data = json_object();
        account->profile = json_object();
        account->filters = json_array();
    }
    free(account->password);
    account->password = password ? hs_printf("%s", password) : NULL;
}

static struct hs_device *add_device(struct homeserver *hs, const char *user, const char *id)
{
    for (size_t i = 0; id && i < hs->device_count; i++)
        if (strcmp(hs->devices[i]->user, user) == 0 && strcmp(hs->devices[i]->id, id) == 0)
            return hs->devices[i];
    struct hs_device *device = calloc(1, sizeof *device);
    assert(device);
    hs->devices = hs_more(hs->devices, &hs->device_room, hs->device_count, sizeof device);
    hs->devices[hs->device_count++] = device;
    device->user = hs_printf("%s", user);
    device->id = id ? hs_printf("%s", id) : hs_printf("DEVICE%u", ++hs->next_id);
    return device;
}

static void set_tokens(struct homeserver *hs, struct hs_device *device, bool refreshable)
{
    free(device->access);
    device->access = hs_printf("access-%u", ++hs->next_id);
    device->dead = device->soft = false;
    device->expires_at = refreshable && hs->knobs.token_life_ms
                             ? hs_now(hs) + hs->knobs.token_life_ms
                             : 0;
    free(device->previous_refresh);
    device->previous_refresh = device->refresh;
    device->refresh = refreshable ? hs_printf("refresh-%u", ++hs->next_id) : NULL;
}

const char *hs_token(struct homeserver *hs, const char *user, const char *device_id)
{
    if (!hs_find_account(hs, user))
        hs_account(hs, user, NULL);
    struct hs_device *device = add_device(hs, user, device_id);
    set_tokens(hs, device, false);
    return device->access;
}

void hs_expire(struct homeserver *hs, const char *user, bool soft)
{
    for (size_t i = 0; i < hs->device_count; i++) {
        struct hs_device *device = hs->devices[i];
        if (strcmp(device->user, user) != 0)
            continue;
        device->dead = true;
        device->soft = soft;
        if (!soft) {
            free(TAKE(device->refresh));
            free(TAKE(device->previous_refresh));
        }
    }
    /* who waits for /sync with that token is told at once, as homeservers do */
    struct hs_request *next;
    for (struct hs_request *request = hs->requests; request; request = next) {
        next = request->next;
        if (request->polls && strcmp(request->account->user, user) == 0)
            hs_answer(request, 401,
                      json_pack("{s:s, s:s, s:b}", "errcode", "M_UNKNOWN_TOKEN", "error",
                                "scripted", "soft_logout", soft));
    }
}

void hs_trouble(struct homeserver *hs, const char *user, const char *errcode)
{
    struct hs_account *account = hs_find_account(hs, user);
    assert(account);
    account->trouble = errcode;
}

size_t hs_device_count(struct homeserver *hs, const char *user)
{
    size_t count = 0;
    for (size_t i = 0; i < hs->device_count; i++)
        count += strcmp(hs->devices[i]->user, user) == 0;
    return count;
}

static bool refuse_token(struct hs_request *request, const char *errcode, bool soft)
{
    hs_answer(
        request, 401,
        json_pack("{s:s, s:s, s:b}", "errcode", errcode, "error", "scripted", "soft_logout", soft));
    return false;
}

bool hs_authorize(struct hs_request *request, struct str token)
{
    struct homeserver *hs = request->hs;
    struct hs_device *device = NULL;
    if (str_empty(token))
        return true;
    for (size_t i = 0; i < hs->device_count && !device; i++)
        if (hs->devices[i]->access && str_eq_c(token, hs->devices[i]->access))
            device = hs->devices[i];
    if (!device)
        return refuse_token(request, "M_UNKNOWN_TOKEN", false);
    if (request->has_fault && request->fault.kind == HS_EXPIRE)
        device->dead = device->soft = true;
    if (device->dead)
        return refuse_token(request, "M_UNKNOWN_TOKEN", device->soft);
    if (device->expires_at && hs_now(hs) >= device->expires_at)
        return refuse_token(request, "M_UNKNOWN_TOKEN", true);
    free(TAKE(device->previous_refresh)); /* the new token was used: the old pair is over */
    request->device = device;
    request->account = hs_find_account(hs, device->user);
    const char *trouble = request->account->trouble;
    if (trouble && strcmp(trouble, "M_USER_LOCKED") == 0)
        return refuse_token(request, trouble, true);
    if (trouble && strcmp(trouble, "M_USER_DEACTIVATED") == 0)
        return refuse_token(request, "M_UNKNOWN_TOKEN", false);
    if (trouble && strcmp(trouble, "M_USER_SUSPENDED") == 0 &&
        strcmp(request->method, "GET") != 0 && !strstr(request->target, "/leave") &&
        !strstr(request->target, "/receipt") && !strstr(request->target, "/filter")) {
        hs_error(request, 403, trouble);
        return false;
    }
    return true;
}

/* ---- log in, refresh ------------------------------------------------------------------------- */

void hs_login_flows(struct hs_request *request)
{
    json_t *flows = json_array();
    if (!request->hs->knobs.no_password)
        json_array_append_new(flows, json_pack("{s:s}", "type", "m.login.password"));
    json_array_append_new(flows, json_pack("{s:s}", "type", "m.login.application_service"));
    hs_answer(request, 200, json_pack("{s:o}", "flows", flows));
}

static json_t *tokens_json(struct homeserver *hs, const struct hs_device *device)
{
    json_t *json = json_pack("{s:s}", "access_token", device->access);
    if (device->refresh)
        json_object_set_new(json, "refresh_token", json_string(device->refresh));
    if (device->expires_at)
        json_object_set_new(json, "expires_in_ms", json_integer(hs->knobs.token_life_ms));
    return json;
}

void hs_login(struct hs_request *request)
{
    struct homeserver *hs = request->hs;
    const char *name = hs_text(json_object_get(request->json, "identifier"), "user");
    if (strcmp(hs_text(request->json, "type"), "m.login.password") != 0 || hs->knobs.no_password) {
        hs_error(request, 400, "M_UNKNOWN");
        return;
    }
    char *user = name[0] == '@' ? hs_printf("%s", name)
                                : hs_printf("@%s:%s", name, hs->knobs.server_name);
    struct hs_account *account = hs_find_account(hs, user);
    free(user);
    if (!account || !account->password ||
        strcmp(hs_text(request->json, "password"), account->password) != 0) {
        hs_error(request, 403, "M_FORBIDDEN");
        return;
    }
    if (account->trouble && strcmp(account->trouble, "M_USER_DEACTIVATED") == 0) {
        hs_error(request, 403, account->trouble);
        return;
    }
    const char *device_id = json_string_value(json_object_get(request->json, "device_id"));
    struct hs_device *device = add_device(hs, account->user, device_id);
    set_tokens(hs, device, json_is_true(json_object_get(request->json, "refresh_token")));
    json_t *json = tokens_json(hs, device);
    json_object_set_new(json, "user_id", json_string(account->user));
    json_object_set_new(json, "device_id", json_string(device->id));
    if (hs->knobs.well_known)
        json_object_set_new(json, "well_known", json_loads(hs->knobs.well_known, 0, NULL));
    hs_answer(request, 200, json);
}

void hs_refresh(struct hs_request *request)
{
    struct homeserver *hs = request->hs;
    const char *token = hs_text(request->json, "refresh_token");
    for (size_t i = 0; i < hs->device_count; i++) {
        struct hs_device *device = hs->devices[i];
        bool current = device->refresh && strcmp(device->refresh, token) == 0;
        bool previous = device->previous_refresh && strcmp(device->previous_refresh, token) == 0;
        if (!current && !previous)
            continue;
        if (previous) { /* the answer was lost: the pair that nobody got is over */
            free(device->refresh);
            device->refresh = TAKE(device->previous_refresh);
        }
        set_tokens(hs, device, true);
        hs_answer(request, 200, tokens_json(hs, device));
        return;
    }
    refuse_token(request, "M_UNKNOWN_TOKEN", false);
}

void hs_logout(struct hs_request *request)
{
    request->device->dead = true;
    free(TAKE(request->device->refresh));
    hs_answer(request, 200, json_object());
}

void hs_whoami(struct hs_request *request)
{
    hs_answer(request, 200,
              json_pack("{s:s, s:s, s:b}", "user_id", request->device->user, "device_id",
                        request->device->id, "is_guest", 0));
}

/* ---- what is kept for an account ------------------------------------------------------------- */

static void set_data(struct homeserver *hs, struct hs_account *account, const char *type,
                     json_t *content)
{
    json_object_set_new(
        account->data, type,
        json_pack("{s:o, s:I}", "content", content, "position", (json_int_t)++hs->position));
    hs_changed(hs);
}

void hs_account_data(struct homeserver *hs, const char *user, const char *type, const char *content)
{
    json_t *json = json_loads(content, JSON_ALLOW_NUL, NULL);
    assert(json);
    set_data(hs, hs_find_account(hs, user), type, json);
}

json_t *hs_data_of(struct homeserver *hs, const char *user, const char *type)
{
    return json_object_get(json_object_get(hs_find_account(hs, user)->data, type), "content");
}

/* parts: user, type */
static bool is_own(struct hs_request *request)
{
    if (strcmp(request->parts[0], request->account->user) == 0)
        return true;
    hs_error(request, 403, "M_FORBIDDEN");
    return false;
}

void hs_put_account_data(struct hs_request *request)
{
    if (!is_own(request))
        return;
    if (!json_is_object(request->json)) {
        hs_error(request, 400, "M_BAD_JSON");
        return;
    }
    set_data(request->hs, request->account, request->parts[1], json_incref(request->json));
    hs_answer(request, 200, json_object());
}

void hs_get_account_data(struct hs_request *request)
{
    if (!is_own(request))
        return;
    json_t *content = hs_data_of(request->hs, request->account->user, request->parts[1]);
    if (content)
        hs_answer(request, 200, json_incref(content));
    else
        hs_error(request, 404, "M_NOT_FOUND");
}

void hs_profile(struct homeserver *hs, const char *user, const char *field, const char *value)
{
    if (!hs_find_account(hs, user))
        hs_account(hs, user, NULL);
    json_t *profile = hs_find_account(hs, user)->profile;
    if (value)
        json_object_set_new(profile, field, json_string(value));
    else
        json_object_del(profile, field);
}

/* parts: user, maybe field */
void hs_get_profile(struct hs_request *request)
{
    const struct hs_account *account = hs_find_account(request->hs, request->parts[0]);
    const char *field = request->parts[1];
    json_t *value = account && field ? json_object_get(account->profile, field) : NULL;
    if (!account || (field && !value))
        hs_error(request, 404, "M_NOT_FOUND");
    else if (field)
        hs_answer(request, 200, json_pack("{s:O}", field, value));
    else
        hs_answer(request, 200, json_incref(account->profile));
}

void hs_put_profile(struct hs_request *request)
{
    if (!is_own(request))
        return;
    json_object_set(request->account->profile, request->parts[1],
                    json_object_get(request->json, request->parts[1]));
    hs_answer(request, 200, json_object());
}

void hs_post_filter(struct hs_request *request)
{
    if (!is_own(request))
        return;
    if (!json_is_object(request->json)) {
        hs_error(request, 400, "M_BAD_JSON");
        return;
    }
    json_array_append(request->account->filters, request->json);
    char *id = hs_printf("%zu", json_array_size(request->account->filters) - 1);
    hs_answer(request, 200, json_pack("{s:s}", "filter_id", id));
    free(id);
}

void hs_accounts_free(struct homeserver *hs)
{
    for (size_t i = 0; i < hs->account_count; i++) {
        struct hs_account *account = hs->accounts[i];
        free(account->user);
        free(account->password);
        json_decref(account->data);
        json_decref(account->profile);
        json_decref(account->filters);
        free(account);
    }
    for (size_t i = 0; i < hs->device_count; i++) {
        struct hs_device *device = hs->devices[i];
        free(device->user);
        free(device->id);
        free(device->access);
        free(device->refresh);
        free(device->previous_refresh);
        free(device);
    }
    free(hs->accounts);
    free(hs->devices);
}
