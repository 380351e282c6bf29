/* SPDX-License-Identifier: MIT */
/* fuzz_matrix_event.c: any bytes as an event, taken as state and as something said.  What comes out
 * is UTF-8 without NULs. */
#include <assert.h>
#include <stdint.h>

#include "base/utf8.h"
#include "chat/matrix/account.h"
#include "chat/matrix/event.h"
#include "chat/matrix/rooms_internal.h"
#include "chat/matrix/sync.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct str matrix_account_user(const struct matrix_account *account)
{
    (void)account;
    return STR("@bot:home");
}

/* Nothing is asked of a server here; the real account has all of its own parts with it. */
struct str matrix_account_token(const struct matrix_account *account)
{
    (void)account;
    return (struct str){0};
}

struct str matrix_account_base(const struct matrix_account *account)
{
    (void)account;
    return (struct str){0};
}

bool matrix_account_has(const struct matrix_account *account, const char *feature)
{
    (void)account, (void)feature;
    return false;
}

void matrix_account_unknown_token(struct matrix_account *account, bool soft)
{
    (void)account, (void)soft;
}

void matrix_account_refused(struct matrix_account *account, struct str errcode)
{
    (void)account, (void)errcode;
}

void matrix_account_spoke(struct matrix_account *account)
{
    (void)account;
}

bool matrix_account_is_service(const struct matrix_account *account)
{
    (void)account;
    return false;
}

void matrix_account_add_identity(const struct matrix_account *account, struct buf *url)
{
    (void)account, (void)url;
}

static struct clock fuzz_clock;
static struct matrix_session session;

static void prepare(void)
{
    static struct random random;
    struct loop *loop;
    clock_init_virtual(&fuzz_clock, 1795420500000LL);
    if (loop_create(&fuzz_clock, &loop) < 0)
        __builtin_trap();
    session.env = (struct chat_env){.loop = loop, .metrics = metrics_create(), .random = &random};
}

static void check_text(struct str text)
{
    assert(utf8_valid(text));
    assert(!str_has_byte(text, '\0'));
}

static void read_as_said(struct matrix_room *room, const struct tree *tree)
{
    struct arena arena = {0};
    struct chat_event event;
    if (matrix_event_read(&session, room, tree, false, &arena, &event) > 0) {
        check_text(event.text);
        check_text(event.sender);
        check_text(event.id);
        check_text(event.relates_to);
        check_text(event.thread);
        assert(event.kind < CHAT_KIND_COUNT && event.sent_at >= 0);
    }
    arena_done(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena arena = {0};
    const struct tree *tree;
    if (!session.env.loop)
        prepare();
    if (matrix_event_parse(&arena, (struct str){(const char *)data, size}, &tree) < 0) {
        arena_done(&arena);
        return 0;
    }
    if (matrix_rooms_create(&session, &session.rooms) == 0) {
        struct matrix_room *room = matrix_rooms_add(session.rooms, STR("!a"));
        if (room && matrix_rooms_name(session.rooms, room, STR("#a")) == 0) {
            (void)!matrix_rooms_state(session.rooms, room, tree);
            read_as_said(room, tree);
            (void)matrix_room_may_move(room);
        }
        matrix_rooms_destroy(session.rooms);
    }
    arena_done(&arena);
    return 0;
}
