/* SPDX-License-Identifier: MIT */
/* invites_keep.c: invitations as rows.  /sync tells of an invitation once: the row is written with
 * the cursor that passes it, and stands until it was answered, and a private room is kept where
 * private rooms are.  It names who invited us, and is gone within seconds. */
#include <errno.h>
#include <stdlib.h>

#include "chat/matrix/event.h"
#include "chat/matrix/invites_internal.h"
#include "chat/matrix/rooms_internal.h"
#include "store/matrix_rooms.h"

static struct store *store_of(const struct matrix_invites *invites)
{
    const struct chat_env *env = &invites->session->env;
    return env->store ? env->store(env->ctx) : NULL;
}

void invites_drop(struct invite *invite)
{
    struct invite **link = &invite->invites->first;
    while (*link != invite)
        link = &(*link)->next;
    *link = invite->next;
    matrix_cancel(invite->call);
    mem_free(invite->room);
    mem_free(invite->inviter);
    mem_free(invite);
}

/* ---- out ------------------------------------------------------------------------------------- */

static int put_row(struct store *store, const struct invite *invite)
{
    json_t *row = json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "by", invite->inviter, "direct",
                            invite->is_direct, "encrypted", invite->is_encrypted, "space",
                            invite->is_space, "closed", invite->is_closed, "named",
                            invite->is_named);
    char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;
    json_decref(row);
    if (!text) {
        mem_note_shortage();
        return -ENOMEM;
    }
    int r = store_matrix_put(store, STORE_MATRIX_INVITE,
                             str_of(invite->invites->session->network.name), str_of(invite->room),
                             str_of(text));
    free(text); /* jansson's own */
    return r;
}

static bool is_due(const struct invite *invite)
{
    return invite->is_done ? invite->is_kept
                           : !invite->is_kept && invite->is_whole && invite->inviter != NULL;
}

int matrix_invites_keep(struct matrix_invites *invites)
{
    struct store *store = store_of(invites);
    int r = 0;
    for (const struct invite *invite = invites->first; store && invite && r >= 0;
         invite = invite->next) {
        if (!is_due(invite))
            continue;
        r = invite->is_done
                ? store_matrix_remove(store, STORE_MATRIX_INVITE,
                                      str_of(invites->session->network.name), str_of(invite->room))
                : put_row(store, invite);
    }
    return MIN_OF(r, 0);
}

void matrix_invites_kept(struct matrix_invites *invites)
{
    struct invite *invite = invites->first;
    while (invite) {
        struct invite *one = invite;
        invite = invite->next;
        if (one->is_done)
            invites_drop(one);
        else
            one->is_kept |= is_due(one);
    }
}

static int keep(void *ctx)
{
    return matrix_invites_keep(ctx);
}

/* What cannot be written now goes with the next batch that can. */
static void save(struct loop_call *call)
{
    struct matrix_invites *invites = CONTAINER_OF(call, struct matrix_invites, save);
    struct matrix_session *session = invites->session;
    struct chat_batch batch = {.network = &session->network, .keep = keep, .keep_ctx = invites};
    if (session->env.sink.batch(session->env.sink.ctx, &batch) >= 0)
        matrix_invites_kept(invites);
}

void invites_keep_init(struct matrix_invites *invites)
{
    invites->save = (struct loop_call){.run = save};
}

/* ---- in -------------------------------------------------------------------------------------- */

static bool flag(const json_t *row, const char *key)
{
    return json_is_true(json_object_get(row, key));
}

static int read_row(void *ctx, struct str id, struct str value)
{
    struct matrix_invites *invites = ctx;
    json_t *row = json_loadb(value.ptr, value.len, 0, NULL);
    struct str by = matrix_event_text(row, "by");
    struct invite *invite = str_empty(by) ? NULL : invites_add(invites, id);
    int r = 0;
    if (invite) {
        invite->is_kept = invite->is_whole = true;
        invite->is_direct = flag(row, "direct");
        invite->is_encrypted = flag(row, "encrypted");
        invite->is_space = flag(row, "space");
        invite->is_closed = flag(row, "closed");
        invite->is_named = flag(row, "named");
        r = matrix_replace_text(&invite->inviter, by);
        if (r == 0 && invite->is_direct && !invite->is_encrypted) /* perhaps we entered, and died */
            r = matrix_rooms_expect(invites->session->rooms, id, by);
    }
    json_decref(row);
    return r;
}

int invites_load(struct matrix_invites *invites)
{
    struct store *store = store_of(invites);
    if (!store)
        return 0;
    int r = store_matrix_each(store, STORE_MATRIX_INVITE, str_of(invites->session->network.name),
                              read_row, invites);
    return r == -ENOMEM ? r : 0; /* a store that cannot be read: what was not answered is lost */
}
