/* SPDX-License-Identifier: MIT */
/* link_overlap.c: where two members both have something: what a person is asked before a join. */
#include "store/link_internal.h"

#include <errno.h>

#include "store/members.h"
#include "store/values.h"

static const char SQL_ENTRIES[] = "SELECT 1 FROM series AS k WHERE member = ?1 AND plugin IN "
                                  "(SELECT plugin FROM series WHERE member = ?2) LIMIT 1";
static const char SQL_CONSENTS[] =
    "SELECT 1 FROM consent AS k, consent AS s WHERE k.member = ?1 AND s.member = ?2 AND k.group_id "
    "= s.group_id AND "
    "k.scope = s.scope AND (k.granted <> 0) <> (s.granted <> 0) LIMIT 1";
/* Of plugins without entries of both: those are asked of as entries. */
static const char SQL_PLUGINS[] = "SELECT DISTINCT plugin FROM value WHERE owner_kind = 1 AND "
                                  "owner_id = ?2 AND plugin IN (SELECT plugin FROM value "
                                  "WHERE owner_kind = 1 AND owner_id = ?1) AND plugin NOT IN "
                                  "(SELECT plugin FROM series WHERE member = ?1 INTERSECT "
                                  "SELECT plugin FROM series WHERE member = ?2)";
static const char SQL_PREFERENCES[] = "SELECT name FROM preference WHERE member = ?2 AND name IN "
                                      "(SELECT name FROM preference WHERE member = ?1)";

struct comparison {
    struct store *store;
    uint64_t kept;
    struct str plugin;
    bool differs;
    int r;
};

static void compare_value(void *ctx, struct str key, struct str value)
{
    struct comparison *comparison = ctx;
    AUTO_ARENA arena = {0};
    struct str own;
    if (comparison->differs || comparison->r < 0)
        return;
    int r = store_values_get(comparison->store, comparison->plugin, STORE_OWNER_MEMBER,
                             comparison->kept, key, &arena, &own);
    if (r == 0)
        comparison->differs = !str_eq(own, value);
    else if (r != -ENOENT && r != -EBADMSG)
        comparison->r = r;
}

static int compare_values(const struct link_pair *pair, bool *ret_differs)
{
    struct comparison comparison = {.store = pair->store, .kept = pair->kept};
    AUTO_SQL sql;
    int r = sql_read(pair->store, SQL_PLUGINS, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->kept);
    sql_id(&sql, pair->second);
    for (r = sql_step(&sql); r > 0 && !comparison.differs; r = sql_step(&sql)) {
        comparison.plugin = sql_get_str(&sql, 0);
        r = store_values_scan(pair->store, comparison.plugin, STORE_OWNER_MEMBER, pair->second,
                              (struct str){0}, (struct str){0}, UINT32_MAX, compare_value,
                              &comparison);
        if (r < 0 || comparison.r < 0)
            return MIN_OF(r, comparison.r);
    }
    *ret_differs = comparison.differs;
    return MIN_OF(r, 0);
}

static int compare_preferences(const struct link_pair *pair, bool *ret_differs)
{
    AUTO_ARENA arena = {0};
    AUTO_SQL sql;
    *ret_differs = false;
    int r = sql_read(pair->store, SQL_PREFERENCES, &sql);
    if (r < 0)
        return r;
    sql_id(&sql, pair->kept);
    sql_id(&sql, pair->second);
    for (r = sql_step(&sql); r > 0; r = sql_step(&sql)) {
        struct str name = sql_get_str(&sql, 0), own, other;
        if (store_members_get_preference(pair->store, pair->kept, name, &arena, &own) == 0 &&
            store_members_get_preference(pair->store, pair->second, name, &arena, &other) == 0)
            *ret_differs |= !str_eq(own, other);
    }
    return r;
}

int store_link_overlap(struct store *store, uint64_t kept, uint64_t second,
                       struct store_link_overlap *ret_overlap)
{
    const struct link_pair pair = {.store = store, .kept = kept, .second = second};
    struct store_link_overlap overlap = {0};
    int r = link_any(store, SQL_ENTRIES, kept, second);
    if (r < 0)
        return r;
    overlap.entries = r > 0;
    r = link_any(store, SQL_CONSENTS, kept, second);
    if (r < 0)
        return r;
    overlap.consents = r > 0;
    r = compare_values(&pair, &overlap.values);
    if (r == 0)
        r = compare_preferences(&pair, &overlap.preferences);
    if (r == 0)
        *ret_overlap = overlap;
    return r;
}
