/* SPDX-License-Identifier: MIT */
/* homeserver.c: its life, its answers, its faults. */
#include "homeserver_internal.h"

#include <assert.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"

void *hs_more(void *items, size_t *capacity, size_t count, size_t item_size)
{
    if (count < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : 16;
    items = realloc(items, *capacity * item_size);
    assert(items);
    return items;
}

char *hs_printf(const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int r = vasprintf(&text, format, args);
    va_end(args);
    assert(r >= 0);
    return text;
}

int64_t hs_now(struct homeserver *hs)
{
    return clock_elapsed_ms(loop_clock(hs->loop));
}

const char *hs_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* ---- answers --------------------------------------------------------------------------------- */

static void free_request(struct hs_request *request)
{
    for (struct hs_request **link = &request->hs->requests; *link; link = &(*link)->next)
        if (*link == request) {
            *link = request->next;
            break;
        }
    loop_timer_disarm(request->hs->loop, &request->timer);
    for (size_t i = 0; i < HS_PARTS; i++)
        free(request->parts[i]);
    free(request->method);
    free(request->target);
    json_decref(request->json);
    json_decref(request->late_answer);
    free(request);
}

static void add_json(struct homeserver *hs, struct buf *out, const json_t *json);

static void add_object(struct homeserver *hs, struct buf *out, const json_t *json)
{
    size_t count = 0, room = json_object_size(json);
    const char **keys = calloc(room ? room : 1, sizeof *keys);
    const char *key;
    json_t *value;
    assert(keys);
    json_object_foreach((json_t *)json, key, value) keys[count++] = key;
    for (size_t i = count; i > 1; i--) {
        size_t other = (size_t)random_below(&hs->random, i);
        const char *kept = keys[i - 1];
        keys[i - 1] = keys[other];
        keys[other] = kept;
    }
    buf_add_byte(out, '{');
    for (size_t i = 0; i < count; i++) {
        json_t *name = json_string(keys[i]);
        buf_add_c(out, i ? "," : "");
        add_json(hs, out, name);
        buf_add_byte(out, ':');
        add_json(hs, out, json_object_get(json, keys[i]));
        json_decref(name);
    }
    buf_add_byte(out, '}');
    free(keys);
}

/* Objects' keys in a random order, white space here and there. */
static void add_json(struct homeserver *hs, struct buf *out, const json_t *json)
{
    if (random_below(&hs->random, 16) == 0)
        buf_add_c(out, " \n");
    if (json_is_object(json)) {
        add_object(hs, out, json);
    } else if (json_is_array(json)) {
        buf_add_byte(out, '[');
        for (size_t i = 0; i < json_array_size(json); i++) {
            buf_add_c(out, i ? "," : "");
            add_json(hs, out, json_array_get(json, i));
        }
        buf_add_byte(out, ']');
    } else {
        char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);
        assert(text);
        buf_add_c(out, text);
        free(text);
    }
}

static void write_answer(struct hs_request *request, unsigned status, const char *content_type,
                         const char *more_headers, struct str body)
{
    struct memory_exchange *exchange = request->exchange;
    const struct hs_fault *fault = request->has_fault ? &request->fault : NULL;
    struct str headers[8], rest = str_of(more_headers);
    char *type = hs_printf("Content-Type: %s", content_type);
    size_t count = 0;
    headers[count++] = str_of(type);
    while (rest.len && count < COUNT_OF(headers) && str_split(&rest, '\n', &headers[count]))
        count++;
    if (fault && fault->kind == HS_LOSE) {
        memory_http_cut(exchange);
        free_request(request);
    } else {
        bool hangs = fault && fault->kind == HS_HANG_BODY;
        bool cuts = fault && fault->kind == HS_CUT_BODY;
        int r = memory_http_head(exchange, status, headers, count);
        r = r < 0
                ? r
                : memory_http_body(exchange, str_upto(body, hangs || cuts ? fault->at : SIZE_MAX));
        assert(r == 0);
        if (cuts)
            memory_http_cut(exchange);
        else if (!hangs)
            memory_http_end(exchange);
        if (!hangs) /* else it hangs until it is gone */
            free_request(request);
    }
    free(type);
}

void hs_answer_bytes(struct hs_request *request, unsigned status, const char *content_type,
                     struct str bytes)
{
    write_answer(request, status, content_type, "", bytes);
}

static void answer_now(struct hs_request *request, unsigned status, json_t *json)
{
    struct buf text;
    buf_init(&text, 1 << 30);
    if (request->hs->knobs.shuffle) {
        random_seed(&request->hs->random, request->hs->knobs.shuffle++);
        add_json(request->hs, &text, json);
        write_answer(request, status, "application/json", "", buf_str(&text));
    } else {
        char *dump = json_dumps(json, JSON_COMPACT);
        assert(dump);
        write_answer(request, status, "application/json", "", str_of(dump));
        free(dump);
    }
    buf_done(&text);
    json_decref(json);
}

