/* SPDX-License-Identifier: MIT */
/* test_forget.c: everything of a person is found, handed over, and destroyed; through kills and
 * restored backups. */
#include "everything.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "store/alerts.h"
#include "store/outbox.h"
#include "store/values.h"

/* ---- the schema is walked, so that no new table can be left out ------------------------------ */

static const char *const person_columns[] = {"member",  "owner_id", "acknowledged_by", "closed_by",
                                             "on_call", "set_by",   "actor",           "subject"};

struct column {
    char table[64], name[64];
};

static size_t columns_with_people(struct fixture *f, struct column *out, size_t limit)
{
    sqlite3_stmt *stmt = NULL;
    size_t count = 0;
    assert_int_equal(
        sqlite3_prepare_v2(
            f->store->db,
            "SELECT t.name, c.name FROM sqlite_master AS t, pragma_table_info(t.name) AS c"
            " WHERE t.type = 'table' ORDER BY t.name, c.cid",
            -1, &stmt, NULL),
        SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(stmt, 1);
        for (size_t i = 0; i < COUNT_OF(person_columns); i++) {
            if (strcmp(column, person_columns[i]) != 0)
                continue;
            assert_true(count < limit);
            snprintf(out[count].table, sizeof out->table, "%s",
                     (const char *)sqlite3_column_text(stmt, 0));
            snprintf(out[count++].name, sizeof out->name, "%s", column);
        }
    }
    sqlite3_finalize(stmt);
    return count;
}

static int64_t rows_of(struct fixture *f, const struct column *column, uint64_t member)
{
    char text[256];
    snprintf(text, sizeof text, "SELECT count(*) FROM %.63s WHERE %.63s = %llu", column->table,
             column->name, (unsigned long long)member);
    return fixture_number(f, text);
}

/* The one table whose rows exist only while somebody is being forgotten. */
static bool is_intent(const struct column *column)
{
    return strcmp(column->table, "forget_intent") == 0;
}

static void nothing_of_a_person_stays(void **state)
{
    struct fixture *f = *state;
    struct column columns[64];
    uint64_t gone = fixture_member(f, SECRET_ACCOUNT), other = fixture_member(f, "heron");
    everything_of(f, gone);
    everything_of(f, other);
    size_t count = columns_with_people(f, columns, COUNT_OF(columns));
    assert_true(count >= 20);
    for (size_t i = 0; i < count; i++)
        if (!is_intent(&columns[i]) && rows_of(f, &columns[i], gone) == 0)
            fail_msg("everything.c leaves %s.%s empty", columns[i].table, columns[i].name);
    assert_int_equal(store_members_forget(f->store, gone), 0);
    for (size_t i = 0; i < count; i++) {
        bool audit = strcmp(columns[i].table, "audit") ==
                     0; /* a number that leads to nobody, kept for the chain */
        if (!audit && rows_of(f, &columns[i], gone) != 0)
            fail_msg("%s.%s still knows them", columns[i].table, columns[i].name);
        if (!is_intent(&columns[i]) && rows_of(f, &columns[i], other) == 0)
            fail_msg("%s.%s lost somebody else", columns[i].table, columns[i].name);
    }
}

struct seen_tables {
    char names[1024];
    bool found_words, found_account, found_series, found_key;
};

static void note_field(struct seen_tables *seen, const struct store_export_field *field)
{
    seen->found_words |= str_find(field->text, STR(SECRET_WORDS), 0) != SIZE_MAX;
    seen->found_account |= str_find(field->text, STR(SECRET_ACCOUNT), 0) != SIZE_MAX;
    seen->found_key |= strcmp(field->name, "key") == 0 && str_eq(field->text, STR(SECRET_KEY));
    seen->found_series |= strcmp(field->name, "value") == 0 && field->number == 6;
}

static void note_table(void *ctx, const struct store_export_row *row)
{
    struct seen_tables *seen = ctx;
    char line[80];
    snprintf(line, sizeof line, "[%.63s]", row->table);
    if (!strstr(seen->names, line))
        strncat(seen->names, line, sizeof seen->names - strlen(seen->names) - 1);
    for (size_t i = 0; i < row->count; i++)
        note_field(seen, &row->fields[i]);
}

static void the_export_covers_every_table(void **state)
{
    struct fixture *f = *state;
    struct column columns[64];
    struct seen_tables seen = {0};
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    assert_int_equal(store_members_export(f->store, member, note_table, &seen), 0);
    size_t count = columns_with_people(f, columns, COUNT_OF(columns));
    for (size_t i = 0; i < count; i++) {
        char line[80];
        snprintf(line, sizeof line, "[%.63s]", columns[i].table);
        if (!is_intent(&columns[i]) && !strstr(seen.names, line))
            fail_msg("the export leaves %s out", columns[i].table);
    }
    assert_true(seen.found_words && seen.found_account && seen.found_series && seen.found_key);
}

