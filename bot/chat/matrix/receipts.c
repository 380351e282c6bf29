/* SPDX-License-Identifier: MIT */
/* receipts.c: that we have read, and that we are at it: read receipts, the latest of each room and
 * not more than one a second; typing while somebody waits.  Both are only a courtesy: what fails is
 * not tried again. */
#include <errno.h>
#include <stdio.h>

#include "chat/matrix/account.h"
#include "chat/matrix/outbound_internal.h"
#include "observe/log.h"

enum {
    ROOMS_MAX = 1024,
    EVERY_MS = 1000,
    AT_ONCE = 2,
    TYPING_MS = 20 * 1000, /* then clients forget it by themselves */
    COURTESY_MS = 10 * 1000,
};

struct receipt {
    struct out_receipts *receipts;
    char *room, *event_id, *thread; /* event_id NULL: nothing to tell */
    int64_t due_ms;                 /* elapsed: not before */
    struct matrix_call *call;
};
struct out_receipts {
    struct matrix_outbound *outbound;
    struct map rooms; /* struct receipt */
    size_t under_way;
    struct matrix_call *typing;
    struct loop_timer timer;
};

static void free_receipt(struct receipt *receipt)
{
    matrix_cancel(receipt->call);
    mem_free(receipt->room);
    mem_free(receipt->event_id);
    mem_free(receipt->thread);
    mem_free(receipt);
}

static struct receipt *receipt_of(struct out_receipts *receipts, struct str room)
{
    struct receipt *receipt = map_get(&receipts->rooms, room);
    if (receipt || receipts->rooms.count >= ROOMS_MAX)
        return receipt;
    receipt = mem_zalloc(sizeof *receipt);
    if (!receipt)
        return NULL;
    receipt->receipts = receipts;
    receipt->room = str_copy(room);
    if (!receipt->room || map_put(&receipts->rooms, room, receipt) < 0) {
        free_receipt(receipt);
        return NULL;
    }
    return receipt;
}

/* ---- sending --------------------------------------------------------------------------------- */

static void run(struct out_receipts *receipts);

static void was_sent(void *ctx, const struct matrix_answer *answer)
{
    struct receipt *receipt = ctx;
    struct out_receipts *receipts = receipt->receipts;
    (void)answer;
    receipt->call = NULL;
    receipts->under_way--;
    run(receipts);
}

/* In the room's own timeline, or in a thread of it (client-server API, "Threaded read receipts").
 */
static int post(struct receipt *receipt)
{
    struct arena arena = {0};
    struct str text = {0};
    AUTO_BUF path;
    buf_init(&path, OUT_PATH_BYTES);
    const struct str parts[] = {str_of(receipt->room), str_of(receipt->event_id)};
    AUTO_JSON *body = json_pack(
        "{s:o}", "thread_id",
        matrix_json_text(receipt->thread ? str_of(receipt->thread) : STR("main")));
    int r = body ? matrix_json_dump(body, &arena, &text) : -ENOMEM;
    if (r == 0)
        r = matrix_path(&path, "/_matrix/client/v3/rooms/{}/receipt/m.read/{}", parts,
                        COUNT_OF(parts));
    struct matrix_request request = {
        .method = "POST", .path = buf_str(&path), .body = text, .timeout_ms = COURTESY_MS};
    if (r == 0)
        r = matrix_request(receipt->receipts->outbound->session, &request, was_sent, receipt,
                           &receipt->call);
    arena_done(&arena);
    return r;
}

static void run(struct out_receipts *receipts)
{
    int64_t now_ms = out_now_ms(receipts->outbound), next_ms = INT64_MAX;
    size_t cursor = 0;
    void *item;
    while (map_next(&receipts->rooms, &cursor, NULL, &item)) {
        struct receipt *receipt = item;
        if (receipt->call)
            continue;
        if (!receipt->event_id) {
            if (receipt->due_ms > now_ms)
                continue;
            map_remove(&receipts->rooms, str_of(receipt->room));
            free_receipt(receipt);
            continue;
        }
        if (receipt->due_ms > now_ms || receipts->under_way >= AT_ONCE) {
            next_ms = MIN_OF(next_ms, MAX_OF(receipt->due_ms, now_ms + 1));
            continue;
        }
        receipt->due_ms = now_ms + EVERY_MS;
        if (post(receipt) == 0)
            receipts->under_way++;
        mem_free(TAKE(receipt->event_id));
        mem_free(TAKE(receipt->thread));
    }
    if (next_ms != INT64_MAX && !loop_timer_armed(&receipts->timer) &&
        loop_timer_arm(receipts->outbound->session->env.loop, &receipts->timer, next_ms) < 0)
        mem_note_shortage();
}

