/* SPDX-License-Identifier: MIT */
/* serve_say.c: what plugins say and ask. */
#include <errno.h>

#include "host/internal.h"

static int send_message(struct mooring_self self, const struct mooring_message *message,
                        struct mooring_sent *ret_sent)
{
    struct host_plugin *plugin = host_self(self);
    struct host *host = plugin->host;
    uint64_t id = 0;
    if (!message || message->struct_size < offsetof(struct mooring_message, expires_at) ||
        !message->msgid)
        return -EINVAL;
    int r = host_afford(plugin, HOST_ASK_SAY, 0);
    if (r < 0)
        return r;
    struct outbox_item item = {
        .message = message,
        .plugin = str_of(plugin->name),
        .priority = message->flags & MOORING_SAY_CRISIS ? OUTBOX_CRISIS
                    : host->event                       ? OUTBOX_REPLY
                                                        : OUTBOX_REMINDER,
    };
    r = outbox_enqueue(host->parts.outbox, &item, &id);
    if (r == -EEXIST)
        r = 0; /* said already: what the caller wanted holds */
    if (r < 0)
        return r;
    if (ret_sent)
        *ret_sent = (struct mooring_sent){id};
    return 0;
}

static int cancel(struct mooring_self self, struct mooring_sent sent)
{
    return outbox_cancel(host_self(self)->host->parts.outbox, sent.id);
}

static int react(struct mooring_self self, struct mooring_source source, struct mooring_str emoji)
{
    struct host *host = host_self(self)->host;
    const struct outbox_source *from = outbox_find_source(host->parts.outbox, source.id);
    if (!from)
        return -ESTALE;
    return outbox_react(host->parts.outbox, from, abi_take(emoji));
}

const struct mooring_say serve_say = {
    .struct_size = sizeof serve_say, .send = send_message, .cancel = cancel, .react = react};

/* ---- dialogues ------------------------------------------------------------------------------- */

static int start(struct mooring_self self, struct mooring_member member, const char *name,
                 struct mooring_str context)
{
    struct host_plugin *plugin = host_self(self);
    struct host *host = plugin->host;
    const struct mooring_dialogue *dialogue = host_dialogue_find(host, str_of(plugin->name),
                                                                 str_of(name));
    if (!dialogue)
        return -ENOENT;
    uint64_t source = host->event ? host->event->source.id : 0;
    return dialogues_start(host->dialogues, str_of(plugin->name), dialogue, member.id, source,
                           abi_take(context));
}

static int stop(struct mooring_self self, struct mooring_member member, const char *name)
{
    struct host_plugin *plugin = host_self(self);
    return dialogues_stop(plugin->host->dialogues, member.id, str_of(plugin->name), str_of(name));
}

const struct mooring_ask serve_ask = {
    .struct_size = sizeof serve_ask, .start = start, .stop = stop};
