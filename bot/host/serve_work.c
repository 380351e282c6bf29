/* SPDX-License-Identifier: MIT */
/* serve_work.c: requests and work that end in a turn of their own. */
#include <dlfcn.h>
#include <errno.h>

#include "host/internal.h"
#include "net/http.h"
#include "observe/log.h"

enum {
    OUTPUT_BYTES_MAX = 16 * 1024 * 1024,
    INPUT_BYTES_MAX = 16 * 1024 * 1024,
    BODY_BYTES_MAX = 1024 * 1024,
    URL_BYTES_MAX = 8 * 1024,
    /* what one plugin's requests and work may hold in memory at once, answers at their largest */
    HELD_BYTES_MAX = 128 * 1024 * 1024,
    ANSWER_BYTES_MAX = 8 * 1024 * 1024,
    TIMEOUT_MS_MAX = 120000
};

struct host_pending {
    struct host_pending *next;
    struct host_plugin *plugin; /* NULL: unloaded meanwhile */
    uint64_t token, asked;
    bool begun;
    struct http_call *call;
    const struct http_answer *answer; /* while its turn runs */
    char *method, *url, *etag;        /* of a request; its body is `input` */
    uint32_t timeout_ms, max_bytes;
    struct loop_call failed; /* it could not begin: told in a turn of its own all the same */
    struct loop_work work;
    mooring_work_fn run;
    struct marker *marker; /* outlives the plugin, as the work does */
    marker_who who;
    void *library; /* holds the code that a pool thread runs, whatever becomes of the plugin */
    char *input;
    size_t input_len, output_len, held_bytes;
    void *output;
    int result;
};

static void unlink_pending(struct host_pending *pending)
{
    if (!pending->plugin)
        return;
    for (struct host_pending **at = &pending->plugin->pending; *at; at = &(*at)->next) {
        if (*at != pending)
            continue;
        *at = pending->next;
        pending->plugin->pending_count--;
        pending->plugin->held_bytes -= pending->held_bytes;
        return;
    }
}

static void free_pending(struct host_pending *pending)
{
    if (pending->plugin)
        loop_undefer(pending->plugin->host->parts.loop, &pending->failed);
    unlink_pending(pending);
    if (pending->library)
        dlclose(pending->library);
    mem_free(pending->method);
    mem_free(pending->url);
    mem_free(pending->etag);
    mem_free(pending->input);
    mem_free(pending->output);
    mem_free(pending);
}

/* What is too large for ever is -E2BIG, what is too much for now -EAGAIN. */
static int refuse(struct host_plugin *plugin, const char *service, int r)
{
    metric_add(plugin->refused, 1);
    log_event(LOG_LEVEL_WARNING, "plugin_asks_too_much", LOG_TEXT("plugin", plugin->name),
              LOG_TEXT("service", service), LOG_INT("under_way", plugin->pending_count),
              LOG_INT("held_bytes", plugin->held_bytes), LOG_ERRNO(r));
    return r;
}

static int new_pending(struct host_plugin *plugin, uint64_t token, struct str input,
                       size_t answer_bytes, struct host_pending **ret_pending)
{
    size_t held_bytes = input.len + answer_bytes;
    if (plugin->pending_count >= HOST_PENDING_MAX ||
        plugin->held_bytes + held_bytes > HELD_BYTES_MAX)
        return refuse(plugin, "pending", -EAGAIN);
    struct host_pending *pending = mem_zalloc(sizeof *pending);
    if (!pending)
        return -ENOMEM;
    pending->plugin = plugin;
    pending->token = token;
    pending->asked = ++plugin->host->asked;
    pending->input = str_copy(input);
    pending->input_len = input.len;
    pending->held_bytes = held_bytes;
    plugin->held_bytes += held_bytes;
    pending->next = plugin->pending;
    plugin->pending = pending;
    plugin->pending_count++;
    *ret_pending = pending;
    return 0;
}

