/* SPDX-License-Identifier: MIT */
/* export.c: everything that any table holds of a member, opened. */
#include "store/members.h"

#include <errno.h>
#include <inttypes.h>

#include "store/seal.h"
#include "store/sql.h"

/* One row of a table, as the export shows it.  A value that cannot be opened is shown empty: the
 * rest still comes. */
struct line {
    struct buf key, value;
    int64_t at;
};

/* A table's rows of one member (?1).  Every table in forget.c stands here too, and the audit: a
 * test compares. */
struct source {
    const char *table, *text;
    int (*read)(struct store *store, uint64_t member, const struct sql *sql, struct arena *arena,
                struct line *line);
};

static void add_int(struct buf *out, int64_t value)
{
    buf_add_format(out, "%" PRId64, value);
}

static void add_parts(struct buf *out, const struct str *parts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (str_empty(parts[i]))
            continue;
        if (out->len)
            buf_add_byte(out, ' ');
        buf_add(out, parts[i]);
    }
}

static void add_name(struct buf *out, struct str plugin, struct str name)
{
    buf_add(out, plugin);
    if (!str_empty(plugin) && !str_empty(name))
        buf_add_byte(out, '.');
    buf_add(out, name);
}

/* Opens into ret_plain; empty when it cannot be.  Only short memory is an error. */
static int open_or_empty(struct store *store, uint64_t owner, struct seal_place place,
                         struct str sealed, struct arena *arena, struct str *ret_plain)
{
    *ret_plain = (struct str){0};
    if (str_empty(sealed))
        return 0;
    int r = seal_open(store, owner, &place, sealed, arena, ret_plain);
    return r == -ENOMEM ? r : 0;
}

static int open_parts(struct store *store, uint64_t owner, struct seal_place place,
                      struct str sealed, struct arena *arena, struct str *ret_parts, size_t count)
{
    struct str packed;
    int r = open_or_empty(store, owner, place, sealed, arena, &packed);
    if (r < 0 || seal_unpack(packed, ret_parts, count) < 0)
        memset(ret_parts, 0, count * sizeof *ret_parts);
    return r;
}

/* ---- the tables ------------------------------------------------------------------------------ */

/* key, value and at as they stand in the row */
static int read_plain(struct store *store UNUSED, uint64_t member UNUSED, const struct sql *sql,
                      struct arena *arena UNUSED, struct line *line)
{
    buf_add(&line->key, sql_get_str(sql, 0));
    buf_add(&line->value, sql_get_str(sql, 1));
    line->at = sql_get_int(sql, 2);
    return 0;
}

static int read_identity(struct store *store, uint64_t member, const struct sql *sql,
                         struct arena *arena, struct line *line)
{
    struct str parts[4];
    struct seal_place place = {
        .column = "identity.texts", .a = member, .text = sql_get_str(sql, 0)};
    int r = open_parts(store, member, place, sql_get_str(sql, 1), arena, parts, COUNT_OF(parts));
    buf_add(&line->key, parts[0]);
    add_parts(&line->value, parts + 1, 3);
    line->at = sql_get_int(sql, 2);
    return r;
}

static int read_preference(struct store *store, uint64_t member, const struct sql *sql,
                           struct arena *arena, struct line *line)
{
    struct str value, name = sql_get_str(sql, 0);
    struct seal_place place = {.column = "preference.value", .a = member, .text = name};
    int r = open_or_empty(store, member, place, sql_get_str(sql, 1), arena, &value);
    buf_add(&line->key, name);
    buf_add(&line->value, value);
    line->at = sql_get_int(sql, 2);
    return r;
}

static int read_outbox(struct store *store, uint64_t member, const struct sql *sql,
                       struct arena *arena, struct line *line)
{
    struct str payload;
    struct seal_place place = {.column = "outbox.payload", .a = sql_get_id(sql, 0)};
    int r = open_or_empty(store, member, place, sql_get_str(sql, 2), arena, &payload);
    buf_add(&line->key, sql_get_str(sql, 1));
    buf_add(&line->value, payload);
    line->at = sql_get_int(sql, 3);
    return r;
}

