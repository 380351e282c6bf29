/* SPDX-License-Identifier: MIT */
/* test_backup.c: copies made beside a store in use, read back, refused when they are not what they
 * were; and the way back to one, which a kill leaves at one end or the other. */
#include "everything.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/die.h"
#include "store/alerts.h"
#include "store/dialogues.h"
#include "store/events.h"
#include "store/jobs.h"
#include "store/outbox.h"
#include "store/restore.h"
#include "store/values.h"
#include "syncs.h"

/* ---- what every test does -------------------------------------------------------------------- */

static int open_copy(struct fixture *f, const char *name, int flags)
{
    char path[512];
    fixture_path(f, name, path);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static int back_up(struct fixture *f, const char *name)
{
    struct backup *backup;
    int fd = open_copy(f, name, O_RDWR | O_CREAT);
    f->error = (struct error){0};
    assert_int_equal(backup_create(f->store, fd, &backup, &f->error), 0);
    int r = backup_write(backup, &f->error);
    if (r == 0)
        r = backup_judge(f->store, backup, &f->error);
    if (r == 0)
        backup_noted(f->store, backup);
    backup_destroy(backup);
    close(fd);
    return r;
}

static int check(struct fixture *f, const char *name)
{
    struct backup *backup;
    int fd = open_copy(f, name, O_RDONLY);
    f->error = (struct error){0};
    assert_int_equal(backup_create(f->store, fd, &backup, &f->error), 0);
    int r = backup_read(backup, -1, &f->error);
    if (r == 0)
        r = backup_judge(f->store, backup, &f->error);
    backup_destroy(backup);
    close(fd);
    return r;
}

static int go_back(struct fixture *f, const char *name, struct restore_report *report)
{
    struct backup *backup;
    int copy = -1, fd = open_copy(f, name, O_RDONLY);
    f->error = (struct error){0};
    assert_int_equal(backup_create(f->store, fd, &backup, &f->error), 0);
    int r = restore_incoming(f->store, backup, &copy, &f->error);
    if (r == 0)
        r = backup_read(backup, copy, &f->error);
    if (r == 0)
        r = backup_judge(f->store, backup, &f->error);
    if (copy >= 0)
        close(copy);
    if (r == 0)
        r = restore_change(f->store, backup, report, &f->error);
    else
        restore_drop(f->store);
    backup_destroy(backup);
    close(fd);
    return r;
}

static bool there(struct fixture *f, const char *name)
{
    char path[512];
    fixture_path(f, name, path);
    return access(path, F_OK) == 0;
}

static void mark(struct fixture *f, const char *text)
{
    assert_int_equal(store_meta_put(f->store, STR("mark"), str_of(text)), 0);
    fixture_commit(f);
}

static bool marked(struct fixture *f, const char *text)
{
    struct str value;
    return store_meta_get(f->store, STR("mark"), &f->arena, &value) == 0 &&
           str_eq(value, str_of(text));
}

/* ---- copies ---------------------------------------------------------------------------------- */

static void a_copy_is_good_and_noted(void **state)
{
    struct fixture *f = *state;
    everything_of(f, fixture_member(f, SECRET_ACCOUNT));
    assert_int_equal(store_backup_at(f->store), 0);
    assert_int_equal(back_up(f, "copy"), 0);
    assert_int_equal(store_backup_at(f->store), FIXTURE_START);
    assert_int_equal(check(f, "copy"), 0);
    fixture_reopen(f);
    assert_int_equal(store_backup_at(f->store), FIXTURE_START);
}

static void a_copy_says_what_it_is(void **state)
{
    struct fixture *f = *state;
    char text[4096];
    assert_int_equal(back_up(f, "copy"), 0);
    size_t size = fixture_read(f, "copy", (unsigned char *)text, sizeof text - 1);
    text[size] = '\0';
    assert_int_equal(strncmp(text, "mooring backup 1\n", 17), 0);
    assert_non_null(strstr(text, "made 2026-11-23 07:55 UTC"));
    assert_non_null(strstr(text, "mooring restore FILE"));
}

/* What it says of people is sealed, and the keyring is not in it. */
static void a_copy_names_nobody(void **state)
{
    struct fixture *f = *state;
    static unsigned char bytes[1024 * 1024], keys[256 + 128];
    everything_of(f, fixture_member(f, SECRET_ACCOUNT));
    assert_int_equal(back_up(f, "copy"), 0);
    size_t size = fixture_read(f, "copy", bytes, sizeof bytes);
    assert_true(size > 4096 && size < sizeof bytes);
    assert_null(memmem(bytes, size, SECRET_ACCOUNT, strlen(SECRET_ACCOUNT)));
    assert_null(memmem(bytes, size, SECRET_WORDS, strlen(SECRET_WORDS)));
    assert_int_equal(fixture_read(f, "keyring", keys, sizeof keys), sizeof keys);
    assert_null(memmem(bytes, size, keys + 256 + 48, 72)); /* a member's wrapped key */
}

static void *write_on_a_thread(void *ctx)
{
    return (void *)(intptr_t)backup_write(ctx, NULL);
}

static void what_is_said_meanwhile_does_not_wait(void **state)
{
    struct fixture *f = *state;
    struct backup *backup;
    pthread_t thread;
    int fd = open_copy(f, "copy", O_RDWR | O_CREAT);
    mark(f, "before");
    assert_int_equal(backup_create(f->store, fd, &backup, &f->error), 0);
    assert_int_equal(pthread_create(&thread, NULL, write_on_a_thread, backup), 0);
    for (int i = 0; i < 200; i++)
        mark(f, "meanwhile");
    void *result = NULL;
    pthread_join(thread, &result);
    assert_int_equal((int)(intptr_t)result, 0);
    assert_int_equal(backup_judge(f->store, backup, &f->error), 0);
    backup_destroy(backup);
    close(fd);
    assert_int_equal(check(f, "copy"), 0);
}

static void refuses(struct fixture *f, const char *name, int code, const char *part)
{
    assert_int_equal(check(f, name), code);
    assert_error_says(f, part);
}

static void what_is_not_whole_is_refused(void **state)
{
    struct fixture *f = *state;
    char path[512];
    everything_of(f, fixture_member(f, SECRET_ACCOUNT));
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_copy(f, "copy", "flipped");
    fixture_flip(f, "flipped", 4096 + 5000);
    refuses(f, "flipped", -EUCLEAN, "damaged or cut short");
    fixture_copy(f, "copy", "short");
    fixture_path(f, "short", path);
    assert_int_equal(truncate(path, 20000), 0);
    refuses(f, "short", -EUCLEAN, "damaged or cut short");
    fixture_copy(f, "copy", "grown");
    int fd = open_copy(f, "grown", O_WRONLY | O_APPEND);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
    refuses(f, "grown", -EUCLEAN, "damaged or cut short");
    fixture_copy(f, "mooring.db", "database");
    refuses(f, "database", -EMEDIUMTYPE, "not a backup");
    fixture_write(f, "empty", "", 0);
    refuses(f, "empty", -EMEDIUMTYPE, "not a backup");
}

/* Whoever can write where backups lie cannot make one up. */
static void a_changed_manifest_is_refused(void **state)
{
    struct fixture *f = *state;
    static unsigned char bytes[1024 * 1024];
    assert_int_equal(back_up(f, "copy"), 0);
    size_t size = fixture_read(f, "copy", bytes, sizeof bytes);
    unsigned char *created = memmem(bytes, 4096, "created 17", 10);
    assert_non_null(created);
    created[9] = '8';
    fixture_write(f, "changed", bytes, size);
    refuses(f, "changed", -EBADMSG, "changed after it was written");
    created[9] = '7';
    bytes[15] = '9';
    fixture_write(f, "newer", bytes, size);
    refuses(f, "newer", -EPROTO, "newer version");
}

static void anothers_is_refused(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(back_up(f, "copy"), 0);
    char path[512];
    fixture_close(f);
    fixture_path(f, "mooring.db", path);
    assert_int_equal(unlink(path), 0);
    fixture_path(f, "keyring", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(fixture_open(f), 0);
    refuses(f, "copy", -EXDEV, "belongs to another database");
}

static void a_keyring_that_opens_nothing_is_told(void **state)
{
    struct fixture *f = *state;
    everything_of(f, fixture_member(f, SECRET_ACCOUNT));
    fixture_execute(f, "UPDATE identity SET texts = zeroblob(length(texts))");
    assert_int_equal(back_up(f, "copy"), -EBADMSG);
    assert_error_says(f, "does not open");
    assert_int_equal(store_backup_at(f->store), 0);
}

static void a_damaged_database_gives_no_backup(void **state)
{
    struct fixture *f = *state;
    fixture_execute(f, "PRAGMA writable_schema = ON"); /* defensive mode refuses: nothing happens */
    for (int i = 0; i < 3000; i++)
        assert_int_equal(store_values_put(f->store, STR("p"), 0, (uint64_t)i + 1, STR("k"),
                                          STR("a value of some length to fill the pages with"), 0),
                         0);
    fixture_commit(f);
    fixture_close(f);
    fixture_flip(f, "mooring.db", 40 * 4096 + 3); /* the cell count of some page */
    fixture_flip(f, "mooring.db", 40 * 4096 + 1);
    int r = fixture_open(f);
    if (r == 0)
        r = back_up(f, "copy");
    assert_int_equal(r, -EUCLEAN);
}

/* Damage that the open store has not met: copying pages does not look into them, reading back does.
 */
static void a_page_that_is_damaged_meanwhile_gives_no_backup(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3000; i++)
        assert_int_equal(store_values_put(f->store, STR("p"), 0, (uint64_t)i + 1, STR("k"),
                                          STR("a value of some length to fill the pages with"), 0),
                         0);
    fixture_commit(f);
    fixture_reopen(f); /* out of the log, into the file */
    fixture_flip(f, "mooring.db", 40 * 4096 + 3);
    fixture_flip(f, "mooring.db", 40 * 4096 + 1);
    assert_int_equal(back_up(f, "copy"), -EUCLEAN);
    refuses(f, "copy", -EMEDIUMTYPE, "never finished");
    assert_int_equal(store_backup_at(f->store), 0);
}

/* Good is what is on the disk: at each of its syncs, a failure is told and nothing is noted. */
static void a_sync_that_fails_gives_no_backup(void **state)
{
    struct fixture *f = *state;
    everything_of(f, fixture_member(f, SECRET_ACCOUNT));
    for (int good = 0; good < 2; good++) { /* of the pages, of the manifest */
        struct backup *backup;
        int fd = open_copy(f, "copy", O_RDWR | O_CREAT);
        assert_int_equal(backup_create(f->store, fd, &backup, &f->error), 0);
        syncs_left = good;
        int r = backup_write(backup, &f->error);
        syncs_left = -1;
        backup_destroy(backup);
        close(fd);
        assert_int_equal(r, -EIO);
    }
}

static void one_of_a_newer_version_is_refused(void **state)
{
    struct fixture *f = *state;
    char head[MANIFEST_BYTES], path[512];
    struct manifest manifest;
    const unsigned char *key = keyring_house_key(f->store->keyring, KEYRING_BACKUP);
    assert_int_equal(back_up(f, "copy"), 0);
    assert_int_equal(fixture_read(f, "copy", (unsigned char *)head, sizeof head), sizeof head);
    assert_int_equal(manifest_read(head, key, keyring_database_id(f->store->keyring), &manifest),
                     0);
    manifest.schema++;
    assert_int_equal(manifest_write(&manifest, key, head), 0);
    fixture_path(f, "copy", path);
    FILE *copy = fopen(path, "r+e");
    assert_non_null(copy);
    assert_int_equal(fwrite(head, sizeof head, 1, copy), 1);
    assert_int_equal(fclose(copy), 0);
    refuses(f, "copy", -EPROTO, "newer version");
}

static void a_disk_that_fills_up_leaves_no_backup(void **state)
{
    struct fixture *f = *state;
    struct rlimit before, small = {.rlim_cur = 60 * 1024};
    everything_of(f, fixture_member(f, SECRET_ACCOUNT));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    struct backup *backup;
    int fd = open_copy(f, "copy", O_RDWR | O_CREAT);
    assert_int_equal(backup_create(f->store, fd, &backup, &f->error), 0);
    int r = backup_write(backup, &f->error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(r, -EFBIG);
    backup_destroy(backup);
    close(fd);
    refuses(f, "copy", -EMEDIUMTYPE, "never finished");
    assert_int_equal(store_backup_at(f->store), 0);
}

/* Before anything is written: a copy that fills the disk would cost the bot its own writes. */
static void a_disk_without_room_is_told_first(void **state)
{
    struct fixture *f = *state;
    int fd = open_copy(f, "copy", O_RDWR | O_CREAT);
    assert_int_equal(backup_check_room(fd, 1, &f->error), 0);
    assert_int_equal(backup_check_room(fd, INT64_MAX / 4, &f->error), -ENOSPC);
    assert_error_says(f, "MB free");
    close(fd);
}

static void one_that_is_broken_off_is_none(void **state)
{
    struct fixture *f = *state;
    struct backup *backup;
    int fd = open_copy(f, "copy", O_RDWR | O_CREAT);
    assert_int_equal(backup_create(f->store, fd, &backup, &f->error), 0);
    backup_cancel(backup);
    assert_int_equal(backup_write(backup, &f->error), -ECANCELED);
    backup_destroy(backup);
    close(fd);
    refuses(f, "copy", -EMEDIUMTYPE, "never finished");
}

static void nothing_in_memory_is_copied(void **state)
{
    struct fixture *f = *state;
    struct backup *backup;
    assert_int_equal(backup_create(f->store, -1, &backup, &f->error), -EOPNOTSUPP);
}

/* ---- back ------------------------------------------------------------------------------------ */

static void back_to_what_was(void **state)
{
    struct fixture *f = *state;
    struct restore_report report = {0};
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    mark(f, "then");
    assert_int_equal(back_up(f, "copy"), 0);
    mark(f, "now");
    assert_int_equal(store_series_put(f->store, STR("checkin"), member, STR("mood"), 9, 2), 0);
    fixture_commit(f);
    if (go_back(f, "copy", &report) < 0)
        fail_msg("%s", f->error.text);
    assert_true(marked(f, "then"));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM series"), 1);
    assert_true(report.had_present);
    assert_int_equal(report.created_at, FIXTURE_START);
    assert_int_equal(store_backup_at(f->store), FIXTURE_START); /* the copy itself knows of none */
    mark(f, "later");                                           /* the handle goes on */
    fixture_reopen(f);
    assert_true(marked(f, "later"));
    assert_true(there(f, "mooring.db.before-restore"));
    assert_false(there(f, "mooring.db.incoming"));
    assert_int_equal(back_up(f, "copy"), 0);
    assert_false(there(f, "mooring.db.before-restore"));
}

static void who_was_forgotten_since_stays_closed(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT), other = fixture_member(f, "wren");
    everything_of(f, member);
    assert_int_equal(back_up(f, "copy"), 0);
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_false(keyring_holds(f->store->keyring, member));
    assert_true(keyring_holds(f->store->keyring, other));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM identity"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM series"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM member"), 1);
}

static uint64_t call_for(struct fixture *f, uint64_t member, int state)
{
    struct store_alert alert = {.member = member,
                                .group = 77,
                                .kind = 1,
                                .tier = 3,
                                .state = state,
                                .opened_at = 8,
                                .raised_at = 8,
                                .who = STR("kestrel|libera|kestrel"),
                                .text = STR("words")};
    assert_int_equal(store_alerts_put(f->store, &alert), 0);
    fixture_commit(f);
    return alert.id;
}

static void calls_for_help_are_todays(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    struct store_alert alert;
    uint64_t closed = call_for(f, fixture_member(f, "wren"), 0);
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_execute(f, "UPDATE alert SET state = 2, closed_at = 99");
    uint64_t member = fixture_member(f, "kestrel"); /* came after the backup */
    struct store_identity identity = {.network = STR("libera"),
                                      .identity = STR("kestrel"),
                                      .address = STR("kestrel"),
                                      .display = STR("kestrel"),
                                      .seen_at = 5};
    assert_int_equal(store_members_put_identity(f->store, member, &identity), 0);
    assert_int_equal(store_members_note_group(f->store, member, 77), 0);
    uint64_t opened = call_for(f, member, 0);
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_int_equal(report.alerts, 1);
    assert_int_equal(store_alerts_get(f->store, closed, &f->arena, &alert), 0);
    assert_int_equal(alert.state, 2);
    assert_int_equal(store_alerts_get(f->store, opened, &f->arena, &alert), 0);
    assert_int_equal(alert.state, 0);
    assert_str(alert.text, "words");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM identity"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM member_group"), 1);
    assert_true(call_for(f, member, 0) > opened); /* no number twice */
}