static void on_timer(struct loop_timer *timer)
{
    struct hs_request *request = CONTAINER_OF(timer, struct hs_request, timer);
    if (request->late_answer)
        answer_now(request, request->late_status, TAKE(request->late_answer));
    else
        hs_sync_again(request, true);
}

void hs_answer(struct hs_request *request, unsigned status, json_t *json)
{
    assert(json);
    if (request->has_fault && request->fault.kind == HS_SLOW) {
        int64_t in_ms = (int64_t)request->fault.at;
        request->has_fault = false;
        request->polls = false;
        request->late_answer = json;
        request->late_status = status;
        int r = loop_timer_arm_in(request->hs->loop, &request->timer, in_ms);
        assert(r == 0);
        return;
    }
    answer_now(request, status, json);
}

void hs_error(struct hs_request *request, unsigned status, const char *errcode)
{
    hs_answer(request, status, json_pack("{s:s, s:s}", "errcode", errcode, "error", "scripted"));
}

/* ---- faults ---------------------------------------------------------------------------------- */

void hs_fault(struct homeserver *hs, const struct hs_fault *fault)
{
    assert(hs->fault_count < HS_FAULTS);
    hs->faults[hs->fault_count++] = (struct hs_armed){
        .fault = *fault, .until = fault->for_ms ? hs_now(hs) + fault->for_ms : 0};
}

void hs_mend(struct homeserver *hs)
{
    hs->fault_count = 0;
}

static const struct hs_fault *find_fault(struct homeserver *hs, const char *line)
{
    for (size_t i = 0; i < hs->fault_count; i++) {
        struct hs_armed *armed = &hs->faults[i];
        if ((armed->until && hs_now(hs) >= armed->until) ||
            (armed->fault.times && armed->used >= armed->fault.times) ||
            fnmatch(armed->fault.match, line, 0) != 0)
            continue;
        unsigned number = armed->seen++;
        if (number < armed->fault.skip ||
            (armed->fault.every && (number - armed->fault.skip) % armed->fault.every != 0))
            continue;
        armed->used++;
        return &armed->fault;
    }
    return NULL;
}

/* Returns true when nothing is to be done. */
static bool play_fault(struct hs_request *request, const struct hs_fault *fault)
{
    switch (fault->kind) {
    case HS_ANSWER:
        write_answer(request, fault->status, "application/json", fault->headers, fault->body);
        return true;
    case HS_HANG:
        return true;
    case HS_CUT:
        memory_http_cut(request->exchange);
        free_request(request);
        return true;
    case HS_HANG_BODY:
    case HS_CUT_BODY:
    case HS_LOSE:
    case HS_SLOW:
    case HS_EXPIRE:
    case HS_FAULT_KIND_COUNT:
        break;
    }
    request->fault = *fault;
    request->has_fault = true;
    return false;
}

/* ---- requests -------------------------------------------------------------------------------- */

static void keep_line(struct homeserver *hs, const struct memory_http_request *asked)
{
    assert(hs->log_count < HS_LOG); /* a hot loop */
    hs->log = hs_more(hs->log, &hs->log_room, hs->log_count, sizeof *hs->log);
    hs->log_bodies = hs_more(hs->log_bodies, &hs->body_room, hs->log_count, sizeof *hs->log_bodies);
    hs->log[hs->log_count] = hs_printf("%.*s %.*s", STR_ARG(asked->method), STR_ARG(asked->target));
    buf_init(&hs->log_bodies[hs->log_count], 1 << 30);
    buf_add(&hs->log_bodies[hs->log_count], asked->body);
    hs->log_count++;
}

static void on_request(void *ctx, struct memory_exchange *exchange,
                       const struct memory_http_request *asked)
{
    struct homeserver *hs = ctx;
    struct hs_request *request = calloc(1, sizeof *request);
    assert(request);
    keep_line(hs, asked);
    *request = (struct hs_request){.hs = hs, .exchange = exchange, .next = hs->requests};
    hs->requests = request;
    request->method = hs_printf("%.*s", STR_ARG(asked->method));
    request->target = hs_printf("%.*s", STR_ARG(asked->target));
    request->body = asked->body;
    request->json = json_loadb(asked->body.ptr ? asked->body.ptr : "", asked->body.len,
                               JSON_ALLOW_NUL, NULL);
    request->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_timer};
    const struct hs_fault *fault = find_fault(hs, hs->log[hs->log_count - 1]);
    if (fault && play_fault(request, fault))
        return;
    struct str token = STR("");
    for (size_t i = 0; i < asked->header_count; i++)
        if (str_starts_nocase(asked->headers[i], STR("Authorization: Bearer ")))
            token = str_from(asked->headers[i], STR("Authorization: Bearer ").len);
    if (hs_authorize(request, token))
        hs_route(request);
}