/* Requests end at once; work on a pool thread runs to its end, and its result goes nowhere. */
void host_pending_drop(struct host_plugin *plugin)
{
    struct host_pending *next;
    for (struct host_pending *pending = plugin->pending; pending; pending = next) {
        next = pending->next;
        if (pending->call)
            http_cancel(pending->call);
        if (pending->work.internal) {
            unlink_pending(pending);
            pending->plugin = NULL;
        } else {
            free_pending(pending);
        }
    }
}

void host_pending_undo(struct host *host, uint64_t asked_before)
{
    for (size_t i = 0; i < host->plugin_count; i++) {
        struct host_pending *next;
        for (struct host_pending *pending = host->plugins[i]->pending; pending; pending = next) {
            next = pending->next;
            if (!pending->begun && pending->asked > asked_before)
                free_pending(pending);
        }
    }
}

static void could_not_begin(struct loop_call *call);
static int begin_request(struct host_pending *pending);
static int begin_work(struct host_pending *pending);

void host_pending_settle(struct host *host, bool committed)
{
    if (!committed)
        host_pending_undo(host, 0);
    for (size_t i = 0; i < host->plugin_count; i++) {
        for (struct host_pending *pending = host->plugins[i]->pending; pending;
             pending = pending->next) {
            if (pending->begun)
                continue;
            pending->begun = true;
            /* Once it has begun, the result is the pool's to write. */
            int r = pending->run ? begin_work(pending) : begin_request(pending);
            if (r >= 0)
                continue;
            pending->result = r;
            pending->failed.run = could_not_begin;
            loop_defer(host->parts.loop, &pending->failed);
        }
    }
}

/* A result that no turn took: it is lost to the plugin, and told. */
static void tell_lost(const struct host_plugin *plugin, const char *what, int r)
{
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "plugin_result_lost", LOG_TEXT("plugin", plugin->name),
                  LOG_TEXT("what", what), LOG_ERRNO(r));
}

/* ---- http ------------------------------------------------------------------------------------ */

static int fetched_turn(void *ctx)
{
    struct host_pending *pending = ctx;
    struct host_plugin *plugin = pending->plugin;
    const struct http_answer *answer = pending->answer;
    struct host_call call;
    if (!MOORING_HAS(plugin->descriptor, mooring_plugin, fetched) || !plugin->descriptor->fetched)
        return 0;
    int r = host_call_begin(plugin, "fetched", NULL, &call);
    return r < 0 ? r
                 : host_call_end(&call, plugin->descriptor->fetched(plugin->state, pending->token,
                                                                    answer->result, answer->status,
                                                                    abi_lend(answer->body)));
}

static void fetched(void *ctx, const struct http_answer *answer)
{
    struct host_pending *pending = ctx;
    struct host *host = pending->plugin->host;
    pending->call = NULL;
    pending->answer = answer;
    tell_lost(pending->plugin, "fetched", host->parts.turn(host->parts.ctx, fetched_turn, pending));
    free_pending(pending);
}

static int begin_request(struct host_pending *pending)
{
    AUTO_BUF etag;
    buf_init(&etag, 1024);
    buf_add_format(&etag, "If-None-Match: %s", pending->etag);
    struct str headers[] = {buf_str(&etag)};
    struct http_request http = {
        .method = pending->method[0] ? str_of(pending->method) : STR("GET"),
        .url = str_of(pending->url),
        .headers = headers,
        .header_count = pending->etag[0] ? 1 : 0,
        .body = {pending->input, pending->input_len},
        .timeout_ms = pending->timeout_ms ? MIN_OF(pending->timeout_ms, TIMEOUT_MS_MAX) : 30000,
        .max_bytes = pending->max_bytes,
    };
    return http_start(pending->plugin->host->parts.net, &http, fetched, pending, &pending->call);
}

