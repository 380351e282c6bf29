/* SPDX-License-Identifier: MIT */
/* keyring_file.c: the keyring's file: made whole, read whole, each slot written in place and
 * synced. */
#include "store/keyring_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/die.h"
#include "base/memory.h"

static const char name[] = "keyring";
static const char new_name[] = "keyring.new";
/* Names that nobody gives to a copy by hand: what has them is overwritten and removed. */
static const char rotating_name[] = "keyring.rotating";
static const char rotated_name[] = "keyring.rotated-away";

static int fail(struct error *error, int code, const char *folder, const char *what)
{
    return error_set(error, code, "cannot open the keyring %s/%s: %s", folder, name, what);
}

static int write_all(int fd, const void *bytes, size_t size, off_t at)
{
    const unsigned char *from = bytes;
    while (size > 0) {
        ssize_t done = pwrite(fd, from, size, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        from += done;
        size -= (size_t)done;
        at += done;
    }
    return 0;
}

static int read_all(int fd, void *bytes, size_t size, off_t at)
{
    unsigned char *to = bytes;
    while (size > 0) {
        ssize_t done = pread(fd, to, size, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -errno;
        if (done == 0)
            return -EUCLEAN;
        to += done;
        size -= (size_t)done;
        at += done;
    }
    return 0;
}

static off_t slot_at(size_t index)
{
    return (off_t)(SLOT_HEADER_BYTES + index * SLOT_BYTES);
}

static int header_failed(struct error *error, int code, const char *folder)
{
    if (code == -EMEDIUMTYPE)
        return fail(
            error, code, folder,
            "the file is not a keyring. Restore the keyring's backup; nothing was changed.");
    if (code == -EPROTO)
        return fail(error, code, folder,
                    "a newer version of mooring wrote it. Install that version again; nothing was "
                    "changed.");
    if (code == -EUCLEAN)
        return fail(error, code, folder,
                    "its header is damaged. Restore the keyring's backup; nothing was changed.");
    return error_set(error, code, "cannot open the keyring %s/%s: it could not be read (%s).",
                     folder, name, strerrordesc_np(-code));
}

int keyring_file_open(struct keyring_file *file, int folder_fd, const char *folder,
                      struct slot_header *ret_header, struct error *error)
{
    file->fd = openat(folder_fd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file->fd < 0 && errno == ENOENT)
        return -ENOENT;
    if (file->fd < 0)
        return error_set(
            error, -errno,
            "cannot open the keyring %s/%s: %s. It must belong to the user that mooring runs "
            "as, with mode 0600, on a disk that can be written.",
            folder, name, strerrordesc_np(errno));
    struct stat status;
    unsigned char bytes[SLOT_HEADER_BYTES];
    int r = fstat(file->fd, &status) < 0 ? -errno : read_all(file->fd, bytes, sizeof bytes, 0);
    if (r == 0)
        r = slot_header_read(bytes, ret_header);
    /* Shorter or longer than whole blocks means that something else wrote to it. */
    if (r == 0 && (size_t)(status.st_size - SLOT_HEADER_BYTES) % SLOT_BYTES != 0)
        r = -EUCLEAN;
    if (r < 0)
        return header_failed(error, r, folder);
    file->capacity = (size_t)(status.st_size - SLOT_HEADER_BYTES) / SLOT_BYTES;
    if (file->capacity > KEYRING_FILE_SLOT_LIMIT)
        return fail(error, -E2BIG, folder, "it holds more people than one keyring can.");
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        /* a restored copy may have come with wider ones */
        (void)fchmod(file->fd, S_IRUSR | S_IWUSR);
    return 0;
}

int keyring_file_peek(const char *folder, struct slot_header *ret_header)
{
    unsigned char bytes[SLOT_HEADER_BYTES];
    int folder_fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0)
        return -errno;
    int fd = openat(folder_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int r = fd < 0 ? -errno : read_all(fd, bytes, sizeof bytes, 0);
    if (r == 0)
        r = slot_header_read(bytes, ret_header);
    if (fd >= 0)
        close(fd);
    close(folder_fd);
    return r;
}

static int sync_folder(int folder_fd)
{
    return fsync(folder_fd) < 0 ? -errno : 0;
}

static int write_new(int fd, const struct slot_header *header)
{
    unsigned char bytes[SLOT_HEADER_BYTES + KEYRING_FILE_BLOCK_SLOTS * SLOT_BYTES] = {0};
    slot_header_write(header, bytes);
    int r = write_all(fd, bytes, sizeof bytes, 0);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r;
}

/* Under another name first, renamed when it is whole and on disk: a crash leaves either no keyring,
 * and the next start makes one, or a complete one. */
int keyring_file_create(struct keyring_file *file, int folder_fd, const char *folder,
                        const struct slot_header *header, struct error *error)
{
    int r = 0;
    int fd = openat(folder_fd, new_name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                    S_IRUSR | S_IWUSR);
    if (fd < 0)
        r = -errno;
    if (r == 0)
        r = write_new(fd, header);
    if (r == 0 && renameat(folder_fd, new_name, folder_fd, name) < 0)
        r = -errno;
    if (r == 0)
        r = sync_folder(folder_fd);
    if (r < 0) {
        if (fd >= 0)
            close(fd);
        (void)unlinkat(folder_fd, new_name, 0);
        return error_set(error, r,
                         "cannot make the keyring %s/%s: %s. The state folder must be writable for "
                         "the user that "
                         "mooring runs as.",
                         folder, name, strerrordesc_np(-r));
    }
    *file = (struct keyring_file){.fd = fd, .capacity = KEYRING_FILE_BLOCK_SLOTS};
    return 0;
}

void keyring_file_close(struct keyring_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* A damaged slot stops the start instead of being passed over: passing over it would lose a
 * person's data in silence, and a backup of the keyring exists for this. */
int keyring_file_walk(struct keyring_file *file, const char *folder,
                      int (*each)(void *ctx, size_t index, const struct slot *slot), void *ctx,
                      struct error *error)
{
    unsigned char block[KEYRING_FILE_BLOCK_SLOTS * SLOT_BYTES];
    for (size_t first = 0; first < file->capacity; first += KEYRING_FILE_BLOCK_SLOTS) {
        size_t count = MIN_OF(file->capacity - first, (size_t)KEYRING_FILE_BLOCK_SLOTS);
        int r = read_all(file->fd, block, count * SLOT_BYTES, slot_at(first));
        if (r < 0)
            return header_failed(error, r, folder);
        for (size_t i = 0; i < count; i++) {
            struct slot slot;
            r = slot_read(block + i * SLOT_BYTES, &slot);
            if (r < 0)
                return error_set(
                    error, r,
                    "cannot open the keyring %s/%s: slot %zu is damaged. Restore the keyring's "
                    "backup; nothing was changed.",
                    folder, name, first + i);
            r = each(ctx, first + i, &slot);
            if (r < 0)
                return error_set(error, r, "cannot open the keyring %s/%s: %s.", folder, name,
                                 strerrordesc_np(-r));
        }
    }
    mem_wipe(block, sizeof block);
    return 0;
}

/* In blocks, of zeros: what comes to stand there later is written in place, and no length changes
 * with it. */
static int grow(struct keyring_file *file)
{
    static const unsigned char block[KEYRING_FILE_BLOCK_SLOTS * SLOT_BYTES];
    if (file->capacity + KEYRING_FILE_BLOCK_SLOTS > KEYRING_FILE_SLOT_LIMIT)
        return -EDQUOT;
    int r = write_all(file->fd, block, sizeof block, slot_at(file->capacity));
    if (r == 0 && fsync(file->fd) < 0)
        r = -errno;
    if (r < 0) {
        /* A part of a block would read as damage at the next start. */
        if (ftruncate(file->fd, slot_at(file->capacity)) < 0)
            return -errno;
        return r;
    }
    file->capacity += KEYRING_FILE_BLOCK_SLOTS;
    return 0;
}

int keyring_file_put(struct keyring_file *file, size_t index, const struct slot *slot)
{
    if (file->fd < 0)
        return index < KEYRING_FILE_SLOT_LIMIT ? 0 : -EDQUOT;
    unsigned char bytes[SLOT_BYTES];
    int r = 0;
    while (r == 0 && index >= file->capacity)
        r = grow(file);
    if (r < 0)
        return r;
    slot_write(slot, bytes);
    r = write_all(file->fd, bytes, sizeof bytes, slot_at(index));
    DIE_AT(DIE_KEYRING_SLOT);
    if (r == 0 && fdatasync(file->fd) < 0)
        r = -errno;
    mem_wipe(bytes, sizeof bytes);
    return r;
}

/* ---- copied, replaced ------------------------------------------------------------------------ */

int keyring_file_image(const struct keyring_file *file, struct buf *ret_bytes)
{
    unsigned char block[4096];
    off_t at = 0, size = slot_at(file->capacity);
    if (file->fd < 0)
        return -EOPNOTSUPP;
    while (at < size && !ret_bytes->failed) {
        size_t count = MIN_OF((size_t)(size - at), sizeof block);
        int r = read_all(file->fd, block, count, at);
        if (r < 0)
            return r;
        buf_add(ret_bytes, (struct str){(const char *)block, count});
        at += (off_t)count;
    }
    mem_wipe(block, sizeof block);
    return ret_bytes->failed;
}

/* Zeros over all of it, on the disk before this returns. */
static int overwrite(int fd)
{
    static const unsigned char zeros[4096];
    struct stat status;
    int r = fstat(fd, &status) < 0 ? -errno : 0;
    for (off_t at = 0; r == 0 && at < status.st_size; at += (off_t)sizeof zeros)
        r = write_all(fd, zeros, MIN_OF((size_t)(status.st_size - at), sizeof zeros), at);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r;
}

/* Removes a file of keys; overwritten first, unless it is the keyring itself under a second name.
 */
static void wipe_file(int folder_fd, const char *file)
{
    struct stat own, kept;
    if (fstatat(folder_fd, file, &own, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    bool same = fstatat(folder_fd, name, &kept, AT_SYMLINK_NOFOLLOW) == 0 &&
                kept.st_ino == own.st_ino && kept.st_dev == own.st_dev;
    if (!same) {
        int fd = openat(folder_fd, file, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        int r = fd < 0 ? -errno : overwrite(fd);
        if (fd >= 0)
            close(fd);
        if (r < 0)
            return; /* stays until it can be */
    }
    (void)unlinkat(folder_fd, file, 0);
}

void keyring_file_tidy(int folder_fd)
{
    struct stat status;
    if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return; /* where the keyring itself is missing, nothing that looks like it is touched */
    wipe_file(folder_fd, rotating_name);
    wipe_file(folder_fd, rotated_name);
}

static int write_whole(int fd, const struct slot_header *header, const struct slot *slots,
                       size_t count, size_t capacity)
{
    unsigned char bytes[SLOT_HEADER_BYTES];
    unsigned char block[SLOT_BYTES];
    slot_header_write(header, bytes);
    int r = write_all(fd, bytes, sizeof bytes, 0);
    for (size_t i = 0; r == 0 && i < capacity; i++) {
        static const struct slot none = {.state = SLOT_FREE};
        slot_write(i < count ? &slots[i] : &none, block);
        r = write_all(fd, block, sizeof block, slot_at(i));
        DIE_AT(DIE_KEYRING_SLOT);
    }
    mem_wipe(block, sizeof block);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r;
}

/* What was written is what is there, before anything is given up for it. */
static int read_again(int fd, const struct slot_header *header, const struct slot *slots,
                      size_t count)
{
    unsigned char expected[SLOT_HEADER_BYTES], found[SLOT_HEADER_BYTES];
    slot_header_write(header, expected);
    int r = read_all(fd, found, SLOT_HEADER_BYTES, 0);
    if (r == 0 && memcmp(expected, found, SLOT_HEADER_BYTES) != 0)
        r = -EIO;
    for (size_t i = 0; r == 0 && i < count; i++) {
        slot_write(&slots[i], expected);
        r = read_all(fd, found, SLOT_BYTES, slot_at(i));
        if (r == 0 && memcmp(expected, found, SLOT_BYTES) != 0)
            r = -EIO;
    }
    mem_wipe(expected, sizeof expected);
    mem_wipe(found, sizeof found);
    return r;
}

/* The old file keeps a second name until it is overwritten: a kill in between is found by it. */
static int take_place(int folder_fd)
{
    if (linkat(folder_fd, name, folder_fd, rotated_name, 0) < 0)
        return -errno;
    DIE_AT(DIE_KEYRING_SLOT);
    if (renameat(folder_fd, rotating_name, folder_fd, name) < 0)
        return -errno;
    DIE_AT(DIE_KEYRING_SLOT);
    return 0;
}

int keyring_file_replace(struct keyring_file *file, int folder_fd, const struct slot_header *header,
                         const struct slot *slots, size_t count)
{
    keyring_file_tidy(folder_fd);
    int fd = openat(folder_fd, rotating_name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                    S_IRUSR | S_IWUSR);
    if (fd < 0)
        return -errno;
    struct stat status;
    int r = write_whole(fd, header, slots, count, file->capacity);
    if (r == 0)
        r = read_again(fd, header, slots, count);
    /* Whoever owned the old one owns the new one: offline this may be root. */
    if (r == 0 && fstat(file->fd, &status) == 0 && status.st_uid != geteuid() &&
        fchown(fd, status.st_uid, status.st_gid) < 0)
        r = -errno;
    if (r == 0)
        r = take_place(folder_fd);
    if (r < 0) {
        close(fd);
        keyring_file_tidy(folder_fd);
        return r;
    }
    close(file->fd);
    file->fd = fd;
    /* From here on the new one stands, whatever happens: the old one goes when it is known to. */
    if (sync_folder(folder_fd) == 0) {
        wipe_file(folder_fd, rotated_name);
        (void)sync_folder(folder_fd);
    }
    return 0;
}
