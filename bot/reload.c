/* SPDX-License-Identifier: MIT */
/* reload.c: a new configuration takes over whole, or not at all; what the bot tells of its health.
 */
#include <errno.h>

#include "internal.h"
#include "observe/log.h"

struct reload {
    struct bot *bot;
    uint64_t source;
    size_t mistakes;
    char first[ERROR_TEXT_BYTES];
    bool ok;
};

void bot_request_reload(void *ctx, uint64_t source)
{
    struct bot *bot = ctx;
    bot->reload_source = source;
    loop_defer(bot->ground->loop, &bot->reload_call);
}

void bot_run_reload(struct loop_call *call)
{
    struct bot *bot = CONTAINER_OF(call, struct bot, reload_call);
    (void)bot_reload(bot, bot->reload_source, NULL); /* told in the log and to whoever asked */
}

/* "line 12: groups[0].on_call[1].who: "..." is no moderator of this group": what stands between
 * quotes is the administrator's, and may be somebody's account. */
static void unquoted(const char *text, struct buf *out)
{
    for (bool inside = false; *text; text++) {
        if (*text == '"') {
            inside = !inside;
            buf_add_c(out, inside ? "\"..." : "\"");
        } else if (!inside) {
            buf_add_byte(out, *text);
        }
    }
}

static void note_mistake(void *ctx, const struct error *mistake)
{
    AUTO_BUF what;
    buf_init(&what, sizeof mistake->text + 64);
    unquoted(mistake->text, &what);
    struct reload *reload = ctx;
    if (reload->mistakes++ == 0)
        str_to_c(str_of(mistake->text), reload->first, sizeof reload->first);
    log_event(LOG_LEVEL_ERROR, "config_mistake", LOG_STR("what", buf_str(&what)));
}

/* Networks and plugins are fixed for a life, but for who is a puppet: a number that changes with
 * them. */
static uint64_t frame_of(const struct setup *setup)
{
    const struct settings_node *root = settings_root(setup->settings);
    uint64_t mark = settings_mark(settings_at(root, "networks"), "bridge_users",
                                  UINT64_C(14695981039346656037));
    return settings_mark(settings_at(root, "plugins"), "", mark);
}

bool bot_wants_restart(const struct bot *bot)
{
    return bot->frame && frame_of(bot->setup) != bot->frame;
}

/* In a turn: plugins arrange their timers anew, and whoever asked is told. */
static int rearrange(void *ctx)
{
    struct reload *reload = ctx;
    struct bot *bot = reload->bot;
    int r = reload->ok ? host_rearrange(bot->host, 0) : 0;
    if (r < 0 || !reload->source)
        return r;
    const struct mooring_arg args[] = {
        abi_int("count", (int64_t)reload->mistakes),
        abi_text("first", str_of(reload->first)),
    };
    struct mooring_message message = {.struct_size = sizeof message,
                                      .to = {.answers = {reload->source}},
                                      .msgid = !reload->ok              ? "commands.reload-mistakes"
                                               : bot_wants_restart(bot) ? "commands.reload-restart"
                                                                        : "commands.reload-done",
                                      .args = args,
                                      .arg_count = COUNT_OF(args)};
    struct outbox_item item = {.message = &message, .priority = OUTBOX_REPLY};
    r = outbox_enqueue(bot->outbox, &item, NULL);
    return r == -ESTALE ? 0 : r;
}

/* What a configuration needs beside itself: made whole, or not at all. */
static int build_anew(struct bot *bot, const struct setup *setup, struct groups **ret_groups,
                      struct text **ret_text)
{
    unsigned long shortages = mem_shortages();
    struct groups *groups = NULL;
    struct text *text = NULL;
    int r = text_load(setup->folders, setup->folder_count, wires_text_mistake, NULL, &text);
    if (r >= 0)
        r = groups_create(setup->settings, bot->ground->store, &groups);
    if (r >= 0)
        r = groups_take_listed(groups, bot->groups);
    if (mem_dealt_with(shortages))
        r = -ENOMEM;
    if (r < 0) {
        groups_destroy(groups);
        text_destroy(text);
        return r;
    }
    *ret_groups = groups;
    *ret_text = text;
    return 0;
}

