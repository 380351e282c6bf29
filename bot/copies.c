/* SPDX-License-Identifier: MIT */
/* copies.c: backup, restore and key rotation on the running daemon.
 *
 * Files are opened by who asks and come along as descriptors: the daemon needs no right to any
 * place but its state folder, and root's backups need no right of the daemon's.  One thing at a
 * time. */
#include "copies.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "observe/log.h"
#include "store/alerts.h"
#include "store/restore.h"

enum { TELL_EVERY_MS = 1000, KEY_FILE_BYTES = 256, KEYRING_BYTES_MAX = 160 * 1024 * 1024 };

enum copies_kind { COPIES_BACKUP, COPIES_KEYRING, COPIES_RESTORE };

struct task {
    struct copies *copies; /* NULL: they are gone, and so is everything but this */
    enum copies_kind kind;
    struct control_call *call; /* NULL: whoever asked went away */
    struct loop_work work;
    struct loop_timer tell;
    struct backup *backup;
    struct buf bytes; /* of the keyring; wiped */
    int fd, copy_fd;
    bool changing; /* the bot is on its way down */
    int result;
    struct error error;
    struct restore_report report;
    int64_t started_ms;
};

struct copies {
    struct copies_parts parts;
    struct task *task; /* NULL: nothing runs */
    struct metric *failed;
};

static struct store *store_of(const struct copies *copies)
{
    return copies->parts.ground->store;
}

/* ---- a task's life --------------------------------------------------------------------------- */

static void free_task(struct task *task)
{
    if (task->copies) {
        loop_timer_disarm(task->copies->parts.ground->loop, &task->tell);
        task->copies->task = NULL;
    }
    backup_destroy(task->backup);
    buf_wipe(&task->bytes);
    if (task->fd >= 0)
        close(task->fd);
    if (task->copy_fd >= 0)
        close(task->copy_fd);
    mem_free(task);
}

static void asker_gone(void *ctx)
{
    struct task *task = ctx;
    task->call = NULL;
    if (task->backup && !task->changing)
        backup_cancel(task->backup);
}

static void tell(struct loop_timer *timer)
{
    struct task *task = CONTAINER_OF(timer, struct task, tell);
    if (task->call && task->backup)
        (void)control_piece(task->call,
                            json_pack("{s:i}", "percent", backup_percent(task->backup)));
    if (loop_timer_arm_in(task->copies->parts.ground->loop, timer, TELL_EVERY_MS) < 0)
        return; /* then nothing is told in between */
}

static const char *const names[] = {"backup", "keyring_backup", "restore"};

static void fail(struct task *task)
{
    int code = task->error.code ? task->error.code : task->result;
    const char *what = names[task->kind];
    metric_add(task->copies->failed, 1);
    log_event(code == -ECANCELED ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR, "copy_failed",
              LOG_TEXT("what", what), LOG_ERRNO(code));
    if (task->call)
        control_fail(TAKE(task->call), code, "%s", task->error.text);
    free_task(task);
}

static int64_t took_ms(const struct task *task)
{
    return (int64_t)(clock_precise_ns() / 1000000) - task->started_ms;
}

static void answer(struct task *task, json_t *fields)
{
    if (fields)
        (void)json_object_set_new(fields, "took_ms", json_integer(took_ms(task)));
    if (task->call)
        control_answer(TAKE(task->call), fields);
    else
        json_decref(fields);
    free_task(task);
}

/* What stands in the request must be a plain file, opened for what is done with it. */
static int take_file(struct control_call *call, int mode, int *ret_fd, struct error *error)
{
    struct stat status;
    int fd = control_take_fd(call, 0);
    int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);
    bool fits = flags >= 0 && ((flags & O_ACCMODE) == mode || (flags & O_ACCMODE) == O_RDWR) &&
                fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
    if (!fits) {
        if (fd >= 0)
            close(fd);
        return error_set(error, -EBADF, "the request must bring a plain file, opened");
    }
    *ret_fd = fd;
    return 0;
}

