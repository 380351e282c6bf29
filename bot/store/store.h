/* SPDX-License-Identifier: MIT */
/* store.h: what survives: SQLite, one transaction a turn, values sealed under a key per member.
 * The only place with SQL. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "loop/clock.h"

struct store;
struct keyring;

/* Owner of a sealed value: a member's id, or the house itself (rooms, groups, settings). */
#define STORE_HOUSE ((uint64_t)0)
/* Or nobody: a key that ends with this process.  For what is on its way and names somebody whose
 * own key cannot seal it (a guest, a list of people): no copy of the file can be read later, and a
 * restart loses it. */
#define STORE_PASSING ((uint64_t)INT64_MAX)

struct store_options {
    /* holds mooring.db and keyring; made (0700) at the first start */
    const char *folder;
    const struct clock *clock; /* borrowed */
    const unsigned char
        *master_key; /* 32 bytes, copied into locked memory; NULL: only in_memory, a fixed one, so
                        that a scenario plays the same twice (console, tests) */
    const unsigned char *next_key; /* 32 bytes, tried when the first does not open the keyring: a
                                      rotation's hand-over; NULL: none */
    bool in_memory;                /* nothing on disk: the console's default */
    bool must_exist; /* there was a state: nothing is made where it is gone (-ESTALE) */
};
/* Errors, one clear sentence each, nothing overwritten: unwritable folder, a newer version's
 * database, damaged file, a missing or wrong key, a keyring of another database, a second running
 * process (lock). */
int store_open(const struct store_options *options, struct store **ret_store,
               struct error *error) MUST_CHECK;
void store_close(struct store *store);

/* ---- the turn's transaction ------------------------------------------------------------------ */

/* Opens at the first write (each writer calls store_begin itself); reading needs none. */
int store_begin(struct store *store) MUST_CHECK;
bool store_in_transaction(const struct store *store);
/* 1: committed; 0: nothing was written.  After an error nothing of the turn stands, and the next
 * may begin. */
int store_commit(struct store *store) MUST_CHECK;
void store_rollback(struct store *store);
/* True when SQLite itself rolled the whole transaction back under us (full disk).  Until
 * store_rollback every further write of the turn fails with the same error, so that no half of it
 * is committed. */
bool store_lost_transaction(const struct store *store);

/* Nested, and lazy: no SQL runs until something is written inside. */
struct store_savepoint {
    unsigned depth;
};
int store_savepoint(struct store *store, struct store_savepoint *ret_savepoint) MUST_CHECK;
int store_release(struct store *store, struct store_savepoint savepoint) MUST_CHECK;
/* Takes back what was written since, and ends the savepoint: a release after it is harmless. */
int store_rollback_to(struct store *store, struct store_savepoint savepoint) MUST_CHECK;

/* Called after each commit that wrote (the outbox and the jobs wake up), in the order added; at
 * most 8. */
int store_on_commit(struct store *store, void (*committed)(void *ctx), void *ctx) MUST_CHECK;
/* And after each rollback, whole or to a savepoint: what memory holds of the turn must be dropped
 * or read again. */
int store_on_rollback(struct store *store, void (*rolled_back)(void *ctx), void *ctx) MUST_CHECK;

/* Nobody is called any more: whoever asked is about to go. */
void store_forget_hooks(struct store *store);

/* ---- trouble: the one state that says whether anything can be saved ----------------------------
 */

enum store_cause {
    STORE_WELL,
    STORE_FULL,
    STORE_READ_ONLY,
    STORE_BROKEN,  /* the system reports an error, or the files are gone */
    STORE_LOCKED,  /* another program holds the database */
    STORE_DAMAGED, /* what is read is not what was written */
    STORE_NO_KEY,  /* at a start: the master key or the keyring is missing, or another's */
    STORE_CAUSE_COUNT
};
struct store_trouble {
    enum store_cause cause;
    int code; /* with which every write is refused */
    int64_t since_at, since_elapsed_ms;
};
/* It begins with the first write that fails, or the first page that cannot be read.  From then on
 * every write is refused at once, without asking the disk, until store_probe has found it well:
 * nothing half-trusted is written to, and nobody waits for a disk that is known to fail. */
