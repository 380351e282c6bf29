/* SPDX-License-Identifier: MIT */
/* export.c: everything that any table holds of a member, opened. */
#include "store/members.h"

#include <assert.h>
#include <errno.h>

#include "store/link.h"
#include "store/seal.h"
#include "store/sql.h"

/* A row being opened. */
struct reading {
    struct store *store;
    uint64_t member;
    const struct sql *sql;
    struct arena *arena;
    struct store_export_row *row;
};

/* A table's rows of one member (?1).  Every table in forget.c stands here too, and the audit: a
 * test compares. */
struct source {
    const char *table, *what, *text;
    int (*read)(struct reading *reading);
};

/* ---- fields ---------------------------------------------------------------------------------- */

static void add(struct reading *reading, struct store_export_field field)
{
    assert(reading->row->count < STORE_EXPORT_FIELDS);
    reading->row->fields[reading->row->count++] = field;
}

static void add_text(struct reading *reading, const char *name, struct str text)
{
    add(reading,
        (struct store_export_field){.name = name, .kind = STORE_EXPORT_TEXT, .text = text});
}

static void add_column(struct reading *reading, const char *name, int column)
{
    add_text(reading, name, sql_get_str(reading->sql, column));
}

static void add_number(struct reading *reading, const char *name, enum store_export_kind kind,
                       int column)
{
    add(reading, (struct store_export_field){
                     .name = name, .kind = kind, .number = sql_get_int(reading->sql, column)});
}

static void add_numbers(struct reading *reading, const char *const *names,
                        enum store_export_kind kind, int column)
{
    for (; *names; names++)
        add_number(reading, *names, kind, column++);
}

/* The moment that the row is told under. */
static void add_at(struct reading *reading, int column)
{
    reading->row->at = sql_get_int(reading->sql, column);
    add_number(reading, "at", STORE_EXPORT_TIME, column);
}

/* Opens into ret_plain; empty when it cannot be: the rest still comes.  Only short memory is an
 * error. */
static int open_or_empty(struct reading *reading, uint64_t owner, const struct seal_place *place,
                         int column, struct str *ret_plain)
{
    *ret_plain = (struct str){0};
    struct str sealed = sql_get_str(reading->sql, column);
    if (str_empty(sealed))
        return 0;
    int r = seal_open(reading->store, owner, place, sealed, reading->arena, ret_plain);
    return r == -ENOMEM ? r : 0;
}

static int add_sealed(struct reading *reading, const char *name, enum store_export_kind kind,
                      const struct seal_place *place, int column)
{
    struct store_export_field field = {.name = name, .kind = kind};
    int r = open_or_empty(reading, reading->member, place, column, &field.text);
    if (r == 0)
        add(reading, field);
    return r;
}

/* Several texts sealed as one. */
static int add_packed(struct reading *reading, const char *const *names, size_t count,
                      const struct seal_place *place, int column)
{
    struct str packed, texts[SEAL_TEXT_LIMIT] = {{0}};
    int r = open_or_empty(reading, reading->member, place, column, &packed);
    if (r < 0 || seal_unpack(packed, texts, count) < 0)
        memset(texts, 0, sizeof texts);
    for (size_t i = 0; r == 0 && i < count; i++)
        add_text(reading, names[i], texts[i]);
    return r;
}

/* ---- the tables ------------------------------------------------------------------------------ */

static int read_moment(struct reading *reading)
{
    add_at(reading, 0);
    return 0;
}

static int read_identity(struct reading *reading)
{
    static const char *const names[] = {"network", "identity", "address", "display"};
    struct seal_place place = {
        .column = "identity.texts", .a = reading->member, .text = sql_get_str(reading->sql, 0)};
    add_at(reading, 2);
    return add_packed(reading, names, COUNT_OF(names), &place, 1);
}

static int read_group(struct reading *reading)
{
    add_number(reading, "group", STORE_EXPORT_GROUP, 0);
    add_at(reading, 1);
    return 0;
}

static int read_consent(struct reading *reading)
{
    add_column(reading, "scope", 0);
    add_number(reading, "granted", STORE_EXPORT_NUMBER, 1);
    add_number(reading, "group", STORE_EXPORT_GROUP, 2);
    add_at(reading, 3);
    return 0;
}

static int read_preference(struct reading *reading)
{
    struct seal_place place = {
        .column = "preference.value", .a = reading->member, .text = sql_get_str(reading->sql, 0)};
    add_column(reading, "name", 0);
    add_at(reading, 2);
    return add_sealed(reading, "value", STORE_EXPORT_TEXT, &place, 1);
}

