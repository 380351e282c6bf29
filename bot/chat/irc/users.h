/* SPDX-License-Identifier: MIT */
/* users.h: who is where, and logged in as whom, as far as the server told us. */
#ifndef CHAT_IRC_USERS_H
#define CHAT_IRC_USERS_H

#include <stdint.h>

#include "base/map.h"
#include "chat/irc/casemap.h"

enum { IRC_USERS_MAX = 200 * 1000, IRC_USERS_PASSING_MAX = 256 };

struct irc_user {
    uint64_t id;
    char *nick, *account; /* account NULL: logged in to none, or not known */
    bool account_known;
    bool is_bot;
    bool is_split;        /* left in a netsplit: coming back is no news; not counted as passing */
    bool is_away;         /* as far as we were told */
    int64_t confirmed_ms; /* when the server last said who this is (elapsed clock) */
    bool was_in_room;     /* else counted in `passing` */
    size_t rooms;         /* shared with us; 0: somebody passing, forgotten first */
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
    bool wanted; /* a group is there; else we were put there, and only listen */
    enum irc_room_state state;
    unsigned tries, kicks; /* since we were last in; since the connection began */
    int64_t due_ms;        /* the next JOIN, or when to give this one up; elapsed clock */
    struct map members;    /* by irc_user.id */
};
/* Names are folded with `casemap`; change it only while empty. */
struct irc_users {
    enum irc_casemap casemap;
    struct map by_nick, rooms; /* folded names */
    uint64_t next_id;
    size_t passing;
    struct buf folded; /* scratch */
};
void irc_users_init(struct irc_users *users);
void irc_users_done(struct irc_users *users);   /* everything */
void irc_users_forget(struct irc_users *users); /* all users; rooms stay, empty and OUT */

struct irc_user *irc_users_find(struct irc_users *users, struct str nick); /* NULL: not known */
int irc_users_see(struct irc_users *users, struct str nick,
                  struct irc_user **ret_user) MUST_CHECK; /* finds or makes; -ENOMEM */
/* Empty: logged in to none. */
int irc_users_set_account(struct irc_user *user, struct str account, int64_t now_ms) MUST_CHECK;
/* On failure the user is gone: better nobody than somebody under a wrong name. */
int irc_users_rename(struct irc_users *users, struct irc_user *user, struct str nick) MUST_CHECK;
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
void irc_users_empty_room(struct irc_users *users, struct irc_room *room); /* we left */
struct irc_room *irc_users_next_room(struct irc_users *users,
                                     size_t *cursor); /* NULL: that was the last */

#endif
