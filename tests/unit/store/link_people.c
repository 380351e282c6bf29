/* SPDX-License-Identifier: MIT */
/* link_people.c: two members who both have something of each kind, to be joined. */
#include "link_people.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/jobs.h"
#include "store/values.h"

uint64_t link_people_lookup(struct fixture *f, const char *account)
{
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member = 0;
    store_hash(f->store, STR("identity"), STR("libera"), str_of(account), hash);
    return store_members_find(f->store, hash, &member) == 0 ? member : 0;
}

void link_people_put_value(struct fixture *f, uint64_t member, struct str plugin, const char *key,
                           const char *value)
{
    assert_int_equal(store_values_put(f->store, plugin, STORE_OWNER_MEMBER, member, str_of(key),
                                      str_of(value), 0),
                     0);
}

static void put_job(struct fixture *f, uint64_t member, const char *key, int64_t due_at)
{
    struct store_job job = {.plugin = DAY,
                            .owner_kind = STORE_OWNER_MEMBER,
                            .owner_id = member,
                            .key = str_of(key),
                            .due_at = due_at,
                            .rule_at = due_at};
    uint64_t id;
    assert_int_equal(store_jobs_put(f->store, &job, &id), 0);
}

static void say_who(struct fixture *f, uint64_t member, const char *network, const char *account,
                    int64_t seen_at)
{
    struct store_identity identity = {.network = str_of(network),
                                      .identity = str_of(account),
                                      .address = str_of(account),
                                      .display = str_of(account),
                                      .seen_at = seen_at};
    assert_int_equal(store_members_put_identity(f->store, member, &identity), 0);
}

/* Both have check-ins, a plan, a zone, a consent and a timer. */
struct two link_people_two_people(struct fixture *f)
{
    struct two two = {fixture_member(f, "kestrel"), fixture_member(f, "heron")};
    uint64_t both[] = {two.kept, two.second};
    for (size_t i = 0; i < COUNT_OF(both); i++) {
        bool is_first = i == 0;
        say_who(f, both[i], is_first ? "libera" : "home", is_first ? "kestrel" : "@heron:x", 5);
        assert_int_equal(store_members_note_group(f->store, both[i], is_first ? 77 : 88), 0);
        assert_int_equal(store_members_put_consent(f->store, both[i], 77, STR("buddy"), is_first),
                         0);
        assert_int_equal(
            store_members_put_preference(f->store, both[i], STR("zone"),
                                         is_first ? STR("Europe/Berlin") : STR("America/New_York")),
            0);
        assert_int_equal(
            store_series_put(f->store, DAY, both[i], STR("mood"), is_first ? 10 : 20, 4), 0);
        link_people_put_value(f, both[i], DAY, is_first ? "entry/10" : "entry/20", "said");
        link_people_put_value(f, both[i], DAY, "time", is_first ? "08:00" : "21:00");
        link_people_put_value(f, both[i], PLAN, "plan", is_first ? "walk" : "swim");
        link_people_put_value(f, both[i], PLAN, is_first ? "one" : "other", "x");
        put_job(f, both[i], "prompt", is_first ? 900 : 950);
        put_job(f, both[i], is_first ? "mine" : "theirs", 980);
    }
    assert_int_equal(
        store_members_put_preference(f->store, two.second, STR("quiet"), STR("22:00-07:00")), 0);
    fixture_commit(f);
    return two;
}

void link_people_join(struct fixture *f, struct two two, const struct store_link_choice *choice)
{
    assert_int_equal(store_link_join(f->store, two.kept, two.second, choice), 0);
    fixture_commit(f);
}

void link_people_a_day_later(struct fixture *f)
{
    clock_advance(&f->clock, STORE_LINK_UNDO_MS);
    assert_int_equal(store_link_end_due(f->store), 0);
    fixture_commit(f);
}

void link_people_has_value(struct fixture *f, uint64_t member, struct str plugin, const char *key,
                           const char *expected)
{
    struct str value;
    int r = store_values_get(f->store, plugin, STORE_OWNER_MEMBER, member, str_of(key), &f->arena,
                             &value);
    assert_int_equal(r, expected ? 0 : -ENOENT);
    if (expected)
        assert_true(str_eq_c(value, expected));
}

void link_people_expect_zone(struct fixture *f, uint64_t member, const char *expected)
{
    struct str value;
    assert_int_equal(store_members_get_preference(f->store, member, STR("zone"), &f->arena, &value),
                     0);
    assert_true(str_eq_c(value, expected));
}

static void count_point(void *ctx, int64_t at UNUSED, int64_t value UNUSED)
{
    ++*(int *)ctx;
}

int link_people_moods(struct fixture *f, uint64_t member)
{
    int count = 0;
    assert_true(store_series_read(f->store, DAY, member, STR("mood"), 0, INT64_MAX, count_point,
                                  &count) >= 0);
    return count;
}

int64_t link_people_due_of(struct fixture *f, uint64_t member, const char *key)
{
    struct store_job job;
    int r = store_jobs_get(f->store, DAY, STORE_OWNER_MEMBER, member, str_of(key), &f->arena, &job);
    return r == 0 ? job.due_at : r;
}

/* Every row of every table that a join may touch, as bytes: what is the same afterwards is the same
 * to the bit. */
char *link_people_everything_there_is(struct fixture *f)
{
    static const char *const tables[] = {
        "member", "identity", "member_group", "consent", "preference", "value",    "series", "job",
        "alert",  "setting",  "dialogue",     "offer",   "outbox",     "link_row", "link"};
    struct buf out;
    buf_init(&out, 4 << 20);
    for (size_t t = 0; t < COUNT_OF(tables); t++) {
        char text[128];
        sqlite3_stmt *stmt = NULL;
        snprintf(text, sizeof text, "SELECT * FROM %s ORDER BY 1, 2, 3", tables[t]);
        assert_int_equal(sqlite3_prepare_v2(f->store->db, text, -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
            buf_add_format(&out, "%s:", tables[t]);
            for (int c = 0; c < sqlite3_column_count(stmt); c++) {
                const unsigned char *bytes = sqlite3_column_blob(stmt, c);
                for (int i = 0; i < sqlite3_column_bytes(stmt, c); i++)
                    buf_add_format(&out, "%02x", bytes[i]);
                buf_add_c(&out, ",");
            }
            buf_add_c(&out, "\n");
        }
        sqlite3_finalize(stmt);
    }
    assert_int_equal(out.failed, 0);
    char *copy = strndup(out.ptr ? out.ptr : "", out.len);
    buf_done(&out);
    return copy;
}

void link_people_expect_everything(struct fixture *f, char *before)
{
    char *after = link_people_everything_there_is(f);
    assert_string_equal(before, after);
    free(before);
    free(after);
}
