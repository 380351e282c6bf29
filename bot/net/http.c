/* SPDX-License-Identifier: MIT */
/* http.c: the life of a request. */
#include "net/http.h"

#include <assert.h>
#include <errno.h>

#include "base/die.h"
#include "net/explain.h"
#include "net/http_request.h"
#include "net/internal.h"
#include "net/memory_http.h"

enum {
    CALL_LIMIT = 256,
    DEFAULT_TIMEOUT_MS = 30000,
    DEFAULT_BYTES = 1024 * 1024,
    HEADER_BYTES = 2048, /* longest header value handed on */
    PLACE_BYTES = 300,
    REDIRECTS = 5,
    KEEPALIVE_IDLE_S = 45, /* shorter than what home routers and load balancers forget after */
    KEEPALIVE_INTERVAL_S = 15,
    STREAM_BUFFER_BYTES = 64 * 1024, /* of a body that is taken as it comes */
};

struct http_call {
    struct net_member member;
    struct net *net;
    struct multi *multi; /* NULL: an in-process exchange */
    struct multi_transfer transfer;
    struct memory_exchange *exchange;
    http_done_fn done;
    int (*bytes)(void *ctx, struct str bytes);
    void *ctx;
    struct curl_slist *headers;
    char *body; /* of the request */
    size_t body_len;
    struct buf answer;
    size_t received, max_bytes; /* of the body */
    int broken;                 /* why we gave up in the body */
    unsigned redirects_left;    /* in-process; curl counts its own */
    char place[PLACE_BYTES];
    char detail[CURL_ERROR_SIZE];
    bool finishing;  /* `done` runs, and will be followed by our end */
    bool is_written; /* with faults: a PUT's body has gone */
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

/* A piece of the body, to whoever takes it. */
static int take_bytes(struct http_call *call, unsigned status, struct str bytes)
{
    if (bytes.len > call->max_bytes - call->received)
        return -EMSGSIZE;
    call->received += bytes.len;
    if (call->bytes && status / 100 == 2) {
        assert(!call->net->in_bytes);
        call->net->in_bytes = true;
        int r = call->bytes(call->ctx, bytes);
        call->net->in_bytes = false;
        return r < 0 ? r : 0;
    }
    buf_add(&call->answer, bytes);
    return call->answer.failed;
}

static size_t on_bytes(char *bytes, size_t size, size_t count, void *ctx)
{
    struct http_call *call = ctx;
    long status = 0;
    curl_easy_getinfo(call->transfer.easy, CURLINFO_RESPONSE_CODE, &status);
    call->broken = take_bytes(call, (unsigned)status, (struct str){bytes, size * count});
    return call->broken < 0 ? 0 : size * count;
}

/* The last response's header; earlier ones were redirects. */
static struct str header_of(struct http_call *call, const char *name)
{
    struct curl_header *header = NULL;
    if (call->exchange)
        return memory_http_header(call->exchange, str_of(name));
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

static void finish(struct http_call *call, struct http_answer *answer)
{
    if (answer->result == 0)
        fill_answer(call, answer);
    call->finishing = true;
    if (call->multi)
        multi_remove(call->multi, &call->transfer); /* the headers stay with the easy handle */
    call->net->call_count--;
    call->done(call->ctx, answer);
    free_call(call);
}

/* Why we ended it ourselves. */
static int explain_broken(struct error *error, const struct http_call *call)
{
    switch (-call->broken) {
    case ENOMEM:
        return error_set(error, -ENOMEM, "out of memory");
    case EMSGSIZE:
        return error_set(error, -EMSGSIZE, "the answer of %s is larger than allowed", call->place);
    default:
        return error_set(error, call->broken, "the answer of %s could not be taken", call->place);
    }
}

static void on_finished(struct multi_transfer *transfer, CURLcode code)
{
    struct http_call *call = CONTAINER_OF(transfer, struct http_call, transfer);
    struct http_answer answer = {.retry_after_ms = -1};
    struct error error = {0};
    long status = 0;
    if (code != CURLE_OK) {
        answer.result = call->broken < 0 ? explain_broken(&error, call)
                                         : explain_curl(&error, code, transfer->easy,
                                                        str_of(call->place), call->detail);
        answer.error = str_of(error.text);
    }
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    answer.status = status > 0 ? (unsigned)status : 0;
    finish(call, &answer);
}

/* ---- in-process peers ------------------------------------------------------------------------ */

static int on_memory_bytes(void *ctx, struct str bytes)
{
    struct http_call *call = ctx;
    call->broken = take_bytes(call, memory_http_status(call->exchange), bytes);
    return call->broken;
}

static void on_memory_done(void *ctx, int result);

static int ask_in_process(struct http_call *call, const struct http_request *request,
                          int64_t timeout_ms)
{
    const struct memory_http_client client = {
        .bytes = on_memory_bytes, .done = on_memory_done, .ctx = call};
    struct memory_http_request asked = {.method = request->method,
                                        .headers = request->headers,
                                        .header_count = request->header_count,
                                        .body = request->body};
    struct str name;
    if (!http_request_in_process(request->url, &name, &asked.target))
        return -EINVAL;
    if (!str_to_c(name, call->place, sizeof call->place))
        return -EINVAL;
    return memory_http_ask(call->net, name, &asked, timeout_ms, &client, &call->exchange);
}

/* As curl follows a GET (headers are not carried along: only discovery asks for redirects, and has
 * none). */
static bool follow(struct http_call *call)
{
    struct str location = header_of(call, "Location");
    struct http_request next = {.method = STR("GET")};
    if (!call->redirects_left || memory_http_status(call->exchange) / 100 != 3)
        return false;
    AUTO_BUF url;
    buf_init(&url, HEADER_BYTES);
    if (str_starts(location, STR("/")))
        buf_add_format(&url, "memory://%s", call->place);
    buf_add(&url, location);
    next.url = buf_str(&url);
    call->redirects_left--;
    call->received = 0;
    buf_clear(&call->answer);
    return ask_in_process(call, &next, memory_http_left_ms(call->exchange)) == 0;
}

static void on_memory_done(void *ctx, int result)
{
    struct http_call *call = ctx;
    struct http_answer answer = {.retry_after_ms = -1, .result = result};
    struct error error = {0};
    if (result == 0 && follow(call))
        return;
    if (call->broken < 0)
        answer.result = explain_broken(&error, call);
    else if (result < 0)
        error_set(&error, result, "%s: %s", call->place, strerror(-result));
    answer.error = str_of(error.text);
    answer.status = memory_http_status(call->exchange);
    finish(call, &answer);
}

/* ---- the request ----------------------------------------------------------------------------- */

static int64_t timeout_of(const struct http_request *request)
{
    return request->timeout_ms > 0 ? request->timeout_ms : DEFAULT_TIMEOUT_MS;
}

#ifdef MOORING_FAULTS
static int on_progress(void *ctx, curl_off_t down_all, curl_off_t down, curl_off_t up_all,
                       curl_off_t up)
{
    struct http_call *call = ctx;
    (void)down_all, (void)down;
    if (!call->is_written && up > 0 && up == up_all) {
        call->is_written = true;
        DIE_AT(DIE_PUT_SENT);
    }
    return 0;
}
#endif

/* A moment to die at: what was put is on its way, and nothing is known of it. */
static void watch_put(struct http_call *call, const struct http_request *request)
{
#ifdef MOORING_FAULTS
    if (!str_eq_c(request->method, "PUT"))
        return;
    curl_easy_setopt(call->transfer.easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(call->transfer.easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(call->transfer.easy, CURLOPT_XFERINFODATA, call);
#else
    (void)call, (void)request;
#endif
}

static CURLcode set_common(struct http_call *call, const struct http_request *request,
                           long max_bytes)
{
    CURL *easy = call->transfer.easy;
    long timeout_ms = (long)timeout_of(request);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* a stuck lookup must not hold the loop when we give up */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout_ms);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->detail);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)max_bytes);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_IDLE_S);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_INTERVAL_S);
    watch_put(call, request);
    if (request->bytes)
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)STREAM_BUFFER_BYTES);
    CURLcode bad = curl_easy_setopt(easy, CURLOPT_PROXY, ""); /* whatever the environment says */
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* all that curl unpacks */
    bad = bad ? bad : curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    return bad ? bad : curl_easy_setopt(easy, CURLOPT_USERAGENT, "mooring/" MOORING_VERSION);
}

