/* SPDX-License-Identifier: MIT */
/* users.c: two maps and their crossings.  Losing an entry costs knowledge, never safety: who is not
 * known is asked for. */
#include "chat/irc/users.h"

#include <errno.h>

void irc_users_init(struct irc_users *users)
{
    *users = (struct irc_users){.folded = {.limit = 8192}};
}

static void free_user(struct irc_user *user)
{
    mem_free(user->nick);
    mem_free(user->account);
    mem_free(user);
}

void irc_users_forget(struct irc_users *users)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&users->rooms, &cursor, &key, &value)) {
        struct irc_room *room = value;
        map_done(&room->members);
        room->state = IRC_ROOM_OUT;
    }
    cursor = 0;
    while (map_next(&users->by_nick, &cursor, &key, &value))
        free_user(value);
    map_done(&users->by_nick);
    users->passing = 0;
}

void irc_users_done(struct irc_users *users)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    irc_users_forget(users);
    while (map_next(&users->rooms, &cursor, &key, &value)) {
        struct irc_room *room = value;
        mem_free(room->name);
        mem_free(room->folded);
        mem_free(room);
    }
    map_done(&users->rooms);
    buf_done(&users->folded);
}

/* False: out of memory, a name longer than any line, or one with a NUL, which our copy would cut to
 * another name. */
static bool fold(struct irc_users *users, struct str name)
{
    return !str_has_byte(name, '\0') && irc_casemap_fold(users->casemap, name, &users->folded) == 0;
}

struct irc_user *irc_users_find(struct irc_users *users, struct str nick)
{
    return fold(users, nick) ? map_get(&users->by_nick, buf_str(&users->folded)) : NULL;
}

/* Drops people with whom no room is shared; who is behind a netsplit, only when `split`. */
static void forget_passing(struct irc_users *users, bool split)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&users->by_nick, &cursor, &key, &value)) {
        struct irc_user *user = value;
        if (user->rooms || (user->is_split && !split))
            continue;
        map_remove(&users->by_nick, key);
        free_user(user);
    }
    users->passing = 0;
}

int irc_users_see(struct irc_users *users, struct str nick, struct irc_user **ret_user)
{
    struct irc_user *user = irc_users_find(users, nick);
    if (user) {
        *ret_user = user;
        return 0;
    }
    if (users->passing >= IRC_USERS_PASSING_MAX)
        forget_passing(users, false);
    if (users->by_nick.count >= IRC_USERS_MAX)
        forget_passing(users, true);
    if (users->by_nick.count >= IRC_USERS_MAX || !fold(users, nick))
        return -ENOMEM;
    user = mem_zalloc(sizeof(*user));
    char *copy = str_copy(nick);
    if (!user || !copy || map_put(&users->by_nick, buf_str(&users->folded), user) < 0) {
        mem_free(copy);
        mem_free(user);
        return -ENOMEM;
    }
    user->nick = copy;
    user->id = ++users->next_id;
    users->passing++;
    *ret_user = user;
    return 0;
}

/* An account that could not be kept is unknown, not none: "none" would let the person lose their
 * rights, "unknown" asks the server again. */
int irc_users_set_account(struct irc_user *user, struct str account, int64_t now_ms)
{
    char *copy = str_empty(account) || str_has_byte(account, '\0') ? NULL : str_copy(account);
    if (account.len && !copy) {
        user->account_known = false;
        return -ENOMEM;
    }
    mem_free(user->account);
    user->account = copy;
    user->account_known = true;
    user->confirmed_ms = now_ms;
    return 0;
}

int irc_users_rename(struct irc_users *users, struct irc_user *user, struct str nick)
{
    char *copy = str_copy(nick);
    if (!copy || !fold(users, nick)) {
        mem_free(copy);
        irc_users_quit(users, user);
        return -ENOMEM;
    }
    struct irc_user *other = irc_users_find(users, nick);
    if (other && other != user) /* we missed their leaving */
        irc_users_quit(users, other);
    if (fold(users, str_of(user->nick)))
        map_remove(&users->by_nick, buf_str(&users->folded));
    mem_free(user->nick);
    user->nick = copy;
    if (fold(users, nick) && map_put(&users->by_nick, buf_str(&users->folded), user) == 0)
        return 0;
    irc_users_quit(users, user);
    return -ENOMEM;
}