static void say(struct fixture *f, int priority, const char *text)
{
    struct store_outbox_row row = {.priority = priority,
                                   .member = STORE_HOUSE,
                                   .payload = str_of(text),
                                   .expires_at = FIXTURE_START + 1000};
    assert_int_equal(store_outbox_put(f->store, &row, 0), 0);
    fixture_commit(f);
}

static void what_was_said_is_not_said_again(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    say(f, 1, "said since");
    say(f, 0, "said since, of a crisis");
    say(f, 1, "still waits");
    assert_int_equal(back_up(f, "copy"), 0);
    assert_int_equal(store_outbox_end(f->store, 1), 0);
    assert_int_equal(store_outbox_end(f->store, 2), 0);
    say(f, 0, "of today");
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_int_equal(report.dropped, 2);
    assert_int_equal(report.replies, 2);
    assert_int_equal(fixture_number(f, "SELECT min(id) FROM outbox"), 3);
    assert_int_equal(fixture_number(f, "SELECT max(id) FROM outbox"), 4);
}

static void what_was_withdrawn_stays_withdrawn(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    uint64_t member = fixture_member(f, "wren");
    assert_int_equal(store_members_put_consent(f->store, member, 77, STR("buddy"), true), 0);
    assert_int_equal(store_members_put_consent(f->store, member, 77, STR("nudges"), true), 0);
    fixture_commit(f);
    assert_int_equal(back_up(f, "copy"), 0);
    assert_int_equal(store_members_put_consent(f->store, member, 77, STR("buddy"), false), 0);
    fixture_commit(f);
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_int_equal(report.consents, 1);
    assert_int_equal(store_members_get_consent(f->store, member, 77, STR("buddy")), 0);
    assert_int_equal(store_members_get_consent(f->store, member, 77, STR("nudges")), 1);
}

