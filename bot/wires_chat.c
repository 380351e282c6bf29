/* SPDX-License-Identifier: MIT */
/* wires_chat.c: what networks tell the bot, and what they ask of it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "internal.h"
#include "observe/log.h"

/* ---- what comes ------------------------------------------------------------------------------ */

static struct bot_network_note *note_of(struct bot *bot, const struct chat_network *network)
{
    for (size_t i = 0; i < bot->network_count; i++)
        if (bot->networks[i] == network)
            return &bot->notes[i];
    return NULL; /* it is being made */
}

static int sink_batch(void *ctx, const struct chat_batch *batch)
{
    struct bot *bot = ctx;
    struct bot_network_note *note = note_of(bot, batch->network);
    if (note)
        note->heard_at = clock_wall_at(&bot->ground->clock);
    return turn_run(bot->turn, batch);
}

/* The outbox keeps its rows whatever memory says: no reason for a network to mistrust itself. */
static void note_shortage(const struct chat_network *network, unsigned long shortages)
{
    if (mem_dealt_with(shortages))
        log_event(LOG_LEVEL_WARNING, "outbox_short", LOG_TEXT("network", network->name),
                  LOG_ERRNO(-ENOMEM));
}

static void sink_sent(void *ctx, struct chat_network *network, uint64_t token,
                      enum chat_outcome outcome, struct str message_id)
{
    struct bot *bot = ctx;
    unsigned long shortages = mem_shortages();
    if (bot->outbox)
        outbox_sent(bot->outbox, network, token, outcome, message_id);
    note_shortage(network, shortages);
}

static void sink_ready(void *ctx, struct chat_network *network)
{
    struct bot *bot = ctx;
    unsigned long shortages = mem_shortages();
    if (bot->outbox)
        outbox_ready(bot->outbox, network);
    note_shortage(network, shortages);
}

/* ---- words about the house ------------------------------------------------------------------- */

static const struct notice_kind {
    const char *msgid;
    const char *event; /* in the log */
    enum log_level level;
    bool is_account; /* the whole network is silent, an alert room there too */
} notices[] = {
    [CHAT_NOTICE_LOGGED_OUT] = {"notice.chat-logged-out", "chat_logged_out", LOG_LEVEL_ERROR, true},
    [CHAT_NOTICE_LOCKED] = {"notice.chat-locked", "chat_locked", LOG_LEVEL_ERROR, true},
    [CHAT_NOTICE_SUSPENDED] = {"notice.chat-suspended", "chat_suspended", LOG_LEVEL_ERROR, true},
    [CHAT_NOTICE_KICKED] = {"notice.chat-kicked", "chat_kicked", LOG_LEVEL_ERROR, false},
    [CHAT_NOTICE_BANNED] = {"notice.chat-banned", "chat_banned", LOG_LEVEL_ERROR, false},
    [CHAT_NOTICE_ROOM_GONE] = {"notice.chat-room-gone", "chat_room_gone", LOG_LEVEL_ERROR, false},
    [CHAT_NOTICE_ROOM_MOVED] = {"notice.chat-room-moved", "chat_room_moved", LOG_LEVEL_NOTICE,
                                false},
    [CHAT_NOTICE_ROOM_ENCRYPTED] = {"notice.chat-room-encrypted", "chat_room_encrypted",
                                    LOG_LEVEL_ERROR, false},
    [CHAT_NOTICE_INVITES] = {"notice.chat-invites", "chat_invites_declined", LOG_LEVEL_NOTICE,
                             false},
    [CHAT_NOTICE_REFUSED] = {"notice.chat-refused", "chat_refused", LOG_LEVEL_ERROR, false},
    [CHAT_NOTICE_NICK] = {"notice.chat-nick", "chat_nick", LOG_LEVEL_WARNING, false},
};
_Static_assert(COUNT_OF(notices) == CHAT_NOTICE_COUNT, "each kind has its words");

struct notice_turn {
    struct bot *bot;
    const struct chat_network *network;
    const struct notice_kind *kind;
    const struct groups_room *room; /* NULL: of the network as a whole */
    const char *why;                /* chat_why_word */
    size_t count;
};

enum { KEY_BYTES = 96 }; /* a room's name may be longer */
static struct str key_of(const struct notice_turn *turn, char out[KEY_BYTES])
{
    (void)snprintf(out, KEY_BYTES, "%s/%" PRIx64, turn->network->name,
                   turn->room ? turn->room->id : 0);
    return str_of(out);
}