static void note_any(void *ctx, const struct store_export_row *row UNUSED)
{
    ++*(int *)ctx;
}

static void the_export_tells_of_nobody_else(void **state)
{
    struct fixture *f = *state;
    int rows = 0;
    everything_of(f, fixture_member(f, SECRET_ACCOUNT));
    assert_int_equal(store_members_export(f->store, fixture_member(f, "heron"), note_any, &rows),
                     0);
    assert_int_equal(rows, 1); /* that they are a member */
}

/* ---- forgetting ------------------------------------------------------------------------------ */

static uint64_t lookup(struct fixture *f, const char *account)
{
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member = 0;
    store_hash(f->store, STR("identity"), STR("libera"), str_of(account), hash);
    return store_members_find(f->store, hash, &member) == 0 ? member : 0;
}

static void an_open_alert_stays_without_them(void **state)
{
    struct fixture *f = *state;
    struct store_alert alert;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_int_equal(store_alerts_get(f->store, 1, &f->arena, &alert), 0);
    assert_int_equal(alert.tier, 3);
    assert_int_equal(alert.opened_at, 8);
    assert_int_equal(alert.member, 0);
    assert_int_equal(alert.who.len + alert.text.len, 0);
}

static void an_alert_held_in_memory_is_put_without_them(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    struct store_alert out,
        alert = {
            .member = member, .tier = 3, .who = STR(SECRET_ACCOUNT), .text = STR(SECRET_WORDS)};
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    fixture_commit(f);
    assert_int_equal(store_members_forget(f->store, member), 0);
    alert.pages = 2;
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    fixture_commit(f);
    assert_int_equal(store_alerts_get(f->store, alert.id, &f->arena, &out), 0);
    assert_int_equal(out.pages, 2);
    assert_int_equal(out.member, 0);
    assert_int_equal(out.who.len, 0);
}

static void within_a_turn_it_happens_at_the_commit(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    struct store_outbox_row bye = {.member = STORE_HOUSE, .payload = STR("Done.")};
    everything_of(f, member);
    assert_int_equal(store_begin(f->store), 0);
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), member);
    /* what the rest of the turn writes of them goes too; the answer to them does not */
    assert_int_equal(store_series_put(f->store, STR("checkin"), member, STR("mood"), 9, 1), 0);
    assert_int_equal(store_outbox_put(f->store, &bye, 0), 0);
    assert_int_equal(store_commit(f->store), 1);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM series"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM outbox"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM forget_intent"), 0);
}

static void a_turn_that_is_taken_back_forgets_nobody(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    assert_int_equal(store_begin(f->store), 0);
    assert_int_equal(store_members_forget(f->store, member), 0);
    store_rollback(f->store);
    fixture_reopen(f);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), member);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM series"), 1);
}

static void who_comes_back_is_somebody_new(void **state)
{
    struct fixture *f = *state;
    struct str value;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    uint64_t generation = store_people_generation(f->store);
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_int_not_equal(store_people_generation(f->store), generation);
    uint64_t again = fixture_member(f, SECRET_ACCOUNT);
    assert_int_not_equal(again, member);
    assert_int_equal(store_members_get_preference(f->store, again, STR("zone"), &f->arena, &value),
                     -ENOENT);
}

/* ---- interrupted ----------------------------------------------------------------------------- */

/* The intent is committed, the keyring refuses to be written, the power fails. */
static void killed_before_the_key_went(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    keyring_inject(f->store->keyring, -EIO);
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), member);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM forget_intent"), 1);
    assert_int_equal(store_crash(f->store), 0);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM forget_intent"), 0);
}

/* The key is gone, the rows written since are not. */
static void killed_before_the_rows_went(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    keyring_inject(f->store->keyring, -EIO);
    assert_int_equal(store_members_forget(f->store, member), 0);
    f->store->trouble = (struct store_trouble){0}; /* of the keyring's file alone */
    everything_of(f, member);
    keyring_inject(f->store->keyring, 0);
    assert_int_equal(keyring_erase(f->store->keyring, member), 0);
    assert_int_equal(store_crash(f->store), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM value"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM forget_intent"), 0);
}

static void a_refused_completion_is_tried_again_after_the_next_commit(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    keyring_inject(f->store->keyring, -EROFS);
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), member);
    keyring_inject(f->store->keyring, 0);
    assert_int_equal(store_probe(f->store), 0);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
}

/* ---- backups --------------------------------------------------------------------------------- */

static void a_restored_older_database_stays_closed(void **state)
{
    struct fixture *f = *state;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    fixture_close(f);
    fixture_copy(f, "mooring.db", "backup");
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(store_members_forget(f->store, member), 0);
    fixture_close(f);
    fixture_copy(f, "backup", "mooring.db");
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM value"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM member"), 0);
}

