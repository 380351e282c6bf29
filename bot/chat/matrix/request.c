/* SPDX-License-Identifier: MIT */
/* request.c: one request at a time is turned into HTTP, and its answer into what a caller can act
 * upon. */
#include "chat/matrix/request.h"

#include <errno.h>

#include "base/ascii.h"
#include "base/die.h"
#include "base/memory.h"
#include "chat/matrix/account.h"
#include "chat/matrix/repair.h"
#include "net/backoff.h"
#include "net/http.h"

enum {
    CALLS_MAX = 256,
    TRIES_MAX = 3, /* with a new token each: then the caller hears of it */
    PATH_BYTES = 16 * 1024,
    HEADER_BYTES = 8 * 1024,
    FIRST_RETRY_MS = 1000,
    LONGEST_RETRY_MS = 60 * 1000,
    LONGEST_SERVER_RETRY_MS = 24 * 3600 * 1000,
};

/* How a call ends that no server answered. */
struct verdict {
    int result;
    const char *error;
};

struct matrix_call {
    struct matrix_call *next, *previous; /* all calls, in the order in which they were asked */
    struct matrix_requests *requests;
    struct http_call *http; /* NULL: it waits for the account, or to be told `done` */
    matrix_done_fn done;
    void *ctx;
    char *method, *path, *body, *content_type;
    char *bearer; /* NULL: the account's, or none */
    size_t body_bytes;
    int64_t timeout_ms;
    size_t max_bytes;
    int (*bytes)(void *ctx, struct str bytes);
    unsigned tries;
    uint64_t token_epoch; /* of the token that it was sent with */
    bool is_long, without_token, streamed;
    bool is_over;           /* `done` is being told, or was */
    struct verdict verdict; /* to be told from the loop; result 0: none */
};
struct matrix_requests {
    struct matrix_session *session;
    struct matrix_call *first, *last;
    size_t count;
    uint64_t token_epoch; /* counts tokens */
    bool goes, refuses;
    struct loop_call deferred;
};

/* ---- calls ----------------------------------------------------------------------------------- */

static void call_free(struct matrix_call *call)
{
    struct matrix_requests *requests = call->requests;
    http_cancel(call->http);
    if (call->previous)
        call->previous->next = call->next;
    else
        requests->first = call->next;
    if (call->next)
        call->next->previous = call->previous;
    else
        requests->last = call->previous;
    requests->count--;
    mem_free(call->method);
    mem_free(call->path);
    if (call->body)
        mem_wipe(call->body, call->body_bytes); /* a login's holds a password */
    mem_free(call->body);
    mem_free(call->content_type);
    if (call->bearer)
        mem_wipe(call->bearer, strlen(call->bearer));
    mem_free(call->bearer);
    mem_free(call);
}

static void call_done(struct matrix_call *call, const struct matrix_answer *answer)
{
    matrix_done_fn done = call->done;
    void *ctx = call->ctx;
    call->is_over = true;
    call_free(call); /* before: the caller may ask anew, or end the session */
    done(ctx, answer);
}

/* Never from inside matrix_request: callers may then forget that they were told already. */
static void call_done_soon(struct matrix_call *call, int result, const char *error)
{
    call->verdict = (struct verdict){result, error};
    loop_defer(call->requests->session->env.loop, &call->requests->deferred);
}

/* ---- what an answer means -------------------------------------------------------------------- */

static int result_of_status(unsigned status, struct str errcode)
{
    if (status >= 200 && status < 300)
        return 0;
    /* Somebody may unlock the account again: what is to be said waits for it. */
    if (str_eq_c(errcode, "M_USER_LOCKED") || str_eq_c(errcode, "M_USER_SUSPENDED"))
        return -EAGAIN;
    if (status == 429 || status >= 500 || str_eq_c(errcode, "M_LIMIT_EXCEEDED"))
        return -EAGAIN;
    if (status == 401 || status == 403)
        return -EACCES;
    if (status == 404)
        return -ENOENT;
    if (status == 413 || str_eq_c(errcode, "M_TOO_LARGE"))
        return -E2BIG;
    if (status == 408) /* Request Timeout: nothing was done about it */
        return -EAGAIN;
    return -EINVAL;
}

/* What broke on the way: nothing of it is the request's fault but the size of its answer. */
static int result_of_error(int result)
{
    if (result == -EMSGSIZE || result == -ENOMEM || result == -ECANCELED)
        return result;
    return -EAGAIN;
}