static void set_timer(struct fixture *f, const char *key, int64_t due_at, bool daily)
{
    uint64_t id;
    struct store_job job = {.plugin = STR("checkin"),
                            .owner_kind = 0,
                            .owner_id = 0,
                            .key = str_of(key),
                            .rrule = daily ? STR("FREQ=DAILY") : (struct str){0},
                            .due_at = due_at,
                            .rule_at = due_at};
    assert_int_equal(store_jobs_put(f->store, &job, &id), 0);
    fixture_commit(f);
}

static void what_fired_does_not_fire_again(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    set_timer(f, "once", FIXTURE_START + 1000, false);
    set_timer(f, "later", FIXTURE_START + CLOCK_DAY_MS, false);
    set_timer(f, "daily", FIXTURE_START + 2000, true);
    assert_int_equal(back_up(f, "copy"), 0);
    clock_advance(&f->clock, CLOCK_HOUR_MS);
    fixture_execute(f, "DELETE FROM job WHERE recurring = 0 AND due_at < 1795420502000");
    fixture_execute(f, "UPDATE job SET due_at = due_at + 86400000 WHERE recurring = 1");
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM job"), 2);
    assert_int_equal(fixture_number(f, "SELECT min(due_at) FROM job"),
                     FIXTURE_START + CLOCK_DAY_MS);
    assert_int_equal(fixture_number(f, "SELECT due_at FROM job WHERE recurring = 1"),
                     FIXTURE_START + CLOCK_DAY_MS + 2000);
}