static int read_job(struct store *store, uint64_t member, const struct sql *sql,
                    struct arena *arena, struct line *line)
{
    struct str parts[4], plugin = sql_get_str(sql, 0);
    struct seal_place place = {.column = "job.texts",
                               .a = STORE_OWNER_MEMBER,
                               .b = member,
                               .text = plugin,
                               .more = sql_get_str(sql, 1)};
    int r = open_parts(store, member, place, sql_get_str(sql, 2), arena, parts, COUNT_OF(parts));
    add_name(&line->key, plugin, parts[0]);
    add_parts(&line->value, parts + 1, 3);
    line->at = sql_get_int(sql, 3);
    return r;
}

static int read_value(struct store *store, uint64_t member, const struct sql *sql,
                      struct arena *arena, struct line *line)
{
    struct str key, value, plugin = sql_get_str(sql, 0);
    struct seal_place place = {.column = "value.key",
                               .a = STORE_OWNER_MEMBER,
                               .b = member,
                               .text = plugin,
                               .more = sql_get_str(sql, 1)};
    int r = open_or_empty(store, member, place, sql_get_str(sql, 2), arena, &key);
    place.column = "value.value";
    if (r == 0)
        r = open_or_empty(store, member, place, sql_get_str(sql, 3), arena, &value);
    if (r < 0)
        return r;
    add_name(&line->key, plugin, key);
    buf_add(&line->value, value);
    line->at = sql_get_int(sql, 4);
    return 0;
}

static int read_series(struct store *store, uint64_t member, const struct sql *sql,
                       struct arena *arena, struct line *line)
{
    struct str plain, plugin = sql_get_str(sql, 0), name = sql_get_str(sql, 1);
    int64_t number;
    line->at = sql_get_int(sql, 2);
    struct seal_place place = {.column = "series.value",
                               .a = member,
                               .b = (uint64_t)line->at,
                               .text = plugin,
                               .more = name};
    int r = open_or_empty(store, member, place, sql_get_str(sql, 3), arena, &plain);
    add_name(&line->key, plugin, name);
    if (plain.len == sizeof number) {
        memcpy(&number, plain.ptr, sizeof number);
        add_int(&line->value, number);
    }
    return r;
}

static int read_dialogue(struct store *store, uint64_t member, const struct sql *sql,
                         struct arena *arena, struct line *line)
{
    struct str state, plugin = sql_get_str(sql, 0), name = sql_get_str(sql, 1);
    struct seal_place place = {
        .column = "dialogue.state", .a = member, .text = plugin, .more = name};
    int r = open_or_empty(store, member, place, sql_get_str(sql, 2), arena, &state);
    add_name(&line->key, plugin, name);
    buf_add(&line->value, state);
    line->at = sql_get_int(sql, 3);
    return r;
}

static int read_offer(struct store *store, uint64_t member, const struct sql *sql,
                      struct arena *arena, struct line *line)
{
    struct str offer;
    struct seal_place place = {.column = "offer.offer", .a = STORE_OWNER_MEMBER, .b = member};
    int r = open_or_empty(store, member, place, sql_get_str(sql, 0), arena, &offer);
    buf_add(&line->value, offer);
    line->at = sql_get_int(sql, 1);
    return r;
}

static int read_alert(struct store *store, uint64_t member, const struct sql *sql,
                      struct arena *arena, struct line *line)
{
    struct str parts[4] = {sql_get_str(sql, 1), sql_get_str(sql, 2)};
    struct seal_place place = {.column = "alert.who", .a = sql_get_id(sql, 0)};
    int r = open_or_empty(store, member, place, sql_get_str(sql, 3), arena, &parts[2]);
    place.column = "alert.words";
    if (r == 0)
        r = open_or_empty(store, member, place, sql_get_str(sql, 4), arena, &parts[3]);
    if (r < 0)
        return r;
    add_int(&line->key, sql_get_int(sql, 0));
    add_parts(&line->value, parts, COUNT_OF(parts));
    line->at = sql_get_int(sql, 5);
    return 0;
}

