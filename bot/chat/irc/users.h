/* SPDX-License-Identifier: MIT */
/* users.h: who is where, and logged in as whom, as far as the server told us. */
#ifndef CHAT_IRC_USERS_H
#define CHAT_IRC_USERS_H

#include <stdint.h>

#include "base/map.h"
#include "chat/chat.h"
#include "chat/irc/casemap.h"

/* A thousand rooms with a thousand people each, all of them different ones, are known in full: 70
 * to 100 bytes a person, 4 a room that somebody is in.  Beyond the ceilings people are unknown, as
 * all are before the server speaks of them. */
enum {
    IRC_USERS_MAX = 1 << 20,
    IRC_USERS_IN_ROOMS_MAX = 1 << 22, /* of all rooms together */
    IRC_USERS_PASSING_MAX = 256,
    IRC_USERS_NAME_MAX = 256 /* bytes of a nick, an account, a room; no server allows as many */
};

enum irc_users_index { IRC_USERS_BY_NICK, IRC_USERS_BY_ACCOUNT, IRC_USERS_INDEX_COUNT };

/* Moves in memory when it is renamed, and only then. */
struct irc_user {
    char *account;        /* NULL: logged in to none, or not known; may be `nick` */
    int64_t confirmed_ms; /* when the server last said who this is (elapsed clock) */
    union {
        uint32_t one;   /* in a single room */
        uint32_t *many; /* rising; room for the next power of two */
    } numbers;          /* of rooms */
    uint32_t rooms;     /* shared with us; 0: somebody passing, forgotten first */
    uint32_t hashes[IRC_USERS_INDEX_COUNT];
    bool account_known;
    bool is_split; /* left in a netsplit: coming back is no news; not counted as passing */
    bool is_away;  /* as far as we were told */
    bool is_bot;   /* bore the letter of bot mode when we asked */
    char nick[];
};
/* A channel.  What the join machine of rooms.c needs lives here too. */
enum irc_room_state {
    IRC_ROOM_OUT,
    IRC_ROOM_JOINING,
    IRC_ROOM_IN,
    IRC_ROOM_REFUSED,
    IRC_ROOM_STATE_COUNT
};
struct irc_room {
    char *name, *folded;
    uint32_t number;
    size_t members;
    bool wanted;      /* a group is there; else we were put there, and only listen */
    bool wants_names; /* in, and who is there was not asked yet */
    enum irc_room_state state;
    enum chat_why why;     /* of IRC_ROOM_REFUSED */
    unsigned tries, kicks; /* since we were last in; since the connection began */
    int64_t due_ms;        /* the next JOIN, or when to give this one up; elapsed clock */
    int64_t entered_at;    /* wall clock */
    int64_t entered_ms;
    uint64_t entered; /* the how-manieth room of this connection (replay.c); 0: not counted */
};
/* Open addressing over users; the keys are theirs. */
struct irc_users_table {
    struct irc_user **slots;
    size_t capacity, count;
};
/* Names are folded with `casemap`; change it only while empty. */
struct irc_users {
    enum irc_casemap casemap;
    struct irc_users_table tables[IRC_USERS_INDEX_COUNT];
    struct map rooms;          /* folded names */
    struct irc_room **numbers; /* by irc_room.number */
    size_t numbers_capacity;
    size_t passing, in_rooms;
    unsigned char key[16]; /* of the hashes: a peer cannot make them collide */
    struct buf folded;     /* scratch */
};
void irc_users_init(struct irc_users *users);
void irc_users_done(struct irc_users *users);   /* everything */
void irc_users_forget(struct irc_users *users); /* all users; rooms stay, empty and OUT */
size_t irc_users_count(const struct irc_users *users);

struct irc_user *irc_users_find(struct irc_users *users, struct str nick); /* NULL: not known */
int irc_users_see(struct irc_users *users, struct str nick,
                  struct irc_user **ret_user) MUST_CHECK; /* finds or makes; -ENOMEM */
/* Empty: logged in to none. */
int irc_users_set_account(struct irc_users *users, struct irc_user *user, struct str account,
                          int64_t now_ms) MUST_CHECK;
/* On failure the user is gone: better nobody than somebody under a wrong name. */
int irc_users_rename(struct irc_users *users, struct irc_user *user, struct str nick,
                     struct irc_user **ret_user) MUST_CHECK;
void irc_users_quit(struct irc_users *users, struct irc_user *user); /* frees the user */
/* Gone with a server: kept until it comes back, however many they are, or until
 * irc_users_forget_split(). */
void irc_users_split(struct irc_users *users, struct irc_user *user);
void irc_users_forget_split(struct irc_users *users);
/* Somebody known to be logged in to the account, other than `except`, and not away if there is a
 * choice; NULL: nobody. */
struct irc_user *irc_users_with_account(struct irc_users *users, struct str account,
                                        const struct irc_user *except);

struct irc_room *irc_users_room(struct irc_users *users, struct str name); /* NULL: not known */
int irc_users_add_room(struct irc_users *users, struct str name,
                       struct irc_room **ret_room) MUST_CHECK; /* finds or makes */
int irc_users_join(struct irc_room *room, struct irc_user *user,
                   struct irc_users *users) MUST_CHECK;
void irc_users_part(struct irc_room *room, struct irc_user *user,
                    struct irc_users *users); /* the user may be freed */
bool irc_users_is_in(const struct irc_room *room, const struct irc_user *user);
/* The rooms that the user is in: index below user->rooms. */
struct irc_room *irc_users_room_of(const struct irc_users *users, const struct irc_user *user,
                                   size_t index);
void irc_users_empty_room(struct irc_users *users, struct irc_room *room); /* we left */
struct irc_room *irc_users_next_room(struct irc_users *users,
                                     size_t *cursor); /* NULL: that was the last */

#endif