static void set_core_timer(struct fixture *f, const char *key)
{
    uint64_t id;
    struct store_job job = {.plugin = STR(""), .key = str_of(key), .due_at = FIXTURE_START + 9000};
    assert_int_equal(store_jobs_put(f->store, &job, &id), 0);
    fixture_commit(f);
}

/* The escalation of a call that was closed since must not begin again. */
static void the_cores_own_timers_are_todays(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    set_core_timer(f, "alert/1");
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_execute(f, "DELETE FROM job");
    set_core_timer(f, "alert/2");
    set_core_timer(f, "alert/3");
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM job"), 2);
}

static void questions_and_choices_are_todays(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    uint64_t member = fixture_member(f, "wren"), other = fixture_member(f, "kestrel");
    struct store_dialogue then = {
        .member = member, .plugin = STR("checkin"), .name = STR("then"), .state = STR("s")};
    struct store_dialogue now = {
        .member = other, .plugin = STR("checkin"), .name = STR("now"), .state = STR("s")};
    struct store_outbox_row reply = {
        .member = member, .payload = STR("p"), .dedup_key = STR("said once")};
    assert_int_equal(store_dialogues_put(f->store, &then), 0);
    assert_int_equal(store_offers_put(f->store, member, true, false, STR("then"), 1, 0), 0);
    fixture_commit(f);
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_execute(f, "DELETE FROM dialogue");
    fixture_execute(f, "DELETE FROM offer");
    assert_int_equal(store_dialogues_put(f->store, &now), 0);
    assert_int_equal(store_offers_put(f->store, other, true, false, STR("now"), 1, 0), 0);
    assert_int_equal(store_outbox_put(f->store, &reply, FIXTURE_START + CLOCK_DAY_MS), 0);
    fixture_commit(f);
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM dialogue"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM dialogue WHERE name = 'now'"), 1);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM offer"), 1);
    assert_int_equal((uint64_t)fixture_number(f, "SELECT owner_id FROM offer"), other);
    assert_int_equal(store_outbox_put(f->store, &reply, FIXTURE_START + CLOCK_DAY_MS), -EEXIST);
}

