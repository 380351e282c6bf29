/* SPDX-License-Identifier: MIT */
/* link_back.c: what a join did to the first of two members, taken back row by row. */
#include "store/link_internal.h"

#define NOTED(source)                                                                              \
    "SELECT 1 FROM link_row AS r WHERE r.member = ?2 AND r.kind = 2 AND r.source = '" source       \
    "' AND "
#define BACK(source, columns)                                                                      \
    "INSERT OR IGNORE INTO " source " SELECT " columns                                             \
    " FROM link_row WHERE member = ?2 AND kind < 2 AND source = '" source "' AND ?1 = ?1"

/* What is as it was put goes: a sealed value says by its own bytes whether it was written since. */
static const char *const back_statements[] = {
    "DELETE FROM identity WHERE member = ?1 AND EXISTS (" NOTED("identity") "r.c1 = identity.hash)",
    "DELETE FROM member_group WHERE member = ?1 AND EXISTS (" NOTED(
        "member_group") "r.c1 = member_group.group_id)",
    "DELETE FROM consent WHERE member = ?1 AND EXISTS (" NOTED(
        "consent") "r.c1 = consent.group_id AND r.c2 = consent.scope AND r.c3 = consent.granted "
                   "AND r.c4 = consent.at)",
    "DELETE FROM preference WHERE member = ?1 AND EXISTS (" NOTED(
        "preference") "r.c1 = preference.name AND r.c2 = preference.value)",
    "DELETE FROM series WHERE member = ?1 AND EXISTS (" NOTED(
        "series") "r.c1 = series.plugin AND r.c2 = series.name AND r.c3 = series.at AND r.c4 = "
                  "series.value)",
    "DELETE FROM value WHERE owner_kind = 1 AND owner_id = ?1 AND EXISTS (" NOTED(
        "value") "r.c0 = value.plugin AND r.c3 = value.hash AND r.c5 = value.value)",
    "DELETE FROM job WHERE owner_kind = 1 AND owner_id = ?1 AND EXISTS (" NOTED(
        "job") "r.c0 = job.id AND r.c5 = job.texts)",
    BACK("consent", LINK_C5),
    BACK("preference", LINK_C4),
    BACK("series", LINK_C5),
    BACK("value", LINK_C8),
    BACK("job", LINK_C12),
    "DELETE FROM link_row WHERE member = ?2 AND ?1 = ?1",
};

int link_move_back(struct store *store, uint64_t kept, uint64_t second)
{
    int r = 0;
    for (size_t i = 0; r == 0 && i < COUNT_OF(back_statements); i++)
        r = link_run(store, back_statements[i], kept, second);
    return r;
}
