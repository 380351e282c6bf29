/* SPDX-License-Identifier: MIT */
/* homeserver_internal.h: what the files of the scripted homeserver share.  What goes wrong in it
 * fails the test at once. */
#ifndef SUPPORT_HOMESERVER_INTERNAL_H
#define SUPPORT_HOMESERVER_INTERNAL_H

#include "base/random.h"
#include "homeserver.h"
#include "loop/loop.h"

enum { HS_PARTS = 8, HS_FAULTS = 16, HS_LOG = 200000 };

struct hs_device {
    char *user, *id, *access, *refresh;
    char *previous_refresh; /* lives until the new access token is used */
    int64_t expires_at;     /* elapsed ms; 0: never */
    bool soft, dead;        /* of the access token */
};
struct hs_account {
    char *user, *password;
    const char *trouble;
    json_t *data;    /* type -> {content, position} */
    json_t *profile; /* field -> value */
    json_t *filters; /* array */
};
struct hs_event {
    json_t *json; /* as clients see it, with room_id */
    uint64_t position;
    char *transaction_id, *sender_device; /* NULL: not sent by the API */
};
struct hs_room {
    char *id, *version, *alias;
    struct hs_event *events;
    size_t count, capacity;
    json_t *state; /* "type|key" -> event (borrowed by it) */
    json_t *receipts;
    json_t *room_data; /* user -> type -> content */
    json_t *forgotten; /* user -> true */
    bool is_public;
};
struct hs_transaction {
    char *key, *event_id;
    int64_t at;
};
struct hs_media_item {
    char *bytes;
    size_t len;
    char *type;
};
struct hs_armed {
    struct hs_fault fault;
    unsigned seen, used;
    int64_t until; /* elapsed; 0: no end */
};

/* One request that is not answered yet. */
struct hs_request {
    struct hs_request *next;
    struct homeserver *hs;
    struct memory_exchange *exchange;
    char *method, *target;
    char *parts[HS_PARTS];    /* decoded, of the {}s of its route */
    struct str body;          /* only while it is first handled */
    json_t *json;             /* its body; NULL: none, or no object */
    struct hs_device *device; /* NULL: no token */
    struct hs_account *account;
    struct hs_fault fault; /* kind of those that change the answer */
    bool has_fault;
    struct loop_timer timer; /* a long poll's end, or a slow answer's beginning */
    bool polls;
    uint64_t since;
    json_t *late_answer;
    unsigned late_status;
};

struct homeserver {
    struct hs_knobs knobs;
    struct net *net;
    struct loop *loop;
    struct memory_http_peer *peer;
    struct random random;
    struct loop_call wake;
    uint64_t position;
    int64_t fixed_at;
    unsigned next_id;
    struct hs_device **devices;
    struct hs_account **accounts;
    struct hs_room **rooms;
    struct hs_transaction *transactions;
    struct hs_media_item *media;
    struct hs_armed faults[HS_FAULTS];
    char **log;
    struct buf *log_bodies;
    struct hs_request *requests;
    size_t device_count, account_count, room_count, transaction_count, media_count, fault_count;
    size_t log_count, typing_count;
    size_t device_room, account_room, room_room, transaction_room, media_room, log_room, body_room;
};

/* homeserver.c */
void *hs_more(void *items, size_t *capacity, size_t count, size_t item_size);
char *hs_printf(const char *format, ...) PRINTF_LIKE(1, 2); /* free() */
int64_t hs_now(struct homeserver *hs);
/* json taken; the request is gone afterwards */
void hs_answer(struct hs_request *request, unsigned status, json_t *json);
void hs_answer_bytes(struct hs_request *request, unsigned status, const char *content_type,
                     struct str bytes);
void hs_error(struct hs_request *request, unsigned status, const char *errcode);
void hs_changed(struct homeserver *hs);                             /* long polls look again */
char *hs_query(const struct hs_request *request, const char *name); /* decoded, free(); NULL */
const char *hs_text(const json_t *object, const char *key);         /* "" when it is no text */

/* homeserver_routes.c */
void hs_route(struct hs_request *request);

/* homeserver_account.c */
struct hs_account *hs_find_account(struct homeserver *hs, const char *user);
/* False: it was answered with 401 or so. */
bool hs_authorize(struct hs_request *request, struct str header);
void hs_login_flows(struct hs_request *request);
void hs_login(struct hs_request *request);
void hs_refresh(struct hs_request *request);
void hs_logout(struct hs_request *request);
void hs_whoami(struct hs_request *request);
void hs_put_account_data(struct hs_request *request);
void hs_get_account_data(struct hs_request *request);
void hs_get_profile(struct hs_request *request);
void hs_put_profile(struct hs_request *request);
void hs_post_filter(struct hs_request *request);
void hs_accounts_free(struct homeserver *hs);

/* homeserver_rooms.c */
struct hs_room *hs_find_room(struct homeserver *hs, const char *id_or_alias);
struct hs_room *hs_add_room(struct homeserver *hs, const char *creator, const char *version,
                            json_t *creation_content);
struct hs_event *hs_add_event(struct homeserver *hs, struct hs_room *room, const char *sender,
                              const char *type, const char *state_key, json_t *content);
void hs_member(struct homeserver *hs, struct hs_room *room, const char *sender, const char *user,
               const char *membership);
const char *hs_membership_in(const struct hs_room *room, const char *user);
const char *hs_membership_at(const struct hs_room *room, const char *user, uint64_t position);
json_t *hs_room_state(const struct hs_room *room, const char *type, const char *key);
struct hs_event *hs_find_event(struct hs_room *room, const char *event_id);
int64_t hs_power(const struct hs_room *room, const char *user);
int64_t hs_power_needed(const struct hs_room *room, const char *key, const char *list,
                        int64_t usual);
void hs_do_redact(struct homeserver *hs, struct hs_room *room, struct hs_event *event,
                  struct hs_event *by);
void hs_rooms_free(struct homeserver *hs);

/* homeserver_room_api.c */
void hs_create_room(struct hs_request *request);
void hs_post_join(struct hs_request *request);
void hs_post_leave(struct hs_request *request);
void hs_post_forget(struct hs_request *request);
void hs_post_member(struct hs_request *request); /* invite, kick, ban */
void hs_put_send(struct hs_request *request);
void hs_put_state(struct hs_request *request);
void hs_put_redact(struct hs_request *request);
void hs_post_upgrade(struct hs_request *request);
void hs_get_state(struct hs_request *request);
void hs_get_event(struct hs_request *request);
void hs_get_members(struct hs_request *request);
void hs_get_joined_rooms(struct hs_request *request);
void hs_get_alias(struct hs_request *request);
void hs_get_hierarchy(struct hs_request *request);
void hs_post_receipt(struct hs_request *request);
void hs_put_typing(struct hs_request *request);

/* homeserver_sync.c */
void hs_sync(struct hs_request *request);
/* Answers a waiting long poll when there is something (or when it must). */
void hs_sync_again(struct hs_request *request, bool must);
void hs_get_messages(struct hs_request *request);
/* For who asks: with unsigned.transaction_id for the device that sent it. */
json_t *hs_event_for(const struct hs_request *request, const struct hs_room *room,
                     const struct hs_event *event, bool with_room);

#endif