/* A room's own team hears of it, and nobody else's; of an account, each. */
static int notice_work(void *ctx)
{
    const struct notice_turn *turn = ctx;
    struct str network = str_of(turn->network->name);
    const struct mooring_arg args[] = {
        abi_text("network", network),
        abi_text("room", turn->room ? turn->room->name : (struct str){0}),
        abi_text("why", str_of(turn->why)),
        abi_int("count", (int64_t)turn->count),
    };
    char key[KEY_BYTES];
    struct alerts_notice_way way = {.only = turn->room ? turn->room->group : NULL,
                                    .down = turn->kind->is_account ? network : (struct str){0}};
    return alerts_notice_by(turn->bot->alerts, &way, turn->kind->msgid, args, COUNT_OF(args),
                            key_of(turn, key));
}

static void sink_notice(void *ctx, struct chat_network *network, enum chat_notice what,
                        struct str name, size_t count)
{
    struct bot *bot = ctx;
    if (!bot->turn)
        return;
    static const struct groups_room none;
    const struct groups_room *found = groups_find_room(bot->groups, str_of(network->name), name);
    const struct groups_room *room = found ? found : &none;
    struct notice_turn turn = {.bot = bot,
                               .network = network,
                               .kind = &notices[what],
                               .room = found,
                               .why = chat_why_word(chat_why_out(network, name)),
                               .count = count};
    log_event(turn.kind->level, turn.kind->event, LOG_TEXT("network", network->name),
              LOG_STR("room", room->name), LOG_INT("count", count));
    /* Part of the turn that is open, or one of its own. */
    int r = store_in_transaction(bot->ground->store) ? notice_work(&turn)
                                                     : turn_call(bot->turn, notice_work, &turn);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "chat_notice_failed", LOG_ERRNO(r));
}

/* It is in again: what still waits to be said of its absence would come late, and be wrong. */
static int over_work(void *ctx)
{
    struct notice_turn *turn = ctx;
    char key[KEY_BYTES];
    for (size_t i = 0; i < COUNT_OF(notices); i++) {
        if (!notices[i].is_account)
            continue;
        int r = alerts_notice_over(turn->bot->alerts, notices[i].msgid, str_of(turn->network->name),
                                   key_of(turn, key));
        if (r < 0)
            return r;
    }
    return 0;
}

static void notices_over(struct bot *bot, const struct chat_network *network)
{
    struct notice_turn turn = {.bot = bot, .network = network};
    if (!bot->turn)
        return;
    int r = store_in_transaction(bot->ground->store) ? over_work(&turn)
                                                     : turn_call(bot->turn, over_work, &turn);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "chat_notice_kept", LOG_TEXT("network", network->name),
                  LOG_ERRNO(r));
}

/* ---- how it stands ----------------------------------------------------------------------------
 */

static void sink_state(void *ctx, struct chat_network *network, enum chat_state state)
{
    static const char *const names[] = {"down", "connecting", "up"};
    struct bot *bot = ctx;
    struct bot_network_note *note = note_of(bot, network);
    /* From down to connecting and back is still away since then. */
    if (note && (note->state == CHAT_UP) != (state == CHAT_UP))
        note->since_at = clock_wall_at(&bot->ground->clock);
    if (note)
        note->state = state;
    log_event(LOG_LEVEL_INFO, "network_state", LOG_TEXT("network", network->name),
              LOG_TEXT("state", names[state]));
    metric_set(metrics_gauge(bot->ground->metrics, "mooring_network_up",
                             "1 while a network is joined.", "network", str_of(network->name)),
               state == CHAT_UP);
    if (state == CHAT_UP)
        notices_over(bot, network);
    if (state == CHAT_UP && bot->outbox)
        outbox_ready(bot->outbox, network);
    if (state == CHAT_DOWN && bot->stopped) /* the last one ends the wait of bot_stop */
        loop_defer(bot->ground->loop, &bot->stop_call);
}

/* ---- what a network lists, and knows of people ------------------------------------------------
 */

static void sink_listed(void *ctx, struct chat_network *network, struct str space, struct str room,
                        bool there)
{
    struct bot *bot = ctx;
    struct str name = str_of(network->name);
    int r = there ? groups_list_room(bot->groups, name, space, room)
                  : groups_unlist_room(bot->groups, name, space, room);
    if (r < 0)
        log_event(LOG_LEVEL_WARNING, "space_room_left_out", LOG_TEXT("network", network->name),
                  LOG_ERRNO(r));
    else if (r > 0)
        log_event(LOG_LEVEL_NOTICE, there ? "space_room_added" : "space_room_removed",
                  LOG_TEXT("network", network->name));
}

struct zone_turn {
    struct bot *bot;
    struct people_speaker speaker;
    struct str zone;
};

