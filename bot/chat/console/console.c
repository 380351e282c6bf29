/* SPDX-License-Identifier: MIT */
/* console.c: a network in which one person plays everyone; messages arrive and leave at once, in
 * memory. */
#include "chat/console/console.h"

#include <errno.h>
#include <stdio.h>

#include "base/die.h"

enum { HISTORY_MAX = 512, QUEUE_MAX = 4096 };

/* What stands in the rooms, for edits, reactions and replies: the newest HISTORY_MAX messages of
 * all. */
struct entry {
    char *room, *who; /* room "": private between the bot and who */
    bool from_bot;
    uint64_t id;
};

/* A message that the bot handed over, until its outcome is told (from the loop, never inside
 * send). */
struct pending {
    uint64_t token, id;
};

struct console {
    struct chat_network base;
    struct chat_env env;
    /* ids of another run are others: what was read before a restart is not read again */
    uint32_t run;
    struct entry history[HISTORY_MAX];
    uint64_t next_id, next_entry;
    struct pending *queue;
    size_t queue_count, queue_capacity;
    struct loop_call deliver;
    struct loop_call tell_state;
    void (*said)(void *ctx, const struct console_said *said);
    void *said_ctx;
};

static struct console *of(struct chat_network *network)
{
    return CONTAINER_OF(network, struct console, base);
}

enum { ID_BYTES = 40 };

static struct str format_id(const struct console *console, uint64_t id, char out[ID_BYTES])
{
    snprintf(out, ID_BYTES, "c%x.%llu", console->run, (unsigned long long)id);
    return str_of(out);
}

/* ---- history --------------------------------------------------------------------------------- */

static uint64_t remember(struct console *console, struct str room, struct str who, bool from_bot)
{
    struct entry *entry = &console->history[console->next_entry++ % HISTORY_MAX];
    mem_free(entry->room);
    mem_free(entry->who);
    *entry = (struct entry){.room = str_copy(room),
                            .who = str_copy(who),
                            .from_bot = from_bot,
                            .id = ++console->next_id};
    return entry->id;
}

