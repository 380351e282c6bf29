/* SPDX-License-Identifier: MIT */
/* test_tokens.c: the file in which a login lies: what a kill, a full disk, another process and a
 * wrong key do to it. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "chat/matrix/tokens.h"

enum { SLOT_BYTES = 16 * 1024 };
static const unsigned char key[32] = {1, 2, 3}, other_key[32] = {4};

struct fixture {
    char folder[64], path[128];
    struct matrix_token_file *file;
    struct matrix_tokens *tokens, *read;
};

static struct matrix_token_file *open_file(struct fixture *f, const unsigned char *with)
{
    struct matrix_token_file *file;
    assert_int_equal(matrix_token_file_open(str_of(f->folder), STR("shore"), with, &file), 0);
    return file;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->folder, sizeof f->folder, "/tmp/mooring-tokens-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/matrix-shore.session", f->folder);
    f->file = open_file(f, key);
    f->tokens = matrix_tokens_create();
    f->read = matrix_tokens_create();
    assert_non_null(f->tokens);
    assert_non_null(f->read);
    snprintf(f->tokens->user, sizeof f->tokens->user, "@bot:home");
    snprintf(f->tokens->access, sizeof f->tokens->access, "first-access");
    snprintf(f->tokens->refresh, sizeof f->tokens->refresh, "first-refresh");
    f->tokens->expires_at = 1795420500123;
    *state = f;
    return 0;
}

static int done(void **state)
{
    struct fixture *f = *state;
    char command[128];
    matrix_token_file_close(f->file);
    matrix_tokens_destroy(f->tokens);
    matrix_tokens_destroy(f->read);
    snprintf(command, sizeof command, "rm -r %s", f->folder);
    assert_int_equal(system(command), 0);
    free(f);
    return 0;
}

static void save(struct fixture *f, const char *access)
{
    snprintf(f->tokens->access, sizeof f->tokens->access, "%s", access);
    assert_int_equal(matrix_token_file_save(f->file, f->tokens), 0);
}

/* As another life reads it. */
static int load(struct fixture *f)
{
    struct matrix_token_file *file = open_file(f, key);
    int r = matrix_token_file_load(file, f->read);
    matrix_token_file_close(file);
    return r;
}

static void damage(struct fixture *f, off_t at)
{
    int fd = open(f->path, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, "damage", 6, at), 6);
    close(fd);
}

static void what_is_saved_is_read_again(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(load(f), -ENOENT);
    save(f, "first-access");
    assert_int_equal(load(f), 0);
    assert_memory_equal(f->read, f->tokens, sizeof *f->read);
    save(f, "second-access");
    save(f, "third-access");
    assert_int_equal(load(f), 0);
    assert_string_equal(f->read->access, "third-access");
}

static void the_longest_login_fits(void **state)
{
    struct fixture *f = *state;
    char *const texts[] = {f->tokens->homeserver, f->tokens->account, f->tokens->base,
                           f->tokens->user,       f->tokens->device,  f->tokens->access,
                           f->tokens->refresh,    f->tokens->client,  f->tokens->endpoint};
    const size_t sizes[] = {256, 256, 512, 256, 256, 4096, 4096, 256, 512};
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        memset(texts[i], 'x', sizes[i] - 1);
        texts[i][sizes[i] - 1] = '\0';
    }
    assert_int_equal(matrix_token_file_save(f->file, f->tokens), 0);
    assert_int_equal(load(f), 0);
    assert_memory_equal(f->read, f->tokens, sizeof *f->read);
}

/* A kill in mid-write, at whatever byte: the login from before it is there. */
static void a_write_that_is_cut_short_costs_the_new_login_alone(void **state)
{
    struct fixture *f = *state;
    save(f, "first-access");  /* the one slot */
    save(f, "second-access"); /* the other */
    for (off_t at = 0; at < SLOT_BYTES; at += 1021) {
        struct stat status;
        char *whole = malloc(2 * SLOT_BYTES);
        int fd = open(f->path, O_RDWR | O_CLOEXEC);
        assert_non_null(whole);
        assert_int_equal(pread(fd, whole, 2 * SLOT_BYTES, 0), 2 * SLOT_BYTES);
        damage(f, SLOT_BYTES + at);
        assert_int_equal(load(f), 0);
        assert_string_equal(f->read->access, "first-access");
        assert_int_equal(pwrite(fd, whole, 2 * SLOT_BYTES, 0), 2 * SLOT_BYTES);
        assert_int_equal(fstat(fd, &status), 0);
        close(fd);
        free(whole);
    }
    assert_int_equal(load(f), 0);
    assert_string_equal(f->read->access, "second-access");
    damage(f, 100);
    damage(f, SLOT_BYTES + 100);
    assert_int_equal(load(f), -EBADMSG);
    save(f, "third-access"); /* and it begins anew */
    assert_int_equal(load(f), 0);
}

