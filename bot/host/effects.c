/* SPDX-License-Identifier: MIT */
/* effects.c: what plugins store for a member on their message's account, and how it goes again when
 * the message is taken back. */
#include <errno.h>

#include "host/internal.h"
#include "store/values.h"

int host_note_effect(struct host_plugin *plugin, enum outbox_effect_kind kind, uint64_t member,
                     struct str key, int64_t at)
{
    const struct mooring_event *event = plugin->host->event;
    struct outbox_effect effect = {
        .kind = kind, .member = member, .plugin = str_of(plugin->name), .key = key, .at = at};
    return event ? outbox_note_effect(plugin->host->parts.outbox, event->source.id, &effect) : 0;
}

int host_note_owned(struct host_plugin *plugin, enum outbox_effect_kind kind,
                    struct mooring_owner owner, struct str key)
{
    return owner.kind == MOORING_OWN_MEMBER ? host_note_effect(plugin, kind, owner.id, key, 0) : 0;
}

struct dialogue_search {
    const struct outbox_effect *effect;
    bool open;
};

static void compare(void *ctx, const struct store_dialogue *dialogue)
{
    struct dialogue_search *search = ctx;
    search->open |= str_eq(dialogue->plugin, search->effect->plugin) &&
                    str_eq(dialogue->name, search->effect->key) &&
                    dialogue->started_at == search->effect->at;
}

/* That very one: it may have ended, or been begun anew, since. */
static int stop_dialogue(struct host *host, const struct outbox_effect *effect)
{
    struct dialogue_search search = {.effect = effect};
    int r = store_dialogues_each(host->parts.store, effect->member, compare, &search);
    if (r < 0 || !search.open)
        return r;
    return dialogues_stop(host->dialogues, effect->member, effect->plugin, effect->key);
}

static int undo(struct host *host, const struct outbox_effect *effect)
{
    struct store *store = host->parts.store;
    struct mooring_owner owner = {.kind = MOORING_OWN_MEMBER, .id = effect->member};
    switch (effect->kind) {
    case OUTBOX_EFFECT_VALUE:
        return store_values_remove(store, effect->plugin, MOORING_OWN_MEMBER, effect->member,
                                   effect->key);
    case OUTBOX_EFFECT_POINT:
        return store_series_erase(store, effect->plugin, effect->member, effect->key, effect->at);
    case OUTBOX_EFFECT_TIMER:
        return jobs_cancel(host->parts.jobs, effect->plugin, owner, effect->key);
    case OUTBOX_EFFECT_DIALOGUE:
        return stop_dialogue(host, effect);
    case OUTBOX_EFFECT_ALERT:
        return alerts_forget_words(host->parts.alerts, (uint64_t)effect->at);
    case OUTBOX_EFFECT_KIND_COUNT:
        break;
    }
    return 0;
}

int host_take_back(struct host *host, struct str network, struct str event_id)
{
    struct outbox_effect effects[OUTBOX_EFFECTS_MAX];
    size_t count = 0;
    int r = outbox_take_effects(host->parts.outbox, network, event_id, &host->arena, effects,
                                &count);
    for (size_t i = 0; i < count && r >= 0; i++) {
        r = undo(host, &effects[i]);
        if (r == -ENOENT || r == -ENOKEY) /* gone already */
            r = 0;
    }
    return MIN_OF(r, 0);
}

bool host_is_calling(struct host *host, uint64_t member)
{
    struct mooring_alert_status status;
    return member && alerts_status_of(host->parts.alerts, member, &status) == 0;
}
