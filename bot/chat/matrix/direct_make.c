/* SPDX-License-Identifier: MIT */
/* direct_make.c: a private room is looked for, asked for, found again, and checked. */
#include "chat/matrix/direct_internal.h"

#include <errno.h>

#include "base/die.h"
#include "chat/matrix/account.h"
#include "observe/log.h"

enum {
    PATH_MAX_BYTES = 16 * 1024,
    JOINED_BYTES = 16 * 1024 * 1024, /* of /joined_rooms: some hundred thousand ids */
    RECENT_MS = 60 * 1000, /* a request that was under way when we died has come to its end */
};

#define NETWORK(person) LOG_TEXT("network", (person)->direct->session->network.name)

/* ---- asking ---------------------------------------------------------------------------------- */

static int ask_server(struct direct_person *person, const char *method, struct str path,
                      struct str body, matrix_done_fn done)
{
    struct matrix_request request = {
        .method = method, .path = path, .body = body, .max_bytes = JOINED_BYTES};
    return matrix_request(person->direct->session, &request, done, person, &person->call);
}

int direct_get(struct direct_person *person, const char *pattern, const struct str *parts,
               size_t count, matrix_done_fn done)
{
    AUTO_BUF path;
    buf_init(&path, PATH_MAX_BYTES);
    int r = matrix_path(&path, pattern, parts, count);
    return r < 0 ? r : ask_server(person, "GET", buf_str(&path), (struct str){0}, done);
}

/* What cannot be asked now is asked later. */
static void begun(struct direct_person *person, int r)
{
    if (r < 0)
        direct_retry(person, NULL);
}

/* Not an answer: the same again, later. */
static bool is_trouble(const struct matrix_answer *answer)
{
    return answer->result == -EAGAIN || answer->result == -EBADMSG || answer->result == -EMSGSIZE ||
           answer->result == -ENOMEM || answer->result == -ECANCELED ||
           (answer->result == -EACCES && answer->status != 403);
}

static struct str candidate(const struct direct_person *person)
{
    const json_t *id = json_array_get(person->candidates, person->next);
    return json_is_string(id) ? (struct str){json_string_value(id), json_string_length(id)}
                              : (struct str){0};
}

static bool has_more(const struct direct_person *person)
{
    return person->next < json_array_size(person->candidates);
}

/* ---- LOOK: m.direct -------------------------------------------------------------------------- */

static void take_found(struct direct_person *person, struct str room_id,
                       enum matrix_membership membership)
{
    struct matrix_rooms *rooms = person->direct->session->rooms;
    struct matrix_room *room = matrix_rooms_add(rooms, room_id);
    if (!room || matrix_rooms_private(rooms, room, str_of(person->user)) < 0 ||
        direct_set_room(person, room_id) < 0) {
        direct_retry(person, NULL);
        return;
    }
    direct_there(person, membership);
}

static void looked(void *ctx, const struct matrix_answer *answer)
{
    struct direct_person *person = ctx;
    person->call = NULL;
    if (is_trouble(answer)) {
        direct_retry(person, answer);
        return;
    }
    enum matrix_membership membership = answer->result == 0 ? direct_membership(answer->json)
                                                            : MATRIX_OUT;
    if (membership == MATRIX_IN || membership == MATRIX_INVITED) {
        take_found(person, candidate(person), membership);
        return;
    }
    person->next++;
    direct_step(person);
}

/* The latest first, as clients do. */
static json_t *reversed(const json_t *list)
{
    json_t *out = json_array();
    for (size_t i = json_array_size(list); i > 0 && out; i--)
        json_array_append(out, json_array_get(list, i - 1));
    return out;
}

void direct_look(struct direct_person *person)
{
    struct matrix_direct *direct = person->direct;
    if (!direct->data) {
        direct_data_read(direct); /* begins everybody's LOOK again */
        return;
    }
    if (!person->candidates) {
        person->candidates = reversed(json_object_get(direct->data, person->user));
        if (!person->candidates) {
            direct_retry(person, NULL);
            return;
        }
    }
    while (has_more(person) && str_empty(candidate(person)))
        person->next++;
    if (!has_more(person)) {
        direct_set_phase(person, DIRECT_WISH);
        direct_step(person);
        return;
    }
    const struct str parts[] = {candidate(person), str_of(person->user)};
    begun(person, direct_get(person, "/_matrix/client/v3/rooms/{}/state/m.room.member/{}", parts,
                             COUNT_OF(parts), looked));
}

/* ---- ASK: createRoom ------------------------------------------------------------------------- */

