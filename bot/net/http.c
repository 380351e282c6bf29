/* SPDX-License-Identifier: MIT */
/* http.c: the life of a request. */
#include "net/http.h"

#include <errno.h>

#include "net/explain.h"
#include "net/http_request.h"
#include "net/internal.h"

enum {
    CALL_LIMIT = 256,
    DEFAULT_TIMEOUT_MS = 30000,
    DEFAULT_BYTES = 1024 * 1024,
    HEADER_BYTES = 2048, /* longest header value handed on */
    PLACE_BYTES = 300,
};

struct http_call {
    struct net_member member;
    struct net *net;
    struct multi_transfer transfer;
    http_done_fn done;
    void *ctx;
    struct curl_slist *headers;
    char *body; /* of the request */
    size_t body_len;
    struct buf answer;
    char place[PLACE_BYTES];
    char detail[CURL_ERROR_SIZE];
    bool finishing; /* `done` runs, and will be followed by our end */
};

static void free_call(struct http_call *call)
{
    net_delist(&call->member);
    curl_easy_cleanup(call->transfer.easy);
    http_request_free_headers(call->headers);
    if (call->body)
        mem_wipe(call->body, call->body_len);
    mem_free(call->body);
    buf_wipe(&call->answer); /* a login's answer is a token */
    mem_free(call);
}

/* ---- the answer ------------------------------------------------------------------------------ */

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http_call *call = ctx;
    buf_add(&call->answer, (struct str){bytes, size * count});
    return call->answer.failed ? 0 : size * count;
}

/* The last response's header; earlier ones were redirects. */
static struct str header_of(struct http_call *call, const char *name)
{
    struct curl_header *header = NULL;
    if (curl_easy_header(call->transfer.easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
        return STR("");
    struct str value = str_of(header->value);
    return value.len <= HEADER_BYTES ? value : STR("");
}

static void fill_answer(struct http_call *call, struct http_answer *answer)
{
    struct str retry_after = header_of(call, "Retry-After");
    answer->body = buf_str(&call->answer);
    answer->etag = header_of(call, "ETag");
    answer->content_type = header_of(call, "Content-Type");
    answer->location = header_of(call, "Location");
    if (!str_empty(retry_after))
        answer->retry_after_ms = http_request_retry_after_ms(
            retry_after, clock_wall_at(loop_clock(call->net->loop)));
}

static void on_finished(struct multi_transfer *transfer, CURLcode code)
{
    struct http_call *call = CONTAINER_OF(transfer, struct http_call, transfer);
    struct http_answer answer = {.retry_after_ms = -1};
    struct error error = {0};
    long status = 0;
    if (code == CURLE_WRITE_ERROR && call->answer.failed == -ENOMEM)
        code = CURLE_OUT_OF_MEMORY;
    if (code != CURLE_OK) {
        answer.result = explain_curl(&error, code, transfer->easy, str_of(call->place),
                                     call->detail);
        answer.error = str_of(error.text);
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = status > 0 ? (unsigned)status : 0;
    if (code == CURLE_OK)
        fill_answer(call, &answer);
    call->finishing = true;
    multi_remove(call->net->multi, transfer); /* the headers stay with the easy handle */
    call->net->call_count--;
    call->done(call->ctx, &answer);
    free_call(call);
}

/* ---- the request ----------------------------------------------------------------------------- */

static CURLcode set_common(struct http_call *call, const struct http_request *request,
                           long max_bytes)
{
    CURL *easy = call->transfer.easy;
    long timeout_ms = (long)(request->timeout_ms > 0 ? request->timeout_ms : DEFAULT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* a stuck lookup must not hold the loop when we give up */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->detail);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* all that curl unpacks */
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    return bad ? bad : curl_easy_setopt(easy, CURLOPT_USERAGENT, "mooring/" MOORING_VERSION);
}

static int prepare(struct http_call *call, const struct http_request *request)
{
    size_t max_bytes = request->max_bytes ? request->max_bytes : (size_t)DEFAULT_BYTES;
    int r = http_request_check_url(request->url, call->place, sizeof call->place);
    if (r < 0)
        return r;
    buf_init(&call->answer, max_bytes);
    call->body_len = request->body.len;
    call->body = str_copy(request->body);
    call->transfer.easy = curl_easy_init();
    if (!call->body || !call->transfer.easy ||
        set_common(call, request, (long)max_bytes) != CURLE_OK)
        return -ENOMEM;
    r = http_request_apply(call->transfer.easy, request, (struct str){call->body, call->body_len},
                           &call->headers);
    if (r < 0)
        return r;
    return multi_add(call->net->multi, &call->transfer);
}

static void drop(struct net_member *member)
{
    http_cancel(CONTAINER_OF(member, struct http_call, member));
}

int http_start(struct net *net, const struct http_request *request, http_done_fn done, void *ctx,
               struct http_call **ret_call)
{
    if (net->call_count >= CALL_LIMIT)
        return -EAGAIN;
    struct http_call *call = mem_zalloc(sizeof *call);
    if (!call)
        return -ENOMEM;
    *call = (struct http_call){.net = net, .done = done, .ctx = ctx, .member = {.drop = drop}};
    call->transfer.finished = on_finished;
    int r = prepare(call, request);
    if (r < 0) {
        free_call(call);
        return r;
    }
    net->call_count++;
    net_enlist(&net->clients, &call->member);
    *ret_call = call;
    return 0;
}

void http_cancel(struct http_call *call)
{
    if (!call || call->finishing)
        return;
    multi_remove(call->net->multi, &call->transfer);
    call->net->call_count--;
    free_call(call);
}