static int read_outbox(struct reading *reading)
{
    struct seal_place place = {.column = "outbox.payload", .a = sql_get_id(reading->sql, 0)};
    struct seal_place key = {.column = "outbox.dedup_key", .a = place.a};
    add_column(reading, "plugin", 1);
    add_column(reading, "network", 2);
    add_at(reading, 5);
    add_number(reading, "until", STORE_EXPORT_TIME, 6);
    int r = add_sealed(reading, "message", STORE_EXPORT_JSON, &place, 3);
    return r < 0 ? r : add_sealed(reading, "key", STORE_EXPORT_TEXT, &key, 4);
}

static int read_job(struct reading *reading)
{
    static const char *const names[] = {"key", "rule", "zone", "start"};
    struct seal_place place = {.column = "job.texts",
                               .a = STORE_OWNER_MEMBER,
                               .b = reading->member,
                               .text = sql_get_str(reading->sql, 0),
                               .more = sql_get_str(reading->sql, 1)};
    add_column(reading, "plugin", 0);
    add_at(reading, 3);
    return add_packed(reading, names, COUNT_OF(names), &place, 2);
}

static int read_value(struct reading *reading)
{
    struct seal_place place = {.column = "value.key",
                               .a = STORE_OWNER_MEMBER,
                               .b = reading->member,
                               .text = sql_get_str(reading->sql, 0),
                               .more = sql_get_str(reading->sql, 1)};
    add_column(reading, "plugin", 0);
    add_at(reading, 4);
    add_number(reading, "until", STORE_EXPORT_TIME, 5);
    int r = add_sealed(reading, "key", STORE_EXPORT_TEXT, &place, 2);
    place.column = "value.value";
    return r < 0 ? r : add_sealed(reading, "value", STORE_EXPORT_TEXT, &place, 3);
}

static int read_series(struct reading *reading)
{
    struct str plain;
    struct store_export_field value = {.name = "value", .kind = STORE_EXPORT_NUMBER};
    struct seal_place place = {.column = "series.value",
                               .a = reading->member,
                               .b = sql_get_id(reading->sql, 2),
                               .text = sql_get_str(reading->sql, 0),
                               .more = sql_get_str(reading->sql, 1)};
    add_column(reading, "plugin", 0);
    add_column(reading, "name", 1);
    add_at(reading, 2);
    int r = open_or_empty(reading, reading->member, &place, 3, &plain);
    if (r == 0 && plain.len == sizeof value.number)
        memcpy(&value.number, plain.ptr, sizeof value.number);
    add(reading, value);
    return r;
}

static int read_dialogue(struct reading *reading)
{
    static const char *const times[] = {"since", "until", NULL};
    struct seal_place place = {.column = "dialogue.state",
                               .a = reading->member,
                               .text = sql_get_str(reading->sql, 0),
                               .more = sql_get_str(reading->sql, 1)};
    add_column(reading, "plugin", 0);
    add_column(reading, "name", 1);
    add_at(reading, 3);
    add_numbers(reading, times, STORE_EXPORT_TIME, 4);
    return add_sealed(reading, "state", STORE_EXPORT_JSON, &place, 2);
}

static int read_private_room(struct reading *reading)
{
    static const char *const names[] = {"user", "room", "wish"};
    struct seal_place place = {.column = "matrix_direct.value",
                               .text = sql_get_str(reading->sql, 0)};
    add_column(reading, "network", 1);
    add_at(reading, 3);
    return add_packed(reading, names, COUNT_OF(names), &place, 2);
}

static int read_offer(struct reading *reading)
{
    struct seal_place place = {
        .column = "offer.offer", .a = STORE_OWNER_MEMBER, .b = reading->member};
    add_at(reading, 1);
    add_number(reading, "until", STORE_EXPORT_TIME, 2);
    return add_sealed(reading, "offer", STORE_EXPORT_JSON, &place, 0);
}

/* How many, and until when: the ids of messages, and what the rest of the export says already. */
static int read_trace(struct reading *reading)
{
    add_number(reading, "count", STORE_EXPORT_NUMBER, 0);
    add_at(reading, 1);
    add_number(reading, "until", STORE_EXPORT_TIME, 2);
    return 0;
}