static int read_setting(struct store *store, uint64_t member UNUSED, const struct sql *sql,
                        struct arena *arena, struct line *line)
{
    struct str value;
    struct seal_place place = {.column = "setting.value", .a = sql_get_id(sql, 0)};
    int r = open_or_empty(store, STORE_HOUSE, place, sql_get_str(sql, 2), arena, &value);
    buf_add(&line->key, sql_get_str(sql, 1));
    buf_add(&line->value, value);
    line->at = sql_get_int(sql, 3);
    return r;
}

static const struct source sources[] = {
    {"member", "SELECT '', '', created_at FROM member WHERE member = ?1", read_plain},
    {"forget_intent", "SELECT '', '', asked_at FROM forget_intent WHERE member = ?1", read_plain},
    {"identity", "SELECT hash, texts, seen_at FROM identity WHERE member = ?1", read_identity},
    {"member_group",
     "SELECT CAST(group_id AS TEXT), '', active_at FROM member_group WHERE member = ?1",
     read_plain},
    {"consent", "SELECT scope, CAST(granted AS TEXT), at FROM consent WHERE member = ?1",
     read_plain},
    {"preference", "SELECT name, value, at FROM preference WHERE member = ?1", read_preference},
    {"outbox", "SELECT id, plugin, payload, created_at FROM outbox WHERE member = ?1 ORDER BY id",
     read_outbox},
    {"outbox_dedup", "SELECT hex(hash), '', until_at FROM outbox_dedup WHERE member = ?1",
     read_plain},
    {"job", "SELECT plugin, hash, texts, due_at FROM job WHERE owner_kind = 1 AND owner_id = ?1",
     read_job},
    {"value",
     "SELECT plugin, hash, key, value, at FROM value WHERE owner_kind = 1 AND owner_id = ?1",
     read_value},
    {"series",
     "SELECT plugin, name, at, value FROM series WHERE member = ?1 ORDER BY plugin, name, at",
     read_series},
    {"dialogue", "SELECT plugin, name, state, asked_at FROM dialogue WHERE member = ?1",
     read_dialogue},
    {"offer", "SELECT offer, offered_at FROM offer WHERE owner_kind = 1 AND owner_id = ?1",
     read_offer},
    {"alert",
     "SELECT id, rules, code, who, words, opened_at FROM alert WHERE member = ?1 ORDER BY id",
     read_alert},
    {"alert",
     "SELECT CAST(id AS TEXT), 'acknowledged', acknowledged_at FROM alert WHERE acknowledged_by = "
     "?1",
     read_plain},
    {"alert", "SELECT CAST(id AS TEXT), 'closed', closed_at FROM alert WHERE closed_by = ?1",
     read_plain},
    {"alert", "SELECT CAST(id AS TEXT), 'on call', opened_at FROM alert WHERE on_call = ?1",
     read_plain},
    {"audit", "SELECT event, details, at FROM audit WHERE subject = ?1 ORDER BY id", read_plain},
    {"audit", "SELECT event, details, at FROM audit WHERE actor = ?1 AND subject <> ?1 ORDER BY id",
     read_plain},
    {"setting", "SELECT id, name, value, at FROM setting WHERE set_by = ?1 ORDER BY id",
     read_setting},
};

static void line_cleanup(struct line *line)
{
    buf_wipe(&line->key);
    buf_wipe(&line->value);
}

static int export_row(struct store *store, const struct source *source, uint64_t member,
                      const struct sql *sql, store_export_fn each, void *ctx)
{
    AUTO_ARENA arena = {0};
    CLEANUP(line_cleanup) struct line line = {0};
    buf_init(&line.key, STORE_TEXT_LIMIT);
    buf_init(&line.value, 2 * STORE_TEXT_LIMIT);
    int r = source->read(store, member, sql, &arena, &line);
    if (r == 0)
        r = line.key.failed ? line.key.failed : line.value.failed;
    if (r == 0)
        each(ctx, str_of(source->table), buf_str(&line.key), buf_str(&line.value), line.at);
    return r;
}

int store_members_export(struct store *store, uint64_t member, store_export_fn each, void *ctx)
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