static void made(struct direct_person *person, const json_t *json)
{
    const json_t *id = json_object_get(json, "room_id");
    DIE_AT(DIE_ROOM_CREATED);
    if (!json_is_string(id) ||
        direct_set_room(person, (struct str){json_string_value(id), json_string_length(id)}) < 0) {
        direct_set_phase(person, DIRECT_SEARCH); /* it is there all the same */
        direct_step(person);
        return;
    }
    person->they = MATRIX_INVITED;
    direct_set_phase(person, DIRECT_CHECK);
    direct_step(person);
}

static void asked(void *ctx, const struct matrix_answer *answer)
{
    struct direct_person *person = ctx;
    person->call = NULL;
    if (answer->result == 0) {
        made(person, answer->json);
        return;
    }
    log_event(LOG_LEVEL_WARNING, "matrix_private_room", NETWORK(person),
              LOG_INT("status", answer->status), LOG_ERRNO(answer->result));
    if (answer->status == 429 || (answer->result == -EACCES && answer->status != 403)) {
        direct_retry(person, answer); /* nothing was made */
        return;
    }
    unsigned failures = person->failures;
    person->was_searched = false;
    /* Refused: the room may stand nevertheless, without the one it was for. */
    person->gives_up = !is_trouble(answer);
    direct_set_phase(person, DIRECT_SEARCH);
    person->failures = failures;
    direct_retry(person, answer);
}

static json_t *body_of(const struct direct_person *person)
{
    return json_pack("{s:s, s:b, s:[o], s:s, s:{s:s}}", "preset", "trusted_private_chat",
                     "is_direct", 1, "invite", matrix_json_text(str_of(person->user)), "visibility",
                     "private", "creation_content", MATRIX_WISH_KEY, person->wish);
}

void direct_ask(struct direct_person *person)
{
    struct arena arena = {0};
    struct str text;
    AUTO_JSON *body = body_of(person);
    int r = body ? matrix_json_dump(body, &arena, &text) : -ENOMEM;
    if (r == 0)
        r = ask_server(person, "POST", STR("/_matrix/client/v3/createRoom"), text, asked);
    arena_done(&arena);
    begun(person, r);
}

/* ---- SEARCH: which of the rooms that we are in carries the wish? ----------------------------- */

static void not_found(struct direct_person *person)
{
    struct matrix_direct *direct = person->direct;
    bool is_recent = direct_now(direct) - person->at < RECENT_MS;
    bool again = !person->was_searched && is_recent;
    bool gives_up = person->gives_up;
    direct_set_phase(person, DIRECT_SEARCH);
    person->was_searched = true;
    if (again) {
        if (loop_timer_arm_in(direct->session->env.loop, &person->timer, MATRIX_AGAIN_MS) < 0)
            direct_retry(person, NULL);
        return;
    }
    if (gives_up) {
        direct_refuse(person);
        return;
    }
    direct_set_phase(person, DIRECT_ASK);
    direct_step(person);
}

/* Nobody will come into a room whose invitation was refused. */
static void leave(struct direct_person *person, struct str room_id)
{
    struct matrix_rooms *rooms = person->direct->session->rooms;
    struct matrix_room *room = matrix_rooms_made(rooms, room_id, str_of(person->user));
    if (room)
        matrix_rooms_leave(rooms, room);
    direct_refuse(person);
}

static void found(struct direct_person *person)
{
    struct str room_id = candidate(person);
    if (person->gives_up) {
        leave(person, room_id);
        return;
    }
    if (direct_set_room(person, room_id) < 0) {
        direct_retry(person, NULL);
        return;
    }
    person->they = MATRIX_OUT; /* asked in CHECK */
    direct_set_phase(person, DIRECT_CHECK);
    direct_step(person);
}

static void read_create(void *ctx, const struct matrix_answer *answer)
{
    struct direct_person *person = ctx;
    person->call = NULL;
    if (is_trouble(answer)) {
        direct_retry(person, answer);
        return;
    }
    person->failures = 0;
    const char *wish = json_string_value(json_object_get(answer->json, MATRIX_WISH_KEY));
    if (answer->result == 0 && wish && strcmp(wish, person->wish) == 0) {
        found(person);
        return;
    }
    person->next++;
    direct_step(person);
}

/* Rooms of groups, and of others, are none that we were making. */
static bool is_possible(const struct direct_person *person)
{
    struct str id = candidate(person);
    const struct matrix_room *room = matrix_rooms_by_id(person->direct->session->rooms, id);
    if (str_empty(id))
        return false;
    return !room ||
           (str_empty(room->name) && (str_empty(room->with) || str_eq_c(room->with, person->user)));
}

static void read_joined(void *ctx, const struct matrix_answer *answer)
{
    struct direct_person *person = ctx;
    person->call = NULL;
    const json_t *list = json_object_get(answer->json, "joined_rooms");
    if (answer->result < 0 || !json_is_array(list)) {
        direct_retry(person, answer);
        return;
    }
    person->candidates = reversed(list);
    person->next = 0;
    if (!person->candidates)
        direct_retry(person, NULL);
    else
        direct_step(person);
}