static struct str text_member(const json_t *json, const char *name)
{
    const json_t *value = json_object_get(json, name);
    if (!json_is_string(value))
        return (struct str){0};
    return (struct str){json_string_value(value), json_string_length(value)};
}

/* Retry-After stands first; the body's retry_after_ms is deprecated since v1.10. */
static int64_t retry_of(const struct http_answer *http, const json_t *json)
{
    if (http->retry_after_ms >= 0)
        return http->retry_after_ms;
    const json_t *value = json_object_get(json, "retry_after_ms");
    if (!json_is_number(value))
        return -1;
    double ms = json_number_value(value);
    return ms >= 0 && ms <= (double)LONGEST_SERVER_RETRY_MS ? (int64_t)ms : -1;
}

static const char *sentence_of(int result)
{
    switch (result) {
    case -EAGAIN:
        return "the homeserver asks to wait, or has trouble of its own";
    case -EACCES:
        return "the homeserver refuses it";
    case -ENOENT:
        return "the homeserver knows no such thing";
    case -E2BIG:
        return "the homeserver says that it is too large";
    case -EBADMSG:
        return "the homeserver's answer is no JSON";
    case -ENOMEM:
        return "there is no memory for the homeserver's answer";
    default:
        return "the homeserver does not accept it";
    }
}

static void account_hears(struct matrix_session *session, struct str errcode)
{
    static const char *const codes[] = {"M_USER_LOCKED", "M_USER_SUSPENDED", "M_USER_DEACTIVATED"};
    for (size_t i = 0; i < COUNT_OF(codes); i++)
        if (session->account && str_eq_c(errcode, codes[i]))
            matrix_account_refused(session->account, errcode);
}

/* M_USER_LOCKED is a 401 with soft_logout too: the token is good, and must not be thrown away. */
static bool is_token_dead(const struct matrix_call *call, const struct http_answer *http,
                          struct str errcode)
{
    if (call->without_token)
        return false;
    if (str_eq_c(errcode, "M_UNKNOWN_DEVICE")) /* somebody removed it: it is made anew */
        return matrix_account_is_service(call->requests->session->account);
    return http->status == 401 &&
           (str_eq_c(errcode, "M_UNKNOWN_TOKEN") || str_eq_c(errcode, "M_MISSING_TOKEN"));
}

static int call_send(struct matrix_call *call);

/* True: it waits for another token, and is not over. */
static bool try_with_another_token(struct matrix_call *call, const json_t *json)
{
    struct matrix_requests *requests = call->requests;
    if (call->tries >= TRIES_MAX || requests->refuses || call->streamed)
        return false;
    if (call->token_epoch == requests->token_epoch) /* nobody renewed it since */
        matrix_account_unknown_token(requests->session->account,
                                     json_is_true(json_object_get(json, "soft_logout")));
    if (requests->refuses)
        return false;
    if (!requests->goes || call->http) /* sent again when it goes, or has been */
        return true;
    return call_send(call) == 0;
}

static void on_answer(void *ctx, const struct http_answer *http)
{
    struct matrix_call *call = ctx;
    struct matrix_session *session = call->requests->session;
    DIE_AT(DIE_RESPONSE_UNREAD);
    call->http = NULL;
    struct matrix_answer answer = {
        .result = http->result, .status = http->status, .retry_after_ms = -1, .error = http->error};
    json_t *json = NULL;
    unsigned long shortages = mem_shortages();
    if (http->result == 0) {
        bool is_good = http->status >= 200 && http->status < 300;
        json = json_loadb(http->body.ptr ? http->body.ptr : "", http->body.len, JSON_ALLOW_NUL,
                          NULL);
        if (is_good && !json && !call->bytes) /* one member's odd event must not cost a room */
            json = matrix_repair_json(http->body);
        answer.json = json;
        answer.body = http->body;
        answer.errcode = is_good ? (struct str){0} : text_member(json, "errcode");
        answer.result = result_of_status(http->status, answer.errcode);
        answer.retry_after_ms = retry_of(http, json);
        if (is_good && !json && !call->bytes)
            answer.result = mem_shortages() != shortages ? -ENOMEM : -EBADMSG;
        if (answer.result < 0)
            answer.error = str_of(sentence_of(answer.result));
    } else {
        answer.result = result_of_error(http->result);
    }
    if (is_token_dead(call, http, answer.errcode) && try_with_another_token(call, json)) {
        json_decref(json);
        return;
    }
    account_hears(session, answer.errcode);
    if (answer.result == 0 && session->account && strcmp(call->method, "PUT") == 0)
        matrix_account_spoke(session->account);
    call_done(call, &answer); /* may end the session: nothing of it is touched behind */
    json_decref(json);
}

