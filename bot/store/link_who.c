/* SPDX-License-Identifier: MIT */
/* link_who.c: where the second of two members is known, and what they agreed to, comes to be the
 * first's. */
#include "store/link_internal.h"

#include "store/members.h"

/* ---- all rows of a kind at once ---------------------------------------------------------------
 */

/* The stricter of two consents, and each that only one of them gave or refused. */
static const char SQL_CONSENTS_STRICTER[] = LINK_NOTE(
    1, "consent",
    LINK_C5) "AS k WHERE member = ?1 AND granted <> 0 AND EXISTS (SELECT 1 FROM consent "
             "AS s WHERE s.member = "
             "?2 AND s.group_id = k.group_id AND s.scope = k.scope AND s.granted = 0)";
static const char SQL_CONSENTS_SECOND[] = LINK_NOTE(
    1, "consent", LINK_C5) "AS k WHERE member = ?1 AND EXISTS (SELECT 1 FROM consent AS s WHERE "
                           "s.member = ?2 AND "
                           "s.group_id = k.group_id AND s.scope = k.scope)";
static const char SQL_CONSENTS_OUT[] =
    "DELETE FROM consent WHERE member = ?1 AND EXISTS (SELECT 1 FROM link_row AS r WHERE r.member "
    "= ?2 AND r.kind = 1 "
    "AND r.source = 'consent' AND r.c1 = consent.group_id AND r.c2 = consent.scope)";
static const char SQL_CONSENTS_NOTE[] =
    "INSERT INTO link_row (member, kind, source, " LINK_C5
    ") SELECT ?2, 2, 'consent', ?1, group_id, scope, granted, at FROM "
    "consent AS s WHERE member = ?2 AND NOT EXISTS (SELECT 1 FROM consent AS k WHERE k.member = ?1 "
    "AND k.group_id = "
    "s.group_id AND k.scope = s.scope)";
static const char SQL_CONSENTS_IN[] = "INSERT INTO consent (member, group_id, scope, granted, at) "
                                      "SELECT c0, c1, c2, c3, c4 FROM link_row WHERE member = ?2 "
                                      "AND kind = 2 AND source = 'consent' AND c0 = ?1";
static const char SQL_GROUPS_NOTE[] =
    "INSERT INTO link_row (member, kind, source, " LINK_C2
    ") SELECT ?2, 2, 'member_group', ?1, group_id FROM member_group AS "
    "s WHERE member = ?2 AND NOT EXISTS (SELECT 1 FROM member_group AS k WHERE k.member = ?1 AND "
    "k.group_id = "
    "s.group_id)";
static const char SQL_GROUPS_IN[] = "INSERT INTO member_group (member, group_id, active_at) SELECT "
                                    "?1, s.group_id, s.active_at FROM member_group AS s "
                                    "WHERE s.member = ?2 ON CONFLICT (member, group_id) DO UPDATE "
                                    "SET active_at = max(active_at, excluded.active_at)";
static int move_consents(const struct link_pair *pair)
{
    enum store_link_side side = pair->choice->consents;
    int r = 0;
    if (side == STORE_LINK_BOTH)
        r = link_run(pair->store, SQL_CONSENTS_STRICTER, pair->kept, pair->second);
    else if (side == STORE_LINK_SECOND)
        r = link_run(pair->store, SQL_CONSENTS_SECOND, pair->kept, pair->second);
    if (r == 0)
        r = link_run(pair->store, SQL_CONSENTS_OUT, pair->kept, pair->second);
    if (r == 0)
        r = link_run(pair->store, SQL_CONSENTS_NOTE, pair->kept, pair->second);
    return r < 0 ? r : link_run(pair->store, SQL_CONSENTS_IN, pair->kept, pair->second);
}

static int move_groups(const struct link_pair *pair)
{
    int r = link_run(pair->store, SQL_GROUPS_NOTE, pair->kept, pair->second);
    return r < 0 ? r : link_run(pair->store, SQL_GROUPS_IN, pair->kept, pair->second);
}

/* ---- identities ------------------------------------------------------------------------------ */

static const char SQL_IDENTITY_NOTE[] =
    "INSERT INTO link_row (member, kind, source, " LINK_C2
    ") SELECT ?2, 2, 'identity', member, hash FROM identity WHERE "
    "member = ?1 AND NOT EXISTS (SELECT 1 FROM link_row WHERE member = ?2 AND kind = 1 AND source "
    "= 'identity' AND c1 = "
    "identity.hash)";
/* Which the kept one had before: noted as taken for as long as the move runs. */
static const char SQL_IDENTITY_BEFORE[] =
    "INSERT INTO link_row (member, kind, source, " LINK_C2
    ") SELECT ?2, 1, 'identity', member, hash FROM identity WHERE "
    "member = ?1";
static const char SQL_IDENTITY_AFTER[] =
    "DELETE FROM link_row WHERE member = ?2 AND kind = 1 AND source = 'identity' AND ?1 = ?1";

struct identities {
    const struct link_pair *pair;
    int r;
};

static void copy_identity(void *ctx, const struct store_identity *identity)
{
    struct identities *identities = ctx;
    if (identities->r == 0)
        identities->r = store_members_put_identity(identities->pair->store, identities->pair->kept,
                                                   identity);
}

static int move_identities(const struct link_pair *pair)
{
    struct identities identities = {.pair = pair};
    int r = link_run(pair->store, SQL_IDENTITY_BEFORE, pair->kept, pair->second);
    if (r == 0)
        r = store_members_each_identity(pair->store, pair->second, copy_identity, &identities);
    if (r == 0)
        r = identities.r;
    if (r == 0)
        r = link_run(pair->store, SQL_IDENTITY_NOTE, pair->kept, pair->second);
    return r < 0 ? r : link_run(pair->store, SQL_IDENTITY_AFTER, pair->kept, pair->second);
}

int link_move_who(const struct link_pair *pair)
{
    int r = move_identities(pair);
    if (r == 0)
        r = move_groups(pair);
    return r < 0 ? r : move_consents(pair);
}