void direct_search(struct direct_person *person)
{
    if (!person->candidates) {
        begun(person, direct_get(person, "/_matrix/client/v3/joined_rooms", NULL, 0, read_joined));
        return;
    }
    while (has_more(person) && !is_possible(person))
        person->next++;
    if (!has_more(person)) {
        not_found(person);
        return;
    }
    const struct str parts[] = {candidate(person)};
    begun(person, direct_get(person, "/_matrix/client/v3/rooms/{}/state/m.room.create/", parts,
                             COUNT_OF(parts), read_create));
}

/* ---- CHECK ----------------------------------------------------------------------------------- */

static void checked(struct direct_person *person)
{
    struct matrix_rooms *rooms = person->direct->session->rooms;
    if (!matrix_rooms_made(rooms, str_of(person->room), str_of(person->user))) {
        direct_retry(person, NULL);
        return;
    }
    direct_there(person, person->they);
}

static void invited(void *ctx, const struct matrix_answer *answer)
{
    struct direct_person *person = ctx;
    person->call = NULL;
    if (is_trouble(answer)) {
        direct_retry(person, answer);
        return;
    }
    if (answer->result < 0) {
        leave(person, str_of(person->room));
        return;
    }
    person->they = MATRIX_INVITED;
    checked(person);
}

static int invite(struct direct_person *person)
{
    AUTO_BUF path;
    struct arena arena = {0};
    struct str text, room = str_of(person->room);
    AUTO_JSON *body = json_pack("{s:o}", "user_id", matrix_json_text(str_of(person->user)));
    buf_init(&path, PATH_MAX_BYTES);
    int r = matrix_path(&path, "/_matrix/client/v3/rooms/{}/invite", &room, 1);
    if (r == 0)
        r = body ? matrix_json_dump(body, &arena, &text) : -ENOMEM;
    if (r == 0)
        r = ask_server(person, "POST", buf_str(&path), text, invited);
    arena_done(&arena);
    return r;
}

/* They were never asked in: createRoom is many steps, of which a server that is slow, and was not
 * waited for, does the invitation last; or it died before. */
static void uninvited(struct direct_person *person)
{
    struct matrix_direct *direct = person->direct;
    if (direct_now(direct) - person->at >= RECENT_MS)
        begun(person, invite(person));
    else if (loop_timer_arm_in(direct->session->env.loop, &person->timer, MATRIX_AGAIN_MS) < 0)
        direct_retry(person, NULL);
}

static void read_member(void *ctx, const struct matrix_answer *answer)
{
    struct direct_person *person = ctx;
    person->call = NULL;
    if (is_trouble(answer)) {
        direct_retry(person, answer);
        return;
    }
    if (answer->result == -ENOENT) {
        uninvited(person);
        return;
    }
    enum matrix_membership membership = answer->result == 0 ? direct_membership(answer->json)
                                                            : MATRIX_OUT;
    if (membership == MATRIX_IN || membership == MATRIX_INVITED) {
        person->they = membership;
        checked(person);
        return;
    }
    direct_refuse(person); /* declined while we were away */
}

/* Some homeservers turn every private room to encryption: there we cannot speak, and must not. */
static void shut(struct direct_person *person)
{
    struct matrix_rooms *rooms = person->direct->session->rooms;
    log_event(LOG_LEVEL_ERROR, "matrix_private_rooms_encrypted", NETWORK(person));
    struct matrix_room *room = matrix_rooms_made(rooms, str_of(person->room), str_of(person->user));
    if (room) {
        room->is_encrypted = true;
        matrix_rooms_leave(rooms, room);
    }
    direct_refuse(person);
    person->is_forced = true;
}

static void read_encryption(void *ctx, const struct matrix_answer *answer)
{
    struct direct_person *person = ctx;
    person->call = NULL;
    if (answer->result == 0) {
        shut(person);
        return;
    }
    if (answer->result != -ENOENT) {
        if (is_trouble(answer))
            direct_retry(person, answer);
        else
            direct_refuse(person); /* we are not in it any more */
        return;
    }
    if (person->they != MATRIX_OUT) {
        checked(person);
        return;
    }
    const struct str parts[] = {str_of(person->room), str_of(person->user)};
    begun(person, direct_get(person, "/_matrix/client/v3/rooms/{}/state/m.room.member/{}", parts,
                             COUNT_OF(parts), read_member));
}

void direct_check(struct direct_person *person)
{
    const struct str parts[] = {str_of(person->room)};
    begun(person, direct_get(person, "/_matrix/client/v3/rooms/{}/state/m.room.encryption/", parts,
                             COUNT_OF(parts), read_encryption));
}
