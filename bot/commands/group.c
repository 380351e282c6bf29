/* SPDX-License-Identifier: MIT */
/* group.c: !group show, !group set: a group's settings, each with where its value comes from. */
#include <errno.h>
#include <stdio.h>

#include "commands/internal.h"

static int add_origin(struct commands *commands, const struct mooring_event *event,
                      enum host_origin origin, struct str where, struct buf *out)
{
    static const char *const msgids[] = {"commands.origin-command", "commands.origin-file",
                                         "commands.origin-file", "commands.origin-default"};
    const struct mooring_arg args[] = {abi_text("where", where)};
    return commands_add(commands, event, out, msgids[origin], args, COUNT_OF(args));
}

static bool is_value(const struct mooring_option *option)
{
    return option->kind != MOORING_OPTION_GROUP && option->kind != MOORING_OPTION_LIST &&
           !str_has_byte(str_of(option->name), '.');
}

static int add_option(struct commands *commands, const struct mooring_event *event,
                      const char *plugin, const struct mooring_option *option, struct buf *out)
{
    enum host_origin origin;
    struct str value, where;
    int r = host_setting(commands->parts.host, event->group.id, str_of(plugin),
                         str_of(option->name), host_arena(commands->parts.host), &value, &origin,
                         &where);
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    buf_add_format(out, "- %s.%s = ", plugin, option->name);
    text_escape(out, value);
    buf_add_c(out, " (");
    r = add_origin(commands, event, origin, where, out);
    buf_add_c(out, ")\n");
    return r;
}

/* Where it meets; what of it comes from a space, and whether rooms make moderators. */
static int add_places(struct commands *commands, const struct mooring_event *event,
                      const struct group *group, struct buf *out)
{
    AUTO_BUF rooms;
    AUTO_BUF spaces;
    buf_init(&rooms, COMMANDS_TEXT_BYTES);
    buf_init(&spaces, COMMANDS_TEXT_BYTES);
    for (size_t i = 0; i < group->room_count; i++)
        buf_add_format(&rooms, "%s%.*s%s", i ? ", " : "", STR_ARG(group->rooms[i].name),
                       group->rooms[i].listed ? "*" : "");
    for (size_t i = 0; i < group->space_count; i++)
        buf_add_format(&spaces, "%s%.*s", i ? ", " : "", STR_ARG(group->spaces[i].name));
    const struct mooring_arg args[] = {abi_text("rooms", buf_str(&rooms)),
                                       abi_text("spaces", buf_str(&spaces))};
    buf_add_c(out, " ");
    int r = commands_add(commands, event, out,
                         group->space_count ? "commands.group-spaces" : "commands.group-rooms",
                         args, COUNT_OF(args));
    if (r >= 0 && group->moderators_by_power) {
        buf_add_c(out, " ");
        r = commands_add(commands, event, out, "commands.group-power", NULL, 0);
    }
    return r;
}

static int show(struct commands *commands, const struct mooring_event *event, struct str filter)
{
    const struct group *group = commands_group(commands, event);
    struct buf out CLEANUP(buf_done);
    buf_init(&out, COMMANDS_TEXT_BYTES);
    if (!group)
        return commands_say(commands, event, 0, "commands.group-none");
    const struct mooring_arg head[] = {
        abi_text("title", group->title), abi_text("zone", group->zone),
        abi_text("country", group->country), abi_text("language", group->language)};
    int r = commands_add(commands, event, &out, "commands.group-head", head, COUNT_OF(head));
    if (r >= 0)
        r = add_places(commands, event, group, &out);
    buf_add_c(&out, "\n\n");
    for (size_t i = 0; r >= 0 && i < host_plugin_count(commands->parts.host); i++) {
        const char *plugin = host_plugin_name(commands->parts.host, i);
        const struct mooring_plugin *descriptor = host_plugin_descriptor(commands->parts.host, i);
        if (!plugin[0] || (filter.len && !str_starts(filter, str_of(plugin))))
            continue;
        for (const struct mooring_option *const *option = descriptor->options;
             r >= 0 && option && *option; option++)
            if (is_value(*option))
                r = add_option(commands, event, plugin, *option, &out);
    }
    return r < 0 ? r
                 : commands_answer(commands, event, &(struct answer){.verbatim = buf_str(&out)});
}

static int refuse(struct commands *commands, const struct mooring_event *event,
                  const struct error *error)
{
    return commands_say_with(commands, event, 0, "commands.group-refused",
                             abi_text("why", str_of(error->text)));
}

/* Only a plugin's settings are changed by command: a group's rooms, people and zone are the file's.
 */
static bool is_of_plugin(const struct commands *commands, struct str name)
{
    for (size_t i = 0; i < host_plugin_count(commands->parts.host); i++) {
        struct str plugin = str_of(host_plugin_name(commands->parts.host, i));
        if (plugin.len && str_starts(name, plugin) &&
            str_starts(str_from(name, plugin.len), STR(".")))
            return true;
    }
    return false;
}

static int set(struct commands *commands, const struct mooring_event *event, struct str name,
               struct str value)
{
    struct error error = {0};
    const struct mooring_option *option = settings_option(commands->parts.schema, name);
    if (option && ((option->flags & MOORING_OPTION_FILE_ONLY) || !is_of_plugin(commands, name))) {
        error_set(&error, -EPERM, "%.*s is changed in the configuration file, then !reload",
                  STR_ARG(name));
        return refuse(commands, event, &error);
    }
    if (settings_check_value(commands->parts.schema, name, value, &error) < 0)
        return refuse(commands, event, &error);
    if (!event->group.id)
        return commands_say(commands, event, 0, "commands.group-none");
    struct store_override override = {.name = name,
                                      .value = value,
                                      .group = event->group.id,
                                      .by = event->member.id,
                                      .at = clock_wall_at(commands->parts.clock)};
    int r = store_overrides_put(commands->parts.store, &override);
    if (r == 0)
        r = commands_audit(commands, event, 0, "group_set", name);
    if (r == 0)
        r = host_rearrange(commands->parts.host, event->group.id);
    if (r < 0)
        return r;
    return commands_say_with(commands, event, 0, "commands.group-set", abi_text("name", name),
                             abi_text("value", value),
                             abi_text("prefix", commands_prefix(commands)));
}

static int run(void *state, const struct mooring_event *event, struct mooring_str args)
{
    struct commands *commands = state;
    struct str rest = abi_take(args), verb = {0}, name = {0};
    str_word(&rest, &verb);
    if (str_empty(verb) || str_eq_nocase(verb, STR("show")))
        return show(commands, event, str_trim(rest));
    str_word(&rest, &name);
    if (str_ends(name, STR("=")))
        name.len--;
    if (str_starts(rest, STR("=")))
        rest = str_trim(str_from(rest, 1));
    if (rest.len >= 2 && rest.ptr[0] == '"' && rest.ptr[rest.len - 1] == '"')
        rest = str_upto(str_from(rest, 1), rest.len - 2);
    if (!str_eq_nocase(verb, STR("set")) || str_empty(name) || str_empty(rest))
        return commands_say(commands, event, 0, "commands.group-usage");
    return set(commands, event, name, rest);
}

const struct mooring_command command_group = {
    .struct_size = sizeof command_group,
    .flags = 0,
    .name = "group",
    .aliases = NULL,
    .usage = "show [plugin] | set OPTION VALUE",
    .help_msgid = "commands.help-group",
    .role = MOORING_ROLE_MODERATOR,
    .run = run,
};
