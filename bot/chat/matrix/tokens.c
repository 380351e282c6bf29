/* SPDX-License-Identifier: MIT */
/* tokens.c: two slots; the one with the higher number counts, the other is written next.  A kill
 * in mid-write costs the new login, never the old one; a full disk costs nothing, for the file has
 * its size from the beginning. */
#include "chat/matrix/tokens.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/ascii.h"
#include "base/bytes.h"

/* A slot: magic 0, sequence 8 (little-endian), nonce 16, sealed 40. */
enum {
    SLOT_COUNT = 2,
    SLOT_BYTES = 16 * 1024,
    NONCE_AT = 16,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEALED_AT = NONCE_AT + NONCE_BYTES,
    PLAIN_BYTES = SLOT_BYTES - SEALED_AT - crypto_aead_xchacha20poly1305_ietf_ABYTES,
    FIELD_COUNT = 9,
    VERSION = 1,
    PATH_BYTES = 4096,
};
static const unsigned char magic[8] = {'m', 'o', 'o', 'r', 'l', 'o', 'g', '1'};

struct secrets { /* what must not reach a swap: one locked block */
    unsigned char key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    unsigned char plain[PLAIN_BYTES];
};
struct matrix_token_file {
    char *path;              /* NULL: nothing is kept */
    struct secrets *secrets; /* NULL: nothing is kept */
    uint64_t sequence;       /* of the slot that was loaded or saved last */
};

struct matrix_tokens *matrix_tokens_create(void)
{
    struct matrix_tokens *tokens = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *tokens);
    if (tokens)
        memset(tokens, 0, sizeof *tokens);
    return tokens;
}

void matrix_tokens_destroy(struct matrix_tokens *tokens)
{
    sodium_free(tokens); /* wipes; NULL is fine */
}

/* ---- a login as bytes ------------------------------------------------------------------------ */

struct field {
    char *text;
    size_t size;
};

static void fields_of(struct matrix_tokens *tokens, struct field fields[FIELD_COUNT])
{
    const struct field all[FIELD_COUNT] = {{tokens->homeserver, sizeof tokens->homeserver},
                                           {tokens->account, sizeof tokens->account},
                                           {tokens->base, sizeof tokens->base},
                                           {tokens->user, sizeof tokens->user},
                                           {tokens->device, sizeof tokens->device},
                                           {tokens->access, sizeof tokens->access},
                                           {tokens->refresh, sizeof tokens->refresh},
                                           {tokens->client, sizeof tokens->client},
                                           {tokens->endpoint, sizeof tokens->endpoint}};
    memcpy(fields, all, sizeof all);
}

/* version 1, expires_at 8, then each text behind its length (2). */
static void pack(const struct matrix_tokens *tokens, unsigned char out[PLAIN_BYTES])
{
    struct field fields[FIELD_COUNT];
    size_t at = 9;
    memset(out, 0, PLAIN_BYTES);
    fields_of((struct matrix_tokens *)tokens, fields);
    out[0] = VERSION;
    bytes_put(out + 1, (uint64_t)tokens->expires_at, 8);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        size_t length = strlen(fields[i].text);
        bytes_put(out + at, length, 2);
        memcpy(out + at + 2, fields[i].text, length);
        at += 2 + length;
    }
}
_Static_assert(sizeof(struct matrix_tokens) + 2 * FIELD_COUNT + 9 < PLAIN_BYTES,
               "every login fits into a slot");

int matrix_tokens_unpack(const unsigned char *bytes, size_t size, struct matrix_tokens *ret_tokens)
{
    struct field fields[FIELD_COUNT];
    size_t at = 9;
    if (size < at || bytes[0] != VERSION)
        return -EBADMSG;
    fields_of(ret_tokens, fields);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        size_t length = size - at >= 2 ? (size_t)bytes_get(bytes + at, 2) : SIZE_MAX;
        if (length >= fields[i].size || length > size - at - 2 ||
            memchr(bytes + at + 2, '\0', length))
            return -EBADMSG;
        at += 2;
        memcpy(fields[i].text, bytes + at, length);
        fields[i].text[length] = '\0';
        at += length;
    }
    ret_tokens->expires_at = (int64_t)bytes_get(bytes + 1, 8);
    return 0;
}

/* ---- slots ----------------------------------------------------------------------------------- */

