/* SPDX-License-Identifier: MIT */
/* homeserver.h: a scripted Matrix homeserver (client-server API v1.19) on in-process HTTP, for
 * tests in virtual time: accounts, rooms, /sync, /messages, media; members who speak by a function
 * call; faults by request.  The bot's `homeserver` is "memory://home". */
#ifndef SUPPORT_HOMESERVER_H
#define SUPPORT_HOMESERVER_H

#include <jansson.h>

#include "net/memory_http.h"

struct homeserver;

/* How it behaves; set at any time. */
struct hs_knobs {
    const char *server_name;     /* "home": "@anna:home" */
    const char *room_version;    /* of new rooms; "12" */
    const char *const *versions; /* of /versions, ends in NULL; NULL: v1.1 to v1.19 */
    const char *const *features; /* unstable_features that are on, ends in NULL; NULL: none */
    const char *well_known;      /* body of /.well-known/matrix/client; NULL: m.homeserver is us */
    int64_t token_life_ms;       /* of access tokens when refresh was asked for; 0: for ever */
    int64_t transaction_life_ms; /* 30 min */
    unsigned timeline_max; /* events a timeline has at most, whatever the filter says; 0: that */
    uint64_t shuffle;      /* keys of each JSON object in a random order; 0: as written */
    const char *auth_metadata; /* body of /auth_metadata; NULL: 404 M_UNRECOGNIZED */
    size_t upload_max;         /* m.upload.size */
    bool no_state_after;       /* use_state_after is not understood */
    bool no_password;          /* /login does not offer it */
};

struct homeserver *hs_start(struct net *net, struct loop *loop); /* listens as memory://home */
void hs_stop(struct homeserver *hs);                             /* NULL is fine */
struct hs_knobs *hs_knobs(struct homeserver *hs);
/* The process goes away and comes back (what it knows stays): refuses, hangs. */
void hs_set_mode(struct homeserver *hs, enum memory_http_mode mode);
/* As when it is restarted: what waits for an answer is cut off. */
void hs_cut_all(struct homeserver *hs);

/* ---- accounts -------------------------------------------------------------------------------- */

void hs_account(struct homeserver *hs, const char *user, const char *password);
/* A token of a device, as one logged in by hand has it; for ever. */
const char *hs_token(struct homeserver *hs, const char *user, const char *device);
/* All access tokens of that account die. soft: `soft_logout`, refresh tokens live on. */
void hs_expire(struct homeserver *hs, const char *user, bool soft);
/* "M_USER_LOCKED", "M_USER_SUSPENDED", "M_USER_DEACTIVATED"; NULL: all is well. */
void hs_trouble(struct homeserver *hs, const char *user, const char *errcode);
size_t hs_device_count(struct homeserver *hs, const char *user); /* devices ever made */
void hs_profile(struct homeserver *hs, const char *user, const char *field, const char *value);

/* ---- rooms, and members who act (nobody's power is asked) ------------------------------------ */

/* All const char * that come back are the server's own and stay. */
const char *hs_room(struct homeserver *hs, const char *creator, const char *version,
                    const char *alias); /* public; version, alias: may be NULL */
void hs_join(struct homeserver *hs, const char *room, const char *user);
void hs_leave(struct homeserver *hs, const char *room, const char *user);
void hs_invite(struct homeserver *hs, const char *room, const char *by, const char *user);
void hs_kick(struct homeserver *hs, const char *room, const char *by, const char *user);
void hs_ban(struct homeserver *hs, const char *room, const char *by, const char *user);
/* The event's id. */
const char *hs_say(struct homeserver *hs, const char *room, const char *user, const char *text);
/* content as JSON text, or as a value (taken). */
const char *hs_event(struct homeserver *hs, const char *room, const char *user, const char *type,
                     const char *content);
const char *hs_event_json(struct homeserver *hs, const char *room, const char *user,
                          const char *type, json_t *content);
const char *hs_state(struct homeserver *hs, const char *room, const char *user, const char *type,
                     const char *key, const char *content);
/* A new room with its predecessor, the tombstone in the old one.  The new room's id. */
const char *hs_upgrade(struct homeserver *hs, const char *room, const char *user,
                       const char *version);
void hs_account_data(struct homeserver *hs, const char *user, const char *type,
                     const char *content);
/* The origin_server_ts of the following events; 0: the clock's. */
void hs_time(struct homeserver *hs, int64_t at);

/* ---- what came of it ------------------------------------------------------------------------- */

size_t hs_room_count(struct homeserver *hs);
const char *hs_room_at(struct homeserver *hs, size_t index); /* in the order they were made */
const char *hs_membership(struct homeserver *hs, const char *room, const char *user); /* "leave" */
json_t *hs_state_of(struct homeserver *hs, const char *room, const char *type,
                    const char *key); /* the event; NULL */
/* Events of that sender and type (NULL: any) in the room, redacted ones too; the n-th from 0,
 * whole; NULL: no such. */
size_t hs_count(struct homeserver *hs, const char *room, const char *sender, const char *type);
json_t *hs_nth(struct homeserver *hs, const char *room, const char *sender, const char *type,
               size_t n);
/* The body of the n-th m.room.message of that sender; "" when there is none. */
const char *hs_body(struct homeserver *hs, const char *room, const char *sender, size_t n);
json_t *hs_data_of(struct homeserver *hs, const char *user, const char *type); /* account data */
json_t *hs_receipt(struct homeserver *hs, const char *room,
                   const char *user);          /* last one's event id */
size_t hs_typing_count(struct homeserver *hs); /* times that typing was said to begin */
size_t hs_media_count(struct homeserver *hs);
struct str hs_media(struct homeserver *hs, size_t index);

/* Requests so far that match: fnmatch(3) on "PUT /_matrix/client/v3/rooms/...?query". */
size_t hs_requests(struct homeserver *hs, const char *match);
size_t hs_request_count(struct homeserver *hs);
const char *hs_request_at(struct homeserver *hs, size_t index);
struct str hs_request_body_at(struct homeserver *hs, size_t index);
size_t hs_waiting(struct homeserver *hs); /* requests that wait for an answer now */

/* ---- faults ---------------------------------------------------------------------------------- */

enum hs_fault_kind {
    HS_ANSWER,    /* status, headers and body as given; nothing is done */
    HS_HANG,      /* nothing is done, nothing is answered */
    HS_CUT,       /* nothing is done, the connection breaks */
    HS_HANG_BODY, /* done; the answer stops after `at` bytes and hangs */
    HS_CUT_BODY,  /* done; the answer breaks off after `at` bytes (its end included: before the end)
                   */
    HS_LOSE,      /* done; the connection breaks before the answer */
    HS_SLOW,      /* done; answered `at` ms later */
    HS_EXPIRE,    /* the request's access token dies as it comes: 401 with soft_logout */
    HS_FAULT_KIND_COUNT
};
struct hs_fault {
    const char *match; /* as hs_requests; borrowed until it is over, as the rest */
    enum hs_fault_kind kind;
    unsigned status;
    const char *headers; /* "Retry-After: 3\n"; NULL: none */
    struct str body;
    size_t at;
    unsigned skip, times; /* the first `skip` that match go through; times 0: until hs_mend */
    unsigned every;       /* only each n-th of the others is hit; 0: each */
    int64_t for_ms;       /* it ends by itself after that; 0: not */
};
void hs_fault(struct homeserver *hs, const struct hs_fault *fault); /* the first that matches */
void hs_mend(struct homeserver *hs);                                /* no faults any more */

#endif
