/* SPDX-License-Identifier: MIT */
/* users.c: people by nick and by account; each knows the rooms they are in.  Losing an entry costs
 * knowledge, never safety: who is not known is asked for.
 *
 * Frugal, because a bot in a thousand large channels hears of a million people: one block each,
 * with the nick inside; tables of bare pointers; a membership is the number of a room. */
#include "chat/irc/users.h"

#include <errno.h>
#include <stddef.h>

#include <sodium.h>

void irc_users_init(struct irc_users *users)
{
    *users = (struct irc_users){.folded = {.limit = 8192}};
    randombytes_buf(users->key, sizeof(users->key));
}

/* False: out of memory, a name longer than any, or one with a NUL, which our copy would cut to
 * another name. */
static bool fold(struct irc_users *users, struct str name)
{
    return name.len <= IRC_USERS_NAME_MAX && !str_has_byte(name, '\0') &&
           irc_casemap_fold(users->casemap, name, &users->folded) == 0;
}

/* ---- tables ---------------------------------------------------------------------------------- */

static uint32_t hash_of_folded(const struct irc_users *users)
{
    uint64_t hash;
    struct str folded = buf_str(&users->folded);
    crypto_shorthash((unsigned char *)&hash, (const unsigned char *)folded.ptr, folded.len,
                     users->key);
    return (uint32_t)hash;
}

static void place(struct irc_users_table *table, enum irc_users_index index, struct irc_user *user)
{
    size_t mask = table->capacity - 1, i = user->hashes[index] & mask;
    while (table->slots[i])
        i = (i + 1) & mask;
    table->slots[i] = user;
}

static int reserve(struct irc_users_table *table, enum irc_users_index index)
{
    if ((table->count + 1) * 4 <= table->capacity * 3)
        return 0;
    struct irc_users_table bigger = {.capacity = MAX_OF(table->capacity * 2, (size_t)16),
                                     .count = table->count};
    bigger.slots = mem_zalloc_array(bigger.capacity, sizeof(struct irc_user *));
    if (!bigger.slots)
        return -ENOMEM;
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i])
            place(&bigger, index, table->slots[i]);
    mem_free(table->slots);
    *table = bigger;
    return 0;
}

static int insert(struct irc_users *users, enum irc_users_index index, struct irc_user *user,
                  uint32_t hash)
{
    int r = reserve(&users->tables[index], index);
    if (r < 0)
        return r;
    user->hashes[index] = hash;
    place(&users->tables[index], index, user);
    users->tables[index].count++;
    return 0;
}

/* Those behind the gap move up, so that no search ends too early. */
static void take_out(struct irc_users *users, enum irc_users_index index,
                     const struct irc_user *user)
{
    struct irc_users_table *table = &users->tables[index];
    size_t mask = table->capacity - 1, gap = user->hashes[index] & mask;
    while (table->slots[gap] != user)
        gap = (gap + 1) & mask;
    for (size_t i = (gap + 1) & mask; table->slots[i]; i = (i + 1) & mask) {
        size_t home = table->slots[i]->hashes[index] & mask;
        if (((i - home) & mask) < ((i - gap) & mask))
            continue; /* it would stand before its home */
        table->slots[gap] = table->slots[i];
        gap = i;
    }
    table->slots[gap] = NULL;
    table->count--;
}

static struct str key_of(const struct irc_user *user, enum irc_users_index index)
{
    return str_of(index == IRC_USERS_BY_NICK ? user->nick : user->account);
}

/* `name` is what users->folded was made from.  Who is away only if nobody else is of that name. */
static struct irc_user *look_up(struct irc_users *users, enum irc_users_index index,
                                struct str name, const struct irc_user *except)
{
    struct irc_user *away = NULL;
    const struct irc_users_table *table = &users->tables[index];
    uint32_t hash = hash_of_folded(users);
    size_t mask = table->capacity - 1;
    for (size_t i = hash & mask; table->count && table->slots[i]; i = (i + 1) & mask) {
        struct irc_user *user = table->slots[i];
        if (user->hashes[index] != hash || user == except ||
            !irc_casemap_same(users->casemap, key_of(user, index), name))
            continue;
        if (!user->is_away)
            return user;
        away = user;
    }
    return away;
}