/* Asked for, and the key could not go yet: the backup holds the rows, and would bring them back. */
static void a_wish_to_be_forgotten_goes_over(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    uint64_t member = fixture_member(f, SECRET_ACCOUNT);
    everything_of(f, member);
    assert_int_equal(back_up(f, "copy"), 0);
    keyring_inject(f->store->keyring, -ENOSPC);
    assert_int_equal(store_members_forget(f->store, member), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM forget_intent"), 1);
    keyring_inject(f->store->keyring, 0);
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_false(keyring_holds(f->store->keyring, member));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM identity"), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM forget_intent"), 0);
}

static void put_in_audit(struct fixture *f, const char *event)
{
    struct store_audit_row row = {.at = 3, .actor = 1, .group = 77, .event = str_of(event)};
    assert_int_equal(store_audit_put(f->store, &row), 0);
}

static void note_in_audit(struct fixture *f, const char *event)
{
    put_in_audit(f, event);
    fixture_commit(f);
}

static void the_audit_is_whole(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    uint64_t bad = 0;
    note_in_audit(f, "before");
    assert_int_equal(back_up(f, "copy"), 0);
    note_in_audit(f, "since");
    assert_int_equal(go_back(f, "copy", &report), 0);
    note_in_audit(f, "after");
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit"), 3);
    assert_int_equal(store_audit_verify(f->store, &bad), 0);
}

