/* SPDX-License-Identifier: MIT */
/* direct.c: private rooms: where to write to somebody, and what is kept of it.
 *
 * Creating a room is not idempotent: createRoom has no transaction id.  So a wish with a random
 * name is committed first, the room carries that name in its creation content, and whoever finds a
 * wish whose end is not known looks for the room before asking for another. */
#include "chat/matrix/direct_internal.h"

#include <errno.h>
#include <sodium.h>

#include "chat/matrix/account.h"
#include "observe/log.h"

#define NETWORK(direct) LOG_TEXT("network", (direct)->session->network.name)

enum {
    NEW_MS = 60 * 1000, /* an answer of /sync may be from before the room was whole */
    MAKING_MS = 3600 * 1000,
};

int64_t direct_now(const struct matrix_direct *direct)
{
    return clock_wall_at(loop_clock(direct->session->env.loop));
}

static int64_t elapsed_ms(const struct matrix_direct *direct)
{
    return clock_elapsed_ms(loop_clock(direct->session->env.loop));
}

/* ---- people ---------------------------------------------------------------------------------- */

static void free_person(struct direct_person *person)
{
    if (!person)
        return;
    matrix_cancel(person->call);
    loop_timer_disarm(person->direct->session->env.loop, &person->timer);
    json_decref(person->candidates);
    mem_free(person->user);
    mem_free(person->room);
    mem_free(person->beside);
    mem_free(person);
}

static void on_timer(struct loop_timer *timer)
{
    direct_step(CONTAINER_OF(timer, struct direct_person, timer));
}

struct direct_person *direct_add(struct matrix_direct *direct, struct str user)
{
    if (direct->people.count >= MATRIX_PEOPLE_MAX || str_empty(user))
        return NULL;
    struct direct_person *person = mem_zalloc(sizeof *person);
    if (!person)
        return NULL;
    person->direct = direct;
    person->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_timer};
    person->user = str_copy(user);
    if (!person->user || map_put(&direct->people, user, person) < 0) {
        free_person(person);
        return NULL;
    }
    return person;
}

static int set_id(char **id, struct str value)
{
    char *copy = str_empty(value) ? NULL : str_copy(value);
    if (!copy && !str_empty(value))
        return -ENOMEM;
    mem_free(*id);
    *id = copy;
    return 0;
}

int direct_set_room(struct direct_person *person, struct str room)
{
    return set_id(&person->room, room);
}

static struct matrix_room *room_of(const struct direct_person *person)
{
    return person->room ? matrix_rooms_by_id(person->direct->session->rooms, str_of(person->room))
                        : NULL;
}

static struct direct_person *person_of(struct matrix_direct *direct, struct str user)
{
    struct direct_person *person = map_get(&direct->people, user);
    if (person)
        return person;
    person = direct_add(direct, user);
    if (person && direct_load_one(person) == -ENOMEM) {
        map_remove(&direct->people, user);
        free_person(person);
        return NULL;
    }
    return person; /* what cannot be read is asked of the server */
}

/* ---- phases ---------------------------------------------------------------------------------- */

void direct_touch(struct direct_person *person)
{
    struct matrix_direct *direct = person->direct;
    if (!person->is_dirty)
        direct->dirty++;
    person->is_dirty = true;
    person->is_being_kept = false;
    loop_defer(direct->session->env.loop, &direct->save);
}

void direct_set_phase(struct direct_person *person, enum direct_phase phase)
{
    matrix_cancel(TAKE(person->call));
    loop_timer_disarm(person->direct->session->env.loop, &person->timer);
    json_decref(TAKE(person->candidates));
    person->next = 0;
    person->failures = 0;
    person->phase = phase;
    if (phase == DIRECT_WISH)
        person->wish[0] = '\0'; /* a new one */
}

void direct_refuse(struct direct_person *person)
{
    direct_set_phase(person, DIRECT_REFUSED);
    person->at = direct_now(person->direct);
    person->gives_up = false;
    direct_touch(person);
    matrix_outbound_wake(person->direct->session->outbound);
}