static int request(struct mooring_self self, const struct mooring_request *wanted, uint64_t token)
{
    struct host_plugin *plugin = host_self(self);
    struct host_pending *pending;
    if (!wanted || !host_may_reach(plugin->host, str_of(plugin->name), abi_take(wanted->url)))
        return -EPERM;
    if (wanted->body.len > BODY_BYTES_MAX || wanted->url.len > URL_BYTES_MAX)
        return refuse(plugin, "http", -E2BIG);
    uint32_t max_bytes = wanted->max_bytes ? MIN_OF(wanted->max_bytes, ANSWER_BYTES_MAX)
                                           : ANSWER_BYTES_MAX;
    int r = new_pending(plugin, token, abi_take(wanted->body), max_bytes, &pending);
    if (r < 0)
        return r;
    pending->method = str_copy(abi_take(wanted->method));
    pending->url = str_copy(abi_take(wanted->url));
    pending->etag = str_copy(abi_take(wanted->etag));
    pending->timeout_ms = wanted->timeout_ms;
    pending->max_bytes = max_bytes;
    if (pending->method && pending->url && pending->etag && pending->input)
        return 0;
    free_pending(pending);
    return -ENOMEM;
}

const struct mooring_http serve_http = {.struct_size = sizeof serve_http, .request = request};

/* ---- work ------------------------------------------------------------------------------------ */

static int worked_turn(void *ctx)
{
    struct host_pending *pending = ctx;
    struct host_plugin *plugin = pending->plugin;
    struct host_call call;
    if (!MOORING_HAS(plugin->descriptor, mooring_plugin, worked) || !plugin->descriptor->worked)
        return 0;
    int r = host_call_begin(plugin, "worked", NULL, &call);
    struct mooring_str output = {pending->output, pending->result < 0 ? 0 : pending->output_len};
    return r < 0 ? r
                 : host_call_end(&call, plugin->descriptor->worked(plugin->state, pending->token,
                                                                   pending->result, output));
}

static void work_run(struct loop_work *work)
{
    struct host_pending *pending = CONTAINER_OF(work, struct host_pending, work);
    struct mooring_str input = {pending->input, pending->input_len};
    int slot = marker_work_begin(pending->marker, pending->who);
    pending->result = pending->run(input, pending->output, pending->output_len);
    marker_work_end(pending->marker, slot);
}

static void work_done(struct loop_work *work)
{
    struct host_pending *pending = CONTAINER_OF(work, struct host_pending, work);
    if (pending->plugin) {
        struct host *host = pending->plugin->host;
        tell_lost(pending->plugin, "worked",
                  host->parts.turn(host->parts.ctx, worked_turn, pending));
    }
    free_pending(pending);
}

static int begin_work(struct host_pending *pending)
{
    Dl_info where;
    if (dladdr(*(void **)&pending->run, &where) && pending->plugin->library)
        pending->library = dlopen(where.dli_fname, RTLD_NOW | RTLD_NOLOAD);
    pending->marker = pending->plugin->host->parts.marker;
    pending->who = pending->plugin->who;
    pending->work = (struct loop_work){.run = work_run, .done = work_done};
    return loop_work_start(pending->plugin->host->parts.loop, &pending->work);
}

static int run(struct mooring_self self, mooring_work_fn fn, struct mooring_str input,
               size_t output_size, uint64_t token)
{
    struct host_plugin *plugin = host_self(self);
    struct host_pending *pending;
    if (!fn || output_size > OUTPUT_BYTES_MAX)
        return -EINVAL;
    if (input.len > INPUT_BYTES_MAX)
        return refuse(plugin, "work", -E2BIG);
    int r = new_pending(plugin, token, abi_take(input), output_size, &pending);
    if (r < 0)
        return r;
    pending->run = fn;
    pending->output = mem_zalloc(MAX_OF(output_size, 1));
    pending->output_len = output_size;
    if (pending->input && pending->output)
        return 0;
    free_pending(pending);
    return -ENOMEM;
}

const struct mooring_work serve_work = {.struct_size = sizeof serve_work, .run = run};

/* What could not begin ends as what failed, also in a turn of its own. */
static void could_not_begin(struct loop_call *call)
{
    struct host_pending *pending = CONTAINER_OF(call, struct host_pending, failed);
    if (pending->run) {
        work_done(&pending->work);
        return;
    }
    const struct http_answer answer = {.result = pending->result};
    fetched(pending, &answer);
}