static int zone_work(void *ctx)
{
    const struct zone_turn *turn = ctx;
    struct people *people = turn->bot->people;
    uint64_t member = people_find(people, &turn->speaker);
    struct str known;
    if (!member) /* nobody whom we keep anything of */
        return 0;
    int r = people_preference(people, member, STR(PEOPLE_PROFILE_ZONE), host_arena(turn->bot->host),
                              &known);
    if (r == 0 && str_eq(known, turn->zone))
        return 0;
    if (r < 0 && r != -ENOENT)
        return r;
    return people_set_preference(people, member, STR(PEOPLE_PROFILE_ZONE), turn->zone);
}

/* A zone that we do not know is no better than none. */
static void sink_zone(void *ctx, struct chat_network *network, struct str identity, struct str zone)
{
    struct bot *bot = ctx;
    char nearest[64];
    struct zone_turn turn = {.bot = bot,
                             .speaker = {.network = str_of(network->name), .identity = identity},
                             .zone = zone};
    if (!bot->turn || !wires_zone_known(bot, zone, nearest, sizeof nearest))
        return;
    int r = turn_call(bot->turn, zone_work, &turn);
    if (r < 0)
        log_event(LOG_LEVEL_INFO, "profile_zone", LOG_TEXT("network", network->name), LOG_ERRNO(r));
}

int bot_log_in(struct bot *bot, struct str name)
{
    struct chat_network *network = bot_network(bot, name);
    if (!network || !network->class->log_in)
        return -ENOENT;
    log_event(LOG_LEVEL_NOTICE, "network_login_asked", LOG_TEXT("network", network->name));
    network->class->log_in(network);
    return 0;
}

/* ---- what networks ask ----------------------------------------------------------------------- */

static void each_room(void *ctx, struct str network, void (*each)(void *each_ctx, struct str room),
                      void *each_ctx)
{
    struct bot *bot = ctx;
    for (size_t g = 0; g < groups_count(bot->groups); g++) {
        const struct group *group = groups_at(bot->groups, g);
        for (size_t i = 0; i < group->room_count; i++)
            if (str_eq(group->rooms[i].network, network))
                each(each_ctx, group->rooms[i].name);
        if (str_eq(group->alert_room.network, network) && group->alert_room.name.len)
            each(each_ctx, group->alert_room.name);
    }
}

static int credential(void *ctx, struct str name, struct buf *ret_secret, struct error *error)
{
    struct bot *bot = ctx;
    return setup_credential(bot->setup, name, ret_secret, error);
}

static struct store *store_now_open(void *ctx)
{
    const struct bot *bot = ctx;
    return bot->ground->store;
}

static enum chat_standing standing(void *ctx, struct str network, struct str identity)
{
    struct bot *bot = ctx;
    struct people_speaker speaker = {.network = network, .identity = identity};
    uint64_t member = people_find(bot->people, &speaker);
    for (size_t g = 0; g < groups_count(bot->groups); g++)
        if (people_role(bot->people, &speaker, member, groups_at(bot->groups, g)) >=
            MOORING_ROLE_MODERATOR)
            return CHAT_MODERATOR;
    return member && people_home(bot->people, member) ? CHAT_MEMBER : CHAT_STRANGER;
}

static void each_space(void *ctx, struct str network,
                       void (*each)(void *each_ctx, struct str space), void *each_ctx)
{
    struct bot *bot = ctx;
    for (size_t g = 0; g < groups_count(bot->groups); g++) {
        const struct group *group = groups_at(bot->groups, g);
        for (size_t i = 0; i < group->space_count; i++)
            if (str_eq(group->spaces[i].network, network))
                each(each_ctx, group->spaces[i].name);
    }
}

static bool held_before(void *ctx, struct str network, struct str room_id)
{
    const struct bot *bot = ctx;
    const struct chat_network *own = bot_network(bot, network);
    for (size_t i = 0; own && i < bot->network_count && bot->networks[i] != own; i++) {
        struct chat_network *other = bot->networks[i];
        if (other->class == own->class && other->class->holds &&
            other->class->holds(other, room_id))
            return true;
    }
    return false;
}

struct chat_env wires_chat_env(struct bot *bot)
{
    return (struct chat_env){
        .loop = bot->ground->loop,
        .net = bot->ground->net,
        .metrics = bot->ground->metrics,
        .random = &bot->ground->random,
        .content_folders = bot->setup->folders,
        .content_folder_count = bot->setup->folder_count,
        .sink = {.ctx = bot,
                 .batch = sink_batch,
                 .sent = sink_sent,
                 .ready = sink_ready,
                 .state = sink_state,
                 .notice = sink_notice,
                 .listed = sink_listed,
                 .zone = sink_zone},
        .ctx = bot,
        .each_room = each_room,
        .credential = credential,
        .state_folder = str_of(bot->ground->state_folder),
        .store = store_now_open,
        .standing = standing,
        .each_space = each_space,
        .held_before = held_before,
    };
}