const struct store_trouble *store_trouble(const struct store *store);
bool store_writable(const struct store *store); /* no trouble */
bool store_is_fault(int code);                  /* an error of the disk, no caller's mistake */
/* How many writes were refused since the start: who sees it grow has asked for what cannot be
 * kept. */
uint64_t store_refused(const struct store *store);
/* Outside of a transaction: opens what cannot be trusted any more again (after an I/O error,
 * damage, a folder that went away and came back), and writes for a try.  0: well again; else the
 * error, and the trouble stays (its cause may be another now). */
int store_probe(struct store *store) MUST_CHECK;
/* Reads every page: minutes on a large database.  -EUCLEAN, with a sentence. */
int store_check(struct store *store, struct error *error) MUST_CHECK;
/* Told when trouble begins, changes its cause or ends, in the middle of a turn: only note it.  One
 * listener; NULL: none. */
void store_on_trouble(struct store *store, void (*changed)(void *ctx), void *ctx);
/* Nothing is ever written to this one: it stands in for a store that cannot be opened. */
void store_refuse(struct store *store, enum store_cause cause);
/* What an error of store_open means; STORE_WELL: nothing that may be well again by itself (another
 * process, a newer version, no memory). */
enum store_cause store_cause_of_open(int code);
/* Somebody's data is there, or might be (the folder cannot be looked into): not the first start. */
bool store_holds_state(const char *folder);
const char *store_cause_name(enum store_cause cause); /* "full", "read-only" ... for logs */

/* ---- faults: for scenarios (/fail) and for the floor ----------------------------------------- */

enum store_fault {
    STORE_FAULT_NONE,
    STORE_FAULT_DISK_FULL,
    STORE_FAULT_READ_ONLY,
    STORE_FAULT_IO,
    STORE_FAULT_DAMAGED, /* nothing that is stored can be read */
    STORE_FAULT_SLOW,    /* 100 ms a sync */
    STORE_FAULT_COUNT
};
/* writes fail, or take as long, as the real ones do */
void store_inject(struct store *store, enum store_fault fault);
/* Loses everything uncommitted, as kill -9 does, and opens again on the same data (in_memory too):
 * /kill.  The hooks are forgotten, as their owners are.  After an error only store_close is
 * left. */
int store_crash(struct store *store) MUST_CHECK;

/* ---- the master key -------------------------------------------------------------------------- */

/* Wraps every key under a new master key (32 bytes); nothing that is sealed changes.  After it the
 * old one opens nothing.  -EALREADY: it is this one; -EOPNOTSUPP: in memory. */
int store_rotate_key(struct store *store, const unsigned char *new_key,
                     struct error *error) MUST_CHECK;
/* The keyring opened with `next_key`: the first one should be replaced by it. */
bool store_has_next_key(const struct store *store);
enum { STORE_KEY_MARK_BYTES = 8 };
/* What tells a master key from others, and gives nothing of it away. */
void store_key_mark(const unsigned char *key, unsigned char ret_mark[STORE_KEY_MARK_BYTES]);

/* ---- keyed hashes, sealing ------------------------------------------------------------------- */

/* A stable, unlinkable 63-bit id for a name of the configuration ("room", network, room): never
 * 0. */
uint64_t store_name_id(const struct store *store, struct str kind, struct str a, struct str b);
enum { STORE_HASH_BYTES = 32 };
/* Keyed lookup hash (BLAKE2b) of an identity ("account", network, account). */
void store_hash(const struct store *store, struct str kind, struct str a, struct str b,
                unsigned char ret_hash[STORE_HASH_BYTES]);

/* When something was written last, to the hour, by a clock that was trusted then.  -ENOENT: never.
 */
int store_last_at(struct store *store, int64_t *ret_at) MUST_CHECK;
/* From now on the wall clock is to be trusted, or not: then it is not noted. */
void store_trust_clock(struct store *store, bool trusts);
int64_t store_wall_at(const struct store *store); /* its clock's, the same throughout a turn */
/* Grows whenever identities or keys come or go: what was remembered of store_members_find is then
 * asked again. */
uint64_t store_people_generation(const struct store *store);

/* One value of a kind ("meta") that the program keeps about itself; NULL-free text.  -ENOENT. */
int store_meta_get(struct store *store, struct str name, struct arena *arena,
                   struct str *ret_value) MUST_CHECK;
int store_meta_put(struct store *store, struct str name, struct str value) MUST_CHECK;

#endif