void direct_there(struct direct_person *person, enum matrix_membership membership)
{
    struct matrix_direct *direct = person->direct;
    direct_set_phase(person, DIRECT_THERE);
    person->they = membership;
    person->at = direct_now(direct);
    person->since_ms = elapsed_ms(direct);
    person->is_forced = false;
    direct_touch(person);
    direct_data_write(direct);
    matrix_outbound_wake(direct->session->outbound);
}

void direct_retry(struct direct_person *person, const struct matrix_answer *answer)
{
    struct matrix_session *session = person->direct->session;
    int64_t in_ms = matrix_retry_ms(session, answer, ++person->failures);
    if (loop_timer_arm_in(session->env.loop, &person->timer, in_ms) < 0)
        log_event(LOG_LEVEL_WARNING, "matrix_private_timer", NETWORK(person->direct),
                  LOG_ERRNO(-ENOMEM)); /* the next message to them begins again */
}

static void wish(struct direct_person *person)
{
    unsigned char bytes[MATRIX_WISH_BYTES];
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(person->wish, sizeof person->wish, bytes, sizeof bytes);
    person->at = direct_now(person->direct);
    direct_touch(person);
}

void direct_step(struct direct_person *person)
{
    if (person->call || loop_timer_armed(&person->timer))
        return;
    switch (person->phase) {
    case DIRECT_LOOK:
        direct_look(person);
        break;
    case DIRECT_WISH:
        if (!person->wish[0])
            wish(person);
        break;
    case DIRECT_ASK:
        direct_ask(person);
        break;
    case DIRECT_SEARCH:
        direct_search(person);
        break;
    case DIRECT_CHECK:
        direct_check(person);
        break;
    case DIRECT_THERE:
    case DIRECT_REFUSED:
        break;
    }
}

/* ---- where to write -------------------------------------------------------------------------- */

/* Usable: its state is known, and what is said there can be read by them alone. */
static bool is_open(const struct matrix_room *room)
{
    return room && room->membership == MATRIX_IN && !room->is_encrypted;
}

/* They invited us, or came into another one: the latest is theirs. */
static bool adopt(struct direct_person *person)
{
    struct matrix_session *session = person->direct->session;
    struct matrix_room *room = matrix_rooms_with(session->rooms, str_of(person->user));
    if (person->is_crowded || !is_open(room) ||
        matrix_rooms_member(room, str_of(person->user)) != MATRIX_IN)
        return false;
    if (direct_set_room(person, room->id) < 0)
        return false;
    direct_there(person, MATRIX_IN);
    return true;
}

static enum matrix_direct_state there(struct direct_person *person, struct matrix_room **ret_room)
{
    struct matrix_direct *direct = person->direct;
    struct matrix_room *room = room_of(person);
    if (is_open(room) && str_eq_c(room->with, person->user)) {
        *ret_room = room;
        return person->they == MATRIX_IN ? MATRIX_DIRECT_JOINED : MATRIX_DIRECT_ASKED;
    }
    if (adopt(person)) {
        *ret_room = room_of(person);
        return MATRIX_DIRECT_JOINED;
    }
    bool is_shut = room && room->is_encrypted;
    if (is_open(room)) { /* others were asked in: it is not private any more */
        direct_set_phase(person, DIRECT_WISH);
        matrix_rooms_leave(direct->session->rooms, room);
        direct_step(person);
        return MATRIX_DIRECT_MAKING;
    }
    if (!is_shut && elapsed_ms(direct) - person->since_ms < MATRIX_ENTER_MS)
        return MATRIX_DIRECT_MAKING; /* its state is asked */
    /* Encrypted since, or none that we are in any more: one that they turned to encryption is not
     * answered by another at once. */
    if (is_shut) {
        direct_refuse(person);
        return MATRIX_DIRECT_REFUSED;
    }
    direct_set_phase(person, DIRECT_WISH);
    direct_step(person);
    return MATRIX_DIRECT_MAKING;
}

static void begin(struct direct_person *person)
{
    if (person->phase == DIRECT_REFUSED)
        direct_set_phase(person, DIRECT_LOOK);
    person->is_forced = false;
    direct_step(person);
}