static int read_alert(struct reading *reading)
{
    static const char *const numbers[] = {"alert", "kind", "tier", "state", "pages", NULL};
    static const char *const times[] = {"raised", "taken", "closed", "page", NULL};
    struct seal_place place = {.column = "alert.who", .a = sql_get_id(reading->sql, 0)};
    add_numbers(reading, numbers, STORE_EXPORT_NUMBER, 0);
    add_number(reading, "group", STORE_EXPORT_GROUP, 5);
    add_number(reading, "room", STORE_EXPORT_ROOM, 6);
    add_at(reading, 7);
    add_numbers(reading, times, STORE_EXPORT_TIME, 8);
    add_column(reading, "rules", 12);
    add_column(reading, "code", 13);
    int r = add_sealed(reading, "who", STORE_EXPORT_TEXT, &place, 14);
    place.column = "alert.words";
    return r < 0 ? r : add_sealed(reading, "words", STORE_EXPORT_TEXT, &place, 15);
}

/* What somebody did about a call for help, not whose it was. */
static int read_handled(struct reading *reading)
{
    add_number(reading, "alert", STORE_EXPORT_NUMBER, 0);
    add_at(reading, 1);
    return 0;
}

static int read_audit(struct reading *reading)
{
    add_column(reading, "plugin", 0);
    add_column(reading, "event", 1);
    add_column(reading, "details", 2);
    add_number(reading, "group", STORE_EXPORT_GROUP, 3);
    add_at(reading, 4);
    return 0;
}

static int read_setting(struct reading *reading)
{
    struct store_export_field value = {.name = "value", .kind = STORE_EXPORT_TEXT};
    struct seal_place place = {.column = "setting.value", .a = sql_get_id(reading->sql, 0)};
    add_column(reading, "name", 1);
    add_number(reading, "group", STORE_EXPORT_GROUP, 3);
    add_at(reading, 4);
    int r = open_or_empty(reading, STORE_HOUSE, &place, 2, &value.text);
    add(reading, value);
    return r;
}

static int read_link(struct reading *reading)
{
    static const char *const states[] = {"asked", "joined", "ending", "ended", "apart"};
    size_t state = (size_t)sql_get_int(reading->sql, 0);
    add_text(reading, "how", str_of(state < COUNT_OF(states) ? states[state] : ""));
    add_column(reading, "answers", 3);
    add_at(reading, 1);
    add_number(reading, "until", STORE_EXPORT_TIME, 2);
    return 0;
}

static int read_code(struct reading *reading)
{
    add_number(reading, "tries", STORE_EXPORT_NUMBER, 0);
    add_number(reading, "wrong", STORE_EXPORT_NUMBER, 1);
    add_number(reading, "until", STORE_EXPORT_TIME, 2);
    add_number(reading, "wait", STORE_EXPORT_TIME, 3);
    return 0;
}

/* What a join took of somebody stands as it did in its own table. */
#define TAKEN(source)                                                                              \
    " FROM link_row WHERE source = '" source "' AND ((member = ?1 AND kind = 0) OR (kind = 1 AND " \
    "member IN (SELECT member FROM link WHERE kept = ?1)))"