/* Out of every room first: rooms hold the user by id and would keep a pointer to what is freed. */
void irc_users_quit(struct irc_users *users, struct irc_user *user)
{
    size_t cursor = 0;
    struct irc_room *room = irc_users_next_room(users, &cursor);
    for (; room && user->rooms; room = irc_users_next_room(users, &cursor))
        if (map_remove_id(&room->members, user->id))
            user->rooms--;
    if (!user->was_in_room && users->passing)
        users->passing--;
    if (fold(users, str_of(user->nick)) &&
        map_get(&users->by_nick, buf_str(&users->folded)) == user)
        map_remove(&users->by_nick, buf_str(&users->folded));
    free_user(user);
}

void irc_users_split(struct irc_users *users, struct irc_user *user)
{
    size_t cursor = 0;
    struct irc_room *room = irc_users_next_room(users, &cursor);
    for (; room && user->rooms; room = irc_users_next_room(users, &cursor))
        if (map_remove_id(&room->members, user->id))
            user->rooms--;
    if (!user->was_in_room && users->passing)
        users->passing--;
    user->was_in_room = user->is_split = true;
    user->account_known = false; /* nobody tells us what they do there */
    user->is_away = true;
}

void irc_users_forget_split(struct irc_users *users)
{
    forget_passing(users, true);
}

struct irc_user *irc_users_with_account(struct irc_users *users, struct str account,
                                        const struct irc_user *except)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    struct irc_user *away = NULL;
    while (map_next(&users->by_nick, &cursor, &key, &value)) {
        struct irc_user *user = value;
        if (user == except || !user->account ||
            !irc_casemap_same(users->casemap, str_of(user->account), account))
            continue;
        if (!user->is_away)
            return user;
        away = user;
    }
    return away;
}

struct irc_room *irc_users_room(struct irc_users *users, struct str name)
{
    return fold(users, name) ? map_get(&users->rooms, buf_str(&users->folded)) : NULL;
}

int irc_users_add_room(struct irc_users *users, struct str name, struct irc_room **ret_room)
{
    struct irc_room *room = irc_users_room(users, name);
    if (room) {
        *ret_room = room;
        return 0;
    }
    if (!fold(users, name))
        return -ENOMEM;
    room = mem_zalloc(sizeof(*room));
    char *copy = str_copy(name), *folded = str_copy(buf_str(&users->folded));
    if (!room || !copy || !folded || map_put(&users->rooms, str_of(folded), room) < 0) {
        mem_free(copy);
        mem_free(folded);
        mem_free(room);
        return -ENOMEM;
    }
    room->name = copy;
    room->folded = folded;
    *ret_room = room;
    return 0;
}

int irc_users_join(struct irc_room *room, struct irc_user *user, struct irc_users *users)
{
    if (irc_users_is_in(room, user))
        return 0;
    int r = map_put_id(&room->members, user->id, user);
    if (r < 0)
        return r;
    if (!user->was_in_room && users->passing)
        users->passing--;
    user->was_in_room = true;
    user->rooms++;
    return 0;
}

bool irc_users_is_in(const struct irc_room *room, const struct irc_user *user)
{
    return map_get_id(&room->members, user->id) != NULL;
}

void irc_users_part(struct irc_room *room, struct irc_user *user, struct irc_users *users)
{
    if (!map_remove_id(&room->members, user->id))
        return;
    if (--user->rooms == 0) /* from now on nobody tells us what they do: what we knew is stale */
        irc_users_quit(users, user);
}

void irc_users_empty_room(struct irc_users *users, struct irc_room *room)
{
    size_t cursor = 0;
    struct str key;
    void *value;
    while (map_next(&room->members, &cursor, &key, &value))
        irc_users_part(room, value, users);
    map_done(&room->members);
}

struct irc_room *irc_users_next_room(struct irc_users *users, size_t *cursor)
{
    struct str key;
    void *value;
    return map_next(&users->rooms, cursor, &key, &value) ? value : NULL;
}