static void on_gone(void *ctx, struct memory_exchange *exchange)
{
    struct homeserver *hs = ctx;
    for (struct hs_request *request = hs->requests; request; request = request->next)
        if (request->exchange == exchange) {
            free_request(request);
            return;
        }
}

/* Decodes %XX and "+" in place. */
static void decode(char *text)
{
    char *out = text;
    for (const char *in = text; *in; in++) {
        unsigned byte;
        if (*in == '%' && sscanf(in + 1, "%2x", &byte) == 1) {
            *out++ = (char)byte;
            in += 2;
        } else {
            *out++ = *in == '+' ? ' ' : *in;
        }
    }
    *out = '\0';
}

char *hs_query(const struct hs_request *request, const char *name)
{
    const char *mark = strchr(request->target, '?');
    struct str rest = str_of(mark ? mark + 1 : NULL), pair;
    while (rest.len && str_split(&rest, '&', &pair)) {
        size_t equals = str_find(pair, STR("="), 0);
        if (equals == SIZE_MAX || !str_eq_c(str_upto(pair, equals), name))
            continue;
        struct str value = str_from(pair, equals + 1);
        char *text = hs_printf("%.*s", STR_ARG(value));
        decode(text);
        return text;
    }
    return NULL;
}

static void wake_polls(struct loop_call *call)
{
    struct homeserver *hs = CONTAINER_OF(call, struct homeserver, wake);
    struct hs_request *next;
    for (struct hs_request *request = hs->requests; request; request = next) {
        next = request->next;
        if (request->polls)
            hs_sync_again(request, false);
    }
}

void hs_changed(struct homeserver *hs)
{
    loop_defer(hs->loop, &hs->wake);
}

/* ---- life ------------------------------------------------------------------------------------ */

struct homeserver *hs_start(struct net *net, struct loop *loop)
{
    struct homeserver *hs = calloc(1, sizeof *hs);
    assert(hs);
    *hs = (struct homeserver){.net = net, .loop = loop};
    hs->knobs = (struct hs_knobs){.server_name = "home",
                                  .room_version = "12",
                                  .transaction_life_ms = 30 * CLOCK_MINUTE_MS,
                                  .upload_max = 50 * 1024 * 1024};
    hs->wake.run = wake_polls;
    random_seed(&hs->random, 1);
    const struct memory_http_events events = {.request = on_request, .gone = on_gone, .ctx = hs};
    int r = memory_http_listen(net, STR("home"), &events, &hs->peer);
    assert(r == 0);
    return hs;
}

void hs_cut_all(struct homeserver *hs)
{
    while (hs->requests) {
        memory_http_cut(hs->requests->exchange);
        free_request(hs->requests);
    }
}

void hs_stop(struct homeserver *hs)
{
    if (!hs)
        return;
    hs_cut_all(hs);
    memory_http_unlisten(hs->peer);
    loop_undefer(hs->loop, &hs->wake);
    hs_accounts_free(hs);
    hs_rooms_free(hs);
    for (size_t i = 0; i < hs->log_count; i++) {
        free(hs->log[i]);
        buf_done(&hs->log_bodies[i]);
    }
    free(hs->log);
    free(hs->log_bodies);
    free(hs);
}

struct hs_knobs *hs_knobs(struct homeserver *hs)
{
    return &hs->knobs;
}

void hs_set_mode(struct homeserver *hs, enum memory_http_mode mode)
{
    memory_http_set_mode(hs->peer, mode);
    if (mode == MEMORY_HTTP_REFUSE)
        hs_cut_all(hs);
}

size_t hs_requests(struct homeserver *hs, const char *match)
{
    size_t count = 0;
    for (size_t i = 0; i < hs->log_count; i++)
        count += fnmatch(match, hs->log[i], 0) == 0;
    return count;
}

size_t hs_request_count(struct homeserver *hs)
{
    return hs->log_count;
}

const char *hs_request_at(struct homeserver *hs, size_t index)
{
    return index < hs->log_count ? hs->log[index] : "";
}

struct str hs_request_body_at(struct homeserver *hs, size_t index)
{
    return index < hs->log_count ? buf_str(&hs->log_bodies[index]) : STR("");
}

size_t hs_waiting(struct homeserver *hs)
{
    size_t count = 0;
    for (const struct hs_request *request = hs->requests; request; request = request->next)
        count++;
    return count;
}
