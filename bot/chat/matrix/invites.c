/* SPDX-License-Identifier: MIT */
/* invites.c: invitations, one a second, by policy: a configured room, somebody who moderates or is
 * known, somebody whom the configuration names.  All others are declined and forgotten; so is an
 * encrypted room, and who wanted to talk in private is written to in a room of our own. */
#include "chat/matrix/invites_internal.h"

#include <errno.h>

#include "chat/matrix/account.h"
#include "chat/matrix/event.h"
#include "chat/matrix/outbound.h"
#include "chat/matrix/rooms_internal.h"
#include "chat/matrix/sync_internal.h"
#include "observe/log.h"

enum { TELL_EVERY_MS = 60 * 60 * 1000, TRIES_MAX = 5, HOLDS_MAX = 30 };

static int64_t now_ms(const struct matrix_invites *invites)
{
    return clock_elapsed_ms(loop_clock(invites->session->env.loop));
}

/* Not later than that, whatever it waits for already. */
static void wake(struct matrix_invites *invites, int64_t in_ms)
{
    int64_t due_ms = now_ms(invites) + in_ms;
    if (loop_timer_armed(&invites->timer) && invites->wake_ms <= due_ms)
        return;
    loop_timer_disarm(invites->session->env.loop, &invites->timer);
    invites->wake_ms = due_ms;
    (void)!loop_timer_arm_in(invites->session->env.loop, &invites->timer, in_ms);
}

static struct invite *find(const struct matrix_invites *invites, struct str room)
{
    for (struct invite *invite = invites->first; invite; invite = invite->next)
        if (!invite->is_done && str_eq_c(room, invite->room))
            return invite;
    return NULL;
}

/* It was answered: its row goes with the next transaction, and then it. */
static void finish(struct invite *invite)
{
    struct matrix_invites *invites = invite->invites;
    matrix_cancel(TAKE(invite->call));
    invite->is_done = true;
    invites->count--;
    if (invite->is_kept)
        loop_defer(invites->session->env.loop, &invites->save);
    else
        invites_drop(invite);
}

/* ---- what comes ----------------------------------------------------------------------------- */

/* The oldest first; of a burst what does not fit is counted, and stays an invitation. */
struct invite *invites_add(struct matrix_invites *invites, struct str room)
{
    struct invite *invite = find(invites, room), **link = &invites->first;
    if (invite || room.len > MATRIX_ID_MAX)
        return invite;
    if (invites->count >= MATRIX_INVITES_MAX)
        return NULL;
    invite = mem_zalloc(sizeof *invite);
    char *copy = invite ? str_copy(room) : NULL;
    if (!copy) {
        mem_free(invite);
        return NULL;
    }
    *invite = (struct invite){.invites = invites, .room = copy};
    while (*link)
        link = &(*link)->next;
    *link = invite;
    invites->count++;
    return invite;
}

void matrix_invites_state(struct matrix_invites *invites, struct str room_id,
                          const struct tree *event)
{
    struct invite *invite = invites_add(invites, room_id);
    struct str type = tree_text(event, "type");
    const struct tree *content = tree_get(event, "content");
    struct str self = matrix_account_user(invites->session->account);
    if (!invite)
        return;
    if (str_eq_c(type, "m.room.encryption"))
        invite->is_encrypted = true;
    if (str_eq_c(type, "m.room.create"))
        invite->is_space = str_eq_c(tree_text(content, "type"), "m.space");
    if (str_eq_c(type, "m.room.join_rules"))
        invite->is_closed = str_eq_c(tree_text(content, "join_rule"), "invite");
    if (str_eq_c(type, "m.room.name"))
        invite->is_named |= !str_empty(tree_text(content, "name"));
    if (str_eq_c(type, "m.room.canonical_alias"))
        invite->is_named |= !str_empty(tree_text(content, "alias"));
    if (str_eq_c(type, "m.room.member") && str_eq(tree_text(event, "state_key"), self) &&
        str_eq_c(tree_text(content, "membership"), "invite")) {
        invite->is_direct = tree_is_true(content, "is_direct");
        struct str sender = tree_text(event, "sender");
        if (sender.len <= MATRIX_ID_MAX && matrix_replace_text(&invite->inviter, sender) < 0)
            finish(invite);
    }
}

static bool is_configured(const struct invite *invite)
{
    const struct matrix_rooms *rooms = invite->invites->session->rooms;
    const struct matrix_room *room = matrix_rooms_by_id(rooms, str_of(invite->room));
    return (room && room->name.len > 0) || map_get(&rooms->wants, str_of(invite->room));
}

/* Not every client says that it wants to talk in private.  A room without a name, which nobody
 * enters uninvited, is meant so; should a third come in, it is left (rooms.c). */