/* ---- people ---------------------------------------------------------------------------------- */

size_t irc_users_count(const struct irc_users *users)
{
    return users->tables[IRC_USERS_BY_NICK].count;
}

static void free_user(struct irc_user *user)
{
    if (user->rooms > 1)
        mem_free(user->numbers.many);
    if (user->account != user->nick)
        mem_free(user->account);
    mem_free(user);
}

void irc_users_forget(struct irc_users *users)
{
    struct irc_users_table *table = &users->tables[IRC_USERS_BY_NICK];
    size_t cursor = 0;
    struct irc_room *room;
    while ((room = irc_users_next_room(users, &cursor))) {
        room->members = 0;
        room->state = IRC_ROOM_OUT;
    }
    for (size_t i = 0; i < table->capacity; i++)
        if (table->slots[i])
            free_user(table->slots[i]);
    for (size_t i = 0; i < COUNT_OF(users->tables); i++) {
        mem_free(users->tables[i].slots);
        users->tables[i] = (struct irc_users_table){0};
    }
    users->passing = users->in_rooms = 0;
}

void irc_users_done(struct irc_users *users)
{
    size_t cursor = 0;
    struct irc_room *room;
    irc_users_forget(users);
    while ((room = irc_users_next_room(users, &cursor))) {
        mem_free(room->name);
        mem_free(room->folded);
        mem_free(room);
    }
    map_done(&users->rooms);
    mem_free(TAKE(users->numbers));
    users->numbers_capacity = 0;
    buf_done(&users->folded);
}

struct irc_user *irc_users_find(struct irc_users *users, struct str nick)
{
    return fold(users, nick) ? look_up(users, IRC_USERS_BY_NICK, nick, NULL) : NULL;
}

static bool is_passing(const struct irc_user *user)
{
    return !user->rooms && !user->is_split;
}

/* Drops people with whom no room is shared; who is behind a netsplit, only when `split`.  Into the
 * slot of who goes another one may move: it is looked at again. */
static void forget_passing(struct irc_users *users, bool split)
{
    struct irc_users_table *table = &users->tables[IRC_USERS_BY_NICK];
    for (size_t i = 0; i < table->capacity;) {
        struct irc_user *user = table->slots[i];
        if (user && !user->rooms && (split || !user->is_split))
            irc_users_quit(users, user);
        else
            i++;
    }
}

enum { USER_BYTES = offsetof(struct irc_user, nick) }; /* sizeof would count padding */

static struct irc_user *make_user(struct str nick)
{
    struct irc_user *user = mem_zalloc(USER_BYTES + nick.len + 1);
    if (user && nick.len)
        memcpy(user->nick, nick.ptr, nick.len);
    return user;
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
    if (irc_users_count(users) >= IRC_USERS_MAX)
        forget_passing(users, true);
    if (irc_users_count(users) >= IRC_USERS_MAX || !fold(users, nick))
        return -ENOMEM;
    user = make_user(nick);
    if (!user || insert(users, IRC_USERS_BY_NICK, user, hash_of_folded(users)) < 0) {
        mem_free(user);
        return -ENOMEM;
    }
    users->passing++;
    *ret_user = user;
    return 0;
}

static void drop_account(struct irc_users *users, struct irc_user *user)
{
    if (!user->account)
        return;
    take_out(users, IRC_USERS_BY_ACCOUNT, user);
    if (user->account != user->nick)
        mem_free(user->account);
    user->account = NULL;
}