/* A mistake that can be mended must not destroy anything. */
static void beside_an_older_keyring_rows_wait_for_the_right_one(void **state)
{
    struct fixture *f = *state;
    struct str value;
    fixture_close(f);
    fixture_copy(f, "keyring", "keyring.old");
    assert_int_equal(fixture_open(f), 0);
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    fixture_close(f);
    fixture_copy(f, "keyring", "keyring.right");
    fixture_copy(f, "keyring.old", "keyring");
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(lookup(f, SECRET_ACCOUNT), 0);
    fixture_close(f);
    fixture_copy(f, "keyring.right", "keyring");
    assert_int_equal(fixture_open(f), 0);
    assert_int_equal(
        store_values_get(f->store, STR("checkin"), 1, member, STR(SECRET_KEY), &f->arena, &value),
        0);
    assert_str(value, SECRET_WORDS);
}

/* ---- forensics ------------------------------------------------------------------------------- */

static void search_file(const struct fixture *f, const char *name, const char *word)
{
    enum { SIZE = 8 * 1024 * 1024 };
    unsigned char *bytes = mem_alloc(SIZE);
    char wide[128];
    size_t len = strlen(word);
    assert_non_null(bytes);
    size_t size = fixture_read(f, name, bytes, SIZE);
    for (size_t i = 0; i < len; i++) {
        wide[2 * i] = word[i];
        wide[2 * i + 1] = '\0';
    }
    if (memmem(bytes, size, word, len) || memmem(bytes, size, wide, 2 * len - 1))
        fail_msg("%s holds \"%s\"", name, word);
    mem_free(bytes);
}

static void search_folder(const struct fixture *f)
{
    static const char *const words[] = {SECRET_ACCOUNT, "quicksilver", "marmalade", SECRET_KEY};
    DIR *folder = opendir(f->folder);
    int files = 0;
    assert_non_null(folder);
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] == '.')
            continue;
        files++;
        for (size_t i = 0; i < COUNT_OF(words); i++)
            search_file(f, entry->d_name, words[i]);
    }
    closedir(folder);
    assert_true(files >= 2);
}

static void no_file_holds_a_name_or_a_word(void **state)
{
    struct fixture *f = *state;
    everything_of(f, fixture_member(f, SECRET_ACCOUNT));
    search_folder(f); /* with the WAL as it grew */
    assert_true(store_checkpoint(f->store) == 0);
    search_folder(f);
    fixture_close(f);
    search_folder(f);
}

static void the_search_would_find_them(void **state)
{
    struct fixture *f = *state;
    unsigned char bytes[64 * 1024];
    fixture_execute(f, "INSERT INTO dead_event (at, network, hash, code, plugin) VALUES (1, "
                       "'zephyrine', x'00', 0, '')");
    size_t size = fixture_read(f, "mooring.db-wal", bytes, sizeof bytes);
    assert_non_null(memmem(bytes, size, SECRET_ACCOUNT, strlen(SECRET_ACCOUNT)));
}

/* Not even sealed: the very bytes of their rows are gone from database and WAL. */
static void the_sealed_bytes_are_gone_too(void **state)
{
    struct fixture *f = *state;
    enum { SIZE = 8 * 1024 * 1024 };
    unsigned char *bytes = mem_alloc(SIZE), sealed[32];
    assert_non_null(bytes);
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(f->store->db, "SELECT value FROM value", -1, &stmt, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    memcpy(sealed, sqlite3_column_blob(stmt, 0), sizeof sealed);
    sqlite3_finalize(stmt);
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_null(memmem(bytes, fixture_read(f, "mooring.db", bytes, SIZE), sealed, sizeof sealed));
    assert_null(
        memmem(bytes, fixture_read(f, "mooring.db-wal", bytes, SIZE), sealed, sizeof sealed));
    mem_free(bytes);
}

#define ON_DISK(test)   cmocka_unit_test_setup_teardown(test, fixture_on_disk, fixture_done)
#define IN_MEMORY(test) cmocka_unit_test_setup_teardown(test, fixture_in_memory, fixture_done)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_DISK(nothing_of_a_person_stays),
        IN_MEMORY(nothing_of_a_person_stays),
        IN_MEMORY(the_export_covers_every_table),
        IN_MEMORY(the_export_tells_of_nobody_else),
        IN_MEMORY(an_open_alert_stays_without_them),
        IN_MEMORY(an_alert_held_in_memory_is_put_without_them),
        ON_DISK(within_a_turn_it_happens_at_the_commit),
        ON_DISK(a_turn_that_is_taken_back_forgets_nobody),
        ON_DISK(who_comes_back_is_somebody_new),
        ON_DISK(killed_before_the_key_went),
        ON_DISK(killed_before_the_rows_went),
        ON_DISK(a_refused_completion_is_tried_again_after_the_next_commit),
        ON_DISK(a_restored_older_database_stays_closed),
        ON_DISK(beside_an_older_keyring_rows_wait_for_the_right_one),
        ON_DISK(no_file_holds_a_name_or_a_word),
        ON_DISK(the_search_would_find_them),
        ON_DISK(the_sealed_bytes_are_gone_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
