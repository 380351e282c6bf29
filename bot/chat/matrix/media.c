/* SPDX-License-Identifier: MIT */
/* media.c: pictures on the homeserver, by authenticated media (client-server API v1.11, "Content
 * repository").  What was uploaded is remembered by its SHA-256.  A homeserver may have thrown it
 * away since, or be another one: so what another life uploaded is read back and compared before it
 * is used. */
#include "chat/matrix/media.h"

#include <errno.h>
#include <sodium.h>

#include "base/map.h"
#include "chat/matrix/content.h"
#include "chat/matrix/request.h"
#include "observe/log.h"
#include "store/matrix_direct.h"

enum {
    URI_BYTES = 512,
    PATH_MAX_BYTES = 4096,
    KNOWN_MAX = STORE_MEDIA_MAX,
    UPLOAD_MS = 120 * 1000,
};

struct known {
    unsigned char hash[STORE_MEDIA_HASH_BYTES];
    char uri[URI_BYTES];
    bool is_dirty, is_being_kept; /* to be written; in the transaction that is open */
};
struct matrix_media {
    struct matrix_session *session;
    struct known *known; /* of this life: there, and what it says */
    size_t count, capacity;
    struct loop_call save;
    struct matrix_picture *first; /* under way */
};
struct matrix_picture {
    struct matrix_picture *next, *previous;
    struct matrix_media *media;
    struct matrix_media_file file;
    unsigned char hash[STORE_MEDIA_HASH_BYTES];
    char uri[URI_BYTES];
    matrix_media_fn done;
    void *ctx;
    struct matrix_call *call;
    struct loop_call told; /* known already */
    crypto_hash_sha256_state read;
    size_t read_bytes;
    unsigned failures;
};

static struct store *store_of(const struct matrix_media *media)
{
    const struct chat_env *env = &media->session->env;
    return env->store ? env->store(env->ctx) : NULL;
}

/* ---- what is known --------------------------------------------------------------------------- */

static struct known *find(const struct matrix_media *media, const unsigned char *hash)
{
    for (size_t i = 0; i < media->count; i++)
        if (memcmp(media->known[i].hash, hash, STORE_MEDIA_HASH_BYTES) == 0)
            return &media->known[i];
    return NULL;
}

static int keep(void *ctx)
{
    struct matrix_media *media = ctx;
    struct store *store = store_of(media);
    for (size_t i = 0; store && i < media->count; i++) {
        struct known *known = &media->known[i];
        if (!known->is_dirty)
            continue;
        int r = store_media_put(store, str_of(media->session->network.name), known->hash,
                                str_of(known->uri));
        if (r < 0)
            return r;
        known->is_being_kept = true;
    }
    return 0;
}

/* Where it cannot be written the next life uploads again: nothing is lost. */
static void save(struct loop_call *call)
{
    struct matrix_media *media = CONTAINER_OF(call, struct matrix_media, save);
    struct matrix_session *session = media->session;
    struct chat_batch batch = {.network = &session->network, .keep = keep, .keep_ctx = media};
    int r = session->env.sink.batch(session->env.sink.ctx, &batch);
    for (size_t i = 0; i < media->count; i++) {
        if (r == 0 && media->known[i].is_being_kept)
            media->known[i].is_dirty = false;
        media->known[i].is_being_kept = false;
    }
}

static void remember(struct matrix_media *media, const struct matrix_picture *picture, bool is_new)
{
    if (find(media, picture->hash))
        return;
    if (media->count >= KNOWN_MAX) { /* the oldest of this life: it is in the store */
        memmove(media->known, media->known + 1, (media->count - 1) * sizeof *media->known);
        media->count--;
    }
    if (mem_grow(&media->known, &media->capacity, media->count, sizeof *media->known, KNOWN_MAX) <
        0)
        return;
    struct known *known = &media->known[media->count++];
    *known = (struct known){.is_dirty = is_new};
    memcpy(known->hash, picture->hash, sizeof known->hash);
    memcpy(known->uri, picture->uri, sizeof known->uri);
    if (is_new)
        loop_defer(media->session->env.loop, &media->save);
}

/* ---- one picture ----------------------------------------------------------------------------- */

static void unlink_picture(struct matrix_picture *picture)
{
    struct matrix_media *media = picture->media;
    if (picture->previous)
        picture->previous->next = picture->next;
    else
        media->first = picture->next;
    if (picture->next)
        picture->next->previous = picture->previous;
}

void matrix_media_drop(struct matrix_picture *picture)
{
    if (!picture)
        return;
    matrix_cancel(picture->call);
    loop_undefer(picture->media->session->env.loop, &picture->told);
    unlink_picture(picture);
    mem_free(picture);
}

static void end(struct matrix_picture *picture, int result, int64_t retry_ms)
{
    matrix_media_fn done = picture->done;
    void *ctx = picture->ctx;
    char uri[URI_BYTES];
    memcpy(uri, picture->uri, sizeof uri);
    matrix_media_drop(picture); /* before: the caller may bring the next */
    done(ctx, result, str_of(uri), retry_ms);
}

static void tell_known(struct loop_call *call)
{
    end(CONTAINER_OF(call, struct matrix_picture, told), 0, -1);
}