/* Most have the nick that they are registered with. */
static int put_account(struct irc_users *users, struct irc_user *user, struct str account)
{
    char *copy = str_eq_c(account, user->nick) ? user->nick : str_copy(account);
    if (!copy || insert(users, IRC_USERS_BY_ACCOUNT, user, hash_of_folded(users)) < 0) {
        if (copy != user->nick)
            mem_free(copy);
        return -ENOMEM;
    }
    user->account = copy;
    return 0;
}

/* An account that could not be kept is unknown, not none: "none" would let the person lose their
 * rights, "unknown" asks the server again. */
int irc_users_set_account(struct irc_users *users, struct irc_user *user, struct str account,
                          int64_t now_ms)
{
    if (!user->account || !str_eq_c(account, user->account)) {
        drop_account(users, user);
        if (account.len && (!fold(users, account) || put_account(users, user, account) < 0)) {
            user->account_known = false;
            return -ENOMEM;
        }
    }
    user->account_known = true;
    user->confirmed_ms = now_ms;
    return 0;
}

/* The block with the nick is a new one; all else stays. */
static int move_user(struct irc_users *users, struct irc_user *user, struct str nick,
                     struct irc_user **ret_user)
{
    AUTO_FREE struct irc_user *moved = make_user(nick);
    char *account = user->account == user->nick ? str_copy(str_of(user->nick)) : user->account;
    if (!moved || !fold(users, nick) || (user->account && !account)) {
        if (account != user->account)
            mem_free(account);
        return -ENOMEM;
    }
    uint32_t hash = hash_of_folded(users);
    take_out(users, IRC_USERS_BY_NICK, user);
    if (user->account)
        take_out(users, IRC_USERS_BY_ACCOUNT, user);
    memcpy(moved, user, USER_BYTES);
    moved->account = account;
    moved->hashes[IRC_USERS_BY_NICK] = hash;
    mem_free(user);
    for (size_t i = 0; i < COUNT_OF(users->tables); i++) {
        if (i == IRC_USERS_BY_ACCOUNT && !moved->account)
            continue;
        place(&users->tables[i], (enum irc_users_index)i, moved); /* there was room for the old */
        users->tables[i].count++;
    }
    *ret_user = TAKE(moved);
    return 0;
}

int irc_users_rename(struct irc_users *users, struct irc_user *user, struct str nick,
                     struct irc_user **ret_user)
{
    struct irc_user *other = irc_users_find(users, nick);
    if (other && other != user) /* we missed their leaving */
        irc_users_quit(users, other);
    int r = move_user(users, user, nick, ret_user);
    if (r < 0)
        irc_users_quit(users, user);
    return r;
}

/* Out of every room. */
static void leave_all(struct irc_users *users, struct irc_user *user)
{
    for (size_t i = 0; i < user->rooms; i++)
        irc_users_room_of(users, user, i)->members--;
    if (user->rooms > 1)
        mem_free(user->numbers.many);
    users->in_rooms -= user->rooms;
    user->rooms = 0;
}

void irc_users_quit(struct irc_users *users, struct irc_user *user)
{
    users->passing -= is_passing(user);
    leave_all(users, user);
    drop_account(users, user);
    take_out(users, IRC_USERS_BY_NICK, user);
    free_user(user);
}

void irc_users_split(struct irc_users *users, struct irc_user *user)
{
    users->passing -= is_passing(user);
    leave_all(users, user);
    user->is_split = user->is_away = true;
    user->account_known = false; /* nobody tells us what they do there */
}

void irc_users_forget_split(struct irc_users *users)
{
    forget_passing(users, true);
}

struct irc_user *irc_users_with_account(struct irc_users *users, struct str account,
                                        const struct irc_user *except)
{
    return fold(users, account) ? look_up(users, IRC_USERS_BY_ACCOUNT, account, except) : NULL;
}

/* ---- rooms ----------------------------------------------------------------------------------- */

struct irc_room *irc_users_room(struct irc_users *users, struct str name)
{
    return fold(users, name) ? map_get(&users->rooms, buf_str(&users->folded)) : NULL;
}

