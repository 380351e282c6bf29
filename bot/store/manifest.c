/* SPDX-License-Identifier: MIT */
/* manifest.c: the first bytes of a backup, written and read. */
#include "store/manifest.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include <sodium.h>

#include "base/number.h"
#include "base/str.h"

enum { HEX_BYTES = 2 * MANIFEST_HASH_BYTES + 1 };

static const char first_line[] = "mooring backup ";

static void mark(const unsigned char *key, struct str text, unsigned char out[MANIFEST_HASH_BYTES])
{
    crypto_generichash(out, MANIFEST_HASH_BYTES, (const unsigned char *)text.ptr, text.len, key,
                       KEYRING_KEY_BYTES);
}

static void add_hex(struct buf *out, const char *name, const unsigned char *bytes, size_t size)
{
    char hex[HEX_BYTES];
    sodium_bin2hex(hex, sizeof hex, bytes, size);
    buf_add_format(out, "%s %s\n", name, hex);
}

int manifest_write(const struct manifest *manifest, const unsigned char key[KEYRING_KEY_BYTES],
                   char out[MANIFEST_BYTES])
{
    unsigned char proof[MANIFEST_HASH_BYTES];
    char date[32];
    struct tm tm;
    time_t seconds = (time_t)(manifest->created_at / 1000);
    AUTO_BUF text;
    gmtime_r(&seconds, &tm);
    strftime(date, sizeof date, "%Y-%m-%d %H:%M UTC", &tm);
    buf_init(&text, MANIFEST_BYTES);
    buf_add_format(&text, "%s%d\n", first_line, MANIFEST_VERSION);
    buf_add_format(&text,
                   "A copy of mooring's database, made %s; the database itself begins at byte %d.\n"
                   "To go back to it: mooring restore FILE.  It opens nothing without the keyring "
                   "and the master key.\n",
                   date, MANIFEST_BYTES);
    add_hex(&text, "database", manifest->database_id, sizeof manifest->database_id);
    buf_add_format(&text, "schema %" PRId64 "\nkeyring %" PRIu32 "\ncreated %" PRId64 "\n",
                   manifest->schema, manifest->keyring_sequence, manifest->created_at);
    buf_add_format(&text, "size %" PRId64 "\n", manifest->size_bytes);
    add_hex(&text, "sha256", manifest->sha256, sizeof manifest->sha256);
    mark(key, buf_str(&text), proof);
    add_hex(&text, "proof", proof, sizeof proof);
    if (text.failed)
        return text.failed;
    memset(out, '\n', MANIFEST_BYTES);
    memcpy(out, text.ptr, text.len);
    return 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool get_hex(struct str value, unsigned char *out, size_t size)
{
    size_t length = 0;
    const char *end = NULL;
    return value.len == 2 * size &&
           sodium_hex2bin(out, size, value.ptr, value.len, NULL, &length, &end) == 0 &&
           length == size;
}

static bool get_number(struct str value, int64_t max, int64_t *out)
{
    return number_parse(value, 0, max, out) == 0;
}

struct reading {
    struct manifest manifest;
    unsigned char proof[MANIFEST_HASH_BYTES];
    size_t proof_at; /* offset of its line */
    unsigned found;  /* a bit for each name */
};

static bool take_line(struct reading *reading, struct str name, struct str value, size_t at)
{
    static const char *const names[] = {"database", "schema", "keyring", "created",
                                        "size",     "sha256", "proof"};
    struct manifest *manifest = &reading->manifest;
    unsigned index = 0;
    int64_t number = 0;
    bool good = false;
    while (index < COUNT_OF(names) && !str_eq_c(name, names[index]))
        index++;
    switch (index) {
    case 0:
        good = get_hex(value, manifest->database_id, sizeof manifest->database_id);
        break;
    case 1:
        good = get_number(value, INT32_MAX, &manifest->schema);
        break;
    case 2:
        good = get_number(value, UINT32_MAX, &number);
        manifest->keyring_sequence = (uint32_t)number;
        break;
    case 3:
        good = get_number(value, INT64_MAX, &manifest->created_at);
        break;
    case 4:
        good = get_number(value, INT64_MAX - MANIFEST_BYTES, &manifest->size_bytes);
        break;
    case 5:
        good = get_hex(value, manifest->sha256, sizeof manifest->sha256);
        break;
    case 6:
        good = get_hex(value, reading->proof, sizeof reading->proof);
        reading->proof_at = at;
        break;
    default: /* what a person reads */
        return true;
    }
    if (reading->found & (1U << index))
        return false;
    reading->found |= 1U << index;
    return good;
}

static int read_version(struct str line)
{
    int64_t version;
    if (!str_starts(line, str_of(first_line)) ||
        number_parse(str_from(line, sizeof first_line - 1), 1, INT32_MAX, &version) < 0)
        return -EMEDIUMTYPE;
    return version > MANIFEST_VERSION ? -EPROTO : 0;
}

int manifest_read(const char bytes[MANIFEST_BYTES], const unsigned char key[KEYRING_KEY_BYTES],
                  const unsigned char database_id[KEYRING_DATABASE_ID_BYTES],
                  struct manifest *ret_manifest)
{
    struct str rest = {bytes, MANIFEST_BYTES}, line, name;
    struct reading reading = {0};
    unsigned char proof[MANIFEST_HASH_BYTES];
    if (!str_split(&rest, '\n', &line))
        return -EMEDIUMTYPE;
    int r = read_version(line);
    while (r == 0 && str_split(&rest, '\n', &line)) {
        struct str value = line;
        if (str_word(&value, &name) &&
            !take_line(&reading, name, str_trim(value), (size_t)(line.ptr - bytes)))
            r = -EBADMSG;
    }
    if (r < 0)
        return r;
    if (reading.found != (1U << 7) - 1)
        return -EBADMSG;
    if (memcmp(reading.manifest.database_id, database_id, KEYRING_DATABASE_ID_BYTES) != 0)
        return -EXDEV;
    mark(key, (struct str){bytes, reading.proof_at}, proof);
    if (sodium_memcmp(proof, reading.proof, sizeof proof) != 0)
        return -EBADMSG;
    *ret_manifest = reading.manifest;
    return 0;
}