static void on_timer(struct loop_timer *timer)
{
    run(CONTAINER_OF(timer, struct out_receipts, timer));
}

void matrix_outbound_read(struct matrix_outbound *outbound, struct matrix_room *room,
                          struct str event_id, struct str thread)
{
    if (!outbound || !outbound->session->options.has_receipts || str_empty(event_id))
        return;
    struct receipt *receipt = receipt_of(outbound->receipts, room->id);
    if (!receipt)
        return;
    mem_free(receipt->event_id);
    mem_free(TAKE(receipt->thread));
    receipt->event_id = str_copy(event_id);
    if (!str_empty(thread))
        receipt->thread = str_copy(thread);
    int64_t at_ms = MAX_OF(receipt->due_ms, out_now_ms(outbound));
    struct loop_timer *timer = &outbound->receipts->timer;
    if (!loop_timer_armed(timer) && loop_timer_arm(outbound->session->env.loop, timer, at_ms) < 0)
        mem_note_shortage();
}

/* ---- typing ---------------------------------------------------------------------------------- */

static void typing_told(void *ctx, const struct matrix_answer *answer)
{
    struct out_receipts *receipts = ctx;
    (void)answer;
    receipts->typing = NULL;
}

void out_typing(struct out_receipts *receipts, struct str room_id, bool types)
{
    struct matrix_session *session = receipts->outbound->session;
    AUTO_BUF path;
    buf_init(&path, OUT_PATH_BYTES);
    const struct str parts[] = {room_id, matrix_account_user(session->account)};
    char body[64];
    if (!session->options.has_receipts || receipts->typing)
        return; /* the one before it is still under way: it ends by itself */
    if (types)
        (void)snprintf(body, sizeof body, "{\"typing\":true,\"timeout\":%d}", TYPING_MS);
    else
        (void)snprintf(body, sizeof body, "{\"typing\":false}");
    struct matrix_request request = {
        .method = "PUT", .body = str_of(body), .timeout_ms = COURTESY_MS};
    int r = matrix_path(&path, "/_matrix/client/v3/rooms/{}/typing/{}", parts, COUNT_OF(parts));
    request.path = buf_str(&path);
    if (r == 0)
        r = matrix_request(session, &request, typing_told, receipts, &receipts->typing);
    if (r < 0)
        log_event(LOG_LEVEL_DEBUG, "matrix_typing", LOG_TEXT("network", session->network.name),
                  LOG_ERRNO(r));
}

/* ---- life ------------------------------------------------------------------------------------ */

int out_receipts_create(struct matrix_outbound *outbound, struct out_receipts **ret_receipts)
{
    struct out_receipts *receipts = mem_zalloc(sizeof *receipts);
    if (!receipts)
        return -ENOMEM;
    receipts->outbound = outbound;
    receipts->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_timer};
    *ret_receipts = receipts;
    return 0;
}

void out_receipts_down(struct out_receipts *receipts)
{
    size_t cursor = 0;
    void *receipt;
    while (map_next(&receipts->rooms, &cursor, NULL, &receipt))
        free_receipt(receipt);
    map_done(&receipts->rooms);
    receipts->rooms = (struct map){0};
    receipts->under_way = 0;
    matrix_cancel(TAKE(receipts->typing));
    loop_timer_disarm(receipts->outbound->session->env.loop, &receipts->timer);
}

void out_receipts_destroy(struct out_receipts *receipts)
{
    if (!receipts)
        return;
    out_receipts_down(receipts);
    mem_free(receipts);
}