enum matrix_direct_state matrix_direct_room(struct matrix_direct *direct, struct str user,
                                            struct matrix_room **ret_room)
{
    struct direct_person *person = person_of(direct, user);
    if (!person)
        return MATRIX_DIRECT_NONE;
    switch (person->phase) {
    case DIRECT_THERE:
        return there(person, ret_room);
    case DIRECT_REFUSED:
        if (adopt(person))
            return there(person, ret_room);
        if (direct_now(direct) - person->at < CLOCK_DAY_MS)
            return MATRIX_DIRECT_REFUSED;
        begin(person);
        return MATRIX_DIRECT_MAKING;
    case DIRECT_LOOK:
        if (adopt(person))
            return there(person, ret_room);
        direct_step(person);
        break;
    case DIRECT_WISH:
    case DIRECT_ASK:
    case DIRECT_SEARCH:
    case DIRECT_CHECK:
        direct_step(person);
        break;
    }
    return person->phase == DIRECT_THERE ? there(person, ret_room) : MATRIX_DIRECT_MAKING;
}

void matrix_direct_spoke(struct matrix_direct *direct, struct str user)
{
    struct direct_person *person = direct ? map_get(&direct->people, user) : NULL;
    if (person && person->phase == DIRECT_REFUSED && !person->is_forced)
        direct_set_phase(person, DIRECT_LOOK);
}

/* ---- what the server tells ------------------------------------------------------------------- */

enum matrix_membership direct_membership(const json_t *content)
{
    const char *text = json_string_value(json_object_get(content, "membership"));
    if (!text)
        return MATRIX_OUT;
    return strcmp(text, "join") == 0     ? MATRIX_IN
           : strcmp(text, "invite") == 0 ? MATRIX_INVITED
           : strcmp(text, "ban") == 0    ? MATRIX_BANNED
                                         : MATRIX_OUT;
}

static void changed(struct direct_person *person, enum matrix_membership membership)
{
    bool is_gone = membership != MATRIX_IN && membership != MATRIX_INVITED;
    if (is_gone) {
        direct_refuse(person);
        return;
    }
    if (membership == person->they)
        return;
    person->they = membership;
    person->at = direct_now(person->direct);
    direct_touch(person);
}

/* Somebody else reads along: what was private there is not any more.  It is left, outside of the
 * reading that told us, and they get another one when there is something to say. */
static void crowded(struct matrix_direct *direct, struct matrix_room *room)
{
    struct direct_person *person = person_of(direct, room->with);
    if (!person || person->is_crowded || direct_set_room(person, room->id) < 0)
        return;
    log_event(LOG_LEVEL_WARNING, "matrix_private_room_crowded",
              LOG_TEXT("network", direct->session->network.name));
    person->is_crowded = true;
    direct_refuse(person);
    person->at = 0; /* not of their making: no day is waited */
}

void direct_leave_crowded(struct matrix_direct *direct)
{
    struct matrix_rooms *rooms = direct->session->rooms;
    size_t cursor = 0;
    void *item;
    while (map_next(&direct->people, &cursor, NULL, &item)) {
        struct direct_person *person = item;
        struct matrix_room *room = person->is_crowded ? room_of(person) : NULL;
        person->is_crowded = false;
        if (room)
            matrix_rooms_leave(rooms, room);
    }
}

void matrix_direct_member(struct matrix_direct *direct, struct matrix_room *room, struct str user,
                          enum matrix_membership membership)
{
    if (!direct || str_empty(room->with))
        return;
    if (!str_eq(room->with, user)) {
        if (membership == MATRIX_IN && !str_eq(user, matrix_account_user(direct->session->account)))
            crowded(direct, room);
        return;
    }
    matrix_outbound_wake(direct->session->outbound);
    struct direct_person *person = person_of(direct, user);
    if (!person || person->is_crowded)
        return;
    bool is_ours = person->room && str_eq_c(room->id, person->room);
    if (person->phase == DIRECT_THERE && is_ours) {
        changed(person, membership);
        return;
    }
    /* Theirs, not ours: kept, so that a restart knows that it is private. */
    bool is_free = person->phase == DIRECT_LOOK || person->phase == DIRECT_REFUSED ||
                   (person->phase == DIRECT_THERE && person->they != MATRIX_IN);
    if (membership != MATRIX_IN || !is_free || room->is_encrypted ||
        direct_set_room(person, room->id) < 0)
        return;
    direct_there(person, MATRIX_IN);
}