/* Everything that borrowed from the old configuration borrows from the new one. */
static int take_over(struct bot *bot, struct setup *setup)
{
    struct groups *groups;
    struct text *text;
    int r = build_anew(bot, setup, &groups, &text);
    if (r < 0)
        return r;
    struct groups *old_groups = bot->groups;
    struct text *old_text = bot->text;
    struct setup *old_setup = bot->setup;
    bot->groups = groups;
    bot->text = text;
    bot->setup = setup;
    const struct settings_node *root = settings_root(setup->settings);
    people_set_groups(bot->people, groups);
    outbox_reloaded(bot->outbox, groups, text);
    alerts_reloaded(bot->alerts, groups, setup->settings);
    struct host_parts host = bot_host_parts(bot);
    host_reloaded(bot->host, &host);
    struct commands_parts commands = bot_commands_parts(bot);
    commands_reloaded(bot->commands, &commands);
    inbox_reloaded(bot->inbox, groups, bot_late_after_ms(bot), bot_seen_ms(bot));
    dispatch_reloaded(bot->dispatch, settings_text(root, "prefix"),
                      settings_text(root, "bot_name"));
    groups_destroy(old_groups);
    text_destroy(old_text);
    setup_destroy(old_setup);
    return 0;
}

static int refuse(const struct reload *reload, int code, struct error *error)
{
    if (!reload->mistakes)
        return error_set(error, code,
                         "the configuration could not be taken over (%s): the one before goes on",
                         strerror(-code));
    return error_set(error, code,
                     "the configuration has %zu mistake%s and was not taken: the one before goes "
                     "on. The first: %.400s (mooring check %s names each)",
                     reload->mistakes, reload->mistakes == 1 ? "" : "s", reload->first,
                     reload->bot->config_path);
}

int bot_reload(struct bot *bot, uint64_t source, struct error *error)
{
    struct reload reload = {.bot = bot, .source = source};
    struct setup *setup = NULL;
    int r = setup_load_marked(bot->config_path, bot->ground->zones, bot->ground->marker,
                              note_mistake, &reload, &setup);
    if (!bot->frame)
        bot->frame = frame_of(bot->setup);
    if (r == 0) {
        r = take_over(bot, setup);
        if (r < 0)
            setup_destroy(setup);
    }
    reload.ok = r == 0;
    if (reload.ok && bot_wants_restart(bot))
        log_event(
            LOG_LEVEL_WARNING, "reload_needs_restart",
            LOG_TEXT("what", "networks or plugins changed: they take effect at the next start"));
    bot->refused_mistakes = reload.ok ? 0 : MAX_OF(reload.mistakes, 1);
    log_event(reload.ok ? LOG_LEVEL_NOTICE : LOG_LEVEL_ERROR,
              reload.ok ? "config_reloaded" : "config_kept", LOG_INT("mistakes", reload.mistakes));
    int told = turn_call(bot->turn, rearrange, &reload);
    if (told == -ENOMEM) /* it left nothing behind, and timers that are not set ring for nobody */
        told = turn_call(bot->turn, rearrange, &reload);
    if (told < 0)
        log_event(LOG_LEVEL_WARNING, "reload_turn_failed", LOG_ERRNO(told));
    return reload.ok ? 0 : refuse(&reload, r, error);
}

/* ---- what others may look at ----------------------------------------------------------------- */

struct chat_network *bot_network(const struct bot *bot, struct str name)
{
    for (size_t i = 0; i < bot->network_count; i++)
        if (str_eq_c(name, bot->networks[i]->name))
            return bot->networks[i];
    return NULL;
}

struct chat_network *bot_network_at(const struct bot *bot, size_t index)
{
    return index < bot->network_count ? bot->networks[index] : NULL;
}

const struct setup *bot_setup(const struct bot *bot)
{
    return bot->setup;
}

struct groups *bot_groups(const struct bot *bot)
{
    return bot->groups;
}

struct host *bot_host(const struct bot *bot)
{
    return bot->host;
}

bool bot_healthy(struct bot *bot, struct buf *line)
{
    if (floor_line(bot, line))
        return false;
    size_t before = line->len;
    for (size_t i = 0; i < bot->network_count; i++)
        if (bot->networks[i]->state != CHAT_UP)
            buf_add_format(line, "%snetwork %s is not up", line->len > before ? "; " : "",
                           bot->networks[i]->name);
    if (line->len == before)
        buf_add_c(line, "ok");
    return true;
}
