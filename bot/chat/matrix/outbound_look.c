/* SPDX-License-Identifier: MIT */
/* outbound_look.c: a homeserver forgets transaction ids; what may have been said longer ago is
 * looked for in the room before it is said, by unsigned.transaction_id, which only our own device
 * sees (client-server API, "Transaction identifiers"). */
#include <errno.h>
#include <stdio.h>

#include "chat/matrix/account.h"
#include "chat/matrix/outbound_internal.h"
#include "observe/log.h"

enum {
    PAGES_MAX = 20,
    PAGE_BYTES = 8 * 1024 * 1024,
    CLOCKS_APART_MS = 5 * 60 * 1000, /* a homeserver's clock and ours */
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Which part of the item an event is; out_part_count: none. */
static size_t part_of(struct out_item *item, const char *transaction)
{
    size_t was = item->part, count = out_part_count(item);
    char mine[OUT_TRANSACTION_BYTES];
    for (item->part = 0; item->part < count; item->part++) {
        out_transaction(item, mine);
        if (strcmp(mine, transaction) == 0)
            break;
    }
    size_t found = item->part;
    item->part = was;
    return found;
}

static void note(struct out_line *line, const json_t *event)
{
    struct out_item *item = line->first;
    struct str user = matrix_account_user(line->outbound->session->account);
    const char *transaction = text_of(json_object_get(event, "unsigned"), "transaction_id");
    if (!transaction[0] || !str_eq_c(user, text_of(event, "sender")))
        return;
    size_t part = part_of(item, transaction);
    if (part >= out_part_count(item))
        return;
    item->is_sent[part] = true;
    out_keep_id(item, part, str_of(text_of(event, "event_id")));
}

static bool is_older(const json_t *event, int64_t at)
{
    const json_t *sent_at = json_object_get(event, "origin_server_ts");
    return json_is_integer(sent_at) && json_integer_value(sent_at) < at - CLOCKS_APART_MS;
}

/* True: there may be more behind this page. */
static bool read_page(struct out_line *line, const json_t *json)
{
    struct out_item *item = line->first;
    const json_t *events = json_object_get(json, "chunk");
    const json_t *end = json_object_get(json, "end");
    size_t count = json_array_size(events);
    for (size_t i = 0; i < count; i++)
        note(line, json_array_get(events, i));
    if (!json_is_string(end) || ++item->pages >= PAGES_MAX ||
        (count > 0 && is_older(json_array_get(events, count - 1), item->message.created_at)))
        return false;
    item->from = str_keep(&item->arena,
                          (struct str){json_string_value(end), json_string_length(end)});
    return item->from.ptr != NULL;
}

static void looked(void *ctx, const struct matrix_answer *answer)
{
    struct out_line *line = ctx;
    line->call = NULL;
    line->outbound->under_way--;
    matrix_outbound_wake(line->outbound);
    bool is_final = answer->result == -ENOENT || answer->result == -EINVAL ||
                    (answer->result == -EACCES && answer->status == 403);
    if (answer->result < 0 && !is_final) {
        out_wait(line, answer);
        return;
    }
    line->failures = 0;
    if (is_final) { /* we do not see the room: nor can we speak there */
        log_event(LOG_LEVEL_WARNING, "matrix_look_back",
                  LOG_TEXT("network", line->outbound->session->network.name),
                  LOG_INT("status", answer->status));
        out_end(line, CHAT_REFUSED);
        return;
    }
    if (!read_page(line, answer->json))
        line->first->must_look = false;
}

static int add_path(const struct out_line *line, const struct matrix_room *room, struct buf *path)
{
    const struct out_item *item = line->first;
    const struct str parts[] = {room->id, item->from};
    AUTO_JSON *filter = json_pack(
        "{s:[o], s:b}", "senders",
        matrix_json_text(matrix_account_user(line->outbound->session->account)),
        "lazy_load_members", 1);
    struct arena arena = {0};
    struct str text;
    int r = filter ? matrix_json_dump(filter, &arena, &text) : -ENOMEM;
    if (r == 0)
        r = matrix_path(path, "/_matrix/client/v3/rooms/{}/messages?dir=b&limit=100", parts, 1);
    if (r == 0)
        r = matrix_path(path, "&filter={}", &text, 1);
    if (r == 0 && !str_empty(item->from))
        r = matrix_path(path, "&from={}", &parts[1], 1);
    arena_done(&arena);
    return r;
}

void out_look(struct out_line *line, const struct matrix_room *room)
{
    AUTO_BUF path;
    buf_init(&path, OUT_PATH_BYTES);
    int r = add_path(line, room, &path);
    struct matrix_request request = {
        .method = "GET", .path = buf_str(&path), .max_bytes = PAGE_BYTES};
    if (r == 0)
        r = matrix_request(line->outbound->session, &request, looked, line, &line->call);
    if (r < 0)
        out_wait(line, NULL);
    else
        line->outbound->under_way++;
}