static const struct source sources[] = {
    {"member", "member", "SELECT created_at FROM member WHERE member = ?1", read_moment},
    {"forget_intent", "forget", "SELECT asked_at FROM forget_intent WHERE member = ?1",
     read_moment},
    {"identity", "identity", "SELECT hash, texts, seen_at FROM identity WHERE member = ?1",
     read_identity},
    {"member_group", "group", "SELECT group_id, active_at FROM member_group WHERE member = ?1",
     read_group},
    {"consent", "consent", "SELECT scope, granted, group_id, at FROM consent WHERE member = ?1",
     read_consent},
    {"preference", "preference", "SELECT name, value, at FROM preference WHERE member = ?1",
     read_preference},
    {"alert", "alert",
     "SELECT id, kind, tier, state, pages, group_id, room, opened_at, raised_at, acknowledged_at,"
     " closed_at, next_page_at, rules, code, who, words FROM alert WHERE member = ?1 ORDER BY id",
     read_alert},
    {"alert", "handled-taken",
     "SELECT id, acknowledged_at FROM alert WHERE acknowledged_by = ?1 ORDER BY id", read_handled},
    {"alert", "handled-closed", "SELECT id, closed_at FROM alert WHERE closed_by = ?1 ORDER BY id",
     read_handled},
    {"alert", "handled-called", "SELECT id, opened_at FROM alert WHERE on_call = ?1 ORDER BY id",
     read_handled},
    {"audit", "audit-own",
     "SELECT plugin, event, details, group_id, at FROM audit WHERE actor = ?1 ORDER BY id",
     read_audit},
    {"audit", "audit-bot",
     "SELECT plugin, event, details, group_id, at FROM audit WHERE subject = ?1 AND actor = 0"
     " ORDER BY id",
     read_audit},
    {"audit", "audit-other",
     "SELECT plugin, event, details, group_id, at FROM audit WHERE subject = ?1 AND actor <> 0"
     " AND actor <> ?1 ORDER BY id",
     read_audit},
    {"setting", "setting",
     "SELECT id, name, value, group_id, at FROM setting WHERE set_by = ?1 ORDER BY id",
     read_setting},
    {"series", "series",
     "SELECT plugin, name, at, value FROM series WHERE member = ?1 ORDER BY plugin, name, at",
     read_series},
    {"value", "value",
     "SELECT plugin, hash, key, value, at, expires_at FROM value"
     " WHERE owner_kind = 1 AND owner_id = ?1",
     read_value},
    {"dialogue", "dialogue",
     "SELECT plugin, name, state, asked_at, started_at, expires_at FROM dialogue"
     " WHERE member = ?1",
     read_dialogue},
    {"matrix_direct", "private-room",
     "SELECT hash, network, value, at FROM matrix_direct WHERE member = ?1", read_private_room},
    {"offer", "offer",
     "SELECT offer, offered_at, expires_at FROM offer WHERE owner_kind = 1 AND owner_id = ?1",
     read_offer},
    {"trace", "trace",
     "SELECT count(*), min(at), max(expires_at) FROM trace WHERE member = ?1 HAVING count(*) > 0",
     read_trace},
    {"job", "job",
     "SELECT plugin, hash, texts, due_at FROM job WHERE owner_kind = 1 AND owner_id = ?1",
     read_job},
    {"outbox", "outbox",
     "SELECT id, plugin, network, payload, dedup_key, created_at, expires_at FROM outbox"
     " WHERE member = ?1 ORDER BY id",
     read_outbox},
    {"link", "link", "SELECT state, at, until_at, answers FROM link WHERE member = ?1 OR kept = ?1",
     read_link},
    {"link_code", "code",
     "SELECT tries, wrong, expires_at, wrong_until_at FROM link_code WHERE member = ?1", read_code},
    {"link_row", "consent", "SELECT c2, c3, c1, c4" TAKEN("consent"), read_consent},
    {"link_row", "preference", "SELECT c1, c2, c3" TAKEN("preference"), read_preference},
    {"link_row", "series", "SELECT c1, c2, c3, c4" TAKEN("series"), read_series},
    {"link_row", "value", "SELECT c0, c3, c4, c5, c6, c7" TAKEN("value"), read_value},
    {"link_row", "job", "SELECT c1, c4, c5, c6" TAKEN("job"), read_job},
    {"outbox_dedup", "mark", "SELECT until_at FROM outbox_dedup WHERE member = ?1", read_moment},
};

static int export_row(struct store *store, const struct source *source, uint64_t member,
                      const struct sql *sql, store_export_fn each, void *ctx)
{
    AUTO_ARENA arena = {0};
    struct store_export_row row = {.table = source->table, .what = source->what};
    struct reading reading = {
        .store = store, .member = member, .sql = sql, .arena = &arena, .row = &row};
    int r = source->read(&reading);
    if (r == 0)
        each(ctx, &row);
    return r;
}

static int export_one(struct store *store, uint64_t member, store_export_fn each, void *ctx)
{
    for (size_t i = 0; i < COUNT_OF(sources); i++) {
        AUTO_SQL sql;
        int r = sql_read(store, sources[i].text, &sql);
        if (r < 0)
            return r;
        sql_id(&sql, member);
        for (r = sql_step(&sql); r > 0; r = sql_step(&sql)) {
            r = export_row(store, &sources[i], member, &sql, each, ctx);
            if (r < 0)
                return r;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

/* Who is set aside for them is them as well, sealed under a key of its own. */
int store_members_export(struct store *store, uint64_t member, store_export_fn each, void *ctx)
{
    uint64_t aside;
    int64_t until_at;
    int r = export_one(store, member, each, ctx);
    if (r < 0)
        return r;
    r = store_link_aside(store, member, &aside, &until_at);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    return export_one(store, aside, each, ctx);
}
