/* SPDX-License-Identifier: MIT */
/* direct_keep.c: private rooms as rows: read at the start, written in the transaction of the batch
 * that changed them, or in a turn of their own. */
#include <errno.h>

#include "chat/matrix/direct_internal.h"
#include "observe/log.h"
#include "store/matrix_direct.h"

#define NETWORK(direct) LOG_TEXT("network", (direct)->session->network.name)
enum { SAVE_AGAIN_MS = 1000 };

static struct store *store_of(const struct matrix_direct *direct)
{
    const struct chat_env *env = &direct->session->env;
    return env->store ? env->store(env->ctx) : NULL;
}

/* ---- in -------------------------------------------------------------------------------------- */

/* What a row says was true when the cursor behind it was written: all that came since, /sync
 * tells. */
static int take_row(struct direct_person *person, const struct store_direct *row)
{
    struct matrix_rooms *rooms = person->direct->session->rooms;
    int r = direct_set_room(person, row->room);
    if (r < 0 || !str_to_c(row->wish, person->wish, sizeof person->wish))
        return r;
    person->at = row->at;
    switch (row->state) {
    case STORE_DIRECT_WISHED:
        person->phase = DIRECT_SEARCH;
        return 0;
    case STORE_DIRECT_REFUSED:
        person->phase = DIRECT_REFUSED;
        return 0;
    case STORE_DIRECT_ASKED:
    case STORE_DIRECT_JOINED:
    case STORE_DIRECT_STATE_COUNT:
        break;
    }
    person->they = row->state == STORE_DIRECT_JOINED ? MATRIX_IN : MATRIX_INVITED;
    person->phase = DIRECT_THERE;
    return matrix_rooms_made(rooms, row->room, str_of(person->user)) ? 0 : -ENOMEM;
}

static int load_person(void *ctx, struct str user, const struct store_direct *row)
{
    struct matrix_direct *direct = ctx;
    if (map_get(&direct->people, user))
        return 0;
    struct direct_person *person = direct_add(direct, user);
    if (!person)
        return direct->people.count >= MATRIX_PEOPLE_MAX ? 0 : -ENOMEM;
    return take_row(person, row);
}

int direct_load(struct matrix_direct *direct)
{
    struct store *store = store_of(direct);
    if (!store)
        return 0;
    int r = store_direct_each(store, str_of(direct->session->network.name), load_person, direct);
    return r == -ENOMEM ? r : 0; /* a store that cannot be read is the floor's: m.direct knows */
}

/* Also of somebody whom no row names. */
int direct_load_one(struct direct_person *person)
{
    struct store *store = store_of(person->direct);
    struct arena arena = {0};
    struct store_direct row;
    if (!store)
        return 0;
    int r = store_direct_get(store, str_of(person->direct->session->network.name),
                             str_of(person->user), &arena, &row);
    if (r == 0)
        r = take_row(person, &row);
    arena_done(&arena);
    return r;
}

/* The store is another one: it learns what this life knows. */
void matrix_direct_moved(struct matrix_direct *direct)
{
    size_t cursor = 0;
    void *item;
    if (direct_load(direct) < 0)
        log_event(LOG_LEVEL_WARNING, "matrix_private_load", NETWORK(direct), LOG_ERRNO(-ENOMEM));
    while (map_next(&direct->people, &cursor, NULL, &item)) {
        struct direct_person *person = item;
        if (person->phase != DIRECT_LOOK)
            direct_touch(person);
    }
}

/* ---- out ------------------------------------------------------------------------------------- */

static enum store_direct_state state_of(const struct direct_person *person)
{
    switch (person->phase) {
    case DIRECT_THERE:
        return person->they == MATRIX_IN ? STORE_DIRECT_JOINED : STORE_DIRECT_ASKED;
    case DIRECT_REFUSED:
        return STORE_DIRECT_REFUSED;
    case DIRECT_LOOK:
    case DIRECT_WISH:
    case DIRECT_ASK:
    case DIRECT_SEARCH:
    case DIRECT_CHECK:
        break;
    }
    return STORE_DIRECT_WISHED;
}

static int keep_person(struct store *store, struct direct_person *person)
{
    struct str network = str_of(person->direct->session->network.name);
    struct str user = str_of(person->user);
    struct store_direct row = {.state = state_of(person),
                               .room = str_of(person->room),
                               .wish = str_of(person->wish),
                               .at = person->at,
                               .member = store_direct_member(store, network, user)};
    return store_direct_put(store, network, user, &row);
}

int matrix_direct_keep(struct matrix_direct *direct)
{
    struct store *store = store_of(direct);
    size_t cursor = 0;
    void *item;
    if (direct->dirty == 0 || !store)
        return 0;
    while (map_next(&direct->people, &cursor, NULL, &item)) {
        struct direct_person *person = item;
        if (!person->is_dirty)
            continue;
        int r = keep_person(store, person);
        if (r < 0)
            return r;
        person->is_being_kept = true;
    }
    return 0;
}

/* What was wished is durable: now it may be asked for. */
void matrix_direct_kept(struct matrix_direct *direct)
{
    size_t cursor = 0;
    void *item;
    while (direct->dirty > 0 && map_next(&direct->people, &cursor, NULL, &item)) {
        struct direct_person *person = item;
        if (!person->is_being_kept)
            continue;
        person->is_dirty = person->is_being_kept = false;
        direct->dirty--;
        if (person->phase == DIRECT_WISH) {
            direct_set_phase(person, DIRECT_ASK);
            direct_step(person);
        }
    }
}

static int keep(void *ctx)
{
    return matrix_direct_keep(ctx);
}

/* On the floor nothing can be written down, and a person in need is written to all the same: what
 * is made twice after a death is the lesser evil. */
static void ask_past_disk(struct matrix_direct *direct)
{
    size_t cursor = 0;
    void *item;
    while (map_next(&direct->people, &cursor, NULL, &item)) {
        struct direct_person *person = item;
        if (person->phase != DIRECT_WISH || !person->is_dirty)
            continue;
        direct_set_phase(person, DIRECT_ASK);
        direct_step(person);
    }
}

static void save(struct loop_call *call)
{
    struct matrix_direct *direct = CONTAINER_OF(call, struct matrix_direct, save);
    struct matrix_session *session = direct->session;
    struct chat_batch batch = {.network = &session->network, .keep = keep, .keep_ctx = direct};
    direct_leave_crowded(direct);
    if (direct->dirty == 0)
        return;
    int r = session->env.sink.batch(session->env.sink.ctx, &batch);
    if (r == 0) {
        matrix_direct_kept(direct);
        return;
    }
    struct store *store = store_of(direct);
    if (!store || !store_writable(store))
        ask_past_disk(direct); /* the rest goes with the next batch that can be written */
    else
        log_event(LOG_LEVEL_WARNING, "matrix_private_not_kept", NETWORK(direct), LOG_ERRNO(r));
    if (loop_timer_arm_in(session->env.loop, &direct->save_timer, SAVE_AGAIN_MS) < 0)
        log_event(LOG_LEVEL_WARNING, "matrix_private_timer", NETWORK(direct), LOG_ERRNO(-ENOMEM));
}

static void save_again(struct loop_timer *timer)
{
    struct matrix_direct *direct = CONTAINER_OF(timer, struct matrix_direct, save_timer);
    loop_defer(direct->session->env.loop, &direct->save);
}

void direct_keep_init(struct matrix_direct *direct)
{
    direct->save = (struct loop_call){.run = save};
    direct->save_timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = save_again};
}