static void uploaded(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_picture *picture = ctx;
    struct matrix_session *session = picture->media->session;
    const json_t *uri = json_object_get(answer->json, "content_uri");
    picture->call = NULL;
    if (answer->result == -EAGAIN || (answer->result == -EACCES && answer->status != 403)) {
        end(picture, -EAGAIN, matrix_retry_ms(session, answer, 1));
        return;
    }
    bool is_good = answer->result == 0 && json_is_string(uri) &&
                   str_starts(str_of(json_string_value(uri)), STR("mxc://")) &&
                   str_to_c(str_of(json_string_value(uri)), picture->uri, sizeof picture->uri);
    if (!is_good) {
        log_event(LOG_LEVEL_WARNING, "matrix_upload", LOG_TEXT("network", session->network.name),
                  LOG_INT("status", answer->status), LOG_INT("bytes", picture->file.bytes.len),
                  LOG_ERRNO(answer->result));
        end(picture, answer->result < 0 ? answer->result : -EBADMSG, -1);
        return;
    }
    remember(picture->media, picture, true);
    end(picture, 0, -1);
}

static int upload(struct matrix_picture *picture)
{
    AUTO_BUF path;
    buf_init(&path, PATH_MAX_BYTES);
    int r = matrix_path(&path, "/_matrix/media/v3/upload?filename={}", &picture->file.name, 1);
    struct matrix_request request = {.method = "POST",
                                     .path = buf_str(&path),
                                     .body = picture->file.bytes,
                                     .content_type = picture->file.mime,
                                     .timeout_ms = UPLOAD_MS};
    return r < 0 ? r
                 : matrix_request(picture->media->session, &request, uploaded, picture,
                                  &picture->call);
}

/* ---- one of another life --------------------------------------------------------------------- */

static int read_bytes(void *ctx, struct str bytes)
{
    struct matrix_picture *picture = ctx;
    crypto_hash_sha256_update(&picture->read, (const unsigned char *)bytes.ptr, bytes.len);
    picture->read_bytes += bytes.len;
    return 0;
}

static void compared(void *ctx, const struct matrix_answer *answer)
{
    struct matrix_picture *picture = ctx;
    unsigned char hash[STORE_MEDIA_HASH_BYTES];
    picture->call = NULL;
    crypto_hash_sha256_final(&picture->read, hash);
    if (answer->result == -EAGAIN && answer->status == 429) {
        end(picture, -EAGAIN, matrix_retry_ms(picture->media->session, answer, 1));
        return;
    }
    if (answer->result == 0 && picture->read_bytes == picture->file.bytes.len &&
        memcmp(hash, picture->hash, sizeof hash) == 0) {
        remember(picture->media, picture, false);
        end(picture, 0, -1);
        return;
    }
    picture->uri[0] = '\0'; /* gone, or another one */
    if (upload(picture) < 0)
        end(picture, -EAGAIN, matrix_retry_ms(picture->media->session, NULL, 1));
}

static int download(struct matrix_picture *picture)
{
    struct str rest = str_from(str_of(picture->uri), sizeof "mxc://" - 1), parts[2];
    AUTO_BUF path;
    buf_init(&path, PATH_MAX_BYTES);
    if (!str_split(&rest, '/', &parts[0]) || str_empty(rest))
        return -EINVAL;
    parts[1] = rest;
    int r = matrix_path(&path, "/_matrix/client/v1/media/download/{}/{}", parts, 2);
    struct matrix_request request = {.method = "GET",
                                     .path = buf_str(&path),
                                     .max_bytes = picture->file.bytes.len + 1,
                                     .bytes = read_bytes};
    crypto_hash_sha256_init(&picture->read);
    return r < 0 ? r
                 : matrix_request(picture->media->session, &request, compared, picture,
                                  &picture->call);
}

static bool was_stored(struct matrix_picture *picture)
{
    struct matrix_media *media = picture->media;
    struct store *store = store_of(media);
    struct arena arena = {0};
    struct str uri;
    bool is_there = store &&
                    store_media_get(store, str_of(media->session->network.name), picture->hash,
                                    &arena, &uri) == 0 &&
                    str_starts(uri, STR("mxc://")) &&
                    str_to_c(uri, picture->uri, sizeof picture->uri);
    arena_done(&arena);
    return is_there;
}

static int begin(struct matrix_picture *picture)
{
    const struct known *known = find(picture->media, picture->hash);
    if (known) {
        memcpy(picture->uri, known->uri, sizeof picture->uri);
        loop_defer(picture->media->session->env.loop, &picture->told);
        return 0;
    }
    if (was_stored(picture) && download(picture) == 0)
        return 0;
    return upload(picture);
}

int matrix_media_bring(struct matrix_media *media, const struct matrix_media_file *file,
                       matrix_media_fn done, void *ctx, struct matrix_picture **ret_picture)
{
    struct matrix_picture *picture = mem_zalloc(sizeof *picture);
    if (!picture)
        return -ENOMEM;
    picture->media = media;
    picture->file = *file;
    picture->done = done;
    picture->ctx = ctx;
    picture->told = (struct loop_call){.run = tell_known};
    crypto_hash_sha256(picture->hash, (const unsigned char *)file->bytes.ptr, file->bytes.len);
    picture->next = media->first;
    if (media->first)
        media->first->previous = picture;
    media->first = picture;
    int r = begin(picture);
    if (r < 0) {
        matrix_media_drop(picture);
        return r;
    }
    *ret_picture = picture;
    return 0;
}

/* ---- life ------------------------------------------------------------------------------------ */

int matrix_media_create(struct matrix_session *session, struct matrix_media **ret_media)
{
    struct matrix_media *media = mem_zalloc(sizeof *media);
    if (!media)
        return -ENOMEM;
    media->session = session;
    media->save = (struct loop_call){.run = save};
    *ret_media = media;
    return 0;
}

void matrix_media_destroy(struct matrix_media *media)
{
    if (!media)
        return;
    while (media->first)
        matrix_media_drop(media->first);
    loop_undefer(media->session->env.loop, &media->save);
    mem_free(media->known);
    mem_free(media);
}