void matrix_invites_end(struct matrix_invites *invites, struct str room_id)
{
    struct invite *invite = find(invites, room_id);
    if (!invite)
        return;
    invite->is_direct |= invite->is_closed && !invite->is_named && !invite->is_space &&
                         !is_configured(invite);
    invite->is_whole = true;
    if (invite->verdict == ENTERED || invite->verdict == NAMELESS)
        invite->verdict = UNDECIDED; /* we are out again, and asked in again */
    wake(invites, MAX_OF(invites->next_ms - now_ms(invites), (int64_t)0));
}

void matrix_invites_gone(struct matrix_invites *invites, struct str room_id)
{
    struct invite *invite = find(invites, room_id);
    if (invite && !invite->call)
        finish(invite);
}

size_t matrix_invites_waiting(const struct matrix_invites *invites)
{
    return invites->count;
}

/* ---- answering ------------------------------------------------------------------------------ */

/* One word an hour, whatever comes. */
static void tell(struct matrix_invites *invites)
{
    if (invites->declined == 0)
        return;
    int64_t due_ms = invites->has_told ? invites->told_ms + TELL_EVERY_MS : 0;
    if (now_ms(invites) < due_ms) {
        wake(invites, due_ms - now_ms(invites));
        return;
    }
    matrix_session_notice(invites->session, CHAT_NOTICE_INVITES, (struct str){0},
                          invites->declined);
    invites->declined = 0;
    invites->told_ms = now_ms(invites);
    invites->has_told = true;
}

/* They wanted to talk where we cannot, or asked us into a room that is no group's: the inbox says
 * so, in a private room. */
static void tell_inviter(const struct invite *invite, struct str room)
{
    struct matrix_session *session = invite->invites->session;
    struct chat_event event = {
        .kind = CHAT_INVITE,
        .flags = CHAT_PRIVATE,
        .sender = str_of(invite->inviter),
        .account = str_of(invite->inviter),
        .display = str_of(invite->inviter),
        .text = room,
        .sent_at = clock_wall_at(loop_clock(session->env.loop)),
    };
    struct chat_batch batch = {.network = &session->network, .events = &event, .count = 1};
    (void)!session->env.sink.batch(session->env.sink.ctx, &batch);
}

static void decline(struct invite *invite)
{
    struct matrix_invites *invites = invite->invites;
    matrix_rooms_leave_id(invites->session->rooms, str_of(invite->room));
    invites->declined++;
    metric_add(invites->refused, 1);
    finish(invite);
    tell(invites);
}

/* What is said there counts from here on.  Its row stays until the room is on record as theirs: a
 * death in between would leave us deaf there for ever. */
static void joined(struct invite *invite)
{
    struct matrix_session *session = invite->invites->session;
    struct matrix_rooms *rooms = session->rooms;
    struct matrix_room *room = matrix_rooms_add(rooms, str_of(invite->room));
    if (!room)
        return;
    if (!room->state->is_joined) {
        room->state->joined_at = 0;
        matrix_rooms_ask_anew(rooms, room); /* what it said before we were in it */
    }
    room->state->is_joined = true;
    room->state->is_kicked = false;
    if (invite->is_direct && room->name.len == 0)
        (void)!matrix_rooms_private(rooms, room, str_of(invite->inviter));
    if (map_get(&rooms->wants, room->id) && room->name.len == 0)
        (void)!matrix_rooms_name(rooms, room, room->id);
    if (room->with.len && session->direct) {
        matrix_direct_entered(session->direct, room->with, room->id);
        invite->verdict = ENTERED;
    }
    if (!invite->is_direct && room->name.len == 0)
        invite->verdict = NAMELESS;
    matrix_room_settle(room);
    log_event(LOG_LEVEL_NOTICE, "matrix_invite_accepted",
              LOG_TEXT("network", session->network.name), LOG_INT("private", invite->is_direct));
    matrix_rooms_join_configured(rooms);
}

static void join_done(void *ctx, const struct matrix_answer *answer)
{
    struct invite *invite = ctx;
    struct matrix_invites *invites = invite->invites;
    invite->call = NULL;
    if (answer->result == -ECANCELED)
        return;
    if (answer->result == -EAGAIN && ++invite->tries < TRIES_MAX) {
        invites->next_ms = now_ms(invites) +
                           matrix_retry_ms(invites->session, answer, invite->tries);
        invite->verdict = ACCEPT;
    } else {
        if (answer->result == 0)
            joined(invite);
        else
            log_event(LOG_LEVEL_WARNING, "matrix_invite_void",
                      LOG_TEXT("network", invites->session->network.name),
                      LOG_INT("status", answer->status));
        if (invite->verdict != ENTERED && invite->verdict != NAMELESS)
            finish(invite);
    }
    wake(invites, MAX_OF(invites->next_ms - now_ms(invites), (int64_t)0));
}