/* A disk that becomes full later has nothing to give: every block is there since the first. */
static void it_has_its_size_from_the_beginning(void **state)
{
    struct fixture *f = *state;
    struct stat first, later;
    save(f, "first-access");
    assert_int_equal(stat(f->path, &first), 0);
    assert_int_equal(first.st_size, 2 * SLOT_BYTES);
    assert_true(first.st_blocks * 512 >= 2 * SLOT_BYTES);
    assert_int_equal(first.st_mode & 07777, 0600);
    for (int i = 0; i < 5; i++)
        save(f, "another-access");
    assert_int_equal(stat(f->path, &later), 0);
    assert_int_equal(first.st_ino, later.st_ino);
    assert_int_equal(first.st_size, later.st_size);
    assert_int_equal(first.st_blocks, later.st_blocks);
}

static void another_key_or_network_opens_nothing(void **state)
{
    struct fixture *f = *state;
    char elsewhere[128];
    struct matrix_token_file *file = open_file(f, other_key);
    save(f, "first-access");
    assert_int_equal(matrix_token_file_load(file, f->read), -EBADMSG);
    matrix_token_file_close(file);
    snprintf(elsewhere, sizeof elsewhere, "%s/matrix-other.session", f->folder);
    assert_int_equal(rename(f->path, elsewhere), 0);
    assert_int_equal(matrix_token_file_open(str_of(f->folder), STR("other"), key, &file), 0);
    assert_int_equal(matrix_token_file_load(file, f->read), -EBADMSG);
    matrix_token_file_close(file);
}

static void a_login_by_another_process_counts(void **state)
{
    struct fixture *f = *state;
    save(f, "first-access");
    struct matrix_token_file *tool = open_file(f, key);
    assert_int_equal(matrix_token_file_load(tool, f->read), 0);
    snprintf(f->read->access, sizeof f->read->access, "by-the-tool");
    assert_int_equal(matrix_token_file_save(tool, f->read), 0);
    assert_int_equal(matrix_token_file_save(f->file, f->tokens), -ESTALE);
    assert_int_equal(matrix_token_file_load(f->file, f->read), 0);
    assert_string_equal(f->read->access, "by-the-tool");
    assert_int_equal(matrix_token_file_save(f->file, f->read), 0); /* having read it, it may */
    matrix_token_file_close(tool);
}

static void while_another_process_writes_it_waits(void **state)
{
    struct fixture *f = *state;
    save(f, "first-access");
    int fd = open(f->path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(matrix_token_file_save(f->file, f->tokens), -EAGAIN);
    close(fd);
    assert_int_equal(matrix_token_file_save(f->file, f->tokens), 0);
}

static void erasing_leaves_neither_login(void **state)
{
    struct fixture *f = *state;
    save(f, "first-access");
    save(f, "second-access");
    assert_int_equal(matrix_token_file_erase(f->file), 0);
    assert_int_equal(load(f), -ENOENT);
    damage(f, 100); /* what the one slot hides the other does not show */
    assert_int_equal(load(f), -ENOENT);
    save(f, "third-access");
    assert_int_equal(load(f), 0);
}

static void without_a_folder_nothing_is_kept(void **state)
{
    struct fixture *f = *state;
    struct matrix_token_file *file;
    assert_int_equal(matrix_token_file_open(STR(""), STR("shore"), key, &file), 0);
    assert_int_equal(matrix_token_file_save(file, f->tokens), 0);
    assert_int_equal(matrix_token_file_load(file, f->read), -ENOENT);
    assert_int_equal(matrix_token_file_erase(file), 0);
    matrix_token_file_close(file);
}

static void a_network_may_be_called_anything(void **state)
{
    AUTO_BUF path;
    (void)state;
    buf_init(&path, 256);
    matrix_token_file_path(STR("/var/lib/mooring"), STR("../our net/\xc3\xa9"), &path);
    assert_true(
        str_eq_c(buf_str(&path), "/var/lib/mooring/matrix-..%2Four%20net%2F%C3%A9.session"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_saved_is_read_again, setup, done),
        cmocka_unit_test_setup_teardown(the_longest_login_fits, setup, done),
        cmocka_unit_test_setup_teardown(a_write_that_is_cut_short_costs_the_new_login_alone, setup,
                                        done),
        cmocka_unit_test_setup_teardown(it_has_its_size_from_the_beginning, setup, done),
        cmocka_unit_test_setup_teardown(another_key_or_network_opens_nothing, setup, done),
        cmocka_unit_test_setup_teardown(a_login_by_another_process_counts, setup, done),
        cmocka_unit_test_setup_teardown(while_another_process_writes_it_waits, setup, done),
        cmocka_unit_test_setup_teardown(erasing_leaves_neither_login, setup, done),
        cmocka_unit_test_setup_teardown(without_a_folder_nothing_is_kept, setup, done),
        cmocka_unit_test(a_network_may_be_called_anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
