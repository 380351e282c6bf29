/* SPDX-License-Identifier: MIT */
/* fixture.c: a store in a folder of its own (or in memory), with a virtual clock. */
#include "fixture.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct fixture *new_fixture(void)
{
    struct fixture *f = mem_zalloc(sizeof *f);
    assert_non_null(f);
    clock_init_virtual(&f->clock, FIXTURE_START);
    memset(f->key, 7, sizeof f->key);
    arena_init(&f->arena, 0);
    return f;
}

int fixture_folder(void **state)
{
    struct fixture *f = new_fixture();
    const char *base = getenv("TMPDIR");
    snprintf(f->folder, sizeof f->folder, "%s/mooring-store-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(f->folder));
    *state = f;
    return 0;
}

int fixture_on_disk(void **state)
{
    fixture_folder(state);
    struct fixture *f = *state;
    assert_int_equal(fixture_open(f), 0);
    return 0;
}

int fixture_in_memory(void **state)
{
    struct fixture *f = new_fixture();
    *state = f;
    assert_int_equal(fixture_open(f), 0);
    return 0;
}

int fixture_done(void **state)
{
    struct fixture *f = *state;
    fixture_close(f);
    arena_done(&f->arena);
    DIR *folder = f->folder[0] ? opendir(f->folder) : NULL;
    for (struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder))
        (void)unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    if (f->folder[0])
        rmdir(f->folder);
    mem_free(f);
    return 0;
}

int fixture_open(struct fixture *f)
{
    struct store_options options = {
        .folder = f->folder[0] ? f->folder : NULL,
        .in_memory = !f->folder[0],
        .clock = &f->clock,
        .master_key = f->folder[0] ? f->key : NULL,
    };
    f->error = (struct error){0};
    return store_open(&options, &f->store, &f->error);
}

void fixture_close(struct fixture *f)
{
    store_close(f->store);
    f->store = NULL;
}

void fixture_reopen(struct fixture *f)
{
    fixture_close(f);
    if (fixture_open(f) < 0)
        fail_msg("the store does not open again: %s", f->error.text);
}

void fixture_path(const struct fixture *f, const char *name, char out[512])
{
    snprintf(out, 512, "%s/%s", f->folder, name);
}

size_t fixture_read(const struct fixture *f, const char *name, unsigned char *out, size_t size)
{
    char path[512];
    fixture_path(f, name, path);
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t count = fread(out, 1, size, file);
    fclose(file);
    return count;
}

void fixture_write(const struct fixture *f, const char *name, const void *bytes, size_t size)
{
    char path[512];
    fixture_path(f, name, path);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
}

void fixture_copy(const struct fixture *f, const char *from, const char *to)
{
    enum { SIZE = 4 * 1024 * 1024 };
    unsigned char *bytes = mem_alloc(SIZE);
    assert_non_null(bytes);
    size_t count = fixture_read(f, from, bytes, SIZE);
    assert_true(count > 0 && count < SIZE);
    fixture_write(f, to, bytes, count);
    mem_free(bytes);
}

void fixture_flip(const struct fixture *f, const char *name, long at)
{
    char path[512];
    fixture_path(f, name, path);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, at < 0 ? SEEK_END : SEEK_SET), 0);
    int byte = fgetc(file);
    assert_int_equal(fseek(file, -1, SEEK_CUR), 0);
    assert_int_not_equal(fputc(byte ^ 1, file), EOF);
    fclose(file);
}

int64_t fixture_number(struct fixture *f, const char *text)
{
    sqlite3_stmt *stmt = NULL;
    assert_int_equal(sqlite3_prepare_v2(f->store->db, text, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    return number;
}

void fixture_execute(struct fixture *f, const char *text)
{
    char *why = NULL;
    if (sqlite3_exec(f->store->db, text, NULL, NULL, &why) != SQLITE_OK)
        fail_msg("%s: %s", text, why);
}

uint64_t fixture_member(struct fixture *f, const char *account)
{
    unsigned char hash[STORE_HASH_BYTES];
    uint64_t member;
    store_hash(f->store, STR("identity"), STR("libera"), str_of(account), hash);
    assert_int_equal(store_members_create(f->store, hash, &member), 0);
    fixture_commit(f);
    return member;
}

void fixture_commit(struct fixture *f)
{
    assert_true(store_commit(f->store) >= 0);
}