static int begin(struct copies *copies, enum copies_kind kind, struct control_call *call,
                 struct task **ret_task, struct error *error)
{
    if (copies->task)
        return error_set(error, -EBUSY, "a %s is under way: try again when it is done",
                         copies->task->kind == COPIES_RESTORE ? "restore" : "backup");
    struct task *task = mem_zalloc(sizeof *task);
    if (!task)
        return error_set(error, -ENOMEM, "memory is short");
    task->copies = copies;
    task->kind = kind;
    task->fd = task->copy_fd = -1;
    task->tell = (struct loop_timer){.clock = LOOP_TIMER_ELAPSED, .fire = tell};
    task->started_ms = (int64_t)(clock_precise_ns() / 1000000);
    buf_init(&task->bytes, KEYRING_BYTES_MAX);
    copies->task = task;
    int r = take_file(call, kind == COPIES_RESTORE ? O_RDONLY : O_RDWR, &task->fd, error);
    if (r < 0) {
        free_task(task);
        return r;
    }
    *ret_task = task;
    return 0;
}

/* The call is answered from now on by the task. */
static void start(struct task *task, struct control_call *call)
{
    struct loop *loop = task->copies->parts.ground->loop;
    int r = loop_work_start(loop, &task->work);
    if (r >= 0)
        r = loop_timer_arm_in(loop, &task->tell, TELL_EVERY_MS) < 0 ? 0 : r;
    if (r < 0) {
        control_fail(call, r, "too much is under way: try again in a moment");
        free_task(task);
        return;
    }
    task->call = call;
    control_on_gone(call, asker_gone, task);
}

/* ---- backup ---------------------------------------------------------------------------------- */

static json_t *describe(const struct manifest *manifest)
{
    char hash[2 * MANIFEST_HASH_BYTES + 1];
    sodium_bin2hex(hash, sizeof hash, manifest->sha256, sizeof manifest->sha256);
    return json_pack("{s:I, s:I, s:I, s:s}", "created_at", (json_int_t)manifest->created_at,
                     "bytes", (json_int_t)(manifest->size_bytes + MANIFEST_BYTES), "schema",
                     (json_int_t)manifest->schema, "sha256", hash);
}

static void run_backup(struct loop_work *work)
{
    struct task *task = CONTAINER_OF(work, struct task, work);
    task->result = backup_write(task->backup, &task->error);
}

static void backup_done(struct loop_work *work)
{
    struct task *task = CONTAINER_OF(work, struct task, work);
    if (!task->copies) {
        free_task(task);
        return;
    }
    struct store *store = store_of(task->copies);
    if (task->result == 0)
        task->result = backup_judge(store, task->backup, &task->error);
    if (task->result < 0) {
        fail(task);
        return;
    }
    const struct manifest *manifest = backup_manifest(task->backup);
    backup_noted(store, task->backup);
    log_event(LOG_LEVEL_NOTICE, "backup_made", LOG_INT("bytes", manifest->size_bytes),
              LOG_INT("took_ms", took_ms(task)));
    answer(task, describe(manifest));
}

static void asked_for_backup(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct copies *copies = ctx;
    struct task *task;
    struct error error = {0};
    (void)arguments;
    int r = begin(copies, COPIES_BACKUP, call, &task, &error);
    if (r == 0) {
        r = backup_create(store_of(copies), task->fd, &task->backup, &error);
        if (r < 0)
            free_task(task);
    }
    if (r < 0) {
        control_fail(call, r, "%s", error.text);
        return;
    }
    task->work = (struct loop_work){.run = run_backup, .done = backup_done};
    start(task, call);
}

/* ---- the keyring's own copy ------------------------------------------------------------------ */

static int write_and_read(int fd, struct str bytes)
{
    AUTO_FREE char *again = mem_alloc(bytes.len);
    if (!again)
        return -ENOMEM;
    if (ftruncate(fd, 0) < 0)
        return -errno;
    ssize_t done = pwrite(fd, bytes.ptr, bytes.len, 0);
    if (done != (ssize_t)bytes.len)
        return done < 0 ? -errno : -ENOSPC;
    if (fsync(fd) < 0)
        return -errno;
    done = pread(fd, again, bytes.len, 0);
    int r = done == (ssize_t)bytes.len && memcmp(again, bytes.ptr, bytes.len) == 0 ? 0 : -EIO;
    mem_wipe(again, bytes.len);
    return r;
}