/* At a start the rooms of the groups may still be on their way: whether they are the inviter's as
 * well, and whether the room that we were asked into is one of them under another name, is not
 * known before. */
static bool is_too_early(struct invite *invite)
{
    const struct matrix_rooms *rooms = invite->invites->session->rooms;
    size_t cursor = 0;
    void *item;
    bool waits = false;
    while (!waits && map_next(&rooms->wants, &cursor, NULL, &item))
        waits = ((const struct matrix_want *)item)->failures == 0;
    if (!waits || invite->held >= HOLDS_MAX)
        return false;
    invite->held++;
    wake(invite->invites, MATRIX_INVITE_EVERY_MS);
    return true;
}

static void accept(struct invite *invite)
{
    AUTO_BUF path;
    buf_init(&path, 8 * 1024);
    struct str room = str_of(invite->room);
    struct matrix_request request = {.method = "POST"};
    int r = matrix_path(&path, "/_matrix/client/v3/join/{}", &room, 1);
    request.path = buf_str(&path);
    if (r == 0 && invite->is_direct)
        r = matrix_rooms_expect(invite->invites->session->rooms, room, str_of(invite->inviter));
    if (r == 0)
        r = matrix_request(invite->invites->session, &request, join_done, invite, &invite->call);
    if (r < 0)
        wake(invite->invites, MATRIX_INVITE_EVERY_MS);
}

void invites_decide(struct invite *invite)
{
    if (invite->verdict == NAMELESS) {
        tell_inviter(invite, str_of(invite->room));
        finish(invite);
        return;
    }
    if (invite->verdict == UNDECIDED && invite->asked == 0)
        invite->verdict = is_configured(invite) ? ACCEPT : invites_by_who(invite);
    if (invite->verdict == UNDECIDED && invite->is_direct && is_too_early(invite))
        return;
    if (invite->verdict == UNDECIDED && invites_ask_next(invite))
        return;
    if (invite->verdict == ACCEPT && invite->is_encrypted) {
        if (invite->is_direct)
            tell_inviter(invite, (struct str){0});
        invite->verdict = DECLINE;
    }
    if (invite->verdict == ACCEPT)
        accept(invite);
    else
        decline(invite);
}

/* The next to be answered; those whose private room is on record by now are done.  `ret_waits`:
 * some is not. */
static struct invite *next(struct matrix_invites *invites, bool *ret_waits)
{
    struct invite *found = NULL, *invite = invites->first;
    while (invite) {
        struct invite *one = invite;
        invite = invite->next;
        if (one->is_done || !one->is_whole || one->call)
            continue;
        if (one->verdict == NAMELESS && is_configured(one))
            finish(one);
        else if (one->verdict == NAMELESS && is_too_early(one))
            *ret_waits = true;
        else if (one->verdict != ENTERED)
            found = found ? found : one;
        else if (matrix_direct_is_kept(invites->session->direct, str_of(one->inviter),
                                       str_of(one->room)))
            finish(one);
        else
            *ret_waits = true;
    }
    return found;
}

static void on_timer(struct loop_timer *timer)
{
    struct matrix_invites *invites = CONTAINER_OF(timer, struct matrix_invites, timer);
    bool waits = false;
    struct invite *invite = next(invites, &waits);
    tell(invites);
    if (invite && now_ms(invites) < invites->next_ms) {
        wake(invites, invites->next_ms - now_ms(invites));
        return;
    }
    if (invite || waits)
        wake(invites, MATRIX_INVITE_EVERY_MS);
    if (!invite)
        return;
    invites->next_ms = now_ms(invites) + MATRIX_INVITE_EVERY_MS;
    invites_decide(invite);
}

/* ---- life ----------------------------------------------------------------------------------- */

int matrix_invites_create(struct matrix_session *session, struct matrix_invites **ret_invites)
{
    struct matrix_invites *invites = mem_zalloc(sizeof *invites);
    if (!invites)
        return -ENOMEM;
    invites->session = session;
    invites->timer = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = on_timer};
    invites_keep_init(invites);
    invites->refused = metrics_counter(
        session->env.metrics, "mooring_matrix_invites_declined_total",
        "Invitations that were declined.", "network", str_of(session->network.name));
    if (invites_load(invites) < 0) {
        matrix_invites_destroy(invites);
        return -ENOMEM;
    }
    if (invites->first)
        wake(invites, 0);
    *ret_invites = invites;
    return 0;
}

void matrix_invites_destroy(struct matrix_invites *invites)
{
    if (!invites)
        return;
    loop_timer_disarm(invites->session->env.loop, &invites->timer);
    loop_undefer(invites->session->env.loop, &invites->save);
    while (invites->first)
        invites_drop(invites->first);
    mem_free(invites);
}
