/* SPDX-License-Identifier: MIT */
/* scram.c: the messages of RFC 5802, section 5, and its key derivation over libsodium's HMAC. */
#include "chat/irc/scram.h"

#include <errno.h>

#include <sodium.h>

#include "base/number.h"
#include "chat/irc/saslprep.h"

enum { NONCE_RAW_BYTES = IRC_SCRAM_NONCE_BYTES / 4 * 3, NONCE_MAX_BYTES = 512 };

/* ---- one keyed hash of two kinds ------------------------------------------------------------- */

struct mac {
    enum irc_scram_hash hash;
    union {
        crypto_auth_hmacsha256_state of_256;
        crypto_auth_hmacsha512_state of_512;
    };
};

static size_t key_bytes(enum irc_scram_hash hash)
{
    return hash == IRC_SCRAM_SHA512 ? crypto_hash_sha512_BYTES : crypto_hash_sha256_BYTES;
}

static void mac_init(struct mac *mac, enum irc_scram_hash hash, const void *key, size_t size)
{
    mac->hash = hash;
    if (hash == IRC_SCRAM_SHA512)
        crypto_auth_hmacsha512_init(&mac->of_512, key, size);
    else
        crypto_auth_hmacsha256_init(&mac->of_256, key, size);
}

static void mac_add(struct mac *mac, const void *bytes, size_t size)
{
    if (mac->hash == IRC_SCRAM_SHA512)
        crypto_auth_hmacsha512_update(&mac->of_512, bytes, size);
    else
        crypto_auth_hmacsha256_update(&mac->of_256, bytes, size);
}

static void mac_end(struct mac *mac, unsigned char *out)
{
    if (mac->hash == IRC_SCRAM_SHA512)
        crypto_auth_hmacsha512_final(&mac->of_512, out);
    else
        crypto_auth_hmacsha256_final(&mac->of_256, out);
}

static void mac_of(enum irc_scram_hash hash, const unsigned char *key, struct str text,
                   unsigned char *out)
{
    struct mac mac;
    mac_init(&mac, hash, key, key_bytes(hash));
    mac_add(&mac, text.ptr, text.len);
    mac_end(&mac, out);
    sodium_memzero(&mac, sizeof mac);
}

/* Hi() of RFC 5802, which is PBKDF2 with one block.  The keyed state is made once and copied for
 * each round: that halves the work. */
void irc_scram_derive(struct irc_scram_job *job)
{
    static const unsigned char first_block[4] = {0, 0, 0, 1};
    size_t size = key_bytes(job->hash);
    unsigned char round[IRC_SCRAM_KEY_BYTES];
    struct mac keyed, mac;
    mac_init(&keyed, job->hash, buf_str(&job->password).ptr, job->password.len);
    mac = keyed;
    mac_add(&mac, job->salt, job->salt_bytes);
    mac_add(&mac, first_block, sizeof first_block);
    mac_end(&mac, round);
    memcpy(job->salted, round, size);
    for (uint32_t i = 1; i < job->rounds; i++) {
        mac = keyed;
        mac_add(&mac, round, size);
        mac_end(&mac, round);
        for (size_t k = 0; k < size; k++)
            job->salted[k] ^= round[k];
    }
    sodium_memzero(round, sizeof round);
    sodium_memzero(&keyed, sizeof keyed);
    sodium_memzero(&mac, sizeof mac);
}

void irc_scram_job_done(struct irc_scram_job *job)
{
    buf_wipe(&job->password);
    mem_wipe(job, sizeof *job);
}

/* ---- messages -------------------------------------------------------------------------------- */