/* One that they have beside their room is listed in m.direct alone. */
void matrix_direct_entered(struct matrix_direct *direct, struct str user, struct str room_id)
{
    struct direct_person *person = person_of(direct, user);
    if (!person)
        return;
    bool is_other = person->phase == DIRECT_THERE && person->they == MATRIX_IN && person->room &&
                    !str_eq_c(room_id, person->room);
    bool is_being_made = person->phase != DIRECT_THERE && person->phase != DIRECT_LOOK &&
                         person->phase != DIRECT_REFUSED;
    if (is_other || is_being_made) {
        if (set_id(&person->beside, room_id) == 0)
            direct_data_write(direct);
    } else if (direct_set_room(person, room_id) == 0) {
        direct_there(person, MATRIX_IN);
    }
}

bool matrix_direct_is_kept(const struct matrix_direct *direct, struct str user, struct str room_id)
{
    const struct direct_person *person = map_get(&direct->people, user);
    bool is_theirs = person && person->room && str_eq_c(room_id, person->room) && !person->is_dirty;
    bool is_beside = person && person->beside && str_eq_c(room_id, person->beside);
    /* they left again, or it was not private after all: nothing is to be kept */
    bool is_over = !person || (!is_beside && !(person->room && str_eq_c(room_id, person->room)));
    return is_over || ((is_theirs || is_beside) && direct_data_is_written(direct));
}

bool matrix_direct_is_read(const struct matrix_direct *direct)
{
    return !direct || direct->data;
}

bool matrix_direct_may_leave(const struct matrix_direct *direct, struct str room_id)
{
    size_t cursor = 0;
    void *item;
    while (direct && map_next(&direct->people, &cursor, NULL, &item)) {
        const struct direct_person *person = item;
        int64_t age_ms = direct_now(direct) - person->at;
        bool is_new = person->room && str_eq_c(room_id, person->room) && age_ms < NEW_MS;
        bool is_being_made = person->phase != DIRECT_LOOK && person->phase != DIRECT_THERE &&
                             person->phase != DIRECT_REFUSED && age_ms < MAKING_MS;
        if (is_being_made || is_new)
            return false;
    }
    return true;
}

void matrix_direct_left(struct matrix_direct *direct, struct matrix_room *room)
{
    struct direct_person *person = direct && room->with.len ? map_get(&direct->people, room->with)
                                                            : NULL;
    if (person && person->phase == DIRECT_THERE && person->room && str_eq_c(room->id, person->room))
        direct_refuse(person);
}

/* ---- life ------------------------------------------------------------------------------------ */

void matrix_direct_start(struct matrix_direct *direct)
{
    direct_data_read(direct);
}

int matrix_direct_create(struct matrix_session *session, struct matrix_direct **ret_direct)
{
    struct matrix_direct *direct = mem_zalloc(sizeof *direct);
    if (!direct)
        return -ENOMEM;
    direct->session = session;
    direct_keep_init(direct);
    direct_data_init(direct);
    int r = direct_load(direct);
    if (r < 0) {
        matrix_direct_destroy(direct);
        return r;
    }
    *ret_direct = direct;
    return 0;
}

void matrix_direct_destroy(struct matrix_direct *direct)
{
    if (!direct)
        return;
    size_t cursor = 0;
    void *person;
    while (map_next(&direct->people, &cursor, NULL, &person))
        free_person(person);
    map_done(&direct->people);
    direct_data_done(direct);
    loop_undefer(direct->session->env.loop, &direct->save);
    loop_timer_disarm(direct->session->env.loop, &direct->save_timer);
    mem_free(direct);
}