static void run_keyring(struct loop_work *work)
{
    struct task *task = CONTAINER_OF(work, struct task, work);
    task->result = write_and_read(task->fd, buf_str(&task->bytes));
    if (task->result < 0)
        error_set(&task->error, task->result, "the keyring's copy could not be written: %s",
                  strerrordesc_np(-task->result));
}

static void keyring_done(struct loop_work *work)
{
    struct task *task = CONTAINER_OF(work, struct task, work);
    if (!task->copies) {
        free_task(task);
        return;
    }
    if (task->result < 0) {
        fail(task);
        return;
    }
    log_event(LOG_LEVEL_NOTICE, "keyring_backup_made", LOG_INT("bytes", task->bytes.len));
    answer(task, json_pack("{s:I}", "bytes", (json_int_t)task->bytes.len));
}

static void asked_for_keyring(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct copies *copies = ctx;
    struct task *task;
    struct error error = {0};
    (void)arguments;
    int r = begin(copies, COPIES_KEYRING, call, &task, &error);
    if (r == 0) {
        r = store_keyring_image(store_of(copies), &task->bytes, &error);
        if (r < 0)
            free_task(task);
    }
    if (r < 0) {
        control_fail(call, r, "%s", error.text);
        return;
    }
    task->work = (struct loop_work){.run = run_keyring, .done = keyring_done};
    start(task, call);
}

/* ---- restore --------------------------------------------------------------------------------- */

static void run_restore(struct loop_work *work)
{
    struct task *task = CONTAINER_OF(work, struct task, work);
    task->result = backup_read(task->backup, task->copy_fd, &task->error);
}

/* Nothing stands on the store now. */
static int change(void *ctx, struct error *error)
{
    struct task *task = ctx;
    struct store *store = store_of(task->copies);
    int r = restore_change(store, task->backup, &task->report, error);
    if (r < 0)
        return r;
    struct store_audit_row row = {.at = store_wall_at(store), .event = STR("database restored")};
    r = store_audit_put(store, &row);
    if (r >= 0)
        r = store_commit(store);
    if (r < 0)
        store_rollback(store); /* it is told in the log as well */
    return 0;
}

static void undo(void *ctx)
{
    struct task *task = ctx;
    struct error error = {0};
    if (restore_undo(store_of(task->copies), &error) < 0)
        log_event(LOG_LEVEL_ERROR, "restore_not_undone", LOG_TEXT("why", error.text));
}

static void changed(void *ctx, int r, const struct error *error)
{
    struct task *task = ctx;
    if (r < 0) {
        task->result = r;
        task->error = *error;
        fail(task);
        return;
    }
    const struct restore_report *report = &task->report;
    log_event(LOG_LEVEL_NOTICE, "database_restored", LOG_INT("backup_at", report->created_at),
              LOG_INT("alerts", report->alerts), LOG_INT("replies", report->replies),
              LOG_INT("dropped", report->dropped), LOG_INT("consents", report->consents));
    json_t *fields = describe(backup_manifest(task->backup));
    json_t *rest = json_pack("{s:I, s:I, s:I, s:I}", "alerts", (json_int_t)report->alerts,
                             "replies", (json_int_t)report->replies, "dropped",
                             (json_int_t)report->dropped, "consents", (json_int_t)report->consents);
    if (fields && rest)
        (void)json_object_update(fields, rest);
    json_decref(rest);
    answer(task, fields);
}

static void restore_done(struct loop_work *work)
{
    struct task *task = CONTAINER_OF(work, struct task, work);
    if (!task->copies) {
        free_task(task);
        return;
    }
    struct copies *copies = task->copies;
    if (task->result == 0)
        task->result = backup_judge(store_of(copies), task->backup, &task->error);
    if (task->result == 0 && !task->call)
        task->result = error_set(&task->error, -ECANCELED, "whoever asked for it went away");
    if (task->result == 0) {
        const struct copies_change work_on = {
            .change = change, .undo = undo, .done = changed, .ctx = task};
        task->changing = true;
        task->result = copies->parts.reopen(copies->parts.ctx, &work_on);
        if (task->result < 0)
            error_set(&task->error, task->result, "mooring is stopping");
    }
    if (task->result < 0) {
        restore_drop(store_of(copies));
        fail(task);
    }
}