static void what_was_handled_is_not_handled_twice(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    struct str cursor;
    assert_int_equal(back_up(f, "copy"), 0);
    assert_int_equal(store_events_mark_seen(f->store, STR("libera"), STR("e1")), 0);
    assert_int_equal(store_events_put_cursor(f->store, STR("libera"), STR("#a"), STR("c9")), 0);
    fixture_commit(f);
    assert_int_equal(go_back(f, "copy", &report), 0);
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM seen"), 1);
    assert_int_equal(
        store_events_get_cursor(f->store, STR("libera"), STR("#a"), &f->arena, &cursor), 0);
    assert_str(cursor, "c9");
}

static void a_bad_one_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    mark(f, "then");
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_flip(f, "copy", 4096 + 3000);
    mark(f, "now");
    assert_int_equal(go_back(f, "copy", &report), -EUCLEAN);
    assert_true(marked(f, "now"));
    assert_false(there(f, "mooring.db.incoming"));
    fixture_reopen(f);
    assert_true(marked(f, "now"));
}

/* Before anything is written, as for a backup. */
static void one_that_has_no_room_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    struct rlimit before, small = {.rlim_cur = 1024 * 1024};
    char path[512];
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_path(f, "copy", path);
    assert_int_equal(truncate(path, INT64_C(1) << 42), 0); /* a hole: nothing is taken for it */
    mark(f, "now");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0); /* should it be begun all the same */
    int r = go_back(f, "copy", &report);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(r, -ENOSPC);
    assert_error_says(f, "no room");
    assert_true(marked(f, "now"));
    assert_false(there(f, "mooring.db.incoming"));
}

/* In its place, and then it cannot be opened: the one before it has its name again. */
static void one_that_does_not_open_is_taken_back(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    struct backup *backup;
    char keyring[512], away[512];
    int copy = -1;
    mark(f, "then");
    assert_int_equal(back_up(f, "copy"), 0);
    mark(f, "now");
    int fd = open_copy(f, "copy", O_RDONLY);
    assert_int_equal(backup_create(f->store, fd, &backup, &f->error), 0);
    assert_int_equal(restore_incoming(f->store, backup, &copy, &f->error), 0);
    assert_int_equal(backup_read(backup, copy, &f->error), 0);
    fixture_path(f, "keyring", keyring);
    fixture_path(f, "away", away);
    assert_int_equal(rename(keyring, away), 0);
    assert_int_equal(restore_change(f->store, backup, &report, &f->error), -ENOTRECOVERABLE);
    backup_destroy(backup);
    close(copy);
    close(fd);
    fixture_close(f);
    assert_int_equal(rename(away, keyring), 0);
    assert_int_equal(fixture_open(f), 0);
    assert_true(marked(f, "now"));
    assert_false(there(f, "mooring.db.incoming"));
}

