/* SPDX-License-Identifier: MIT */
/* filter.c: what the homeserver shall tell, kept there under a name. */
#include "chat/matrix/filter.h"

#include <errno.h>

#include "chat/matrix/account.h"
#include "chat/matrix/event.h"
#include "chat/matrix/request.h"
#include "observe/log.h"

enum { FILTER_MAX = 4096, NAME_MAX_BYTES = 255 };

/* Of all that a homeserver could tell: messages, who comes and goes, who may do what.  Members only
 * as they speak, each time (after a restart we would not know them, and the server would not tell
 * again). */
#define TIMELINE_TYPES                                                                             \
    "\"m.room.message\",\"m.reaction\",\"m.room.redaction\",\"m.room.member\",\"m.room.topic\","   \
    "\"m.room.create\",\"m.room.power_levels\",\"m.room.encryption\",\"m.room.encrypted\","        \
    "\"m.room.tombstone\",\"m.space.child\",\"m.poll.response\",\"org.matrix.msc3381.poll."        \
    "response\""
#define STATE_TYPES                                                                                \
    "\"m.room.create\",\"m.room.power_levels\",\"m.room.encryption\",\"m.room.member\","           \
    "\"m.room.tombstone\",\"m.space.child\""
#define LAZY "\"lazy_load_members\":true,\"include_redundant_members\":true"
#define FILTER                                                                                     \
    "{\"presence\":{\"not_types\":[\"*\"]},\"account_data\":{\"types\":[\"m.direct\"]},\"room\":{" \
    "\"ephemeral\":{\"not_types\":[\"*\"]},\"account_data\":{\"not_types\":[\"*\"]},\"state\":{"   \
    "\"types\":[" STATE_TYPES "]," LAZY "},\"timeline\":{\"limit\":%u,\"types\":[" TIMELINE_TYPES  \
    "]," LAZY "}}}"

struct matrix_filter {
    struct matrix_session *session;
    struct matrix_call *call;
    char *name; /* NULL: not kept there */
};

static int add_whole(unsigned limit, struct buf *out)
{
    buf_add_format(out, FILTER, limit);
    return out->failed;
}

static void uploaded(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_filter *filter = ctx;
    filter->call = NULL;
    struct str name = answer->result == 0 ? matrix_event_text(answer->json, "filter_id")
                                          : (struct str){0};
    /* "{" begins a filter itself; without a name all goes on as before */
    if (!str_empty(name) && name.len <= NAME_MAX_BYTES && name.ptr[0] != '{')
        filter->name = str_copy(name);
    if (!filter->name && answer->result != -ECANCELED)
        log_event(LOG_LEVEL_INFO, "matrix_filter_not_kept",
                  LOG_TEXT("network", filter->session->network.name),
                  LOG_INT("status", answer->status));
}

void matrix_filter_upload(struct matrix_filter *filter)
{
    AUTO_BUF body;
    AUTO_BUF path;
    struct str user = matrix_account_user(filter->session->account);
    buf_init(&body, FILTER_MAX);
    buf_init(&path, FILTER_MAX);
    if (filter->name || filter->call || add_whole(MATRIX_TIMELINE_LIMIT, &body) < 0 ||
        matrix_path(&path, "/_matrix/client/v3/user/{}/filter", &user, 1) < 0)
        return;
    struct matrix_request request = {
        .method = "POST", .path = buf_str(&path), .body = buf_str(&body)};
    /* refused: each poll has the whole */
    (void)!matrix_request(filter->session, &request, uploaded, filter, &filter->call);
}

void matrix_filter_forget(struct matrix_filter *filter)
{
    mem_free(TAKE(filter->name));
}

void matrix_filter_stop(struct matrix_filter *filter)
{
    matrix_cancel(TAKE(filter->call));
}

int matrix_filter_add(const struct matrix_filter *filter, unsigned limit, bool is_whole,
                      struct buf *out)
{
    if (!filter->name || is_whole)
        return add_whole(limit, out);
    buf_add_c(out, filter->name);
    return out->failed;
}

int matrix_filter_create(struct matrix_session *session, struct matrix_filter **ret_filter)
{
    *ret_filter = mem_zalloc(sizeof **ret_filter);
    if (!*ret_filter)
        return -ENOMEM;
    (*ret_filter)->session = session;
    return 0;
}

void matrix_filter_destroy(struct matrix_filter *filter)
{
    if (!filter)
        return;
    matrix_filter_stop(filter);
    mem_free(filter->name);
    mem_free(filter);
}