static int on_bytes(void *ctx, struct str bytes)
{
    struct matrix_call *call = ctx;
    call->streamed = true;
    return call->bytes(call->ctx, bytes);
}

/* ---- sending --------------------------------------------------------------------------------- */

static int add_headers(struct matrix_call *call, struct buf *bearer, struct buf *type,
                       struct str *headers)
{
    size_t count = 0;
    struct matrix_account *account = call->requests->session->account;
    if (!call->without_token || call->bearer) {
        /* never in the query: it would lie in the logs of proxies */
        struct str token = call->bearer ? str_of(call->bearer) : matrix_account_token(account);
        buf_add_format(bearer, "Authorization: Bearer %.*s", STR_ARG(token));
        headers[count++] = buf_str(bearer);
    }
    if (call->body) {
        buf_add_format(type, "Content-Type: %s", call->content_type);
        headers[count++] = buf_str(type);
    }
    return bearer->failed || type->failed ? -ENOMEM : (int)count;
}

static int call_send(struct matrix_call *call)
{
    struct matrix_session *session = call->requests->session;
    struct str headers[2];
    AUTO_BUF url;
    AUTO_BUF bearer;
    AUTO_BUF type;
    buf_init(&url, PATH_BYTES);
    buf_init(&bearer, HEADER_BYTES);
    buf_init(&type, HEADER_BYTES);
    int count = add_headers(call, &bearer, &type, headers);
    if (!str_starts(str_of(call->path), STR("http")) &&
        !str_starts(str_of(call->path), STR("memory:")))
        buf_add(&url, matrix_account_base(session->account));
    buf_add(&url, str_of(call->path));
    if (!call->without_token)
        matrix_account_add_identity(session->account, &url);
    if (count < 0 || url.failed)
        return -ENOMEM;
    struct http_request request = {
        .method = str_of(call->method),
        .url = buf_str(&url),
        .headers = headers,
        .header_count = (size_t)count,
        .body = call->body ? (struct str){call->body, call->body_bytes} : (struct str){0},
        .timeout_ms = call->timeout_ms,
        .max_bytes = call->max_bytes,
        /* discovery alone: nothing secret goes where we are sent */
        .redirects = call->without_token && !call->bearer && !call->body,
        .ca_file = str_of(session->options.ca_file ? session->options.ca_file : ""),
        .bytes = call->bytes ? on_bytes : NULL,
        .is_long = call->is_long,
    };
    call->tries++;
    call->token_epoch = call->requests->token_epoch;
    int r = http_start(session->env.net, &request, on_answer, call, &call->http);
    buf_wipe(&bearer);
    return r;
}

/* What cannot be begun for want of room or memory is "not now" to its caller. */
static void send_or_fail(struct matrix_call *call)
{
    int r = call_send(call);
    if (r < 0)
        call_done_soon(call, r == -EINVAL ? -EINVAL : -EAGAIN,
                       r == -EINVAL ? "it is no request that can be sent" : "no room for it now");
}

static void tell_verdicts(struct loop_call *deferred)
{
    struct matrix_requests *requests = CONTAINER_OF(deferred, struct matrix_requests, deferred);
    for (struct matrix_call *call = requests->first; call; call = call->next) {
        if (call->verdict.result == 0)
            continue;
        struct matrix_answer answer = {.result = call->verdict.result,
                                       .retry_after_ms = -1,
                                       .error = str_of(call->verdict.error)};
        loop_defer(requests->session->env.loop, &requests->deferred); /* for those behind it */
        call_done(call, &answer);
        return; /* the list may be another one now */
    }
}

static int copy(struct matrix_call *call, const struct matrix_request *request)
{
    bool has_body = request->body.len > 0 ||
                    (strcmp(request->method, "GET") != 0 && !request->is_bare);
    struct str body = request->body.len > 0 ? request->body : STR("{}");
    struct str type = request->content_type.len > 0 ? request->content_type
                                                    : STR("application/json");
    call->method = str_copy(str_of(request->method));
    call->path = str_copy(request->path);
    call->content_type = str_copy(type);
    if (has_body) {
        call->body = str_copy(body);
        call->body_bytes = body.len;
    }
    if (request->bearer.len > 0)
        call->bearer = str_copy(request->bearer);
    bool whole = call->method && call->path && call->content_type && (!has_body || call->body) &&
                 (request->bearer.len == 0 || call->bearer);
    return whole ? 0 : -ENOMEM;
}