/* The reason why most people restore. */
static void where_the_database_is_damaged_or_gone(void **state)
{
    struct fixture *f = *state;
    struct restore_report report = {.had_present = true};
    struct store_options options = {.folder = f->folder, .clock = &f->clock, .master_key = f->key};
    static const char rubbish[8192] = "no database at all";
    char path[512];
    fixture_path(f, "mooring.db", path);
    fixture_member(f, "wren");
    mark(f, "then");
    say(f, 1, "routine");
    say(f, 0, "of a crisis");
    set_timer(f, "past", FIXTURE_START + 1000, false);
    set_timer(f, "to come", FIXTURE_START + CLOCK_DAY_MS, false);
    assert_int_equal(back_up(f, "copy"), 0);
    clock_advance(&f->clock, CLOCK_MINUTE_MS);
    for (int round = 0; round < 2; round++) {
        fixture_close(f);
        if (round == 0)
            fixture_write(f, "mooring.db", rubbish, sizeof rubbish);
        else
            assert_int_equal(unlink(path), 0);
        assert_true(fixture_open(f) < 0);
        assert_int_equal(store_open_bare(&options, &f->store, &f->error), 0);
        if (go_back(f, "copy", &report) < 0)
            fail_msg("%s", f->error.text);
        assert_false(report.had_present);
        assert_true(marked(f, "then"));
        assert_int_equal(report.dropped, 1);
        assert_int_equal(fixture_number(f, "SELECT count(*) FROM outbox WHERE state = 1"), 1);
        assert_int_equal(fixture_number(f, "SELECT min(due_at) FROM job"),
                         FIXTURE_START + CLOCK_DAY_MS);
    }
}

/* It opens, and a page that has to go over cannot be read. */
static void where_the_database_is_damaged_further_in(void **state)
{
    struct fixture *f = *state;
    struct restore_report report = {.had_present = true};
    mark(f, "then");
    for (int i = 0; i < 2000; i++)
        put_in_audit(f, "an event of some length");
    fixture_commit(f);
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_reopen(f);
    int64_t page = fixture_number(
        f, "SELECT pageno FROM dbstat WHERE name = 'audit' AND pagetype = 'leaf' LIMIT 1 OFFSET 5");
    static const unsigned char zeros[4096];
    char path[512];
    fixture_path(f, "mooring.db", path);
    FILE *file = fopen(path, "r+e");
    assert_non_null(file);
    assert_int_equal(fseek(file, (page - 1) * 4096, SEEK_SET), 0);
    assert_int_equal(fwrite(zeros, sizeof zeros, 1, file), 1);
    assert_int_equal(fclose(file), 0);
    if (go_back(f, "copy", &report) < 0)
        fail_msg("%s", f->error.text);
    assert_false(report.had_present);
    assert_true(marked(f, "then"));
    assert_int_equal(fixture_number(f, "SELECT count(*) FROM audit"), 2000);
}

/* A good log whose database is gone belongs to nothing: SQLite would play it into the new one. */
static void a_log_without_its_database_is_never_read(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    struct store_options options = {.folder = f->folder, .clock = &f->clock, .master_key = f->key};
    char path[512];
    mark(f, "then");
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_reopen(f);
    mark(f, "now");
    fixture_copy(f, "mooring.db-wal", "kept");
    fixture_close(f);
    fixture_copy(f, "kept", "mooring.db-wal");
    fixture_path(f, "mooring.db", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_open_bare(&options, &f->store, &f->error), 0);
    if (go_back(f, "copy", &report) < 0)
        fail_msg("%s", f->error.text);
    assert_true(marked(f, "then"));
}

static void without_a_keyring_there_is_no_way_back(void **state)
{
    struct fixture *f = *state;
    struct store_options options = {.folder = f->folder, .clock = &f->clock, .master_key = f->key};
    char path[512];
    fixture_close(f);
    fixture_path(f, "keyring", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_open_bare(&options, &f->store, &f->error), -ENOENT);
    assert_false(there(f, "keyring"));
}

#ifdef MOORING_FAULTS
/* In a process of its own, which dies at the given point. */
static bool dies(struct fixture *f, const char *point, int (*work)(struct fixture *f))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (die_arm(point, NULL) < 0)
            _exit(3);
        _exit(work(f) < 0 ? 2 : 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return true;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    return false;
}

static int open_and_go_back(struct fixture *f)
{
    struct restore_report report;
    int r = fixture_open(f);
    return r < 0 ? r : go_back(f, "copy", &report);
}

