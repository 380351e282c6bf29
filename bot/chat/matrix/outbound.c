/* SPDX-License-Identifier: MIT */
/* outbound.c: a line for each room or person, and of each message once what became of it. */
#include "chat/matrix/outbound_internal.h"

#include <assert.h>
#include <errno.h>

int64_t out_now_ms(const struct matrix_outbound *outbound)
{
    return clock_elapsed_ms(loop_clock(outbound->session->env.loop));
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* From the loop, never from inside chat_class functions: whoever hears it gives the next. */
static void tell_ends(struct loop_call *call)
{
    struct matrix_outbound *outbound = CONTAINER_OF(call, struct matrix_outbound, tell);
    struct matrix_session *session = outbound->session;
    while (outbound->end_count > 0) { /* whoever hears it may give the next */
        struct out_end end = outbound->ends[0];
        outbound->end_count--;
        memmove(outbound->ends, outbound->ends + 1, outbound->end_count * sizeof *outbound->ends);
        session->env.sink.sent(session->env.sink.ctx, &session->network, end.token, end.outcome,
                               str_of(end.message_id));
        mem_free(end.message_id);
    }
    bool has_room = outbound->items < OUT_ITEMS_MAX / 2;
    if (outbound->is_starved && has_room && session->network.state == CHAT_UP) {
        outbound->is_starved = false;
        session->env.sink.ready(session->env.sink.ctx, &session->network);
    }
}

/* Room for the ends of all that are not told, so that telling cannot fail. */
int out_reserve_end(struct matrix_outbound *outbound)
{
    size_t wanted = outbound->end_count + outbound->untold + 1;
    if (wanted <= outbound->end_capacity)
        return 0;
    struct out_end *ends = mem_resize(outbound->ends, wanted + 16, sizeof *ends);
    if (!ends)
        return -ENOMEM;
    outbound->ends = ends;
    outbound->end_capacity = wanted + 16;
    return 0;
}

void out_tell(struct matrix_outbound *outbound, struct out_item *item, enum chat_outcome outcome)
{
    if (item->kind != OUT_SAY || item->is_told)
        return;
    item->is_told = true;
    outbound->untold--;
    metric_add(outcome == CHAT_CONFIRMED ? outbound->sent : outbound->refused,
               outcome == CHAT_CONFIRMED || outcome == CHAT_REFUSED);
    AUTO_BUF ids;
    buf_init(&ids, OUT_EVENT_ID_BYTES + OUT_PART_IDS_BYTES);
    buf_add_c(&ids, item->message_id);
    if (ids.len) /* without it the others are nobody's */
        buf_add(&ids, item->other_ids);
    char *id = ids.len && !ids.failed ? str_copy(buf_str(&ids)) : NULL;
    assert(outbound->end_count < outbound->end_capacity); /* out_reserve_end */
    outbound->ends[outbound->end_count++] = (struct out_end){item->message.token, outcome, id};
    loop_defer(outbound->session->env.loop, &outbound->tell);
}

/* ---- lines ----------------------------------------------------------------------------------- */

struct out_line *out_line_of(struct matrix_outbound *outbound, struct str key, bool is_private)
{
    struct map *lines = is_private ? &outbound->people : &outbound->rooms;
    struct out_line *line = map_get(lines, key);
    if (line)
        return line;
    line = mem_zalloc(sizeof *line);
    if (!line)
        return NULL;
    line->outbound = outbound;
    line->is_private = is_private;
    line->key = str_copy(key);
    if (!line->key || map_put(lines, key, line) < 0) {
        mem_free(line->key);
        mem_free(line);
        return NULL;
    }
    struct out_line **at = &outbound->first, *previous = NULL;
    while (*at) { /* behind all others: its turn comes last */
        previous = *at;
        at = &(*at)->next;
    }
    line->previous = previous;
    *at = line;
    return line;
}

void out_item_free(struct out_item *item)
{
    struct arena arena = item->arena; /* the item lies in it */
    arena_done(&arena);
}

void out_line_drop(struct out_line *line)
{
    if (line->call || line->picture)
        line->outbound->under_way--;
    matrix_cancel(TAKE(line->call));
    matrix_media_drop(TAKE(line->picture));
}

static void free_line(struct out_line *line)
{
    struct matrix_outbound *outbound = line->outbound;
    map_remove(line->is_private ? &outbound->people : &outbound->rooms, str_of(line->key));
    if (line->previous)
        line->previous->next = line->next;
    else
        outbound->first = line->next;
    if (line->next)
        line->next->previous = line->previous;
    mem_free(line->key);
    mem_free(line);
}

/* The line itself goes with its last, at the end of a round. */
static void sweep(struct matrix_outbound *outbound)
{
    for (struct out_line *line = outbound->first, *next; line; line = next) {
        next = line->next;
        if (!line->first && !line->call && !line->picture)
            free_line(line);
    }
}

void out_shift(struct out_line *line)
{
    struct matrix_outbound *outbound = line->outbound;
    struct out_item *item = line->first;
    line->first = item->next;
    line->count--;
    line->failures = 0;
    if (out_is_crisis(item))
        outbound->crisis--;
    else
        outbound->items--;
    out_item_free(item);
}

void out_end(struct out_line *line, enum chat_outcome outcome)
{
    out_tell(line->outbound, line->first, outcome);
    out_shift(line);
}

/* Somebody in need, then what is said, then reactions, which are only a help. */
static int rank(const struct out_item *item)
{
    return out_is_crisis(item) ? 0 : item->kind == OUT_REACT ? 2 : 1;
}

void out_insert(struct out_line *line, struct out_item *item)
{
    struct matrix_outbound *outbound = line->outbound;
    struct out_item **at = &line->first;
    if (*at && (line->call || line->picture))
        at = &(*at)->next; /* under way */
    while (*at && rank(*at) <= rank(item))
        at = &(*at)->next;
    item->next = *at;
    *at = item;
    line->count++;
    if (out_is_crisis(item))
        outbound->crisis++;
    else
        outbound->items++;
    loop_defer(outbound->session->env.loop, &outbound->pump);
}

/* ---- what /sync tells ------------------------------------------------------------------------ */

const struct out_seen *out_find_seen(const struct matrix_outbound *outbound, struct str id)
{
    for (size_t i = 0; i < OUT_SEEN_MAX; i++)
        if (str_eq_c(id, outbound->seen[i].transaction_id))
            return &outbound->seen[i];
    return NULL;
}

/* Only noted: its answer mostly is a moment behind, and a connection that is broken off for it
 * would have to be made anew. */
void matrix_outbound_seen(struct matrix_outbound *outbound, const struct matrix_room *room,
                          struct str transaction_id, struct str event_id)
{
    (void)room;
    struct out_seen *seen = &outbound->seen[outbound->seen_next];
    if (str_empty(transaction_id) || out_find_seen(outbound, transaction_id) ||
        event_id.len >= sizeof seen->event_id ||
        !str_to_c(transaction_id, seen->transaction_id, sizeof seen->transaction_id))
        return;
    (void)str_to_c(event_id, seen->event_id, sizeof seen->event_id);
    outbound->seen_next = (outbound->seen_next + 1) % OUT_SEEN_MAX;
}

void matrix_outbound_wake(struct matrix_outbound *outbound)
{
    if (outbound)
        loop_defer(outbound->session->env.loop, &outbound->pump);
}

/* What cannot be said there any more ends when its turn comes: at once. */
void matrix_outbound_room_changed(struct matrix_outbound *outbound, struct matrix_room *room)
{
    if (!outbound)
        return;
    if (room->membership == MATRIX_OUT || room->membership == MATRIX_BANNED)
        matrix_direct_left(outbound->session->direct, room);
    matrix_outbound_wake(outbound);
}

void matrix_outbound_down(struct matrix_outbound *outbound)
{
    for (struct out_line *line = outbound->first; line; line = line->next) {
        out_line_drop(line);
        while (line->first)
            out_end(line, CHAT_FAILED);
    }
    out_receipts_down(outbound->receipts);
    outbound->is_starved = false; /* "up" tells by itself that there is room */
    outbound->epoch++;
    sweep(outbound);
}

size_t matrix_outbound_waiting(const struct matrix_outbound *outbound)
{
    return outbound->items + outbound->crisis;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void pump(struct loop_call *call)
{
    struct matrix_outbound *outbound = CONTAINER_OF(call, struct matrix_outbound, pump);
    out_pump(outbound);
    sweep(outbound);
    metric_set(outbound->waits, (int64_t)matrix_outbound_waiting(outbound));
}

static void on_timer(struct loop_timer *timer)
{
    struct matrix_outbound *outbound = CONTAINER_OF(timer, struct matrix_outbound, timer);
    matrix_outbound_wake(outbound);
}

static void name_metrics(struct matrix_outbound *outbound)
{
    struct metrics *metrics = outbound->session->env.metrics;
    struct str network = str_of(outbound->session->network.name);
    outbound->sent = metrics_counter(metrics, "mooring_matrix_sent_total",
                                     "Messages that a homeserver took.", "network", network);
    outbound->refused = metrics_counter(metrics, "mooring_matrix_refused_total",
                                        "Messages that could not be said.", "network", network);
    outbound->recovered = metrics_counter(
        metrics, "mooring_matrix_found_sent_total",
        "Messages of an earlier try that were found in their room.", "network", network);
    outbound->waits = metrics_gauge(metrics, "mooring_matrix_waiting",
                                    "Messages that wait for a homeserver.", "network", network);
}

int matrix_outbound_create(struct matrix_session *session, struct matrix_outbound **ret_outbound)
{
    struct matrix_outbound *outbound = mem_zalloc(sizeof *outbound);
    if (!outbound)
        return -ENOMEM;
    outbound->session = session;
    outbound->pump = (struct loop_call){.run = pump};
    outbound->tell = (struct loop_call){.run = tell_ends};
    outbound->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_timer};
    outbound->seen = mem_zalloc_array(OUT_SEEN_MAX, sizeof *outbound->seen);
    int r = outbound->seen ? matrix_media_create(session, &outbound->media) : -ENOMEM;
    if (r == 0)
        r = out_receipts_create(outbound, &outbound->receipts);
    if (r < 0) {
        matrix_outbound_destroy(outbound);
        return r;
    }
    name_metrics(outbound);
    *ret_outbound = outbound;
    return 0;
}

void matrix_outbound_destroy(struct matrix_outbound *outbound)
{
    if (!outbound)
        return;
    struct loop *loop = outbound->session->env.loop;
    for (struct out_line *line = outbound->first; line; line = line->next) {
        out_line_drop(line);
        while (line->first)
            out_shift(line);
    }
    sweep(outbound);
    loop_undefer(loop, &outbound->pump);
    loop_undefer(loop, &outbound->tell);
    loop_timer_disarm(loop, &outbound->timer);
    out_receipts_destroy(outbound->receipts);
    matrix_media_destroy(outbound->media);
    for (size_t i = 0; i < outbound->end_count; i++)
        mem_free(outbound->ends[i].message_id);
    mem_free(outbound->ends);
    mem_free(outbound->seen);
    map_done(&outbound->rooms);
    map_done(&outbound->people);
    mem_free(outbound);
}