static int prepare_curl(struct http_call *call, const struct http_request *request)
{
    int r = http_request_check_url(request->url, call->place, sizeof call->place);
    if (r < 0)
        return r;
    call->body_len = request->body.len;
    call->body = str_copy(request->body);
    call->transfer.easy = curl_easy_init();
    if (!call->body || !call->transfer.easy ||
        set_common(call, request, (long)call->max_bytes) != CURLE_OK)
        return -ENOMEM;
    r = http_request_apply(call->transfer.easy, request, (struct str){call->body, call->body_len},
                           &call->headers);
    if (r < 0)
        return r;
    struct multi *multi = request->is_long ? call->net->polls : call->net->multi;
    r = multi_add(multi, &call->transfer);
    if (r == 0)
        call->multi = multi;
    return r;
}

static int prepare(struct http_call *call, const struct http_request *request)
{
    int r = http_request_check(request);
    if (r < 0)
        return r;
    call->max_bytes = request->max_bytes ? request->max_bytes : (size_t)DEFAULT_BYTES;
    call->bytes = request->bytes;
    buf_init(&call->answer, call->max_bytes);
    if (!str_starts(request->url, STR("memory:")))
        return prepare_curl(call, request);
    bool follows = request->redirects && str_eq_c(request->method, "GET");
    call->redirects_left = follows ? REDIRECTS : 0;
    return ask_in_process(call, request, timeout_of(request));
}

static void drop(struct net_member *member)
{
    http_cancel(CONTAINER_OF(member, struct http_call, member));
}

int http_start(struct net *net, const struct http_request *request, http_done_fn done, void *ctx,
               struct http_call **ret_call)
{
    assert(!net->in_bytes);
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
    assert(!call->net->in_bytes);
    if (call->multi)
        multi_remove(call->multi, &call->transfer);
    memory_http_cancel(call->exchange);
    call->net->call_count--;
    free_call(call);
}