static void asked_to_restore(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct copies *copies = ctx;
    struct task *task;
    struct error error = {0};
    (void)arguments;
    int r = begin(copies, COPIES_RESTORE, call, &task, &error);
    if (r == 0) {
        r = backup_create(store_of(copies), task->fd, &task->backup, &error);
        if (r == 0)
            r = restore_incoming(store_of(copies), task->backup, &task->copy_fd, &error);
        if (r < 0)
            free_task(task);
    }
    if (r < 0) {
        control_fail(call, r, "%s", error.text);
        return;
    }
    task->work = (struct loop_work){.run = run_restore, .done = restore_done};
    start(task, call);
}

/* ---- a new master key ------------------------------------------------------------------------ */

static int read_key(int fd, unsigned char key[32])
{
    char text[KEY_FILE_BYTES];
    size_t length = 0;
    const char *end = NULL;
    ssize_t size = pread(fd, text, sizeof text, 0);
    int r = size < 0 ? -errno
            : size == (ssize_t)sizeof text ||
                    sodium_hex2bin(key, 32, text, (size_t)size, " \t\r\n", &length, &end) != 0 ||
                    length != 32 || end != text + size
                ? -EINVAL
                : 0;
    mem_wipe(text, sizeof text);
    return r;
}

/* On the loop: it must not meet a keyring that changes, and takes milliseconds (a thousand people:
 * 30, ten thousand: 65). */
static void asked_to_rotate(void *ctx, struct control_call *call, const json_t *arguments)
{
    struct copies *copies = ctx;
    struct error error = {0};
    unsigned char key[32], mark[STORE_KEY_MARK_BYTES];
    char text[2 * STORE_KEY_MARK_BYTES + 1];
    int fd = -1;
    (void)arguments;
    int r = copies->task ? error_set(&error, -EBUSY, "a backup or restore is under way: try again")
                         : take_file(call, O_RDONLY, &fd, &error);
    if (r == 0 && read_key(fd, key) < 0)
        r = error_set(&error, -EINVAL,
                      "the new key's file must hold 64 hexadecimal digits, as mooring key new "
                      "writes it");
    if (r == 0)
        r = store_rotate_key(store_of(copies), key, &error);
    if (fd >= 0)
        close(fd);
    if (r < 0) {
        mem_wipe(key, sizeof key);
        control_fail(call, r, "%s", error.text);
        return;
    }
    store_key_mark(key, mark);
    mem_wipe(key, sizeof key);
    sodium_bin2hex(text, sizeof text, mark, sizeof mark);
    log_event(LOG_LEVEL_NOTICE, "master_key_rotated");
    control_answer(call, json_pack("{s:s}", "mark", text));
}

/* ---- life ------------------------------------------------------------------------------------ */

int copies_create(const struct copies_parts *parts, struct copies **ret_copies)
{
    static const struct {
        const char *verb;
        control_fn run;
    } verbs[] = {{"backup", asked_for_backup},
                 {"keyring", asked_for_keyring},
                 {"restore", asked_to_restore},
                 {"key-rotate", asked_to_rotate}};
    struct copies *copies = mem_zalloc(sizeof *copies);
    if (!copies)
        return -ENOMEM;
    struct metrics *metrics = parts->ground->metrics;
    copies->parts = *parts;
    copies->failed = metrics_counter(metrics, "mooring_backup_failures_total",
                                     "Backups and restores that did not succeed.", NULL,
                                     (struct str){0});
    for (size_t i = 0; i < COUNT_OF(verbs); i++) {
        int r = control_add(parts->control, verbs[i].verb, verbs[i].run, copies);
        if (r < 0) {
            mem_free(copies);
            return r;
        }
    }
    *ret_copies = copies;
    return 0;
}

void copies_destroy(struct copies *copies)
{
    if (!copies)
        return;
    struct task *task = copies->task;
    if (task) {
        loop_timer_disarm(copies->parts.ground->loop, &task->tell);
        if (task->backup)
            backup_cancel(task->backup);
        task->copies = NULL;
        if (task->changing)
            free_task(task);
    }
    mem_free(copies);
}