void irc_scram_begin(struct irc_scram *scram, enum irc_scram_hash hash)
{
    unsigned char raw[NONCE_RAW_BYTES];
    *scram = (struct irc_scram){.hash = hash, .said = {.limit = IRC_SCRAM_TEXT_BYTES * 2}};
    randombytes_buf(raw, sizeof raw);
    /* the URL-safe letters hold no comma, and that many bytes need no padding */
    sodium_bin2base64(scram->nonce, sizeof scram->nonce, raw, sizeof raw,
                      sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

void irc_scram_done(struct irc_scram *scram)
{
    buf_wipe(&scram->said);
    mem_wipe(scram, sizeof *scram);
}

static int add_name(struct buf *out, struct str account)
{
    AUTO_BUF name = {.limit = IRC_SCRAM_TEXT_BYTES};
    int r = irc_saslprep(account, &name);
    for (size_t i = 0; r == 0 && i < name.len; i++) {
        if (name.ptr[i] == '=')
            buf_add_c(out, "=3D");
        else if (name.ptr[i] == ',')
            buf_add_c(out, "=2C");
        else
            buf_add_byte(out, name.ptr[i]);
    }
    return r;
}

int irc_scram_first(struct irc_scram *scram, struct str account, struct buf *out)
{
    buf_add_c(&scram->said, "n=");
    int r = add_name(&scram->said, account);
    if (r < 0)
        return r;
    buf_add_c(&scram->said, ",r=");
    buf_add_c(&scram->said, scram->nonce);
    buf_add_c(out, "n,,"); /* no channel binding, no other identity */
    buf_add(out, buf_str(&scram->said));
    return scram->said.failed ? scram->said.failed : out->failed;
}

/* "r=value" of the next attribute; false: another one, or none. */
static bool take_attribute(struct str *rest, char name, struct str *ret_value)
{
    struct str item;
    if (!str_split(rest, ',', &item) || item.len < 2 || item.ptr[0] != name || item.ptr[1] != '=')
        return false;
    *ret_value = str_from(item, 2);
    return true;
}

static bool is_nonce(const struct irc_scram *scram, struct str nonce)
{
    struct str ours = str_of(scram->nonce);
    for (size_t i = 0; i < nonce.len; i++)
        if (nonce.ptr[i] < 0x21 || nonce.ptr[i] > 0x7e)
            return false;
    return str_starts(nonce, ours) && nonce.len > ours.len && nonce.len <= NONCE_MAX_BYTES;
}

static int decode_salt(struct str text, struct irc_scram_job *job)
{
    if (sodium_base642bin(job->salt, sizeof job->salt, text.ptr, text.len, NULL, &job->salt_bytes,
                          NULL, sodium_base64_VARIANT_ORIGINAL) != 0 ||
        job->salt_bytes == 0)
        return -EPROTO;
    return 0;
}

/* "r=...,s=...,i=4096", extensions behind it; one in front ("m=") is one that we must understand,
 * and do not. */
static int read_challenge(const struct irc_scram *scram, struct str text, struct irc_scram_job *job,
                          struct str *ret_nonce)
{
    struct str salt, count;
    int64_t rounds;
    if (!take_attribute(&text, 'r', ret_nonce) || !take_attribute(&text, 's', &salt) ||
        !take_attribute(&text, 'i', &count) || !is_nonce(scram, *ret_nonce))
        return -EPROTO;
    if (number_parse(count, IRC_SCRAM_ROUNDS_MIN, IRC_SCRAM_ROUNDS_MAX, &rounds) < 0)
        return -EPROTO;
    job->rounds = (uint32_t)rounds;
    return decode_salt(salt, job);
}

int irc_scram_challenge(struct irc_scram *scram, struct str server_first, struct str password,
                        struct irc_scram_job *ret_job)
{
    struct irc_scram_job job = {.hash = scram->hash, .password = {.limit = IRC_SCRAM_TEXT_BYTES}};
    struct str nonce;
    int r = read_challenge(scram, server_first, &job, &nonce);
    if (r == 0)
        r = irc_saslprep(password, &job.password);
    if (r == 0) {
        buf_add_byte(&scram->said, ',');
        buf_add(&scram->said, server_first);
        buf_add_c(&scram->said, ",c=biws,r="); /* "n,," again */
        buf_add(&scram->said, nonce);
        r = scram->said.failed;
    }
    if (r < 0) {
        irc_scram_job_done(&job);
        return r;
    }
    scram->whole_nonce = str_from(buf_str(&scram->said), scram->said.len - nonce.len);
    *ret_job = job;
    return 0;
}

static void hash_of(enum irc_scram_hash hash, const unsigned char *bytes, unsigned char *out)
{
    if (hash == IRC_SCRAM_SHA512)
        crypto_hash_sha512(out, bytes, crypto_hash_sha512_BYTES);
    else
        crypto_hash_sha256(out, bytes, crypto_hash_sha256_BYTES);
}

int irc_scram_proof(struct irc_scram *scram, const struct irc_scram_job *job, struct buf *out)
{
    struct {
        unsigned char client[IRC_SCRAM_KEY_BYTES], stored[IRC_SCRAM_KEY_BYTES];
        unsigned char server[IRC_SCRAM_KEY_BYTES], signature[IRC_SCRAM_KEY_BYTES];
    } keys;
    char proof[sodium_base64_ENCODED_LEN(IRC_SCRAM_KEY_BYTES, sodium_base64_VARIANT_ORIGINAL)];
    size_t size = key_bytes(scram->hash);
    struct str said = buf_str(&scram->said);
    mac_of(scram->hash, job->salted, STR("Client Key"), keys.client);
    hash_of(scram->hash, keys.client, keys.stored);
    mac_of(scram->hash, keys.stored, said, keys.signature);
    for (size_t i = 0; i < size; i++)
        keys.client[i] ^= keys.signature[i];
    sodium_bin2base64(proof, sizeof proof, keys.client, size, sodium_base64_VARIANT_ORIGINAL);
    mac_of(scram->hash, job->salted, STR("Server Key"), keys.server);
    mac_of(scram->hash, keys.server, said, scram->server_signature);
    sodium_memzero(&keys, sizeof keys);
    buf_add_c(out, "c=biws,r=");
    buf_add(out, scram->whole_nonce);
    buf_add_c(out, ",p=");
    buf_add_c(out, proof);
    sodium_memzero(proof, sizeof proof);
    scram->is_proved = true;
    return out->failed;
}

/* RFC 5802, section 7, server-error-value. */
static int explain(struct str value)
{
    static const char *const wrong[] = {"invalid-proof", "unknown-user",
                                        "invalid-username-encoding"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        if (str_eq_c(value, wrong[i]))
            return -EACCES;
    return -EAGAIN;
}

int irc_scram_verify(struct irc_scram *scram, struct str server_final)
{
    unsigned char signature[IRC_SCRAM_KEY_BYTES];
    size_t size = 0;
    struct str value, rest = server_final;
    if (take_attribute(&rest, 'e', &value))
        return explain(value);
    rest = server_final;
    if (!scram->is_proved || !take_attribute(&rest, 'v', &value) ||
        sodium_base642bin(signature, sizeof signature, value.ptr, value.len, NULL, &size, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        size != key_bytes(scram->hash) ||
        sodium_memcmp(signature, scram->server_signature, size) != 0)
        return -EBADMSG;
    scram->is_verified = true;
    return 0;
}
