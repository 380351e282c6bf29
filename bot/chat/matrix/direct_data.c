/* SPDX-License-Identifier: MIT */
/* direct_data.c: m.direct in the account's data: which rooms are private and with whom, as other
 * clients of the account see it, and as the floor reads it when no database can be (client-server
 * API, "Direct messaging"). */
#include "chat/matrix/direct_internal.h"

#include <errno.h>

#include "chat/matrix/account.h"
#include "observe/log.h"

enum {
    PATH_MAX_BYTES = 16 * 1024,
    DATA_BYTES = 8 * 1024 * 1024,
    ROOMS_EACH = 3, /* of one person, the latest: older ones are mostly left */
};

static void data_timer(struct loop_timer *timer)
{
    struct matrix_direct *direct = CONTAINER_OF(timer, struct matrix_direct, data_timer);
    if (direct->sends_data)
        direct_data_write(direct);
    else
        direct_data_read(direct);
}

void direct_data_init(struct matrix_direct *direct)
{
    direct->data_timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = data_timer};
}

void direct_data_done(struct matrix_direct *direct)
{
    matrix_cancel(direct->data_call);
    loop_timer_disarm(direct->session->env.loop, &direct->data_timer);
    json_decref(direct->data);
}

static void later(struct matrix_direct *direct, const struct matrix_answer *answer)
{
    int64_t in_ms = matrix_retry_ms(direct->session, answer, ++direct->data_failures);
    if (loop_timer_arm_in(direct->session->env.loop, &direct->data_timer, in_ms) < 0)
        log_event(LOG_LEVEL_WARNING, "matrix_private_timer",
                  LOG_TEXT("network", direct->session->network.name), LOG_ERRNO(-ENOMEM));
}

static int request(struct matrix_direct *direct, const char *method, struct str body,
                   matrix_done_fn done)
{
    AUTO_BUF path;
    buf_init(&path, PATH_MAX_BYTES);
    const struct str parts[] = {matrix_account_user(direct->session->account)};
    int r = matrix_path(&path, "/_matrix/client/v3/user/{}/account_data/m.direct", parts, 1);
    struct matrix_request request = {
        .method = method, .path = buf_str(&path), .body = body, .max_bytes = DATA_BYTES};
    return r < 0 ? r : matrix_request(direct->session, &request, done, direct, &direct->data_call);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Everybody who waited to hear whether there is a room already. */
static void look_again(struct matrix_direct *direct)
{
    size_t cursor = 0;
    void *item;
    while (map_next(&direct->people, &cursor, NULL, &item)) {
        struct direct_person *person = item;
        if (person->phase == DIRECT_LOOK)
            matrix_outbound_wake(direct->session->outbound); /* who is wanted is asked for again */
    }
}

/* What no row told: rooms of people who are no members, or of a time before the database; of
 * somebody whose room is known the latest other one. */
static void note_rooms(struct matrix_direct *direct, const char *user, const json_t *list)
{
    struct matrix_rooms *rooms = direct->session->rooms;
    const struct direct_person *person = map_get(&direct->people, str_of(user));
    size_t count = json_array_size(list);
    bool is_there = person && person->phase == DIRECT_THERE && person->room;
    size_t most = is_there ? 2 : ROOMS_EACH;
    for (size_t i = count > most ? count - most : 0; i < count; i++) {
        const json_t *id = json_array_get(list, i);
        if (!json_is_string(id) || (is_there && strcmp(json_string_value(id), person->room) == 0))
            continue;
        struct matrix_room *room = matrix_rooms_add(
            rooms, (struct str){json_string_value(id), json_string_length(id)});
        if (room && matrix_rooms_private(rooms, room, str_of(user)) < 0)
            mem_note_shortage();
    }
}

void matrix_direct_account_data(struct matrix_direct *direct, const json_t *content)
{
    if (!direct || !json_is_object(content))
        return;
    json_t *copy = json_deep_copy(content);
    if (!copy) {
        mem_note_shortage();
        return;
    }
    const char *user;
    json_t *list;
    json_decref(direct->data);
    direct->data = copy;
    json_object_foreach(copy, user, list) note_rooms(direct, user, list);
    look_again(direct);
}

static void was_read(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_direct *direct = ctx;
    direct->data_call = NULL;
    if (answer->result != 0 && answer->result != -ENOENT) {
        later(direct, answer);
        return;
    }
    direct->data_failures = 0;
    AUTO_JSON *nothing = json_object();
    matrix_direct_account_data(
        direct, answer->result == 0 && json_is_object(answer->json) ? answer->json : nothing);
    if (direct->sends_data)
        direct_data_write(direct);
}

void direct_data_read(struct matrix_direct *direct)
{
    if (direct->data_call || loop_timer_armed(&direct->data_timer))
        return;
    if (request(direct, "GET", (struct str){0}, was_read) < 0)
        later(direct, NULL);
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool lists(const json_t *list, const char *room)
{
    size_t i;
    const json_t *id;
    json_array_foreach((json_t *)(uintptr_t)list, i, id)
    {
        if (json_is_string(id) && strcmp(json_string_value(id), room) == 0)
            return true;
    }
    return false;
}

/* Behind the others: the last one is the one in use.  1: it was not there; -ENOMEM. */
static int list_room(json_t *data, const char *user, const char *room)
{
    json_t *list = json_object_get(data, user);
    if (!json_is_array(list)) {
        list = json_array();
        if (json_object_set_new(data, user, list) < 0)
            return -ENOMEM;
    }
    if (lists(list, room))
        return 0;
    return json_array_append_new(list, matrix_json_text(str_of(room))) < 0 ? -ENOMEM : 1;
}

static int add_rooms(struct matrix_direct *direct)
{
    size_t cursor = 0;
    void *item;
    int changed = 0;
    while (map_next(&direct->people, &cursor, NULL, &item)) {
        const struct direct_person *person = item;
        bool is_there = person->phase == DIRECT_THERE && person->room;
        int beside = person->beside ? list_room(direct->data, person->user, person->beside) : 0;
        int r = is_there ? list_room(direct->data, person->user, person->room) : 0;
        if (r < 0 || beside < 0)
            return -ENOMEM;
        changed |= r | beside;
    }
    return changed;
}

bool direct_data_is_written(const struct matrix_direct *direct)
{
    return direct->data && !direct->sends_data && !direct->data_call;
}

static void was_written(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_direct *direct = ctx;
    direct->data_call = NULL;
    if (answer->result == -EAGAIN || answer->result == -EACCES) {
        direct->sends_data = true;
        json_decref(TAKE(direct->data)); /* read again: another client may have written */
        later(direct, answer);
        return;
    }
    direct->data_failures = 0;
    if (answer->result < 0)
        log_event(LOG_LEVEL_WARNING, "matrix_m_direct",
                  LOG_TEXT("network", direct->session->network.name),
                  LOG_INT("status", answer->status));
    if (direct->sends_data)
        direct_data_write(direct);
}

void direct_data_write(struct matrix_direct *direct)
{
    direct->sends_data = true;
    if (direct->data_call || loop_timer_armed(&direct->data_timer))
        return;
    if (!direct->data) {
        direct_data_read(direct); /* others may stand in it: it is never written unread */
        return;
    }
    struct arena arena = {0};
    struct str text;
    int r = add_rooms(direct);
    if (r > 0)
        r = matrix_json_dump(direct->data, &arena, &text);
    else if (r == 0)
        r = 1; /* nothing is new */
    if (r == 0)
        r = request(direct, "PUT", text, was_written);
    arena_done(&arena);
    if (r < 0)
        later(direct, NULL);
    else
        direct->sends_data = false;
}