/* Bound to its number and network: neither an older slot nor another account's can stand for it. */
static size_t bond_of(const struct matrix_token_file *file, uint64_t sequence,
                      unsigned char out[8 + NAME_MAX])
{
    const char *slash = strrchr(file->path, '/');
    struct str name = str_upto(str_of(slash ? slash + 1 : file->path), NAME_MAX);
    bytes_put(out, sequence, 8);
    memcpy(out + 8, name.ptr, name.len);
    return 8 + name.len;
}

static void seal(const struct matrix_token_file *file, uint64_t sequence,
                 unsigned char out[SLOT_BYTES])
{
    unsigned char bond[8 + NAME_MAX];
    size_t bond_bytes = bond_of(file, sequence, bond);
    memcpy(out, magic, sizeof magic);
    bytes_put(out + 8, sequence, 8);
    randombytes_buf(out + NONCE_AT, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + SEALED_AT, NULL, file->secrets->plain,
                                               PLAIN_BYTES, bond, bond_bytes, NULL, out + NONCE_AT,
                                               file->secrets->key);
}

static int unseal(const struct matrix_token_file *file, const unsigned char slot[SLOT_BYTES])
{
    unsigned char bond[8 + NAME_MAX];
    size_t bond_bytes = bond_of(file, bytes_get(slot + 8, 8), bond);
    if (memcmp(slot, magic, sizeof magic) != 0)
        return -EBADMSG;
    int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
        file->secrets->plain, NULL, NULL, slot + SEALED_AT, SLOT_BYTES - SEALED_AT, bond,
        bond_bytes, slot + NONCE_AT, file->secrets->key);
    return failed ? -EBADMSG : 0;
}

/* The slot that counts, opened into `plain`; `ret_sequence` 0: none does. */
static int read_latest(const struct matrix_token_file *file, int fd, size_t *ret_index,
                       uint64_t *ret_sequence)
{
    AUTO_FREE unsigned char *slots = mem_alloc(SLOT_COUNT * (size_t)SLOT_BYTES);
    bool is_damaged = false;
    size_t best = SLOT_COUNT;
    uint64_t sequence = 0;
    if (!slots)
        return -ENOMEM;
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        unsigned char *slot = slots + i * SLOT_BYTES;
        ssize_t size = pread(fd, slot, SLOT_BYTES, (off_t)(i * SLOT_BYTES));
        if (size < 0)
            return -errno;
        if (size == 0 || (size == SLOT_BYTES && sodium_is_zero(slot, SLOT_BYTES)))
            continue;
        if (size != SLOT_BYTES || unseal(file, slot) < 0) {
            is_damaged = true;
            continue;
        }
        if (bytes_get(slot + 8, 8) > sequence) {
            sequence = bytes_get(slot + 8, 8);
            best = i;
        }
    }
    if (best < SLOT_COUNT && unseal(file, slots + best * SLOT_BYTES) < 0)
        return -EBADMSG;
    *ret_index = best;
    *ret_sequence = sequence;
    return best == SLOT_COUNT && is_damaged ? -EBADMSG : 0;
}

static int write_slot(const struct matrix_token_file *file, int fd, size_t index, uint64_t sequence)
{
    AUTO_FREE unsigned char *slot = mem_alloc(SLOT_BYTES);
    if (!slot)
        return -ENOMEM;
    seal(file, sequence, slot);
    ssize_t size = pwrite(fd, slot, SLOT_BYTES, (off_t)(index * SLOT_BYTES));
    if (size != SLOT_BYTES)
        return size < 0 ? -errno : -ENOSPC;
    return fdatasync(fd) < 0 ? -errno : 0;
}

/* ---- the file -------------------------------------------------------------------------------- */

void matrix_token_file_path(struct str folder, struct str network, struct buf *out)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_add(out, folder);
    buf_add_c(out, "/matrix-");
    for (size_t i = 0; i < network.len; i++) {
        unsigned char byte = (unsigned char)network.ptr[i];
        bool is_plain = ascii_is_word(byte) || byte == '-' || byte == '_' || byte == '.';
        if (!is_plain) {
            buf_add_byte(out, '%');
            buf_add_byte(out, digits[byte >> 4]);
        }
        buf_add_byte(out, is_plain ? (char)byte : digits[byte & 15]);
    }
    buf_add_c(out, ".session");
}