static void a_kill_leaves_the_old_or_the_new(void **state)
{
    struct fixture *f = *state;
    int old = 0, new = 0, deaths = 0;
    mark(f, "then");
    assert_int_equal(back_up(f, "copy"), 0);
    for (int i = 1; i < 100; i++) {
        char point[32];
        mark(f, "now");
        restore_forget_aside(f->store);
        fixture_close(f);
        snprintf(point, sizeof point, "backup-half:%d", i);
        bool died = dies(f, point, open_and_go_back);
        assert_int_equal(fixture_open(f), 0);
        assert_true(marked(f, "now") || marked(f, "then"));
        assert_false(there(f, "mooring.db.incoming"));
        assert_int_equal(there(f, "mooring.db.before-restore"), marked(f, "then"));
        old += marked(f, "now");
        new += marked(f, "then");
        if (!died)
            break;
        deaths++;
    }
    assert_true(deaths >= 4); /* while it comes in, before, between and behind the changes */
    assert_true(old >= 3 && new >= 2);
}

/* The worst moment: the old one's WAL could not be emptied, and lies beside the new one.  It is a
 * good WAL; SQLite would play it back. */
static void the_wal_of_the_old_is_never_read_into_the_new(void **state)
{
    struct fixture *f = *state;
    struct restore_report report;
    char path[512], aside[512];
    mark(f, "then");
    assert_int_equal(back_up(f, "copy"), 0);
    fixture_reopen(f); /* an empty WAL ... */
    mark(f, "now");    /* ... and then this in it */
    fixture_copy(f, "mooring.db-wal", "kept");
    assert_int_equal(go_back(f, "copy", &report), 0);
    fixture_close(f);
    fixture_copy(f, "kept", "mooring.db-wal");
    fixture_path(f, "mooring.db-wal", path);
    fixture_path(f, "mooring.db.before-restore-wal", aside);
    assert_int_equal(link(path, aside), 0);
    assert_int_equal(fixture_open(f), 0);
    assert_true(marked(f, "then"));
}
#endif

int main(void)
{
#define ON_DISK(name) cmocka_unit_test_setup_teardown(name, fixture_on_disk, fixture_done)
    const struct CMUnitTest tests[] = {
        ON_DISK(a_copy_is_good_and_noted),
        ON_DISK(a_copy_says_what_it_is),
        ON_DISK(a_copy_names_nobody),
        ON_DISK(what_is_said_meanwhile_does_not_wait),
        ON_DISK(what_is_not_whole_is_refused),
        ON_DISK(a_changed_manifest_is_refused),
        ON_DISK(anothers_is_refused),
        ON_DISK(a_keyring_that_opens_nothing_is_told),
        ON_DISK(a_damaged_database_gives_no_backup),
        ON_DISK(a_page_that_is_damaged_meanwhile_gives_no_backup),
        ON_DISK(a_sync_that_fails_gives_no_backup),
        ON_DISK(one_of_a_newer_version_is_refused),
        ON_DISK(a_disk_that_fills_up_leaves_no_backup),
        ON_DISK(a_disk_without_room_is_told_first),
        ON_DISK(one_that_is_broken_off_is_none),
        cmocka_unit_test_setup_teardown(nothing_in_memory_is_copied, fixture_in_memory,
                                        fixture_done),
        ON_DISK(back_to_what_was),
        ON_DISK(who_was_forgotten_since_stays_closed),
        ON_DISK(calls_for_help_are_todays),
        ON_DISK(what_was_said_is_not_said_again),
        ON_DISK(what_was_withdrawn_stays_withdrawn),
        ON_DISK(what_fired_does_not_fire_again),
        ON_DISK(the_cores_own_timers_are_todays),
        ON_DISK(questions_and_choices_are_todays),
        ON_DISK(a_wish_to_be_forgotten_goes_over),
        ON_DISK(the_audit_is_whole),
        ON_DISK(what_was_handled_is_not_handled_twice),
        ON_DISK(a_bad_one_changes_nothing),
        ON_DISK(one_that_has_no_room_changes_nothing),
        ON_DISK(one_that_does_not_open_is_taken_back),
        ON_DISK(where_the_database_is_damaged_or_gone),
        ON_DISK(where_the_database_is_damaged_further_in),
        ON_DISK(a_log_without_its_database_is_never_read),
        ON_DISK(without_a_keyring_there_is_no_way_back),
#ifdef MOORING_FAULTS
        ON_DISK(a_kill_leaves_the_old_or_the_new),
        ON_DISK(the_wal_of_the_old_is_never_read_into_the_new),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