static void append(struct matrix_requests *requests, struct matrix_call *call)
{
    call->previous = requests->last;
    if (requests->last)
        requests->last->next = call;
    else
        requests->first = call;
    requests->last = call;
    requests->count++;
}

int matrix_request(struct matrix_session *session, const struct matrix_request *request,
                   matrix_done_fn done, void *ctx, struct matrix_call **ret_call)
{
    struct matrix_requests *requests = session->requests;
    if (requests->count >= CALLS_MAX)
        return -ENOBUFS;
    struct matrix_call *call = mem_zalloc(sizeof *call);
    if (!call)
        return -ENOMEM;
    *call = (struct matrix_call){.requests = requests,
                                 .done = done,
                                 .ctx = ctx,
                                 .timeout_ms = request->timeout_ms,
                                 .max_bytes = request->max_bytes,
                                 .bytes = request->bytes,
                                 .is_long = request->is_long,
                                 .without_token = request->without_token};
    append(requests, call);
    if (copy(call, request) < 0) {
        call_free(call);
        return -ENOMEM;
    }
    *ret_call = call;
    if (requests->refuses && !call->without_token)
        call_done_soon(call, -EACCES, "the account is not logged in");
    else if (requests->goes || call->without_token)
        send_or_fail(call);
    return 0;
}

void matrix_cancel(struct matrix_call *call)
{
    if (call && !call->is_over)
        call_free(call);
}

/* ---- the account goes and comes -------------------------------------------------------------- */

void matrix_requests_go(struct matrix_session *session, bool go)
{
    struct matrix_requests *requests = session->requests;
    if (go && !requests->goes)
        requests->token_epoch++;
    requests->goes = go;
    if (!go)
        return;
    requests->refuses = false;
    for (struct matrix_call *call = requests->first; call; call = call->next)
        if (!call->http && !call->without_token && call->verdict.result == 0 && !call->is_over)
            send_or_fail(call);
}

void matrix_requests_refuse(struct matrix_session *session)
{
    struct matrix_requests *requests = session->requests;
    requests->goes = false;
    requests->refuses = true;
    for (struct matrix_call *call = requests->first; call; call = call->next)
        if (!call->http && !call->without_token && call->verdict.result == 0 && !call->is_over)
            call_done_soon(call, -EACCES, "the account is not logged in");
}

int matrix_requests_create(struct matrix_session *session, struct matrix_requests **ret_requests)
{
    struct matrix_requests *requests = mem_zalloc(sizeof *requests);
    if (!requests)
        return -ENOMEM;
    requests->session = session;
    requests->deferred = (struct loop_call){.run = tell_verdicts};
    *ret_requests = requests;
    return 0;
}

void matrix_requests_destroy(struct matrix_requests *requests)
{
    if (!requests)
        return;
    loop_undefer(requests->session->env.loop, &requests->deferred);
    while (requests->first)
        call_free(requests->first);
    mem_free(requests);
}

/* ---- small things ---------------------------------------------------------------------------- */

static void add_encoded(struct buf *out, struct str part)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < part.len; i++) {
        unsigned char byte = (unsigned char)part.ptr[i];
        bool is_plain = ascii_is_word(byte) || (byte && strchr("-._~", byte) != NULL);
        if (is_plain) {
            buf_add_byte(out, (char)byte);
            continue;
        }
        buf_add_byte(out, '%');
        buf_add_byte(out, digits[byte >> 4]);
        buf_add_byte(out, digits[byte & 15]);
    }
}

int matrix_path(struct buf *out, const char *pattern, const struct str *parts, size_t count)
{
    size_t used = 0;
    for (const char *p = pattern; *p; p++) {
        if (p[0] != '{' || p[1] != '}') {
            buf_add_byte(out, *p);
            continue;
        }
        if (used == count)
            return -EINVAL;
        add_encoded(out, parts[used++]);
        p++;
    }
    if (used != count)
        return -EINVAL;
    return out->failed;
}

int64_t matrix_retry_ms(struct matrix_session *session, const struct matrix_answer *answer,
                        unsigned failures)
{
    if (answer && answer->retry_after_ms >= 0)
        return MIN_OF(answer->retry_after_ms, (int64_t)LONGEST_SERVER_RETRY_MS);
    struct backoff backoff = {.first_ms = FIRST_RETRY_MS,
                              .longest_ms = LONGEST_RETRY_MS,
                              .tries = failures > 0 ? MIN_OF(failures - 1, 16u) : 0};
    return backoff_next_ms(&backoff, session->env.random);
}