int matrix_token_file_open(struct str folder, struct str network, const unsigned char *key,
                           struct matrix_token_file **ret_file)
{
    AUTO_BUF path;
    buf_init(&path, PATH_BYTES);
    struct matrix_token_file *file = mem_zalloc(sizeof *file);
    if (!file)
        return -ENOMEM;
    if (!str_empty(folder) && key) {
        matrix_token_file_path(folder, network, &path);
        file->path = path.failed ? NULL : str_copy(buf_str(&path));
        file->secrets = sodium_init() < 0 ? NULL : sodium_malloc(sizeof *file->secrets);
        if (!file->path || !file->secrets) {
            matrix_token_file_close(file);
            return -ENOMEM;
        }
        memcpy(file->secrets->key, key, sizeof file->secrets->key);
    }
    *ret_file = file;
    return 0;
}

void matrix_token_file_close(struct matrix_token_file *file)
{
    if (!file)
        return;
    sodium_free(file->secrets);
    mem_free(file->path);
    mem_free(file);
}

/* It belongs to whom the folder belongs to, also when root made it. */
static int make(const struct matrix_token_file *file)
{
    struct stat status;
    char folder[PATH_BYTES];
    if (!str_to_c(str_of(file->path), folder, sizeof folder))
        return -ENAMETOOLONG;
    int folder_fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder_fd < 0)
        return -errno;
    int fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = fd < 0 ? -errno : 0;
    if (r == 0 && fstat(folder_fd, &status) == 0 && status.st_uid != geteuid() &&
        fchown(fd, status.st_uid, status.st_gid) < 0)
        r = -errno;
    if (r == 0)
        r = -posix_fallocate(fd, 0, SLOT_COUNT * (off_t)SLOT_BYTES);
    if (r == 0 && (fsync(fd) < 0 || fsync(folder_fd) < 0))
        r = -errno;
    if (r < 0 && fd >= 0)
        close(fd);
    close(folder_fd);
    return r < 0 ? r : fd;
}

static int open_locked(const struct matrix_token_file *file)
{
    int fd = open(file->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 && errno == ENOENT)
        fd = make(file);
    else if (fd < 0)
        return -errno;
    if (fd < 0)
        return fd;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        close(fd);
        return -EAGAIN;
    }
    return fd;
}

int matrix_token_file_load(struct matrix_token_file *file, struct matrix_tokens *ret_tokens)
{
    size_t index;
    uint64_t sequence;
    if (!file->path)
        return -ENOENT;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    int r = read_latest(file, fd, &index, &sequence);
    close(fd);
    if (r == 0 && sequence == 0)
        r = -ENOENT;
    if (r == 0)
        r = matrix_tokens_unpack(file->secrets->plain, PLAIN_BYTES, ret_tokens);
    if (r == 0)
        file->sequence = sequence;
    if (file->secrets)
        mem_wipe(file->secrets->plain, sizeof file->secrets->plain);
    return r == 0 && !ret_tokens->access[0] && !ret_tokens->refresh[0] ? -ENOENT : r;
}

static int save(struct matrix_token_file *file, int fd, const struct matrix_tokens *tokens)
{
    size_t index;
    uint64_t sequence;
    int r = read_latest(file, fd, &index, &sequence);
    if (r == -EBADMSG) { /* nothing of it can be read: it begins anew */
        index = SLOT_COUNT;
        sequence = 0;
    } else if (r < 0) {
        return r;
    } else if (sequence > file->sequence) {
        return -ESTALE;
    }
    sequence = MAX_OF(sequence, file->sequence) + 1;
    pack(tokens, file->secrets->plain);
    r = write_slot(file, fd, index == 0 ? 1 : 0, sequence);
    if (r == 0)
        file->sequence = sequence;
    return r;
}

int matrix_token_file_save(struct matrix_token_file *file, const struct matrix_tokens *tokens)
{
    if (!file->path)
        return 0;
    int fd = open_locked(file);
    if (fd < 0)
        return fd;
    int r = save(file, fd, tokens);
    close(fd); /* and the lock */
    mem_wipe(file->secrets->plain, sizeof file->secrets->plain);
    return r;
}

int matrix_token_file_erase(struct matrix_token_file *file)
{
    if (!file->path || access(file->path, F_OK) < 0)
        return 0;
    struct matrix_tokens *none = matrix_tokens_create();
    if (!none)
        return -ENOMEM;
    int r = matrix_token_file_save(file, none); /* one slot, then the other */
    if (r == 0)
        r = matrix_token_file_save(file, none);
    matrix_tokens_destroy(none);
    return r;
}