int irc_users_add_room(struct irc_users *users, struct str name, struct irc_room **ret_room)
{
    struct irc_room *room = irc_users_room(users, name);
    size_t number = users->rooms.count;
    if (room) {
        *ret_room = room;
        return 0;
    }
    if (!fold(users, name) || mem_grow(&users->numbers, &users->numbers_capacity, number,
                                       sizeof(struct irc_room *), UINT32_MAX) < 0)
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
    room->number = (uint32_t)number;
    users->numbers[number] = room;
    *ret_room = room;
    return 0;
}

struct irc_room *irc_users_next_room(struct irc_users *users, size_t *cursor)
{
    struct str key;
    void *value;
    return map_next(&users->rooms, cursor, &key, &value) ? value : NULL;
}

/* ---- who is where ---------------------------------------------------------------------------- */

static const uint32_t *numbers_of(const struct irc_user *user)
{
    return user->rooms > 1 ? user->numbers.many : &user->numbers.one;
}

/* Where the room's number is, or would be. */
static size_t find_number(const struct irc_user *user, uint32_t number)
{
    const uint32_t *numbers = numbers_of(user);
    size_t low = 0, high = user->rooms;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (numbers[middle] < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool irc_users_is_in(const struct irc_room *room, const struct irc_user *user)
{
    size_t at = find_number(user, room->number);
    return at < user->rooms && numbers_of(user)[at] == room->number;
}

struct irc_room *irc_users_room_of(const struct irc_users *users, const struct irc_user *user,
                                   size_t index)
{
    return users->numbers[numbers_of(user)[index]];
}

/* Makes room for one more number; none, or a power of two, fills what there is. */
static int grow_numbers(struct irc_user *user)
{
    uint32_t count = user->rooms, *many;
    if (count == 0 || (count & (count - 1)) != 0)
        return 0;
    many = mem_resize(count > 1 ? user->numbers.many : NULL, (size_t)count * 2, sizeof(*many));
    if (!many)
        return -ENOMEM;
    if (count == 1)
        many[0] = user->numbers.one;
    user->numbers.many = many;
    return 0;
}

int irc_users_join(struct irc_room *room, struct irc_user *user, struct irc_users *users)
{
    if (irc_users_is_in(room, user))
        return 0;
    size_t at = find_number(user, room->number);
    if (users->in_rooms >= IRC_USERS_IN_ROOMS_MAX || grow_numbers(user) < 0)
        return -ENOMEM;
    users->passing -= is_passing(user);
    uint32_t *numbers = user->rooms ? user->numbers.many : &user->numbers.one;
    memmove(&numbers[at + 1], &numbers[at], (user->rooms - at) * sizeof(*numbers));
    numbers[at] = room->number;
    user->rooms++;
    room->members++;
    users->in_rooms++;
    return 0;
}

void irc_users_part(struct irc_room *room, struct irc_user *user, struct irc_users *users)
{
    if (!irc_users_is_in(room, user))
        return;
    if (user->rooms == 1) { /* from now on nobody tells us what they do: what we knew is stale */
        irc_users_quit(users, user);
        return;
    }
    uint32_t *many = user->numbers.many;
    size_t at = find_number(user, room->number);
    user->rooms--;
    memmove(&many[at], &many[at + 1], (user->rooms - at) * sizeof(*many));
    if (user->rooms == 1) {
        user->numbers.one = many[0];
        mem_free(many);
    }
    room->members--;
    users->in_rooms--;
}

void irc_users_empty_room(struct irc_users *users, struct irc_room *room)
{
    const struct irc_users_table *table = &users->tables[IRC_USERS_BY_NICK];
    for (size_t i = 0; room->members && i < table->capacity;) {
        struct irc_user *user = table->slots[i];
        bool goes = user && user->rooms == 1 && irc_users_is_in(room, user);
        if (user)
            irc_users_part(room, user, users);
        i += !goes; /* another one may have moved into the slot */
    }
}
