/* SPDX-License-Identifier: MIT */
/* members.h: members, their identities (keyring), consents and preferences; forgetting and
 * exporting everything. */
#ifndef STORE_MEMBERS_H
#define STORE_MEMBERS_H

#include "store/store.h"

/* Whose a hash is: the keyring's, or whom that one was joined to (link.h).  -ENOENT. */
int store_members_find(struct store *store, const unsigned char hash[STORE_HASH_BYTES],
                       uint64_t *ret_member) MUST_CHECK;
/* A new member with a key that is durable before this returns. */
int store_members_create(struct store *store, const unsigned char hash[STORE_HASH_BYTES],
                         uint64_t *ret_member) MUST_CHECK;

/* What is known of a member on a network; the texts are sealed.  `identity` is what identifies
 * ("account:ana"), `address` where they last spoke from (nick, Matrix id), `display` the name the
 * room knows. */
struct store_identity {
    struct str network, identity, address, display;
    int64_t seen_at;
};
int store_members_put_identity(struct store *store, uint64_t member,
                               const struct store_identity *identity) MUST_CHECK;
typedef void (*store_identity_fn)(void *ctx, const struct store_identity *identity);
/* The latest seen first. */
int store_members_each_identity(struct store *store, uint64_t member, store_identity_fn each,
                                void *ctx) MUST_CHECK;
/* nonzero ends the walk and is returned */
typedef int (*store_member_fn)(void *ctx, uint64_t member);
/* Members known in a group: noted when they use the bot there, or are seen in its rooms with a
 * commanded effect. */
int store_members_note_group(struct store *store, uint64_t member, uint64_t group) MUST_CHECK;
int store_members_each_in_group(struct store *store, uint64_t group, store_member_fn each,
                                void *ctx) MUST_CHECK;
/* The one they were last active in first. */
int store_members_each_group(struct store *store, uint64_t member,
                             int (*each)(void *ctx, uint64_t group), void *ctx) MUST_CHECK;

/* Consent per scope; granted with when and how.  get: 1 yes, 0 no, -ENOENT never asked. */
int store_members_put_consent(struct store *store, uint64_t member, uint64_t group,
                              struct str scope, bool granted) MUST_CHECK;
int store_members_get_consent(struct store *store, uint64_t member, uint64_t group,
                              struct str scope) MUST_CHECK;
/* Preferences ("zone", "language", "quiet"), sealed.  -ENOENT; an empty value removes. */
int store_members_put_preference(struct store *store, uint64_t member, struct str name,
                                 struct str value) MUST_CHECK;
int store_members_get_preference(struct store *store, uint64_t member, struct str name,
                                 struct arena *arena, struct str *ret_value) MUST_CHECK;

/* Everything that any table holds of a member, opened: a row at a time, a field a column.  `what`
 * says which of a table's ways to be about a person it is ("alert", "handled-taken"); a value that
 * cannot be opened is empty.  Left out: keyed hashes, the retries and versions of the program's own
 * (tests/live/forensic.py lists them). */
enum store_export_kind {
    STORE_EXPORT_TEXT,
    STORE_EXPORT_JSON, /* of the program's own making */
    STORE_EXPORT_NUMBER,
    STORE_EXPORT_TIME, /* Unix ms; 0: it has none */
    STORE_EXPORT_GROUP,
    STORE_EXPORT_ROOM, /* 0: in private */
};
struct store_export_field {
    const char *name;
    enum store_export_kind kind;
    struct str text;
    int64_t number;
};
enum { STORE_EXPORT_FIELDS = 16 };
struct store_export_row {
    const char *table, *what;
    int64_t at; /* by which rows are told in order; 0: not known */
    struct store_export_field fields[STORE_EXPORT_FIELDS];
    size_t count;
};
typedef void (*store_export_fn)(void *ctx, const struct store_export_row *row);
int store_members_export(struct store *store, uint64_t member, store_export_fn each,
                         void *ctx) MUST_CHECK;
/* A durable intent, then the key slot is overwritten and synced, then the rows go; a restart
 * completes it.  Open alerts keep their number, tier and times, without who.  Within a turn all
 * this happens when the turn is committed, and takes with it whatever the turn wrote of the member:
 * what is still to be said to them goes to the outbox under STORE_HOUSE. */
int store_members_forget(struct store *store, uint64_t member) MUST_CHECK;

#endif