/* The last message in a place: the bot's, or the person's own. */
static const struct entry *last_in(const struct console *console, struct str room, struct str who,
                                   bool from_bot)
{
    const struct entry *best = NULL;
    for (size_t i = 0; i < HISTORY_MAX; i++) {
        const struct entry *entry = &console->history[i];
        if (!entry->id || !entry->room || !entry->who || entry->from_bot != from_bot ||
            !str_eq_c(room, entry->room))
            continue;
        if ((!from_bot || str_empty(room)) && !str_eq_c(who, entry->who))
            continue;
        if (!best || entry->id > best->id)
            best = entry;
    }
    return best;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void deliver(struct loop_call *call)
{
    struct console *console = CONTAINER_OF(call, struct console, deliver);
    /* The sink may hand over more meanwhile: take what is here now. */
    struct pending *queue = TAKE(console->queue);
    size_t count = console->queue_count;
    console->queue_count = console->queue_capacity = 0;
    for (size_t i = 0; i < count; i++) {
        char id[ID_BYTES];
        DIE_AT(DIE_CONFIRMATION_UNREAD);
        console->env.sink.sent(console->env.sink.ctx, &console->base, queue[i].token,
                               CHAT_CONFIRMED, format_id(console, queue[i].id, id));
    }
    mem_free(queue);
}

static void tell_state(struct loop_call *call)
{
    struct console *console = CONTAINER_OF(call, struct console, tell_state);
    console->env.sink.state(console->env.sink.ctx, &console->base, console->base.state);
    if (console->base.state == CHAT_UP)
        console->env.sink.ready(console->env.sink.ctx, &console->base);
}

static int create(const struct chat_env *env, const struct settings_node *node,
                  struct chat_network **ret_network, struct error *error)
{
    struct console *console = mem_zalloc(sizeof *console);
    if (!console)
        return error_set(error, -ENOMEM, "out of memory");
    console->base.class = &console_class;
    str_to_c(settings_text(node, "name"), console->base.name, sizeof console->base.name);
    console->base.caps = MOORING_NET_FORMATTED | MOORING_NET_REACT | MOORING_NET_EDIT;
    console->env = *env;
    console->run = (uint32_t)random_next(env->random);
    console->deliver.run = deliver;
    console->tell_state.run = tell_state;
    *ret_network = &console->base;
    return 0;
}

static int start(struct chat_network *network)
{
    struct console *console = of(network);
    network->state = CHAT_UP;
    network->epoch++;
    loop_defer(console->env.loop, &console->tell_state);
    return 0;
}

static void stop(struct chat_network *network)
{
    network->state = CHAT_DOWN;
    loop_defer(of(network)->env.loop, &of(network)->tell_state);
}

static void destroy(struct chat_network *network)
{
    if (!network)
        return;
    struct console *console = of(network);
    loop_undefer(console->env.loop, &console->deliver);
    loop_undefer(console->env.loop, &console->tell_state);
    for (size_t i = 0; i < HISTORY_MAX; i++) {
        mem_free(console->history[i].room);
        mem_free(console->history[i].who);
    }
    mem_free(console->queue);
    mem_free(console);
}

/* ---- what the bot says ----------------------------------------------------------------------- */

static int send_message(struct chat_network *network, const struct chat_message *message)
{
    struct console *console = of(network);
    if (network->state != CHAT_UP)
        return -ENOTCONN;
    int r = mem_grow(&console->queue, &console->queue_capacity, console->queue_count,
                     sizeof *console->queue, QUEUE_MAX);
    if (r < 0)
        return r == -E2BIG ? -EAGAIN : r;
    uint64_t id = remember(console, message->room, message->user, true);
    console->queue[console->queue_count++] = (struct pending){.token = message->token, .id = id};
    loop_defer(console->env.loop, &console->deliver);
    if (console->said) {
        char text[ID_BYTES];
        struct console_said said = {
            .network = str_of(network->name),
            .room = message->room,
            .user = message->user,
            .markdown = message->markdown,
            .id = format_id(console, id, text),
            .at = clock_wall_at(loop_clock(console->env.loop)),
        };
        console->said(console->said_ctx, &said);
    }
    DIE_AT(DIE_SENT_UNCONFIRMED);
    return 0;
}

static size_t line_bytes(struct chat_network *network, struct str room, struct str user)
{
    (void)network, (void)room, (void)user;
    return 0;
}

static int room_canonical(struct chat_network *network, struct str room, struct buf *out)
{
    (void)network;
    buf_add(out, room);
    return out->failed;
}

static int react(struct chat_network *network, struct str room, struct str event_id,
                 struct str emoji)
{
    (void)network, (void)room, (void)event_id, (void)emoji;
    return network->state == CHAT_UP ? 0 : -ENOTCONN;
}

/* As people would see it: something is gone. */
static int redact(struct chat_network *network, struct str room, struct str user,
                  struct str message_id)
{
    struct console *console = of(network);
    if (network->state != CHAT_UP)
        return -ENOTCONN;
    if (console->said) {
        struct console_said said = {.network = str_of(network->name),
                                    .room = room,
                                    .user = user,
                                    .markdown = STR("(deleted)"),
                                    .id = message_id,
                                    .at = clock_wall_at(loop_clock(console->env.loop))};
        console->said(console->said_ctx, &said);
    }
    return 0;
}

const struct chat_class console_class = {
    .kind = "console",
    .form = MARKDOWN_PLAIN,
    .create = create,
    .start = start,
    .stop = stop,
    .destroy = destroy,
    .send = send_message,
    .line_bytes = line_bytes,
    .room_canonical = room_canonical,
    .react = react,
    .redact = redact,
};

void console_on_said(struct chat_network *network,
                     void (*said)(void *ctx, const struct console_said *said), void *ctx)
{
    of(network)->said = said;
    of(network)->said_ctx = ctx;
}

void console_set_down(struct chat_network *network, bool down)
{
    if ((network->state != CHAT_UP) == down)
        return;
    network->state = down ? CHAT_DOWN : CHAT_UP;
    network->epoch += down ? 0 : 1;
    loop_defer(of(network)->env.loop, &of(network)->tell_state);
}

/* ---- what people do -------------------------------------------------------------------------- */

static enum chat_kind kind_of(enum console_step_kind kind)
{
    switch (kind) {
    case CONSOLE_SAY:
        return CHAT_MESSAGE;
    case CONSOLE_EDIT:
        return CHAT_EDIT;
    case CONSOLE_DELETE:
        return CHAT_REDACTION;
    case CONSOLE_REACT:
        return CHAT_REACTION;
    case CONSOLE_JOIN:
        return CHAT_JOIN;
    case CONSOLE_LEAVE:
        return CHAT_LEAVE;
    }
    return CHAT_MESSAGE;
}

int console_step(struct chat_network *network, const struct console_step *step)
{
    struct console *console = of(network);
    char id[ID_BYTES], target[ID_BYTES] = "";
    if (network->state != CHAT_UP)
        return -ENOTCONN;
    if (step->kind == CONSOLE_EDIT || step->kind == CONSOLE_DELETE || step->kind == CONSOLE_REACT) {
        const struct entry *entry = last_in(console, step->room, step->who,
                                            step->kind == CONSOLE_REACT);
        if (!entry)
            return -ENOENT;
        format_id(console, entry->id, target);
    }
    format_id(console,
              step->kind == CONSOLE_SAY ? remember(console, step->room, step->who, false)
                                        : ++console->next_id,
              id);
    struct chat_event event = {
        .kind = kind_of(step->kind),
        .flags = str_empty(step->room) ? CHAT_PRIVATE : 0u,
        .room = step->room,
        .sender = step->who,
        .account = step->who,
        .display = step->who,
        .id = str_of(id),
        .relates_to = str_of(target),
        .text = step->text,
        .sent_at = clock_wall_at(loop_clock(console->env.loop)),
    };
    struct chat_batch batch = {.network = network, .events = &event, .count = 1};
    console->env.sink.batch(console->env.sink.ctx, &batch);
    return 0;
}
